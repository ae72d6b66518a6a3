/* font.h -- the letters of the labels: a small bitmap font of our own, so that the example needs no font file. */
#ifndef QUICKSTART_FONT_H
#define QUICKSTART_FONT_H

#include <stdint.h>

#define FONT_WIDTH 5
#define FONT_HEIGHT 9 /* 7 rows above the base line, which are the height of a capital, and 2 below it */
#define FONT_CAPITAL 7

/**
 * The picture of a character: FONT_HEIGHT rows of FONT_WIDTH characters, '#' for ink and '.' for paper, with a blank
 * between two rows. Characters that the font does not have get the picture of a box.
 */
const char *font_glyph(char character);

/** Columns that a character takes up with the gap to the next one; narrow letters take less than wide ones. */
int32_t font_advance(char character);

#endif
