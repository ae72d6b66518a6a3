/*
 * attention_heads.c -- a token-wise linear layer W over an attention. The contribution of key j to token i is a sum over heads,
 *
 *     u_ij = sum over h of A_hij w_jh,      w_jh = W[:, channels of h] v_jh,
 *
 * and the w belong to the keys alone: they cost one forward pass of W, and each u then only `heads` products per channel instead
 * of one per value channel. Where an attention has many rows, each a sequence, a slot is a key of the query's own row. Values may have
 * been moved on their way from a site (windows of a picture); they are then read where the move has written them.
 */
#include "explain/fast_case.h"
#include "explain/parallel.h"
#include "explain/store.h"
#include "paths/bound_branch.h"

#if SRD_WITH_ATTENTION
/*
 * Does every key show one position of a site, whatever moved it there (windows, a roll)? Then its value is that position's contribution.
 * A position that the lane's table does not know shows a pad.
 */
static bool moves_only(const srd_explainer *ex, const srd__lane *lane)
{
    const size_t numbers = (size_t)lane->grid.h * (size_t)lane->grid.w * (size_t)lane->slots;
    const srd__layer *layer = ex->plan.graph->layers[ex->plan.graph->layers[lane->branch->root]->inputs[0]];

    for (; !layer->site; layer = ex->plan.graph->layers[layer->inputs[0]]) {
        if (layer->walked != 1 || layer->kind->flattens) return false;
    }
    for (size_t i = 0; i < numbers; ++i) {
        if (lane->table[i] < 0) return false;
    }
    return true;
}

/* The value tokens as one part of a layer; false if they are not. */
static bool value_part(const srd_explainer *ex, const srd__lane *lane, srd__part *part)
{
    const int32_t value = ex->plan.graph->layers[lane->branch->root]->inputs[0];
    const bool sites = srd__view_parts(ex, value, true, NULL) == 1;

    if (!sites && srd__view_parts(ex, value, false, NULL) != 1) return false;
    (void)srd__view_parts(ex, value, sites, part);
    return part->step == 1 && part->count == ex->plan.shapes[value].c;
}

/* Keys of one sequence, and of all. */
static int32_t keys_of_row(const srd_explainer *ex, const srd__lane *lane)
{
    return ex->plan.shapes[ex->plan.graph->layers[lane->branch->root]->inputs[0]].w;
}

static int32_t all_keys(const srd_explainer *ex, const srd__lane *lane)
{
    return ex->plan.shapes[ex->plan.graph->layers[lane->branch->root]->inputs[0]].h * keys_of_row(ex, lane);
}

/* Output position and query must be the same: no stride, and no padding on any side. */
static bool fits(const srd_explainer *ex, const srd__bound *bound, const srd__lane *lane)
{
    const srd__window *const w = &lane->window;
    srd__part part = { 0 };

    return lane->table != NULL && !lane->searched && ex->plan.graph->layers[lane->branch->root]->kind->attends &&
           lane->slots == keys_of_row(ex, lane) && /* a slot is a key, and no more */
           lane->mixing != NULL && !lane->branch->flattened && lane->mixing->groups == 1 && lane->taps == 1 &&
           w->stride_w == 1 && w->left == 0 && w->top == 0 && bound->shape.h == lane->grid.h &&
           bound->shape.w == lane->grid.w && value_part(ex, lane, &part) &&
           (ex->plan.graph->layers[part.site]->site || moves_only(ex, lane));
}

/* The layer whose values begin() reads: of the value tokens, or of a gate over them. */
static int32_t reads(const srd_explainer *ex, const srd__bound *bound)
{
    srd__part part = { 0 };

    (void)value_part(ex, bound->branch, &part);
    return part.layer;
}

static size_t blocks_of(const srd__bound *bound)
{
    return ((size_t)bound->shape.c + SRD__PANEL - 1) / SRD__PANEL;
}

static size_t store_bytes(const srd_explainer *ex, const srd__bound *bound)
{
    const srd__layer *const root = ex->plan.graph->layers[bound->branch->branch->root];

    /* One panel more, because a block may begin inside the last one. */
    const uint64_t panels = (uint64_t)blocks_of(bound) * (uint64_t)all_keys(ex, bound->branch) * (uint64_t)root->groups + 1;

    return panels > SIZE_MAX / SRD__PANEL / sizeof(float) ? SIZE_MAX : (size_t)panels * SRD__PANEL * sizeof(float);
}

typedef struct job {
    const srd_explainer *ex;
    const srd__bound *bound;
    const float *value; /* channel 0 of key 0 */
    size_t stride;
    float *heads;
    int32_t keys, head_count, per_head;
} job;

