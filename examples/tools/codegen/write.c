/* write.c -- writes calls as C. */
#include "write.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* Where a file is written, and how far its numbers have come. */
typedef struct writer {
    FILE *file;
    const source *from;
    storage weights;
    bool in_binary;
    int64_t offset; /* bytes */
} writer;

/* ---- the calls ---------------------------------------------------------------------------------------------------------------------------- */

static void put_view(writer *w, const call *c, int32_t layer, int32_t which, int32_t rank, const int64_t *shape)
{
    static const char *const types[] = { "SRD_FLOAT32", "SRD_FLOAT16", "SRD_INT8" };
    const storage how = which == SCALES ? STORE_FLOAT32 : storage_of(c, which, w->weights);

    (void)fprintf(w->file, "    w[%" PRId32 "] = view(&at[%" PRId32 "], %s, ", which, which, types[how]);
    if (w->in_binary) (void)fprintf(w->file, "model_numbers + %" PRId64, w->offset);
    else if (which == SCALES) (void)fprintf(w->file, "s%" PRId32, layer);
    else (void)fprintf(w->file, "n%" PRId32 "_%" PRId32, layer, which);
    (void)fprintf(w->file, ", %" PRId32, rank);
    for (int32_t i = 0; i < SRD_MAX_RANK; ++i) (void)fprintf(w->file, ", %" PRId64, i < rank ? shape[i] : 1);
    (void)fputs(", &status);\n", w->file);
    w->offset += bytes_of(c, which, w->weights);
}

static void put_tensors(writer *w, const call *c, int32_t layer)
{
    for (int32_t k = 0; k < CALL_MOST_TENSORS; ++k) {
        const int64_t scales[] = { output_channels(c) };

        if (c->tensors[k].data == NULL) continue;
        put_view(w, c, layer, k, c->tensors[k].rank, c->tensors[k].shape);
        if (storage_of(c, k, w->weights) == STORE_INT8) put_view(w, c, layer, SCALES, 1, scales);
    }
}

/* The fields of an options struct that are not 0. */
static void put_options(FILE *file, const call_form *form, const call *c)
{
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

/* no_options: what stands where a call takes none */
static void put_arguments(FILE *file, const call_form *form, const call *c, const char *no_options)
{
    int32_t input = 0, tensor = 0, number = 0, real = 0;

    for (const char *a = form->arguments; *a != '\0'; ++a) {
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
        case 'N': (void)fputs(no_options, file); break;
        default: (void)fputs("&o", file); break;
        }
    }
}

static void put_call(writer *w, const call *c, int32_t layer)
{
    const call_form *const form = &w->from->forms[c->kind];
    const bool has_scales = storage_of(c, 0, w->weights) == STORE_INT8;

    put_tensors(w, c, layer);
    (void)fputs("    {\n", w->file);
    if (form->options != NULL) put_options(w->file, form, c);
    else if (has_scales) (void)fputs("        srd_linear_options o = SRD_LINEAR_OPTIONS_INIT;\n", w->file);
    if (has_scales) (void)fprintf(w->file, "        o.weight_scale = w[%d];\n", SCALES);
    if (strchr(form->arguments, 'M') != NULL) {
        (void)fputs("        const srd_layer in[] = {", w->file);
        for (int32_t i = 0; i < c->input_count; ++i)
            (void)fprintf(w->file, "%s l[%" PRId32 "]", i > 0 ? "," : "", c->inputs[i]);
        (void)fputs(" };\n", w->file);
    }
    (void)fprintf(w->file, "        l[%" PRId32 "] = srd_graph_%s(graph, ", layer, form->function);
    put_text(w->file, c->name);
    put_arguments(w->file, form, c, has_scales ? "&o" : "NULL");
    (void)fputs(");\n    }\n    release(w);\n", w->file);
}

