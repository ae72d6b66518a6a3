/* session.c -- builds, runs, and compares. */
#include "session.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool print_failure(const char *what, const srd_detail *detail)
{
    (void)fprintf(stderr, PROGRAM ": %s: %s%s%s (%s)\n", what, detail->layer_name, detail->layer_name[0] != '\0' ? ": " : "",
                  detail->text, srd_status_name(detail->status));
    return false;
}

srd_tensor *tensor_of(float *numbers, int32_t rank, const int64_t *shape)
{
    srd_tensor *tensor = NULL;

    return srd_tensor_view(SRD_FLOAT32, rank, shape, NULL, numbers, NULL, &tensor, NULL) == SRD_OK ? tensor : NULL;
}

bool session_fail(session *s)
{
    return print_failure("the network cannot be explained", &s->why);
}

/* Layers that are no sites must be named before their maps can be asked. */
static int32_t name_keeps(const session *s, const char *const *names, int32_t count, srd_keep *keeps)
{
    int32_t kept = 0;

    for (int32_t i = 0; i < count; ++i) {
        const srd_layer layer = srd_graph_find(s->graph, names[i]);
        if (layer != SRD_LAYER_NONE && srd_graph_is_site(s->graph, layer) == 0)
            keeps[kept++] = (srd_keep){ layer, SRD_KEEP_MAP };
    }
    return kept;
}

/* The graph, and what is known of its ends. */
static srd_status open_graph(session *s, const network_file *network, srd_detail *detail)
{
    network_layer_info input = NETWORK_LAYER_INFO_INIT;
    srd_status status;

    memset(s, 0, sizeof *s);
    s->why = *detail;
    s->network = network;
    s->input = network_input(network, 0, NULL);
    status = network_layer(network, s->input, &input, detail);
    s->channels = input.channels;
    s->height = input.height;
    s->width = input.width;
    if (status == SRD_OK) status = srd_graph_create(NULL, NULL, &s->graph, detail);
    if (status == SRD_OK) status = network_build(network, s->graph, detail);
    if (status == SRD_OK) status = srd_graph_seal(s->graph, detail);
    if (status == SRD_OK) s->output = srd_graph_output_layer(s->graph, 0);
    return status;
}

bool session_open(session *s, const network_file *network, int32_t mode, const program_options *wishes)
{
    srd_keep *const keeps = calloc((size_t)wishes->layer_count + 1, sizeof *keeps);
    srd_explainer_options options = SRD_EXPLAINER_OPTIONS_INIT;
    srd_detail detail = SRD_DETAIL_INIT;
    srd_status status = open_graph(s, network, &detail);

    if (status == SRD_OK && wishes->threads != 1) status = srd_pool_create(wishes->threads, NULL, &s->pool, &detail);
    if (status == SRD_OK && keeps != NULL) {
        options.mode = mode;
        options.keep_count = name_keeps(s, wishes->layers, wishes->layer_count, keeps);
        options.keeps = keeps;
        options.workers = srd_pool_threads(s->pool);
        options.parallel_for = s->pool != NULL ? srd_pool_parallel_for : NULL;
        options.parallel_user = s->pool;
        status = srd_explainer_create(s->graph, &options, NULL, &s->explainer, &detail);
    }
    free(keeps);
    if (status == SRD_OK && s->explainer != NULL) return true;
    session_close(s);
    return print_failure("the network cannot be built", &detail);
}

void session_close(session *s)
{
    srd_explainer_free(s->explainer);
    srd_graph_free(s->graph);
    srd_pool_free(s->pool);
    memset(s, 0, sizeof *s);
}

bool session_run(session *s, const float *numbers)
{
    const int64_t shape[] = { s->channels, s->height, s->width };
    srd_tensor *input = NULL;
    srd_status status = srd_tensor_view_const(SRD_FLOAT32, 3, shape, NULL, numbers, NULL, &input, NULL);

    if (status == SRD_OK) status = srd_explainer_run(s->explainer, (const srd_tensor *const[]){ input }, 1, NULL, &s->why);
    srd_tensor_free(input);
    return status == SRD_OK || session_fail(s);
}

bool session_run_file(session *s, const float *numbers)
{
    const int64_t positions = (int64_t)s->height * s->width;
    float *const ordered = malloc((size_t)s->channels * (size_t)positions * sizeof *ordered);
    bool done;

    if (ordered == NULL) {
        (void)fprintf(stderr, PROGRAM ": there is not enough memory\n");
        return false;
    }
    for (int32_t c = 0; c < s->channels; ++c) {
        for (int64_t p = 0; p < positions; ++p)
            ordered[c * positions + p] = numbers[network_input_element(s->network, 0, c, p)];
    }
    done = session_run(s, ordered);
    free(ordered);
    return done;
}

/* ---- files of numbers -------------------------------------------------------------------------------------------------------------- */