static void fill_keys(void *context, int32_t index, int32_t worker)
{
    const job *const j = (const job *)context;
    const srd__lane *const lane = j->bound->branch;
    srd__scratch *const s = &j->ex->plan.scratch[worker];
    const int32_t first = index * SRD__TILE_PIXELS, keys = srd__min(SRD__TILE_PIXELS, j->keys - first);
    const srd__tap tap = { 0, 0, 0 };

    for (int32_t head = 0; head < j->head_count; ++head) {
        for (int32_t k = 0; k < keys; ++k) {
            s->x[k] = j->value + (size_t)(first + k) * j->stride + (size_t)head * (size_t)j->per_head;
        }
        for (int32_t block = 0; block < (int32_t)blocks_of(j->bound); ++block) {
            const srd__panel panel =
                srd__weights_panel(&lane->mixing->weight, 0, block, &tap, head * j->per_head, j->per_head, s->panel);

            j->ex->plan.kernels->mix(s->x, keys, j->per_head, &panel, 1, s->y, 0, false);
            for (int32_t k = 0; k < keys; ++k) {
                const size_t row = ((size_t)block * (size_t)j->keys + (size_t)(first + k)) * (size_t)j->head_count;

                memcpy(j->heads + (row + (size_t)head) * SRD__PANEL, s->y + (size_t)k * SRD__PANEL, SRD__PANEL * sizeof(float));
            }
        }
    }
}

static void begin(srd_explainer *ex, const srd__bound *bound)
{
    const srd__lane *const lane = bound->branch;
    srd__part part = { 0 };
    job j = { ex, bound, NULL, 0, NULL, 0, 0, 0 };

    if (!value_part(ex, lane, &part)) return;
    j.value = srd__value(ex, part.layer) + part.source;
    j.stride = (size_t)ex->plan.shapes[part.layer].c;
    j.heads = (float *)srd__at(ex, bound->segment->layer, SRD__STORE_BRANCH_CASE);
    j.keys = all_keys(ex, lane);
    j.head_count = ex->plan.graph->layers[lane->branch->root]->groups;
    j.per_head = lane->grid.c / j.head_count;
    srd__parallel(ex, fill_keys, &j, (j.keys + SRD__TILE_PIXELS - 1) / SRD__TILE_PIXELS);
}

/* One block of output channels. */
static void add_block(const srd_explainer *ex, const srd__bound *bound, float *u, int32_t p, int32_t pixels, int32_t first,
                      int32_t from, int32_t to)
{
    const srd__lane *const lane = bound->branch;
    const size_t keys = (size_t)lane->slots, per_head = (size_t)lane->grid.h * (size_t)lane->grid.w * keys;
    const int32_t heads = ex->plan.graph->layers[lane->branch->root]->groups;
    const float *const weights = (const float *)srd__at(ex, lane->branch->root, SRD__STORE_WINNER);
    const float *const rows = (const float *)srd__at(ex, bound->segment->layer, SRD__STORE_BRANCH_CASE) +
                              (size_t)(first / SRD__PANEL) * (size_t)all_keys(ex, lane) * (size_t)heads * SRD__PANEL +
                              first % SRD__PANEL;

    for (int32_t k = srd__max(from, lane->first_path); k < srd__min(to, lane->first_path + lane->paths); ++k) {
        const size_t key = (size_t)(k - lane->first_path);

        for (int32_t i = 0; i < pixels; ++i) {
            const size_t sequence = (size_t)((p + i) / lane->grid.w);
            const float *const row = rows + (sequence * keys + key) * (size_t)heads * SRD__PANEL;
            float *const to_u = u + ((size_t)(k - from) * (size_t)pixels + (size_t)i) * SRD__PANEL;
            const float *const weight = weights + (size_t)(p + i) * keys + key;

            for (int32_t head = 0; head < heads; ++head) {
                ex->plan.kernels->axpy(weight[(size_t)head * per_head], row + (size_t)head * SRD__PANEL, to_u);
            }
        }
    }
}

static void contributions(const srd_explainer *ex, const srd__bound *bound, srd__scratch *s, const srd__wanted *e)
{
    const size_t block_step = (size_t)(e->to - e->from) * (size_t)e->pixels * SRD__PANEL;

    for (int32_t done = 0; done < e->count; done += SRD__PANEL) {
        add_block(ex, bound, s->u + (size_t)(done / SRD__PANEL) * block_step, e->p, e->pixels, e->first + done, e->from, e->to);
    }
}

static void needs(const srd_explainer *ex, const srd__bound *bound, srd__scratch_needs *n)
{
    (void)ex, (void)bound;
    n->y = srd__max(n->y, (size_t)SRD__TILE_PIXELS); /* of the keys */
    n->all_rows = true;
}

const srd__fast srd__fast_attention_heads = { .name = SRD__CASE_NAME("linear above an attention, by head"),
                                              .takes = SRD__TAKES_BRANCH,
                                              .store = SRD__STORE_BRANCH_CASE,
                                              .again = 1,
                                              .whole = 1,
                                              .ahead = 1,
                                              .reads = reads,
                                              .fits = fits,
                                              .store_bytes = store_bytes,
                                              .needs = needs,
                                              .begin = begin,
                                              .contributions = contributions };
#endif
