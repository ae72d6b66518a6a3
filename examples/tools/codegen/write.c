/*
 * write.c -- writes calls as C. Numbers are written as hexadecimal floats, which are exact, or into a file of float32 in the
 * machine's byte order.
 */
#include "write.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

static int64_t tensor_count(const call_tensor *t)
{
    int64_t count = t->data != NULL;

    for (int32_t i = 0; i < t->rank && count > 0; ++i) count *= t->shape[i];
    return count;
}

int64_t count_numbers(const call_list *list)
{
    int64_t sum = 0;

    for (int32_t i = 0; i < list->count; ++i) {
        for (int32_t k = 0; k < CALL_MOST_TENSORS; ++k) sum += tensor_count(&list->calls[i].tensors[k]);
    }
    return sum;
}

/* ---- pieces of C --------------------------------------------------------------------------------------------------------------------- */

static void put_float(FILE *file, float number)
{
    if (isinf(number)) (void)fprintf(file, "%sINFINITY", number < 0 ? "-" : "");
    else if (isnan(number)) (void)fprintf(file, "NAN");
    else (void)fprintf(file, "%af", (double)number);
}

/* A name as a string; what is no plain character is octal, three digits, so that nothing behind it belongs to it. */
static void put_text(FILE *file, const char *text)
{
    (void)fputc('"', file);
    for (; *text != '\0'; ++text) {
        const unsigned char c = (unsigned char)*text;
        if (c < ' ' || c > '~' || c == '"' || c == '\\' || c == '?') (void)fprintf(file, "\\%03o", (unsigned)c);
        else (void)fputc(c, file);
    }
    (void)fputc('"', file);
}

static void put_array(FILE *file, int32_t layer, int32_t which, const call_tensor *t)
{
    const int64_t count = tensor_count(t);

    (void)fprintf(file, "static const float n%" PRId32 "_%" PRId32 "[%" PRId64 "] = {", layer, which, count);
    for (int64_t i = 0; i < count; ++i) {
        (void)fputs(i % 8 == 0 ? "\n    " : " ", file);
        put_float(file, t->data[i]);
        (void)fputc(',', file);
    }
    (void)fputs("\n};\n", file);
}

/* ---- the numbers ------------------------------------------------------------------------------------------------------------------------ */

static bool put_binary(FILE *file, const call_list *list, const char *path)
{
    FILE *const numbers = fopen(path, "wb");
    bool done = numbers != NULL;

    for (int32_t i = 0; i < list->count && done; ++i) {
        for (int32_t k = 0; k < CALL_MOST_TENSORS && done; ++k) {
            const size_t count = (size_t)tensor_count(&list->calls[i].tensors[k]);
            done = count == 0 || fwrite(list->calls[i].tensors[k].data, sizeof(float), count, numbers) == count;
        }
    }
    if (numbers != NULL && fclose(numbers) != 0) done = false;
    (void)fputs(
        "/* The file with the numbers; another place can be given when compiling. */\n#ifndef MODEL_NUMBERS\n#define MODEL_NUMBERS ",
        file);
    put_text(file, path);
    (void)fputs(
        "\n#endif\n"
        "#ifdef __APPLE__\n#define SECTION \".section __TEXT,__const\"\n#define SYMBOL \"_model_numbers\"\n"
        "#else\n#define SECTION \".section .rodata\"\n#define SYMBOL \"model_numbers\"\n#endif\n"
        "__asm__(SECTION \"\\n.balign 64\\n.globl \" SYMBOL \"\\n\" SYMBOL \":\\n.incbin \\\"\" MODEL_NUMBERS \"\\\"\\n.text\\n\");\n"
        "extern const float model_numbers[];\n",
        file);
    return done;
}

static void put_arrays(FILE *file, const call_list *list)
{
    for (int32_t i = 0; i < list->count; ++i) {
        for (int32_t k = 0; k < CALL_MOST_TENSORS; ++k) {
            if (list->calls[i].tensors[k].data != NULL) put_array(file, i, k, &list->calls[i].tensors[k]);
        }
    }
}

