/* fail.c -- the formatting of failures and the reading of versioned structs. */
#include "base/fail.h"

typedef struct text {
    char *at;
    size_t left; /* bytes that may still be written, the terminator not counted */
} text;

/* Appends; a text that does not fit is cut before a character of several bytes, never inside one (UTF-8). */
static void put(text *t, const char *s)
{
    int32_t written = 0;

    for (; *s != '\0' && t->left > 0; ++written) {
        *t->at++ = *s++;
        t->left--;
    }
    if (((unsigned char)*s & 0xC0u) ==
        0x80u) { /* inside a character: take its first bytes back, of which there are 3 at most */
        for (int32_t i = 0; i < 3 && written > 0; ++i, --written) {
            if (((unsigned char)*--t->at & 0xC0u) != 0x80u) break;
        }
        t->left = 0;
    }
    *t->at = '\0';
}

#if SRD_WITH_TEXTS
static void put_number(text *t, bool negative, uint64_t n)
{
    char digits[24];
    size_t i = sizeof digits - 1;

    digits[i] = '\0';
    do {
        digits[--i] = (char)('0' + (char)(n % 10));
        n /= 10;
    } while (n > 0);
    if (negative) digits[--i] = '-';
    put(t, digits + i);
}

static void put_signed(text *t, int64_t n)
{
    put_number(t, n < 0, n < 0 ? (uint64_t)0 - (uint64_t)n : (uint64_t)n);
}

static void put_format(text *t, const char *format, va_list arguments)
{
    for (; *format != '\0'; ++format) {
        if (*format != '%') {
            const char one[2] = { *format, '\0' };
            put(t, one);
            continue;
        }
        switch (*++format) {
        case 's': put(t, va_arg(arguments, const char *)); break;
        case 'd': put_signed(t, va_arg(arguments, int32_t)); break;
        case 'l': put_signed(t, va_arg(arguments, int64_t)); break;
        case 'z': put_number(t, false, va_arg(arguments, size_t)); break;
        default: return;
        }
    }
}
#endif

bool srd__is_detail(const srd_detail *detail)
{
    return detail != NULL && detail->struct_size >= offsetof(srd_detail, layer_name) && detail->struct_size <= SRD__MOST_STRUCT;
}

/* Writes all but the text, and makes t ready for that. The caller's struct may end inside the name or the text: only what lies
 * wholly inside it is written. False: there is no room for a text. */
static bool begin(srd_detail *detail, srd_status status, srd_layer layer, const char *name, text *t)
{
    if (!srd__is_detail(detail)) return false;
    detail->status = status;
    detail->layer = layer;
    detail->reserved = 0;
    if (detail->struct_size < offsetof(srd_detail, text)) return false;
    t->at = detail->layer_name;
    t->left = sizeof detail->layer_name - 1;
    put(t, name != NULL ? name : "");
    if (detail->struct_size < offsetof(srd_detail, text) + 1) return false;
    t->at = detail->text;
    t->left = srd__min((size_t)detail->struct_size, sizeof *detail) - offsetof(srd_detail, text) - 1;
    return true;
}

#if SRD_WITH_TEXTS
srd_status srd__fail(srd_detail *detail, srd_status status, srd_layer layer, const char *name, const char *format, ...)
{
    text t;

    if (begin(detail, status, layer, name, &t)) {
        va_list arguments;

        va_start(arguments, format);
        put_format(&t, format, arguments);
        va_end(arguments);
    }
    return status;
}
#else
srd_status srd__fail_plain(srd_detail *detail, srd_status status, srd_layer layer, const char *name)
{
    text t;

    if (begin(detail, status, layer, name, &t)) *t.at = '\0';
    return status;
}

srd_status srd__fail_bare(srd_detail *detail, srd_status status)
{
    return srd__fail_plain(detail, status, SRD_LAYER_NONE, NULL);
}

srd_status srd__fail_with(srd_detail *detail, srd_status status, srd_layer layer, const char *name, const char *format, ...)
{
    (void)format;
    return srd__fail_plain(detail, status, layer, name);
}
#endif

#if SRD_WITH_TEXTS
srd_status srd__left_out(srd_detail *detail, srd_layer layer, const char *name, const char *macro)
{
    return srd__fail(detail, SRD_ERR_UNSUPPORTED, layer, name, "this build leaves this out; %s=1 brings it back", macro);
}
#endif

srd_status srd__detail_copy(srd_detail *to, const srd_detail *from)
{
    if (!srd__is_detail(to)) return SRD_ERR_ARGUMENT;
    (void)srd__fail(to, from->status, from->layer, from->layer_name, "%s", from->text);
    return SRD_OK;
}

