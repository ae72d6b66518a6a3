/*
 * main.c -- random networks against the float64 reference.
 *
 *   random_graphs FIRST COUNT [JOBS] [FOLDER]   networks of the seeds FIRST ... FIRST + COUNT - 1, on JOBS processes; what fails is
 *                                               shrunk and written to FOLDER as NAME.net and NAME.bin
 *   random_graphs print SEED                    the network of a seed
 *
 * The last line has the counts. The exit status is 0 only if nothing failed.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "gen.h"
#include "judge.h"
#include "shrink.h"

#define MOST_JOBS 64
#define MOST_SHOWN 20         /* faults that are shrunk and shown, of each process */
#define MOST_CONDITIONED 0.02 /* of all maps, that noise may account for */

/* Shared with the processes that do the work: what a process was at when it died is known. */
typedef struct job {
    uint64_t next, end;
    int shown;
    tally count;
} job;

static const char *folder;

static void show(net *n, uint64_t seed, const char *kind, const char *text)
{
    char name[300], remark[400], last_kind[40], last_text[512] = "";
    uint64_t with = seed;
    FILE *to;

    fprintf(stderr, "seed %llu: %s: %s\n", (unsigned long long)seed, kind, text);
    shrink(n, &with, kind);
    shrink_try(n, with, last_kind, last_text);
    fprintf(stderr, "seed %llu shrunk to %d layers (questions of seed %llu): %s: %s\n", (unsigned long long)seed, n->layers,
            (unsigned long long)with, last_kind, last_text);
    snprintf(remark, sizeof remark, "%s: %.300s", kind, last_text);
    net_print(n, remark, stderr);
    if (folder == NULL) return;
    snprintf(name, sizeof name, "%s/random_%llu.net", folder, (unsigned long long)seed);
    if ((to = fopen(name, "w")) != NULL) net_print(n, remark, to), (void)fclose(to);
    snprintf(name, sizeof name, "%s/random_%llu.bin", folder, (unsigned long long)seed);
    if ((to = fopen(name, "wb")) != NULL) net_print_numbers(n, to), (void)fclose(to);
}

static void work(job *j)
{
    static net n;
    static trial t;

    while (j->next < j->end) {
        const uint64_t seed = j->next;
        gen_net(&n, seed);
        if (!judge(&t, &n, seed, &j->count) && j->shown++ < MOST_SHOWN) show(&n, seed, t.kind, t.text);
        j->next = seed + 1;
    }
}

/* A process died at a seed: the network is shrunk, and the rest goes on in another process. */
static void after_crash(job *j)
{
    static net n;
    const uint64_t seed = j->next++;

    j->count.crashes++;
    gen_net(&n, seed);
    if (j->shown++ < MOST_SHOWN) show(&n, seed, "crash", "");
}

static void supervise(job *jobs, int count)
{
    pid_t children[MOST_JOBS];
    int left = 0;

    for (int k = 0; k < count; k++) {
        (void)fflush(NULL);
        children[k] = fork();
        if (children[k] == 0) {
            work(jobs + k);
            _exit(0);
        }
        left++;
    }
    while (left > 0) {
        int status = 0;
        const pid_t done = wait(&status);
        for (int k = 0; k < count; k++) {
            if (children[k] != done) continue;
            left--;
            if (jobs[k].next >= jobs[k].end) continue;
            after_crash(jobs + k);
            (void)fflush(NULL);
            children[k] = fork();
            if (children[k] == 0) {
                work(jobs + k);
                _exit(0);
            }
            left++;
        }
    }
}

static void add_up(const job *jobs, int count, tally *sum)
{
    memset(sum, 0, sizeof *sum);
    for (int k = 0; k < count; k++) {
        const tally *const c = &jobs[k].count;
        sum->graphs += c->graphs, sum->numbers += c->numbers, sum->maps += c->maps;
        sum->wide += c->wide;
        sum->conditioned += c->conditioned, sum->refused += c->refused, sum->faults += c->faults, sum->crashes += c->crashes;
        for (int i = 0; i < NET_KINDS; i++) sum->kinds[i] += c->kinds[i];
        for (int i = 0; i < TALLY_CASES && c->case_names[i] != NULL; i++) tally_case(sum, c->case_names[i], c->cases[i]);
    }
}

/* Fast cases that every library has, as srd_explainer_fast_case() calls them, and whether small networks can have them. */
static const struct {
    const char *name;
    int large; /* only in a library in which small layers take the ways of large ones (RANDOM_LARGE_WAYS) */
    int wide;  /* only with kernels that have wide registers */
} fast_cases[] = {
    { "linear above an attention, by head", 0, 0 },
    { "convolution above pools", 0, 0 },
    { "linear above a global pool", 0, 0 },
    { "first convolution, sums by its taps", 0, 0 },
    { "norm above a concat", 0, 0 },
    { "convolution above pools, sums by their lists", 0, 1 },
    { "depthwise convolution, sums on the way", 0, 0 },
    { "residual shortcut", 0, 0 },
    { "linear between two ReLUs, by active neurons", 1, 0 },
    { "first convolution", 0, 0 },
    { "depthwise convolution", 0, 0 },
};

