/* show.h -- an explanation as PNG files: one per map, and one sheet with all of them. */
#ifndef QUICKSTART_SHOW_H
#define QUICKSTART_SHOW_H

#include "explain.h"
#include "picture.h"

#define SHOW_PANELS (2 * EXPLAIN_LAYERS + 3)

/** What the pictures show. */
typedef struct show_subject {
    const char *name;    /* of the picture, as a label */
    const uint8_t *grey; /* NETWORK_SIDE rows */
    const explanation *explanation;
} show_subject;

/**
 * Write overview.png and SHOW_PANELS files with a panel of it each.
 * @param folder   exists
 * @param written  called with the name of each file that was written
 * @param reason   receives PICTURE_REASON bytes of text on failure
 */
bool show_write(const char *folder, const show_subject *subject, void (*written)(const char *name), char *reason);

#endif
