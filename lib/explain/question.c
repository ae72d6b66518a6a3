/* question.c -- a question goes through the segments once, from where it starts down to the inputs, for each image. */
#include "explain/question.h"

#include "explain/ratio.h"

static int32_t positions_of(const srd_explainer *ex, int32_t layer)
{
    return ex->shapes[layer].h * ex->shapes[layer].w;
}

int64_t srd__map_offset(const srd_tensor *map, int32_t image, int32_t width, int32_t p)
{
    const int64_t *const stride = map->strides + (map->rank - 2);

    return (map->rank > 2 ? (int64_t)image * map->strides[0] : 0) + p / width * stride[0] + p % width * stride[1];
}

float srd__direction_at(const srd_tensor *direction, int32_t image, int32_t channel)
{
    const int64_t *const stride = direction->strides + (direction->rank - 1);

    return ((const float *)(const void *)
                direction->data)[(direction->rank > 1 ? image * direction->strides[0] : 0) + channel * stride[0]];
}

/* Scores are taken before a pointwise output layer. */
static const float *scores_of(const srd_explainer *ex, int32_t layer)
{
    const float *const y = (const float *)srd__at(ex, layer, SRD__STORE_Y);
    const bool pointwise = ex->graph->layers[layer]->kind->role == SRD__POINTWISE;

    return pointwise ? y : srd__value(ex, layer);
}

float srd__score(const srd_explainer *ex, int32_t layer, int32_t channel)
{
    const float *const scores = scores_of(ex, layer);
    float sum = 0.0f;

    for (int32_t p = 0; p < positions_of(ex, layer); ++p) {
        sum += scores[(size_t)p * (size_t)ex->shapes[layer].c + (size_t)channel];
    }
    return sum;
}

int32_t srd__top_class(const srd_explainer *ex, int32_t layer)
{
    int32_t best = 0;
    float best_score = srd__score(ex, layer, 0);

    for (int32_t c = 1; c < ex->shapes[layer].c; ++c) {
        const float score = srd__score(ex, layer, c);

        if (score > best_score) {
            best = c;
            best_score = score;
        }
    }
    return best;
}

/* ---- starting ---------------------------------------------------------------------------------------------------------- */

static void start_direction(srd_explainer *ex, const srd__question *q)
{
    const int32_t channels = ex->shapes[q->start].c;
    const float *const scores = scores_of(ex, q->start);
    float *const g = srd__question_store(ex, q->start, SRD__STORE_DIRECTION);
    const int32_t top = q->direction == NULL && q->class_index < 0 ? srd__top_class(ex, q->start) : q->class_index;

    for (int32_t c = 0; c < channels; ++c) {
        const float weight = q->direction != NULL ? srd__direction_at(q->direction, ex->image, c) : (c == top ? 1.0f : 0.0f);

        for (int32_t p = 0; p < positions_of(ex, q->start); ++p) {
            const size_t at = (size_t)p * (size_t)channels + (size_t)c;

            g[at] = weight;
            ex->report.score += (double)weight * (double)scores[at];
        }
    }
}

static void start_relevance(srd_explainer *ex, const srd__question *q)
{
    float *const r = srd__question_store(ex, q->start, SRD__STORE_RELEVANCE);
    const int32_t width = ex->shapes[q->start].w, positions = positions_of(ex, q->start);
    float mean = 0.0f;

    if (q->seed == NULL) r[q->row * width + q->column] = 1.0f;
    for (int32_t p = 0; p < positions; ++p) {
        if (q->seed != NULL) {
            r[p] = ((const float *)(const void *)q->seed->data)[srd__map_offset(q->seed, ex->image, width, p)];
        }
        ex->report.score += (double)r[p];
        mean += r[p];
    }
    mean /= (float)positions;
    for (int32_t p = 0; p < positions; ++p) {
        if (q->contrastive && positions > 1) {
            r[p] -= mean;
            ex->report.subtracted += (double)mean;
        }
        ex->report.top += (double)r[p];
    }
}

/* ---- on the way -------------------------------------------------------------------------------------------------------- */

/* The head's map of a layer is complete: contrastive takes its mean away, then it joins the relevance from above. */
static void take_top(srd_explainer *ex, const srd__question *q, int32_t layer)
{
    const float *const top = srd__question_store(ex, layer, SRD__STORE_TOP);
    float *const r = srd__question_store(ex, layer, SRD__STORE_RELEVANCE);
    const int32_t positions = positions_of(ex, layer);
    float mean = 0.0f;

    for (int32_t p = 0; q->contrastive && positions > 1 && p < positions; ++p) mean += top[p] / (float)positions;
    for (int32_t p = 0; p < positions; ++p) {
        r[p] += top[p] - mean;
        ex->report.top += (double)(top[p] - mean);
        ex->report.subtracted += (double)mean;
    }
}

static double sum_plane(srd_explainer *ex, int32_t layer)
{
    const float *const r = srd__question_store(ex, layer, SRD__STORE_RELEVANCE);
    double sum = 0.0;

    for (int32_t p = 0; p < positions_of(ex, layer); ++p) sum += (double)r[p];
    return sum;
}

static void note_magnitude(srd_explainer *ex, int32_t layer)
{
    const float *const r = srd__question_store(ex, layer, SRD__STORE_RELEVANCE);
    double sum = 0.0;

    for (int32_t p = 0; p < positions_of(ex, layer); ++p) sum += (double)fabsf(r[p]);
    ex->report.magnitude = srd__max(ex->report.magnitude, sum);
}

