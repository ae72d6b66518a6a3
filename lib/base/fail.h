/* fail.h -- one way to report a failure: a status, the layer, and a sentence. */
#ifndef SRD_BASE_FAIL_H
#define SRD_BASE_FAIL_H

#include "base/platform.h"
#include "srd/types.h"

/* Is a number that a caller's function returned one of ours? */
bool srd__is_status(srd_status status);

/*
 * Fills *detail (NULL: nothing) and returns status. layer is an id or SRD_LAYER_NONE, name its name or NULL.
 * format knows %s (const char *), %d (int32_t), %l (int64_t) and %z (size_t).
 */
#if SRD_WITH_TEXTS
srd_status srd__fail(srd_detail *detail, srd_status status, srd_layer layer, const char *name, const char *format, ...);
#else
/* The text is an argument of a call that is never made: no compiler that optimises keeps it, and none warns of what only it reads. */
srd_status srd__fail_with(srd_detail *detail, srd_status status, srd_layer layer, const char *name, const char *format, ...);
srd_status srd__fail_plain(srd_detail *detail, srd_status status, srd_layer layer, const char *name);
/* Of no layer. Most failures are, and a call with two arguments takes less code than one with four. */
srd_status srd__fail_bare(srd_detail *detail, srd_status status);
#if defined(__GNUC__)
#define SRD__IS_BARE(layer) (__builtin_constant_p(layer) && (layer) == SRD_LAYER_NONE)
#else
#define SRD__IS_BARE(layer) false
#endif
#define srd__fail(detail, status, layer, name, ...)                                           \
    (false                 ? srd__fail_with((detail), (status), (layer), (name), __VA_ARGS__) \
     : SRD__IS_BARE(layer) ? srd__fail_bare((detail), (status))                               \
                           : srd__fail_plain((detail), (status), (layer), (name)))
#endif

/* What is kept of a failure: without texts the struct ends before its text. It is the last member of a handle, which ends there, too. */
#define SRD__DETAIL_BYTES (SRD_WITH_TEXTS ? sizeof(srd_detail) : offsetof(srd_detail, text))

/* The failure of a call that needs a part which this build leaves out; macro: the switch that brings it back. */
#if SRD_WITH_TEXTS
srd_status srd__left_out(srd_detail *detail, srd_layer layer, const char *name, const char *macro);
#else /* as in all functions below, what only texts tell is dropped before the call, and its bytes with it */
#define srd__left_out(detail, layer, name, macro) srd__fail((detail), SRD_ERR_UNSUPPORTED, (layer), (name), "%s", (macro))
#endif

/* Can it be written? Not NULL, and of a size that it may have: it may end anywhere behind its layer, where a text is cut. */
bool srd__is_detail(const srd_detail *detail);

/* Copies a detail into the caller's struct, which may be shorter or longer. SRD_ERR_ARGUMENT if it is not readable. */
srd_status srd__detail_copy(srd_detail *to, const srd_detail *from);

/* No public struct of any version is larger: a larger struct_size is a variable that nobody has set. */
#define SRD__MOST_STRUCT 1024

/*
 * Reads a caller's versioned struct into ours: missing tail bytes become 0, unknown tail bytes must be 0.
 * least is the size of the oldest version; sizes above it that would cut a field are refused. theirs == NULL gives all zeros.
 */
#if SRD_WITH_TEXTS
srd_status srd__options_read(void *ours, size_t our_size, const void *theirs, size_t least, const char *what,
                             srd_detail *detail);
#else
srd_status srd__options_take(void *ours, size_t our_size, const void *theirs, size_t least, srd_detail *detail);
static inline srd_status srd__options_read(void *ours, size_t our_size, const void *theirs, size_t least, const char *what,
                                           srd_detail *detail)
{
    (void)what;
    return srd__options_take(ours, our_size, theirs, least, detail);
}
#endif

/* Writes ours into a caller's versioned struct, and zeros into what it has beyond ours; struct_size itself is kept. */
srd_status srd__report_write(void *theirs, const void *ours, size_t our_size, size_t least, const char *what,
                             srd_detail *detail);

/*
 * Reads the size of an entry that a caller names beside an array of structs without a struct_size: 0 is that of the first version, least.
 * What lies beyond ours in an entry must be 0; srd__entry() looks at that.
 */
srd_status srd__entry_size(int32_t given, size_t least, const char *what, size_t *size, srd_detail *detail);

/* Moves entries that lie ours bytes apart to where the caller, who reads `size` bytes for each, expects them, and zeros between them. */
void srd__entries_spread(void *array, size_t ours, size_t size, int32_t count);

/* Entry i of such an array: copies what both know into ours, which is 0 beyond it. */
srd_status srd__entry_read(void *ours, size_t our_size, const void *array, size_t size, int32_t i, const char *what,
                           srd_detail *detail);

#endif
