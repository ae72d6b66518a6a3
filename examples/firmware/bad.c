/* bad.c -- see bad.h. */
#include "bad.h"

#include "picture.h"
#include "print.h"
#include "session.h"

#define PIXELS (PICTURE_SIDE * PICTURE_SIDE)

/* Says whether a status is the right one. 1: it is not. */
static int expect(const char *what, srd_status got, srd_status want)
{
    print(what);
    print(": ");
    print(srd_status_name(got));
    print(got == want ? "\n" : "  WRONG\n");
    return got != want;
}

static float number_of(uint32_t bits)
{
    union {
        uint32_t bits;
        float number;
    } as = { bits };

    return as.number;
}

/* The network of the example in this memory; if that works, it runs once. */
static srd_status try_memory(void *memory, size_t size, const float *pixels)
{
    session s;
    srd_status status = session_open(&s, &net_fashion, SRD_MODE_EXPLAIN, memory, size);

    if (status == SRD_OK) status = session_run(&s, &net_fashion, pixels);
    session_close(&s);
    return status;
}

/* Beside the memory that was given nothing may change. */
static int memory_cases(unsigned char *memory, size_t size, const float *pixels)
{
    session s;
    size_t exact;
    int wrong = 0;

    if (session_open(&s, &net_fashion, SRD_MODE_EXPLAIN, memory, size) != SRD_OK) return 1;
    exact = s.graph_bytes + s.explainer_bytes;
    session_close(&s);
    memory[exact - 1] = 0xA5;
    wrong += expect("one byte less", try_memory(memory, exact - 1, pixels), SRD_ERR_MEMORY);
    if (memory[exact - 1] != 0xA5) wrong += expect("... and the byte behind", SRD_ERR_MEMORY, SRD_OK);
    wrong += expect("to the byte", try_memory(memory, exact, pixels), SRD_OK);
    wrong += expect("half of it", try_memory(memory, exact / 2, pixels), SRD_ERR_MEMORY);
    wrong += expect("the graph and nothing more", try_memory(memory, s.graph_bytes, pixels), SRD_ERR_MEMORY);
    wrong += expect("64 bytes", try_memory(memory, 64, pixels), SRD_ERR_MEMORY);
    wrong += expect("no bytes", try_memory(memory, 0, pixels), SRD_ERR_MEMORY);
    for (size_t shift = 1; shift < SRD_ALIGNMENT; shift *= 2) {
        wrong += expect("misaligned", try_memory(memory + shift, size - shift, pixels), SRD_ERR_MEMORY);
    }
    return wrong;
}

/* A run that fails leaves an explainer that can run again, and says the same as before. */
static int picture_cases(session *s, float *pixels, const float *map)
{
    static const uint32_t bits[] = { 0x7FC00000u, 0x7F800001u, 0x7F800000u, 0xFF800000u };
    static const char *const names[] = { "a NaN in the picture", "a signalling NaN", "infinity", "minus infinity" };
    static float again[PIXELS];
    const float good = pixels[100];
    int32_t class_index;
    float score;
    int wrong = 0;

    for (int i = 0; i < 4; ++i) {
        pixels[100] = number_of(bits[i]);
        wrong += expect(names[i], session_run(s, &net_fashion, pixels), SRD_ERR_NUMBER);
        wrong += expect("... and a question", session_explain(s, &net_fashion, &class_index, &score, again), SRD_ERR_STATE);
    }
    pixels[100] = good;
    wrong += expect("a good picture again", session_run(s, &net_fashion, pixels), SRD_OK);
    wrong += expect("... and its map", session_explain(s, &net_fashion, &class_index, &score, again), SRD_OK);
    for (int i = 0; i < PIXELS; ++i) {
        if (again[i] != map[i]) return wrong + expect("the same bits", SRD_ERR_NUMBER, SRD_OK);
    }
    return wrong;
}

