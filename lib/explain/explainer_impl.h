/* explainer_impl.h -- what the files of explain/ ask of each other. */
#ifndef SRD_EXPLAIN_EXPLAINER_IMPL_H
#define SRD_EXPLAIN_EXPLAINER_IMPL_H

#include "explain/types.h"

/* Images of a run, those that are kept, and the one of these that persistent stores mean now. */
static inline int32_t srd__batch(const srd_explainer *ex)
{
    return SRD_WITH_BATCH ? ex->options.batch : 1;
}

static inline int32_t srd__images(const srd_explainer *ex)
{
    return SRD_WITH_BATCH ? ex->images : 1;
}

static inline int32_t srd__image(const srd_explainer *ex)
{
    return SRD_WITH_BATCH ? ex->image : 0;
}

/* Does a masked copy stand for the value of some layer now? See channels.c. */
static inline bool srd__is_masking(const srd_explainer *ex)
{
    return SRD_WITH_CHANNEL_MAPS && ex->masked_layer != SRD_LAYER_NONE;
}

/* Is y added up in double? See SRD_EXACT_FIRST. */
static inline bool srd__is_exact(const srd__bound *bound)
{
    return SRD_EXACT_FIRST && bound->exact;
}

/* What replaces a layer's values in this run: SRD_PATTERNS_... */
static inline int32_t srd__patterns_of(const srd_explainer *ex, int32_t layer)
{
    return SRD_WITH_PATTERNS ? ex->nodes[layer].patterns : SRD_PATTERNS_OFF;
}

/* Is it a constant that is added? */
static inline bool srd__is_added_constant(const srd__lane *lane)
{
    return SRD__CONSTANTS && lane->branch->constant;
}

/* Are its numbers those of the image, not of the graph? */
static inline bool srd__is_of_image(const srd__segment *segment)
{
    return SRD__STATISTICS && segment->frozen;
}

/* For the message that refuses a tensor's shape: why there is no batch of N in it, or "". */
static inline const char *srd__one_image_note(const srd_explainer *ex)
{
    return ex->images < ex->options.batch ? "; one image is kept at a time" : "";
}

/* Bytes of a store of a layer; 0: it has none. */
static inline size_t srd__bytes_of(const srd_explainer *ex, int32_t layer, int32_t store)
{
    const srd__node *const node = &ex->nodes[layer];

    return node->which[store] != 0 ? node->arrays[node->which[store] - 1].bytes : 0;
}

/* Has a store of the question been written in it? */
static inline bool srd__is_touched(const srd_explainer *ex, int32_t layer, int32_t store)
{
    return (ex->nodes[layer].touched >> store & 1) != 0;
}

/* Where a store of a layer lies, for the current image; NULL if the layer has none. */
void *srd__at(const srd_explainer *ex, int32_t layer, int32_t store);
/* The value of a layer that has one. */
float *srd__value(const srd_explainer *ex, int32_t layer);

/* Most slots of a lane, and most paths of a segment. */
#define SRD__MOST_SLOTS (1 << 24)
/* Most layers of pads that are not 0 below a root: bits of srd__lane.passes. */
#define SRD__MOST_PADS 7

/* Index of a site among a segment's sources, of which it is one. */
int32_t srd__source_index(const srd__bound *bound, int32_t site);

#if SRD__PADS
/* pads.c: lane->pads and passes. More pads than there are bits, or pads in a vector that several lanes share: SRD_ERR_UNSUPPORTED. */
srd_status srd__bind_pads(srd_explainer *ex, const srd__bound *bound, srd__lane *lane);
/* Which bias path of a lane is that of a layer of pads? */
int32_t srd__pad_index(const srd__lane *lane, int64_t layer);
#endif

/* tables.c: lane->table, slots, searched; for a shared lane of all that are in its place. */
srd_status srd__bind_table(srd_explainer *ex, const srd__bound *bound, srd__lane *lane);
/* Is the branch a piece of the same vector as the lane's, over a grid of the same size? */
bool srd__same_place(const srd_explainer *ex, const srd__branch *a, const srd__branch *b);
/* Do lanes in the place of this one, over different layers, have a source in common? */
bool srd__must_share(srd_explainer *ex, const srd__bound *bound, const srd__lane *lane);
/* Source ids in ascending order, in place. */
void srd__sort_ids(int32_t *a, int32_t n);

/* bind.c: tables by layer, shapes, slots; then, when it is known what is kept, segments, lanes and their tables. plan.c: heads, steps, stores. */
srd_status srd__bind(srd_explainer *ex, srd_detail *detail);
srd_status srd__bind_segments(srd_explainer *ex, srd_detail *detail);
srd_status srd__plan(srd_explainer *ex, bool count_only, srd_detail *detail);
/* scratch.c: sizes of the scratch; with count_only nothing is taken. The last step of the plan. */
srd_status srd__take_arena(srd_explainer *ex, bool count_only, srd_detail *detail);

