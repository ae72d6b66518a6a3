// graph.hpp -- a builder takes layers, its seal() makes the graph that explainers run.
//
// A new layer call of the C interface is one more line in class layers.
#ifndef SRD_GRAPH_HPP
#define SRD_GRAPH_HPP

#include <array>
#include <utility>

#include "tensor.hpp"

namespace srd
{

using shape_chw = std::array<int32_t, 3>; // channels, height, width

// conv2d_options().stride(2).pad(1): the same in both directions; each field can be set for itself, too.
struct conv2d_options : sized<srd_conv2d_options> {
    conv2d_options &stride(int32_t pixels) noexcept
    {
        stride_h = stride_w = pixels;
        return *this;
    }
    conv2d_options &pad(int32_t pixels) noexcept
    {
        pad_top = pad_left = pad_bottom = pad_right = pixels;
        return *this;
    }
    conv2d_options &dilation(int32_t pixels) noexcept
    {
        dilation_h = dilation_w = pixels;
        return *this;
    }
    conv2d_options &in_groups(int32_t count) noexcept
    {
        groups = count;
        return *this;
    }
    // Of a weight of int8; the tensors must stay until the layer is added.
    conv2d_options &quantized(const tensor &scale, const optional_tensor &zero = nullptr) noexcept
    {
        weight_scale = scale.get();
        weight_zero = zero.get();
        return *this;
    }
};

struct linear_options : sized<srd_linear_options> {
    linear_options &quantized(const tensor &scale, const optional_tensor &zero = nullptr) noexcept
    {
        weight_scale = scale.get();
        weight_zero = zero.get();
        return *this;
    }
};

struct conv_transpose2d_options : sized<srd_conv_transpose2d_options> {
    conv_transpose2d_options &quantized(const tensor &scale, const optional_tensor &zero = nullptr) noexcept
    {
        weight_scale = scale.get();
        weight_zero = zero.get();
        return *this;
    }
    conv_transpose2d_options &stride(int32_t pixels) noexcept
    {
        stride_h = stride_w = pixels;
        return *this;
    }
    conv_transpose2d_options &pad(int32_t pixels) noexcept
    {
        pad_top = pad_left = pad_bottom = pad_right = pixels;
        return *this;
    }
};

// One scale for both directions; bilinear with half-pixel centres unless said otherwise.
struct upsample_options : sized<srd_upsample_options> {
    explicit upsample_options(float scale, int32_t how = SRD_UPSAMPLE_BILINEAR) noexcept
    {
        mode = how;
        scale_h = scale_w = scale;
    }
    upsample_options(int32_t to_height, int32_t to_width, int32_t how = SRD_UPSAMPLE_BILINEAR) noexcept
    {
        mode = how;
        height = to_height;
        width = to_width;
    }
};

// What is taken off above, at the left, below and at the right.
struct crop2d_options : sized<srd_crop2d_options> {
    crop2d_options() noexcept = default;
    crop2d_options(int32_t off_top, int32_t off_left, int32_t off_bottom, int32_t off_right) noexcept
    {
        top = off_top;
        left = off_left;
        bottom = off_bottom;
        right = off_right;
    }
    crop2d_options &step(int32_t rows, int32_t columns) noexcept
    {
        step_h = rows;
        step_w = columns;
        return *this;
    }
};

struct attention_options : sized<srd_attention_options> {
    explicit attention_options(int32_t count = 1) noexcept
    {
        heads = count;
    }
};

using custom_layer = sized<srd_custom_layer>;

struct pool2d_options : sized<srd_pool2d_options> {
    explicit pool2d_options(int32_t kernel) noexcept : pool2d_options(kernel, kernel)
    {
    }
    pool2d_options(int32_t height, int32_t width) noexcept
    {
        kernel_h = height;
        kernel_w = width;
    }
    pool2d_options &stride(int32_t pixels) noexcept
    {
        stride_h = stride_w = pixels;
        return *this;
    }
    pool2d_options &pad(int32_t pixels) noexcept
    {
        pad_top = pad_left = pad_bottom = pad_right = pixels;
        return *this;
    }
};

// What a dump calls with each piece of its text.
template <class Write> class dump_writer : public deferred
{
public:
    explicit dump_writer(Write &write) noexcept : write_(write)
    {
    }
    static srd_status piece(void *user, const char *text, std::size_t length) noexcept
    {
        dump_writer &self = *static_cast<dump_writer *>(user);
        return self.call([&] { self.write_(text, length); }) ? SRD_OK : SRD_ERR_CANCELLED;
    }

private:
    Write &write_;
};

// Looking at a graph, sealed or not. Owns nothing. What there is not is 0, nullptr or SRD_LAYER_NONE, as in C.
class looking
{
public:
    explicit looking(srd_graph *graph) noexcept : graph_(graph)
    {
    }
    const srd_graph *get() const noexcept
    {
        return graph_;
    }
    int32_t layer_count() const noexcept
    {
        return srd_graph_layer_count(graph_);
    }
    srd_layer find(name layer) const noexcept
    {
        return srd_graph_find(graph_, layer.get());
    }
    srd_layer at(name layer) const // as find(), but a name that is not there is an error
    {
        const srd_layer found = find(layer);
        if (found == SRD_LAYER_NONE) fail(error(SRD_ERR_ARGUMENT, "there is no layer of this name"));
        return found;
    }
    const char *layer_name(srd_layer layer) const noexcept
    {
        return srd_graph_layer_name(graph_, layer);
    }
    const char *layer_kind(srd_layer layer) const noexcept
    {
        return srd_graph_layer_kind(graph_, layer);
    }
    bool is_site(srd_layer layer) const noexcept
    {
        return srd_graph_is_site(graph_, layer) != 0;
    }
    shape_chw layer_shape(srd_layer layer) const
    {
        shape_chw shape;
        sized<srd_detail> detail;
        check(srd_graph_layer_shape(graph_, layer, shape.data(), &detail), detail, "srd_graph_layer_shape");
        return shape;
    }
    srd_layer_info layer_info(srd_layer layer) const
    {
        sized<srd_layer_info> info;
        sized<srd_detail> detail;
        check(srd_graph_layer_info(graph_, layer, &info, &detail), detail, "srd_graph_layer_info");
        return info;
    }
    srd_layer layer_operand(srd_layer layer, int32_t operand) const noexcept
    {
        return srd_graph_layer_operand(graph_, layer, operand);
    }
    int32_t input_count() const noexcept
    {
        return srd_graph_input_count(graph_);
    }
    srd_layer input_layer(int32_t input) const noexcept
    {
        return srd_graph_input_layer(graph_, input);
    }
    int32_t output_count() const noexcept
    {
        return srd_graph_output_count(graph_);
    }
    srd_layer output_layer(int32_t output) const noexcept
    {
        return srd_graph_output_layer(graph_, output);
    }
    std::size_t memory_used() const noexcept
    {
        return srd_graph_memory_used(graph_);
    }

