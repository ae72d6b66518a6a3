/*
 * tiling.c -- how a segment is cut up: blocks of output channels, tiles of positions, chunks of paths, units of work. Only time
 * and the size of the scratch depend on it.
 */
#include "tiles/tiling.h"

#include "explain/fast_case.h"

#include "paths/bound_branch.h"

/* Blocks of output channels that one look at the pixels serves. Borrowed weights are brought one block at a time. */
static int32_t most_blocks(const srd__bound *bound)
{
    const srd__fast *const fast = srd__segment_case(bound);

    if (fast != NULL && fast->one_block) return 1;
    for (int32_t i = 0; i < bound->segment->branch_count; ++i) {
        const srd__layer *const mixing = bound->lanes[i].mixing;

        if (mixing != NULL && mixing->weight.packed == NULL) return 1;
    }
    return srd__min(SRD__MOST_BLOCKS, (bound->shape.c - 1) / SRD__PANEL + 1);
}

/* Blocks, pixels of a tile and paths so that the contributions stay in the nearest cache. */
static void plan_tile(srd__bound *bound)
{
    int32_t most = SRD_TILE_FLOATS / SRD__PANEL;
    const srd__fast *const fast = srd__segment_case(bound), *const branch = srd__branch_case(bound);
    const int32_t paths = srd__max(bound->paths - srd__shortcut_paths(bound), 1); /* whose contributions lie there together */

    bound->blocks = most_blocks(bound);
    if (branch != NULL && branch->pixel_weights) {
        /* Every pixel reads its own rows: they should be near, and be read by some pixels. */
        while (bound->blocks > 1 && bound->branch->grid.c * bound->blocks > most) bound->blocks /= 2;
        most *= 2;
    } else {
        while (bound->blocks > 1 && paths * bound->blocks * 12 > most) bound->blocks /= 2;
    }
    bound->chunk = srd__min(paths, most / bound->blocks);
    bound->pixels = srd__min(srd__max(most / (paths * bound->blocks), 1), SRD__TILE_PIXELS);
    if (fast != NULL && fast->full_tiles)
        bound->pixels = SRD__TILE_PIXELS; /* of which no contributions are made, but of one that needs care */
}

/* As many units as workers can share, but not so small that the weights are read for nothing. */
static void plan_units(srd__bound *bound, int32_t workers)
{
    const srd__fast *const fast = srd__segment_case(bound);
    const int32_t tiles = (bound->positions + bound->pixels - 1) / bound->pixels;
    /* What lies ready for all blocks of a tile must not be replaced by that of the next one: see fast/whole_tile.h. */
    const int32_t most = fast != NULL && fast->one_tile ? 1 : SRD_UNIT_TILES, least = (tiles + most - 1) / most;

    bound->units = srd__min(tiles, (least + workers - 1) / workers * workers);
}

#if SRD__PARTS
#define PARTS 8

static bool has_parts(const srd__bound *bound)
{
    const srd__fast *const fast = srd__segment_case(bound), *const branch = srd__branch_case(bound);
    uint64_t weights = 0;

    if (bound->positions > SRD_UNIT_TILES * bound->pixels || (fast != NULL && fast->whole) || (branch != NULL && branch->whole))
        return false;
    for (int32_t i = 0; i < bound->segment->branch_count; ++i) {
        const srd__lane *const lane = &bound->lanes[i];

        if (lane->mixing == NULL) continue;
        if (lane->mixing->groups != 1) return false;
        weights += (uint64_t)lane->grid.c * (uint64_t)lane->taps * (uint64_t)bound->shape.c;
    }
    return weights >= SRD_PART_WEIGHTS; /* fewer are done before another worker has begun */
}

/* Fully connected layers, and convolutions of a few positions: if workers shared the positions, each would read all of the weights. So
 * they share the output channels, in as many parts for one worker as for all. */
static void plan_parts(srd__bound *bound)
{
    bound->parts = has_parts(bound) ? srd__min(PARTS, (bound->shape.c - 1) / SRD__PANEL + 1) : 1;
    if (bound->parts > 1) bound->units = 1;
}

size_t srd__part_sums(const srd__bound *bound)
{
    return (2 * (size_t)bound->paths + (size_t)bound->segment->bias_count + 1) * (size_t)bound->positions;
}
#endif

