/* run.c -- the forward pass: one image after the other through the steps. */
#include "run/run.h"

#include "explain/store.h"
#include "run/black_box.h"
#include "run/channel_ratios.h"
#include "run/image_statistics.h"
#include "run/inner_ratios.h"
#include "run/run_gather.h"
#include "run/run_segment.h"

/* From the caller's [C][H][W] (any strides) to [position][channel]. False if a number is NaN or Inf. */
static bool load(srd_explainer *ex, int32_t layer, const srd_tensor *tensor)
{
    const srd__shape *const s = &ex->shapes[layer];
    const int32_t lead = tensor->rank - 3;
    const int64_t *const stride = tensor->strides + lead;
    const float *const from =
        (const float *)(const void *)tensor->data + (lead > 0 ? (int64_t)ex->number * tensor->strides[0] : 0);
    float *const to = srd__value(ex, layer);
    int32_t broken = 0;

    for (int32_t h = 0; h < s->h; ++h) {
        for (int32_t c = 0; c < s->c; ++c) { /* rows of the caller's, which lie together as a rule */
            const float *const row = from + c * stride[0] + h * stride[1];
            float *at = to + (ptrdiff_t)h * s->w * s->c + c;

            for (int32_t w = 0; w < s->w; ++w, at += s->c) {
                const float x = row[w * stride[2]];

                broken |= !srd__finite(x);
                *at = x;
            }
        }
    }
    return broken == 0;
}

SRD__APART static srd_status load_input(srd_explainer *ex, int32_t layer)
{
    int32_t number = 0;

    while (ex->inputs[number] != layer) ++number;
    if (load(ex, layer, ex->tensors[number])) return SRD_OK;
    return srd__fail(&ex->failure, SRD_ERR_NUMBER, layer, ex->graph->layers[layer]->name,
                     "the input holds a NaN or Inf (image %d)", ex->number);
}

static srd_status do_op(srd_explainer *ex, const srd__step *step)
{
    const srd__layer *const layer = ex->graph->layers[step->layer];
    srd__bound *bound;

    if (step->op == SRD__STEP_LOAD) return load_input(ex, step->layer);
    if (step->op == SRD__STEP_GATHER) {
        if (srd__gather_run(ex, step->layer)) return SRD_OK;
        return srd__fail(&ex->failure, SRD_ERR_ARGUMENT, layer->id, layer->name,
                         "its taps callback told a tap that lies outside, has a NaN, is one too many, or was not told without "
                         "inputs");
    }
    if (SRD__STATISTICS && step->op == SRD__STEP_FREEZE) return srd__freeze_run(ex, step->layer);
    bound =
        &ex->bounds[SRD__STATISTICS && step->op == SRD__STEP_UNDER ? ex->nodes[layer->id].under : ex->nodes[layer->id].bound];
    if (SRD_WITH_CHANNEL_MAPS && step->op == SRD__STEP_CHANNELS) {
        srd__channels_run(ex, bound);
        return SRD_OK;
    }
    if (SRD_WITH_INNER_MAPS && step->op == SRD__STEP_INNER) {
        srd__inner_run(ex, bound);
        return SRD_OK;
    }
    if (srd__is_of_image(bound->segment)) srd__frozen_fold(ex, bound);
    srd__segment_run(ex, bound);
    if (SRD_WITH_CUSTOM && srd__is_black_box(layer)) {
        const srd_status status = srd__black_box_run(ex, layer->id);

        if (status != SRD_OK) return status;
    }
    for (int32_t i = 0; i < ex->options.workers; ++i) {
        if (ex->scratch[i].broken) {
            return srd__fail(&ex->failure, SRD_ERR_NUMBER, layer->id, layer->name,
                             "the values overflow here to NaN or Inf (image %d)", ex->number);
        }
    }
    return SRD_OK;
}

srd_status srd__run_op(srd_explainer *ex, const srd__step *step)
{
    if (srd__recomputes(ex)) srd__note_step(ex, step);
    return do_op(ex, step);
}