    // Calls write(text, length) piece by piece; after an exception of its own it gets no more.
    template <class Write> void dump(int32_t format, Write &&write) const
    {
        dump_writer<Write> here(write);
        sized<srd_detail> detail;
        const srd_status status = srd_graph_dump(graph_, format, dump_writer<Write>::piece, &here, &detail);
        here.rethrow();
        check(status, detail, "srd_graph_dump");
    }
    std::string dump(int32_t format = SRD_DUMP_TEXT) const // takes memory for the text
    {
        std::string result;
        dump(format, [&result](const char *text, std::size_t length) { result.append(text, length); });
        return result;
    }

protected:
    srd_graph *graph_;
};

// Adding layers and outputs to a graph that is not sealed. Owns nothing.
class layers : public looking
{
public:
    using looking::get;
    using looking::looking;
    using list = span<const srd_layer>; // {a, b}, a vector, an array
    using tensor_or_null = const optional_tensor &;

    srd_graph *get() noexcept
    {
        return graph_;
    }

    // clang-format off
    // without parameters: the lines down to the next comment are written by cmake/kinds.cmake
    srd_layer relu(name n, srd_layer x) { return call(srd_graph_relu, n, x); }
    srd_layer selu(name n, srd_layer x) { return call(srd_graph_selu, n, x); }
    srd_layer silu(name n, srd_layer x) { return call(srd_graph_silu, n, x); }
    srd_layer tanh(name n, srd_layer x) { return call(srd_graph_tanh, n, x); }
    srd_layer sigmoid(name n, srd_layer x) { return call(srd_graph_sigmoid, n, x); }
    srd_layer softplus(name n, srd_layer x) { return call(srd_graph_softplus, n, x); }
    srd_layer hard_swish(name n, srd_layer x) { return call(srd_graph_hard_swish, n, x); }
    srd_layer hard_sigmoid(name n, srd_layer x) { return call(srd_graph_hard_sigmoid, n, x); }
    srd_layer mish(name n, srd_layer x) { return call(srd_graph_mish, n, x); }
    srd_layer log_sigmoid(name n, srd_layer x) { return call(srd_graph_log_sigmoid, n, x); }
    srd_layer softsign(name n, srd_layer x) { return call(srd_graph_softsign, n, x); }
    srd_layer abs(name n, srd_layer x) { return call(srd_graph_abs, n, x); }
    srd_layer exp(name n, srd_layer x) { return call(srd_graph_exp, n, x); }
    srd_layer erf(name n, srd_layer x) { return call(srd_graph_erf, n, x); }
    srd_layer softmax(name n, srd_layer x) { return call(srd_graph_softmax, n, x); }
    srd_layer global_avg_pool(name n, srd_layer x) { return call(srd_graph_global_avg_pool, n, x); }
    srd_layer global_max_pool(name n, srd_layer x) { return call(srd_graph_global_max_pool, n, x); }
    srd_layer flatten(name n, srd_layer x) { return call(srd_graph_flatten, n, x); }
    srd_layer transpose(name n, srd_layer x) { return call(srd_graph_transpose, n, x); }
    srd_layer dropout(name n, srd_layer x) { return call(srd_graph_dropout, n, x); }
    // with parameters
    srd_layer input(name n, int32_t channels, int32_t height, int32_t width)
        { return call(srd_graph_input, n, channels, height, width); }
    srd_layer constant(name n, const tensor &value) { return call(srd_graph_constant, n, value.get()); }
    // mixing
    srd_layer conv2d(name n, srd_layer x, const tensor &weight, tensor_or_null bias = nullptr, const srd_conv2d_options &o = conv2d_options())
        { return call(srd_graph_conv2d, n, x, weight.get(), bias.get(), &o); }
    srd_layer linear(name n, srd_layer x, const tensor &weight, tensor_or_null bias = nullptr, const srd_linear_options &o = linear_options())
        { return call(srd_graph_linear, n, x, weight.get(), bias.get(), &o); }
    srd_layer linear_tokens(name n, srd_layer x, const tensor &weight, tensor_or_null bias = nullptr,
                            const srd_linear_options &o = linear_options())
        { return call(srd_graph_linear_tokens, n, x, weight.get(), bias.get(), &o); }
    srd_layer conv_transpose2d(name n, srd_layer x, const tensor &weight, tensor_or_null bias = nullptr,
                               const srd_conv_transpose2d_options &o = conv_transpose2d_options())
        { return call(srd_graph_conv_transpose2d, n, x, weight.get(), bias.get(), &o); }
    // post
    srd_layer batch_norm(name n, srd_layer x, tensor_or_null gamma, tensor_or_null beta, const tensor &mean, const tensor &var, double eps)
        { return call(srd_graph_batch_norm, n, x, gamma.get(), beta.get(), mean.get(), var.get(), eps); }
    srd_layer scale_shift(name n, srd_layer x, tensor_or_null scale, tensor_or_null shift)
        { return call(srd_graph_scale_shift, n, x, scale.get(), shift.get()); }
    srd_layer instance_norm(name n, srd_layer x, tensor_or_null gamma, tensor_or_null beta, double eps)
        { return call(srd_graph_instance_norm, n, x, gamma.get(), beta.get(), eps); }
    srd_layer global_response_norm(name n, srd_layer x, tensor_or_null gamma, tensor_or_null beta, double eps)
        { return call(srd_graph_global_response_norm, n, x, gamma.get(), beta.get(), eps); }
    srd_layer group_norm(name n, srd_layer x, int32_t groups, tensor_or_null gamma, tensor_or_null beta, double eps)
        { return call(srd_graph_group_norm, n, x, groups, gamma.get(), beta.get(), eps); }
    srd_layer add_constant(name n, srd_layer x, const tensor &value) { return call(srd_graph_add_constant, n, x, value.get()); }
    srd_layer add(name n, list xs) { return call(srd_graph_add, n, xs.data(), xs.count()); }
    // pointwise
    srd_layer clip(name n, srd_layer x, float low, float high) { return call(srd_graph_clip, n, x, low, high); }
    srd_layer leaky_relu(name n, srd_layer x, float slope) { return call(srd_graph_leaky_relu, n, x, slope); }
    srd_layer prelu(name n, srd_layer x, const tensor &slopes) { return call(srd_graph_prelu, n, x, slopes.get()); }
    srd_layer elu(name n, srd_layer x, float alpha) { return call(srd_graph_elu, n, x, alpha); }
    srd_layer celu(name n, srd_layer x, float alpha) { return call(srd_graph_celu, n, x, alpha); }
    srd_layer gelu(name n, srd_layer x, int32_t approximation) { return call(srd_graph_gelu, n, x, approximation); }
    srd_layer local_response_norm(name n, srd_layer x, int32_t size, float alpha, float beta, float k)
        { return call(srd_graph_local_response_norm, n, x, size, alpha, beta, k); }
    srd_layer rms_norm(name n, srd_layer x, tensor_or_null gamma, double eps) { return call(srd_graph_rms_norm, n, x, gamma.get(), eps); }
    srd_layer l2_norm(name n, srd_layer x, double eps) { return call(srd_graph_l2_norm, n, x, eps); }
    srd_layer layer_norm(name n, srd_layer x, tensor_or_null gamma, tensor_or_null beta, double eps)
        { return call(srd_graph_layer_norm, n, x, gamma.get(), beta.get(), eps); }
    // gather
    srd_layer max_pool2d(name n, srd_layer x, const srd_pool2d_options &o) { return call(srd_graph_max_pool2d, n, x, &o); }
    srd_layer avg_pool2d(name n, srd_layer x, const srd_pool2d_options &o) { return call(srd_graph_avg_pool2d, n, x, &o); }
    srd_layer adaptive_avg_pool2d(name n, srd_layer x, int32_t h, int32_t w)
        { return call(srd_graph_adaptive_avg_pool2d, n, x, h, w); }
    srd_layer maximum(name n, list xs) { return call(srd_graph_maximum, n, xs.data(), xs.count()); }
    srd_layer minimum(name n, list xs) { return call(srd_graph_minimum, n, xs.data(), xs.count()); }
    srd_layer concat(name n, list xs) { return call(srd_graph_concat, n, xs.data(), xs.count()); }
    srd_layer zero_pad2d(name n, srd_layer x, int32_t top, int32_t left, int32_t bottom, int32_t right)
        { return call(srd_graph_zero_pad2d, n, x, top, left, bottom, right); }
    srd_layer zero_channels(name n, srd_layer x, int32_t before, int32_t after)
        { return call(srd_graph_zero_channels, n, x, before, after); }
    srd_layer subsample2d(name n, srd_layer x, int32_t stride_h, int32_t stride_w)
        { return call(srd_graph_subsample2d, n, x, stride_h, stride_w); }
    srd_layer constant_pad2d(name n, srd_layer x, int32_t top, int32_t left, int32_t bottom, int32_t right, float value)
        { return call(srd_graph_constant_pad2d, n, x, top, left, bottom, right, value); }
    srd_layer adaptive_max_pool2d(name n, srd_layer x, int32_t h, int32_t w)
        { return call(srd_graph_adaptive_max_pool2d, n, x, h, w); }
    srd_layer sum(name n, srd_layer x, int32_t axes) { return call(srd_graph_sum, n, x, axes); }
    srd_layer max(name n, srd_layer x, int32_t axes) { return call(srd_graph_max, n, x, axes); }
    srd_layer max_channels(name n, srd_layer x, int32_t groups) { return call(srd_graph_max_channels, n, x, groups); }
    srd_layer mean(name n, srd_layer x, int32_t axes) { return call(srd_graph_mean, n, x, axes); }
    srd_layer slice(name n, srd_layer x, int32_t first, int32_t count) { return call(srd_graph_slice, n, x, first, count); }
    srd_layer shuffle(name n, srd_layer x, int32_t groups) { return call(srd_graph_shuffle, n, x, groups); }
    srd_layer reshape(name n, srd_layer x, int32_t h, int32_t w) { return call(srd_graph_reshape, n, x, h, w); }
    srd_layer concat_tokens(name n, list xs) { return call(srd_graph_concat_tokens, n, xs.data(), xs.count()); }
    srd_layer select_tokens(name n, srd_layer x, int32_t first, int32_t count)
        { return call(srd_graph_select_tokens, n, x, first, count); }
    srd_layer upsample(name n, srd_layer x, const srd_upsample_options &o) { return call(srd_graph_upsample, n, x, &o); }
    srd_layer gather_channels(name n, srd_layer x, span<const int32_t> channels)
        { return call(srd_graph_gather_channels, n, x, channels.data(), channels.count()); }
    srd_layer depth_to_space(name n, srd_layer x, int32_t block_h, int32_t block_w, int32_t order = SRD_BLOCKS_FIRST)
        { return call(srd_graph_depth_to_space, n, x, block_h, block_w, order); }
    srd_layer space_to_depth(name n, srd_layer x, int32_t block_h, int32_t block_w, int32_t order = SRD_BLOCKS_FIRST)
        { return call(srd_graph_space_to_depth, n, x, block_h, block_w, order); }
    srd_layer crop2d(name n, srd_layer x, const srd_crop2d_options &o) { return call(srd_graph_crop2d, n, x, &o); }
    srd_layer roll2d(name n, srd_layer x, int32_t shift_h, int32_t shift_w) { return call(srd_graph_roll2d, n, x, shift_h, shift_w); }
    srd_layer reflection_pad2d(name n, srd_layer x, int32_t top, int32_t left, int32_t bottom, int32_t right)
        { return call(srd_graph_reflection_pad2d, n, x, top, left, bottom, right); }
    srd_layer replication_pad2d(name n, srd_layer x, int32_t top, int32_t left, int32_t bottom, int32_t right)
        { return call(srd_graph_replication_pad2d, n, x, top, left, bottom, right); }
    srd_layer circular_pad2d(name n, srd_layer x, int32_t top, int32_t left, int32_t bottom, int32_t right)
        { return call(srd_graph_circular_pad2d, n, x, top, left, bottom, right); }
    srd_layer window_partition(name n, srd_layer x, int32_t window_h, int32_t window_w, int32_t arrangement = SRD_WINDOWS_BLOCKS)
        { return call(srd_graph_window_partition, n, x, window_h, window_w, arrangement); }
    srd_layer window_reverse(name n, srd_layer x, int32_t height, int32_t width, int32_t window_h, int32_t window_w,
                             int32_t arrangement = SRD_WINDOWS_BLOCKS)
        { return call(srd_graph_window_reverse, n, x, height, width, window_h, window_w, arrangement); }
    srd_layer gate(name n, srd_layer value, srd_layer gate) { return call(srd_graph_gate, n, value, gate); }
    srd_layer attention(name n, srd_layer query, srd_layer key, srd_layer value,
                        const srd_attention_options &o = attention_options())
        { return call(srd_graph_attention, n, query, key, value, &o); }
    // the caller's own: callbacks must not throw, and stay, with user, until the graph and its explainers are gone
    srd_layer custom(name n, list xs, const srd_custom_layer &o) { return call(srd_graph_custom, n, xs.data(), xs.count(), &o); }
    // clang-format on

