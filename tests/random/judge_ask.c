/*
 * judge_ask.c -- the questions: by the directed head, Grad-CAM, effective receptive fields and seeds, at sites, inner layers and channels.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "judge.h"

#define MAP_TOLERANCE (2e-5 + RANDOM_SPLIT)
#define RATIO_TOLERANCE (1e-5 + RANDOM_SPLIT)
#define BALANCE_TOLERANCE (1e-5 + RANDOM_SPLIT)

/* ---- asking the library -------------------------------------------------------------------------------------------------------- */

static srd_tensor *view(int rank, const int64_t *shape, float *numbers)
{
    srd_tensor *tensor = NULL;

    return srd_tensor_view(SRD_FLOAT32, rank, shape, NULL, numbers, NULL, &tensor, NULL) == SRD_OK ? tensor : NULL;
}

static srd_status ask_score(trial *t, srd_explainer *ex, const ask *q, const srd_layer *ids, srd_tensor *const *maps,
                            int32_t count, srd_detail *why)
{
    srd_question_options options = SRD_QUESTION_OPTIONS_INIT;
    srd_gradcam_options gradcam = SRD_GRADCAM_OPTIONS_INIT;
    static float directions[2][NET_VALUES];
    const srd_target *targets[2];
    srd_tensor *tensors[2] = { NULL };
    srd_target own[2];
    srd_status status;

    for (int k = 0; k < q->target_count; k++) {
        const ref_target *const from = q->targets + k;
        const srd_target blank = SRD_TARGET_INIT;
        const int64_t shape[1] = { t->n->layer[t->n->output[from->output]].c };
        own[k] = blank;
        own[k].output = from->output;
        own[k].kind = from->against < 0 && from->value == 1 ? SRD_TARGET_CLASS : SRD_TARGET_DIRECTION;
        own[k].class_index = own[k].kind == SRD_TARGET_CLASS ? from->channel : 0;
        memset(directions[k], 0, sizeof directions[k]);
        directions[k][from->channel] += (float)from->value;
        if (from->against >= 0) directions[k][from->against] += (float)from->other;
        tensors[k] = view(1, shape, directions[k]);
        if (own[k].kind == SRD_TARGET_DIRECTION) own[k].direction = tensors[k];
        targets[k] = own + k;
    }
    options.contrastive = gradcam.contrastive = q->contrastive;
    gradcam.keep_sign = !q->clamp;
    if (q->kind == ASK_GRADCAM) {
        status = srd_explainer_ask_gradcam(ex, targets, q->target_count, t->ids[q->layer], &gradcam, ids, maps, count, why);
    } else {
        status = srd_explainer_ask(ex, targets, q->target_count, &options, ids, maps, count, why);
    }
    for (int k = 0; k < q->target_count; k++) srd_tensor_free(tensors[k]);
    return status;
}

static srd_status ask_start(trial *t, srd_explainer *ex, const ask *q, const srd_layer *ids, srd_tensor *const *maps,
                            int32_t count, int batch, srd_detail *why)
{
    srd_question_options options = SRD_QUESTION_OPTIONS_INIT;
    static float numbers[2 * NET_VALUES];
    const net_layer *const l = t->n->layer + q->layer;
    const int64_t shape[3] = { batch, l->h, l->w };
    srd_tensor *seed;
    srd_status status;

    options.contrastive = q->contrastive;
    if (q->kind == ASK_ERF) {
        return srd_explainer_ask_erf(ex, t->ids[q->layer], q->position / l->w, q->position % l->w, &options, ids, maps, count,
                                     why);
    }
    for (int i = 0; i < batch * l->h * l->w; i++) numbers[i] = (float)q->seed[i % (l->h * l->w)];
    seed = view(3, shape, numbers);
    status = srd_explainer_ask_seed(ex, t->ids[q->layer], seed, &options, ids, maps, count, why);
    srd_tensor_free(seed);
    return status;
}

