// error.hpp -- what all of srd.hpp stands on: the exception, spans, structs that know their size, exceptions in callbacks.
#ifndef SRD_ERROR_HPP
#define SRD_ERROR_HPP

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <initializer_list>
#include <limits>
#include <string>
#include <type_traits>

#include <srd/srd.h>

namespace srd
{

// A public C struct with struct_size set and all else 0, the defaults.
template <class Struct> struct sized : Struct {
    sized() noexcept : Struct()
    {
        this->struct_size = static_cast<uint32_t>(sizeof(Struct));
    }
};

// A call failed. Holds everything in itself, so that throwing and copying it needs no memory but the exception's own.
class error : public std::exception
{
public:
    // The detail counts only if it tells of this failure; `call` is named when there is none.
    error(srd_status status, const srd_detail &detail, const char *call) noexcept
    {
        if (detail.status == status) {
            detail_ = detail;
        } else {
            detail_.status = status;
            detail_.layer = SRD_LAYER_NONE;
            (void)std::snprintf(detail_.text, sizeof detail_.text, "%s failed", call);
        }
        const bool named = detail_.layer_name[0] != '\0';
        (void)std::snprintf(what_, sizeof what_, "%s: %s%s%s%s", srd_status_name(status), named ? "layer '" : "",
                            detail_.layer_name, named ? "': " : "", detail_.text);
    }

    error(srd_status status, const char *text) noexcept
    {
        detail_.status = status;
        detail_.layer = SRD_LAYER_NONE;
        (void)std::snprintf(detail_.text, sizeof detail_.text, "%s", text);
        (void)std::snprintf(what_, sizeof what_, "%s: %s", srd_status_name(status), text);
    }

    srd_status status() const noexcept
    {
        return detail_.status;
    }
    srd_layer layer() const noexcept // SRD_LAYER_NONE: no layer is concerned
    {
        return detail_.layer;
    }
    const char *layer_name() const noexcept // "" without a layer
    {
        return detail_.layer_name;
    }
    const char *text() const noexcept // for people; not to be parsed
    {
        return detail_.text;
    }
    const char *what() const noexcept override // status, layer and text in one line
    {
        return what_;
    }

private:
    srd_detail detail_ = sized<srd_detail>();
    char what_[400];
};

// With -fno-exceptions nothing can be thrown. What would be thrown is given to SRD_HPP_FAILED(error), which the program defines before
// the #include and which must not return (log it and stop, longjmp); without it the program ends by std::abort().
#if defined(__cpp_exceptions) || defined(__EXCEPTIONS) || defined(_CPPUNWIND)
#define SRD_HPP_EXCEPTIONS 1
#else
#define SRD_HPP_EXCEPTIONS 0
#endif

[[noreturn]] inline void fail(const error &why)
{
#if SRD_HPP_EXCEPTIONS
    throw error(why);
#else
#ifdef SRD_HPP_FAILED
    SRD_HPP_FAILED(why);
#endif
    (void)why;
    std::abort();
#endif
}

inline void check(srd_status status, const srd_detail &detail, const char *call)
{
    if (status != SRD_OK) fail(error(status, detail, call));
}

inline void check(srd_status status, const char *call) // for calls that give no detail
{
    check(status, sized<srd_detail>(), call);
}

// Bytes of a public struct, such as "srd_report", in the library that is linked; 0: it does not know the name.
inline std::size_t struct_size(const char *name) noexcept
{
    return srd_struct_size(name);
}

// Neighbouring elements of somebody else's: a vector, an array, a list in braces, std::span, or a pointer with a count.
template <class T> class span
{
public:
    using value = typename std::remove_const<T>::type;

    span() noexcept : data_(nullptr), size_(0)
    {
    }
    span(T *data, std::size_t size) noexcept : data_(data), size_(size)
    {
    }
    template <std::size_t N> span(T (&array)[N]) noexcept : span(array, N)
    {
    }
    span(std::initializer_list<value> list) noexcept : span(list.begin(), list.size()) // lives as long as the expression
    {
    }
    template <class Container, class Element = typename std::remove_pointer<decltype(std::declval<Container &>().data())>::type,
              class = typename std::enable_if<std::is_convertible<Element (*)[], T (*)[]>::value>::type>
    span(Container &&container) noexcept : span(container.data(), container.size())
    {
    }

    T *data() const noexcept
    {
        return data_;
    }
    std::size_t size() const noexcept
    {
        return size_;
    }
    int32_t count() const // the size as the C interface wants it
    {
        if (size_ > static_cast<std::size_t>(std::numeric_limits<int32_t>::max())) {
            fail(error(SRD_ERR_OVERFLOW, "an array has more than 2^31 - 1 elements"));
        }
        return static_cast<int32_t>(size_);
    }
    T *begin() const noexcept
    {
        return data_;
    }
    T *end() const noexcept
    {
        return data_ + size_;
    }
    T &operator[](std::size_t i) const noexcept
    {
        return data_[i];
    }

private:
    T *data_;
    std::size_t size_;
};

// A layer's name: a text, a std::string, or nullptr for one that the library makes.
class name
{
public:
    name(const char *text) noexcept : text_(text)
    {
    }
    name(const std::string &text) noexcept : text_(text.c_str())
    {
    }
    const char *get() const noexcept
    {
        return text_;
    }

private:
    const char *text_;
};

// Keeps the first exception of a callback until the library has returned.
class deferred
{
public:
    template <class Function> bool call(Function &&function) noexcept // false: it threw, now or before
    {
#if SRD_HPP_EXCEPTIONS
        if (thrown_) return false;
        try {
            function();
        } catch (...) {
            thrown_ = std::current_exception();
        }
        return !thrown_;
#else
        function();
        return true;
#endif
    }

    void rethrow()
    {
        if (thrown_) {
            const std::exception_ptr thrown = thrown_;
            thrown_ = nullptr;
            std::rethrow_exception(thrown);
        }
    }

    bool threw() const noexcept
    {
        return static_cast<bool>(thrown_);
    }

private:
    std::exception_ptr thrown_;
};

} // namespace srd

#endif
