/*
 * names.h -- what the files of the reader call in each other gets a prefix, so that the library (libsrd-tflite.a) puts no other name than
 * srd_... into a program. A function that other files call needs a line here; the test abi_archive_tflite names those that have none.
 */
#ifndef TFLITE_NAMES_H
#define TFLITE_NAMES_H

#define c srd__tflite_c
#define d srd__tflite_d
#define e srd__tflite_e
#define f srd__tflite_f
#define find_operator srd__tflite_find_operator
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
#define l srd__tflite_l
#define n srd__tflite_n
#define operator_name srd__tflite_operator_name
#define r srd__tflite_r
#define s srd__tflite_s
#define t srd__tflite_t
#define tensor_of_input srd__tflite_tensor_of_input
#define tflite_tensor_name srd__tflite_tflite_tensor_name
#define type_name srd__tflite_type_name

#define READER_NAME(name) srd__tflite_##name
#include "core_names.h"

#endif
