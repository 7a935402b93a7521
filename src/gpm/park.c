/*
 * Parking, readying, yielding: a G gives up its P, and somebody gets it to run again.
 *
 * The one danger is a G that is woken before it sleeps. It must show itself to wakers (join a queue, arm a
 * timer) before it leaves its stack, and a waker on another CPU could then run it while this CPU still stands
 * on that stack. So the showing, or rather the release of the lock under which it happened, is put off until
 * another stack is under our feet: the `unlock` function. Go runs it on g0, and so do we when there is
 * nothing else to run at once; but when the next G is known (runnext, the ring, a batch of the global queue)
 * we switch to it directly, and it runs `unlock` for us as the first thing it does. That halves the switches.
 * What may not happen on a G's stack, such as running timers, polling, or sleeping, is left to schedule() on
 * g0.
 *
 * Wake-ups that must not get lost between "I have work" and "I go to sleep" are the matter of sched.c.
 */
#include "gpm/proc.h"
#include "gpm/sanitize.h"

#include <stdio.h>
#include <time.h>

void switch_finish(void)
{
    struct m *m = m_self();
    void (*after)(struct m *, struct g *) = m->after;
    if (after != NULL) {
        m->after = NULL;
        after(m, m->after_g);
    }
}

static inline void go_to(struct m *m, struct g *from, struct g *next, bool inherit, bool dying)
{
    if (next == NULL) {
        m->curg = NULL;
        stack_switch(from, &m->g0, dying);
        return;
    }
    begin_slice(m, next, inherit);
    if (next->stack == NULL)
        g_prepare_stack(m->p, next);
    stack_switch(from, next, dying);
}

/* Leaves the current G, whose state has been changed already. Returns when it runs again. */
static inline void leave(struct m *m, struct g *g, struct g *next, bool inherit,
                         void (*after)(struct m *, struct g *))
{
    g->m = NULL;
    m->after = after;
    m->after_g = g;
    go_to(m, g, next, inherit, false);
    switch_finish();
}

void switch_away(struct m *m, struct g *g, void (*after)(struct m *, struct g *))
{
    bool inherit;
    struct g *next = runq_next_directly(m, &inherit);
    leave(m, g, next, inherit, after);
}

void switch_to_g0(struct m *m, struct g *g, void (*after)(struct m *, struct g *))
{
    leave(m, g, NULL, false, after);
}

void exit_to(struct m *m, struct g *g, struct g *next, bool inherit, void (*after)(struct m *, struct g *))
{
    if (next == NULL)
        next = runq_next_directly(m, &inherit);
    g_retire(m->p, g);
    m->after = after;
    m->after_g = g;
    go_to(m, g, next, inherit, true);
    __builtin_unreachable();
}

/* ---- Park ---- */

static void park_finish(struct m *m, struct g *g)
{
    if (m->unlock == NULL || m->unlock(g, m->unlock_arg))
        return;
    g_set_state(g, G_WAITING, G_RUNNABLE);
    runq_put(m->p, g, true);
}

void g_park(bool (*unlock)(struct g *, void *), void *arg, enum wait_reason why)
{
    struct m *m = m_self();
    struct g *g = m->curg;
    g->wait_reason = why;
    g->wait_since = LOAD(&sched.coarse_now);
    m->unlock = unlock;
    m->unlock_arg = arg;
    g_set_state(g, G_RUNNING, G_WAITING);
    switch_away(m, g, park_finish);
}

bool g_unlock_lock(struct g *g, void *arg)
{
    (void)g;
    lock_release(arg);
    return true;
}

/* ---- Ready ---- */

void ready_to_run(struct m *m, struct g *g, bool next)
{
    if (UNLIKELY(m == NULL || m->p == NULL)) {
        lock_acquire(&sched.lock);
        globrunq_put(g);
        lock_release(&sched.lock);
        full_fence();
        wakep();
        return;
    }
    runq_put(m->p, g, next);
    if (!runq_alone())
        wakep();
}

void g_ready(struct g *g)
{
    g_set_state(g, G_WAITING, G_RUNNABLE);
    ready_to_run(m_self(), g, true);
}

void g_wait_timeout(void *arg, uint64_t seq)
{
    struct g *g = arg;
    if (g_claim(g, (uint32_t)seq))
        g_ready(g);
}

/* ---- Yield ---- */

static void wake_for_yielded(struct m *m)
{
    if (!runq_alone() || m->p == NULL) {
        full_fence();
        wakep();
    }
}

static void put_global(struct m *m, struct g *g)
{
    lock_acquire(&sched.lock);
    globrunq_put(g);
    lock_release(&sched.lock);
    wake_for_yielded(m);
}