srd_status judge_library_ask(trial *t, srd_explainer *ex, const ask *q, const int *layers, const int *by_channel,
                             float *const *maps, int count, int batch, srd_detail *why)
{
    srd_tensor *tensors[2 * NET_LAYERS];
    srd_layer ids[2 * NET_LAYERS];
    srd_status status;

    for (int i = 0; i < count; i++) {
        const net_layer *const l = t->n->layer + layers[i];
        const int64_t shape[4] = { batch, by_channel[i] ? l->c : 1, l->h, l->w };
        ids[i] = t->ids[layers[i]];
        tensors[i] = view(4, shape, maps[i]);
    }
    if (q->kind >= ASK_ERF) status = ask_start(t, ex, q, ids, tensors, count, batch, why);
    else status = ask_score(t, ex, q, ids, tensors, count, why);
    for (int i = 0; i < count; i++) srd_tensor_free(tensors[i]);
    return status;
}

/* ---- comparing one question -------------------------------------------------------------------------------------------------------- */

/* Does the layer lie below a target's output, be it as a gate, a query or a key only? */
static int is_below(const trial *t, const ask *q, int layer)
{
    char below[NET_LAYERS] = { 0 };

    for (int k = 0; k < q->target_count; k++) below[t->exact.alias[t->n->output[q->targets[k].output]]] = 1;
    for (int i = t->n->layers - 1; i > layer; i--) {
        for (int k = 0; below[i] && k < t->exact.layer[i].inputs; k++) below[t->exact.layer[i].input[k]] = 1;
    }
    return below[layer];
}

/* Layers whose maps are asked: those that lie below the first relevance and have a map. */
static int choose_layers(trial *t, const ask *q, const ref_answer *a, int *layers, int *by_channel)
{
    int count = 0;

    for (int i = 0; i < t->n->layers; i++) {
        const ref_layer *const l = t->exact.layer + i;
        if (t->ids[i] == SRD_LAYER_NONE || t->exact.alias[i] != i || !l->live || a->above[i]) continue;
        if (l->constant) continue;
        if (a->map[i] == NULL && l->site && is_below(t, q, i)) continue; /* a direction has or might have passed */
        if (q->kind >= ASK_GRADCAM && i > q->layer) continue;
        if (!l->site && !(t->mapped[i] && (q->kind == ASK_ERF || q->kind == ASK_SEED || a->map[i] != NULL))) {
            /* An inner layer has a map only where relevance runs through it: above, the head has passed. */
            int touched = 0;
            for (int k = i + 1; k < t->n->layers; k++) {
                touched |=
                    t->exact.layer[k].live && (a->map[k] != NULL || a->turned[k] != NULL) && ref_touches(&t->exact, k, i);
            }
            if (!t->mapped[i] || !touched) continue;
        }
        if (!l->site && q->contrastive) continue; /* means are taken at sites only */
        by_channel[count] = 0;
        layers[count++] = i;
        if (l->net->kind == NET_INPUT && t->channels && !(a->map[i] != NULL && q->kind >= ASK_GRADCAM && i == q->layer)) {
            by_channel[count] = 1;
            layers[count++] = i;
        }
    }
    return count;
}

/* Does noise move a score of output 0 by so much? */
static int is_tie(trial *t, double difference)
{
    double scores[NET_VALUES], other[NET_VALUES];

    (void)ref_scores(&t->exact, t->n->output[0], scores);
    for (int k = 0; k < JUDGE_NOISY; k++) {
        (void)ref_scores(judge_noisy(t, k), t->n->output[0], other);
        for (int c = 0; c < t->n->layer[t->n->output[0]].c; c++) {
            if (16 * fabs(scores[c] - other[c]) >= difference) return 1;
        }
    }
    return 0;
}

/* How ill-conditioned are the sums y? Terms that cancel in one path do so before ref_condition() sees them: noise shows it, though four draws
 * fall short of the worst case. */
static double condition(trial *t)
{
    double worst = ref_condition(&t->exact, t->started);

    for (int k = 0; k < 4; k++) worst = fmax(worst, 2 * ref_moved(&t->exact, judge_noisy(t, k), t->started));
    return worst;
}

