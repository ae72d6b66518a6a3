/* run.c -- the forward pass: one image after the other through the steps. */
#include "run/run.h"

#include "explain/busy.h"
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
    const srd__shape *const s = &ex->plan.shapes[layer];
    const int32_t lead = tensor->rank - 3;
    const int64_t *const stride = tensor->strides + lead;
    const float *const from =
        (const float *)(const void *)tensor->data + (lead > 0 ? (int64_t)ex->run.number * tensor->strides[0] : 0);
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

    while (ex->plan.inputs[number] != layer) ++number;
    if (load(ex, layer, ex->run.tensors[number])) return SRD_OK;
    return srd__fail(ex->failure, SRD_ERR_NUMBER, layer, ex->plan.graph->layers[layer]->name,
                     "the input holds a NaN or Inf (image %d)", ex->run.number);
}

static srd_status do_op(srd_explainer *ex, const srd__step *step)
{
    const srd__layer *const layer = ex->plan.graph->layers[step->layer];
    srd__bound *bound;

    if (step->op == SRD__STEP_LOAD) return load_input(ex, step->layer);
    if (step->op == SRD__STEP_GATHER) {
        if (srd__gather_run(ex, step->layer)) return SRD_OK;
        return srd__fail(
            ex->failure, SRD_ERR_ARGUMENT, layer->id, layer->name,
            "its taps callback told a tap that has no struct_size, lies outside, has a NaN, is one too many, or was not told without "
            "inputs");
    }
    if (SRD__STATISTICS && step->op == SRD__STEP_FREEZE) return srd__freeze_run(ex, step->layer);
    bound = &ex->plan.bounds[SRD__STATISTICS && step->op == SRD__STEP_UNDER ? ex->plan.nodes[layer->id].under
                                                                            : ex->plan.nodes[layer->id].bound];
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
    for (int32_t i = 0; i < ex->plan.options.workers; ++i) {
        if (ex->plan.scratch[i].broken) {
            return srd__fail(ex->failure, SRD_ERR_NUMBER, layer->id, layer->name,
                             "the values overflow here to NaN or Inf (image %d)", ex->run.number);
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
    ex->run.has_run = ex->asked.has_question = false;
    for (int32_t i = 0; SRD_WITH_REPORTS && i < ex->plan.bound_count; ++i) {
        ex->plan.bounds[i].notes->special = 0;
        ex->plan.bounds[i].notes->saturated = 0;
        ex->plan.bounds[i].notes->ratio_error = ex->plan.bounds[i].notes->magnitude = 0.0f;
    }
    for (int32_t id = 0; srd__recomputes(ex) && id < ex->plan.graph->layer_count; ++id) ex->run.nodes[id].intact = 0;
}

void srd__run_begin(srd_explainer *ex)
{
    forget_notes(ex);
    ex->run.next_step = 0;
    for (int32_t id = 0; SRD_WITH_GIVEN && id < ex->plan.graph->layer_count; ++id) ex->run.nodes[id].given_error = 0.0f;
    for (int32_t i = 0; i < ex->plan.step_count; ++i) ex->plan.steps[i].ticks = 0;
}

static srd_status timed_op(srd_explainer *ex, srd__step *step)
{
    const bool clock = SRD_WITH_CALLBACKS && ex->run.options.clock != NULL;
    const uint64_t before = clock ? ex->run.options.clock(ex->run.options.user) : 0;
    const srd_status status = srd__run_op(ex, step);

    if (clock) step->ticks += ex->run.options.clock(ex->run.options.user) - before;
    return status;
}

/* What a callback returned, as the status of the run. what and number say which call it was. */
static srd_status answer_of(srd_explainer *ex, srd_status status, const char *what, int32_t number)
{
    if (status == SRD_OK) return SRD_OK;
    if (!srd__is_status(status)) {
        return srd__fail(ex->failure, SRD_ERR_ARGUMENT, SRD_LAYER_NONE, NULL, "%s %d returned %d, which is no status", what,
                         number, status);
    }
    return srd__fail(ex->failure, status, SRD_LAYER_NONE, NULL, "%s %d returned this status", what, number);
}

/* The caller's questions about an image that is complete. */
static srd_status ask_caller(srd_explainer *ex)
{
    srd_detail *const detail = srd__lend(ex);
    const srd_status status = ex->run.options.each_image(ex->run.options.user, ex, ex->run.number);

    return srd__take_back(ex, detail) ? answer_of(ex, status, SRD__TEXT("each_image for image"), ex->run.number)
                                      : SRD__STATUS_LOST;
}

/* Tells the caller how far the run is. After the last step the answer does not matter. */
static srd_status tell_progress(srd_explainer *ex, int32_t done, int32_t total)
{
    srd_detail *const detail = srd__lend(ex);
    const srd_status status = ex->run.options.progress(ex->run.options.user, done, total);

    if (!srd__take_back(ex, detail)) return SRD__STATUS_LOST;
    return done < total ? answer_of(ex, status, SRD__TEXT("progress after step"), done) : SRD_OK;
}

/* After a step that went well: what the caller is told, and how many steps are left. */
static srd_status after_step(srd_explainer *ex, int32_t done, int32_t total)
{
    srd_status status = SRD_OK;

    ex->run.has_run = done == total || (ex->plan.options.keep_images == SRD_IMAGES_ONE && done % ex->plan.step_count == 0);
    if (SRD_WITH_CALLBACKS && ex->run.has_run && ex->run.options.each_image != NULL) status = ask_caller(ex);
    if (SRD_WITH_CALLBACKS && status == SRD_OK && ex->run.options.progress != NULL) status = tell_progress(ex, done, total);
    return status;
}

/* Steps are numbered over the batch: image after image. */
srd_status srd__run_step(srd_explainer *ex)
{
    const int32_t total = ex->plan.step_count * srd__batch(ex), done = ex->run.next_step;
    const bool one = ex->plan.options.keep_images == SRD_IMAGES_ONE;
    srd_status status;

    if (one && done % ex->plan.step_count == 0) forget_notes(ex);
    ex->run.number = done / ex->plan.step_count;
    srd__open_image(ex, one ? 0 : ex->run.number);
    status = timed_op(ex, &ex->plan.steps[done % ex->plan.step_count]);
    if (status == SRD_OK) status = after_step(ex, done + 1, total);
    if (status == SRD__STATUS_LOST) return status;
    if (status != SRD_OK) ex->run.has_run = ex->asked.has_question = false;
    ex->run.next_step = status == SRD_OK && done + 1 < total ? done + 1 : -1;
    return status;
}
