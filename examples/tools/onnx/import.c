/* import.c -- the loop over the nodes, and the choice of the output. */
#include "import.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- nodes ------------------------------------------------------------------------------------------------------------ */

static const struct operator
{
    const char *name;
    importer *run;
}
operators[] = {
    { "Abs", import_function },
    { "Add", import_add },
    { "Affine", import_affine },
    { "And", import_arithmetic },
    { "Asinh", import_function },
    { "Atan", import_function },
    { "Attention", import_attention },
    { "AveragePool", import_pool },
    { "BatchNormalization", import_batch_norm },
    { "Cast", import_same },
    { "CastLike", import_cast_like },
    { "Ceil", import_function },
    { "Celu", import_celu },
    { "Clip", import_clip },
    { "Concat", import_concat },
    { "Constant", import_constant },
    { "ConstantOfShape", import_constant_of_shape },
    { "Conv", import_conv },
    { "ConvInteger", import_conv_integer },
    { "ConvTranspose", import_conv_transpose },
    { "Cos", import_function },
    { "Crop", import_crop },
    { "DepthToSpace", import_depth_to_space },
    { "DequantizeLinear", import_dequantize },
    { "Div", import_div },
    { "Dropout", import_same },
    { "DynamicQuantizeLinear", import_dynamic_quantize },
    { "Elu", import_pointwise },
    { "Equal", import_arithmetic },
    { "Erf", import_function },
    { "Exp", import_function },
    { "Expand", import_expand },
    { "Flatten", import_flatten },
    { "Floor", import_function },
    { "Gather", import_gather },
    { "Gelu", import_pointwise },
    { "Gemm", import_gemm },
    { "GlobalAveragePool", import_global_pool },
    { "GlobalMaxPool", import_global_pool },
    { "Greater", import_compare },
    { "GreaterOrEqual", import_compare },
    { "GroupNormalization", import_group_norm },
    { "HardSigmoid", import_pointwise },
    { "HardSwish", import_pointwise },
    { "Hardmax", import_softmax },
    { "Identity", import_same },
    { "ImageScaler", import_image_scaler },
    { "InstanceNormalization", import_instance_norm },
    { "LRN", import_lrn },
    { "LayerNormalization", import_layer_norm },
    { "LeakyRelu", import_pointwise },
    { "Less", import_compare },
    { "LessOrEqual", import_compare },
    { "Log", import_function },
    { "LogSoftmax", import_softmax },
    { "LpNormalization", import_lp_norm },
    { "MatMul", import_matmul },
    { "MatMulInteger", import_matmul_integer },
    { "Max", import_extreme },
    { "MaxPool", import_pool },
    { "Mean", import_add },
    { "MeanVarianceNormalization", import_mean_variance },
    { "Min", import_extreme },
    { "Mish", import_function },
    { "Mod", import_arithmetic },
    { "Mul", import_mul },
    { "Neg", import_neg },
    { "NegativeLogLikelihoodLoss", import_nll },
    { "Not", import_arithmetic },
    { "Or", import_arithmetic },
    { "PRelu", import_prelu },
    { "Pad", import_pad },
    { "Pow", import_pow },
    { "RMSNormalization", import_rms_norm },
    { "Range", import_arithmetic },
    { "Reciprocal", import_function },
    { "ReduceL1", import_reduce },
    { "ReduceL2", import_reduce },
    { "ReduceLogSum", import_reduce },
    { "ReduceLogSumExp", import_reduce },
    { "ReduceMax", import_reduce },
    { "ReduceMean", import_reduce_mean },
    { "ReduceMin", import_reduce },
    { "ReduceProd", import_reduce },
    { "ReduceSum", import_reduce },
    { "ReduceSumSquare", import_reduce },
    { "Relu", import_pointwise },
    { "Reshape", import_reshape },
    { "Resize", import_resize },
    { "Round", import_function },
    { "Selu", import_pointwise },
    { "Shape", import_shape },
    { "Shrink", import_shrink },
    { "Sigmoid", import_pointwise },
    { "Sign", import_function },
    { "Sin", import_function },
    { "Sinh", import_function },
    { "Size", import_size },
    { "Slice", import_slice },
    { "Softmax", import_softmax },
    { "SoftmaxCrossEntropyLoss", import_nll },
    { "Softplus", import_pointwise },
    { "Softsign", import_function },
    { "SpaceToDepth", import_space_to_depth },
    { "Split", import_split },
    { "Sqrt", import_function },
    { "Squeeze", import_squeeze },
    { "Sub", import_sub },
    { "Sum", import_add },
    { "Swish", import_swish },
    { "Tanh", import_pointwise },
    { "ThresholdedRelu", import_thresholded },
    { "Transpose", import_transpose },
    { "Unsqueeze", import_unsqueeze },
    { "Upsample", import_resize },
    { "Where", import_where },
    { "Xor", import_arithmetic },
};

