/* running.c -- runs, steps, values and questions, and what must hold of their answers. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"

/* ---- tensors to be written: exactly as long as said, so that a sanitizer sees a number beyond them ------------------------- */

typedef struct target {
    srd_tensor *tensor;
    float *numbers;
    size_t count; /* numbers in the buffer: every `spread`-th is the tensor's */
    size_t spread;
} target;

static int make_target(fuzz *f, target *t, int32_t rank, const int64_t *shape)
{
    int64_t strides[SRD_MAX_RANK] = { 0 };
    const srd_memory memory = fuzz_heap_memory(f);
    int64_t count = 1;

    memset(t, 0, sizeof *t);
    t->spread = fuzz_rarely(f, 8) ? 2 : 1;
    for (int32_t i = rank - 1; i >= 0; i--) {
        strides[i] = count * (int64_t)t->spread;
        if (shape[i] < 1 || count > 100000 / shape[i]) return 0;
        count *= shape[i];
    }
    t->count = (size_t)count * t->spread;
    t->numbers = malloc(t->count * sizeof *t->numbers);
    if (t->numbers == NULL) abort();
    for (size_t i = 0; i < t->count; i++) t->numbers[i] = FUZZ_MARK;
    if (srd_tensor_view(SRD_FLOAT32, rank, shape, strides, t->numbers, &memory, &t->tensor, NULL) == SRD_OK) return 1;
    free(t->numbers);
    t->numbers = NULL;
    return 0;
}

/* After a failure nothing is written; after success every number is, all are finite, and the gaps are untouched. */
static void check_target(const target *t, srd_status status)
{
    for (size_t i = 0; i < t->count; i++) {
        const int ours = status == SRD_OK && i % t->spread == 0;

        if (ours) fuzz_require(isfinite(t->numbers[i]) && t->numbers[i] != FUZZ_MARK);
        else fuzz_require(t->numbers[i] == FUZZ_MARK);
    }
}

static void free_target(target *t)
{
    srd_tensor_free(t->tensor);
    free(t->numbers);
}

/* ---- runs ------------------------------------------------------------------------------------------------------------------ */

static srd_status stop_at_last(void *user, int32_t done, int32_t total)
{
    (void)user;
    return done == total - 1 ? SRD_ERR_CANCELLED : SRD_OK;
}

static srd_status never_stop(void *user, int32_t done, int32_t total)
{
    (void)user;
    fuzz_require(done >= 0 && done <= total);
    return 0;
}

static uint64_t count_calls(void *user)
{
    return ++((fuzz_explainer *)user)->ticks;
}

/* The one image that is kept can be asked, and it alone. */
static void check_image(const fuzz_explainer *e, int32_t image)
{
    int32_t class_index = -7;

    fuzz_require(image >= 0 && image < e->batch);
    fuzz_require(srd_explainer_top_class(e->explainer, image, 0, &class_index, NULL, NULL) == SRD_OK && class_index >= 0);
    if (e->batch > 1) {
        fuzz_require(srd_explainer_top_class(e->explainer, (image + 1) % e->batch, 0, NULL, NULL, NULL) == SRD_ERR_STATE);
    }
}

static srd_status ask_image(void *user, srd_explainer *explainer, int32_t image)
{
    fuzz_explainer *const e = user;
    srd_status status;

    fuzz_require(explainer == e->explainer);
    check_image(e, image);
    fuzz_require(srd_explainer_step(explainer, NULL, NULL) == SRD_ERR_STATE);
    status = srd_explainer_ask_top(explainer, NULL, NULL, NULL, 0, NULL);
    fuzz_status(status, NULL);
    return status == SRD_ERR_STATE ? SRD_OK : status; /* SRD_MODE_FORWARD */
}

static void end_given(fuzz *f)
{
    for (int i = 0; i < 2; i++) {
        srd_tensor_free((srd_tensor *)(uintptr_t)f->given[i].numbers);
        f->given[i].numbers = NULL;
    }
}

/* Numbers for one or two layers, mostly of the right shape. They need not be what the layers below would make of the pictures, so
 * that nothing adds up any more. */
