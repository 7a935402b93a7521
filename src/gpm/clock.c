/*
 * The monotonic clock. Read through the vDSO, 20 ns: paths that are faster than that ask only when a timer
 * exists.
 */
#include <time.h>

#include "gpm/internal.h"

int64_t gpm_now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

int64_t gpm_now(void)
{
    return gpm_now_ns();
}

int64_t gpm_after(int64_t duration_ns)
{
    int64_t when;
    return __builtin_add_overflow(gpm_now_ns(), duration_ns, &when) ? GPM_NEVER : when;
}
