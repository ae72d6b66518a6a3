// onnx.cpp -- a user's program: the network of an ONNX file, run by two threads, must share out the score of its top class.
//   user_onnx NETWORK.onnx
#include <srd/onnx.hpp>
#include <srd/pool.hpp>
#include <srd/srd.hpp>

#include <cmath>
#include <cstdio>

// Names that a program may have for itself, whatever the importer is made of.
struct view {
};
struct call {
};
struct atom {
};
struct import {
};
int take = 0, refuse = 0, emit = 0, attribute = 0;

int main(int count, char **words)
try {
    const srd::onnx_file network(count > 1 ? words[1] : "");
    const srd::graph graph = network.build();
    const srd::shape_chw shape = network.shape(network.input());
    srd::thread_pool pool(2);
    srd::explainer explainer(graph, srd::explainer_options(), &pool);
    srd::tensor picture = srd::zeros({ shape[0], shape[1], shape[2] }), map = srd::zeros({ shape[1], shape[2] });

    for (float &number : picture.writable()) number = 0.5f;
    explainer.run(picture);
    explainer.ask_top({ network.input(), map });
    const srd_report report = explainer.report();
    const double parts = report.at_inputs + report.at_constants + report.unreached + report.head_bias + report.subtracted;
    std::printf("%d classes, score %g\n", static_cast<int>(network.class_count()), report.score);
    return std::fabs(parts - report.score) <= 1e-3 * (1 + std::fabs(report.score)) ? 0 : 1;
} catch (const std::exception &caught) {
    std::fprintf(stderr, "%s\n", caught.what());
    return 1;
}
