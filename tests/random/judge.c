/*
 * judge.c -- builds a network, makes an explainer with settings that the seed draws, and compares numbers.
 */
#include "judge.h"

#include "gen.h"

#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#define VALUE_TOLERANCE (5e-6 + RANDOM_SPLIT)
#define ROUNDINGS \
    (4.8e-7 + RANDOM_SPLIT) /* 4 * 2^-23: of the sum of magnitudes of what is added up, which may cancel to nothing */
#define FACTOR 32           /* a library's error may be so many times that of a noisy reference: it rounds more often */

void judge_fault(trial *t, const char *kind, const char *format, ...)
{
    va_list list;

    if (*t->kind != '\0') return;
    snprintf(t->kind, sizeof t->kind, "%s", kind);
    va_start(list, format);
    (void)vsnprintf(t->text, sizeof t->text, format, list);
    va_end(list);
}

int judge_failed(const trial *t)
{
    return *t->kind != '\0';
}

/* ---- answers of a reference -------------------------------------------------------------------------------------------------- */

ref_answer *judge_ref_ask(ref *r, const ask *q)
{
    switch (q->kind) {
    case ASK_SCORE:
    case ASK_TOTALS: return ref_directed(r, q->targets, q->target_count, q->contrastive);
    case ASK_GRADCAM: return ref_gradcam(r, q->targets, q->layer, q->clamp, q->contrastive);
    case ASK_ERF: return ref_erf(r, q->layer, q->position);
    default: return ref_seed(r, q->layer, q->seed, q->contrastive);
    }
}

/* Value of a layer as the library gives it: [C][H][W]. */
static double *value_of(ref *r, int layer)
{
    const ref_layer *const l = r->layer + r->alias[layer];
    double *const v = ref_numbers(r, l->c * l->positions);

    for (int i = 0; i < l->c * l->positions; i++) v[i] = l->x[i % l->positions * l->c + i / l->positions];
    return v;
}

double *judge_answer(ref *r, const ask *q, int layer, int by_channel, double *magnitude)
{
    ref_answer *a;
    double *totals;

    *magnitude = 0;
    if (q->kind == ASK_VALUE) return value_of(r, layer);
    a = judge_ref_ask(r, q);
    *magnitude = fmax(a->magnitude, a->flow); /* a mean that is taken away, products that cancel: all of these are rounded */
    if (q->kind != ASK_TOTALS) return by_channel ? ref_channels(r, a, layer) : ref_map(r, a, layer);
    totals = ref_numbers(r, 4);
    totals[0] = a->score;
    totals[1] = a->constants;
    totals[2] = a->unreached;
    totals[3] = a->at_constants;
    return totals;
}

static double largest_of(const double *numbers, int count)
{
    double largest = 0;

    for (int i = 0; i < count; i++) largest = fmax(largest, fabs(numbers[i]));
    return largest;
}

ref *judge_noisy(trial *t, int k)
{
    if (k == t->noisy_count) {
        ref_run(t->noisy + k, t->n, t->run, UINT64_C(77) + (uint64_t)k * 1234567, k % 2 == 1 ? &t->exact : NULL);
        t->noisy_count++;
    }
    return t->noisy + k;
}

/* Does noise move the answer, or the scale of all that flows, so far that `worst` is no wonder? */
static int is_conditioned(trial *t, const ask *q, int layer, int by_channel, const double *want, int count, double scale,
                          double largest, double worst)
{
    for (int k = 0; k < JUDGE_NOISY; k++) {
        double magnitude;
        const double *const other = judge_answer(judge_noisy(t, k), q, layer, by_channel, &magnitude);
        double moved = fabs(magnitude - scale);
        for (int i = 0; i < count; i++) moved = fmax(moved, fabs(other[i] - want[i]));
        if (worst <= FACTOR * moved || moved > 1e3 * fmax(scale, largest)) return 1; /* all of the answer is noise */
    }
    return 0;
}

static const char *describe(const trial *t, const ask *q, int layer, int by_channel)
{
    static const char *const kinds[] = { "value", "totals", "score", "gradcam", "erf", "seed" };
    static char text[200];

    snprintf(text, sizeof text, "%s%s%s at %s%s%s%s", q->contrastive ? "contrastive " : "", kinds[q->kind],
             q->kind == ASK_SCORE && q->target_count > 1 ? " of two" : "", net_name(t->n, layer),
             by_channel ? " by channel" : "", q->kind >= ASK_GRADCAM ? " from " : "",
             q->kind >= ASK_GRADCAM ? net_name(t->n, q->layer) : "");
    return text;
}

