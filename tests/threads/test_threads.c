/*
 * test_threads.c -- one sealed graph serves explainers on several threads at once, and a caller's parallel_for changes no bit.
 * Made for ThreadSanitizer as much as for its own checks.
 */
#define _POSIX_C_SOURCE 200809L
#include <pthread.h>
#include <sched.h>
#include <stdlib.h>

#include "testing.h"
#include "testnet.h"

#define THREADS 4
#define ROUNDS 3

/* Everything that a thread asks for, from one picture. */
typedef struct answers {
    srd_status status; /* the first failure */
    float values[TESTNET_CLASSES];
    float maps[3][TESTNET_PIXELS];
    srd_report report;
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
    srd_tensor *maps[3];

    to->report.struct_size = (uint32_t)sizeof to->report;
    for (int i = 0; i < 3; ++i) maps[i] = testing_view(2, shape, to->maps[i]);
    note(to, testnet_run(explainer, picture));
    note(to, srd_explainer_value(explainer, srd_graph_find(graph, "probs"), value, NULL));
    note(to, srd_explainer_ask_erf(explainer, srd_graph_find(graph, "relu2"), 3, 4, NULL, layers, &maps[2], 1, NULL));
    note(to, srd_explainer_ask_top(explainer, NULL, layers, maps, 2, NULL));
    note(to, srd_explainer_report(explainer, &to->report, NULL));
    for (int i = 0; i < 3; ++i) srd_tensor_free(maps[i]);
    srd_tensor_free(value);
}

/* ---- explainers on threads of their own ---- */

typedef struct job {
    pthread_t thread;
    srd_graph *graph;
    uint32_t picture;
    answers got[ROUNDS];
} job;

static void *run_job(void *argument)
{
    job *const j = argument;

    /* Each round makes and frees an explainer, so that the count of the graph's holders is contended for. */
    for (int round = 0; round < ROUNDS; ++round) {
        srd_explainer *explainer = NULL;

        note(&j->got[round], srd_explainer_create(j->graph, NULL, NULL, &explainer, NULL));
        if (explainer != NULL) ask(explainer, j->graph, j->picture, &j->got[round]);
        srd_explainer_free(explainer);
    }
    return NULL;
}

START_TEST(explainers_of_one_graph_on_four_threads)
{
    static job jobs[THREADS];
    static answers alone;
    srd_graph *const graph = testnet_graph(testnet_residual);

    for (uint32_t i = 0; i < THREADS; ++i) {
        jobs[i].graph = graph;
        jobs[i].picture = i;
        ck_assert_int_eq(pthread_create(&jobs[i].thread, NULL, run_job, &jobs[i]), 0);
    }
    for (int i = 0; i < THREADS; ++i) ck_assert_int_eq(pthread_join(jobs[i].thread, NULL), 0);
    for (uint32_t i = 0; i < THREADS; ++i) {
        srd_explainer *const explainer = testnet_explainer(graph, NULL);

        memset(&alone, 0, sizeof alone);
        ask(explainer, graph, i, &alone);
        check_ok(alone.status);
        for (int round = 0; round < ROUNDS; ++round) ck_assert_mem_eq(&jobs[i].got[round], &alone, sizeof alone);
        srd_explainer_free(explainer);
    }
    srd_graph_free(graph);
}
END_TEST

static void *free_graph(void *graph)
{
    srd_graph_free(graph);
    return NULL;
}

static void *run_and_free(void *explainer)
{
    const srd_status status = testnet_run(explainer, 1);

    srd_explainer_free(explainer);
    return status == SRD_OK ? NULL : explainer;
}

/* The last holder of a graph frees it, whichever thread that is. */
START_TEST(a_graph_is_freed_by_its_last_holder)
{
    for (int round = 0; round < 20; ++round) {
        srd_graph *const graph = testnet_graph(testnet_residual);
        pthread_t threads[THREADS] = { 0 };

        for (int i = 1; i < THREADS; ++i) {
            ck_assert_int_eq(pthread_create(&threads[i], NULL, run_and_free, testnet_explainer(graph, NULL)), 0);
        }
        ck_assert_int_eq(pthread_create(&threads[0], NULL, free_graph, graph), 0);
        for (int i = 0; i < THREADS; ++i) {
            void *failed = NULL;

            ck_assert_int_eq(pthread_join(threads[i], &failed), 0);
            ck_assert_ptr_null(failed);
        }
    }
}
END_TEST

