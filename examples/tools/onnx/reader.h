/* reader.h -- what a node and a file are for ../common/core.h: those of the ONNX schema. */
#ifndef ONNX_READER_H
#define ONNX_READER_H

#include "srd_onnx.pb-c.h"

typedef SrdOnnx__NodeProto node_proto;
typedef SrdOnnx__ModelProto file_model;

#endif
