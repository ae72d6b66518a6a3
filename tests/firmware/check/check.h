/*
 * check.h -- as much of Check (the framework of the tests) as they use, for bare metal: tests run one after the other in one program,
 * without processes, timeouts or files. A failed check ends its test, by longjmp; the memory that it had is lost. check.c has the rest.
 */
#ifndef FIRMWARE_CHECK_H
#define FIRMWARE_CHECK_H

#include <stdint.h>
#include <string.h>

typedef struct TTest {
    const char *name;
    void (*fn)(int index);
} TTest;

/* A suite is a list of cases, a case one test. */
typedef struct TCase {
    const TTest *test;
    int begin, end;
    struct TCase *next;
} TCase;

typedef struct Suite {
    const char *name;
    TCase *first, **last;
} Suite;

typedef struct SRunner {
    Suite *suite;
    int checks, failed;
} SRunner;

#define CK_ENV 0

Suite *suite_create(const char *name);
void suite_add_tcase(Suite *suite, TCase *one);
TCase *tcase_create(const char *name);
void tcase_set_timeout(TCase *one, double seconds);
void tcase_add_test(TCase *one, const TTest *test);
void tcase_add_loop_test(TCase *one, const TTest *test, int begin, int end);
SRunner *srunner_create(Suite *suite);
void srunner_run_all(SRunner *runner, int mode);
int srunner_ntests_failed(const SRunner *runner);
void srunner_free(SRunner *runner);

/* Counts a check; a failed one does not return. */
void check_that(int right, const char *file, int line, const char *format, ...) __attribute__((format(printf, 4, 5)));

#define START_TEST(name)                                    \
    static void name##_run(int _i);                         \
    static const TTest name##_test = { #name, name##_run }; \
    static const TTest *const name = &name##_test;          \
    static void name##_run(int _i __attribute__((unused)))
#define END_TEST

#define ck_assert_msg(right, ...) check_that((right) ? 1 : 0, __FILE__, __LINE__, __VA_ARGS__)
#define ck_abort_msg(...) check_that(0, __FILE__, __LINE__, __VA_ARGS__)
#define ck_assert(right) check_that((right) ? 1 : 0, __FILE__, __LINE__, "%s", #right)

#define CHECK_TWO(type, shown, a, op, b)                                                                          \
    do {                                                                                                          \
        const type a_ = (a), b_ = (b);                                                                            \
        check_that(a_ op b_, __FILE__, __LINE__, "%s %s %s: " shown ", " shown, #a, #op, #b, (type)a_, (type)b_); \
    } while (0)

#define ck_assert_int_eq(a, b) CHECK_TWO(intmax_t, "%jd", a, ==, b)
#define ck_assert_int_ne(a, b) CHECK_TWO(intmax_t, "%jd", a, !=, b)
#define ck_assert_int_ge(a, b) CHECK_TWO(intmax_t, "%jd", a, >=, b)
#define ck_assert_int_gt(a, b) CHECK_TWO(intmax_t, "%jd", a, >, b)
#define ck_assert_int_le(a, b) CHECK_TWO(intmax_t, "%jd", a, <=, b)
#define ck_assert_int_lt(a, b) CHECK_TWO(intmax_t, "%jd", a, <, b)
#define ck_assert_uint_eq(a, b) CHECK_TWO(uintmax_t, "%ju", a, ==, b)
#define ck_assert_uint_ne(a, b) CHECK_TWO(uintmax_t, "%ju", a, !=, b)
#define ck_assert_uint_gt(a, b) CHECK_TWO(uintmax_t, "%ju", a, >, b)
#define ck_assert_uint_le(a, b) CHECK_TWO(uintmax_t, "%ju", a, <=, b)
#define ck_assert_uint_lt(a, b) CHECK_TWO(uintmax_t, "%ju", a, <, b)
#define ck_assert_double_gt(a, b) CHECK_TWO(double, "%g", a, >, b)
#define ck_assert_double_le(a, b) CHECK_TWO(double, "%g", a, <=, b)
#define ck_assert_float_eq(a, b) CHECK_TWO(float, "%g", a, ==, b)
#define ck_assert_float_gt(a, b) CHECK_TWO(float, "%g", a, >, b)
#define ck_assert_float_le(a, b) CHECK_TWO(float, "%g", a, <=, b)

#define CHECK_NEAR(type, a, b, far)                                                                                         \
    do {                                                                                                                    \
        const type a_ = (a), b_ = (b), far_ = (far);                                                                        \
        check_that(a_ - b_ <= far_ && b_ - a_ <= far_, __FILE__, __LINE__, "%s is not near %s: %g, %g", #a, #b, (double)a_, \
                   (double)b_);                                                                                             \
    } while (0)
#define ck_assert_double_eq_tol(a, b, far) CHECK_NEAR(double, a, b, far)
#define ck_assert_float_eq_tol(a, b, far) CHECK_NEAR(float, a, b, far)

#define CHECK_POINTERS(a, op, b) check_that((const void *)(a)op(const void *)(b), __FILE__, __LINE__, "%s %s %s", #a, #op, #b)
#define ck_assert_ptr_eq(a, b) CHECK_POINTERS(a, ==, b)
#define ck_assert_ptr_null(a) CHECK_POINTERS(a, ==, NULL)
#define ck_assert_ptr_nonnull(a) CHECK_POINTERS(a, !=, NULL)

#define ck_assert_mem_eq(a, b, n) check_that(memcmp(a, b, n) == 0, __FILE__, __LINE__, "%s and %s are not equal", #a, #b)
#define ck_assert_mem_ne(a, b, n) check_that(memcmp(a, b, n) != 0, __FILE__, __LINE__, "%s and %s are equal", #a, #b)
#define ck_assert_str_eq(a, b) check_that(strcmp(a, b) == 0, __FILE__, __LINE__, "%s is \"%s\", not \"%s\"", #a, a, b)
#define ck_assert_str_ne(a, b) check_that(strcmp(a, b) != 0, __FILE__, __LINE__, "%s is \"%s\"", #a, a)

#endif
