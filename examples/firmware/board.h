/* board.h -- what the programs of this example need of the machine: mps2/board.c on bare metal, desktop.c elsewhere. */
#ifndef FIRMWARE_BOARD_H
#define FIRMWARE_BOARD_H

#include <stddef.h>
#include <stdint.h>

/* Shows a text. */
void board_write(const char *text);

/* Instructions since some time, in steps of 40; 0 on a machine that does not count them. */
uint64_t board_instructions(void);

/* Marks the stack below the caller; and how much of it has been written since, in bytes from the caller's frame of
 * board_paint_stack() on; 0 on a machine that cannot tell. */
void board_paint_stack(void);
size_t board_stack_used(void);

#endif
