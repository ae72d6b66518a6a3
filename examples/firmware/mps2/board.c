/*
 * board.c -- bare metal: start-up code, text by semihosting, a counter, and the stack. A firmware of yours has all this already.
 *
 * main() is called with the stack at the end of RAM and .data and .bss in order; what it returns becomes the exit status of the
 * emulator. A fault of any kind ends with status 99, which no test takes for success.
 */
#include "board.h"

int main(void);
void reset(void);

/* From the linker script: addresses, not numbers. */
extern uint32_t board_data_load[], board_data_begin[], board_data_end[], board_bss_begin[], board_bss_end[];
extern uint32_t board_stack_top[], board_stack_end[], board_traps[];

#define SYS_WRITE0 0x04
#define SYS_EXIT_EXTENDED 0x20
#define APPLICATION_EXIT 0x20026u

static uint32_t semihost(uint32_t operation, const void *argument)
{
    register uint32_t r0 __asm__("r0") = operation;
    register const void *r1 __asm__("r1") = argument;

    __asm__ volatile("bkpt 0xab" : "+r"(r0) : "r"(r1) : "memory");
    return r0;
}

static void leave(uint32_t status)
{
    const uint32_t arguments[2] = { APPLICATION_EXIT, status };

    for (;;) (void)semihost(SYS_EXIT_EXTENDED, arguments);
}

void board_write(const char *text)
{
    (void)semihost(SYS_WRITE0, text);
}

/* ---- counter ----------------------------------------------------------------------------------------------------------- */

/* The timer of the board counts down at 25 MHz; the emulator lets an instruction take a nanosecond. */
#define TIMER_CONTROL (*(volatile uint32_t *)0x40000000u)
#define TIMER_VALUE (*(volatile uint32_t *)0x40000004u)
#define TIMER_RELOAD (*(volatile uint32_t *)0x40000008u)
#define INSTRUCTIONS_PER_TICK 40u

static void start_timer(void)
{
    TIMER_RELOAD = UINT32_MAX;
    TIMER_VALUE = UINT32_MAX;
    TIMER_CONTROL = 1;
}

uint64_t board_instructions(void)
{
    return (uint64_t)(UINT32_MAX - TIMER_VALUE) * INSTRUCTIONS_PER_TICK;
}

/* ---- stack ------------------------------------------------------------------------------------------------------------- */

#define PAINT 0x5afec0deu

static uint32_t *painted_from;

void board_paint_stack(void)
{
    uint32_t *at = (uint32_t *)__builtin_frame_address(0);

    painted_from = at;
    for (at -= 16; at > board_stack_end;) *--at = PAINT; /* this function's own frame is within the 16 words */
}

size_t board_stack_used(void)
{
    const uint32_t *at = board_stack_end;

    while (at < painted_from && *at == PAINT) ++at;
    return (size_t)((const char *)painted_from - (const char *)at);
}

/* ---- start ------------------------------------------------------------------------------------------------------------- */

static void fault(void)
{
    board_write("FAULT\n");
    leave(99);
}

void reset(void)
{
    const uint32_t *from = board_data_load;

#if defined(__ARM_FP)
    *(volatile uint32_t *)0xE000ED88u |= 0xFu << 20; /* CPACR: floating-point unit on */
    __asm__ volatile("dsb\n isb");
#endif
    *(volatile uint32_t *)0xE000ED14u |= (uint32_t)(uintptr_t)board_traps; /* CCR */
    for (uint32_t *to = board_data_begin; to < board_data_end;) *to++ = *from++;
    for (uint32_t *to = board_bss_begin; to < board_bss_end;) *to++ = 0;
    start_timer();
    leave((uint32_t)main());
}

typedef void (*handler)(void);

/* The stack pointer and the first fifteen exceptions. Nothing here asks for an interrupt. */
__attribute__((section(".vectors"), used)) static const struct {
    uint32_t *stack;
    handler handlers[15];
} vectors = { board_stack_top,
              { reset, fault, fault, fault, fault, fault, fault, fault, fault, fault, fault, fault, fault, fault, fault } };
