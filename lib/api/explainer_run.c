/* explainer_run.c -- the public functions that run a batch, at once or step by step. */
#include "explain/busy.h"
#include "explain/host_values.h"
#include "run/run.h"

static srd_status check_inputs(srd_explainer *ex, const srd_tensor *const *inputs, int32_t count)
{
    if (count != ex->plan.graph->input_count) {
        return srd__fail(ex->failure, SRD_ERR_ARGUMENT, SRD_LAYER_NONE, NULL, "%d inputs given, the graph has %d", count,
                         ex->plan.graph->input_count);
    }
    if (count > 0 && inputs == NULL) {
        return srd__fail(ex->failure, SRD_ERR_ARGUMENT, SRD_LAYER_NONE, NULL, "inputs is NULL, its count is %d", count);
    }
    for (int32_t i = 0; i < count; ++i) {
        const srd_tensor *const t = inputs[i];
        const srd__layer *const layer = ex->plan.graph->layers[ex->plan.inputs[i]];
        const srd__shape *const s = &ex->plan.shapes[layer->id];
        const int32_t lead = srd__is_tensor(t) ? t->rank - 3 : 0;

        if (!srd__is_tensor(t)) {
            return srd__fail(ex->failure, SRD_ERR_ARGUMENT, layer->id, layer->name, "input %d %s", i, srd__no_tensor(t));
        }
        if (srd__want_float32(t, "the input", ex->failure, layer->id, layer->name) != SRD_OK) return SRD_ERR_ARGUMENT;
        if ((lead != 0 && lead != 1) || (lead == 0 && srd__batch(ex) != 1) || (lead == 1 && t->shape[0] != srd__batch(ex)) ||
            t->shape[lead] != s->c || t->shape[lead + 1] != s->h || t->shape[lead + 2] != s->w) {
            return srd__fail(ex->failure, SRD_ERR_SHAPE, layer->id, layer->name,
                             "input %d must be [%d][%d][%d][%d] (batch, channels, height, width)", i, srd__batch(ex), s->c,
                             s->h, s->w);
        }
    }
    return SRD_OK;
}

#if SRD_WITH_PATTERNS
static bool keeps_patterns(const srd_explainer *ex)
{
    for (int32_t id = 0; id < ex->plan.graph->layer_count; ++id) {
        if (ex->plan.nodes[id].kept_pattern) return true;
    }
    return false;
}

/* Chooses the activations whose patterns replace their values in this run. */
static srd_status choose_patterns(srd_explainer *ex, const srd_run_options *o)
{
    const bool impose = o->patterns == SRD_PATTERNS_IMPOSE;

    for (int32_t i = 0; i < o->pattern_count; ++i) { /* all checks first: a refused call changes nothing */
        const srd_layer layer = o->pattern_layers[i];
        int32_t id;

        if (layer < 0 || layer >= ex->plan.graph->layer_count) {
            return srd__fail(ex->failure, SRD_ERR_ARGUMENT, SRD_LAYER_NONE, NULL,
                             "pattern_layers[%d]: layer %d is no layer: the graph has 0 to %d", i, layer,
                             ex->plan.graph->layer_count - 1);
        }
        id = srd__resolve(ex->plan.graph, layer);
        if (!ex->plan.graph->layers[id]->live || !ex->plan.graph->layers[id]->kind->activates) {
            return srd__fail(ex->failure, SRD_ERR_ARGUMENT, layer, ex->plan.graph->layers[layer]->name,
                             "pattern_layers[%d] is not an activation of the network", i);
        }
        if (impose && !ex->plan.nodes[id].kept_pattern) {
            return srd__fail(ex->failure, SRD_ERR_STATE, layer, ex->plan.graph->layers[layer]->name,
                             "no pattern is kept here: name the layer with SRD_KEEP_PATTERN in srd_explainer_options.keeps");
        }
    }
    if (impose && !ex->run.has_patterns) {
        return srd__fail(ex->failure, SRD_ERR_STATE, SRD_LAYER_NONE, NULL,
                         "there is no plain run whose patterns could be imposed");
    }
    if (impose && o->pattern_count == 0 && !keeps_patterns(ex)) {
        return srd__fail(ex->failure, SRD_ERR_STATE, SRD_LAYER_NONE, NULL,
                         "no pattern is kept: name activations with SRD_KEEP_PATTERN in srd_explainer_options.keeps");
    }
    for (int32_t id = 0; id < ex->plan.graph->layer_count; ++id) {
        const bool candidate = impose ? ex->plan.nodes[id].kept_pattern : ex->plan.graph->layers[id]->kind->activates != 0;

        ex->run.nodes[id].patterns = (uint8_t)(o->pattern_count == 0 && candidate ? o->patterns : SRD_PATTERNS_OFF);
    }
    for (int32_t i = 0; i < o->pattern_count; ++i) {
        ex->run.nodes[srd__resolve(ex->plan.graph, o->pattern_layers[i])].patterns = (uint8_t)o->patterns;
    }
    return SRD_OK;
}
#else
static srd_status choose_patterns(srd_explainer *ex, const srd_run_options *o)
{
    return o->patterns == SRD_PATTERNS_OFF ? SRD_OK : srd__left_out(ex->failure, SRD_LAYER_NONE, NULL, "SRD_WITH_PATTERNS");
}
#endif

