/*
 * kind.h -- what a kind of layer is to the rest of the library: a name, a role, and the entries that its role needs.
 *
 * A kind is one file in lib/layers, alone or with its family: the public function that adds the layer, and one srd__kind. No file
 * outside that folder asks which kind a layer has; they ask for its role and its flags, and call its entries. layers/kinds.def is
 * the list of all kinds, base/switches.h has the switches (0/1 macros) that leave them out of a build.
 */
#ifndef SRD_GRAPH_KIND_H
#define SRD_GRAPH_KIND_H

#include "graph/graph_impl.h"

#define SRD__SOURCE 0    /* gives values that come from outside */
#define SRD__POINTWISE 1 /* one vector in, one vector out, same position: closes a segment */
#define SRD__GATHER 2    /* moves, selects or averages PFVs with weights frozen at this forward pass */
#define SRD__MIXING 3    /* maps the channel vector linearly */
#define SRD__POST 4      /* affine maps and sums inside a segment */
#define SRD__NOTHING 5   /* stands for its input */

/*
 * A walk from an output position of a gather layer down to the sites. Two uses: enumerating the paths that exist, with
 * their slots (a slot numbers the ways through the gather layers from one output position), and enumerating the runs of
 * channels that the values of this forward pass really take.
 */
typedef struct srd__walk srd__walk;

/* A run of channels on its way from a source to the top of the walk. */
typedef struct srd__run {
    int32_t channel; /* first channel at the layer where the walk stands */
    int32_t count;
    int32_t step; /* channels of the top between two neighbours of the run: 1, or H * W through a flatten */
    int32_t top;  /* first channel at the layer where the walk began */
    int64_t slot;
    float weight;
    /* When a walk notes values in place: the first layer on the way that has them, plus 1 (0: none), the channel there, and top
     * and step of the run at that layer. */
    int32_t value, value_channel, value_top, value_step;
} srd__run;

struct srd__walk {
    const srd_graph *graph;
    const srd__shape *shapes; /* by layer id */
    const int32_t *slots;     /* by layer id: number of slots below it */
    /* The number of the choice (a tap of the window, say) that won, for a layer that selects: [position][channel]. */
    int32_t (*winner)(const srd__walk *walk, int32_t layer, int32_t position, int32_t channel);
    /* What another kind of layer froze at this pass. */
    const float *(*frozen)(const srd__walk *walk, int32_t layer);
    void (*on_path)(srd__walk *walk, int64_t slot, int32_t site, int32_t position);
    /* May the walk over paths go on below a gather layer? NULL: always. */
    bool (*enter)(srd__walk *walk, int32_t layer, int32_t position);
    void (*on_run)(srd__walk *walk, const srd__run *run, int32_t site, int32_t position);
    const void *owner; /* of winner() */
    void *context;     /* of on_path() and on_run() */
    int32_t mark;      /* a layer whose positions are noted on the way, or -1 */
    int32_t via;       /* the position of mark that the walk has come through, or -1 */
#if SRD_WITH_FLAT_WAYS
    int32_t flat;          /* the highest flatten of several positions that the walk has come through, or -1 */
    int32_t flat_position; /* and the position of that layer's input */
#endif
    int32_t stop_at_values; /* 1: runs are reported at gather layers that keep values, too */
    int32_t note_values; /* 1: not at gather layers that keep values in place: the run notes the first such layer and goes on */
};

/* In place of a site: a run of numbers that are 1 and come from no source (the walk's weight says how large they are). */
#define SRD__ONES (-1)

/* Continue a walk at a layer: report it if it is a site, else let its kind go on. */
void srd__walk_paths(srd__walk *walk, int32_t layer, int32_t position, int64_t slot);
void srd__walk_runs(srd__walk *walk, int32_t layer, int32_t position, const srd__run *run);

/* The value of an input that is frozen: positions are rows of `stride` floats. */
typedef struct srd__operand {
    const float *x;
    const srd__shape *shape;
    int32_t stride;
} srd__operand;
#define SRD__MOST_OPERANDS 4

/* What a gather layer with values of its own reads and writes; positions are rows of `stride` floats. */
typedef struct srd__gather_io {
    const srd__shape *in, *out;
    const float *source; /* the channels of one part of an input, at position 0 */
    float *target;       /* the output, at position 0 and channel 0 */
    void *
        winner; /* number of the choice (a tap of the window, say) per [position][channel] of the output, uint8_t or int32_t; NULL: not wanted */
    int32_t source_stride;        /* floats between two positions of source */
    int32_t target_stride;        /* the same of target, and elements of winner */
    int32_t wide;                 /* 1: winner is int32_t */
    int32_t channel;              /* where the part begins among the input's channels */
    int32_t channels;             /* in the part */
    int32_t before;               /* positions of the inputs before this one (token layers) */
    const srd__operand *operands; /* inputs that are not walked */
    int32_t *broken;              /* set to 1 by freeze() when the caller's callback breaks its word */
    const struct srd__kernels *kernels;
} srd__gather_io;

/* Of every channel of an image, over its positions. */
typedef struct srd__moments {
    const double *mean, *squares; /* squares: the sum of squared deviations from mean */
    int32_t positions;
} srd__moments;

