/*
 * test_broken.c -- files that are cut off, changed, or made to hurt: the importer must refuse them or make calls that the library can
 * judge; it must not crash, hang or leak (sanitizers see to the last).
 *
 *   test_broken MODEL.onnx...
 */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "srd/onnx.h"

#define CUTS 200
#define FLIPS 600

static uint8_t *load(const char *path, size_t *size)
{
    FILE *const file = fopen(path, "rb");
    uint8_t *const bytes = malloc(1 << 16);

    if (file == NULL || bytes == NULL) exit(1);
    *size = fread(bytes, 1, 1 << 16, file);
    (void)fclose(file);
    return bytes;
}

/* Imports and lets the library judge. @return whether there is a network */
static bool try_bytes(const uint8_t *bytes, size_t size)
{
    srd_graph *graph = NULL;
    srd_onnx *network = NULL;
    srd_detail detail = SRD_DETAIL_INIT;
    bool sealed = false;

    if (srd_onnx_load_memory(bytes, size, NULL, &network, &detail) != SRD_OK) {
        if (detail.text[0] == '\0') {
            (void)fprintf(stderr, "refused without a reason\n");
            exit(1);
        }
        return false;
    }
    if (srd_graph_create(NULL, NULL, &graph, &detail) == SRD_OK) {
        sealed = srd_onnx_build(network, graph, &detail) == SRD_OK && srd_graph_seal(graph, &detail) == SRD_OK;
    }
    srd_graph_free(graph);
    srd_onnx_free(network);
    return sealed;
}

static int cut(const uint8_t *bytes, size_t size)
{
    const size_t step = size / CUTS + 1;
    int accepted = 0;

    for (size_t length = 0; length < size; length += step) {
        uint8_t *const part = malloc(length > 0 ? length : 1); /* exactly so long, for the sanitizer */
        if (part == NULL) exit(1);
        memcpy(part, bytes, length);
        accepted += try_bytes(part, length);
        free(part);
    }
    return accepted;
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
    int accepted = 0;

    if (copy == NULL) exit(1);
    for (int i = 0; i < FLIPS; ++i) {
        memcpy(copy, bytes, size);
        for (uint32_t k = next_random(&state) % 3; k < 3; ++k) {
            copy[next_random(&state) % size] = i % 2 == 0 ? (uint8_t)next_random(&state) : (uint8_t)(next_random(&state) % 9);
        }
        accepted += try_bytes(copy, size);
    }
    free(copy);
    return accepted;
}

/* Graphs in attributes of nodes of graphs in attributes ..., which a parser that calls itself would follow down. */
static bool nest(int depth)
{
    static const uint8_t tags[] = { 0x0a, 0x2a, 0x32 }; /* node of a graph, attribute of a node, graph of an attribute */
    const size_t room = (size_t)depth * 6 + 16;
    uint8_t *const bytes = malloc(room);
    size_t at = room;
    bool accepted;

    if (bytes == NULL) exit(1);
    for (int i = 0; i <= depth; ++i) {
        uint32_t length = (uint32_t)(room - at);
        uint8_t varint[5];
        size_t used = 0;
        do {
            varint[used++] = (uint8_t)((length & 0x7f) | (length > 0x7f ? 0x80 : 0));
            length >>= 7;
        } while (length > 0);
        at -= used;
        memcpy(bytes + at, varint, used);
        bytes[--at] = i == depth ? 0x3a : tags[2 - i % 3]; /* the outermost is the graph of the model */
    }
    accepted = try_bytes(bytes + at, room - at);
    free(bytes);
    return accepted;
}

int main(int argc, char **argv)
{
    int failures = argc < 2;

    for (int i = 1; i < argc; ++i) {
        size_t size = 0;
        uint8_t *const bytes = load(argv[i], &size);
        const bool whole = try_bytes(bytes, size);
        const int cuts = cut(bytes, size), changes = change(bytes, size);
        (void)printf("%s: accepted %s, %d of its parts, %d of %d changed ones\n", argv[i], whole ? "whole" : "NOT whole", cuts,
                     changes, FLIPS);
        failures += !whole;
        free(bytes);
    }
    for (int depth = 3000; depth <= 300000; depth *= 10) failures += nest(depth);
    return failures == 0 ? 0 : 1;
}
