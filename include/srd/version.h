/** @file
 * version.h -- which libsrd this header belongs to, and which one is linked. */
#ifndef SRD_VERSION_H
#define SRD_VERSION_H

#include "srd/types.h"

/* CMake reads these three lines: nothing may follow the numbers. */
/** Before 1.0 each minor version is another interface; docs/abi.md. */
#define SRD_VERSION_MAJOR 0
/** From 1.0 on: something was added, nothing was changed. */
#define SRD_VERSION_MINOR 2
/** Repairs. */
#define SRD_VERSION_PATCH 0
/** The version of this header, to compare with srd_version(). */
#define SRD_VERSION (SRD_VERSION_MAJOR * 10000 + SRD_VERSION_MINOR * 100 + SRD_VERSION_PATCH)

#ifdef __cplusplus
extern "C" {
#endif

/**
 * Version of the linked library.
 * @return major * 10000 + minor * 100 + patch
 * Threads: any. Allocates nothing. Since 0.1.
 */
SRD_API int32_t srd_version(void);

/**
 * Size of a public struct in the linked library, for bindings that check what they have declared when they start.
 * @param name  such as "srd_report", without "struct"; may be NULL
 * @return its sizeof in bytes; 0 for NULL and for a name that this library does not know
 * Threads: any. Allocates nothing. Since 0.2.
 */
SRD_API size_t srd_struct_size(const char *name);

#ifdef __cplusplus
}
#endif

#endif
