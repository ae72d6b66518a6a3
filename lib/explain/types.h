/*
 * types.h -- a graph bound to sizes: lanes, stores, steps, and the state of the last run and question.
 *
 * Data flow. run: inputs -> steps in order (LOAD, GATHER, SEGMENT) -> values of sites, winners of pools, ratios. A question:
 * a first relevance or a direction at one layer -> segments in reverse order -> relevance of lower sites -> maps.
 *
 * Memory. One arena: [transient | persistent of image 0 | persistent of image 1 ... | scratch of worker 0 | ...]. Every
 * array that lives over more than one step is a store. A store that a question may read after the run is persistent, or, when
 * one image is kept, lies in the transient region from then on, which the others share by their lifetimes on one time axis:
 * forward steps 0 ... n - 1, then, for questions, n ... 2n - 1, step i being visited at 2n - 1 - i.
 */
#ifndef SRD_EXPLAIN_TYPES_H
#define SRD_EXPLAIN_TYPES_H

#include "graph/kind.h"
#include "kernels/kernels.h"
#include "srd/ask.h"
#include "srd/inspect.h"

/* 1 if the build has a layer that needs the part, else 0. */
#define SRD__STATISTICS SRD_WITH_GROUP_NORM
#define SRD__PADS SRD_WITH_PAD
#define SRD__CONSTANTS SRD_WITH_CONSTANT
#define SRD__OPERANDS \
    (SRD_WITH_GATE || SRD_WITH_ATTENTION || SRD_WITH_CUSTOM) /* inputs that are frozen, and what they freeze */
#define SRD__SLICES \
    (SRD_WITH_VIEWS || SRD_WITH_MOVES || SRD_WITH_ATTENTION || SRD_WITH_CUSTOM) /* channels may be left out on the way */
#define SRD__PIECES SRD_WITH_CONCAT                                             /* a vector may be made of several */

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
/* Workers may share output channels instead of positions: see run_segment.c. */
#define SRD__PARTS (SRD_WITH_SHORTCUTS && SRD_UNIT_TILES > 1)

/* A value of more bytes is not kept in the caches: it would only drive out what is read again. */
#ifndef SRD_STREAM_BYTES
#define SRD_STREAM_BYTES (16 << 20)
#endif
/* Weights from which on workers share output channels instead of positions, and those between neurons that are on are brought together:
 * see run_segment.c, active_weights.c. */
#ifndef SRD_PART_WEIGHTS
#define SRD_PART_WEIGHTS (1 << 18)
#endif
#ifndef SRD_ALIVE_WEIGHTS
#define SRD_ALIVE_WEIGHTS (1 << 20)
#endif
/* Most weights that active_weights.c brings together, in sixteenths of the layer's. If half of its inputs and half of its outputs
 * are on, a quarter of the weights is needed, 4 sixteenths. */
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
    int32_t next;        /* arena.c: of those that come to life at the same time; -2 - layer: lies over that layer's value */
    int32_t kept;        /* 0, or SRD__KEPT..: a question may read it after the run */
} srd__store;

#define SRD__KEPT 1       /* persistent, once per image */
#define SRD__KEPT_AMONG 2 /* one image is kept: among those that share their place, from its first time on */

