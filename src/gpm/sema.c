/*
 * Semaphores. Permits go to the first that waits before they get into the store, so nobody who comes later
 * can take them away, and a woken G has nothing to check. (Locks that let others overtake are made on top of
 * this, in mutex.c, where a permit only means "try again".)
 *
 * All happens under the lock, also where an atomic decrement would do: a G that gets its permits may destroy
 * the object at once, so it must not get them before the giver has let go of the lock.
 */
#include "gpm/sema.h"

static bool take(struct sema *s, int64_t n)
{
    if (s->permits < n)
        return false;
    s->permits -= n;
    return true;
}

/* Moves those who can be served to the list of those to wake: all from the front, up to the first that asks
 * for too much. */
static void serve(struct sema *s, struct waitq *chosen)
{
    for (struct waiter *w; (w = LOAD(&s->waiters.first)) != NULL && w->amount <= s->permits;) {
        waitq_remove(&s->waiters, w);
        if (w->claim && !g_claim(w->g, w->token))
            continue; /* its deadline has passed */
        s->permits -= w->amount;
        waiter_choose(w, true);
        w->claim = false;
        waitq_push(chosen, w);
    }
}

static void wake_all(struct waitq *chosen)
{
    for (struct waiter *w; (w = waitq_pop(chosen)) != NULL;)
        g_ready(w->g);
}

/* A big request at the front that gave up has held back smaller ones. */
static void serve_the_next(struct sema *s)
{
    struct waitq chosen = {NULL};
    lock_acquire(&s->lock);
    serve(s, &chosen);
    lock_release(&s->lock);
    wake_all(&chosen);
}

int sema_acquire(struct sema *s, int64_t n, int64_t deadline, enum sema_place place, enum wait_reason why)
{
    lock_acquire(&s->lock);
    bool is_taken = waitq_is_empty(&s->waiters) && take(s, n);
    if (is_taken || deadline <= GPM_NOW) {
        lock_release(&s->lock);
        return is_taken ? 0 : -ETIMEDOUT;
    }
    struct waiter w = waiter_until(g_self(), deadline);
    w.amount = n;
    if (place == SEMA_FIRST)
        waitq_push_first(&s->waiters, &w);
    else
        waitq_push(&s->waiters, &w);
    int r = waitq_park(&s->waiters, &w, &s->lock, deadline, why);
    if (r < 0)
        serve_the_next(s);
    return r;
}

void sema_wait(struct sema *s, enum sema_place place, enum wait_reason why)
{
    sema_acquire(s, 1, GPM_NEVER, place, why);
}

void sema_release(struct sema *s, int64_t n)
{
    struct waitq chosen = {NULL};
    lock_acquire(&s->lock);
    s->permits += n;
    serve(s, &chosen);
    lock_release(&s->lock);
    wake_all(&chosen);
}

static struct sema *inside(struct gpm_semaphore *s)
{
    static_assert(sizeof(struct sema) <= sizeof(struct gpm_semaphore), "the public size is too small");
    return (struct sema *)s->opaque;
}

int gpm_semaphore_acquire(struct gpm_semaphore *s, int64_t n, int64_t deadline)
{
    if (deadline > GPM_NOW)
        g_need("gpm_semaphore_acquire");
    safepoint();
    return sema_acquire(inside(s), n, deadline, SEMA_LAST, WAIT_SEMAPHORE);
}

void gpm_semaphore_release(struct gpm_semaphore *s, int64_t n)
{
    safepoint();
    sema_release(inside(s), n);
}
