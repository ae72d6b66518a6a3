/*
 * test_pool.c -- srd::pool does every task once, changes no bit of a map, and serves explainers on several host threads at once. Made for
 * ThreadSanitizer as much as for its own checks.
 */
#define _POSIX_C_SOURCE 200809L
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <unistd.h>

#include "srd/pool.h"
#include "testing.h"
#include "testnet.h"

#define MOST 1000
#define HOSTS 3
#define ROUNDS 20

static srd_pool *new_pool(int32_t threads, int32_t wait)
{
    srd_pool_options options = SRD_POOL_OPTIONS_INIT;
    srd_pool *pool = NULL;

    options.wait = wait;
    check_ok(srd_pool_create(threads, &options, &pool, NULL));
    ck_assert_int_eq(srd_pool_threads(pool), threads);
    return pool;
}

/* ---- every task once ---- */

typedef struct tally {
    atomic_int done[MOST];
    atomic_int busy[8]; /* calls of each worker at this moment */
    atomic_int wrong;   /* workers out of range, or used twice at once */
    int32_t workers;
    srd_pool *nested; /* called from inside of each task; NULL: none */
} tally;

static void add_one(void *context, int32_t index, int32_t worker)
{
    (void)worker;
    atomic_fetch_add((atomic_int *)context, index);
}

static void count(void *context, int32_t index, int32_t worker)
{
    tally *const t = context;

    if (worker < 0 || worker >= t->workers || index < 0 || index >= MOST) {
        atomic_fetch_add(&t->wrong, 1);
        return;
    }
    if (atomic_fetch_add(&t->busy[worker], 1) != 0) atomic_fetch_add(&t->wrong, 1);
    atomic_fetch_add(&t->done[index], 1);
    if (index % 7 == 0) sched_yield();
    if (t->nested != NULL) {
        atomic_int sum = 0;

        srd_pool_parallel_for(t->nested, add_one, &sum, 5, t->workers);
        if (atomic_load(&sum) != 10) atomic_fetch_add(&t->wrong, 1);
    }
    atomic_fetch_sub(&t->busy[worker], 1);
}

static void check_tally(srd_pool *pool, int32_t tasks, int32_t workers, srd_pool *nested)
{
    static tally t;

    memset(&t, 0, sizeof t);
    t.workers = workers;
    t.nested = nested;
    srd_pool_parallel_for(pool, count, &t, tasks, workers);
    for (int32_t i = 0; i < MOST; ++i) ck_assert_int_eq(atomic_load(&t.done[i]), i < tasks ? 1 : 0);
    ck_assert_int_eq(atomic_load(&t.wrong), 0);
}

START_TEST(every_task_is_done_once)
{
    static const int32_t tasks[] = { 0, 1, 2, 3, 5, 64, MOST };

    for (int32_t threads = 1; threads <= 4; ++threads) {
        srd_pool *const pool = new_pool(threads, _i);

        for (int32_t workers = 1; workers <= 6; ++workers) { /* fewer than threads, as many, more */
            for (size_t k = 0; k < sizeof tasks / sizeof tasks[0]; ++k) check_tally(pool, tasks[k], workers, NULL);
        }
        srd_pool_free(pool);
    }
    check_tally(NULL, MOST, 3, NULL); /* no pool: the calling thread */
}
END_TEST

START_TEST(a_task_may_call_the_pool)
{
    srd_pool *const pool = new_pool(3, SRD_POOL_WAIT_AWAKE);

    check_tally(pool, 100, 3, pool);
    srd_pool_free(pool);
}
END_TEST

/* ---- who works ---- */

typedef struct meeting {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    int here;
} meeting;

/* Returns when two have come: with one thread alone it never would. */
static void meet(void *context, int32_t index, int32_t worker)
{
    meeting *const m = context;

    (void)index, (void)worker;
    pthread_mutex_lock(&m->lock);
    ++m->here;
    pthread_cond_broadcast(&m->changed);
    while (m->here < 2) pthread_cond_wait(&m->changed, &m->lock);
    pthread_mutex_unlock(&m->lock);
}

