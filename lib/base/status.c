/* status.c -- names of statuses and the version of the library. */
#include "base/fail.h"
#include "srd/version.h"

const char *srd_status_name(srd_status status)
{
    switch (status) {
    case SRD_OK: return "SRD_OK";
    case SRD_ERR_ARGUMENT: return "SRD_ERR_ARGUMENT";
    case SRD_ERR_SHAPE: return "SRD_ERR_SHAPE";
    case SRD_ERR_STATE: return "SRD_ERR_STATE";
    case SRD_ERR_MEMORY: return "SRD_ERR_MEMORY";
    case SRD_ERR_UNSUPPORTED: return "SRD_ERR_UNSUPPORTED";
    case SRD_ERR_NUMBER: return "SRD_ERR_NUMBER";
    case SRD_ERR_OVERFLOW: return "SRD_ERR_OVERFLOW";
    case SRD_ERR_CANCELLED: return "SRD_ERR_CANCELLED";
    case SRD_ERR_INTERNAL: return "SRD_ERR_INTERNAL";
    default: return "unknown status";
    }
}

bool srd__is_status(srd_status status)
{
    return srd_status_name(status)[0] == 'S';
}

int32_t srd_version(void)
{
    return SRD_VERSION_MAJOR * 10000 + SRD_VERSION_MINOR * 100 + SRD_VERSION_PATCH;
}