/* ---- one explainer, taken by several threads by mistake ---- */

#define TRIES 60

typedef struct rival {
    pthread_t thread;
    srd_explainer *explainer;
    const srd_layer *layers;
    const float *expected;
    int right, refused, wrong, other;
} rival;

static int same_bits(const void *a, const void *b, size_t bytes)
{
    return memcmp(a, b, bytes) == 0;
}

/* A run and a question, as a wrapper does them that knows nothing of other threads. */
static void *run_rival(void *argument)
{
    rival *const r = argument;
    const int64_t shape[2] = { TESTNET_HEIGHT, TESTNET_WIDTH };
    float numbers[TESTNET_PIXELS];
    srd_tensor *map = testing_view(2, shape, numbers);

    for (int i = 0; i < TRIES; ++i) {
        srd_detail why = SRD_DETAIL_INIT;
        srd_status status = testnet_run(r->explainer, 1);

        why.text[0] = '\0';
        if (status == SRD_OK) status = srd_explainer_ask_class(r->explainer, 1, NULL, r->layers, &map, 1, &why);
        else why = *testing_reason();
        if (status == SRD_ERR_STATE) r->refused++;
        else if (status != SRD_OK) r->other++;
        else if (same_bits(numbers, r->expected, sizeof numbers)) r->right++;
        else r->wrong++;
        if (status != SRD_OK && why.text[0] == '\0') r->other++;
    }
    srd_tensor_free(map);
    return NULL;
}

/* All of them ask the same of the same picture: an answer is right, or there is an error. */
START_TEST(an_explainer_serves_one_thread_at_a_time)
{
    const int64_t shape[2] = { TESTNET_HEIGHT, TESTNET_WIDTH };
    srd_graph *const graph = testnet_graph(testnet_residual);
    srd_explainer *const explainer = testnet_explainer(graph, NULL);
    const srd_layer x = srd_graph_find(graph, "x");
    float expected[TESTNET_PIXELS];
    srd_tensor *map = testing_view(2, shape, expected);
    rival rivals[THREADS];
    int right = 0;

    check_ok(testnet_run(explainer, 1));
    check_ok(srd_explainer_ask_class(explainer, 1, NULL, &x, &map, 1, NULL));
    for (int i = 0; i < THREADS; ++i) {
        rivals[i] = (rival){ .explainer = explainer, .layers = &x, .expected = expected };
        ck_assert_int_eq(pthread_create(&rivals[i].thread, NULL, run_rival, &rivals[i]), 0);
    }
    for (int i = 0; i < THREADS; ++i) ck_assert_int_eq(pthread_join(rivals[i].thread, NULL), 0);
    for (int i = 0; i < THREADS; ++i) {
        ck_assert_int_eq(rivals[i].wrong, 0);
        ck_assert_int_eq(rivals[i].other, 0);
        ck_assert_int_eq(rivals[i].right + rivals[i].refused, TRIES);
        right += rivals[i].right;
    }
    ck_assert_int_gt(right, 0);
    check_ok(testnet_run(explainer, 1)); /* it was given back every time */
    check_ok(srd_explainer_ask_class(explainer, 1, NULL, &x, &map, 1, NULL));
    srd_tensor_free(map);
    srd_explainer_free(explainer);
    srd_graph_free(graph);
}
END_TEST

/* A callback that is lent the explainer hands a question to another thread, and waits for it or not. */
typedef struct errand {
    pthread_t thread;
    srd_explainer *explainer;
    int held;          /* 1: it had tasks to share, and so could be held */
    int waits, inside; /* inside: the question of the other thread has the explainer now, and holds it until the run is over */
    pthread_mutex_t lock;
    pthread_cond_t changed;
    srd_status status;
} errand;