START_TEST(two_threads_work_at_once)
{
    srd_pool *const pool = new_pool(2, _i);

    for (int round = 0; round < ROUNDS; ++round) {
        meeting m = { PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, 0 };

        srd_pool_parallel_for(pool, meet, &m, 2, 2); /* hangs if the pool has one thread at work only */
        ck_assert_int_eq(m.here, 2);
    }
    srd_pool_free(pool);
}
END_TEST

static atomic_int signals_elsewhere;
static pthread_t main_thread;

static void on_signal(int number)
{
    (void)number;
    if (!pthread_equal(pthread_self(), main_thread)) atomic_fetch_add(&signals_elsewhere, 1);
}

START_TEST(signals_go_to_the_host)
{
    struct sigaction action;
    srd_pool *pool;
    sigset_t only, before;

    memset(&action, 0, sizeof action);
    action.sa_handler = on_signal;
    main_thread = pthread_self();
    ck_assert_int_eq(sigaction(SIGUSR1, &action, NULL), 0);
    pool = new_pool(4, SRD_POOL_WAIT_ASLEEP);
    sigemptyset(&only);
    sigaddset(&only, SIGUSR1);
    ck_assert_int_eq(pthread_sigmask(SIG_BLOCK, &only, &before), 0); /* so that only another thread could take it */
    ck_assert_int_eq(sigismember(&before, SIGUSR1), 0);              /* the mask of this thread is what it was */
    ck_assert_int_eq(kill(getpid(), SIGUSR1), 0);
    for (int i = 0; i < 1000; ++i) sched_yield();
    ck_assert_int_eq(atomic_load(&signals_elsewhere), 0);
    srd_pool_free(pool);
}
END_TEST

/* ---- explainers ---- */

typedef struct answers {
    srd_status status;
    float values[TESTNET_CLASSES];
    float maps[2][TESTNET_PIXELS];
} answers;

static void note(answers *to, srd_status status)
{
    if (to->status == SRD_OK) to->status = status;
}

static void ask(srd_explainer *explainer, const srd_graph *graph, uint32_t picture, answers *to)
{
    const int64_t classes = TESTNET_CLASSES, shape[2] = { TESTNET_HEIGHT, TESTNET_WIDTH };
    const srd_layer layers[2] = { srd_graph_find(graph, "x"), srd_graph_find(graph, "relu1") };
    srd_tensor *const value = testing_view(1, &classes, to->values);
    srd_tensor *maps[2];

    for (int i = 0; i < 2; ++i) maps[i] = testing_view(2, shape, to->maps[i]);
    note(to, testnet_run(explainer, picture));
    note(to, srd_explainer_value(explainer, srd_graph_find(graph, "probs"), value, NULL));
    note(to, srd_explainer_ask_top(explainer, NULL, layers, maps, 2, NULL));
    for (int i = 0; i < 2; ++i) srd_tensor_free(maps[i]);
    srd_tensor_free(value);
}

static srd_explainer *explainer_on(srd_graph *graph, srd_pool *pool, int32_t workers)
{
    srd_explainer_options options = testnet_options();

    options.workers = workers;
    options.parallel_for = srd_pool_parallel_for;
    options.parallel_user = pool;
    return testnet_explainer(graph, &options);
}

START_TEST(the_pool_changes_no_bit)
{
    static answers alone, together;
    srd_graph *const graph = testnet_graph(testnet_residual);
    srd_explainer *explainer = testnet_explainer(graph, NULL);

    ask(explainer, graph, 7, &alone);
    check_ok(alone.status);
    srd_explainer_free(explainer);
    for (int32_t threads = 1; threads <= 3; ++threads) {
        for (int32_t workers = 1; workers <= 3; ++workers) {
            srd_pool *const pool = new_pool(threads, _i);

            explainer = explainer_on(graph, pool, workers);
            for (int round = 0; round < ROUNDS; ++round) {
                memset(&together, 0, sizeof together);
                ask(explainer, graph, 7, &together);
                ck_assert_mem_eq(&together, &alone, sizeof alone);
            }
            srd_explainer_free(explainer);
            srd_pool_free(pool);
        }
    }
    srd_graph_free(graph);
}
END_TEST

typedef struct host {
    pthread_t thread;
    srd_graph *graph;
    srd_pool *pool;
    uint32_t picture;
    answers want, got;
    int differ;
} host;

static int same_bits(const void *a, const void *b, size_t bytes)
{
    return memcmp(a, b, bytes) == 0;
}

