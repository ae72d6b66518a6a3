/* testnet.c -- the made-up networks. */
#include "testnet.h"

#include "testing.h"

/* A linear congruential generator: the same numbers on every machine, in [-1, 1). */
static float next_number(uint32_t *state)
{
    *state = *state * 1664525u + 1013904223u;
    return (float)(int32_t)(*state >> 8) / 8388608.0f - 1.0f;
}

/* count numbers of about the given size around a middle, kept in the testnet. */
static float *make_numbers(testnet *net, size_t count, float size, float middle)
{
    float *const made = net->numbers + net->used;

    ck_assert_uint_le(net->used + count, TESTNET_NUMBERS);
    for (size_t i = 0; i < count; ++i) made[i] = middle + size * next_number(&net->state);
    net->used += count;
    return made;
}

static srd_tensor *make_tensor(testnet *net, int32_t rank, const int64_t *shape, float size, float middle)
{
    srd_tensor *tensor = NULL;
    size_t count = 1;
    srd_status status;

    for (int32_t i = 0; i < rank; ++i) count *= (size_t)shape[i];
    status = srd_tensor_view_const(SRD_FLOAT32, rank, shape, NULL, make_numbers(net, count, size, middle), net->memory, &tensor,
                                   NULL);
    if (status != SRD_OK && net->status == SRD_OK) net->status = status;
    return tensor;
}

static srd_tensor *make_vector(testnet *net, int64_t count, float size, float middle)
{
    return make_tensor(net, 1, &count, size, middle);
}

/* kernel: square; inputs: channels of one group. */
static srd_layer conv(srd_graph *graph, testnet *net, const char *name, srd_layer input, int64_t outputs, int64_t inputs,
                      int64_t kernel, const srd_conv2d_options *options)
{
    const int64_t shape[4] = { outputs, inputs, kernel, kernel };
    srd_tensor *const weight = make_tensor(net, 4, shape, 2.0f / (float)(inputs * kernel), 0.0f);
    srd_tensor *const bias = make_vector(net, outputs, 0.25f, 0.0f);
    srd_layer layer = SRD_LAYER_NONE;

    if (weight != NULL && bias != NULL) layer = srd_graph_conv2d(graph, name, input, weight, bias, options);
    srd_tensor_free(weight);
    srd_tensor_free(bias);
    return layer;
}

static srd_layer linear(srd_graph *graph, testnet *net, const char *name, srd_layer input, int64_t outputs, int64_t inputs)
{
    const int64_t shape[2] = { outputs, inputs };
    srd_tensor *const weight = make_tensor(net, 2, shape, 1.0f, 0.0f);
    srd_tensor *const bias = make_vector(net, outputs, 0.25f, 0.0f);
    srd_layer layer = SRD_LAYER_NONE;

    if (weight != NULL && bias != NULL) layer = srd_graph_linear(graph, name, input, weight, bias, NULL);
    srd_tensor_free(weight);
    srd_tensor_free(bias);
    return layer;
}

static srd_layer batch_norm(srd_graph *graph, testnet *net, const char *name, srd_layer input, int64_t channels)
{
    srd_tensor *vector[4];
    srd_layer layer = SRD_LAYER_NONE;

    vector[0] = make_vector(net, channels, 0.5f, 1.0f);
    vector[1] = make_vector(net, channels, 0.25f, 0.0f);
    vector[2] = make_vector(net, channels, 0.25f, 0.0f);
    vector[3] = make_vector(net, channels, 0.5f, 1.0f);
    if (vector[0] != NULL && vector[1] != NULL && vector[2] != NULL && vector[3] != NULL) {
        layer = srd_graph_batch_norm(graph, name, input, vector[0], vector[1], vector[2], vector[3], 1e-5);
    }
    for (int i = 0; i < 4; ++i) srd_tensor_free(vector[i]);
    return layer;
}

