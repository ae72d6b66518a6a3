/*
 * explainer.h (internal) -- a graph bound to sizes: lanes, stores, steps, and the state of the last run and question.
 *
 * Data flow. run: inputs -> steps in order (LOAD, GATHER, SEGMENT) -> values of sites, winners of pools, ratios. A question:
 * a first relevance or a direction at one layer -> segments in reverse order -> relevance of lower sites -> maps.
 *
 * Memory. One arena: [transient | persistent of image 0 | persistent of image 1 ... | scratch of worker 0 | ...]. Every
 * array that lives over more than one step is a store. A store that a question may read after the run is persistent, or, when
 * one image is kept, lies in the transient region from then on, which the others share by their lifetimes on one time axis:
 * forward steps 0 ... n - 1, then, for questions, n ... 2n - 1, step i being visited at 2n - 1 - i.
 */
#ifndef SRD_EXPLAIN_EXPLAINER_IMPL_H
#define SRD_EXPLAIN_EXPLAINER_IMPL_H

#include "kernels/kernels.h"
#include "layers/kind.h"
#include "srd/explainer.h"

/* What only some layers need. */
#define SRD__STATISTICS SRD_WITH_GROUP_NORM
#define SRD__PADS SRD_WITH_PAD
#define SRD__CONSTANTS SRD_WITH_CONSTANT
#define SRD__OPERANDS \
    (SRD_WITH_GATE || SRD_WITH_ATTENTION || SRD_WITH_CUSTOM) /* inputs that are frozen, and what they freeze */
#define SRD__PIECES SRD_WITH_CONCAT                          /* a vector may be made of several */

/* Floats of the tile scratch of one worker: the contributions of all paths to a few positions stay in the nearest cache. */
#ifndef SRD_TILE_FLOATS
#define SRD_TILE_FLOATS 12288
#endif
#define SRD__MOST_BLOCKS 4 /* of output channels that are computed together */

/* Rows of borrowed weights, one for each input channel, that are read into the scratch at a time where they are taken row by row. */
#ifndef SRD_PANEL_ROWS
#define SRD_PANEL_ROWS (1 << 16)
#endif

/* Runs of channels that are multiplied together, at most SRD__TILE_PIXELS: see lane_runs(). */
#ifndef SRD_BUNDLE
#define SRD_BUNDLE SRD__TILE_PIXELS
#endif

/* Tiles that go through the same weights before the next ones are read; only time and the size of the scratch depend on it. */
#ifndef SRD_UNIT_TILES
#define SRD_UNIT_TILES 8
#endif
/* Workers may share output channels instead of positions: see segment_run.c. */
#define SRD__PARTS (SRD_WITH_SHORTCUTS && SRD_UNIT_TILES > 1)

/* A value of more bytes is not kept in the caches: it would only drive out what is read again. */
#ifndef SRD_STREAM_BYTES
#define SRD_STREAM_BYTES (16 << 20)
#endif
/* Weights from which on workers share output channels instead of positions, and those between neurons that are on are brought together:
 * see segment_run.c, alive.c. */
#ifndef SRD_PART_WEIGHTS
#define SRD_PART_WEIGHTS (1 << 18)
#endif
#ifndef SRD_ALIVE_WEIGHTS
#define SRD_ALIVE_WEIGHTS (1 << 20)
#endif
/* So many of the layer's weights these may be at most, in sixteenths. With half of each side on they are 4. */
#ifndef SRD_ALIVE_SIXTEENTHS
#define SRD_ALIVE_SIXTEENTHS 5
#endif
/* Most pointers to source PFVs that a worker remembers, so that they are found once for all output channels. */
#ifndef SRD_SEEN_POINTERS
#define SRD_SEEN_POINTERS 2048
#endif
#define SRD__EXACT_TERMS 256 /* most products per number for which that is done */
#define SRD__WHOLE_TAPS 256  /* most taps of a depthwise convolution that are computed together */

typedef struct srd__store {
    size_t bytes;        /* 0: there is none */
    size_t offset;       /* in its region */
    int32_t first, last; /* times */
    int32_t next;        /* place.c: of those that come to life at the same time; -2 - layer: lies over that layer's value */
    int32_t kept;        /* 0, or SRD__KEPT..: a question may read it after the run */
} srd__store;

#define SRD__KEPT 1       /* persistent, once per image */
#define SRD__KEPT_AMONG 2 /* one image is kept: among those that share their place, from its first time on */

