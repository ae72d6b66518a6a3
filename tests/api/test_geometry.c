/*
 * test_geometry.c -- where the positions of a layer lie, against what is measured from outside. With equal weights and an even picture
 * the ERF of a position is symmetric, so its centre of mass is the place that srd_explainer_layer_geometry() tells, and its extent the field.
 */
#include <math.h>
#include <stdlib.h>

#include "geometry_nets.h"

/* ---- measuring ---- */

typedef struct net {
    srd_graph *graph;
    srd_explainer *explainer;
    srd_layer input, top;
    srd_layer_geometry at; /* of top */
    int32_t shape[3];      /* of top */
} net;

static void ask_geometry(const srd_explainer *explainer, const srd_graph *graph, srd_layer input, srd_layer layer,
                         srd_layer_geometry *at)
{
    srd_layer_geometry all[MOST_LAYERS];

    ck_assert_int_le(srd_graph_layer_count(graph), MOST_LAYERS);
    check_ok(srd_explainer_layer_geometry(explainer, input, all, srd_graph_layer_count(graph),
                                          (int32_t)sizeof(srd_layer_geometry), testing_reason()));
    *at = all[layer];
}

static void open_net(net *n, srd_layer (*build)(srd_graph *graph, srd_layer x))
{
    static float pixels[HEIGHT * WIDTH];
    srd_tensor *picture;

    for (size_t i = 0; i < sizeof equal / sizeof *equal; ++i) equal[i] = 0.25f;
    for (size_t i = 0; i < sizeof pixels / sizeof *pixels; ++i) pixels[i] = 1.0f;
    check_ok(srd_graph_create(NULL, NULL, &n->graph, NULL));
    n->input = srd_graph_input(n->graph, NULL, 1, HEIGHT, WIDTH);
    n->top = build(n->graph, n->input);
    check_ok(srd_graph_output(n->graph, n->top, testing_reason()));
    check_ok(srd_graph_seal(n->graph, NULL));
    check_ok(srd_explainer_create(n->graph, NULL, NULL, &n->explainer, NULL));
    picture = testing_const_view(3, (const int64_t[]){ 1, HEIGHT, WIDTH }, pixels);
    check_ok(srd_explainer_run(n->explainer, (const srd_tensor *const *)&picture, 1, NULL, testing_reason()));
    srd_tensor_free(picture);
    ask_geometry(n->explainer, n->graph, n->input, n->top, &n->at);
    check_ok(srd_explainer_layer_shape(n->explainer, n->top, n->shape, testing_reason()));
}

static void close_net(net *n)
{
    srd_explainer_free(n->explainer);
    srd_graph_free(n->graph);
}

/* What is found in an ERF along both axes. */
typedef struct seen {
    double y, x; /* centre of mass */
    int32_t top, left, bottom, right;
} seen;

static seen look(const net *n, int32_t position)
{
    static float map[HEIGHT][WIDTH];
    srd_tensor *tensor = testing_view(2, (const int64_t[]){ HEIGHT, WIDTH }, map[0]);
    seen s = { 0, 0, HEIGHT, WIDTH, -1, -1 };
    double all = 0;

    check_ok(srd_explainer_ask_erf(n->explainer, n->top, position / n->shape[2], position % n->shape[2], NULL, &n->input,
                                   &tensor, 1, testing_reason()));
    srd_tensor_free(tensor);
    for (int32_t r = 0; r < HEIGHT; ++r) {
        for (int32_t c = 0; c < WIDTH; ++c) {
            const double share = (double)map[r][c];

            if (share == 0.0) continue;
            all += share;
            s.y += share * r;
            s.x += share * c;
            if (r < s.top) s.top = r;
            if (r > s.bottom) s.bottom = r;
            if (c < s.left) s.left = c;
            if (c > s.right) s.right = c;
        }
    }
    ck_assert_msg(fabs(all - 1.0) < 1e-4, "the field of position %d adds up to %g", (int)position, all);
    s.y /= all;
    s.x /= all;
    return s;
}

