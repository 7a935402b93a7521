/*
 * The loop: every M runs schedule() again and again on its g0 stack. It finds a runnable G, runs it until
 * that parks, yields, ends or loses its P in a blocking call, and starts over. Gs also switch to each other
 * directly (park.c); what is here decides about everything that is not the common case, and above all about
 * sleeping and waking.
 *
 * How many Ms should be awake? Enough to use all Ps, few enough not to burn CPU on looking for work. Three
 * designs were rejected long ago, by Go's authors, and for the same reasons here:
 *   - All scheduling decisions under one lock: does not scale.
 *   - Hand a P and the new G to a sleeping M at once: moves work away from warm caches, and when the readied
 *     G is about to be taken by this very P anyway, all of that is for nothing.
 *   - Wake an M for every G that becomes ready, but let it look for itself: floods of wake-ups that find
 *     nothing.
 *
 * What is done: an M that is out of local work "spins": it looks at all queues, at the poller and at timers,
 * before it sleeps. Whoever makes a G ready wakes one more M only if a P is idle and no M spins (wakep). A
 * spinning M that finds work stops spinning and, if it was the last, wakes the next. So the number of Ms that
 * work ramps up in a chain, and steadies itself.
 *
 * Why no wake-up is lost:
 *     the submitter:           publish the G; full barrier; look whether some M spins; if none: wake one.
 *     the M that goes to sleep: stop being counted as spinning; full barrier; look at all queues once more.
 * Of two such threads at least one sees what the other did. Were the sleeper to look first and then stop
 * spinning, a G published in between would be seen by nobody. The same with the poller and timers: whoever
 * arms an early timer looks at who polls until when. model/gpm has this protocol as a model that is checked
 * exhaustively.
 */
#include <stdio.h>

#include "gpm/proc.h"
#include "gpm/sanitize.h"

#define STEAL_PASSES 4

struct sched sched = {
    .lock = LOCK_INIT(RANK_SCHED),
    .gfree_lock = LOCK_INIT(RANK_GFREE),
};

/* ---- Waking ---- */

bool startm(struct p *p, bool spinning)
{
    lock_acquire(&sched.lock);
    if (p == NULL && (p = pidle_get()) == NULL) {
        lock_release(&sched.lock);
        return false;
    }
    struct m *m = mget();
    lock_release(&sched.lock);
    if (m == NULL) {
        int r = newm(p, spinning);
        if (r < 0)
            gpm_fatal("cannot make a thread: %s", strerror(-r));
        return true;
    }
    m->spinning = spinning;
    m->next_p = p;
    note_wake(&m->park);
    return true;
}

/* false: somebody may have seen our count, and rely on an M that we could not wake after all. Look at
 * everything again. */
NOINLINE static bool wakep_slow(void)
{
    uint32_t none = 0;
    if (!atomic_compare_exchange_strong(&sched.nm_spinning, &none, 1) || startm(NULL, true))
        return true;
    atomic_fetch_sub(&sched.nm_spinning, 1);
    return false;
}

/* Without an idle P there is nobody to wake, but an M may be about to make its P idle, having looked at all
 * queues before our G was in one: need_spinning tells it to look again. Its "P is idle, then read
 * need_spinning" and our "need_spinning, then read np_idle" cannot both miss the other. */
void wakep(void)
{
    do {
        if (atomic_load(&sched.nm_spinning) != 0)
            return;
        if (atomic_load(&sched.np_idle) == 0) {
            if (atomic_load(&sched.need_spinning))
                return;
            atomic_store(&sched.need_spinning, true);
            if (atomic_load(&sched.np_idle) == 0)
                return;
        }
    } while (!wakep_slow());
}

/* An M that spun and found something: if it was the last that spun, somebody else has to. */
static void reset_spinning(struct m *m)
{
    m->spinning = false;
    atomic_fetch_sub(&sched.nm_spinning, 1);
    wakep();
}

void mspinning_lost(struct m *m)
{
    if (m->spinning) {
        m->spinning = false;
        atomic_fetch_sub(&sched.nm_spinning, 1);
    }
}

static void become_spinning(struct m *m)
{
    m->spinning = true;
    atomic_fetch_add(&sched.nm_spinning, 1);
    atomic_store(&sched.need_spinning, false);
}

void stopm(struct m *m)
{
    lock_acquire(&sched.lock);
    mput(m);
    lock_release(&sched.lock);
    note_sleep(&m->park, -1);
    note_clear(&m->park);
    struct p *p = m->next_p;
    m->next_p = NULL;
    acquirep(m, p);
}