static const char helpers[] =
    "/* A tensor whose handle lies in the caller's memory. */\n"
    "typedef struct place {\n    _Alignas(SRD_ALIGNMENT) unsigned char bytes[512];\n} place;\n\n"
    "static srd_tensor *view(place *at, int32_t type, const void *numbers, int32_t rank, int64_t a, int64_t b, int64_t c,\n"
    "                        int64_t d, srd_status *status)\n{\n"
    "    const int64_t shape[] = { a, b, c, d };\n    srd_memory memory = SRD_MEMORY_INIT;\n    srd_tensor *tensor = NULL;\n\n"
    "    memory.buffer = at->bytes;\n    memory.buffer_size = sizeof at->bytes;\n"
    "    if (*status == SRD_OK) *status = srd_tensor_view_const(type, rank, shape, NULL, numbers, &memory, &tensor, NULL);\n"
    "    return tensor;\n}\n\n"
    "static void release(srd_tensor **w)\n{\n"
    "    for (int i = 0; i < 5; ++i) {\n        srd_tensor_free(w[i]);\n        w[i] = NULL;\n    }\n}\n\n";

static void put_input(FILE *file, const source *from)
{
    const int32_t *const shape = from->input_shape;
    const int64_t *const strides = from->input_strides;

    (void)fprintf(file, "const int32_t model_input_shape[3] = { %" PRId32 ", %" PRId32 ", %" PRId32 " };\n", shape[0], shape[1],
                  shape[2]);
    (void)fprintf(file, "const int64_t model_input_strides[3] = { %" PRId64 ", %" PRId64 ", %" PRId64 " };\n", strides[0],
                  strides[1], strides[2]);
    (void)fprintf(file,
                  "const srd_layer model_input_layer = %" PRId32 ";\nconst srd_layer model_output_layer = %" PRId32 ";\n\n",
                  from->input_layer, from->list.output);
}

static void put_build(writer *w)
{
    const call_list *const list = &w->from->list;

    put_input(w->file, w->from);
    (void)fputs(helpers, w->file);
    (void)fprintf(
        w->file,
        "srd_status model_build(srd_graph *graph, void *user)\n{\n    srd_layer l[%" PRId32
        "];\n    srd_tensor *w[5] = { NULL, NULL, "
        "NULL, NULL, NULL };\n    place at[5];\n    srd_status status = SRD_OK;\n\n    (void)user;\n    (void)at;\n    (void)view;\n",
        list->count);
    for (int32_t i = 0; i < list->count; ++i) put_call(w, &list->calls[i], i);
    (void)fprintf(w->file,
                  "    if (status != SRD_OK) return status;\n    return srd_graph_output(graph, l[%" PRId32 "], NULL);\n}\n",
                  list->output);
}

/* What cannot be written is told. */
static bool can_write(const call_list *list, storage weights)
{
    const call *const large = weights == STORE_FLOAT16 ? beyond_float16(list) : NULL;

    for (int32_t i = 0; i < list->count; ++i) {
        if (list->calls[i].kind != CALL_CUSTOM) continue;
        (void)fprintf(stderr, "srd-codegen: the layer %s is a function by callbacks, which cannot be written as a C file\n",
                      list->calls[i].name);
        return false;
    }
    if (large != NULL) (void)fprintf(stderr, "srd-codegen: the layer %s has a weight that float16 cannot hold\n", large->name);
    return large == NULL;
}

bool write_model(const source *from, storage weights, const char *path, const char *binary)
{
    writer w = { can_write(&from->list, weights) ? fopen(path, "w") : NULL, from, weights, binary != NULL, 0 };
    bool done;

    if (w.file == NULL) return false;
    (void)fprintf(w.file,
                  "/* Written by srd-codegen: %" PRId32 " calls of libsrd, %" PRId64
                  " numbers. model.h declares what is offered. */\n",
                  from->list.count, count_numbers(&from->list));
    (void)fputs("#include \"model.h\"\n\n#include <math.h>\n#include <stddef.h>\n#include <stdint.h>\n\n", w.file);
    done = binary != NULL ? put_binary(w.file, &from->list, weights, binary) : put_arrays(w.file, &from->list, weights);
    (void)fputc('\n', w.file);
    put_build(&w);
    if (ferror(w.file) != 0) done = false;
    return fclose(w.file) == 0 && done;
}
