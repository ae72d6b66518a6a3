/* test_kept.c -- ratios as float16: every number of float16, the middle between each two, and what is beyond the last. */
#include <float.h>
#include <math.h>

#include "testing.h"
#include "tiles/ratio_store.h"

#define LARGEST 0x7bffu

/* What x is kept as; *kept becomes its float. */
static uint32_t half_of(float x, float *kept, int32_t *saturated)
{
    uint16_t halves[3] = { 1, 1, 1 };
    const srd__ratios ratios = { NULL, halves, 3, 0, 3 };

    *kept = x;
    *saturated = srd__round_row(&ratios, 0, 1, 1, kept);
    ck_assert_uint_eq(halves[0], 1);
    ck_assert_uint_eq(halves[2], 1);
    ck_assert(srd__half(halves[1]) == *kept);
    ck_assert((float)srd__kept(&ratios, 1) == *kept);
    return halves[1];
}

static void check(float x, uint32_t want)
{
    float kept;
    int32_t saturated;

    ck_assert_msg(half_of(x, &kept, &saturated) == want, "%a becomes %a, not %a", (double)x, (double)kept,
                  (double)srd__half((uint16_t)want));
    ck_assert_int_eq(saturated, 0);
    ck_assert_msg(half_of(-x, &kept, &saturated) == (want | 0x8000u), "%a becomes %a", (double)-x, (double)kept);
    ck_assert_int_eq(saturated, 0);
}

START_TEST(every_number_is_itself)
{
    for (uint32_t half = 0; half <= LARGEST; ++half) check(srd__half((uint16_t)half), half);
}
END_TEST

START_TEST(others_become_the_nearest)
{
    for (uint32_t half = 0; half < LARGEST; ++half) {
        const float a = srd__half((uint16_t)half), b = srd__half((uint16_t)(half + 1)), middle = a + (b - a) / 2.0f;

        check(middle, half + (half & 1)); /* the even one */
        check(nextafterf(middle, 0.0f), half);
        check(nextafterf(middle, FLT_MAX), half + 1);
    }
    check(FLT_MIN, 0);
    check(nextafterf(0.0f, 1.0f), 0);
    check(nextafterf(65520.0f, 0.0f), LARGEST);
}
END_TEST

START_TEST(what_is_beyond_saturates)
{
    static const float beyond[] = { 65520.0f, 65536.0f, 1e6f, 1e30f, FLT_MAX };
    float kept;
    int32_t saturated;

    for (size_t i = 0; i < sizeof beyond / sizeof *beyond; ++i) {
        ck_assert_uint_eq(half_of(beyond[i], &kept, &saturated), LARGEST);
        ck_assert(kept == 65504.0f && saturated == 1);
        ck_assert_uint_eq(half_of(-beyond[i], &kept, &saturated), LARGEST | 0x8000u);
        ck_assert(kept == -65504.0f && saturated == 1);
    }
}
END_TEST

/* Rows of a path among others. */
START_TEST(rows_and_columns)
{
    uint16_t halves[12];
    const srd__ratios ratios = { NULL, halves, 4, 0, 4 };
    float row[4] = { 1.0f, -1e5f, 0.1f, 7e4f }, room[3];
    size_t step = 0;

    memset(halves, 0, sizeof halves);
    ck_assert_int_eq(srd__round_row(&ratios, 1, 0, 4, row), 2);
    ck_assert(row[0] == 1.0f && row[1] == -65504.0f && row[2] == srd__half(0x2e66) && row[3] == 65504.0f);
    for (int32_t p = 0; p < 4; ++p) {
        ck_assert(srd__kept_paths(&ratios, 3, p, room, &step) == room && step == 1);
        ck_assert(room[0] == 0.0f && room[1] == row[p] && room[2] == 0.0f);
    }
}
END_TEST

int main(void)
{
    const testing_list list[] = {
        { every_number_is_itself, 0, 0 },
        { others_become_the_nearest, 0, 0 },
        { what_is_beyond_saturates, 0, 0 },
        { rows_and_columns, 0, 0 },
        { NULL, 0, 0 },
    };

    return testing_main("kept", list);
}
