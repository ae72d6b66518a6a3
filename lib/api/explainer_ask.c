/* explainer_ask.c -- checking questions before they run. */
#include "ask/gradcam.h"
#include "ask/question.h"
#include "ask/question_types.h"
#include "ask/target.h"
#include "explain/busy.h"
#include "explain/host_values.h"

static srd_status fail(srd_explainer *ex, srd_status status, int32_t layer, const char *text)
{
    const bool known = layer >= 0 && layer < ex->plan.graph->layer_count;

    return srd__fail(ex->failure, status, known ? layer : SRD_LAYER_NONE, known ? ex->plan.graph->layers[layer]->name : NULL,
                     "%s", text);
}

/* ---- maps ---------------------------------------------------------------------------------------------------------------- */

/* Is the tensor a plane of this layer, [H][W], or one per image, [N][H][W] or [N][1][H][W]? */
static bool is_plane(const srd_explainer *ex, int32_t layer, const srd_tensor *t, bool one_for_all)
{
    const srd__shape *const s = &ex->plan.shapes[layer];
    const int32_t rank = t->rank;

    if (rank < 2 || t->shape[rank - 2] != s->h || t->shape[rank - 1] != s->w) return false;
    if (rank == 2) return one_for_all || ex->plan.images == 1;
    return t->shape[0] == srd__images(ex) && (rank == 3 || t->shape[1] == 1);
}

static srd_status want_float32(srd_explainer *ex, srd_layer layer, const srd_tensor *t, const char *what)
{
    return srd__want_float32(t, what, ex->failure, layer, ex->plan.graph->layers[layer]->name);
}

/* A map, seed or mask of a layer is no such plane. */
static srd_status fail_shape(srd_explainer *ex, srd_layer layer, const char *what, const char *images)
{
    const srd__shape *const s = &ex->plan.shapes[srd__resolve(ex->plan.graph, layer)];

    return srd__fail(ex->failure, SRD_ERR_SHAPE, layer, ex->plan.graph->layers[layer]->name,
                     "%s must be [%d][%d][%d] (or [%d][%d] for %s)%s", what, srd__images(ex), s->h, s->w, s->h, s->w, images,
                     srd__one_image_note(ex));
}

static srd_status fail_inner(srd_explainer *ex, srd_layer layer)
{
    return fail(ex, SRD_ERR_STATE, layer,
                "nothing is kept for a map of this gather or swallowed layer: name it with SRD_KEEP_MAP in "
                "srd_explainer_options.keeps");
}

static srd_status check_map(srd_explainer *ex, srd_layer layer, const srd_tensor *map)
{
    const srd__layer *l;

    if (srd__want_layer(ex, SRD__TEXT("layers:"), layer, ex->failure) != SRD_OK) return SRD_ERR_ARGUMENT;
    l = ex->plan.graph->layers[srd__resolve(ex->plan.graph, layer)];
    if (!l->live) return fail(ex, SRD_ERR_UNSUPPORTED, layer, "the layer reaches no output: it has no map");
    if (!l->site && !ex->plan.nodes[l->id].kept_map && ex->plan.nodes[l->id].bound < 0) return fail_inner(ex, layer);
    if (srd__want_output(map, "the map", ex->failure, layer, ex->plan.graph->layers[layer]->name) != SRD_OK)
        return SRD_ERR_ARGUMENT;
    if (is_plane(ex, l->id, map, false)) return SRD_OK;
    if (srd__is_channel_map(ex, l->id, map) && map->shape[map->rank - 2] == ex->plan.shapes[l->id].h &&
        map->shape[map->rank - 1] == ex->plan.shapes[l->id].w) {
        if (ex->plan.nodes[l->id].kept_channels) return SRD_OK;
        return fail(
            ex, SRD_ERR_STATE, layer,
            "nothing is kept for maps per channel: name the input with SRD_KEEP_CHANNELS in srd_explainer_options.keeps");
    }
    return fail_shape(ex, layer, "the map", "one image");
}

