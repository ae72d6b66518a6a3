/* explainer_create.c -- the public functions that make and free an explainer, and copy out values, top class, failure, shapes,
 * bytes. */
#include "ask/gradcam.h"
#include "ask/target.h"
#include "explain/busy.h"
#include "explain/host_values.h"
#include "explain/store.h"
#include "paths/bind_segments.h"
#include "plan/steps.h"

/* How ratios and inputs are kept, and segments computed. */
static srd_status check_ways(const srd_explainer_options *o, srd_detail *detail)
{
    if (o->ratios < SRD_RATIOS_FLOAT32 || o->ratios > SRD_RATIOS_RECOMPUTED || o->inputs < SRD_INPUTS_COPY ||
        o->inputs > SRD_INPUTS_BORROW) {
        return srd__fail(detail, SRD_ERR_ARGUMENT, SRD_LAYER_NONE, NULL,
                         "ratios %d is none of SRD_RATIOS_..., or inputs %d none of SRD_INPUTS_...", o->ratios, o->inputs);
    }
    if (!SRD_WITH_RATIOS_FLOAT16 && o->mode == SRD_MODE_EXPLAIN && o->ratios == SRD_RATIOS_FLOAT16) {
        return srd__left_out(detail, SRD_LAYER_NONE, NULL, "SRD_WITH_RATIOS_FLOAT16");
    }
    if (!SRD_WITH_RATIOS_RECOMPUTED && o->mode == SRD_MODE_EXPLAIN && o->ratios == SRD_RATIOS_RECOMPUTED) {
        return srd__left_out(detail, SRD_LAYER_NONE, NULL, "SRD_WITH_RATIOS_RECOMPUTED");
    }
    if (o->mode == SRD_MODE_EXPLAIN && o->ratios == SRD_RATIOS_RECOMPUTED && o->batch > 1 && o->keep_images != SRD_IMAGES_ONE) {
        return srd__fail(detail, SRD_ERR_UNSUPPORTED, SRD_LAYER_NONE, NULL,
                         "SRD_RATIOS_RECOMPUTED keeps one image: a batch of %d needs SRD_IMAGES_ONE, or SRD_RATIOS_FLOAT16",
                         o->batch);
    }
    if (o->fast_cases < SRD_FAST_CASES_ALL || o->fast_cases > SRD_FAST_CASES_NONE) {
        return srd__fail(detail, SRD_ERR_ARGUMENT, SRD_LAYER_NONE, NULL, "fast_cases %d is none of SRD_FAST_CASES_...",
                         o->fast_cases);
    }
    return SRD_OK;
}

static srd_status check_options(const srd_graph *graph, srd_explainer_options *o, srd_detail *detail)
{
    srd_status status;

    if (o->mode != SRD_MODE_EXPLAIN && o->mode != SRD_MODE_FORWARD) {
        return srd__fail(detail, SRD_ERR_ARGUMENT, SRD_LAYER_NONE, NULL, "unknown mode %d", o->mode);
    }
    if (o->batch < 0 || o->workers < 0 || o->workers > 1024 || o->keep_count < 0) {
        return srd__fail(detail, SRD_ERR_ARGUMENT, SRD_LAYER_NONE, NULL,
                         "batch %d, workers %d, keep_count %d: none may be negative, workers at most 1024", o->batch,
                         o->workers, o->keep_count);
    }
    if ((o->input_sizes != NULL && o->input_size_count != graph->input_count) ||
        (o->input_sizes == NULL && o->input_size_count != 0) || (o->keeps == NULL && o->keep_count != 0)) {
        return srd__fail(detail, SRD_ERR_ARGUMENT, SRD_LAYER_NONE, NULL,
                         "the graph has %d inputs, input_size_count is %d; or a count comes without its array",
                         graph->input_count, o->input_size_count);
    }
    for (int32_t i = 0; o->input_sizes != NULL && i < 2 * graph->input_count; ++i) {
        if (o->input_sizes[i] < 0) {
            return srd__fail(detail, SRD_ERR_ARGUMENT, SRD_LAYER_NONE, NULL, "input_sizes[%d] is %d", i, o->input_sizes[i]);
        }
    }
    if (o->keep_images != SRD_IMAGES_ALL && o->keep_images != SRD_IMAGES_ONE) {
        return srd__fail(detail, SRD_ERR_ARGUMENT, SRD_LAYER_NONE, NULL,
                         "keep_images %d is neither SRD_IMAGES_ALL nor SRD_IMAGES_ONE", o->keep_images);
    }
    if (o->kernels < SRD_KERNELS_BEST || o->kernels > SRD_KERNELS_AMX) {
        return srd__fail(detail, SRD_ERR_ARGUMENT, SRD_LAYER_NONE, NULL, "kernels %d is none of SRD_KERNELS_...", o->kernels);
    }
    status = check_ways(o, detail);
    if (status != SRD_OK) return status;
    if (srd__kernels_of(o->kernels) == NULL) {
        return srd__fail(detail, SRD_ERR_UNSUPPORTED, SRD_LAYER_NONE, NULL,
                         "this processor, its system or this build lacks the kernels %d; SRD_KERNELS_BEST takes what there is",
                         o->kernels);
    }
    if (o->batch == 0) o->batch = 1;
    if (!SRD_WITH_BATCH && o->batch > 1) return srd__left_out(detail, SRD_LAYER_NONE, NULL, "SRD_WITH_BATCH");
    if (o->workers == 0) o->workers = 1;
    return SRD_OK;
}