static importer *find_operator(const char *name)
{
    for (size_t i = 0; i < sizeof operators / sizeof operators[0]; ++i) {
        if (strcmp(operators[i].name, name) == 0) return operators[i].run;
    }
    return NULL;
}

/* What nobody looks at may not mean anything. */
static void refuse_unread(import *im, const node *n)
{
    const SrdOnnx__AttributeProto *const unread = unread_attribute(n);

    if (unread != NULL && unread->has_i) {
        refuse(im, "the attribute %.60s is %lld, which is not supported", unread->name, (long long)unread->i);
    } else if (unread != NULL) {
        refuse(im, "the attribute %.60s is not supported", unread->name);
    }
    if (unread_input(n) >= 0) refuse(im, "input %d is not supported", unread_input(n));
    if (is_training(im, n)) refuse(im, "it is in training mode");
}

static void import_node(import *im, const node *n)
{
    const char *const domain = n->proto->domain;
    importer *const run = find_operator(n->op);
    const bool is_standard = domain == NULL || domain[0] == '\0' || strcmp(domain, "ai.onnx") == 0;

    if (!is_standard) refuse(im, "the operators of the domain %.60s are not supported", domain);
    if (run != NULL) refuse_unread(im, n);
    if (match_layer_norm(im, n) || match_attention(im, n) || match_activation(im, n) || match_matmul_bias(im, n) ||
        match_response_norm(im, n))
        return;
    if (run == NULL) refuse(im, "this operator is not supported");
    run(im, n);
}

/* A node whose outputs are not all made has refused the rest of them. */
static void settle_outputs(import *im, const node *n, const char *reason)
{
    for (int32_t i = 0; i < n->output_count; ++i) {
        value *const v = n->outputs[i] == NO_VALUE ? NULL : &im->values[n->outputs[i]];
        if (v == NULL || v->state != VALUE_UNKNOWN) continue;
        v->state = VALUE_REFUSED;
        v->reason = reason;
        v->culprit = im->culprit;
    }
}

static void import_nodes(import *im)
{
    for (volatile int32_t i = 0; i < im->node_count; ++i) {
        im->at = &im->nodes[i];
        im->in_node = true;
        if (setjmp(im->node_exit) == 0) {
            import_node(im, im->at);
            im->culprit = im->at->name;
            (void)snprintf(im->reason, MOST_REASON, "%.80s %.200s: this output of the operator is not supported", im->at->op,
                           im->at->name);
        }
        im->in_node = false;
        settle_outputs(im, im->at, take_text(im, im->reason));
    }
    im->at = NULL;
    im->culprit = NULL;
}

/* ---- outputs -------------------------------------------------------------------------------------------------- */

static void note_left_out(import *im, const node *n)
{
    add_note(im, "the %s at the end (%.200s) is left out: scores are taken before it\n", n->op, n->name);
}