static srd_layer scale_shift(srd_graph *graph, testnet *net, const char *name, srd_layer input, int64_t channels)
{
    srd_tensor *const scale = make_vector(net, channels, 0.25f, 1.0f);
    srd_tensor *const shift = make_vector(net, channels, 0.25f, 0.0f);
    srd_layer layer = SRD_LAYER_NONE;

    if (scale != NULL && shift != NULL) layer = srd_graph_scale_shift(graph, name, input, scale, shift);
    srd_tensor_free(scale);
    srd_tensor_free(shift);
    return layer;
}

static srd_conv2d_options conv_options(int32_t stride, int32_t pad, int32_t groups)
{
    srd_conv2d_options o;

    memset(&o, 0, sizeof o);
    o.struct_size = (uint32_t)sizeof o;
    o.stride_h = o.stride_w = stride;
    o.pad_top = o.pad_left = o.pad_bottom = o.pad_right = pad;
    o.groups = groups;
    return o;
}

static srd_pool2d_options pool_options(int32_t kernel, int32_t stride, int32_t pad)
{
    srd_pool2d_options o;

    memset(&o, 0, sizeof o);
    o.struct_size = (uint32_t)sizeof o;
    o.kernel_h = o.kernel_w = kernel;
    o.stride_h = o.stride_w = stride;
    o.pad_top = o.pad_left = o.pad_bottom = o.pad_right = pad;
    return o;
}

static void begin(testnet *net)
{
    net->used = 0;
    net->state = 12345;
    net->status = SRD_OK;
}

static srd_layer residual_block(srd_graph *graph, testnet *net, srd_layer input)
{
    const srd_conv2d_options same = conv_options(1, 1, 1);
    srd_layer both[2], at;

    at = conv(graph, net, "conv2a", input, 4, 4, 3, &same);
    at = srd_graph_relu(graph, "relu2a", at);
    at = conv(graph, net, "conv2b", at, 4, 4, 3, &same);
    both[0] = scale_shift(graph, net, "scale2b", at, 4);
    both[1] = input;
    return srd_graph_relu(graph, "relu2", srd_graph_add(graph, "add2", both, 2));
}

static srd_layer two_branches(srd_graph *graph, testnet *net, srd_layer input)
{
    const srd_conv2d_options depthwise = conv_options(1, 1, 4);
    const srd_pool2d_options average = pool_options(3, 1, 1);
    srd_layer both[2], at;

    both[0] = srd_graph_relu(graph, "relu3a", conv(graph, net, "conv3a", input, 3, 4, 1, NULL));
    at = conv(graph, net, "conv3b", input, 4, 1, 3, &depthwise);
    at = srd_graph_leaky_relu(graph, "leaky3b", at, 0.125f);
    both[1] = srd_graph_avg_pool2d(graph, "avg3b", at, &average);
    return srd_graph_concat(graph, "concat3", both, 2);
}

srd_status testnet_residual(srd_graph *graph, void *user)
{
    testnet *const net = user;
    const srd_conv2d_options same = conv_options(1, 1, 1);
    const srd_pool2d_options overlap = pool_options(3, 2, 1);
    srd_layer at;

    begin(net);
    at = srd_graph_input(graph, "x", TESTNET_CHANNELS, TESTNET_HEIGHT, TESTNET_WIDTH);
    at = conv(graph, net, "conv1", at, 4, TESTNET_CHANNELS, 3, &same);
    at = srd_graph_relu(graph, "relu1", batch_norm(graph, net, "bn1", at, 4));
    at = residual_block(graph, net, srd_graph_max_pool2d(graph, "pool1", at, &overlap));
    at = conv(graph, net, "conv4", two_branches(graph, net, at), 5, 7, 1, NULL);
    at = srd_graph_clip(graph, "clip4", at, 0.0f, 6.0f);
    at = srd_graph_dropout(graph, "drop", srd_graph_global_avg_pool(graph, "gap", at));
    at = srd_graph_softmax(graph, "probs", linear(graph, net, "fc", at, TESTNET_CLASSES, 5));
    (void)srd_graph_output(graph, at, testing_reason());
    return net->status;
}

