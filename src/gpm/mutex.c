/*
 * The mutex and the reader-writer mutex, which behave as Go's.
 *
 * The state of a mutex is one word: three flags, and how many wait. Locking a free one and unlocking one that
 * nobody waits for is one atomic operation.
 *
 * Normally an unlocked mutex belongs to whoever comes first. A waiter that was woken competes with those who
 * are running already and mostly loses; this is what makes a contended mutex fast, for the lock stays with Gs
 * that run anyway. Loser for more than 1 ms, it switches the mutex to starvation mode: there the one that
 * unlocks hands the mutex to the first waiter, and new ones do not even try. The waiter that gets it ends
 * starvation when it is the last, or has waited less than 1 ms.
 *
 * LOCKED    somebody has it (never set in starvation mode while it is being handed over)
 * WOKEN     somebody is awake and trying, so the one that unlocks wakes nobody else
 * STARVING  starvation mode
 *
 * A reader-writer mutex counts its readers; a writer that announces itself subtracts MAX_READERS, so that
 * readers that come later see a negative number and wait behind it, and then waits for the readers that were
 * there.
 */
#include "gpm/sema.h"

enum { LOCKED = 1, WOKEN = 2, STARVING = 4, ONE_WAITER = 8 };
enum { STARVING_AFTER_NS = 1000000, MAX_READERS = 1 << 30, SPINS = 4, SPIN_PAUSES = 30 };

struct mutex {
    _Atomic uint32_t state;
    struct sema sema;
};

struct rwmutex {
    struct mutex writer;     /* one writer at a time */
    _Atomic int32_t readers; /* that have it or wait; - MAX_READERS while a writer has it or waits */
    _Atomic int32_t leaving; /* readers the writer still waits for */
    struct sema reader_sema, writer_sema;
};

static_assert(sizeof(struct mutex) <= sizeof(struct gpm_mutex), "the public size is too small");
static_assert(sizeof(struct rwmutex) <= sizeof(struct gpm_rwmutex), "the public size is too small");

static inline bool swap_state(struct mutex *m, uint32_t *expected, uint32_t desired)
{
    return atomic_compare_exchange_strong_explicit(&m->state, expected, desired, memory_order_acq_rel,
                                                   memory_order_acquire);
}

/* What one G knows while it tries to lock. */
struct attempt {
    int64_t waiting_since_ns; /* 0: has not waited yet */
    bool is_starving;
    bool is_woken; /* WOKEN is set on behalf of this one */
    int spins;
};

/*
 * Spinning is for an owner that runs on another P, when nothing else could run here. Go does not look at the
 * global queue; there, however, is an owner that yielded, and it waits for this P.
 */
static bool may_spin(int spins)
{
    int32_t procs = LOAD(&sched.procs);
    struct m *m = m_self();
    return spins < SPINS && procs > 1
           && (int32_t)(LOAD(&sched.np_idle) + LOAD(&sched.nm_spinning)) + 1 < procs
           && LOAD(&sched.runq_size) == 0 && m->p && runq_empty(m->p);
}

/*
 * Spins a little when the owner is likely to be running and about to unlock. Says by WOKEN that nobody needs
 * to be woken meanwhile. false: spinning is not worth it (any more).
 */
static bool spin(struct mutex *m, uint32_t state, struct attempt *a)
{
    if ((state & (LOCKED | STARVING)) != LOCKED || !may_spin(a->spins))
        return false;
    if (!a->is_woken && !(state & WOKEN) && state >= ONE_WAITER && swap_state(m, &state, state | WOKEN))
        a->is_woken = true;
    for (int i = 0; i < SPIN_PAUSES; i++)
        cpu_relax();
    a->spins++;
    return true;
}

static uint32_t wanted_state(uint32_t state, const struct attempt *a)
{
    uint32_t want = state;
    if (!(state & STARVING))
        want |= LOCKED; /* else it is for the first in the queue */
    if (state & (LOCKED | STARVING))
        want += ONE_WAITER;
    if (a->is_starving && (state & LOCKED))
        want |= STARVING;
    if (a->is_woken)
        want &= ~(uint32_t)WOKEN;
    return want;
}

/* Sleeps, the second time and later at the head of the queue. true: the mutex was handed to us. */
static bool sleep_for(struct mutex *m, struct attempt *a)
{
    bool is_first_time = a->waiting_since_ns == 0;
    if (is_first_time)
        a->waiting_since_ns = gpm_now_ns();
    sema_wait(&m->sema, is_first_time ? SEMA_LAST : SEMA_FIRST, WAIT_MUTEX);
    a->is_starving |= gpm_now_ns() - a->waiting_since_ns > STARVING_AFTER_NS;
    uint32_t state = LOAD(&m->state);
    if (!(state & STARVING)) {
        a->is_woken = true; /* set by who woke us */
        a->spins = 0;
        return false;
    }
    bool ends_starving = !a->is_starving || state / ONE_WAITER == 1;
    atomic_fetch_sub_explicit(&m->state, ONE_WAITER - LOCKED + (ends_starving ? STARVING : 0),
                              memory_order_acquire);
    return true;
}