/* Hands the P of an M that blocks to another M, if there is anything to do with it. */
void handoffp(struct p *p)
{
    if (!runq_empty(p) || LOAD(&sched.runq_size) != 0) {
        startm(p, false);
        return;
    }
    /* No work, but nobody looks for any either, and no P is idle to be woken: keep the machine looking. */
    uint32_t none = 0;
    if (LOAD(&sched.nm_spinning) + LOAD(&sched.np_idle) == 0
        && atomic_compare_exchange_strong(&sched.nm_spinning, &none, 1)) {
        atomic_store(&sched.need_spinning, false);
        startm(p, true);
        return;
    }
    lock_acquire(&sched.lock);
    if (world_stopping()) {
        p_set_state(p, P_IDLE, P_STOPPED);
        if (--sched.stop_wait == 0)
            note_wake(&sched.stop_note);
        lock_release(&sched.lock);
        return;
    }
    bool last_busy = LOAD(&sched.np_idle) == (uint32_t)LOAD(&sched.procs) - 1 && LOAD(&sched.last_poll) != 0;
    if (LOAD(&sched.runq_size) != 0 || last_busy) {
        lock_release(&sched.lock);
        startm(p, false);
        return;
    }
    int64_t when = timers_wake_time(&p->timers);
    pidle_put(p);
    lock_release(&sched.lock);
    if (when != 0)
        wake_netpoller(when);
}

/* A timer or deadline became the earliest: whoever polls must not sleep past it. */
void wake_netpoller(int64_t when)
{
    full_fence();
    if (atomic_load(&sched.last_poll) == 0) {
        int64_t until = atomic_load(&sched.poll_until);
        if (until == 0 || until > when)
            netpoll_break();
    } else {
        wakep(); /* nobody polls: somebody must look at the clock */
    }
}

/* Gs that became ready in numbers: one for each idle P goes where these look, the rest stays near. */
void inject_glist(struct g_list *list)
{
    struct m *m = m_self();
    struct p *p = m != NULL ? m->p : NULL;
    for (struct g *g = list->head; g != NULL; g = g->link)
        g_set_state(g, G_WAITING, G_RUNNABLE);
    struct g_list global = {0};
    uint32_t idle = LOAD(&sched.np_idle);
    while (list->head != NULL && (p == NULL || global.len < idle)) {
        struct g *g = list->head;
        list->head = g->link;
        list->len--;
        g_list_push(&global, g);
    }
    uint32_t n = global.len < idle ? global.len : idle;
    if (global.head != NULL) {
        lock_acquire(&sched.lock);
        globrunq_put_list(&global);
        lock_release(&sched.lock);
        for (; n > 0 && LOAD(&sched.np_idle) > 0; n--)
            startm(NULL, false);
    }
    if (p != NULL)
        runq_put_list(p, list);
    *list = (struct g_list){0};
    full_fence();
    wakep();
}

/* ---- Finding work ---- */

struct g *globrunq_take(struct p *p)
{
    lock_acquire(&sched.lock);
    struct g *g = globrunq_get(p, 0);
    lock_release(&sched.lock);
    return g;
}

static struct g *globrunq_take_one(struct p *p)
{
    lock_acquire(&sched.lock);
    struct g *g = globrunq_get(p, 1);
    lock_release(&sched.lock);
    return g;
}

/* What a poll brought: the first is returned, to be run at once, the others are queued. NULL: nothing. */
static struct g *first_of_ready(struct p *p, struct g_list *ready)
{
    struct g *g = ready->head;
    COUNT(p->stats.polls, 1);
    COUNT(p->stats.poll_wakeups, ready->len);
    if (g == NULL)
        return NULL;
    ready->head = g->link;
    ready->len--;
    if (ready->head != NULL)
        inject_glist(ready);
    g_set_state(g, G_WAITING, G_RUNNABLE);
    return g;
}

static uint32_t gcd(uint32_t a, uint32_t b)
{
    while (b != 0) {
        uint32_t rest = a % b;
        a = b;
        b = rest;
    }
    return a;
}

/* A walk over all Ps in random order: steps of a length that has no factor in common with their number. */
struct order {
    uint32_t n, left, at, step;
};

static struct order random_order(struct m *m, uint32_t n)
{
    uint32_t random = m_random(m);
    uint32_t step = 1 + random / n % n;
    while (gcd(step, n) != 1)
        step = step % n + 1;
    return (struct order){.n = n, .left = n, .at = random % n, .step = step};
}

static struct p *order_next(struct order *o)
{
    if (o->left == 0)
        return NULL;
    o->left--;
    o->at = (o->at + o->step) % o->n;
    return LOAD_ACQ(&sched.allp)[o->at];
}

struct search {
    int64_t now;        /* 0: the clock was not read yet */
    int64_t poll_until; /* the earliest timer seen, 0: none */
    bool inherit;
    bool ran_timers;
    bool poll_again; /* somebody else was polling: do it, too, before the P is given up */
};

