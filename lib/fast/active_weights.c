/*
 * active_weights.c -- a large fully connected layer W between two ReLUs, and only the weights between neurons that are on.
 *
 * On its way down the head multiplies a direction by W^T (METHOD section 6). The ReLU above lets through what belongs to outputs
 * that are on; the one below, what belongs to inputs that are on; and both are the same for every class that is asked about. So
 * the first question after a run brings together
 *
 *     W' = W[outputs that are on, inputs that are on],
 *
 * where the values of the forward pass were, and all questions read that: of the 64 MB that fc7 of VGG-16 has, a quarter or less.
 */
#include "fast/active_weights.h"

#include "explain/image_vectors.h"
#include "explain/store.h"
#include "tiles/branch_panels.h"

#if SRD_WITH_WHOLE_SUMS
#define FEW 16 /* a direction that comes from so small a part of the outputs reads few weights anyway */

static size_t most_numbers(const srd__bound *bound)
{
    return (size_t)bound->shape.c * (size_t)bound->lanes->grid.c / 16 * SRD_ALIVE_SIXTEENTHS;
}

static bool fits(const srd_explainer *ex, const srd__bound *bound, const srd__lane *lane)
{
    const srd__layer *const above = ex->plan.graph->layers[bound->segment->layer];
    const srd__layer *below;

    if (bound->positions != 1 || bound->segment->branch_count != 1 || lane->mixing == NULL || lane->taps != 1 ||
        lane->parts == NULL || lane->part_count != 1 || lane->grid.h * lane->grid.w != 1) {
        return false;
    }
    below = ex->plan.graph->layers[lane->parts->layer];
    return lane->parts->step == 1 && lane->parts->channel == 0 && lane->parts->count == lane->grid.c &&
           lane->mixing->groups == 1 && !srd__weights_depthwise(&lane->mixing->weight) && above->kind->clamps == 1 &&
           below->kind->clamps == 1 &&
           (uint64_t)bound->shape.c * (uint64_t)lane->grid.c >= SRD_ALIVE_WEIGHTS; /* fewer lie in the caches */
}

/* One W' is kept, of one image. With more of them each question makes a block of W' after the other, for the same bits. */
static bool is_kept(const srd_explainer *ex)
{
    return srd__images(ex) == 1;
}

/* Lists of the outputs and of the inputs that are on, then W' [block of outputs][input][SRD__PANEL], or one block. */
static size_t store_bytes(const srd_explainer *ex, const srd__bound *bound)
{
    const size_t inputs = (size_t)bound->lanes->grid.c, lists = ((size_t)bound->shape.c + inputs) * sizeof(int32_t);

    return srd__align(lists) + (is_kept(ex) ? most_numbers(bound) : inputs * SRD__PANEL) * sizeof(float);
}

typedef struct active {
    int32_t *outputs, *inputs;
    float *weights;
} active;

static active active_at(const srd_explainer *ex, const srd__bound *bound)
{
    char *const store = (char *)srd__at(ex, bound->segment->layer, SRD__STORE_HEAD_CASE);
    const size_t numbers = (size_t)bound->shape.c + (size_t)bound->lanes->grid.c;
    active at = { (int32_t *)(void *)store, NULL, (float *)(void *)(store + srd__align(numbers * sizeof(int32_t))) };

    at.inputs = at.outputs + bound->shape.c;
    return at;
}

static int32_t list(const float *y, int32_t count, int32_t *numbers)
{
    int32_t found = 0;

    for (int32_t c = 0; c < count; ++c) {
        numbers[found] = c;
        found += y[c] > 0.0f;
    }
    return found;
}

/* Sixteen outputs of packed weights, all inputs: reading in order is worth more than leaving some out. */
static void gather_packed(const srd__lane *lane, const srd__scratch *scratch, const int32_t *outputs, const int32_t *inputs,
                          int32_t input_count, float *to)
{
    const float *rows[SRD__PANEL];
    ptrdiff_t row = 0;

    for (int32_t j = 0; j < SRD__PANEL; ++j) {
        const srd__panel panel = srd__block_panel(lane, scratch, outputs[j] - outputs[j] % SRD__PANEL, 0, 0, lane->grid.c);

        rows[j] = panel.rows + outputs[j] % SRD__PANEL;
        row = panel.row; /* of all panels */
    }
    for (int32_t i = 0, c = 0; i < input_count; ++c) {
        for (int32_t j = 0; j < SRD__PANEL; ++j) to[i * SRD__PANEL + j] = rows[j][c * row];
        i += c == inputs[i];
    }
}