/* Can it be asked? And its maps: the same for all questions. */
static srd_status check(srd_explainer *ex, srd__question *q)
{
    srd_status status = SRD_OK;

    if (ex->plan.options.mode == SRD_MODE_FORWARD) {
        return fail(ex, SRD_ERR_STATE, SRD_LAYER_NONE,
                    "the explainer was made with SRD_MODE_FORWARD; SRD_MODE_EXPLAIN keeps ratios");
    }
    if (!ex->run.has_run) return fail(ex, SRD_ERR_STATE, SRD_LAYER_NONE, "there is no run to ask about");
    if (q->count < 0 || (q->count > 0 && (q->layers == NULL || q->maps == NULL))) {
        return srd__fail(ex->failure, SRD_ERR_ARGUMENT, SRD_LAYER_NONE, NULL, "count is %d%s%s", q->count,
                         q->count > 0 && q->layers == NULL ? ", and layers is NULL" : "",
                         q->count > 0 && q->maps == NULL ? ", and maps is NULL" : "");
    }
    for (int32_t i = 0; status == SRD_OK && i < q->count; ++i) status = check_map(ex, q->layers[i], q->maps[i]);
    return status;
}

/* The option that all questions have; what names their options. */
static srd_status take_contrastive(srd_explainer *ex, int32_t contrastive, const char *what, srd__question *q)
{
    if ((contrastive | 1) != 1) {
        return srd__fail(ex->failure, SRD_ERR_ARGUMENT, SRD_LAYER_NONE, NULL, "%s.contrastive is %d, neither 0 nor 1", what,
                         contrastive);
    }
    if (!SRD_WITH_CONTRASTIVE && contrastive != 0) {
        return srd__left_out(ex->failure, SRD_LAYER_NONE, NULL, "SRD_WITH_CONTRASTIVE");
    }
    q->contrastive = contrastive;
    return SRD_OK;
}

static srd_status read_options(srd_explainer *ex, const srd_question_options *options, srd__question *q)
{
    srd_question_options ours;
    const srd_status status = srd__options_read(&ours, sizeof ours, options, sizeof ours, "srd_question_options", ex->failure);

    return status == SRD_OK ? take_contrastive(ex, ours.contrastive, SRD__TEXT("srd_question_options"), q) : status;
}

/* Relevance that is given at an input itself has no parts per channel. */
static srd_status check_channels(srd_explainer *ex, const srd__question *q)
{
    for (int32_t i = 0; q->rule != SRD__RULE_HEAD && i < q->count; ++i) {
        const int32_t layer = srd__resolve(ex->plan.graph, q->layers[i]);

        if (layer == q->start && srd__is_channel_map(ex, layer, q->maps[i])) {
            return fail(ex, SRD_ERR_ARGUMENT, layer, "relevance that starts at an input has no map per channel there");
        }
    }
    return SRD_OK;
}

/* A layer above the place where relevance begins has no map (METHOD section 7). */
static srd_status check_reach(srd_explainer *ex, const srd__question *q)
{
    srd__question_reach(ex, q);
    for (int32_t i = 0; i < q->count; ++i) {
        const int32_t layer = srd__resolve(ex->plan.graph, q->layers[i]);
        const bool inner = !ex->plan.graph->layers[layer]->site && layer != q->start;
        const uint8_t reach = ex->asked.nodes[layer].reach | ex->asked.nodes[layer].map_reach;

        if (inner && !ex->plan.nodes[layer].kept_map && (reach & SRD__REACH_DIRECTION) == 0)
            return fail_inner(ex, q->layers[i]);
        if (reach != 0 && (reach & SRD__REACH_RELEVANCE) == 0) {
            return fail(ex, SRD_ERR_ARGUMENT, q->layers[i],
                        "the layer lies above the place where relevance begins: it has no map");
        }
    }
    return check_channels(ex, q);
}

/* ---- targets ------------------------------------------------------------------------------------------------------------- */

#if SRD_WITH_TARGETS
/* Weights of an image must be finite and not all 0. Returns the status for count weights read by at(), by image and number. */
static srd_status check_weights(srd_explainer *ex, const srd_target *t, int32_t count,
                                float (*at)(const srd_explainer *, const srd_target *, int32_t, int32_t), const char *what)
{
    const int32_t layer = srd__target_layer(ex, t);
    srd_status status = SRD_OK;

    for (int32_t image = 0; status == SRD_OK && image < srd__images(ex); ++image) {
        bool zero = true;

        for (int32_t i = 0; status == SRD_OK && i < count; ++i) {
            const float weight = at(ex, t, image, i);

            if (!srd__finite(weight)) {
                status = srd__fail(ex->failure, SRD_ERR_NUMBER, layer, ex->plan.graph->layers[layer]->name,
                                   "%s has a NaN or Inf", what);
            }
            zero = zero && weight == 0.0f;
        }
        if (status == SRD_OK && zero) {
            status = srd__fail(ex->failure, SRD_ERR_ARGUMENT, layer, ex->plan.graph->layers[layer]->name, "%s is all 0", what);
        }
    }
    return status;
}

