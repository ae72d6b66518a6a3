/* ratio_store.c -- see ratio_store.h. */
#include "tiles/ratio_store.h"

#include "explain/store.h"

#define LARGEST 0x477fe000u /* 65504 as a float */

void srd__ratios_of(const srd_explainer *ex, const srd__bound *bound, srd__ratios *ratios)
{
    void *const at = srd__at(ex, bound->segment->layer, SRD__STORE_RATIO);
    const bool halves = SRD_WITH_RATIOS_FLOAT16 && ex->plan.options.ratios == SRD_RATIOS_FLOAT16;

    ratios->floats = halves ? NULL : (float *)at;
    ratios->halves = halves ? (uint16_t *)at : NULL;
    ratios->positions = (size_t)bound->positions;
    ratios->first = 0;
    ratios->end = bound->positions;
}

size_t srd__ratio_bytes(const srd_explainer *ex)
{
    return SRD_WITH_RATIOS_FLOAT16 && ex->plan.options.ratios == SRD_RATIOS_FLOAT16 ? sizeof(uint16_t) : sizeof(float);
}

/*
 * The float16 that is nearest to x, of two the even one; *x becomes it. Below 2^-14 float16 has multiples of 2^-24, to which a sum
 * with 1/2 rounds. Adds 1 to *saturated if x is beyond the largest.
 */
static inline uint16_t round_to_half(float *x, int32_t *saturated)
{
    float number = *x; /* a local one, so that compilers see its alignment and make a move of memcpy() */
    uint32_t bits, magnitude, half;

    memcpy(&bits, &number, sizeof bits);
    magnitude = bits & 0x7fffffffu;
    if (magnitude < 0x38800000u) {
        const float sum = fabsf(number) + 0.5f, rounded = sum - 0.5f;

        memcpy(&half, &sum, sizeof half);
        half -= 0x3f000000u;
        memcpy(&magnitude, &rounded, sizeof magnitude);
    } else {
        magnitude = (magnitude + 0xfffu + (magnitude >> 13 & 1u)) & ~0x1fffu;
        if (magnitude > LARGEST) {
            magnitude = LARGEST;
            ++*saturated;
        }
        half = (magnitude - 0x38000000u) >> 13; /* bias 15 instead of 127 */
    }
    magnitude |= bits & 0x80000000u;
    memcpy(&number, &magnitude, sizeof number);
    *x = number;
    return (uint16_t)(half | (bits >> 16 & 0x8000u));
}

int32_t srd__round_row(const srd__ratios *ratios, int32_t path, int32_t p, int32_t count, float *row)
{
    uint16_t *const to = ratios->halves + srd__ratio_at(ratios, path, p);
    int32_t saturated = 0;

    for (int32_t i = 0; i < count; ++i) to[i] = round_to_half(&row[i], &saturated);
    return saturated;
}

const float *srd__kept_paths(const srd__ratios *ratios, int32_t paths, int32_t p, float *room, size_t *step)
{
    *step = ratios->positions;
    if (srd__halves(ratios) == NULL) return ratios->floats != NULL ? ratios->floats + p : NULL;
    *step = 1;
    for (int32_t k = 0; k < paths; ++k) room[k] = srd__kept(ratios, srd__ratio_at(ratios, k, p));
    return room;
}
