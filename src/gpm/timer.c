/*
 * Timers: a 4-ary heap per P, each entry with a copy of its deadline, so that sifting stays within the heap's
 * array.
 *
 * Most timers never fire: they are deadlines of I/O, moved on each read. So stopping and moving do not touch
 * the heap, which may be another CPU's; they only mark the timer. A stopped one (zombie) is dropped when it
 * comes up; a moved one is sifted to its new place when that matters, which `first_moved`, the earliest new
 * deadline, tells. A heap with more than a quarter zombies is cleaned.
 *
 * Two words, `first` and `first_moved`, say without a lock when a heap has to be looked at: by its P in each
 * scheduling round, by thieves, and by whoever goes to sleep or polls.
 *
 * Locks: the heap's before the timer's.
 */
#include "gpm/proc.h"

#define ARITY 4

void timers_init(struct timers *ts)
{
    lock_init(&ts->lock, RANK_TIMERS);
}

/* ---- The heap, under its lock ---- */

static void sift_up(struct timers *ts, uint32_t i)
{
    struct timer_entry e = ts->heap[i];
    while (i > 0) {
        uint32_t parent = (i - 1) / ARITY;
        if (ts->heap[parent].when <= e.when)
            break;
        ts->heap[i] = ts->heap[parent];
        i = parent;
    }
    ts->heap[i] = e;
}

static void sift_down(struct timers *ts, uint32_t i)
{
    struct timer_entry e = ts->heap[i];
    for (;;) {
        uint32_t first = i * ARITY + 1, least = i;
        int64_t when = e.when;
        for (uint32_t c = first; c < first + ARITY && c < ts->len; c++)
            if (ts->heap[c].when < when) {
                when = ts->heap[c].when;
                least = c;
            }
        if (least == i)
            break;
        ts->heap[i] = ts->heap[least];
        i = least;
    }
    ts->heap[i] = e;
}

static void publish(struct timers *ts)
{
    STORE_REL(&ts->first, ts->len > 0 ? ts->heap[0].when : 0);
    STORE(&ts->shown_len, ts->len);
}

static void push(struct timers *ts, struct timer *t)
{
    if (ts->len == ts->cap) {
        uint32_t cap = ts->cap ? ts->cap * 2 : 64;
        struct timer_entry *heap = realloc(ts->heap, cap * sizeof *heap);
        if (heap == NULL)
            gpm_fatal("no memory for %u timers", cap);
        ts->heap = heap;
        ts->cap = cap;
    }
    t->in_heap = true;
    t->ts = ts;
    t->moved = false;
    ts->heap[ts->len] = (struct timer_entry){t->when, t};
    sift_up(ts, ts->len++);
}

static void pop(struct timers *ts)
{
    ts->heap[0] = ts->heap[--ts->len];
    if (ts->len > 0)
        sift_down(ts, 0);
}

/* The heap lets go of a timer. Both locks held; releases the timer's. */
static void let_go(struct timer *t)
{
    t->in_heap = false;
    t->zombie = false;
    t->moved = false;
    void (*free_fn)(struct timer *) = t->disposed ? (void (*)(struct timer *))t->arg : NULL;
    lock_release(&t->lock);
    if (free_fn != NULL)
        free_fn(t);
}

static void lower_first_moved(struct timers *ts, int64_t when)
{
    int64_t was = LOAD(&ts->first_moved);
    while ((was == 0 || when < was) && !atomic_compare_exchange_weak(&ts->first_moved, &was, when))
        ;
}

/* Drops zombies and puts moved timers where they belong: everything when asked to, else only if a moved one
 * may be due. */
static void adjust(struct timers *ts, int64_t now, bool force)
{
    int64_t moved = atomic_load(&ts->first_moved);
    if (!force && (moved == 0 || moved > now))
        return;
    atomic_store(&ts->first_moved, 0); /* before the look: who moves one meanwhile lowers it again */
    uint32_t kept = 0;
    for (uint32_t i = 0; i < ts->len; i++) {
        struct timer *t = ts->heap[i].timer;
        lock_acquire(&t->lock);
        if (t->zombie) {
            atomic_fetch_sub(&ts->zombies, 1);
            let_go(t);
            continue;
        }
        ts->heap[kept++] = (struct timer_entry){t->when, t};
        t->moved = false;
        lock_release(&t->lock);
    }
    ts->len = kept;
    for (uint32_t i = kept / ARITY + 1; i-- > 0;)
        if (i < kept)
            sift_down(ts, i);
    publish(ts);
}

/* Looks at the first one: drops, moves or runs it. false: it is not due. The heap's lock is released while fn
 * runs. */
static bool run_first(struct timers *ts, int64_t now, bool *ran)
{
    struct timer *t = ts->heap[0].timer;
    if (ts->heap[0].when > now)
        return false;
    lock_acquire(&t->lock);
    if (t->zombie) {
        pop(ts);
        atomic_fetch_sub(&ts->zombies, 1);
        let_go(t);
        return true;
    }
    if (t->moved && t->when > now) {
        ts->heap[0].when = t->when;
        t->moved = false;
        lock_release(&t->lock);
        sift_down(ts, 0);
        return true;
    }
    timer_fn *fn = t->fn;
    void *arg = t->arg;
    uint64_t seq = t->seq;
    t->when = 0;
    pop(ts);
    let_go(t);
    publish(ts);
    COUNT(ts->fired, 1);
    *ran = true;
    lock_release(&ts->lock);
    fn(arg, seq);
    lock_acquire(&ts->lock);
    return true;
}