srd_status testnet_every_kind(srd_graph *graph, void *user)
{
    testnet *const net = user;
    const srd_conv2d_options halve = conv_options(2, 1, 2);
    const srd_pool2d_options window = pool_options(2, 2, 0);
    srd_layer both[2], at;

    begin(net);
    at = srd_graph_zero_pad2d(graph, "pad", srd_graph_input(graph, "x", 3, 8, 8), 1, 0, 1, 2);
    at = conv(graph, net, "conv1", at, 4, 3, 3, NULL);
    at = srd_graph_relu(graph, "relu1", batch_norm(graph, net, "bn1", at, 4));
    both[0] = srd_graph_zero_channels(graph, "zc", srd_graph_subsample2d(graph, "sub", at, 2, 2), 1, 1);
    both[1] = conv(graph, net, "conv2", at, 6, 2, 3, &halve);
    at = srd_graph_relu(graph, "relu2", srd_graph_add(graph, "add2", both, 2));
    both[0] = srd_graph_avg_pool2d(graph, "avg3", at, &window);
    both[1] = srd_graph_max_pool2d(graph, "max3", at, &window);
    at = srd_graph_dropout(graph, "drop", srd_graph_concat(graph, "concat3", both, 2));
    at = linear(graph, net, "fc1", srd_graph_flatten(graph, "flat", at), 5, 48);
    at = scale_shift(graph, net, "scale", srd_graph_leaky_relu(graph, "leaky", at, 0.125f), 5);
    at = linear(graph, net, "fc2", srd_graph_clip(graph, "clip", at, -4.0f, 4.0f), 4, 5);
    at = srd_graph_softmax(graph, "probs", srd_graph_global_avg_pool(graph, "gap", at));
    (void)srd_graph_output(graph, at, testing_reason());
    return net->status;
}

srd_graph *testnet_graph(testnet_builder build)
{
    static testnet net; /* a test is a process with one thread here */
    srd_graph *graph = NULL;
    srd_detail detail = SRD_DETAIL_INIT;

    check_ok(srd_graph_create(NULL, NULL, &graph, NULL));
    check_ok(build(graph, &net));
    ck_assert_msg(srd_graph_seal(graph, &detail) == SRD_OK, "layer \"%s\": %s", detail.layer_name, detail.text);
    return graph;
}

srd_explainer *testnet_explainer(srd_graph *graph, const srd_explainer_options *options)
{
    srd_explainer *explainer = NULL;
    srd_detail detail = SRD_DETAIL_INIT;

    ck_assert_msg(srd_explainer_create(graph, options, NULL, &explainer, &detail) == SRD_OK, "layer \"%s\": %s",
                  detail.layer_name, detail.text);
    return explainer;
}

srd_explainer_options testnet_options(void)
{
    srd_explainer_options o;

    memset(&o, 0, sizeof o);
    o.struct_size = (uint32_t)sizeof o;
    return o;
}

void testnet_picture(float *numbers, size_t count, uint32_t seed)
{
    uint32_t state = 99991u + seed * 7919u;

    for (size_t i = 0; i < count; ++i) numbers[i] = next_number(&state);
}

srd_status testnet_run(srd_explainer *explainer, uint32_t seed)
{
    const int64_t shape[3] = { TESTNET_CHANNELS, TESTNET_HEIGHT, TESTNET_WIDTH };
    float picture[TESTNET_INPUT];
    const srd_tensor *input;
    srd_tensor *view;
    srd_status status;

    testnet_picture(picture, TESTNET_INPUT, seed);
    view = testing_const_view(3, shape, picture);
    input = view;
    status = srd_explainer_run(explainer, &input, 1, NULL, testing_reason());
    srd_tensor_free(view);
    return status;
}
