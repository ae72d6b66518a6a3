/*
 * position_ratios.c -- sharing ratios of one position from the sums over its paths (METHOD sections 4, 5, 9), and the careful way of
 * getting those sums when single precision would over- or underflow.
 *
 *     <P_k, y> = <u_k, y> + sum over groups g of w_gk <b_g, y>,   w_gk = |u_k| / sum over the paths of g of |u_j|
 *     mu_k     = <P_k, y> / <y, y>
 *
 * with w_gk = 1 / (paths of g) for an even group or when all norms of the group are zero. The bias of a group that no path
 * reaches here goes to all paths that there are, by their norms: so the ratios sum to 1 wherever there is a path.
 */
#include "tiles/position_ratios.h"

#include "explain/host_values.h"
#include "explain/image_vectors.h"
#include "explain/store.h"
#include "paths/bound_branch.h"
#include "tiles/contributions.h"

/* The paths that share a bias: those of [first, end) whose `valid` has this bit. */
typedef struct group {
    int32_t first, end;
    bool even;
    uint8_t bit;
} group;

/* What is shared by position: norms and shares by path, valid by path * step. */
typedef struct sharing {
    const float *norms;
    const uint8_t *valid;
    size_t step;
    float *shares;
    bool *special;
} sharing;

static bool belongs(const sharing *s, const group *g, int32_t path)
{
    return (s->valid[(size_t)path * s->step] & g->bit) != 0;
}

/* Adds amount, shared among the paths of a group, to their shares. False if there is none. */
static bool share(const sharing *s, const group *g, float amount)
{
    float total = 0.0f, largest = 0.0f; /* norms are scaled by the largest: their sum must not overflow */
    bool even = g->even;
    int32_t paths = 0;

    for (int32_t k = g->first; k < g->end; ++k) {
        if (!belongs(s, g, k)) continue;
        largest = srd__max(largest, s->norms[k]);
        ++paths;
    }
    for (int32_t k = g->first; largest > 0.0f && k < g->end; ++k) {
        if (belongs(s, g, k)) total += s->norms[k] / largest;
    }
    if (paths == 0) return false;
    if (!even && !(total > 0.0f)) {
        *s->special = true;
        even = true;
    }
    for (int32_t k = g->first; k < g->end; ++k) {
        if (belongs(s, g, k)) s->shares[k] += even ? amount / (float)paths : amount * (s->norms[k] / largest / total);
    }
    return true;
}

/* A group without a path gives its bias to all paths that there are, by their norms. */
static void share_or_pass_on(const srd__bound *bound, const sharing *s, const group *g, float amount)
{
    const group all = { 0, bound->paths, false, 1 };

    if (!share(s, g, amount)) (void)share(s, &all, amount);
}

/* A bias path of a lane, and those of the same pads under other pieces of its vector: what they hold together is taken. */
static float take_own(const srd__bound *bound, const sharing *s, const srd__lane *lane, int32_t pad)
{
    float amount = 0.0f;
    int32_t first;
    const int32_t end = srd__pieces(bound, lane, &first);

    for (int32_t i = first; i < end; ++i) {
        float *const own = &s->shares[bound->lanes[i].bias_path + pad];

        amount += *own;
        *own = 0.0f; /* twins have the same */
    }
    return amount;
}

/* Biases that have paths of their own: constants, and pads, which are shared by the paths through them. */
static void share_own(const srd__bound *bound, const sharing *s, const srd__lane *lane)
{
    group g = { 0, 0, lane->even != 0, 1 };

    if (lane->bias_path < 0) return;
    g.end = srd__constant_paths(bound, lane, &g.first);
    for (int32_t i = 0; i < lane->bias_count; ++i) {
        const float amount = take_own(bound, s, lane, i);

        if (lane->pad_count > 0) g.bit = (uint8_t)(2 << i);
        if (amount != 0.0f) share_or_pass_on(bound, s, &g, amount);
    }
}

