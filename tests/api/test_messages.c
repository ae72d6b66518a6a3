/*
 * test_messages.c -- a message says which argument is wrong, what it was, and what is allowed; and it is always valid UTF-8, whatever
 * bytes a layer's name was given.
 */
#include "fixture.h"

/* The last failure names this layer ("" for none) and says these words. */
static void check_said(srd_status status, srd_status want, const char *layer, const char *words)
{
    srd_detail why = testing_new_detail();

    check_status(status, want);
    why = *testing_reason();
    check_detail(&why, want, layer, words);
}

#define said(call, layer, words) check_said((call), SRD_ERR_ARGUMENT, (layer), (words))

START_TEST(a_layer_that_there_is_not)
{
    const srd_layer wrong = 42, none = SRD_LAYER_NONE;
    const srd_target target = SRD_TARGET_INIT, *const targets[1] = { &target };
    fixture f;

    fixture_begin(&f, NULL, 1);
    said(srd_explainer_ask_erf(f.explainer, 99, 0, 0, NULL, NULL, NULL, 0, testing_reason()), "",
         "layer 99 is no layer: the graph has 0 to ");
    said(srd_explainer_ask_erf(f.explainer, -7, 0, 0, NULL, NULL, NULL, 0, testing_reason()), "", "layer -7 ");
    said(srd_explainer_ask_seed(f.explainer, 99, f.maps[0], NULL, NULL, NULL, 0, testing_reason()), "", "layer 99 ");
    said(srd_explainer_ask_gradcam(f.explainer, targets, 1, 99, NULL, NULL, NULL, 0, testing_reason()), "", "site 99 ");
    said(srd_explainer_ask_top(f.explainer, NULL, &wrong, f.maps, 1, testing_reason()), "", "layers: 42 is no layer");
    said(srd_explainer_ask_top(f.explainer, NULL, &none, f.maps, 1, testing_reason()), "", "layers: -1 is no layer");
    said(srd_explainer_value(f.explainer, 99, f.maps[0], testing_reason()), "", "layer 99 ");
    said(srd_explainer_ask_erf(f.explainer, f.relu1, 9, 0, NULL, NULL, NULL, 0, testing_reason()), "relu1",
         "no position (9, 0)");
    fixture_end(&f);
}
END_TEST

START_TEST(a_class_an_output_or_an_image_that_there_is_not)
{
    const int32_t classes[1] = { 5 };
    srd_target target = SRD_TARGET_INIT;
    const srd_target *const targets[1] = { &target };
    fixture f;

    fixture_begin(&f, NULL, 1);
    said(srd_explainer_ask_class(f.explainer, 77, NULL, NULL, NULL, 0, testing_reason()), "probs",
         "class 77 is no class of the output, which has 0 to 2");
    said(srd_explainer_ask_class(f.explainer, -1, NULL, NULL, NULL, 0, testing_reason()), "probs", "class -1 ");
    target.kind = SRD_TARGET_AGAINST;
    target.class_index = 1;
    target.other_class = 78;
    said(srd_explainer_ask(f.explainer, targets, 1, NULL, NULL, NULL, 0, testing_reason()), "probs", "other_class 78 ");
    target = (srd_target)SRD_TARGET_INIT;
    target.kind = SRD_TARGET_CLASS;
    target.classes = classes;
    said(srd_explainer_ask(f.explainer, targets, 1, NULL, NULL, NULL, 0, testing_reason()), "probs",
         "classes for an image, 5 is no class");
    target = (srd_target)SRD_TARGET_INIT;
    target.output = 3;
    said(srd_explainer_ask(f.explainer, targets, 1, NULL, NULL, NULL, 0, testing_reason()), "",
         "output 3: the graph has 0 to 0");
    target = (srd_target)SRD_TARGET_INIT;
    target.kind = 17;
    said(srd_explainer_ask(f.explainer, targets, 1, NULL, NULL, NULL, 0, testing_reason()), "", "kind 17");
    said(srd_explainer_top_class(f.explainer, 4, 0, NULL, NULL, testing_reason()), "", "no image 4: a run has 1");
    said(srd_explainer_top_class(f.explainer, 0, 6, NULL, NULL, testing_reason()), "", "no output 6: the graph has 1");
    fixture_end(&f);
}
END_TEST

/* Four causes, four messages. */
START_TEST(a_tensor_that_cannot_be_written)
{
    const int64_t shape[2] = { TESTNET_HEIGHT, TESTNET_WIDTH }, strides[2] = { 0, 1 };
    float numbers[TESTNET_PIXELS] = { 0.0f };
    srd_tensor *const view = testing_const_view(2, shape, numbers), *flat = NULL;
    srd_detail why = testing_new_detail();
    fixture f;

    fixture_begin(&f, NULL, 1);
    check_ok(srd_tensor_view(SRD_FLOAT32, 2, shape, strides, numbers, NULL, &flat, NULL));
    said(srd_explainer_value(f.explainer, f.probs, NULL, testing_reason()), "probs", "value is NULL");
    said(srd_explainer_value(f.explainer, f.probs, view, testing_reason()), "probs", "value is a const view");
    said(srd_explainer_value(f.explainer, f.probs, flat, testing_reason()), "probs", "value has a stride of 0");
    said(srd_explainer_value(f.explainer, f.probs, (srd_tensor *)(void *)f.graph, testing_reason()), "probs",
         "value is no tensor");
    said(srd_explainer_ask_top(f.explainer, NULL, f.layers, &flat, 1, testing_reason()), "x", "the map has a stride of 0");
    check_status(srd_tensor_copy(NULL, f.maps[0], &why), SRD_ERR_ARGUMENT);
    check_detail(&why, SRD_ERR_ARGUMENT, "", "the tensor to copy is NULL");
    check_status(srd_tensor_copy(f.maps[0], view, &why), SRD_ERR_ARGUMENT);
    check_detail(&why, SRD_ERR_ARGUMENT, "", "the target is a const view");
    srd_tensor_free(view);
    srd_tensor_free(flat);
    fixture_end(&f);
}
END_TEST