static void write_maps(srd_explainer *ex, const srd__question *q, int32_t layer)
{
    const int32_t positions = positions_of(ex, layer);
    const float *const r =
        ex->nodes[layer].touched[SRD__STORE_RELEVANCE] ? (const float *)srd__at(ex, layer, SRD__STORE_RELEVANCE) : NULL;

    for (int32_t i = 0; i < q->count; ++i) {
        if (srd__resolve(ex->graph, q->layers[i]) != layer) continue;
        for (int32_t p = 0; p < positions; ++p) {
            ((float *)q->maps[i]->writable)[srd__map_offset(q->maps[i], ex->image, ex->shapes[layer].w, p)] =
                r != NULL ? r[p] : 0.0f;
        }
    }
}

static double sources_sum(srd_explainer *ex, const srd__bound *bound)
{
    double sum = 0.0;

    for (int32_t i = 0; i < bound->segment->source_count; ++i) sum += sum_plane(ex, bound->segment->sources[i]);
    return sum;
}

static void visit_relevance(srd_explainer *ex, srd__bound *bound)
{
    const int32_t layer = bound->segment->layer;
    const float *const r = srd__question_store(ex, layer, SRD__STORE_RELEVANCE);
    const double before = sources_sum(ex, bound);
    double unreached = 0.0;

    bound->relevance_in += sum_plane(ex, layer);
    note_magnitude(ex, layer);
    for (int32_t p = 0; bound->has_unreached && p < bound->positions; ++p) {
        if (!srd__reached(bound, p)) unreached += (double)r[p];
    }
    bound->unreached += unreached;
    ex->report.unreached += unreached;
    srd__spread(ex, bound);
    bound->relevance_out += sources_sum(ex, bound) - before;
}

static void visit_segment(srd_explainer *ex, const srd__question *q, srd__bound *bound)
{
    const int32_t layer = bound->segment->layer;
    const uint8_t *const touched = ex->nodes[layer].touched;

    if (touched[SRD__STORE_DIRECTION]) srd__head(ex, bound, layer != q->start);
    if (touched[SRD__STORE_TOP]) take_top(ex, q, layer);
    write_maps(ex, q, layer);
    if (touched[SRD__STORE_RELEVANCE]) visit_relevance(ex, bound);
}

static void visit_input(srd_explainer *ex, const srd__question *q, int32_t layer)
{
    const uint8_t *const touched = ex->nodes[layer].touched;

    if (touched[SRD__STORE_DIRECTION]) srd__head_source(ex, layer);
    if (touched[SRD__STORE_TOP]) take_top(ex, q, layer);
    write_maps(ex, q, layer);
    if (!touched[SRD__STORE_RELEVANCE]) return;
    note_magnitude(ex, layer);
    ex->nodes[layer].relevance_in += sum_plane(ex, layer);
    ex->report.at_inputs += sum_plane(ex, layer);
}

void srd__question_reach(srd_explainer *ex, int32_t start, bool direction)
{
    const srd_graph *const graph = ex->graph;

    for (int32_t id = 0; id < graph->layer_count; ++id) {
        const srd__layer *const layer = graph->layers[id];

        ex->nodes[id].reach = 0;
        for (int32_t i = 0; layer->live && i < layer->input_count; ++i) {
            const int32_t input = layer->inputs[i];

            if (input == start || (ex->nodes[input].reach & SRD__REACH_ABOVE) != 0) ex->nodes[id].reach = SRD__REACH_ABOVE;
        }
    }
    ex->nodes[start].reach = direction ? SRD__REACH_DIRECTION : SRD__REACH_RELEVANCE;
    for (int32_t i = graph->segment_count - 1; i >= 0; --i) {
        const srd__bound *const bound = &ex->bounds[i];
        const uint8_t from = ex->nodes[bound->segment->layer].reach;
        uint8_t to = from & SRD__REACH_RELEVANCE;

        if ((from & SRD__REACH_DIRECTION) != 0 && bound->head_mixes) to |= SRD__REACH_RELEVANCE;
        if ((from & SRD__REACH_DIRECTION) != 0 && bound->head_passes) to |= SRD__REACH_DIRECTION;
        for (int32_t k = 0; k < bound->segment->source_count; ++k) ex->nodes[bound->segment->sources[k]].reach |= to;
    }
    for (int32_t i = 0; i < graph->input_count; ++i) { /* a direction that arrives at an input becomes relevance there */
        if ((ex->nodes[ex->inputs[i]].reach & SRD__REACH_DIRECTION) != 0)
            ex->nodes[ex->inputs[i]].reach |= SRD__REACH_RELEVANCE;
    }
}

static void begin(srd_explainer *ex)
{
    memset(&ex->report, 0, sizeof ex->report);
    for (int32_t i = 0; i < ex->graph->input_count; ++i) ex->nodes[ex->inputs[i]].relevance_in = 0.0;
    for (int32_t i = 0; i < ex->graph->segment_count; ++i) {
        srd__bound *const bound = &ex->bounds[i];

        bound->relevance_in = bound->relevance_out = bound->unreached = 0.0;
        ex->report.largest_ratio_error = srd__max(ex->report.largest_ratio_error, (double)bound->ratio_error);
        ex->report.special_positions += bound->special;
    }
}

void srd__question_run(srd_explainer *ex, const srd__question *q)
{
    begin(ex);
    for (ex->image = 0; ex->image < ex->options.batch; ++ex->image) {
        for (int32_t id = 0; id < ex->graph->layer_count; ++id) memset(ex->nodes[id].touched, 0, sizeof ex->nodes[id].touched);
        if (q->seed != NULL || q->row >= 0) start_relevance(ex, q);
        else start_direction(ex, q);
        for (int32_t i = ex->graph->segment_count - 1; i >= 0; --i) visit_segment(ex, q, &ex->bounds[i]);
        for (int32_t i = ex->graph->input_count - 1; i >= 0; --i) visit_input(ex, q, ex->inputs[i]);
    }
    ex->image = 0;
    ex->has_question = true;
}
