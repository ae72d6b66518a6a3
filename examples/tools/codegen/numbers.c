/*
 * numbers.c -- float32 is written as hexadecimal floats, which are exact; float16 and int8 are rounded to the nearest. In a file of its own each
 * tensor begins at a multiple of 16 bytes, in the byte order of the machine that writes.
 */
#include "numbers.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define ALIGNMENT 16
#define LARGEST_HALF 65504.0f

static bool is_weight(const call *c, int32_t which)
{
    return which == 0 && (c->kind == CALL_CONV2D || c->kind == CALL_CONV_TRANSPOSE2D || c->kind == CALL_LINEAR ||
                          c->kind == CALL_LINEAR_TOKENS);
}

storage storage_of(const call *c, int32_t which, storage weights)
{
    return is_weight(c, which) ? weights : STORE_FLOAT32;
}

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

/* Number i in the order of the axes, the last one fastest. */
static float number_at(const call_tensor *t, int64_t i)
{
    int64_t at = 0;

    if (!t->is_strided) return t->data[i];
    for (int32_t axis = t->rank; axis-- > 0; i /= t->shape[axis]) at += i % t->shape[axis] * t->strides[axis];
    return t->data[at];
}

/* ---- float16 ------------------------------------------------------------------------------------------------------------------ */

/* To the nearest, ties to even; the numbers are at most LARGEST_HALF. */
static uint16_t to_half(float number)
{
    const uint16_t sign = signbit(number) ? 0x8000 : 0;
    int exponent;

    if (number == 0) return sign;
    (void)frexp(fabs((double)number), &exponent); /* |number| is in [2^(exponent - 1), 2^exponent) */
    const int last = exponent - 11 > -24 ? exponent - 11 : -24;
    const long units = lrint(ldexp(fabs((double)number), -last)); /* at most 2^11 */
    if (last == -24) return (uint16_t)(sign + units);             /* also the least normal one: the bits go on */
    return (uint16_t)(sign + ((last + 24) << 10) + units);
}

const call *beyond_float16(const call_list *list)
{
    for (int32_t i = 0; i < list->count; ++i) {
        const call_tensor *const t = &list->calls[i].tensors[0];
        for (int64_t k = 0; is_weight(&list->calls[i], 0) && k < tensor_count(t); ++k) {
            if (!(fabsf(number_at(t, k)) <= LARGEST_HALF)) return &list->calls[i];
        }
    }
    return NULL;
}

/* ---- int8 --------------------------------------------------------------------------------------------------------------------- */

#define TRANSPOSED_GROUPS 10 /* where groups stand among the ints of a transposed convolution */

int64_t output_channels(const call *c)
{
    const call_tensor *const t = &c->tensors[0];

    return c->kind != CALL_CONV_TRANSPOSE2D ? t->shape[0] : t->shape[1] * c->ints[TRANSPOSED_GROUPS];
}

/* The output channel that number i of a weight belongs to. */
static int64_t channel_of(const call *c, int64_t i)
{
    const call_tensor *const t = &c->tensors[0];
    int64_t inner = 1;

    for (int32_t axis = c->kind == CALL_CONV_TRANSPOSE2D ? 2 : 1; axis < t->rank; ++axis) inner *= t->shape[axis];
    if (c->kind != CALL_CONV_TRANSPOSE2D) return i / inner;
    const int64_t input = i / inner / t->shape[1], inputs = t->shape[0] / c->ints[TRANSPOSED_GROUPS];
    return input / inputs * t->shape[1] + i / inner % t->shape[1];
}

/* The scales of a weight that is stored as int8: the largest magnitude of each output channel becomes 127. Freed by the caller; NULL: the weight
 * has none, or there is no memory, which is told by *done. */
static float *scales_of(const call *c, int32_t which, storage weights, bool *done)
{
    const call_tensor *const t = &c->tensors[which];
    float *scales;

    if (storage_of(c, which, weights) != STORE_INT8) return NULL;
    scales = calloc((size_t)output_channels(c), sizeof *scales);
    if (scales == NULL) *done = false;
    for (int64_t i = 0; scales != NULL && i < tensor_count(t); ++i) {
        float *const scale = &scales[channel_of(c, i)];
        *scale = fmaxf(*scale, fabsf(number_at(t, i)) / 127);
    }
    return scales;
}

static int to_byte(float number, float scale)
{
    return scale > 0 ? (int)lrintf(number / scale) : 0;
}

/* ---- pieces of C -------------------------------------------------------------------------------------------------------------- */

void put_float(FILE *file, float number)
{
    if (isinf(number)) (void)fprintf(file, "%sINFINITY", number < 0 ? "-" : "");
    else if (isnan(number)) (void)fprintf(file, "NAN");
    else (void)fprintf(file, "%af", (double)number);
}

/* What is no plain character is octal, three digits, so that nothing behind it belongs to it. */
void put_text(FILE *file, const char *text)
{
    (void)fputc('"', file);
    for (; *text != '\0'; ++text) {
        const unsigned char c = (unsigned char)*text;
        if (c < ' ' || c > '~' || c == '"' || c == '\\' || c == '?') (void)fprintf(file, "\\%03o", (unsigned)c);
        else (void)fputc(c, file);
    }
    (void)fputc('"', file);
}

