/* questions.c -- checking questions before they run, and their reports. */
#include "base/fail.h"
#include "explain/question.h"

static srd_status fail(srd_explainer *ex, srd_status status, int32_t layer, const char *text)
{
    const bool known = layer >= 0 && layer < ex->graph->layer_count;

    return srd__fail(&ex->failure, status, layer, known ? ex->graph->layers[layer]->name : NULL, text);
}

/* Is the tensor a map of this layer: [H][W], [N][H][W] or [N][1][H][W]? */
static bool is_map(const srd_explainer *ex, int32_t layer, const srd_tensor *t)
{
    const srd__shape *const s = &ex->shapes[layer];
    const int32_t rank = t->rank;

    if (rank < 2 || t->shape[rank - 2] != s->h || t->shape[rank - 1] != s->w) return false;
    if (rank == 2) return ex->options.batch == 1;
    return t->shape[0] == ex->options.batch && (rank == 3 || t->shape[1] == 1);
}

static srd_status check_maps(srd_explainer *ex, const srd__question *q)
{
    if (q->count < 0 || (q->count > 0 && (q->layers == NULL || q->maps == NULL))) {
        return fail(ex, SRD_ERR_ARGUMENT, SRD_LAYER_NONE, "count is negative, or layers or maps are NULL");
    }
    for (int32_t i = 0; i < q->count; ++i) {
        const srd_layer layer = q->layers[i];
        const srd__layer *l;

        if (layer < 0 || layer >= ex->graph->layer_count) return fail(ex, SRD_ERR_ARGUMENT, layer, "there is no such layer");
        l = ex->graph->layers[srd__resolve(ex->graph, layer)];
        if (!l->site && l->segment < 0) {
            return fail(ex, SRD_ERR_UNSUPPORTED, layer, "maps can be asked of sites and outputs, and this layer is neither");
        }
        if (!srd__tensor_is_output(q->maps[i])) {
            return fail(ex, SRD_ERR_ARGUMENT, layer, "the map is NULL, a const view, or has a stride of 0");
        }
        if (!is_map(ex, l->id, q->maps[i])) {
            return srd__fail(&ex->failure, SRD_ERR_SHAPE, layer, l->name,
                             "the map must be [%d][%d][%d] (or [%d][%d] for one image)", ex->options.batch, ex->shapes[l->id].h,
                             ex->shapes[l->id].w, ex->shapes[l->id].h, ex->shapes[l->id].w);
        }
    }
    return SRD_OK;
}

/* State, options and maps: the same for all questions. */
static srd_status check(srd_explainer *ex, const srd_question_options *options, srd_question_options *ours, srd__question *q)
{
    srd_status status;

    if (ex->options.mode == SRD_MODE_FORWARD) {
        return fail(ex, SRD_ERR_STATE, SRD_LAYER_NONE,
                    "the explainer was made with SRD_MODE_FORWARD; SRD_MODE_EXPLAIN keeps ratios");
    }
    if (!ex->has_run) return fail(ex, SRD_ERR_STATE, SRD_LAYER_NONE, "there is no run to ask about");
    status = srd__options_read(ours, sizeof *ours, options, sizeof *ours, "srd_question_options", &ex->failure);
    if (status != SRD_OK) return status;
    if ((ours->contrastive | 1) != 1 || ours->reserved != 0) {
        return fail(ex, SRD_ERR_ARGUMENT, SRD_LAYER_NONE, "srd_question_options: contrastive is 0 or 1, reserved is 0");
    }
    q->contrastive = ours->contrastive;
    return check_maps(ex, q);
}

/* A layer above the place where relevance begins has no map (METHOD section 7). */
static srd_status check_reach(srd_explainer *ex, const srd__question *q, bool direction)
{
    srd__question_reach(ex, q->start, direction);
    for (int32_t i = 0; i < q->count; ++i) {
        const uint8_t reach = ex->nodes[srd__resolve(ex->graph, q->layers[i])].reach;

        if (reach != 0 && (reach & SRD__REACH_RELEVANCE) == 0) {
            return fail(ex, SRD_ERR_ARGUMENT, q->layers[i],
                        "the layer lies above the place where relevance begins: it has no map");
        }
    }
    return SRD_OK;
}

