/*
 * segment_run.c -- one segment, tile by tile: y, the value of its layer, and the sharing ratios of its paths in one pass.
 */
#include "explain/ratio.h"
#include "explain/recompute.h"

typedef struct job {
    srd_explainer *ex;
    srd__bound *bound;
    float *value, *keep_y, *keep_u;
    const srd__ratios *ratios; /* NULL: there are none to be computed */
    int32_t first_unit;
    bool again;    /* ratios alone, of a segment whose values were made before: see recompute.h */
    bool summed;   /* by srd__tile_summed() or srd__tile_sliced(), whose units are of one tile */
    bool sums;     /* of contributions are wanted, */
    bool norms;    /* those of their squares too */
    bool finishes; /* values are stored as they are after the activation */
    srd__finish finish;
    bool save_pattern;
    bool clamps;             /* the activation is nothing else, and no pattern is saved or imposed */
    bool given, value_given; /* by the host: anything, the value */
} job;

static bool is_again(const job *j)
{
    return SRD_WITH_RATIOS_RECOMPUTED && j->again;
}

static bool finishes(const job *j)
{
    return SRD_WITH_SHORTCUTS && j->finishes;
}

/* The index-th of the `tiles` tiles of positions [begin, end). */
static srd__tile tile_of(const job *j, const srd__scratch *s, int32_t begin, int32_t end, int32_t index, int32_t tiles)
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

/* Bias, finiteness, and the block's channels of the value (still y). */
SRD__APART static void store_block(const job *j, srd__scratch *s, const srd__tile *t, float *y, int32_t first, int32_t count)
{
    const size_t stride = is_again(j) ? SRD__PANEL : (size_t)j->bound->shape.c;
    float *const to = is_again(j) ? y : j->value + (size_t)t->p * stride + first;
    const float *const total = srd__bias_total(j->ex, j->bound), *bias = total != NULL ? total + first : NULL;

    for (int32_t i = 0; SRD_WITH_GIVEN && j->given && i < t->pixels; ++i) {
        float *const of_pixel = y + (size_t)i * SRD__PANEL;

        if (bias != NULL) j->ex->kernels->sum(bias, count, of_pixel);
        srd__give(j->ex, j->bound->segment->layer, SRD_GIVEN_PRE_ACTIVATION, t->p + i, first, count, of_pixel,
                  j->value_given ? NULL : &s->given_error);
    }
    if (j->given) bias = NULL;
    if (!j->ex->kernels->store(y, t->pixels, bias, count, to, stride, finishes(j) ? &j->finish : NULL)) s->broken = 1;
}

/* <y, y> and <b, y> of one block; behind its channels y is 0. */
SRD__APART static void reduce_block(const job *j, const srd__tile *t, const float *y, int32_t first, int32_t count)
{
    const srd__panel rows = { y, SRD__PANEL };

    j->ex->kernels->dots(y, y, 1, t->pixels, 1, 0, 0, NULL, t->yy);
    for (int32_t g = 0; g < j->bound->segment->bias_count; ++g) {
        float b[SRD__PANEL] = { 0.0f };

        memcpy(b, srd__bias_of(j->ex, j->bound, g) + first, (size_t)count * sizeof *b);
        j->ex->kernels->turn(&rows, t->pixels, b, t->by + (size_t)g * (size_t)t->pixels);
    }
}

/* Paths of some blocks whose contributions are written down. */
static void written_paths(const job *j, int32_t first, int32_t count, int32_t *begin, int32_t *end)
{
    const srd__lane *const identity = j->bound->identity;

    srd__active_paths(j->ex, j->bound, first, count, begin, end);
    if (!SRD_WITH_WHOLE_SUMS || identity == NULL) return;
    if (identity->first_path == 0) *begin = srd__max(*begin, identity->span);
    else *end = srd__min(*end, identity->first_path);
}

/* y of some blocks without the bias: the sums of all contributions; those of the last chunk stay in the scratch. An only contribution
 * that nobody asks for later is y itself. */
