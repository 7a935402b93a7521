/*
 * Counters for the program: kept per P without atomic read-modify-write, added up when asked.
 */
#include "gpm/proc.h"
#include "gpm/stack.h"

static void add_p(struct gpm_stats *s, struct p *p, uint64_t *ended)
{
    s->gs_made += LOAD(&p->stats.gs_made);
    *ended += LOAD(&p->stats.gs_ended);
    s->switches += LOAD(&p->sched_tick);
    s->steals += LOAD(&p->stats.steals);
    s->stolen += LOAD(&p->stats.stolen);
    s->handoffs += LOAD(&p->stats.handoffs);
    s->retakes += LOAD(&p->stats.retakes);
    s->preemptions += LOAD(&p->stats.preemptions);
    s->overflows += LOAD(&p->stats.overflows);
    s->polls += LOAD(&p->stats.polls);
    s->poll_wakeups += LOAD(&p->stats.poll_wakeups);
    s->timers_fired += LOAD(&p->timers.fired);
}

void gpm_stats(struct gpm_stats *stats)
{
    uint64_t ended = 0;
    *stats = (struct gpm_stats){0};
    if (gpm_start() < 0)
        return;
    lock_acquire(&sched.lock);
    struct p **all = LOAD(&sched.allp);
    for (int i = 0; i < sched.allp_len; i++)
        add_p(stats, all[i], &ended);
    stats->gs_made += LOAD(&foreign_gs_made);
    stats->ps = LOAD(&sched.procs);
    stats->ps_idle = LOAD(&sched.np_idle);
    stats->ms = sched.m_count;
    stats->ms_idle = sched.nm_idle;
    stats->ms_spinning = LOAD(&sched.nm_spinning);
    lock_release(&sched.lock);
    stats->gs = stats->gs_made > ended ? stats->gs_made - ended : 0;
    stack_stats(&stats->stacks, &stats->stack_bytes);
}
