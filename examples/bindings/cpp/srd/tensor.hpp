// tensor.hpp -- tensors: zeros() owns its numbers, view() looks at the caller's, weights() at those of other types. And where
// memory comes from.
#ifndef SRD_TENSOR_HPP
#define SRD_TENSOR_HPP

#include <memory>
#include <utility>

#include "error.hpp"

namespace srd
{

class tensor
{
public:
    tensor() noexcept = default; // holds nothing
    explicit tensor(srd_tensor *handle) noexcept : handle_(handle)
    {
    }

    srd_tensor *get() noexcept
    {
        return handle_.get();
    }
    const srd_tensor *get() const noexcept
    {
        return handle_.get();
    }
    explicit operator bool() const noexcept
    {
        return handle_ != nullptr;
    }

    int32_t rank() const noexcept
    {
        return srd_tensor_rank(get());
    }
    int64_t shape(int32_t axis) const noexcept
    {
        return srd_tensor_shape(get(), axis);
    }
    int64_t stride(int32_t axis) const noexcept // in elements
    {
        return srd_tensor_stride(get(), axis);
    }
    std::size_t size() const noexcept // elements
    {
        std::size_t product = handle_ ? 1 : 0;
        for (int32_t i = 0; i < rank(); ++i) product *= static_cast<std::size_t>(shape(i));
        return product;
    }
    // The element with all indices 0; nullptr for a view of const numbers.
    float *data() noexcept
    {
        return static_cast<float *>(srd_tensor_data(get()));
    }
    const float *const_data() const noexcept
    {
        return static_cast<const float *>(srd_tensor_const_data(get()));
    }
    // All numbers, the last axis fastest, of a tensor whose strides are so.
    span<const float> numbers() const
    {
        need_contiguous();
        return { const_data(), size() };
    }
    span<float> writable()
    {
        need_contiguous();
        if (data() == nullptr) fail(error(SRD_ERR_ARGUMENT, "a tensor that must not be written"));
        return { data(), size() };
    }

private:
    struct freed {
        void operator()(srd_tensor *handle) const noexcept
        {
            srd_tensor_free(handle);
        }
    };

    void need_contiguous() const
    {
        int64_t expected = 1;
        for (int32_t i = rank() - 1; i >= 0; --i) {
            if (shape(i) != 1 && stride(i) != expected) fail(error(SRD_ERR_SHAPE, "the numbers are not neighbours in memory"));
            expected *= shape(i);
        }
    }

