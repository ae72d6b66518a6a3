/* looking.c -- everything that only looks: introspection, tensors, rendering. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"

static srd_status count_text(void *user, const char *text, size_t length)
{
    fuzz_require(text != NULL || length == 0);
    *(size_t *)user += length;
    return SRD_OK;
}

void fuzz_look(fuzz *f, const srd_graph *graph)
{
    const srd_layer layer = fuzz_layer(f, graph);
    srd_layer_info info = SRD_LAYER_INFO_INIT;
    srd_detail detail = SRD_DETAIL_INIT;
    const char *const name = srd_graph_layer_name(graph, layer);
    int32_t chw[3] = { -5, -5, -5 };
    size_t length = 0;
    srd_status status = srd_graph_layer_shape(graph, layer, chw, NULL);

    fuzz_status(status, NULL);
    fuzz_require((status == SRD_OK) == (chw[0] != -5) && (status == SRD_OK) == (name != NULL));
    fuzz_require((srd_graph_layer_kind(graph, layer) != NULL) == (name != NULL));
    if (name != NULL) fuzz_require(srd_graph_find(graph, name) == layer);
    status = srd_graph_layer_info(graph, layer, &info, NULL);
    fuzz_status(status, NULL);
    fuzz_require((status == SRD_OK) == (name != NULL));
    fuzz_require(info.is_site == srd_graph_is_site(graph, layer));
    for (int32_t i = 0; i < info.operand_count; i++) fuzz_require(srd_graph_layer_operand(graph, layer, i) < layer);
    fuzz_require(srd_graph_layer_operand(graph, layer, info.operand_count) == SRD_LAYER_NONE);
    fuzz_status(srd_graph_detail(graph, &detail), NULL);
    status = srd_graph_dump(graph, fuzz_number(f, 1), count_text, &length, NULL);
    fuzz_status(status, NULL);
    fuzz_require((status == SRD_OK) == (length > 0));
    (void)srd_graph_input_layer(graph, fuzz_number(f, 2));
    (void)srd_graph_output_layer(graph, fuzz_number(f, 2));
    (void)srd_graph_memory_used(graph);
}

static void check_memory_info(const srd_explainer *x)
{
    srd_memory_info info = SRD_MEMORY_INFO_INIT;

    fuzz_require(srd_explainer_memory_info(x, &info, NULL) == SRD_OK);
    fuzz_require(info.total == (int64_t)srd_explainer_memory_used(x));
    fuzz_require(info.tables >= 0 && info.working >= 0 && info.kept >= 0 && info.scratch >= 0);
    fuzz_require(info.tables + info.working + info.kept + info.scratch <= info.total);
}

/* The grid of a layer lies within it, and has even steps. */
static void check_places(const fuzz_explainer *e, srd_layer input)
{
    const int32_t count = srd_graph_layer_count(e->graph);
    srd_layer_geometry *const places = calloc((size_t)count, sizeof *places);
    srd_status status;

    if (places == NULL) abort();
    status = srd_explainer_layer_geometry(e->explainer, input, places, count, (int32_t)sizeof(srd_layer_geometry), NULL);
    fuzz_status(status, NULL);
    for (srd_layer i = 0; status == SRD_OK && i < count; i++) {
        const srd_layer_geometry *const g = &places[i];
        int32_t chw[3];

        if (g->state != SRD_GEOMETRY_GRID) continue;
        fuzz_require(srd_explainer_layer_shape(e->explainer, i, chw, NULL) == SRD_OK && g->first >= 0 && g->rows > 0 &&
                     g->columns > 0);
        fuzz_require(g->first + (int64_t)(g->rows - 1) * g->row_stride + (int64_t)(g->columns - 1) * g->column_stride <
                     (int64_t)chw[1] * chw[2]);
        fuzz_require(g->step_y > 0 && g->step_x > 0 && isfinite(g->offset_y) && isfinite(g->offset_x));
        fuzz_require(g->field_top <= g->field_bottom && g->field_left <= g->field_right);
    }
    free(places);
}

void fuzz_look_closer(fuzz *f, fuzz_explainer *e)
{
    const srd_layer layer = fuzz_layer(f, e->graph);
    srd_plan_info plan = SRD_PLAN_INFO_INIT;
    srd_site_report site = SRD_SITE_REPORT_INIT;
    srd_report report = SRD_REPORT_INIT;
    srd_detail detail = SRD_DETAIL_INIT;
    srd_layer at = -5;
    uint64_t ticks = 0;
    srd_status status = srd_explainer_plan_info(e->explainer, layer, &plan, NULL);

    fuzz_status(status, NULL);
    fuzz_require(plan.positions >= 0 && plan.ratios >= 0 && plan.multiply_adds >= 0 && plan.kept_bytes >= 0);
    check_memory_info(e->explainer);
    check_places(e, layer);
    check_places(e, srd_graph_input_layer(e->graph, 0));
    status = srd_explainer_step_info(e->explainer, fuzz_number(f, 12), &at, &ticks, NULL);
    fuzz_status(status, NULL);
    fuzz_require((status == SRD_OK) == (at >= 0));
    fuzz_status(srd_explainer_site_report(e->explainer, layer, &site, NULL), NULL);
    fuzz_status(srd_explainer_report(e->explainer, &report, &detail), &detail);
    fuzz_status(detail.status, NULL);
}

/* ---- tensors ---------------------------------------------------------------------------------------------------------------- */

