/*
 * judge_settings.c -- the same network and picture under other settings: what docs/numerics.md promises to be the same bits is, and the
 * rest agrees with the reference.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "judge.h"

#define VALUE_TOLERANCE (5e-6 + RANDOM_SPLIT)
#define MAP_TOLERANCE (2e-5 + RANDOM_SPLIT)

/* What one explainer says: the first output, and the map of the first input for the default question. */
typedef struct said {
    float *value, *map;
    size_t values, positions; /* of one image */
} said;

static int first_input(const trial *t)
{
    for (int i = 0; i < t->n->layers; i++) {
        if (t->n->layer[i].kind == NET_INPUT && t->exact.layer[i].live) return i;
    }
    return NET_NONE;
}

static void forget(said *s)
{
    free(s->value);
    free(s->map);
}

/* Runs pictures first ... first + batch - 1 and asks. 0 on a fault. */
static int listen(trial *t, srd_explainer *ex, const ask *q, int batch, int first, said *s)
{
    const int output = t->n->output[0], input = first_input(t), by_pixel = 0;
    const net_layer *const o = t->n->layer + output, *const i = t->n->layer + input;
    srd_status status = SRD_OK;

    memset(s, 0, sizeof *s);
    s->values = (size_t)o->c * (size_t)o->h * (size_t)o->w;
    s->positions = (size_t)i->h * (size_t)i->w;
    if (!judge_run(t, ex, batch, first)) return 0;
    s->value = judge_read(t, ex, output, batch);
    s->map = calloc((size_t)batch * s->positions, sizeof *s->map);
    if (q != NULL && s->map != NULL) status = judge_library_ask(t, ex, q, &input, &by_pixel, &s->map, 1, batch, NULL);
    if (status != SRD_OK) judge_fault(t, "question of settings", "%s", srd_status_name(status));
    return !judge_failed(t);
}

/* Image `image` of one against image 0 of the other, bit for bit. */
static void check_same(trial *t, const char *what, const said *a, int image, const said *b)
{
    const size_t skip = (size_t)image;

    if (judge_failed(t)) return;
    if (a->value == NULL || a->map == NULL || b->value == NULL || b->map == NULL) {
        judge_fault(t, what, "no memory");
        return;
    }
    if (memcmp(a->value + skip * a->values, b->value, b->values * sizeof(float)) != 0)
        judge_fault(t, what, "another value of the output");
    if (memcmp(a->map + skip * a->positions, b->map, b->positions * sizeof(float)) != 0) judge_fault(t, what, "another map");
}

static srd_explainer *make(trial *t, const srd_graph *graph, const srd_explainer_options *options)
{
    srd_detail detail = SRD_DETAIL_INIT;
    srd_explainer *ex = NULL;
    const srd_status status = srd_explainer_create(graph, options, NULL, &ex, &detail);

    if (status != SRD_OK)
        judge_fault(t, "create", "%s: %s (layer %s)", srd_status_name(status), detail.text, detail.layer_name);
    return ex;
}

/* Three workers on one thread, their tasks in an odd order. */
static void odd_order(void *user, srd_task task, void *context, int32_t count, int32_t workers)
{
    (void)user;
    for (int32_t i = count - 1; i >= 0; i -= 2) task(context, i, i % workers);
    for (int32_t i = count - 2; i >= 0; i -= 2) task(context, i, (i + 1) % workers);
}

/* ---- settings -------------------------------------------------------------------------------------------------------------------- */

static void with_workers(trial *t, const ask *q, const said *plain, srd_explainer_options options)
{
    srd_explainer *ex;
    said s;

    options.workers = 3;
    options.parallel_for = odd_order;
    ex = make(t, t->graph, &options);
    if (ex != NULL && listen(t, ex, q, 1, t->run, &s)) check_same(t, "workers", &s, 0, plain);
    if (ex != NULL) forget(&s);
    srd_explainer_free(ex);
}

static void with_batch(trial *t, const ask *q, const said *plain, srd_explainer_options options)
{
    srd_explainer *ex;
    said s;

    options.batch = 2;
    ex = make(t, t->graph, &options);
    if (ex != NULL && listen(t, ex, q, 2, 0, &s)) check_same(t, "batch", &s, t->run, plain);
    if (ex != NULL) forget(&s);
    srd_explainer_free(ex);
}