/* Flags are bytes: there is a constant of this for each kind. docs/adding-a-layer.md has the flags of gather layers in a table. */
struct srd__kind {
    const char *name;
    uint8_t role;
    /*
     * Gather: a promise that lets the layer go without values of its own: position p of the output is made of position p of each
     * input, and of the same channels with the same weights at every p. So a walk at position 0 tells what a walk at any other
     * position would, and the output is read where the inputs lie. tests/unit/test_kinds.c holds every view to this. A kind that
     * moves positions, or whose weights depend on them, must leave the flag 0; it then has values of its own, made by forward().
     */
    uint8_t view;
    uint8_t selects;         /* gather: 1 if walks need what the forward pass froze (srd__gather_io.winner is written) */
    uint8_t in_place;        /* gather, no view: position and channel of the output are those of input 0 */
    uint8_t weighs;          /* gather that selects: its own forward pass needs what is frozen, too */
    uint8_t attends;         /* gather that selects: input 0 is weighed by head (layer->groups), query and key; frozen
                              * [head][query][key] */
    uint8_t single;          /* gather: 1 if every channel comes from one PFV at most, with one weight, and none from a pad */
    uint8_t averages;        /* gather: 1 if a position is the mean of some, each with the same weight, slot after slot */
    uint8_t repeats;         /* gather: 1 if it may show input positions several times unless its output is the smaller one */
    uint8_t meets;           /* gather: 1 if two ways of one position may come from the same PFV */
    uint8_t packed_operands; /* gather: 1 if operands must lie [position][channel] without gaps */
    uint8_t pads;            /* gather: 1 if output positions may hold srd__layer.low instead of a PFV */
    uint8_t joins;           /* gather: 1 if it puts the channels of its inputs one after the other */
    uint8_t regroups;        /* gather, no view: 1 if it puts the numbers of one channel into others, without flattening */
    uint8_t flattens;        /* gather: 1 if it makes one vector of all positions, in the order C, H, W */
    uint8_t dense;           /* mixing: 1 if it takes its whole input as one vector */
    uint8_t activates;       /* pointwise: 1 for an activation, whose neurons are on or off (not softmax, not a norm) */
    uint8_t finite;          /* pointwise: 1 if no finite number becomes NaN or Inf, so that the value need not be looked at */
    uint8_t clamps;          /* pointwise: 1: f(y) = max(y, 0); 2: f(y) = min(max(y, layer->low), layer->high) */
    /* Shape of the output from those of the inputs (srd__input_shape()); sizes of 0 are unknown and pass. */
    srd_status (*shape)(const srd_graph *graph, const srd__shape *bound, const srd__layer *layer, srd__shape *out,
                        srd_detail *detail);
    /* Pointwise: y becomes f(y), in place, one PFV. */
    void (*value)(const srd__layer *layer, float *y, int32_t channels);
    /* Pointwise: a direction at the value becomes one at y, in place (METHOD section 6). */
    void (*back)(const srd__layer *layer, const float *y, float *direction, int32_t channels);
    /* Pointwise: the same by the derivative, for Grad-CAM. */
    void (*gradient)(const srd__layer *layer, const float *y, float *direction, int32_t channels);
    /* Post, if scale and shift come from statistics of the image (METHOD section 2): into how many groups of equal size the
     * channels fall, and scale and shift of one group, channels [first, first + count), from the moments of all channels. A
     * scale that cannot be had becomes NaN or Inf. */
    int32_t (*statistics)(const srd__layer *layer, int32_t channels);
    void (*normalise)(const srd__layer *layer, const srd__moments *moments, int32_t first, int32_t count, float *scale,
                      float *shift);
    /* Gather: number of slots, given the slots of its inputs. */
    int64_t (*slot_count)(const srd__walk *walk, const srd__layer *layer);
    /* Gather: walk on to every input position that output `position` is made of. */
    void (*paths)(srd__walk *walk, const srd__layer *layer, int32_t position, int64_t slot);
    /* Gather: walk on with the runs of channels that this pass takes. */
    void (*runs)(srd__walk *walk, const srd__layer *layer, int32_t position, const srd__run *run);
    /* Gather, no view: one part of the channels, output positions [first, first + count). */
    void (*forward)(const srd__layer *layer, const srd__gather_io *io, int32_t first, int32_t count);
    /* Gather that selects by winners that are not taps of layer->window: how many there are to choose from. */
    int32_t (*choices)(const srd__layer *layer, const srd__shape *shapes);
    /* Gather whose parts are compared with each other: fills the output before the first of them. forward() is then called for
     * channels of zeros below (zero_channels) as well, which belong to no part; for other kinds these are zeros of the output. */
    void (*begin)(const srd__layer *layer, const srd__gather_io *io, int32_t first, int32_t count);
    /* Gather that selects, if not by winners: bytes to freeze, and freezing the same positions, before forward(). */
    size_t (*frozen_bytes)(const srd__layer *layer, const srd__shape *shapes);
    void (*freeze)(const srd__layer *layer, const srd__gather_io *io, int32_t first, int32_t count);
};

/* Has a layer of this kind values of its own, made by its forward()? A gather layer has, if it is no view. */
static inline bool srd__has_values(const srd__kind *kind)
{
    return kind->role == SRD__GATHER && !kind->view;
}

#endif
