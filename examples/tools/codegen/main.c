/*
 * main.c -- srd-codegen: a network in an ONNX file as a C file that needs no file, no parser and no heap but the graph's. README.md
 * tells how.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "write.h"

#define MOST_IN_ARRAYS 1000000 /* numbers; beyond that a compiler takes minutes, and .incbin none */

static int usage(void)
{
    (void)fputs("usage: srd-codegen [--output NAME] [--arrays N] MODEL.onnx MODEL.c\n"
                "  --output NAME  an output of the network other than the first\n"
                "  --arrays N     numbers that are written as arrays at most; more go to MODEL.c.bin (1000000)\n",
                stderr);
    return 2;
}

int main(int argc, char **argv)
{
    onnx_options options = { NULL, 0, 0, NULL, 0, NULL, 0 };
    const char *files[2] = { NULL, NULL };
    long most = MOST_IN_ARRAYS;
    char binary[1000];
    onnx_failure failure;
    onnx_network network;
    int count = 0;
    bool done;

    for (int i = 1; i < argc; ++i) {
        if (strcmp(argv[i], "--output") == 0 && i + 1 < argc) options.output = argv[++i];
        else if (strcmp(argv[i], "--arrays") == 0 && i + 1 < argc) most = strtol(argv[++i], NULL, 10);
        else if (argv[i][0] != '-' && count < 2) files[count++] = argv[i];
        else return usage();
    }
    if (count != 2) return usage();
    if (!onnx_import(files[0], &options, &network, &failure)) {
        (void)fprintf(stderr, "srd-codegen: %s\n", failure.text);
        return 1;
    }
    if (network.notes[0] != '\0') (void)fprintf(stderr, "srd-codegen: %s", network.notes);
    if (snprintf(binary, sizeof binary, "%s.bin", files[1]) >= (int)sizeof binary) return usage();
    done = write_model(&network, files[1], count_numbers(&network.list) > most ? binary : NULL);
    if (!done) (void)fprintf(stderr, "srd-codegen: %s cannot be written\n", files[1]);
    onnx_network_free(&network);
    return done ? 0 : 1;
}
