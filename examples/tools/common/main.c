/*
 * main.c -- srd-onnx and srd-tflite: explain a picture by a network in a file. The README.md of each tells how; program.h, in the folder
 * of each, says which it is.
 */
#include <stdio.h>

#include "maps.h"
#include "options.h"
#include "session.h"

static void print_layers(const network_file *network)
{
    const char *input = "", *output = "";
    const int32_t outputs = network_output_count(network);

    (void)network_input(network, 0, &input);
    for (int32_t i = 0; i < outputs && network_output(network, i, &output) == SRD_LAYER_NONE;) ++i;
    (void)printf("input %s, output %s\n", input, output);
    for (int32_t i = 0; i < network_layer_count(network); ++i) {
        network_layer_info layer = NETWORK_LAYER_INFO_INIT;

        if (network_layer(network, i, &layer, NULL) != SRD_OK) return;
        (void)printf("%5d  %-20s %5d x %4d x %4d  %s", i, layer.function, layer.channels, layer.height, layer.width,
                     layer.name);
        for (int32_t k = 0; k < layer.operand_count; ++k) (void)printf("%s%d", k == 0 ? "  <- " : ", ", layer.operands[k]);
        (void)printf("\n");
    }
}

static int explain(const network_file *network, const program_options *options)
{
    session s;
    bool done;

    if (!session_open(&s, network, SRD_MODE_EXPLAIN, options)) return 1;
    done = explain_picture(&s, options);
    session_close(&s);
    return done ? 0 : 1;
}

int main(int argc, char **argv)
{
    program_options options;
    network_file *network = NULL;
    srd_detail detail = SRD_DETAIL_INIT;
    int status = 0;

    if (!options_read(argc, argv, &options)) return 2;
    if (options.mode == MODE_HELP) return 0;
    if (network_load(options.files[0], &options.network, &network, &detail) != SRD_OK) {
        (void)fprintf(stderr, PROGRAM ": %s\n", detail.text);
        return 1;
    }
    (void)fprintf(stderr, "%s%s", network_notes(network)[0] != '\0' ? PROGRAM ": " : "", network_notes(network));
    switch (options.mode) {
    case MODE_LAYERS: print_layers(network); break;
    case MODE_CHECK: status = check_output(network, &options); break;
    case MODE_MAP: status = write_map(network, &options); break;
    default: status = explain(network, &options); break;
    }
    network_free(network);
    return status;
}
