/*
 * The network poller: epoll, edge-triggered. See netpoll.c for the protocol.
 */
#ifndef GPM_POLL_H
#define GPM_POLL_H

#include "gpm/timer.h"

enum poll_mode { POLL_READ, POLL_WRITE };

/* What is known of one direction. Either one of these or a pointer to the parked G. */
#define POLL_NIL ((uintptr_t)0)   /* nothing happened, nobody waits */
#define POLL_READY ((uintptr_t)1) /* an edge came: try again before you wait */
#define POLL_WAIT ((uintptr_t)2)  /* a G is about to park */

struct poll_side {
    _Atomic uintptr_t word;
    _Atomic int64_t deadline; /* 0: none, < 0: passed */
    uint64_t seq;             /* of the deadline's timer: stale firings are ignored. Under pd->lock */
    struct timer timer;
};

/* One per open descriptor. Memory is never given back, so that an event that comes late finds a valid `tag`.
 */
struct poll_desc {
    struct lock lock; /* deadlines, closing */
    int fd;
    _Atomic uint32_t tag; /* grows with each reuse; the event carries the one it was registered with */
    _Atomic bool closing;
    _Atomic bool hung_up; /* RDHUP, HUP or ERR was reported once: there may be no more edges */
    struct poll_side side[2]; /* by enum poll_mode */
    struct poll_desc *link;   /* free list */
};

struct g_list;

/* Registers fd. 0, or a negative errno of epoll: -EPERM for what cannot be polled; -ENOMEM. From anywhere. */
int poll_open(int fd, struct poll_desc **ret_pd);

/* Before an attempt of I/O: forgets old edges. 0, -ECANCELED when evicted, -ETIMEDOUT when the deadline has
 * passed. */
int poll_prepare(struct poll_desc *pd, enum poll_mode mode);

/* After EAGAIN: parks until an edge comes (0), the deadline (-ETIMEDOUT) or eviction (-ECANCELED). From a G;
 * only one G a side. */
int poll_wait(struct poll_desc *pd, enum poll_mode mode);

/* GPM_NEVER: none. Applies to a G that waits already. From anywhere. */
void poll_set_deadline(struct poll_desc *pd, enum poll_mode mode, int64_t deadline);

/* Wakes all who wait, and makes every later wait fail with -ECANCELED. Once, before poll_close(). From
 * anywhere. */
void poll_evict(struct poll_desc *pd);

/* Unregisters; the descriptor itself is the caller's to close, afterwards. Nobody may be waiting: evict
 * first. */
void poll_close(struct poll_desc *pd);

/* ---- For the scheduler ---- */

/* Appends the Gs that became ready, still in state waiting: inject_glist() makes them runnable. delay_ns < 0
 * blocks, 0 does not. */
void netpoll(int64_t delay_ns, struct g_list *ready);
void netpoll_break(void); /* ends a blocked netpoll() */
bool netpoll_ready(void); /* the poller exists */
bool netpoll_any_waiters(void);
int netpoll_init(void); /* 0 or a negative errno; idempotent */

#endif
