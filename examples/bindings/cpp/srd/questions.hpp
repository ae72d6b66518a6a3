// questions.hpp -- what goes into runs and questions, and small results.
#ifndef SRD_QUESTIONS_HPP
#define SRD_QUESTIONS_HPP

#include "tensor.hpp"

namespace srd
{

using run_options = sized<srd_run_options>;
using question_options = sized<srd_question_options>;
using score_options = sized<srd_score_options>;
using gradcam_options = sized<srd_gradcam_options>;

// ask_top(maps, srd::contrastive()): the options of any question, with contrastive set.
struct contrastive {
    template <class Options> operator sized<Options>() const noexcept
    {
        sized<Options> options;
        options.contrastive = 1;
        return options;
    }
};

struct class_score {
    int32_t class_index;
    float score;
};

struct step_time {
    srd_layer layer;
    uint64_t ticks;
};

// The inputs of a run: one tensor, or handles: {a.get(), b.get()}. It must not outlive what it was made of.
class tensor_list
{
public:
    tensor_list(const tensor &single) noexcept : single_(single.get())
    {
    }
    tensor_list(std::initializer_list<const srd_tensor *> handles) : tensor_list(span<const srd_tensor *const>(handles))
    {
    }
    tensor_list(span<const srd_tensor *const> handles) : many_(handles), is_many_(true)
    {
        (void)handles.count(); // throws if it does not fit
    }
    const srd_tensor *const *data() const noexcept
    {
        return is_many_ ? many_.data() : &single_;
    }
    int32_t count() const noexcept
    {
        return is_many_ ? static_cast<int32_t>(many_.size()) : 1;
    }

private:
    const srd_tensor *single_ = nullptr;
    span<const srd_tensor *const> many_;
    bool is_many_ = false;
};

// Where the maps of a question go: {layer, tensor}, or arrays of both, or a map_set; {}: only the report is wanted.
class map_list
{
public:
    map_list() noexcept = default;
    map_list(srd_layer layer, tensor &map) noexcept : layer_(layer), map_(map.get()), count_(1)
    {
    }
    map_list(const srd_layer *layers, srd_tensor *const *maps, int32_t count) noexcept
        : layers_(layers), maps_(maps), count_(count)
    {
    }
    const srd_layer *layers() const noexcept
    {
        return layers_ != nullptr ? layers_ : &layer_;
    }
    srd_tensor *const *maps() const noexcept
    {
        return maps_ != nullptr ? maps_ : &map_;
    }
    int32_t count() const noexcept
    {
        return count_;
    }

private:
    const srd_layer *layers_ = nullptr;
    srd_tensor *const *maps_ = nullptr;
    srd_layer layer_ = SRD_LAYER_NONE;
    srd_tensor *map_ = nullptr;
    int32_t count_ = 0;
};

// A score. Tensors and arrays that it names must stay until it was asked for.
class target : public sized<srd_target>
{
public:
    static target top(int32_t of_output = 0) noexcept
    {
        return target(SRD_TARGET_TOP, of_output);
    }
    static target of_class(int32_t index, int32_t of_output = 0) noexcept
    {
        target result(SRD_TARGET_CLASS, of_output);
        result.class_index = index;
        return result;
    }
    static target of_classes(const int32_t *one_per_image, int32_t of_output = 0) noexcept
    {
        target result(SRD_TARGET_CLASS, of_output);
        result.classes = one_per_image;
        return result;
    }
    static target against(int32_t index, int32_t other, int32_t of_output = 0) noexcept
    {
        target result(SRD_TARGET_AGAINST, of_output);
        result.class_index = index;
        result.other_class = other;
        return result;
    }
    static target along(const tensor &weights, int32_t of_output = 0) noexcept
    {
        target result(SRD_TARGET_DIRECTION, of_output);
        result.direction = weights.get();
        return result;
    }
    target &masked(const tensor &weights) noexcept // of the positions
    {
        mask = weights.get();
        return *this;
    }

private:
    target(int32_t of_kind, int32_t of_output) noexcept
    {
        kind = of_kind;
        output = of_output;
    }
};

} // namespace srd

#endif
