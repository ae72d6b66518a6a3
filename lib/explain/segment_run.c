/*
 * segment_run.c -- one segment, tile by tile: y, the value of its layer, and the sharing ratios of its paths in one pass.
 */
#include "explain/ratio.h"

/* Sums of squares outside these bounds are taken again carefully: see ratio.c. */
#define LEAST_SQUARE 1e-28f
#define MOST_SQUARE 1e30f

typedef struct job {
    srd_explainer *ex;
    srd__bound *bound;
    float *value, *keep_y, *ratios;
    bool norms;
    bool save_pattern;
    bool given, value_given; /* by the host: anything, the value */
} job;

/* True if one of the numbers is NaN or Inf: exponents of ones carry into the sign. A sum of floats would wait for each add. */
static bool is_broken(const float *x, size_t count)
{
    uint32_t carries = 0;

    for (size_t c = 0; c < count; ++c) {
        uint32_t bits;

        memcpy(&bits, &x[c], sizeof bits);
        carries |= (bits & 0x7f800000u) + 0x00800000u;
    }
    return carries >> 31 != 0;
}

/* Sums over one chunk of paths: <u, u> and <u, y>. */
static void reduce(const job *j, srd__scratch *s, int32_t pixels, int32_t from, int32_t to)
{
    for (int32_t k = from; k < to; ++k) {
        const float *const u = s->u + (size_t)(k - from) * (size_t)pixels * SRD__PANEL;
        const size_t at = (size_t)k * (size_t)pixels;

        j->ex->kernels->dots(u, s->y, pixels, j->norms ? s->uu + at : NULL, s->uy + at);
    }
}

/* Bias, finiteness, and the block's channels of the value (still y). */
static void store_block(const job *j, srd__scratch *s, int32_t p, int32_t pixels, int32_t first, int32_t count)
{
    const size_t stride = (size_t)j->bound->shape.c;
    const float *const total = srd__bias_total(j->ex, j->bound), *bias = total != NULL ? total + first : NULL;

    for (int32_t i = 0; j->given && i < pixels; ++i) {
        float *const y = s->y + (size_t)i * SRD__PANEL;

        if (bias != NULL) j->ex->kernels->sum(bias, count, y);
        srd__give(j->ex, j->bound->segment->layer, SRD_GIVEN_PRE_ACTIVATION, p + i, first, count, y,
                  j->value_given ? NULL : &s->given_error);
    }
    if (j->given) bias = NULL;
    if (!j->ex->kernels->store(s->y, pixels, bias, count, j->value + (size_t)p * stride + first, stride)) s->broken = 1;
}

/* <y, y> and <b, y> of one block. */
static void reduce_block(const job *j, srd__scratch *s, int32_t pixels, int32_t first, int32_t count)
{
    const srd__panel y = { s->y, SRD__PANEL };

    j->ex->kernels->dots(s->y, s->y, pixels, NULL, s->yy);
    for (int32_t g = 0; g < j->bound->segment->bias_count; ++g) {
        float b[SRD__PANEL] = { 0.0f };

        memcpy(b, srd__bias_of(j->ex, j->bound, g) + first, (size_t)count * sizeof *b);
        j->ex->kernels->turn(&y, pixels, b, s->by + (size_t)g * (size_t)pixels);
    }
}

/* y of a block without the bias: the sum of all contributions; those of the last chunk stay in the scratch. */
static void sum_paths(const job *j, srd__scratch *s, int32_t p, int32_t pixels, int32_t first, int32_t count)
{
    const srd__bound *const bound = j->bound;

    memset(s->y, 0, (size_t)pixels * SRD__PANEL * sizeof(float));
    for (int32_t from = 0; from < bound->paths; from += bound->chunk) {
        const int32_t to = srd__min(from + bound->chunk, bound->paths);

        srd__tile_u(j->ex, bound, s, p, pixels, first, count, from, to);
        for (int32_t k = 0; k < to - from; ++k) {
            j->ex->kernels->sum(s->u + (size_t)k * (size_t)pixels * SRD__PANEL, pixels * SRD__PANEL, s->y);
        }
    }
}

