/* active_weights.h -- what srd__bound.head_state says of the neurons of a run, for active_weights.c and its tests. */
#ifndef SRD_FAST_ACTIVE_WEIGHTS_H
#define SRD_FAST_ACTIVE_WEIGHTS_H

#include "explain/fast_case.h"

#define SRD__ACTIVE_UNKNOWN 0 /* no question has asked yet */
#define SRD__ACTIVE_MANY 1    /* too many are on */
#define SRD__ACTIVE_LISTED 2  /* so many of each are on */
#define SRD__ACTIVE_THERE 3   /* and their weights are brought together */

#endif