static float *sum_paths(const job *j, srd__scratch *s, const srd__tile *t, int32_t first, int32_t count)
{
    const srd__bound *const bound = j->bound;
    const int32_t numbers = t->pixels * SRD__PANEL, blocks = (count + SRD__PANEL - 1) / SRD__PANEL;
    int32_t begin, end;

    if (srd__is_exact(bound)) {
        srd__tile_exact(j->ex, bound, s, t->p, t->pixels, first, count);
        return s->y;
    }
    if (SRD_WITH_GROUPS && bound->depthwise) {
        srd__tile_depthwise(j->ex, bound, s, t->p, t->pixels, first, count);
        return s->y;
    }
    if (SRD_WITH_WHOLE_SUMS && bound->turned) {
        srd__turned_y(j->ex, bound, s, first, count);
        return s->y;
    }
    if (SRD_WITH_WHOLE_SUMS && bound->pick_summed) {
        srd__tile_picked(j->ex, bound, s, t->p, t->pixels, first, count);
        return s->y;
    }
    if (bound->paths == 1 && j->ratios == NULL) {
        srd__tile_u(j->ex, bound, s, t->p, t->pixels, first, count, 0, 1);
        return s->u;
    }
    memset(s->y, 0, (size_t)(blocks * numbers) * sizeof *s->y);
    written_paths(j, first, count, &begin, &end);
    for (int32_t from = begin; from < end; from += bound->chunk) {
        const int32_t paths = srd__min(bound->chunk, end - from);

        srd__tile_u(j->ex, bound, s, t->p, t->pixels, first, count, from, from + paths);
        for (int32_t b = 0; b < blocks; ++b) {
            j->ex->kernels->total(s->u + (size_t)b * (size_t)paths * (size_t)numbers, paths, numbers, s->y + b * numbers);
        }
    }
    if (SRD_WITH_WHOLE_SUMS && bound->identity != NULL) srd__add_identity(j->ex, bound, t, first, count, s->y);
    return s->y;
}

/* The contributions of a chunk of paths to the only position, for the head. */
static void keep_u(const job *j, const srd__scratch *s, int32_t first, int32_t count, int32_t from, int32_t paths)
{
    const size_t channels = (size_t)j->bound->shape.c;
    const float *u = s->u;

    for (int32_t done = 0; done < count; done += SRD__PANEL) {
        const size_t bytes = (size_t)srd__min(SRD__PANEL, count - done) * sizeof *u;

        for (int32_t k = 0; k < paths; ++k, u += SRD__PANEL) {
            memcpy(j->keep_u + (size_t)(from + k) * channels + (size_t)(first + done), u, bytes);
        }
    }
}

/* The same where no ratios are computed: what the only chunk is, or the chunks once more. */
SRD__APART static void keep_paths(const job *j, srd__scratch *s, const srd__tile *t, int32_t first, int32_t count)
{
    const srd__bound *const bound = j->bound;
    int32_t begin, end;

    srd__active_paths(j->ex, bound, first, count, &begin, &end);
    for (int32_t from = begin; from < end; from += bound->chunk) {
        const int32_t paths = srd__min(bound->chunk, end - from);

        if (end - begin > bound->chunk) srd__tile_u(j->ex, bound, s, t->p, t->pixels, first, count, from, from + paths);
        keep_u(j, s, first, count, from, paths);
    }
}

/* <u, u> and <u, y> of some blocks. */
SRD__APART static void reduce_paths(const job *j, srd__scratch *s, const srd__tile *t, int32_t first, int32_t count)
{
    const srd__bound *const bound = j->bound;
    const size_t pixels = (size_t)t->pixels;
    int32_t begin, end;

    written_paths(j, first, count, &begin, &end);
    for (int32_t from = begin; from < end; from += bound->chunk) {
        const int32_t paths = srd__min(bound->chunk, end - from);
        float *const uu = j->norms ? t->uu + (size_t)from * pixels : NULL, *const uy = t->uy + (size_t)from * pixels;

        if (end - begin > bound->chunk) srd__tile_u(j->ex, bound, s, t->p, t->pixels, first, count, from, from + paths);
        if (SRD_WITH_SHORTCUTS && j->keep_u != NULL) keep_u(j, s, first, count, from, paths);
        j->ex->kernels->dots(s->u, s->y, paths, t->pixels, (count + SRD__PANEL - 1) / SRD__PANEL,
                             (size_t)paths * pixels * SRD__PANEL, pixels * SRD__PANEL, uu, uy);
    }
}

/* Are positions counted that a single path does not reach, or whose y is 0? */
static bool counts(const job *j)
{
    return SRD_WITH_REPORTS && j->bound->single && !j->bound->forward;
}