/* What one lane sees is worth being remembered if several blocks after each other look at it, always at all of its channels. */
static void plan_seen(srd__bound *bound)
{
    const srd__fast *const fast = srd__segment_case(bound);
    const int32_t most = SRD_SEEN_POINTERS / SRD_UNIT_TILES / SRD__TILE_PIXELS;

    bound->seen = NULL;
    if (!SRD_WITH_SHORTCUTS || (fast != NULL && fast->one_block) || (bound->shape.c - 1) / SRD__PANEL < bound->blocks) return;
    for (int32_t i = 0; i < bound->segment->branch_count && bound->seen == NULL; ++i) {
        const srd__lane *const lane = &bound->lanes[i];

        if (lane->mixing != NULL && lane->part_count == 1 && lane->parts != NULL && lane->mixing->groups == 1 &&
            lane->taps <= most) {
            bound->seen = lane;
        }
    }
}

void srd__plan_tiles(srd__bound *bound, int32_t workers)
{
    plan_tile(bound);
    plan_units(bound, workers);
    plan_seen(bound);
#if SRD__PARTS
    plan_parts(bound);
#endif
}

int32_t srd__unit_positions(const srd__bound *bound)
{
    return (bound->positions - 1) / bound->units + 1;
}

size_t srd__saved_numbers(const srd__bound *bound)
{
    return (size_t)srd__unit_positions(bound) * (size_t)bound->shape.c;
}

/* Where in the value of a layer the reading for positions from p on begins: at the row under the first tap, as rows only go down. */
static size_t first_read(const srd_explainer *ex, const srd__bound *bound, int32_t layer, int32_t p)
{
    int64_t first = INT64_MAX;

    for (int32_t i = 0; i < bound->segment->branch_count; ++i) {
        const srd__lane *const lane = &bound->lanes[i];
        const int64_t row = (int64_t)(p / bound->shape.w) * lane->window.stride_h - lane->window.top;

        for (int32_t k = 0; k < lane->part_count; ++k) {
            if (lane->parts[k].layer == layer) first = srd__min(first, srd__max(row, 0) * lane->grid.w);
        }
    }
    return (size_t)srd__min(first, INT32_MAX) * (size_t)ex->plan.shapes[layer].c * sizeof(float);
}

size_t srd__slide_ahead(const srd_explainer *ex, const srd__bound *bound, int32_t layer)
{
    const size_t bytes = (size_t)bound->shape.c * sizeof(float);
    size_t ahead = 0;

    for (int32_t i = 0; i < bound->units; ++i) {
        const size_t written = (size_t)srd__unit_begin(bound, i + 1) * bytes;
        const size_t read = first_read(ex, bound, layer, srd__unit_begin(bound, i));

        if (written > read) ahead = srd__max(ahead, written - read);
    }
    return srd__align(ahead);
}

static bool reads_source(const srd__bound *bound, const srd__lane *lane, int32_t source)
{
    for (int32_t slot = 0; slot < lane->slots; ++slot) {
        if (srd__source_of(bound, lane->bases[slot]) == source) return true;
    }
    return false;
}

/*
 * Relevance of a source position is a sum over paths in their order. Those of a convolution come from output positions that go down as
 * the tap goes up, so that bands of positions, the last one first, add it up in the same order. Lanes that share a source
 * do not: all paths of one lane come before those of the next.
 */
static bool goes_down(const srd__bound *bound)
{
    for (int32_t i = 0; i < bound->segment->branch_count; ++i) {
        const srd__lane *const lane = &bound->lanes[i];

        if (lane->paths == 0) continue;
        if (lane->table != NULL || lane->bases == NULL || lane->branch->flattened || lane->window.transposed) return false;
        for (int32_t k = 0; k < i; ++k) {
            for (int32_t slot = 0; bound->lanes[k].paths > 0 && slot < lane->slots; ++slot) {
                if (reads_source(bound, &bound->lanes[k], srd__source_of(bound, lane->bases[slot]))) return false;
            }
        }
    }
    return true;
}

int32_t srd__band(const srd_explainer *ex, const srd__bound *bound)
{
    return goes_down(bound) ? srd__min(bound->units, ex->plan.options.workers) : bound->units;
}

int32_t srd__band_positions(const srd__bound *bound, int32_t units)
{
    return units == bound->units ? bound->positions : srd__min(bound->positions, units * srd__unit_positions(bound));
}