static float direction_weight(const srd_explainer *ex, const srd_target *t, int32_t image, int32_t channel)
{
    (void)ex;
    return srd__direction_at(t->direction, image, channel);
}

static srd_status check_direction(srd_explainer *ex, const srd_target *t)
{
    const int32_t layer = srd__target_layer(ex, t), channels = ex->plan.shapes[layer].c;
    const srd_tensor *const d = t->direction;

    if (want_float32(ex, layer, d, "direction") != SRD_OK) return SRD_ERR_ARGUMENT;
    if ((d->rank != 1 && d->rank != 2) || d->shape[d->rank - 1] != channels ||
        (d->rank == 2 && d->shape[0] != srd__images(ex))) {
        return srd__fail(ex->failure, SRD_ERR_SHAPE, layer, ex->plan.graph->layers[layer]->name,
                         "direction must be [%d] or [%d][%d], one number per channel of the output%s", channels,
                         srd__images(ex), channels, srd__one_image_note(ex));
    }
    return check_weights(ex, t, channels, direction_weight, "direction");
}

#endif

/* Has the output this class? `which` says where the target names it. */
static srd_status check_class(srd_explainer *ex, const srd_target *t, int32_t class_index, const char *which)
{
    const int32_t layer = srd__target_layer(ex, t), count = ex->plan.shapes[layer].c;

    if (class_index >= 0 && class_index < count) return SRD_OK;
    return srd__fail(ex->failure, SRD_ERR_ARGUMENT, layer, ex->plan.graph->layers[layer]->name,
                     "%s %d is no class of the output, which has 0 to %d", which, class_index, count - 1);
}

static srd_status check_classes(srd_explainer *ex, const srd_target *t)
{
    srd_status status = t->classes == NULL ? check_class(ex, t, t->class_index, "class") : SRD_OK;

    for (int32_t i = 0; status == SRD_OK && t->classes != NULL && i < srd__images(ex); ++i) {
        status = check_class(ex, t, t->classes[i], "the entry of classes for an image,");
    }
    if (status != SRD_OK || t->kind != SRD_TARGET_AGAINST) return status;
    if (t->class_index == t->other_class) {
        return fail(ex, SRD_ERR_ARGUMENT, srd__target_layer(ex, t), "a class against itself is no score");
    }
    return check_class(ex, t, t->other_class, "other_class");
}

/* Fields that the kind does not use are 0. */
static bool is_clean(const srd_target *t)
{
    const bool has_class = t->kind == SRD_TARGET_CLASS || t->kind == SRD_TARGET_AGAINST;

    return t->reserved == 0 && ((has_class && t->classes == NULL) || t->class_index == 0) &&
           (t->kind == SRD_TARGET_AGAINST || t->other_class == 0) && (t->kind == SRD_TARGET_CLASS || t->classes == NULL) &&
           (t->kind == SRD_TARGET_DIRECTION || t->direction == NULL);
}

/* What a target says beyond one class for all positions. */
static srd_status check_more(srd_explainer *ex, const srd_target *t)
{
#if SRD_WITH_TARGETS
    const int32_t layer = srd__target_layer(ex, t);
    const srd_status status = t->kind == SRD_TARGET_DIRECTION ? check_direction(ex, t) : SRD_OK;

    if (status != SRD_OK || t->mask == NULL) return status;
    if (want_float32(ex, layer, t->mask, "the mask") != SRD_OK) return SRD_ERR_ARGUMENT;
    if (t->mask->rank > 3 || !is_plane(ex, layer, t->mask, true)) return fail_shape(ex, layer, "the mask", "all images");
    return check_weights(ex, t, ex->plan.shapes[layer].h * ex->plan.shapes[layer].w, srd__target_mask, "the mask");
#else
    if (t->kind <= SRD_TARGET_CLASS && t->classes == NULL && t->mask == NULL) return SRD_OK;
    return srd__left_out(ex->failure, SRD_LAYER_NONE, NULL, "SRD_WITH_TARGETS");
#endif
}