#ifndef RANDOM_LARGE_WAYS
#define RANDOM_LARGE_WAYS 0
#endif
#ifndef RANDOM_LEAST_CASES
#define RANDOM_LEAST_CASES 100 /* segments that took each fast case, in a test of LEAST_GRAPHS or more */
#endif
#define LEAST_GRAPHS 4000

static int64_t count_of(const tally *sum, const char *name)
{
    for (int i = 0; i < TALLY_CASES && sum->case_names[i] != NULL; i++) {
        if (strcmp(sum->case_names[i], name) == 0) return sum->cases[i];
    }
    return 0;
}

/* A test that does not meet a fast case says nothing about it. A case that is not listed here would not be looked at. */
static int has_all_cases(const tally *sum)
{
    int enough = 1;

    for (size_t k = 0; k < sizeof fast_cases / sizeof *fast_cases; k++) {
        const int64_t met = count_of(sum, fast_cases[k].name);
        printf("%8lld segments: %s\n", (long long)met, fast_cases[k].name);
        if (sum->graphs < LEAST_GRAPHS || fast_cases[k].large > RANDOM_LARGE_WAYS ||
            (fast_cases[k].wide && sum->wide < sum->graphs / 4) || met >= RANDOM_LEAST_CASES)
            continue;
        fprintf(stderr, "too few segments took the fast case: %s\n", fast_cases[k].name);
        enough = 0;
    }
    for (int i = 0; i < TALLY_CASES && sum->case_names[i] != NULL; i++) {
        size_t k = 0;
        while (k < sizeof fast_cases / sizeof *fast_cases && strcmp(fast_cases[k].name, sum->case_names[i]) != 0) k++;
        if (k < sizeof fast_cases / sizeof *fast_cases) continue;
        fprintf(stderr, "a fast case that is not in the list of main.c: %s\n", sum->case_names[i]);
        enough = 0;
    }
    return enough;
}

/* A test in which a kind is missing, or which blames all on noise, shows nothing. */
static int is_enough(const tally *sum)
{
    int enough = 1;

    for (int i = 0; i < NET_KINDS; i++) {
        if (sum->graphs < 500 || sum->kinds[i] >= (sum->graphs < LEAST_GRAPHS ? 1 : 20)) continue;
        fprintf(stderr, "only %lld layers of kind %s\n", (long long)sum->kinds[i], net_word(i));
        enough = 0;
    }
    if (sum->graphs >= 500 && (double)sum->conditioned > MOST_CONDITIONED * (double)sum->maps) {
        fprintf(stderr, "too many answers are off for reasons of their condition\n");
        enough = 0;
    }
    return enough;
}

int main(int argc, char **argv)
{
    const int printing = argc > 2 && strcmp(argv[1], "print") == 0;
    const uint64_t first = argc > 1 ? strtoull(argv[printing ? 2 : 1], NULL, 10) : 1,
                   count = argc > 2 ? strtoull(argv[2], NULL, 10) : 1000;
    const int asked = argc > 3 ? atoi(argv[3]) : 1, number = asked < 1 ? 1 : asked > MOST_JOBS ? MOST_JOBS : asked;
    static net n;
    job *jobs;
    tally sum;
    int enough;

    if (printing) {
        gen_net(&n, first);
        net_print(&n, "printed", stdout);
        return 0;
    }
    folder = argc > 4 ? argv[4] : NULL;
    jobs = mmap(NULL, MOST_JOBS * sizeof *jobs, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (jobs == MAP_FAILED) return 2;
    for (int k = 0; k < number; k++) {
        jobs[k].next = first + count * (uint64_t)k / (uint64_t)number;
        jobs[k].end = first + count * ((uint64_t)k + 1) / (uint64_t)number;
    }
    supervise(jobs, number);
    add_up(jobs, number, &sum);
    enough = has_all_cases(&sum) && is_enough(&sum);
    printf("%lld graphs, %lld maps, %lld numbers, %lld maps ill-conditioned, %lld graphs beyond a limit, %lld faults, %lld "
           "crashes\n",
           (long long)sum.graphs, (long long)sum.maps, (long long)sum.numbers, (long long)sum.conditioned,
           (long long)sum.refused, (long long)sum.faults, (long long)sum.crashes);
    return sum.faults == 0 && sum.crashes == 0 && enough ? EXIT_SUCCESS : EXIT_FAILURE;
}
