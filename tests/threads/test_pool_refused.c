/*
 * test_pool_refused.c -- a pool whose threads cannot be started has those that could be, and does all tasks. The pool is compiled once
 * more, with refusing_create() in the place of pthread_create().
 */
#define _POSIX_C_SOURCE 200809L
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>

#include "srd/pool.h"
#include "testing.h"

static int granted; /* threads that may still be started */

int refusing_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*start)(void *), void *argument);

int refusing_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*start)(void *), void *argument)
{
    return granted-- > 0 ? pthread_create(thread, attributes, start, argument) : EAGAIN;
}

static void add(void *context, int32_t index, int32_t worker)
{
    (void)worker;
    atomic_fetch_add((atomic_int *)context, index + 1);
}

START_TEST(the_threads_that_started_do_everything)
{
    srd_pool *pool = NULL;

    granted = _i;
    check_ok(srd_pool_create(5, NULL, &pool, NULL));
    ck_assert_int_eq(srd_pool_threads(pool), 1 + (_i < 4 ? _i : 4));
    for (int round = 0; round < 20; ++round) {
        atomic_int sum = 0;

        srd_pool_parallel_for(pool, add, &sum, 100, 5);
        ck_assert_int_eq(atomic_load(&sum), 5050);
    }
    srd_pool_free(pool);
}
END_TEST

int main(void)
{
    const testing_list list[] = {
        { the_threads_that_started_do_everything, 0, 6 },
        { NULL, 0, 0 },
    };

    return testing_main("pool_refused", list);
}
