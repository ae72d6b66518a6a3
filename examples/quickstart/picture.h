/* picture.h -- PNG files in and out, by libpng. */
#ifndef QUICKSTART_PICTURE_H
#define QUICKSTART_PICTURE_H

#include <stdbool.h>
#include <stdint.h>

#define PICTURE_REASON 256 /* room for the text that says why a file could not be read or written */

/**
 * Read any PNG as a square grey picture: colours become grey, transparency black, a picture that is not square gets black
 * borders, and any size becomes side x side by averaging over areas. The network knows light clothes on black only, so a
 * picture with a light rim is inverted.
 * @param grey      receives side * side bytes, in rows
 * @param inverted  receives whether it was inverted
 * @param reason    receives PICTURE_REASON bytes of text on failure
 */
bool picture_read(const char *path, int32_t side, uint8_t *grey, bool *inverted, char *reason);

/** Write width * height pixels of three bytes (red, green, blue). @param reason  as in picture_read() */
bool picture_write(const char *path, int32_t width, int32_t height, const uint8_t *rgb, char *reason);

#endif