/* The switch of something to keep that this build leaves out, or NULL. */
static const char *left_out(int32_t what)
{
    if (!SRD_WITH_INNER_MAPS && (what & SRD_KEEP_MAP) != 0) return "SRD_WITH_INNER_MAPS";
    if (!SRD_WITH_CHANNEL_MAPS && (what & SRD_KEEP_CHANNELS) != 0) return "SRD_WITH_CHANNEL_MAPS";
    if (!SRD_WITH_GRADCAM && (what & SRD_KEEP_GRADCAM) != 0) return "SRD_WITH_GRADCAM";
    if (!SRD_WITH_PATTERNS && (what & SRD_KEEP_PATTERN) != 0) return "SRD_WITH_PATTERNS";
    return !SRD_WITH_STARTS && (what & SRD_KEEP_START) != 0 ? "SRD_WITH_STARTS" : NULL;
}

/* One entry of keeps, of a layer that exists or SRD_LAYER_NONE. */
static srd_status note_keep(srd_explainer *ex, int32_t i, srd_layer layer, int32_t what, srd_detail *detail)
{
    const srd_graph *const graph = ex->plan.graph;
    srd__node *node;

    if (left_out(what) != NULL) return srd__left_out(detail, SRD_LAYER_NONE, NULL, left_out(what));
    if (layer == SRD_LAYER_NONE && what == SRD_KEEP_PATTERN) {
        for (int32_t id = 0; id < graph->layer_count; ++id) {
            if (graph->layers[id]->live && graph->layers[id]->kind->activates) ex->plan.nodes[id].kept_pattern = 1;
        }
        return SRD_OK;
    }
    if (layer == SRD_LAYER_NONE && what == SRD_KEEP_CHANNELS) {
        for (int32_t k = 0; k < graph->input_count; ++k) ex->plan.nodes[ex->plan.inputs[k]].kept_channels = 1;
        return SRD_OK;
    }
    if (layer == SRD_LAYER_NONE && what == SRD_KEEP_GRADCAM) layer = srd__gradcam_default(ex);
    if (layer < 0 || layer >= graph->layer_count) {
        return srd__fail(detail, SRD_ERR_ARGUMENT, SRD_LAYER_NONE, NULL,
                         "keeps[%d]: layer %d is no layer: the graph has 0 to %d", i, layer, graph->layer_count - 1);
    }
    node = &ex->plan.nodes[srd__resolve(graph, layer)];
    if ((what & SRD_KEEP_START) != 0) node->kept_start = 1;
    if ((what & SRD_KEEP_MAP) != 0 && !graph->layers[srd__resolve(graph, layer)]->live) {
        return srd__fail(detail, SRD_ERR_UNSUPPORTED, layer, graph->layers[layer]->name,
                         "keeps[%d]: the layer reaches no output: it has no map", i);
    }
    if ((what & SRD_KEEP_MAP) != 0) node->kept_map = !graph->layers[srd__resolve(graph, layer)]->site;
    if (!graph->layers[srd__resolve(graph, layer)]->site && (what & ~(SRD_KEEP_START | SRD_KEEP_MAP)) != 0) {
        return srd__fail(detail, SRD_ERR_UNSUPPORTED, layer, graph->layers[layer]->name,
                         "keeps[%d] is not a site: only things of sites are kept", i);
    }
    if ((what & SRD_KEEP_PATTERN) != 0 && !graph->layers[srd__resolve(graph, layer)]->kind->activates) {
        return srd__fail(detail, SRD_ERR_ARGUMENT, layer, graph->layers[layer]->name,
                         "keeps[%d]: only activations have an on/off pattern", i);
    }
    if ((what & SRD_KEEP_CHANNELS) != 0 && graph->layers[srd__resolve(graph, layer)]->kind->role != SRD__SOURCE) {
        return srd__fail(detail, SRD_ERR_ARGUMENT, layer, graph->layers[layer]->name,
                         "keeps[%d]: only inputs have maps per channel", i);
    }
    if ((what & SRD_KEEP_CHANNELS) != 0) node->kept_channels = 1;
    if ((what & SRD_KEEP_VALUE) != 0) node->kept_value = 1;
    if ((what & SRD_KEEP_GRADCAM) != 0) node->kept_gradcam = 1;
    if ((what & SRD_KEEP_PATTERN) != 0) node->kept_pattern = 1;
    return SRD_OK;
}

