/*
 * graph_impl.h -- layers as they are added, and segments as sealing compiles them.
 *
 * A segment is everything between the pre-activation y of a site and the sites below it. It is a sum of branches:
 *
 *     y = bias_total + sum over branches of  scale * mix( gather( values of source sites ) )
 *
 * where mix is at most one mixing layer (none: the identity), gather the composed gather layers below it, and scale the
 * product of the post layers above it. Each bias group is a vector, already scaled by the post layers above its layer, and
 * the contiguous range of branches whose paths share it. Ratios, spreading, the head and reports know only segments.
 *
 * In a frozen segment some post layers take their scale and shift from statistics of the image. It is compiled without
 * numbers: as products (srd__factor) and sums (srd__term), which an explainer works out for every image (run/image_statistics.c).
 */
#ifndef SRD_GRAPH_GRAPH_IMPL_H
#define SRD_GRAPH_GRAPH_IMPL_H

#include "base/memory.h"
#include "base/switches.h"
#include "kernels/panel.h"
#include "srd/gather.h"
#include "tensor/tensor_impl.h"

typedef struct srd__kind srd__kind; /* graph/kind.h */

/* Sizes of one image's value. 0 means not known before an explainer binds sizes. */
typedef struct srd__shape {
    int32_t c, h, w;
} srd__shape;

/* A sliding window: of a convolution, a pool, a crop or a pad. */
typedef struct srd__window {
    int32_t kernel_h, kernel_w;
    int32_t stride_h, stride_w;
    int32_t top, left, bottom, right; /* padding */
    int32_t dilation_h, dilation_w;
    int32_t transposed; /* 1: output = input * stride - pad + tap * dilation, where that is a position */
} srd__window;

typedef struct srd__layer {
    /* First what is read in many places, which processors with short instructions reach by shorter ones. */
    const srd__kind *kind;
    bool live;
    bool site;
    bool is_output;
    bool derived;      /* depends on constants only */
    bool bias_only;    /* a constant that is nothing but an operand of adds: no site to the outside */
    bool over_flatten; /* no site, and a walk from here down to the sites meets a flatten */
    int32_t *inputs;   /* ids; sealing replaces removed layers by what they stand for. Behind them: as they were given */
    int32_t id;
    int32_t input_count;
    int32_t walked;   /* leading inputs whose PFVs it passes on; the others are operands, frozen at this forward pass */
    int32_t channels; /* of the output as far as parameters fix it: 0 = as the input */
    srd__shape shape; /* at the declared input sizes */
    int32_t groups;
    /* Another number for each kind. Mixing kinds: input channels of one group (linear: columns of the weight).
     * zero_channels: channels of zeros in front. slice, select_tokens: the first channel or token taken. window_reverse: height.
     * local_response_norm: neighbours that are summed, the channel itself included. adaptive_avg_pool2d: height of the
     * output. */
    int32_t before;
    int32_t readers; /* live layers that read this one, counted with multiplicity */
    int32_t segment; /* index of the segment whose y makes this layer's value, or -1 */
    int32_t parts;   /* sites that a walk from here down meets, counted as often as they are met */
    int32_t depth;   /* layers that a recursion from here down to the sites below meets */
    float low,
        high; /* clip; low is the slope of leaky_relu, and 1 for sum, minimum and l2_norm, to tell them from their relatives */
    float *bias;     /* [channels] or NULL */
    float *scale;    /* affine layers: [channels]; layer and group norm: gamma */
    float *shift;    /* affine layers; layer and group norm: beta */
    float *constant; /* a constant's value as [position][channel]; the mask of an attention as [head][query][key] */
    const srd_custom_layer *custom; /* the caller's callbacks, or NULL */
    const char *name;
    struct srd__layer *previous; /* the layer added before this one */
    struct srd__layer *jump;     /* one added long before: see srd__graph_layer() */
    struct srd__layer *named[2]; /* the tree of names: see srd__graph_named() */
    uint32_t hash;               /* of the name */
    int64_t parameters;          /* numbers that it was given */
    double eps;                  /* layer and group norm */
    /* A record ends here if the layer neither gathers nor mixes, */
    int32_t
        after; /* zero_channels: channels of zeros behind. select_tokens: tokens taken. adaptive_avg_pool2d, window_reverse: width */
    int32_t ceil_mode, count_padding, mode, align_corners;
    int32_t size_h,
        size_w; /* sizes asked for: upsample, reshape, windows; shifts of a roll; output padding; queries and keys of a mask */
    const int32_t *chosen;  /* gather_channels: [channels], of the input */
    float scale_h, scale_w; /* upsample */
    srd__window window;
    /* and here if it does not mix: see record_bytes() of graph.c. */
    srd__weights weight;
} srd__layer;