/* plan_tiles.c: the most positions of a unit of work. */
int32_t srd__unit_positions(const srd__bound *bound);
/* Numbers of one part in SRD__STORE_PARTS. */
size_t srd__part_sums(const srd__bound *bound);
/* Numbers of srd__scratch.saved: what y is written over in one unit of work. */
size_t srd__saved_numbers(const srd__bound *bound);
/* Bytes by which y has to begin below the value of a layer, if units are done in their order and none may write over what it or a later
 * one reads there. All lanes are of parts, and no convolution is transposed or fully connected. */
size_t srd__slide_ahead(const srd_explainer *ex, const srd__bound *bound, int32_t layer);

/* The first position of a unit. */
static inline int32_t srd__unit_begin(const srd__bound *bound, int32_t unit)
{
    return (int32_t)((int64_t)bound->positions * unit / bound->units);
}

/* place.c: offsets of all stores, bytes of the regions; ex->too_large if they cannot be addressed. False: no memory. */
bool srd__place_stores(srd_explainer *ex);
/* What runs need of the stores, in nodes[].arrays; false: no memory. */
bool srd__keep_arrays(srd_explainer *ex);

/* Source id of a path whose tap stands over position r of the lane's grid, or -1. */
static inline int32_t srd__path_source(const srd__lane *lane, int32_t r, int32_t slot)
{
    if (r < 0) return -1;
    return lane->table != NULL ? lane->table[(size_t)r * (size_t)lane->slots + (size_t)slot] : lane->bases[slot] + r;
}

/* Winners of a pool are int32_t if its windows have more positions than a byte can tell. */
static inline bool srd__is_wide(const srd__layer *layer)
{
    return layer->window.kernel_h * layer->window.kernel_w > 256;
}

/* Winners of the pool above a stretch at position r of the grid, from its first channel on. */
static inline const uint8_t *srd__stretch_winners(const srd_explainer *ex, const srd__stretch *stretch, int32_t r)
{
    const uint8_t *const winners = (const uint8_t *)srd__at(ex, stretch->pool, SRD__STORE_WINNER);

    return winners + (size_t)r * (size_t)ex->shapes[stretch->pool].c + stretch->winner;
}

/* Position of the lane's grid under a tap of output position p, or -1. */
int32_t srd__lane_position(const srd__bound *bound, const srd__lane *lane, int32_t p, int32_t tap);
/* Does every output position see the position of the same number? Not for flattened lanes. */
bool srd__is_one_to_one(const srd__bound *bound, const srd__lane *lane);
/* The same for positions [p, p + pixels). */
void srd__lane_positions(const srd__bound *bound, const srd__lane *lane, int32_t p, int32_t pixels, int32_t tap, int32_t *at);

/* Slot of a source id at position r of a searched lane; of a lane with vias, where the way is through via. */
int32_t srd__lane_slot(const srd__lane *lane, int32_t r, int32_t id, int32_t via);

/* The i with source_base[i] <= id < source_base[i + 1]. */
int32_t srd__source_of(const srd__bound *bound, int32_t id);

/* Members of a part among channels [first, end) of the root: [*from, return value), empty if that is not larger. */
int32_t srd__part_range(const srd__part *part, int32_t first, int32_t end, int32_t *from);
#if SRD__STATISTICS
/* frozen.c: vectors of a frozen segment, of the current image. */
const float *srd__frozen_scale(const srd_explainer *ex, const srd__bound *bound, int32_t factor);
const float *srd__frozen_bias(const srd_explainer *ex, const srd__bound *bound, int32_t group);
#endif

/* Scale of a branch, [channels of y]; NULL: 1. */
static inline const float *srd__scale_of(const srd_explainer *ex, const srd__bound *bound, const srd__lane *lane)
{
#if SRD__STATISTICS
    if (bound->segment->frozen) return srd__frozen_scale(ex, bound, lane->branch->factor);
#endif
    (void)ex, (void)bound;
    return lane->branch->scale;
}

/* Vector of a bias group, [channels of y]. */
static inline const float *srd__bias_of(const srd_explainer *ex, const srd__bound *bound, int32_t group)
{
#if SRD__STATISTICS
    if (bound->segment->frozen) return srd__frozen_bias(ex, bound, group);
#endif
    (void)ex;
    return bound->segment->biases[group].vector;
}

/* Sum of the groups, [channels of y]; NULL: there are none. */
static inline const float *srd__bias_total(const srd_explainer *ex, const srd__bound *bound)
{
#if SRD__STATISTICS
    if (bound->segment->frozen) return srd__frozen_bias(ex, bound, bound->segment->bias_count);
#endif
    (void)ex;
    return bound->segment->bias_total;
}

