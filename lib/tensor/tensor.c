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

srd_status srd_tensor_wrap(float *numbers, int32_t rank, const int64_t *shape, srd_tensor **out, srd_detail *detail)
{
    return srd_tensor_view(SRD_FLOAT32, rank, shape, NULL, numbers, NULL, out, detail);
}

srd_status srd_tensor_wrap_const(const float *numbers, int32_t rank, const int64_t *shape, srd_tensor **out, srd_detail *detail)
{
    return srd_tensor_view_const(SRD_FLOAT32, rank, shape, NULL, numbers, NULL, out, detail);
}

static srd_status fail_size(srd_detail *detail)
{
    return srd__fail(detail, SRD_ERR_ARGUMENT, SRD_LAYER_NONE, NULL, "size is NULL");
}

srd_status srd_tensor_memory_size(int32_t type, int32_t rank, const int64_t *shape, size_t *size, srd_detail *detail)
{
    int64_t count = 0;
    srd_status status;

    if (size == NULL) return fail_size(detail);
    status = refuse_other_types(type, detail);
    if (status == SRD_OK) status = count_elements(type, rank, shape, &count, detail);
    if (status == SRD_OK) *size = srd__align(srd__align(sizeof(srd_tensor)) + (size_t)count * sizeof(float));
    return status;
}

srd_status srd_tensor_view_memory_size(size_t *size, srd_detail *detail)
{
    if (size == NULL) return fail_size(detail);
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

int64_t srd_tensor_count(const srd_tensor *tensor)
{
    int64_t count = 1;

    if (!srd__is_tensor(tensor)) return 0;
    for (int32_t i = 0; i < tensor->rank; ++i) count *= tensor->shape[i];
    return count;
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

/* Distance in elements from the first element to number n in row-major order. */
static int64_t place_of(const srd_tensor *tensor, int64_t n)
{
    int64_t place = 0;

    for (int32_t i = tensor->rank - 1; i >= 0; --i) {
        place += n % tensor->shape[i] * tensor->strides[i];
        n /= tensor->shape[i];
    }
    return place;
}

static float *number_of(srd_tensor *tensor, int64_t n)
{
    return (float *)tensor->writable + place_of(tensor, n);
}

static float read_number(const srd_tensor *tensor, int64_t n)
{
    return ((const float *)(const void *)tensor->data)[place_of(tensor, n)];
}

srd_status srd_tensor_copy(const srd_tensor *source, srd_tensor *target, srd_detail *detail)
{
    srd_status status = srd__want_float32(source, "the tensor to copy", detail, SRD_LAYER_NONE, NULL);

    if (status == SRD_OK) status = srd__want_output(target, "the target", detail, SRD_LAYER_NONE, NULL);
    if (status != SRD_OK) return status;
    if (target->rank != source->rank) {
        return srd__fail(detail, SRD_ERR_SHAPE, SRD_LAYER_NONE, NULL, "copy from rank %d to rank %d", source->rank,
                         target->rank);
    }
    for (int32_t i = 0; i < target->rank; ++i) {
        if (target->shape[i] != source->shape[i]) {
            return srd__fail(detail, SRD_ERR_SHAPE, SRD_LAYER_NONE, NULL, "axis %d has size %l here and %l there", i,
                             source->shape[i], target->shape[i]);
        }
    }
    for (int64_t n = 0; n < srd_tensor_count(target); ++n) *number_of(target, n) = read_number(source, n);
    return SRD_OK;
}

static srd_status check_array(const srd_tensor *tensor, const float *numbers, int64_t count, srd_detail *detail)
{
    if (numbers == NULL) return srd__fail(detail, SRD_ERR_ARGUMENT, SRD_LAYER_NONE, NULL, "numbers is NULL");
    if (count == srd_tensor_count(tensor)) return SRD_OK;
    return srd__fail(detail, SRD_ERR_SHAPE, SRD_LAYER_NONE, NULL, "the tensor has %l numbers, count is %l",
                     srd_tensor_count(tensor), count);
}

srd_status srd_tensor_get(const srd_tensor *tensor, float *numbers, int64_t count, srd_detail *detail)
{
    srd_status status = srd__want_float32(tensor, "the tensor", detail, SRD_LAYER_NONE, NULL);

    if (status == SRD_OK) status = check_array(tensor, numbers, count, detail);
    for (int64_t n = 0; status == SRD_OK && n < count; ++n) numbers[n] = read_number(tensor, n);
    return status;
}

srd_status srd_tensor_set(srd_tensor *tensor, const float *numbers, int64_t count, srd_detail *detail)
{
    srd_status status = srd__want_output(tensor, "the tensor", detail, SRD_LAYER_NONE, NULL);

    if (status == SRD_OK) status = check_array(tensor, numbers, count, detail);
    for (int64_t n = 0; status == SRD_OK && n < count; ++n) *number_of(tensor, n) = numbers[n];
    return status;
}
