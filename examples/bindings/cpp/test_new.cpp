// test_new.cpp -- counts the calls of operator new. A file of its own, so that no compiler looks through it.
#include <cstdlib>
#include <new>

std::size_t news = 0;

void *operator new(std::size_t size)
{
    ++news;
    void *const memory = std::malloc(size != 0 ? size : 1);
    if (memory == nullptr) throw std::bad_alloc();
    return memory;
}

void operator delete(void *memory) noexcept
{
    std::free(memory);
}

// C++14 calls this one. It is not declared for us before.
void operator delete(void *memory, std::size_t size) noexcept;
void operator delete(void *memory, std::size_t) noexcept
{
    std::free(memory);
}
