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

static int read_expect(const netfile *file, const netfile_line *line, netfile_expect *e)
{
    static const char *const kinds[] = { "value", "relevance", "contrastive", "erf", "total" };
    const char *kind = text_or_empty(line, "");
    e->kind = -1;
    for (int k = NETFILE_VALUE; k <= NETFILE_TOTAL; k++) {
        if (strcmp(kind, kinds[k]) == 0) e->kind = k;
    }
    e->line = line->number;
    e->layer = text_or_empty(line, "layer");
    e->site = text_or_empty(line, "site");
    e->class_index = netline_int(line, "class");
    e->row = netline_int(line, "row");
    e->column = netline_int(line, "column");
    e->height = netline_int(line, "height");
    e->width = netline_int(line, "width");
    e->score = netline_real(line, "score");
    e->constants = netline_real(line, "constants");
    e->unreached = netline_real(line, "unreached");
    if (e->kind == NETFILE_TOTAL || e->kind < 0) return e->kind == NETFILE_TOTAL;
    e->count = e->kind == NETFILE_VALUE ? (size_t)netline_int(line, "count") : (size_t)e->height * (size_t)e->width;
    e->values = netfile_numbers(file, netline_int(line, "offset"), e->count);
    return e->values != NULL && e->count > 0;
}

/* Indexes input, cases and expectations. Returns the number of the line that makes no sense, or 0. */
static int index_lines(netfile *file)
{
    size_t cases = 0, expects = 0;
    for (size_t i = 0; i < file->line_count; i++) {
        netfile_line *line = file->lines + i;
        if (strcmp(line->word, "input") == 0) {
            file->channels = netline_int(line, "channels");
            file->height = netline_int(line, "height");
            file->width = netline_int(line, "width");
        } else if (strcmp(line->word, "case") == 0) {
            size_t size = (size_t)file->channels * (size_t)file->height * (size_t)file->width;
            netfile_case *c = file->own_cases + cases++;
            c->name = text_or_empty(line, "name");
            c->input = netfile_numbers(file, netline_int(line, "input"), size);
            c->expects = file->own_expects + expects;
            if (c->input == NULL || size == 0) return line->number;
        } else if (strcmp(line->word, "expect") == 0) {
            if (cases == 0 || !read_expect(file, line, file->own_expects + expects)) return line->number;
            file->own_cases[cases - 1].expect_count++;
            expects++;
        }
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
    if (file->own_cases == NULL || file->own_expects == NULL) {
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
    free(file);
}
