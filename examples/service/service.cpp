// service.cpp -- a service that decides by a network in an ONNX file and shows why: every picture of a folder becomes a line (the class, its
// score, the time) and an overlay as PNG. Two threads work, each with an explainer of its own; they share one graph and one pool.
// docs/howto/explain-in-a-service.md tells the story.
//
//     service NETWORK.onnx FOLDER OUT
#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <iostream>
#include <mutex>
#include <thread>

#include <srd/onnx.hpp>
#include <srd/pool.hpp>
#include <srd/srd.hpp>

#include "picture.hpp"

namespace
{

// How the network was trained: what torchvision's networks want. Yours may differ.
constexpr float mean[3] = { 0.485f, 0.456f, 0.406f }, deviation[3] = { 0.229f, 0.224f, 0.225f };
constexpr double shown_part = 224.0 / 256.0; // Resize(256), CenterCrop(224)

constexpr int threads = 2;
constexpr std::int32_t least_side = 448; // pixels of an overlay
constexpr std::int32_t least_rows = 28;  // of the layer that is drawn, by squares of 2 x 2 positions

// Milliseconds of a decision, part by part.
enum part { reading, running, asking, drawing, writing, parts };
constexpr const char *part_names[parts] = { "read", "run", "question", "drawing", "PNG" };
using times = std::array<double, parts>;

class stopwatch
{
public:
    double lap()
    {
        const auto before = began_;
        began_ = std::chrono::steady_clock::now();
        return std::chrono::duration<double, std::milli>(began_ - before).count();
    }

private:
    std::chrono::steady_clock::time_point began_ = std::chrono::steady_clock::now();
};

// The layer whose map is drawn: the last one with a grid fine enough to show where. The map of the picture itself is exact to the pixel, but
// too fine to read.
srd_layer layer_to_draw(const srd::graph &graph, const srd::explainer &explainer, srd_layer picture)
{
    const auto places = explainer.layer_geometry(picture);
    srd_layer best = picture;

    for (srd_layer i = picture + 1; i < static_cast<srd_layer>(places.size()); ++i) {
        const srd_layer_geometry &place = places[static_cast<std::size_t>(i)];
        if (graph.is_site(i) && place.state == SRD_GEOMETRY_GRID && place.rows >= least_rows) best = i;
    }
    return best;
}

struct decision {
    srd::class_score top;
    times spent;
};

// What one thread has: all memory is taken when it is made, and used again for every picture.
class decider
{
public:
    decider(const srd::onnx_file &file, const srd::graph &graph, srd::thread_pool &pool)
        : shape_(file.shape(file.input())), explainer_(graph, srd::explainer_options(), &pool),
          layer_(layer_to_draw(graph, explainer_, file.input())),
          place_(explainer_.layer_geometry(file.input())[static_cast<std::size_t>(layer_)]), maps_(explainer_, { layer_ }),
          positions_(static_cast<std::size_t>(place_.rows) * static_cast<std::size_t>(place_.columns)),
          squares_(srd::zeros({ (place_.rows + 1) / 2, (place_.columns + 1) / 2 })),
          shown_(srd::zeros({ shape_[0], shape_[1], shape_[2] })), input_(srd::zeros({ shape_[0], shape_[1], shape_[2] })),
          times_((least_side + std::min(shape_[1], shape_[2]) - 1) / std::min(shape_[1], shape_[2])),
          rgba_(std::size_t{ 4 } * static_cast<std::size_t>(shape_[1] * times_) * static_cast<std::size_t>(shape_[2] * times_))
    {
    }

    srd_layer layer() const noexcept
    {
        return layer_;
    }

    decision decide(const std::string &from, const std::string &to)
    {
        decision result;
        stopwatch watch;

        prepare(read_picture(from));
        result.spent[reading] = watch.lap();
        explainer_.run(input_); // the forward pass, and all sharing ratios with it
        result.top = explainer_.top_class();
        result.spent[running] = watch.lap();
        explainer_.ask_class(result.top.class_index, maps_);
        result.spent[asking] = watch.lap();
        draw();
        result.spent[drawing] = watch.lap();
        write_png(to, rgba_.data(), shape_[2] * times_, shape_[1] * times_);
        result.spent[writing] = watch.lap();
        return result;
    }

private:
    // The numbers as they are shown, 0 to 1, and as the network takes them.
    void prepare(const picture &from)
    {
        const auto shown = shown_.writable();
        const auto input = input_.writable();
        const std::size_t plane = shown.size() / static_cast<std::size_t>(shape_[0]);

        fit(from, shown_part, shape_, shown.data());
        for (std::size_t i = 0; i < shown.size(); ++i) input[i] = (shown[i] - mean[i / plane]) / deviation[i / plane];
    }

    // A layer that is read with stride 2 has a pattern of dots, which people take for noise. Sums over squares of 2 x 2 positions have
    // none, and add up to the same score.
    void add_squares(const srd::tensor &map)
    {
        const auto sums = squares_.writable();
        const std::size_t columns = static_cast<std::size_t>(map.shape(1)), across = (columns + 1) / 2;

        srd::get(map, positions_);
        std::fill(sums.begin(), sums.end(), 0.0F);
        for (std::size_t i = 0; i < positions_.size(); ++i) sums[i / columns / 2 * across + i % columns / 2] += positions_[i];
    }

