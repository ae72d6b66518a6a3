// test_callbacks.cpp -- exceptions thrown in callbacks: they come out of the call, and what was called can be called again.
#include "test.hpp"

#include <algorithm>
#include <atomic>
#include <stdexcept>
#include <thread>

namespace
{

const float pixels_data[] = { 1, 3, 1 };

// What is thrown below, to be told from all that others throw.
struct thrown_here : std::runtime_error {
    thrown_here() : std::runtime_error("thrown here")
    {
    }
};

template <class Function> bool throws_ours(Function &&function)
{
    try {
        function();
    } catch (const thrown_here &) {
        return true;
    }
    return false;
}

void progress_throws()
{
    const srd::graph graph = readme_graph();
    srd::explainer explainer(graph);
    const srd::tensor pixels = srd::view(pixels_data, { 1, 1, 3 });
    int calls = 0;
    auto throwing = srd::watch([&calls](int32_t, int32_t) -> bool {
        ++calls;
        throw thrown_here();
    });
    auto stopping = srd::watch([](int32_t, int32_t) { return true; });
    int32_t seen = 0;
    auto counting = srd::watch([&seen](int32_t done, int32_t total) {
        seen = done == total ? done : seen;
        return false;
    });

    explainer.run(pixels);
    CHECK(throws_ours([&] { explainer.run(pixels, throwing); }));
    CHECK(calls == 1);
    CHECK(failure([&] { explainer.ask_top(); }) == SRD_ERR_STATE); // the run was stopped
    CHECK(failure([&] { explainer.run(pixels, stopping); }) == SRD_ERR_CANCELLED);
    explainer.run(pixels, counting);
    CHECK(seen == explainer.step_count());
    explainer.ask_top();
    CHECK(throws_ours([&] { explainer.run(pixels, throwing); })); // thrown once each time, not kept
    explainer.run(pixels);
}

void steps()
{
    const srd::graph graph = readme_graph();
    srd::explainer explainer(graph);
    const srd::tensor pixels = srd::view(pixels_data, { 1, 1, 3 });
    uint64_t now = 0;
    auto timed = srd::watch(srd::never_stop(), [&now] { return now += 10; });
    auto throwing = srd::watch([](int32_t, int32_t) -> bool { throw thrown_here(); });
    auto no_time = srd::watch(srd::never_stop(), []() -> uint64_t { throw thrown_here(); });
    int32_t steps = 0;

    CHECK(failure([&] { (void)explainer.step(); }) == SRD_ERR_STATE);
    explainer.begin(pixels, timed);
    srd::explainer moved = std::move(explainer); // in the middle of a run
    // NOLINTNEXTLINE(bugprone-use-after-move,clang-analyzer-cplusplus.Move): that is what is tested here
    CHECK(failure([&] { (void)explainer.step(); }) == SRD_ERR_ARGUMENT);
    do {
        ++steps;
    } while (moved.step() != 0);
    CHECK(steps == moved.step_count());
    CHECK(moved.step_info(0).ticks == 10 && moved.step_info(0).layer >= 0);
    moved.ask_top();

    CHECK(throws_ours([&] {
        moved.begin(pixels, throwing);
        while (moved.step() != 0) continue;
    }));
    CHECK(failure([&] { (void)moved.step(); }) == SRD_ERR_STATE);
    CHECK(throws_ours([&] { moved.run(pixels, no_time); }));
    {
        auto short_lived = srd::watch([](int32_t, int32_t) { return false; });
        moved.begin(pixels, short_lived);
        moved.run(pixels); // ends the run that was begun; nobody looks at its watcher any more
    }
    CHECK(failure([&] { (void)moved.step(); }) == SRD_ERR_STATE);
    moved.begin(pixels);
    while (moved.step() != 0) continue;
    moved.ask_top();
}

void dump_throws()
{
    const srd::graph graph = readme_graph();
    int calls = 0;

    CHECK(throws_ours([&] {
        graph.dump(SRD_DUMP_TEXT, [&calls](const char *, std::size_t) {
            ++calls;
            throw thrown_here();
        });
    }));
    CHECK(calls == 1);
    CHECK(failure([&] { (void)graph.dump(77); }) == SRD_ERR_ARGUMENT);
}

void build_throws()
{
    const std::size_t size = srd::graph_memory_size([](srd::layers &net) { (void)add_readme(net); });
    std::vector<unsigned char> place(size + SRD_ALIGNMENT);
    void *aligned = place.data();
    std::size_t space = place.size();
    CHECK(std::align(SRD_ALIGNMENT, size, aligned, space) != nullptr);
    const srd_memory block = srd::block(aligned, size), small = srd::block(aligned, size - 1);

    {
        srd::builder net(&block);
        (void)add_readme(net);
        CHECK(net.seal().memory_used() == size);
    }
    CHECK(failure([&] {
              srd::builder net(&small);
              (void)add_readme(net);
              (void)net.seal();
          }) == SRD_ERR_MEMORY);
    CHECK(throws_ours([] { (void)srd::graph_memory_size([](srd::layers &) { throw thrown_here(); }); }));
    CHECK(failure([] { (void)srd::graph_memory_size([](srd::layers &net) { (void)net.input("picture", -1, 1, 1); }); }) ==
          SRD_ERR_ARGUMENT);
}

// A pool of threads; from some call on, its second thread cannot be started.
struct pool {
    void operator()(int32_t workers, srd::shared_work &work)
    {
        std::vector<std::thread> threads;
        struct joined {
            ~joined()
            {
                for (std::thread &thread : threads) thread.join();
            }
            std::vector<std::thread> &threads;
        } join = { threads };

        ++*calls;
        for (int32_t worker = 0; worker < workers; ++worker) {
            if (worker == 1 && *broken) throw thrown_here();
            threads.emplace_back([&work, worker] { work(worker); });
        }
    }

