/* testing.c -- checks and the main of a test program. */
#include "testing.h"

#include <stdlib.h>

void testing_status(srd_status got, srd_status want, const char *call, const char *file, int line)
{
    ck_assert_msg(got == want, "%s:%d: %s is %s (%d), expected %s", file, line, call, srd_status_name(got), (int)got,
                  srd_status_name(want));
}

void testing_detail(const srd_detail *detail, srd_status status, const char *name, const char *words, const char *file,
                    int line)
{
    ck_assert_msg(detail->status == status, "%s:%d: the detail has status %s, expected %s (\"%s\")", file, line,
                  srd_status_name(detail->status), srd_status_name(status), detail->text);
    ck_assert_msg(strcmp(detail->layer_name, name) == 0, "%s:%d: the detail names layer \"%s\", expected \"%s\" (\"%s\")", file,
                  line, detail->layer_name, name, detail->text);
    ck_assert_msg((name[0] == '\0') == (detail->layer == SRD_LAYER_NONE), "%s:%d: layer \"%s\" with id %d", file, line, name,
                  (int)detail->layer);
    ck_assert_msg(strstr(detail->text, words) != NULL, "%s:%d: \"%s\" is not in the reason \"%s\"", file, line, words,
                  detail->text);
    ck_assert_msg(detail->text[0] != '\0', "%s:%d: no reason is given", file, line);
}

void testing_mark(float *numbers, size_t count)
{
    for (size_t i = 0; i < count; ++i) numbers[i] = TESTING_UNTOUCHED;
}

void check_untouched(const float *numbers, size_t count)
{
    for (size_t i = 0; i < count; ++i) {
        ck_assert_msg(numbers[i] == TESTING_UNTOUCHED, "number %zu was written: %g", i, (double)numbers[i]);
    }
}

#ifdef TESTING_ONE_THREAD /* a microcontroller's, whose libraries have no storage for threads */
#define PER_THREAD
#else
#define PER_THREAD _Thread_local
#endif

srd_detail *testing_reason(void)
{
    static PER_THREAD srd_detail reason = SRD_DETAIL_INIT;

    return &reason;
}

srd_detail testing_new_detail(void)
{
    const srd_detail detail = SRD_DETAIL_INIT;

    return detail;
}

srd_tensor *testing_view(int32_t rank, const int64_t *shape, float *numbers)
{
    srd_tensor *tensor = NULL;

    check_ok(srd_tensor_view(SRD_FLOAT32, rank, shape, NULL, numbers, NULL, &tensor, NULL));
    return tensor;
}

srd_tensor *testing_const_view(int32_t rank, const int64_t *shape, const float *numbers)
{
    srd_tensor *tensor = NULL;

    check_ok(srd_tensor_view_const(SRD_FLOAT32, rank, shape, NULL, numbers, NULL, &tensor, NULL));
    return tensor;
}

int testing_main(const char *name, const testing_list *list)
{
    Suite *const suite = suite_create(name);
    SRunner *const runner = srunner_create(suite);
    int failed;

    for (; list->test != NULL; ++list) {
        TCase *const one = tcase_create(list->test->name);

        tcase_set_timeout(one, 300);
        if (list->end > list->begin) tcase_add_loop_test(one, list->test, list->begin, list->end);
        else tcase_add_test(one, list->test);
        suite_add_tcase(suite, one);
    }
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
