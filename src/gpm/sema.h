/*
 * Permits, and a queue of those who wait for some: what all locks and counters sleep on, and the public
 * semaphore.
 *
 * The queue lies in the object that is waited for. Go has one table of queues by address instead, which makes
 * idle objects smaller; here nobody who waits meets a stranger's lock.
 */
#ifndef GPM_SEMA_H
#define GPM_SEMA_H

#include "gpm/waitq.h"

/* Zeroed: no permit, nobody waits. */
struct sema {
    struct lock lock;
    int64_t permits;
    struct waitq waiters;
};

enum sema_place { SEMA_LAST, SEMA_FIRST };

/* Takes n permits: 0, or -ETIMEDOUT when the deadline came first; GPM_NOW does not wait. The place is the one
 * in the queue. */
int sema_acquire(struct sema *s, int64_t n, int64_t deadline, enum sema_place place, enum wait_reason why);

/* Takes one, however long it takes. */
void sema_wait(struct sema *s, enum sema_place place, enum wait_reason why);

/* Gives n permits and wakes whom they serve. */
void sema_release(struct sema *s, int64_t n);

#endif
