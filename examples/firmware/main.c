/*
 * main.c -- a picture is classified and explained without a heap, and what can go wrong does: each time a status is wanted.
 *
 * The same program runs on the desktop, where it says what map to expect. Its exit status is 0 only if all is as it should be.
 */
#include "bad.h"
#include "board.h"
#include "expected_map.h"
#include "fashion_int8.h"
#include "picture.h"
#include "print.h"
#include "session.h"

#define PIXELS (PICTURE_SIDE * PICTURE_SIDE)
#define TOLERANCE 2e-5f /* of the largest number of the map */

/* All memory of the library. FIRMWARE_BYTES is ample; the program prints what it needs, and one byte less is refused. */
static _Alignas(SRD_ALIGNMENT) unsigned char memory[FIRMWARE_BYTES];
static float pixels[PIXELS], map[PIXELS];

static float size_of(float x)
{
    return x < 0 ? -x : x;
}

/* The network was trained on (grey / 255 - mean) / deviation. */
static void load_picture(void)
{
    for (int i = 0; i < PIXELS; ++i) {
        pixels[i] = ((float)picture[i] / 255.0f - FASHION_INT8_INPUT_MEAN) / FASHION_INT8_INPUT_STD;
    }
}

/* Evidence as five characters, the map as a picture: - and = against the class, + and # for it. */
static void show(float largest)
{
    for (int y = 0; y < PICTURE_SIDE; ++y) {
        for (int x = 0; x < PICTURE_SIDE; ++x) {
            const float part = map[y * PICTURE_SIDE + x] / largest;

            print(part > 0.5f ? "#" : part > 0.1f ? "+" : part < -0.5f ? "=" : part < -0.1f ? "-" : ".");
        }
        print("\n");
    }
}

/* How far the map is from the desktop's; also whether it adds up to the score. */
static int compare(float score)
{
    float largest = 0, difference = 0;
    double sum = 0;

    for (int i = 0; i < PIXELS; ++i) {
        const float d = size_of(map[i] - expected_map[i]);

        if (!(d <= difference)) difference = d; /* NaN, too */
        if (size_of(expected_map[i]) > largest) largest = size_of(expected_map[i]);
        sum += (double)map[i];
    }
    show(largest);
    print("pixels add up to ");
    print_float((float)sum);
    print(", largest ");
    print_float(largest);
    print(", from the desktop's map at most ");
    print_integer(difference <= largest ? (int64_t)(difference / largest * 1e9f) : -1);
    print("e-9 of it\n");
    return difference <= TOLERANCE * largest && size_of((float)sum - score) <= TOLERANCE * size_of(score) ? 0 : 1;
}

static srd_status explain_picture(int *wrong)
{
    session s;
    int32_t class_index = -1;
    float score = 0;
    srd_status status;

    load_picture();
    board_paint_stack();
    status = session_open(&s, &net_fashion, SRD_MODE_EXPLAIN, memory, sizeof memory);
    print("graph ");
    print_integer((int64_t)s.graph_bytes);
    print(" bytes, explainer ");
    print_integer((int64_t)s.explainer_bytes);
    print(" bytes\n");
    if (status == SRD_OK) status = session_run(&s, &net_fashion, pixels);
    if (status == SRD_OK) status = session_explain(&s, &net_fashion, &class_index, &score, map);
    if (status != SRD_OK) return status;
    print("stack ");
    print_integer((int64_t)board_stack_used());
    print(" bytes\n");
    print(fashion_int8_labels[class_index]);
    print(", score ");
    print_float(score);
    print("\n");
    *wrong = compare(score) + (class_index != PICTURE_CLASS);
    session_close(&s);
    return SRD_OK;
}

int main(void)
{
    int wrong = 0;
    const srd_status status = explain_picture(&wrong);

    if (status != SRD_OK) {
        print(srd_status_name(status));
        print("\n");
        return 1;
    }
    wrong += bad_cases(memory, sizeof memory, pixels, map);
    print(wrong == 0 ? "all is well\n" : "SOMETHING IS WRONG\n");
    return wrong == 0 ? 0 : 1;
}
