/*
 * netfile.c -- loading and indexing of test networks; netbuild.c makes graphs of them.
 *
 * The text stays in memory, cut into words in place: a line is a word and pairs of key and value that point into it.
 */
#include "netfile.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "netline.h"

static void *read_file(const char *directory, const char *name, const char *ending, size_t *size)
{
    char path[1024];
    int length = snprintf(path, sizeof path, "%s/%s%s", directory, name, ending);
    FILE *f = length > 0 && (size_t)length < sizeof path ? fopen(path, "rb") : NULL;
    char *data = NULL;
    long end = -1;
    if (f == NULL) return NULL;
    if (fseek(f, 0, SEEK_END) == 0) end = ftell(f);
    if (end >= 0 && fseek(f, 0, SEEK_SET) == 0) data = malloc((size_t)end + 1);
    if (data != NULL) {
        *size = fread(data, 1, (size_t)end, f);
        data[*size] = '\0';
        if (*size != (size_t)end) {
            free(data);
            data = NULL;
        }
    }
    fclose(f);
    return data;
}

/* The numbers are little-endian whatever the machine. */
static float *to_floats(unsigned char *bytes, size_t count)
{
    float *numbers = malloc((count + 1) * sizeof *numbers);
    for (size_t i = 0; numbers != NULL && i < count; i++) {
        const unsigned char *b = bytes + 4 * i;
        uint32_t bits = (uint32_t)b[0] | (uint32_t)b[1] << 8 | (uint32_t)b[2] << 16 | (uint32_t)b[3] << 24;
        memcpy(numbers + i, &bits, sizeof bits);
    }
    return numbers;
}

const char *netline_text(const netfile_line *line, const char *key)
{
    for (int i = 0; i < line->pair_count; i++) {
        if (strcmp(line->keys[i], key) == 0) return line->values[i];
    }
    return NULL;
}

int netline_ints(const netfile_line *line, const char *key, int32_t *out, int count)
{
    const char *at = netline_text(line, key);
    for (int i = 0; i < count; i++) {
        char *end = NULL;
        long v = at != NULL ? strtol(at, &end, 10) : 0;
        if (end == NULL || end == at || (*end != ',' && *end != '\0')) return 0;
        out[i] = (int32_t)v;
        at = *end == ',' ? end + 1 : end;
    }
    return *at == '\0';
}

int32_t netline_int(const netfile_line *line, const char *key)
{
    int32_t v = 0;
    return netline_ints(line, key, &v, 1) ? v : 0;
}

double netline_real(const netfile_line *line, const char *key)
{
    const char *s = netline_text(line, key);
    return s != NULL ? strtod(s, NULL) : 0;
}

const float *netfile_numbers(const netfile *file, int32_t offset, size_t count)
{
    if (offset < 0 || (size_t)offset > file->number_count || count > file->number_count - (size_t)offset) return NULL;
    return file->numbers + offset;
}

/* Cuts one line in place. Words without '=' after the first become the pair ("", word): "expect value ...". */
static int cut_line(netfile_line *line, char *text)
{
    char *at = text, *comment = strchr(text, '#');
    if (comment != NULL) *comment = '\0';
    while (*(at += strspn(at, " \t\r")) != '\0') {
        char *word = at, *equals;
        at += strcspn(at, " \t\r");
        if (*at != '\0') *at++ = '\0';
        if (line->word == NULL) {
            line->word = word;
            continue;
        }
        if (line->pair_count == NETLINE_PAIRS) return 0;
        equals = strchr(word, '=');
        if (equals != NULL) *equals = '\0';
        line->keys[line->pair_count] = equals != NULL ? word : "";
        line->values[line->pair_count++] = equals != NULL ? equals + 1 : word;
    }
    return 1;
}

/* Cuts the text into lines; empty ones and comments are dropped. */
static int cut_text(netfile *file)
{
    size_t most = 1;
    int number = 0;
    for (const char *s = file->text; *s != '\0'; s++) most += *s == '\n';
    file->lines = calloc(most, sizeof *file->lines);
    if (file->lines == NULL) return 0;
    for (char *at = file->text, *next; at != NULL; at = next) {
        netfile_line *line = file->lines + file->line_count;
        next = strchr(at, '\n');
        if (next != NULL) *next++ = '\0';
        memset(line, 0, sizeof *line);
        line->number = ++number;
        if (!cut_line(line, at)) return 0;
        if (line->word != NULL) file->line_count++;
    }
    return 1;
}