bool timers_check(struct timers *ts, int64_t now, int64_t *ret_now, int64_t *ret_next)
{
    bool ran = false;
    int64_t next = timers_wake_time(ts);
    *ret_next = next;
    *ret_now = now;
    if (next == 0)
        return false;
    if (now == 0)
        *ret_now = now = gpm_now_ns();
    if (now < next && LOAD(&ts->zombies) <= (int32_t)(LOAD(&ts->shown_len) / 4))
        return false;
    lock_acquire(&ts->lock);
    adjust(ts, now, false);
    while (ts->len > 0 && run_first(ts, now, &ran))
        ;
    if (LOAD(&ts->zombies) > (int32_t)(ts->len / 4))
        adjust(ts, now, true);
    publish(ts);
    lock_release(&ts->lock);
    *ret_next = timers_wake_time(ts);
    return ran;
}

void timers_take(struct timers *into, struct timers *from)
{
    lock_acquire(&from->lock);
    adjust(from, 0, true);
    struct timer_entry *heap = from->heap;
    uint32_t n = from->len;
    COUNT(into->fired, LOAD(&from->fired));
    STORE(&from->fired, 0);
    from->heap = NULL;
    from->len = from->cap = 0;
    publish(from);
    lock_release(&from->lock);

    lock_acquire(&into->lock);
    for (uint32_t i = 0; i < n; i++) {
        struct timer *t = heap[i].timer;
        lock_acquire(&t->lock);
        if (t->zombie) { /* stopped between the two locks, by a foreign thread */
            atomic_fetch_sub(&from->zombies, 1);
            let_go(t);
            continue;
        }
        push(into, t);
        lock_release(&t->lock);
    }
    publish(into);
    lock_release(&into->lock);
    free(heap);
}

/* ---- Timers ---- */

static struct timers *home(void)
{
    struct m *m = m_self();
    return m != NULL && m->p != NULL ? &m->p->timers : &LOAD_ACQ(&sched.allp)[0]->timers;
}

static void add(struct timer *t)
{
    struct timers *ts = home();
    int64_t first = 0;
    lock_acquire(&ts->lock);
    lock_acquire(&t->lock);
    if (!t->in_heap && t->when > 0) { /* nobody else was faster */
        push(ts, t);
        if (ts->heap[0].timer == t)
            first = t->when;
    }
    lock_release(&t->lock);
    publish(ts);
    lock_release(&ts->lock);
    if (first > 0)
        wake_netpoller(first);
}

static void mark_zombie(struct timer *t)
{
    t->when = 0;
    t->moved = false;
    if (t->in_heap && !t->zombie) {
        t->zombie = true;
        atomic_fetch_add(&t->ts->zombies, 1);
    }
}

bool timer_reset(struct timer *t, int64_t when_ns, timer_fn *fn, void *arg, uint64_t seq)
{
    if (when_ns == GPM_NEVER)
        return timer_stop(t);
    int64_t wake = 0;
    lock_acquire(&t->lock);
    bool pending = t->when > 0;
    t->when = when_ns > 0 ? when_ns : 1;
    t->fn = fn;
    t->arg = arg;
    t->seq = seq;
    bool in_heap = t->in_heap;
    if (in_heap) {
        if (t->zombie) {
            t->zombie = false;
            atomic_fetch_sub(&t->ts->zombies, 1);
        }
        t->moved = true;
        int64_t first = timers_wake_time(t->ts);
        lower_first_moved(t->ts, t->when);
        if (first == 0 || t->when < first)
            wake = t->when;
    }
    lock_release(&t->lock);
    if (!in_heap)
        add(t);
    if (wake > 0)
        wake_netpoller(wake);
    return pending;
}

bool timer_stop(struct timer *t)
{
    lock_acquire(&t->lock);
    bool pending = t->when > 0;
    mark_zombie(t);
    lock_release(&t->lock);
    return pending;
}

void timer_dispose(struct timer *t, void (*free_fn)(struct timer *))
{
    lock_acquire(&t->lock);
    mark_zombie(t);
    bool now = !t->in_heap;
    t->disposed = true;
    t->fn = NULL;
    t->arg = (void *)free_fn;
    lock_release(&t->lock);
    if (now)
        free_fn(t);
}

/* ---- For programs ---- */

struct gpm_timer {
    struct timer timer;
    gpm_fn *fn;
    void *arg;
};

/* Runs with no lock held: the timer may have been freed. So all that is needed was copied when it came up,
 * the function in the place of the sequence number. */
static void call(void *arg, uint64_t fn)
{
    ((gpm_fn *)(uintptr_t)fn)(arg);
}

struct gpm_timer *gpm_timer_new(gpm_fn *fn, void *arg)
{
    struct gpm_timer *t = gpm_start() == 0 ? calloc(1, sizeof *t) : NULL;
    if (t != NULL) {
        lock_init(&t->timer.lock, RANK_TIMER);
        t->fn = fn;
        t->arg = arg;
    }
    return t;
}

bool gpm_timer_reset(struct gpm_timer *t, int64_t when)
{
    safepoint();
    return timer_reset(&t->timer, when, call, t->arg, (uintptr_t)t->fn);
}

bool gpm_timer_stop(struct gpm_timer *t)
{
    safepoint();
    return timer_stop(&t->timer);
}

static void free_timer(struct timer *t)
{
    free(t); /* the first member */
}

void gpm_timer_free(struct gpm_timer *t)
{
    if (t != NULL)
        timer_dispose(&t->timer, free_timer);
}