/* Where there is a single path nothing is computed, but positions that it does not reach, or whose y is 0, count as special. */
static void count_special(const job *j, srd__scratch *s, int32_t p, int32_t end)
{
    for (int32_t i = 0; p < end; ++p, ++i)
        s->special += s->yy[i] == 0.0f || (j->bound->has_unreached && !srd__reached(j->bound, p));
}

/* For that: in place of <y, y>, which nobody needs there, 1 if y of this block or one before is not zero. */
static void note_zeros(const srd__tile *t, const float *y, int32_t count)
{
    for (int32_t i = 0; i < t->pixels; ++i, y += SRD__PANEL) {
        for (int32_t c = 0; t->yy[i] == 0.0f && c < count; ++c) t->yy[i] = y[c] != 0.0f ? 1.0f : 0.0f;
    }
}

/* Some blocks of output channels of one tile. */
static void run_blocks(const job *j, srd__scratch *s, const srd__tile *t, int32_t first, int32_t count)
{
    const size_t numbers = (size_t)t->pixels * SRD__PANEL;
    float *y = sum_paths(j, s, t, first, count);

    for (int32_t done = 0; done < count; done += SRD__PANEL, y += numbers) {
        const int32_t channels = srd__min(count - done, SRD__PANEL);

        store_block(j, s, t, y, first + done, channels);
        if (counts(j)) note_zeros(t, y, channels);
        if (j->sums) reduce_block(j, t, y, first + done, channels);
    }
    if (SRD_WITH_WHOLE_SUMS && j->sums && j->bound->few) srd__few_block(j->ex, j->bound, s, t->pixels, first, count);
    else if (SRD_WITH_WHOLE_SUMS && j->sums && j->bound->pick_summed)
        srd__picked_sums(j->ex, j->bound, s, t, first, count, j->norms);
    else if (j->sums) reduce_paths(j, s, t, first, count);
    else if (SRD_WITH_SHORTCUTS && j->keep_u != NULL) keep_paths(j, s, t, first, count);
}

