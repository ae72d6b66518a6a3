/*
 * places.c -- where the positions of every layer lie in the picture.
 *
 * The geometry of a layer follows from that of its inputs. Most kinds are lines: along an axis, output position o is made of positions
 * of the input around step * o + offset, the same window for every o. Others only put the positions in another order. A gather kind
 * that this file does not name loses the geometry: a kind that is added later is never drawn at a wrong place, but nowhere.
 */
#include "layers/places.h"

#include "layers/kinds.h"

/* One axis: the window of output position o lies around step * o + offset of the input, and reaches from step * o + low to
 * step * o + high at most. Pads are not cut off: the border changes which positions exist, not where they would lie. */
typedef struct axis_line {
    double step, offset, low, high;
} axis_line;

/* The only output position is made of all n positions. */
static axis_line line_over_all(int32_t n)
{
    const axis_line all = { (double)n, 0.5 * (n - 1), 0.0, (double)(n - 1) };

    return all;
}

/* A window that slides, or, transposed, output positions o = input * stride - pad + tap * dilation. The taps lie symmetrically about
 * the middle of the window, which is therefore the mean of their places. */
static axis_line line_of_window(int32_t kernel, int32_t stride, int32_t pad, int32_t dilation, bool transposed)
{
    const double reach = (double)(kernel - 1) * dilation;
    axis_line l = { (double)stride, 0.5 * reach - pad, -(double)pad, reach - pad };

    if (transposed) {
        l.step = 1.0 / stride;
        l.offset = (pad - 0.5 * reach) / stride;
        l.low = (pad - reach) / stride;
        l.high = (double)pad / stride;
    }
    return l;
}

static void lines_of_window(const srd__layer *layer, axis_line *lines)
{
    const srd__window *const w = &layer->window;

    lines[0] = line_of_window(w->kernel_h, w->stride_h, w->top, w->dilation_h, w->transposed != 0);
    lines[1] = line_of_window(w->kernel_w, w->stride_w, w->left, w->dilation_w, w->transposed != 0);
}

/* ---- lines of single kinds: layer, sizes of the input and the output along the axis, axis ------------------------------------ */

typedef axis_line (*line_maker)(const srd__layer *layer, int32_t in, int32_t out, int32_t axis);

#if SRD_WITH_AVG_POOL2D || SRD_WITH_ADAPTIVE_MAX_POOL2D
static axis_line mean_line(const srd__layer *layer, int32_t in, int32_t out, int32_t axis)
{
    (void)out;
    const axis_line identity = { 1.0, 0.0, 0.0, 0.0 };

    return (layer->mode & (axis == 0 ? SRD_AXIS_HEIGHT : SRD_AXIS_WIDTH)) != 0 ? line_over_all(in) : identity;
}
#endif

#if SRD_WITH_ADAPTIVE_AVG_POOL2D || SRD_WITH_ADAPTIVE_MAX_POOL2D
/* Output o covers floor(o in / out) to ceil((o + 1) in / out) - 1: windows differ, but lie symmetrically about the even places. */
static axis_line adaptive_line(const srd__layer *layer, int32_t in, int32_t out, int32_t axis)
{
    axis_line l = { (double)in / out, 0.5 * in / out - 0.5, 0.0, 0.0 };

    (void)layer, (void)axis;
    for (int32_t o = 0; o < out; ++o) {
        const int64_t first = (int64_t)o * in / out, end = ((int64_t)(o + 1) * in + out - 1) / out;

        l.low = srd__min(l.low, (double)first - l.step * o);
        l.high = srd__max(l.high, (double)(end - 1) - l.step * o);
    }
    return l;
}
#endif

#if SRD_WITH_UPSAMPLE
/* A coordinate that is whole up to rounding is whole. */
static double whole_below(double x)
{
    const double above = x + 1e-9, cut = (double)(int32_t)above;

    return cut > above ? cut - 1.0 : cut;
}

