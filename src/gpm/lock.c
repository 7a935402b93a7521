/*
 * Locks and notes on futexes. A lock's word is 0 free, 1 taken, 2 taken with sleepers: the uncontended ways
 * are inline in lock.h. Spinning comes first, as the holder leaves within a microsecond unless the kernel
 * took its CPU away; with one CPU spinning is useless and left out.
 *
 * Most locks (of channels, timers, descriptors) see no sleeper, or hardly any, and whoever releases one would
 * pay for an atomic exchange only to learn that. So a lock is released by a store until there have been
 * LOCK_CONTENDED sleeps, and until it has the lock who slept one of them looks again by itself every 50 us.
 * The last of these changes the rule: from then on releases exchange, and those who come later sleep until
 * they are woken. One release may be under way that does not know of the change, the holder's: who takes the
 * lock afterwards also sees what was written before the sleeper tried to. That one may overwrite the 2 of
 * several sleepers and wake none. But among them is the one that changed the rule, which takes the lock soon,
 * with a 2, and so wakes the next. model/gpm/lock.pml is this, checked.
 */
#include "gpm/lock.h"

#include <errno.h>
#include <linux/futex.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "gpm/arch/arch.h"

#define SPINS 4
#define PAUSES 30
#define SHORT_SLEEP_NS 50000

int futex_wait(_Atomic uint32_t *word, uint32_t value, int64_t ns)
{
    struct timespec wait = {ns / 1000000000, ns % 1000000000};
    return syscall(SYS_futex, word, FUTEX_WAIT_PRIVATE, value, ns < 0 ? NULL : &wait, NULL, 0) < 0 ? -errno
                                                                                                   : 0;
}

void futex_wake(_Atomic uint32_t *word, int count)
{
    syscall(SYS_futex, word, FUTEX_WAKE_PRIVATE, count, NULL, NULL, 0);
}

static bool take_free(struct lock *l, uint32_t as)
{
    uint32_t free_word = 0;
    return atomic_load_explicit(&l->word, memory_order_relaxed) == 0
           && atomic_compare_exchange_strong_explicit(&l->word, &free_word, as, memory_order_acquire,
                                                      memory_order_relaxed);
}

static int spins(void)
{
    static _Atomic int known; /* 0: not asked yet */
    int n = atomic_load_explicit(&known, memory_order_relaxed);
    if (n == 0) {
        n = sysconf(_SC_NPROCESSORS_ONLN) > 1 ? SPINS : -1;
        atomic_store_explicit(&known, n, memory_order_relaxed);
    }
    return n;
}

/* false: there have been enough already. */
static bool count_sleep(struct lock *l)
{
    uint16_t n = atomic_load_explicit(&l->sleeps, memory_order_relaxed);
    while (n < LOCK_CONTENDED)
        if (atomic_compare_exchange_weak_explicit(&l->sleeps, &n, n + 1, memory_order_relaxed,
                                                  memory_order_relaxed))
            return true;
    return false;
}

void lock_slow(struct lock *l)
{
    for (int i = 0, n = spins(); i < n; i++) {
        if (take_free(l, 1))
            return;
        for (int k = 0; k < PAUSES; k++)
            cpu_relax();
    }
    int64_t at_most = count_sleep(l) ? SHORT_SLEEP_NS : -1;
    while (atomic_exchange_explicit(&l->word, 2, memory_order_acq_rel) != 0) {
        futex_wait(&l->word, 2, at_most);
        if (count_sleep(l))
            at_most = SHORT_SLEEP_NS;
    }
}

void lock_wake(struct lock *l)
{
    futex_wake(&l->word, 1);
}

void lock_init(struct lock *l, enum lock_rank rank)
{
    atomic_store_explicit(&l->word, 0, memory_order_relaxed);
    atomic_store_explicit(&l->sleeps, 0, memory_order_relaxed);
    l->rank = (uint16_t)rank;
}

void note_clear(struct note *n)
{
    atomic_store_explicit(&n->word, 0, memory_order_relaxed);
}

/* A sleeper that has not yet told the kernel need not be told through the kernel. */
void note_wake(struct note *n)
{
    if (atomic_exchange_explicit(&n->word, 1, memory_order_acq_rel) == 2)
        futex_wake(&n->word, 1);
}

static bool note_woken(struct note *n)
{
    return atomic_load_explicit(&n->word, memory_order_acquire) == 1;
}

static int64_t clock_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

bool note_sleep(struct note *n, int64_t ns)
{
    int64_t end = ns < 0 ? 0 : clock_ns() + ns;
    uint32_t cleared = 0;
    atomic_compare_exchange_strong_explicit(&n->word, &cleared, 2, memory_order_acq_rel,
                                            memory_order_acquire);
    while (!note_woken(n)) {
        futex_wait(&n->word, 2, ns);
        if (ns >= 0 && (ns = end - clock_ns()) <= 0)
            return note_woken(n);
    }
    return true;
}

/* ---- Ranks ---- */

#ifdef GPM_DEBUG

/* The locks of a thread, in the order taken. Locks are never held across a switch to another G except the one
 * that its unlock function releases on the next stack, still on this thread: so thread-local is right. */
#define HELD_MAX 64
static _Thread_local struct lock *held[HELD_MAX];
static _Thread_local int held_n;

static bool equals_allowed(uint32_t rank)
{
    return rank == RANK_CHAN || rank == RANK_CTX;
}

static _Noreturn void rank_error(const char *what, const struct lock *l)
{
    fprintf(stderr, "fatal error: lock of rank %u: %s\n", l->rank, what);
    for (int i = 0; i < held_n && i < HELD_MAX; i++)
        fprintf(stderr, "  holds a lock of rank %u\n", held[i]->rank);
    abort();
}

/* A select over many channels takes as many locks: those beyond the table are of equal rank and not noted. */
__attribute__((noinline)) void lock_check_acquire(struct lock *l)
{
    if (l->rank == RANK_NONE)
        return;
    for (int i = 0; i < held_n && i < HELD_MAX; i++) {
        if (held[i] == l)
            rank_error("taken twice by one thread", l);
        if (held[i]->rank > l->rank || (held[i]->rank == l->rank && !equals_allowed(l->rank)))
            rank_error("taken out of order", l);
    }
    if (held_n < HELD_MAX)
        held[held_n] = l;
    held_n++;
}

__attribute__((noinline)) void lock_check_release(struct lock *l)
{
    if (l->rank == RANK_NONE)
        return;
    int n = held_n < HELD_MAX ? held_n : HELD_MAX;
    for (int i = n - 1; i >= 0; i--)
        if (held[i] == l) {
            for (; i + 1 < n; i++)
                held[i] = held[i + 1];
            held_n--;
            return;
        }
    if (held_n > HELD_MAX)
        held_n--;
    else
        rank_error("released but not held", l);
}

__attribute__((noinline)) int lock_held_count(void)
{
    return held_n;
}

#else

int lock_held_count(void)
{
    return 0;
}

#endif
