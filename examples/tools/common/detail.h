/* detail.h -- why a call of a reader's interface failed, for its caller. */
#ifndef READER_DETAIL_H
#define READER_DETAIL_H

#include "names.h"
#include "srd/srd.h"

#define LARGEST_STRUCT 1024 /* bytes of a struct of the interface */

/** Fills detail, which may be NULL. @return status */
srd_status tell(srd_detail *detail, srd_status status, const char *node, const char *text);

#endif
