/*
 * names.h -- what the files of the reader call in each other gets a prefix, so that the library (libsrd-tflite.a) puts no other name than
 * srd_... into a program. A function that other files call needs a line here; the test abi_archive_tflite names those that have none.
 */
#ifndef TFLITE_NAMES_H
#define TFLITE_NAMES_H

#define activate srd__tflite_activate
#define channels_as_positions srd__tflite_channels_as_positions
#define check_file srd__tflite_check_file
#define depth_to_space srd__tflite_depth_to_space
#define find_operator srd__tflite_find_operator
#define flat_child srd__tflite_flat_child
#define flat_float srd__tflite_flat_float
#define flat_float_of srd__tflite_flat_float_of
#define flat_has srd__tflite_flat_has
#define flat_int srd__tflite_flat_int
#define flat_int_of srd__tflite_flat_int_of
#define flat_list srd__tflite_flat_list
#define flat_root srd__tflite_flat_root
#define flat_table_of srd__tflite_flat_table_of
#define import_add srd__tflite_import_add
#define import_bilinear srd__tflite_import_bilinear
#define import_concatenation srd__tflite_import_concatenation
#define import_connected srd__tflite_import_connected
#define import_conv srd__tflite_import_conv
#define import_depthwise srd__tflite_import_depthwise
#define import_dequantize srd__tflite_import_dequantize
#define import_div srd__tflite_import_div
#define import_expand_dims srd__tflite_import_expand_dims
#define import_mean srd__tflite_import_mean
#define import_mirror_pad srd__tflite_import_mirror_pad
#define import_mul srd__tflite_import_mul
#define import_nearest srd__tflite_import_nearest
#define import_pack srd__tflite_import_pack
#define import_pad srd__tflite_import_pad
#define import_pointwise srd__tflite_import_pointwise
#define import_pool srd__tflite_import_pool
#define import_prelu srd__tflite_import_prelu
#define import_quantize srd__tflite_import_quantize
#define import_reshape srd__tflite_import_reshape
#define import_shape srd__tflite_import_shape
#define import_slice srd__tflite_import_slice
#define import_softmax srd__tflite_import_softmax
#define import_split srd__tflite_import_split
#define import_split_v srd__tflite_import_split_v
#define import_squeeze srd__tflite_import_squeeze
#define import_strided_slice srd__tflite_import_strided_slice
#define import_sub srd__tflite_import_sub
#define import_transpose srd__tflite_import_transpose
#define import_transpose_conv srd__tflite_import_transpose_conv
#define integer_reason srd__tflite_integer_reason
#define ints_of srd__tflite_ints_of
#define operator_name srd__tflite_operator_name
#define option_byte srd__tflite_option_byte
#define option_float srd__tflite_option_float
#define option_int srd__tflite_option_int
#define picture_in srd__tflite_picture_in
#define picture_of srd__tflite_picture_of
#define put_layer srd__tflite_put_layer
#define put_nhwc srd__tflite_put_nhwc
#define put_picture srd__tflite_put_picture
#define read_constant srd__tflite_read_constant
#define read_model srd__tflite_read_model
#define settle_side srd__tflite_settle_side
#define spend srd__tflite_spend
#define tflite_import srd__tflite_tflite_import
#define tflite_input_tensor srd__tflite_tflite_input_tensor
#define tflite_network_free srd__tflite_tflite_network_free
#define tflite_output_count srd__tflite_tflite_output_count
#define tflite_output_tensor srd__tflite_tflite_output_tensor
#define tflite_tensor_name srd__tflite_tflite_tensor_name
#define type_name srd__tflite_type_name

#define READER_NAME(name) srd__tflite_##name
#include "core_names.h"

#endif