#define SRD__STORE_VALUE 0     /* [position][channel] floats: value of a site or of a gather layer that keeps values */
#define SRD__STORE_WINNER 1    /* [position][channel] window index of a selecting gather layer, or what its kind freezes */
#define SRD__STORE_Y 2         /* [position][channel] floats: pre-activation, where the head needs it */
#define SRD__STORE_RATIO 3     /* [path][position] numbers, see kept.h */
#define SRD__STORE_RELEVANCE 4 /* [position] floats, of the question */
#define SRD__STORE_TOP 5       /* [position] floats: first relevance from the head, before the contrastive mean */
#define SRD__STORE_DIRECTION 6 /* [position][channel] floats: direction carried by the head */
#define SRD__STORE_PATTERN 7   /* [position][channel] uint8_t: was the activation on in the last plain run? */
/* Only with SRD_KEEP_CHANNELS, see channels.c: */
#define SRD__STORE_CHANNELS 8            /* [path][channels + 1][position] floats, of a segment above the input */
#define SRD__STORE_CHANNELS_HEAD 9       /* the same for the head */
#define SRD__STORE_NORMS 10              /* as CHANNELS, doubles, while they are made */
#define SRD__STORE_MIXED 11              /* [position] uint8_t: here the head turned into relevance */
#define SRD__STORE_MASKED 12             /* the input with one channel left */
#define SRD__STORE_RELEVANCE_CHANNELS 13 /* [channel][position] floats, of the question */
#define SRD__STORE_TOP_CHANNELS 14       /* the same from the head */
#define SRD__STORE_OPERAND 15            /* copies of operands that are no part of a single layer, one after the other */
#define SRD__STORE_HEADS 16              /* [block of y][key][head][SRD__PANEL] floats, see attend.c */
/* Only with SRD_KEEP_MAP, see inner.c: */
#define SRD__STORE_INNER 17   /* [position] floats, of the question: relevance that goes through an inner layer */
#define SRD__STORE_FROZEN 18  /* of a layer with statistics: see frozen.c */
#define SRD__STORE_VECTORS 19 /* scales and biases of a frozen segment, there too */
#define SRD__STORE_PICKS 20   /* see picked.c, few.c, whole.c, slices.c, identity.c */
#define SRD__STORE_KEPT_U 21  /* [path][channel] floats: contributions to the only position of a segment, for the head */
#define SRD__STORE_SPREAD 22  /* a plane of the question on its way down: see spread.c */
#define SRD__STORE_ALIVE 23   /* see alive.c */
#define SRD__STORE_PARTS 24   /* [part][srd__part_sums()] floats: sums of contributions, see segment_run.c */
#define SRD__STORES (SRD_WITH_WHOLE_SUMS || SRD__PARTS ? 25 : 23)

/* What is left of a store when all are placed. */
typedef struct srd__array {
    size_t bytes;
    size_t place; /* offset in its region, plus SRD__KEPT or SRD__KEPT_AMONG */
} srd__array;

/* Of the same, where ratios are computed again: its times. */
typedef struct srd__life {
    int32_t first, last;
} srd__life;

/* What an explainer knows of one layer of the graph. */
typedef struct srd__node {
    double relevance_in;        /* inputs: of the last question */
    srd__store *stores;         /* [SRD__STORES], only while the explainer is planned */
    srd__array *arrays;         /* of the layer, those that there are */
    uint32_t touched;           /* bits by store: those of the question that have been written in it */
    uint32_t intact;            /* stores that are as a step has left them: see recompute.h */
    int32_t step;               /* when its value is made, or -1 */
    int32_t bound;              /* index of the segment that makes its value, or -1 */
    int32_t under;              /* index of a segment that makes its value, forward only, for a norm; or -1 */
    int32_t first_mark;         /* gather layers: of their positions in srd_explainer.marks, at creation */
    const srd_tensor *given[2]; /* of the run in progress, by SRD_GIVEN_...: numbers of the host, or NULL */
    float given_error;          /* of the last run */
    uint8_t wide;               /* winners are int32_t */
    uint8_t wanted;             /* gather layers: the value is read by someone */
    uint8_t was_given;          /* in the last run */
    uint8_t kept_value;         /* srd_explainer_value() may be asked for it */
    uint8_t kept_gradcam;       /* srd_explainer_ask_gradcam() may be asked at it */
    uint8_t kept_pattern;       /* its pattern is kept by plain runs */
    uint8_t kept_channels;      /* inputs: maps may be asked per channel */
    uint8_t kept_start;         /* a question may start here although it is no site */
    uint8_t kept_map;           /* inner layers: maps may be asked here */
    uint8_t map_asked;          /* inner layers: the current question wants its map */
    uint8_t patterns;           /* of the current run: SRD_PATTERNS_... */
    uint8_t reach;              /* of the question that is being checked: see srd__question_reach() */
    uint8_t map_reach;          /* the same for the map of an inner layer: of the segments that go through it */
    uint8_t which[SRD__STORES]; /* the number of the array for a store, from 1 on; 0: there is none */
} srd__node;

/* Channels channel, channel + step, ... (count of them) of a root are channels source, source + 1, ... of a layer that has values. */
typedef struct srd__part {
    int32_t layer, source, channel, count, step, slot;
    int32_t site; /* whose PFVs they are: the layer itself, or below a layer that has values in place */
} srd__part;

/* Channels [channel, channel + count) of a root that come straight from channels [source, ...) of a site or of the layer `walked`,
 * or through one maximum over a window: then the winners of `pool`, from channel `winner` on, choose the slot. */
