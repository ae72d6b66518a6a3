/*
 * test_layout.c -- the layout of public structs: no implicit padding, so that every language sees the same bytes and unknown
 * tails can be compared with 0; and the numbers of constants, which never change.
 */
#include "srd/render.h"
#include "testing.h"

/* The size of a struct is that of its fields, given one by one. */
#define FIELD(type, field) sizeof(((type *)0)->field)

START_TEST(structs_have_no_padding)
{
    ck_assert_uint_eq(sizeof(srd_detail), 4 * 4 + 64 + 240);
    ck_assert_uint_eq(sizeof(srd_memory), 2 * 4 + sizeof(void *) + sizeof(size_t) + 3 * sizeof(void *));
    ck_assert_uint_eq(sizeof(srd_graph_options), 2 * 4);
    ck_assert_uint_eq(sizeof(srd_conv2d_options), 10 * 4 + 2 * sizeof(void *));
    ck_assert_uint_eq(sizeof(srd_pool2d_options), 12 * 4);
    ck_assert_uint_eq(sizeof(srd_conv_transpose2d_options), 12 * 4 + 2 * sizeof(void *));
    ck_assert_uint_eq(sizeof(srd_upsample_options), 8 * 4);
    ck_assert_uint_eq(sizeof(srd_crop2d_options), 8 * 4);
    ck_assert_uint_eq(sizeof(srd_attention_options), 4 * 4 + sizeof(void *));
    ck_assert_uint_eq(sizeof(srd_explainer_options), 12 * 4 + 4 * sizeof(void *));
    ck_assert_uint_eq(sizeof(srd_question_options), 2 * 4);
    ck_assert_uint_eq(sizeof(srd_score_options), 3 * 4);
    ck_assert_uint_eq(sizeof(srd_gradcam_options), 3 * 4);
    ck_assert_uint_eq(sizeof(srd_linear_options), 2 * 4 + 2 * sizeof(void *));
    ck_assert_uint_eq(sizeof(srd_run_options), 4 * 4 + 6 * sizeof(void *) + 2 * 4);
    ck_assert_uint_eq(sizeof(srd_custom_layer), 4 * 4 + 6 * sizeof(void *) + sizeof(size_t));
    ck_assert_uint_eq(sizeof(srd_custom_tap), 6 * 4);
    ck_assert_uint_eq(sizeof(srd_given), 2 * 4 + sizeof(void *));
    ck_assert_uint_eq(sizeof(srd_target), 6 * 4 + 3 * sizeof(void *));
    ck_assert_uint_eq(sizeof(srd_render_options), 8 * 4);
    ck_assert_uint_eq(sizeof(srd_overlay_options), 10 * 4);
    ck_assert_uint_eq(sizeof(srd_render_options), 8 * 4);
    ck_assert_uint_eq(sizeof(srd_overlay_options), 10 * 4);
    ck_assert_uint_eq(sizeof(srd_keep), 2 * 4);
    ck_assert_uint_eq(sizeof(srd_layer_geometry), 6 * 4 + 8 * 8);
    ck_assert_uint_eq(sizeof(srd_report), 2 * 4 + 9 * 8 + 2 * 8 + 8);
    ck_assert_uint_eq(sizeof(srd_site_report), 2 * 4 + 4 * 8 + 2 * 8);
}
END_TEST

#define SIZE_OF(type) ck_assert_uint_eq(srd_struct_size(#type), sizeof(type))