static void give(fuzz *f, const fuzz_explainer *e, srd_run_options *o)
{
    end_given(f);
    o->given_count = 1 + fuzz_pick(f, 2);
    for (int32_t i = 0; i < o->given_count; i++) {
        srd_given *const g = &f->given[i];
        int32_t chw[3] = { 1, 1, 1 };
        int64_t shape[4] = { e->batch, 0, 0, 0 };

        g->layer = fuzz_layer(f, e->graph);
        g->what = fuzz_number(f, 1);
        (void)!srd_explainer_layer_shape(e->explainer, g->layer, chw, NULL);
        for (int a = 0; a < 3; a++) shape[a + 1] = chw[a];
        if (fuzz_rarely(f, 64)) shape[fuzz_pick(f, 4)] += 1;
        g->numbers = fuzz_tensor(f, 4, shape);
    }
    o->given = f->given;
    f->tame = 0;
}

/* Patterns, progress and a clock. layers: room for what pattern_layers names, as long as the run lasts. */
static void run_options(fuzz *f, fuzz_explainer *e, srd_run_options *o, srd_layer *layers)
{
    const int flags = fuzz_byte(f);

    memset(o, 0, sizeof *o);
    o->struct_size = (uint32_t)sizeof *o;
    if ((flags & 3) == 1) o->patterns = fuzz_number(f, 2);
    if ((flags & 3) == 2) give(f, e, o);
    if (o->patterns != 0 && (flags & 4) != 0) {
        o->pattern_count = fuzz_number(f, 2) & 3;
        for (int32_t i = 0; i < o->pattern_count; i++) layers[i] = fuzz_layer(f, e->graph);
        o->pattern_layers = layers;
    }
    if ((flags & 8) != 0) o->progress = (flags & 0x70) == 0x70 ? stop_at_last : never_stop;
    if ((flags & 128) != 0) o->clock = count_calls;
    if ((e->one_image && (flags & 16) != 0) || (flags & 127) == 127) o->each_image = ask_image;
    o->user = e;
}

/* The pictures of a run, mostly of the right shapes. */
static void make_pictures(fuzz *f, const fuzz_explainer *e, srd_tensor **pictures)
{
    for (int32_t i = 0; i < e->inputs; i++) {
        int32_t chw[3] = { 1, 1, 1 };
        int64_t shape[4] = { 0 };
        const int drop = e->batch == 1 && (fuzz_byte(f) & 1) != 0;

        /* An input that reaches no output has no shape at the explainer; any picture of its channels will do or be refused. */
        if (srd_explainer_layer_shape(e->explainer, srd_graph_input_layer(e->graph, i), chw, NULL) != SRD_OK) {
            (void)!srd_graph_layer_shape(e->graph, srd_graph_input_layer(e->graph, i), chw, NULL);
        }
        shape[0] = e->batch;
        for (int a = 0; a < 3; a++) shape[a + 1] = chw[a];
        if (fuzz_rarely(f, 64)) shape[fuzz_pick(f, 4)] += 1;
        pictures[i] = fuzz_tensor(f, drop ? 3 : 4, shape + drop);
    }
}

/* A finished begin() gives its pictures back. */
void fuzz_end_begun(fuzz *f)
{
    while (f->begun_count > 0) srd_tensor_free(f->begun_inputs[--f->begun_count]);
    end_given(f);
    for (int i = 0; i < FUZZ_EXPLAINERS; i++) f->explainers[i].begun = 0;
}

void fuzz_run(fuzz *f, fuzz_explainer *e)
{
    srd_tensor *pictures[4] = { NULL };
    srd_layer layers[4] = { 0 };
    srd_run_options options;
    const int32_t count = e->inputs <= 4 ? e->inputs : 0;
    srd_status status;

    if (!e->affordable || e->inputs > 4) return;
    fuzz_end_begun(f);
    make_pictures(f, e, pictures);
    run_options(f, e, &options, layers);
    status = srd_explainer_run(e->explainer, (const srd_tensor *const *)pictures, fuzz_rarely(f, 64) ? count + 1 : count,
                               (fuzz_byte(f) & 1) != 0 ? &options : NULL, NULL);
    fuzz_status(status, NULL);
    for (int32_t i = 0; i < count; i++) srd_tensor_free(pictures[i]);
    end_given(f);
}

