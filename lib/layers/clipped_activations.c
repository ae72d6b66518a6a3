/*
 * clipped_activations.c -- ReLU, clip and leaky ReLU. back() multiplies a direction by the secant from zero, (f(y) - f(0)) / y, and
 * at y = 0 by the mean of the left and right derivative (METHOD section 6).
 */
#include "layers/kinds.h"

#if SRD_WITH_RELU
static void relu_value(const srd__layer *layer, float *y, int32_t channels)
{
    (void)layer;
    for (int32_t c = 0; c < channels; ++c) y[c] = y[c] > 0.0f ? y[c] : 0.0f;
}

static void relu_back(const srd__layer *layer, const float *y, float *direction, int32_t channels)
{
    (void)layer;
    for (int32_t c = 0; c < channels; ++c) direction[c] *= y[c] > 0.0f ? 1.0f : y[c] < 0.0f ? 0.0f : 0.5f;
}

static void relu_gradient(const srd__layer *layer, const float *y, float *direction, int32_t channels)
{
    (void)layer;
    for (int32_t c = 0; c < channels; ++c) direction[c] = y[c] > 0.0f ? direction[c] : 0.0f;
}

const srd__kind srd__kind_relu = { .name = "relu",
                                   .role = SRD__POINTWISE,
                                   .activates = 1,
                                   .finite = 1,
                                   .shape = srd__shape_same,
                                   .clamps = 1,
                                   .value = relu_value,
                                   .back = relu_back,
                                   .gradient = SRD_WITH_GRADCAM ? relu_gradient : NULL };

srd_layer srd_graph_relu(srd_graph *graph, const char *name, srd_layer input)
{
    return srd__layer_plain(graph, name, &srd__kind_relu, input);
}
#endif

#if SRD_WITH_CLIP
static float clip(const srd__layer *layer, float y)
{
    return y < layer->low ? layer->low : y > layer->high ? layer->high : y;
}

static void clip_value(const srd__layer *layer, float *y, int32_t channels)
{
    const float low = layer->low, high = layer->high; /* for all a compiler knows, y could be these */

    for (int32_t c = 0; c < channels; ++c) {
        const float above = y[c] < low ? low : y[c];

        y[c] = above > high ? high : above;
    }
}

/* Derivative just right (side +1) or left (side -1) of 0. */
static float clip_slope(const srd__layer *layer, int32_t side)
{
    return side > 0 ? (layer->low <= 0.0f && layer->high > 0.0f ? 1.0f : 0.0f)
                    : (layer->low < 0.0f && layer->high >= 0.0f ? 1.0f : 0.0f);
}

static void clip_back(const srd__layer *layer, const float *y, float *direction, int32_t channels)
{
    const float zero = clip(layer, 0.0f);
    const float middle = (clip_slope(layer, 1) + clip_slope(layer, -1)) / 2.0f;

    for (int32_t c = 0; c < channels; ++c) {
        direction[c] *= y[c] != 0.0f ? (clip(layer, y[c]) - zero) / y[c] : middle;
    }
}

static void clip_gradient(const srd__layer *layer, const float *y, float *direction, int32_t channels)
{
    for (int32_t c = 0; c < channels; ++c) direction[c] = y[c] > layer->low && y[c] < layer->high ? direction[c] : 0.0f;
}

const srd__kind srd__kind_clip = { .name = "clip",
                                   .role = SRD__POINTWISE,
                                   .activates = 1,
                                   .finite = 1,
                                   .shape = srd__shape_same,
                                   .clamps = 2,
                                   .value = clip_value,
                                   .back = clip_back,
                                   .gradient = SRD_WITH_GRADCAM ? clip_gradient : NULL };

srd_layer srd_graph_clip(srd_graph *graph, const char *name, srd_layer input, float low, float high)
{
    srd__layer *const layer = srd__layer_begin(graph, name, &srd__kind_clip, &input, 1);

    if (layer == NULL) return SRD_LAYER_NONE;
    if (!srd__finite(low) || !srd__finite(high) || low >= high) {
        (void)srd__fail(&graph->failure, SRD_ERR_ARGUMENT, layer->id, layer->name, "clip needs finite bounds, low < high");
        return SRD_LAYER_NONE;
    }
    layer->low = low;
    layer->high = high;
    return srd__layer_end(graph, layer);
}
#endif

#if SRD_WITH_LEAKY_RELU
static void leaky_value(const srd__layer *layer, float *y, int32_t channels)
{
    for (int32_t c = 0; c < channels; ++c) y[c] = y[c] > 0.0f ? y[c] : y[c] * layer->low;
}

static void leaky_back(const srd__layer *layer, const float *y, float *direction, int32_t channels)
{
    for (int32_t c = 0; c < channels; ++c) {
        direction[c] *= y[c] > 0.0f ? 1.0f : y[c] < 0.0f ? layer->low : (1.0f + layer->low) / 2.0f;
    }
}

static void leaky_gradient(const srd__layer *layer, const float *y, float *direction, int32_t channels)
{
    for (int32_t c = 0; c < channels; ++c) direction[c] *= y[c] > 0.0f ? 1.0f : layer->low;
}

const srd__kind srd__kind_leaky_relu = { .name = "leaky_relu",
                                         .role = SRD__POINTWISE,
                                         .activates = 1,
                                         .shape = srd__shape_same,
                                         .value = leaky_value,
                                         .back = leaky_back,
                                         .gradient = SRD_WITH_GRADCAM ? leaky_gradient : NULL };

srd_layer srd_graph_leaky_relu(srd_graph *graph, const char *name, srd_layer input, float slope)
{
    srd__layer *const layer = srd__layer_begin(graph, name, &srd__kind_leaky_relu, &input, 1);

    if (layer == NULL) return SRD_LAYER_NONE;
    if (!srd__finite(slope)) {
        (void)srd__fail(&graph->failure, SRD_ERR_ARGUMENT, layer->id, layer->name, "the slope is NaN or Inf");
        return SRD_LAYER_NONE;
    }
    layer->low = slope;
    return srd__layer_end(graph, layer);
}
#endif