/* Is all that grid entry (i, j) can see inside the picture? */
static int is_inside(const srd_layer_geometry *at, int32_t i, int32_t j)
{
    return at->field_top + i * at->step_y >= 0 && at->field_bottom + i * at->step_y <= HEIGHT - 1 &&
           at->field_left + j * at->step_x >= 0 && at->field_right + j * at->step_x <= WIDTH - 1;
}

static int32_t number_of(const srd_layer_geometry *at, int32_t i, int32_t j)
{
    return at->first + i * at->row_stride + j * at->column_stride;
}

static const struct exact {
    const char *name;
    srd_layer (*build)(srd_graph *graph, srd_layer x);
    double step_y, step_x, offset_y, offset_x;
} exact[] = {
    { "valid", valid, 1, 1, 3, 3 },
    { "same", same, 1, 1, 0, 0 },
    { "strided", strided, 4, 4, 1, 1 },
    { "dilated", dilated, 2, 4, 5, -3 },
    { "even_kernels", even_kernels, 4, 4, -0.5, 3.5 },
    { "pools", pools, 4, 4, 2.5, 2.5 },
    { "pads", pads, 2, 2, -1, -3 },
    { "constant_pads", constant_pads, 2, 2, -4, 0 },
    { "subsampled", subsampled, 3, 2, 3.5, 2.5 },
    { "adaptive", adaptive, 4, 6, 1.5, 2.5 },
    { "corners", corners, 2, 4.0 * 11 / 33, 1.5, 1.5 },
    { "transposed", transposed, 4, 4, 4, 4 },
    { "turned_back", turned_back, 4, 4, 4, 4 },
    { "residual", residual, 4, 4, 0, 0 },
    { "inception", inception, 4, 4, 5, 5 },
    { "means", means, HEIGHT, WIDTH, 31.5, 23.5 },
    { "rows_of_means", rows_of_means, 2, 46, 1.5, 23.5 },
    { "flattened", flattened, HEIGHT, WIDTH, 31.5, 23.5 },
    { "patches", patches, 4, 4, 1.5, 1.5 },
    { "tokens", tokens, 4, 4, 1.5, 1.5 },
    { "some_of_a_row", some_of_a_row, HEIGHT, 2, 31.5, 12.5 },
};

/* Every position that sees nothing but the picture: the centre of mass lies at the place, the extent is the field. */
START_TEST(the_centre_of_the_field)
{
    const struct exact *const want = &exact[_i];
    const int is_enlarged = want->build == corners; /* there the field is a bound */
    int32_t inside = 0;
    net n;

    open_net(&n, want->build);
    ck_assert_msg(n.at.state == SRD_GEOMETRY_GRID, "%s: no geometry", want->name);
    ck_assert_msg(fabs(n.at.step_y - want->step_y) < 1e-9 && fabs(n.at.step_x - want->step_x) < 1e-9 &&
                      fabs(n.at.offset_y - want->offset_y) < 1e-9 && fabs(n.at.offset_x - want->offset_x) < 1e-9,
                  "%s: steps %g %g, offsets %g %g", want->name, n.at.step_y, n.at.step_x, n.at.offset_y, n.at.offset_x);
    for (int32_t i = 0; i < n.at.rows; ++i) {
        for (int32_t j = 0; j < n.at.columns; ++j) {
            const double y = n.at.offset_y + i * n.at.step_y, x = n.at.offset_x + j * n.at.step_x;
            seen s;

            if (!is_inside(&n.at, i, j)) continue;
            s = look(&n, number_of(&n.at, i, j));
            ++inside;
            ck_assert_msg(fabs(s.y - y) < 1e-3 && fabs(s.x - x) < 1e-3, "%s (%d, %d): looks at (%g, %g), not (%g, %g)",
                          want->name, (int)i, (int)j, s.y, s.x, y, x);
            if (is_enlarged) continue;
            ck_assert_msg(fabs(s.top - n.at.field_top - i * n.at.step_y) < 1e-9 &&
                              fabs(s.bottom - n.at.field_bottom - i * n.at.step_y) < 1e-9 &&
                              fabs(s.left - n.at.field_left - j * n.at.step_x) < 1e-9 &&
                              fabs(s.right - n.at.field_right - j * n.at.step_x) < 1e-9,
                          "%s (%d, %d): sees %d %d to %d %d", want->name, (int)i, (int)j, (int)s.top, (int)s.left,
                          (int)s.bottom, (int)s.right);
        }
    }
    ck_assert_msg(inside > 0, "%s: every position sees the border", want->name);
    close_net(&n);
}
END_TEST