static void set_inside(errand *e, int to)
{
    pthread_mutex_lock(&e->lock);
    e->inside = to;
    pthread_cond_broadcast(&e->changed);
    pthread_mutex_unlock(&e->lock);
}

static void await_inside(errand *e, int want)
{
    pthread_mutex_lock(&e->lock);
    while (e->inside != want) pthread_cond_wait(&e->changed, &e->lock);
    pthread_mutex_unlock(&e->lock);
}

/* The question's own work: for as long as the run that has lost the explainer is not over, it goes on. */
static void hold(void *user, srd_task task, void *context, int32_t count, int32_t workers)
{
    errand *const e = user;
    int holds;

    (void)workers;
    pthread_mutex_lock(&e->lock);
    holds = e->inside == 1 && !e->waits;
    pthread_mutex_unlock(&e->lock);
    if (holds && pthread_equal(pthread_self(), e->thread)) {
        e->held = 1;
        set_inside(e, 2);
        await_inside(e, 3);
    }
    for (int32_t i = 0; i < count; ++i) task(context, i, 0);
}

static void *run_errand(void *argument)
{
    errand *const e = argument;

    await_inside(e, 1);
    e->status = srd_explainer_ask_class(e->explainer, 1, NULL, NULL, NULL, 0, NULL);
    if (!e->waits && !e->held) set_inside(e, 2); /* nobody waits for what has not come */
    return NULL;
}

static srd_status send_errand(void *user, srd_explainer *explainer, int32_t image)
{
    errand *const e = user;

    (void)explainer, (void)image;
    if (e->inside != 0) return SRD_OK;
    if (pthread_create(&e->thread, NULL, run_errand, e) != 0) return SRD_ERR_MEMORY;
    set_inside(e, 1);
    if (e->waits) pthread_join(e->thread, NULL);
    else await_inside(e, 2);
    return SRD_OK;
}

static srd_status run_with(srd_explainer *explainer, const srd_run_options *options)
{
    const int64_t shape[3] = { TESTNET_CHANNELS, TESTNET_HEIGHT, TESTNET_WIDTH };
    float picture[TESTNET_INPUT];
    srd_tensor *input;
    const srd_tensor *inputs[1];
    srd_status status;

    testnet_picture(picture, TESTNET_INPUT, 1);
    inputs[0] = input = testing_const_view(3, shape, picture);
    status = srd_explainer_run(explainer, inputs, 1, options, NULL);
    srd_tensor_free(input);
    return status;
}

START_TEST(a_callback_may_let_another_thread_ask_and_must_wait)
{
    srd_graph *const graph = testnet_graph(testnet_residual);
    srd_explainer_options o = testnet_options();
    srd_run_options run = SRD_RUN_OPTIONS_INIT;
    errand e = { .waits = _i, .status = SRD_ERR_MEMORY };
    srd_status lost;

    pthread_mutex_init(&e.lock, NULL);
    pthread_cond_init(&e.changed, NULL);
    o.keep_images = SRD_IMAGES_ONE;
    o.parallel_for = hold;
    o.parallel_user = &e;
    o.workers = 2;
    e.explainer = testnet_explainer(graph, &o);
    run.each_image = send_errand;
    run.user = &e;
    lost = run_with(e.explainer, &run);
    check_status(lost, _i || !e.held ? SRD_OK : SRD_ERR_STATE);
    if (!_i && !e.held) pthread_join(e.thread, NULL);
    if (!_i && e.held) {
        check_status(srd_explainer_step(e.explainer, NULL, NULL), SRD_ERR_STATE); /* the question goes on */
        set_inside(&e, 3);
        pthread_join(e.thread, NULL);
    }
    check_ok(e.status);
    check_status(srd_explainer_ask_class(e.explainer, 1, NULL, NULL, NULL, 0, NULL), lost);
    e.inside = 4;
    check_ok(testnet_run(e.explainer, 1)); /* whatever happened, it can be used again */
    check_ok(srd_explainer_ask_class(e.explainer, 1, NULL, NULL, NULL, 0, NULL));
    srd_explainer_free(e.explainer);
    srd_graph_free(graph);
    pthread_cond_destroy(&e.changed);
    pthread_mutex_destroy(&e.lock);
}
END_TEST