/* Up to sixteen outputs of any weights, block by block; zeros behind the last. */
static void gather(const srd_explainer *ex, const srd__bound *bound, const active *at, int32_t first, float *to)
{
    const srd__lane *const lane = bound->lanes;
    const int32_t *const outputs = at->outputs + first;
    const int32_t count = srd__min(SRD__PANEL, bound->notes->head_outputs - first);
    srd__panel panel = { NULL, 0 };

    if (count == SRD__PANEL && lane->mixing->weight.packed != NULL) {
        gather_packed(lane, &ex->plan.scratch[0], outputs, at->inputs, bound->notes->head_inputs, to);
        return;
    }
    memset(to, 0, (size_t)bound->notes->head_inputs * SRD__PANEL * sizeof *to);
    for (int32_t j = 0; j < count; ++j) {
        const int32_t begin = outputs[j] - outputs[j] % SRD__PANEL;

        if (j == 0 || begin != outputs[j - 1] - outputs[j - 1] % SRD__PANEL)
            panel = srd__block_panel(lane, &ex->plan.scratch[0], begin, 0, 0, lane->grid.c);
        for (int32_t i = 0; i < bound->notes->head_inputs; ++i)
            to[i * SRD__PANEL + j] = panel.rows[at->inputs[i] * panel.row + outputs[j] - begin];
    }
}

/* Which neurons are on, once after each run if there is one image. False: too many. */
static bool find_active(const srd_explainer *ex, srd__bound *bound, const active *to)
{
    const srd__part *const part = bound->lanes->parts;

    if (bound->notes->head_state == SRD__ACTIVE_UNKNOWN || !is_kept(ex)) {
        bound->notes->head_outputs =
            list((const float *)srd__at(ex, bound->segment->layer, SRD__STORE_Y), bound->shape.c, to->outputs);
        bound->notes->head_inputs =
            list((const float *)srd__at(ex, part->layer, SRD__STORE_Y) + part->source, bound->lanes->grid.c, to->inputs);
        bound->notes->head_state =
            ((size_t)bound->notes->head_outputs + SRD__PANEL - 1) * (size_t)bound->notes->head_inputs > most_numbers(bound)
                ? SRD__ACTIVE_MANY
                : SRD__ACTIVE_LISTED;
    }
    return bound->notes->head_state != SRD__ACTIVE_MANY;
}

/* Does the direction come from many outputs, all of which are on? A question may begin here and say otherwise. */
static bool is_wide(const srd__bound *bound, const active *at, const float *direction)
{
    int32_t on = 0, inside = 0, all = 0;

    for (int32_t c = 0; c < bound->shape.c; ++c) on += direction[c] != 0.0f;
    if (on <= bound->shape.c / FEW) return false;
    if (at == NULL) return true;
    for (; all < bound->notes->head_outputs; ++all) inside += direction[at->outputs[all]] != 0.0f;
    return inside == on;
}

static bool transpose(const srd_explainer *ex, srd__bound *bound, srd__scratch *scratch, const float *direction)
{
    const srd__lane *const lane = bound->lanes;
    const float *const scale = srd__scale_of(ex, bound, lane);
    float *const sums = scratch->direction;
    float *weights;
    active at;

    if (srd__at(ex, bound->segment->layer, SRD__STORE_HEAD_CASE) == NULL || srd__is_masking(ex) ||
        srd__patterns_of(ex, bound->segment->layer) != SRD_PATTERNS_OFF ||
        srd__patterns_of(ex, lane->parts->layer) != SRD_PATTERNS_OFF || !is_wide(bound, NULL, direction)) {
        return false;
    }
    at = active_at(ex, bound);
    if (!find_active(ex, bound, &at) || !is_wide(bound, &at, direction)) return false;
    memset(sums, 0, (size_t)lane->grid.c * sizeof *sums);
    weights = at.weights;
    for (int32_t first = 0; first < bound->notes->head_outputs; first += SRD__PANEL) {
        const srd__panel panel = { weights, SRD__PANEL };
        float g[SRD__PANEL] = { 0.0f };

        for (int32_t j = 0; j < srd__min(SRD__PANEL, bound->notes->head_outputs - first); ++j) {
            const int32_t output = at.outputs[first + j];

            g[j] = direction[output] * (scale != NULL ? scale[output] : 1.0f);
        }
        if (bound->notes->head_state == SRD__ACTIVE_LISTED) gather(ex, bound, &at, first, weights);
        ex->plan.kernels->turn(&panel, bound->notes->head_inputs, g, sums);
        if (is_kept(ex)) weights += (ptrdiff_t)bound->notes->head_inputs * SRD__PANEL;
    }
    if (is_kept(ex)) bound->notes->head_state = SRD__ACTIVE_THERE;
    for (int32_t i = bound->notes->head_inputs - 1; i >= 0; --i) { /* each to its own place, which is never below i */
        const float sum = sums[i];

        sums[i] = 0.0f;
        sums[at.inputs[i]] = sum;
    }
    return true;
}

static void needs(const srd_explainer *ex, const srd__bound *bound, srd__scratch_needs *n)
{
    (void)ex, (void)bound;
    n->all_rows = true;
}

const srd__fast srd__fast_active_weights = { .name = SRD__CASE_NAME("linear between two ReLUs, by active neurons"),
                                             .takes = SRD__TAKES_HEAD,
                                             .store = SRD__STORE_HEAD_CASE,
                                             .fits = fits,
                                             .store_bytes = store_bytes,
                                             .needs = needs,
                                             .transpose = transpose };
#endif
