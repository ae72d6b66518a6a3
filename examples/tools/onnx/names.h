/*
 * names.h -- what the files of the importer call in each other gets a prefix, so that the library (libsrd-onnx.a) puts no other name than
 * srd_... into a program. A function that other files call needs a line here; the test onnx_archive names those that have none.
 */
#ifndef ONNX_NAMES_H
#define ONNX_NAMES_H

#define READER_NAME(name) srd__onnx_##name
#define apply srd__onnx_apply
#define arranged srd__onnx_arranged
#define attribute srd__onnx_attribute
#define attribute_float srd__onnx_attribute_float
#define attribute_int srd__onnx_attribute_int
#define attribute_ints srd__onnx_attribute_ints
#define attribute_text srd__onnx_attribute_text
#define common_shape srd__onnx_common_shape
#define expanded srd__onnx_expanded
#define fold_arithmetic srd__onnx_fold_arithmetic
#define import_add srd__onnx_import_add
#define import_arithmetic srd__onnx_import_arithmetic
#define import_batch_norm srd__onnx_import_batch_norm
#define import_cast_like srd__onnx_import_cast_like
#define import_celu srd__onnx_import_celu
#define import_clip srd__onnx_import_clip
#define import_concat srd__onnx_import_concat
#define import_constant srd__onnx_import_constant
#define import_constant_of_shape srd__onnx_import_constant_of_shape
#define import_conv srd__onnx_import_conv
#define import_conv_transpose srd__onnx_import_conv_transpose
#define import_depth_to_space srd__onnx_import_depth_to_space
#define import_div srd__onnx_import_div
#define import_expand srd__onnx_import_expand
#define import_extreme srd__onnx_import_extreme
#define import_flatten srd__onnx_import_flatten
#define import_function srd__onnx_import_function
#define import_gather srd__onnx_import_gather
#define import_gemm srd__onnx_import_gemm
#define import_global_pool srd__onnx_import_global_pool
#define import_group_norm srd__onnx_import_group_norm
#define import_instance_norm srd__onnx_import_instance_norm
#define import_layer_norm srd__onnx_import_layer_norm
#define import_lrn srd__onnx_import_lrn
#define import_matmul srd__onnx_import_matmul
#define import_mean_variance srd__onnx_import_mean_variance
#define import_mul srd__onnx_import_mul
#define import_neg srd__onnx_import_neg
#define import_pad srd__onnx_import_pad
#define import_pointwise srd__onnx_import_pointwise
#define import_pool srd__onnx_import_pool
#define import_pow srd__onnx_import_pow
#define import_prelu srd__onnx_import_prelu
#define import_reduce srd__onnx_import_reduce
#define import_reduce_mean srd__onnx_import_reduce_mean
#define import_reshape srd__onnx_import_reshape
#define import_resize srd__onnx_import_resize
#define import_same srd__onnx_import_same
#define import_selu srd__onnx_import_selu
#define import_shape srd__onnx_import_shape
#define import_shrink srd__onnx_import_shrink
#define import_size srd__onnx_import_size
#define import_slice srd__onnx_import_slice
#define import_softmax srd__onnx_import_softmax
#define import_split srd__onnx_import_split
#define import_squeeze srd__onnx_import_squeeze
#define import_sub srd__onnx_import_sub
#define import_swish srd__onnx_import_swish
#define import_thresholded srd__onnx_import_thresholded
#define import_transpose srd__onnx_import_transpose
#define import_unsqueeze srd__onnx_import_unsqueeze
#define import_where srd__onnx_import_where
#define is_training srd__onnx_is_training
#define list_of srd__onnx_list_of
#define maker srd__onnx_maker
#define match_activation srd__onnx_match_activation
#define match_attention srd__onnx_match_attention
#define match_layer_norm srd__onnx_match_layer_norm
#define match_matmul_bias srd__onnx_match_matmul_bias
#define match_pair srd__onnx_match_pair
#define onnx_import srd__onnx_onnx_import
#define onnx_import_memory srd__onnx_onnx_import_memory
#define onnx_network_free srd__onnx_onnx_network_free
#define onnx_output_count srd__onnx_onnx_output_count
#define onnx_output_element srd__onnx_onnx_output_element
#define onnx_output_name srd__onnx_onnx_output_name
#define picture_of srd__onnx_picture_of
#define put_windows srd__onnx_put_windows
#define read_model srd__onnx_read_model
#define read_tensor srd__onnx_read_tensor
#define read_window srd__onnx_read_window
#define scalar_of srd__onnx_scalar_of
#define scaled srd__onnx_scaled
#define unread_attribute srd__onnx_unread_attribute
#define unread_input srd__onnx_unread_input
#define value_number srd__onnx_value_number
#define window_count srd__onnx_window_count
#define windows_input srd__onnx_windows_input
#include "core_names.h"

#endif
