/*
 * place.h -- where the next layer of a fuzzed graph goes, and what its parameters are made of. Shared by layers.c and more_layers.c.
 */
#ifndef TESTS_FUZZ_PLACE_H
#define TESTS_FUZZ_PLACE_H

#include "fuzz.h"

typedef struct place {
    fuzz *f;
    srd_graph *graph;
    const char *name;
    srd_layer input;
    int32_t c, h, w; /* of the input; open sizes are taken for 3 */
} place;

/* A vector of count numbers, rarely of another length; the second, or NULL. */
srd_tensor *place_vector(place *p, int64_t count);
srd_tensor *place_maybe_vector(place *p, int64_t count);

/* Layers of the same size as the input, mostly, the input first; channels: of the same number of channels, too. */
int32_t place_partners(place *p, srd_layer *inputs, int32_t most, int channels);

/* more_layers.c: constants, tokens, gates, attention, moves, the caller's own. */
srd_layer add_constant(place *p);
srd_layer add_add_constant(place *p);
srd_layer add_linear_tokens(place *p);
srd_layer add_conv_transpose(place *p);
srd_layer add_layer_norm(place *p);
srd_layer add_gate(place *p);
srd_layer add_attention(place *p);
srd_layer add_token_move(place *p);
srd_layer add_view(place *p);
srd_layer add_position_move(place *p);
srd_layer add_upsample(place *p);
srd_layer add_constant_pad(place *p);
srd_layer add_custom(place *p);

#endif
