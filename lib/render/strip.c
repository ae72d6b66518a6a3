/*
 * strip.c -- levels of a few neighbouring columns of the target at a time.
 *
 * Pictures are drawn in strips, from the top row to the bottom one. Where both axes enlarge, which is what a viewer sees nearly always, the
 * columns of a strip are worked out once and not in every row, and so are the rows of the source, of which two at a time are kept with
 * their columns brought to the target's: what is left for a pixel is to mix two numbers. The results are those of srd__render_sample() to
 * the bit (only the sign of a 0 may differ, which no colour shows).
 */
#include "render/render_impl.h"

#if SRD_WITH_RENDER

void srd__strip_begin(srd__strip *strip, const srd__axis *columns, int32_t count)
{
    srd__axis axis = *columns;

    strip->begin = columns;
    strip->count = count;
    strip->mixes = srd__axis_enlarges(columns);
    strip->base = 0;
    for (int32_t i = 0; i < SRD_STRIP; ++i) {
        strip->first[i] = strip->last[i] = 0;
        strip->share[i] = 0.0f;
    }
    strip->sources = 0;
    for (int32_t i = 0; i < count; ++i, srd__axis_next(&axis)) {
        strip->beside[i] = axis.beside;
        if (axis.beside || !strip->mixes) continue;
        if (strip->sources == 0) strip->base = axis.first;
        strip->first[i] = (uint8_t)(axis.first - strip->base);
        strip->last[i] = (uint8_t)(axis.last - strip->base);
        strip->sources = axis.last - strip->base + 1; /* they go upwards, by one at most */
        if (axis.last > axis.first) strip->share[i] = axis.share_last;
    }
}

/* A row of the source, mixed for the columns of the strip. */
static void mix_columns(const srd__strip *strip, const srd__plane *plane, int64_t row, float *line)
{
    float source[SRD_STRIP + 1];

    source[0] = 0.0f; /* what columns beside the map mix, if all are */
    for (int64_t i = 0; i < strip->sources; ++i) source[i] = srd__render_level(plane, row, strip->base + i);
    for (int32_t i = 0; i < strip->count; ++i) {
        const float first = source[strip->first[i]];

        line[i] = first + strip->share[i] * (source[strip->last[i]] - first);
    }
}

/* The two rows that the target's row is made of, kept from the row before if they are the same. */
static void find_lines(const srd__strip *strip, const srd__plane *plane, const srd__axis *rows, srd__lines *lines)
{
    if (lines->first != rows->first) {
        if (lines->last == rows->first) memcpy(lines->of_first, lines->of_last, sizeof lines->of_first);
        else mix_columns(strip, plane, rows->first, lines->of_first);
        lines->first = rows->first;
    }
    if (lines->last != rows->last) {
        if (rows->last == rows->first) memcpy(lines->of_last, lines->of_first, sizeof lines->of_last);
        else mix_columns(strip, plane, rows->last, lines->of_last);
        lines->last = rows->last;
    }
}

void srd__lines_begin(srd__lines *lines)
{
    lines->first = lines->last = -1;
    memset(lines->of_first, 0, sizeof lines->of_first);
    memset(lines->of_last, 0, sizeof lines->of_last);
}

void srd__strip_levels(const srd__strip *strip, const srd__plane *plane, const srd__axis *rows, srd__lines *lines,
                       float *levels)
{
    srd__axis columns;

    if (strip->mixes && srd__axis_enlarges(rows)) {
        const float share = rows->last > rows->first ? rows->share_last : 0.0f;

        if (strip->sources == 0) return; /* all of it lies beside */
        find_lines(strip, plane, rows, lines);
        for (int32_t i = 0; i < SRD_STRIP; ++i) {
            levels[i] = lines->of_first[i] + share * (lines->of_last[i] - lines->of_first[i]);
        }
        return;
    }
    columns = *strip->begin;
    for (int32_t i = 0; i < strip->count; ++i, srd__axis_next(&columns)) {
        if (!columns.beside) levels[i] = srd__render_sample(plane, rows, &columns);
    }
}

#endif