static srd_status note_keeps(srd_explainer *ex, const srd_explainer_options *o, srd_detail *detail)
{
    const int32_t all =
        SRD_KEEP_VALUE | SRD_KEEP_GRADCAM | SRD_KEEP_PATTERN | SRD_KEEP_CHANNELS | SRD_KEEP_START | SRD_KEEP_MAP;
    srd_status status;
    srd_keep keep;
    size_t size;

    if (o->keep_count == 0) return SRD_OK;
    status = srd__entry_size(o->keep_size, sizeof keep, SRD__TEXT("keeps"), &size, detail);
    for (int32_t i = 0; status == SRD_OK && i < o->keep_count; ++i) {
        status = srd__entry_read(&keep, sizeof keep, o->keeps, size, i, SRD__TEXT("keeps"), detail);
        if (status != SRD_OK) return status;
        if (keep.what <= 0 || keep.what > all) {
            return srd__fail(detail, SRD_ERR_ARGUMENT, SRD_LAYER_NONE, NULL, "keeps[%d] has unknown bits in what: %d", i,
                             keep.what);
        }
        if (srd__recomputes(ex) && (keep.what & (SRD_KEEP_GRADCAM | SRD_KEEP_CHANNELS | SRD_KEEP_MAP)) != 0) {
            return srd__fail(detail, SRD_ERR_UNSUPPORTED, SRD_LAYER_NONE, NULL,
                             "keeps[%d]: Grad-CAM, maps per channel and maps of inner layers need SRD_RATIOS_FLOAT32 or "
                             "SRD_RATIOS_FLOAT16",
                             i);
        }
        if ((keep.what & SRD_KEEP_PATTERN) != 0 && srd__images(ex) < o->batch) {
            return srd__fail(detail, SRD_ERR_UNSUPPORTED, SRD_LAYER_NONE, NULL,
                             "keeps[%d]: with SRD_IMAGES_ONE the patterns of a batch do not outlive their images; batch "
                             "must be 1",
                             i);
        }
        status = note_keep(ex, i, keep.layer, keep.what, detail);
    }
    return status;
}

/* Everything but taking the handle's own memory; with count_only all but the arena. */
static srd_status build(srd_explainer *ex, const srd_graph *graph, const srd_explainer_options *options, bool count_only,
                        srd_detail *detail)
{
    srd_status status;

    /* The graph is only read; holding it changes nothing but its count of holders. */
    ex->plan.graph = (srd_graph *)(uintptr_t)graph;
    ex->plan.options = *options;
    ex->plan.kernels = srd__kernels_of(options->kernels);
    ex->plan.images = options->keep_images == SRD_IMAGES_ONE ? 1 : options->batch;
    status = srd__bind(ex, detail);
    if (status == SRD_OK) status = note_keeps(ex, options, detail);
    if (status == SRD_OK) status = srd__bind_segments(ex, detail);
    if (status == SRD_OK) status = srd__make_plan(ex, count_only, detail);
    ex->run.next_step = -1;
    ex->run.masked_layer = SRD_LAYER_NONE;
    ex->plan.options.input_sizes = NULL;
    ex->plan.options.keeps = NULL;
    return status;
}

static srd_status start(const srd_graph *graph, const srd_explainer_options *options, const srd_memory *memory, bool count_only,
                        srd_explainer **out, srd_detail *detail)
{
    srd_explainer_options ours;
    srd__heap heap;
    srd_explainer *ex;
    srd_status status;

    if (!srd__is_graph(graph)) return srd__fail_graph(detail);
    if (!graph->sealed) return srd__fail(detail, SRD_ERR_STATE, SRD_LAYER_NONE, NULL, "the graph is not sealed");
    status = srd__options_read(&ours, sizeof ours, options, offsetof(srd_explainer_options, keep_images),
                               "srd_explainer_options", detail);
    if (status == SRD_OK) status = check_options(graph, &ours, detail);
    if (status == SRD_OK) status = srd__heap_init(&heap, memory, detail);
    if (status != SRD_OK) return status;
    ex = (srd_explainer *)srd__heap_take(&heap, sizeof *ex);
    if (ex == NULL) return srd__fail(detail, SRD_ERR_MEMORY, SRD_LAYER_NONE, NULL, "no memory for an explainer");
    ex->heap = heap;
    ex->heap.memory.struct_size = SRD__EXPLAINER_TAG;
    status = build(ex, graph, &ours, count_only, detail);
    if (status != SRD_OK) {
        srd__heap_release(&ex->heap);
        return status;
    }
    *out = ex;
    return SRD_OK;
}