typedef struct srd__stretch {
    int32_t site, base; /* the id of its position 0 */
    int32_t source, channel, count;
    int32_t slot;  /* of window index 0, or the only one */
    int32_t below; /* slots from one window index to the next */
    int32_t pool;  /* or -1 */
    int32_t winner;
    int32_t walked; /* or -1; else something else, which is walked from this layer on */
    int32_t plain;  /* 1: the position itself, or position by position of the pool's window; not walked */
} srd__stretch;

/* A branch bound to sizes. Its paths are first_path + tap * slots + slot. */
typedef struct srd__lane {
    const srd__branch *branch;
    const srd__layer *mixing; /* or NULL */
    srd__part *parts;         /* uniform lanes: every channel comes from the same position of a known layer */
    int32_t *bases;           /* uniform lanes: by slot, the id of position 0 of its source */
    int32_t *table;           /* others: [position of the grid][slots] source ids, -1: no path */
    srd__stretch *stretches;  /* others, where all channels come in such stretches, or NULL */
    int32_t *vias;            /* see inner.h; as table: positions of the layer `mark`, -1: not through it. Else NULL */
    srd__window window;       /* the taps; 1 x 1 without a mixing layer */
    srd__shape grid;          /* of the root */
    int32_t taps, slots, part_count, stretch_count;
    int32_t first_path, paths; /* paths that are its own: 0 for a twin and for a constant */
    int32_t span;              /* paths that it adds to, from first_path on; the bias path is the last of them */
    int32_t column;            /* fully connected: first column of this piece */
    int32_t centre;            /* fully connected: the output position that reads the vector, or -1 (padding) */
    int32_t bias_path;         /* first of the paths for what comes from no source, or -1: a constant, or by layer of pads */
    int32_t bias_count;        /* of them: 1 for a constant, else pad_count */
    int32_t pad_count;         /* layers of pads below the root that are not 0 */
    int32_t *pads;             /* their ids, ascending */
    uint8_t *passes;           /* [position of the grid][slots] bit 1 << i: the path goes through pads[i - 1]; bit 0 is 1 */
    int32_t mark;              /* with vias */
    bool last_twin;            /* 1: no later lane adds to the same paths */
    bool searched;             /* 1: rows of the table are sorted sets, slots are found by search */
    bool in_place;             /* 1: a part's values are not those of its site */
    bool even;                 /* of the bias of bias_path: shared evenly */
    bool shared;               /* 1: the table holds the sources of all lanes over equal grids of one vector */
    bool collapsed;            /* 1: forward only; all taps and slots add up in one path */
} srd__lane;

/*
 * Twins. A vector may hold several flattened layers (through a concat after the flatten). The same source PFV at the same
 * flattened position, equal place of equal grids, is then one path (METHOD section 1): the later lane adds to the paths of
 * the earlier one. Two lanes over the same layer have the same slots anyway. Where different layers have a source in common,
 * all lanes over grids of that size share a table of their sources.
 */

/* A segment bound to sizes. A source id is source_base[i] + position for the i-th source. */
typedef struct srd__bound {
    const srd__segment *segment;
    srd__lane *lanes;
    int32_t *source_base; /* [source_count + 1] */
    uint8_t *even;        /* by bias group: shared evenly (METHOD section 4) */
    srd__shape shape;     /* of y */
    int32_t positions, paths;
    int32_t sources;            /* paths without those that are biases */
    const srd__lane *attention; /* the lane whose contributions come from attend.c, or NULL */
    const srd__lane *picked;    /* the same from picked.c */
    const srd__lane *identity;  /* the lane whose contributions are not written down, or NULL: see identity.c */
    int32_t pixels;             /* positions of a tile */
    int32_t chunk;              /* paths computed at a time */
    int32_t blocks;             /* of SRD__PANEL output channels, the same */
    int32_t units;              /* pieces of work, of up to SRD_UNIT_TILES tiles each */
#if SRD__PARTS
    int32_t parts; /* of the output channels, for all positions; 1: see units */
#endif
    size_t spread_numbers;        /* of SRD__STORE_SPREAD */
    const srd__lane *seen;        /* the lane whose source PFVs are remembered for a unit, or NULL */
    int32_t band;                 /* units whose ratios are there at a time: see recompute.h */
    bool single;                  /* one of them in all: ratio 1, nothing stored */
    bool head_mixes, head_passes; /* a direction can arrive here and turns into relevance / goes on */
    bool forward;                 /* 1: makes a value only; lanes are collapsed */
    bool streams;                 /* the ratios are larger than the caches */
    bool has_unreached;           /* some position has no path */
    bool exact;                   /* y is added up in double: see SRD_EXACT_FIRST */
    bool depthwise;               /* y and all u come from srd__tile_depthwise() */
    bool few;                     /* sums of contributions come from few.c */
    bool summed;                  /* depthwise: value and sums come from srd__tile_summed() */
    bool pick_summed;             /* picked: y and sums come from srd__tile_picked(), srd__picked_sums() */
    bool sliced;                  /* the same from srd__tile_sliced() */
    bool turned;                  /* y and ratios come from turned.c */
    bool saves;                   /* y is written over a value that it adds to, and positions may be done again */
    bool given;                   /* of the last run: numbers of the host took the place of y */
    /* of the last run */
    float ratio_error;
    int64_t special, saturated;
#if SRD_WITH_WHOLE_SUMS
    int32_t alive; /* SRD__ALIVE_UNKNOWN (0) or another: see alive.h */
    int32_t alive_inputs, alive_outputs;
#endif
    /* of the last question */
    double relevance_in, relevance_out, unreached;
} srd__bound;