static const struct uneven {
    const char *name;
    srd_layer (*build)(srd_graph *graph, srd_layer x);
    int32_t period_y, period_x; /* positions after which the deviations repeat */
    double step_y, step_x, input_step;
} uneven[] = {
    { "nearest", nearest, 4, 4, 1, 1, 4 },
    { "bilinear", bilinear, 2, 2, 2, 2, 4 },
    { "by_size", by_size, 3, 1, 4.0 / 3, 4, 4 },
    { "transposed_2", transposed_2, 2, 2, 2, 2, 4 },
    { "transposed_3", transposed_3, 2, 2, 2, 2, 4 },
    { "transposed_4", transposed_4, 2, 2, 2, 2, 4 },
    { "transposed_dilated", transposed_dilated, 2, 2, 2, 2, 4 },
    { "uneven_adaptive", uneven_adaptive, 3, 3, 64.0 / 24, 48.0 / 18, 1 },
};

/* Positions deviate from the even places by less than a step of the layer's input; over a period they do not on average. */
START_TEST(the_centre_of_several_fields)
{
    const struct uneven *const want = &uneven[_i];
    double sum_y = 0, sum_x = 0;
    int32_t i, j;
    net n;

    open_net(&n, want->build);
    ck_assert_int_eq(n.at.state, SRD_GEOMETRY_GRID);
    ck_assert_double_eq_tol(n.at.step_y, want->step_y, 1e-6);
    ck_assert_double_eq_tol(n.at.step_x, want->step_x, 1e-6);
    i = n.at.rows / 2 / want->period_y * want->period_y;
    j = n.at.columns / 2 / want->period_x * want->period_x;
    for (int32_t k = 0; k < want->period_y * want->period_x; ++k) {
        const int32_t row = i + k / want->period_x, column = j + k % want->period_x;
        const double top = n.at.field_top + row * n.at.step_y, bottom = n.at.field_bottom + row * n.at.step_y;
        const double left = n.at.field_left + column * n.at.step_x, right = n.at.field_right + column * n.at.step_x;
        const double y = n.at.offset_y + row * n.at.step_y, x = n.at.offset_x + column * n.at.step_x;
        const seen s = look(&n, number_of(&n.at, row, column));

        ck_assert(is_inside(&n.at, row, column));
        ck_assert_msg(fabs(s.y - y) < want->input_step && fabs(s.x - x) < want->input_step,
                      "%s: looks at (%g, %g), not (%g, %g)", want->name, s.y, s.x, y, x);
        ck_assert_msg(s.top >= top - 1e-4 && s.bottom <= bottom + 1e-4 && s.left >= left - 1e-4 && s.right <= right + 1e-4,
                      "%s: sees %d %d to %d %d, field %g %g to %g %g", want->name, (int)s.top, (int)s.left, (int)s.bottom,
                      (int)s.right, top, left, bottom, right);
        sum_y += s.y - y;
        sum_x += s.x - x;
    }
    ck_assert_msg(fabs(sum_y) < 1e-3 && fabs(sum_x) < 1e-3, "%s: (%g, %g) off", want->name, sum_y, sum_x);
    close_net(&n);
}
END_TEST

/* ---- what has no grid, or none of its own ---- */

typedef struct two_inputs {
    srd_graph *graph;
    srd_explainer *explainer;
    srd_layer a, b, x, only_a, sum, gone, disagree, class_alone, row, cut, dead, stands_for, attends, turned, chosen;
} two_inputs;

