/*
 * Timers of the scheduler: a 4-ary heap per P, lazily mended. See timer.c.
 */
#ifndef GPM_TIMER_H
#define GPM_TIMER_H

#include "gpm/lock.h"

/* Runs on the scheduler's stack of an M with a P, no lock held; must not block. May ready Gs, reset timers.
 * seq is what timer_reset() was told, so that a firing which lost a race against a reset can be recognised.
 */
typedef void timer_fn(void *arg, uint64_t seq);

/*
 * Zeroed is a good initial state. The memory may be reused only once timer_dispose() has called its function,
 * for a heap may still point at a timer that was stopped. Timers inside Gs and poll_descs, whose memory is
 * never given back, need no disposal.
 */
struct timer {
    struct lock lock;  /* everything below */
    bool in_heap;      /* a heap points at it */
    bool zombie;       /* in a heap, but stopped: to be dropped when it comes up */
    bool disposed;     /* call `free_fn` when the heap lets go of it */
    bool moved;        /* in a heap under an old deadline; `when` has the new one */
    struct timers *ts; /* the heap it is in */
    int64_t when;      /* 0: not pending */
    timer_fn *fn;
    void *arg;
    uint64_t seq;
};

/* Arms it for a point in time, replacing what was armed; true when that was still pending. GPM_NEVER stops
 * it. From anywhere. */
bool timer_reset(struct timer *t, int64_t when_ns, timer_fn *fn, void *arg, uint64_t seq);

/* true: it was pending and will not fire. false: it has fired, or is firing now, or was not armed. From
 * anywhere. */
bool timer_stop(struct timer *t);

/* Stops it for good; calls free_fn(t) when no heap points at it any more, maybe at once, maybe with a heap's
 * lock held: it may only free. An fn that has begun may still be running. */
void timer_dispose(struct timer *t, void (*free_fn)(struct timer *));

struct timer_entry {
    int64_t when; /* a copy, so that sifting touches only the heap's array */
    struct timer *timer;
};

/* The heap of a P. */
struct timers {
    struct lock lock;
    struct timer_entry *heap;
    uint32_t len, cap;
    _Atomic int32_t zombies;     /* stopped ones still in the heap */
    _Atomic int64_t first;       /* deadline of heap[0]; 0 when empty. Read without the lock */
    _Atomic int64_t first_moved; /* earliest `when` of those with `moved`; 0 when none */
    _Atomic uint32_t shown_len;  /* len, for readers without the lock */
    _Atomic uint64_t fired;
};

void timers_init(struct timers *ts);
/* The time at which the heap has to be looked at next, 0 when never. No lock. */
static inline int64_t timers_wake_time(struct timers *ts)
{
    int64_t first = atomic_load_explicit(&ts->first, memory_order_acquire);
    int64_t moved = atomic_load_explicit(&ts->first_moved, memory_order_acquire);
    return first == 0 || (moved != 0 && moved < first) ? moved : first;
}
/* Runs what is due; false when nothing ran. ret_next: the next deadline, 0 when none. `now` 0: read the clock
 * if needed; ret_now is what was used, 0 when the clock was not needed. */
bool timers_check(struct timers *ts, int64_t now, int64_t *ret_now, int64_t *ret_next);
/* Moves everything into another heap: its P dies. The world is stopped. */
void timers_take(struct timers *into, struct timers *from);

#endif
