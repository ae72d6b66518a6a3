/*
 * run_segment.c -- one segment, tile by tile: y, the value of its layer, and the sharing ratios of its paths in one pass.
 */
#include "run/run_segment.h"

#include "explain/fast_case.h"
#include "explain/host_values.h"
#include "explain/parallel.h"
#include "explain/store.h"
#include "paths/source_count.h"
#include "run/segment_blocks.h"
#include "run/segment_job.h"
#include "tiles/contributions.h"
#include "tiles/position_ratios.h"
#include "tiles/ratio_store.h"
#include "tiles/tile_ratios.h"
#include "tiles/tiling.h"

/* The index-th of the `tiles` tiles of positions [begin, end). */
static srd__tile tile_of(const srd__job *j, const srd__scratch *s, int32_t begin, int32_t end, int32_t index, int32_t tiles)
{
    const int32_t first = (int32_t)((int64_t)(end - begin) * index / tiles);
    const int32_t next = (int32_t)((int64_t)(end - begin) * (index + 1) / tiles);
    const size_t paths = (size_t)j->bound->paths * (size_t)first;
    const size_t groups = (size_t)j->bound->segment->bias_count * (size_t)first;

    const srd__tile made = { begin + first, next - first, s->uu + paths, s->uy + paths, s->yy + first, s->by + groups };

    return made;
}

/* True if one of the numbers is NaN or Inf: exponents of ones carry into the sign. A sum of floats would wait for each add. */
static bool is_broken(const float *x, size_t count)
{
    uint32_t carries = 0;

    for (size_t i = 0; i < count; ++i) {
        uint32_t bits;

        memcpy(&bits, &x[i], sizeof bits);
        carries |= (bits & 0x7f800000u) + 0x00800000u;
    }
    return carries >> 31 != 0;
}

/* Where there is a single path nothing is computed, but positions that it does not reach, or whose y is 0, count as special. */
static void count_special(const srd__job *j, srd__scratch *s, int32_t p, int32_t end)
{
    for (int32_t i = 0; p < end; ++p, ++i)
        s->special += s->yy[i] == 0.0f || (j->bound->has_unreached && !srd__reached(j->bound, p));
}

/* y becomes the value of a pointwise layer, or what APOP puts in its place (METHOD section 7). */
static void activate(const srd__job *j, const srd__layer *layer, srd__scratch *s, int32_t p, float *y)
{
    const int32_t channels = j->bound->shape.c, patterns = srd__patterns_of(j->ex, layer->id);
    uint8_t *pattern = (uint8_t *)srd__at(j->ex, layer->id, SRD__STORE_PATTERN);

    if (patterns == SRD_PATTERNS_ONLY) {
        for (int32_t c = 0; c < channels; ++c) y[c] = y[c] > 0.0f ? 1.0f : 0.0f;
        return;
    }
    if (SRD_WITH_PATTERNS && pattern != NULL) {
        pattern += (size_t)p * (size_t)channels;
        if (patterns == SRD_PATTERNS_IMPOSE) {
            for (int32_t c = 0; c < channels; ++c) y[c] = pattern[c] ? y[c] : 0.0f;
            return;
        }
        for (int32_t c = 0; j->save_pattern && c < channels; ++c) pattern[c] = y[c] > 0.0f;
    }
    if (srd__custom_of(layer) == NULL) layer->kind->value(layer, y, channels);
    else if (!srd__is_black_box(layer)) layer->custom->value(layer->custom->user, y, channels, s->custom);
}

/* From y to the value, positions [p, end). */
SRD__APART static void finish_values(const srd__job *j, srd__scratch *s, int32_t p, int32_t end)
{
    const srd__layer *const layer = j->ex->plan.graph->layers[j->bound->segment->layer];
    const size_t channels = (size_t)j->bound->shape.c;

    if (srd__job_counts(j)) count_special(j, s, p, end);
    if (srd__job_finishes(j) && j->finish.stream) j->ex->plan.kernels->drain();
    if (j->keep_y != NULL) {
        memcpy(j->keep_y + (size_t)p * channels, j->value + (size_t)p * channels, (size_t)(end - p) * channels * sizeof(float));
    }
    if (j->clamps && !srd__job_finishes(j)) {
        j->ex->plan.kernels->clamp(j->value + (size_t)p * channels, (size_t)(end - p) * channels,
                                   layer->kind->clamps == 2 ? layer->low : 0.0f,
                                   layer->kind->clamps == 2 ? layer->high : FLT_MAX);
    }
    for (int32_t i = p; j->bound->segment->pointwise && !j->clamps && i < end; ++i) {
        activate(j, layer, s, i, j->value + (size_t)i * channels);
    }
    if (j->bound->segment->pointwise && !layer->kind->finite &&
        is_broken(j->value + (size_t)p * channels, (size_t)(end - p) * channels)) {
        s->broken = 1;
    }
    for (int32_t i = p; SRD_WITH_GIVEN && j->value_given && i < end; ++i) {
        srd__give(j->ex, layer->id, SRD_GIVEN_VALUE, i, 0, j->bound->shape.c, j->value + (size_t)i * channels, &s->given_error);
    }
}

