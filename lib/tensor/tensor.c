/* tensor.c -- owning tensors and views. */
#include "tensor/tensor_impl.h"

const char *srd__type_name(int32_t type)
{
    return type == SRD_FLOAT16 ? "float16" : type == SRD_INT8 ? "int8" : type == SRD_INT32 ? "int32" : "float32";
}

/* Bytes of an element; 0 for an unknown type. */
static size_t size_of_type(int32_t type)
{
    return type == SRD_FLOAT32 || type == SRD_INT32 ? 4 : type == SRD_FLOAT16 ? 2 : type == SRD_INT8 ? 1 : 0;
}

const char *srd__no_tensor(const srd_tensor *tensor)
{
    return tensor == NULL ? "is NULL" : "is no tensor, or was freed";
}

srd_status srd__want_float32(const srd_tensor *tensor, const char *what, srd_detail *detail, srd_layer layer, const char *name)
{
    if (!srd__is_tensor(tensor)) {
        return srd__fail(detail, SRD_ERR_ARGUMENT, layer, name, "%s %s", what, srd__no_tensor(tensor));
    }
    if (tensor->type == SRD_FLOAT32) return SRD_OK;
    return srd__fail(detail, SRD_ERR_ARGUMENT, layer, name, "%s is of type %s, float32 is wanted: only weights may be %s", what,
                     srd__type_name(tensor->type), srd__type_name(tensor->type));
}

/* Number of elements of a shape; 0 if it is not one (with the failure filled in). */
static srd_status count_elements(int32_t type, int32_t rank, const int64_t *shape, int64_t *count, srd_detail *detail)
{
    *count = 1;
    if (size_of_type(type) == 0) {
        return srd__fail(detail, SRD_ERR_ARGUMENT, SRD_LAYER_NONE, NULL, "unknown tensor type %d", type);
    }
    if (rank < 0 || rank > SRD_MAX_RANK || (rank > 0 && shape == NULL)) {
        return srd__fail(detail, SRD_ERR_ARGUMENT, SRD_LAYER_NONE, NULL, "a tensor has 0 to %d axes and a shape, not rank %d",
                         (int32_t)SRD_MAX_RANK, rank);
    }
    for (int32_t i = 0; i < rank; ++i) {
        if (shape[i] < 1) {
            return srd__fail(detail, SRD_ERR_ARGUMENT, SRD_LAYER_NONE, NULL, "axis %d of the tensor has size %l", i, shape[i]);
        }
        if (shape[i] > INT64_MAX / 8 / *count || shape[i] > (int64_t)(SIZE_MAX / 8) / *count) {
            return srd__fail(detail, SRD_ERR_OVERFLOW, SRD_LAYER_NONE, NULL, "the tensor has too many elements");
        }
        *count *= shape[i];
    }
    return SRD_OK;
}

/* What the library may write, or owns, is float32; other types are for weights. */
static srd_status refuse_other_types(int32_t type, srd_detail *detail)
{
    if (type == SRD_FLOAT32 || size_of_type(type) == 0) return SRD_OK; /* an unknown type has a message of its own */
    return srd__fail(detail, SRD_ERR_ARGUMENT, SRD_LAYER_NONE, NULL,
                     "a tensor of type %s can only be a const view (srd_tensor_view_const), float32 is wanted here",
                     srd__type_name(type));
}

static void fill(srd_tensor *tensor, int32_t type, int32_t rank, const int64_t *shape, const int64_t *strides)
{
    int64_t step = 1;

    tensor->type = type;
    tensor->rank = rank;
    for (int32_t i = rank - 1; i >= 0; --i) {
        tensor->shape[i] = shape[i];
        tensor->strides[i] = strides != NULL ? strides[i] : step;
        step *= shape[i];
    }
}

