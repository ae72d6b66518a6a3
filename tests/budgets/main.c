/* main.c -- what two networks cost on a microcontroller: lines "NAME NUMBER", which run.sh makes a table of. */
#include "board.h"
#include "print.h"
#include "resnet8.h"
#include "session.h"

#define MOST_PIXELS (3 * RESNET8_SIDE * RESNET8_SIDE)

static _Alignas(SRD_ALIGNMENT) unsigned char memory[BUDGET_BYTES];
static float pixels[MOST_PIXELS], map[RESNET8_SIDE * RESNET8_SIDE];

static void say(const char *network, const char *mode, const char *what, int64_t number)
{
    print(network);
    print(".");
    print(mode);
    print(".");
    print(what);
    print(" ");
    print_integer(number);
    print("\n");
}

/* A smooth picture with some noise. */
static void make_picture(const net *n)
{
    uint32_t state = 7;

    for (int32_t i = 0; i < n->channels * n->side * n->side; ++i) {
        state = state * 1664525u + 1013904223u;
        pixels[i] = (float)(i % n->side + i / n->side % n->side) / (float)n->side - 1.0f +
                    0.3f * (float)(int32_t)state * (1.0f / 2147483648.0f);
    }
}

static srd_status say_memory(const session *s, const char *network, const char *mode)
{
    srd_memory_info info = SRD_MEMORY_INFO_INIT;
    const srd_status status = srd_explainer_memory_info(s->explainer, &info, NULL);

    say(network, mode, "ram", (int64_t)(s->graph_bytes + s->explainer_bytes));
    say(network, mode, "ram.graph", (int64_t)s->graph_bytes);
    say(network, mode, "ram.tables", info.tables);
    say(network, mode, "ram.working", info.working);
    say(network, mode, "ram.kept", info.kept);
    say(network, mode, "ram.scratch", info.scratch);
    return status;
}

typedef struct way {
    const char *name;
    int32_t mode, ratios;
} way;

static srd_status measure(const char *network, const net *n, const way *w)
{
    const char *const name = w->name;
    srd_explainer_options options = SRD_EXPLAINER_OPTIONS_INIT;
    session s;
    int32_t class_index;
    float score;
    uint64_t began;
    srd_status status;

    make_picture(n);
    board_paint_stack();
    options.mode = w->mode;
    options.ratios = w->ratios;
    options.inputs = SRD_INPUTS_BORROW; /* the pixels stay where they are */
    status = session_open_with(&s, n, &options, memory, sizeof memory);
    if (status == SRD_ERR_UNSUPPORTED) return SRD_OK; /* a way that the library leaves out: its numbers will be missed */
    if (status != SRD_OK) return status;
    say(network, name, "stack.open", (int64_t)board_stack_used());
    status = say_memory(&s, network, name);
    board_paint_stack();
    began = board_instructions();
    if (status == SRD_OK) status = session_run(&s, n, pixels);
    say(network, name, "instructions.run", (int64_t)(board_instructions() - began));
    say(network, name, "stack.run", (int64_t)board_stack_used());
    if (status != SRD_OK || w->mode == SRD_MODE_FORWARD) return status;
    board_paint_stack();
    began = board_instructions();
    status = session_explain(&s, n, &class_index, &score, map);
    say(network, name, "instructions.ask", (int64_t)(board_instructions() - began));
    say(network, name, "stack.ask", (int64_t)board_stack_used());
    session_close(&s);
    return status;
}

int main(void)
{
    const net *const networks[2] = { &net_fashion, resnet8_make() };
    static const char *const names[2] = { "fashion", "resnet8" };
    static const way ways[] = {
        { "forward", SRD_MODE_FORWARD, 0 },
        { "explain", SRD_MODE_EXPLAIN, SRD_RATIOS_FLOAT32 },
        { "half", SRD_MODE_EXPLAIN, SRD_RATIOS_FLOAT16 },
        { "again", SRD_MODE_EXPLAIN, SRD_RATIOS_RECOMPUTED },
    };
    srd_status status = SRD_OK;

    for (int i = 0; i < 2; ++i) {
        for (size_t k = 0; status == SRD_OK && k < sizeof ways / sizeof *ways; ++k) {
            status = measure(names[i], networks[i], &ways[k]);
        }
    }
    if (status != SRD_OK) {
        print(srd_status_name(status));
        print("\n");
    }
    return status == SRD_OK ? 0 : 1;
}