static srd_status check_target(srd_explainer *ex, const srd_target *target)
{
    srd_status status = SRD_OK;
    srd_target t;

    if (target == NULL) return fail(ex, SRD_ERR_ARGUMENT, SRD_LAYER_NONE, "a target is NULL");
    status = srd__options_read(&t, sizeof t, target, sizeof t, "srd_target", ex->failure);
    if (status != SRD_OK) return status;
    if (t.kind < SRD_TARGET_TOP || t.kind > SRD_TARGET_DIRECTION) {
        return srd__fail(ex->failure, SRD_ERR_ARGUMENT, SRD_LAYER_NONE, NULL, "a target's kind %d is none of SRD_TARGET_...",
                         t.kind);
    }
    if (!is_clean(&t)) {
        return srd__fail(ex->failure, SRD_ERR_ARGUMENT, SRD_LAYER_NONE, NULL,
                         "a target of kind %d has a field that it does not use and that is not 0", t.kind);
    }
    if (t.output < 0 || t.output >= ex->plan.graph->output_count) {
        return srd__fail(ex->failure, SRD_ERR_ARGUMENT, SRD_LAYER_NONE, NULL, "a target names output %d: the graph has 0 to %d",
                         t.output, ex->plan.graph->output_count - 1);
    }
    if (t.kind == SRD_TARGET_CLASS || t.kind == SRD_TARGET_AGAINST) status = check_classes(ex, &t);
    return status == SRD_OK ? check_more(ex, &t) : status;
}

/* Apart: what is only read to be checked does not lie on the stack of the question. */
SRD__APART static srd_status check_question(srd_explainer *ex, srd__question *q)
{
    srd_status status = check(ex, q);

    if (status != SRD_OK) return status;
    if (q->target_count < 1 || q->targets == NULL) {
        return srd__fail(ex->failure, SRD_ERR_ARGUMENT, SRD_LAYER_NONE, NULL,
                         "there is no target: targets is %s, their count %d", q->targets == NULL ? "NULL" : "given",
                         q->target_count);
    }
    for (int32_t i = 0; status == SRD_OK && i < q->target_count; ++i) status = check_target(ex, q->targets[i]);
    if (status == SRD_OK) status = check_reach(ex, q);
    for (int32_t i = 0; status == SRD_OK && q->rule == SRD__RULE_GRADCAM && i < q->target_count; ++i) {
        const int32_t output = srd__target_layer(ex, q->targets[i]);

        if ((ex->asked.nodes[output].reach & SRD__REACH_ABOVE) == 0) {
            status = fail(ex, SRD_ERR_ARGUMENT, output, "the output does not lie above the layer of Grad-CAM");
        }
    }
    return status;
}

static srd_status ask_targets(srd_explainer *ex, srd__question *q)
{
    const srd_status status = check_question(ex, q);

    return status == SRD_OK ? srd__question_run(ex, q) : status;
}

srd_status srd_explainer_ask(srd_explainer *explainer, const srd_target *const *targets, int32_t target_count,
                             const srd_question_options *options, const srd_layer *layers, srd_tensor *const *maps,
                             int32_t count, srd_detail *detail)
{
    srd__question q = { .rule = SRD__RULE_HEAD,
                        .targets = targets,
                        .target_count = target_count,
                        .start = SRD_LAYER_NONE,
                        .layers = layers,
                        .maps = maps,
                        .count = count };
    srd_status status = srd__claim(explainer, false, detail);

    if (status != SRD_OK) return status;
    status = read_options(explainer, options, &q);
    return srd__unclaim(explainer, status == SRD_OK ? ask_targets(explainer, &q) : status);
}

static srd_status read_gradcam(srd_explainer *ex, const srd_gradcam_options *options, srd__question *q)
{
    srd_gradcam_options ours;
    const srd_status status = srd__options_read(&ours, sizeof ours, options, sizeof ours, "srd_gradcam_options", ex->failure);

    if (status != SRD_OK) return status;
    if ((ours.keep_sign | 1) != 1) {
        return srd__fail(ex->failure, SRD_ERR_ARGUMENT, SRD_LAYER_NONE, NULL,
                         "srd_gradcam_options.keep_sign is %d, neither 0 nor 1", ours.keep_sign);
    }
    q->clamp = !ours.keep_sign;
    return take_contrastive(ex, ours.contrastive, SRD__TEXT("srd_gradcam_options"), q);
}