    void draw()
    {
        srd::render_options colours;
        srd::overlay_options over;

        colours.scaling = SRD_SCALE_PERCENTILE;
        colours.enlargement = SRD_ENLARGE_BILINEAR;
        over.grey_picture = 1;
        add_squares(srd::lay(maps_[0], place_, over));
        over.offset_y += over.step_y / 2;
        over.offset_x += over.step_x / 2;
        over.step_y *= 2;
        over.step_x *= 2;
        srd::render_overlay(squares_, shown_, { rgba_.data(), shape_[1] * times_, shape_[2] * times_ }, colours, over);
    }

    srd::shape_chw shape_;
    srd::explainer explainer_;
    srd_layer layer_;
    srd_layer_geometry place_;
    srd::map_set maps_;
    std::vector<float> positions_; // of the grid of a map, row by row
    srd::tensor squares_, shown_, input_;
    std::int32_t times_; // pixels of an overlay for one of the input
    std::vector<std::uint8_t> rgba_;
};

// The pictures of a folder, and what was decided about them.
class job
{
public:
    job(const std::string &folder, std::string out) : out_(std::move(out))
    {
        for (const auto &entry : std::filesystem::directory_iterator(folder)) {
            const std::string kind = entry.path().extension().string();
            if (kind == ".png" || kind == ".jpg" || kind == ".jpeg") pictures_.push_back(entry.path());
        }
        std::sort(pictures_.begin(), pictures_.end());
        std::filesystem::create_directories(out_);
    }

    // Of each thread: takes the next picture until there is none. A picture that cannot be read is one line, and the service goes on.
    void work(decider &by)
    {
        for (std::size_t i = next_++; i < pictures_.size(); i = next_++) {
            const std::string name = pictures_[i].filename().string();
            try {
                note(name, by.decide(pictures_[i].string(), (std::filesystem::path(out_) / (name + ".png")).string()));
            } catch (const std::exception &caught) {
                const std::lock_guard<std::mutex> guard(lock_);
                ++failures_;
                std::cerr << caught.what() << '\n';
            }
        }
    }

    std::size_t size() const noexcept
    {
        return pictures_.size();
    }
    int failures() const noexcept
    {
        return failures_;
    }

    void print_medians() const
    {
        if (spent_.empty()) return;
        std::printf("%-28s %5s %9s", "median", "", "");
        for (int k = 0; k < parts; ++k) {
            std::vector<double> all;
            for (const times &one : spent_) all.push_back(one[static_cast<std::size_t>(k)]);
            std::nth_element(all.begin(), all.begin() + static_cast<std::ptrdiff_t>(all.size() / 2), all.end());
            std::printf(" %9.2f", all[all.size() / 2]);
        }
        std::printf("\n");
    }

private:
    void note(const std::string &name, const decision &made)
    {
        const std::lock_guard<std::mutex> guard(lock_);

        spent_.push_back(made.spent);
        std::printf("%-28.28s %5d %9.3f", name.c_str(), static_cast<int>(made.top.class_index),
                    static_cast<double>(made.top.score));
        for (const double milliseconds : made.spent) std::printf(" %9.2f", milliseconds);
        std::printf("\n");
    }

    std::string out_;
    std::vector<std::filesystem::path> pictures_;
    std::atomic<std::size_t> next_{ 0 };
    std::mutex lock_;
    std::vector<times> spent_;
    int failures_ = 0;
};

int serve(const char *network, const char *folder, const char *out)
{
    const srd::onnx_file file(network);
    const srd::graph graph = file.build(); // read by all threads
    const srd::shape_chw shape = file.shape(file.input());
    srd::thread_pool pool(threads);
    std::vector<std::unique_ptr<decider>> deciders;
    std::vector<std::thread> workers;
    job todo(folder, out);

    if (shape[0] != 1 && shape[0] != 3)
        throw std::runtime_error("the network takes no pictures: it wants neither 1 nor 3 channels");
    std::cerr << file.notes();
    for (int i = 0; i < threads; ++i) deciders.push_back(std::make_unique<decider>(file, graph, pool));
    std::printf("%d classes, %d x %d pixels, the map of %s\n", static_cast<int>(file.class_count()), static_cast<int>(shape[1]),
                static_cast<int>(shape[2]), graph.layer_name(deciders[0]->layer()));
    std::printf("%-28s %5s %9s", "picture", "class", "score");
    for (const char *name : part_names) std::printf(" %9s", name);
    std::printf("   (milliseconds)\n");
    for (auto &one : deciders) workers.emplace_back([&todo, &one] { todo.work(*one); });
    for (std::thread &worker : workers) worker.join();
    todo.print_medians();
    if (todo.size() == 0) throw std::runtime_error(std::string(folder) + ": no picture (.png, .jpg, .jpeg)");
    return todo.failures() == 0 ? 0 : 1;
}

} // namespace

int main(int count, char **words)
try {
    if (count == 4) return serve(words[1], words[2], words[3]);
    std::cerr << "usage: service NETWORK.onnx FOLDER OUT\n";
    return 2;
} catch (const std::exception &caught) {
    std::cerr << "service: " << caught.what() << '\n';
    return 1;
}