#define SRD__STEP_LOAD 0
#define SRD__STEP_GATHER 1
#define SRD__STEP_SEGMENT 2
#define SRD__STEP_CHANNELS 3 /* after the segment, with SRD_KEEP_CHANNELS */
#define SRD__STEP_INNER 4    /* after the segment, with SRD_KEEP_MAP */
#define SRD__STEP_UNDER 5    /* the value of a layer inside a segment, see frozen.h */
#define SRD__STEP_FREEZE 6   /* statistics of that value, or of a site's or gather layer's */

typedef struct srd__step {
    int32_t op;
    int32_t layer;
    uint64_t ticks; /* of the last run, by the caller's clock */
} srd__step;

/* One worker's scratch. */
typedef struct srd__scratch {
    float *u;    /* [blocks][chunk][pixels][SRD__PANEL] contributions */
    float *y;    /* [blocks][pixels][SRD__PANEL] */
    float *sums; /* [SRD_BUNDLE][SRD__PANEL], of products on the way to u; not on the stack, where firmware has no room */
    const float **bundle_x; /* [SRD_BUNDLE]: the same of tile.c */
    float **bundle_u;
    double *exact;        /* what a tile sees, for segments with bound->exact, of which rows share numbers: see whole.c */
    const double **terms; /* [taps][channels], into exact */
    /* Sums of the tiles of a unit, one after the other: */
    float *uu, *uy;   /* [paths][pixels]: <u, u> and <u, y>; of one position: norms and <u, direction> */
    float *yy;        /* [pixels]: <y, y> */
    float *by;        /* [groups][pixels]: <b, y> */
    float *norm;      /* [paths] of one position */
    float *share;     /* [paths] of one position: the ratios */
    float *direction; /* [channels]: the head's direction at the input of a mixing layer */
    float *panel;     /* gathered weights, when they are borrowed */
    float *saved;     /* [positions of a unit][channels]: what y was written over, with bound->saves */
    float *zeros;     /* a PFV outside the picture */
    float *ones;
    void *custom;          /* workspace of the caller's callbacks */
    uint8_t *valid;        /* [paths][pixels]: 0: there is no such path; else lane->passes, or 1 */
    double *dots;          /* inner.c: [parts][2]: <u, direction> and <u, u> of one position */
    double *wholes;        /* inner.c: [paths][4]: sums over the parts of a path */
    float *parts;          /* inner.c: [parts]: shares of one position */
    const float **x;       /* [pixels]; for segments with bound->depthwise [taps][SRD__TILE_PIXELS] */
    const float **seen;    /* [tile of the unit][taps of bound->seen][SRD__TILE_PIXELS] */
    int32_t tile;          /* of the unit, or -1 */
    uint32_t seen_tiles;   /* bits of those for which seen is filled */
    int32_t ready;         /* the position from which on exact or x is filled in this step, or -1 */
    int32_t ready_channel; /* with exact: from which channel on */
    /* what this worker met in the current step */
    int64_t special, saturated;
    float ratio_error;
    float given_error; /* largest difference between what is given and what is computed */
    int32_t broken;    /* a NaN or Inf appeared */
} srd__scratch;

/* Sharing ratios of a segment, [path][position]: see kept.h. */
typedef struct srd__ratios {
    float *floats;    /* or */
    uint16_t *halves; /* NULL both: a single path, whose ratio is 1 */
    size_t positions; /* from one path to the next */
    int32_t first;    /* the position that comes first: 0, if all are kept */
    int32_t end;
} srd__ratios;