/* With one position in the input every output repeats it; its square is divided evenly among them. */
static axis_line upsample_line(const srd__layer *layer, int32_t in, int32_t out, int32_t axis)
{
    const double scale = (double)(axis == 0 ? layer->scale_h : layer->scale_w);
    const bool nearest = layer->mode == SRD_UPSAMPLE_NEAREST, corners = layer->align_corners != 0 && in > 1 && out > 1;
    axis_line l = { scale > 0.0 ? 1.0 / scale : (double)in / out, 0.0, 0.0, 0.0 };
    double sum = 0.0;

    if (corners) l.step = (double)(in - 1) / (out - 1);
    else l.offset = 0.5 * l.step - 0.5;
    for (int32_t o = 0; o < out; ++o) {
        const double exact = l.step * o + (nearest ? 0.0 : l.offset), first = whole_below(exact);
        const double last = nearest || exact - first < 1e-9 ? first : first + 1.0;

        l.low = o == 0 ? first : srd__min(l.low, first - l.step * o);
        l.high = o == 0 ? last : srd__max(l.high, last - l.step * o);
        sum += first - l.step * o;
    }
    if (nearest) l.offset = sum / out; /* several outputs repeat a position: the mean of their distances to it is 0 */
    return l;
}
#endif

#if SRD_WITH_BLOCKS
static int32_t block_along(const srd__layer *layer, int32_t axis)
{
    return axis == 0 ? layer->size_h : layer->size_w;
}

/* Depth to space: as an upsample that shows each position in all places of its block. */
static axis_line spread_line(const srd__layer *layer, int32_t in, int32_t out, int32_t axis)
{
    const double step = 1.0 / block_along(layer, axis);
    const axis_line l = { step, 0.5 * step - 0.5, step - 1.0, 0.0 };

    (void)in, (void)out;
    return l;
}

/* Space to depth: a window that is the block. */
static axis_line block_line(const srd__layer *layer, int32_t in, int32_t out, int32_t axis)
{
    (void)in, (void)out;
    return line_of_window(block_along(layer, axis), block_along(layer, axis), 0, 1, false);
}
#endif

/* ---- from the input's geometry to the output's -------------------------------------------------------------------------------- */

static void lose(srd_layer_geometry *g)
{
    const srd_layer_geometry lost = { SRD_GEOMETRY_LOST, 0, 0, 0, 0, 0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0 };

    *g = lost;
}

static int32_t positions_of(const srd__shape *shape)
{
    return shape->h * shape->w;
}

/* Are the rows and columns of the grid those of the layer, or, turned, the columns and rows? All positions lie on it. */
static bool lies_along(const srd_layer_geometry *g, const srd__shape *shape, bool turned)
{
    const int32_t rows = turned ? shape->w : shape->h, columns = turned ? shape->h : shape->w;

    return g->first == 0 && g->rows == rows && g->columns == columns &&
           (rows == 1 || g->row_stride == (turned ? 1 : shape->w)) &&
           (columns == 1 || g->column_stride == (turned ? shape->w : 1));
}

static void lay_along(srd_layer_geometry *g, const srd__shape *shape, bool turned)
{
    g->first = 0;
    g->rows = turned ? shape->w : shape->h;
    g->columns = turned ? shape->h : shape->w;
    g->row_stride = turned ? 1 : shape->w;
    g->column_stride = turned ? shape->w : 1;
}

static void follow(srd_layer_geometry *g, const axis_line *rows, const axis_line *columns)
{
    g->offset_y += rows->offset * g->step_y;
    g->field_top += rows->low * g->step_y;
    g->field_bottom += rows->high * g->step_y;
    g->step_y *= rows->step;
    g->offset_x += columns->offset * g->step_x;
    g->field_left += columns->low * g->step_x;
    g->field_right += columns->high * g->step_x;
    g->step_x *= columns->step;
}

static bool is_identity(const axis_line *l)
{
    return l->step == 1.0 && l->offset == 0.0 && l->low == 0.0 && l->high == 0.0;
}

/* The one output position is made of the whole input? */
static bool takes_all(const axis_line *lines, const srd__shape *in, const srd__shape *out)
{
    return positions_of(out) == 1 && lines[0].low == 0.0 && lines[0].high == (double)(in->h - 1) && lines[1].low == 0.0 &&
           lines[1].high == (double)(in->w - 1);
}

/* lines: of the layer's rows and columns. */
static void place_by_lines(const axis_line *lines, const srd__shape *in, const srd__shape *out, srd_layer_geometry *g)
{
    const bool turned = !lies_along(g, in, false);

    if (is_identity(&lines[0]) && is_identity(&lines[1]) && in->h == out->h && in->w == out->w) return;
    if (takes_all(lines, in, out)) { /* in whatever order */
        const axis_line rows = line_over_all(g->rows), columns = line_over_all(g->columns);

        follow(g, &rows, &columns);
        lay_along(g, out, false);
    } else if (!turned || lies_along(g, in, true)) {
        follow(g, &lines[turned], &lines[!turned]);
        lay_along(g, out, turned);
    } else {
        lose(g);
    }
}