/* y becomes the value of a pointwise layer, or what APOP puts in its place (METHOD section 7). */
static void activate(const job *j, const srd__layer *layer, srd__scratch *s, int32_t p, float *y)
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
SRD__APART static void finish_values(const job *j, srd__scratch *s, int32_t p, int32_t end)
{
    const srd__layer *const layer = j->ex->graph->layers[j->bound->segment->layer];
    const size_t channels = (size_t)j->bound->shape.c;

    if (counts(j)) count_special(j, s, p, end);
    if (finishes(j) && j->finish.stream) j->ex->kernels->drain();
    if (j->keep_y != NULL) {
        memcpy(j->keep_y + (size_t)p * channels, j->value + (size_t)p * channels, (size_t)(end - p) * channels * sizeof(float));
    }
    if (j->clamps && !finishes(j)) {
        j->ex->kernels->clamp(j->value + (size_t)p * channels, (size_t)(end - p) * channels,
                              layer->kind->clamps == 2 ? layer->low : 0.0f, layer->kind->clamps == 2 ? layer->high : FLT_MAX);
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

static bool sums_of(const job *j, srd__scratch *s, const srd__tile *t, bool given)
{
    const srd__finish *const finish = finishes(j) ? &j->finish : NULL;

    if (j->bound->sliced) return srd__tile_sliced(j->ex, j->bound, s, t, j->value, j->norms, given, finish);
    return srd__tile_summed(j->ex, j->bound, s, t, j->value, j->norms, given, finish);
}

/* y, which is then the host's if it is given, and all sums: of a tile that is a unit. */
static void sum_tile(const job *j, srd__scratch *s, const srd__tile *t)
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
static void run_careful(const job *j, srd__scratch *s, int32_t begin, int32_t p)
{
    const size_t channels = (size_t)j->bound->shape.c;

    if (j->bound->saves) exchange(j->value + (size_t)p * channels, s->saved + (size_t)(p - begin) * channels, channels);
    srd__careful_ratios(j->ex, j->bound, s, p, j->ratios);
    if (j->bound->saves) exchange(j->value + (size_t)p * channels, s->saved + (size_t)(p - begin) * channels, channels);
}

/* The first position of a unit. */
static int32_t begin_of(const srd__bound *bound, int32_t unit)
{
    return srd__unit_begin(bound, unit);
}

/* The ratios of a unit, whose sums are complete. */
SRD__APART static void unit_ratios(const job *j, srd__scratch *s, int32_t begin, int32_t end, int32_t of_unit)
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
static void late_sums(const job *j, srd__scratch *s, int32_t begin, int32_t end, int32_t tiles)
{
    for (int32_t i = 0; (j->bound->few || j->bound->identity != NULL) && i < tiles; ++i) {
        const srd__tile t = tile_of(j, s, begin, end, i, tiles);

        if (j->bound->few) srd__few_sums(j->ex, j->bound, s, &t, j->norms); /* whose units are of one tile */
        else srd__identity_sums(j->ex, j->bound, s, &t, begin, j->value, j->norms);
    }
}

/* A few tiles: all of them with some blocks of output channels, whose weights then lie near, before the next blocks. */
static void run_unit(void *context, int32_t index, int32_t worker)
{
    const job *const j = (const job *)context;
    const srd__bound *const bound = j->bound;
    srd__scratch *const s = &j->ex->scratch[worker];
    const int32_t begin = begin_of(bound, j->first_unit + index), end = begin_of(bound, j->first_unit + index + 1);
    const int32_t tiles = SRD_UNIT_TILES > 1 ? (end - begin + bound->pixels - 1) / bound->pixels : 1;

    s->seen_tiles = 0;
    if (j->sums) clear_sums(bound, s, (size_t)(end - begin));
    else if (counts(j)) memset(s->yy, 0, (size_t)(end - begin) * sizeof *s->yy);
    if (bound->saves) {
        const size_t channels = (size_t)bound->shape.c;

        memcpy(s->saved, j->value + (size_t)begin * channels, (size_t)(end - begin) * channels * sizeof *s->saved);
    }
    if (SRD_WITH_WHOLE_SUMS && j->summed) {
        const srd__tile t = tile_of(j, s, begin, end, 0, tiles);

        sum_tile(j, s, &t);
    }
    for (int32_t first = 0, count = 0;
         !(SRD_WITH_WHOLE_SUMS && j->summed) && srd__next_blocks(bound, bound->blocks, &first, &count);) {
        for (int32_t i = 0; i < tiles; ++i) {
            const srd__tile t = tile_of(j, s, begin, end, i, tiles);

            s->tile = i;
            run_blocks(j, s, &t, first, count);
        }
    }
    s->tile = -1;
    if (SRD_WITH_WHOLE_SUMS && j->sums) late_sums(j, s, begin, end, tiles);
    if (SRD_WITH_WHOLE_SUMS && bound->turned && j->ratios != NULL) srd__turned_ratios(j->ex, bound, s, j->value, j->ratios);
    if (!is_again(j)) finish_values(j, s, begin, end);
    if (j->sums) unit_ratios(j, s, begin, end, tiles);
    if (SRD_WITH_SHORTCUTS && j->sums && bound->streams) j->ex->kernels->drain();
}

/* What the workers met. */
static void take_notes(srd_explainer *ex, srd__bound *bound)
{
    srd__node *const node = &ex->nodes[bound->segment->layer];

    for (int32_t i = 0; SRD_WITH_GIVEN && i < ex->options.workers; ++i) {
        node->given_error = srd__max(node->given_error, ex->scratch[i].given_error);
    }
    for (int32_t i = 0; SRD_WITH_REPORTS && i < ex->options.workers; ++i) {
        bound->special += ex->scratch[i].special;
        bound->saturated += ex->scratch[i].saturated;
        bound->ratio_error = srd__max(bound->ratio_error, ex->scratch[i].ratio_error);
    }
}

/* Can y become the value when it is stored? Not where it is wanted once more. */
static void note_finish(job *j)
{
    const srd__bound *const bound = j->bound;
    const srd__layer *const layer = j->ex->graph->layers[bound->segment->layer];
    const size_t numbers = (size_t)bound->positions * (size_t)bound->shape.c;

    j->finish.low = !j->clamps ? -(float)INFINITY : layer->kind->clamps == 2 ? layer->low : 0.0f;
    j->finish.high = !j->clamps ? (float)INFINITY : layer->kind->clamps == 2 ? layer->high : FLT_MAX;
    j->finish.stream = !j->summed /* slower there, for no reason that we know */ && numbers > SRD_STREAM_BYTES / sizeof(float);
    j->finishes = (j->clamps || (j->finish.stream && !bound->segment->pointwise && srd__custom_of(layer) == NULL)) &&
                  j->keep_y == NULL && bound->identity == NULL && !bound->turned && !(j->summed && j->given);
}

void srd__segment_run(srd_explainer *ex, srd__bound *bound)
{
    const int32_t layer = bound->segment->layer;
    job j = { .ex = ex, .bound = bound };

    j.value = srd__value(ex, layer);
    j.keep_y = (float *)srd__at(ex, layer, SRD__STORE_Y);
    srd__ratios_of(ex, bound, &ex->making);
    if (srd__recomputes(ex)) bound->special = 0; /* the step may have been done before */
    else if (ex->making.floats != NULL || srd__halves(&ex->making) != NULL) j.ratios = &ex->making;
    j.keep_u = (float *)srd__at(ex, layer, SRD__STORE_KEPT_U);
    if (SRD_WITH_SHORTCUTS && j.keep_u != NULL)
        memset(j.keep_u, 0, srd__bytes_of(ex, layer, SRD__STORE_KEPT_U)); /* paths may be passed over */
    j.sums = j.ratios != NULL && !(SRD_WITH_WHOLE_SUMS && bound->turned);
    j.summed = SRD_WITH_WHOLE_SUMS && j.sums && (bound->summed || bound->sliced);
    j.norms = srd__needs_norms(bound);
    j.save_pattern = SRD_WITH_PATTERNS && ex->nodes[layer].kept_pattern && ex->run.patterns == SRD_PATTERNS_OFF;
    j.clamps = ex->graph->layers[layer]->kind->clamps != 0 && bound->segment->pointwise &&
               srd__patterns_of(ex, layer) == SRD_PATTERNS_OFF && srd__at(ex, layer, SRD__STORE_PATTERN) == NULL;
    j.given = SRD_WITH_GIVEN && ex->nodes[layer].was_given != 0;
    bound->given = j.given;
    /* A black box has its value only after this. */
    j.value_given =
        SRD_WITH_GIVEN && ex->nodes[layer].given[SRD_GIVEN_VALUE] != NULL && !srd__is_black_box(ex->graph->layers[layer]);
    if (SRD_WITH_ATTENTION && bound->attention != NULL) srd__attend_begin(ex, bound);
    if (SRD_WITH_POOL_LISTS && bound->picked != NULL) srd__pick_begin(ex, bound);
    if (SRD_WITH_WHOLE_SUMS && bound->few) srd__few_begin(ex, bound);
    if (SRD_WITH_WHOLE_SUMS && bound->identity != NULL) srd__scale_begin(ex, bound, bound->identity);
    if (j.summed && bound->sliced) srd__scale_begin(ex, bound, bound->lanes);
    else if (j.summed) srd__summed_begin(ex, bound);
    if (SRD_WITH_SHORTCUTS) note_finish(&j);
    srd__parallel(ex, run_unit, &j, bound->units);
    ex->attending = ex->picking = NULL;
    take_notes(ex, bound);
}

void srd__segment_again(srd_explainer *ex, srd__bound *bound,
                        void (*spread)(srd_explainer *ex, srd__bound *bound, const srd__ratios *ratios))
{
    const int32_t layer = bound->segment->layer;
    srd__ratios *const ratios = &ex->making;
    job j = { .ex = ex, .bound = bound, .ratios = ratios, .again = true };

    srd__ratios_of(ex, bound, ratios);
    j.sums = true;
    j.norms = srd__needs_norms(bound);
    ratios->positions = (size_t)srd__band_positions(bound, bound->band);
    srd__note_store(ex, layer, SRD__STORE_RATIO);
    srd__note_store(ex, layer, SRD__STORE_HEADS);
    srd__note_store(ex, layer, SRD__STORE_PICKS);
    if (SRD_WITH_ATTENTION && bound->attention != NULL) srd__attend_begin(ex, bound);
    if (SRD_WITH_POOL_LISTS && bound->picked != NULL) srd__pick_begin(ex, bound);
    for (int32_t end = bound->units; end > 0; end = j.first_unit) {
        j.first_unit = srd__max(end - bound->band, 0);
        ratios->first = begin_of(bound, j.first_unit);
        ratios->end = begin_of(bound, end);
        srd__parallel(ex, run_unit, &j, end - j.first_unit);
        take_notes(ex, bound);
        spread(ex, bound, ratios);
    }
    ex->attending = ex->picking = NULL;
}