static void check_report(trial *t, const ask *q, const ref_answer *a)
{
    srd_report report = SRD_REPORT_INIT;
    const int straight = q->kind == ASK_SCORE;
    double scale, excess = 0;
    float totals[4];
    ask again = *q;

    if (srd_explainer_report(t->explainer, &report, NULL) != SRD_OK) {
        judge_fault(t, "report", "none");
        return;
    }
    scale = fmax(fmax(report.magnitude, fabs(report.score)), 1e-30);
    scale = fmax(scale, a->flow); /* what is added up on the way down may be more than what arrives */
    /* Each ratio is rounded, and a sum of so many. A normalisation of what is all but equal adds up numbers that are much larger than their sum. */
    if (report.largest_ratio_error > RATIO_TOLERANCE) excess = 4e-7 * condition(t) + 0x1p-24 * ref_most_paths(&t->exact);
    if (report.largest_ratio_error > RATIO_TOLERANCE + excess)
        judge_fault(t, "ratios", "miss 1 by %.3g", report.largest_ratio_error);
    if (!(fabs(report.at_inputs + report.at_constants + report.unreached - report.top) <= BALANCE_TOLERANCE * scale)) {
        excess = 4e-7 * condition(t);
    }
    if (!(fabs(report.at_inputs + report.at_constants + report.unreached - report.top) <=
          (BALANCE_TOLERANCE + excess) * scale)) {
        judge_fault(t, "balance", "inputs %.9g, constants %.9g, unreached %.9g, top %.9g", report.at_inputs,
                    report.at_constants, report.unreached, report.top);
    }
    if (!(fabs(report.top + report.head_bias + report.subtracted - report.score) <= BALANCE_TOLERANCE * scale)) {
        excess = 4e-7 * condition(t);
    }
    if (q->kind != ASK_GRADCAM &&
        !(fabs(report.top + report.head_bias + report.subtracted - report.score) <= (BALANCE_TOLERANCE + excess) * scale) &&
        !is_tie(t, fabs(report.top + report.head_bias + report.subtracted - report.score))) {
        judge_fault(t, "head balance", "top %.9g, constants %.9g, subtracted %.9g, score %.9g", report.top, report.head_bias,
                    report.subtracted, report.score);
    }
    if (!straight) return;
    totals[0] = (float)report.score, totals[1] = (float)report.head_bias;
    totals[2] = (float)report.unreached, totals[3] = (float)report.at_constants;
    again.kind = ASK_TOTALS;
    judge_compare(t, &again, 0, 0, totals, 4, BALANCE_TOLERANCE);
}

static void check(trial *t, const ask *q)
{
    const ref_answer *const a = judge_ref_ask(&t->exact, q);
    int layers[2 * NET_LAYERS], by_channel[2 * NET_LAYERS], count;
    float *maps[2 * NET_LAYERS] = { NULL };
    srd_detail detail = SRD_DETAIL_INIT;
    srd_status status;

    if (judge_failed(t)) return;
    count = choose_layers(t, q, a, layers, by_channel);
    for (int i = 0; i < count; i++) {
        const net_layer *const l = t->n->layer + layers[i];
        const int size = l->h * l->w * (by_channel[i] ? l->c : 1);
        maps[i] = malloc((size_t)size * sizeof(float));
        for (int k = 0; maps[i] != NULL && k < size; k++) maps[i][k] = NAN; /* shows what is never written */
    }
    status = judge_library_ask(t, t->explainer, q, layers, by_channel, maps, count, 1, &detail);
    if (status != SRD_OK) {
        judge_fault(t, "question", "%s: %s (layer %s), kind %d, layer %d", srd_status_name(status), detail.text,
                    detail.layer_name, q->kind, q->layer);
    } else {
        check_report(t, q, a);
    }
    for (int i = 0; i < count; i++) {
        const net_layer *const l = t->n->layer + layers[i];
        judge_compare(t, q, layers[i], by_channel[i], maps[i], l->h * l->w * (by_channel[i] ? l->c : 1), MAP_TOLERANCE);
        free(maps[i]);
    }
}