void srd__share_biases(const srd__bound *bound, const float *norms, const uint8_t *valid, size_t valid_step,
                       const float *amounts, size_t amount_step, float *shares, bool *special)
{
    const sharing s = { norms, valid, valid_step, shares, special };

    for (int32_t i = 0; i < bound->segment->bias_count; ++i) {
        group g = { 0, 0, bound->even[i] != 0, 1 };

        g.end = srd__group_paths(bound, &bound->segment->biases[i], &g.first);
        share_or_pass_on(bound, &s, &g, amounts[(size_t)i * amount_step]);
    }
    for (int32_t i = 0; i < bound->segment->branch_count; ++i) share_own(bound, &s, &bound->lanes[i]);
}

bool srd__needs_norms(const srd__bound *bound)
{
    for (int32_t i = 0; i < bound->segment->branch_count; ++i) {
        if (bound->lanes[i].bias_path >= 0 && !bound->lanes[i].even) return true;
    }
    for (int32_t g = 0; g < bound->segment->bias_count; ++g) {
        if (!bound->even[g]) return true;
    }
    return false;
}

void srd__mark_valid(const srd__bound *bound, int32_t p, int32_t pixels, uint8_t *valid, int32_t *paths)
{
    memset(paths, 0, (size_t)pixels * sizeof *paths);
    for (int32_t i = 0; i < bound->segment->branch_count; ++i) {
        const srd__lane *const lane = &bound->lanes[i];
        int32_t at[SRD__TILE_PIXELS];

        for (int32_t k = 0; k < lane->paths; ++k) {
            uint8_t *const to = valid + (size_t)(lane->first_path + k) * (size_t)pixels;
            const int32_t slot = k % lane->slots;

            if (slot == 0) srd__lane_positions(bound, lane, p, pixels, k / lane->slots, at);
            for (int32_t j = 0; j < pixels; ++j) {
                uint8_t mark = srd__path_source(lane, at[j], slot) >= 0;

                paths[j] += mark;
                if (mark && lane->passes != NULL) {
                    mark = lane->passes[(size_t)at[j] * (size_t)lane->slots + (size_t)slot];
                }
                to[j] = mark;
            }
        }
        if (lane->bias_path >= 0 && lane->bias_count > 0) {
            memset(valid + (size_t)lane->bias_path * (size_t)pixels, 0, (size_t)lane->bias_count * (size_t)pixels);
        }
    }
}

/* ---- one position, carefully ------------------------------------------------------------------------------------------ */

/* y of one block: the sum of all contributions and the bias. Leaves the u of the last chunk in scratch. */
static void block_y(const srd_explainer *ex, const srd__bound *bound, srd__scratch *s, int32_t p, int32_t first, int32_t count)
{
    memset(s->y, 0, SRD__PANEL * sizeof(float));
    for (int32_t from = 0; from < bound->paths; from += bound->chunk) {
        const int32_t to = srd__min(from + bound->chunk, bound->paths);

        srd__tile_u(ex, bound, s, p, 1, first, count, from, to);
        for (int32_t k = 0; k < to - from; ++k) ex->plan.kernels->sum(s->u + (size_t)k * SRD__PANEL, SRD__PANEL, s->y);
    }
    if (srd__bias_total(ex, bound) != NULL) ex->plan.kernels->sum(srd__bias_total(ex, bound) + first, count, s->y);
    srd__give(ex, bound->segment->layer, SRD_GIVEN_PRE_ACTIVATION, p, first, count, s->y, NULL);
}

/* Largest |y| over all channels (0 without `with_y`) and, per path, largest |u| into s->uu. */
static float find_scales(const srd_explainer *ex, const srd__bound *bound, srd__scratch *s, int32_t p, bool with_y)
{
    float largest = 0.0f;

    for (int32_t first = 0, count = 0; srd__next_block(bound, &first, &count);) {
        if (with_y) block_y(ex, bound, s, p, first, count);
        for (int32_t j = 0; with_y && j < count; ++j) largest = srd__max(largest, fabsf(s->y[j]));
        for (int32_t from = 0; from < bound->paths; from += bound->chunk) {
            const int32_t to = srd__min(from + bound->chunk, bound->paths);

            srd__tile_u(ex, bound, s, p, 1, first, count, from, to);
            for (int32_t k = from; k < to; ++k) {
                const float *const u = s->u + (size_t)(k - from) * SRD__PANEL;

                for (int32_t j = 0; j < count; ++j) s->uu[k] = srd__max(s->uu[k], fabsf(u[j]));
            }
        }
    }
    return largest;
}

