/**
 * @file
 * tensor.h -- a shape, strides and numbers: how weights, inputs, outputs and maps cross the interface.
 *
 * A tensor either owns its numbers or is a view of the caller's. Axes are named from the outside in, NCHW for images and
 * values, OIHW for convolution weights. A handle may be freed as soon as the call that took it returns, with one exception:
 * numbers of borrowed weights (SRD_WEIGHTS_BORROW) must stay, so an owning tensor that was borrowed must stay, too.
 * Tensors that the library writes to (values, maps) must not overlap each other and have no stride of 0.
 * All tensors are of SRD_FLOAT32 but for weights: layers.h says which types these may have. Elsewhere another type is
 * SRD_ERR_ARGUMENT.
 *
 * Threads: any number may read a tensor at the same time; while one writes to it, or frees it, no other may use it.
 * Allocation: only the calls that make a tensor allocate. Since 0.1, where nothing else is said.
 */
#ifndef SRD_TENSOR_H
#define SRD_TENSOR_H

#include "srd/types.h"

#ifdef __cplusplus
extern "C" {
#endif

/** A tensor; what is inside is private. */
typedef struct srd_tensor srd_tensor;

#define SRD_FLOAT32 1  /**< IEEE 754 binary32, the machine's byte order */
#define SRD_FLOAT16 2  /**< IEEE 754 binary16 in two bytes, the machine's byte order: const views, for weights only */
#define SRD_INT8 3     /**< a signed byte: const views, for weights with scales, and for their zero points, only */
#define SRD_INT32 4    /**< int32_t: const views, for zero points of weights only */
#define SRD_MAX_RANK 4 /**< axes of a tensor: 0 (one number) to 4 */

/**
 * Make a tensor that owns its numbers, all 0, contiguous with the last axis fastest.
 * @param type    SRD_FLOAT32
 * @param rank    0 ... SRD_MAX_RANK
 * @param shape   rank sizes, each at least 1; may be NULL when rank is 0; copied
 * @param memory  where handle and numbers live; NULL: malloc
 * @param out     receives the handle, freed by srd_tensor_free(); not NULL
 * @param detail  filled on failure; may be NULL
 * @return SRD_OK, SRD_ERR_ARGUMENT, SRD_ERR_OVERFLOW, SRD_ERR_MEMORY
 * Threads: any. Allocates once. Since 0.1.
 */
SRD_API SRD_NODISCARD srd_status srd_tensor_create(int32_t type, int32_t rank, const int64_t *shape, const srd_memory *memory,
                                                   srd_tensor **out, srd_detail *detail);

/**
 * Make a tensor that is a view of the caller's numbers; nothing is copied and data must outlive the tensor.
 * @param strides  rank distances between neighbours along each axis, in elements, may be negative or 0; NULL: contiguous
 * @param data     the element with all indices 0; not NULL; aligned to its type
 * @param type, rank, shape, memory, out, detail  as in srd_tensor_create()
 * @return as srd_tensor_create(). Threads and allocation, too. Since 0.1.
 */
SRD_API SRD_NODISCARD srd_status srd_tensor_view(int32_t type, int32_t rank, const int64_t *shape, const int64_t *strides,
                                                 void *data, const srd_memory *memory, srd_tensor **out, srd_detail *detail);

/**
 * As srd_tensor_view(), of numbers that the library must not write: refused where an output tensor is expected.
 * @param type  SRD_FLOAT32; for weights also SRD_FLOAT16, SRD_INT8 or SRD_INT32
 * @param rank, shape, strides, data, memory, out, detail  as in srd_tensor_view()
 * @return as srd_tensor_create(). Since 0.1.
 */
SRD_API SRD_NODISCARD srd_status srd_tensor_view_const(int32_t type, int32_t rank, const int64_t *shape, const int64_t *strides,
                                                       const void *data, const srd_memory *memory, srd_tensor **out,
                                                       srd_detail *detail);

/**
 * The usual view in short: a contiguous array of SRD_FLOAT32, the last axis fastest, with the handle from malloc. It is
 * srd_tensor_view(SRD_FLOAT32, rank, shape, NULL, numbers, NULL, out, detail).
 * @param numbers  as many as the sizes of shape multiplied; not NULL; must outlive the tensor
 * @param rank, shape, out, detail  as in srd_tensor_create()
 * @return as srd_tensor_create(). Threads: any. Allocates once. Since 0.2.
 */
SRD_API SRD_NODISCARD srd_status srd_tensor_wrap(float *numbers, int32_t rank, const int64_t *shape, srd_tensor **out,
                                                 srd_detail *detail);

/**
 * As srd_tensor_wrap(), of numbers that the library must not write: srd_tensor_view_const() in short.
 * @param numbers, rank, shape, out, detail  as in srd_tensor_wrap()
 * @return as srd_tensor_create(). Threads: any. Allocates once. Since 0.2.
 */
SRD_API SRD_NODISCARD srd_status srd_tensor_wrap_const(const float *numbers, int32_t rank, const int64_t *shape,
                                                       srd_tensor **out, srd_detail *detail);

/**
 * Bytes of memory (srd_memory.buffer_size) that hold an owning tensor of this shape.
 * @param type, rank, shape  as in srd_tensor_create()
 * @param size    receives the bytes; not NULL
 * @param detail  filled on failure; may be NULL
 * @return SRD_OK, SRD_ERR_ARGUMENT, SRD_ERR_OVERFLOW. Threads: any. Allocates nothing. Since 0.1.
 */
SRD_API SRD_NODISCARD srd_status srd_tensor_memory_size(int32_t type, int32_t rank, const int64_t *shape, size_t *size,
                                                        srd_detail *detail);

/**
 * The same for a view of any type and shape. One buffer may serve any number of short-lived views in turn.
 * @param size    receives the bytes; not NULL
 * @param detail  filled on failure; may be NULL
 * @return SRD_OK, SRD_ERR_ARGUMENT. Threads: any. Allocates nothing. Since 0.1.
 */
SRD_API SRD_NODISCARD srd_status srd_tensor_view_memory_size(size_t *size, srd_detail *detail);

/**
 * Free a tensor. The caller's numbers behind a view are left alone.
 * @param tensor  NULL: nothing is done
 */
SRD_API void srd_tensor_free(srd_tensor *tensor);

/** Number of axes. @param tensor  may be NULL. @return the rank, or 0 for NULL */
SRD_API int32_t srd_tensor_rank(const srd_tensor *tensor);
/**
 * Size of an axis in elements.
 * @param tensor  may be NULL
 * @param axis    0 ... rank - 1
 * @return the size, or 0 when tensor is NULL or there is no such axis
 */
SRD_API int64_t srd_tensor_shape(const srd_tensor *tensor, int32_t axis);
/**
 * Distance between neighbours along an axis in elements.
 * @param tensor, axis  as in srd_tensor_shape()
 * @return the stride, or 0 when tensor is NULL or there is no such axis
 */
SRD_API int64_t srd_tensor_stride(const srd_tensor *tensor, int32_t axis);
/** Number of elements: the sizes of all axes multiplied; 1 for rank 0. @param tensor  may be NULL. @return the number; 0 for NULL.
 * Since 0.2. */
SRD_API int64_t srd_tensor_count(const srd_tensor *tensor);
/** The numbers for writing. @param tensor  may be NULL. @return the element with all indices 0; NULL: a const view or NULL */
SRD_API void *srd_tensor_data(srd_tensor *tensor);
/** The numbers for reading, until the tensor is freed. @param tensor  may be NULL. @return as above; NULL for NULL only */
SRD_API const void *srd_tensor_const_data(const srd_tensor *tensor);

/**
 * Copy element by element between tensors of equal shape whatever their strides. The two must not overlap.
 * @param source  not NULL, of SRD_FLOAT32
 * @param target  not NULL, not a const view, no stride of 0
 * @param detail  filled on failure; may be NULL
 * @return SRD_OK, SRD_ERR_ARGUMENT (a NULL, another type, or a const target), SRD_ERR_SHAPE. Allocates nothing. Since 0.1.
 */
SRD_API SRD_NODISCARD srd_status srd_tensor_copy(const srd_tensor *source, srd_tensor *target, srd_detail *detail);

/**
 * Copy all elements out into an array, in row-major order (the last axis fastest), whatever the strides: for languages that cannot
 * point into C memory.
 * @param tensor   not NULL, of SRD_FLOAT32
 * @param numbers  receives count numbers; not NULL; may not overlap the tensor's
 * @param count    srd_tensor_count()
 * @param detail   filled on failure; may be NULL
 * @return SRD_OK, SRD_ERR_ARGUMENT (a NULL, another type), SRD_ERR_SHAPE (another count). Threads: any, as for reading the
 *         tensor's numbers. Allocates nothing. Since 0.2.
 */
SRD_API SRD_NODISCARD srd_status srd_tensor_get(const srd_tensor *tensor, float *numbers, int64_t count, srd_detail *detail);

/**
 * Copy an array into all elements, in row-major order, whatever the strides.
 * @param tensor   not NULL, of SRD_FLOAT32, not a const view, no stride of 0
 * @param numbers  count numbers; not NULL; may not overlap the tensor's
 * @param count    srd_tensor_count()
 * @param detail   filled on failure; may be NULL
 * @return as srd_tensor_get(). Threads: as for writing the tensor's numbers. Allocates nothing. Since 0.2.
 */
SRD_API SRD_NODISCARD srd_status srd_tensor_set(srd_tensor *tensor, const float *numbers, int64_t count, srd_detail *detail);

#ifdef __cplusplus
}
#endif

#endif