static srd_status check_run(srd_explainer *ex, const srd_run_options *options, srd_run_options *ours)
{
    const srd_status status =
        srd__options_read(ours, sizeof *ours, options, offsetof(srd_run_options, each_image), "srd_run_options", ex->failure);

    if (status != SRD_OK) return status;
    if (!SRD_WITH_CALLBACKS && (ours->clock != NULL || ours->progress != NULL || ours->each_image != NULL)) {
        return srd__left_out(ex->failure, SRD_LAYER_NONE, NULL, "SRD_WITH_CALLBACKS");
    }
    if (SRD_WITH_CALLBACKS && ours->each_image != NULL && ex->plan.options.keep_images != SRD_IMAGES_ONE) {
        return srd__fail(ex->failure, SRD_ERR_ARGUMENT, SRD_LAYER_NONE, NULL,
                         "each_image is for explainers that were made with SRD_IMAGES_ONE");
    }
    if (ours->given_count < 0 || (ours->given == NULL) != (ours->given_count == 0) ||
        (ours->given_count > 0 && ours->patterns != SRD_PATTERNS_OFF)) {
        return srd__fail(ex->failure, SRD_ERR_ARGUMENT, SRD_LAYER_NONE, NULL,
                         "srd_run_options: given and given_count %d do not fit each other, or come with patterns",
                         ours->given_count);
    }
    if (ours->given_count > 0 && srd__recomputes(ex)) {
        return srd__fail(ex->failure, SRD_ERR_UNSUPPORTED, SRD_LAYER_NONE, NULL,
                         "given: questions would need these numbers again; SRD_RATIOS_FLOAT32 and SRD_RATIOS_FLOAT16 do not");
    }
    if (ours->reserved != 0 || ours->patterns < SRD_PATTERNS_OFF || ours->patterns > SRD_PATTERNS_IMPOSE ||
        ours->pattern_count < 0 || (ours->pattern_layers == NULL) != (ours->pattern_count == 0) ||
        (ours->patterns == SRD_PATTERNS_OFF && ours->pattern_count != 0)) {
        return srd__fail(
            ex->failure, SRD_ERR_ARGUMENT, SRD_LAYER_NONE, NULL,
            "srd_run_options: unknown patterns %d, or pattern_layers and pattern_count %d do not fit it, or reserved "
            "is not 0",
            ours->patterns, ours->pattern_count);
    }
    return SRD_OK;
}

static srd_status begin(srd_explainer *explainer, const srd_tensor *const *inputs, int32_t count,
                        const srd_run_options *options)
{
    srd_run_options ours;
    srd_status status;

    status = check_run(explainer, options, &ours);
    if (status == SRD_OK) status = check_inputs(explainer, inputs, count);
    if (status == SRD_OK) status = srd__check_given(explainer, &ours);
    if (status == SRD_OK) status = choose_patterns(explainer, &ours);
    if (status != SRD_OK) return status;
    explainer->run.options = ours;
    srd__take_given(explainer, &ours);
    for (int32_t i = 0; i < count; ++i) explainer->run.tensors[i] = inputs[i];
    if (ours.patterns == SRD_PATTERNS_OFF) explainer->run.has_patterns = false;
    srd__run_begin(explainer);
    return SRD_OK;
}

static srd_status step(srd_explainer *explainer, int32_t *left)
{
    srd_status status;

    if (explainer->run.next_step < 0) {
        return srd__fail(explainer->failure, SRD_ERR_STATE, SRD_LAYER_NONE, NULL, "no run was begun, or it is over");
    }
    status = srd__run_step(explainer);
    if (status != SRD_OK) return status;
    if (explainer->run.next_step < 0 && explainer->run.options.patterns == SRD_PATTERNS_OFF) explainer->run.has_patterns = true;
    if (left != NULL) {
        *left =
            explainer->run.next_step < 0 ? 0 : explainer->plan.step_count * srd__batch(explainer) - explainer->run.next_step;
    }
    return SRD_OK;
}

srd_status srd_explainer_begin(srd_explainer *explainer, const srd_tensor *const *inputs, int32_t count,
                               const srd_run_options *options, srd_detail *detail)
{
    const srd_status status = srd__claim(explainer, true, detail);

    return status == SRD_OK ? srd__unclaim(explainer, begin(explainer, inputs, count, options)) : status;
}

srd_status srd_explainer_step(srd_explainer *explainer, int32_t *left, srd_detail *detail)
{
    const srd_status status = srd__claim(explainer, true, detail);

    return status == SRD_OK ? srd__unclaim(explainer, step(explainer, left)) : status;
}

srd_status srd_explainer_run(srd_explainer *explainer, const srd_tensor *const *inputs, int32_t count,
                             const srd_run_options *options, srd_detail *detail)
{
    srd_status status = srd__claim(explainer, true, detail);

    if (status != SRD_OK) return status;
    status = begin(explainer, inputs, count, options);
    while (status == SRD_OK && explainer->run.next_step >= 0) status = step(explainer, NULL);
    return srd__unclaim(explainer, status);
}

int32_t srd_explainer_step_count(const srd_explainer *explainer)
{
    return srd__is_explainer(explainer) ? explainer->plan.step_count : 0;
}

srd_status srd_explainer_step_info(const srd_explainer *explainer, int32_t step, srd_layer *layer, uint64_t *ticks,
                                   srd_detail *detail)
{
    const srd_status status = srd__want_explainer(explainer, detail);

    if (status != SRD_OK) return status;
    if (step < 0 || step >= explainer->plan.step_count) {
        return srd__fail(detail, SRD_ERR_ARGUMENT, SRD_LAYER_NONE, NULL, "there is no step %d: there are %d, counted from 0",
                         step, explainer->plan.step_count);
    }
    if (layer != NULL) *layer = explainer->plan.steps[step].layer;
    if (ticks != NULL) *ticks = explainer->plan.steps[step].ticks;
    return SRD_OK;
}