typedef struct srd__branch {
    const float *scale; /* [channels of y] or NULL: 1; not in a frozen segment */
    int32_t factor;     /* the same as an index among the factors, or -1: 1 */
    int32_t mixing;     /* id of the mixing layer, or -1 */
    int32_t root;       /* the layer whose value the branch reads: a site or a gather layer */
    int32_t flattened;  /* 1: the mixing layer takes the whole of root as one vector (kernel = its size) */
    int32_t piece;      /* number of this part among those of a fully connected layer that reads a concat */
    int32_t constant;   /* 1: an operand of an add that depends on constants only. It has no paths; its contribution is a
                           bias of branches [first, first + count), shared evenly if chain and fully connected */
    int32_t first, count, chain;
} srd__branch;

typedef struct srd__bias {
    const float *vector;  /* [channels of y]; not in a frozen segment */
    int32_t first, count; /* branches */
    int32_t chain;        /* 1: of the mixing layer itself or of post layers below the first add: shared evenly if that
                             layer turns out to be fully connected (METHOD section 4) */
    int32_t reserved;
} srd__bias;

/* A product of scales: the factor `above`, or 1 if that is -1, times the scale of a post layer. */
typedef struct srd__factor {
    const float *vector; /* [channels of y]; not in a frozen segment */
    int32_t layer, above;
} srd__factor;

/* The bias of a layer, times a factor (-1: 1), is added to a group. */
typedef struct srd__term {
    int32_t layer, factor, group;
} srd__term;

typedef struct srd__segment {
    srd__branch *branches;
    srd__bias *biases;
    srd__factor *factors;
    srd__term *terms;
    const float *bias_total; /* [channels of y], the sum of the groups, or NULL; not in a frozen segment */
    int32_t *sources;        /* ids of the source sites, each once */
    int32_t layer;           /* the site (or output asked as a site) that the segment makes */
    int32_t top;             /* the layer whose value is y: layer itself, or the input of a pointwise layer */
    int32_t pointwise;       /* 1: layer is pointwise, its value is f(y) */
    int32_t frozen;          /* 1: scales and biases are of an image */
    int32_t branch_count, bias_count, source_count, factor_count, term_count;
    int32_t constant_count; /* branches that are constants */
} srd__segment;

struct srd_graph {
    srd__heap heap; /* first: its tag says that this is a graph */
    srd__layer *newest;
    srd__layer *named;   /* the root of the tree of names */
    srd__layer **layers; /* by id, made by sealing */
    srd__segment *segments;
    int32_t *outputs;     /* made by sealing */
    int32_t *output_list; /* growing list while building */
    srd_graph_options options;
    int32_t layer_count, segment_count, output_count, output_capacity;
    int32_t input_count, constant_count;
    int32_t holders; /* the caller and the explainers */
    bool sealed;
    uint8_t is_owned;   /* 1 until the caller has freed it: freeing it again must not take the hold of an explainer */
    const char *adding; /* name of the layer whose call is running, for failures; NULL: none, or not named yet */
    srd_detail failure; /* the first failure; status SRD_OK if none */
};

/* Is it a graph? Also one that the caller has freed and an explainer holds. */
/* The failure of a call whose graph is none. (graph.c) */
srd_status srd__fail_graph(srd_detail *detail);

static inline bool srd__is_graph(const srd_graph *graph)
{
    return srd__is_handle(graph, SRD__GRAPH_TAG);
}

/* Gives up a hold; the last one frees the graph. */
void srd__graph_let_go(srd_graph *graph);

/* The layer of an id that exists. */
srd__layer *srd__graph_layer(const srd_graph *graph, int32_t id);

/* The layer of this name, or NULL. */
srd__layer *srd__graph_named(const srd_graph *graph, const char *name);

/* The id of input i as the caller gave it. */
static inline int32_t srd__layer_given(const srd__layer *layer, int32_t i)
{
    return layer->inputs[layer->input_count + i];
}

/* Starts a layer: checks graph, name and inputs. NULL after any failure, which then sticks to the graph. */
srd__layer *srd__layer_begin(srd_graph *graph, const char *name, const srd__kind *kind, const srd_layer *inputs, int32_t count);

/* Reads a layer's options struct, whose oldest version has `least` bytes; a failure names the layer. */
bool srd__layer_options(srd_graph *graph, const srd__layer *layer, void *ours, size_t size, const void *theirs, size_t least,
                        const char *what);

