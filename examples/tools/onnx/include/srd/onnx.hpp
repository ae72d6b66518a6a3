// onnx.hpp -- srd/onnx.h from C++11 on.
//
//     const srd::onnx_file file("network.onnx");
//     const srd::graph graph = file.build();
//     srd::explainer explainer(graph);
//     explainer.ask_top({ file.input(), map });
//
// Needs srd::cpp and srd::onnx.
#ifndef SRD_ONNX_HPP
#define SRD_ONNX_HPP

#include <memory>

#include <srd/graph.hpp>
#include <srd/onnx.h>

namespace srd
{

using onnx_options = sized<srd_onnx_options>;

class onnx_file
{
public:
    // Throws with the reason; where one node is to blame, layer_name() of the error is its name.
    explicit onnx_file(const char *path, const srd_onnx_options &options = onnx_options())
    {
        sized<srd_detail> detail;
        srd_onnx *handle = nullptr;
        check(srd_onnx_load(path, &options, &handle, &detail), detail, "srd_onnx_load");
        handle_.reset(handle);
    }
    onnx_file(span<const unsigned char> bytes, const srd_onnx_options &options = onnx_options())
    {
        sized<srd_detail> detail;
        srd_onnx *handle = nullptr;
        check(srd_onnx_load_memory(bytes.data(), bytes.size(), &options, &handle, &detail), detail, "srd_onnx_load_memory");
        handle_.reset(handle);
    }

    const srd_onnx *get() const noexcept
    {
        return handle_.get();
    }
    const char *notes() const noexcept // what was left out, a line for each note
    {
        return srd_onnx_notes(get());
    }
    srd_layer input(int32_t index = 0) const noexcept // the layer whose map is asked for
    {
        return srd_onnx_input(get(), index, nullptr);
    }
    int32_t class_count() const noexcept
    {
        return srd_onnx_class_count(get());
    }
    srd_onnx_layer_info layer(srd_layer layer) const
    {
        sized<srd_detail> detail;
        sized<srd_onnx_layer_info> result;
        check(srd_onnx_layer(get(), layer, &result, &detail), detail, "srd_onnx_layer");
        return result;
    }
    shape_chw shape(srd_layer of) const
    {
        const srd_onnx_layer_info info = layer(of);
        return { { info.channels, info.height, info.width } };
    }

    void build(builder &to) const // for a builder with memory or options of its own; it has no layer yet
    {
        sized<srd_detail> detail;
        check(srd_onnx_build(get(), to.get(), &detail), detail, "srd_onnx_build");
    }
    graph build() const // sealed, with copies of the weights: this file is not needed any more
    {
        builder to;
        build(to);
        return to.seal();
    }

private:
    struct freed {
        void operator()(srd_onnx *handle) const noexcept
        {
            srd_onnx_free(handle);
        }
    };

    std::unique_ptr<srd_onnx, freed> handle_;
};

} // namespace srd

#endif
