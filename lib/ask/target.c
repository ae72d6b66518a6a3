/* target.c -- scores: which channels and positions of an output are asked about, and how they start the head. */
#include "ask/target.h"

#include "explain/store.h"

ptrdiff_t srd__map_offset(const srd_tensor *map, int32_t image, int32_t width, int32_t p)
{
    const int64_t *const stride = map->strides + (map->rank - 2);

    return (map->rank > 2 && (map->rank == 4 || map->shape[0] > 1) ? (ptrdiff_t)image * (ptrdiff_t)map->strides[0] : 0) +
           (ptrdiff_t)(p / width) * (ptrdiff_t)stride[0] + (ptrdiff_t)(p % width) * (ptrdiff_t)stride[1];
}

bool srd__is_channel_map(const srd_explainer *ex, int32_t layer, const srd_tensor *map)
{
    const srd__shape *const s = &ex->plan.shapes[layer];

    if (!SRD_WITH_CHANNEL_MAPS) return false;
    if (ex->plan.graph->layers[layer]->kind->role != SRD__SOURCE || ex->plan.graph->layers[layer]->derived || s->c == 1 ||
        map->rank < 3)
        return false;
    if (map->shape[map->rank - 3] != s->c) return false;
    return map->rank == 4 ? map->shape[0] == srd__images(ex) : ex->plan.images == 1;
}

float srd__direction_at(const srd_tensor *direction, int32_t image, int32_t channel)
{
    const float *const data = (const float *)(const void *)direction->data;
    const int64_t *const stride = direction->strides + (direction->rank - 1);

    return data[(direction->rank > 1 ? image * direction->strides[0] : 0) + channel * stride[0]];
}

int32_t srd__target_layer(const srd_explainer *ex, const srd_target *target)
{
    return ex->plan.graph->outputs[target->output];
}

/* Weight of a channel in the score. */
static float channel_weight(const srd_target *target, int32_t image, int32_t top, int32_t channel)
{
    if (!SRD_WITH_TARGETS) return channel == (target->kind == SRD_TARGET_CLASS ? target->class_index : top) ? 1.0f : 0.0f;
    switch (target->kind) {
    case SRD_TARGET_DIRECTION: return srd__direction_at(target->direction, image, channel);
    case SRD_TARGET_AGAINST: return (float)(channel == target->class_index) - (float)(channel == target->other_class);
    case SRD_TARGET_CLASS:
        return channel == (target->classes != NULL ? target->classes[image] : target->class_index) ? 1.0f : 0.0f;
    default: return channel == top ? 1.0f : 0.0f;
    }
}

float srd__target_mask(const srd_explainer *ex, const srd_target *target, int32_t image, int32_t position)
{
    const int32_t width = ex->plan.shapes[srd__target_layer(ex, target)].w;

    if (!SRD_WITH_TARGETS || target->mask == NULL) return 1.0f;
    return ((const float *)(const void *)target->mask->data)[srd__map_offset(target->mask, image, width, position)];
}

/* Scores are taken before a pointwise output layer. */
static const float *scores_of(const srd_explainer *ex, int32_t layer)
{
    const bool pointwise = ex->plan.graph->layers[layer]->kind->role == SRD__POINTWISE;

    return pointwise ? (const float *)srd__at(ex, layer, SRD__STORE_Y) : srd__value(ex, layer);
}

float srd__score(const srd_explainer *ex, const srd_target *target, int32_t image, int32_t channel)
{
    const int32_t layer = srd__target_layer(ex, target);
    const srd__shape *const s = &ex->plan.shapes[layer];
    const float *const scores = scores_of(ex, layer);
    float sum = 0.0f;

    for (int32_t p = 0; p < s->h * s->w; ++p) {
        sum += srd__target_mask(ex, target, image, p) * scores[(size_t)p * (size_t)s->c + (size_t)channel];
    }
    return sum;
}

int32_t srd__top_class(const srd_explainer *ex, const srd_target *target, int32_t image)
{
    int32_t best = 0;
    float best_score = srd__score(ex, target, image, 0);

    for (int32_t c = 1; c < ex->plan.shapes[srd__target_layer(ex, target)].c; ++c) {
        const float score = srd__score(ex, target, image, c);

        if (score > best_score) {
            best = c;
            best_score = score;
        }
    }
    return best;
}

void srd__target_start(srd_explainer *ex, const srd_target *target, int32_t image)
{
    const int32_t layer = srd__target_layer(ex, target);
    const srd__shape *const s = &ex->plan.shapes[layer];
    const float *scores = scores_of(ex, layer);
    float *g = srd__question_store(ex, layer, SRD__STORE_DIRECTION);
    const int32_t top = target->kind == SRD_TARGET_TOP ? srd__top_class(ex, target, image) : -1;

    for (int32_t p = 0; p < s->h * s->w; ++p, g += s->c, scores += s->c) {
        const float mask = srd__target_mask(ex, target, image, p);

        for (int32_t c = 0; c < s->c && mask != 0.0f; ++c) {
            const float weight = mask * channel_weight(target, image, top, c);

            g[c] += weight;
            if (SRD_WITH_REPORTS) ex->asked.report.score += (double)weight * (double)scores[c];
        }
    }
}
