// test_no_exceptions.cpp -- srd.hpp where exceptions are switched off: it compiles, works, and a failure goes to the program's own.
#include <cstdio>
#include <cstdlib>
#include <cstring>

#define SRD_HPP_FAILED(why) failed(why)

namespace srd
{
class error;
}
[[noreturn]] static void failed(const srd::error &why);

#include "srd.hpp"

static bool wanted = false;

static void failed(const srd::error &why)
{
    const bool right = wanted && why.status() == SRD_ERR_SHAPE && std::strstr(why.what(), "SRD_ERR_SHAPE") != nullptr;
    if (!right) std::fprintf(stderr, "%s\n", why.what());
    std::exit(right ? 0 : 1);
}

int main()
{
    float numbers[6] = { 1, 2, 3, 4, 5, 6 };
    const float *const pointer = numbers;
    srd::tensor from = srd::view(pointer, { 2, 3 }), to = srd::zeros({ 2, 3 }), other = srd::zeros({ 3, 2 });

    srd::copy(from, to);
    if (std::memcmp(to.const_data(), numbers, sizeof numbers) != 0) return 1;
    wanted = true;
    srd::copy(from, other); // does not return
    return 1;
}