static void exchange(float *a, float *b, size_t count)
{
    for (size_t i = 0; i < count; ++i) {
        const float x = a[i];

        a[i] = b[i];
        b[i] = x;
    }
}

static void clear_sums(const srd__bound *bound, srd__scratch *s, size_t positions)
{
    memset(s->uu, 0, (size_t)bound->paths * positions * sizeof(float));
    memset(s->uy, 0, (size_t)bound->paths * positions * sizeof(float));
    memset(s->yy, 0, positions * sizeof(float));
    memset(s->by, 0, (size_t)bound->segment->bias_count * positions * sizeof(float));
}

static bool sums_of(const srd__job *j, srd__scratch *s, const srd__tile *t, bool given)
{
    const srd__finish *const finish = srd__job_finishes(j) ? &j->finish : NULL;

    return j->bound->fast->tile(j->ex, j->bound, s, t, j->value, j->norms, given, finish);
}

/* y, which is then the host's if it is given, and all sums: of a tile that is a unit. */
static void sum_tile(const srd__job *j, srd__scratch *s, const srd__tile *t)
{
    const int32_t channels = j->bound->shape.c;

    if (!sums_of(j, s, t, false)) s->broken = 1;
    if (!j->given) return;
    for (int32_t i = t->p; i < t->p + t->pixels; ++i) {
        srd__give(j->ex, j->bound->segment->layer, SRD_GIVEN_PRE_ACTIVATION, i, 0, channels,
                  j->value + (size_t)i * (size_t)channels, j->value_given ? NULL : &s->given_error);
    }
    clear_sums(j->bound, s, (size_t)t->pixels);
    (void)sums_of(j, s, t, true);
}

/* Positions whose sums are not safe, once more. What y was written over lies there again while they are read. */
static void run_careful(const srd__job *j, srd__scratch *s, int32_t begin, int32_t p)
{
    const size_t channels = (size_t)j->bound->shape.c;

    if (j->bound->saves) exchange(j->value + (size_t)p * channels, s->saved + (size_t)(p - begin) * channels, channels);
    srd__careful_ratios(j->ex, j->bound, s, p, j->ratios);
    if (j->bound->saves) exchange(j->value + (size_t)p * channels, s->saved + (size_t)(p - begin) * channels, channels);
}

/* The ratios of a unit, whose sums are complete. */
SRD__APART static void unit_ratios(const srd__job *j, srd__scratch *s, int32_t begin, int32_t end, int32_t of_unit)
{
    const int32_t tiles = SRD_UNIT_TILES > 1 ? of_unit : 1;
    uint32_t careful[SRD_UNIT_TILES] = { 0 };

    for (int32_t i = 0; i < tiles; ++i) {
        const srd__tile t = tile_of(j, s, begin, end, i, tiles);

        careful[i] = srd__tile_ratios(j->ex, j->bound, s, &t, j->ratios);
    }
    for (int32_t i = 0; i < tiles; ++i) { /* afterwards: the sums of the unit are overwritten */
        const srd__tile t = tile_of(j, s, begin, end, i, tiles);

        for (int32_t k = 0; k < t.pixels; ++k) {
            if ((careful[i] >> k & 1) != 0) run_careful(j, s, begin, t.p + k);
        }
    }
}

