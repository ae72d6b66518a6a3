/* scratch.c -- what every worker has for itself (how much of each kind), and srd__take_arena(): the one piece of memory that scratch and all
 * stores are cut from. */
#include "plan/scratch.h"

#include "explain/fast_case.h"
#include "paths/inner_memory.h"
#include "tiles/tiling.h"

/* The product of two numbers, or SIZE_MAX if that is smaller. */
SRD__APART static size_t times(size_t a, size_t b)
{
    return b != 0 && a > SIZE_MAX / b ? SIZE_MAX : a * b;
}

/* Of the live layers by callbacks. */
static size_t most_workspace(const srd_explainer *ex)
{
    size_t most = 0;

    for (int32_t id = 0; id < ex->plan.graph->layer_count; ++id) {
        const srd__layer *const layer = ex->plan.graph->layers[id];

        if (layer->live && srd__custom_of(layer) != NULL) most = srd__max(most, layer->custom->workspace);
    }
    return most;
}

static bool has_inner_maps(const srd_explainer *ex)
{
    return SRD_WITH_INNER_MAPS && ex->plan.inner_count > 0;
}

/* Are products of this lane collected on their way? See lane_runs(). */
static bool collects(const srd__lane *lane)
{
    return lane->mixing != NULL && (lane->parts == NULL || (SRD_WITH_CHANNEL_MAPS && lane->in_place));
}

/* What a segment needs in the general way, and what its fast cases make of it. */
static srd__scratch_needs needs_of(const srd_explainer *ex, const srd__bound *b)
{
    const srd__fast *const cases[] = { srd__branch_case(b), srd__segment_case(b), srd__shortcut_case(b), srd__head_case(b) };
    srd__scratch_needs n = { 0, 0, 0, 1, 0, false, 0 };

    n.u = times(times((size_t)b->blocks, (size_t)b->chunk), (size_t)b->pixels);
    n.y = (size_t)b->blocks * (size_t)b->pixels;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; ++i) {
        if (cases[i] != NULL && cases[i]->needs != NULL) cases[i]->needs(ex, b, &n);
    }
    return n;
}

/* Rows of the panel of a lane's borrowed weights. lane_dense() takes some after the others, lane_runs() those of a fully connected
 * layer; whatever else there is takes all. */
static size_t panel_rows(const srd_explainer *ex, const srd__lane *lane, bool all_rows)
{
    const bool by_rows =
        !all_rows && !has_inner_maps(ex) && ((lane->parts != NULL && !lane->in_place) || lane->branch->flattened);
    const size_t all = (size_t)lane->grid.c;

    return (by_rows ? srd__min(all, SRD_PANEL_ROWS) : all) + 1;
}

/* What is counted over all segments: the most that any of them needs. */
enum most {
    MOST_U,
    MOST_Y,
    MOST_BUNDLES,
    MOST_EXACT,
    MOST_PATH_SUMS,
    MOST_POSITIONS,
    MOST_GROUPS,
    MOST_PATHS,
    MOST_DIRECTION,
    MOST_SOURCES,
    MOST_PANEL,
    MOST_SAVED,
    MOST_CHANNELS,
    MOST_CUSTOM,
    MOST_ONES,
    MOST_VALID,
    MOST_X,
    MOST_SEEN,
    MOST_WEIGHTS,
    MOST_PARTS,
    MOST_WHOLES,
    MOSTS
};

/* One array of a worker's scratch: the member that points to it, and its numbers for each of what is counted. */
typedef struct piece {
    uint16_t member, count;
    uint8_t size, most;
} piece;

#define PIECE(member, type, count, most)                                              \
    {                                                                                 \
        (uint16_t) offsetof(srd__scratch, member), count, (uint8_t)sizeof(type), most \
    }

