/*
 * Starting the runtime, and the way in for threads that are not its own.
 *
 * The thread that calls gpm_run() does not become an M, as Go's main thread does: it waits until its main G
 * has returned. So it can leave gpm_run() at once, even when all Ms are stuck in blocking calls, and any
 * thread may call it at any time.
 */
#include <signal.h>
#include <stdio.h>

#include "gpm/dump.h"
#include "gpm/proc.h"
#include "gpm/stack.h"

#define M_MAX 10000

static pthread_mutex_t starting = PTHREAD_MUTEX_INITIALIZER;
static _Atomic bool started;

static int options_check(const struct gpm_options *o)
{
    bool bad = o->maxprocs < 0 || o->maxprocs > 1024 || stack_class_for(o->stack_bytes) < 0
               || o->max_threads < 0 || o->preempt_signal < -1 || o->preempt_signal > SIGRTMAX;
    return bad ? -EINVAL : 0;
}

static void options_apply(const struct gpm_options *o)
{
    sched.stack_class = (uint8_t)stack_class_for(o->stack_bytes > 0 ? o->stack_bytes : STACK_DEFAULT_BYTES);
    sched.m_max = o->max_threads > 0 ? o->max_threads : M_MAX;
    sched.preempt_signal = o->preempt_signal != 0 ? o->preempt_signal : SIGURG;
}

static int start(const struct gpm_options *o)
{
    int procs = o->maxprocs;
    options_apply(o);
    sched.start_ns = gpm_now_ns();
    STORE(&sched.coarse_now, sched.start_ns);
    STORE(&sched.last_poll, sched.start_ns);
    pthread_sigmask(SIG_SETMASK, NULL, &sched.signal_mask);
    trace_init();
    dump_prepare();
    int r = netpoll_init();
    if (r < 0)
        return r;
    if (procs == 0 && !maxprocs_from_env(&procs)) {
        procs = maxprocs_wanted();
        STORE(&sched.procs_follow, true);
    }
    handlers_install(!o->no_handlers);
    lock_acquire(&sched.lock);
    procresize(NULL, procs);
    lock_release(&sched.lock);
    r = sysmon_start();
    if (r == 0)
        STORE_REL(&started, true);
    return r;
}

int gpm_init(const struct gpm_options *options)
{
    static const struct gpm_options defaults;
    const struct gpm_options *o = options != NULL ? options : &defaults;
    int r = options_check(o);
    if (r < 0)
        return r;
    pthread_mutex_lock(&starting);
    r = LOAD_ACQ(&started) ? -EALREADY : start(o);
    pthread_mutex_unlock(&starting);
    return r;
}

int gpm_start(void)
{
    if (LIKELY(LOAD_ACQ(&started)))
        return 0;
    int r = gpm_init(NULL);
    return r == -EALREADY ? 0 : r;
}

void run_waiter_count(int delta)
{
    lock_acquire(&sched.lock);
    sched.run_waiters += delta;
    lock_release(&sched.lock);
}

/* From the main G's last moments: from now on no G may be left without that being a deadlock. */
void run_waiter_wake(struct run_waiter *w)
{
    run_waiter_count(-1);
    note_wake(&w->done);
}

int gpm_run(gpm_fn *fn, void *arg)
{
    if (m_self() != NULL)
        return -EPERM;
    int r = gpm_start();
    if (r < 0)
        return r;
    struct run_waiter waiter = {{0}};
    r = g_new_main(fn, arg, &waiter);
    if (r == 0)
        note_sleep(&waiter.done, -1);
    return r;
}

void gpm_foreign_begin(void)
{
    atomic_fetch_add(&sched.foreign, 1);
}

void gpm_foreign_end(void)
{
    if (atomic_fetch_sub(&sched.foreign, 1) == 1 && gpm_start() == 0) {
        lock_acquire(&sched.lock);
        checkdead(); /* the silence may have begun before */
        lock_release(&sched.lock);
    }
}

uint64_t gpm_id(void)
{
    struct g *g = g_self();
    return g != NULL ? g->id : 0;
}

const char *gpm_name(void)
{
    struct g *g = g_self();
    return g != NULL && g->name != NULL ? g->name : "";
}

struct g *g_need(const char *what)
{
    struct g *g = g_self();
    if (g == NULL)
        gpm_fatal("%s() called on a thread that is not libgpm's", what);
    return g;
}
