/*
 * testing.h -- what every test program shares: running suites, and checks of statuses and of numbers.
 *
 * Check runs every test in a process of its own, so a crash or a leak is charged to the test that made it.
 */
#ifndef TESTS_TESTING_H
#define TESTS_TESTING_H

#include <check.h>
#include <stdint.h>
#include <string.h>

#include "srd/srd.h"

/* The call returns this status; a failure is reported by name. */
#define check_status(call, want) testing_status((call), (want), #call, __FILE__, __LINE__)
#define check_ok(call) check_status((call), SRD_OK)

/* A detail says this: its status, the name of its layer ("" for none), and a text that contains these words. */
#define check_detail(detail, status, name, words) testing_detail((detail), (status), (name), (words), __FILE__, __LINE__)

void testing_status(srd_status got, srd_status want, const char *call, const char *file, int line);
void testing_detail(const srd_detail *detail, srd_status status, const char *name, const char *words, const char *file,
                    int line);

/* A number that no computation yields, for seeing that an output was not touched. */
#define TESTING_UNTOUCHED (-7654321.0f)

/* Fills an array with it; and checks that every number still is it. */
void testing_mark(float *numbers, size_t count);
void check_untouched(const float *numbers, size_t count);

/* A detail that has not been written yet. */
srd_detail testing_new_detail(void);

/* The detail that calls of a test fill when they fail, one for each thread: what it says is about the last failure. */
srd_detail *testing_reason(void);

/* A view of the caller's numbers, from malloc. const_view: one that the library must not write. */
srd_tensor *testing_view(int32_t rank, const int64_t *shape, float *numbers);
srd_tensor *testing_const_view(int32_t rank, const int64_t *shape, const float *numbers);

/* A suite of one case. */
typedef struct testing_list {
    const TTest *test;
    int begin, end; /* a loop test runs for _i in [begin, end); 0 and 0: once */
} testing_list;

/* Runs tests up to the entry whose test is NULL; the exit status of the program. */
int testing_main(const char *name, const testing_list *list);

#endif
