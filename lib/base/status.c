/* status.c -- names of statuses and the version of the library. */
#include "base/fail.h"
#include "srd/version.h"

const char *srd_status_name(srd_status status)
{
    switch (status) {
    case SRD_OK: return "SRD_OK";
    case SRD_ERR_ARGUMENT: return "SRD_ERR_ARGUMENT";
    case SRD_ERR_SHAPE: return "SRD_ERR_SHAPE";
    case SRD_ERR_STATE: return "SRD_ERR_STATE";
    case SRD_ERR_MEMORY: return "SRD_ERR_MEMORY";
    case SRD_ERR_UNSUPPORTED: return "SRD_ERR_UNSUPPORTED";
    case SRD_ERR_NUMBER: return "SRD_ERR_NUMBER";
    case SRD_ERR_OVERFLOW: return "SRD_ERR_OVERFLOW";
    case SRD_ERR_CANCELLED: return "SRD_ERR_CANCELLED";
    case SRD_ERR_INTERNAL: return "SRD_ERR_INTERNAL";
    default: return "unknown status";
    }
}

bool srd__is_status(srd_status status)
{
    return srd_status_name(status)[0] == 'S';
}

int32_t srd_version(void)
{
    return SRD_VERSION_MAJOR * 10000 + SRD_VERSION_MINOR * 100 + SRD_VERSION_PATCH;
}

bool srd__is_utf8(const char *text)
{
    const unsigned char *at = (const unsigned char *)text;

    while (*at != 0) {
        const uint32_t first = *at++;
        const uint32_t more = first < 0xe0 ? 1 : first < 0xf0 ? 2 : 3;
        uint32_t character = first & (0x3fu >> more);

        if (first < 0x80) continue;
        if (first < 0xc2 || first > 0xf4) return false; /* inside a character, or no first byte of one */
        for (uint32_t i = 0; i < more; ++i) {           /* the end of the text is no byte inside a character */
            if ((*at & 0xc0u) != 0x80u) return false;
            character = character << 6 | (*at++ & 0x3fu);
        }
        if (more > 1 && character >> (5 * more + 1) == 0) return false;                /* fewer bytes would do */
        if (character > 0x10ffff || (character & 0xfffff800u) == 0xd800) return false; /* no character at all */
    }
    return true;
}
