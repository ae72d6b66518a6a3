/* clock.h -- seconds, for showing how long something took. */
#ifndef QUICKSTART_CLOCK_H
#define QUICKSTART_CLOCK_H

#include <time.h>

/* Seconds since the last call with the same clock; a clock starts as 0 and its first answer means nothing. */
static inline double lap(double *clock)
{
    const double last = *clock;
    struct timespec now;

    (void)timespec_get(&now, TIME_UTC);
    *clock = (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
    return *clock - last;
}

#endif