/* By name, for bindings; names.sh looks that none is missing here. */
START_TEST(sizes_are_known_by_name)
{
    SIZE_OF(srd_attention_options);
    SIZE_OF(srd_conv2d_options);
    SIZE_OF(srd_conv_transpose2d_options);
    SIZE_OF(srd_crop2d_options);
    SIZE_OF(srd_custom_layer);
    SIZE_OF(srd_custom_tap);
    SIZE_OF(srd_detail);
    SIZE_OF(srd_explainer_options);
    SIZE_OF(srd_given);
    SIZE_OF(srd_gradcam_options);
    SIZE_OF(srd_graph_options);
    SIZE_OF(srd_keep);
    SIZE_OF(srd_layer_geometry);
    SIZE_OF(srd_layer_info);
    SIZE_OF(srd_linear_options);
    SIZE_OF(srd_memory);
    SIZE_OF(srd_memory_info);
    SIZE_OF(srd_overlay_options);
    SIZE_OF(srd_plan_info);
    SIZE_OF(srd_pool2d_options);
    SIZE_OF(srd_question_options);
    SIZE_OF(srd_render_options);
    SIZE_OF(srd_report);
    SIZE_OF(srd_run_options);
    SIZE_OF(srd_score_options);
    SIZE_OF(srd_site_report);
    SIZE_OF(srd_target);
    SIZE_OF(srd_upsample_options);
    ck_assert_uint_eq(srd_struct_size("srd_repor"), 0);
    ck_assert_uint_eq(srd_struct_size("srd_reports"), 0);
    ck_assert_uint_eq(srd_struct_size(""), 0);
    ck_assert_uint_eq(srd_struct_size(NULL), 0);
}
END_TEST

START_TEST(structs_begin_with_their_size)
{
    ck_assert_uint_eq(offsetof(srd_detail, struct_size), 0);
    ck_assert_uint_eq(offsetof(srd_memory, struct_size), 0);
    ck_assert_uint_eq(offsetof(srd_graph_options, struct_size), 0);
    ck_assert_uint_eq(offsetof(srd_conv2d_options, struct_size), 0);
    ck_assert_uint_eq(offsetof(srd_pool2d_options, struct_size), 0);
    ck_assert_uint_eq(offsetof(srd_explainer_options, struct_size), 0);
    ck_assert_uint_eq(offsetof(srd_question_options, struct_size), 0);
    ck_assert_uint_eq(offsetof(srd_score_options, struct_size), 0);
    ck_assert_uint_eq(offsetof(srd_gradcam_options, struct_size), 0);
    ck_assert_uint_eq(offsetof(srd_linear_options, struct_size), 0);
    ck_assert_uint_eq(offsetof(srd_custom_tap, struct_size), 0);
    ck_assert_uint_eq(offsetof(srd_render_options, struct_size), 0);
    ck_assert_uint_eq(offsetof(srd_overlay_options, struct_size), 0);
    ck_assert_uint_eq(offsetof(srd_report, struct_size), 0);
    ck_assert_uint_eq(offsetof(srd_site_report, struct_size), 0);
    ck_assert_uint_eq(FIELD(srd_detail, struct_size), 4);
    ck_assert_uint_eq(FIELD(srd_memory, struct_size), 4);
}
END_TEST

START_TEST(doubles_are_aligned_by_hand)
{
    ck_assert_uint_eq(offsetof(srd_report, score), 8);
    ck_assert_uint_eq(offsetof(srd_report, special_positions), 80);
    ck_assert_uint_eq(offsetof(srd_report, saturated_ratios), 88);
    ck_assert_uint_eq(offsetof(srd_report, lost), 96);
    ck_assert_uint_eq(offsetof(srd_site_report, relevance_in), 8);
    ck_assert_uint_eq(offsetof(srd_layer_geometry, step_y), 24);
    ck_assert_uint_eq(offsetof(srd_site_report, special_positions), 40);
}
END_TEST

/* Fields that came later stand behind those of the first version, whose size goes on being accepted. */
START_TEST(structs_grow_at_the_end)
{
    ck_assert_uint_eq(offsetof(srd_conv2d_options, weight_scale), 10 * 4);
    ck_assert_uint_eq(offsetof(srd_conv2d_options, weight_zero), 10 * 4 + sizeof(void *));
    ck_assert_uint_eq(offsetof(srd_conv_transpose2d_options, weight_scale), 12 * 4);
    ck_assert_uint_eq(offsetof(srd_overlay_options, step_y), 6 * 4);
    ck_assert_uint_eq(offsetof(srd_conv_transpose2d_options, weight_zero), 12 * 4 + sizeof(void *));
}
END_TEST