static const char *const types[] = { "float", "uint16_t", "int8_t" };

static void put_array(FILE *file, const call *c, int32_t layer, int32_t which, storage how, const float *scales)
{
    const call_tensor *const t = &c->tensors[which];
    const int64_t count = tensor_count(t);

    (void)fprintf(file, "static const %s n%" PRId32 "_%" PRId32 "[%" PRId64 "] = {", types[how], layer, which, count);
    for (int64_t i = 0; i < count; ++i) {
        (void)fputs(i % 8 == 0 ? "\n    " : " ", file);
        if (how == STORE_FLOAT32) put_float(file, number_at(t, i));
        else if (how == STORE_FLOAT16) (void)fprintf(file, "0x%04x", (unsigned)to_half(number_at(t, i)));
        else (void)fprintf(file, "%d", to_byte(number_at(t, i), scales[channel_of(c, i)]));
        (void)fputc(',', file);
    }
    (void)fputs("\n};\n", file);
}

static void put_scales(FILE *file, const call *c, int32_t layer, const float *scales)
{
    (void)fprintf(file, "static const float s%" PRId32 "[%" PRId64 "] = {", layer, output_channels(c));
    for (int64_t o = 0; o < output_channels(c); ++o) {
        (void)fputs(o % 8 == 0 ? "\n    " : " ", file);
        put_float(file, scales[o]);
        (void)fputc(',', file);
    }
    (void)fputs("\n};\n", file);
}

bool put_arrays(FILE *file, const call_list *list, storage weights)
{
    bool done = true;

    for (int32_t i = 0; i < list->count; ++i) {
        const call *const c = &list->calls[i];
        for (int32_t k = 0; k < CALL_MOST_TENSORS && done; ++k) {
            float *const scales = scales_of(c, k, weights, &done);

            if (c->tensors[k].data != NULL && done) put_array(file, c, i, k, storage_of(c, k, weights), scales);
            if (scales != NULL) put_scales(file, c, i, scales);
            free(scales);
        }
    }
    return done;
}

/* ---- a file ---------------------------------------------------------------------------------------------------------------------- */

int64_t bytes_of(const call *c, int32_t which, storage weights)
{
    static const int64_t widths[] = { 4, 2, 1 };
    int64_t bytes = 0;

    if (which == SCALES) bytes = storage_of(c, 0, weights) == STORE_INT8 ? 4 * output_channels(c) : 0;
    else bytes = tensor_count(&c->tensors[which]) * widths[storage_of(c, which, weights)];
    return (bytes + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
}

static bool write_number(FILE *numbers, float number, storage how, float scale)
{
    const uint16_t half = how == STORE_FLOAT16 ? to_half(number) : 0;
    const int8_t byte = how == STORE_INT8 ? (int8_t)to_byte(number, scale) : 0;

    if (how == STORE_FLOAT32) return fwrite(&number, sizeof number, 1, numbers) == 1;
    return how == STORE_FLOAT16 ? fwrite(&half, sizeof half, 1, numbers) == 1 : fwrite(&byte, 1, 1, numbers) == 1;
}

/* Zeros up to the place where the next tensor begins. */
static bool fill_up(FILE *numbers, int64_t end)
{
    static const char zeros[ALIGNMENT] = { 0 };
    const long rest = (long)end - ftell(numbers);

    return rest >= 0 && rest < ALIGNMENT && fwrite(zeros, 1, (size_t)rest, numbers) == (size_t)rest;
}

/* A tensor, and its scales behind it. */
static bool write_tensor(FILE *numbers, const call *c, int32_t which, storage weights, int64_t *offset)
{
    const call_tensor *const t = &c->tensors[which];
    const storage how = storage_of(c, which, weights);
    bool done = true;
    float *const scales = scales_of(c, which, weights, &done);

    for (int64_t i = 0; i < tensor_count(t) && done; ++i)
        done = write_number(numbers, number_at(t, i), how, scales != NULL ? scales[channel_of(c, i)] : 1);
    *offset += bytes_of(c, which, weights);
    done = done && fill_up(numbers, *offset);
    if (scales != NULL && done) {
        done = fwrite(scales, sizeof *scales, (size_t)output_channels(c), numbers) == (size_t)output_channels(c);
        *offset += bytes_of(c, SCALES, weights);
        done = done && fill_up(numbers, *offset);
    }
    free(scales);
    return done;
}

bool put_binary(FILE *file, const call_list *list, storage weights, const char *path)
{
    FILE *const numbers = fopen(path, "wb");
    bool done = numbers != NULL;
    int64_t offset = 0;

    for (int32_t i = 0; i < list->count && done; ++i) {
        for (int32_t k = 0; k < CALL_MOST_TENSORS && done; ++k)
            done = write_tensor(numbers, &list->calls[i], k, weights, &offset);
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
        "extern const unsigned char model_numbers[];\n",
        file);
    return done;
}