static const piece pieces[] = {
    PIECE(u, float, SRD__PANEL, MOST_U),
    PIECE(y, float, SRD__PANEL, MOST_Y),
    PIECE(sums, float, SRD_BUNDLE *SRD__PANEL, MOST_BUNDLES),
    PIECE(bundle_x, float *, SRD_BUNDLE, MOST_BUNDLES),
    PIECE(bundle_u, float *, SRD_BUNDLE, MOST_BUNDLES),
#if SRD_EXACT_FIRST
    PIECE(exact, double, SRD__TILE_PIXELS, MOST_EXACT),
    PIECE(terms, double *, 1, MOST_EXACT),
#endif
    PIECE(uu, float, 1, MOST_PATH_SUMS),
    PIECE(uy, float, 1, MOST_PATH_SUMS),
    PIECE(yy, float, 1, MOST_POSITIONS),
    PIECE(by, float, 1, MOST_GROUPS),
    PIECE(norm, float, 1, MOST_PATHS),
    PIECE(share, float, 1, MOST_PATHS),
    PIECE(direction, float, 1, MOST_DIRECTION),
#if SRD_WITH_WHOLE_SUMS
    PIECE(sources, double, 1, MOST_SOURCES),
#endif
    PIECE(panel, float, SRD__PANEL, MOST_PANEL),
    PIECE(saved, float, 1, MOST_SAVED),
    PIECE(zeros, float, 1, MOST_CHANNELS),
#if SRD_WITH_CUSTOM
    PIECE(custom, char, 1, MOST_CUSTOM),
#endif
#if SRD__PADS
    PIECE(ones, float, 1, MOST_ONES),
#endif
    PIECE(valid, uint8_t, 1, MOST_VALID),
    PIECE(x, float *, SRD__TILE_PIXELS, MOST_X),
#if SRD_WITH_SHORTCUTS
    PIECE(seen, float *, SRD__TILE_PIXELS, MOST_SEEN),
#endif
#if SRD_WITH_MANY_WAYS
    PIECE(weights, double, 1, MOST_WEIGHTS),
#endif
#if SRD_WITH_INNER_MAPS
    PIECE(dots, double, 2, MOST_PARTS),
    PIECE(wholes, double, 4, MOST_WHOLES),
    PIECE(parts, float, 1, MOST_PARTS),
#endif
};

/* At least a * b. */
SRD__APART static void need(size_t *most, size_t a, size_t b)
{
    const size_t product = times(a, b);

    *most = srd__max(*most, product);
}

static void count_lane(const srd_explainer *ex, const srd__lane *lane, bool all_rows, size_t *most)
{
    if (SRD__PADS && lane->bias_path >= 0) need(&most[MOST_ONES], (size_t)ex->plan.most_channels, 1);
    if (collects(lane)) most[MOST_BUNDLES] = 1;
    if (SRD_WITH_MANY_WAYS && lane->merges) need(&most[MOST_WEIGHTS], (size_t)lane->slots + (size_t)lane->pad_count, 1);
    if (lane->mixing == NULL || lane->mixing->weight.packed != NULL) return;
    need(&most[MOST_PANEL], panel_rows(ex, lane, all_rows), 1);
}

static void count_segment(const srd_explainer *ex, const srd__bound *b, size_t *most)
{
    const srd__scratch_needs n = needs_of(ex, b);
    const size_t of_unit = (size_t)srd__unit_positions(b), paths = (size_t)b->paths;

    if (SRD_WITH_SHORTCUTS && b->seen != NULL) need(&most[MOST_SEEN], (size_t)SRD_UNIT_TILES, (size_t)b->seen->taps);
    if (b->saves) need(&most[MOST_SAVED], srd__saved_numbers(b), 1);
    need(&most[MOST_U], n.u, 1);
    need(&most[MOST_Y], n.y, 1);
    need(&most[MOST_EXACT], n.exact, 1);
    need(&most[MOST_X], n.x, 1);
    need(&most[MOST_SOURCES], n.sources, 1);
    need(&most[MOST_PANEL], n.panel, 1);
    if (ex->plan.options.mode == SRD_MODE_EXPLAIN) { /* sums for ratios */
        need(&most[MOST_PATH_SUMS], paths, of_unit);
        need(&most[MOST_VALID], paths, (size_t)b->pixels);
        need(&most[MOST_PATHS], paths, 1);
        need(&most[MOST_GROUPS], (size_t)b->segment->bias_count, of_unit);
        need(&most[MOST_POSITIONS], of_unit, 1);
    }
    for (int32_t k = 0; k < b->segment->branch_count; ++k) count_lane(ex, &b->lanes[k], n.all_rows, most);
}