struct srd_explainer {
    srd__heap heap;
    srd_graph *graph;
    srd_explainer_options options; /* pointers in it are not used after creation */
    srd__shape *shapes;            /* by layer */
    int32_t *slots;                /* by layer */
    srd__node *nodes;              /* by layer */
    srd__bound *bounds;            /* by segment */
    struct srd__inner *inners;     /* inner layers with maps, by segment: see inner.h */
    srd__step *steps;
    srd__scratch *scratch; /* by worker */
    const srd__kernels *kernels;
    int32_t *inputs;      /* layers of the inputs, in order, then constants */
    int32_t source_count; /* inputs and constants */
    int32_t *marks;       /* borrowed for binding: positions seen while a table row is made */
    char *transient, *persistent;
    size_t transient_bytes, persistent_bytes, arena_bytes;
    size_t among_bytes;         /* of the transient ones, those that are kept */
    const srd__array *arrays;   /* of all layers */
    srd__life *lives;           /* by array, where ratios are computed again; else NULL */
    srd_run_options run;        /* of the run in progress */
    const srd_tensor **tensors; /* its inputs */
    int32_t bound_count;        /* segments of the graph, and those of layers kept with SRD_KEEP_START */
    int32_t under_count;        /* segments behind them in bounds, that only make values: see frozen.h */
    int32_t inner_count;        /* inner layers, once for each segment that they lie in */
    int32_t step_count;
    int32_t images;              /* that are kept: all of the batch, or one */
    int32_t image;               /* of these, that which persistent stores mean now */
    int32_t number;              /* of the batch: the image that runs, or ran last */
    const srd__bound *picking;   /* the segment whose SRD__STORE_PICKS are filled, or NULL */
    const srd__bound *attending; /* the segment whose SRD__STORE_HEADS are filled, or NULL */
    srd__ratios making;          /* ratios of the segment that is being run; here, because the stack is small */
    int32_t masked_layer;        /* its masked copy stands for its value, or SRD_LAYER_NONE */
    srd_status again;            /* of the steps that a question has run again: see recompute.h */
    int32_t stuck_layer;         /* where a direction could not pass on, or SRD_LAYER_NONE */
    int32_t broken_layer;        /* where relevance left the range of single precision, or SRD_LAYER_NONE */
    int32_t next_step;           /* of the run in progress, over all images; -1: none */
    int32_t most_channels, mark_stamp;
    bool has_run; /* an image, or the batch, is complete and can be asked */
    bool has_question, has_patterns;
    bool stepping;  /* a step is being done: its callbacks may not run the explainer */
    bool too_large; /* creation only: the arena cannot be addressed */
    srd_report report;
    srd_detail failure; /* of the last failing call */
};

/* Images of a run, those that are kept, and the one of these that persistent stores mean now. */
static inline int32_t srd__batch(const srd_explainer *ex)
{
    return SRD_WITH_BATCH ? ex->options.batch : 1;
}

static inline int32_t srd__images(const srd_explainer *ex)
{
    return SRD_WITH_BATCH ? ex->images : 1;
}

static inline int32_t srd__image(const srd_explainer *ex)
{
    return SRD_WITH_BATCH ? ex->image : 0;
}

/* Does a masked copy stand for the value of some layer now? See channels.c. */
static inline bool srd__is_masking(const srd_explainer *ex)
{
    return SRD_WITH_CHANNEL_MAPS && ex->masked_layer != SRD_LAYER_NONE;
}

/* Is y added up in double? See SRD_EXACT_FIRST. */
static inline bool srd__is_exact(const srd__bound *bound)
{
    return SRD_EXACT_FIRST && bound->exact;
}

/* What replaces a layer's values in this run: SRD_PATTERNS_... */
static inline int32_t srd__patterns_of(const srd_explainer *ex, int32_t layer)
{
    return SRD_WITH_PATTERNS ? ex->nodes[layer].patterns : SRD_PATTERNS_OFF;
}

/* Is it a constant that is added? */
static inline bool srd__is_added_constant(const srd__lane *lane)
{
    return SRD__CONSTANTS && lane->branch->constant;
}

/* Are its numbers those of the image, not of the graph? */
static inline bool srd__is_of_image(const srd__segment *segment)
{
    return SRD__STATISTICS && segment->frozen;
}

/* For the message that refuses a tensor's shape: why there is no batch of N in it, or "". */
static inline const char *srd__one_image_note(const srd_explainer *ex)
{
    return ex->images < ex->options.batch ? "; one image is kept at a time" : "";
}

/* Bytes of a store of a layer; 0: it has none. */
static inline size_t srd__bytes_of(const srd_explainer *ex, int32_t layer, int32_t store)
{
    const srd__node *const node = &ex->nodes[layer];

    return node->which[store] != 0 ? node->arrays[node->which[store] - 1].bytes : 0;
}

/* Has a store of the question been written in it? */
static inline bool srd__is_touched(const srd_explainer *ex, int32_t layer, int32_t store)
{
    return (ex->nodes[layer].touched >> store & 1) != 0;
}

/* Where a store of a layer lies, for the current image; NULL if the layer has none. */
void *srd__at(const srd_explainer *ex, int32_t layer, int32_t store);
/* The value of a layer that has one. */
float *srd__value(const srd_explainer *ex, int32_t layer);

/* Most slots of a lane, and most paths of a segment. */
#define SRD__MOST_SLOTS (1 << 24)
/* Most layers of pads that are not 0 below a root: bits of srd__lane.passes. */
#define SRD__MOST_PADS 7

/* Index of a site among a segment's sources, of which it is one. */
int32_t srd__source_index(const srd__bound *bound, int32_t site);

#if SRD__PADS
/* pads.c: lane->pads and passes. More pads than there are bits, or pads in a vector that several lanes share: SRD_ERR_UNSUPPORTED. */
srd_status srd__bind_pads(srd_explainer *ex, const srd__bound *bound, srd__lane *lane);
/* Which bias path of a lane is that of a layer of pads? */
int32_t srd__pad_index(const srd__lane *lane, int64_t layer);
#endif