static const char *text_or_empty(const netfile_line *line, const char *key)
{
    const char *s = netline_text(line, key);
    return s != NULL ? s : "";
}

int netfile_listed(const char *list, int32_t index, char *name, size_t name_size)
{
    size_t length;
    while (index-- > 0) {
        list += strcspn(list, ",");
        if (*list == '\0') return 0;
        list++;
    }
    length = strcspn(list, ",");
    if (length == 0 || length >= name_size) return 0;
    memcpy(name, list, length);
    name[length] = '\0';
    return 1;
}

/* Numbers that a line may leave out: 0 if it names some that are not there. */
static int optional_numbers(const netfile *file, const netfile_line *line, const char *key, int32_t rows, int32_t columns,
                            const float **out)
{
    *out = NULL;
    if (netline_text(line, key) == NULL) return 1;
    if (rows < 1 || columns < 1) return 0;
    *out = netfile_numbers(file, netline_int(line, key), (size_t)rows * (size_t)columns);
    return *out != NULL;
}

static int read_expect(const netfile *file, const netfile_line *line, netfile_expect *e)
{
    static const char *const kinds[] = { "value", "relevance",  "contrastive", "gradcam", "erf",
                                         "seed",  "output_erf", "apop",        "total" };
    const char *kind = text_or_empty(line, "");
    e->kind = -1;
    for (int k = NETFILE_VALUE; k <= NETFILE_TOTAL; k++) {
        if (strcmp(kind, kinds[k]) == 0) e->kind = k;
    }
    e->line = line->number;
    e->layer = text_or_empty(line, "layer");
    e->site = text_or_empty(line, "site");
    e->targets = text_or_empty(line, "target");
    e->output = text_or_empty(line, "output");
    e->chosen = text_or_empty(line, "layers");
    e->from = text_or_empty(line, "from");
    e->class_index = netline_int(line, "class");
    e->row = netline_int(line, "row");
    e->column = netline_int(line, "column");
    e->contrastive = e->kind == NETFILE_CONTRASTIVE || netline_int(line, "contrastive") != 0;
    e->clamp = netline_int(line, "clamp");
    e->rows = netline_int(line, "rows");
    e->columns = netline_int(line, "columns");
    e->channels = netline_int(line, "channels");
    e->height = netline_int(line, "height");
    e->width = netline_int(line, "width");
    e->score = netline_real(line, "score");
    e->constants = netline_real(line, "constants");
    e->unreached = netline_real(line, "unreached");
    e->at_constants = netline_real(line, "at_constants");
    if (!optional_numbers(file, line, "seed", e->rows, e->columns, &e->seed)) return 0;
    if (e->kind == NETFILE_TOTAL || e->kind < 0) return e->kind == NETFILE_TOTAL;
    e->count = (size_t)e->height * (size_t)e->width * (size_t)(e->channels > 0 ? e->channels : 1);
    if (e->kind == NETFILE_VALUE || e->kind == NETFILE_APOP) e->count = (size_t)netline_int(line, "count");
    e->values = netfile_numbers(file, netline_int(line, "offset"), e->count);
    return e->values != NULL && e->count > 0;
}

static int read_target(const netfile *file, const netfile_line *line, netfile_target *t)
{
    int32_t at[2] = { -1, 0 };
    t->name = text_or_empty(line, "name");
    t->output = text_or_empty(line, "output");
    t->class_index = netline_int(line, "class");
    t->other_class = netline_text(line, "against") != NULL ? netline_int(line, "against") : -1;
    t->count = netline_int(line, "count");
    t->height = netline_int(line, "rows");
    t->width = netline_int(line, "columns");
    if (netline_text(line, "at") != NULL && !netline_ints(line, "at", at, 2)) return 0;
    t->row = at[0];
    t->column = at[1];
    return optional_numbers(file, line, "direction", t->count, 1, &t->direction) &&
           optional_numbers(file, line, "mask", t->height, t->width, &t->mask);
}

static int read_input(netfile *file, const netfile_line *line)
{
    netfile_input *input = file->inputs + file->input_count;
    if (file->input_count == NETFILE_INPUTS) return 0;
    input->channels = netline_int(line, "channels");
    input->height = netline_int(line, "height");
    input->width = netline_int(line, "width");
    if (file->input_count++ > 0) return 1;
    file->channels = input->channels;
    file->height = input->height;
    file->width = input->width;
    return 1;
}