/* a / b for b > 0, and 0 for b = 0. */
static float ratio_or_zero(float a, float b)
{
    return b > 0.0f ? a / b : 0.0f;
}

/* sum over j of (a[j] / scale_a) * (b[j] / scale_b) */
static float scaled_dot(const float *a, float scale_a, const float *b, float scale_b, int32_t count)
{
    float sum = 0.0f;

    for (int32_t j = 0; j < count; ++j) sum += ratio_or_zero(a[j], scale_a) * ratio_or_zero(b[j], scale_b);
    return sum;
}

/* Sums with the direction of one block, everything scaled by the largest numbers found before. */
static void add_block_sums(const srd_explainer *ex, const srd__bound *bound, srd__scratch *s, int32_t p, int32_t first,
                           int32_t count, const float *direction, srd__sums *sums)
{
    for (int32_t from = 0; from < bound->paths; from += bound->chunk) {
        const int32_t to = srd__min(from + bound->chunk, bound->paths);

        srd__tile_u(ex, bound, s, p, 1, first, count, from, to);
        for (int32_t k = from; k < to; ++k) {
            const float *const u = s->u + (size_t)(k - from) * SRD__PANEL;

            s->norm[k] += scaled_dot(u, s->uu[k], u, s->uu[k], count);
            s->uy[k] += scaled_dot(u, sums->unit, direction, sums->unit_direction, count);
        }
    }
    for (int32_t g = 0; g < bound->segment->bias_count; ++g) {
        s->by[g] += scaled_dot(srd__bias_of(ex, bound, g) + first, sums->unit, direction, sums->unit_direction, count);
    }
    sums->square += scaled_dot(direction, sums->unit_direction, direction, sums->unit_direction, count);
}

static bool all_zero(const float *a, int32_t n)
{
    for (int32_t i = 0; i < n; ++i) {
        if (a[i] != 0.0f) return false;
    }
    return true;
}

/* The sums of one position: norms to s->norm, <u, direction> to s->uy, <b, direction> to s->by. */
static void position_sums(const srd_explainer *ex, const srd__bound *bound, srd__scratch *s, int32_t p, const float *direction,
                          srd__sums *sums)
{
    const bool norms = direction == NULL || srd__needs_norms(bound);

    for (int32_t k = 0; k < bound->paths; ++k) s->norm[k] = s->uy[k] = 0.0f;
    for (int32_t g = 0; g < bound->segment->bias_count; ++g) s->by[g] = 0.0f;
    for (int32_t first = 0, count = 0; srd__next_block(bound, &first, &count);) {
        const float *along = s->y;

        if (direction == NULL) block_y(ex, bound, s, p, first, count);
        else along = direction + first;
        if (!norms && all_zero(along, count)) continue; /* a class: one block of many */
        add_block_sums(ex, bound, s, p, first, count, along, sums);
    }
    for (int32_t k = 0; k < bound->paths; ++k) {
        /* Only proportions matter, and the norm of numbers near the largest that there are would overflow. */
        s->norm[k] = s->uu[k] * sums->norm_unit * sqrtf(s->norm[k]);
    }
}

/* ---- a direction, turned: <u_k, g> = sum over the channels c of path k of x_c <W[:, c], g> ---- */

/* Without norms and without paths that have no source: then the contributions themselves are not needed. */
bool srd__can_turn(const srd__bound *bound)
{
    if (!SRD_WITH_SHORTCUTS) return false;
    for (int32_t i = 0; i < bound->segment->branch_count; ++i) {
        if (srd__is_added_constant(&bound->lanes[i]) || bound->lanes[i].bias_path >= 0) return false;
    }
    return !srd__needs_norms(bound);
}

typedef struct turned {
    const srd_explainer *ex;
    const float *g; /* at the input of the mixing layer */
    float *sums;    /* of the tap's first path */
} turned;