srd_status srd_explainer_memory_size(const srd_graph *graph, const srd_explainer_options *options, const srd_memory *work,
                                     size_t *size, srd_detail *detail)
{
    srd_explainer *ex = NULL;
    srd_status status;

    if (size == NULL) return srd__fail(detail, SRD_ERR_ARGUMENT, SRD_LAYER_NONE, NULL, "size is NULL");
    status = start(graph, options, work, true, &ex, detail);
    if (ex == NULL) return status;
    *size = srd__max(srd__heap_size(&ex->heap), ex->heap.used + srd__align(ex->plan.arena_bytes));
    srd__heap_release(&ex->heap);
    return SRD_OK;
}

srd_status srd_explainer_create(const srd_graph *graph, const srd_explainer_options *options, const srd_memory *memory,
                                srd_explainer **out, srd_detail *detail)
{
    srd_explainer *ex = NULL;
    srd_status status;

    if (out == NULL) return srd__fail(detail, SRD_ERR_ARGUMENT, SRD_LAYER_NONE, NULL, "out is NULL");
    status = start(graph, options, memory, false, &ex, detail);
    if (ex == NULL) return status;
    (void)srd__count_add(&ex->plan.graph->holders, 1);
    *out = ex;
    return SRD_OK;
}

void srd_explainer_free(srd_explainer *explainer)
{
    srd_graph *graph;

    if (!srd__is_explainer(explainer) || !srd__swap_if(&explainer->claim, SRD__FREE, SRD__CLAIMED)) return;
    graph = explainer->plan.graph;
    explainer->heap.memory.struct_size = 0;
    srd__heap_release(&explainer->heap);
    srd__graph_let_go(graph);
}

/* Strides of a value tensor for (image, channel, row, column); false if its shape is none of those allowed. */
static bool value_strides(const srd_explainer *ex, const srd__shape *s, const srd_tensor *t, int64_t *stride)
{
    const int64_t want[4] = { srd__images(ex), s->c, s->h, s->w };
    const int32_t last = t->rank <= 2 && s->h == 1 && s->w == 1 ? 2 : 4;
    const int32_t first = last - t->rank;

    if (t->rank == 0 || first < 0 || first > 1 || (first == 1 && srd__images(ex) != 1)) return false;
    for (int32_t i = 0; i < 4; ++i) {
        stride[i] = i >= first && i < last ? t->strides[i - first] : 0;
        if (i >= first && i < last && t->shape[i - first] != want[i]) return false;
    }
    return true;
}

static void copy_value(srd_explainer *ex, int32_t layer, const srd__shape *s, float *to, const int64_t *stride)
{
    for (int32_t image = 0; image < srd__images(ex); ++image) {
        const float *from;

        srd__open_image(ex, image);
        from = srd__value(ex, layer);
        for (int32_t p = 0; p < s->h * s->w; ++p) {
            for (int32_t c = 0; c < s->c; ++c) {
                to[image * stride[0] + c * stride[1] + p / s->w * stride[2] + p % s->w * stride[3]] = *from++;
            }
        }
    }
}

static srd_status read_value(srd_explainer *explainer, srd_layer layer, srd_tensor *value)
{
    int64_t stride[4];
    const srd__layer *l;
    srd_status status;
    int32_t id;

    status = srd__want_layer(explainer, SRD__TEXT("layer"), layer, explainer->failure);
    if (status != SRD_OK) return status;
    status = srd__want_output(value, "value", explainer->failure, layer, explainer->plan.graph->layers[layer]->name);
    if (status != SRD_OK) return status;
    if (!explainer->run.has_run) {
        return srd__fail(explainer->failure, SRD_ERR_STATE, SRD_LAYER_NONE, NULL, "there is no run to read from");
    }
    l = explainer->plan.graph->layers[layer];
    id = srd__resolve(explainer->plan.graph, layer);
    if (!explainer->plan.nodes[id].kept_value) {
        return srd__fail(explainer->failure, SRD_ERR_STATE, layer, l->name,
                         "the value is not kept: name the layer with SRD_KEEP_VALUE in srd_explainer_options.keeps");
    }
    if (!value_strides(explainer, &explainer->plan.shapes[id], value, stride)) {
        return srd__fail(explainer->failure, SRD_ERR_SHAPE, layer, l->name, "value must be [%d][%d][%d][%d]%s",
                         srd__images(explainer), explainer->plan.shapes[id].c, explainer->plan.shapes[id].h,
                         explainer->plan.shapes[id].w, srd__one_image_note(explainer));
    }
    copy_value(explainer, id, &explainer->plan.shapes[id], (float *)value->writable, stride);
    return SRD_OK;
}