static srd_status check_direction(srd_explainer *ex, const srd__question *q)
{
    const srd_tensor *const t = q->direction;
    const int32_t channels = ex->shapes[q->start].c;

    if ((t->rank != 1 && t->rank != 2) || t->shape[t->rank - 1] != channels ||
        (t->rank == 2 && t->shape[0] != ex->options.batch)) {
        return fail(ex, SRD_ERR_SHAPE, q->start, "direction must be [C] or [N][C], one number per channel of the output");
    }
    for (int32_t image = 0; image < ex->options.batch; ++image) {
        bool zero = true;

        for (int32_t c = 0; c < channels; ++c) {
            const float weight = srd__direction_at(t, image, c);

            if (!srd__finite(weight)) return fail(ex, SRD_ERR_NUMBER, q->start, "direction has a NaN or Inf");
            zero = zero && weight == 0.0f;
        }
        if (zero) return fail(ex, SRD_ERR_ARGUMENT, q->start, "direction is all 0");
    }
    return SRD_OK;
}

static srd_status ask_class(srd_explainer *ex, const srd_question_options *options, srd__question *q)
{
    srd_question_options ours;
    srd_status status = check(ex, options, &ours, q);

    if (status != SRD_OK) return status;
    if (ours.output < 0 || ours.output >= ex->graph->output_count) {
        return fail(ex, SRD_ERR_ARGUMENT, SRD_LAYER_NONE, "there is no such output");
    }
    q->start = ex->graph->outputs[ours.output];
    q->row = -1;
    if (q->class_index >= ex->shapes[q->start].c) return fail(ex, SRD_ERR_ARGUMENT, q->start, "the output has fewer classes");
    if (status == SRD_OK && q->direction != NULL) status = check_direction(ex, q);
    if (status == SRD_OK) status = check_reach(ex, q, true);
    if (status != SRD_OK) return status;
    srd__question_run(ex, q);
    return SRD_OK;
}

srd_status srd_explainer_ask_class(srd_explainer *explainer, int32_t class_index, const srd_question_options *options,
                                   const srd_layer *layers, srd_tensor *const *maps, int32_t count)
{
    srd__question q = { 0, 0, layers, maps, count, class_index, NULL, NULL, -1, 0 };

    if (explainer == NULL) return SRD_ERR_ARGUMENT;
    if (class_index < 0) return fail(explainer, SRD_ERR_ARGUMENT, SRD_LAYER_NONE, "class_index is negative");
    return ask_class(explainer, options, &q);
}

srd_status srd_explainer_ask_top(srd_explainer *explainer, const srd_question_options *options, const srd_layer *layers,
                                 srd_tensor *const *maps, int32_t count)
{
    srd__question q = { 0, 0, layers, maps, count, -1, NULL, NULL, -1, 0 };

    return explainer != NULL ? ask_class(explainer, options, &q) : SRD_ERR_ARGUMENT;
}

srd_status srd_explainer_ask_direction(srd_explainer *explainer, const srd_tensor *direction,
                                       const srd_question_options *options, const srd_layer *layers, srd_tensor *const *maps,
                                       int32_t count)
{
    srd__question q = { 0, 0, layers, maps, count, -1, direction, NULL, -1, 0 };

    if (explainer == NULL) return SRD_ERR_ARGUMENT;
    if (direction == NULL) return fail(explainer, SRD_ERR_ARGUMENT, SRD_LAYER_NONE, "direction is NULL");
    return ask_class(explainer, options, &q);
}

/* A question that starts with relevance: the layer must be a site or an output. */
static srd_status ask_from(srd_explainer *ex, srd_layer layer, const srd_question_options *options, srd__question *q)
{
    srd_question_options ours;
    const srd_status status = check(ex, options, &ours, q);
    const srd__layer *l;

    if (status != SRD_OK) return status;
    if (ours.output != 0)
        return fail(ex, SRD_ERR_ARGUMENT, layer, "srd_question_options.output is not used here and must be 0");
    if (layer < 0 || layer >= ex->graph->layer_count) return fail(ex, SRD_ERR_ARGUMENT, layer, "there is no such layer");
    q->start = srd__resolve(ex->graph, layer);
    l = ex->graph->layers[q->start];
    if (!l->site && l->segment < 0) {
        return fail(ex, SRD_ERR_UNSUPPORTED, layer, "a question can start at sites and outputs, and this layer is neither");
    }
    return check_reach(ex, q, false);
}

