// explain.cpp -- srd.hpp in use: a trained network says what it sees, and a picture shows why.
//
//     srd_cpp_explain [picture.pgm [explained.ppm]]
#include <algorithm>
#include <fstream>
#include <iostream>
#include <vector>

#include "srd.hpp"

extern "C" { // the weights, trained on Fashion-MNIST; C arrays, with a description of the network
#include "fashion_net.h"
}

// What training left of a convolution and of the batch norm behind it.
struct trained {
    const float *weight, *gamma, *beta, *mean, *variance;
};
#define TRAINED(where, n)                                                                                             \
    trained                                                                                                           \
    {                                                                                                                 \
        fashion_net_##where##conv##n##_weight, fashion_net_##where##bn##n##_gamma, fashion_net_##where##bn##n##_beta, \
            fashion_net_##where##bn##n##_mean, fashion_net_##where##bn##n##_var                                       \
    }

static srd_layer conv_bn(srd::layers &net, srd_layer x, int32_t in, int32_t out, int32_t kernel, int32_t stride, trained t)
{
    const auto per_channel = [out](const float *numbers) { return srd::view(numbers, { out }, {}); };

    x = net.conv2d(nullptr, x, srd::view(t.weight, { out, in, kernel, kernel }, {}), nullptr,
                   srd::conv2d_options().stride(stride).pad(kernel / 2));
    return net.batch_norm(nullptr, x, per_channel(t.gamma), per_channel(t.beta), per_channel(t.mean), per_channel(t.variance),
                          FASHION_NET_BN_EPS);
}

// relu(bn(conv(relu(bn(conv(x))))) + shortcut(x)); the shortcut is x itself or, where the shape changes, a projection.
static srd_layer block(srd::layers &net, const char *name, srd_layer x, int32_t in, int32_t out, trained first, trained second,
                       const trained *projection)
{
    const int32_t stride = in == out ? 1 : 2;
    const srd_layer middle = net.relu(nullptr, conv_bn(net, x, in, out, 3, stride, first));
    const srd_layer shortcut = projection != nullptr ? conv_bn(net, x, in, out, 1, stride, *projection) : x;

    return net.relu(name, net.add(nullptr, { conv_bn(net, middle, out, out, 3, 1, second), shortcut }));
}

static srd::graph build()
{
    const trained to_32 = TRAINED(block2_, 3), to_64 = TRAINED(block4_, 3);
    srd::builder net;
    srd_layer x = net.input("picture", 1, 28, 28);

    x = net.relu("conv1", conv_bn(net, x, 1, 16, 3, 1, TRAINED(, 1)));
    x = block(net, "block1", x, 16, 16, TRAINED(block1_, 1), TRAINED(block1_, 2), nullptr);
    x = block(net, "block2", x, 16, 32, TRAINED(block2_, 1), TRAINED(block2_, 2), &to_32);
    x = block(net, "block3", x, 32, 32, TRAINED(block3_, 1), TRAINED(block3_, 2), nullptr);
    x = block(net, "block4", x, 32, 64, TRAINED(block4_, 1), TRAINED(block4_, 2), &to_64);
    x = net.global_avg_pool(nullptr, x);
    net.output(net.linear("logits", x, srd::view(fashion_net_fc_weight, { 10, 64 }), srd::view(fashion_net_fc_bias, { 10 })));
    return net.seal();
}

// 28 x 28 grey values as text (PGM, P2), normalised as in training.
static srd::tensor read_picture(const char *path)
{
    srd::tensor picture = srd::zeros({ 1, 28, 28 });
    std::ifstream file(path);
    std::string magic, comment;
    int width = 0, height = 0, white = 0, grey = 0;

    std::getline(file, magic);
    while (file.peek() == '#') std::getline(file, comment);
    file >> width >> height >> white;
    if (magic != "P2" || width != 28 || height != 28 || white <= 0) throw std::runtime_error("not a 28 x 28 picture (PGM, P2)");
    for (float &number : picture.writable()) {
        if (!(file >> grey)) throw std::runtime_error("the picture is cut off");
        const float light = static_cast<float>(grey) / static_cast<float>(white);
        number = (light - FASHION_NET_INPUT_MEAN) / FASHION_NET_INPUT_STD;
    }
    return picture;
}

// The map over the picture, enlarged, as a file that picture viewers open (PPM).
static void draw(const srd::tensor &map, const srd::tensor &picture, const char *path)
{
    const int32_t side = 448;
    std::vector<uint8_t> rgba(4u * side * side);
    srd::render_options colours;
    srd::overlay_options over;
    std::ofstream file(path, std::ios::binary);

    colours.scaling = SRD_SCALE_PERCENTILE;                             // a few strong pixels must not turn all else pale
    over.picture_low = -FASHION_NET_INPUT_MEAN / FASHION_NET_INPUT_STD; // the number that is black, and the one that is white
    over.picture_high = (1 - FASHION_NET_INPUT_MEAN) / FASHION_NET_INPUT_STD;
    srd::render_overlay(map, picture, { rgba.data(), side, side }, colours, over);
    file << "P6\n" << side << ' ' << side << "\n255\n";
    for (std::size_t i = 0; i < rgba.size(); i += 4) file.write(reinterpret_cast<const char *>(&rgba[i]), 3);
    if (!file.flush()) throw std::runtime_error("cannot write the picture");
}

int main(int count, char **arguments)
try {
    const srd::graph graph = build(); // a failure anywhere throws, with the layer and the reason
    const srd_layer picture_layer = graph.at("picture"), last = graph.at("block4");
    srd::explainer explainer(graph); // all memory is taken here
    srd::map_set maps(explainer, { picture_layer, last });
    const srd::tensor picture = read_picture(count > 1 ? arguments[1] : EXPLAIN_PICTURE);
    const char *const out = count > 2 ? arguments[2] : "explained.ppm";

    explainer.run(picture); // the forward pass, and all sharing ratios with it
    const srd::class_score top = explainer.top_class();
    std::cout << "The network says " << fashion_net_labels[top.class_index] << ", score " << top.score << ".\n";

    explainer.ask_class(top.class_index, maps); // why? The score, shared out among pixels and among the positions of block4
    const srd_report balance = explainer.report();
    std::cout << "Shared out among the pixels: " << balance.at_inputs << ", biases of the head: " << balance.head_bias << ".\n";
    draw(maps[0], picture, out);

    const auto shares = maps[1].numbers(); // which vector of block4 speaks loudest, and what is it made of?
    const auto place = static_cast<int32_t>(std::max_element(shares.begin(), shares.end()) - shares.begin());
    const auto columns = static_cast<int32_t>(maps[1].shape(1));
    std::cout << "The strongest position of block4 is row " << place / columns << ", column " << place % columns
              << ", with a share of " << shares[static_cast<std::size_t>(place)] << ".\n";
    explainer.ask_erf(last, place / columns, place % columns, maps); // the same run answers any number of questions
    const auto seen = maps[0].numbers();
    std::cout << "It is made of " << std::count_if(seen.begin(), seen.end(), [](float r) { return r != 0; })
              << " pixels.\nThe evidence, red for and blue against, is in " << out << ".\n";
} catch (const std::exception &caught) {
    std::cerr << caught.what() << '\n';
    return 1;
}
