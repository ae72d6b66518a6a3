/* picture.h -- PNG files in and out, by libpng. */
#ifndef QUICKSTART_PICTURE_H
#define QUICKSTART_PICTURE_H

#include <stdbool.h>
#include <stdint.h>

#define PICTURE_REASON 256 /* room for the text that says why a file could not be read or written */

/**
 * Read any PNG as a square grey picture, treated as the training pictures were: colours become grey and transparency black,
 * a picture with a light rim is inverted (the network knows light clothes on black), dark borders are cut off, and the longer
 * side is brought to the network's size by averaging over areas. A picture that has this size already is left as it is.
 * @param grey      receives side * side bytes, in rows
 * @param inverted  receives whether it was inverted
 * @param reason    receives PICTURE_REASON bytes of text on failure
 */
bool picture_read(const char *path, int32_t side, uint8_t *grey, bool *inverted, char *reason);

/** Write width * height pixels of four bytes (red, green, blue, alpha). @param reason  as in picture_read() */
bool picture_write(const char *path, int32_t width, int32_t height, const uint8_t *rgba, char *reason);

#endif