/* The value of an output; a softmax or the choice of the largest at the end is left out, because scores are asked before it. */
static const value *before_softmax(import *im, int32_t number)
{
    for (const value *v = &im->values[number];;) {
        const node *const n = v->producer < 0 ? NULL : &im->nodes[v->producer];
        if (n == NULL || n->input_count < 1 || n->inputs[0] == NO_VALUE) return &im->values[number];
        v = &im->values[n->inputs[0]];
        if (is_op(n, "Softmax") || is_op(n, "LogSoftmax") || is_op(n, "ArgMax")) note_left_out(im, n);
        if (is_op(n, "Softmax") || is_op(n, "LogSoftmax")) return v;
        if (is_op(n, "ArgMax")) number = n->inputs[0];
        else if (!is_op(n, "Identity") && !is_op(n, "Cast")) return &im->values[number];
    }
}

/* A sigmoid at the end stays, because its values are what the network puts out; but a score is taken before it. */
static void note_sigmoid(import *im)
{
    const call *const c = &im->result->list.calls[im->result->list.output];

    if (c->kind == CALL_SIGMOID)
        add_note(im,
                 "the Sigmoid at the end (%.200s) makes a probability of each class by itself: scores are taken before it\n",
                 c->name);
}

/* A tensor inside the network, by its name or by that of the node that makes it, as if it were one more output; NULL if there is none. */
static const value *inner_output(import *im, const char *name)
{
    int32_t number = value_number(im, name, false);

    for (int32_t i = 0; i < im->node_count && number == NO_VALUE; ++i) {
        if (strcmp(im->nodes[i].name, name) == 0 && im->nodes[i].output_count > 0) number = im->nodes[i].outputs[0];
    }
    if (number == NO_VALUE || im->values[number].producer < 0) return NULL;
    im->result->output_name = im->values[number].name;
    im->result->output_number = (int32_t)im->model->graph->n_output;
    return before_softmax(im, number);
}

static void choose_output(import *im, const onnx_options *options)
{
    const SrdOnnx__GraphProto *const graph = im->model->graph;
    const value *v = NULL;

    for (size_t i = 0; i < graph->n_output && v == NULL; ++i) {
        const char *const name = graph->output[i]->name;
        if (name == NULL || (options->output != NULL && strcmp(options->output, name) != 0)) continue;
        const int32_t number = value_number(im, name, false);
        if (number == NO_VALUE) give_up(im, SRD_ERR_ARGUMENT, "no node makes the output %.100s", name);
        im->result->output_name = im->values[number].name;
        im->result->output_number = (int32_t)i;
        v = before_softmax(im, number);
    }
    if (v == NULL && options->output != NULL) v = inner_output(im, options->output);
    if (v == NULL && options->output != NULL)
        give_up(im, SRD_ERR_ARGUMENT, "the network has no output %.200s, and no inner tensor or node of this name",
                options->output);
    if (v == NULL) give_up(im, SRD_ERR_ARGUMENT, "the network has no output");
    if (v->state == VALUE_REFUSED) {
        im->culprit = v->culprit;
        give_up(im, SRD_ERR_UNSUPPORTED, "%s%s", v->reason, list_obstacles(im, v));
    }
    if (v->state != VALUE_VIEW)
        give_up(im, SRD_ERR_UNSUPPORTED, "the output %.100s does not depend on the input", im->result->output_name);
    im->result->output = v->view;
}

static void import_bytes(import *im, const onnx_options *options)
{
    read_model(im);
    add_input(im, options);
    import_nodes(im);
    choose_output(im, options);
    prune_calls(im);
    note_sigmoid(im);
}

/* What may be behind the refusal of a network whose picture looks as if its channels came last, as tensorflow's do. */
static const char *hint_of_layout(const onnx_network *network)
{
    const view *const input = &network->input;

    if (input->rank != 4 || input->dims[1] <= 4 || input->dims[2] <= 4 || (input->dims[3] != 1 && input->dims[3] != 3))
        return "";
    return "; the input seems to have its channels last: tf2onnx --inputs-as-nchw writes them first";
}