/* Polls without blocking: the first G that became ready, the others are queued. While there is other work one
 * thread at a time is enough. Before a P would become idle it polls at any rate: the thread that polls may
 * have taken a batch a moment ago, and the events behind that batch are there to be had. A thread that went
 * to sleep instead would be back at once, and three threads would be awake for two Ps. */
static struct g *poll_once(struct p *p, struct search *s)
{
    if (!netpoll_any_waiters() || LOAD(&sched.last_poll) == 0)
        return NULL;
    bool alone = atomic_exchange(&sched.polling_net, 1) == 0;
    if (!alone && !s->poll_again) {
        s->poll_again = true;
        return NULL;
    }
    struct g_list ready = {0};
    netpoll(0, &ready);
    if (alone)
        STORE_REL(&sched.polling_net, 0);
    return first_of_ready(p, &ready);
}

static void note_timer(struct search *s, int64_t when)
{
    if (when != 0 && (s->poll_until == 0 || when < s->poll_until))
        s->poll_until = when;
}

static struct g *steal_from(struct m *m, struct p *victim, bool last_pass, struct search *s)
{
    struct p *p = m->p;
    if (last_pass && victim != p) { /* their timers too: their M may be busy with a long runner */
        int64_t next, now;
        bool ran = timers_check(&victim->timers, s->now, &now, &next);
        if (now != 0)
            s->now = now;
        note_timer(s, next);
        if (ran) {
            s->ran_timers = true;
            struct g *g = runq_get(p, &s->inherit);
            if (g != NULL)
                return g;
        }
    }
    if (victim == p || LOAD(&victim->state) == P_IDLE)
        return NULL;
    return runq_steal(p, victim, last_pass);
}

static struct g *steal_work(struct m *m, struct search *s)
{
    uint32_t n = LOAD(&sched.procs);
    for (int pass = 1; pass <= STEAL_PASSES; pass++) {
        struct order order = random_order(m, n);
        for (struct p *victim; (victim = order_next(&order)) != NULL;) {
            if (world_stopping())
                return NULL;
            struct g *g = steal_from(m, victim, pass == STEAL_PASSES, s);
            if (g != NULL)
                return g;
        }
    }
    return NULL;
}

/* After the P is gone and we are no longer counted as spinning: is there work that a submitter left to us? */
static bool work_anywhere(void)
{
    if (atomic_load(&sched.runq_size) != 0)
        return true;
    struct p **all = LOAD_ACQ(&sched.allp);
    for (int i = 0, n = LOAD(&sched.procs); i < n; i++)
        if (LOAD(&all[i]->state) != P_IDLE && !runq_empty(all[i]))
            return true;
    return false;
}

int64_t timers_first_of_all(void)
{
    int64_t first = 0;
    struct p **all = LOAD_ACQ(&sched.allp);
    for (int i = 0, n = LOAD(&sched.procs); i < n; i++) {
        int64_t when = timers_wake_time(&all[i]->timers);
        if (when != 0 && (first == 0 || when < first))
            first = when;
    }
    return first;
}

static bool take_idle_p(struct m *m)
{
    lock_acquire(&sched.lock);
    struct p *p = pidle_get();
    lock_release(&sched.lock);
    if (p == NULL)
        return false;
    acquirep(m, p);
    return true;
}

/* The last look of an M that spun. true: it has a P again and is to search from the top. */
static bool recheck(struct m *m)
{
    m->spinning = false;
    atomic_fetch_sub(&sched.nm_spinning, 1); /* seq_cst: the barrier of the protocol */
    if (!work_anywhere())
        return false;
    lock_acquire(&sched.lock);
    struct p *p = pidle_get();
    if (p == NULL) /* work, but no P: whoever frees one has to look for it */
        atomic_store(&sched.need_spinning, true);
    lock_release(&sched.lock);
    if (p == NULL)
        return false;
    acquirep(m, p);
    become_spinning(m);
    return true;
}

/* For an M that did not spin: a submitter that saw no idle P, before ours was, wants somebody to look. */
static bool wanted(struct m *m)
{
    if (!atomic_load(&sched.need_spinning) || !take_idle_p(m))
        return false;
    become_spinning(m);
    return true;
}

/* Sleeps in the poller until something is ready or the next timer is due, without a P, if nobody else does.
 * With a G in *ret_g and a P, or with a P alone (search again), true. */
