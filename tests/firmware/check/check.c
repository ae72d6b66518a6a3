/* check.c -- see check.h; and what newlib asks of the machine: memory up to the stack, and a place to write to. */
#include "check.h"

#include <malloc.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "board.h"

static jmp_buf out_of_test;
static const TTest *running;
static int running_index;

Suite *suite_create(const char *name)
{
    Suite *const suite = calloc(1, sizeof *suite);

    if (suite == NULL) abort();
    suite->name = name;
    suite->last = &suite->first;
    return suite;
}

void suite_add_tcase(Suite *suite, TCase *one)
{
    *suite->last = one;
    suite->last = &one->next;
}

TCase *tcase_create(const char *name)
{
    TCase *const one = calloc(1, sizeof *one);

    (void)name;
    if (one == NULL) abort();
    return one;
}

void tcase_set_timeout(TCase *one, double seconds)
{
    (void)one, (void)seconds;
}

void tcase_add_test(TCase *one, const TTest *test)
{
    tcase_add_loop_test(one, test, 0, 1);
}

void tcase_add_loop_test(TCase *one, const TTest *test, int begin, int end)
{
    one->test = test;
    one->begin = begin;
    one->end = end;
}

SRunner *srunner_create(Suite *suite)
{
    SRunner *const runner = calloc(1, sizeof *runner);

    if (runner == NULL) abort();
    runner->suite = suite;
    return runner;
}

/* 1: the test failed. */
static int fails(void)
{
    if (setjmp(out_of_test) != 0) return 1;
    running->fn(running_index);
    return 0;
}

void srunner_run_all(SRunner *runner, int mode)
{
    char line[64];

    (void)mode;
    for (const TCase *one = runner->suite->first; one != NULL; one = one->next) {
        for (running_index = one->begin; running_index < one->end; ++running_index) {
            running = one->test;
            runner->checks++;
            runner->failed += fails();
        }
    }
    (void)snprintf(line, sizeof line, "Checks: %d, failures: %d\n", runner->checks, runner->failed);
    board_write(line);
}

int srunner_ntests_failed(const SRunner *runner)
{
    /* A program that runs nothing must not pass. */
    return runner->checks > 0 ? runner->failed : 1;
}

void srunner_free(SRunner *runner)
{
    while (runner->suite->first != NULL) {
        TCase *const one = runner->suite->first;

        runner->suite->first = one->next;
        free(one);
    }
    free(runner->suite);
    free(runner);
}

void check_that(int right, const char *file, int line, const char *format, ...)
{
    char text[512];
    va_list arguments;
    int used;

    if (right) return;
    used = snprintf(text, sizeof text, "%s:%d: %s (%d): ", file, line, running->name, running_index);
    if (used < 0 || used > (int)sizeof text - 2) used = 0;
    va_start(arguments, format);
    (void)vsnprintf(text + used, sizeof text - (size_t)used - 1, format, arguments);
    va_end(arguments);
    board_write(text);
    board_write("\n");
    longjmp(out_of_test, 1);
}

/* Of POSIX, which the tests' heap takes its pieces from. */
int posix_memalign(void **memory, size_t alignment, size_t size);

int posix_memalign(void **memory, size_t alignment, size_t size)
{
    *memory = memalign(alignment, size);
    return *memory != NULL ? 0 : 12; /* ENOMEM */
}

/* ---- newlib ------------------------------------------------------------------------------------------------------------ */

extern char board_bss_end[], board_stack_end[];
void *_sbrk(ptrdiff_t more);
int _write(int file, const char *text, int length);
int _read(int file, char *text, int length);
int _close(int file);
int _fstat(int file, void *state);
int _isatty(int file);
int _lseek(int file, int offset, int from);
int _kill(int process, int number);
int _getpid(void);
void _exit(int status);

void *_sbrk(ptrdiff_t more)
{
    static size_t used;
    const size_t room = (size_t)(board_stack_end - board_bss_end);
    char *const old = board_bss_end + used;

    if (more > 0 && (size_t)more > room - used) return (void *)-1;
    used += (size_t)more;
    return old;
}

int _write(int file, const char *text, int length)
{
    (void)file;
    for (int i = 0; i < length; ++i) {
        const char one[2] = { text[i], '\0' };

        board_write(one);
    }
    return length;
}

int _read(int file, char *text, int length)
{
    (void)file, (void)text, (void)length;
    return 0;
}

int _close(int file)
{
    (void)file;
    return -1;
}

int _fstat(int file, void *state)
{
    (void)file, (void)state;
    return -1;
}

int _isatty(int file)
{
    (void)file;
    return 1;
}

int _lseek(int file, int offset, int from)
{
    (void)file, (void)offset, (void)from;
    return -1;
}

int _kill(int process, int number)
{
    (void)process, (void)number;
    return -1;
}

int _getpid(void)
{
    return 1;
}

/* abort() comes here; so does exit(), which no test calls. */
void _exit(int status)
{
    (void)status;
    board_write("aborted\n");
    __builtin_trap(); /* a fault, which ends the emulator with 99 */
}
