// test.hpp -- what the test programs of srd.hpp share.
#ifndef SRD_CPP_TEST_HPP
#define SRD_CPP_TEST_HPP

#include <cstring>
#include <vector>

#include "srd.hpp"

extern int failures;

#define CHECK(condition)                                                                   \
    do {                                                                                   \
        if (!(condition)) {                                                                \
            std::fprintf(stderr, "%s:%d: not true: %s\n", __FILE__, __LINE__, #condition); \
            ++failures;                                                                    \
        }                                                                                  \
    } while (0)

// The status with which an expression fails; SRD_OK if it does not.
template <class Function> srd_status failure(Function &&function)
{
    try {
        function();
    } catch (const srd::error &caught) {
        return caught.status();
    }
    return SRD_OK;
}

// The network of the README: picture, conv, features (ReLU), mean, score. On the pixels 1 3 1 the score is 5.
srd_layer add_readme(srd::layers &net);
srd::graph readme_graph();

void test_layers();
void test_questions();
void test_callbacks();

#endif
