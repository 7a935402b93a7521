/*
 * sysmon: a thread without a P that watches those with one. Each round it
 *   - polls the network when nobody did for 10 ms (all are busy with their own work),
 *   - takes the P from an M that sits in a blocking call (retake) and gives it to another,
 *   - asks a G that has run for 10 ms to yield: a flag that safepoints read, and, when others wait, a signal
 *     that gets its thread out of a blocking call it may be stuck in,
 *   - once a second: follows the cores and the quota, gives the memory of idle stacks back,
 *   - prints the trace line and the dump that were asked for.
 *
 * It sleeps 20 us between rounds; after 50 rounds with nothing to do twice as long each time, up to 10 ms.
 * When it has come to that and all Ps are idle it sleeps until the next timer, and whoever takes the first P
 * from the idle list wakes it. (Go wakes it only on the return from a blocking call; what was woken by the
 * network could then run unwatched for a minute. And Go lets it sleep deeply in any round: with our waking,
 * a program that is idle for moments, as servers are, would pay for a wake-up in each of them.)
 */
#include <time.h>
#include <unistd.h>

#include "gpm/proc.h"
#include "gpm/stack.h"

#define SLEEP_MIN_NS (20 * US)
#define SLEEP_MAX_NS (10 * MS)
#define IDLE_ROUNDS 50
#define POLL_NS (10 * MS)
#define DEEP_SLEEP_MAX_NS (60000 * MS)
#define SECOND_NS (1000 * MS)

static _Atomic bool dump_wanted;

void sysmon_wake_locked(void)
{
    sched.sysmon_wait = false;
    note_wake(&sched.sysmon_note);
}

/* From a signal handler: two atomic stores and a system call. */
void sysmon_request_dump(void)
{
    atomic_store(&dump_wanted, true);
    note_wake(&sched.sysmon_note);
}

/* ---- Deep sleep ---- */

static bool all_idle(void)
{
    return LOAD(&sched.np_idle) == (uint32_t)LOAD(&sched.procs) || world_stopping();
}

static int64_t deep_sleep_ns(int64_t now)
{
    int64_t ns = stack_pool_warm() ? SECOND_NS : DEEP_SLEEP_MAX_NS;
    int64_t first = timers_first_of_all();
    if (first != 0 && first - now < ns)
        ns = first - now;
    return ns;
}

/* true: it slept deeply and starts afresh. */
static bool deep_sleep(int64_t now)
{
    if (trace_period_ns() != 0 || !all_idle() || atomic_load(&dump_wanted))
        return false;
    lock_acquire(&sched.lock);
    if (!all_idle()) {
        lock_release(&sched.lock);
        return false;
    }
    note_clear(&sched.sysmon_note);
    sched.sysmon_wait = true;
    checkdead();
    lock_release(&sched.lock);
    int64_t ns = deep_sleep_ns(now);
    if (ns > 0 && !atomic_load(&dump_wanted))
        note_sleep(&sched.sysmon_note, ns);
    lock_acquire(&sched.lock);
    sched.sysmon_wait = false;
    lock_release(&sched.lock);
    return true;
}

/* ---- Duties ---- */

static void poll_late(int64_t now)
{
    int64_t last = atomic_load(&sched.last_poll);
    if (last == 0 || last + POLL_NS >= now || !atomic_compare_exchange_strong(&sched.last_poll, &last, now))
        return;
    struct g_list ready = {0};
    netpoll(0, &ready);
    if (ready.head != NULL)
        inject_glist(&ready);
}

/* A timer that is late while a P is idle: its own P is busy, and nobody sleeps in the poller with its
 * deadline. */
static void wake_late_timers(int64_t now)
{
    int64_t first = timers_first_of_all();
    if (first != 0 && first + SLEEP_MAX_NS < now)
        startm(NULL, false);
}

/* The signal is sent again every 10 ms: it may have come just before the call that it is to interrupt. */
static void preempt_one(struct p *p, struct sysmon_tick *seen, int64_t now)
{
    STORE(&p->preempt, 1);
    struct m *m = LOAD_ACQ(&p->m);
    if (m == NULL || seen->signal_when + TIME_SLICE_NS > now || LOAD(&p->state) != P_RUNNING)
        return;
    if (runq_empty(p) && LOAD(&sched.runq_size) == 0)
        return; /* nobody waits for it: let it sit in its call */
    seen->signal_when = now;
    preempt_signal_send(m);
}

