// cpp.cpp -- a user's program: the class of a picture, from C++.
#include <srd/srd.hpp>

#include <cstdio>

int main()
{
    const float two = 2;
    srd::builder net;
    const srd_layer x = net.input("x", 1, 4, 4);

    net.output(net.global_avg_pool("mean", net.conv2d("conv", x, srd::view(&two, { 1, 1, 1, 1 }))));
    const srd::graph graph = net.seal();
    std::printf("%s\n", graph.layer_name(x));
    return 0;
}
