/* external.c -- tensors whose numbers lie in a file beside that of the network, as exporters write networks of more than 2 GB. */
#include "import.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *entry_of(const SrdOnnx__TensorProto *t, const char *key)
{
    for (size_t i = 0; i < t->n_external_data; ++i) {
        const SrdOnnx__StringStringEntryProto *const e = t->external_data[i];
        if (e->key != NULL && e->value != NULL && strcmp(e->key, key) == 0) return e->value;
    }
    return NULL;
}

/* A decimal number. */
static int64_t number_of(import *im, const SrdOnnx__TensorProto *t, const char *name, const char *key, int64_t otherwise)
{
    const char *const text = entry_of(t, key);
    char *end;
    long long number;

    if (text == NULL) return otherwise;
    errno = 0;
    number = strtoll(text, &end, 10);
    if (errno != 0 || end == text || *end != '\0' || number < 0)
        refuse(im, "the tensor %.100s has the %s %.40s in its file", name, key, text);
    return number;
}

/* Only files of the folder: a network must not read what its user did not mean to show it. */
static bool stays_inside(const char *location)
{
    if (location[0] == '\0' || location[0] == '/' || strpbrk(location, "\\:") != NULL) return false;
    for (const char *part = location; part != NULL; part = strchr(part, '/')) {
        part += *part == '/';
        if (strncmp(part, "..", 2) == 0 && (part[2] == '/' || part[2] == '\0')) return false;
    }
    return true;
}

/* The bytes [offset, offset + length) of a file. */
static bool read_range(const char *path, int64_t offset, size_t length, uint8_t *to)
{
    FILE *const file = fopen(path, "rb");
    bool done;

    if (file == NULL) return false;
    done = fseek(file, (long)offset, SEEK_SET) == 0 && fread(to, 1, length, file) == length;
    (void)fclose(file);
    return done;
}

/* Whether a file is so long, before memory is taken for what it only claims to have. */
static bool is_so_long(const char *path, int64_t end)
{
    FILE *const file = fopen(path, "rb");
    bool done;

    if (file == NULL) return false;
    done = fseek(file, 0, SEEK_END) == 0 && ftell(file) >= (long)end && ftell(file) < LONG_MAX; /* a folder's */
    (void)fclose(file);
    return done;
}

void read_external(import *im, SrdOnnx__TensorProto *t, const char *name, int64_t length)
{
    const char *const location = entry_of(t, "location");
    const int64_t offset = number_of(im, t, name, "offset", 0), said = number_of(im, t, name, "length", length);
    char path[MOST_PATH];
    uint8_t *bytes;

    if (location == NULL || !stays_inside(location))
        refuse(im, "the tensor %.100s lies in the file %.100s, which is not one of the network's folder", name,
               location != NULL ? location : "");
    if (im->folder == NULL)
        refuse(im, "the tensor %.100s lies in another file, %.100s, and no folder is given for it", name, location);
    if (said != length)
        refuse(im, "the tensor %.100s should have %lld bytes but has %lld", name, (long long)length, (long long)said);
    if (length > LONG_MAX - offset || snprintf(path, sizeof path, "%s/%s", im->folder, location) >= (int)sizeof path ||
        !is_so_long(path, offset + length))
        refuse(im, "the tensor %.100s: the file %.100s is not there or ends before byte %lld + %lld", name, location,
               (long long)offset, (long long)length);
    bytes = malloc(length > 0 ? (size_t)length : 1);
    if (bytes == NULL) give_up(im, SRD_ERR_MEMORY, "there is not enough memory");
    if (!read_range(path, offset, (size_t)length, bytes)) {
        free(bytes);
        refuse(im, "the tensor %.100s: the file %.100s cannot be read", name, location);
    }
    free(t->raw_data.data);
    t->raw_data.data = bytes; /* freed with the tensor */
    t->raw_data.len = (size_t)length;
    t->has_raw_data = 1;
    im->size += (size_t)length;
}
