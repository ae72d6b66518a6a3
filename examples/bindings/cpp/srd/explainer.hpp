// explainer.hpp -- runs a graph on pictures and answers questions about the run.
#ifndef SRD_EXPLAINER_HPP
#define SRD_EXPLAINER_HPP

#include <memory>
#include <vector>

#include "callbacks.hpp"
#include "graph.hpp"
#include "questions.hpp"

namespace srd
{

// What an explainer is to be made of. Everything in it is its own, so that it can be kept, changed and used again.
struct explainer_options {
    int32_t mode = SRD_MODE_EXPLAIN;
    int32_t batch = 1;
    std::vector<int32_t> input_sizes; // height and width of each input; empty: as declared
    std::vector<srd_keep> keeps;
    int32_t ratios = SRD_RATIOS_FLOAT32;

    explainer_options &keep(srd_layer layer, int32_t what) // SRD_KEEP_..., added up
    {
        keeps.push_back({ layer, what });
        return *this;
    }
};

class explainer
{
public:
    // The pool, if there is one, must stay where it is until the explainer is gone, and serves it alone.
    explicit explainer(const graph &of, const explainer_options &options = explainer_options(), worker_pool *pool = nullptr,
                       const srd_memory *memory = nullptr)
        : layer_count_(srd_graph_layer_count(of.get())), pool_(pool)
    {
        sized<srd_detail> detail;
        srd_explainer *handle = nullptr;
        const srd_explainer_options plain = as_c(options, pool);
        check(srd_explainer_create(of.get(), &plain, memory, &handle, &detail), detail, "srd_explainer_create");
        handle_.reset(handle);
    }

    // The exact size of a block for such an explainer. work: memory for the query itself.
    static std::size_t memory_size(const graph &of, const explainer_options &options = explainer_options(),
                                   worker_pool *pool = nullptr, const srd_memory *work = nullptr)
    {
        sized<srd_detail> detail;
        std::size_t size = 0;
        const srd_explainer_options plain = as_c(options, pool);
        check(srd_explainer_memory_size(of.get(), &plain, work, &size, &detail), detail, "srd_explainer_memory_size");
        return size;
    }

    srd_explainer *get() noexcept
    {
        return handle_.get();
    }
    const srd_explainer *get() const noexcept
    {
        return handle_.get();
    }
    int32_t batch() const noexcept
    {
        return srd_explainer_batch(get());
    }

    // ---- running ---------------------------------------------------------------------------------------------------------

    void run(const tensor_list &inputs, const srd_run_options &options = sized<srd_run_options>())
    {
        run_plain(inputs, nullptr, options);
    }
    void run(const tensor_list &inputs, watcher &seen, srd_run_options options = sized<srd_run_options>())
    {
        seen.put_into(options);
        run_plain(inputs, &seen, options);
    }

    // A run in steps: tensors, their numbers and the watcher must stay until it is over.
    void begin(const tensor_list &inputs, const srd_run_options &options = sized<srd_run_options>())
    {
        sized<srd_detail> detail;
        finish(srd_explainer_begin(get(), inputs.data(), inputs.count(), &options, &detail), detail, nullptr,
               "srd_explainer_begin");
        watcher_ = nullptr;
    }
    void begin(const tensor_list &inputs, watcher &seen, srd_run_options options = sized<srd_run_options>())
    {
        seen.put_into(options);
        sized<srd_detail> detail;
        finish(srd_explainer_begin(get(), inputs.data(), inputs.count(), &options, &detail), detail, &seen,
               "srd_explainer_begin");
        watcher_ = &seen;
    }
    int32_t step() // the steps that remain; 0: the run is complete
    {
        int32_t left = 0;
        sized<srd_detail> detail;
        const srd_status status = srd_explainer_step(get(), &left, &detail);
        watcher *const seen = watcher_;
        if (status != SRD_OK || left == 0) watcher_ = nullptr;
        finish(status, detail, seen, "srd_explainer_step");
        return left;
    }
    int32_t step_count() const noexcept // of one image
    {
        return srd_explainer_step_count(get());
    }
    step_time step_info(int32_t step) const
    {
        step_time result;
        sized<srd_detail> detail;
        check(srd_explainer_step_info(get(), step, &result.layer, &result.ticks, &detail), detail, "srd_explainer_step_info");
        return result;
    }

    // ---- what the last run says -------------------------------------------------------------------------------------------

    void value(srd_layer layer, tensor &to)
    {
        sized<srd_detail> detail;
        finish(srd_explainer_value(get(), layer, to.get(), &detail), detail, nullptr, "srd_explainer_value");
    }
    tensor value(srd_layer layer) // a new tensor [C][H][W], of a batch [N][C][H][W]
    {
        const shape_chw s = layer_shape(layer);
        tensor result = batch() == 1 ? zeros({ s[0], s[1], s[2] }) : zeros({ batch(), s[0], s[1], s[2] });
        value(layer, result);
        return result;
    }
    class_score top_class(int32_t image = 0, int32_t output = 0)
    {
        class_score result;
        sized<srd_detail> detail;
        finish(srd_explainer_top_class(get(), image, output, &result.class_index, &result.score, &detail), detail, nullptr,
               "srd_explainer_top_class");
        return result;
    }

