/* test_picture.c -- which part of a picture a network is shown, and that areas are averaged: numbers that can be worked out by hand. */
#include "picture.h"

#include <math.h>
#include <stdio.h>

/* Fits a picture and compares the first plane. @return how many numbers are not as wanted */
static int compare(const char *what, const picture *p, double part, int32_t channels, int32_t side, const double *wanted)
{
    float planes[3 * 4 * 4];
    int wrong = 0;

    picture_fit(p, part, channels, side, side, planes);
    for (int32_t i = 0; i < side * side; ++i) {
        if (fabs((double)planes[i] - wanted[i] / 255) < 1e-6) continue;
        (void)printf("%s: number %d is %g, not %g / 255\n", what, i, (double)planes[i] * 255, wanted[i]);
        ++wrong;
    }
    return wrong;
}

int main(void)
{
    /* Red counts up along the rows; green and blue are 0. */
    uint8_t rgb[4 * 6 * 3] = { 0 };
    const picture square = { .width = 4, .height = 4, .rgb = rgb }, wide = { .width = 6, .height = 4, .rgb = rgb };
    int wrong = 0;

    for (int i = 0; i < 24; ++i) rgb[3 * i] = (uint8_t)(10 * i);
    /* 0 10 20 30 | 40 50 60 70 | 80 90 100 110 | 120 130 140 150 */
    wrong += compare("the whole", &square, 1, 3, 4,
                     (const double[]){ 0, 10, 20, 30, 40, 50, 60, 70, 80, 90, 100, 110, 120, 130, 140, 150 });
    wrong += compare("halves", &square, 1, 3, 2, (const double[]){ 25, 45, 105, 125 });
    wrong += compare("the middle", &square, 0.5, 3, 2, (const double[]){ 50, 60, 90, 100 });
    wrong += compare("one number", &square, 0.5, 3, 1, (const double[]){ 75 });
    wrong += compare("grey", &square, 0.5, 1, 1, (const double[]){ 0.2126 * 75 });
    /* rows of 6: 0 ... 50, 60 ... 110, 120 ... 170, 180 ... 230; a square takes columns 1 to 4 */
    wrong += compare("a wide one", &wide, 1, 3, 2, (const double[]){ 45, 65, 165, 185 });
    wrong += compare("the middle of a wide one", &wide, 0.5, 3, 2, (const double[]){ 80, 90, 140, 150 });
    (void)printf("%d wrong\n", wrong);
    return wrong == 0 ? 0 : 1;
}
