/*
 * channel_ratios.c -- the step that splits the sharing ratios of paths from an input by its channels (METHOD section 7), and the
 * arithmetic of it that the head needs, too. With mu_k the ratio of a path, u_kc what channel c of the source contributes to it,
 * and d = y / <y, y>,
 *
 *     part_kc = <u_kc, d> + (mu_k - sum over c' of <u_kc', d>) * |u_kc| / sum over c' of |u_kc'|
 */
#include "run/channel_ratios.h"

#include "explain/parallel.h"
#include "explain/store.h"
#include "paths/bound_branch.h"
#include "tiles/contributions.h"
#include "tiles/ratio_store.h"

#if SRD_WITH_CHANNEL_MAPS
int32_t srd__channels_most(const srd_explainer *ex, const srd__bound *bound)
{
    int32_t most = 0;

    for (int32_t i = 0; i < bound->segment->source_count; ++i) {
        const int32_t source = bound->segment->sources[i];

        if (ex->plan.nodes[source].kept_channels) most = srd__max(most, ex->plan.shapes[source].c);
    }
    return most;
}

/* The row of a path and channel in a plane store. */
float *srd__channel_row(const srd__bound *bound, float *planes, int32_t most, int32_t path, int32_t channel)
{
    return planes + ((size_t)path * ((size_t)most + 1) + (size_t)channel) * (size_t)bound->positions;
}

static double square(const float *a, int32_t n)
{
    double sum = 0.0;

    for (int32_t i = 0; i < n; ++i) sum += (double)a[i] * (double)a[i];
    return sum;
}

static void add_chunk(const srd__channel_job *j, const srd__scratch *s, int32_t p, int32_t first, int32_t count, int32_t from,
                      int32_t to, double unit)
{
    const float *const d = j->directions + (size_t)p * (size_t)j->bound->shape.c + first;

    for (int32_t k = from; k < to; ++k) {
        const float *const u = s->u + (size_t)(k - from) * SRD__PANEL;
        float *const part = srd__channel_row(j->bound, j->planes, j->most, k, j->channel) + p;
        double dot = 0.0;

        if (!s->valid[k]) continue;
        for (int32_t i = 0; i < count; ++i) dot += (double)u[i] * (double)d[i];
        *part += (float)(unit > 0.0 ? dot / unit : 0.0);
        j->norms[part - j->planes] += square(u, count);
    }
}

/* Marks the paths into position p that come from the masked input. Those from other inputs are there as ever, which says nothing of this
 * input's channels. */
static void mark_own(const srd__channel_job *j, srd__scratch *s, int32_t p)
{
    const srd__bound *const bound = j->bound;

    memset(s->valid, 0, (size_t)bound->paths);
    for (int32_t i = 0; i < bound->segment->branch_count; ++i) {
        const srd__lane *const lane = &bound->lanes[i];

        for (int32_t k = 0; k < lane->paths; ++k) {
            const int32_t id = srd__path_source(lane, srd__lane_position(bound, lane, p, k / lane->slots), k % lane->slots);

            s->valid[lane->first_path + k] = id >= 0 && bound->segment->sources[srd__source_of(bound, id)] == j->source;
        }
    }
}

static void add_position(void *context, int32_t p, int32_t worker)
{
    const srd__channel_job *const j = (const srd__channel_job *)context;
    srd__scratch *const s = &j->ex->plan.scratch[worker];
    const double unit = j->ratios ? square(j->directions + (size_t)p * (size_t)j->bound->shape.c, j->bound->shape.c) : 1.0;

    if (j->wanted != NULL && !j->wanted[p]) return;
    mark_own(j, s, p);
    for (int32_t first = 0, count = 0; srd__next_block(j->bound, &first, &count);) {
        for (int32_t from = 0; from < j->bound->paths; from += j->bound->chunk) {
            const int32_t to = srd__min(from + j->bound->chunk, j->bound->paths);

            srd__tile_u(j->ex, j->bound, s, p, 1, first, count, from, to);
            add_chunk(j, s, p, first, count, from, to, unit);
        }
    }
}

/* Which channels of its source a path carries: those of which the gather layers on its way have left something, if only 0. */
typedef struct carrying {
    int32_t path, source; /* path: its slot in the lane that is being walked */
    uint8_t *carried;     /* [channel] */
} carrying;

static void note_carried(void *context, const srd__run *run, int32_t layer, int32_t position)
{
    const carrying *const c = (const carrying *)context;

    (void)position;
    if (layer == c->source && run->slot == c->path) memset(c->carried + run->channel, 1, (size_t)run->count);
}

/* Marks the channels that a path carries, from all lanes that add to it; returns their number. */
static int32_t find_carried(const srd__channel_job *j, int32_t source, int32_t path, int32_t p, uint8_t *carried)
{
    const srd__bound *const bound = j->bound;
    const int32_t channels = j->ex->plan.shapes[source].c;
    int32_t count = 0;

    memset(carried, 0, (size_t)channels);
    for (int32_t i = 0; i < bound->segment->branch_count; ++i) {
        const srd__lane *const lane = &bound->lanes[i];
        const int32_t k = path - lane->first_path, taps = lane->taps * lane->slots;
        const carrying c = { k % lane->slots, source, carried };

        if (k < 0 || k >= taps || srd__is_added_constant(lane)) continue;
        srd__lane_source_runs(j->ex, bound, lane, srd__lane_position(bound, lane, p, k / lane->slots), 0, lane->grid.c,
                              note_carried, (void *)(uintptr_t)&c);
    }
    for (int32_t c = 0; c < channels; ++c) count += carried[c];
    return count;
}