/* A network with something wrong in it. */
static int network_cases(unsigned char *memory, size_t size, const float *pixels)
{
    static float weight[16 * 9], scale[16];
    net broken = net_fashion;
    session s;
    int wrong;

    /* The numbers of weights are looked at when a layer is added, the results when they are made. */
    for (int i = 0; i < 16; ++i) scale[i] = broken.stem.weight.scale[i];
    scale[7] = number_of(0x7FC00000u);
    broken.stem.weight.scale = scale;
    wrong = expect("a NaN in a scale", session_open(&s, &broken, SRD_MODE_EXPLAIN, memory, size), SRD_ERR_NUMBER);
    scale[7] = 3e38f;
    wrong += expect("a scale that is too large", session_open(&s, &broken, SRD_MODE_EXPLAIN, memory, size), SRD_ERR_NUMBER);
    broken.stem.weight.scale = (const float *)(const void *)((const char *)scale + 2);
    wrong += expect("scales at an odd address", session_open(&s, &broken, SRD_MODE_EXPLAIN, memory, size), SRD_ERR_ARGUMENT);
    for (int i = 0; i < 16 * 9; ++i) weight[i] = 0.1f;
    weight[7] = number_of(0x7FC00000u);
    broken.stem.weight.numbers = weight;
    broken.stem.weight.scale = NULL;
    wrong += expect("a NaN in the weights", session_open(&s, &broken, SRD_MODE_EXPLAIN, memory, size), SRD_ERR_NUMBER);
    broken.stem.weight.numbers = (const char *)weight + 2;
    wrong += expect("weights at an odd address", session_open(&s, &broken, SRD_MODE_EXPLAIN, memory, size), SRD_ERR_ARGUMENT);
    broken = net_fashion;
    broken.side = 1000;
    wrong += expect("a picture that is too large", session_open(&s, &broken, SRD_MODE_EXPLAIN, memory, size), SRD_ERR_MEMORY);
    broken.side = 1 << 15;
    wrong += expect("one that no memory holds", session_open(&s, &broken, SRD_MODE_EXPLAIN, memory, size), SRD_ERR_OVERFLOW);
    broken = net_fashion;
    for (int i = 0; i < 16 * 9; ++i) weight[i] = 3e38f;
    broken.stem.weight.numbers = weight;
    broken.stem.weight.scale = NULL;
    wrong += expect("weights that overflow", session_open(&s, &broken, SRD_MODE_EXPLAIN, memory, size), SRD_OK);
    wrong += expect("... when they are used", session_run(&s, &broken, pixels), SRD_ERR_NUMBER);
    session_close(&s);
    wrong += expect("a session that is not open", session_run(&s, &net_fashion, pixels), SRD_ERR_ARGUMENT);
    return wrong;
}

/* What this build of the library leaves out. The desktop's leaves nothing out. */
static int profile_cases(unsigned char *memory, size_t size)
{
#ifdef SRD_CONFIG
    srd_memory block = SRD_MEMORY_INIT;
    srd_graph_options options = SRD_GRAPH_OPTIONS_INIT;
    srd_graph *graph = NULL;
    srd_layer x;
    int wrong;

    options.weight_policy = SRD_WEIGHTS_BORROW;
    wrong = expect("no memory is given", srd_graph_create(&options, NULL, &graph, NULL), SRD_ERR_ARGUMENT);

    block.buffer = memory;
    block.buffer_size = size;
    wrong += expect("a graph", srd_graph_create(&options, &block, &graph, NULL), SRD_OK);
    x = srd_graph_input(graph, NULL, 4, 8, 8);
    (void)srd_graph_output(graph, srd_graph_sigmoid(graph, NULL, x), NULL);
    wrong += expect("a layer that is left out", srd_graph_seal(graph, NULL), SRD_ERR_UNSUPPORTED);
    srd_graph_free(graph);
    return wrong;
#else
    (void)memory, (void)size;
    return 0;
#endif
}

int bad_cases(unsigned char *memory, size_t size, float *pixels, const float *map)
{
    session s;
    int wrong = memory_cases(memory, size, pixels) + network_cases(memory, size, pixels) + profile_cases(memory, size);

    if (session_open(&s, &net_fashion, SRD_MODE_EXPLAIN, memory, size) != SRD_OK) return wrong + 1;
    wrong += picture_cases(&s, pixels, map);
    session_close(&s);
    return wrong;
}
