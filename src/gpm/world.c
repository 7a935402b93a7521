/*
 * Stopping the world: to change the number of Ps, and to look at all Gs at rest.
 *
 * Every P is to come to state stopped: idle ones at once, those in a blocking call by CAS, as sysmon would
 * take them, and running ones when their M next asks for work or passes a safepoint. Whoever stops last wakes
 * the one who wants it. Asking once is not enough: a P that was about to begin a time slice forgets the
 * request.
 */
#include "gpm/proc.h"

#include <time.h>

static struct lock
    world_lock; /* one stopper at a time. RANK_NONE: it is taken by trying, with others held by nobody */

bool world_stopping(void)
{
    return LOAD(&sched.stopping);
}

void gcstopm(struct m *m)
{
    lock_acquire(&sched.lock);
    if (!world_stopping()) {
        lock_release(&sched.lock);
        return;
    }
    mspinning_lost(m);
    struct p *p = releasep(m);
    p_set_state(p, P_IDLE, P_STOPPED);
    if (--sched.stop_wait == 0)
        note_wake(&sched.stop_note);
    lock_release(&sched.lock);
    stopm(m);
}

/* Others stop the world for good reasons: let them, then try again. */
static void take_world_lock(void)
{
    while (!lock_try(&world_lock)) {
        struct m *m = m_self();
        if (m != NULL && m->curg != NULL) {
            gpm_yield();
        } else {
            struct timespec wait = {0, 100 * US};
            nanosleep(&wait, NULL);
        }
    }
}

static void preempt_all(void)
{
    struct p **all = LOAD(&sched.allp);
    for (int i = 0; i < LOAD(&sched.procs); i++)
        if (LOAD(&all[i]->state) == P_RUNNING)
            STORE(&all[i]->preempt, 1);
}

static void stop_one(struct p *p, enum p_state from)
{
    if (p_cas_state(p, from, P_STOPPED)) {
        STORE(&p->syscall_tick, LOAD(&p->syscall_tick) + 1);
        STORE(&p->m, NULL);
        sched.stop_wait--;
    }
}

bool stop_world(int64_t deadline_ns)
{
    take_world_lock();
    struct m *m = m_self();
    lock_acquire(&sched.lock);
    note_clear(&sched.stop_note);
    sched.stop_wait = LOAD(&sched.procs);
    atomic_store(&sched.stopping, true);
    preempt_all();
    if (m != NULL && m->p != NULL) {
        p_set_state(m->p, P_RUNNING, P_STOPPED);
        sched.stop_wait--;
    }
    struct p **all = LOAD(&sched.allp);
    for (int i = 0; i < LOAD(&sched.procs); i++)
        stop_one(all[i], P_SYSCALL);
    for (struct p *p; (p = pidle_get()) != NULL; sched.stop_wait--)
        p_set_state(p, P_IDLE, P_STOPPED);
    bool wait = sched.stop_wait > 0;
    lock_release(&sched.lock);
    while (wait && !note_sleep(&sched.stop_note, 100 * US)) {
        preempt_all();
        if (deadline_ns != 0 && gpm_now_ns() >= deadline_ns)
            return false;
        lock_acquire(&sched.lock); /* a call that began meanwhile */
        for (int i = 0; i < LOAD(&sched.procs); i++)
            stop_one(all[i], P_SYSCALL);
        wait = sched.stop_wait > 0;
        lock_release(&sched.lock);
    }
    return true;
}

void start_world(int procs)
{
    struct m *m = m_self();
    if (m != NULL && m->p == NULL)
        m = NULL;
    lock_acquire(&sched.lock);
    struct p *runnable = procresize(m, procs > 0 ? procs : LOAD(&sched.procs));
    atomic_store(&sched.stopping, false);
    if (sched.sysmon_wait)
        sysmon_wake_locked();
    lock_release(&sched.lock);
    lock_release(&world_lock);
    while (runnable != NULL) {
        struct p *p = runnable;
        runnable = p->link;
        p->link = NULL;
        startm(p, false);
    }
    full_fence();
    wakep(); /* there may be work in the global queue, or timers that moved */
}