void fuzz_tensors(fuzz *f)
{
    const srd_memory memory = fuzz_heap_memory(f);
    const int32_t rank = fuzz_number(f, SRD_MAX_RANK), type = fuzz_rarely(f, 16) ? fuzz_number(f, 3) : SRD_FLOAT32;
    int64_t shape[SRD_MAX_RANK];
    srd_detail detail = SRD_DETAIL_INIT;
    srd_tensor *made = NULL, *from;
    size_t size = 4711;
    srd_status status;

    for (int i = 0; i < SRD_MAX_RANK; i++) shape[i] = 1 + (int64_t)fuzz_number(f, 5);
    if (fuzz_rarely(f, 16)) shape[fuzz_pick(f, 4)] = INT64_MAX - fuzz_byte(f);
    status = srd_tensor_memory_size(type, rank, shape, &size, NULL);
    fuzz_status(status, NULL);
    if (status != SRD_OK) fuzz_require(size == 4711);
    fuzz_require(srd_tensor_view_memory_size(&size, NULL) == SRD_OK && size > 0 && srd_version() == SRD_VERSION);
    status = srd_tensor_create(type, rank, shape, &memory, &made, &detail);
    fuzz_status(status, &detail);
    fuzz_require((status == SRD_OK) == (made != NULL));
    if (made == NULL) return;
    fuzz_require(srd_tensor_rank(made) == rank && srd_tensor_data(made) == srd_tensor_const_data(made));
    for (int32_t i = 0; i < rank; i++) fuzz_require(srd_tensor_shape(made, i) == shape[i] && srd_tensor_stride(made, i) > 0);
    if (fuzz_rarely(f, 8) && rank > 0) shape[0]++;
    from = fuzz_tensor(f, rank, shape);
    fuzz_status(srd_tensor_copy(from, made, NULL), NULL);
    srd_tensor_free(made);
    srd_tensor_free(from);
}

/* ---- rendering ------------------------------------------------------------------------------------------------------------------ */

static srd_render_options render_options(fuzz *f)
{
    srd_render_options o = SRD_RENDER_OPTIONS_INIT;

    o.colours = fuzz_number(f, 2);
    o.scaling = fuzz_number(f, 2);
    o.enlargement = fuzz_number(f, 1);
    if (o.scaling == SRD_SCALE_PERCENTILE) o.percentile = 10.0f * fuzz_real(f);
    if (o.scaling == SRD_SCALE_RANGE) o.high = fuzz_real(f), o.low = fuzz_rarely(f, 8) ? fuzz_real(f) : -o.high;
    return o;
}

static srd_overlay_options overlay_options(fuzz *f)
{
    srd_overlay_options o = SRD_OVERLAY_OPTIONS_INIT;

    o.blend = fuzz_number(f, 2);
    o.grey_picture = fuzz_number(f, 1);
    if (fuzz_rarely(f, 2)) o.opacity = fabsf(fuzz_real(f)) / 8.0f;
    if (fuzz_rarely(f, 2)) o.picture_low = fuzz_real(f), o.picture_high = fuzz_real(f);
    if (fuzz_rarely(f, 2)) o.step_y = fabsf(fuzz_real(f)), o.step_x = fabsf(fuzz_real(f));
    if (fuzz_rarely(f, 2)) o.offset_y = fuzz_real(f), o.offset_x = fuzz_real(f);
    return o;
}

void fuzz_render(fuzz *f)
{
    const srd_render_options o = render_options(f);
    const srd_overlay_options over = overlay_options(f);
    const int64_t map_shape[2] = { 1 + fuzz_pick(f, 9), 1 + fuzz_pick(f, 9) };
    const int64_t picture_shape[3] = { (fuzz_byte(f) & 1) != 0 ? 3 : 1, 1 + fuzz_pick(f, 9), 1 + fuzz_pick(f, 9) };
    const int32_t h = 1 + fuzz_pick(f, 24), w = 1 + fuzz_pick(f, 24), pad = fuzz_pick(f, 5);
    const int upwards = fuzz_rarely(f, 4), cut = fuzz_rarely(f, 32);
    const int64_t row = 4 * (int64_t)w + pad;
    const size_t size = (size_t)((h - 1) * row + 4 * (int64_t)w);
    srd_tensor *const map = fuzz_tensor(f, 2, map_shape), *const picture = fuzz_tensor(f, 3, picture_shape);
    srd_detail detail = SRD_DETAIL_INIT;
    uint8_t *const pixels = malloc(size);
    float low = FUZZ_MARK, high = FUZZ_MARK;
    uint8_t rgb[3 * SRD_COLOUR_ENTRIES];
    srd_status status;

    fuzz_status(srd_render_colour_map(o.colours, rgb, NULL), NULL);
    if (pixels == NULL) abort();
    memset(pixels, 0xA5, size);
    if ((fuzz_byte(f) & 1) != 0) {
        status = srd_render_map(map, &o, pixels + (upwards ? (h - 1) * row : 0),
                                upwards ? -row
                                : cut   ? 4 * w - 1
                                        : row,
                                h, w, &detail);
    } else {
        status = srd_render_overlay(map, picture, &o, &over, pixels + (upwards ? (h - 1) * row : 0),
                                    upwards ? -row
                                    : cut   ? 4 * w - 1
                                            : row,
                                    h, w, &detail);
    }
    fuzz_status(status, &detail);
    for (size_t i = 0; i < size; i++) { /* the pixels and nothing else */
        const int64_t in_row = (int64_t)i % row;

        if (status != SRD_OK || in_row >= 4 * (int64_t)w) fuzz_require(pixels[i] == 0xA5);
        else if (in_row % 4 == 3) fuzz_require(pixels[i] == 255);
    }
    status = srd_render_scale(map, &o, &low, &high, NULL);
    fuzz_status(status, NULL);
    if (status == SRD_OK) fuzz_require(isfinite(low) && isfinite(high) && low < high);
    else fuzz_require(low == FUZZ_MARK && high == FUZZ_MARK);
    free(pixels);
    srd_tensor_free(map);
    srd_tensor_free(picture);
}
