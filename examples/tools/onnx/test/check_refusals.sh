#!/bin/sh
# What must be refused, and with which words: the operator, its node, and the reason.
#   sh check_refusals.sh SRD_ONNX FOLDER
set -u

program=$1
folder=$2
failed=0

# refuse FILE WORDS OPTIONS...
refuse()
{
    file=$1
    words=$2
    shift 2
    said=$("$program" "$@" --layers "$file" 2>&1)
    status=$?
    case $said in
    *"$words"*) ;;
    *) status=0 ;;
    esac
    [ $status -eq 1 ] || {
        echo "$file: status $status, said '$said', should say '$words'"
        failed=$((failed + 1))
    }
}

for opset in 11 13; do
    refuse "$folder/cumsum_$opset.onnx" "CumSum /CumSum: this operator is not supported"
    refuse "$folder/two_factors_$opset.onnx" "Mul /Mul: both operands depend on the picture, and nothing tells which one is the gate: name "
done
# The caller may name one, by the tensor or by its node.
for choice in '/a/Conv_output_0 2, 1' '/b/Conv 1, 2'; do
    case $("$program" --layers --gate "${choice%% *}" "$folder/two_factors_13.onnx") in
    *" gate "*" /Mul  <- ${choice#* }"*) ;;
    *) echo "two_factors with the gate $choice"; failed=$((failed + 1)) ;;
    esac
done
refuse "$folder/broken_weight.onnx" "the tensor w should have 180 numbers but has 108"
refuse "$folder/broken_external.onnx" "the tensor w: the file nothing.data is not there or ends before byte 0 + 432"
refuse "$folder/broken_outside.onnx" "the tensor w lies in the file a/../../w.data, which is not one of the network's folder"
refuse "$folder/broken_absolute.onnx" "the tensor w lies in the file /w.data, which is not one of the network's folder"
refuse "$folder/broken_nowhere.onnx" "the tensor w lies in the file , which is not one of the network's folder"
refuse "$folder/broken_nameless.onnx" "the tensor of an attribute lies in the file , which is not one of the network's folder"
refuse "$folder/broken_behind.onnx" "the file gates_external.data is not there or ends before byte 1048576 + 432"
refuse "$folder/broken_length.onnx" "the tensor w should have 432 bytes but has 7"
refuse "$folder/broken_offset.onnx" "the tensor w has the offset -4 in its file"
refuse "$folder/broken_channels.onnx" "Conv the_conv: a weight of 4 x 2 channels does not fit 3 channels in 1 groups"
refuse "$folder/broken_window.onnx" "Conv the_conv: its result would be 4 x 0 x 0"
refuse "$folder/broken_stride.onnx" "Conv the_conv: strides is 0"
refuse "$folder/broken_one_axis.onnx" "Conv the_conv: its weight is not (O, I, H, W) in float32"
refuse "$folder/broken_batch.onnx" "the input image is a batch of 2"
refuse "$folder/broken_bytes.onnx" "the input image is not of floats; please export the network without its preprocessing"
refuse "$folder/broken_layout.onnx" "does not fit 6 channels in 1 groups; the input seems to have its channels last"
refuse "$folder/broken_obstacles.onnx" "Asin the_asin: this operator is not supported; in the way are 2 Asin, 1 Acos"
# An empty list of axes means all of them, or none if that is said.
last_layer() { "$program" --layers "$folder/$1" | tail -n 1 | tr -s ' '; }
case $(last_layer mean_no_axes.onnx) in
*" 1 x 1 x 1 the_reducemean "*) ;;
*) echo "mean_no_axes: $(last_layer mean_no_axes.onnx)"; failed=$((failed + 1)) ;;
esac
case $(last_layer mean_no_axes_no_mean.onnx) in
*" 0 input 3 x 4 x 5 image"*) ;;
*) echo "mean_no_axes_no_mean: $(last_layer mean_no_axes_no_mean.onnx)"; failed=$((failed + 1)) ;;
esac

# The channels of a batch are normalised each by itself.
case $(last_layer norm_batches.onnx) in
*" instance_norm 3 x 4 x 5 "*) ;;
*) echo "norm_batches: $(last_layer norm_batches.onnx)"; failed=$((failed + 1)) ;;
esac

# What no layer does for pictures is done along one axis.
for name in half_pixel gather; do
    case $(last_layer long_$name.onnx) in
    *" linear_tokens "*) ;;
    *) echo "long_$name: $(last_layer long_$name.onnx)"; failed=$((failed + 1)) ;;
    esac
done

# What nobody reads must have its default, or the node means something else.
refuse "$folder/broken_antialias.onnx" "Resize the_resize: the attribute antialias is 1, which is not supported"
refuse "$folder/broken_aspect.onnx" "Resize the_resize: keep_aspect_ratio_policy not_larger is not supported"
refuse "$folder/broken_scales.onnx" "Resize the_resize: an integer is too large"
refuse "$folder/broken_nearest.onnx" "Resize the_resize: nearest that shrinks is not supported in opset 10"
refuse "$folder/broken_softmax_axis.onnx" "MatMul the_matmul: "
refuse "$folder/broken_softmax_flat.onnx" "MatMul the_matmul: "
refuse "$folder/broken_dropout.onnx" "Dropout the_dropout: it is in training mode"
refuse "$folder/broken_attribute.onnx" "Relu the_relu: the attribute slope is 2, which is not supported"
refuse "$folder/broken_input.onnx" "Relu the_relu: input 1 is not supported"
refuse "$folder/broken_opset.onnx" "opset 5; 7 and later can be read"
refuse "$folder/broken_norm.onnx" "BatchNormalization the_batchnormalization: input 1 does not have one number for each of 3 channels"
refuse "$folder/broken_reshape.onnx" "Reshape the_reshape: 108 numbers cannot be reshaped to 105"
refuse "$folder/broken_transpose.onnx" "Transpose the_transpose: perm names an axis twice"
refuse "$folder/broken_picks.onnx" "Gather the_gather: its indices do not fit an axis of 3"
refuse "$folder/broken_slice.onnx" "Slice the_slice: nothing of axis 2 is left"
refuse "$folder/broken_circle.onnx" "Relu the_relu: nothing before this node makes its input later"
refuse "$folder/broken_inputs.onnx" "the network has several inputs: image, other"
refuse "$folder/gates_beside.onnx" "the network has several inputs: image, state" --output new_state
refuse "$folder/broken_domain.onnx" "Relu mine: the operators of the domain com.example are not supported"
refuse "$folder/broken_constant.onnx" "Relu the_relu: input 0 (a) is a constant"
refuse "$folder/broken_huge.onnx" "ConstantOfShape the_constantofshape: a constant of 1099511627776 numbers"
refuse "$folder/broken_many.onnx" "Neg the_neg: with it there would be constants of more than 62"
refuse "$folder/gates_13.onnx" "with it there would be constants of more than 200 numbers in all" --most-numbers 200
refuse "$folder/broken_stretch.onnx" "Add the_add: axes of 6 and 7 do not fit"
refuse "$folder/heads_11.onnx" "the network has no output third" --output third
refuse "$folder/make_small.py" "not an ONNX file, or cut off"
refuse "$folder/nothing.onnx" "No such file"
echo "$failed failures"
[ "$failed" -eq 0 ]
