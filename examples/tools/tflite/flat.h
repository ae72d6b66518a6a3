/*
 * flat.h -- a reader of FlatBuffers that trusts nothing: every offset, table, vector and text is checked against the bytes before it is
 * used, whatever the file says. What cannot be read marks the file as broken, once, with the byte; what is read from then on is 0 and empty,
 * so that callers look once at the end of a step. Nothing is allocated, and nothing calls itself: a table is looked at only when the
 * reader asks for it, to the depth that the reader knows.
 *
 * The format: numbers are little-endian. A table begins with the (signed) distance back to its vtable: the size of the vtable and of the
 * table in bytes, then for each field its place in the table, 0 where it has its default. A field that is a table, a vector or a text
 * holds the distance forward to it; a vector begins with its count.
 */
#ifndef TFLITE_FLAT_H
#define TFLITE_FLAT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "names.h"

typedef struct flat {
    const uint8_t *bytes;
    size_t size;
    bool is_broken;
    size_t broken_at; /* the byte */
} flat;

/** at 0: there is none, and all its fields have their defaults. */
typedef struct flat_table {
    size_t at, vtable;
    uint32_t size, fields; /* bytes of the table, number of fields */
} flat_table;

typedef struct flat_vector {
    size_t at; /* of the first element */
    uint32_t count;
} flat_vector;

/** The outermost table. */
flat_table flat_root(flat *f);
/** Whether a field is written, and not left to its default. */
bool flat_has(const flat_table *t, int field);
/** A field that is a signed number of 4 or 8 bytes, or one of 1 byte from 0 to 255. */
int64_t flat_int(flat *f, const flat_table *t, int field, uint32_t bytes, int64_t otherwise);
float flat_float(flat *f, const flat_table *t, int field, float otherwise);
flat_table flat_child(flat *f, const flat_table *t, int field);
/** A vector of elements of so many bytes. */
flat_vector flat_list(flat *f, const flat_table *t, int field, uint32_t bytes);
/** Elements of a vector, below its count. */
flat_table flat_table_of(flat *f, const flat_vector *v, uint32_t index);
int64_t flat_int_of(flat *f, const flat_vector *v, uint32_t index, uint32_t bytes);
float flat_float_of(flat *f, const flat_vector *v, uint32_t index);

#endif
