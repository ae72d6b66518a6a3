// test_questions.cpp -- running, values, every question, reports, rendering: the numbers of the README's network.
#include "test.hpp"

#include <array>
#include <cmath>

namespace
{

const float readme_kernel[] = { 1, 1, 1, -1 }, readme_shift[] = { -2, 0 }, readme_weight[] = { 1, 2 }, readme_bias[] = { 1 };
const float readme_pixels[] = { 1, 3, 1 };

bool is(const srd::tensor &map, std::initializer_list<float> expected)
{
    const srd::span<const float> numbers = map.numbers();
    std::size_t i = 0;
    for (const float number : expected) {
        if (i >= numbers.size() || !(std::fabs(numbers[i++] - number) < 1e-6f)) return false;
    }
    return i == numbers.size();
}

void asks_everything()
{
    const srd::graph graph = readme_graph();
    const srd_layer picture = graph.at("picture"), features = graph.at("features"), score = graph.at("score");
    srd::explainer explainer(graph, srd::explainer_options()
                                        .keep(features, SRD_KEEP_VALUE | SRD_KEEP_GRADCAM | SRD_KEEP_PATTERN)
                                        .keep(graph.at("mean"), SRD_KEEP_START)
                                        .keep(picture, SRD_KEEP_CHANNELS));
    const srd::tensor pixels = srd::view(readme_pixels, { 1, 1, 3 });
    srd::tensor map = srd::zeros({ 1, 3 }), planes = srd::zeros({ 1, 1, 3 });
    srd::map_set maps(explainer, { picture, features });

    CHECK(failure([&] { explainer.ask_top({ picture, map }); }) == SRD_ERR_STATE);
    CHECK(failure([&] { (void)explainer.report(); }) == SRD_ERR_STATE);
    explainer.run(pixels);
    CHECK(is(explainer.value(score), { 5 }));
    CHECK(is(explainer.value(features), { 2, 2, 0, 2 }));
    CHECK(explainer.top_class().class_index == 0 && explainer.top_class().score == 5);

    explainer.ask_top({ picture, map });
    CHECK(is(map, { -0.1875f, 5.625f, -0.4375f }));
    CHECK(std::fabs(explainer.report().at_inputs - 5) < 1e-6 && std::fabs(explainer.report().score - 5) < 1e-6);
    CHECK(explainer.site_report(features).paths > 1);
    explainer.ask_top({ picture, planes });
    CHECK(is(planes, { -0.1875f, 5.625f, -0.4375f }));
    explainer.ask_class(0, maps);
    CHECK(is(maps[0], { -0.1875f, 5.625f, -0.4375f }) && maps[1].size() == 2);

    const float two[] = { 2 };
    const srd::tensor direction = srd::view(two, { 1 }), seed = srd::view(two, { 1, 1 });
    const srd::target top = srd::target::top(), of_class = srd::target::of_class(0), along = srd::target::along(direction);
    const int32_t classes[] = { 0 };
    explainer.ask_direction(direction, { picture, map });
    CHECK(is(map, { -0.375f, 11.25f, -0.875f }));
    explainer.ask({ &top, &of_class, &along }, { picture, map }); // 1 + 1 + 2 times the score
    CHECK(is(map, { -0.75f, 22.5f, -1.75f }));
    explainer.ask(srd::target::of_classes(classes).masked(seed), { picture, map });
    CHECK(is(map, { -0.375f, 11.25f, -0.875f }));
    CHECK(failure([&] { explainer.ask(srd::target::against(0, 1)); }) == SRD_ERR_ARGUMENT);
    explainer.ask_gradcam(top, features, maps);
    CHECK(maps[1].numbers()[0] > 0);
    explainer.ask_top(maps, srd::contrastive());
    CHECK(std::fabs(maps[1].numbers()[0] + maps[1].numbers()[1]) < 1e-6f);
    explainer.ask_erf(features, 0, 1, { picture, map });
    CHECK(map.numbers()[0] == 0 && std::fabs(explainer.report().at_inputs - 1) < 1e-6);
    explainer.ask_seed(graph.at("mean"), seed, { picture, map });
    CHECK(std::fabs(explainer.report().at_inputs - 2) < 1e-6);
    explainer.ask_top();
    CHECK(explainer.report().score == 5);

    srd::run_options only;
    only.patterns = SRD_PATTERNS_ONLY;
    explainer.run(pixels, only);
    CHECK(is(explainer.value(score), { 3 })); // the patterns are 1 1 and 0 1, their means 1 and 1/2: 1 + 2 / 2 + 1
}

void says_why()
{
    const srd::graph graph = readme_graph();
    srd::explainer explainer(graph);
    const srd::tensor pixels = srd::view(readme_pixels, { 1, 1, 3 }), wrong = srd::view(readme_pixels, { 1, 3, 1 });
    std::vector<float> broken = { 1, NAN, 1 };

    explainer.run(pixels);
    try {
        explainer.run(wrong);
        CHECK(false);
    } catch (const srd::error &caught) {
        CHECK(caught.status() == SRD_ERR_SHAPE && std::strcmp(caught.layer_name(), "picture") == 0);
    }
    explainer.ask_top(); // the last run is still there
    CHECK(failure([&] { explainer.run(srd::view(broken, { 1, 1, 3 })); }) == SRD_ERR_NUMBER);
    CHECK(failure([&] { explainer.ask_top(); }) == SRD_ERR_STATE);
    CHECK(failure([&] { (void)srd::explainer(graph, srd::explainer_options().keep(99, SRD_KEEP_VALUE)); }) == SRD_ERR_ARGUMENT);
    CHECK(failure([&] { (void)srd::view(broken, { 4 }); }) == SRD_ERR_SHAPE);
    CHECK(failure([&] { (void)srd::view(broken, { 3, -1 }); }) == SRD_ERR_ARGUMENT);
    srd::tensor constant = srd::view(readme_bias, { 1 }), empty;
    CHECK(failure([&] { constant.writable()[0] = 1; }) == SRD_ERR_ARGUMENT);
    explainer.run(pixels);
    CHECK(failure([&] { explainer.value(graph.at("score"), constant); }) == SRD_ERR_ARGUMENT);
    CHECK(failure([&] { explainer.value(graph.at("score"), empty); }) == SRD_ERR_ARGUMENT);
}

void takes_a_batch()
{
    srd::explainer_options options;
    options.batch = 2;
    options.input_sizes = { 1, 3 };
    const srd::graph graph = readme_graph();
    srd::explainer explainer(graph, options);
    const float two[] = { 1, 3, 1, 1, 3, 1 };
    const srd::tensor pictures = srd::view(two, { 2, 1, 1, 3 });
    srd::map_set maps(explainer, { graph.at("picture") });

    explainer.run({ pictures.get() });
    explainer.ask_top(maps);
    CHECK(is(maps[0], { -0.1875f, 5.625f, -0.4375f, -0.1875f, 5.625f, -0.4375f }));
    CHECK(is(explainer.value(graph.at("score")), { 5, 5 }));
    CHECK(explainer.top_class(1).score == 5);
}

void tells_what_it_costs()
{
    const srd::graph graph = readme_graph();
    const srd::explainer explainer(graph);
    const srd_layer features = graph.at("features");

    CHECK(explainer.fast_case(features) != nullptr &&
          explainer.dump().find(explainer.fast_case(features)) != std::string::npos);
    CHECK(explainer.dump(SRD_DUMP_DOT).find("digraph") == 0);
    CHECK(explainer.plan_info(features).verdict == SRD_VERDICT_EXACT && explainer.plan_info(features).positions == 2);
    CHECK(static_cast<std::size_t>(explainer.memory_info().total) == explainer.memory_used());
    CHECK(srd::explainer::memory_size(graph) == explainer.memory_used());
    CHECK(explainer.kernels() >= SRD_KERNELS_PORTABLE);
    CHECK(explainer.layer_shape(features) == (srd::shape_chw{ { 2, 1, 2 } }));
    const srd_layer_geometry place = explainer.layer_geometry(graph.at("picture")).at(static_cast<std::size_t>(features));
    CHECK(place.state == SRD_GEOMETRY_GRID && place.columns == 2 && place.step_x == 1 && place.offset_x == 0.5);
    CHECK(explainer.step_count() > 0);
    CHECK(srd_version() == SRD_VERSION);
}

void renders()
{
    const float numbers[] = { -1, 0, 1, 0.5f };
    const srd::tensor map = srd::view(numbers, { 2, 2 });
    std::vector<uint8_t> rgba(2 * 2 * 4), over(rgba.size());
    const auto table = srd::render_colour_map(SRD_COLOURS_DIVERGING);

    srd::render_map(map, { rgba.data(), 2, 2 });
    CHECK(std::memcmp(&rgba[0], &table[3], 3) == 0 && std::memcmp(&rgba[8], &table[3 * 255], 3) == 0 && rgba[3] == 255);
    srd::render_overlay(map, srd::view(numbers, { 1, 2, 2 }), { over.data(), 2, 2 });
    CHECK(over != rgba && over[3] == 255);
    srd_layer_geometry place = SRD_LAYER_GEOMETRY_INIT;
    srd::overlay_options laid;
    CHECK(srd::lay(map, place, laid).shape(1) == 2 && laid.step_x == 0); // stretched
    place.state = SRD_GEOMETRY_GRID;
    place.first = place.rows = place.row_stride = 1;
    place.columns = 3;
    place.column_stride = 1;
    place.step_y = place.step_x = 2;
    place.offset_x = 5;
    const srd::tensor part = srd::lay(map, place, laid);
    CHECK(part.shape(0) == 1 && part.shape(1) == 3 && part.const_data()[2] == 0.5f && laid.step_x == 2 && laid.offset_x == 5);
    place.columns = 4;
    CHECK(failure([&] { srd::lay(map, place, laid); }) == SRD_ERR_SHAPE);
    CHECK(srd::render_scale(map).low == -1 && srd::render_scale(map).high == 1);
    CHECK(failure([&] { srd::render_map(map, { rgba.data(), 0, 2 }); }) == SRD_ERR_ARGUMENT);
}

} // namespace

srd_layer add_readme(srd::layers &net)
{
    srd_layer x = net.input("picture", 1, 1, 3);

    x = net.conv2d("conv", x, srd::view(readme_kernel, { 2, 1, 1, 2 }), srd::view(readme_shift, { 2 }));
    x = net.global_avg_pool("mean", net.relu("features", x));
    x = net.linear("score", x, srd::view(readme_weight, { 1, 2 }), srd::view(readme_bias, { 1 }));
    net.output(x);
    return x;
}

srd::graph readme_graph()
{
    srd::builder net;
    (void)add_readme(net);
    return net.seal();
}

void test_questions()
{
    asks_everything();
    says_why();
    takes_a_batch();
    tells_what_it_costs();
    renders();
}
