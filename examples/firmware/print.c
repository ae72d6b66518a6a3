/* print.c -- see print.h. */
#include "print.h"

#include "board.h"

void print(const char *text)
{
    board_write(text);
}

/* At least `least` digits. */
static void print_digits(uint64_t n, int least)
{
    char digits[24];
    int at = (int)sizeof digits - 1;

    digits[at] = '\0';
    while (n > 0 || least > 0) {
        digits[--at] = (char)('0' + (char)(n % 10));
        n /= 10;
        --least;
    }
    board_write(digits + at);
}

void print_integer(int64_t n)
{
    if (n < 0) board_write("-");
    print_digits(n < 0 ? (uint64_t)0 - (uint64_t)n : (uint64_t)n, 1);
}

void print_float(float x)
{
    const double size = x < 0 ? -(double)x : (double)x;
    uint64_t millionths;

    if (!(size < (double)((uint64_t)1 << 40))) { /* NaN, too */
        board_write("?");
        return;
    }
    millionths = (uint64_t)(size * 1e6 + 0.5);
    if (x < 0) board_write("-");
    print_digits(millionths / 1000000, 1);
    board_write(".");
    print_digits(millionths % 1000000, 6);
}