/* ---- kinds that move positions: g is the geometry of input 0 and becomes the layer's ------------------------------------------- */

#if SRD_WITH_MOVES
/* Tokens of the base lie behind those of the inputs before them. */
static void place_concat_tokens(const srd__layer *layer, const srd__shape *shapes, const srd_layer_geometry *table,
                                srd_layer_geometry *g)
{
    int32_t before = 0, found = 0;

    for (int32_t i = 0; i < layer->input_count; ++i) {
        const srd_layer_geometry *const in = &table[layer->inputs[i]];

        if (in->state != SRD_GEOMETRY_NONE) {
            *g = *in;
            if (in->state == SRD_GEOMETRY_GRID) g->first += before;
            ++found;
        }
        before += positions_of(&shapes[layer->inputs[i]]);
    }
    if (found > 1) lose(g);
}

static void place_select_tokens(const srd__layer *layer, const srd__shape *shapes, const srd_layer_geometry *table,
                                srd_layer_geometry *g)
{
    const int32_t first = layer->before, end = layer->before + layer->after;
    const int32_t last = g->first + (g->rows - 1) * g->row_stride + (g->columns - 1) * g->column_stride;

    (void)shapes, (void)table;
    if (g->first >= first && last < end) {
        g->first -= first;
    } else if (g->rows == 1 && g->column_stride == 1 && srd__max(g->first, first) < srd__min(last + 1, end)) {
        const int32_t from = srd__max(g->first, first), skipped = from - g->first;

        g->offset_x += skipped * g->step_x;
        g->field_left += skipped * g->step_x;
        g->field_right += skipped * g->step_x;
        g->columns = srd__min(last + 1, end) - from;
        g->first = from - first;
    } else {
        lose(g);
    }
}

static void place_transpose(const srd__layer *layer, const srd__shape *shapes, const srd_layer_geometry *table,
                            srd_layer_geometry *g)
{
    const srd__shape *const in = &shapes[layer->inputs[0]], *const out = &shapes[layer->id];

    (void)table;
    if (in->h == 1 || in->w == 1) return; /* the order of the positions stays */
    if (lies_along(g, in, false)) lay_along(g, out, true);
    else if (lies_along(g, in, true)) lay_along(g, out, false);
    else lose(g);
}
#endif

#if SRD_WITH_VIEWS
/* Positions keep their order. */
static void place_reshape(const srd__layer *layer, const srd__shape *shapes, const srd_layer_geometry *table,
                          srd_layer_geometry *g)
{
    (void)layer, (void)shapes, (void)table, (void)g;
}
#endif

#if SRD_WITH_ATTENTION
/* An output token stands where its query stands, and looks at all values. */
static void place_attention(const srd__layer *layer, const srd__shape *shapes, const srd_layer_geometry *table,
                            srd_layer_geometry *g)
{
    const srd_layer_geometry *const query = &table[layer->inputs[1]];
    const srd_layer_geometry value = *g;

    (void)shapes;
    if (query->state != SRD_GEOMETRY_GRID) {
        lose(g);
        return;
    }
    *g = *query; /* the field of any query reaches from the first value to the last one */
    g->field_top = value.field_top - (g->rows - 1) * g->step_y;
    g->field_left = value.field_left - (g->columns - 1) * g->step_x;
    g->field_bottom = value.field_bottom + (value.rows - 1) * value.step_y;
    g->field_right = value.field_right + (value.columns - 1) * value.step_x;
}
#endif

#if SRD_WITH_POSITION_MOVES
/* Rows and columns of a crop in their order; of a single one the step says nothing. A flip puts them in the opposite order, lost. */
static void place_crop(const srd__layer *layer, const srd__shape *shapes, const srd_layer_geometry *table,
                       srd_layer_geometry *g)
{
    const srd__window *const w = &layer->window;
    const srd__shape *const in = &shapes[layer->inputs[0]], *const out = &shapes[layer->id];
    const double top = w->stride_h > 0 ? w->top : in->h - 1 - w->bottom;
    const double left = w->stride_w > 0 ? w->left : in->w - 1 - w->right;
    const axis_line lines[2] = { { out->h > 1 ? w->stride_h : 1.0, top, top, top },
                                 { out->w > 1 ? w->stride_w : 1.0, left, left, left } };

    (void)table;
    if (lines[0].step < 0.0 || lines[1].step < 0.0) lose(g);
    else place_by_lines(lines, in, out, g);
}
#endif

