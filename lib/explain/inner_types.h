/*
 * inner_types.h -- layers inside a segment, gather layers and swallowed layers, as places where a question's map is wanted (METHOD
 * section 7). They never cut a segment; what is known of its paths is only added up in another way.
 *
 * A path that goes through one position of the layer, or through none, counts there with its whole share. A path that goes
 * several ways (pools of pools, a concat of what it concats) has parts, one per position and one for the ways beside the
 * layer; `fine` is the segment once more, with a path for each part.
 */
#ifndef SRD_EXPLAIN_INNER_TYPES_H
#define SRD_EXPLAIN_INNER_TYPES_H

#include "explain/types.h"

#define SRD__WAY_NONE 0 /* the lane does not go through the layer */

#define SRD__WAY_Y 1 /* all its paths do: a swallowed layer, at the position of y */

#define SRD__WAY_TOP 2 /* all its paths do: a flatten, or a concat of vectors, above the root; it has one position */

#define SRD__WAY_TABLE 3 /* table: [position of the grid][slot] position of the layer, or -1 */

#define SRD__WAY_SPLIT 4 /* see fine; table: [position of the grid][slot of the fine lane] slot of the lane */

/* How the paths of one lane go through an inner layer. */
typedef struct srd__way {
    int32_t *table;
    int32_t how;
    /* 1: the lane's paths go through the layer above the root, as SRD__WAY_TOP says. Where a twin's paths do not, `how` is
     * SRD__WAY_SPLIT instead, and there is no table. */
    int32_t top;
} srd__way;

/* One inner layer in one segment. */
typedef struct srd__inner {
    srd__way *ways;       /* by lane */
    srd__bound *fine;     /* paths are parts, of split lanes only; NULL: nothing is split */
    size_t offset, bytes; /* parts of the ratios, [part][position] floats, among what an image keeps */
    int32_t layer, bound; /* bound: index of the segment */
} srd__inner;

#endif
