/*
 * Parking in a queue, with and without a deadline.
 */
#include "gpm/waitq.h"

struct timed_park {
    struct lock *lock;
    uint32_t token;
    int64_t deadline;
};

/*
 * The timer is set here, when the G is parked already, for it may ring at once. The G then wants the lock, to
 * take its waiter out, so it does not return, and *arg stays, until the lock is released.
 */
static bool set_timer_and_unlock(struct g *g, void *arg)
{
    struct timed_park *park = arg;
    timer_reset(&g->timer, park->deadline, g_wait_timeout, g, park->token);
    lock_release(park->lock);
    return true;
}

int waitq_park(struct waitq *q, struct waiter *w, struct lock *lock, int64_t deadline, enum wait_reason why)
{
    if (deadline == GPM_NEVER) {
        g_park(g_unlock_lock, lock, why);
        return 0;
    }
    struct g *g = w->g;
    g->wait_data = NULL;
    g_park(set_timer_and_unlock, &(struct timed_park){lock, w->token, deadline}, why);
    if (g->wait_data) {
        timer_stop(&g->timer);
        return 0;
    }
    lock_acquire(lock);
    waitq_remove(q, w);
    lock_release(lock);
    return -ETIMEDOUT;
}