#if SRD_WITH_MAXIMUM
static void join_inputs(const srd__layer *layer, const srd_layer_geometry *table, srd_layer_geometry *g);

/* Each position is made of the same position of all inputs. */
static void place_together(const srd__layer *layer, const srd__shape *shapes, const srd_layer_geometry *table,
                           srd_layer_geometry *g)
{
    (void)shapes;
    join_inputs(layer, table, g);
}
#endif

typedef void (*placer)(const srd__layer *layer, const srd__shape *shapes, const srd_layer_geometry *table,
                       srd_layer_geometry *g);

/* Gather kinds whose positions are those of layer->window, of a line, or that move; windows have neither function. */
static const struct {
    const srd__kind *kind;
    line_maker line;
    placer place;
} gathers[] = {
#if SRD_WITH_MAX_POOL2D
    { &srd__kind_max_pool2d, NULL, NULL },
#endif
#if SRD_WITH_AVG_POOL2D
    { &srd__kind_avg_pool2d, NULL, NULL },
    { &srd__kind_global_avg_pool, mean_line, NULL },
    { &srd__kind_mean, mean_line, NULL },
    { &srd__kind_sum, mean_line, NULL },
#endif
#if SRD_WITH_PAD
    { &srd__kind_zero_pad2d, NULL, NULL },
    { &srd__kind_constant_pad2d, NULL, NULL },
    { &srd__kind_subsample2d, NULL, NULL },
    { &srd__kind_zero_channels, NULL,
      NULL }, /* its window is one position, as that of all layers that only name channels anew */
#endif
#if SRD_WITH_CONCAT
    { &srd__kind_concat, NULL, NULL },
#endif
#if SRD_WITH_GATE
    { &srd__kind_gate, NULL, NULL },
#endif
#if SRD_WITH_VIEWS
    { &srd__kind_slice, NULL, NULL },
    { &srd__kind_gather_channels, NULL, NULL },
    { &srd__kind_shuffle, NULL, NULL },
    { &srd__kind_reshape, NULL, place_reshape },
#endif
#if SRD_WITH_MOVES
    { &srd__kind_concat_tokens, NULL, place_concat_tokens },
    { &srd__kind_select_tokens, NULL, place_select_tokens },
    { &srd__kind_transpose, NULL, place_transpose },
#endif
#if SRD_WITH_POSITION_MOVES
    { &srd__kind_crop2d, NULL, place_crop },
    { &srd__kind_reflection_pad2d, NULL, NULL },
    { &srd__kind_replication_pad2d, NULL, NULL },
    { &srd__kind_circular_pad2d, NULL, NULL },
#endif
#if SRD_WITH_BLOCKS
    { &srd__kind_depth_to_space, spread_line, NULL },
    { &srd__kind_space_to_depth, block_line, NULL },
#endif
#if SRD_WITH_ATTENTION
    { &srd__kind_attention, NULL, place_attention },
#endif
#if SRD_WITH_ADAPTIVE_AVG_POOL2D
    { &srd__kind_adaptive_avg_pool2d, adaptive_line, NULL },
#endif
#if SRD_WITH_ADAPTIVE_MAX_POOL2D
    { &srd__kind_adaptive_max_pool2d, adaptive_line, NULL },
    { &srd__kind_global_max_pool, mean_line, NULL },
    { &srd__kind_max, mean_line, NULL },
#endif
#if SRD_WITH_MAXIMUM
    { &srd__kind_maximum, NULL, place_together },
    { &srd__kind_minimum, NULL, place_together },
    { &srd__kind_max_channels, NULL, NULL },
#endif
#if SRD_WITH_UPSAMPLE
    { &srd__kind_upsample, upsample_line, NULL },
#endif
    { NULL, NULL, NULL },
};

/* ---- layers -------------------------------------------------------------------------------------------------------------------- */

static bool agree(double a, double b, int32_t positions)
{
    return positions == 1 || (a - b <= 1e-9 * a && b - a <= 1e-9 * a); /* of a single position the step says nothing */
}