/* ---- the calls ---------------------------------------------------------------------------------------------------------------------------- */

static void put_tensors(FILE *file, const call *c, int32_t layer, bool in_binary, int64_t *offset)
{
    for (int32_t k = 0; k < CALL_MOST_TENSORS; ++k) {
        const call_tensor *const t = &c->tensors[k];
        if (t->data == NULL) continue;
        (void)fprintf(file, "    w[%" PRId32 "] = view(&at[%" PRId32 "], ", k, k);
        if (in_binary) (void)fprintf(file, "model_numbers + %" PRId64, *offset);
        else (void)fprintf(file, "n%" PRId32 "_%" PRId32, layer, k);
        (void)fprintf(file, ", %" PRId32, t->rank);
        for (int32_t i = 0; i < SRD_MAX_RANK; ++i) (void)fprintf(file, ", %" PRId64, i < t->rank ? t->shape[i] : 1);
        (void)fputs(", &status);\n", file);
        *offset += tensor_count(t);
    }
}

/* The fields of an options struct that are not 0. */
static void put_options(FILE *file, const call *c)
{
    const call_form *const form = &call_forms[c->kind];
    const char *field = form->fields;
    int32_t kind = 0, index = 0; /* ints, floats, tensor */
    char initial[64];

    for (size_t i = 0; i <= strlen(form->options) && i < sizeof initial; ++i) {
        initial[i] =
            form->options[i] >= 'a' && form->options[i] <= 'z' ? (char)(form->options[i] - 'a' + 'A') : form->options[i];
    }
    (void)fprintf(file, "        %s o = %.60s_INIT;\n", form->options, initial);
    while (*field != '\0') {
        const int length = (int)strcspn(field, " ");
        if (*field == '|') {
            ++kind;
            index = -1;
        } else if (kind == 0 && c->ints[index] != 0) {
            (void)fprintf(file, "        o.%.*s = %" PRId32 ";\n", length, field, c->ints[index]);
        } else if (kind == 1 && c->floats[index] != 0) {
            (void)fprintf(file, "        o.%.*s = ", length, field);
            put_float(file, c->floats[index]);
            (void)fputs(";\n", file);
        } else if (kind == 2 && c->tensors[index].data != NULL) {
            (void)fprintf(file, "        o.%.*s = w[%" PRId32 "];\n", length, field, index);
        }
        ++index;
        field += length;
        field += strspn(field, " ");
    }
}

static void put_arguments(FILE *file, const call *c)
{
    int32_t input = 0, tensor = 0, number = 0, real = 0;

    for (const char *a = call_forms[c->kind].arguments; *a != '\0'; ++a) {
        (void)fputs(", ", file);
        switch (*a) {
        case 'L': (void)fprintf(file, "l[%" PRId32 "]", c->inputs[input++]); break;
        case 'M': (void)fprintf(file, "in, %" PRId32, c->input_count); break;
        case 'T':
            if (c->tensors[tensor].data != NULL) (void)fprintf(file, "w[%" PRId32 "]", tensor);
            else (void)fputs("NULL", file);
            ++tensor;
            break;
        case 'I': (void)fprintf(file, "%" PRId32, c->ints[number++]); break;
        case 'F': put_float(file, c->floats[real++]); break;
        case 'D': (void)fprintf(file, "%a", c->eps); break;
        case 'N': (void)fputs("NULL", file); break;
        default: (void)fputs("&o", file); break;
        }
    }
}

static void put_call(FILE *file, const call *c, int32_t layer, bool in_binary, int64_t *offset)
{
    const call_form *const form = &call_forms[c->kind];

    put_tensors(file, c, layer, in_binary, offset);
    (void)fputs("    {\n", file);
    if (form->options != NULL) put_options(file, c);
    if (strchr(form->arguments, 'M') != NULL) {
        (void)fputs("        const srd_layer in[] = {", file);
        for (int32_t i = 0; i < c->input_count; ++i) (void)fprintf(file, "%s l[%" PRId32 "]", i > 0 ? "," : "", c->inputs[i]);
        (void)fputs(" };\n", file);
    }
    (void)fprintf(file, "        l[%" PRId32 "] = srd_graph_%s(graph, ", layer, form->function);
    put_text(file, c->name);
    put_arguments(file, c);
    (void)fputs(");\n    }\n    release(w);\n", file);
}

