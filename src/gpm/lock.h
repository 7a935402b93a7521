/*
 * The lock of the scheduler's own data: held for a few dozen instructions, never across a switch, and never
 * by user code. It blocks the thread, not the G. Spins a little (the holder is about to leave), then sleeps
 * on a futex.
 *
 * Locks have ranks. A thread takes them in rising order; locks of an equal rank only where the rank says so
 * (channels in the order of their addresses). Debug builds (-DGPM_DEBUG) abort when that is broken.
 */
#ifndef GPM_LOCK_H
#define GPM_LOCK_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

/* clang-format off */
enum lock_rank {
    RANK_NONE,     /* not checked: for locks that zeroed memory makes */
    RANK_IO,       /* a gpm_io's counts */
    RANK_CTX,      /* a node of the tree of contexts; parents before children, equals allowed */
    RANK_SYNC,     /* a mutex, wait group, ...: its queue of waiters */
    RANK_CHAN,     /* a channel; several in order of address */
    RANK_POLL,     /* a poll_desc: deadlines and closing */
    RANK_POLL_CACHE, /* free poll_descs */
    RANK_SCHED,    /* sched.lock: global queue, idle lists, counts */
    RANK_TIMERS,   /* a P's heap */
    RANK_TIMER,    /* one timer */
    RANK_GFREE,    /* sched.gfree: dead Gs; allgs */
    RANK_STACK,    /* the pool of stacks */
    RANK_TRACE,    /* output of traces and dumps */
    RANK_COUNT
};
/* clang-format on */

struct lock {
    _Atomic uint32_t word;   /* 0 free, 1 taken, 2 taken and somebody may sleep */
    _Atomic uint16_t sleeps; /* how many there have been, LOCK_CONTENDED at most */
    uint16_t rank;
};

#define LOCK_CONTENDED 100

#define LOCK_INIT(rank_)                                                                                     \
    {                                                                                                        \
        .rank = (rank_)                                                                                      \
    }

void lock_init(struct lock *l, enum lock_rank rank);
void lock_slow(struct lock *l);
void lock_wake(struct lock *l);
#ifdef GPM_DEBUG
void lock_check_acquire(struct lock *l);
void lock_check_release(struct lock *l);
#else
#define lock_check_acquire(l) ((void)(l))
#define lock_check_release(l) ((void)(l))
#endif

/* How many ranked locks the calling thread holds; 0 in builds that do not check. */
int lock_held_count(void);

static inline void lock_acquire(struct lock *l)
{
    lock_check_acquire(l);
    uint32_t free_word = 0;
    if (!atomic_compare_exchange_strong_explicit(&l->word, &free_word, 1, memory_order_acquire,
                                                 memory_order_relaxed))
        lock_slow(l);
}

static inline bool lock_try(struct lock *l)
{
    uint32_t free_word = 0;
    if (!atomic_compare_exchange_strong_explicit(&l->word, &free_word, 1, memory_order_acquire,
                                                 memory_order_relaxed))
        return false;
    lock_check_acquire(l);
    return true;
}

/*
 * Where hardly anybody ever slept releasing is a store, which costs a tenth of an exchange; lock.c says why
 * nobody is left asleep. It is the last that is done to the lock: who takes it next may free it.
 */
static inline void lock_release(struct lock *l)
{
    lock_check_release(l);
    if (atomic_load_explicit(&l->sleeps, memory_order_relaxed) < LOCK_CONTENDED)
        atomic_store_explicit(&l->word, 0, memory_order_release);
    else if (atomic_exchange_explicit(&l->word, 0, memory_order_release) == 2)
        lock_wake(l);
}

/* ---- Notes: a one-shot sleep and wake-up, what an M parks on. ---- */

struct note {
    _Atomic uint32_t word; /* 0 cleared, 1 woken, 2 cleared and somebody may sleep */
};
void note_clear(struct note *n);
void note_wake(struct note *n);
/* Sleeps until woken, or at most that long (ns < 0: for ever). true when it was woken. */
bool note_sleep(struct note *n, int64_t ns);

int futex_wait(_Atomic uint32_t *word, uint32_t value, int64_t ns); /* ns < 0: for ever */
void futex_wake(_Atomic uint32_t *word, int count);

#endif