static void run_blocks(const job *j, srd__scratch *s, int32_t p, int32_t pixels)
{
    const srd__bound *const bound = j->bound;

    for (int32_t first = 0, count = 0; srd__next_block(bound, &first, &count);) {
        if (bound->exact) srd__tile_exact(j->ex, bound, s, p, pixels, first, count);
        else if (bound->depthwise) srd__tile_depthwise(j->ex, bound, s, p, pixels, first, count);
        else sum_paths(j, s, p, pixels, first, count);
        store_block(j, s, p, pixels, first, count);
        if (j->ratios == NULL) continue;
        if (bound->paths <= bound->chunk) {
            reduce(j, s, pixels, 0, bound->paths); /* all contributions are still there */
        } else {
            for (int32_t from = 0; from < bound->paths; from += bound->chunk) {
                const int32_t to = srd__min(from + bound->chunk, bound->paths);

                srd__tile_u(j->ex, bound, s, p, pixels, first, count, from, to);
                reduce(j, s, pixels, from, to);
            }
        }
        reduce_block(j, s, pixels, first, count);
    }
}

/* Is the sum of the squared norms of those of paths [first, end) of pixel i that have this bit safe in single precision? */
static bool safe_norms(const srd__scratch *s, int32_t pixels, int32_t i, int32_t first, int32_t end, uint8_t bit)
{
    float total = 0.0f;
    bool any = false;

    for (int32_t k = first; k < end; ++k) {
        const size_t at = (size_t)k * (size_t)pixels + (size_t)i;

        if ((s->valid[at] & bit) == 0) continue;
        total += s->uu[at];
        any = true;
    }
    return (!any && bit != 1) || (total >= LEAST_SQUARE && total <= MOST_SQUARE); /* pads may be out of sight */
}

static bool safe_own(const job *j, const srd__scratch *s, int32_t pixels, int32_t i, const srd__lane *lane)
{
    int32_t first;
    const int32_t end = srd__constant_paths(j->bound, lane, &first);

    for (int32_t k = 0; !lane->even && k < lane->bias_count; ++k) {
        if (!safe_norms(s, pixels, i, first, end, lane->pad_count > 0 ? (uint8_t)(2 << k) : 1)) return false;
    }
    return true;
}

/* Are the sums of pixel i, whose paths are marked, safe in single precision? */
static bool safe(const job *j, const srd__scratch *s, int32_t pixels, int32_t i)
{
    const srd__segment *const segment = j->bound->segment;

    if (!(s->yy[i] >= LEAST_SQUARE && s->yy[i] <= MOST_SQUARE)) return false;
    for (int32_t g = 0; j->norms && g < segment->bias_count; ++g) {
        int32_t first;
        const int32_t end = srd__group_paths(j->bound, &segment->biases[g], &first);

        if (!j->bound->even[g] && !safe_norms(s, pixels, i, first, end, 1)) return false;
    }
    for (int32_t k = 0; j->norms && k < segment->branch_count; ++k) {
        if (!safe_own(j, s, pixels, i, &j->bound->lanes[k])) return false;
    }
    return true;
}

/* Stores the ratios of one position and notes how far their sum is from 1. */
static void store_ratios(const job *j, srd__scratch *s, int32_t p, int32_t paths, float *shares)
{
    float sum = 0.0f, magnitude = 0.0f;

    for (int32_t k = 0; k < j->bound->paths; ++k) {
        sum += shares[k];
        magnitude += fabsf(shares[k]);
    }
    if (paths > 0 && !srd__finite(magnitude)) { /* contributions that cancel beyond single precision: METHOD section 5 */
        for (int32_t k = 0; k < j->bound->paths; ++k) shares[k] = s->valid[k] ? 1.0f / (float)paths : 0.0f;
        sum = magnitude = 1.0f;
        s->special++;
    }
    for (int32_t k = 0; k < j->bound->paths; ++k) {
        j->ratios[(size_t)k * (size_t)j->bound->positions + (size_t)p] = shares[k];
    }
    if (paths > 0) s->ratio_error = srd__max(s->ratio_error, fabsf(sum - 1.0f) / srd__max(magnitude, FLT_MIN));
}

static void careful_ratios(const job *j, srd__scratch *s, int32_t p)
{
    bool special = false;
    int32_t paths;

    memset(s->share, 0, (size_t)j->bound->paths * sizeof(float));
    paths = srd__position_shares(j->ex, j->bound, s, p, NULL, s->share, &special);
    if (paths == 0) special = true;
    s->special += special;
    store_ratios(j, s, p, paths, s->share);
}

