/*
 * Deadlocks, as Go's checkdead finds them: when the last M goes idle, and no timer is armed, and nobody waits
 * for the network (the M that does is not idle), then no G will ever run again. Only while a thread waits in
 * gpm_run(), and foreign threads have not announced that they may still wake somebody. Unlike Go, which never
 * sees its foreign threads, a runnable G at this moment is no proof of a bug: one of them may be just about
 * to wake an M for it.
 */
#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

#include "gpm/dump.h"
#include "gpm/proc.h"

struct count {
    uint64_t waiting, others;
};

static struct count count_gs(void)
{
    struct count n = {0};
    for (struct g_slab *slab = LOAD_ACQ(&sched.slabs); slab != NULL; slab = slab->next)
        for (int i = 0; i < G_SLAB; i++) {
            uint32_t state = LOAD_ACQ(&slab->gs[i].state);
            n.waiting += state == G_WAITING || state == G_PREEMPTED;
            n.others += state == G_RUNNABLE || state == G_RUNNING || state == G_SYSCALL;
        }
    return n;
}

static bool any_timer(void)
{
    struct p **all = LOAD(&sched.allp);
    for (int i = 0; i < LOAD(&sched.procs); i++)
        if ((int64_t)LOAD(&all[i]->timers.shown_len) - LOAD(&all[i]->timers.zombies) > 0)
            return true;
    return false;
}

void checkdead(void)
{
    if (sched.m_count > (int32_t)sched.nm_idle || sched.run_waiters == 0 || LOAD(&sched.foreign) > 0
        || world_stopping() || LOAD(&sched.runq_size) > 0)
        return;
    if (any_timer())
        return;
    struct count n = count_gs();
    if (n.others > 0)
        return;
    fflush(NULL);
    if (n.waiting == 0) {
        fprintf(stderr, "fatal error: no goroutines (main called runtime.Goexit) - deadlock!\n");
    } else {
        fprintf(stderr, "fatal error: all goroutines are asleep - deadlock!\n\n");
        dump_gs(2, NULL);
    }
    _exit(2);
}

void gpm_fatal(const char *format, ...)
{
    char text[512];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    fflush(NULL);
    fprintf(stderr, "fatal error: %s\n\n", text);
    dump_own_stack(2);
    _exit(2);
}
