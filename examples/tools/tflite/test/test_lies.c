/*
 * test_lies.c -- files that are cut off, changed or lie: the reader must refuse them with a reason, or make calls that the library can judge; it
 * must not crash, hang or leak (sanitizers see to the last). Every word of each file is replaced in turn by numbers that hurt.
 *
 *   test_lies MODEL.tflite...
 */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "srd/tflite.h"

#define CHANGES 3000
#define MOST_BYTES (1 << 16)

static int failures;

/* Reads and lets the library judge. @return whether there is a network */
static bool try_bytes(const uint8_t *bytes, size_t size, int32_t flags)
{
    srd_tflite_options options = SRD_TFLITE_OPTIONS_INIT;
    srd_graph *graph = NULL;
    srd_tflite *network = NULL;
    srd_detail detail = SRD_DETAIL_INIT;
    bool sealed = false;

    options.flags = flags;
    if (srd_tflite_load_memory(bytes, size, &options, &network, &detail) != SRD_OK) {
        if (detail.text[0] == '\0' || network != NULL) {
            (void)fprintf(stderr, "refused without a reason, or with a network\n");
            ++failures;
        }
        return false;
    }
    if (srd_graph_create(NULL, NULL, &graph, &detail) == SRD_OK) {
        sealed = srd_tflite_build(network, graph, &detail) == SRD_OK && srd_graph_seal(graph, &detail) == SRD_OK;
    }
    srd_graph_free(graph);
    srd_tflite_free(network);
    return sealed;
}

/* Every length; the copy is exactly so long, for the sanitizer. No part is a whole network. */
static void cut(const uint8_t *bytes, size_t size)
{
    for (size_t length = 1; length < size; ++length) {
        uint8_t *const part = malloc(length);

        if (part == NULL) exit(1);
        memcpy(part, bytes, length);
        if (try_bytes(part, length, SRD_TFLITE_IN_PLACE) && length + 8 < size) ++failures; /* the last bytes are filling */
        free(part);
    }
}

/* Each two and four bytes in turn. @return how many of the changed files are taken */
static int lie(uint8_t *bytes, size_t size)
{
    static const uint32_t numbers[] = { 0, 1, 0xffffffffu, 0x7fffffffu, 0x80000000u, 0xffff, 4 };
    int taken = 0;

    for (size_t at = 0; at + 4 <= size; at += 2) {
        uint8_t before[4];

        memcpy(before, bytes + at, 4);
        for (size_t k = 0; k < sizeof numbers / sizeof numbers[0]; ++k) {
            const size_t width = k % 2 == 0 ? 4 : 2;

            for (size_t i = 0; i < width; ++i) bytes[at + i] = (uint8_t)(numbers[k] >> 8 * i);
            taken += try_bytes(bytes, size, SRD_TFLITE_IN_PLACE);
            memcpy(bytes + at, before, 4);
        }
    }
    return taken;
}

static uint32_t next_random(uint32_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 17;
    *state ^= *state << 5;
    return *state;
}

static int change(const uint8_t *bytes, size_t size)
{
    uint8_t *const copy = malloc(size);
    uint32_t state = 2463534242u;
    int taken = 0;

    if (copy == NULL) exit(1);
    for (int i = 0; i < CHANGES; ++i) {
        memcpy(copy, bytes, size);
        for (uint32_t k = next_random(&state) % 3; k < 3; ++k) {
            copy[next_random(&state) % size] = i % 2 == 0 ? (uint8_t)next_random(&state) : (uint8_t)(next_random(&state) % 9);
        }
        taken += try_bytes(copy, size, i % 4 == 0 ? 0 : SRD_TFLITE_DEQUANTISE | SRD_TFLITE_IN_PLACE);
    }
    free(copy);
    return taken;
}

int main(int argc, char **argv)
{
    uint8_t *const bytes = malloc(MOST_BYTES);

    if (argc < 2 || bytes == NULL) return 1;
    for (int i = 1; i < argc; ++i) {
        FILE *const file = fopen(argv[i], "rb");
        size_t size;

        if (file == NULL) return 1;
        size = fread(bytes, 1, MOST_BYTES, file);
        (void)fclose(file);
        const bool whole = try_bytes(bytes, size, SRD_TFLITE_DEQUANTISE);
        if (!whole) ++failures;
        if (i == 1) cut(bytes, size); /* the first file, which is small, in every way */
        const int lies = i == 1 ? lie(bytes, size) : 0, changes = change(bytes, size);
        (void)printf("%s: taken %s, %d with lies, %d of %d changed ones\n", argv[i], whole ? "whole" : "NOT whole", lies,
                     changes, CHANGES);
    }
    free(bytes);
    (void)printf("%d failures\n", failures);
    return failures == 0 ? 0 : 1;
}
