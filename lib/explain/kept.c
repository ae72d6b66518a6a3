/* kept.c -- see kept.h. */
#include "explain/kept.h"

#define LARGEST_HALF 0x7bffu /* 65504 */

srd__ratios srd__ratios_of(const srd_explainer *ex, const srd__bound *bound)
{
    void *const at = srd__at(ex, bound->segment->layer, SRD__STORE_RATIO);
    const bool halves = ex->options.ratios == SRD_RATIOS_FLOAT16;
    const srd__ratios ratios = { halves ? NULL : (float *)at, halves ? (uint16_t *)at : NULL, (size_t)bound->positions };

    return ratios;
}

size_t srd__ratio_bytes(const srd_explainer *ex)
{
    return ex->options.ratios == SRD_RATIOS_FLOAT16 ? sizeof(uint16_t) : sizeof(float);
}

/* The float16 that is nearest to a number, of two the even one. Without a branch; may be beyond LARGEST_HALF. Below 2^-14 float16 has
 * multiples of 2^-24, to which a sum with 1/2 rounds. */
static inline uint32_t nearest_half(uint32_t magnitude)
{
    const uint32_t is_tiny = 0u - ((magnitude - 0x38800000u) >> 31);
    const uint32_t normal = (magnitude - 0x38000000u + 0xfffu + (magnitude >> 13 & 1u)) >> 13; /* bias 15 instead of 127 */
    float sum;
    uint32_t bits;

    memcpy(&sum, &magnitude, sizeof sum);
    sum += 0.5f;
    memcpy(&bits, &sum, sizeof bits);
    return ((bits - 0x3f000000u) & is_tiny) | (normal & ~is_tiny);
}

int32_t srd__round_row(const srd__ratios *ratios, int32_t path, int32_t p, int32_t count, float *row)
{
    const size_t at = (size_t)path * ratios->positions + (size_t)p;
    int32_t saturated = 0;

    for (int32_t i = 0; i < count; ++i) {
        uint32_t bits, half, beyond;

        memcpy(&bits, &row[i], sizeof bits);
        half = nearest_half(bits & 0x7fffffffu);
        beyond = half > LARGEST_HALF;
        saturated += (int32_t)beyond;
        half = beyond ? LARGEST_HALF : half;
        ratios->halves[at + (size_t)i] = (uint16_t)(half | (bits >> 16 & 0x8000u));
    }
    srd__half_row(ratios->halves + at, (size_t)count, row);
    return saturated;
}

const float *srd__kept_paths(const srd__ratios *ratios, int32_t paths, int32_t p, float *room, size_t *step)
{
    *step = ratios->positions;
    if (ratios->halves == NULL) return ratios->floats != NULL ? ratios->floats + p : NULL;
    *step = 1;
    for (int32_t k = 0; k < paths; ++k) room[k] = srd__kept(ratios, (size_t)k * ratios->positions + (size_t)p);
    return room;
}