/* Sums that need y of all channels. */
static void late_sums(const srd__job *j, srd__scratch *s, int32_t begin, int32_t end, int32_t tiles)
{
    const srd__fast *const of_segment = srd__segment_case(j->bound), *const of_shortcut = srd__shortcut_case(j->bound);
    const srd__fast *const fast = of_segment != NULL && of_segment->late_sums != NULL ? of_segment : of_shortcut;

    for (int32_t i = 0; fast != NULL && i < tiles; ++i) {
        const srd__tile t = tile_of(j, s, begin, end, i, tiles);

        fast->late_sums(j->ex, j->bound, s, &t, begin, j->value, j->norms);
    }
}

static void begin_sums(const srd__job *j, srd__scratch *s, int32_t positions)
{
    s->seen_tiles = 0;
    if (j->sums) clear_sums(j->bound, s, (size_t)positions);
    else if (srd__job_counts(j)) memset(s->yy, 0, (size_t)positions * sizeof *s->yy);
}

/* Output channels [from, to) of the tiles of a unit. */
static void run_channels(const srd__job *j, srd__scratch *s, int32_t begin, int32_t end, int32_t tiles, int32_t from,
                         int32_t to)
{
    for (int32_t first = from, count = 0; first + count < to;) {
        const int32_t left = (to - first - count - 1) / SRD__PANEL + 1;

        if (!srd__next_blocks(j->bound, srd__min(j->bound->blocks, left), &first, &count)) return;
        for (int32_t i = 0; i < tiles; ++i) {
            const srd__tile t = tile_of(j, s, begin, end, i, tiles);

            s->tile = i;
            srd__run_blocks(j, s, &t, first, count);
        }
    }
}

/* What begins when y of all channels is there. */
static void end_unit(const srd__job *j, srd__scratch *s, int32_t begin, int32_t end, int32_t tiles)
{
    const srd__bound *const bound = j->bound;

    s->tile = -1;
    if (SRD_WITH_WHOLE_SUMS && j->sums) late_sums(j, s, begin, end, tiles);
    if (j->late_ratios && j->ratios != NULL) bound->fast->late_ratios(j->ex, bound, s, j->value, j->ratios);
    if (!srd__job_is_again(j)) finish_values(j, s, begin, end);
    if (j->sums) unit_ratios(j, s, begin, end, tiles);
    if (SRD_WITH_SHORTCUTS && j->sums && bound->streams) j->ex->plan.kernels->drain();
}

static int32_t tiles_of(const srd__bound *bound, int32_t positions)
{
    return SRD_UNIT_TILES > 1 ? (positions + bound->pixels - 1) / bound->pixels : 1;
}

/* Saves the values that this unit writes y over: a position that is done again needs them. */
static void save_values(const srd__job *j, srd__scratch *s, int32_t begin, int32_t end)
{
    const size_t channels = (size_t)j->bound->shape.c;

    if (!j->bound->saves) return;
    memcpy(s->saved, j->value + (size_t)begin * channels, (size_t)(end - begin) * channels * sizeof *s->saved);
}

/* A few tiles: all of them with some blocks of output channels, whose weights then lie near, before the next blocks. */
static void run_unit(void *context, int32_t index, int32_t worker)
{
    const srd__job *const j = (const srd__job *)context;
    const srd__bound *const bound = j->bound;
    srd__scratch *const s = &j->ex->plan.scratch[worker];
    const int32_t begin = srd__unit_begin(bound, j->first_unit + index),
                  end = srd__unit_begin(bound, j->first_unit + index + 1);
    const int32_t tiles = tiles_of(bound, end - begin);

    begin_sums(j, s, end - begin);
    save_values(j, s, begin, end);
    if (SRD_WITH_WHOLE_SUMS && j->summed) {
        const srd__tile t = tile_of(j, s, begin, end, 0, tiles);

        sum_tile(j, s, &t);
    } else {
        run_channels(j, s, begin, end, tiles, 0, bound->shape.c);
    }
    end_unit(j, s, begin, end, tiles);
}

/* ---- in parts: few positions, many weights, which workers share by output channels --------------------------------------------- */

#if SRD__PARTS
/* The sums of a part, [uu][uy][by][yy] of all positions, which are added up part by part, whoever made them. */
static float *sums_of_part(const srd__job *j, int32_t part)
{
    return (float *)srd__at(j->ex, j->bound->segment->layer, SRD__STORE_PARTS) + (size_t)part * srd__part_sums(j->bound);
}

