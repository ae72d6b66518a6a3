/* from_onnx.c -- compiled with the headers of ../onnx. */
#include <stdlib.h>

#include "from_reader.h"
#include "onnx_import.h"

static void close_network(void *network)
{
    onnx_network_free((onnx_network *)network);
    free(network);
}

bool source_read_onnx(const char *path, const source_options *options, source *s)
{
    const onnx_options wishes = { options->output, options->height, options->width, NULL, 0, NULL, 0 };
    onnx_network *const network = malloc(sizeof *network);
    onnx_failure failure = { SRD_ERR_MEMORY, "", "there is not enough memory" };
    const bool is_read = network != NULL && onnx_import(path, &wishes, network, &failure);

    return source_take(s, network, is_read, failure.text, close_network);
}