/* A walk over the graph with this explainer's sizes and winners. */
srd__walk srd__walk_begin(const srd_explainer *ex, void *context);

/*
 * Reports the runs of channels [first, first + count) of a lane's root at position r, down to layers that have values.
 * Slots in the runs are the lane's.
 */
typedef void (*srd__on_run)(void *context, const srd__run *run, int32_t layer, int32_t position);
void srd__lane_runs(const srd_explainer *ex, const srd__bound *bound, const srd__lane *lane, int32_t r, int32_t first,
                    int32_t count, srd__on_run on_run, void *context);
/* The same down to the sites, also where values lie in place above them. */
void srd__lane_source_runs(const srd_explainer *ex, const srd__bound *bound, const srd__lane *lane, int32_t r, int32_t first,
                           int32_t count, srd__on_run on_run, void *context);

/* bound->head_mixes, head_passes. */
void srd__find_mixing(const srd_explainer *ex, srd__bound *bound);
/* True if the position receives from more than one source position (METHOD section 6). */
bool srd__mixes(const srd_explainer *ex, const srd__bound *bound, int32_t p);
/* Paths of the branches of a bias group: [*first, return value). */
int32_t srd__group_paths(const srd__bound *bound, const srd__bias *bias, int32_t *first);
/* Paths that may share a bias path of a lane: [*first, return value). */
int32_t srd__constant_paths(const srd__bound *bound, const srd__lane *lane, int32_t *first);
/* True if any path runs into the position. */
bool srd__reached(const srd__bound *bound, int32_t p);
/* Notes whether some position has no path, and which biases are shared evenly (METHOD section 4). */
void srd__find_unreached(srd__bound *bound);
void srd__bind_even(srd_explainer *ex, srd__bound *bound);

/* plan_tiles.c: pixels, blocks, chunk and units of a segment. */
void srd__plan_tiles(srd__bound *bound, int32_t workers);

/* tile.c */
/* The next block of output channels: [*first, *first + *count); begin with both 0. False at the end. */
bool srd__next_block(const srd__bound *bound, int32_t *first, int32_t *count);
/* The same with up to `most` whole blocks at once. */
bool srd__next_blocks(const srd__bound *bound, int32_t most, int32_t *first, int32_t *count);
/* Contributions of paths [from, to) to positions [p, p + pixels), channels [first, first + count), into scratch->u:
 * [block][path][pixel][SRD__PANEL]. */
void srd__tile_u(const srd_explainer *ex, const srd__bound *bound, srd__scratch *scratch, int32_t p, int32_t pixels,
                 int32_t first, int32_t count, int32_t from, int32_t to);
/* whole.c: y of the block, without the bias, into scratch->y, and all u, if there is room for all paths and few.c does not do without:
 * for a segment with bound->exact, or with bound->depthwise. */
void srd__tile_exact(const srd_explainer *ex, const srd__bound *bound, srd__scratch *scratch, int32_t p, int32_t pixels,
                     int32_t first, int32_t count);
void srd__tile_depthwise(const srd_explainer *ex, const srd__bound *bound, srd__scratch *scratch, int32_t p, int32_t pixels,
                         int32_t first, int32_t count);
/* What srd__tile_u() does, for a segment with bound->exact. */
void srd__exact_taps(const srd_explainer *ex, const srd__bound *bound, srd__scratch *scratch, int32_t p, int32_t pixels,
                     int32_t first, int32_t count, int32_t from, int32_t to);
/* Can srd__tile_depthwise() do it? */
bool srd__is_whole_depthwise(const srd__bound *bound);
/* A direction at the output of one position's mixing layer, scaled by the posts above, becomes one at its input channels. */
void srd__tap_transpose(const srd_explainer *ex, const srd__bound *bound, const srd__lane *lane, srd__scratch *scratch,
                        int32_t tap, const float *direction);

/* ratio.c: the head needs no norms here, so that a direction may be turned through the weights. */
bool srd__can_turn(const srd__bound *bound);
/*
 * ratio.c. Shares of the paths into position p, by path: sharing ratios when direction is NULL, else <P, direction>.
 * shares is not in scratch. Returns the number of paths that exist.
 */
int32_t srd__position_shares(const srd_explainer *ex, const srd__bound *bound, srd__scratch *scratch, int32_t p,
                             const float *direction, float *shares, bool *special);