/* tables.c: lane->table, slots, searched; for a shared lane of all that are in its place. */
srd_status srd__bind_table(srd_explainer *ex, const srd__bound *bound, srd__lane *lane);
/* Is the branch a piece of the same vector as the lane's, over a grid of the same size? */
bool srd__same_place(const srd_explainer *ex, const srd__branch *a, const srd__branch *b);
/* Do lanes in the place of this one, over different layers, have a source in common? */
bool srd__must_share(srd_explainer *ex, const srd__bound *bound, const srd__lane *lane);
/* Source ids in ascending order, in place. */
void srd__sort_ids(int32_t *a, int32_t n);

/* bind.c: tables by layer, shapes, slots; then, when it is known what is kept, segments, lanes and their tables. plan.c: heads, steps, stores. */
srd_status srd__bind(srd_explainer *ex, srd_detail *detail);
srd_status srd__bind_segments(srd_explainer *ex, srd_detail *detail);
srd_status srd__plan(srd_explainer *ex, bool count_only, srd_detail *detail);
/* scratch.c: sizes of the scratch; with count_only nothing is taken. The last step of the plan. */
srd_status srd__take_arena(srd_explainer *ex, bool count_only, srd_detail *detail);

/* plan_tiles.c: most positions of a unit; numbers that the scratch holds of what it writes over. */
int32_t srd__unit_positions(const srd__bound *bound);
/* Numbers of one part in SRD__STORE_PARTS. */
size_t srd__part_sums(const srd__bound *bound);
size_t srd__saved_numbers(const srd__bound *bound);
/* Bytes by which y has to begin below the value of a layer, if units are done in their order and none may write over what it or a later
 * one reads there. All lanes are of parts, and no convolution is transposed or fully connected. */
size_t srd__slide_ahead(const srd_explainer *ex, const srd__bound *bound, int32_t layer);

/* The first position of a unit. */
static inline int32_t srd__unit_begin(const srd__bound *bound, int32_t unit)
{
    return (int32_t)((int64_t)bound->positions * unit / bound->units);
}

/* place.c: offsets of all stores, bytes of the regions; ex->too_large if they cannot be addressed. False: no memory. */
bool srd__place_stores(srd_explainer *ex);
/* What runs need of the stores, in nodes[].arrays; false: no memory. */
bool srd__keep_arrays(srd_explainer *ex);

/* Source id of a path whose tap stands over position r of the lane's grid, or -1. */
static inline int32_t srd__path_source(const srd__lane *lane, int32_t r, int32_t slot)
{
    if (r < 0) return -1;
    return lane->table != NULL ? lane->table[(size_t)r * (size_t)lane->slots + (size_t)slot] : lane->bases[slot] + r;
}

/* Winners of a pool are int32_t if its windows have more positions than a byte can tell. */
static inline bool srd__is_wide(const srd__layer *layer)
{
    return layer->window.kernel_h * layer->window.kernel_w > 256;
}

/* Winners of the pool above a stretch at position r of the grid, from its first channel on. */
static inline const uint8_t *srd__stretch_winners(const srd_explainer *ex, const srd__stretch *stretch, int32_t r)
{
    const uint8_t *const winners = (const uint8_t *)srd__at(ex, stretch->pool, SRD__STORE_WINNER);

    return winners + (size_t)r * (size_t)ex->shapes[stretch->pool].c + stretch->winner;
}

/* Position of the lane's grid under a tap of output position p, or -1. */
int32_t srd__lane_position(const srd__bound *bound, const srd__lane *lane, int32_t p, int32_t tap);
/* Does every output position see the position of the same number? Not for flattened lanes. */
bool srd__is_one_to_one(const srd__bound *bound, const srd__lane *lane);
/* The same for positions [p, p + pixels). */
void srd__lane_positions(const srd__bound *bound, const srd__lane *lane, int32_t p, int32_t pixels, int32_t tap, int32_t *at);

/* Slot of a source id at position r of a searched lane; of a lane with vias, where the way is through via. */
int32_t srd__lane_slot(const srd__lane *lane, int32_t r, int32_t id, int32_t via);

/* The i with source_base[i] <= id < source_base[i + 1]. */
int32_t srd__source_of(const srd__bound *bound, int32_t id);

/* Members of a part among channels [first, end) of the root: [*from, return value), empty if that is not larger. */
int32_t srd__part_range(const srd__part *part, int32_t first, int32_t end, int32_t *from);
#if SRD__STATISTICS
/* frozen.c: vectors of a frozen segment, of the current image. */
const float *srd__frozen_scale(const srd_explainer *ex, const srd__bound *bound, int32_t factor);
const float *srd__frozen_bias(const srd_explainer *ex, const srd__bound *bound, int32_t group);
#endif

/* Scale of a branch, [channels of y]; NULL: 1. */
static inline const float *srd__scale_of(const srd_explainer *ex, const srd__bound *bound, const srd__lane *lane)
{
#if SRD__STATISTICS
    if (bound->segment->frozen) return srd__frozen_scale(ex, bound, lane->branch->factor);
#endif
    (void)ex, (void)bound;
    return lane->branch->scale;
}