static const char helpers[] =
    "/* A tensor whose handle lies in the caller's memory. */\n"
    "typedef struct place {\n    _Alignas(SRD_ALIGNMENT) unsigned char bytes[512];\n} place;\n\n"
    "static srd_tensor *view(place *at, const float *numbers, int32_t rank, int64_t a, int64_t b, int64_t c, int64_t d,\n"
    "                        srd_status *status)\n{\n"
    "    const int64_t shape[] = { a, b, c, d };\n    srd_memory memory = SRD_MEMORY_INIT;\n    srd_tensor *tensor = NULL;\n\n"
    "    memory.buffer = at->bytes;\n    memory.buffer_size = sizeof at->bytes;\n"
    "    if (*status == SRD_OK) *status = srd_tensor_view_const(SRD_FLOAT32, rank, shape, NULL, numbers, &memory, &tensor, NULL);\n"
    "    return tensor;\n}\n\n"
    "static void release(srd_tensor **w)\n{\n"
    "    for (int i = 0; i < 4; ++i) {\n        srd_tensor_free(w[i]);\n        w[i] = NULL;\n    }\n}\n\n";

static void put_build(FILE *file, const onnx_network *network, bool in_binary)
{
    const call_list *const list = &network->list;
    int64_t offset = 0;

    (void)fprintf(file, "const int32_t model_input_shape[3] = { %" PRId64 ", %" PRId64 ", %" PRId64 " };\n",
                  network->input.channels, network->input.height, network->input.width);
    (void)fprintf(file,
                  "const srd_layer model_input_layer = %" PRId32 ";\nconst srd_layer model_output_layer = %" PRId32 ";\n\n",
                  network->input.layer, list->output);
    (void)fputs(helpers, file);
    (void)fprintf(file,
                  "srd_status model_build(srd_graph *graph, void *user)\n{\n    srd_layer l[%" PRId32
                  "];\n    srd_tensor *w[4] = { NULL, NULL, "
                  "NULL, NULL };\n    place at[4];\n    srd_status status = SRD_OK;\n\n    (void)user;\n    (void)at;\n",
                  list->count);
    for (int32_t i = 0; i < list->count; ++i) put_call(file, &list->calls[i], i, in_binary, &offset);
    (void)fprintf(file,
                  "    if (status != SRD_OK) return status;\n    return srd_graph_output(graph, l[%" PRId32 "], NULL);\n}\n",
                  list->output);
}

static bool can_write(const call_list *list)
{
    for (int32_t i = 0; i < list->count; ++i) {
        if (list->calls[i].kind != CALL_CUSTOM) continue;
        (void)fprintf(stderr, "srd-codegen: the layer %s is a function by callbacks, which cannot be written as a C file\n",
                      list->calls[i].name);
        return false;
    }
    return true;
}

bool write_model(const onnx_network *network, const char *path, const char *binary)
{
    FILE *const file = can_write(&network->list) ? fopen(path, "w") : NULL;
    bool done = true;

    if (file == NULL) return false;
    (void)fprintf(file,
                  "/* Written by srd-codegen: %" PRId32 " calls of libsrd, %" PRId64
                  " numbers. model.h declares what is offered. */\n",
                  network->list.count, count_numbers(&network->list));
    (void)fputs("#include \"model.h\"\n\n#include <math.h>\n#include <stddef.h>\n\n", file);
    if (binary != NULL) done = put_binary(file, &network->list, binary);
    else put_arrays(file, &network->list);
    (void)fputc('\n', file);
    put_build(file, network, binary != NULL);
    if (ferror(file) != 0) done = false;
    return fclose(file) == 0 && done;
}