#define SRD__STORE_VALUE 0     /* [position][channel] floats: value of a site or of a gather layer that keeps values */
#define SRD__STORE_WINNER 1    /* [position][channel] window index of a selecting gather layer, or what its kind freezes */
#define SRD__STORE_Y 2         /* [position][channel] floats: pre-activation, where the head needs it */
#define SRD__STORE_RATIO 3     /* [path][position] numbers, see ratio_store.h */
#define SRD__STORE_RELEVANCE 4 /* [position] floats, of the question */
#define SRD__STORE_TOP 5       /* [position] floats: first relevance from the head, before the contrastive mean */
#define SRD__STORE_DIRECTION 6 /* [position][channel] floats: direction carried by the head */
#define SRD__STORE_PATTERN 7   /* [position][channel] uint8_t: was the activation on in the last plain run? */
/* Only with SRD_KEEP_CHANNELS, see channel_maps.c: */
#define SRD__STORE_CHANNELS 8            /* [path][channels + 1][position] floats, of a segment above the input */
#define SRD__STORE_CHANNELS_HEAD 9       /* the same for the head */
#define SRD__STORE_NORMS 10              /* as CHANNELS, doubles, while they are made */
#define SRD__STORE_MIXED 11              /* [position] uint8_t: here the head turned into relevance */
#define SRD__STORE_MASKED 12             /* the input with one channel left */
#define SRD__STORE_RELEVANCE_CHANNELS 13 /* [channel][position] floats, of the question */
#define SRD__STORE_TOP_CHANNELS 14       /* the same from the head */
#define SRD__STORE_OPERAND 15            /* copies of operands that are no part of a single layer, one after the other */
#define SRD__STORE_BRANCH_CASE 16        /* what the fast case of a branch has prepared: see fast_case.h */
#define SRD__STORE_INNER 17   /* only with SRD_KEEP_MAP: [position] floats, of the question: relevance through an inner layer */
#define SRD__STORE_FROZEN 18  /* of a layer with statistics: see image_statistics.c */
#define SRD__STORE_VECTORS 19 /* scales and biases of a frozen segment: see image_statistics.c */
#define SRD__STORE_CASE \
    20 /* what the fast case of a segment or shortcut has prepared, or of a branch that shares it with its segment */
#define SRD__STORE_KEPT_U 21    /* [path][channel] floats: contributions to the only position of a segment, for the head */
#define SRD__STORE_SPREAD 22    /* a plane of the question on its way down: see spread_relevance.c */
#define SRD__STORE_HEAD_CASE 23 /* what the fast case of a head keeps from one question to the next */
#define SRD__STORE_PARTS 24     /* [part][srd__part_sums()] floats: sums of contributions, see run_segment.c */
#define SRD__STORES (SRD_WITH_WHOLE_SUMS || SRD__PARTS ? 25 : 23)

/* What is left of a store when all are placed. */
typedef struct srd__array {
    size_t bytes;
    size_t place; /* offset in its region, plus SRD__KEPT or SRD__KEPT_AMONG */
} srd__array;

/* The times of an array. They are remembered only where ratios are computed again, see rerun.h. */
typedef struct srd__life {
    int32_t first, last;
} srd__life;