/* False if a sum left the range of single precision after all. */
static bool fast_ratios(const job *j, srd__scratch *s, int32_t p, int32_t pixels, int32_t i, int32_t paths)
{
    const size_t step = (size_t)pixels;
    bool special = false;

    for (int32_t k = 0; k < j->bound->paths; ++k) {
        s->norm[k] = j->norms ? sqrtf(s->uu[(size_t)k * step + (size_t)i]) : 0.0f;
        s->share[k] = s->uy[(size_t)k * step + (size_t)i];
    }
    srd__share_biases(j->bound, s->norm, s->valid + i, step, s->by + i, step, s->share, &special);
    for (int32_t k = 0; k < j->bound->paths; ++k) s->share[k] /= s->yy[i];
    if (is_broken(s->share, (size_t)j->bound->paths)) return false;
    s->special += special;
    store_ratios(j, s, p, paths, s->share);
    return true;
}

static void run_ratios(const job *j, srd__scratch *s, int32_t p, int32_t pixels)
{
    uint32_t careful = 0;
    int32_t paths[SRD__TILE_PIXELS];

    srd__mark_valid(j->bound, p, pixels, s->valid, paths);
    for (int32_t i = 0; i < pixels; ++i) {
        const bool fine = paths[i] > 0 && safe(j, s, pixels, i) && fast_ratios(j, s, p + i, pixels, i, paths[i]);

        if (!fine) careful |= (uint32_t)1 << i;
    }
    for (int32_t i = 0; i < pixels; ++i) { /* afterwards: the sums of the tile are overwritten */
        if ((careful >> i & 1) != 0) careful_ratios(j, s, p + i);
    }
}

/* Where there is a single path nothing is computed, but positions that it does not reach, or whose y is 0, count as special. */
static void count_special(const job *j, srd__scratch *s, int32_t p, int32_t pixels)
{
    for (int32_t i = 0; i < pixels; ++i) {
        const float *const y = j->value + (size_t)(p + i) * (size_t)j->bound->shape.c;
        bool zero = true;

        for (int32_t c = 0; zero && c < j->bound->shape.c; ++c) zero = y[c] == 0.0f;
        s->special += zero || (j->bound->has_unreached && !srd__reached(j->bound, p + i));
    }
}

/* y becomes the value of a pointwise layer, or what APOP puts in its place (METHOD section 7). */
static void activate(const job *j, const srd__layer *layer, srd__scratch *s, int32_t p, float *y)
{
    const int32_t channels = j->bound->shape.c, patterns = j->ex->nodes[layer->id].patterns;
    uint8_t *pattern = (uint8_t *)srd__at(j->ex, layer->id, SRD__STORE_PATTERN);

    if (patterns == SRD_PATTERNS_ONLY) {
        for (int32_t c = 0; c < channels; ++c) y[c] = y[c] > 0.0f ? 1.0f : 0.0f;
        return;
    }
    if (pattern != NULL) {
        pattern += (size_t)p * (size_t)channels;
        if (patterns == SRD_PATTERNS_IMPOSE) {
            for (int32_t c = 0; c < channels; ++c) y[c] = pattern[c] ? y[c] : 0.0f;
            return;
        }
        for (int32_t c = 0; j->save_pattern && c < channels; ++c) pattern[c] = y[c] > 0.0f;
    }
    if (layer->custom == NULL) layer->kind->value(layer, y, channels);
    else if (!srd__is_black_box(layer)) layer->custom->value(layer->custom->user, y, channels, s->custom);
}

