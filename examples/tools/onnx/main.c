/*
 * main.c -- srd-onnx: explains a picture by a network in an ONNX file. README.md tells how.
 */
#include <stdio.h>

#include "maps.h"
#include "options.h"
#include "session.h"

static void print_layers(const onnx_network *network)
{
    (void)printf("input %s, output %s\n", network->input_name, network->output_name);
    for (int32_t i = 0; i < network->list.count; ++i) {
        const call *const c = &network->list.calls[i];
        (void)printf("%5d  %-20s %5d x %4d x %4d  %s", i, call_forms[c->kind].function, c->channels, c->height, c->width,
                     c->name);
        for (int32_t k = 0; k < c->input_count; ++k) (void)printf("%s%d", k == 0 ? "  <- " : ", ", c->inputs[k]);
        (void)printf("\n");
    }
}

static int explain(const onnx_network *network, const program_options *options)
{
    session s;
    bool done;

    if (!session_open(&s, network, SRD_MODE_EXPLAIN, options->layers, options->layer_count)) return 1;
    done = explain_picture(&s, network, options);
    session_close(&s);
    return done ? 0 : 1;
}

int main(int argc, char **argv)
{
    program_options options;
    onnx_network network;
    char reason[ONNX_REASON];
    int status = 0;

    if (!options_read(argc, argv, &options)) return 2;
    if (!onnx_import(options.files[0], &options.network, &network, reason)) {
        (void)fprintf(stderr, "srd-onnx: %s\n", reason);
        return 1;
    }
    if (network.notes[0] != '\0') (void)fprintf(stderr, "srd-onnx: %s", network.notes);
    switch (options.mode) {
    case MODE_LAYERS: print_layers(&network); break;
    case MODE_CHECK:
        status = check_output(options.files[0], &network, options.files[1], options.files[2], options.tolerance);
        break;
    case MODE_MAP: status = write_map(&network, options.files[1], options.files[2]); break;
    default: status = explain(&network, &options); break;
    }
    onnx_network_free(&network);
    return status;
}