/* What an explainer knows of one layer of the graph. */
typedef struct srd__node {
    srd__store *stores;    /* [SRD__STORES], only while the explainer is planned */
    srd__array *arrays;    /* of the layer, those that there are */
    uint8_t wide;          /* winners are int32_t */
    uint8_t wanted;        /* gather layers: the value is read by someone */
    uint8_t kept_value;    /* srd_explainer_value() may be asked for it */
    uint8_t kept_gradcam;  /* srd_explainer_ask_gradcam() may be asked at it */
    uint8_t kept_pattern;  /* its pattern is kept by plain runs */
    uint8_t kept_channels; /* inputs: maps may be asked per channel */
    uint8_t kept_start;    /* a question may start here although it is no site */
    uint8_t kept_map;      /* inner layers: maps may be asked here */
    int32_t step;          /* when its value is made, or -1 */
    int32_t bound;         /* index of the segment that makes its value, or -1 */
    int32_t under;         /* index of a segment that makes its value, forward only, for a norm; or -1 */
#if SRD_WITH_FLAT_WAYS
    int32_t first_flat; /* flattens: of the positions of their input among those of all grids that are flattened */
#endif
    int32_t first_mark;         /* gather layers: of their positions in srd__plan.marks, at creation */
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

typedef struct srd__fast srd__fast; /* fast_case.h */

/* A branch bound to sizes. Its paths are first_path + tap * slots + slot. */
typedef struct srd__lane {
    const srd__branch *branch;
    const srd__layer *mixing; /* or NULL */
    bool last_twin;           /* 1: no later lane adds to the same paths */
    bool searched;            /* 1: rows of the table are sorted sets, slots are found by search */
    bool in_place;            /* 1: a part's values are not those of its site */
    bool merges;             /* 1: so many ways lead to its sources that their weights are added up first: srd__merged_runs() */
    bool even;               /* of the bias of bias_path: shared evenly */
    bool shared;             /* 1: the table holds the sources of all lanes over equal grids of one vector */
    bool collapsed;          /* 1: forward only; all taps and slots add up in one path */
    srd__part *parts;        /* uniform lanes: every channel comes from the same position of a known layer */
    int32_t *bases;          /* uniform lanes: by slot, the id of position 0 of its source */
    int32_t *table;          /* others: [position of the grid][slots] source ids, -1: no path */
    srd__stretch *stretches; /* others, where all channels come in such stretches, or NULL */
#if SRD_WITH_FLAT_WAYS
    int32_t *flats; /* as table, by which flattened position: see source_table.c. Else NULL */
#endif
    int32_t *vias; /* see inner_types.h; as table: positions of the layer `mark`, -1: not through it. Else NULL */
    int32_t taps, slots, part_count, stretch_count;
    srd__window window;        /* the taps; 1 x 1 without a mixing layer */
    srd__shape grid;           /* of the root */
    int32_t first_path, paths; /* paths that are its own: 0 for a twin and for a constant */
    int32_t span;              /* paths that it adds to, from first_path on; the bias path is the last of them */
    int32_t column;            /* fully connected: first column of this piece */
    int32_t hits;              /* with a table: how often it holds one source, at most */
    int32_t centre;            /* fully connected: the output position that reads the vector, or -1 (padding) */
    int32_t bias_path;         /* first of the paths for what comes from no source, or -1: a constant, or by layer of pads */
    int32_t bias_count;        /* of them: 1 for a constant, else pad_count */
    int32_t pad_count;         /* layers of pads below the root that are not 0 */
    int32_t *pads;             /* their ids, ascending */
    uint8_t *passes;           /* [position of the grid][slots] bit 1 << i: the path goes through pads[i - 1]; bit 0 is 1 */
    int32_t mark;              /* with vias */
} srd__lane;

/*
 * Twins. A vector may hold several flattened layers (through a concat after the flatten). The same source PFV at the same
 * flattened position, equal place of equal grids, is then one path (METHOD section 1): the later lane adds to the paths of
 * the earlier one. Two lanes over the same layer have the same slots anyway. Where different layers have a source in common,
 * all lanes over grids of that size share a table of their sources.
 */

/* What is known of a segment after a run, and after a question about it. */
typedef struct srd__notes {
    /* of the last run */
    float ratio_error, magnitude; /* magnitude: the largest sum of |ratios| into a position */
    int64_t special, saturated;
#if SRD_WITH_WHOLE_SUMS
    int32_t head_state, head_inputs, head_outputs; /* what fast_head has found out; state 0: nothing yet */
#endif
    bool given; /* numbers of the host took the place of y */
    /* of the last question */
    double relevance_in, relevance_out, unreached;
} srd__notes;

/* A segment bound to sizes. A source id is source_base[i] + position for the i-th source. */
typedef struct srd__bound {
    const srd__segment *segment;
    srd__lane *lanes;
    bool single;                  /* sources is 1: the ratio of the only path is 1 and is not stored */
    bool head_mixes, head_passes; /* a direction can arrive here and turns into relevance / goes on */
    bool forward;                 /* 1: makes a value only; lanes are collapsed */
    bool streams;                 /* the ratios are larger than the caches */
    bool has_unreached;           /* some position has no path */
    bool saves;                   /* y is written over a value that it adds to, and positions may be done again */
    int32_t *source_base;         /* [source_count + 1] */
    uint8_t *even;                /* by bias group: shared evenly (METHOD section 4) */
    srd__shape shape;             /* of y */
    int32_t positions, paths;
    int32_t sources;                                                 /* paths without those that are biases */
    const srd__fast *fast, *fast_branch, *fast_shortcut, *fast_head; /* what costs less here, or NULL: see fast_case.h */
    const srd__lane *branch, *shortcut;                              /* of fast_branch, fast_shortcut */
    int32_t pixels;                                                  /* positions of a tile */
    int32_t chunk;                                                   /* paths computed at a time */
    int32_t blocks;                                                  /* of SRD__PANEL output channels, computed at a time */
    int32_t units;                                                   /* pieces of work, of up to SRD_UNIT_TILES tiles each */
#if SRD__PARTS
    int32_t parts; /* of the output channels, for all positions; 1: see units */
#endif
    size_t spread_numbers; /* of SRD__STORE_SPREAD */
    const srd__lane *seen; /* the lane whose source PFVs are remembered for a unit, or NULL */
    int32_t band;          /* units whose ratios are there at a time: see rerun.h */
    srd__notes *notes;     /* of runs and questions: all else is constant after creation */
} srd__bound;

#define SRD__STEP_LOAD 0
#define SRD__STEP_GATHER 1
#define SRD__STEP_SEGMENT 2
#define SRD__STEP_CHANNELS 3 /* after the segment, with SRD_KEEP_CHANNELS */
#define SRD__STEP_INNER 4    /* after the segment, with SRD_KEEP_MAP */
#define SRD__STEP_UNDER 5    /* the value of a layer inside a segment, see image_statistics.h */
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
    const float **bundle_x; /* [SRD_BUNDLE]: what contributions.c collects to multiply together */
    float **bundle_u;
    double *exact;        /* what a tile sees, for first convolutions, of which rows share numbers: see fast/first_conv.c */
    const double **terms; /* [taps][channels], into exact */
    /* Sums of the tiles of a unit, one after the other: */
    float *uu, *uy;   /* [paths][pixels]: <u, u> and <u, y>; of one position: norms and <u, direction> */
    float *yy;        /* [pixels]: <y, y> */
    float *by;        /* [groups][pixels]: <b, y> */
    float *norm;      /* [paths] of one position */
    float *share;     /* [paths] of one position: the ratios */
    float *direction; /* [channels]: the head's direction at the input of a mixing layer */
    double *sources;  /* [channels], where thousands of sources are added up: see fast/pooled_linear.c */
    float *panel;     /* gathered weights, when they are borrowed */
    float *saved;     /* [positions of a unit][channels]: what y was written over, with bound->saves */
    float *zeros;     /* a PFV outside the picture */
    float *ones;
    void *custom;          /* workspace of the caller's callbacks */
    uint8_t *valid;        /* [paths][pixels]: 0: there is no such path; else lane->passes, or 1 */
    double *weights;       /* [slots + pad_count] of a lane that merges: see srd__merged_runs() */
    double *dots;          /* inner_ratios.c: [parts][2]: <u, direction> and <u, u> of one position */
    double *wholes;        /* inner_ratios.c: [paths][4]: sums over the parts of a path */
    float *parts;          /* inner_ratios.c: [parts]: shares of one position */
    const float **x;       /* [pixels]; for fast cases that want more [rows][SRD__TILE_PIXELS] */
    const float **seen;    /* [tile of the unit][taps of bound->seen][SRD__TILE_PIXELS] */
    int32_t tile;          /* of the unit, or -1 */
    uint32_t seen_tiles;   /* bits of those for which seen is filled */
    int32_t ready;         /* the position from which on exact or x is filled in this step, or -1 */
    int32_t ready_channel; /* with exact: from which channel on */
    /* what this worker met in the current step */
    int64_t special, saturated;
    float ratio_error, magnitude;
    float given_error; /* largest difference between what is given and what is computed */
    int32_t broken;    /* a NaN or Inf appeared */
} srd__scratch;

