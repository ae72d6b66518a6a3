/* tensor_impl.h -- the tensor's fields, read by every part that takes weights, inputs or maps. */
#ifndef SRD_TENSOR_TENSOR_IMPL_H
#define SRD_TENSOR_TENSOR_IMPL_H

#include "base/memory.h"
#include "srd/tensor.h"

struct srd_tensor {
    srd__heap heap; /* first: its tag says that this is a tensor */
    int32_t type;
    int32_t rank;
    int64_t shape[SRD_MAX_RANK];
    int64_t strides[SRD_MAX_RANK]; /* in elements */
    const char *data;
    void *writable; /* the same address, or NULL for a const view */
};

static inline bool srd__is_tensor(const srd_tensor *tensor)
{
    return srd__is_handle(tensor, SRD__TENSOR_TAG);
}

/* "float32", "int8", ... */
const char *srd__type_name(int32_t type);

/* SRD_OK, or the failure of what is no tensor, or of a tensor of another type where only float32 is understood. */
srd_status srd__want_float32(const srd_tensor *tensor, const char *what, srd_detail *detail, srd_layer layer, const char *name);

/* For messages: what is wrong with a pointer that is no tensor; "is NULL", or "is no tensor, or was freed". */
const char *srd__no_tensor(const srd_tensor *tensor);

/* May the library write results to it? Not NULL, not a const view, no axis of stride 0. */
bool srd__tensor_is_output(const srd_tensor *tensor);

/* SRD_OK, or the failure that says why not. */
srd_status srd__want_output(const srd_tensor *tensor, const char *what, srd_detail *detail, srd_layer layer, const char *name);

#endif