/* Cuts one worker's scratch from base; NULL: only counts. Returns its bytes: of what cannot be addressed SIZE_MAX. */
static size_t cut_scratch(const srd_explainer *ex, srd__scratch *s, char *base)
{
    size_t most[MOSTS] = { 0 }, used = 0;

    most[MOST_Y] = most[MOST_POSITIONS] = most[MOST_X] = 1;
    most[MOST_BUNDLES] = has_inner_maps(ex);
    most[MOST_CHANNELS] = (size_t)ex->plan.most_channels;
    if (ex->plan.options.mode == SRD_MODE_EXPLAIN) most[MOST_DIRECTION] = most[MOST_CHANNELS];
    if (SRD_WITH_CUSTOM) most[MOST_CUSTOM] = most_workspace(ex);
    for (int32_t i = 0; i < ex->plan.bound_count + ex->plan.under_count; ++i) count_segment(ex, &ex->plan.bounds[i], most);
    srd__inner_most(ex, &most[MOST_U], &most[MOST_PARTS], &most[MOST_WHOLES]);
    for (size_t i = 0; i < sizeof pieces / sizeof *pieces; ++i) {
        const size_t bytes = srd__align(times(times(most[pieces[i].most], pieces[i].count), pieces[i].size));

        if (base != NULL && (bytes > 0 || pieces[i].most != MOST_ONES)) { /* ones that nobody reads are none */
            void *const at = base + used;

            memcpy((char *)s + pieces[i].member, &at, sizeof at);
        }
        used = bytes > SIZE_MAX - used ? SIZE_MAX : used + bytes;
    }
    return used;
}

srd_status srd__take_arena(srd_explainer *ex, bool count_only, srd_detail *detail)
{
    srd__scratch probe;
    const size_t images = (size_t)srd__images(ex), workers = (size_t)ex->plan.options.workers;
    const size_t scratch = cut_scratch(ex, &probe, NULL);
    const size_t most = SIZE_MAX / 4;
    char *arena;

    if (ex->plan.too_large || ex->plan.persistent_bytes > most / images || scratch > most / workers ||
        ex->plan.transient_bytes > most) {
        return srd__fail(detail, SRD_ERR_OVERFLOW, SRD_LAYER_NONE, NULL,
                         "the explainer needs more memory than can be addressed");
    }
    ex->plan.arena_bytes = ex->plan.transient_bytes + ex->plan.persistent_bytes * images + scratch * workers;
    if (count_only) return SRD_OK;
    arena = (char *)srd__heap_take(&ex->heap, ex->plan.arena_bytes);
    if (arena == NULL) {
        return srd__fail(detail, SRD_ERR_MEMORY, SRD_LAYER_NONE, NULL,
                         "no memory for the explainer: %z bytes, of which %z are its arena",
                         ex->heap.used + srd__align(ex->plan.arena_bytes), ex->plan.arena_bytes);
    }
    ex->plan.transient = arena;
    ex->plan.persistent = ex->run.kept = arena + ex->plan.transient_bytes;
    for (size_t i = 0; i < workers; ++i) {
        srd__scratch *const s = &ex->plan.scratch[i];

        (void)cut_scratch(ex, s, ex->plan.persistent + ex->plan.persistent_bytes * images + i * scratch);
        for (int32_t c = 0; SRD__PADS && s->ones != NULL && c < ex->plan.most_channels; ++c) s->ones[c] = 1.0f;
    }
    return SRD_OK;
}
