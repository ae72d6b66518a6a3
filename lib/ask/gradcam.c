/* gradcam.c -- Grad-CAM at a site, as a first relevance map (METHOD section 6). */
#include "ask/gradcam.h"

#include "ask/question_types.h"
#include "explain/store.h"

/* Grad-CAM at its layer: the gradient's mean over positions weighs the channels of the value (METHOD section 6). */
void srd__gradcam_map(srd_explainer *ex, const srd__question *q)
{
    const srd__shape *const s = &ex->plan.shapes[q->start];
    const size_t channels = (size_t)s->c;
    const int32_t positions = s->h * s->w;
    const float *const x = srd__value(ex, q->start);
    const float *const g = srd__question_store(ex, q->start, SRD__STORE_DIRECTION);
    float *const top = srd__question_store(ex, q->start, SRD__STORE_TOP);

    for (size_t c = 0; c < channels; ++c) {
        float mean = 0.0f;

        for (int32_t p = 0; p < positions; ++p) mean += g[(size_t)p * channels + c];
        mean /= (float)positions;
        for (int32_t p = 0; p < positions; ++p) top[p] += mean * x[(size_t)p * channels + c];
    }
    for (int32_t p = 0; q->clamp && p < positions; ++p) top[p] = top[p] > 0.0f ? top[p] : 0.0f;
}

int32_t srd__gradcam_default(const srd_explainer *ex)
{
    for (int32_t id = ex->plan.graph->layer_count - 1; id >= 0; --id) {
        if (ex->plan.graph->layers[id]->site && ex->plan.shapes[id].h * ex->plan.shapes[id].w > 1) return id;
    }
    return SRD_LAYER_NONE;
}