/* Contributions that are asked for: of paths [from, to) to positions [p, p + pixels), output channels [first, first + count). */
typedef struct srd__wanted {
    int32_t p, pixels, first, count, from, to;
} srd__wanted;

/* Neighbouring positions that are computed together, and their sums: see srd__scratch. */
typedef struct srd__tile {
    int32_t p, pixels;
    float *uu, *uy, *yy, *by;
} srd__tile;

/* Sharing ratios of a segment, [path][position]: see ratio_store.h. */
typedef struct srd__ratios {
    float *floats;    /* or */
    uint16_t *halves; /* NULL both: a single path, whose ratio is 1 */
    size_t positions; /* from one path to the next */
    int32_t first;    /* the position that comes first: 0, if all are kept */
    int32_t end;
} srd__ratios;

/* What is known of a layer in the run in progress, or after the last one. */
typedef struct srd__node_run {
    const srd_tensor *given[2]; /* by SRD_GIVEN_...: numbers of the host, or NULL */
    uint32_t intact;            /* stores that are as a step has left them: see rerun.h */
    float given_error;
    uint8_t was_given;
    uint8_t patterns; /* SRD_PATTERNS_... */
} srd__node_run;

/* What is known of a layer in the question that is being answered, or after the last one. */
typedef struct srd__node_asked {
    double relevance_in; /* inputs */
    uint32_t touched;    /* bits by store: those of the question that have been written in it */
    uint8_t map_asked;   /* inner layers: its map is wanted */
    uint8_t reach;       /* while it is checked: see srd__question_reach() */
    uint8_t map_reach;   /* the same for the map of an inner layer: of the segments that go through it */
} srd__node_asked;

