/* tensor_impl.h -- the tensor's fields, read by every part that takes weights, inputs or maps. */
#ifndef SRD_TENSOR_TENSOR_IMPL_H
#define SRD_TENSOR_TENSOR_IMPL_H

#include "base/memory.h"
#include "srd/tensor.h"

struct srd_tensor {
    int32_t type;
    int32_t rank;
    int64_t shape[SRD_MAX_RANK];
    int64_t strides[SRD_MAX_RANK]; /* in elements */
    const char *data;
    void *writable; /* the same address, or NULL for a const view */
    srd__heap heap;
};

/* "float32", "int8", ... */
const char *srd__type_name(int32_t type);

/* SRD_OK, or the failure of a tensor (not NULL) of another type where only float32 is understood. */
srd_status srd__want_float32(const srd_tensor *tensor, const char *what, srd_detail *detail, srd_layer layer, const char *name);

/* May the library write results to it? Not NULL, not a const view, no axis of stride 0. */
bool srd__tensor_is_output(const srd_tensor *tensor);

#endif