static srd_status ask_gradcam(srd_explainer *ex, srd_layer site, const srd_gradcam_options *options, srd__question *q)
{
    srd_status status;

    if (!SRD_WITH_GRADCAM) return srd__left_out(ex->failure, SRD_LAYER_NONE, NULL, "SRD_WITH_GRADCAM");
    status = read_gradcam(ex, options, q);
    if (status == SRD_OK && site == SRD_LAYER_NONE) site = srd__gradcam_default(ex);
    if (status == SRD_OK) status = srd__want_layer(ex, SRD__TEXT("site"), site, ex->failure);
    if (status != SRD_OK) return status;
    q->start = srd__resolve(ex->plan.graph, site);
    if (!ex->plan.nodes[q->start].kept_gradcam) {
        return fail(ex, SRD_ERR_STATE, site,
                    "nothing is kept for Grad-CAM at this layer: name it with SRD_KEEP_GRADCAM in srd_explainer_options.keeps");
    }
    return ask_targets(ex, q);
}

srd_status srd_explainer_ask_gradcam(srd_explainer *explainer, const srd_target *const *targets, int32_t target_count,
                                     srd_layer site, const srd_gradcam_options *options, const srd_layer *layers,
                                     srd_tensor *const *maps, int32_t count, srd_detail *detail)
{
    srd__question q = { .rule = SRD__RULE_GRADCAM,
                        .targets = targets,
                        .target_count = target_count,
                        .layers = layers,
                        .maps = maps,
                        .count = count };
    const srd_status status = srd__claim(explainer, false, detail);

    return status == SRD_OK ? srd__unclaim(explainer, ask_gradcam(explainer, site, options, &q)) : status;
}

/* ---- one score ------------------------------------------------------------------------------------------------------------- */

/* The options tell the target's output, too. */
static srd_status read_score(srd_explainer *ex, const srd_score_options *options, srd_target *target, srd__question *q)
{
    srd_score_options ours;
    const srd_status status = srd__options_read(&ours, sizeof ours, options, sizeof ours, "srd_score_options", ex->failure);

    if (status != SRD_OK) return status;
    target->output = ours.output;
    return take_contrastive(ex, ours.contrastive, SRD__TEXT("srd_score_options"), q);
}

static srd_status ask_score(srd_explainer *ex, srd_target *target, const srd_score_options *options, const srd_layer *layers,
                            srd_tensor *const *maps, int32_t count, srd_detail *detail)
{
    const srd_target *const targets[1] = { target };
    srd__question q = { .rule = SRD__RULE_HEAD,
                        .targets = targets,
                        .target_count = 1,
                        .start = SRD_LAYER_NONE,
                        .layers = layers,
                        .maps = maps,
                        .count = count };
    srd_status status = srd__claim(ex, false, detail);

    if (status != SRD_OK) return status;
    status = read_score(ex, options, target, &q);
    return srd__unclaim(ex, status == SRD_OK ? ask_targets(ex, &q) : status);
}

srd_status srd_explainer_ask_class(srd_explainer *explainer, int32_t class_index, const srd_score_options *options,
                                   const srd_layer *layers, srd_tensor *const *maps, int32_t count, srd_detail *detail)
{
    srd_target target = SRD_TARGET_INIT;

    target.kind = SRD_TARGET_CLASS;
    target.class_index = class_index;
    return ask_score(explainer, &target, options, layers, maps, count, detail);
}

srd_status srd_explainer_ask_top(srd_explainer *explainer, const srd_score_options *options, const srd_layer *layers,
                                 srd_tensor *const *maps, int32_t count, srd_detail *detail)
{
    srd_target target = SRD_TARGET_INIT;

    return ask_score(explainer, &target, options, layers, maps, count, detail);
}

srd_status srd_explainer_ask_against(srd_explainer *explainer, int32_t class_index, int32_t other_class,
                                     const srd_score_options *options, const srd_layer *layers, srd_tensor *const *maps,
                                     int32_t count, srd_detail *detail)
{
    srd_target target = SRD_TARGET_INIT;

    target.kind = SRD_TARGET_AGAINST;
    target.class_index = class_index;
    target.other_class = other_class;
    return ask_score(explainer, &target, options, layers, maps, count, detail);
}

srd_status srd_explainer_ask_direction(srd_explainer *explainer, const srd_tensor *direction, const srd_score_options *options,
                                       const srd_layer *layers, srd_tensor *const *maps, int32_t count, srd_detail *detail)
{
    srd_target target = SRD_TARGET_INIT;

    target.kind = SRD_TARGET_DIRECTION;
    target.direction = direction;
    return ask_score(explainer, &target, options, layers, maps, count, detail);
}

