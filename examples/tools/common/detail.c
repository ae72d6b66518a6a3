/* detail.c -- why a call of a reader's interface failed, for its caller. */
#include "detail.h"

#include <stddef.h>
#include <string.h>

/* As much of a text as fits, and no half character of UTF-8. */
static void copy_text(char *to, size_t size, const char *text)
{
    size_t length = strlen(text);

    if (length >= size) {
        length = size - 1;
        while (length > 0 && ((unsigned char)text[length] & 0xc0u) == 0x80u) --length;
    }
    memcpy(to, text, length);
    to[length] = '\0';
}

srd_status tell(srd_detail *detail, srd_status status, const char *node, const char *text)
{
    srd_detail said = SRD_DETAIL_INIT;

    if (detail == NULL || detail->struct_size < offsetof(srd_detail, layer_name) || detail->struct_size > LARGEST_STRUCT)
        return status;
    said.struct_size = detail->struct_size;
    said.status = status;
    copy_text(said.layer_name, sizeof said.layer_name, node);
    copy_text(said.text, sizeof said.text, text);
    memcpy(detail, &said, said.struct_size < sizeof said ? offsetof(srd_detail, layer_name) : sizeof said);
    return status;
}
