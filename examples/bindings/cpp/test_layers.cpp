// test_layers.cpp -- every layer call, what is said about the layers, and every question.
#include "test.hpp"

namespace
{

const float four[4] = { 1, 2, 3, 4 };
const int8_t bytes[4] = { 1, 2, 3, 4 };
const int32_t zeros[2] = { 1, -1 };
const uint16_t halves[4] = { 0x3c00, 0x3800, 0xc000, 0 }; // 1, 0.5, -2, 0

// One of each layer, each with its name and kind, in one network.
std::vector<std::pair<srd_layer, const char *>> add_all(srd::builder &net)
{
    const srd::tensor two = srd::view(four, { 2 }), one = srd::view(four, { 1 });
    const srd::tensor weight = srd::view(four, { 2, 2, 1, 1 });
    std::vector<std::pair<srd_layer, const char *>> made;
    srd_layer x = net.input("input", 2, 8, 8);
    const auto add = [&](srd_layer layer, const char *kind) {
        made.emplace_back(layer, kind);
        x = layer;
    };

    add(x, "input");
    add(net.conv2d("conv2d", x, weight, two, srd::conv2d_options().stride(1).pad(1).dilation(2)), "conv2d");
    add(net.batch_norm("batch_norm", x, two, nullptr, two, two, 1e-5), "batch_norm");
    add(net.scale_shift("scale_shift", x, nullptr, two), "scale_shift");
    add(net.relu("relu", x), "relu");
    add(net.add("add", { x, x }), "add");
    add(net.clip("clip", x, 0, 6), "clip");
    add(net.leaky_relu("leaky_relu", x, 0.1f), "leaky_relu");
    add(net.prelu("prelu", x, one), "prelu");
    add(net.elu("elu", x, 1), "elu");
    add(net.celu("celu", x, 0.5f), "celu");
    add(net.selu("selu", x), "selu");
    add(net.gelu("gelu", x, 1), "gelu");
    add(net.silu("silu", x), "silu");
    add(net.tanh("tanh", x), "tanh");
    add(net.sigmoid("sigmoid", x), "sigmoid");
    add(net.softplus("softplus", x), "softplus");
    add(net.hard_swish("hard_swish", x), "hard_swish");
    add(net.hard_sigmoid("hard_sigmoid", x), "hard_sigmoid");
    add(net.mish("mish", x), "mish");
    add(net.log_sigmoid("log_sigmoid", x), "log_sigmoid");
    add(net.softsign("softsign", x), "softsign");
    add(net.abs("abs", x), "abs");
    add(net.exp("exp", x), "exp");
    add(net.erf("erf", x), "erf");
    add(net.local_response_norm("local_response_norm", x, 3, 1e-4f, 0.75f, 2), "local_response_norm");
    add(net.max_pool2d("max_pool2d", x, srd::pool2d_options(2)), "max_pool2d");
    add(net.adaptive_max_pool2d("adaptive_max_pool2d", x, 8, 8), "adaptive_max_pool2d");
    add(net.maximum("maximum", { x, x }), "maximum");
    add(net.minimum("minimum", { x, x }), "minimum");
    add(net.avg_pool2d("avg_pool2d", x, srd::pool2d_options(3, 3).stride(1).pad(1)), "avg_pool2d");
    add(net.zero_pad2d("zero_pad2d", x, 1, 0, 0, 1), "zero_pad2d");
    add(net.zero_channels("zero_channels", x, 1, 0), "zero_channels");
    add(net.subsample2d("subsample2d", x, 2, 2), "subsample2d");
    add(net.concat("concat", { x, x }), "concat");
    add(net.instance_norm("instance_norm", x, nullptr, nullptr, 1e-5), "instance_norm");
    add(net.global_response_norm("global_response_norm", x, nullptr, nullptr, 1e-6), "global_response_norm");
    add(net.group_norm("group_norm", x, 2, nullptr, nullptr, 1e-5), "group_norm");
    add(net.rms_norm("rms_norm", x, nullptr, 1e-6), "rms_norm");
    add(net.l2_norm("l2_norm", x, 1e-12), "l2_norm");
    add(net.layer_norm("layer_norm", x, nullptr, nullptr, 1e-6), "layer_norm");
    add(net.constant_pad2d("constant_pad2d", x, 0, 1, 1, 0, 0.5f), "constant_pad2d");
    add(net.upsample("upsample", x, srd::upsample_options(4, 6)), "upsample");
    add(net.reflection_pad2d("reflection_pad2d", x, 1, 0, 0, 2), "reflection_pad2d");
    add(net.replication_pad2d("replication_pad2d", x, 0, 1, 0, 0), "replication_pad2d");
    add(net.circular_pad2d("circular_pad2d", x, 0, 0, 1, 1), "circular_pad2d");
    add(net.roll2d("roll2d", x, 1, -2), "roll2d");
    add(net.crop2d("crop2d", x, srd::crop2d_options(1, 1, 1, 3).step(-1, 1)), "crop2d");
    add(net.window_partition("window_partition", x, 2, 3), "window_partition");
    add(net.window_reverse("window_reverse", x, 4, 6, 2, 3), "window_reverse");
    add(net.space_to_depth("space_to_depth", x, 2, 2, SRD_BLOCKS_LAST), "space_to_depth");
    add(net.depth_to_space("depth_to_space", x, 2, 2), "depth_to_space");
    add(net.gather_channels("gather_channels", x, { 3, 0, 1, 2 }), "gather_channels");
    add(net.transpose("transpose", x), "transpose");
    add(net.shuffle("shuffle", x, 2), "shuffle");
    add(net.slice("slice", x, 1, 2), "slice");
    add(net.gate("gate", x, x), "gate");
    add(net.conv_transpose2d("conv_transpose2d", x, weight, two, srd::conv_transpose2d_options().stride(2).pad(1)),
        "conv_transpose2d");
    add(net.mean("mean", x, SRD_AXIS_HEIGHT), "mean");
    add(net.reshape("reshape", x, 0, 0), "reshape");
    add(net.linear_tokens("linear_tokens", x, srd::view(four, { 2, 2 }), two), "linear_tokens");
    add(net.constant("constant", srd::view(four, { 2 })), "constant");
    add(net.concat_tokens("concat_tokens", { x, net.find("linear_tokens") }), "concat_tokens");
    add(net.attention("attention", x, x, x, srd::attention_options(2)), "attention");
    add(net.select_tokens("select_tokens", x, 0, 6), "select_tokens");
    srd::custom_layer twice;
    twice.value = [](void *, float *y, int32_t channels, void *) {
        for (int32_t c = 0; c < channels; ++c) y[c] *= 2;
    };
    add(net.custom("custom", { x }, twice), "custom");
    add(net.dropout("dropout", x), "dropout");
    add(net.adaptive_avg_pool2d("adaptive_avg_pool2d", x, 2, 2), "adaptive_avg_pool2d");
    add(net.global_avg_pool("global_avg_pool", x), "global_avg_pool");
    add(net.flatten("flatten", x), "flatten");
    const int64_t inputs = net.layer_shape(x)[0];
    const srd::tensor matrix = srd::zeros({ 3, inputs });
    add(net.linear("linear", x, matrix, nullptr), "linear");
    add(net.sum("sum", x, SRD_AXIS_HEIGHT), "sum");
    add(net.max("max", x, SRD_AXIS_WIDTH), "max");
    add(net.global_max_pool("global_max_pool", x), "global_max_pool");
    add(net.max_channels("max_channels", x, 3), "max_channels");
    add(net.softmax("softmax", x), "softmax");
    net.output(x);
    return made;
}

// Weights of int8 and float16, by every call that takes them, and what they stand for.
void adds_quantized()
{
    const srd::tensor scale = srd::view(four, { 2 }), zero = srd::weights(zeros, { 2 });
    const srd::tensor square = srd::weights(bytes, { 2, 2 }), kernel = srd::weights(bytes, { 2, 2, 1, 1 });
    srd::builder net;
    const srd_layer x = net.input("x", 2, 1, 1);
    net.output(net.conv2d("conv2d", x, kernel, nullptr, srd::conv2d_options().quantized(scale, zero)));
    net.output(net.conv_transpose2d("transposed", x, kernel, nullptr, srd::conv_transpose2d_options().quantized(scale)));
    net.output(net.linear_tokens("tokens", x, square, nullptr, srd::linear_options().quantized(scale, zero)));
    net.output(net.linear("linear", x, square, nullptr, srd::linear_options().quantized(scale)));
    net.output(net.linear("half", x, srd::weights(halves, { 2, 2 })));
    const srd::graph graph = net.seal();
    srd::explainer explainer(graph);
    const float ones[2] = { 1, 1 };
    explainer.run(srd::view(ones, { 2, 1, 1 }));
    const float want[5][2] = { { 1, 18 }, { 4, 12 }, { 1, 18 }, { 3, 14 }, { 1.5f, -2 } };
    for (int32_t i = 0; i < 5; ++i) {
        const srd::tensor value = explainer.value(graph.output_layer(i));
        for (int c = 0; c < 2; ++c) CHECK(value.const_data()[c] == want[i][c]);
    }
}

void looks_at_all()
{
    srd::builder net;
    const auto made = add_all(net);
    CHECK(!net.is_site(made[4].first)); // nothing is decided yet
    const srd::graph graph = net.seal();
    CHECK(graph.layer_count() == static_cast<int32_t>(made.size()));
    for (const auto &layer : made) {
        CHECK(std::strcmp(graph.layer_kind(layer.first), layer.second) == 0);
        CHECK(std::strcmp(graph.layer_name(layer.first), layer.second) == 0);
        CHECK(graph.find(std::string(layer.second)) == layer.first && graph.at(layer.second) == layer.first);
    }
    const srd_layer conv = graph.at("conv2d");
    CHECK(graph.is_site(graph.at("relu")) && !graph.is_site(conv));
    CHECK(graph.layer_shape(conv) == (srd::shape_chw{ { 2, 10, 10 } }));
    CHECK(graph.layer_info(conv).role == SRD_ROLE_MIXING && graph.layer_info(conv).parameters == 6);
    CHECK(graph.layer_operand(graph.at("add"), 1) == graph.at("relu"));
    CHECK(graph.input_count() == 1 && graph.input_layer(0) == graph.at("input"));
    CHECK(graph.output_count() == 1 && graph.output_layer(0) == graph.at("softmax"));
    CHECK(graph.memory_used() > 0);
    CHECK(graph.find("nowhere") == SRD_LAYER_NONE);
    CHECK(failure([&] { (void)graph.at("nowhere"); }) == SRD_ERR_ARGUMENT);
    CHECK(failure([&] { (void)graph.layer_shape(99); }) == SRD_ERR_ARGUMENT);
    CHECK(graph.dump().find("local_response_norm") != std::string::npos);
    CHECK(graph.dump(SRD_DUMP_DOT).find("digraph") != std::string::npos);

    srd::explainer explainer(graph);
    srd::tensor picture = srd::zeros({ 2, 8, 8 });
    for (float &number : picture.writable()) number = 1;
    explainer.run(picture);
    CHECK(explainer.value(graph.at("softmax")).size() == 3);
}

// Two layers at once: the constant beside the add.
void adds_constants()
{
    srd::builder net;
    const srd_layer x = net.input("x", 2, 3, 3);
    const srd_layer sum = net.add_constant("sum", x, srd::view(four, { 2 }));

    CHECK(net.find("sum_constant") == sum - 1 && std::strcmp(net.layer_kind(sum), "add") == 0);
    net.output(net.relu(nullptr, sum));
    const srd::graph graph = net.seal();
    CHECK(!graph.is_site(sum - 1));
}

void names_the_culprit()
{
    srd::builder net;
    const srd_layer x = net.input("picture", 3, 8, 8);
    srd_status status = SRD_OK;

    try {
        (void)net.conv2d("stem", x, srd::view(four, { 2, 2, 1, 1 }));
    } catch (const srd::error &caught) {
        status = caught.status();
        CHECK(caught.layer() == 1);
        CHECK(std::strcmp(caught.layer_name(), "stem") == 0);
        CHECK(std::strstr(caught.text(), "channels") != nullptr);
        CHECK(std::strncmp(caught.what(), "SRD_ERR_SHAPE: layer 'stem': ", 29) == 0);
    }
    CHECK(status == SRD_ERR_SHAPE);
    CHECK(failure([&] { (void)net.relu(nullptr, x); }) == SRD_ERR_SHAPE); // the first failure sticks, as in C
    CHECK(failure([&] { (void)net.seal(); }) == SRD_ERR_SHAPE);
    CHECK(failure([&] { (void)net.conv2d(nullptr, x, srd::view(four, { 2, 2, 1, 1 }), srd::tensor()); }) == SRD_ERR_ARGUMENT);
    srd::builder empty;
    CHECK(failure([&] { (void)empty.seal(); }) == SRD_ERR_STATE);
}

} // namespace

void test_layers()
{
    adds_quantized();
    looks_at_all();
    adds_constants();
    names_the_culprit();
}