#if SRD_WITH_ATTENTION
/* attend.c: mixing above an attention, by head (METHOD section 9). */
bool srd__attends(const srd_explainer *ex, const srd__bound *bound, const srd__lane *lane);
size_t srd__attend_bytes(const srd_explainer *ex, const srd__bound *bound);
/* Fills the heads of the segment's attention; then its contributions can be had until ex->attending changes. */
void srd__attend_begin(srd_explainer *ex, const srd__bound *bound);
/* Contributions of paths [from, to) to positions [p, p + pixels), channels [first, first + count), added to u of path from. */
void srd__attend(const srd_explainer *ex, const srd__bound *bound, float *u, int32_t p, int32_t pixels, int32_t first,
                 int32_t from, int32_t to);
#endif

#if SRD_WITH_POOL_LISTS
/* picked.c: mixing above gather layers that take each channel from one source. */
bool srd__picks(const srd_explainer *ex, const srd__lane *lane);
size_t srd__pick_bytes(const srd__bound *bound);
/* Writes the picks of the segment down; then its contributions can be had until ex->picking changes. */
void srd__pick_begin(srd_explainer *ex, const srd__bound *bound);
/* Contributions of paths [from, to) that a tap sees at position r of the grid, added to u of path from; panels: of the tap, one
 * for each of the blocks, which are block_step floats apart. */
void srd__pick_add(const srd_explainer *ex, const srd__bound *bound, const srd__panel *panels, int32_t blocks, int32_t r,
                   int32_t tap, int32_t from, int32_t to, float *u, size_t path_step, size_t block_step);

/* stretches.c */
srd_status srd__bind_stretches(srd_explainer *ex, const srd__bound *bound, srd__lane *lane);
/* The run of those channels of a stretch that are among [first, first + count); false: none. */
bool srd__stretch_run(const srd__stretch *stretch, int32_t first, int32_t count, srd__run *run);
/* Paths [*from, *to) are those that these output channels may come through: above a concat alone that is one of many. */
void srd__active_paths(const srd_explainer *ex, const srd__bound *bound, int32_t first, int32_t count, int32_t *from,
                       int32_t *to);
#endif

#if SRD_WITH_GIVEN
/* given.c: numbers of a site from the host (what: SRD_GIVEN_...) take the place of ours; *error (may be NULL) grows to the largest
 * difference. */
void srd__give(const srd_explainer *ex, int32_t layer, int32_t what, int32_t p, int32_t first, int32_t count, float *numbers,
               float *error);
srd_status srd__check_given(srd_explainer *ex, const srd_run_options *options);
void srd__take_given(srd_explainer *ex, const srd_run_options *options);
#endif

/* segment_run.c, gather_run.c: one step for the current image. */
void srd__segment_run(srd_explainer *ex, srd__bound *bound);
#if SRD_WITH_CUSTOM
/* segment_run.c: the value of a black box, whose y has just been made. */
srd_status srd__black_box_run(srd_explainer *ex, int32_t layer);
#endif
bool srd__gather_run(srd_explainer *ex, int32_t layer); /* false: a callback broke its word */

/* lane.c: the same as srd__lane_source_runs() for one run of a layer below the root. */
void srd__lane_layer_runs(const srd_explainer *ex, const srd__bound *bound, const srd__lane *lane, int32_t layer, int32_t r,
                          const srd__run *run, srd__on_run on_run, void *context);

/* Parts of a layer's value, down to layers that have values; -1 if sites_only and the positions of one are not those of a site.
 * parts NULL: count only. */
int32_t srd__view_parts(const srd_explainer *ex, int32_t layer, bool sites_only, srd__part *parts);

/* gather_run.c: is the value of an operand a part of one layer's, channel by channel? Which? */
bool srd__operand_is_part(const srd_explainer *ex, const srd__layer *reader, int32_t layer, srd__part *part);

/* spread.c, head.c: one image of a question. */
float *srd__question_store(srd_explainer *ex, int32_t layer, int32_t store);
void srd__spread(srd_explainer *ex, srd__bound *bound);
/* Numbers that it needs for planes on their way, if no ratio is computed again. */
size_t srd__spread_numbers(const srd__bound *bound);
void srd__head_back(srd_explainer *ex, const srd__bound *bound, bool gradient);
void srd__head(srd_explainer *ex, srd__bound *bound);
void srd__head_gradient(srd_explainer *ex, srd__bound *bound, int32_t until);
void srd__head_source(srd_explainer *ex, int32_t layer);

/* run.c: a run whose arguments are checked: ex->run and ex->tensors are set. */
void srd__run_begin(srd_explainer *ex);
srd_status srd__run_step(srd_explainer *ex);
/* One step for the current image. */
srd_status srd__run_op(srd_explainer *ex, const srd__step *step);

/* Shares work of one step among the workers: calls task(context, i, worker) for i in [0, count). */
void srd__parallel(srd_explainer *ex, srd_task task, void *context, int32_t count);

#endif
