/*
 * What the queue does by the clock. The moments are those of kube-scheduler's two tickers: every whole second
 * after the start for backoffs, and every 30 s from the start for leftovers. Between two calls any time may
 * have passed; moments at which nothing can happen are skipped, so that a jump of a year costs no more than
 * one of a minute.
 */
#include "core/queue_internal.h"

enum { LEFTOVER_SECONDS = 30 };
static const int64_t leftover_period_ns = (int64_t)LEFTOVER_SECONDS * BACKOFF_WINDOW_NS;

/* The first whole second not yet done at which a backoff is over. */
static int64_t next_backoff(const struct queue *q)
{
    int64_t next = backoff_next(&q->backoff), second = backoff_window(q->ticked_ns) + BACKOFF_WINDOW_NS;
    return next < second ? second : next;
}

/* The first moment for leftovers, not yet done, that is later than `ns`. */
static int64_t leftover_moment(const struct queue *q, int64_t ns)
{
    int64_t after = ns > q->ticked_ns ? ns : q->ticked_ns;
    return q->started_ns + ((after - q->started_ns) / leftover_period_ns + 1) * leftover_period_ns;
}

/*
 * The first moment at which some pod may have been parked for too long. Gated pods are not moved for that,
 * but what is in flight then is told of a timeout as upstream does: `for_flight` minds them too. Moments
 * after `until_ns` may be given as INT64_MAX.
 */
static int64_t next_leftover(struct queue *q, bool for_flight, int64_t until_ns)
{
    int64_t next = INT64_MAX;
    if (leftover_moment(q, q->ticked_ns) > until_ns)
        return next;
    for (size_t i = 0; i < parked_groups(&q->parked); i++) {
        const struct park_group *g = parked_group(&q->parked, i);
        if (g->len == 0 || (g->gate && !for_flight && !queue_opens_by_timeout(q, g->profile, g->gate)))
            continue;
        int64_t moment = leftover_moment(q, g->oldest_ns + q->options.max_parked_ns);
        next = moment < next ? moment : next;
    }
    return next;
}

static void flush_backoff(struct queue *q, int64_t now_ns)
{
    for (struct queued_pod *p; (p = backoff_pop_over(&q->backoff, now_ns)) != NULL;)
        queue_enter_active(q, p, now_ns);
}

void queue_tick(struct queue *q, int64_t now_ns)
{
    if (!q->started) {
        q->started = true;
        q->started_ns = q->ticked_ns = now_ns;
    }
    for (;;) {
        int64_t backoff = next_backoff(q), leftover = next_leftover(q, q->in_flight.first != NULL, now_ns);
        int64_t due = backoff < leftover ? backoff : leftover;
        if (due > now_ns)
            break;
        q->ticked_ns = due;
        if (due == backoff)
            flush_backoff(q, due);
        if (due == leftover)
            queue_wake_leftovers(q, due);
    }
    q->ticked_ns = now_ns > q->ticked_ns ? now_ns : q->ticked_ns;
}

int64_t queue_next_ns(struct queue *q)
{
    int64_t backoff = next_backoff(q), leftover = next_leftover(q, false, INT64_MAX);
    return backoff < leftover ? backoff : leftover;
}
