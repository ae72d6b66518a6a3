/* photo.h -- a map over the picture as its file has it, whole and at its own size. */
#ifndef PROGRAM_PHOTO_H
#define PROGRAM_PHOTO_H

#include "picture.h"
#include "srd/srd.h"

/** The picture, and which part of it the network sees. */
typedef struct photo {
    picture file;
    picture_frame frame;
} photo;

/**
 * Draws the map where its positions look, over the grey picture.
 * @param grid   of the map
 * @param place  of the grid in the input of the network
 * @param path   of the PNG file
 * @return whether it succeeded; else the reason is printed
 */
bool photo_draw(const photo *p, const srd_tensor *grid, const srd_layer_geometry *place, const char *path);

#endif
