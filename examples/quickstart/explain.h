/* explain.h -- what the tutorial (explain.c) finds out: a plain struct of numbers, which the other files show. */
#ifndef QUICKSTART_EXPLAIN_H
#define QUICKSTART_EXPLAIN_H

#include "network.h"

#define EXPLAIN_LAYERS 6 /* layers whose maps are asked for: the picture and five inner ones, from the bottom up */

extern const char *const explain_layers[EXPLAIN_LAYERS]; /* their names in the graph */

/* A relevance map: a signed number per position of a layer, in rows. */
typedef struct explain_map {
    int32_t height, width;
    float scale; /* the number that gets the full colour where the map is shown */
    float values[NETWORK_SIDE * NETWORK_SIDE];
} explain_map;

/* Which map is which in explanation.maps. */
#define EXPLAIN_TOP 0                       /* the top class, at each of the layers */
#define EXPLAIN_SECOND EXPLAIN_LAYERS       /* the runner-up, at the picture */
#define EXPLAIN_VERSUS (EXPLAIN_LAYERS + 1) /* the top class against the runner-up, at the picture */
#define EXPLAIN_ERF (EXPLAIN_LAYERS + 2)    /* the ERF, at the picture, of the strongest PFV of each layer */
#define EXPLAIN_MAPS (2 * EXPLAIN_LAYERS + 2)

typedef struct explanation {
    float logits[NETWORK_CLASSES];
    int32_t top, second; /* the classes of the largest and of the second largest logit */
    explain_map maps[EXPLAIN_MAPS];
    int32_t row[EXPLAIN_LAYERS], column[EXPLAIN_LAYERS]; /* of the strongest PFV: the most relevance for the top class */
    srd_report report;                                   /* where the relevance of the top class went */
    size_t graph_bytes, explainer_bytes;
    double build_seconds, run_seconds;
    double top_seconds, second_seconds, versus_seconds, erf_seconds; /* of each question; erf: of all ERFs together */
} explanation;

/**
 * Build the network, run it on a picture, and ask why it decides as it does.
 * @param grey    the picture in rows, 0 black ... 255 white, light clothes on black
 * @param out     receives the explanation; its content means nothing after a failure
 * @param detail  filled on failure
 * @return SRD_OK or the status of the call that failed
 */
srd_status explain(const uint8_t *grey, explanation *out, srd_detail *detail);

#endif