/* A graph bound to sizes and options. Made with the explainer, and constant from then on. */
typedef struct srd__plan {
    /* First what is read in many places, which processors with short instructions reach by shorter ones. */
    srd_graph *graph;
    srd__node *nodes;   /* by layer */
    srd__shape *shapes; /* by layer */
    srd__bound *bounds; /* by segment */
    const srd__kernels *kernels;
    srd__scratch *scratch; /* by worker */
    srd__step *steps;
    int32_t *inputs;           /* layers of the inputs, in order, then constants */
    int32_t *slots;            /* by layer */
    int32_t *marks;            /* borrowed for binding: positions seen while a table row is made */
    struct srd__inner *inners; /* inner layers with maps, by segment: see inner_types.h */
    int32_t step_count;
    int32_t mark_stamp;
    int32_t bound_count; /* segments of the graph, and those of layers kept with SRD_KEEP_START */
    int32_t inner_count; /* inner layers, once for each segment that they lie in */
    char *transient, *persistent;
    size_t transient_bytes, persistent_bytes, arena_bytes;
    int32_t source_count; /* inputs and constants */
    int32_t under_count;  /* segments behind them in bounds, that only make values: see image_statistics.h */
    int32_t images;       /* that are kept: all of the batch, or one */
    int32_t most_channels;
    size_t among_bytes;            /* of the transient ones, those that are kept */
    const srd__array *arrays;      /* of all layers */
    srd__life *lives;              /* by array, where ratios are computed again; else NULL */
    srd_explainer_options options; /* pointers in it are not used after creation */
    bool recomputes;               /* ratios: SRD_RATIOS_RECOMPUTED, and there are some */
    bool too_large;                /* creation only: the arena cannot be addressed */
} srd__plan;

/* The run in progress, or the last one. */
typedef struct srd__run_state {
    srd_run_options options;    /* of the run in progress */
    const srd_tensor **tensors; /* its inputs */
    srd__node_run *nodes;       /* by layer */
    char *kept;                 /* persistent stores of the image that is open: see srd__open_image() */
    int32_t number;             /* of the batch: the image that runs, or ran last */
    const srd__bound *prepared; /* the segment whose branch case has filled its store, or NULL */
    srd__ratios making;         /* ratios of the segment that is being run; here, because the stack is small */
    int32_t masked_layer;       /* its masked copy stands for its value, or SRD_LAYER_NONE */
    int32_t next_step;          /* over all images; -1: no run is in progress */
    bool has_run;               /* an image, or the batch, is complete and can be asked */
    bool has_patterns;
} srd__run_state;

/* The question that is being answered, or the last one. */
typedef struct srd__asked {
    srd_report report;
    srd__node_asked *nodes; /* by layer */
    double allowed;         /* what rounding may have lost on its way: see balance.h */
    srd_status again;       /* of the steps that it has run again: see rerun.h */
    int32_t stuck_layer;    /* where a direction could not pass on, or SRD_LAYER_NONE */
    int32_t broken_layer;   /* where relevance left the range of single precision, or SRD_LAYER_NONE */
    int32_t lost_layer;     /* where more was lost, or SRD_LAYER_NONE */
    int32_t lost_part;      /* thousandths of what had arrived there */
    bool has_question;
} srd__asked;

struct srd_explainer {
    srd__heap heap; /* first: its tag says that this is an explainer */
    srd__plan plan;
    srd__run_state run;
    srd__asked asked;
    srd_detail *failure; /* where the call that has claimed it tells why it fails, or NULL: the caller's */
    uint8_t claim;       /* who uses it now: SRD__FREE, ... of busy.h; read and written by flag operations only */
};

#endif