START_TEST(arrays_that_are_missing)
{
    const srd_tensor *const nothing[1] = { NULL };
    const srd_target *const targets[1] = { NULL };
    fixture f;

    fixture_begin(&f, NULL, 1);
    said(srd_explainer_run(f.explainer, NULL, 1, NULL, testing_reason()), "", "inputs is NULL");
    said(srd_explainer_run(f.explainer, nothing, 1, NULL, testing_reason()), "x", "input 0 is NULL");
    said(srd_explainer_run(f.explainer, nothing, 3, NULL, testing_reason()), "", "3 inputs given, the graph has 1");
    said(srd_explainer_ask_top(f.explainer, NULL, NULL, f.maps, 2, testing_reason()), "", "count is 2, and layers is NULL");
    said(srd_explainer_ask_top(f.explainer, NULL, f.layers, NULL, 2, testing_reason()), "", "count is 2, and maps is NULL");
    said(srd_explainer_ask_top(f.explainer, NULL, f.layers, f.maps, -3, testing_reason()), "", "count is -3");
    said(srd_explainer_ask(f.explainer, NULL, 1, NULL, NULL, NULL, 0, testing_reason()), "", "targets is NULL, their count 1");
    said(srd_explainer_ask(f.explainer, targets, 0, NULL, NULL, NULL, 0, testing_reason()), "", "their count 0");
    fixture_end(&f);
}
END_TEST

START_TEST(a_layer_to_keep_that_there_is_not)
{
    const srd_keep keep = { 1234, SRD_KEEP_VALUE };
    srd_graph *const graph = testnet_graph(testnet_residual);
    srd_explainer_options o = testnet_options();
    srd_explainer *explainer = NULL;
    srd_detail why = testing_new_detail();

    o.keeps = &keep;
    o.keep_count = 1;
    check_status(srd_explainer_create(graph, &o, NULL, &explainer, &why), SRD_ERR_ARGUMENT);
    check_detail(&why, SRD_ERR_ARGUMENT, "", "keeps[0]: layer 1234 ");
    srd_graph_free(graph);
}
END_TEST

static const struct {
    const char *name;
    int is_good;
} names[] = {
    { "plain", 1 },
    { "gr\xc3\xbc\xc3\x9f", 1 },       /* two bytes each */
    { "\xe5\xb1\xa4", 1 },             /* three */
    { "\xf0\x9f\x94\xa5", 1 },         /* four */
    { "\xed\x9f\xbf\xee\x80\x80", 1 }, /* around the surrogates */
    { "\xf4\x8f\xbf\xbf", 1 },         /* the last one */
    { "bad\xff\xfe", 0 },              /* no bytes of UTF-8 */
    { "\xc3", 0 },                     /* cut */
    { "\xe5\xb1", 0 },                 /* cut */
    { "\xf0\x9f\x94", 0 },             /* cut */
    { "a\x80", 0 },                    /* goes on without a begin */
    { "\xc0\xaf", 0 },                 /* longer than needed */
    { "\xe0\x80\xaf", 0 },             /* longer than needed */
    { "\xf0\x80\x80\xaf", 0 },         /* longer than needed */
    { "\xed\xa0\x80", 0 },             /* a surrogate */
    { "\xf4\x90\x80\x80", 0 },         /* behind the last one */
    { "\xc3\x28", 0 },                 /* goes on wrongly */
    { "f\xf5\x80\x80\x80", 0 },        /* no first byte */
};
#define NAMES ((int)(sizeof names / sizeof *names))

START_TEST(names_are_utf8)
{
    srd_graph *graph = NULL;
    srd_detail why = testing_new_detail();
    srd_layer layer;

    check_ok(srd_graph_create(NULL, NULL, &graph, NULL));
    layer = srd_graph_input(graph, names[_i].name, 1, 2, 2);
    if (names[_i].is_good) {
        ck_assert_int_eq(layer, 0);
        ck_assert_str_eq(srd_graph_layer_name(graph, layer), names[_i].name);
    } else {
        ck_assert_int_eq(layer, SRD_LAYER_NONE);
        check_status(srd_graph_seal(graph, &why), SRD_ERR_ARGUMENT);
        ck_assert_ptr_nonnull(strstr(why.text, "UTF-8"));
        ck_assert_str_eq(why.layer_name, "");
        ck_assert_int_eq(why.layer, 0);
    }
    srd_graph_free(graph);
}
END_TEST

int main(void)
{
    const testing_list list[] = {
        { a_layer_that_there_is_not, 0, 0 },
        { a_class_an_output_or_an_image_that_there_is_not, 0, 0 },
        { a_tensor_that_cannot_be_written, 0, 0 },
        { arrays_that_are_missing, 0, 0 },
        { a_layer_to_keep_that_there_is_not, 0, 0 },
        { names_are_utf8, 0, NAMES },
        { NULL, 0, 0 },
    };

    return testing_main("messages", list);
}
