/* fail.c -- the formatting of failures and the reading of versioned structs. */
#include "base/fail.h"

typedef struct text {
    char *at;
    size_t left; /* bytes that may still be written, the terminator not counted */
} text;

static void put(text *t, const char *s)
{
    while (*s != '\0' && t->left > 0) {
        *t->at++ = *s++;
        t->left--;
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

srd_status srd__fail(srd_detail *detail, srd_status status, srd_layer layer, const char *name, const char *format, ...)
{
    text t;

    if (detail == NULL || detail->struct_size < offsetof(srd_detail, text) + 1) return status;
    detail->status = status;
    detail->layer = layer;
    detail->reserved = 0;
    t.at = detail->layer_name;
    t.left = sizeof detail->layer_name - 1;
    put(&t, name != NULL ? name : "");
    t.at = detail->text;
    t.left = srd__min((size_t)detail->struct_size, sizeof *detail) - offsetof(srd_detail, text) - 1;
#if SRD_WITH_TEXTS
    {
        va_list arguments;

        va_start(arguments, format);
        put_format(&t, format, arguments);
        va_end(arguments);
    }
#else
    (void)format;
    put(&t, "");
#endif
    return status;
}

srd_status srd__detail_copy(srd_detail *to, const srd_detail *from)
{
    if (to == NULL || to->struct_size < offsetof(srd_detail, text) + 1) return SRD_ERR_ARGUMENT;
    {
        const uint32_t size = to->struct_size;
        const size_t n = srd__min((size_t)size, sizeof *from);

        memcpy(to, from, n);
        ((char *)to)[n - 1] = '\0'; /* a shorter caller's text is cut */
        to->struct_size = size;
    }
    return SRD_OK;
}

srd_status srd__options_read(void *ours, size_t our_size, const void *theirs, size_t least, const char *what,
                             srd_detail *detail)
{
    const unsigned char *const bytes = (const unsigned char *)theirs;
    uint32_t size;

    memset(ours, 0, our_size);
    if (theirs == NULL) return SRD_OK;
    memcpy(&size, theirs, sizeof size);
    if (size < least) {
        return srd__fail(detail, SRD_ERR_ARGUMENT, SRD_LAYER_NONE, NULL, "%s: struct_size is %z, at least %z is needed", what,
                         (size_t)size, least);
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

srd_status srd__report_write(void *theirs, const void *ours, size_t our_size, size_t least)
{
    uint32_t size;

    if (theirs == NULL) return SRD_ERR_ARGUMENT;
    memcpy(&size, theirs, sizeof size);
    if (size < least) return SRD_ERR_ARGUMENT;
    memcpy((char *)theirs + sizeof size, (const char *)ours + sizeof size, srd__min((size_t)size, our_size) - sizeof size);
    return SRD_OK;
}
