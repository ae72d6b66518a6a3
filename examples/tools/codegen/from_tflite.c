/* from_tflite.c -- compiled with the headers of ../tflite. */
#include <stdlib.h>

#include "core.h"
#include "from_reader.h"
#include "tflite_import.h"

static void close_network(void *network)
{
    tflite_network_free((found_network *)network);
    free(network);
}

bool source_read_tflite(const char *path, const source_options *options, source *s)
{
    const tflite_options wishes = { options->output, options->height, options->width, options->dequantise };
    found_network *const network = malloc(sizeof *network);
    found_failure failure = { SRD_ERR_MEMORY, "", "there is not enough memory" };
    size_t size = 0;
    uint8_t *const bytes = read_file(path, &size, failure.text);
    if (network == NULL) free(bytes); /* else they go with the network, or with its failure */
    const bool is_read = bytes != NULL && network != NULL && tflite_import(bytes, size, bytes, &wishes, network, &failure);

    return source_take(s, network, is_read, failure.text, close_network);
}