static void run_tile(void *context, int32_t index, int32_t worker)
{
    const job *const j = (const job *)context;
    const srd__bound *const bound = j->bound;
    srd__scratch *const s = &j->ex->scratch[worker];
    const int32_t p = index * bound->pixels, pixels = srd__min(bound->pixels, bound->positions - p);
    const srd__layer *const layer = j->ex->graph->layers[bound->segment->layer];
    const size_t channels = (size_t)bound->shape.c;

    if (j->ratios != NULL) {
        memset(s->uu, 0, (size_t)bound->paths * (size_t)pixels * sizeof(float));
        memset(s->uy, 0, (size_t)bound->paths * (size_t)pixels * sizeof(float));
        memset(s->yy, 0, (size_t)pixels * sizeof(float));
        memset(s->by, 0, (size_t)bound->segment->bias_count * (size_t)pixels * sizeof(float));
    }
    run_blocks(j, s, p, pixels);
    if (j->ratios == NULL && !bound->forward) count_special(j, s, p, pixels);
    if (j->keep_y != NULL) {
        memcpy(j->keep_y + (size_t)p * channels, j->value + (size_t)p * channels, (size_t)pixels * channels * sizeof(float));
    }
    for (int32_t i = 0; bound->segment->pointwise && i < pixels; ++i) {
        activate(j, layer, s, p + i, j->value + (size_t)(p + i) * channels);
    }
    if (bound->segment->pointwise && !layer->kind->finite &&
        is_broken(j->value + (size_t)p * channels, (size_t)pixels * channels))
        s->broken = 1;
    for (int32_t i = 0; j->value_given && i < pixels; ++i) {
        srd__give(j->ex, layer->id, SRD_GIVEN_VALUE, p + i, 0, bound->shape.c, j->value + (size_t)(p + i) * channels,
                  &s->given_error);
    }
    if (j->ratios != NULL) run_ratios(j, s, p, pixels);
}

srd_status srd__black_box_run(srd_explainer *ex, int32_t layer)
{
    const srd__layer *const l = ex->graph->layers[layer];
    const srd__shape *const s = &ex->shapes[layer];
    const size_t numbers = (size_t)s->h * (size_t)s->w * (size_t)s->c;
    const int32_t shape[3] = { s->c, s->h, s->w };
    float *const y = (float *)srd__at(ex, layer, SRD__STORE_OPERAND), *const value = srd__value(ex, layer);
    srd_status status;

    memcpy(y, value, numbers * sizeof *y);
    status = l->custom->forward(l->custom->user, shape, y, value, ex->scratch[0].custom);
    if (status != SRD_OK) {
        const bool known = srd_status_name(status)[0] == 'S';

        return srd__fail(&ex->failure, known ? status : SRD_ERR_ARGUMENT, layer, l->name, "its forward callback returned %d",
                         status);
    }
    for (int32_t p = 0; p < s->h * s->w; ++p) {
        if (is_broken(value + (size_t)p * (size_t)s->c, (size_t)s->c)) {
            return srd__fail(&ex->failure, SRD_ERR_NUMBER, layer, l->name, "its forward callback made a NaN or Inf");
        }
        if (ex->nodes[layer].given[SRD_GIVEN_VALUE] == NULL) continue;
        srd__give(ex, layer, SRD_GIVEN_VALUE, p, 0, s->c, value + (size_t)p * (size_t)s->c, &ex->nodes[layer].given_error);
    }
    return SRD_OK;
}

void srd__segment_run(srd_explainer *ex, srd__bound *bound)
{
    const int32_t layer = bound->segment->layer;
    job j = { ex, bound, NULL, NULL, NULL, false, false, false, false };

    j.value = srd__value(ex, layer);
    j.keep_y = (float *)srd__at(ex, layer, SRD__STORE_Y);
    j.ratios = (float *)srd__at(ex, layer, SRD__STORE_RATIO);
    j.norms = srd__needs_norms(bound);
    j.save_pattern = ex->nodes[layer].kept_pattern && ex->run.patterns == SRD_PATTERNS_OFF;
    j.given = ex->nodes[layer].was_given != 0;
    /* A black box has its value only after this. */
    j.value_given = ex->nodes[layer].given[SRD_GIVEN_VALUE] != NULL && !srd__is_black_box(ex->graph->layers[layer]);
    if (bound->attention != NULL) srd__attend_begin(ex, bound);
    if (bound->picked != NULL) srd__pick_begin(ex, bound);
    srd__parallel(ex, run_tile, &j, (bound->positions + bound->pixels - 1) / bound->pixels);
    ex->attending = ex->picking = NULL;
    for (int32_t i = 0; i < ex->options.workers; ++i) {
        bound->special += ex->scratch[i].special;
        ex->nodes[layer].given_error = srd__max(ex->nodes[layer].given_error, ex->scratch[i].given_error);
        bound->ratio_error = srd__max(bound->ratio_error, ex->scratch[i].ratio_error);
    }
}
