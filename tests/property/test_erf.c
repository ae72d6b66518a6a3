/*
 * test_erf.c -- the two views of an effective receptive field give the same numbers (METHOD section 1): relevance pushed down
 * from one PFV (what the library does), and ERFs built up from the input, each the ratio-weighted sum of those one layer below.
 */
#include <stdlib.h>

#include "netfile.h"
#include "testing.h"

#define MOST_SITES 32

typedef struct chain {
    netfile *file;
    srd_graph *graph;
    srd_explainer *explainer;
    srd_layer sites[MOST_SITES]; /* from the input up */
    int32_t shapes[MOST_SITES][3];
    int32_t count;
} chain;

static void open_chain(chain *c, const char *name)
{
    char why[200];
    srd_tensor *picture;
    int64_t shape[3];

    memset(c, 0, sizeof *c);
    c->file = netfile_load(SRD_GOLDEN_DIR, name, why, sizeof why);
    ck_assert_msg(c->file != NULL, "%s", why);
    c->graph = netfile_graph(c->file, SRD_WEIGHTS_COPY, NULL);
    ck_assert_ptr_nonnull(c->graph);
    check_ok(srd_explainer_create(c->graph, NULL, NULL, &c->explainer, NULL));
    for (srd_layer i = 0; i < srd_graph_layer_count(c->graph); ++i) {
        if (!srd_graph_is_site(c->graph, i)) continue;
        ck_assert_int_lt(c->count, MOST_SITES);
        check_ok(srd_explainer_layer_shape(c->explainer, i, c->shapes[c->count], NULL));
        c->sites[c->count++] = i;
    }
    shape[0] = c->file->channels;
    shape[1] = c->file->height;
    shape[2] = c->file->width;
    picture = testing_const_view(3, shape, c->file->cases[0].input);
    check_ok(srd_explainer_run(c->explainer, (const srd_tensor *const *)&picture, 1, NULL, NULL));
    srd_tensor_free(picture);
}

static void close_chain(chain *c)
{
    srd_explainer_free(c->explainer);
    srd_graph_free(c->graph);
    netfile_free(c->file);
}

static size_t pixels(const chain *c, int32_t site)
{
    return (size_t)c->shapes[site][1] * (size_t)c->shapes[site][2];
}

/* The ERF of position p of a site at a lower site, by the library. */
static void pushed_down(const chain *c, int32_t site, size_t p, int32_t lower, float *map)
{
    const int64_t shape[2] = { c->shapes[lower][1], c->shapes[lower][2] };
    srd_tensor *tensor = testing_view(2, shape, map);
    const int32_t width = c->shapes[site][2];

    check_ok(srd_explainer_ask_erf(c->explainer, c->sites[site], (int32_t)p / width, (int32_t)p % width, NULL, &c->sites[lower],
                                   &tensor, 1, NULL));
    srd_tensor_free(tensor);
}

/* One layer up: the ERF of p is the sum over the PFVs q below of the ratio of q in p times the ERF of q. */
static double *built_up(const chain *c, int32_t site, const double *below)
{
    const size_t inputs = pixels(c, 0), lower = pixels(c, site - 1);
    double *const fields = calloc(pixels(c, site) * inputs, sizeof *fields);
    float *const ratios = calloc(lower, sizeof *ratios);

    for (size_t p = 0; p < pixels(c, site); ++p) {
        pushed_down(c, site, p, site - 1, ratios); /* in a chain this is one step: the ratios themselves */
        for (size_t q = 0; q < lower; ++q) {
            for (size_t i = 0; ratios[q] != 0.0f && i < inputs; ++i)
                fields[p * inputs + i] += (double)ratios[q] * below[q * inputs + i];
        }
    }
    free(ratios);
    return fields;
}

static void compare(const chain *c, int32_t site, const double *fields)
{
    const size_t inputs = pixels(c, 0);
    float *const map = calloc(inputs, sizeof *map);

    for (size_t p = 0; p < pixels(c, site); ++p) {
        double largest = 0.0, worst = 0.0;

        pushed_down(c, site, p, 0, map);
        for (size_t i = 0; i < inputs; ++i) {
            const double want = fields[p * inputs + i], off = (double)map[i] - want;

            largest = want > largest ? want : -want > largest ? -want : largest;
            worst = off > worst ? off : -off > worst ? -off : worst;
        }
        ck_assert_msg(worst <= 2e-6 * largest, "site %d, PFV %zu: %g off, largest %g", (int)site, p, worst, largest);
    }
    free(map);
}

START_TEST(forward_and_backward_view_agree)
{
    static const char *const networks[] = { "vgg_small", "vgg_plain", "mobilenet_v1_small" };
    chain c;
    double *fields;

    open_chain(&c, networks[_i]);
    fields = calloc(pixels(&c, 0) * pixels(&c, 0), sizeof *fields);
    for (size_t p = 0; p < pixels(&c, 0); ++p) fields[p * pixels(&c, 0) + p] = 1.0;
    for (int32_t site = 1; site < c.count; ++site) {
        double *const next = built_up(&c, site, fields);

        free(fields);
        fields = next;
        compare(&c, site, fields);
    }
    free(fields);
    close_chain(&c);
}
END_TEST

/* The relevance of an ERF at any layer between, used as a seed there, goes on to the same map. */
START_TEST(a_field_goes_on_from_any_layer)
{
    chain c;

    open_chain(&c, "vgg_small");
    for (int32_t top = 2; top < c.count; ++top) {
        const int32_t middle = top / 2;
        const int64_t shapes[2][2] = { { c.shapes[middle][1], c.shapes[middle][2] }, { c.shapes[0][1], c.shapes[0][2] } };
        float *const seed = calloc(pixels(&c, middle), sizeof *seed);
        float *const want = calloc(pixels(&c, 0), sizeof *want), *const got = calloc(pixels(&c, 0), sizeof *got);
        srd_tensor *seeds = testing_view(2, shapes[0], seed), *map = testing_view(2, shapes[1], got);

        pushed_down(&c, top, pixels(&c, top) / 2, middle, seed);
        pushed_down(&c, top, pixels(&c, top) / 2, 0, want);
        check_ok(srd_explainer_ask_seed(c.explainer, c.sites[middle], seeds, NULL, &c.sites[0], &map, 1, NULL));
        ck_assert_mem_eq(got, want, pixels(&c, 0) * sizeof *got); /* the same sums in the same order */
        srd_tensor_free(seeds);
        srd_tensor_free(map);
        free(seed);
        free(want);
        free(got);
    }
    close_chain(&c);
}
END_TEST

int main(void)
{
    const testing_list list[] = {
        { forward_and_backward_view_agree, 0, 3 },
        { a_field_goes_on_from_any_layer, 0, 0 },
        { NULL, 0, 0 },
    };

    return testing_main("erf", list);
}