/* true: this P has been with the same time slice for too long. */
static bool slice_over(struct p *p, struct sysmon_tick *seen, int64_t now)
{
    uint32_t tick = LOAD(&p->sched_tick);
    if (seen->sched_tick == tick)
        return seen->sched_when + TIME_SLICE_NS <= now;
    seen->sched_tick = tick;
    seen->sched_when = now;
    seen->signal_when = 0;
    return false;
}

/* true: the P was taken out of a blocking call. */
static bool retake_one(struct p *p, struct sysmon_tick *seen, bool overdue, int64_t now)
{
    uint32_t tick = LOAD(&p->syscall_tick);
    if (!overdue && seen->syscall_tick != tick) { /* seen for the first time: one round is granted */
        seen->syscall_tick = tick;
        seen->syscall_when = now;
        return false;
    }
    if (runq_empty(p) && LOAD(&sched.nm_spinning) + LOAD(&sched.np_idle) > 0
        && seen->syscall_when + TIME_SLICE_NS > now)
        return false; /* nothing waits for it, and others could take what comes */
    if (!p_cas_state(p, P_SYSCALL, P_IDLE))
        return false;
    STORE(&p->m, NULL);
    STORE(&p->syscall_tick, tick + 1);
    COUNT(p->stats.handoffs, 1);
    COUNT(p->stats.retakes, 1);
    handoffp(p);
    return true;
}

static bool retake(int64_t now)
{
    bool any = false;
    struct p **all = LOAD_ACQ(&sched.allp);
    for (int i = 0, n = LOAD(&sched.procs); i < n; i++) {
        struct p *p = all[i];
        uint32_t state = LOAD(&p->state);
        if (state != P_RUNNING && state != P_SYSCALL)
            continue;
        bool overdue = slice_over(p, &p->sysmon, now);
        if (overdue)
            preempt_one(p, &p->sysmon, now);
        if (state == P_SYSCALL)
            any |= retake_one(p, &p->sysmon, overdue, now);
    }
    return any;
}

static void each_second(int64_t now)
{
    static int64_t next;
    if (now < next)
        return;
    next = now + SECOND_NS;
    maxprocs_update();
    stack_scavenge();
}

static void trace_if_due(int64_t now)
{
    static int64_t last;
    if (last == 0)
        last = sched.start_ns;
    if (trace_period_ns() != 0 && now >= last + trace_period_ns()) {
        last = now;
        trace_print(now);
    }
}

static void dump_if_wanted(void)
{
    if (!atomic_exchange(&dump_wanted, false))
        return;
    static const char title[] = "SIGQUIT: quit\n\n";
    if (write(2, title, sizeof title - 1) < 0) {
        /* stderr is closed: nobody is there to be told */
    }
    gpm_dump(2);
    _exit(2);
}

static void rest(int64_t ns)
{
    struct timespec wait = {0, ns};
    nanosleep(&wait, NULL);
}

static int64_t next_delay(int64_t delay, uint32_t idle)
{
    if (idle <= IDLE_ROUNDS)
        return SLEEP_MIN_NS;
    return delay * 2 < SLEEP_MAX_NS ? delay * 2 : SLEEP_MAX_NS;
}

static void *sysmon(void *arg)
{
    (void)arg;
    pthread_setname_np(pthread_self(), "gpm-sysmon");
    int64_t delay = SLEEP_MIN_NS;
    for (uint32_t idle = 0;;) {
        rest(delay);
        int64_t now = gpm_now_ns();
        if (delay == SLEEP_MAX_NS && deep_sleep(now)) {
            now = gpm_now_ns();
            idle = IDLE_ROUNDS;
            delay = SLEEP_MIN_NS;
        }
        STORE(&sched.coarse_now, now);
        dump_if_wanted();
        poll_late(now);
        wake_late_timers(now);
        bool acted = retake(now);
        each_second(now);
        trace_if_due(now);
        idle = acted ? 0 : idle + 1;
        delay = next_delay(delay, idle);
    }
    return NULL;
}

int sysmon_start(void)
{
    pthread_t thread;
    return thread_start(sysmon, NULL, &thread);
}
