/* session.h -- a network and its explainer in one piece of memory that the caller has. */
#ifndef FIRMWARE_SESSION_H
#define FIRMWARE_SESSION_H

#include "net.h"

typedef struct session {
    srd_graph *graph;
    srd_explainer *explainer;
    srd_tensor *picture; /* of the last run */
    /* That are needed: known after a try that failed, too. The graph's are rounded up, so that the explainer behind it is aligned. */
    size_t graph_bytes, explainer_bytes;
} session;

/**
 * Builds the network and makes an explainer of it.
 * @param s       receives both
 * @param n       its numbers are read where they lie, as long as the session is open
 * @param mode    SRD_MODE_EXPLAIN, or SRD_MODE_FORWARD
 * @param memory  a block aligned to SRD_ALIGNMENT, of size bytes. The sizes are found out in it, too
 * @return SRD_OK; SRD_ERR_MEMORY if the block is too small or misaligned; what sealing or creating returned
 */
srd_status session_open(session *s, const net *n, int32_t mode, void *memory, size_t size);

/* The same with all that an explainer can be made for. */
srd_status session_open_with(session *s, const net *n, const srd_explainer_options *options, void *memory, size_t size);

/* Runs the network on a picture [channels][side][side]. */
srd_status session_run(session *s, const net *n, const float *picture);

/* The top class with its score, and what every pixel adds to it, [side][side]. */
srd_status session_explain(session *s, const net *n, int32_t *class_index, float *score, float *map);

void session_close(session *s);

#endif