/* ---- questions that start with relevance --------------------------------------------------------------------------------- */

static srd_status check_start(srd_explainer *ex, srd_layer layer, const srd_question_options *options, srd__question *q)
{
    srd_status status =
        SRD_WITH_STARTS ? read_options(ex, options, q) : srd__left_out(ex->failure, SRD_LAYER_NONE, NULL, "SRD_WITH_STARTS");
    const srd__layer *l;

    if (status == SRD_OK) status = check(ex, q);
    if (status == SRD_OK) status = srd__want_layer(ex, SRD__TEXT("layer"), layer, ex->failure);
    if (status != SRD_OK) return status;
    q->start = srd__resolve(ex->plan.graph, layer);
    l = ex->plan.graph->layers[q->start];
    if (!l->site && ex->plan.nodes[q->start].bound < 0) {
        return fail(
            ex, l->live ? SRD_ERR_STATE : SRD_ERR_UNSUPPORTED, layer,
            "a question can start at sites, outputs, and layers kept with SRD_KEEP_START in srd_explainer_options.keeps");
    }
    return check_reach(ex, q);
}

static srd_status ask_erf(srd_explainer *ex, srd_layer layer, const srd_question_options *options, srd__question *q)
{
    const srd_status status = check_start(ex, layer, options, q);

    if (status != SRD_OK) return status;
    if (q->row < 0 || q->column < 0 || q->row >= ex->plan.shapes[q->start].h || q->column >= ex->plan.shapes[q->start].w) {
        return srd__fail(ex->failure, SRD_ERR_ARGUMENT, layer, ex->plan.graph->layers[layer]->name,
                         "there is no position (%d, %d), the layer has %d x %d", q->row, q->column, ex->plan.shapes[q->start].h,
                         ex->plan.shapes[q->start].w);
    }
    return srd__question_run(ex, q);
}

srd_status srd_explainer_ask_erf(srd_explainer *explainer, srd_layer layer, int32_t row, int32_t column,
                                 const srd_question_options *options, const srd_layer *layers, srd_tensor *const *maps,
                                 int32_t count, srd_detail *detail)
{
    srd__question q = { .rule = SRD__RULE_GIVEN, .layers = layers, .maps = maps, .count = count, .row = row, .column = column };
    const srd_status status = srd__claim(explainer, false, detail);

    return status == SRD_OK ? srd__unclaim(explainer, ask_erf(explainer, layer, options, &q)) : status;
}

static bool is_finite_seed(const srd_explainer *ex, int32_t layer, const srd_tensor *seed)
{
    const srd__shape *const s = &ex->plan.shapes[layer];

    for (int32_t image = 0; image < srd__images(ex); ++image) {
        for (int32_t p = 0; p < s->h * s->w; ++p) {
            const int64_t at = srd__map_offset(seed, image, s->w, p);

            if (!srd__finite(((const float *)(const void *)seed->data)[at])) return false;
        }
    }
    return true;
}

static srd_status ask_seed(srd_explainer *ex, srd_layer layer, const srd_question_options *options, srd__question *q)
{
    const srd_status status = check_start(ex, layer, options, q);

    if (status != SRD_OK) return status;
    if (want_float32(ex, layer, q->seed, "seed") != SRD_OK) return SRD_ERR_ARGUMENT;
    if (!is_plane(ex, q->start, q->seed, false)) return fail_shape(ex, layer, "the seed", "one image");
    if (!is_finite_seed(ex, q->start, q->seed)) return fail(ex, SRD_ERR_NUMBER, layer, "seed has a NaN or Inf");
    return srd__question_run(ex, q);
}

srd_status srd_explainer_ask_seed(srd_explainer *explainer, srd_layer layer, const srd_tensor *seed,
                                  const srd_question_options *options, const srd_layer *layers, srd_tensor *const *maps,
                                  int32_t count, srd_detail *detail)
{
    srd__question q = { .rule = SRD__RULE_GIVEN, .layers = layers, .maps = maps, .seed = seed, .count = count };
    const srd_status status = srd__claim(explainer, false, detail);

    return status == SRD_OK ? srd__unclaim(explainer, ask_seed(explainer, layer, options, &q)) : status;
}