void judge_compare(trial *t, const ask *q, int layer, int by_channel, const float *got, int count, double tolerance)
{
    double magnitude, worst = 0, largest, *want;
    int at = 0;

    if (judge_failed(t)) return;
    want = judge_answer(&t->exact, q, layer, by_channel, &magnitude);
    largest = largest_of(want, count);
    if (q->kind == ASK_TOTALS) largest = fmax(magnitude, fabs(want[0]));
    for (int i = 0; i < count; i++) {
        const double off = fabs((double)got[i] - want[i]);
        if (off <= worst) continue;
        worst = off;
        at = i;
        if (isnan(off)) break;
    }
    t->count->numbers += count;
    t->count->maps++;
    if (worst <= tolerance * largest + ROUNDINGS * magnitude) return;
    if (!isnan(worst) && is_conditioned(t, q, layer, by_channel, want, count, magnitude, largest, worst)) {
        t->count->conditioned++;
        return;
    }
    judge_fault(t, q->kind == ASK_VALUE ? "value" : "map",
                "%s: %.9g instead of %.9g at %d; off by %.3g of the largest %.6g (magnitude %.6g)",
                describe(t, q, layer, by_channel), (double)got[at], want[at], at, worst / fmax(largest, 1e-300), largest,
                magnitude);
}

/* ---- running ----------------------------------------------------------------------------------------------------------------------- */

/* Pictures first ... first + batch - 1 (of the two) as one batch. */
int judge_run(trial *t, srd_explainer *ex, int batch, int first)
{
    static float pictures[2][2 * NET_VALUES];
    const srd_tensor *inputs[NET_LAYERS] = { NULL };
    srd_tensor *own[NET_LAYERS];
    srd_detail detail = SRD_DETAIL_INIT;
    srd_status status;
    int count = 0;

    for (int i = 0; i < t->n->layers; i++) {
        const net_layer *const l = t->n->layer + i;
        const int size = l->c * l->h * l->w;
        const int64_t shape[4] = { batch, l->c, l->h, l->w };
        if (l->kind != NET_INPUT) continue;
        for (int k = 0; k < batch; k++) {
            memcpy(pictures[count] + k * size, t->n->numbers + l->numbers[first + k], (size_t)size * sizeof(float));
        }
        if (srd_tensor_view_const(SRD_FLOAT32, 4, shape, NULL, pictures[count], NULL, own + count, NULL) != SRD_OK) return 0;
        inputs[count] = own[count];
        count++;
    }
    status = srd_explainer_run(ex, inputs, count, NULL, &detail);
    for (int i = 0; i < count; i++) srd_tensor_free(own[i]);
    if (status == SRD_OK) return 1;
    judge_fault(t, "run", "%s: %s (layer %s)", srd_status_name(status), detail.text, detail.layer_name);
    return 0;
}

/* Value of a layer, of all images. The numbers are freed by the caller. */
float *judge_read(trial *t, srd_explainer *ex, int layer, int batch)
{
    const net_layer *const l = t->n->layer + layer;
    const int64_t shape[4] = { batch, l->c, l->h, l->w };
    const size_t count = (size_t)batch * (size_t)l->c * (size_t)l->h * (size_t)l->w;
    float *const numbers = calloc(count + 1, sizeof *numbers);
    srd_tensor *value = NULL;
    srd_status status = SRD_ERR_MEMORY;

    if (numbers != NULL && srd_tensor_view(SRD_FLOAT32, 4, shape, NULL, numbers, NULL, &value, NULL) == SRD_OK) {
        status = srd_explainer_value(ex, t->ids[layer], value, NULL);
    }
    srd_tensor_free(value);
    if (status != SRD_OK) judge_fault(t, "value refused", "%s of %s", srd_status_name(status), net_name(t->n, layer));
    return numbers;
}

static void check_values(trial *t)
{
    ask q;

    memset(&q, 0, sizeof q);
    for (int i = 0; i < t->n->layers && !judge_failed(t); i++) {
        const net_layer *const l = t->n->layer + i;
        int is_output = 0;
        float *got;
        for (int o = 0; o < t->n->outputs; o++) is_output |= t->n->output[o] == i;
        if (!is_output && !t->kept[i]) continue;
        got = judge_read(t, t->explainer, i, 1);
        judge_compare(t, &q, i, 0, got, l->c * l->h * l->w, VALUE_TOLERANCE);
        free(got);
    }
}

/* ---- the explainer that is asked ------------------------------------------------------------------------------------------------- */