static srd_layer out(srd_graph *graph, srd_layer layer)
{
    check_ok(srd_graph_output(graph, layer, testing_reason()));
    return layer;
}

static void build_two(two_inputs *t)
{
    srd_graph *g;
    srd_layer pair[2];

    check_ok(srd_graph_create(NULL, NULL, &t->graph, NULL));
    g = t->graph;
    t->a = srd_graph_input(g, NULL, 1, 0, 0);
    t->b = srd_graph_input(g, NULL, 1, 16, 16);
    t->only_a = out(g, square(g, t->a, 3, 1, 0));
    pair[0] = square(g, t->a, 3, 2, 0), pair[1] = square(g, t->b, 4, 4, 0);
    t->sum = out(g, srd_graph_relu(g, NULL, srd_graph_add(g, NULL, pair, 2)));
    pair[0] = square(g, t->a, 1, 1, 0), pair[1] = square(g, t->a, 4, 1, 0); /* 9 x 9 and 6 x 6 */
    pair[0] = srd_graph_adaptive_avg_pool2d(g, NULL, pair[0], 6, 6);
    t->disagree = out(g, square(g, narrow(g, srd_graph_concat(g, NULL, pair, 2), 2), 3, 1, 1));
    t->stands_for = out(g, srd_graph_dropout(g, NULL, t->sum));
    t->row = srd_graph_reshape(g, NULL, t->sum, 0, 0);
    pair[0] = class_token(g), pair[1] = t->row;
    t->x = out(g, square(g, srd_graph_concat_tokens(g, NULL, pair, 2), 1, 1, 0));
    t->class_alone = out(g, srd_graph_select_tokens(g, NULL, t->x, 0, 1));
    t->chosen = out(g, srd_graph_select_tokens(g, NULL, t->x, 1, 16));
    t->attends = out(g, square(g, srd_graph_attention(g, NULL, t->row, t->x, t->x, NULL), 1, 1, 0));
    t->cut = out(g, square(g, srd_graph_reshape(g, NULL, t->row, 2, 8), 3, 1, 1));
    t->turned = out(g, srd_graph_transpose(g, NULL, t->sum));
    pair[0] = pair[1] = t->row;
    t->gone = out(g, srd_graph_concat_tokens(g, NULL, pair, 2));
    t->dead = square(g, t->a, 1, 1, 0);
    check_ok(srd_graph_seal(g, NULL));
}

static void check_nothing(const srd_layer_geometry *g, int32_t state)
{
    srd_layer_geometry want = SRD_LAYER_GEOMETRY_INIT;

    want.state = state;
    ck_assert_int_eq(g->state, state);
    ck_assert_mem_eq(g, &want, sizeof want);
}

static void check_grid(const srd_layer_geometry *g, int32_t first, int32_t row_stride, int32_t column_stride, double step,
                       double offset)
{
    ck_assert_int_eq(g->state, SRD_GEOMETRY_GRID);
    ck_assert_int_eq(g->first, first);
    ck_assert_int_eq(g->rows, 4);
    ck_assert_int_eq(g->columns, 4);
    ck_assert_int_eq(g->row_stride, row_stride);
    ck_assert_int_eq(g->column_stride, column_stride);
    ck_assert(g->step_y == step && g->step_x == step && g->offset_y == offset && g->offset_x == offset);
}

