/*
 * main.c -- srd-codegen: a network in an ONNX or TensorFlow Lite file as a C file that needs no file, no parser and no heap but the graph's.
 * README.md tells how.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "write.h"

#define MOST_IN_ARRAYS 1000000 /* numbers; beyond that a compiler takes minutes, and .incbin none */

typedef struct wishes {
    source_options network;
    const char *files[2];
    storage weights;
    long most;
} wishes;

static int usage(FILE *file)
{
    (void)fputs(
        "usage: srd-codegen [options] MODEL.onnx|MODEL.tflite MODEL.c\n"
        "  --weights TYPE  of convolutions and linear layers: float32, float16 or int8, which takes a scale for each channel (float32)\n"
        "  --output NAME   an output of the network other than the first\n"
        "  --size HxW      of the picture, where the file leaves it open (224x224)\n"
        "  --arrays N      numbers that are written as arrays at most; more go to MODEL.c.bin (1000000)\n"
        "  --dequantise    a TensorFlow Lite network of integers as its float original, which is another network\n",
        file);
    return file == stdout ? 0 : 2;
}

static bool read_weights(const char *text, storage *weights)
{
    static const char *const names[] = { "float32", "float16", "int8" };

    for (int i = 0; i < 3; ++i) {
        if (strcmp(text, names[i]) != 0) continue;
        *weights = (storage)i;
        return true;
    }
    return false;
}

static bool read_option(const char *name, const char *text, wishes *w)
{
    char rest;

    if (strcmp(name, "--weights") == 0) return read_weights(text, &w->weights);
    if (strcmp(name, "--size") == 0)
        return sscanf(text, "%dx%d%c", &w->network.height, &w->network.width, &rest) == 2 && w->network.height > 0 &&
               w->network.width > 0;
    if (strcmp(name, "--output") == 0) w->network.output = text;
    else if (strcmp(name, "--arrays") == 0) w->most = strtol(text, NULL, 10);
    else return false;
    return true;
}

static bool read_arguments(int argc, char **argv, wishes *w)
{
    int count = 0;

    for (int i = 1; i < argc; ++i) {
        if (strcmp(argv[i], "--dequantise") == 0) w->network.dequantise = true;
        else if (argv[i][0] != '-' && count < 2) w->files[count++] = argv[i];
        else if (i + 1 < argc && read_option(argv[i], argv[i + 1], w)) ++i;
        else return false;
    }
    return count == 2;
}

static bool ends_in(const char *path, const char *ending)
{
    const size_t length = strlen(path), wanted = strlen(ending);

    return length > wanted && strcmp(path + length - wanted, ending) == 0;
}

static bool read_network(const wishes *w, source *from)
{
    if (ends_in(w->files[0], ".tflite")) return source_read_tflite(w->files[0], &w->network, from);
#ifdef CODEGEN_ONNX
    return source_read_onnx(w->files[0], &w->network, from);
#else
    (void)snprintf(from->text, sizeof from->text, "this srd-codegen was built without the reader of ONNX files");
    return false;
#endif
}

int main(int argc, char **argv)
{
    wishes w = { .most = MOST_IN_ARRAYS };
    source from = { .text = "" };
    char binary[1000];
    bool done;

    if (argc == 2 && strcmp(argv[1], "--help") == 0) return usage(stdout);
    if (!read_arguments(argc, argv, &w)) return usage(stderr);
    if (!read_network(&w, &from)) {
        (void)fprintf(stderr, "srd-codegen: %s\n", from.text);
        return 1;
    }
    if (from.text[0] != '\0') (void)fprintf(stderr, "srd-codegen: %s", from.text);
    done = snprintf(binary, sizeof binary, "%s.bin", w.files[1]) < (int)sizeof binary &&
           write_model(&from, w.weights, w.files[1], count_numbers(&from.list) > w.most ? binary : NULL);
    if (!done) (void)fprintf(stderr, "srd-codegen: %s cannot be written\n", w.files[1]);
    from.close(from.network);
    return done ? 0 : 1;
}
