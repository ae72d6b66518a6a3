/* classes.h -- what the network says of the picture: its classes, by their scores and names. */
#ifndef PROGRAM_CLASSES_H
#define PROGRAM_CLASSES_H

#include "options.h"
#include "session.h"
#include "where.h"

/** Names of classes, one for each line of a file. */
typedef struct class_names {
    char *text;         /* the file, its lines ended by 0 */
    const char **names; /* into text; NULL: there is no file */
    int32_t count;
} class_names;

/**
 * Reads --labels.
 * @param path  NULL: there are no names
 * @param count  classes of the network: the lines that the file must have
 * @return whether it succeeded; else the reason is printed
 */
bool class_names_read(const char *path, int32_t count, class_names *names);
void class_names_free(class_names *names);
/** ", its name" or "". */
const char *class_name(const class_names *names, int32_t class_index);

/**
 * Prints the classes with the largest scores, of the positions that are asked about, and finds the one with the largest.
 * @return whether it succeeded; else the reason is printed
 */
bool print_classes(session *s, const program_options *options, const where *positions, const class_names *names, int32_t *top);

#endif
