/*
 * first_conv_sums.c -- ratios of a first convolution, whose taps see a few channels only: with W_t the weights of tap t, one column per input
 * channel, scaled like the branch, and y known,
 *
 *     <u_t, y> = <W_t x_t, y> = <x_t, v_t>,      v_t = W_t^T y,
 *     <u_t, u_t> = |R_t x_t|^2,                  W_t = Q_t R_t, Q_t orthonormal, R_t as small as x_t.
 *
 * That is one more pass over the weights, and then a few products per tap, instead of one for every output channel. Pixels lie side
 * by side. In double, because in a grey picture the columns of a colour filter cancel.
 */
#include "explain/fast_case.h"
#include "explain/image_vectors.h"
#include "explain/store.h"
#include "fast/first_conv.h"

#if SRD_WITH_WHOLE_SUMS && SRD_EXACT_FIRST
static bool fits(const srd_explainer *ex, const srd__bound *bound, const srd__lane *lane)
{
    const srd__layer *const mixing = lane->mixing;

    return srd__is_first_conv(ex, bound, lane) && mixing->groups == 1 && mixing->before <= SRD__FEW &&
           bound->shape.c >= SRD__PANEL / 2 && bound->sources > 1 && lane->bias_path < 0;
}

static size_t terms_of(const srd__bound *bound)
{
    return (size_t)bound->lanes->taps * (size_t)bound->lanes->mixing->before;
}

/* R of all taps, then the transposed weights [term][output channel]. */
static size_t store_bytes(const srd_explainer *ex, const srd__bound *bound)
{
    (void)ex;
    return terms_of(bound) * ((size_t)bound->lanes->mixing->before * sizeof(double) + (size_t)bound->shape.c * sizeof(float));
}

static void needs(const srd_explainer *ex, const srd__bound *bound, srd__scratch_needs *n)
{
    const size_t rows = terms_of(bound) + (size_t)bound->shape.c + SRD__PANEL; /* y comes by the whole panel */

    srd__first_conv_needs(ex, bound, n);
    n->u = srd__max((size_t)bound->chunk, rows);
    n->all_rows = true;
}

static double *factors_of(const srd_explainer *ex, const srd__bound *bound)
{
    return (double *)srd__at(ex, bound->segment->layer, SRD__STORE_CASE);
}

static float *rows_of(const srd_explainer *ex, const srd__bound *bound)
{
    return (float *)(void *)(factors_of(ex, bound) + terms_of(bound) * (size_t)bound->lanes->mixing->before);
}

static void turn_weights(const srd_explainer *ex, const srd__bound *bound, float *rows)
{
    const srd__layer *const mixing = bound->lanes->mixing;
    const int32_t before = mixing->before, outputs = bound->shape.c;

    for (int32_t t = 0; t < bound->lanes->taps; ++t) {
        const srd__tap tap = { t, 0, 0 };

        for (int32_t first = 0; first < outputs; first += SRD__PANEL) {
            const srd__panel panel =
                srd__weights_panel(&mixing->weight, 0, first / SRD__PANEL, &tap, 0, before, ex->plan.scratch[0].panel);

            for (int32_t c = 0; c < before; ++c) {
                memcpy(rows + (size_t)(t * before + c) * (size_t)outputs + first, panel.rows + c * panel.row,
                       (size_t)srd__min(SRD__PANEL, outputs - first) * sizeof(float));
            }
        }
    }
}

/* r [n][n]: W^T W becomes R, by Cholesky's method. A column that the ones before it make up, but for rounding, adds no row. */
static void factorise(double *r, int32_t n)
{
    for (int32_t a = 0; a < n; ++a) {
        double rest = r[a * n + a], root;

        for (int32_t k = 0; k < a; ++k) rest -= r[k * n + a] * r[k * n + a];
        root = rest > 1e-14 * r[a * n + a] ? sqrt(rest) : 0.0;
        r[a * n + a] = root;
        for (int32_t b = a + 1; b < n; ++b) {
            for (int32_t k = 0; k < a; ++k) r[a * n + b] -= r[k * n + a] * r[k * n + b];
            r[a * n + b] = root > 0.0 ? r[a * n + b] / root : 0.0;
        }
    }
}

static void begin(srd_explainer *ex, const srd__bound *bound)
{
    const int32_t n = bound->lanes->mixing->before, outputs = bound->shape.c;
    const float *const scale = srd__scale_of(ex, bound, bound->lanes), *w = rows_of(ex, bound);
    double *r = factors_of(ex, bound);

    turn_weights(ex, bound, rows_of(ex, bound));
    for (int32_t t = 0; t < bound->lanes->taps; ++t, r += n * n, w += (ptrdiff_t)n * outputs) {
        memset(r, 0, (size_t)(n * n) * sizeof *r);
        for (int32_t a = 0; a < n; ++a) {
            for (int32_t b = a; b < n; ++b) {
                for (int32_t o = 0; o < outputs; ++o) {
                    const double factor = scale != NULL ? (double)scale[o] : 1.0;

                    r[a * n + b] += factor * (double)w[a * outputs + o] * (factor * (double)w[b * outputs + o]);
                }
            }
        }
        factorise(r, n);
    }
}

/* y of these blocks, pixels side by side, for late_sums(). */
static void block_sums(const srd_explainer *ex, const srd__bound *bound, srd__scratch *s, const srd__tile *t, int32_t first,
                       int32_t count, bool norms)
{
    const float *const scale = srd__scale_of(ex, bound, bound->lanes);

    (void)norms;
    ex->plan.kernels->flip(s->y, t->pixels, scale != NULL ? scale + first : NULL, count,
                           s->u + (size_t)first * SRD__TILE_PIXELS);
}

static void late_sums(const srd_explainer *ex, const srd__bound *bound, srd__scratch *s, const srd__tile *t, int32_t unit_begin,
                      float *value, bool norms)
{
    const int32_t outputs = bound->shape.c, before = bound->lanes->mixing->before, terms = bound->lanes->taps * before;
    const float *rows = rows_of(ex, bound);
    const srd__panel columns = { s->u, SRD__TILE_PIXELS };
    float *const v = s->u + (size_t)outputs * SRD__TILE_PIXELS;
    const srd__few f = { s->terms, factors_of(ex, bound), v, bound->lanes->taps, before };

    (void)unit_begin, (void)value;
    for (int32_t term = 0; term < terms; term += SRD__TILE_PIXELS) {
        const int32_t count = srd__min(SRD__TILE_PIXELS, terms - term);

        for (int32_t k = 0; k < count; ++k, rows += outputs) s->x[k] = rows;
        ex->plan.kernels->mix(s->x, count, outputs, &columns, 1, v + (size_t)term * SRD__TILE_PIXELS, 0, false);
    }
    ex->plan.kernels->few(&f, t->pixels, norms ? t->uu : NULL, t->uy);
}

const srd__fast srd__fast_first_conv_sums = { .name = SRD__CASE_NAME("first convolution, sums by its taps"),
                                              .takes = SRD__TAKES_SEGMENT,
                                              .store = SRD__STORE_CASE,
                                              .one_block = 1,
                                              .one_tile = 1,
                                              .full_tiles = 1,
                                              .whole = 1,
                                              .ahead = 1,
                                              .fits = fits,
                                              .store_bytes = store_bytes,
                                              .needs = needs,
                                              .begin = begin,
                                              .contributions = srd__first_conv_u,
                                              .y = srd__first_conv_y,
                                              .block_sums = block_sums,
                                              .late_sums = late_sums };
#endif