static void run_part(void *context, int32_t part, int32_t worker)
{
    const srd__job *const j = (const srd__job *)context;
    const srd__bound *const bound = j->bound;
    srd__scratch *const s = &j->ex->plan.scratch[worker];
    const size_t positions = (size_t)bound->positions, paths = (size_t)bound->paths * positions;
    const size_t groups = (size_t)bound->segment->bias_count * positions;
    const int64_t blocks = (bound->shape.c - 1) / SRD__PANEL + 1;
    const int32_t from = (int32_t)(blocks * part / bound->parts) * SRD__PANEL;
    const int32_t to = srd__min((int32_t)(blocks * (part + 1) / bound->parts) * SRD__PANEL, bound->shape.c);
    float *sums = sums_of_part(j, part);

    begin_sums(j, s, bound->positions);
    run_channels(j, s, 0, bound->positions, tiles_of(bound, bound->positions), from, to);
    if (j->sums) {
        memcpy(sums, s->uu, paths * sizeof *sums);
        memcpy(sums += paths, s->uy, paths * sizeof *sums);
        memcpy(sums += paths, s->by, groups * sizeof *sums);
        sums += groups;
    }
    if (j->sums || srd__job_counts(j)) memcpy(sums, s->yy, positions * sizeof *sums);
}

static void run_parts(srd__job *j)
{
    const srd__bound *const bound = j->bound;
    const srd__kernels *const kernels = j->ex->plan.kernels;
    srd__scratch *const s = &j->ex->plan.scratch[0];
    const int32_t positions = bound->positions, paths = bound->paths * positions;
    const int32_t groups = bound->segment->bias_count * positions;

    save_values(j, s, 0, positions);
    srd__parallel(j->ex, run_part, j, bound->parts);
    begin_sums(j, s, positions);
    for (int32_t part = 0; part < bound->parts && (j->sums || srd__job_counts(j)); ++part) {
        const float *sums = sums_of_part(j, part);

        if (j->sums) {
            kernels->sum(sums, paths, s->uu);
            kernels->sum(sums += paths, paths, s->uy);
            kernels->sum(sums += paths, groups, s->by);
            sums += groups;
        }
        kernels->sum(sums, positions, s->yy);
    }
    end_unit(j, s, 0, positions, tiles_of(bound, positions));
}
#endif

/* Adds up what the workers counted in this step: special positions, errors of ratios and of given numbers. */
static void take_notes(srd_explainer *ex, srd__bound *bound)
{
    srd__node_run *const node = &ex->run.nodes[bound->segment->layer];

    for (int32_t i = 0; SRD_WITH_GIVEN && i < ex->plan.options.workers; ++i) {
        node->given_error = srd__max(node->given_error, ex->plan.scratch[i].given_error);
    }
    for (int32_t i = 0; SRD_WITH_REPORTS && i < ex->plan.options.workers; ++i) {
        bound->notes->special += ex->plan.scratch[i].special;
        bound->notes->saturated += ex->plan.scratch[i].saturated;
        bound->notes->ratio_error = srd__max(bound->notes->ratio_error, ex->plan.scratch[i].ratio_error);
        if (SRD__LOST_CHECK) bound->notes->magnitude = srd__max(bound->notes->magnitude, ex->plan.scratch[i].magnitude);
    }
}

/* Notes whether y may be turned into the value in the moment in which it is stored. It may not if y itself is needed
 * afterwards. */
static void note_finish(srd__job *j)
{
    const srd__bound *const bound = j->bound;
    const srd__layer *const layer = j->ex->plan.graph->layers[bound->segment->layer];
    const size_t numbers = (size_t)bound->positions * (size_t)bound->shape.c;

    j->finish.low = !j->clamps ? -(float)INFINITY : layer->kind->clamps == 2 ? layer->low : 0.0f;
    j->finish.high = !j->clamps ? (float)INFINITY : layer->kind->clamps == 2 ? layer->high : FLT_MAX;
    j->finish.stream = !j->summed /* slower there, for no reason that we know */ && numbers > SRD_STREAM_BYTES / sizeof(float);
    j->finishes = (j->clamps || (j->finish.stream && !bound->segment->pointwise && srd__custom_of(layer) == NULL)) &&
                  j->keep_y == NULL && srd__shortcut_case(bound) == NULL && !j->late_ratios && !(j->summed && j->given);
}

/* The fast case of a branch prepares itself; until ex->prepared changes its contributions can be had. */
static void begin_branch(srd_explainer *ex, const srd__bound *bound)
{
    if (srd__branch_case(bound) == NULL) return;
    srd__branch_case(bound)->begin(ex, bound);
    ex->run.prepared = bound;
}