/* Another input beside what is known of the others so far: number n, from 1 on. */
static void join(srd_layer_geometry *g, const srd_layer_geometry *other, int32_t n)
{
    if (g->state != SRD_GEOMETRY_GRID || other->state != SRD_GEOMETRY_GRID || g->first != other->first ||
        g->rows != other->rows || g->columns != other->columns || (g->rows > 1 && g->row_stride != other->row_stride) ||
        (g->columns > 1 && g->column_stride != other->column_stride) || !agree(g->step_y, other->step_y, g->rows) ||
        !agree(g->step_x, other->step_x, g->columns)) {
        lose(g);
        return;
    }
    g->step_y = srd__max(g->step_y, other->step_y);
    g->step_x = srd__max(g->step_x, other->step_x);
    g->offset_y += (other->offset_y - g->offset_y) / n;
    g->offset_x += (other->offset_x - g->offset_x) / n;
    g->field_top = srd__min(g->field_top, other->field_top);
    g->field_left = srd__min(g->field_left, other->field_left);
    g->field_bottom = srd__max(g->field_bottom, other->field_bottom);
    g->field_right = srd__max(g->field_right, other->field_right);
}

/* The inputs whose PFVs the layer passes on, together. */
static void join_inputs(const srd__layer *layer, const srd_layer_geometry *table, srd_layer_geometry *g)
{
    int32_t n = 0;

    for (int32_t i = 0; i < layer->walked; ++i) {
        const srd_layer_geometry *const in = &table[layer->inputs[i]];

        if (in->state == SRD_GEOMETRY_NONE) continue;
        if (++n == 1) *g = *in;
        else join(g, in, n);
    }
}

static void place_gather(const srd__layer *layer, const srd__shape *shapes, const srd_layer_geometry *table,
                         srd_layer_geometry *g)
{
    const srd__shape *const in = &shapes[layer->inputs[0]], *const out = &shapes[layer->id];
    axis_line lines[2] = { line_over_all(in->h), line_over_all(in->w) };
    int32_t i = 0;

    while (gathers[i].kind != NULL && gathers[i].kind != layer->kind) ++i;
    if (layer->kind->flattens) {
        place_by_lines(lines, in, out, g);
    } else if (gathers[i].kind == NULL) {
        lose(g);
    } else if (gathers[i].place != NULL) {
        gathers[i].place(layer, shapes, table, g);
    } else {
        lines_of_window(layer, lines);
        if (gathers[i].line != NULL) {
            lines[0] = gathers[i].line(layer, in->h, out->h, 0);
            lines[1] = gathers[i].line(layer, in->w, out->w, 1);
        }
        place_by_lines(lines, in, out, g);
    }
}

static void place_layer(const srd__layer *layer, const srd__shape *shapes, const srd_layer_geometry *table,
                        srd_layer_geometry *g)
{
    const bool moves_tokens = layer->kind->role == SRD__GATHER && layer->walked > 1 && !layer->kind->joins;

    if (moves_tokens) place_gather(layer, shapes, table, g);
    else join_inputs(layer, table, g);
    if (g->state != SRD_GEOMETRY_GRID || moves_tokens) return;
    if (layer->kind->role == SRD__GATHER) {
        place_gather(layer, shapes, table, g);
    } else if (layer->kind->role == SRD__MIXING) {
        const srd__shape *const in = &shapes[layer->inputs[0]];
        axis_line lines[2] = { line_over_all(in->h), line_over_all(in->w) };

        if (!layer->kind->dense) lines_of_window(layer, lines);
        place_by_lines(lines, in, &shapes[layer->id], g);
    }
}

void srd__geometry(const srd_graph *graph, const srd__shape *shapes, int32_t base, srd_layer_geometry *table)
{
    for (int32_t id = 0; id < graph->layer_count; ++id) {
        const srd__layer *const layer = graph->layers[id];
        const int32_t stands_for = srd__resolve(graph, id);
        srd_layer_geometry g = SRD_LAYER_GEOMETRY_INIT;

        if (stands_for != id) {
            g = table[stands_for];
        } else if (id == base) {
            g.state = SRD_GEOMETRY_GRID;
            lay_along(&g, &shapes[id], false);
            g.step_y = g.step_x = 1.0;
        } else if (layer->live) {
            place_layer(layer, shapes, table, &g);
#if SRD_WITH_POSITION_MOVES
            srd__follow_moves(graph, shapes, table, layer, &g);
#endif
        }
        table[id] = g;
    }
#if SRD_WITH_POSITION_MOVES
    srd__forget_moves(table, graph->layer_count);
#endif
}
