/*
 * image_norms.c -- norms by statistics of an image, over all its positions: instance and group norm, (x - mean) / sqrt(variance + eps) *
 * gamma + beta, with the mean and the biased variance of a group of channels (an instance norm's groups are its channels), and global
 * response norm, (gamma G_c / (mean G + eps) + 1) x + beta, with G_c the root of a channel's sum of squares. With frozen statistics each is
 * y = x * scale + shift per channel.
 */
#include "layers/kinds.h"

#if SRD_WITH_GROUP_NORM
/* layer->groups is 0 for an instance norm, and 1 for a global response norm. */
static int32_t statistics(const srd__layer *layer, int32_t channels)
{
    return layer->groups > 0 ? layer->groups : channels;
}

static srd_status shape(const srd_graph *graph, const srd__shape *bound, const srd__layer *layer, srd__shape *out,
                        srd_detail *detail)
{
    *out = *srd__input_shape(graph, bound, layer, 0);
    if (out->c == 0) out->c = layer->channels;
    if (layer->channels != 0 && out->c != layer->channels) {
        return srd__fail(detail, SRD_ERR_SHAPE, layer->id, layer->name, "the input has %d channels, the parameters are for %d",
                         out->c, layer->channels);
    }
    if (layer->groups > 0 && out->c % layer->groups != 0) {
        return srd__fail(detail, SRD_ERR_SHAPE, layer->id, layer->name, "%d channels do not fall into %d equal groups", out->c,
                         layer->groups);
    }
    return SRD_OK;
}

/*
 * mean = average of the channel means, variance = average of (squares_c / positions + (mean_c - mean)^2). In double, as for batch norm.
 *
 * Where all that a group holds is one number, mean is that number and the product is rounded as that of a value is: then value * scale +
 * shift is exactly beta's share, not what two roundings leave.
 */
static void normalise(const srd__layer *layer, const srd__moments *m, int32_t first, int32_t count, float *scale, float *shift)
{
    double mean = 0.0, variance = 0.0, spread, unit;

    for (int32_t c = first; c < first + count; ++c) mean += m->mean[c];
    mean /= (double)count;
    for (int32_t c = first; c < first + count; ++c) {
        const double d = m->mean[c] - mean;

        variance += m->squares[c] / (double)m->positions + d * d;
    }
    variance /= (double)count;
    spread = variance + layer->eps;
    unit = spread > 0.0 ? 1.0 / sqrt(spread) : (double)NAN;
    for (int32_t c = first; c < first + count; ++c) {
        const double factor = (layer->scale != NULL ? (double)layer->scale[c] : 1.0) * unit;

        scale[c] = (float)factor;
        shift[c] = (float)((layer->shift != NULL ? (double)layer->shift[c] : 0.0) -
                           (variance > 0.0 ? mean * factor : (double)((float)mean * scale[c])));
    }
}

/* The root of a channel's sum of squares. */
static double response(const srd__moments *m, int32_t c)
{
    return sqrt(m->squares[c] + (double)m->positions * m->mean[c] * m->mean[c]);
}

static void weigh_responses(const srd__layer *layer, const srd__moments *m, int32_t first, int32_t count, float *scale,
                            float *shift)
{
    double whole = 0.0;

    for (int32_t c = first; c < first + count; ++c) whole += response(m, c);
    whole = whole / (double)count + layer->eps;
    for (int32_t c = first; c < first + count; ++c) {
        const double gamma = layer->scale != NULL ? (double)layer->scale[c] : 1.0;

        scale[c] = whole > 0.0 ? (float)(gamma * (response(m, c) / whole) + 1.0) : NAN;
        shift[c] = layer->shift != NULL ? layer->shift[c] : 0.0f;
    }
}

const srd__kind srd__kind_instance_norm = {
    .name = "instance_norm", .role = SRD__POST, .shape = shape, .statistics = statistics, .normalise = normalise
};
const srd__kind srd__kind_group_norm = {
    .name = "group_norm", .role = SRD__POST, .shape = shape, .statistics = statistics, .normalise = normalise
};
const srd__kind srd__kind_global_response_norm = {
    .name = "global_response_norm", .role = SRD__POST, .shape = shape, .statistics = statistics, .normalise = weigh_responses
};

static srd_layer add_norm(srd_graph *graph, srd__layer *layer, int32_t groups, const srd_tensor *gamma, const srd_tensor *beta,
                          double eps)
{
    bool ok = true;

    if (layer == NULL) return SRD_LAYER_NONE;
    layer->groups = groups;
    layer->eps = eps;
    if (!srd__finite((float)eps) || eps < 0.0) {
        (void)srd__fail(&graph->failure, SRD_ERR_ARGUMENT, layer->id, layer->name, "eps is negative or not finite");
        return SRD_LAYER_NONE;
    }
    layer->scale = srd__layer_vector(graph, layer, gamma, &layer->channels, SRD__TEXT("gamma"), &ok);
    if (ok) layer->shift = srd__layer_vector(graph, layer, beta, &layer->channels, SRD__TEXT("beta"), &ok);
    return ok ? srd__layer_end(graph, layer) : SRD_LAYER_NONE;
}

srd_layer srd_graph_instance_norm(srd_graph *graph, const char *name, srd_layer input, const srd_tensor *gamma,
                                  const srd_tensor *beta, double eps)
{
    return add_norm(graph, srd__layer_begin(graph, name, &srd__kind_instance_norm, &input, 1), 0, gamma, beta, eps);
}

srd_layer srd_graph_group_norm(srd_graph *graph, const char *name, srd_layer input, int32_t groups, const srd_tensor *gamma,
                               const srd_tensor *beta, double eps)
{
    srd__layer *const layer = srd__layer_begin(graph, name, &srd__kind_group_norm, &input, 1);

    if (layer != NULL && groups < 1) {
        (void)srd__fail(&graph->failure, SRD_ERR_ARGUMENT, layer->id, layer->name, "%d groups: there must be one at least",
                        groups);
        return SRD_LAYER_NONE;
    }
    return add_norm(graph, layer, groups, gamma, beta, eps);
}

srd_layer srd_graph_global_response_norm(srd_graph *graph, const char *name, srd_layer input, const srd_tensor *gamma,
                                         const srd_tensor *beta, double eps)
{
    return add_norm(graph, srd__layer_begin(graph, name, &srd__kind_global_response_norm, &input, 1), 1, gamma, beta, eps);
}
#endif