/* The handle and extra bytes behind it, in one piece. */
static srd_status make(size_t extra, const srd_memory *memory, srd_tensor **out, srd_detail *detail)
{
    srd__heap heap;
    srd_tensor *tensor;
    const srd_status status = srd__heap_init(&heap, memory, detail);

    if (status != SRD_OK) return status;
    tensor = (srd_tensor *)srd__heap_take(&heap, srd__align(sizeof *tensor) + extra);
    if (tensor == NULL) {
        return srd__fail(detail, SRD_ERR_MEMORY, SRD_LAYER_NONE, NULL, "no memory for a tensor of %z bytes",
                         srd__align(sizeof *tensor) + extra);
    }
    tensor->heap = heap;
    tensor->heap.memory.struct_size = SRD__TENSOR_TAG;
    *out = tensor;
    return SRD_OK;
}

srd_status srd_tensor_create(int32_t type, int32_t rank, const int64_t *shape, const srd_memory *memory, srd_tensor **out,
                             srd_detail *detail)
{
    srd_tensor *tensor = NULL;
    int64_t count;
    srd_status status;

    if (out == NULL) return srd__fail(detail, SRD_ERR_ARGUMENT, SRD_LAYER_NONE, NULL, "out is NULL");
    status = refuse_other_types(type, detail);
    if (status == SRD_OK) status = count_elements(type, rank, shape, &count, detail);
    if (status == SRD_OK) status = make((size_t)count * sizeof(float), memory, &tensor, detail);
    if (status != SRD_OK) return status;
    fill(tensor, type, rank, shape, NULL);
    tensor->writable = (char *)tensor + srd__align(sizeof *tensor);
    tensor->data = (const char *)tensor->writable;
    *out = tensor;
    return SRD_OK;
}

static srd_status make_view(int32_t type, int32_t rank, const int64_t *shape, const int64_t *strides, const void *data,
                            const srd_memory *memory, srd_tensor **out, srd_detail *detail)
{
    int64_t count;
    srd_status status;

    if (out == NULL) return srd__fail(detail, SRD_ERR_ARGUMENT, SRD_LAYER_NONE, NULL, "out is NULL");
    if (data == NULL) return srd__fail(detail, SRD_ERR_ARGUMENT, SRD_LAYER_NONE, NULL, "data of the view is NULL");
    status = count_elements(type, rank, shape, &count, detail);
    if (status == SRD_OK && ((uintptr_t)data & (size_of_type(type) - 1)) != 0) {
        return srd__fail(detail, SRD_ERR_ARGUMENT, SRD_LAYER_NONE, NULL, "data of the view is not aligned to its type");
    }
    for (int32_t i = 0; status == SRD_OK && strides != NULL && i < rank; ++i) {
        if (strides[i] > INT64_MAX / 8 / shape[i] || strides[i] < -(INT64_MAX / 8 / shape[i])) {
            status = srd__fail(detail, SRD_ERR_OVERFLOW, SRD_LAYER_NONE, NULL, "the stride of axis %d is too large", i);
        }
    }
    if (status == SRD_OK) status = make(0, memory, out, detail);
    if (status != SRD_OK) return status;
    fill(*out, type, rank, shape, strides);
    (*out)->data = (const char *)data;
    return SRD_OK;
}

srd_status srd_tensor_view(int32_t type, int32_t rank, const int64_t *shape, const int64_t *strides, void *data,
                           const srd_memory *memory, srd_tensor **out, srd_detail *detail)
{
    srd_status status = refuse_other_types(type, detail);

    if (status == SRD_OK) status = make_view(type, rank, shape, strides, data, memory, out, detail);
    if (status == SRD_OK) (*out)->writable = data;
    return status;
}

srd_status srd_tensor_view_const(int32_t type, int32_t rank, const int64_t *shape, const int64_t *strides, const void *data,
                                 const srd_memory *memory, srd_tensor **out, srd_detail *detail)
{
    return make_view(type, rank, shape, strides, data, memory, out, detail);
}