void srd__segment_run(srd_explainer *ex, srd__bound *bound)
{
    const srd__fast *const fast = srd__segment_case(bound);
    const int32_t layer = bound->segment->layer;
    srd__job j = { .ex = ex, .bound = bound };

#if SRD_WITH_WHOLE_SUMS
    bound->notes->head_state = 0;
#endif
    j.value = srd__value(ex, layer);
    j.keep_y = (float *)srd__at(ex, layer, SRD__STORE_Y);
    srd__ratios_of(ex, bound, &ex->run.making);
    if (srd__recomputes(ex)) bound->notes->special = 0; /* the step may have been done before */
    else if (ex->run.making.floats != NULL || srd__halves(&ex->run.making) != NULL) j.ratios = &ex->run.making;
    j.keep_u = (float *)srd__at(ex, layer, SRD__STORE_KEPT_U);
    if (SRD_WITH_SHORTCUTS && j.keep_u != NULL)
        memset(j.keep_u, 0, srd__bytes_of(ex, layer, SRD__STORE_KEPT_U)); /* paths may be passed over */
    j.late_ratios = SRD_WITH_WHOLE_SUMS && fast != NULL && fast->late_ratios != NULL;
    j.sums = j.ratios != NULL && !j.late_ratios;
    j.summed = SRD_WITH_WHOLE_SUMS && j.sums && fast != NULL && fast->tile != NULL;
    j.norms = srd__needs_norms(bound);
    j.save_pattern = SRD_WITH_PATTERNS && ex->plan.nodes[layer].kept_pattern && ex->run.options.patterns == SRD_PATTERNS_OFF;
    j.clamps = ex->plan.graph->layers[layer]->kind->clamps != 0 && bound->segment->pointwise &&
               srd__patterns_of(ex, layer) == SRD_PATTERNS_OFF && srd__at(ex, layer, SRD__STORE_PATTERN) == NULL;
    j.given = SRD_WITH_GIVEN && ex->run.nodes[layer].was_given != 0;
    bound->notes->given = j.given;
    /* A black box has its value only after this. */
    j.value_given = SRD_WITH_GIVEN && ex->run.nodes[layer].given[SRD_GIVEN_VALUE] != NULL &&
                    !srd__is_black_box(ex->plan.graph->layers[layer]);
    begin_branch(ex, bound);
    if (SRD_WITH_WHOLE_SUMS && fast != NULL && fast->begin != NULL && (fast->tile == NULL || j.summed)) fast->begin(ex, bound);
    if (srd__shortcut_case(bound) != NULL) srd__shortcut_case(bound)->begin(ex, bound);
    if (SRD_WITH_SHORTCUTS) note_finish(&j);
#if SRD__PARTS
    if (bound->parts > 1) run_parts(&j);
    else
#endif
        srd__parallel(ex, run_unit, &j, bound->units);
    ex->run.prepared = NULL;
    take_notes(ex, bound);
}

void srd__segment_again(srd_explainer *ex, srd__bound *bound,
                        void (*spread)(srd_explainer *ex, srd__bound *bound, const srd__ratios *ratios))
{
    const int32_t layer = bound->segment->layer;
    srd__ratios *const ratios = &ex->run.making;
    srd__job j = { .ex = ex, .bound = bound, .ratios = ratios, .again = true };

    srd__ratios_of(ex, bound, ratios);
    j.sums = true;
    j.norms = srd__needs_norms(bound);
    ratios->positions = (size_t)srd__band_positions(bound, bound->band);
    srd__note_store(ex, layer, SRD__STORE_RATIO);
    srd__note_store(ex, layer, SRD__STORE_BRANCH_CASE);
    srd__note_store(ex, layer, SRD__STORE_CASE);
    begin_branch(ex, bound);
    for (int32_t end = bound->units; end > 0; end = j.first_unit) {
        j.first_unit = srd__max(end - bound->band, 0);
        ratios->first = srd__unit_begin(bound, j.first_unit);
        ratios->end = srd__unit_begin(bound, end);
        srd__parallel(ex, run_unit, &j, end - j.first_unit);
        take_notes(ex, bound);
        spread(ex, bound, ratios);
    }
    ex->run.prepared = NULL;
}