/* ---- which questions ------------------------------------------------------------------------------------------------------------------ */

/* The top class of output 0, as the library finds it. */
void judge_default_question(trial *t, ask *q)
{
    double scores[NET_VALUES], magnitude;
    const net_layer *const l = t->n->layer + t->n->output[0];
    float score = 0;
    int32_t top = 0;
    int best = 0;

    memset(q, 0, sizeof *q);
    q->kind = ASK_SCORE;
    q->target_count = 1;
    q->targets[0].against = -1;
    q->targets[0].value = 1;
    magnitude = ref_scores(&t->exact, t->n->output[0], scores);
    for (int c = 0; c < l->c; c++) best = scores[c] > scores[best] ? c : best;
    if (srd_explainer_top_class(t->explainer, 0, 0, &top, &score, NULL) != SRD_OK || top < 0 || top >= l->c) {
        judge_fault(t, "top class", "refused");
        return;
    }
    if (scores[best] - scores[top] > 1e-5 * magnitude && !is_tie(t, scores[best] - scores[top]))
        judge_fault(t, "top class", "%d instead of %d", (int)top, best);
    q->targets[0].channel = top;
}

static void draw_target(trial *t, ref_target *target)
{
    int channels;

    target->output = draw_below(&t->state, t->n->outputs);
    channels = t->n->layer[t->n->output[target->output]].c;
    target->channel = draw_below(&t->state, channels);
    target->against = channels > 1 && draw_one(&t->state, 2) ? (target->channel + 1) % channels : -1;
    target->value = draw_one(&t->state, 2) ? 1 : -0.5;
    target->other = -1;
}

/* Another class, class against class, or two targets. */
static void other_score(trial *t)
{
    ask q;

    memset(&q, 0, sizeof q);
    q.kind = ASK_SCORE;
    q.target_count = draw_one(&t->state, 4) ? 2 : 1;
    for (int k = 0; k < q.target_count; k++) draw_target(t, q.targets + k);
    q.contrastive = draw_one(&t->state, 2);
    check(t, &q);
}

static void gradcam(trial *t)
{
    ask q;

    if (t->gradcam == NET_NONE) return;
    memset(&q, 0, sizeof q);
    q.kind = ASK_GRADCAM;
    q.target_count = 1;
    q.layer = t->gradcam;
    draw_target(t, q.targets);
    q.clamp = draw_one(&t->state, 2);
    q.contrastive = draw_one(&t->state, 3);
    if (is_below(t, &q, q.layer) && t->exact.alias[t->n->output[q.targets->output]] != q.layer) check(t, &q);
}

/* Relevance that starts at a site, an output, or an inner layer that was named. */
static void start(trial *t)
{
    ask q;
    int layer = draw_below(&t->state, t->n->layers), tries = 0;
    const ref_layer *l = t->exact.layer + layer;

    while ((!l->live || (!l->site && !t->started[layer]) || t->ids[layer] == SRD_LAYER_NONE || l->constant)) {
        if (++tries > 40) return;
        layer = draw_below(&t->state, t->n->layers);
        l = t->exact.layer + layer;
    }
    memset(&q, 0, sizeof q);
    q.kind = draw_one(&t->state, 3) ? ASK_SEED : ASK_ERF;
    q.layer = layer;
    q.position = draw_below(&t->state, l->positions);
    for (int p = 0; p < l->positions; p++) q.seed[p] = (double)(float)draw_signed(&t->state);
    q.contrastive = q.kind == ASK_SEED && draw_one(&t->state, 3);
    check(t, &q);
}

void judge_questions(trial *t)
{
    ask q;

    if (judge_failed(t)) return;
    judge_default_question(t, &q);
    check(t, &q);
    other_score(t);
    start(t);
    if (draw_one(&t->state, 2)) start(t);
    gradcam(t);
}
