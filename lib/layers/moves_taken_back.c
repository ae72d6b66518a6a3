/*
 * moves_taken_back.c -- geometry behind windows of tokens and rolls: networks that attend in windows (Swin, MaxViT) move positions,
 * mix each window, and move them back. Between the two a position has no place that a picture could show; behind them it has the
 * place that it had before.
 *
 * So an entry of the table whose geometry is lost notes in `rows` the layer that moved its positions last, plus 1, as long as the
 * layers above keep them where they are. The layer that takes this move back gets the geometry of what was moved, or, where that
 * is lost to an earlier move, its note.
 */
#include "layers/kinds.h"
#include "layers/places.h"

#if SRD_WITH_POSITION_MOVES
/* Is position p of the layer made of position p of the inputs in whose place it stands? */
static bool keeps_positions(const srd__layer *layer, const srd__shape *in, const srd__shape *out)
{
    const srd__window *const w = &layer->window;

    if (in->h != out->h || in->w != out->w) return false;
    if (layer->kind->role == SRD__MIXING) {
        return !layer->kind->dense && w->kernel_h == 1 && w->kernel_w == 1 && w->stride_h == 1 && w->stride_w == 1 &&
               w->top == 0 && w->left == 0;
    }
    if (layer->kind->role != SRD__GATHER) return true;
    return layer->kind->attends || layer->kind->in_place || (layer->kind->view && !layer->kind->flattens);
}

/* The note that all inputs agree on; 0: none. Of an attention the query counts. */
static int32_t common_note(const srd__layer *layer, const srd__shape *shapes, const srd_layer_geometry *table)
{
    const int32_t first = layer->kind->attends ? 1 : 0, end = layer->kind->attends ? 2 : layer->walked;
    int32_t note = 0;

    for (int32_t i = first; i < end; ++i) {
        const srd_layer_geometry *const in = &table[layer->inputs[i]];

        if (in->state == SRD_GEOMETRY_NONE) continue;
        if (in->state != SRD_GEOMETRY_LOST || in->rows == 0 || (note != 0 && in->rows != note) ||
            !keeps_positions(layer, &shapes[layer->inputs[i]], &shapes[layer->id])) {
            return 0;
        }
        note = in->rows;
    }
    return note;
}

/* The field of a position that was mixed with others so many positions away. */
static void widen(srd_layer_geometry *g, const int32_t *reach)
{
    g->field_top -= reach[0] * g->step_y;
    g->field_bottom += reach[0] * g->step_y;
    g->field_left -= reach[1] * g->step_x;
    g->field_right += reach[1] * g->step_x;
}

void srd__follow_moves(const srd_graph *graph, const srd__shape *shapes, const srd_layer_geometry *table,
                       const srd__layer *layer, srd_layer_geometry *g)
{
    const srd_layer_geometry *const in = layer->input_count > 0 ? &table[layer->inputs[0]] : NULL;
    int32_t reach[2] = { 0, 0 };

    if (g->state != SRD_GEOMETRY_LOST || in == NULL) return;
    if (in->state == SRD_GEOMETRY_LOST && in->rows != 0 && srd__takes_back(layer, graph->layers[in->rows - 1], shapes, reach)) {
        *g = table[graph->layers[in->rows - 1]->inputs[0]];
        if (g->state == SRD_GEOMETRY_GRID) widen(g, reach);
    } else if (srd__begins_moving(layer)) {
        g->rows = layer->id + 1;
    } else {
        g->rows = common_note(layer, shapes, table);
    }
}

void srd__forget_moves(srd_layer_geometry *table, int32_t count)
{
    for (int32_t id = 0; id < count; ++id) {
        if (table[id].state == SRD_GEOMETRY_LOST) table[id].rows = 0;
    }
}
#endif
