/*
 * Blocking calls. On the way in the G keeps its P in the state "syscall": nothing is locked and nobody is
 * told. On the way out one CAS takes the P back if it is still there. sysmon takes the P away when the call
 * lasts; then the G needs another P, or joins the global queue while its M goes to sleep.
 *
 * gpm_blocking() is for calls that are known to last: it gives the P to another M at once, unless others are
 * idle anyway.
 */
#include "gpm/proc.h"

void gpm_enter_syscall(void)
{
    struct m *m = m_self();
    if (m == NULL || m->curg == NULL)
        return;
    struct p *p = m->p;
    g_set_state(m->curg, G_RUNNING, G_SYSCALL);
    m->old_p = p;
    m->p = NULL;
    p_set_state(p, P_RUNNING, P_SYSCALL);
}

static bool take_p(struct m *m)
{
    lock_acquire(&sched.lock);
    struct p *p = world_stopping() ? NULL : pidle_get();
    lock_release(&sched.lock);
    if (p == NULL)
        return false;
    acquirep(m, p);
    return true;
}

/* On g0: no P was free at the first look. The P may be under the lock now, else somebody will find the G in
 * the global queue. */
static void exit_finish(struct m *m, struct g *g)
{
    lock_acquire(&sched.lock);
    globrunq_put(g);
    struct p *p = world_stopping() ? NULL : pidle_get();
    lock_release(&sched.lock);
    if (p != NULL)
        acquirep(m, p);
    /* Without a P: find_runnable() puts the M to sleep. */
}

/* Apart, so that the address of errno is not one computed before the G changed threads. */
static NOINLINE void set_errno(int value)
{
    errno = value;
}

static NOINLINE void exit_slow(struct m *m)
{
    struct g *g = m->curg;
    int saved = errno;
    if (take_p(m)) {
        STORE(&m->p->syscall_tick, LOAD(&m->p->syscall_tick) + 1);
        g_set_state(g, G_SYSCALL, G_RUNNING);
    } else {
        g_set_state(g, G_SYSCALL, G_RUNNABLE);
        switch_to_g0(m, g, exit_finish);
    }
    set_errno(saved);
}

static NOINLINE void exit_preempted(void)
{
    int saved = errno;
    g_preempt();
    set_errno(saved);
}

void gpm_exit_syscall(void)
{
    struct m *m = m_self();
    if (m == NULL || m->curg == NULL)
        return;
    struct p *p = m->old_p;
    m->old_p = NULL;
    /* It may meanwhile have been taken away, used, and left in the blocking call of another M: then we take
     * it from that one, as sysmon would. */
    if (LIKELY(p_cas_state(p, P_SYSCALL, P_RUNNING))) {
        m->p = p;
        STORE_REL(&p->m, m);
        STORE(&p->syscall_tick, LOAD(&p->syscall_tick) + 1);
        g_set_state(m->curg, G_SYSCALL, G_RUNNING);
        if (UNLIKELY(LOAD(&p->preempt)))
            exit_preempted();
        return;
    }
    exit_slow(m);
}

/* Others are free to steal what waits here: no need to wake one more M for it, and the P may still be ours
 * afterwards. If they become busy, sysmon sees to it. */
static void stay(struct p *p, gpm_fn *fn, void *arg)
{
    bool work = !runq_empty(p);
    gpm_enter_syscall();
    if (work)
        wakep();
    fn(arg);
    gpm_exit_syscall();
}

void gpm_blocking(gpm_fn *fn, void *arg)
{
    struct m *m = m_self();
    if (m == NULL || m->curg == NULL) {
        fn(arg);
        return;
    }
    struct p *p = m->p;
    if (atomic_load(&sched.np_idle) + atomic_load(&sched.nm_spinning) > 0) {
        stay(p, fn, arg);
        return;
    }
    g_set_state(m->curg, G_RUNNING, G_SYSCALL);
    COUNT(p->stats.handoffs, 1);
    releasep(m);
    handoffp(p);
    fn(arg);
    exit_slow(m);
}