void fuzz_begin(fuzz *f, fuzz_explainer *e)
{
    static srd_layer layers[4];
    int32_t left = -1, steps;
    srd_status status;

    if (!e->affordable || e->inputs > 4) return;
    if (!e->begun) {
        fuzz_end_begun(f);
        make_pictures(f, e, f->begun_inputs);
        f->begun_count = e->inputs;
        run_options(f, e, &f->begun_options, layers);
        status =
            srd_explainer_begin(e->explainer, (const srd_tensor *const *)f->begun_inputs, e->inputs, &f->begun_options, NULL);
        fuzz_status(status, NULL);
        if (status != SRD_OK) {
            fuzz_end_begun(f);
            return;
        }
        e->begun = 1;
    }
    steps = (fuzz_byte(f) & 3) != 0 ? srd_explainer_step_count(e->explainer) * e->batch : fuzz_pick(f, 8);
    for (int32_t i = 0; i < steps && left != 0; i++) {
        const int32_t before = left;

        status = srd_explainer_step(e->explainer, &left, NULL);
        fuzz_status(status, NULL);
        if (status != SRD_OK) fuzz_require(left == before);
        if (status != SRD_OK) left = 0;
        else fuzz_require(left >= 0 && (before < 0 || left == before - 1));
        if (status == SRD_OK && e->one_image && left % srd_explainer_step_count(e->explainer) == 0) {
            check_image(e, e->batch - 1 - left / srd_explainer_step_count(e->explainer));
        }
    }
    if (left == 0) fuzz_end_begun(f);
}

/* ---- values ------------------------------------------------------------------------------------------------------------------ */

void fuzz_read_value(fuzz *f, fuzz_explainer *e)
{
    const srd_layer layer = fuzz_layer(f, e->graph);
    int32_t chw[3] = { 1, 1, 1 }, class_index = -7;
    int64_t shape[4];
    float score = FUZZ_MARK;
    target t;
    srd_status status = srd_explainer_layer_shape(e->explainer, layer, chw, NULL);

    fuzz_status(status, NULL);
    shape[0] = e->images;
    for (int a = 0; a < 3; a++) shape[a + 1] = chw[a];
    if (fuzz_rarely(f, 64)) shape[1]++;
    if (make_target(f, &t, 4, shape)) {
        status = srd_explainer_value(e->explainer, layer, t.tensor, NULL);
        fuzz_status(status, NULL);
        check_target(&t, status);
        free_target(&t);
    }
    status = srd_explainer_given_error(e->explainer, layer, &score, NULL);
    fuzz_status(status, NULL);
    if (status != SRD_OK) fuzz_require(score == FUZZ_MARK);
    score = FUZZ_MARK;
    status = srd_explainer_top_class(e->explainer, fuzz_number(f, 1), fuzz_number(f, 1), &class_index, &score, NULL);
    fuzz_status(status, NULL);
    fuzz_require((status == SRD_OK) == (class_index >= 0));
    if (status != SRD_OK) fuzz_require(class_index == -7 && score == FUZZ_MARK);
}

/* ---- questions ---------------------------------------------------------------------------------------------------------------- */

#define MAPS 3

typedef struct question {
    fuzz *f;
    fuzz_explainer *e;
    srd_question_options options;
    srd_score_options score;
    srd_gradcam_options gradcam;
    srd_layer layers[MAPS];
    srd_tensor *tensors[MAPS];
    target maps[MAPS];
    int32_t count;
    srd_tensor *directions[2], *masks[2], *seed;
    int32_t classes[4];
    srd_target targets[2];
    const srd_target *pointers[2];
    srd_layer start;
    int kind;
} question;