/* ---- work shared by a parallel_for ---- */

typedef struct pool {
    int32_t workers;
    int backwards;      /* 1: the highest index first */
    int32_t most_tasks; /* seen in one call */
    long calls;
} pool;

typedef struct worker {
    pthread_t thread;
    srd_task task;
    void *context;
    int32_t *next;
    int32_t count, number;
    int backwards;
    pthread_mutex_t *lock;
} worker;

static void *work(void *argument)
{
    worker *const w = argument;

    for (;;) {
        int32_t index;

        pthread_mutex_lock(w->lock);
        index = (*w->next)++;
        pthread_mutex_unlock(w->lock);
        if (index >= w->count) return NULL;
        w->task(w->context, w->backwards ? w->count - 1 - index : index, w->number);
    }
}

/* As plain as can be: threads for each call, which take the next index under a lock. */
static void parallel_for(void *user, srd_task task, void *context, int32_t count, int32_t workers)
{
    pool *const p = user;
    pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
    worker team[THREADS];
    int32_t next = 0;

    memset(team, 0, sizeof team);
    if (workers != p->workers) abort(); /* the explainer's own number */
    p->calls++;
    if (count > p->most_tasks) p->most_tasks = count;
    for (int32_t i = 0; i < THREADS; ++i) {
        team[i].task = task;
        team[i].context = context;
        team[i].next = &next;
        team[i].count = count;
        team[i].number = i;
        team[i].backwards = p->backwards;
        team[i].lock = &lock;
    }
    for (int32_t i = 1; i < p->workers; ++i) {
        if (pthread_create(&team[i].thread, NULL, work, &team[i]) != 0) abort();
    }
    (void)work(&team[0]);
    for (int32_t i = 1; i < p->workers; ++i) (void)pthread_join(team[i].thread, NULL);
    (void)pthread_mutex_destroy(&lock);
}

START_TEST(workers_change_no_bit)
{
    static answers alone, together;
    srd_graph *const graph = testnet_graph(testnet_residual);
    srd_explainer *explainer = testnet_explainer(graph, NULL);

    ask(explainer, graph, 7, &alone);
    check_ok(alone.status);
    srd_explainer_free(explainer);
    for (int32_t workers = 1; workers <= 3; ++workers) {
        for (int backwards = 0; backwards <= 1; ++backwards) {
            pool p = { workers, backwards, 0, 0 };
            srd_explainer_options options = testnet_options();

            options.workers = workers;
            options.parallel_for = parallel_for;
            options.parallel_user = &p;
            explainer = testnet_explainer(graph, &options);
            memset(&together, 0, sizeof together);
            ask(explainer, graph, 7, &together);
            ck_assert_mem_eq(&together, &alone, sizeof alone);
            if (workers > 1) ck_assert_msg(p.calls > 0 && p.most_tasks > 1, "no work was shared");
            srd_explainer_free(explainer);
        }
    }
    srd_graph_free(graph);
}
END_TEST

/* ---- layers by the caller's callbacks ---- */

/* ReLU by way of the workspace, which no other worker may have at the same time. */
static void relu_value(void *user, float *y, int32_t channels, void *workspace)
{
    float *const copy = workspace;

    (void)user;
    for (int32_t c = 0; c < channels; ++c) copy[c] = y[c];
    sched_yield();
    for (int32_t c = 0; c < channels; ++c) y[c] = copy[c] > 0.0f ? copy[c] : 0.0f;
}

/* Every position from its right and left neighbour, by halves. */
static void neighbours(void *user, const int32_t *shapes, const float *const *inputs, int32_t count, int32_t position,
                       srd_custom_emit emit, void *context)
{
    const int32_t width = shapes[2], row = position / width, column = position % width;
    srd_custom_tap tap = { (uint32_t)sizeof tap, 0, 0, 0, shapes[0], 0.5f };

    (void)user, (void)inputs, (void)count;
    tap.position = row * width + (column + 1) % width;
    emit(context, &tap);
    tap.position = row * width + (column + width - 1) % width;
    emit(context, &tap);
}

