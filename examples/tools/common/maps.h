/* maps.h -- questions about a picture, and their heat maps as PNG files. */
#ifndef PROGRAM_MAPS_H
#define PROGRAM_MAPS_H

#include "options.h"
#include "session.h"

/** Runs the picture, prints the classes and the balance, writes the maps. @return whether it succeeded */
bool explain_picture(session *s, const program_options *options);

#endif
