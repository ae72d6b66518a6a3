/* desktop.c -- board.h on a machine with a C library, so that both run the same program; and numbers for expected_map.h. */
#include "board.h"

#include <stdio.h>

void board_write(const char *text)
{
    (void)fputs(text, stdout);
}

uint64_t board_instructions(void)
{
    return 0;
}

void board_paint_stack(void)
{
}

size_t board_stack_used(void)
{
    return 0;
}