/*
 * Can a caller's struct of `size` bytes be one of ours? Between the first version and this one it grew in steps: a size inside a step
 * would cut a field. Whatever lies beyond SRD__MOST_STRUCT, or is no multiple of 4, is no size of a struct but garbage.
 */
static bool is_size(size_t size, size_t least, size_t ours, size_t step)
{
    if (size < least || size > SRD__MOST_STRUCT || size % sizeof(int32_t) != 0) return false;
    return size >= ours || (size - least) % step == 0;
}

static inline srd_status read_options(void *ours, size_t our_size, const void *theirs, size_t least, const char *what,
                                      srd_detail *detail)
{
    const unsigned char *const bytes = (const unsigned char *)theirs;
    uint32_t size;

    memset(ours, 0, our_size);
    if (theirs == NULL) return SRD_OK;
    memcpy(&size, theirs, sizeof size);
    if (!is_size(size, least, our_size, sizeof(void *))) {
        return srd__fail(detail, SRD_ERR_ARGUMENT, SRD_LAYER_NONE, NULL,
                         "%s: struct_size is %z, which no version of the struct has: the first has %z bytes, this one %z", what,
                         (size_t)size, least, our_size);
    }
    for (size_t i = our_size; i < size; ++i) {
        if (bytes[i] != 0) {
            return srd__fail(detail, SRD_ERR_ARGUMENT, SRD_LAYER_NONE, NULL,
                             "%s: a field that this version of the library does not know is not 0", what);
        }
    }
    memcpy(ours, theirs, srd__min((size_t)size, our_size));
    return SRD_OK;
}

#if SRD_WITH_TEXTS
srd_status srd__options_read(void *ours, size_t our_size, const void *theirs, size_t least, const char *what,
                             srd_detail *detail)
{
    return read_options(ours, our_size, theirs, least, what, detail);
}
#else
srd_status srd__options_take(void *ours, size_t our_size, const void *theirs, size_t least, srd_detail *detail)
{
    return read_options(ours, our_size, theirs, least, "", detail);
}
#endif

srd_status srd__report_write(void *theirs, const void *ours, size_t our_size, size_t least, const char *what,
                             srd_detail *detail)
{
    uint32_t size = 0;

    if (theirs != NULL) memcpy(&size, theirs, sizeof size);
    if (theirs == NULL || !is_size(size, least, our_size, sizeof(double))) {
        return srd__fail(
            detail, SRD_ERR_ARGUMENT, SRD_LAYER_NONE, NULL,
            "%s is NULL, or its struct_size, %z, is none that a version of the struct has: the first has %z bytes, "
            "this one %z",
            what, (size_t)size, least, our_size);
    }
    memset((char *)theirs + sizeof size, 0, size - sizeof size);
    memcpy((char *)theirs + sizeof size, (const char *)ours + sizeof size, srd__min((size_t)size, our_size) - sizeof size);
    return SRD_OK;
}

srd_status srd__entry_size(int32_t given, size_t least, const char *what, size_t *size, srd_detail *detail)
{
    *size = given == 0 ? least : (size_t)given;
    if (given >= 0 && *size >= least && *size <= SRD__MOST_STRUCT && *size % sizeof(int32_t) == 0) return SRD_OK;
    return srd__fail(detail, SRD_ERR_ARGUMENT, SRD_LAYER_NONE, NULL,
                     "an entry of %s has %d bytes, which no version of the struct has: the first has %z", what, given, least);
}

srd_status srd__entry_read(void *ours, size_t our_size, const void *array, size_t size, int32_t i, const char *what,
                           srd_detail *detail)
{
    const unsigned char *const bytes = (const unsigned char *)array + size * (size_t)i;

    for (size_t k = our_size; k < size; ++k) {
        if (bytes[k] != 0) {
            return srd__fail(detail, SRD_ERR_ARGUMENT, SRD_LAYER_NONE, NULL,
                             "%s[%d]: a field that this version of the library does not know is not 0", what, i);
        }
    }
    memset(ours, 0, our_size);
    memcpy(ours, bytes, srd__min(size, our_size));
    return SRD_OK;
}

void srd__entries_spread(void *array, size_t ours, size_t size, int32_t count)
{
    char *const bytes = (char *)array;

    for (int32_t i = count - 1; size > ours && i >= 0; --i) { /* from behind: an entry only moves up */
        memmove(bytes + size * (size_t)i, bytes + ours * (size_t)i, ours);
        memset(bytes + size * (size_t)i + ours, 0, size - ours);
    }
}
