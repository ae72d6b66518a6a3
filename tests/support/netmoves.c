/*
 * netmoves.c -- makes those layers of a test network that put numbers at other positions or channels and change none: crops, rolls, pads
 * from the picture, windows, blocks, chosen channels.
 */
#include <string.h>

#include "netlayers.h"

typedef struct move {
    srd_graph *graph;
    const netfile_line *line;
    const char *name; /* of the layer to add */
    srd_layer in;     /* the layer it reads */
} move;

static srd_layer add_crop2d(const move *b)
{
    int32_t pad[4] = { 0 }, step[2] = { 0 };
    srd_crop2d_options o;
    memset(&o, 0, sizeof o);
    o.struct_size = (uint32_t)sizeof o;
    if (!netline_ints(b->line, "pad", pad, 4) || !netline_ints(b->line, "step", step, 2)) return SRD_LAYER_NONE;
    o.top = pad[0], o.left = pad[1], o.bottom = pad[2], o.right = pad[3];
    o.step_h = step[0], o.step_w = step[1];
    return srd_graph_crop2d(b->graph, b->name, b->in, &o);
}

static srd_layer add_roll2d(const move *b)
{
    int32_t by[2] = { 0 };
    if (!netline_ints(b->line, "by", by, 2)) return SRD_LAYER_NONE;
    return srd_graph_roll2d(b->graph, b->name, b->in, by[0], by[1]);
}

/* A pad that is filled from the picture. */
static srd_layer add_filled_pad(const move *b, srd_layer (*add)(srd_graph *graph, const char *name, srd_layer input,
                                                                int32_t top, int32_t left, int32_t bottom, int32_t right))
{
    int32_t pad[4] = { 0 };
    if (!netline_ints(b->line, "pad", pad, 4)) return SRD_LAYER_NONE;
    return add(b->graph, b->name, b->in, pad[0], pad[1], pad[2], pad[3]);
}

static srd_layer add_reflection_pad2d(const move *b)
{
    return add_filled_pad(b, srd_graph_reflection_pad2d);
}

static srd_layer add_replication_pad2d(const move *b)
{
    return add_filled_pad(b, srd_graph_replication_pad2d);
}

static srd_layer add_circular_pad2d(const move *b)
{
    return add_filled_pad(b, srd_graph_circular_pad2d);
}

static srd_layer add_window_partition(const move *b)
{
    int32_t window[2] = { 0 };
    if (!netline_ints(b->line, "window", window, 2)) return SRD_LAYER_NONE;
    return srd_graph_window_partition(b->graph, b->name, b->in, window[0], window[1],
                                      netline_int(b->line, "grid") ? SRD_WINDOWS_GRID : SRD_WINDOWS_BLOCKS);
}

static srd_layer add_window_reverse(const move *b)
{
    int32_t window[2] = { 0 }, size[2] = { 0 };
    if (!netline_ints(b->line, "window", window, 2) || !netline_ints(b->line, "size", size, 2)) return SRD_LAYER_NONE;
    return srd_graph_window_reverse(b->graph, b->name, b->in, size[0], size[1], window[0], window[1],
                                    netline_int(b->line, "grid") ? SRD_WINDOWS_GRID : SRD_WINDOWS_BLOCKS);
}

static srd_layer add_gather_channels(const move *b)
{
    int32_t channels[64] = { 0 };
    const int32_t count = netline_int(b->line, "count");
    if (count < 1 || count > 64 || !netline_ints(b->line, "channels", channels, count)) return SRD_LAYER_NONE;
    return srd_graph_gather_channels(b->graph, b->name, b->in, channels, count);
}

static srd_layer add_depth_to_space(const move *b)
{
    int32_t block[2] = { 0 };
    if (!netline_ints(b->line, "block", block, 2)) return SRD_LAYER_NONE;
    return srd_graph_depth_to_space(b->graph, b->name, b->in, block[0], block[1],
                                    netline_int(b->line, "last") ? SRD_BLOCKS_LAST : SRD_BLOCKS_FIRST);
}

static srd_layer add_space_to_depth(const move *b)
{
    int32_t block[2] = { 0 };
    if (!netline_ints(b->line, "block", block, 2)) return SRD_LAYER_NONE;
    return srd_graph_space_to_depth(b->graph, b->name, b->in, block[0], block[1],
                                    netline_int(b->line, "last") ? SRD_BLOCKS_LAST : SRD_BLOCKS_FIRST);
}

static const struct {
    const char *word;
    srd_layer (*add)(const move *b);
} kinds[] = {
    { "crop2d", add_crop2d },
    { "roll2d", add_roll2d },
    { "reflection_pad2d", add_reflection_pad2d },
    { "replication_pad2d", add_replication_pad2d },
    { "circular_pad2d", add_circular_pad2d },
    { "window_partition", add_window_partition },
    { "window_reverse", add_window_reverse },
    { "gather_channels", add_gather_channels },
    { "depth_to_space", add_depth_to_space },
    { "space_to_depth", add_space_to_depth },
};

srd_layer netmoves_add(srd_graph *graph, const netfile_line *line, const char *name, srd_layer in)
{
    const move b = { graph, line, name, in };
    for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++) {
        if (strcmp(kinds[k].word, line->word) == 0) return kinds[k].add(&b);
    }
    return SRD_LAYER_NONE;
}