    std::unique_ptr<srd_tensor, freed> handle_;
};

// A tensor that may be left out, as the bias of a convolution: nullptr. An empty tensor is no such thing but a mistake.
class optional_tensor
{
public:
    optional_tensor(std::nullptr_t) noexcept : handle_(nullptr)
    {
    }
    optional_tensor(const tensor &given) : handle_(given.get())
    {
        if (handle_ == nullptr) fail(error(SRD_ERR_ARGUMENT, "an empty tensor; nullptr says that there is none"));
    }
    const srd_tensor *get() const noexcept
    {
        return handle_;
    }

private:
    const srd_tensor *handle_;
};

// A tensor that owns its numbers, all 0.
inline tensor zeros(span<const int64_t> shape, const srd_memory *memory = nullptr)
{
    sized<srd_detail> detail;
    srd_tensor *handle = nullptr;
    check(srd_tensor_create(SRD_FLOAT32, shape.count(), shape.data(), memory, &handle, &detail), detail, "srd_tensor_create");
    return tensor(handle);
}

// A view by pointer: nothing says how many numbers there are, so nothing is checked. Strides {}: contiguous.
inline tensor view(float *data, span<const int64_t> shape, span<const int64_t> strides, const srd_memory *memory = nullptr)
{
    sized<srd_detail> detail;
    srd_tensor *handle = nullptr;
    if (strides.size() != 0 && strides.size() != shape.size())
        fail(error(SRD_ERR_ARGUMENT, "a shape and strides of another rank"));
    check(srd_tensor_view(SRD_FLOAT32, shape.count(), shape.data(), strides.data(), data, memory, &handle, &detail), detail,
          "srd_tensor_view");
    return tensor(handle);
}

inline tensor view(const float *data, span<const int64_t> shape, span<const int64_t> strides,
                   const srd_memory *memory = nullptr)
{
    sized<srd_detail> detail;
    srd_tensor *handle = nullptr;
    if (strides.size() != 0 && strides.size() != shape.size())
        fail(error(SRD_ERR_ARGUMENT, "a shape and strides of another rank"));
    check(srd_tensor_view_const(SRD_FLOAT32, shape.count(), shape.data(), strides.data(), data, memory, &handle, &detail),
          detail, "srd_tensor_view_const");
    return tensor(handle);
}

// A contiguous view by pointer. Not of an array, whose size is known: see below.
template <class T, class = typename std::enable_if<std::is_same<typename std::remove_const<T>::type, float>::value>::type>
tensor view(T *const &data, span<const int64_t> shape)
{
    return view(data, shape, {}, nullptr);
}

// A contiguous view of a span. The shape must not ask for more numbers than there are; it may ask for less.
template <class T> tensor view(span<T> numbers, span<const int64_t> shape, const srd_memory *memory = nullptr)
{
    std::size_t left = numbers.size();
    for (int64_t size : shape) { // a size below 1 is refused by the library
        left = size > 0 ? left / static_cast<std::size_t>(size) : left;
    }
    if (left == 0) fail(error(SRD_ERR_SHAPE, "a view of more numbers than there are"));
    return view(numbers.data(), shape, {}, memory);
}

// The same of a vector, an array, anything with data() and size(); not of a temporary, which would be gone too soon.
template <class T, std::size_t N> tensor view(T (&numbers)[N], span<const int64_t> shape, const srd_memory *memory = nullptr)
{
    return view(span<T>(numbers, N), shape, memory);
}

template <class Container>
auto view(Container &numbers, span<const int64_t> shape, const srd_memory *memory = nullptr)
    -> decltype(numbers.data(), numbers.size(), tensor())
{
    using element = typename std::remove_pointer<decltype(numbers.data())>::type;
    return view(span<element>(numbers.data(), numbers.size()), shape, memory);
}

// A contiguous view of int8_t, int32_t or, as bits in uint16_t, float16 numbers: a weight, or its zero points. data(),
// const_data() and numbers() are for float tensors.
inline tensor weights(int32_t type, const void *data, span<const int64_t> shape, const srd_memory *memory = nullptr)
{
    sized<srd_detail> detail;
    srd_tensor *handle = nullptr;
    check(srd_tensor_view_const(type, shape.count(), shape.data(), nullptr, data, memory, &handle, &detail), detail,
          "srd_tensor_view_const");
    return tensor(handle);
}

inline tensor weights(const int8_t *data, span<const int64_t> shape, const srd_memory *memory = nullptr)
{
    return weights(SRD_INT8, data, shape, memory);
}

inline tensor weights(const int32_t *data, span<const int64_t> shape, const srd_memory *memory = nullptr)
{
    return weights(SRD_INT32, data, shape, memory);
}

inline tensor weights(const uint16_t *data, span<const int64_t> shape, const srd_memory *memory = nullptr)
{
    return weights(SRD_FLOAT16, data, shape, memory);
}

// Number of elements.
inline int64_t count(const tensor &of) noexcept
{
    return srd_tensor_count(of.get());
}

// All elements in row-major order, whatever the strides: out into numbers, and in from them.
inline void get(const tensor &from, span<float> numbers)
{
    sized<srd_detail> detail;
    check(srd_tensor_get(from.get(), numbers.data(), static_cast<int64_t>(numbers.size()), &detail), detail, "srd_tensor_get");
}
inline void set(tensor &to, span<const float> numbers)
{
    sized<srd_detail> detail;
    check(srd_tensor_set(to.get(), numbers.data(), static_cast<int64_t>(numbers.size()), &detail), detail, "srd_tensor_set");
}

// Copies element by element between tensors of equal shape, whatever their strides.
inline void copy(const tensor &from, tensor &to)
{
    sized<srd_detail> detail;
    check(srd_tensor_copy(from.get(), to.get(), &detail), detail, "srd_tensor_copy");
}

// ---- memory ----------------------------------------------------------------------------------------------------------

// One block, aligned to SRD_ALIGNMENT, that must stay until the handle made in it is gone.
inline srd_memory block(void *memory, std::size_t size) noexcept
{
    sized<srd_memory> result;
    result.buffer = memory;
    result.buffer_size = size;
    return result;
}

// Any object with allocate(size, alignment) and release(memory, size). It must outlive the handle. An allocate that throws
// has no memory to give: the call fails with SRD_ERR_MEMORY. release must not throw.
template <class Allocator> srd_memory allocator(Allocator &source) noexcept
{
    struct functions {
        static void *allocate(void *user, std::size_t size, std::size_t alignment) noexcept
        {
#if SRD_HPP_EXCEPTIONS
            try {
                return static_cast<Allocator *>(user)->allocate(size, alignment);
            } catch (...) {
                return nullptr;
            }
#else
            return static_cast<Allocator *>(user)->allocate(size, alignment);
#endif
        }
        static void release(void *user, void *memory, std::size_t size) noexcept
        {
            static_cast<Allocator *>(user)->release(memory, size);
        }
    };
    sized<srd_memory> result;
    result.allocate = functions::allocate;
    result.release = functions::release;
    result.user = &source;
    return result;
}

// Bytes of a block for an owning tensor, and for a view of any shape.
inline std::size_t tensor_memory_size(span<const int64_t> shape)
{
    std::size_t size = 0;
    sized<srd_detail> detail;
    check(srd_tensor_memory_size(SRD_FLOAT32, shape.count(), shape.data(), &size, &detail), detail, "srd_tensor_memory_size");
    return size;
}

inline std::size_t view_memory_size()
{
    std::size_t size = 0;
    sized<srd_detail> detail;
    check(srd_tensor_view_memory_size(&size, &detail), detail, "srd_tensor_view_memory_size");
    return size;
}

} // namespace srd

#endif
