/* version.h -- which libsrd this header belongs to, and which one is linked. */
#ifndef SRD_VERSION_H
#define SRD_VERSION_H

#include "srd/types.h"

#define SRD_VERSION_MAJOR 0
#define SRD_VERSION_MINOR 1
#define SRD_VERSION_PATCH 0
/** The version of this header, to compare with srd_version(). */
#define SRD_VERSION (SRD_VERSION_MAJOR * 10000 + SRD_VERSION_MINOR * 100 + SRD_VERSION_PATCH)

#ifdef __cplusplus
extern "C" {
#endif

/**
 * Version of the linked library as major * 10000 + minor * 100 + patch.
 * Threads: any. Allocates nothing. Since 0.1.
 */
SRD_API int32_t srd_version(void);

#ifdef __cplusplus
}
#endif

#endif