/* Vector of a bias group, [channels of y]. */
static inline const float *srd__bias_of(const srd_explainer *ex, const srd__bound *bound, int32_t group)
{
#if SRD__STATISTICS
    if (bound->segment->frozen) return srd__frozen_bias(ex, bound, group);
#endif
    (void)ex;
    return bound->segment->biases[group].vector;
}

/* Sum of the groups, [channels of y]; NULL: there are none. */
static inline const float *srd__bias_total(const srd_explainer *ex, const srd__bound *bound)
{
#if SRD__STATISTICS
    if (bound->segment->frozen) return srd__frozen_bias(ex, bound, bound->segment->bias_count);
#endif
    (void)ex;
    return bound->segment->bias_total;
}

/* A walk over the graph with this explainer's sizes and winners. */
srd__walk srd__walk_begin(const srd_explainer *ex, void *context);

/*
 * Reports the runs of channels [first, first + count) of a lane's root at position r, down to layers that have values.
 * Slots in the runs are the lane's.
 */
typedef void (*srd__on_run)(void *context, const srd__run *run, int32_t layer, int32_t position);
void srd__lane_runs(const srd_explainer *ex, const srd__bound *bound, const srd__lane *lane, int32_t r, int32_t first,
                    int32_t count, srd__on_run on_run, void *context);
/* The same down to the sites, also where values lie in place above them. */
void srd__lane_source_runs(const srd_explainer *ex, const srd__bound *bound, const srd__lane *lane, int32_t r, int32_t first,
                           int32_t count, srd__on_run on_run, void *context);

/* bound->head_mixes, head_passes. */
void srd__find_mixing(const srd_explainer *ex, srd__bound *bound);
/* True if the position receives from more than one source position (METHOD section 6). */
bool srd__mixes(const srd_explainer *ex, const srd__bound *bound, int32_t p);
/* Paths of the branches of a bias group: [*first, return value). */
int32_t srd__group_paths(const srd__bound *bound, const srd__bias *bias, int32_t *first);
/* Paths that may share a bias path of a lane: [*first, return value). */
int32_t srd__constant_paths(const srd__bound *bound, const srd__lane *lane, int32_t *first);
/* True if any path runs into the position. */
bool srd__reached(const srd__bound *bound, int32_t p);
/* Notes whether some position has no path, and which biases are shared evenly (METHOD section 4). */
void srd__find_unreached(srd__bound *bound);
void srd__bind_even(srd_explainer *ex, srd__bound *bound);

/* plan_tiles.c: pixels, blocks, chunk and units of a segment. */
void srd__plan_tiles(srd__bound *bound, int32_t workers);

/* tile.c */
/* The next block of output channels: [*first, *first + *count); begin with both 0. False at the end. */
bool srd__next_block(const srd__bound *bound, int32_t *first, int32_t *count);
/* The same with up to `most` whole blocks at once. */
bool srd__next_blocks(const srd__bound *bound, int32_t most, int32_t *first, int32_t *count);
/* Contributions of paths [from, to) to positions [p, p + pixels), channels [first, first + count), into scratch->u:
 * [block][path][pixel][SRD__PANEL]. */
void srd__tile_u(const srd_explainer *ex, const srd__bound *bound, srd__scratch *scratch, int32_t p, int32_t pixels,
                 int32_t first, int32_t count, int32_t from, int32_t to);
/* whole.c: y of the block, without the bias, into scratch->y, and all u, if there is room for all paths and few.c does not do without:
 * for a segment with bound->exact, or with bound->depthwise. */
void srd__tile_exact(const srd_explainer *ex, const srd__bound *bound, srd__scratch *scratch, int32_t p, int32_t pixels,
                     int32_t first, int32_t count);
void srd__tile_depthwise(const srd_explainer *ex, const srd__bound *bound, srd__scratch *scratch, int32_t p, int32_t pixels,
                         int32_t first, int32_t count);
/* What srd__tile_u() does, for a segment with bound->exact. */
void srd__exact_taps(const srd_explainer *ex, const srd__bound *bound, srd__scratch *scratch, int32_t p, int32_t pixels,
                     int32_t first, int32_t count, int32_t from, int32_t to);
/* Can srd__tile_depthwise() do it? */
bool srd__is_whole_depthwise(const srd__bound *bound);
/* A direction at the output of one position's mixing layer, scaled by the posts above, becomes one at its input channels. */
void srd__tap_transpose(const srd_explainer *ex, const srd__bound *bound, const srd__lane *lane, srd__scratch *scratch,
                        int32_t tap, const float *direction);

/* ratio.c: the head needs no norms here, so that a direction may be turned through the weights. */
bool srd__can_turn(const srd__bound *bound);
/*
 * ratio.c. Shares of the paths into position p, by path: sharing ratios when direction is NULL, else <P, direction>.
 * shares is not in scratch. Returns the number of paths that exist.
 */
