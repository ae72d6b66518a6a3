/* setup.h -- what the programs of this folder share: a picture, the trained network of the quickstart, and a run of it. */
#ifndef HOWTO_SETUP_H
#define HOWTO_SETUP_H

#include "srd/srd.h"

#define SIDE 28                /* height and width of the network's picture */
#define PIXELS (SIDE * SIDE)   /* of a picture */
#define SHOWN_SIDE (10 * SIDE) /* height and width of the pictures that are written */

typedef struct setup {
    srd_graph *graph;
    srd_explainer *explainer;
    srd_tensor *picture;  /* a view of pixels */
    float pixels[PIXELS]; /* normalised as in training */
} setup;

/* Read a PGM file (P5, 28 x 28, 8 bits) and normalise it as in training. 1: done; 0: the file is not such a picture. */
int setup_read(const char *path, float *pixels);

/* Build the network, run it on the picture, and keep all sharing ratios. Start with a setup of zeros; end it in any case. */
srd_status setup_run(setup *s, const char *path, srd_detail *why);
void setup_end(setup *s);

/* Write pixels of four bytes as a PPM file (P6). 1: done. */
int setup_write(const char *path, int32_t height, int32_t width, const uint8_t *rgba);

/* Say why on stderr, and return the exit status of the program. */
int setup_finish(srd_status status, const srd_detail *why);

#endif
