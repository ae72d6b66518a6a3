/*
 * view.h -- how the axes of an ONNX tensor lie in a layer (C, H, W) of libsrd.
 *
 * ONNX moves numbers between axes all the time: a transposition to put channels last, a reshape to make heads or tokens. Nearly
 * none of this does anything: the PFVs stay where they are and only get other names. So an importer need not add layers for it.
 * A view keeps the names: every axis is a list of atoms, outermost first, and an atom is a part of the channels or of the
 * positions (position = row * W + column). An atom of size n and stride s is the digit (index / s) % n of a channel or a position.
 *
 *   (N, C, H, W)                       [] [C n=C s=1] [P n=H s=W] [P n=W s=1]
 *   tokens (N, T, C)                   [] [P n=T s=1] [C n=C s=1]
 *   heads of them (N, heads, T, d)     [] [C n=heads s=d] [P n=T s=1] [C n=d s=1]
 *   flattened (N, C * H * W)           [] [C n=C s=1, P n=H*W s=1]
 *
 * Axes of size 1 have no atoms, so batch axes (always 1) and squeezed ones need no care.
 */
#ifndef READER_VIEW_H
#define READER_VIEW_H

#include <stdbool.h>
#include <stdint.h>

#include "names.h"
#include "srd/srd.h"

#define MOST_RANK 8
#define MOST_ATOMS 24
#define MOST_AFTER_RESHAPE 16 /* so that each axis can be given one more */

typedef enum atom_kind { CHANNELS, POSITIONS } atom_kind;

typedef struct atom {
    atom_kind kind;
    int32_t axis;
    int64_t size, stride;
} atom;

typedef struct view {
    srd_layer layer;
    int64_t channels, height, width; /* of the layer */
    int32_t rank;
    int64_t dims[MOST_RANK]; /* of the ONNX tensor */
    int32_t count;
    atom atoms[MOST_ATOMS]; /* by axis; within an axis from the outermost to the innermost */
} view;

/** The view (1, C, H, W) of a layer. */
view view_of_picture(srd_layer layer, int64_t channels, int64_t height, int64_t width);
/** The same numbers in row-major order under other axes. @return false: an axis would begin in the middle of an atom */
bool view_reshape(view *v, int32_t rank, const int64_t *dims);
void view_transpose(view *v, const int32_t *order);
/** Axes of size 1 in front until the rank is reached. */
void view_raise(view *v, int32_t rank);
/** Copies the atoms of the axes of a set (bit 1 << axis), merged where neighbours continue each other. @return how many */
int32_t view_collect(const view *v, uint32_t axes, atom *atoms);
/** Whether a list of atoms is one that counts all of the layer's channels or positions in their order. */
bool view_counts_all(const view *v, const atom *atoms, int32_t count, atom_kind kind);
/** Whether the axes of a set contain an atom of a kind. */
bool view_has(const view *v, uint32_t axes, atom_kind kind);
/** Axes that contain an atom of a kind. */
uint32_t view_axes_with(const view *v, atom_kind kind);
/** Takes the atoms of the axes of a set away; sizes become 1. */
void view_clear(view *v, uint32_t axes);
/** Gives an axis one atom (none if size is 1) in place of those it has. */
void view_set_axis(view *v, int32_t axis, atom_kind kind, int64_t size, int64_t stride);
/** Whether two views of one rank have equal atoms on the axes of a set. */
bool view_same_axes(const view *a, const view *b, uint32_t axes);
/** Number of the element of an array with these strides that lies at a channel and a position. */
int64_t view_element(const view *v, const int64_t *strides, int64_t channel, int64_t position);
/** Strides of a dense array, last axis fastest. */
void dense_strides(int32_t rank, const int64_t *dims, int64_t *strides);
/** The number of the element at a channel and position of the layer, in the order of the axes. */
int64_t view_file_element(const view *v, int64_t channel, int64_t position);

#endif