/* Maps of different forms: with and without the batch, with a channel axis, per channel of an input. */
static void make_maps(question *q)
{
    const int32_t wanted = fuzz_pick(q->f, MAPS + 1);

    for (int32_t i = 0; i < wanted; i++) {
        int32_t chw[3] = { 1, 1, 1 };
        int64_t shape[4];
        int32_t first = 0, rank;
        const int choice = fuzz_byte(q->f);
        srd_layer layer = srd_graph_input_layer(q->e->graph, 0);

        if ((choice & 1) == 0) layer = (choice & 4) != 0 ? q->e->kept : fuzz_layer(q->f, q->e->graph);
        (void)!srd_explainer_layer_shape(q->e->explainer, layer, chw, NULL);
        shape[0] = q->e->images, shape[1] = 1, shape[2] = chw[1], shape[3] = chw[2];
        rank = 4;
        switch (fuzz_pick(q->f, 4)) {
        case 0: shape[1] = shape[0], first = 1, rank = 3; break;
        case 1: shape[1] = chw[0]; break;
        case 2:
            if (q->e->images == 1) first = 2, rank = 2;
            break;
        default: break;
        }
        if (fuzz_rarely(q->f, 64)) shape[3]++;
        q->layers[q->count] = layer;
        if (make_target(q->f, &q->maps[q->count], rank, shape + first)) q->count++;
    }
    for (int32_t i = 0; i < q->count; i++) q->tensors[i] = q->maps[i].tensor;
}

static void make_srd_target(question *q, int32_t i)
{
    srd_target *const t = &q->targets[i];
    const srd_target empty = SRD_TARGET_INIT;
    const int flags = fuzz_byte(q->f);
    int32_t chw[3] = { 1, 1, 1 };

    *t = empty;
    q->pointers[i] = t;
    t->kind = fuzz_number(q->f, 3);
    t->output = fuzz_number(q->f, 1) % (srd_graph_output_count(q->e->graph) + 1);
    (void)!srd_explainer_layer_shape(q->e->explainer, srd_graph_output_layer(q->e->graph, t->output), chw, NULL);
    if (t->kind == SRD_TARGET_CLASS || t->kind == SRD_TARGET_AGAINST) t->class_index = fuzz_number(q->f, chw[0] - 1);
    if (t->kind == SRD_TARGET_AGAINST) t->other_class = fuzz_number(q->f, chw[0] - 1);
    if (t->kind == SRD_TARGET_CLASS && (flags & 1) != 0 && q->e->images <= 4) {
        for (int32_t n = 0; n < q->e->images; n++) q->classes[n] = fuzz_number(q->f, chw[0] - 1);
        t->classes = q->classes;
        t->class_index = 0;
    }
    if (t->kind == SRD_TARGET_DIRECTION) {
        const int64_t shape[2] = { q->e->images, chw[0] };

        t->direction = q->directions[i] = fuzz_tensor(q->f, (flags & 2) != 0 ? 2 : 1, shape + ((flags & 2) == 0));
    }
    if ((flags & 12) == 12) {
        const int64_t shape[3] = { q->e->images, chw[1], chw[2] };

        t->mask = q->masks[i] = fuzz_tensor(q->f, (flags & 16) != 0 ? 3 : 2, shape + ((flags & 16) == 0));
    }
}

static srd_status ask(question *q)
{
    fuzz *const f = q->f;
    srd_explainer *const x = q->e->explainer;
    const int with = (fuzz_byte(f) & 1) != 0;
    const srd_question_options *const o = with ? &q->options : NULL;
    const srd_score_options *const score = with ? &q->score : NULL;
    int32_t chw[3] = { 1, 1, 1 };
    int64_t shape[3];

    (void)!srd_explainer_layer_shape(x, q->start, chw, NULL);
    shape[0] = q->e->images, shape[1] = chw[1], shape[2] = chw[2];
    switch (q->kind) {
    case 0: return srd_explainer_ask(x, q->pointers, 1 + fuzz_pick(f, 2), o, q->layers, q->tensors, q->count, NULL);
    case 1:
        return srd_explainer_ask_gradcam(x, q->pointers, 1 + fuzz_pick(f, 2), q->start, with ? &q->gradcam : NULL, q->layers,
                                         q->tensors, q->count, NULL);
    case 2: return srd_explainer_ask_class(x, fuzz_number(f, 2), score, q->layers, q->tensors, q->count, NULL);
    case 3: return srd_explainer_ask_top(x, score, q->layers, q->tensors, q->count, NULL);
    case 4: return srd_explainer_ask_direction(x, q->directions[0], score, q->layers, q->tensors, q->count, NULL);
    case 7:
        return srd_explainer_ask_against(x, fuzz_number(f, 2), fuzz_number(f, 2), score, q->layers, q->tensors, q->count, NULL);
    case 5:
        return srd_explainer_ask_erf(x, q->start, fuzz_number(f, chw[1] - 1), fuzz_number(f, chw[2] - 1), o, q->layers,
                                     q->tensors, q->count, NULL);
    default:
        q->seed = fuzz_tensor(f, 3, shape);
        return srd_explainer_ask_seed(x, q->start, q->seed, o, q->layers, q->tensors, q->count, NULL);
    }
}

