/*
 * The condition variable, the wait group and once.
 */
#include "gpm/sema.h"

/*
 * A condition queues its waiter before it unlocks the mutex, so that no signal after that is lost. The G may
 * then be signalled before it is parked, hence the three states: whoever signals exchanges the state, and
 * readies the G only if it was parked; who is about to park finds out by failing to change the state, and
 * goes on.
 */
enum cond_state { COND_QUEUED, COND_PARKED, COND_SIGNALLED };

struct cond {
    struct lock lock;
    struct waitq waiters;
};

struct cond_waiter {
    struct waiter w; /* first: a struct waiter in the queue is one of these */
    _Atomic int state;
    int64_t deadline;
};

static struct cond *cond_of(struct gpm_cond *c)
{
    static_assert(sizeof(struct cond) <= sizeof(struct gpm_cond), "the public size is too small");
    return (struct cond *)c->opaque;
}

/* On another stack, the G is off its own. Of *arg nothing is touched once it says "parked". */
static bool park_unless_signalled(struct g *g, void *arg)
{
    struct cond_waiter *cw = arg;
    int64_t deadline = cw->deadline;
    uint32_t token = cw->w.token;
    int queued = COND_QUEUED;
    if (!atomic_compare_exchange_strong(&cw->state, &queued, COND_PARKED))
        return false;
    if (deadline != GPM_NEVER)
        timer_reset(&g->timer, deadline, g_wait_timeout, g, token);
    return true;
}

/* No lock held. The waiter has been taken out of the queue, and may be gone after this. */
static void signal_one(struct waiter *w)
{
    struct g *g = waiter_choose(w, true);
    if (atomic_exchange(&((struct cond_waiter *)w)->state, COND_SIGNALLED) == COND_PARKED)
        g_ready(g);
}

int gpm_cond_wait(struct gpm_cond *public, struct gpm_mutex *m, int64_t deadline)
{
    struct g *g = g_need("gpm_cond_wait");
    struct cond *c = cond_of(public);
    struct cond_waiter cw = {.w = waiter_until(g, deadline), .deadline = deadline};
    g->wait_data = NULL;
    lock_acquire(&c->lock);
    waitq_push(&c->waiters, &cw.w);
    lock_release(&c->lock);
    gpm_mutex_unlock(m);
    g_park(park_unless_signalled, &cw, WAIT_COND);
    bool is_signalled = g->wait_data != NULL;
    if (deadline != GPM_NEVER && is_signalled)
        timer_stop(&g->timer);
    if (!is_signalled) {
        lock_acquire(&c->lock);
        waitq_remove(&c->waiters, &cw.w);
        lock_release(&c->lock);
    }
    gpm_mutex_lock(m);
    return is_signalled ? 0 : -ETIMEDOUT;
}

void gpm_cond_signal(struct gpm_cond *public)
{
    struct cond *c = cond_of(public);
    if (waitq_is_empty(&c->waiters))
        return;
    lock_acquire(&c->lock);
    struct waiter *w = waitq_pop(&c->waiters);
    lock_release(&c->lock);
    if (w)
        signal_one(w);
}

void gpm_cond_broadcast(struct gpm_cond *public)
{
    struct cond *c = cond_of(public);
    struct waitq all = {NULL};
    if (waitq_is_empty(&c->waiters))
        return;
    lock_acquire(&c->lock);
    for (struct waiter *w; (w = waitq_pop(&c->waiters)) != NULL;) {
        w->claim = false; /* it is ours */
        waitq_push(&all, w);
    }
    lock_release(&c->lock);
    for (struct waiter *w; (w = waitq_pop(&all)) != NULL;)
        signal_one(w);
}

/*
 * A wait group has one word: what is not done yet in the upper half, how many wait for it in the lower. So
 * the last to be done learns in the same moment whether anybody waits, and if nobody does it does not touch
 * the group again: the group may be on the stack of a G that only now asks, and returns.
 */
struct waitgroup {
    _Atomic uint64_t state;
    struct sema sema;
};

static struct waitgroup *waitgroup_of(struct gpm_waitgroup *w)
{
    static_assert(sizeof(struct waitgroup) <= sizeof(struct gpm_waitgroup), "the public size is too small");
    return (struct waitgroup *)w->opaque;
}

void gpm_waitgroup_add(struct gpm_waitgroup *public, int delta)
{
    struct waitgroup *w = waitgroup_of(public);
    uint64_t change = (uint64_t)(int64_t)delta << 32;
    uint64_t state = atomic_fetch_add_explicit(&w->state, change, memory_order_acq_rel) + change;
    int32_t undone = (int32_t)(state >> 32);
    uint32_t waiters = (uint32_t)state;
    if (undone < 0)
        gpm_fatal("negative wait group counter");
    if (undone > 0 || waiters == 0)
        return;
    STORE(&w->state, 0);
    sema_release(&w->sema, waiters); /* the end of w, maybe */
}

void gpm_waitgroup_done(struct gpm_waitgroup *w)
{
    gpm_waitgroup_add(w, -1);
}

void gpm_waitgroup_wait(struct gpm_waitgroup *public)
{
    g_need("gpm_waitgroup_wait");
    safepoint();
    struct waitgroup *w = waitgroup_of(public);
    uint64_t state = LOAD_ACQ(&w->state);
    do {
        if (state >> 32 == 0)
            return;
    } while (!atomic_compare_exchange_weak(&w->state, &state, state + 1));
    sema_wait(&w->sema, SEMA_LAST, WAIT_WAITGROUP);
}

struct once {
    _Atomic bool is_done;
    struct gpm_mutex mutex;
};

void gpm_once(struct gpm_once *public, gpm_fn *fn, void *arg)
{
    static_assert(sizeof(struct once) <= sizeof(struct gpm_once), "the public size is too small");
    struct once *once = (struct once *)public->opaque;
    if (LIKELY(LOAD_ACQ(&once->is_done)))
        return;
    gpm_mutex_lock(&once->mutex);
    if (!LOAD(&once->is_done)) {
        fn(arg);
        STORE_REL(&once->is_done, true);
    }
    gpm_mutex_unlock(&once->mutex);
}