    void output(srd_layer layer)
    {
        fail_unless(srd_graph_output(graph_, layer, nullptr) == SRD_OK);
    }

private:
    void fail_unless(bool good) const
    {
        sized<srd_detail> detail;
        if (good) return;
        if (srd_graph_detail(graph_, &detail) != SRD_OK || detail.status == SRD_OK) { // no graph: it was moved from
            fail(error(SRD_ERR_ARGUMENT, "there is no graph that layers could be added to"));
        }
        fail(error(detail.status, detail, "a layer call"));
    }
    template <class Function, class... Parameters> srd_layer call(Function function, name n, Parameters... parameters)
    {
        const srd_layer layer = function(graph_, n.get(), parameters...);
        fail_unless(layer != SRD_LAYER_NONE);
        return layer;
    }
};

// Holds a graph and gives it up at the end.
template <class Base> class owner : public Base
{
public:
    owner(owner &&other) noexcept : Base(other.graph_)
    {
        other.graph_ = nullptr;
    }
    owner &operator=(owner &&other) noexcept
    {
        std::swap(this->graph_, other.graph_);
        return *this;
    }
    ~owner()
    {
        srd_graph_free(this->graph_);
    }

protected:
    explicit owner(srd_graph *graph) noexcept : Base(graph)
    {
    }
};

// A sealed graph. It never changes; any number of threads may look at it and make explainers, which hold it, too.
class graph : public owner<looking>
{
public:
    explicit graph(srd_graph *sealed) noexcept : owner(sealed)
    {
    }
};

class builder : public owner<layers>
{
public:
    explicit builder(const srd_memory *memory = nullptr) : builder(sized<srd_graph_options>(), memory)
    {
    }
    explicit builder(const srd_graph_options &options, const srd_memory *memory = nullptr) : owner(create(options, memory))
    {
    }