static srd_status custom_graph(srd_graph *graph, void *user)
{
    static const float numbers[4 * TESTNET_CHANNELS * 9] = { 0.5f, -0.25f, 1.0f, 0.75f, -1.0f, 0.125f, 0.5f };
    const int64_t first[4] = { 4, TESTNET_CHANNELS, 3, 3 }, last[2] = { 3, 4 };
    srd_tensor *const weight = testing_const_view(4, first, numbers), *const scores = testing_const_view(2, last, numbers);
    srd_custom_layer relu = SRD_CUSTOM_LAYER_INIT, gather = SRD_CUSTOM_LAYER_INIT;
    srd_layer x = srd_graph_input(graph, "x", TESTNET_CHANNELS, TESTNET_HEIGHT, TESTNET_WIDTH);

    (void)user;
    relu.value = relu_value;
    relu.workspace = 4 * sizeof(float);
    gather.role = SRD_CUSTOM_GATHER;
    gather.most_taps = 2;
    gather.taps = neighbours;
    x = srd_graph_conv2d(graph, NULL, x, weight, NULL, NULL);
    x = srd_graph_custom(graph, NULL, &x, 1, &relu);
    x = srd_graph_custom(graph, NULL, &x, 1, &gather);
    x = srd_graph_relu(graph, NULL, x);
    x = srd_graph_linear(graph, NULL, srd_graph_global_avg_pool(graph, NULL, x), scores, NULL, NULL);
    srd_tensor_free(weight);
    srd_tensor_free(scores);
    return srd_graph_output(graph, x, NULL);
}

START_TEST(callbacks_run_on_all_workers)
{
    const int64_t shape[3] = { TESTNET_CHANNELS, TESTNET_HEIGHT, TESTNET_WIDTH };
    srd_graph *const graph = testnet_graph(custom_graph);
    const srd_layer x = srd_graph_find(graph, "x");
    float picture[TESTNET_INPUT], alone[TESTNET_PIXELS] = { 0 }, largest = 0.0f;
    srd_tensor *input;

    testnet_picture(picture, TESTNET_INPUT, 3);
    input = testing_const_view(3, shape, picture);
    for (int32_t workers = 1; workers <= THREADS; ++workers) {
        pool p = { workers, 0, 0, 0 };
        srd_explainer_options options = testnet_options();
        const srd_tensor *const inputs[1] = { input };
        float map[TESTNET_PIXELS];
        srd_tensor *const output = testing_view(2, shape + 1, map);
        srd_explainer *explainer;

        options.workers = workers;
        options.parallel_for = parallel_for;
        options.parallel_user = &p;
        explainer = testnet_explainer(graph, &options);
        check_ok(srd_explainer_run(explainer, inputs, 1, NULL, NULL));
        check_ok(srd_explainer_ask_class(explainer, 0, NULL, &x, &output, 1, NULL));
        if (workers == 1) memcpy(alone, map, sizeof map);
        ck_assert_mem_eq(alone, map, sizeof map);
        srd_explainer_free(explainer);
        srd_tensor_free(output);
    }
    for (int i = 0; i < TESTNET_PIXELS; ++i) largest = alone[i] > largest ? alone[i] : largest;
    ck_assert(largest > 0.0f);
    srd_tensor_free(input);
    srd_graph_free(graph);
}
END_TEST

int main(void)
{
    const testing_list list[] = {
        { explainers_of_one_graph_on_four_threads, 0, 0 },
        { a_graph_is_freed_by_its_last_holder, 0, 0 },
        { an_explainer_serves_one_thread_at_a_time, 0, 0 },
        { a_callback_may_let_another_thread_ask_and_must_wait, 0, 2 },
        { workers_change_no_bit, 0, 0 },
        { callbacks_run_on_all_workers, 0, 0 },
        { NULL, 0, 0 },
    };

    return testing_main("threads", list);
}