START_TEST(states_and_tokens)
{
    const int32_t sizes[4] = { 9, 9, 0, 0 };
    srd_explainer_options o = SRD_EXPLAINER_OPTIONS_INIT;
    srd_layer_geometry g[MOST_LAYERS];
    two_inputs t;
    int32_t count;

    for (size_t i = 0; i < sizeof equal / sizeof *equal; ++i) equal[i] = 0.25f;
    build_two(&t);
    count = srd_graph_layer_count(t.graph);
    ck_assert_int_le(count, MOST_LAYERS);
    o.input_sizes = sizes;
    o.input_size_count = 2;
    check_ok(srd_explainer_create(t.graph, &o, NULL, &t.explainer, NULL));
    check_ok(srd_explainer_layer_geometry(t.explainer, t.b, g, count, (int32_t)sizeof(srd_layer_geometry), testing_reason()));
    check_nothing(&g[t.a], SRD_GEOMETRY_NONE);
    check_nothing(&g[t.only_a], SRD_GEOMETRY_NONE);
    check_grid(&g[t.sum], 0, 4, 1, 4, 1.5);
    check_ok(srd_explainer_layer_geometry(t.explainer, t.a, g, count, (int32_t)sizeof(srd_layer_geometry), testing_reason()));
    check_nothing(&g[t.b], SRD_GEOMETRY_NONE);
    check_nothing(&g[t.dead], SRD_GEOMETRY_NONE);
    check_nothing(&g[t.disagree], SRD_GEOMETRY_LOST);
    check_nothing(&g[t.class_alone], SRD_GEOMETRY_LOST);
    check_nothing(&g[t.cut], SRD_GEOMETRY_LOST);
    check_nothing(&g[t.gone], SRD_GEOMETRY_LOST);
    check_grid(&g[t.sum], 0, 4, 1, 2, 1);
    check_grid(&g[t.stands_for], 0, 4, 1, 2, 1);
    check_grid(&g[t.row], 0, 4, 1, 2, 1);
    check_grid(&g[t.x], 1, 4, 1, 2, 1);
    check_grid(&g[t.chosen], 0, 4, 1, 2, 1);
    check_grid(&g[t.attends], 0, 4, 1, 2, 1);
    check_grid(&g[t.turned], 0, 1, 4, 2, 1);
    ck_assert(g[t.attends].field_bottom >= 8 && g[t.attends].field_top + 3 * 2 <= 0); /* any query sees all */
    check_status(srd_explainer_layer_geometry(t.explainer, t.a, g, count - 1, (int32_t)sizeof(srd_layer_geometry),
                                              testing_reason()),
                 SRD_ERR_ARGUMENT);
    check_status(srd_explainer_layer_geometry(t.explainer, t.sum, g, count, (int32_t)sizeof(srd_layer_geometry),
                                              testing_reason()),
                 SRD_ERR_ARGUMENT);
    check_status(srd_explainer_layer_geometry(t.explainer, SRD_LAYER_NONE, g, count, (int32_t)sizeof(srd_layer_geometry),
                                              testing_reason()),
                 SRD_ERR_ARGUMENT);
    check_status(srd_explainer_layer_geometry(t.explainer, count, g, count, (int32_t)sizeof(srd_layer_geometry),
                                              testing_reason()),
                 SRD_ERR_ARGUMENT);
    srd_explainer_free(t.explainer);
    srd_graph_free(t.graph);
}
END_TEST