srd_status srd_explainer_ask_erf(srd_explainer *explainer, srd_layer layer, int32_t row, int32_t column,
                                 const srd_question_options *options, const srd_layer *layers, srd_tensor *const *maps,
                                 int32_t count)
{
    srd__question q = { 0, 0, layers, maps, count, 0, NULL, NULL, row, column };
    srd_status status;

    if (explainer == NULL) return SRD_ERR_ARGUMENT;
    status = ask_from(explainer, layer, options, &q);
    if (status != SRD_OK) return status;
    if (row < 0 || column < 0 || row >= explainer->shapes[q.start].h || column >= explainer->shapes[q.start].w) {
        return srd__fail(&explainer->failure, SRD_ERR_ARGUMENT, layer, explainer->graph->layers[layer]->name,
                         "there is no position (%d, %d), the layer has %d x %d", row, column, explainer->shapes[q.start].h,
                         explainer->shapes[q.start].w);
    }
    srd__question_run(explainer, &q);
    return SRD_OK;
}

srd_status srd_explainer_ask_seed(srd_explainer *explainer, srd_layer layer, const srd_tensor *seed,
                                  const srd_question_options *options, const srd_layer *layers, srd_tensor *const *maps,
                                  int32_t count)
{
    srd__question q = { 0, 0, layers, maps, count, 0, NULL, seed, -1, 0 };
    srd_status status;

    if (explainer == NULL) return SRD_ERR_ARGUMENT;
    status = ask_from(explainer, layer, options, &q);
    if (status != SRD_OK) return status;
    if (seed == NULL || !is_map(explainer, q.start, seed)) {
        return fail(explainer, seed == NULL ? SRD_ERR_ARGUMENT : SRD_ERR_SHAPE, layer,
                    "seed is NULL or not shaped like a map of the layer");
    }
    for (int32_t image = 0; image < explainer->options.batch; ++image) {
        for (int32_t p = 0; p < explainer->shapes[q.start].h * explainer->shapes[q.start].w; ++p) {
            const int64_t at = srd__map_offset(seed, image, explainer->shapes[q.start].w, p);

            if (!srd__finite(((const float *)(const void *)seed->data)[at])) {
                return fail(explainer, SRD_ERR_NUMBER, layer, "seed has a NaN or Inf");
            }
        }
    }
    srd__question_run(explainer, &q);
    return SRD_OK;
}

srd_status srd_explainer_report(const srd_explainer *explainer, srd_report *report)
{
    if (explainer == NULL) return SRD_ERR_ARGUMENT;
    if (!explainer->has_question) return SRD_ERR_STATE;
    return srd__report_write(report, &explainer->report, sizeof explainer->report, sizeof explainer->report);
}

srd_status srd_explainer_site_report(const srd_explainer *explainer, srd_layer layer, srd_site_report *report)
{
    srd_site_report ours;
    const srd__layer *l;
    const srd__bound *bound;

    if (explainer == NULL || layer < 0 || layer >= explainer->graph->layer_count) return SRD_ERR_ARGUMENT;
    l = explainer->graph->layers[srd__resolve(explainer->graph, layer)];
    if (!l->site && l->segment < 0) return SRD_ERR_ARGUMENT;
    if (!explainer->has_question) return SRD_ERR_STATE;
    memset(&ours, 0, sizeof ours);
    if (l->segment < 0) { /* an input */
        ours.relevance_in = explainer->nodes[l->id].relevance_in;
        return srd__report_write(report, &ours, sizeof ours, sizeof ours);
    }
    bound = &explainer->bounds[l->segment];
    ours.paths = bound->paths;
    ours.relevance_in = bound->relevance_in;
    ours.relevance_out = bound->relevance_out;
    ours.unreached = bound->unreached;
    ours.largest_ratio_error = (double)bound->ratio_error;
    ours.special_positions = bound->special;
    return srd__report_write(report, &ours, sizeof ours, sizeof ours);
}
