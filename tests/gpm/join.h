/*
 * Waiting for many Gs with nothing but gpm_park() and gpm_ready(): for tests of the scheduler that come
 * before wait groups.
 */
#ifndef TESTS_GPM_JOIN_H
#define TESTS_GPM_JOIN_H

#include <gpm.h>
#include <stdatomic.h>

struct join {
    _Atomic long left;
    struct gpm_g *waiter;
};

/* By the G that will wait, before it makes the others. */
static inline void join_init(struct join *j, long n)
{
    atomic_store(&j->left, n);
    j->waiter = gpm_self();
}

static inline void join_done(struct join *j)
{
    struct gpm_g *waiter = j->waiter; /* j may be gone after the subtraction */
    if (atomic_fetch_sub(&j->left, 1) == 1)
        gpm_ready(waiter);
}

static inline void join_wait(struct join *j)
{
    while (atomic_load(&j->left) > 0)
        gpm_park(GPM_NEVER);
}

#endif