/* Attention in windows of a rolled picture, with other shifts back than there when `wrong`; the stream goes past it. */
START_TEST(windows_and_rolls_that_are_taken_back)
{
    const int wrong = _i;
    srd_attention_options o = SRD_ATTENTION_OPTIONS_INIT;
    srd_layer_geometry g[MOST_LAYERS];
    srd_graph *graph = NULL;
    srd_explainer *explainer = NULL;
    srd_layer x, pair[2], windows, attends, back, whole;

    for (size_t i = 0; i < sizeof equal / sizeof *equal; ++i) equal[i] = 0.25f;
    o.rows = 1;
    check_ok(srd_graph_create(NULL, NULL, &graph, NULL));
    x = srd_graph_input(graph, NULL, 1, 16, 16);
    pair[0] = square(graph, x, 4, 4, 0);
    windows = srd_graph_window_partition(graph, NULL, srd_graph_roll2d(graph, NULL, pair[0], -1, -1), 2, 2, SRD_WINDOWS_BLOCKS);
    attends = srd_graph_attention(graph, NULL, windows, windows, windows, &o);
    attends = square(graph, srd_graph_relu(graph, NULL, attends), 1, 1, 0);
    back = srd_graph_window_reverse(graph, NULL, attends, 4, 4, 2, 2, SRD_WINDOWS_BLOCKS);
    pair[1] = srd_graph_roll2d(graph, NULL, back, 1, wrong ? 2 : 1);
    whole = srd_graph_add(graph, NULL, pair, 2);
    (void)out(graph, whole);
    check_ok(srd_graph_seal(graph, testing_reason()));
    check_ok(srd_explainer_create(graph, NULL, NULL, &explainer, testing_reason()));
    check_ok(srd_explainer_layer_geometry(explainer, x, g, srd_graph_layer_count(graph), (int32_t)sizeof *g, testing_reason()));
    check_nothing(&g[windows], SRD_GEOMETRY_LOST);
    check_nothing(&g[attends], SRD_GEOMETRY_LOST);
    check_nothing(&g[back], SRD_GEOMETRY_LOST);
    if (wrong) {
        check_nothing(&g[whole], SRD_GEOMETRY_LOST);
    } else {
        check_grid(&g[pair[1]], 0, 4, 1, 4, 1.5);
        check_grid(&g[whole], 0, 4, 1, 4, 1.5);
        ck_assert(g[whole].field_top == -12 &&
                  g[whole].field_bottom == 15); /* row 0 may see row 3: it rolled past the border */
    }
    srd_explainer_free(explainer);
    srd_graph_free(graph);
}
END_TEST

/* A maximum looks where the mean over the same window does. Branches whose places differ meet in the middle. */
START_TEST(maxima_and_means_of_branches)
{
    srd_pool2d_options o = SRD_POOL2D_OPTIONS_INIT;
    srd_layer_geometry g[MOST_LAYERS];
    srd_layer branches[3], sum;
    srd_graph *graph = NULL;
    srd_explainer *explainer = NULL;
    srd_layer x;

    o.kernel_h = 3, o.kernel_w = 2, o.stride_h = 2, o.stride_w = 2, o.pad_top = 1;
    check_ok(srd_graph_create(NULL, NULL, &graph, NULL));
    x = srd_graph_input(graph, NULL, 1, 16, 16);
    branches[0] = srd_graph_max_pool2d(graph, NULL, x, &o);
    branches[1] = srd_graph_avg_pool2d(graph, NULL, x, &o);
    branches[2] = srd_graph_subsample2d(graph, NULL, x, 2, 2);
    sum = srd_graph_add(graph, NULL, branches, 3);
    check_ok(srd_graph_output(graph, sum, testing_reason()));
    check_ok(srd_graph_seal(graph, NULL));
    check_ok(srd_explainer_create(graph, NULL, NULL, &explainer, NULL));
    check_ok(srd_explainer_layer_geometry(explainer, x, g, srd_graph_layer_count(graph), (int32_t)sizeof(srd_layer_geometry),
                                          testing_reason()));
    ck_assert_mem_eq(&g[branches[0]], &g[branches[1]], sizeof *g);
    ck_assert(g[branches[0]].offset_y == 0 && g[branches[0]].offset_x == 0.5 && g[branches[2]].offset_x == 0);
    ck_assert(g[sum].step_x == 2 && g[sum].offset_y == 0 && fabs(g[sum].offset_x - 1.0 / 3) < 1e-12);
    ck_assert(g[sum].field_top == -1 && g[sum].field_bottom == 1 && g[sum].field_left == 0 && g[sum].field_right == 1);
    srd_explainer_free(explainer);
    srd_graph_free(graph);
}
END_TEST

int main(void)
{
    const testing_list list[] = {
        { the_centre_of_the_field, 0, (int)(sizeof exact / sizeof *exact) },
        { the_centre_of_several_fields, 0, (int)(sizeof uneven / sizeof *uneven) },
        { states_and_tokens, 0, 0 },
        { windows_and_rolls_that_are_taken_back, 0, 2 },
        { maxima_and_means_of_branches, 0, 0 },
        { NULL, 0, 0 },
    };

    return testing_main("geometry", list);
}