    // ---- questions --------------------------------------------------------------------------------------------------------

    void ask(const target &of, const map_list &to = {}, const question_options &options = question_options())
    {
        const srd_target *const single = &of;
        ask(span<const srd_target *const>(&single, 1), to, options);
    }
    void ask(span<const srd_target *const> targets, const map_list &to = {},
             const question_options &options = question_options())
    {
        sized<srd_detail> detail;
        finish(srd_explainer_ask(get(), targets.data(), targets.count(), &options, to.layers(), to.maps(), to.count(), &detail),
               detail, nullptr, "srd_explainer_ask");
    }
    void ask_gradcam(const target &of, srd_layer site, const map_list &to = {},
                     const gradcam_options &options = gradcam_options())
    {
        const srd_target *const single = &of;
        ask_gradcam(span<const srd_target *const>(&single, 1), site, to, options);
    }
    void ask_gradcam(span<const srd_target *const> targets, srd_layer site, const map_list &to = {},
                     const gradcam_options &options = gradcam_options())
    {
        sized<srd_detail> detail;
        finish(srd_explainer_ask_gradcam(get(), targets.data(), targets.count(), site, &options, to.layers(), to.maps(),
                                         to.count(), &detail),
               detail, nullptr, "srd_explainer_ask_gradcam");
    }
    void ask_class(int32_t class_index, const map_list &to = {}, const score_options &options = score_options())
    {
        sized<srd_detail> detail;
        finish(srd_explainer_ask_class(get(), class_index, &options, to.layers(), to.maps(), to.count(), &detail), detail,
               nullptr, "srd_explainer_ask_class");
    }
    void ask_top(const map_list &to = {}, const score_options &options = score_options())
    {
        sized<srd_detail> detail;
        finish(srd_explainer_ask_top(get(), &options, to.layers(), to.maps(), to.count(), &detail), detail, nullptr,
               "srd_explainer_ask_top");
    }
    void ask_against(int32_t class_index, int32_t other_class, const map_list &to = {},
                     const score_options &options = score_options())
    {
        sized<srd_detail> detail;
        finish(srd_explainer_ask_against(get(), class_index, other_class, &options, to.layers(), to.maps(), to.count(),
                                         &detail),
               detail, nullptr, "srd_explainer_ask_against");
    }
    void ask_direction(const tensor &direction, const map_list &to = {}, const score_options &options = score_options())
    {
        sized<srd_detail> detail;
        finish(srd_explainer_ask_direction(get(), direction.get(), &options, to.layers(), to.maps(), to.count(), &detail),
               detail, nullptr, "srd_explainer_ask_direction");
    }
    void ask_erf(srd_layer layer, int32_t row, int32_t column, const map_list &to = {},
                 const question_options &options = question_options())
    {
        sized<srd_detail> detail;
        finish(srd_explainer_ask_erf(get(), layer, row, column, &options, to.layers(), to.maps(), to.count(), &detail), detail,
               nullptr, "srd_explainer_ask_erf");
    }
    void ask_seed(srd_layer layer, const tensor &seed, const map_list &to = {},
                  const question_options &options = question_options())
    {
        sized<srd_detail> detail;
        finish(srd_explainer_ask_seed(get(), layer, seed.get(), &options, to.layers(), to.maps(), to.count(), &detail), detail,
               nullptr, "srd_explainer_ask_seed");
    }

    // ---- reports and plans --------------------------------------------------------------------------------------------------