/* What is noted while the images that can be asked run. */
static void forget_notes(srd_explainer *ex)
{
    ex->has_run = ex->has_question = false;
    for (int32_t i = 0; SRD_WITH_REPORTS && i < ex->bound_count; ++i) {
        ex->bounds[i].special = 0;
        ex->bounds[i].saturated = 0;
        ex->bounds[i].ratio_error = ex->bounds[i].magnitude = 0.0f;
    }
    for (int32_t id = 0; srd__recomputes(ex) && id < ex->graph->layer_count; ++id) ex->nodes[id].intact = 0;
}

void srd__run_begin(srd_explainer *ex)
{
    forget_notes(ex);
    ex->next_step = 0;
    for (int32_t id = 0; SRD_WITH_GIVEN && id < ex->graph->layer_count; ++id) ex->nodes[id].given_error = 0.0f;
    for (int32_t i = 0; i < ex->step_count; ++i) ex->steps[i].ticks = 0;
}

static srd_status timed_op(srd_explainer *ex, srd__step *step)
{
    const bool clock = SRD_WITH_CALLBACKS && ex->run.clock != NULL;
    const uint64_t before = clock ? ex->run.clock(ex->run.user) : 0;
    const srd_status status = srd__run_op(ex, step);

    if (clock) step->ticks += ex->run.clock(ex->run.user) - before;
    return status;
}

/* The caller's questions about an image that is complete. A reason that they left in the failure is kept. */
static srd_status ask_caller(srd_explainer *ex)
{
    const srd_status before = ex->failure.status;
    srd_status status;

    ex->failure.status = SRD_OK;
    status = ex->run.each_image(ex->run.user, ex, ex->number);
    if (!srd__is_status(status)) {
        return srd__fail(&ex->failure, SRD_ERR_ARGUMENT, SRD_LAYER_NONE, NULL, "each_image returned %d, which is no status",
                         status);
    }
    if (status != SRD_OK && ex->failure.status != status) {
        return srd__fail(&ex->failure, status, SRD_LAYER_NONE, NULL, "each_image returned this status for image %d",
                         ex->number);
    }
    if (ex->failure.status == SRD_OK) ex->failure.status = before; /* of an older failure: nothing has failed since */
    return status;
}

/* After a step that went well: what the caller is told, and how many steps are left. */
static srd_status after_step(srd_explainer *ex, int32_t done, int32_t total)
{
    srd_status status = SRD_OK;

    ex->has_run = done == total || (ex->options.keep_images == SRD_KEEP_ONE_IMAGE && done % ex->step_count == 0);
    if (SRD_WITH_CALLBACKS && ex->has_run && ex->run.each_image != NULL) status = ask_caller(ex);
    if (SRD_WITH_CALLBACKS && status == SRD_OK && ex->run.progress != NULL &&
        ex->run.progress(ex->run.user, done, total) != 0 && done < total) {
        status = srd__fail(&ex->failure, SRD_ERR_CANCELLED, SRD_LAYER_NONE, NULL, "progress asked to stop after step %d of %d",
                           done, total);
    }
    return status;
}

/* Steps are numbered over the batch: image after image. */
srd_status srd__run_step(srd_explainer *ex)
{
    const int32_t total = ex->step_count * srd__batch(ex), done = ex->next_step;
    const bool one = ex->options.keep_images == SRD_KEEP_ONE_IMAGE;
    srd_status status;

    ex->stepping = true;
    if (one && done % ex->step_count == 0) forget_notes(ex);
    ex->number = done / ex->step_count;
    ex->image = one ? 0 : ex->number;
    status = timed_op(ex, &ex->steps[done % ex->step_count]);
    ex->image = 0;
    if (status == SRD_OK) status = after_step(ex, done + 1, total);
    if (status != SRD_OK) ex->has_run = ex->has_question = false;
    ex->next_step = status == SRD_OK && done + 1 < total ? done + 1 : -1;
    ex->stepping = false;
    return status;
}
