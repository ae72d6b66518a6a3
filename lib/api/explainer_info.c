/* explainer_info.c -- what the plan of an explainer will do and cost, before it runs. */
#include "explain/busy.h"
#include "explain/fast_case.h"
#include "paths/inner_memory.h"

/* Products of the forward pass of one lane at one position; a branch without a mixing layer adds its channels. */
static int64_t lane_products(const srd__bound *bound, const srd__lane *lane)
{
    if (lane->mixing == NULL) return bound->shape.c;
    return (int64_t)bound->shape.c * lane->taps * (lane->branch->flattened ? lane->grid.c : lane->mixing->before);
}

static int64_t kept_bytes(const srd__node *node, bool ratios)
{
    int64_t bytes = 0;

    for (int32_t k = 0; k < SRD__STORES; ++k) {
        const srd__array *const array = node->which[k] != 0 ? &node->arrays[node->which[k] - 1] : NULL;

        if (array != NULL && (array->place & (SRD__KEPT | SRD__KEPT_AMONG)) != 0 && (k == SRD__STORE_RATIO) == ratios) {
            bytes += (int64_t)srd__align(array->bytes);
        }
    }
    return bytes;
}

static void add_products(const srd__bound *bound, srd_plan_info *info)
{
    for (int32_t i = 0; i < bound->segment->branch_count; ++i) {
        info->multiply_adds += bound->positions * lane_products(bound, &bound->lanes[i]);
    }
}

static void describe_segment(const srd__bound *bound, srd_plan_info *info)
{
    info->verdict = bound->single ? SRD_VERDICT_SINGLE : SRD_VERDICT_EXACT;
    info->paths = bound->sources;
    if (!bound->single) info->ratios = (int64_t)bound->sources * bound->positions;
    add_products(bound, info);
}

srd_status srd_explainer_plan_info(const srd_explainer *explainer, srd_layer layer, srd_plan_info *info, srd_detail *detail)
{
    srd_plan_info ours = SRD_PLAN_INFO_INIT;
    srd_status status = srd__want_explainer(explainer, detail);
    const srd__layer *l;

    if (status == SRD_OK) status = srd__want_layer(explainer, SRD__TEXT("layer"), layer, detail);
    if (status != SRD_OK) return status;
    l = explainer->plan.graph->layers[srd__resolve(explainer->plan.graph, layer)];
    ours.verdict = SRD_VERDICT_INNER;
    if (!l->live) ours.verdict = SRD_VERDICT_DEAD;
    else if (l->kind->role == SRD__SOURCE) ours.verdict = SRD_VERDICT_SOURCE;
    else if (explainer->plan.nodes[l->id].bound >= 0)
        describe_segment(&explainer->plan.bounds[explainer->plan.nodes[l->id].bound], &ours);
    /* Inside a segment, but computed for the statistics of the layer above. */
    if (explainer->plan.nodes[l->id].under >= 0)
        add_products(&explainer->plan.bounds[explainer->plan.nodes[l->id].under], &ours);
    if (srd__is_black_box(l) && l->live) ours.verdict = SRD_VERDICT_ASSUMED;
    if (explainer->plan.options.mode == SRD_MODE_FORWARD || srd__recomputes(explainer)) ours.ratios = 0;
    ours.positions = (int64_t)explainer->plan.shapes[l->id].h * explainer->plan.shapes[l->id].w;
    ours.ratio_bytes = kept_bytes(&explainer->plan.nodes[l->id], true);
    ours.kept_bytes = kept_bytes(&explainer->plan.nodes[l->id], false) + (int64_t)srd__inner_bytes(explainer, l->id);
    return srd__report_write(info, &ours, sizeof ours, sizeof ours, SRD__TEXT("srd_plan_info"), detail);
}

const char *srd_explainer_fast_case(const srd_explainer *explainer, srd_layer layer, int32_t index)
{
    const srd__bound *bound;
    const srd__fast *cases[4];

    if (!srd__is_explainer(explainer) || layer < 0 || layer >= explainer->plan.graph->layer_count || index < 0) return NULL;
    layer = srd__resolve(explainer->plan.graph, layer);
    if (explainer->plan.nodes[layer].bound < 0) return NULL;
    bound = &explainer->plan.bounds[explainer->plan.nodes[layer].bound];
    cases[0] = srd__branch_case(bound);
    cases[1] = srd__segment_case(bound);
    cases[2] = srd__shortcut_case(bound);
    cases[3] = srd__head_case(bound);
    for (int32_t i = 0; i < 4; ++i) {
        if (cases[i] != NULL && index-- == 0) return cases[i]->name;
    }
    return NULL;
}

static const char *note_of(const void *context, int32_t layer, int32_t index)
{
    return srd_explainer_fast_case((const srd_explainer *)context, layer, index);
}

srd_status srd_explainer_dump(const srd_explainer *explainer, int32_t format, srd_write write, void *user, srd_detail *detail)
{
    srd__dump_notes notes = { NULL, note_of, explainer };
    const srd_status status = srd__want_explainer(explainer, detail);

    if (status != SRD_OK) return status;
    notes.shapes = explainer->plan.shapes;
    return srd__dump(explainer->plan.graph, format, write, user, &notes, detail);
}

srd_status srd_explainer_memory_info(const srd_explainer *explainer, srd_memory_info *info, srd_detail *detail)
{
    srd_memory_info ours = SRD_MEMORY_INFO_INIT;
    const srd_status status = srd__want_explainer(explainer, detail);

    if (status != SRD_OK) return status;
    ours.total = (int64_t)srd__heap_size(&explainer->heap);
    ours.tables = (int64_t)(srd__heap_size(&explainer->heap) - srd__align(explainer->plan.arena_bytes));
    ours.working = (int64_t)(explainer->plan.transient_bytes - explainer->plan.among_bytes);
    ours.kept = (int64_t)(explainer->plan.persistent_bytes + explainer->plan.among_bytes);
    ours.scratch = (int64_t)((explainer->plan.arena_bytes - explainer->plan.transient_bytes -
                              explainer->plan.persistent_bytes * (size_t)explainer->plan.images) /
                             (size_t)explainer->plan.options.workers);
    return srd__report_write(info, &ours, sizeof ours, sizeof ours, SRD__TEXT("srd_memory_info"), detail);
}