int32_t srd__position_shares(const srd_explainer *ex, const srd__bound *bound, srd__scratch *scratch, int32_t p,
                             const float *direction, float *shares, bool *special);

#if SRD_WITH_ATTENTION
/* attend.c: mixing above an attention, by head (METHOD section 9). */
bool srd__attends(const srd_explainer *ex, const srd__bound *bound, const srd__lane *lane);
size_t srd__attend_bytes(const srd_explainer *ex, const srd__bound *bound);
/* Fills the heads of the segment's attention; then its contributions can be had until ex->attending changes. */
void srd__attend_begin(srd_explainer *ex, const srd__bound *bound);
/* Contributions of paths [from, to) to positions [p, p + pixels), channels [first, first + count), added to u of path from. */
void srd__attend(const srd_explainer *ex, const srd__bound *bound, float *u, int32_t p, int32_t pixels, int32_t first,
                 int32_t from, int32_t to);
#endif

#if SRD_WITH_POOL_LISTS
/* picked.c: mixing above gather layers that take each channel from one source. */
bool srd__picks(const srd_explainer *ex, const srd__lane *lane);
size_t srd__pick_bytes(const srd__bound *bound);
/* Writes the picks of the segment down; then its contributions can be had until ex->picking changes. */
void srd__pick_begin(srd_explainer *ex, const srd__bound *bound);
/* Contributions of paths [from, to) that a tap sees at position r of the grid, added to u of path from; panels: of the tap, one
 * for each of the blocks, which are block_step floats apart. */
void srd__pick_add(const srd_explainer *ex, const srd__bound *bound, const srd__panel *panels, int32_t blocks, int32_t r,
                   int32_t tap, int32_t from, int32_t to, float *u, size_t path_step, size_t block_step);

/* stretches.c */
srd_status srd__bind_stretches(srd_explainer *ex, const srd__bound *bound, srd__lane *lane);
/* The run of those channels of a stretch that are among [first, first + count); false: none. */
bool srd__stretch_run(const srd__stretch *stretch, int32_t first, int32_t count, srd__run *run);
/* Paths [*from, *to) are those that these output channels may come through: above a concat alone that is one of many. */
void srd__active_paths(const srd_explainer *ex, const srd__bound *bound, int32_t first, int32_t count, int32_t *from,
                       int32_t *to);
#endif

#if SRD_WITH_GIVEN
/* given.c: numbers of a site from the host (what: SRD_GIVEN_...) take the place of ours; *error (may be NULL) grows to the largest
 * difference. */
void srd__give(const srd_explainer *ex, int32_t layer, int32_t what, int32_t p, int32_t first, int32_t count, float *numbers,
               float *error);
srd_status srd__check_given(srd_explainer *ex, const srd_run_options *options);
void srd__take_given(srd_explainer *ex, const srd_run_options *options);
#endif

/* segment_run.c, gather_run.c: one step for the current image. */
void srd__segment_run(srd_explainer *ex, srd__bound *bound);
#if SRD_WITH_CUSTOM
/* segment_run.c: the value of a black box, whose y has just been made. */
srd_status srd__black_box_run(srd_explainer *ex, int32_t layer);
#endif
bool srd__gather_run(srd_explainer *ex, int32_t layer); /* false: a callback broke its word */

/* lane.c: the same as srd__lane_source_runs() for one run of a layer below the root. */
void srd__lane_layer_runs(const srd_explainer *ex, const srd__bound *bound, const srd__lane *lane, int32_t layer, int32_t r,
                          const srd__run *run, srd__on_run on_run, void *context);

/* Parts of a layer's value, down to layers that have values; -1 if sites_only and the positions of one are not those of a site.
 * parts NULL: count only. */
int32_t srd__view_parts(const srd_explainer *ex, int32_t layer, bool sites_only, srd__part *parts);

/* gather_run.c: is the value of an operand a part of one layer's, channel by channel? Which? */
bool srd__operand_is_part(const srd_explainer *ex, const srd__layer *reader, int32_t layer, srd__part *part);

/* spread.c, head.c: one image of a question. */
float *srd__question_store(srd_explainer *ex, int32_t layer, int32_t store);
void srd__spread(srd_explainer *ex, srd__bound *bound);
/* Numbers that it needs for planes on their way, if no ratio is computed again. */
size_t srd__spread_numbers(const srd__bound *bound);
void srd__head_back(srd_explainer *ex, const srd__bound *bound, bool gradient);
void srd__head(srd_explainer *ex, srd__bound *bound);
void srd__head_gradient(srd_explainer *ex, srd__bound *bound, int32_t until);
void srd__head_source(srd_explainer *ex, int32_t layer);

/* run.c: a run whose arguments are checked: ex->run and ex->tensors are set. */
void srd__run_begin(srd_explainer *ex);
srd_status srd__run_step(srd_explainer *ex);
/* One step for the current image. */
srd_status srd__run_op(srd_explainer *ex, const srd__step *step);

/* Shares work of one step among the workers: calls task(context, i, worker) for i in [0, count). */
void srd__parallel(srd_explainer *ex, srd_task task, void *context, int32_t count);

#endif