/* Memory full of NaN shows what is read before it is written. */
static void in_a_block(trial *t, const ask *q, const said *plain, const srd_explainer_options *options)
{
    srd_memory memory = SRD_MEMORY_INIT;
    srd_explainer *ex = NULL;
    size_t size = 0;
    said s;

    if (srd_explainer_memory_size(t->graph, options, NULL, &size, NULL) != SRD_OK) {
        judge_fault(t, "memory size", "refused");
        return;
    }
    memory.buffer_size = size;
    memory.buffer = aligned_alloc(SRD_ALIGNMENT, (size + SRD_ALIGNMENT - 1) / SRD_ALIGNMENT * SRD_ALIGNMENT);
    if (memory.buffer == NULL) return;
    memset(memory.buffer, 255, size);
    if (srd_explainer_create(t->graph, options, &memory, &ex, NULL) != SRD_OK) judge_fault(t, "block", "refused");
    if (ex != NULL && listen(t, ex, q, 1, t->run, &s)) check_same(t, "block", &s, 0, plain);
    if (ex != NULL) forget(&s);
    srd_explainer_free(ex);
    free(memory.buffer);
}

/* Portable kernels give the same bits with weights copied and borrowed. */
static void with_policies(trial *t, const ask *q, srd_explainer_options options)
{
    said s[2];

    memset(s, 0, sizeof s);
    options.kernels = SRD_KERNELS_PORTABLE;
    for (int k = 0; k < 2 && !judge_failed(t); k++) {
        srd_layer ids[NET_LAYERS];
        srd_graph *const graph = net_build(t->n, k == 0 ? SRD_WEIGHTS_COPY : SRD_WEIGHTS_BORROW, ids, NULL);
        srd_explainer *const ex = graph != NULL ? make(t, graph, &options) : NULL;
        if (ex != NULL) (void)listen(t, ex, q, 1, t->run, s + k);
        srd_explainer_free(ex);
        srd_graph_free(graph);
    }
    check_same(t, "weight policy", s, 0, s + 1);
    forget(s);
    forget(s + 1);
}

static void forward_only(trial *t, srd_explainer_options options)
{
    const net_layer *const l = t->n->layer + t->n->output[0];
    srd_explainer *ex;
    ask value;
    said s;

    memset(&value, 0, sizeof value);
    options.mode = SRD_MODE_FORWARD;
    ex = make(t, t->graph, &options);
    if (ex != NULL && listen(t, ex, NULL, 1, t->run, &s)) {
        judge_compare(t, &value, t->n->output[0], 0, s.value, l->c * l->h * l->w, VALUE_TOLERANCE);
    }
    if (ex != NULL) forget(&s);
    srd_explainer_free(ex);
}

/* Kernels, or how ratios are kept: by the reference. */
static void by_reference(trial *t, const ask *q, const srd_explainer_options *options)
{
    const int input = first_input(t);
    srd_explainer *const ex = make(t, t->graph, options);
    said s;

    if (ex == NULL) return;
    if (listen(t, ex, q, 1, t->run, &s)) judge_compare(t, q, input, 0, s.map, (int)s.positions, MAP_TOLERANCE);
    forget(&s);
    srd_explainer_free(ex);
}

/* Ratios of float16: each is off by 2^-11 of itself at most, which the reference follows down to a bound for each number. */
static void with_half_ratios(trial *t, const ask *q, const said *plain, srd_explainer_options options)
{
    const ref_answer *const a = judge_ref_ask(&t->exact, q);
    const int input = first_input(t);
    srd_explainer *ex;
    said s;

    options.ratios = SRD_RATIOS_FLOAT16;
    /* Ratios beyond float16 are kept as its largest; those of sums that cancel may be, in single precision. */
    if (a->largest_ratio > 6e4 || ref_condition(&t->exact, t->started) > 6e4) return;
    if (a->magnitude == 0) return; /* nothing flows: whatever there is comes of rounding, and has no bound of this kind */
    ex = make(t, t->graph, &options);
    if (ex != NULL && listen(t, ex, q, 1, t->run, &s)) {
        for (size_t i = 0; i < s.positions; i++) {
            const double bound = a->bound[input] != NULL ? a->bound[input][i] : 0,
                         off = fabs((double)s.map[i] - (double)plain->map[i]);
            /* The bound follows exact ratios; those of single precision may themselves be off by a little. */
            if (off <= 1.01 * bound + 1e-5 * a->magnitude) continue;
            /* It is that of the exact answer: of one that another choice at a tie has led elsewhere it says nothing. */
            if (fabs((double)plain->map[i] - (a->map[input] != NULL ? a->map[input][i] : 0)) > 1e-3 * a->magnitude) continue;
            judge_fault(t, "float16", "off by %.3g, bound %.3g (magnitude %.3g)", off, bound, a->magnitude);
        }
    }
    if (ex != NULL) forget(&s);
    srd_explainer_free(ex);
}