/* A norm over one number alone is a difference of equal numbers, and the next one divides it by what is left: scale and shift of a
 * few such norms are 1e12 and cancel to the last bit of the score. */
static int has_norms_of_norms(const srd_graph *graph)
{
    int count = 0;

    for (srd_layer i = 0; i < srd_graph_layer_count(graph); i++) {
        const char *const kind = srd_graph_layer_kind(graph, i);

        count +=
            strcmp(kind, "group_norm") == 0 || strcmp(kind, "instance_norm") == 0 || strcmp(kind, "global_response_norm") == 0;
    }
    return count > 1;
}

/* Nothing is lost on the way down: what METHOD section 7 promises, as the report says it. */
static void check_report(const question *q)
{
    srd_report r = SRD_REPORT_INIT;
    const double error = q->e->ratios == SRD_RATIOS_FLOAT16 ? 5e-4 : 1e-4; /* 2^-11, and what float32 has besides */
    double arrived, scale;

    fuzz_require(srd_explainer_report(q->e->explainer, &r, NULL) == SRD_OK);
    fuzz_require(r.struct_size == sizeof r && r.special_positions >= 0 && r.magnitude >= 0 && r.largest_ratio_error >= 0);
    if (!q->f->tame || has_norms_of_norms(q->e->graph)) return;
    arrived = r.at_inputs + r.at_constants + r.unreached;
    scale = r.magnitude + fabs(r.score) + fabs(r.head_bias) + 1.0; /* terms near 1 may cancel to a rounding of 0 */
    fuzz_require(r.saturated_ratios == 0 || q->e->ratios == SRD_RATIOS_FLOAT16);
    if (r.saturated_ratios > 0) return;
    fuzz_require(r.largest_ratio_error < error);
    /* The error of each segment is one of its ratios' magnitudes. */
    fuzz_require(q->e->ratios == SRD_RATIOS_FLOAT16 || fabs(arrived - r.top) <= 1e-4 * scale);
    if (q->kind != 1) fuzz_require(fabs(r.top + r.head_bias + r.subtracted - r.score) <= 1e-4 * scale);
}

void fuzz_ask(fuzz *f, fuzz_explainer *e)
{
    const srd_question_options none = SRD_QUESTION_OPTIONS_INIT;
    const srd_score_options no_score = SRD_SCORE_OPTIONS_INIT;
    const srd_gradcam_options no_gradcam = SRD_GRADCAM_OPTIONS_INIT;
    question q;
    srd_status status;

    if (!e->affordable) return;
    memset(&q, 0, sizeof q);
    q.f = f;
    q.e = e;
    q.options = none;
    q.score = no_score;
    q.gradcam = no_gradcam;
    q.kind = fuzz_pick(f, 8);
    q.options.contrastive = q.score.contrastive = q.gradcam.contrastive = fuzz_number(f, 1);
    q.gradcam.keep_sign = fuzz_number(f, 1);
    q.score.output = fuzz_number(f, 1);
    q.start = fuzz_rarely(f, 3) ? fuzz_layer(f, e->graph) : e->kept;
    for (int32_t i = 0; i < 2; i++) make_srd_target(&q, i);
    make_maps(&q);
    status = ask(&q);
    fuzz_status(status, NULL);
    for (int32_t i = 0; i < q.count; i++) check_target(&q.maps[i], status);
    if (status == SRD_OK) check_report(&q);
    for (int32_t i = 0; i < q.count; i++) free_target(&q.maps[i]);
    for (int32_t i = 0; i < 2; i++) srd_tensor_free(q.directions[i]), srd_tensor_free(q.masks[i]);
    srd_tensor_free(q.seed);
}