static int read_case(const netfile *file, const netfile_line *line, netfile_case *c)
{
    int32_t offsets[NETFILE_INPUTS] = { 0 };
    c->name = text_or_empty(line, "name");
    if (file->input_count == 0 || !netline_ints(line, "input", offsets, file->input_count)) return 0;
    for (int32_t i = 0; i < file->input_count; i++) {
        const netfile_input *shape = file->inputs + i;
        size_t size = (size_t)shape->channels * (size_t)shape->height * (size_t)shape->width;
        c->inputs[i] = netfile_numbers(file, offsets[i], size);
        if (c->inputs[i] == NULL || size == 0) return 0;
    }
    c->input = c->inputs[0];
    return 1;
}

/* Indexes inputs, targets, cases and expectations. Returns the number of the line that makes no sense, or 0. */
static int index_lines(netfile *file)
{
    size_t cases = 0, expects = 0;
    for (size_t i = 0; i < file->line_count; i++) {
        netfile_line *line = file->lines + i;
        int fine = 1;
        if (strcmp(line->word, "input") == 0) {
            fine = read_input(file, line);
        } else if (strcmp(line->word, "target") == 0) {
            fine = read_target(file, line, file->own_targets + file->target_count++);
        } else if (strcmp(line->word, "case") == 0) {
            netfile_case *c = file->own_cases + cases++;
            fine = read_case(file, line, c);
            c->expects = file->own_expects + expects;
        } else if (strcmp(line->word, "expect") == 0) {
            fine = cases > 0 && read_expect(file, line, file->own_expects + expects++);
            if (fine) file->own_cases[cases - 1].expect_count++;
        }
        if (!fine) return line->number;
    }
    file->case_count = cases;
    return 0;
}

static int load(netfile *file, const char *directory, const char *name, char *why, size_t why_size)
{
    size_t size = 0;
    unsigned char *bytes;
    int wrong;
    file->own_name = malloc(strlen(name) + 1);
    file->text = read_file(directory, name, ".net", &size);
    bytes = read_file(directory, name, ".bin", &size);
    if (bytes != NULL) file->numbers = to_floats(bytes, size / 4);
    free(bytes);
    if (file->own_name == NULL || file->text == NULL || file->numbers == NULL) {
        snprintf(why, why_size, "%s/%s: .net or .bin cannot be read", directory, name);
        return 0;
    }
    memcpy(file->own_name, name, strlen(name) + 1);
    file->number_count = size / 4;
    if (!cut_text(file) || file->line_count == 0 || strcmp(file->lines[0].word, "srdnet") != 0 ||
        strcmp(text_or_empty(file->lines, ""), "1") != 0) {
        snprintf(why, why_size, "%s.net: not a test network of version 1, or a line too long", name);
        return 0;
    }
    file->own_cases = calloc(file->line_count, sizeof *file->own_cases);
    file->own_expects = calloc(file->line_count, sizeof *file->own_expects);
    file->own_targets = calloc(file->line_count, sizeof *file->own_targets);
    if (file->own_cases == NULL || file->own_expects == NULL || file->own_targets == NULL) {
        snprintf(why, why_size, "%s: no memory", name);
        return 0;
    }
    wrong = index_lines(file);
    if (wrong != 0) snprintf(why, why_size, "%s.net:%d: a wrong line, or numbers missing in %s.bin", name, wrong, name);
    return wrong == 0;
}

netfile *netfile_load(const char *directory, const char *name, char *why, size_t why_size)
{
    netfile *file = calloc(1, sizeof *file);
    if (file == NULL) {
        snprintf(why, why_size, "%s: no memory", name);
        return NULL;
    }
    if (!load(file, directory, name, why, why_size)) {
        netfile_free(file);
        return NULL;
    }
    file->name = file->own_name;
    file->cases = file->own_cases;
    return file;
}

void netfile_free(netfile *file)
{
    if (file == NULL) return;
    free(file->own_name);
    free(file->text);
    free(file->numbers);
    free(file->lines);
    free(file->own_cases);
    free(file->own_expects);
    free(file->own_targets);
    free(file);
}