static bool poll_blocking(struct m *m, struct search *s, struct g **ret_g)
{
    *ret_g = NULL;
    if (!netpoll_any_waiters() && s->poll_until == 0)
        return false;
    if (atomic_exchange(&sched.last_poll, 0) == 0) { /* somebody polls: until too late for our timer? */
        if (s->poll_until != 0) {
            int64_t until = atomic_load(&sched.poll_until);
            if (until == 0 || until > s->poll_until)
                netpoll_break();
        }
        return false;
    }
    atomic_store(&sched.poll_until, s->poll_until);
    /* Between our look at the timers and this store a new one may have come: its owner saw nobody polling. */
    int64_t first = timers_first_of_all();
    if (first != 0 && (s->poll_until == 0 || first < s->poll_until)) {
        s->poll_until = first;
        atomic_store(&sched.poll_until, first);
    }
    int64_t delay = -1;
    if (s->poll_until != 0) {
        delay = s->poll_until - gpm_now_ns();
        delay = delay < 0 ? 0 : delay;
    }
    struct g_list ready = {0};
    netpoll(delay, &ready);
    atomic_store(&sched.poll_until, 0);
    atomic_store(&sched.last_poll, gpm_now_ns());
    if (!take_idle_p(m)) {
        if (ready.head != NULL)
            inject_glist(&ready);
        return false;
    }
    *ret_g = first_of_ready(m->p, &ready);
    if (*ret_g == NULL)
        become_spinning(m); /* a timer is due, or somebody wants us to look */
    return true;
}

/* The time slice is over: what would inherit it goes behind the others. Go leaves that to the next safepoint
 * of the heir. */
static void end_chain(struct p *p)
{
    struct g *g = runq_get_next(p);
    if (g != NULL)
        runq_put_ring(p, g);
}

/* What the P itself and the global queue have, in Go's order. */
static struct g *find_near(struct m *m, struct search *s)
{
    struct p *p = m->p;
    int64_t next, now;
    timers_check(&p->timers, 0, &now, &next);
    s->now = now;
    s->poll_until = next;
    struct g *g = NULL;
    if (LOAD(&p->sched_tick) % GLOBAL_CHECK == 0 && LOAD(&sched.runq_size) != 0)
        g = globrunq_take_one(p);
    if (UNLIKELY(LOAD(&p->preempt)))
        end_chain(p);
    if (g == NULL)
        g = runq_get(p, &s->inherit);
    if (g == NULL && LOAD(&sched.runq_size) != 0)
        g = globrunq_take(p);
    if (g == NULL)
        g = poll_once(p, s);
    return g;
}

/* Half as many Ms spin as Ps work, at most: on a busy machine with little parallelism more would only burn
 * CPU. */
static bool may_spin(struct m *m)
{
    return m->spinning || 2 * LOAD(&sched.nm_spinning) < (uint32_t)LOAD(&sched.procs) - LOAD(&sched.np_idle);
}

/* Under the lock, before the P is given up. false: something came up, search again (or *ret_g). */
static bool give_up_p(struct m *m, struct g **ret_g)
{
    struct p *p = m->p;
    lock_acquire(&sched.lock);
    bool again = world_stopping();
    if (!again && (*ret_g = globrunq_get(p, 0)) != NULL)
        again = true;
    if (!again) {
        releasep(m);
        pidle_put(p);
    }
    lock_release(&sched.lock);
    return !again;
}

/* Returns with a runnable G and m->p set. Sleeps as long as it takes. */
static struct g *find_runnable(struct m *m, bool *ret_inherit)
{
    for (;;) {
        if (m->p == NULL)
            stopm(m);
        if (world_stopping()) {
            gcstopm(m);
            continue;
        }
        struct search s = {0};
        *ret_inherit = false;
        struct g *g = find_near(m, &s);
        if (g == NULL && LOAD(&sched.procs) > 1 && may_spin(m)) {
            if (!m->spinning)
                become_spinning(m);
            g = steal_work(m, &s);
            if (g == NULL && s.ran_timers)
                continue;
        }
        if (g == NULL && s.poll_again)
            g = poll_once(m->p, &s);
        if (g != NULL) {
            *ret_inherit = s.inherit;
            return g;
        }
        if (!give_up_p(m, &g)) {
            if (g != NULL)
                return g;
            continue;
        }
        if (m->spinning ? recheck(m) : wanted(m))
            continue;
        full_fence(); /* with the one in wake_netpoller() */
        note_timer(&s, timers_first_of_all());
        if (poll_blocking(m, &s, &g) && g != NULL)
            return g;
    }
}

static void execute(struct m *m, struct g *g, bool inherit)
{
    begin_slice(m, g, inherit);
    if (g->stack == NULL)
        g_prepare_stack(m->p, g);
    stack_switch(&m->g0, g, false);
    switch_finish();
}

static void schedule(struct m *m)
{
    bool inherit;
    if (UNLIKELY(lock_held_count() != 0))
        gpm_fatal("M%d schedules with %d locks held", m->id, lock_held_count());
    struct g *g = find_runnable(m, &inherit);
    if (m->spinning)
        reset_spinning(m);
    execute(m, g, inherit);
}

void schedule_loop(struct m *m)
{
    for (;;)
        schedule(m);
}