/* Products of every fourth number have a sum of their own, so that no addition waits for the last one. */
static double product(const float *a, const float *b, int32_t count, int32_t b_step)
{
    double sums[4] = { 0.0 };
    int32_t i = 0;

    for (; b_step == 1 && i + 4 <= count; i += 4) {
        for (int32_t k = 0; k < 4; ++k) sums[k] += (double)a[i + k] * (double)b[i + k];
    }
    for (; i < count; ++i) sums[0] += (double)a[i] * (double)b[i * b_step];
    return (sums[0] + sums[1]) + (sums[2] + sums[3]);
}

static void add_turned(void *context, const srd__run *run, int32_t layer, int32_t position)
{
    const turned *const t = (const turned *)context;
    const float *const x = srd__value(t->ex, layer) + (size_t)position * (size_t)t->ex->plan.shapes[layer].c + run->channel;

    t->sums[run->slot] += (float)(product(x, t->g + run->top, run->count, run->step) * (double)run->weight);
}

static void turned_sums(const srd_explainer *ex, const srd__bound *bound, srd__scratch *s, int32_t p, const float *direction)
{
    memset(s->uy, 0, (size_t)bound->paths * sizeof *s->uy);
    for (int32_t i = 0; i < bound->segment->branch_count; ++i) {
        const srd__lane *const lane = &bound->lanes[i];

        for (int32_t tap = 0; tap < lane->taps; ++tap) {
            const turned t = { ex, s->direction, s->uy + lane->first_path + tap * lane->slots };
            const int32_t r = srd__lane_position(bound, lane, p, tap);

            if (r < 0) continue;
            srd__tap_transpose(ex, bound, lane, s, tap, direction);
            srd__lane_runs(ex, bound, lane, r, 0, lane->grid.c, add_turned, (void *)(uintptr_t)&t);
        }
    }
}

/* <u, direction> of all paths: from contributions that were kept, or through the weights; and <b, direction>. */
static void direction_sums(const srd_explainer *ex, const srd__bound *bound, srd__scratch *s, int32_t p, const float *direction)
{
    const float *const u = (const float *)srd__at(ex, bound->segment->layer, SRD__STORE_KEPT_U);
    const int32_t channels = bound->shape.c;

    if (u == NULL || srd__is_masking(ex)) {
        turned_sums(ex, bound, s, p, direction);
    } else {
        for (int32_t k = 0; k < bound->paths; ++k) {
            s->uy[k] = (float)product(u + (size_t)k * (size_t)channels, direction, channels, 1);
        }
    }
    for (int32_t g = 0; g < bound->segment->bias_count; ++g) {
        s->by[g] = (float)product(srd__bias_of(ex, bound, g), direction, channels, 1);
    }
}

int32_t srd__position_shares(const srd_explainer *ex, const srd__bound *bound, srd__scratch *s, int32_t p,
                             const float *direction, float *shares, bool *special)
{
    srd__sums sums = { 1.0f, 1.0f, 0.0f, 1.0f };
    int32_t paths;

    srd__mark_valid(bound, p, 1, s->valid, &paths);

    if (paths == 0) return 0;
    memset(s->uu, 0, (size_t)bound->paths * sizeof *s->uu);
    if (direction == NULL || srd__needs_norms(bound)) {
        const float largest = find_scales(ex, bound, s, p, direction == NULL);

        if (direction == NULL) sums.unit = sums.unit_direction = largest;
        for (int32_t k = 0; k < bound->paths; ++k) {
            if (s->uu[k] > 1e30f) sums.norm_unit = 1e-10f;
        }
    }
    if (direction == NULL && sums.unit == 0.0f) { /* y is the zero vector */
        for (int32_t k = 0; k < bound->paths; ++k) shares[k] = s->valid[k] ? 1.0f / (float)paths : 0.0f;
        *special = true;
        return paths;
    }
    if (SRD_WITH_SHORTCUTS && direction != NULL && srd__can_turn(bound)) direction_sums(ex, bound, s, p, direction);
    else position_sums(ex, bound, s, p, direction, &sums);
    memcpy(shares, s->uy, (size_t)bound->paths * sizeof *shares); /* 0 where there is no path */
    srd__share_biases(bound, s->norm, s->valid, 1, s->by, 1, shares, special);
    if (direction == NULL) {
        for (int32_t k = 0; k < bound->paths; ++k) shares[k] /= sums.square;
    }
    return paths;
}
