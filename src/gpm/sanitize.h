/*
 * The one way to go from one stack to another, and what tools want to know about it: AddressSanitizer and
 * ThreadSanitizer keep shadow state per stack. Costs nothing where they are not compiled in.
 */
#ifndef GPM_SANITIZE_H
#define GPM_SANITIZE_H

#include "gpm/internal.h"

#ifdef GPM_ASAN
#include <sanitizer/asan_interface.h>
#include <sanitizer/common_interface_defs.h>
#include <sanitizer/lsan_interface.h>
#endif
#ifdef GPM_TSAN
#include <sanitizer/tsan_interface.h>
#define NO_TSAN __attribute__((no_sanitize("thread")))
#else
#define NO_TSAN
#endif

/* A finished G's stack can be gone on with by the next G without a switch, unless a tool tracks stacks by G.
 */
#if defined(GPM_ASAN) || defined(GPM_TSAN)
#define STACK_TAKEOVER 0
#else
#define STACK_TAKEOVER 1
#endif

/* Bounds of a G's or g0's stack. */
void g_stack_bounds(struct g *g, char **ret_lo, size_t *ret_bytes);

/* From the G (or g0) that runs to another; returns when somebody switches back. dying: from will not come
 * back. */
static inline void stack_switch(struct g *from, struct g *to, bool dying)
{
#ifdef GPM_ASAN
    char *lo;
    size_t bytes;
    g_stack_bounds(to, &lo, &bytes);
    __sanitizer_start_switch_fiber(dying ? NULL : &from->fake_stack, lo, bytes);
#endif
#ifdef GPM_TSAN
    __tsan_switch_to_fiber(to->fiber, 0);
#endif
    (void)dying;
    gpm_switch(&from->sp, to->sp);
#ifdef GPM_ASAN
    __sanitizer_finish_switch_fiber(from->fake_stack, NULL, NULL);
#endif
}

/* The first thing on a fresh stack. */
static inline void stack_entered(void)
{
#ifdef GPM_ASAN
    __sanitizer_finish_switch_fiber(NULL, NULL, NULL);
#endif
}

#endif