static int keep(trial *t, srd_keep *keeps, int count, int layer, int32_t what)
{
    keeps[count].layer = layer == NET_NONE ? SRD_LAYER_NONE : t->ids[layer];
    keeps[count].what = what;
    return count + 1;
}

static int draw_keeps(trial *t, srd_keep *keeps)
{
    const int limited = t->options.ratios == SRD_RATIOS_RECOMPUTED, some = draw_below(&t->state, 3);
    int count = 0;

    for (int i = 0; i < t->n->layers; i++) {
        const ref_layer *const l = t->exact.layer + i;
        if (!l->live || t->ids[i] == SRD_LAYER_NONE || t->exact.alias[i] != i || l->constant) continue;
        if (l->site && some == 2 && draw_one(&t->state, 3)) t->kept[i] = 1, count = keep(t, keeps, count, i, SRD_KEEP_VALUE);
        if (!l->site && some > 0 && draw_one(&t->state, 6)) t->started[i] = 1, count = keep(t, keeps, count, i, SRD_KEEP_START);
        if (l->site || limited || some == 0 || !draw_one(&t->state, 4)) continue;
        t->mapped[i] = 1;
        count = keep(t, keeps, count, i, SRD_KEEP_MAP);
    }
    t->gradcam = NET_NONE;
    for (int i = 0; i < t->n->layers && !limited; i++) {
        const ref_layer *const l = t->exact.layer + i;
        if (l->site && l->positions > 1 && l->role != REF_SOURCE && !l->constant && t->ids[i] != SRD_LAYER_NONE &&
            draw_one(&t->state, 4))
            t->gradcam = i;
    }
    if (t->gradcam != NET_NONE) count = keep(t, keeps, count, t->gradcam, SRD_KEEP_GRADCAM);
    t->channels = !limited && draw_one(&t->state, 3);
    if (t->channels) count = keep(t, keeps, count, NET_NONE, SRD_KEEP_CHANNELS);
    return count;
}

/* A segment has at most 7 layers of pads that are not 0 in it, which a network may exceed. */
static int has_many_pads(const net *n)
{
    int pads = 0;

    for (int i = 0; i < n->layers; i++) pads += n->layer[i].kind == NET_CONSTANT_PAD && n->layer[i].real[0] != 0;
    return pads > 7;
}

/* 0: there is none, which may be right. */
static int make_explainer(trial *t)
{
    static srd_keep keeps[3 * NET_LAYERS + 2];
    srd_detail detail = SRD_DETAIL_INIT;
    srd_status status;

    t->options.struct_size = (uint32_t)sizeof t->options;
    t->options.kernels = draw_one(&t->state, 2) ? SRD_KERNELS_BEST : SRD_KERNELS_PORTABLE;
    if (draw_one(&t->state, 6)) t->options.ratios = SRD_RATIOS_RECOMPUTED;
    t->options.keep_count = draw_keeps(t, keeps);
    t->options.keeps = keeps;
    status = srd_explainer_create(t->graph, &t->options, NULL, &t->explainer, &detail);
    if (status == SRD_OK) return 1;
    if (status == SRD_ERR_UNSUPPORTED && has_many_pads(t->n)) t->count->refused++;
    else judge_fault(t, "create", "%s: %s (layer %s)", srd_status_name(status), detail.text, detail.layer_name);
    return 0;
}

static void work(trial *t)
{
    if (!make_explainer(t) || !judge_run(t, t->explainer, 1, t->run)) return;
    check_values(t);
    judge_questions(t);
    judge_settings(t);
}

int judge(trial *t, net *n, uint64_t seed, tally *count)
{
    srd_detail detail = SRD_DETAIL_INIT;

    memset(t, 0, sizeof *t);
    t->n = n;
    t->state = seed * 3 + 1;
    t->count = count;
    t->run = draw_below(&t->state, 2);
    count->graphs++;
    for (int i = 0; i < n->layers; i++) count->kinds[n->layer[i].kind]++;
    t->graph = net_build(n, draw_one(&t->state, 3) ? SRD_WEIGHTS_BORROW : SRD_WEIGHTS_COPY, t->ids, &detail);
    if (t->graph == NULL) {
        judge_fault(t, "seal", "%s: %s (layer %s)", srd_status_name(detail.status), detail.text, detail.layer_name);
    } else {
        ref_run(&t->exact, n, t->run, 0, NULL);
        work(t);
        srd_explainer_free(t->explainer);
        srd_graph_free(t->graph);
        ref_free(&t->exact);
        for (int k = 0; k < t->noisy_count; k++) ref_free(t->noisy + k);
    }
    if (judge_failed(t)) count->faults++;
    return !judge_failed(t);
}