/* Evenly over the channels that the path carries, or, if it carries none, over all. */
static void share_evenly(const srd__channel_job *j, int32_t source, int32_t path, int32_t p, double amount)
{
    const int32_t channels = j->ex->plan.shapes[source].c;
    uint8_t *const carried = (uint8_t *)srd__at(j->ex, source, SRD__STORE_MASKED); /* which is not needed any more */
    const int32_t count = find_carried(j, source, path, p, carried);

    for (int32_t c = 0; c < channels; ++c) {
        if (count > 0 && !carried[c]) continue;
        srd__channel_row(j->bound, j->planes, j->most, path, c)[p] += (float)(amount / (double)(count > 0 ? count : channels));
    }
}

/* Is y the zero vector at a position? Then a path's ratio says nothing of its channels. */
static bool is_nothing(const srd__channel_job *j, int32_t p)
{
    return j->ratios && !(square(j->directions + (size_t)p * (size_t)j->bound->shape.c, j->bound->shape.c) > 0.0);
}

/* The rest of each total, which is its share of the biases, by the norms; evenly when there are none. */
void srd__channel_rest(const srd__channel_job *j, int32_t source, int32_t q, int32_t path, int32_t p)
{
    const int32_t channels = j->ex->plan.shapes[source].c;
    float *const row = srd__channel_row(j->bound, j->planes, j->most, path, 0) + p;
    const double *const norms = j->norms + (row - j->planes);
    const size_t step = (size_t)j->bound->positions;
    double rest = (double)row[(size_t)j->most * step], sum = 0.0;
    bool any = false;

    (void)q;
    for (int32_t c = 0; c < channels; ++c) {
        any = any || row[(size_t)c * step] != 0.0f;
        rest -= (double)row[(size_t)c * step];
        sum += sqrt(norms[(size_t)c * step]);
    }
    if (!(sum > 0.0) || (!any && is_nothing(j, p))) {
        share_evenly(j, source, path, p, rest);
        return;
    }
    for (int32_t c = 0; c < channels; ++c) row[(size_t)c * step] += (float)(rest * (sqrt(norms[(size_t)c * step]) / sum));
}

/* The input with all channels but one set to 0 takes the input's place. */
static void mask_input(srd_explainer *ex, int32_t source, int32_t channel)
{
    const srd__shape *const s = &ex->plan.shapes[source];
    float *const masked = (float *)srd__at(ex, source, SRD__STORE_MASKED);
    const float *x;

    ex->run.masked_layer = SRD_LAYER_NONE;
    x = srd__value(ex, source);
    memset(masked, 0, srd__bytes_of(ex, source, SRD__STORE_MASKED));
    for (int32_t p = 0; p < s->h * s->w; ++p) masked[p * s->c + channel] = x[p * s->c + channel];
    ex->run.masked_layer = source;
}

void srd__channel_fill(srd__channel_job *j)
{
    const srd__segment *const segment = j->bound->segment;

    for (int32_t i = 0; i < segment->source_count; ++i) {
        const int32_t source = segment->sources[i];

        for (j->channel = 0; j->ex->plan.nodes[source].kept_channels && j->channel < j->ex->plan.shapes[source].c;
             ++j->channel) {
            j->source = source;
            mask_input(j->ex, source, j->channel);
            srd__parallel(j->ex, add_position, j, j->bound->positions);
        }
    }
    j->ex->run.masked_layer = SRD_LAYER_NONE;
}

/* Calls each(job, source, q, path, position) for every path from a kept input; q is the path's position in that input. */
void srd__channel_paths(const srd__channel_job *j,
                        void (*each)(const srd__channel_job *j, int32_t source, int32_t q, int32_t path, int32_t p))
{
    const srd__bound *const bound = j->bound;

    for (int32_t i = 0; i < bound->segment->branch_count; ++i) {
        const srd__lane *const lane = &bound->lanes[i];

        for (int32_t k = 0; k < lane->paths; ++k) {
            for (int32_t p = 0; p < bound->positions; ++p) {
                const int32_t id = srd__path_source(lane, srd__lane_position(bound, lane, p, k / lane->slots), k % lane->slots);
                const int32_t index = id < 0 ? 0 : srd__source_of(bound, id), source = bound->segment->sources[index];

                if (id >= 0 && j->ex->plan.nodes[source].kept_channels) {
                    each(j, source, id - bound->source_base[index], lane->first_path + k, p);
                }
            }
        }
    }
}

static void take_ratio(const srd__channel_job *j, int32_t source, int32_t q, int32_t path, int32_t p)
{
    srd__ratios ratios;

    srd__ratios_of(j->ex, j->bound, &ratios);
    (void)source, (void)q;
    srd__channel_row(j->bound, j->planes, j->most, path, j->most)[p] = srd__kept(&ratios, srd__ratio_at(&ratios, path, p));
}

void srd__channels_run(srd_explainer *ex, const srd__bound *bound)
{
    const int32_t layer = bound->segment->layer;
    srd__channel_job j;

    memset(&j, 0, sizeof j);
    j.ex = ex;
    j.bound = bound;
    j.directions = (const float *)srd__at(ex, layer, SRD__STORE_Y);
    j.planes = (float *)srd__at(ex, layer, SRD__STORE_CHANNELS);
    j.norms = (double *)srd__at(ex, layer, SRD__STORE_NORMS);
    j.most = srd__channels_most(ex, bound);
    j.ratios = true;
    memset(j.planes, 0, srd__bytes_of(ex, layer, SRD__STORE_CHANNELS));
    memset(j.norms, 0, srd__bytes_of(ex, layer, SRD__STORE_NORMS));
    srd__channel_paths(&j, take_ratio);
    srd__channel_fill(&j);
    srd__channel_paths(&j, srd__channel_rest);
}
#endif
