/* memory.c -- memory, refusals, and the bytes of a file. */
#include "core.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct piece {
    struct piece *next;
    max_align_t start[];
} piece;

void *take(import *im, int64_t count, size_t size)
{
    piece *p = NULL;

    if (count >= 0 && (uint64_t)count < (SIZE_MAX - sizeof *p) / 2 / size) {
        p = calloc(1, sizeof *p + (size_t)(count > 0 ? count : 1) * size);
    }
    if (p == NULL) {
        im->culprit = NULL;
        give_up(im, SRD_ERR_MEMORY, "there is not enough memory");
    }
    p->next = im->pieces;
    im->pieces = p;
    return p->start;
}

void free_pieces(import *im)
{
    while (im->pieces != NULL) {
        piece *const next = im->pieces->next;
        free(im->pieces);
        im->pieces = next;
    }
}

const char *take_text(import *im, const char *text)
{
    const size_t length = strlen(text) + 1;

    return memcpy(take(im, (int64_t)length, 1), text, length);
}

void leave_node(import *im)
{
    if (!im->in_node) longjmp(im->file_exit, 1);
    longjmp(im->attempt_exit != NULL ? *im->attempt_exit : im->node_exit, 1);
}

bool attempt(import *im, void (*run)(import *im, void *context), void *context)
{
    jmp_buf *const outer = im->attempt_exit;
    volatile bool done = false;
    jmp_buf here;

    im->attempt_exit = &here;
    if (setjmp(here) == 0) {
        run(im, context);
        done = true;
    }
    im->attempt_exit = outer;
    return done;
}

void refuse(import *im, const char *format, ...)
{
    va_list list;
    int used = 0;

    im->status = SRD_ERR_UNSUPPORTED;
    im->culprit = im->at != NULL ? im->at->name : NULL;
    if (im->at != NULL) used = snprintf(im->reason, MOST_REASON, "%.80s %.200s: ", im->at->op, im->at->name);
    va_start(list, format);
    if (used >= 0 && used < MOST_REASON) (void)vsnprintf(im->reason + used, (size_t)(MOST_REASON - used), format, list);
    va_end(list);
    leave_node(im);
}

void add_note(import *im, const char *format, ...)
{
    char *const notes = im->result->notes;
    const size_t used = strlen(notes);
    char line[MOST_REASON];
    va_list list;

    va_start(list, format);
    (void)vsnprintf(line, sizeof line, format, list);
    va_end(list);
    if (strstr(notes, line) == NULL && used + strlen(line) < MOST_NOTES) memcpy(notes + used, line, strlen(line) + 1);
}

void give_up(import *im, srd_status status, const char *format, ...)
{
    va_list list;

    im->status = status;
    va_start(list, format);
    (void)vsnprintf(im->reason, MOST_REASON, format, list);
    va_end(list);
    longjmp(im->file_exit, 1);
}

uint8_t *read_file(const char *path, size_t *size, char *reason)
{
    FILE *const file = fopen(path, "rb");
    uint8_t *bytes = NULL;
    long length = -1;
    bool done = false;

    if (file == NULL) {
        (void)snprintf(reason, MOST_REASON, "%.200s: %s", path, strerror(errno));
        return NULL;
    }
    if (fseek(file, 0, SEEK_END) == 0) length = ftell(file);
    if (length > 0 && fseek(file, 0, SEEK_SET) == 0) {
        bytes = malloc((size_t)length);
        done = bytes != NULL && fread(bytes, 1, (size_t)length, file) == (size_t)length;
    }
    (void)fclose(file);
    *size = (size_t)length;
    if (done) return bytes;
    (void)snprintf(reason, MOST_REASON, "%.200s: the file is empty or cannot be read", path);
    free(bytes);
    return NULL;
}

uint32_t hash_text(const char *name)
{
    uint32_t hash = 2166136261u; /* FNV-1a */

    for (; *name != '\0'; ++name) hash = (hash ^ (uint8_t)*name) * 16777619u;
    return hash;
}