static void *live(void *argument)
{
    host *const h = argument;
    srd_explainer *const explainer = explainer_on(h->graph, h->pool, 3);

    for (int round = 0; round < ROUNDS; ++round) {
        memset(&h->got, 0, sizeof h->got);
        ask(explainer, h->graph, h->picture, &h->got);
        if (!same_bits(&h->got, &h->want, sizeof h->want)) ++h->differ;
    }
    srd_explainer_free(explainer);
    return NULL;
}

START_TEST(explainers_of_several_hosts_share_one_pool)
{
    static host hosts[HOSTS];
    srd_graph *const graph = testnet_graph(testnet_residual);
    srd_explainer *const explainer = testnet_explainer(graph, NULL);
    srd_pool *const pool = new_pool(3, _i);

    for (uint32_t i = 0; i < HOSTS; ++i) {
        hosts[i].graph = graph;
        hosts[i].pool = pool;
        hosts[i].picture = 20 + i;
        ask(explainer, graph, hosts[i].picture, &hosts[i].want);
        check_ok(hosts[i].want.status);
    }
    for (int i = 0; i < HOSTS; ++i) ck_assert_int_eq(pthread_create(&hosts[i].thread, NULL, live, &hosts[i]), 0);
    for (int i = 0; i < HOSTS; ++i) ck_assert_int_eq(pthread_join(hosts[i].thread, NULL), 0);
    for (int i = 0; i < HOSTS; ++i) ck_assert_int_eq(hosts[i].differ, 0);
    srd_pool_free(pool);
    srd_explainer_free(explainer);
    srd_graph_free(graph);
}
END_TEST

/* ---- arguments ---- */

START_TEST(wrong_arguments_are_refused)
{
    struct {
        srd_pool_options known;
        int32_t later;
    } longer = { SRD_POOL_OPTIONS_INIT, 0 };
    srd_pool_options options = SRD_POOL_OPTIONS_INIT;
    srd_detail detail = testing_new_detail();
    srd_pool *pool = NULL;

    check_status(srd_pool_create(1, NULL, NULL, &detail), SRD_ERR_ARGUMENT);
    check_detail(&detail, SRD_ERR_ARGUMENT, "", "pool is NULL");
    check_status(srd_pool_create(-1, NULL, &pool, &detail), SRD_ERR_ARGUMENT);
    check_detail(&detail, SRD_ERR_ARGUMENT, "", "threads must be 1");
    check_status(srd_pool_create(SRD_POOL_MOST_THREADS + 1, NULL, &pool, NULL), SRD_ERR_ARGUMENT);
    options.wait = 2;
    check_status(srd_pool_create(1, &options, &pool, &detail), SRD_ERR_ARGUMENT);
    check_detail(&detail, SRD_ERR_ARGUMENT, "", "unknown wait");
    options.struct_size = 4;
    check_status(srd_pool_create(1, &options, &pool, &detail), SRD_ERR_ARGUMENT);
    check_detail(&detail, SRD_ERR_ARGUMENT, "", "struct_size");
    longer.known.struct_size = sizeof longer;
    longer.later = 1;
    check_status(srd_pool_create(1, &longer.known, &pool, NULL), SRD_ERR_ARGUMENT);
    ck_assert_ptr_null(pool);
    longer.later = 0;
    check_ok(srd_pool_create(1, &longer.known, &pool, NULL));
    srd_pool_free(pool);
    srd_pool_free(NULL);
    ck_assert_int_eq(srd_pool_threads(NULL), 1);
    check_ok(srd_pool_create(0, NULL, &pool, NULL));
    ck_assert_int_ge(srd_pool_threads(pool), 1);
    srd_pool_free(pool);
}
END_TEST

int main(void)
{
    const testing_list list[] = {
        { every_task_is_done_once, 0, 2 },     { a_task_may_call_the_pool, 0, 0 },
        { two_threads_work_at_once, 0, 2 },    { signals_go_to_the_host, 0, 0 },
        { the_pool_changes_no_bit, 0, 2 },     { explainers_of_several_hosts_share_one_pool, 0, 2 },
        { wrong_arguments_are_refused, 0, 0 }, { NULL, 0, 0 },
    };

    return testing_main("pool", list);
}