/* Takes the bytes, which were got by malloc. */
static bool import_owned(uint8_t *bytes, size_t size, const onnx_options *options, onnx_network *network, onnx_failure *failure)
{
    import *const im = calloc(1, sizeof *im);

    if (im == NULL) {
        *failure = (onnx_failure){ SRD_ERR_MEMORY, "", "there is not enough memory" };
        free(bytes);
        return false;
    }
    im->bytes = bytes;
    im->size = size;
    im->result = network;
    im->folder = options->folder;
    im->most_numbers = options->most_numbers;
    im->gates = options->gates;
    im->gate_count = options->gate_count;
    network->owner = im;
    if (setjmp(im->file_exit) != 0) {
        failure->status = im->status;
        (void)snprintf(failure->node, sizeof failure->node, "%s", im->culprit != NULL ? im->culprit : "");
        (void)snprintf(failure->text, MOST_REASON, "%.400s%s", im->reason, hint_of_layout(network));
        onnx_network_free(network);
        return false;
    }
    import_bytes(im, options);
    im->folder = NULL; /* the caller's */
    im->gate_count = 0;
    return true;
}

bool onnx_import_memory(const void *bytes, size_t size, const onnx_options *options, onnx_network *network,
                        onnx_failure *failure)
{
    const onnx_options defaults = { NULL, 0, 0, NULL, 0, NULL, 0 };
    uint8_t *const copy = malloc(size > 0 ? size : 1);

    memset(network, 0, sizeof *network);
    if (copy != NULL && size > 0) memcpy(copy, bytes, size);
    return import_owned(copy, copy != NULL ? size : 0, options != NULL ? options : &defaults, network, failure);
}

bool onnx_import(const char *path, const onnx_options *options, onnx_network *network, onnx_failure *failure)
{
    const char *const slash = strrchr(path, '/');
    onnx_options wishes = { NULL, 0, 0, NULL, 0, NULL, 0 };
    char folder[MOST_PATH] = ".";
    size_t size = 0;
    uint8_t *const bytes = read_file(path, &size, failure->text);

    memset(network, 0, sizeof *network);
    failure->status = SRD_ERR_ARGUMENT;
    failure->node[0] = '\0';
    if (bytes == NULL) return false;
    if (options != NULL) wishes = *options;
    if (slash != NULL && slash - path < MOST_PATH) (void)snprintf(folder, sizeof folder, "%.*s", (int)(slash - path + 1), path);
    if (wishes.folder == NULL) wishes.folder = folder;
    return import_owned(bytes, size, &wishes, network, failure);
}

void onnx_network_free(onnx_network *network)
{
    import *const im = network->owner;

    if (im == NULL) return;
    free(im->bytes);
    if (im->model != NULL) srd_onnx__model_proto__free_unpacked(im->model, NULL);
    free_pieces(im);
    free(im);
    memset(network, 0, sizeof *network);
}

/* Those of the file, and an inner tensor if that was chosen. */
int32_t onnx_output_count(const onnx_network *network)
{
    const int32_t count = (int32_t)network->owner->model->graph->n_output;

    return network->output_number == count ? count + 1 : count;
}

const char *onnx_output_name(const onnx_network *network, int32_t number)
{
    if (number < 0 || number >= onnx_output_count(network)) return NULL;
    return number == network->output_number ? network->output_name : network->owner->model->graph->output[number]->name;
}

int64_t onnx_input_element(const onnx_network *network, int64_t channel, int64_t position)
{
    return view_file_element(&network->input, channel, position);
}

int64_t onnx_output_element(const onnx_network *network, int64_t channel, int64_t position)
{
    return view_file_element(&network->output, channel, position);
}