float *read_numbers(const char *path, int64_t count)
{
    FILE *const file = fopen(path, "rb");
    float *const numbers = malloc(((size_t)count + 1) * sizeof *numbers);
    bool done = false;

    if (file == NULL) {
        (void)fprintf(stderr, PROGRAM ": %s: %s\n", path, strerror(errno));
    } else if (numbers != NULL) {
        done = fread(numbers, sizeof *numbers, (size_t)count + 1, file) == (size_t)count;
        if (!done) (void)fprintf(stderr, PROGRAM ": %s does not have %lld numbers\n", path, (long long)count);
    }
    if (file != NULL) (void)fclose(file);
    if (done) return numbers;
    free(numbers);
    return NULL;
}

static int64_t input_count(const session *s)
{
    return (int64_t)s->channels * s->height * s->width;
}

float *output_value(session *s, int32_t *shape)
{
    int64_t dims[3];
    float *numbers = NULL;
    srd_tensor *value = NULL;

    if (srd_explainer_layer_shape(s->explainer, s->output, shape, &s->why) == SRD_OK) {
        for (int i = 0; i < 3; ++i) dims[i] = shape[i];
        numbers = calloc((size_t)(dims[0] * dims[1] * dims[2]), sizeof *numbers);
        if (numbers != NULL) value = tensor_of(numbers, 3, dims);
    }
    if (value == NULL || srd_explainer_value(s->explainer, s->output, value, &s->why) != SRD_OK) {
        (void)session_fail(s);
        free(numbers);
        numbers = NULL;
    }
    srd_tensor_free(value);
    return numbers;
}

void session_print_balance(session *s)
{
    srd_report r = SRD_REPORT_INIT;

    if (srd_explainer_report(s->explainer, &r, &s->why) != SRD_OK) return;
    (void)
        printf("score %+.5f = inputs %+.5f, constants %+.5f, unreached %+.5f, head bias %+.5f, subtracted %+.5f, lost %+.1e\n",
               r.score, r.at_inputs, r.at_constants, r.unreached, r.head_bias, r.subtracted, r.lost);
}

int check_output(const network_file *network, const program_options *options)
{
    session s;
    int32_t shape[3] = { 0, 0, 0 };
    double largest = 0, error = 0;
    float *numbers = NULL, *ours = NULL, *theirs = NULL;

    if (!session_open(&s, network, SRD_MODE_FORWARD, options)) return 1;
    numbers = read_numbers(options->files[1], input_count(&s));
    if (numbers != NULL && session_run_file(&s, numbers)) ours = output_value(&s, shape);
    const int64_t positions = (int64_t)shape[1] * shape[2];
    if (ours != NULL) theirs = read_numbers(options->files[2], shape[0] * positions);
    for (int32_t c = 0; theirs != NULL && c < shape[0]; ++c) {
        for (int64_t p = 0; p < positions; ++p) {
            const double expected = (double)theirs[network_output_element(network, c, p)];
            largest = fmax(largest, fabs(expected));
            const double difference = fabs((double)ours[c * positions + p] - expected);

            error = fmax(error, isfinite(difference) ? difference : (double)INFINITY); /* fmax() would pass over a NaN */
        }
    }
    const bool done = theirs != NULL && error <= options->tolerance * largest;
    if (theirs != NULL) {
        (void)printf("%s: %d layers, largest difference %.2e of the largest output %.4g: %s\n", options->files[0],
                     network_layer_count(network), largest > 0 ? error / largest : error, largest,
                     done ? "equal" : "DIFFERENT");
    }
    free(numbers);
    free(ours);
    free(theirs);
    session_close(&s);
    return done ? 0 : 1;
}

int write_map(const network_file *network, const program_options *options)
{
    session s;
    float *numbers, *relevance;
    srd_tensor *tensor;
    FILE *file = NULL;
    bool done = false;

    if (!session_open(&s, network, SRD_MODE_EXPLAIN, options)) return 1;
    const int64_t shape[] = { s.height, s.width };
    const size_t count = (size_t)s.height * (size_t)s.width;
    numbers = read_numbers(options->files[1], input_count(&s));
    relevance = calloc(count, sizeof *relevance);
    tensor = relevance != NULL ? tensor_of(relevance, 2, shape) : NULL;
    if (numbers != NULL && tensor != NULL && session_run_file(&s, numbers)) {
        done = srd_explainer_ask_top(s.explainer, NULL, &s.input, &tensor, 1, &s.why) == SRD_OK || session_fail(&s);
    }
    if (done) session_print_balance(&s);
    if (done) file = fopen(options->files[2], "wb");
    done = file != NULL && fwrite(relevance, sizeof *relevance, count, file) == count;
    if (file != NULL && fclose(file) != 0) done = false;
    if (!done) (void)fprintf(stderr, PROGRAM ": %s was not written\n", options->files[2]);
    srd_tensor_free(tensor);
    free(numbers);
    free(relevance);
    session_close(&s);
    return done ? 0 : 1;
}