srd_status srd_explainer_value(srd_explainer *explainer, srd_layer layer, srd_tensor *value, srd_detail *detail)
{
    const srd_status status = srd__claim(explainer, false, detail);

    return status == SRD_OK ? srd__unclaim(explainer, read_value(explainer, layer, value)) : status;
}

static srd_status find_top_class(srd_explainer *explainer, int32_t image, int32_t output, int32_t *class_index, float *score)
{
    srd_target target = SRD_TARGET_INIT;
    int32_t top;

    if (image < 0 || image >= srd__batch(explainer)) {
        return srd__fail(explainer->failure, SRD_ERR_ARGUMENT, SRD_LAYER_NONE, NULL,
                         "there is no image %d: a run has %d, counted from 0", image, srd__batch(explainer));
    }
    if (output < 0 || output >= explainer->plan.graph->output_count) {
        return srd__fail(explainer->failure, SRD_ERR_ARGUMENT, SRD_LAYER_NONE, NULL,
                         "there is no output %d: the graph has %d, counted from 0", output,
                         explainer->plan.graph->output_count);
    }
    if (!explainer->run.has_run) {
        return srd__fail(explainer->failure, SRD_ERR_STATE, SRD_LAYER_NONE, NULL, "there is no run to read from");
    }
    if (srd__images(explainer) < srd__batch(explainer) && image != explainer->run.number) {
        return srd__fail(explainer->failure, SRD_ERR_STATE, SRD_LAYER_NONE, NULL,
                         "only image %d is kept: the explainer was made with SRD_IMAGES_ONE", explainer->run.number);
    }
    target.output = output;
    srd__open_image(explainer, srd__images(explainer) < srd__batch(explainer) ? 0 : image);
    top = srd__top_class(explainer, &target, image);
    if (class_index != NULL) *class_index = top;
    if (score != NULL) *score = srd__score(explainer, &target, image, top);
    return SRD_OK;
}

srd_status srd_explainer_top_class(srd_explainer *explainer, int32_t image, int32_t output, int32_t *class_index, float *score,
                                   srd_detail *detail)
{
    const srd_status status = srd__claim(explainer, false, detail);

    if (status != SRD_OK) return status;
    return srd__unclaim(explainer, find_top_class(explainer, image, output, class_index, score));
}

srd_status srd_explainer_layer_shape(const srd_explainer *explainer, srd_layer layer, int32_t *shape, srd_detail *detail)
{
    srd_status status = srd__want_explainer(explainer, detail);
    int32_t id;

    if (status == SRD_OK) status = srd__want_layer(explainer, SRD__TEXT("layer"), layer, detail);
    if (status != SRD_OK) return status;
    if (shape == NULL) return srd__fail(detail, SRD_ERR_ARGUMENT, SRD_LAYER_NONE, NULL, "shape is NULL");
    id = srd__resolve(explainer->plan.graph, layer);
    if (!explainer->plan.graph->layers[id]->live && explainer->plan.graph->layers[id]->kind->role != SRD__SOURCE) {
        return srd__fail(detail, SRD_ERR_ARGUMENT, layer, explainer->plan.graph->layers[layer]->name,
                         "the layer reaches no output: it has no shape");
    }
    shape[0] = explainer->plan.shapes[id].c;
    shape[1] = explainer->plan.shapes[id].h;
    shape[2] = explainer->plan.shapes[id].w;
    return SRD_OK;
}

int32_t srd_explainer_batch(const srd_explainer *explainer)
{
    return srd__is_explainer(explainer) ? srd__batch(explainer) : 0;
}

int32_t srd_explainer_kernels(const srd_explainer *explainer)
{
    return srd__is_explainer(explainer) ? srd__kernels_set(explainer->plan.kernels) : 0;
}

size_t srd_explainer_memory_used(const srd_explainer *explainer)
{
    return srd__is_explainer(explainer) ? srd__heap_size(&explainer->heap) : 0;
}