START_TEST(constants_are_pinned)
{
    ck_assert_int_eq(SRD_OK, 0);
    ck_assert_int_eq(SRD_LAYER_NONE, -1);
    ck_assert_int_eq(SRD_FLOAT32, 1);
    ck_assert_int_eq(SRD_FLOAT16, 2);
    ck_assert_int_eq(SRD_INT8, 3);
    ck_assert_int_eq(SRD_INT32, 4);
    ck_assert_int_eq(SRD_MAX_RANK, 4);
    ck_assert_int_eq(SRD_ALIGNMENT, 64);
    ck_assert_int_eq(SRD_WEIGHTS_COPY, 0);
    ck_assert_int_eq(SRD_WEIGHTS_BORROW, 1);
    ck_assert_int_eq(SRD_MODE_EXPLAIN, 0);
    ck_assert_int_eq(SRD_MODE_FORWARD, 1);
    ck_assert_int_eq(SRD_IMAGES_ALL, 0);
    ck_assert_int_eq(SRD_IMAGES_ONE, 1);
    ck_assert_int_eq(SRD_RATIOS_FLOAT32, 0);
    ck_assert_int_eq(SRD_RATIOS_FLOAT16, 1);
    ck_assert_int_eq(SRD_RATIOS_RECOMPUTED, 2);
    ck_assert_int_eq(SRD_INPUTS_COPY, 0);
    ck_assert_int_eq(SRD_INPUTS_BORROW, 1);
    ck_assert_int_eq(SRD_FAST_CASES_ALL, 0);
    ck_assert_int_eq(SRD_FAST_CASES_NONE, 1);
    ck_assert_int_eq(SRD_COLOURS_DIVERGING, 0);
    ck_assert_int_eq(SRD_COLOURS_SEQUENTIAL, 1);
    ck_assert_int_eq(SRD_COLOURS_GREY, 2);
    ck_assert_int_eq(SRD_COLOUR_ENTRIES, 256);
    ck_assert_int_eq(SRD_SCALE_MAX, 0);
    ck_assert_int_eq(SRD_SCALE_PERCENTILE, 1);
    ck_assert_int_eq(SRD_SCALE_RANGE, 2);
    ck_assert_int_eq(SRD_KERNELS_BEST, 0);
    ck_assert_int_eq(SRD_KERNELS_PORTABLE, 1);
    ck_assert_int_eq(SRD_KERNELS_AVX2, 2);
    ck_assert_int_eq(SRD_KERNELS_AVX512, 3);
    ck_assert_int_eq(SRD_KERNELS_NEON, 4);
    ck_assert_int_eq(SRD_KERNELS_AMX, 5);
    ck_assert_int_eq(SRD_ENLARGE_NEAREST, 0);
    ck_assert_int_eq(SRD_ENLARGE_BILINEAR, 1);
    ck_assert_int_eq(SRD_BLEND_VALUE, 0);
    ck_assert_int_eq(SRD_BLEND_EVEN, 1);
    ck_assert_int_eq(SRD_BLEND_PRINT, 2);
    ck_assert_uint_eq(sizeof(srd_status), 4);
    ck_assert_uint_eq(sizeof(srd_layer), 4);
}
END_TEST

int main(void)
{
    const testing_list list[] = {
        { structs_have_no_padding, 0, 0 },
        { structs_begin_with_their_size, 0, 0 },
        { sizes_are_known_by_name, 0, 0 },
        { doubles_are_aligned_by_hand, 0, 0 },
        { structs_grow_at_the_end, 0, 0 },
        { constants_are_pinned, 0, 0 },
        { NULL, 0, 0 },
    };

    return testing_main("abi_layout", list);
}