/* ---- fast against general ---------------------------------------------------------------------------------------------------------- */

void tally_case(tally *count, const char *name, int64_t segments)
{
    int k = 0;

    while (k < TALLY_CASES - 1 && count->case_names[k] != NULL && strcmp(count->case_names[k], name) != 0) k++;
    count->case_names[k] = name;
    count->cases[k] += segments;
}

/* What the explainer of the questions before has taken. */
static void count_cases(trial *t)
{
    const char *name;

    t->count->wide +=
        srd_explainer_kernels(t->explainer) >= SRD_KERNELS_AVX2 && srd_explainer_kernels(t->explainer) != SRD_KERNELS_NEON;
    for (int layer = 0; layer < t->n->layers; layer++) {
        for (int32_t k = 0; (name = srd_explainer_fast_case(t->explainer, t->ids[layer], k)) != NULL; k++)
            tally_case(t->count, name, 1);
    }
}

/* The general way, by the reference and beside the fast cases: values and maps agree within both tolerances. */
static void in_the_general_way(trial *t, const ask *q, const said *plain, srd_explainer_options options)
{
    const int output = t->n->output[0], input = first_input(t);
    srd_explainer *ex;
    ask value;
    said s;

    memset(&value, 0, sizeof value);
    options.fast_cases = SRD_FAST_CASES_NONE;
    ex = make(t, t->graph, &options);
    if (ex == NULL) return;
    for (int layer = 0; layer < t->n->layers; layer++) {
        if (srd_explainer_fast_case(ex, t->ids[layer], 0) != NULL)
            judge_fault(t, "general way", "layer %d takes a fast case", layer);
    }
    if (listen(t, ex, q, 1, t->run, &s)) {
        judge_compare(t, &value, output, 0, s.value, (int)s.values, VALUE_TOLERANCE);
        judge_compare(t, q, input, 0, s.map, (int)s.positions, MAP_TOLERANCE);
        judge_compare(t, &value, output, 0, plain->value, (int)s.values, VALUE_TOLERANCE);
        judge_compare(t, q, input, 0, plain->map, (int)s.positions, MAP_TOLERANCE);
    }
    forget(&s);
    srd_explainer_free(ex);
}

void judge_settings(trial *t)
{
    srd_explainer_options options = t->options;
    said plain;
    ask q;

    count_cases(t);
    if (judge_failed(t) || first_input(t) == NET_NONE) return;
    judge_default_question(t, &q);
    if (t->exact.layer[first_input(t)].positions > 0 && judge_ref_ask(&t->exact, &q)->above[first_input(t)]) return;
    options.keeps = NULL;
    options.keep_count = 0;
    if (options.ratios == SRD_RATIOS_RECOMPUTED) options.ratios = SRD_RATIOS_FLOAT32;
    if (draw_one(&t->state, 2)) options.kernels = SRD_KERNELS_BEST;
    {
        srd_explainer *const ex = make(t, t->graph, &options);
        if (ex == NULL || !listen(t, ex, &q, 1, t->run, &plain)) {
            if (ex != NULL) forget(&plain);
            srd_explainer_free(ex);
            return;
        }
        srd_explainer_free(ex);
    }
    switch (draw_below(&t->state, 10)) {
    case 0: with_workers(t, &q, &plain, options); break;
    case 1: with_batch(t, &q, &plain, options); break;
    case 2: in_a_block(t, &q, &plain, &options); break;
    case 3: with_policies(t, &q, options); break;
    case 4: forward_only(t, options); break;
    case 5: with_half_ratios(t, &q, &plain, options); break;
    case 6:
    case 7: in_the_general_way(t, &q, &plain, options); break;
    case 8:
        options.ratios = SRD_RATIOS_RECOMPUTED;
        by_reference(t, &q, &options);
        break;
    default:
        options.kernels = options.kernels == SRD_KERNELS_BEST ? SRD_KERNELS_PORTABLE : SRD_KERNELS_BEST;
        by_reference(t, &q, &options);
    }
    forget(&plain);
}
