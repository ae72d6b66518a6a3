/* run.c -- the forward pass: one image after the other through the steps. */
#include "explain/explainer_impl.h"

void *srd__at(const srd_explainer *ex, int32_t layer, int32_t store)
{
    const srd__store *const s = &ex->nodes[layer].stores[store];

    if (s->bytes == 0) return NULL;
    return (s->kept ? ex->persistent + (size_t)ex->image * ex->persistent_bytes : ex->transient) + s->offset;
}

void srd__parallel(srd_explainer *ex, srd_task task, void *context, int32_t count)
{
    for (int32_t i = 0; i < ex->options.workers; ++i) {
        ex->scratch[i].special = 0;
        ex->scratch[i].ratio_error = 0.0f;
        ex->scratch[i].broken = 0;
    }
    if (ex->options.parallel_for != NULL && count > 1) {
        ex->options.parallel_for(ex->options.parallel_user, task, context, count, ex->options.workers);
    } else {
        for (int32_t i = 0; i < count; ++i) task(context, i, 0);
    }
}

float *srd__value(const srd_explainer *ex, int32_t layer)
{
    const srd__store *const s = &ex->nodes[layer].stores[SRD__STORE_VALUE];

    return (float *)(void *)((s->kept ? ex->persistent + (size_t)ex->image * ex->persistent_bytes : ex->transient) + s->offset);
}

/* From the caller's [C][H][W] (any strides) to [position][channel]. False if a number is NaN or Inf. */
static bool load(srd_explainer *ex, int32_t layer, const srd_tensor *tensor)
{
    const srd__shape *const s = &ex->shapes[layer];
    const int32_t lead = tensor->rank - 3;
    const int64_t *const stride = tensor->strides + lead;
    const float *const from =
        (const float *)(const void *)tensor->data + (lead > 0 ? (int64_t)ex->image * tensor->strides[0] : 0);
    float *to = srd__value(ex, layer);

    for (int32_t h = 0; h < s->h; ++h) {
        for (int32_t w = 0; w < s->w; ++w) {
            for (int32_t c = 0; c < s->c; ++c) {
                const float x = from[c * stride[0] + h * stride[1] + w * stride[2]];

                if (!srd__finite(x)) return false;
                *to++ = x;
            }
        }
    }
    return true;
}

static srd_status run_step(srd_explainer *ex, const srd__step *step, const srd_tensor *const *inputs)
{
    const srd__layer *const layer = ex->graph->layers[step->layer];

    if (step->op == SRD__STEP_LOAD) {
        int32_t number = 0;

        while (ex->inputs[number] != step->layer) ++number;
        if (load(ex, step->layer, inputs[number])) return SRD_OK;
        return srd__fail(&ex->failure, SRD_ERR_NUMBER, layer->id, layer->name, "the input holds a NaN or Inf (image %d)",
                         ex->image);
    }
    if (step->op == SRD__STEP_GATHER) {
        srd__gather_run(ex, step->layer);
        return SRD_OK;
    }
    srd__segment_run(ex, &ex->bounds[layer->segment]);
    for (int32_t i = 0; i < ex->options.workers; ++i) {
        if (ex->scratch[i].broken) {
            return srd__fail(&ex->failure, SRD_ERR_NUMBER, layer->id, layer->name,
                             "the values overflow here to NaN or Inf (image %d)", ex->image);
        }
    }
    return SRD_OK;
}

srd_status srd__run_batch(srd_explainer *ex, const srd_tensor *const *inputs)
{
    ex->has_run = ex->has_question = false;
    for (int32_t i = 0; i < ex->graph->segment_count; ++i) {
        ex->bounds[i].special = 0;
        ex->bounds[i].ratio_error = 0.0f;
    }
    for (ex->image = 0; ex->image < ex->options.batch; ++ex->image) {
        for (int32_t i = 0; i < ex->step_count; ++i) {
            const srd_status status = run_step(ex, &ex->steps[i], inputs);

            if (status != SRD_OK) return status;
        }
    }
    ex->image = 0;
    ex->has_run = true;
    return SRD_OK;
}