    graph seal() // leaves the builder empty; after an exception it can only be looked at and destroyed
    {
        sized<srd_detail> detail;
        check(srd_graph_seal(graph_, &detail), detail, "srd_graph_seal");
        srd_graph *const sealed = graph_;
        graph_ = nullptr;
        return graph(sealed);
    }

private:
    static srd_graph *create(const srd_graph_options &options, const srd_memory *memory)
    {
        sized<srd_detail> detail;
        srd_graph *handle = nullptr;
        check(srd_graph_create(&options, memory, &handle, &detail), detail, "srd_graph_create");
        return handle;
    }
};

// The exact size of a block for the graph that build(srd::layers &) adds layers to, twice: here, and to the builder in it.
template <class Build>
std::size_t graph_memory_size(Build &&build, const srd_graph_options &options = sized<srd_graph_options>(),
                              const srd_memory *work = nullptr)
{
    struct call : deferred {
        explicit call(Build &function) noexcept : build(function)
        {
        }
        static srd_status run(srd_graph *graph, void *user) noexcept
        {
            struct call &self = *static_cast<struct call *>(user);
            const bool good = self.deferred::call([&] {
                layers into(graph);
                self.build(into);
            });
            return good ? SRD_OK : SRD_ERR_CANCELLED;
        }
        Build &build;
    };
    sized<srd_detail> detail;
    std::size_t size = 0;
    call here(build);
    const srd_status status = srd_graph_memory_size(call::run, &here, &options, work, &size, &detail);
    here.rethrow();
    check(status, detail, "srd_graph_memory_size");
    return size;
}

} // namespace srd

#endif