/* Go puts all that yield at the end of the global queue, and with several Ps their lock is what such programs
 * wait for. Here the local ring does, which is served in the same order, and whose Gs can be stolen; every
 * 61st goes to the global queue, from where as often a G is taken: so those that yield all the time move from
 * P to P, and none stays for ever where more of them wait. */
static void yield_finish(struct m *m, struct g *g)
{
    struct p *p = m->p;
    if (p == NULL || LOAD(&p->sched_tick) % GLOBAL_CHECK == 0) {
        put_global(m, g);
        return;
    }
    runq_put(p, g, false);
    wake_for_yielded(m);
}

void gpm_yield(void)
{
    struct m *m = m_self();
    if (m == NULL || m->curg == NULL)
        return;
    struct g *g = m->curg;
    g_set_state(g, G_RUNNING, G_RUNNABLE);
    switch_away(m, g, yield_finish);
}

static void preempt_finish(struct m *m, struct g *g)
{
    g_set_state(g, G_PREEMPTED, G_RUNNABLE);
    put_global(m, g);
}

/* By way of g0: whoever set the flag may also want the world stopped, and schedule() knows. */
NOINLINE void g_preempt(void)
{
    struct m *m = m_self();
    struct g *g = m->curg;
    if (g == NULL)
        return;
    COUNT(m->p->stats.preemptions, 1);
    g_set_state(g, G_RUNNING, G_PREEMPTED);
    switch_to_g0(m, g, preempt_finish);
}

void gpm_checkpoint(void)
{
    safepoint();
}

/* ---- Sleep ---- */

static void sleep_over(void *arg, uint64_t seq)
{
    (void)seq;
    g_ready(arg);
}

struct sleep {
    int64_t until;
};

/* Arms the timer once we are off the stack. */
static bool sleep_unlock(struct g *g, void *arg)
{
    int64_t until = ((struct sleep *)arg)->until;
    timer_reset(&g->timer, until, sleep_over, g, 0);
    return true;
}

void gpm_sleep(int64_t duration_ns)
{
    struct g *g = g_self();
    if (g == NULL) {
        struct timespec wait = {duration_ns / 1000000000, duration_ns % 1000000000};
        if (duration_ns > 0)
            while (nanosleep(&wait, &wait) != 0 && errno == EINTR)
                ;
        return;
    }
    if (duration_ns <= 0) {
        gpm_yield();
        return;
    }
    struct sleep s = {gpm_after(duration_ns)};
    g_park(sleep_unlock, &s, WAIT_SLEEP);
}

/* ---- Permits: park and ready for everyone ---- */

/*
 * One word has it all: nothing, a permit, a G that is parked and wants one, or "look at the clock again",
 * which a timer leaves that comes before the G has parked. A timer that lost the race and comes late may
 * leave the last two at a wrong time: the G then looks at the clock in vain, and nothing else happens.
 */
enum { PERMIT_NONE, PERMIT_THERE, PERMIT_WANTED, PERMIT_CLOCK };

static bool permit_change(struct g *g, uint32_t from, uint32_t to)
{
    return LOAD(&g->permit) == from && atomic_compare_exchange_strong(&g->permit, &from, to);
}

static bool permit_unlock(struct g *g, void *arg)
{
    (void)arg;
    return permit_change(g, PERMIT_NONE, PERMIT_WANTED);
}

static void permit_timeout(void *arg, uint64_t seq)
{
    struct g *g = arg;
    (void)seq;
    if (permit_change(g, PERMIT_WANTED, PERMIT_NONE))
        g_ready(g);
    else
        permit_change(g, PERMIT_NONE, PERMIT_CLOCK);
}

int gpm_park(int64_t deadline)
{
    struct g *g = g_self();
    if (g == NULL)
        return -EPERM;
    safepoint();
    for (;;) {
        if (permit_change(g, PERMIT_THERE, PERMIT_NONE))
            return 0;
        permit_change(g, PERMIT_CLOCK, PERMIT_NONE);
        if (deadline != GPM_NEVER && (deadline == GPM_NOW || gpm_now_ns() >= deadline))
            return -ETIMEDOUT;
        if (deadline != GPM_NEVER)
            timer_reset(&g->timer, deadline, permit_timeout, g, 0);
        g_park(permit_unlock, NULL, WAIT_PARK);
        if (deadline != GPM_NEVER)
            timer_stop(&g->timer);
    }
}

void gpm_ready(struct gpm_g *handle)
{
    struct g *g = (struct g *)handle;
    safepoint();
    if (atomic_exchange(&g->permit, PERMIT_THERE) == PERMIT_WANTED)
        g_ready(g);
}

struct gpm_g *gpm_self(void)
{
    return (struct gpm_g *)g_self();
}
