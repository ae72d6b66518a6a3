/*
 * net_text.c -- a network as a test network of tests/golden: NAME.net (text) and NAME.bin (numbers). tests/golden/netfile.py
 * describes the format; expectations are added there, from the reference in Python.
 */
#include <string.h>

#include "net.h"

static void print_pair(FILE *to, const char *key, const int *v)
{
    fprintf(to, " %s=%d,%d", key, v[0], v[1]);
}

static void print_pads(FILE *to, const int *p)
{
    fprintf(to, " pad=%d,%d,%d,%d", p[0], p[1], p[2], p[3]);
}

static void print_offsets(FILE *to, const net_layer *l, const char *const *keys)
{
    for (int k = 0; k < 4 && keys[k] != NULL; k++) fprintf(to, " %s=%d", keys[k], l->numbers[k]);
}

static void print_mixing(FILE *to, const net_layer *x, const net_layer *l)
{
    static const char *const keys[] = { "weight", "bias", NULL };

    if (l->kind == NET_LINEAR || l->kind == NET_LINEAR_TOKENS) {
        const int positions = l->kind == NET_LINEAR ? x->h * x->w : 1;
        fprintf(to, " in_features=%d out_features=%d", x->c * positions, l->c);
    } else {
        fprintf(to, " in_channels=%d out_channels=%d", x->c, l->c);
        print_pair(to, "kernel", l->kernel);
        print_pair(to, "stride", l->stride);
        print_pads(to, l->pad);
        if (l->kind == NET_CONV_TRANSPOSE) print_pair(to, "output_pad", l->output_pad);
        print_pair(to, "dilation", l->dilation);
        fprintf(to, " groups=%d", l->groups);
    }
    print_offsets(to, l, keys);
}

static void print_norm(FILE *to, const net_layer *l)
{
    static const char *const batch[] = { "gamma", "beta", "mean", "var" }, *const other[] = { "gamma", "beta", NULL },
                             *const scale[] = { "scale", "shift", NULL }, *const root[] = { "gamma", NULL },
                             *const none[] = { NULL };

    if (l->kind == NET_GROUP_NORM) fprintf(to, " groups=%d", l->groups);
    if (l->kind != NET_L2_NORM) fprintf(to, " channels=%d", l->c);
    if (l->kind != NET_SCALE_SHIFT) fprintf(to, " eps=%.17g", l->eps);
    if (l->kind == NET_RMS_NORM || l->kind == NET_L2_NORM) print_offsets(to, l, l->kind == NET_RMS_NORM ? root : none);
    else print_offsets(to, l, l->kind == NET_BATCH_NORM ? batch : l->kind == NET_SCALE_SHIFT ? scale : other);
}

static void print_activation(FILE *to, const net_layer *l)
{
    const double a = (double)l->real[0], b = (double)l->real[1], c = (double)l->real[2];

    if (l->kind == NET_CLIP) fprintf(to, " min=%.9g max=%.9g", a, b);
    if (l->kind == NET_LEAKY_RELU) fprintf(to, " slope=%.9g", a);
    if (l->kind == NET_PRELU) fprintf(to, " count=%d slopes=%d", l->count, l->numbers[0]);
    if (l->kind == NET_ELU || l->kind == NET_CELU) fprintf(to, " alpha=%.9g", a);
    if (l->kind == NET_GELU) fprintf(to, " approximation=%d", l->option);
    if (l->kind == NET_RESPONSE_NORM) fprintf(to, " size=%d alpha=%.9g beta=%.9g k=%.9g", l->option, a, b, c);
}

