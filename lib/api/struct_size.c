/* struct_size.c -- the sizes of public structs by name, for bindings that check what they have declared. */
#include "base/platform.h"
#include "srd/srd.h"

typedef struct entry {
    const char *name;
    size_t size;
} entry;

#define ENTRY(type)         \
    {                       \
#type, sizeof(type) \
    }

/* Every public struct; tests/abi compares the list with the headers. */
static const entry entries[] = {
    ENTRY(srd_attention_options),
    ENTRY(srd_conv2d_options),
    ENTRY(srd_conv_transpose2d_options),
    ENTRY(srd_crop2d_options),
    ENTRY(srd_custom_layer),
    ENTRY(srd_custom_tap),
    ENTRY(srd_detail),
    ENTRY(srd_explainer_options),
    ENTRY(srd_given),
    ENTRY(srd_gradcam_options),
    ENTRY(srd_graph_options),
    ENTRY(srd_keep),
    ENTRY(srd_layer_geometry),
    ENTRY(srd_layer_info),
    ENTRY(srd_linear_options),
    ENTRY(srd_memory),
    ENTRY(srd_memory_info),
    ENTRY(srd_overlay_options),
    ENTRY(srd_plan_info),
    ENTRY(srd_pool2d_options),
    ENTRY(srd_question_options),
    ENTRY(srd_render_options),
    ENTRY(srd_report),
    ENTRY(srd_run_options),
    ENTRY(srd_score_options),
    ENTRY(srd_site_report),
    ENTRY(srd_target),
    ENTRY(srd_upsample_options),
};

size_t srd_struct_size(const char *name)
{
    for (size_t i = 0; name != NULL && i < sizeof entries / sizeof entries[0]; ++i) {
        const char *const ours = entries[i].name;
        size_t k = 0;

        while (ours[k] != '\0' && ours[k] == name[k]) ++k;
        if (ours[k] == name[k]) return entries[i].size;
    }
    return 0;
}
