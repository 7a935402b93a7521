/*
 * Queues of Gs that wait for something: a channel, a lock, a condition, permits.
 *
 * A struct waiter lies on the stack of the G that waits (stacks do not move), so waiting allocates nothing.
 * In a queue it belongs to the lock of the object that is waited for. Rule: a waker takes the waiter out,
 * releases the lock, and readies the G; from then on the waiter may be gone.
 *
 * A waiter that more than one party may wake (a select has one in each channel; a deadline has its timer) has
 * `claim` set, and only who wins g_claim() wakes the G; the others pass it over.
 */
#ifndef GPM_WAITQ_H
#define GPM_WAITQ_H

#include "gpm/internal.h"

struct waiter {
    struct waiter *next, *prev; /* of the ring; next NULL: in no queue */
    struct g *g;
    union {
        void *element;  /* channels: copied from or to here; NULL: dropped */
        int64_t amount; /* semaphores: permits wanted */
    };
    uint32_t token; /* g->wait_token of this wait */
    bool claim;     /* must be claimed before it is readied */
    bool success;   /* woken by a partner, not by close */
};

/* First come, first served. All zero is empty. */
struct waitq {
    struct waiter *_Atomic first; /* of a ring; the lock's, but may be looked at without: is there any? */
};

static inline bool waitq_is_empty(const struct waitq *q)
{
    return LOAD(&q->first) == NULL;
}

static inline void waitq_push(struct waitq *q, struct waiter *w)
{
    struct waiter *first = LOAD(&q->first);
    if (!first) {
        w->next = w->prev = w;
        STORE(&q->first, w);
        return;
    }
    w->next = first;
    w->prev = first->prev;
    first->prev->next = w;
    first->prev = w;
}

static inline void waitq_push_first(struct waitq *q, struct waiter *w)
{
    waitq_push(q, w);
    STORE(&q->first, w);
}

/* No-op when w is not queued. */
static inline void waitq_remove(struct waitq *q, struct waiter *w)
{
    if (!w->next)
        return;
    if (w->next == w) {
        STORE(&q->first, NULL);
    } else {
        w->next->prev = w->prev;
        w->prev->next = w->next;
        if (LOAD(&q->first) == w)
            STORE(&q->first, w->next);
    }
    w->next = NULL;
}

/* Takes out the first that is still to be had; NULL: there is none. */
static inline struct waiter *waitq_pop(struct waitq *q)
{
    for (struct waiter *w; (w = LOAD(&q->first)) != NULL;) {
        waitq_remove(q, w);
        if (!w->claim || g_claim(w->g, w->token))
            return w;
    }
    return NULL;
}

/* Tells the G which of its waiters was chosen; the caller readies it once it holds no lock that it may want.
 */
static inline struct g *waiter_choose(struct waiter *w, bool success)
{
    w->success = success;
    w->g->wait_data = w;
    return w->g;
}

/* A waiter of the calling G, for a wait that lasts until that deadline. */
static inline struct waiter waiter_until(struct g *g, int64_t deadline)
{
    struct waiter w = {.g = g};
    if (deadline != GPM_NEVER) {
        w.claim = true;
        w.token = g_wait_token(g);
    }
    return w;
}

/*
 * Parks the calling G, which has queued w, and releases the lock once it is off its stack. 0: w was chosen;
 * -ETIMEDOUT: the deadline came first, and w has been taken out of q again.
 */
int waitq_park(struct waitq *q, struct waiter *w, struct lock *lock, int64_t deadline, enum wait_reason why);

#endif