static void print_gather(FILE *to, const net *n, const net_layer *l)
{
    switch (l->kind) {
    case NET_MAX_POOL:
    case NET_AVG_POOL:
        print_pair(to, "kernel", l->kernel);
        print_pair(to, "stride", l->stride);
        print_pads(to, l->pad);
        fprintf(to, " ceil=%d", l->option);
        if (l->kind == NET_AVG_POOL) fprintf(to, " count_padding=%d", l->extra);
        break;
    case NET_ADAPTIVE_MAX:
    case NET_ADAPTIVE_POOL: print_pair(to, "size", l->size); break;
    case NET_SUM:
    case NET_MAX:
    case NET_MEAN: fprintf(to, " axes=%d", l->option); break;
    case NET_ZERO_PAD: print_pads(to, l->pad); break;
    case NET_CONSTANT_PAD:
        print_pads(to, l->pad);
        fprintf(to, " value=%.9g", (double)l->real[0]);
        break;
    case NET_ZERO_CHANNELS: fprintf(to, " before=%d after=%d", l->first, l->count); break;
    case NET_SUBSAMPLE: print_pair(to, "stride", l->stride); break;
    case NET_SLICE:
    case NET_SELECT_TOKENS: fprintf(to, " first=%d count=%d", l->first, l->count); break;
    case NET_MAX_CHANNELS:
    case NET_SHUFFLE: fprintf(to, " groups=%d", l->groups); break;
    case NET_RESHAPE: fprintf(to, " height=%d width=%d", l->size[0], l->size[1]); break;
    case NET_CROP: print_pads(to, l->pad), print_pair(to, "step", l->stride); break;
    case NET_ROLL: print_pair(to, "by", l->stride); break;
    case NET_REFLECTION_PAD:
    case NET_REPLICATION_PAD:
    case NET_CIRCULAR_PAD: print_pads(to, l->pad); break;
    case NET_PARTITION: print_pair(to, "window", l->kernel), fprintf(to, " grid=%d", l->option); break;
    case NET_REVERSE:
        print_pair(to, "size", l->size), print_pair(to, "window", l->kernel), fprintf(to, " grid=%d", l->option);
        break;
    case NET_TO_SPACE:
    case NET_TO_DEPTH: print_pair(to, "block", l->kernel), fprintf(to, " last=%d", l->option); break;
    case NET_CHOOSE:
        fprintf(to, " count=%d channels=%d", l->count, l->chosen[0]);
        for (int k = 1; k < l->count; k++) fprintf(to, ",%d", l->chosen[k]);
        break;
    case NET_UPSAMPLE:
        fprintf(to, " mode=%d align_corners=%d", l->option, l->extra);
        print_pair(to, "size", l->size);
        fprintf(to, " scale_h=%.9g scale_w=%.9g", (double)l->real[0], (double)l->real[1]);
        break;
    case NET_ATTENTION:
        fprintf(to, " heads=%d scale=%.9g mask_heads=%d queries=%d keys=%d mask=%d", l->first, (double)l->real[0],
                l->numbers[0] == NET_NONE ? 0 : l->count, l->w, n->layer[l->input[1]].w, l->numbers[0]);
        break;
    default: break;
    }
}

static void print_layer(FILE *to, const net *n, int i)
{
    const net_layer *const l = n->layer + i;

    fprintf(to, "%s name=%s", net_word(l->kind), net_name(n, i));
    for (int k = 0; k < l->inputs; k++) fprintf(to, "%s%s", k == 0 ? " in=" : ",", net_name(n, l->input[k]));
    if (l->kind <= NET_CONSTANT) fprintf(to, " channels=%d height=%d width=%d", l->c, l->h, l->w);
    if (l->kind == NET_CONSTANT) fprintf(to, " value=%d", l->numbers[0]);
    if (l->kind >= NET_CONV && l->kind <= NET_CONV_TRANSPOSE) print_mixing(to, n->layer + l->input[0], l);
    if ((l->kind >= NET_BATCH_NORM && l->kind <= NET_SCALE_SHIFT) || (l->kind >= NET_LAYER_NORM && l->kind <= NET_L2_NORM))
        print_norm(to, l);
    if (l->kind >= NET_RELU && l->kind <= NET_SOFTMAX) print_activation(to, l);
    if (l->kind >= NET_MAX_POOL) print_gather(to, n, l);
    fprintf(to, "\n");
}

void net_print(const net *n, const char *remark, FILE *to)
{
    const char *before = "";

    fprintf(to, "srdnet 1\n# %s\n", remark);
    for (int i = 0; i < n->layers; i++) print_layer(to, n, i);
    for (int i = 0; i < n->outputs; i++) fprintf(to, "output name=%s\n", net_name(n, n->output[i]));
    fprintf(to, "case name=plain input=");
    for (int i = 0; i < n->layers; i++) {
        if (n->layer[i].kind != NET_INPUT) continue;
        fprintf(to, "%s%d", before, n->layer[i].numbers[0]);
        before = ",";
    }
    fprintf(to, "\n");
}

void net_print_numbers(const net *n, FILE *to)
{
    for (int i = 0; i < n->number_count; i++) {
        uint32_t bits;
        memcpy(&bits, n->numbers + i, sizeof bits);
        for (int k = 0; k < 4; k++) (void)fputc((int)(bits >> (8 * k) & 255), to);
    }
}