srd_status srd_tensor_memory_size(int32_t type, int32_t rank, const int64_t *shape, size_t *size)
{
    int64_t count = 0;
    srd_status status;

    if (size == NULL) return SRD_ERR_ARGUMENT;
    status = refuse_other_types(type, NULL);
    if (status == SRD_OK) status = count_elements(type, rank, shape, &count, NULL);
    if (status == SRD_OK) *size = srd__align(srd__align(sizeof(srd_tensor)) + (size_t)count * sizeof(float));
    return status;
}

srd_status srd_tensor_view_memory_size(size_t *size)
{
    if (size == NULL) return SRD_ERR_ARGUMENT;
    *size = srd__align(sizeof(srd_tensor));
    return SRD_OK;
}

void srd_tensor_free(srd_tensor *tensor)
{
    if (!srd__is_tensor(tensor)) return;
    tensor->heap.memory.struct_size = 0;
    srd__heap_release(&tensor->heap);
}

int32_t srd_tensor_rank(const srd_tensor *tensor)
{
    return srd__is_tensor(tensor) ? tensor->rank : 0;
}

int64_t srd_tensor_shape(const srd_tensor *tensor, int32_t axis)
{
    return srd__is_tensor(tensor) && axis >= 0 && axis < tensor->rank ? tensor->shape[axis] : 0;
}

int64_t srd_tensor_stride(const srd_tensor *tensor, int32_t axis)
{
    return srd__is_tensor(tensor) && axis >= 0 && axis < tensor->rank ? tensor->strides[axis] : 0;
}

void *srd_tensor_data(srd_tensor *tensor)
{
    return srd__is_tensor(tensor) ? tensor->writable : NULL;
}

const void *srd_tensor_const_data(const srd_tensor *tensor)
{
    return srd__is_tensor(tensor) ? tensor->data : NULL;
}

bool srd__tensor_is_output(const srd_tensor *tensor)
{
    if (!srd__is_tensor(tensor) || tensor->writable == NULL) return false;
    for (int32_t i = 0; i < tensor->rank; ++i) {
        if (tensor->strides[i] == 0 && tensor->shape[i] > 1) return false;
    }
    return true;
}

srd_status srd__want_output(const srd_tensor *tensor, const char *what, srd_detail *detail, srd_layer layer, const char *name)
{
    const char *why = "has a stride of 0";

    if (srd__tensor_is_output(tensor)) return SRD_OK;
    if (!srd__is_tensor(tensor)) why = srd__no_tensor(tensor);
    else if (tensor->writable == NULL) why = "is a const view, which the library must not write";
    return srd__fail(detail, SRD_ERR_ARGUMENT, layer, name, "%s %s", what, why);
}

srd_status srd_tensor_copy(const srd_tensor *from, srd_tensor *to, srd_detail *detail)
{
    int64_t count = 1;

    srd_status status = srd__want_float32(from, "the tensor to copy", detail, SRD_LAYER_NONE, NULL);

    if (status == SRD_OK) status = srd__want_output(to, "the target", detail, SRD_LAYER_NONE, NULL);
    if (status != SRD_OK) return status;
    if (to->rank != from->rank) {
        return srd__fail(detail, SRD_ERR_SHAPE, SRD_LAYER_NONE, NULL, "copy from rank %d to rank %d", from->rank, to->rank);
    }
    for (int32_t i = 0; i < to->rank; ++i) {
        if (to->shape[i] != from->shape[i]) {
            return srd__fail(detail, SRD_ERR_SHAPE, SRD_LAYER_NONE, NULL, "axis %d has size %l here and %l there", i,
                             from->shape[i], to->shape[i]);
        }
        count *= to->shape[i];
    }
    for (int64_t n = 0; n < count; ++n) {
        int64_t rest = n, source = 0, target = 0;

        for (int32_t i = to->rank - 1; i >= 0; --i) {
            const int64_t at = rest % to->shape[i];

            rest /= to->shape[i];
            source += at * from->strides[i];
            target += at * to->strides[i];
        }
        ((float *)to->writable)[target] = ((const float *)(const void *)from->data)[source];
    }
    return SRD_OK;
}
