/* terminal.h -- a picture and a map as text, for a terminal or a log file. */
#ifndef QUICKSTART_TERMINAL_H
#define QUICKSTART_TERMINAL_H

#include "explain.h"
#include "picture.h"

/**
 * Print the picture and, beside it, a map of the picture's size to stdout. On a terminal in colours: 24 bits if COLORTERM
 * says so, else out of 256; elsewhere, or if NO_COLOR is set, the map alone in plain ASCII.
 * @param reason  receives PICTURE_REASON bytes of text on failure
 */
bool terminal_show(const uint8_t *grey, const explain_map *map, char *reason);

#endif