    int *calls;
    const bool *broken;
};

void pool_throws()
{
    srd::builder net;
    srd::tensor weight = srd::zeros({ 8, 1, 3, 3 }), picture = srd::zeros({ 1, 48, 48 });
    for (std::size_t i = 0; i < weight.size(); ++i) weight.writable()[i] = static_cast<float>(i % 7) - 3;
    for (std::size_t i = 0; i < picture.size(); ++i) picture.writable()[i] = static_cast<float>(i % 13);
    const srd_layer x = net.input("picture", 1, 48, 48);
    const srd_layer conv = net.relu("conv", net.conv2d(nullptr, x, weight, nullptr, srd::conv2d_options().pad(1)));
    net.output(net.global_avg_pool(nullptr, conv));
    const srd::graph graph = net.seal();
    int calls = 0;
    bool broken = false;
    auto threads = srd::share(3, pool{ &calls, &broken });
    srd::explainer alone(graph), shared(graph, srd::explainer_options(), &threads);
    srd::map_set expected(alone, { x, conv }), maps(shared, { x, conv });
    const auto same = [&] {
        for (std::size_t i = 0; i < 2; ++i) {
            const auto a = expected[i].numbers(), b = maps[i].numbers();
            if (a.size() != b.size() || !std::equal(a.begin(), a.end(), b.begin())) return false;
        }
        return true;
    };

    alone.run(picture);
    alone.ask_class(3, expected);
    shared.run(picture);
    shared.ask_class(3, maps);
    CHECK(calls > 0 && same());
    broken = true; // the work is done all the same, and the exception is told
    CHECK(throws_ours([&] { shared.run(picture); }));
    broken = false;
    shared.ask_class(3, maps);
    CHECK(same());
}

} // namespace

void test_callbacks()
{
    progress_throws();
    steps();
    dump_throws();
    build_throws();
    pool_throws();
}