/* Takes a mixing layer's weight, whose data and strides are set: checks it and, unless borrowed, packs a copy. */
bool srd__layer_weight(srd_graph *graph, srd__layer *layer);

/* Finishes a layer: infers its shape and links it. Returns its id or SRD_LAYER_NONE. layer may be NULL. */
srd_layer srd__layer_end(srd_graph *graph, srd__layer *layer);

/* Memory of the graph, zeroed; NULL after noting SRD_ERR_MEMORY. */
void *srd__graph_take(srd_graph *graph, size_t count, size_t size);

/* The number of a vector that has been checked. */
static inline float srd__vector_at(const srd_tensor *tensor, int64_t i)
{
    return ((const float *)(const void *)tensor->data)[i * tensor->strides[0]];
}

/* Is it a vector of one finite number per channel? Counts it as parameters, else the failure sticks to the graph. size 0: any length,
 * which is stored in *length. tensor is not NULL. */
bool srd__layer_check_vector(srd_graph *graph, srd__layer *layer, const srd_tensor *tensor, int32_t *length, const char *what);

/*
 * Copies a vector of one finite number per channel and counts it as parameters. size 0: any length, which is stored in *length.
 * tensor NULL gives NULL; *ok becomes false after a failure, which then sticks to the graph.
 */
float *srd__layer_vector(srd_graph *graph, srd__layer *layer, const srd_tensor *tensor, int32_t *length, const char *what,
                         bool *ok);

/* Shape of an input of a layer: as bound by an explainer (by layer id), or, when bound is NULL, as declared. */
const srd__shape *srd__input_shape(const srd_graph *graph, const srd__shape *bound, const srd__layer *layer, int32_t i);

/* Output size of a window along one axis; 0 if it does not fit, -1 if the size is no int32_t. */
int32_t srd__window_out(int32_t in, int32_t before, int32_t after, int32_t kernel, int32_t stride, int32_t dilation,
                        bool ceil_mode);

/* Input position under tap k (row-major in the window) of output position p; -1 outside the input. */
int32_t srd__window_position(const srd__window *window, const srd__shape *in, const srd__shape *out, int32_t p, int32_t k);

/* The layer that an id stands for after dropout and the like are removed. Sealed graphs only. */
int32_t srd__resolve(const srd_graph *graph, int32_t id);

/* Is input i of a live layer an operand of an add that depends on constants only, beside one that does not? */
bool srd__is_bias(const srd_graph *graph, const srd__layer *layer, int32_t i);

/*
 * Compiles the segment of a site, or of a layer that is asked as if it were one, into memory of heap. With cut it
 * ends below at the inputs of layers with statistics, whose values an explainer has anyway: enough to run, not to explain.
 */
srd_status srd__segment_compile(const srd_graph *graph, srd__heap *heap, srd__segment *segment, int32_t layer, bool cut);

/* The caller's callbacks, or NULL. */
static inline const srd_custom_layer *srd__custom_of(const srd__layer *layer)
{
    return SRD_WITH_CUSTOM ? layer->custom : NULL;
}

/* Is the layer's value one call of the caller's for all positions? */
static inline bool srd__is_black_box(const srd__layer *layer)
{
    return srd__custom_of(layer) != NULL && layer->custom->role == SRD_CUSTOM_BLACK_BOX;
}

/* The numbers that a layer adds to its sum: of a mixing layer its bias, of a post layer its shift. NULL: none. */
static inline const float *srd__layer_bias(const srd__layer *layer)
{
    return layer->bias != NULL ? layer->bias : layer->shift;
}

/* The branches of a segment that run through a swallowed layer: [*first, *first + return value). */
int32_t srd__segment_range(const srd_graph *graph, const srd__segment *segment, int32_t layer, int32_t *first);

/* Is this flattened branch a piece of a gather layer (a flatten, a concat) that lies above its root? */
bool srd__piece_under(const srd_graph *graph, const srd__branch *branch, int32_t layer);

/* What an explainer tells beside the graph where it is written down. */
typedef struct srd__dump_notes {
    const srd__shape *shapes; /* by layer */
    /* Note number index of a layer, from 0 on; NULL: it has no such note. */
    const char *(*note)(const void *context, int32_t layer, int32_t index);
    const void *context;
} srd__dump_notes;

/* srd_graph_dump() of a sealed graph; notes: NULL: only what the graph knows. (dump.c) */
srd_status srd__dump(const srd_graph *graph, int32_t format, srd_write write, void *user, const srd__dump_notes *notes,
                     srd_detail *detail);

/* Does a walk from a layer down to the sites, these included, come to another? (walk.c) */
bool srd__comes_to(const srd_graph *graph, int32_t from, int32_t layer);

#endif