    srd_report report() const
    {
        sized<srd_report> result;
        sized<srd_detail> detail;
        check(srd_explainer_report(get(), &result, &detail), detail, "srd_explainer_report");
        return result;
    }
    srd_site_report site_report(srd_layer layer) const
    {
        sized<srd_site_report> result;
        sized<srd_detail> detail;
        check(srd_explainer_site_report(get(), layer, &result, &detail), detail, "srd_explainer_site_report");
        return result;
    }
    float given_error(srd_layer layer) const // of the last run: how far what the host gave is from what is computed
    {
        float result = 0;
        sized<srd_detail> detail;
        check(srd_explainer_given_error(get(), layer, &result, &detail), detail, "srd_explainer_given_error");
        return result;
    }
    srd_plan_info plan_info(srd_layer layer) const
    {
        sized<srd_plan_info> result;
        sized<srd_detail> detail;
        check(srd_explainer_plan_info(get(), layer, &result, &detail), detail, "srd_explainer_plan_info");
        return result;
    }
    const char *fast_case(srd_layer layer, int32_t index = 0) const noexcept // a name, or nullptr: no more cases
    {
        return srd_explainer_fast_case(get(), layer, index);
    }
    // As graph::dump(), with the sizes and the fast cases of this explainer.
    template <class Write> void dump(int32_t format, Write &&write) const
    {
        dump_writer<Write> here(write);
        sized<srd_detail> detail;
        const srd_status status = srd_explainer_dump(get(), format, dump_writer<Write>::piece, &here, &detail);
        here.rethrow();
        check(status, detail, "srd_explainer_dump");
    }
    std::string dump(int32_t format = SRD_DUMP_TEXT) const // takes memory for the text
    {
        std::string result;
        dump(format, [&result](const char *text, std::size_t length) { result.append(text, length); });
        return result;
    }
    srd_memory_info memory_info() const
    {
        sized<srd_memory_info> result;
        sized<srd_detail> detail;
        check(srd_explainer_memory_info(get(), &result, &detail), detail, "srd_explainer_memory_info");
        return result;
    }
    shape_chw layer_shape(srd_layer layer) const
    {
        shape_chw shape;
        sized<srd_detail> detail;
        check(srd_explainer_layer_shape(get(), layer, shape.data(), &detail), detail, "srd_explainer_layer_shape");
        return shape;
    }
    // Where the positions of every layer, by id, lie in the pixels of an input; see lay() in render.hpp.
    std::vector<srd_layer_geometry> layer_geometry(srd_layer input) const
    {
        std::vector<srd_layer_geometry> places(static_cast<std::size_t>(layer_count_));
        sized<srd_detail> detail;
        check(srd_explainer_layer_geometry(get(), input, places.data(), layer_count_,
                                           static_cast<int32_t>(sizeof(srd_layer_geometry)), &detail),
              detail, "srd_explainer_layer_geometry");
        return places;
    }
    /** SRD_KERNELS_PORTABLE or another set. */
    std::int32_t kernels() const noexcept
    {
        return srd_explainer_kernels(get());
    }

    std::size_t memory_used() const noexcept
    {
        return srd_explainer_memory_used(get());
    }

private:
    struct freed {
        void operator()(srd_explainer *handle) const noexcept
        {
            srd_explainer_free(handle);
        }
    };

    static srd_explainer_options as_c(const explainer_options &options, worker_pool *pool)
    {
        const span<const int32_t> sizes(options.input_sizes);
        const span<const srd_keep> keeps(options.keeps);
        sized<srd_explainer_options> plain;
        if (sizes.size() % 2 != 0) fail(error(SRD_ERR_ARGUMENT, "input_sizes must hold a height and a width for each input"));
        plain.mode = options.mode;
        plain.batch = options.batch;
        plain.input_size_count = sizes.count() / 2;
        plain.input_sizes = sizes.size() != 0 ? sizes.data() : nullptr;
        plain.keep_count = keeps.count();
        plain.keeps = keeps.size() != 0 ? keeps.data() : nullptr;
        plain.ratios = options.ratios;
        if (pool != nullptr) {
            plain.workers = pool->workers();
            plain.parallel_for = pool->parallel_for();
            plain.parallel_user = pool;
        }
        return plain;
    }

    void run_plain(const tensor_list &inputs, watcher *seen, const srd_run_options &options)
    {
        sized<srd_detail> detail;
        const srd_status status = srd_explainer_run(get(), inputs.data(), inputs.count(), &options, &detail);
        // A run that was refused leaves one that was begun before as it was; any other ended it.
        if (status == SRD_OK || status == SRD_ERR_NUMBER || status == SRD_ERR_CANCELLED) watcher_ = nullptr;
        finish(status, detail, seen, "srd_explainer_run");
    }

    // What a callback threw goes first, for a status that follows from it says less.
    void finish(srd_status status, const srd_detail &detail, watcher *seen, const char *call)
    {
        if (pool_ != nullptr) pool_->rethrow();
        if (seen != nullptr) seen->rethrow();
        check(status, detail, call);
    }

    std::unique_ptr<srd_explainer, freed> handle_;
    int32_t layer_count_;
    worker_pool *pool_;
    watcher *watcher_ = nullptr; // of the run that begin() began
};

// Maps of several layers that own their numbers, in the shape [H][W], of a batch [N][H][W]. Takes memory when it is made,
// and serves any number of questions: explainer.ask_top(maps).
class map_set
{
public:
    map_set(const explainer &of, span<const srd_layer> layers) : layers_(layers.begin(), layers.end())
    {
        for (const srd_layer layer : layers) {
            const shape_chw s = of.layer_shape(layer);
            maps_.push_back(of.batch() == 1 ? zeros({ s[1], s[2] }) : zeros({ of.batch(), s[1], s[2] }));
            handles_.push_back(maps_.back().get());
        }
    }
    std::size_t size() const noexcept
    {
        return maps_.size();
    }
    const tensor &operator[](std::size_t i) const noexcept
    {
        return maps_[i];
    }
    operator map_list() noexcept
    {
        return map_list(layers_.data(), handles_.data(), static_cast<int32_t>(layers_.size()));
    }

private:
    std::vector<srd_layer> layers_;
    std::vector<tensor> maps_;
    std::vector<srd_tensor *> handles_;
};

} // namespace srd

#endif
