// srd.hpp -- libsrd from C++11 on: the whole C interface with handles that free themselves, and exceptions.
//
//     srd::builder net;
//     const srd_layer picture = net.input("picture", 1, 28, 28);
//     net.output(net.relu("features", net.conv2d("conv", picture, srd::view(weights, {16, 1, 3, 3}))));
//     const srd::graph graph = net.seal();
//     srd::explainer explainer(graph);
//     srd::tensor pixels = srd::zeros({1, 28, 28}), map = srd::zeros({28, 28});
//     explainer.run(pixels);
//     explainer.ask_top({picture, map});
//
// It is installed beside the C headers, and srd::cpp links what it needs: #include <srd/srd.hpp>. To vendor it, copy the folder srd/;
// nothing is compiled but your program. What a call computes, its shapes, its ranges: the C headers, function by function; a method is
// named like its function and takes its parameters in the same order, options last. What is different:
//
//   Failures   are exceptions of the class srd::error, with status, layer, layer name and text. A layer call throws at once.
//              With -fno-exceptions they go to SRD_HPP_FAILED(error), or end the program: see srd/error.hpp.
//   Handles    can be moved, not copied, and are freed by their destructors, in any order. One that was moved from may be
//              destroyed or assigned to; a call on it throws SRD_ERR_ARGUMENT.
//   Sealing    turns a srd::builder, which belongs to one thread, into a srd::graph, which any number of threads may use.
//   Lifetimes  are those of docs/api-conventions.md: a view does not own its numbers, borrowed weights must outlive graph
//              and explainers.
//   Callbacks  are any functions or lambdas. What they throw stops the call as soon as the library allows it, never passes
//              through the library, and is thrown again from the call.
//   Memory     of its own this layer takes only where it says so. Runs, steps and questions take none.
#ifndef SRD_HPP
#define SRD_HPP

#include "error.hpp"
#include "explainer.hpp"
#include "graph.hpp"
#include "render.hpp"
#include "tensor.hpp"

#endif
