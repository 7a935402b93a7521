/*
 * Ps: the rights to run. Their number is GOMAXPROCS. Idle ones are on a list under sched.lock; a P that loses
 * its right (GOMAXPROCS shrank) keeps its memory for the day it grows again.
 */
#include "gpm/proc.h"
#include "gpm/stack.h"

void pidle_put(struct p *p)
{
    p->link = sched.p_idle;
    sched.p_idle = p;
    atomic_fetch_add(&sched.np_idle, 1);
}

/* The first P that leaves the list while all are idle ends sysmon's deep sleep: from now on somebody has to
 * be watched. */
struct p *pidle_get(void)
{
    struct p *p = sched.p_idle;
    if (p == NULL)
        return NULL;
    sched.p_idle = p->link;
    p->link = NULL;
    atomic_fetch_sub(&sched.np_idle, 1);
    if (sched.sysmon_wait)
        sysmon_wake_locked();
    return p;
}

void acquirep(struct m *m, struct p *p)
{
    m->p = p;
    STORE_REL(&p->m, m);
    p_set_state(p, P_IDLE, P_RUNNING);
}

struct p *releasep(struct m *m)
{
    struct p *p = m->p;
    m->p = NULL;
    STORE(&p->m, NULL);
    p_set_state(p, P_RUNNING, P_IDLE);
    return p;
}

static struct p *p_new(int id)
{
    struct p *p = aligned_alloc(CACHE_LINE, (sizeof *p + CACHE_LINE - 1) / CACHE_LINE * CACHE_LINE);
    if (p == NULL)
        gpm_fatal("no memory for P%d", id);
    memset(p, 0, sizeof *p);
    p->id = id;
    STORE(&p->state, P_DEAD);
    timers_init(&p->timers);
    return p;
}

/* Makes room for Ps 0 .. n - 1. The old array stays for those that still read it. */
static void grow(int n)
{
    if (n <= sched.allp_len)
        return;
    struct p **all = calloc(n, sizeof *all);
    if (all == NULL)
        gpm_fatal("no memory for %d Ps", n);
    struct p **old = LOAD(&sched.allp);
    if (old != NULL)
        memcpy(all, old, sched.allp_len * sizeof *all);
    for (int i = sched.allp_len; i < n; i++)
        all[i] = p_new(i);
    STORE_REL(&sched.allp, all);
    sched.old_allp[sched.old_allp_n++ % 16] = old; /* reachable, for leak checkers */
    sched.allp_len = n;
}

/* A P that is no more: what it had goes to the global queue, to P0, and to the central caches. */
static void p_destroy(struct p *p)
{
    struct g_list gs = {0};
    runq_drain(p, &gs);
    globrunq_put_list(&gs);
    timers_take(&LOAD(&sched.allp)[0]->timers, &p->timers);
    gf_drain(p);
    stack_drain(p);
    p_set_state(p, P_STOPPED, P_DEAD);
}

struct p *procresize(struct m *mine, int n)
{
    int old = LOAD(&sched.procs);
    struct p *runnable = NULL;
    grow(n);
    struct p **all = LOAD(&sched.allp);
    for (int i = 0; i < n; i++)
        if (LOAD(&all[i]->state) == P_DEAD)
            p_set_state(all[i], P_DEAD, P_STOPPED);
    if (mine != NULL && mine->p->id >= n) { /* ours goes: take over P0 */
        STORE(&mine->p->m, NULL);
        mine->p = all[0];
        STORE(&all[0]->m, mine);
    }
    for (int i = n; i < old; i++)
        p_destroy(all[i]);
    STORE(&sched.procs, n);
    for (int i = n - 1; i >= 0; i--) {
        struct p *p = all[i];
        if (LOAD(&p->state) != P_STOPPED)
            continue; /* the world was not quite stopped: it runs on */
        STORE(&p->preempt, 0);
        if (mine != NULL && mine->p == p) {
            p_set_state(p, P_STOPPED, P_RUNNING);
            continue;
        }
        p_set_state(p, P_STOPPED, P_IDLE);
        if (runq_empty(p)) {
            pidle_put(p);
        } else {
            p->link = runnable;
            runnable = p;
        }
    }
    return runnable;
}
