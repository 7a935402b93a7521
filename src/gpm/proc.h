/*
 * What the files of the scheduler proper share; channels and locks need only internal.h.
 */
#ifndef GPM_PROC_H
#define GPM_PROC_H

#include "gpm/internal.h"
#include "gpm/runq.h"

#define MS INT64_C(1000000)
#define US INT64_C(1000)
#define TIME_SLICE_NS (10 * MS)
#define GLOBAL_CHECK 61

/* ---- sched.c ---- */

static inline void begin_slice(struct m *m, struct g *g, bool inherit)
{
    struct p *p = m->p;
    g->m = m;
    m->curg = g;
    g_set_state(g, G_RUNNABLE, G_RUNNING);
    if (!inherit) {
        STORE(&p->sched_tick, LOAD(&p->sched_tick) + 1);
        if (UNLIKELY(LOAD(&p->preempt)))
            STORE(&p->preempt, 0);
    }
}

struct g *globrunq_take(struct p *p);

/*
 * The next G, when it can be found without the scheduler's stack: what schedule() would choose, in all cases
 * that are common. NULL: ask schedule(). That is also the answer when somebody wants this P to stop or yield,
 * or a timer is due.
 */
static inline struct g *runq_next_directly(struct m *m, bool *ret_inherit)
{
    struct p *p = m->p;
    *ret_inherit = false;
    if (UNLIKELY(LOAD(&p->preempt)))
        return NULL;
    int64_t due = timers_wake_time(&p->timers);
    if (UNLIKELY(due != 0) && due <= gpm_now_ns())
        return NULL;
    if (UNLIKELY(LOAD(&p->sched_tick) % GLOBAL_CHECK == 0) && LOAD(&sched.runq_size) != 0)
        return NULL;
    struct g *g = runq_get_next(p);
    if (g != NULL) {
        *ret_inherit = true;
        return g;
    }
    g = runq_get_ring(p);
    return g != NULL || LOAD(&sched.runq_size) == 0 ? g : globrunq_take(p);
}

/* Ends g, which is running: goes to next (NULL: whatever schedule() finds), and there calls after(). Does not
 * return. */
void exit_to(struct m *m, struct g *g, struct g *next, bool inherit, void (*after)(struct m *, struct g *));

/* ---- g.c ---- */

extern _Atomic uint64_t foreign_gs_made;
void g_main(void);
void g_prepare_stack(struct p *p, struct g *g);
void g_retire(struct p *p, struct g *g);
void gf_drain(struct p *p);
struct run_waiter {
    struct note done;
};
void run_waiter_wake(struct run_waiter *w);
void run_waiter_count(int delta);
int g_new_main(gpm_fn *fn, void *arg, struct run_waiter *waiter);

/* ---- p.c ---- */

/* With sched.lock. */
void pidle_put(struct p *p);
struct p *pidle_get(void);
/* Ties and unties an M and a P; the P's state goes idle <-> running. */
void acquirep(struct m *m, struct p *p);
struct p *releasep(struct m *m);
/* World stopped (or before the start), sched.lock held. Changes the number of Ps; the first P of the list
 * returned has work, and so on by `link`; the others are idle. `mine`, when not NULL, keeps a P of its own,
 * running. */
struct p *procresize(struct m *mine, int n);

/* ---- m.c ---- */

struct m *mget(void); /* from the idle list, sched.lock held; NULL when empty */
void mput(struct m *m);
int newm(struct p *p, bool spinning); /* 0 or a negative errno */
void mspinning_lost(struct m *m);
int thread_start(void *(*fn)(void *), void *arg, pthread_t *ret_thread);

/* ---- world.c ---- */

bool world_stopping(void);
void gcstopm(struct m *m);
/* From a G, sysmon, or a foreign thread. deadline_ns: give up waiting then (0: never); false: some P still
 * runs, but none will begin another G. */
bool stop_world(int64_t deadline_ns);
void start_world(int procs); /* 0: as many as before */

/* ---- Others ---- */

void checkdead(void);          /* deadlock.c; sched.lock held */
int sysmon_start(void);        /* sysmon.c */
void sysmon_wake_locked(void); /* if it sleeps deeply; sched.lock held */
void sysmon_request_dump(void);
int maxprocs_wanted(void); /* maxprocs.c */
bool maxprocs_from_env(int *ret_n);
void maxprocs_update(void);
void trace_init(void); /* trace.c */
int64_t trace_period_ns(void);
void trace_print(int64_t now);
void handlers_install(bool dump_and_fault); /* signals.c */
void handlers_thread(struct m *m);
void preempt_signal_send(struct m *m);
int64_t timers_first_of_all(void); /* earliest deadline of all heaps, 0 when none */

#endif
