// test_main.cpp -- handles: who frees what and when, moves, and that questions take no memory. Runs all tests.
#include "test.hpp"

#include <cstdlib>
#include <memory>
#include <new>
#include <type_traits>

int failures = 0;
extern std::size_t news; // calls of operator new so far (test_new.cpp)

namespace
{

// Counts what the library takes and gives back; may refuse.
struct counting {
    void *allocate(std::size_t size, std::size_t alignment)
    {
        if (refuse) throw std::bad_alloc();
        const std::size_t room = size + alignment + sizeof(void *);
        void *const start = std::malloc(room);
        void *place = static_cast<char *>(start) + sizeof(void *);
        std::size_t left = room - sizeof(void *);
        std::align(alignment, size, place, left);
        std::memcpy(static_cast<char *>(place) - sizeof start, &start, sizeof start);
        live += size;
        return place;
    }
    void release(void *memory, std::size_t size)
    {
        void *start;
        std::memcpy(&start, static_cast<char *>(memory) - sizeof start, sizeof start);
        std::free(start);
        live -= size;
    }
    std::size_t live = 0;
    bool refuse = false;
};

template <class Handle> constexpr bool only_moves()
{
    return std::is_nothrow_move_constructible<Handle>::value && std::is_nothrow_move_assignable<Handle>::value &&
           !std::is_copy_constructible<Handle>::value && !std::is_copy_assignable<Handle>::value;
}

static_assert(only_moves<srd::tensor>() && only_moves<srd::builder>() && only_moves<srd::graph>() &&
                  only_moves<srd::explainer>(),
              "handles can be moved, not copied");
static_assert(std::is_nothrow_copy_constructible<srd::error>::value, "an exception must be copied without another");
static_assert(sizeof(srd::sized<srd_target>) == sizeof(srd_target), "what is passed to C is what C knows");

const float three[] = { 1, 3, 1 };

srd::graph graph_in(const srd_memory &memory)
{
    srd::builder net(&memory);
    (void)add_readme(net);
    return net.seal();
}

void frees_in_any_order()
{
    counting of_graph, of_explainer, of_tensor;
    const srd_memory graph_memory = srd::allocator(of_graph), explainer_memory = srd::allocator(of_explainer);
    const srd_memory tensor_memory = srd::allocator(of_tensor);

    {
        std::unique_ptr<srd::explainer> explainer; // goes last, although the graph was there first
        srd::tensor map = srd::zeros({ 1, 3 }, &tensor_memory);
        srd_layer picture;
        {
            const srd::graph graph = graph_in(graph_memory);
            picture = graph.at("picture");
            explainer.reset(new srd::explainer(graph, srd::explainer_options(), nullptr, &explainer_memory));
        }
        CHECK(of_graph.live > 0); // the explainer holds it
        explainer->run(srd::view(three, { 1, 1, 3 }));
        explainer->ask_top({ picture, map });
        CHECK(map.numbers()[1] == 5.625f);
        explainer.reset();
        CHECK(of_graph.live == 0 && of_explainer.live == 0 && of_tensor.live > 0);
    }
    CHECK(of_tensor.live == 0);

    {
        const srd::graph graph = graph_in(graph_memory);
        const srd::explainer explainer(graph, srd::explainer_options(), nullptr, &explainer_memory);
        CHECK(of_explainer.live > 0);
    }
    CHECK(of_graph.live == 0 && of_explainer.live == 0);

    try { // an exception half way: what was made is freed
        srd::builder net(&graph_memory);
        (void)add_readme(net);
        (void)net.relu("relu", 99);
    } catch (const srd::error &) {
        CHECK(of_graph.live == 0);
    }
    of_graph.refuse = true;
    CHECK(failure([&] { (void)graph_in(graph_memory); }) == SRD_ERR_MEMORY);
    CHECK(of_graph.live == 0);
}

// NOLINTBEGIN(bugprone-use-after-move,clang-analyzer-cplusplus.Move): that is what is tested here
void moves()
{
    counting of_graph, of_tensor;
    const srd_memory graph_memory = srd::allocator(of_graph), tensor_memory = srd::allocator(of_tensor);
    srd::tensor a = srd::zeros({ 4 }, &tensor_memory), b = srd::zeros({ 4 }, &tensor_memory);
    const std::size_t both = of_tensor.live;

    a = std::move(b);
    CHECK(of_tensor.live == both / 2);
    CHECK(a && !b && b.size() == 0 && b.numbers().size() == 0);
    CHECK(failure([&] { srd::copy(a, b); }) == SRD_ERR_ARGUMENT);
    b = srd::zeros({ 4 });
    a.writable()[3] = 7;
    srd::copy(a, b);
    CHECK(b.numbers()[3] == 7);

    srd::builder first(&graph_memory);
    srd::builder second = std::move(first);
    CHECK(failure([&] { (void)first.input("x", 1, 1, 1); }) == SRD_ERR_ARGUMENT);
    CHECK(first.layer_count() == 0 && failure([&] { (void)first.seal(); }) == SRD_ERR_ARGUMENT);
    (void)add_readme(second);
    srd::graph graph = second.seal();
    CHECK(failure([&] { (void)second.relu("late", 0); }) == SRD_ERR_ARGUMENT); // sealing took the graph
    srd::graph other = std::move(graph);
    CHECK(failure([&] { (void)srd::explainer(graph); }) == SRD_ERR_ARGUMENT);
    srd::explainer explainer(other);
    srd::explainer taken = std::move(explainer);
    CHECK(failure([&] { explainer.run(srd::view(three, { 1, 1, 3 })); }) == SRD_ERR_ARGUMENT);
    explainer = std::move(taken);
    explainer.run(srd::view(three, { 1, 1, 3 }));
    other = readme_graph(); // the explainer still holds the first one
    CHECK(of_graph.live > 0);
    explainer = srd::explainer(other);
    graph = std::move(other);
    CHECK(graph.layer_count() == 5);
}
// NOLINTEND(bugprone-use-after-move,clang-analyzer-cplusplus.Move)

// Runs, steps and questions call neither new nor, in the library, malloc; building and map sets do.
void takes_nothing()
{
    counting of_explainer;
    const srd_memory memory = srd::allocator(of_explainer);
    const srd::graph graph = readme_graph();
    const srd_layer picture = graph.at("picture"), features = graph.at("features");
    srd::explainer explainer(graph, srd::explainer_options(), nullptr, &memory);
    srd::tensor pixels = srd::view(three, { 1, 1, 3 }), map = srd::zeros({ 1, 3 }), score = srd::zeros({ 1 });
    srd::map_set maps(explainer, { picture, features });
    auto seen = srd::watch([](int32_t, int32_t) { return false; });
    const srd::target top = srd::target::top();
    const std::size_t news_before = news, live_before = of_explainer.live;

    of_explainer.refuse = true;
    explainer.run(pixels);
    explainer.run({ pixels.get() }, seen);
    explainer.begin(pixels, seen);
    while (explainer.step() != 0) continue;
    explainer.value(graph.at("score"), score);
    explainer.ask_top({ picture, map });
    explainer.ask_top(maps, srd::contrastive());
    explainer.ask_erf(features, 0, 0, { picture, map });
    explainer.ask({ &top, &top }, maps);
    explainer.ask(top, { picture, map });
    CHECK(explainer.report().score == 5 && explainer.top_class().score == 5);
    CHECK(news == news_before && of_explainer.live == live_before);
}

} // namespace

int main()
try {
    frees_in_any_order();
    moves();
    takes_nothing();
    test_layers();
    test_questions();
    test_callbacks();
    if (failures == 0) std::puts("all passed");
    return failures == 0 ? 0 : 1;
} catch (const std::exception &caught) {
    std::fprintf(stderr, "%s\n", caught.what());
    return 1;
}
