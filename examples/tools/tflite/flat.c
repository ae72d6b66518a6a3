/* flat.c -- a reader of FlatBuffers that trusts nothing; see flat.h. */
#include "flat.h"

#include <string.h>

static void fail(flat *f, size_t at)
{
    if (!f->is_broken) f->broken_at = at;
    f->is_broken = true;
}

/* Whether count bytes from at on lie in the file; else it is broken. */
static bool lies_inside(flat *f, size_t at, uint64_t count)
{
    if (!f->is_broken && at <= f->size && count <= f->size - at) return true;
    fail(f, at);
    return false;
}

/* The number of so many bytes at a place. */
static uint64_t number_at(flat *f, size_t at, uint32_t bytes)
{
    uint64_t number = 0;

    if (!lies_inside(f, at, bytes)) return 0;
    for (uint32_t i = bytes; i-- > 0;) number = number << 8 | f->bytes[at + i];
    return number;
}

static int64_t signed_at(flat *f, size_t at, uint32_t bytes)
{
    const uint64_t number = number_at(f, at, bytes);

    if (bytes == 8) return number <= INT64_MAX ? (int64_t)number : -(int64_t)(UINT64_MAX - number) - 1;
    if (bytes == 4) return number <= INT32_MAX ? (int64_t)number : (int64_t)number - ((int64_t)1 << 32);
    return (int64_t)number;
}

static float float_at(flat *f, size_t at)
{
    const uint32_t bits = (uint32_t)number_at(f, at, 4);
    float number;

    memcpy(&number, &bits, sizeof number);
    return number;
}

/* Where the distance at a place leads to; 0 if the file is broken. */
static size_t follow(flat *f, size_t at)
{
    const uint64_t distance = number_at(f, at, 4);

    if (f->is_broken || !lies_inside(f, at, distance + 4) || distance == 0) {
        fail(f, at);
        return 0;
    }
    return at + (size_t)distance;
}

static flat_table table_at(flat *f, size_t at)
{
    const flat_table none = { 0, 0, 0, 0 };
    flat_table t = { at, 0, 0, 0 };
    const int64_t back = signed_at(f, at, 4);
    const int64_t vtable = (int64_t)at - back;
    uint32_t bytes;

    if (f->is_broken || at == 0 || vtable < 0 || vtable > (int64_t)f->size) {
        fail(f, at);
        return none;
    }
    t.vtable = (size_t)vtable;
    bytes = (uint32_t)number_at(f, t.vtable, 2);
    t.size = (uint32_t)number_at(f, t.vtable + 2, 2);
    if (f->is_broken || bytes < 4 || bytes % 2 != 0 || !lies_inside(f, t.vtable, bytes) || t.size < 4 ||
        !lies_inside(f, at, t.size)) {
        fail(f, t.vtable);
        return none;
    }
    t.fields = (bytes - 4) / 2;
    return t;
}

flat_table flat_root(flat *f)
{
    const size_t at = follow(f, 0);

    return table_at(f, at);
}

bool flat_has(const flat_table *t, int field)
{
    return t->at != 0 && (uint32_t)field < t->fields;
}

/* Where a field of so many bytes lies; 0: it has its default. */
static size_t field_at(flat *f, const flat_table *t, int field, uint32_t bytes)
{
    uint32_t place;

    if (f->is_broken || !flat_has(t, field)) return 0;
    place = (uint32_t)number_at(f, t->vtable + 4 + 2 * (size_t)field, 2);
    if (place == 0) return 0;
    if (place < 4 || bytes > t->size || place > t->size - bytes) {
        fail(f, t->vtable + 4 + 2 * (size_t)field);
        return 0;
    }
    return t->at + place;
}

int64_t flat_int(flat *f, const flat_table *t, int field, uint32_t bytes, int64_t otherwise)
{
    const size_t at = field_at(f, t, field, bytes);

    return at != 0 ? signed_at(f, at, bytes) : otherwise;
}

float flat_float(flat *f, const flat_table *t, int field, float otherwise)
{
    const size_t at = field_at(f, t, field, 4);

    return at != 0 ? float_at(f, at) : otherwise;
}

flat_table flat_child(flat *f, const flat_table *t, int field)
{
    const flat_table none = { 0, 0, 0, 0 };
    const size_t at = field_at(f, t, field, 4);

    return at != 0 ? table_at(f, follow(f, at)) : none;
}

flat_vector flat_list(flat *f, const flat_table *t, int field, uint32_t bytes)
{
    const flat_vector none = { 0, 0 };
    flat_vector v = none;
    size_t at = field_at(f, t, field, 4);

    if (at == 0) return none;
    at = follow(f, at);
    v.count = (uint32_t)number_at(f, at, 4);
    v.at = at + 4;
    if (f->is_broken || !lies_inside(f, v.at, (uint64_t)v.count * bytes)) return none;
    return v;
}

flat_table flat_table_of(flat *f, const flat_vector *v, uint32_t index)
{
    return table_at(f, follow(f, v->at + 4 * (size_t)index));
}

int64_t flat_int_of(flat *f, const flat_vector *v, uint32_t index, uint32_t bytes)
{
    return signed_at(f, v->at + (size_t)index * bytes, bytes);
}

float flat_float_of(flat *f, const flat_vector *v, uint32_t index)
{
    return float_at(f, v->at + 4 * (size_t)index);
}
