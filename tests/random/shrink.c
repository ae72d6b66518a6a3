/*
 * shrink.c -- drops layers, outputs and biases of a network that fails, and turns layers into inputs, while it fails alike.
 */
#include "shrink.h"

#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "judge.h"

#define OTHER_SEEDS 4 /* questions tried on a smaller network, besides the seed's own */

void shrink_try(const net *n, uint64_t seed, char *kind, char *text)
{
    char said[40 + 512] = { 0 };
    int ends[2], status = 0;
    pid_t child;

    *kind = *text = '\0';
    if (pipe(ends) != 0) return;
    (void)fflush(NULL);
    child = fork();
    if (child == 0) {
        static trial t;
        static net own;
        static tally count;
        own = *n;
        (void)alarm(20);
        (void)judge(&t, &own, seed, &count);
        memcpy(said, t.kind, sizeof t.kind);
        memcpy(said + 40, t.text, sizeof t.text);
        _exit(write(ends[1], said, sizeof said) == (ssize_t)sizeof said ? 0 : 3);
    }
    (void)close(ends[1]);
    if (read(ends[0], said, sizeof said) == (ssize_t)sizeof said) {
        memcpy(kind, said, 40);
        memcpy(text, said + 40, 512);
    }
    (void)close(ends[0]);
    if (child > 0 && waitpid(child, &status, 0) == child && (!WIFEXITED(status) || WEXITSTATUS(status) != 0)) {
        memcpy(kind, "crash", 6);
        memcpy(text, "", 1);
    }
}

/* Does the smaller network fail alike, with some seed? */
static int fails(const net *n, uint64_t *seed, const char *kind)
{
    char other[40], text[512];

    for (uint64_t k = 0; k <= OTHER_SEEDS; k++) {
        const uint64_t with = k == 0 ? *seed : k;
        shrink_try(n, with, other, text);
        if (strcmp(other, kind) != 0) continue;
        *seed = with;
        return 1;
    }
    return 0;
}

/* ---- changes; each returns 0 where it does not apply --------------------------------------------------------------------------- */

static int drop_output(net *n, int output)
{
    if (n->outputs < 2 || output >= n->outputs) return 0;
    for (int i = output; i + 1 < n->outputs; i++) n->output[i] = n->output[i + 1];
    n->outputs--;
    return 1;
}

/* The network up to a layer. */
static int end_at(net *n, int layer)
{
    if ((n->outputs == 1 && n->output[0] == layer) || n->layer[layer].joined) return 0;
    n->outputs = 1;
    n->output[0] = layer;
    return 1;
}

/* The readers of a layer read what it reads. */
static int bypass(net *n, int layer)
{
    const net_layer *const l = n->layer + layer;

    if (l->inputs < 1) return 0;
    for (int i = layer + 1; i < n->layers; i++) {
        for (int k = 0; k < n->layer[i].inputs; k++) {
            if (n->layer[i].input[k] == layer) n->layer[i].input[k] = l->input[0];
        }
    }
    for (int i = 0; i < n->outputs; i++) {
        if (n->output[i] == layer) n->output[i] = l->input[0];
    }
    return 1;
}

/* The layer becomes an input of its value, as the reference has computed it. */
static int cut(net *n, int layer, int run)
{
    static ref r;
    net_layer *const l = n->layer + layer;
    const int count = l->c * l->h * l->w;
    int at = n->number_count;

    if (l->inputs < 1 || at + 2 * count > NET_NUMBERS) return 0;
    for (int k = 0; k < 2; k++) {
        ref_run(&r, n, run == 2 ? k : run, 0, NULL);
        for (int i = 0; i < count; i++) {
            const ref_layer *const from = r.layer + r.alias[layer];
            n->numbers[at + k * count + i] = (float)from->x[i % from->positions * from->c + i / from->positions];
        }
        ref_free(&r);
    }
    l->kind = NET_INPUT;
    l->inputs = 0;
    l->numbers[0] = at;
    l->numbers[1] = at + count;
    n->number_count += 2 * count;
    return 1;
}

static int drop_operand(net *n, int layer)
{
    net_layer *const l = n->layer + layer;

    if ((l->kind != NET_ADD && l->kind != NET_CONCAT && l->kind != NET_CONCAT_TOKENS && l->kind != NET_MAXIMUM &&
         l->kind != NET_MINIMUM) ||
        l->inputs < 3) {
        return 0;
    }
    l->inputs--;
    return 1;
}

static int drop_bias(net *n, int layer)
{
    net_layer *const l = n->layer + layer;

    if (l->kind < NET_CONV || l->kind > NET_SCALE_SHIFT || l->numbers[1] == NET_NONE || l->numbers[0] == NET_NONE) return 0;
    l->numbers[1] = NET_NONE;
    return 1;
}

static int change(net *n, int what, int layer)
{
    switch (what) {
    case 0: return end_at(n, layer);
    case 1: return drop_output(n, layer);
    case 2: return cut(n, layer, 2);
    case 3: return bypass(n, layer);
    case 4: return drop_operand(n, layer);
    default: return drop_bias(n, layer);
    }
}

void shrink(net *n, uint64_t *seed, const char *kind)
{
    static net smaller;
    int again = 1;

    for (int rounds = 0; again && rounds < 6; rounds++) {
        again = 0;
        for (int what = 0; what < 6; what++) {
            for (int layer = 0; layer < n->layers; layer++) {
                smaller = *n;
                if (!change(&smaller, what, layer) || !net_reshape(&smaller) || !net_prune(&smaller)) continue;
                if (!fails(&smaller, seed, kind)) continue;
                *n = smaller;
                again = 1;
                layer--;
            }
        }
    }
}