static NOINLINE void lock_contended(struct mutex *m)
{
    struct attempt a = {0};
    for (;;) {
        uint32_t state = LOAD(&m->state);
        if (spin(m, state, &a))
            continue;
        if (!swap_state(m, &state, wanted_state(state, &a)))
            continue;
        if (!(state & (LOCKED | STARVING)) || sleep_for(m, &a))
            return;
    }
}

static inline bool try_lock(struct mutex *m)
{
    uint32_t state = LOAD(&m->state);
    return !(state & (LOCKED | STARVING)) && swap_state(m, &state, state | LOCKED);
}

static inline void lock(struct mutex *m)
{
    uint32_t state = 0;
    if (!swap_state(m, &state, LOCKED))
        lock_contended(m);
}

/* The first in the queue gets the mutex, and runs in the rest of our time. */
static void hand_over(struct mutex *m)
{
    sema_release(&m->sema, 1);
    gpm_yield();
}

/* What is left to do when the state is not 0 after LOCKED was taken off. */
static NOINLINE void unlock_contended(struct mutex *m, uint32_t state)
{
    if (state & LOCKED) /* it was not set, and taking it off borrowed from the rest */
        gpm_fatal("unlock of unlocked mutex");
    if (state & STARVING) {
        hand_over(m);
        return;
    }
    /* Nobody to wake, or somebody is awake, or has it already. */
    while (state >= ONE_WAITER && !(state & (LOCKED | WOKEN | STARVING))) {
        if (swap_state(m, &state, (state - ONE_WAITER) | WOKEN)) {
            sema_release(&m->sema, 1);
            return;
        }
    }
}

static inline void unlock(struct mutex *m)
{
    uint32_t state = atomic_fetch_sub_explicit(&m->state, LOCKED, memory_order_release) - LOCKED;
    if (UNLIKELY(state != 0))
        unlock_contended(m, state);
}

static struct mutex *mutex_of(struct gpm_mutex *m)
{
    return (struct mutex *)m->opaque;
}

void gpm_mutex_lock(struct gpm_mutex *m)
{
    g_need("gpm_mutex_lock");
    safepoint();
    lock(mutex_of(m));
}

bool gpm_mutex_trylock(struct gpm_mutex *m)
{
    return try_lock(mutex_of(m));
}

void gpm_mutex_unlock(struct gpm_mutex *m)
{
    unlock(mutex_of(m));
}

static struct rwmutex *rwmutex_of(struct gpm_rwmutex *m)
{
    return (struct rwmutex *)m->opaque;
}

void gpm_rwmutex_rlock(struct gpm_rwmutex *public)
{
    g_need("gpm_rwmutex_rlock");
    safepoint();
    struct rwmutex *m = rwmutex_of(public);
    if (atomic_fetch_add_explicit(&m->readers, 1, memory_order_acq_rel) + 1 < 0)
        sema_wait(&m->reader_sema, SEMA_LAST, WAIT_RWMUTEX_R);
}

void gpm_rwmutex_runlock(struct gpm_rwmutex *public)
{
    struct rwmutex *m = rwmutex_of(public);
    int32_t readers = atomic_fetch_sub_explicit(&m->readers, 1, memory_order_acq_rel) - 1;
    if (readers >= 0)
        return;
    if (readers == -1 || readers == -MAX_READERS - 1)
        gpm_fatal("runlock of unlocked rwmutex");
    if (atomic_fetch_sub_explicit(&m->leaving, 1, memory_order_acq_rel) == 1)
        sema_release(&m->writer_sema, 1); /* we were the last the writer waits for */
}

void gpm_rwmutex_lock(struct gpm_rwmutex *public)
{
    g_need("gpm_rwmutex_lock");
    safepoint();
    struct rwmutex *m = rwmutex_of(public);
    lock(&m->writer);
    int32_t present = atomic_fetch_sub_explicit(&m->readers, MAX_READERS, memory_order_acq_rel);
    if (present != 0 && atomic_fetch_add_explicit(&m->leaving, present, memory_order_acq_rel) + present != 0)
        sema_wait(&m->writer_sema, SEMA_LAST, WAIT_RWMUTEX_W);
}

void gpm_rwmutex_unlock(struct gpm_rwmutex *public)
{
    struct rwmutex *m = rwmutex_of(public);
    int32_t waiting = atomic_fetch_add_explicit(&m->readers, MAX_READERS, memory_order_acq_rel) + MAX_READERS;
    if (waiting >= MAX_READERS)
        gpm_fatal("unlock of unlocked rwmutex");
    if (waiting > 0)
        sema_release(&m->reader_sema, waiting);
    unlock(&m->writer);
}
