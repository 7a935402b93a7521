/* Looking into the queue, for reports, metrics and tests. */
#include "core/queue_internal.h"

#include <stdlib.h>

size_t queue_len(const struct queue *q, enum queue_place place)
{
    switch (place) {
    case QUEUE_ACTIVE:
        return q->active.pods.len;
    case QUEUE_BACKOFF:
        return q->backoff.rejected.pods.len;
    case QUEUE_ERROR_BACKOFF:
        return q->backoff.failed.pods.len;
    case QUEUE_PARKED:
        return q->parked.len;
    case QUEUE_IN_FLIGHT:
        return in_flight_len(&q->in_flight);
    default:
        return 0;
    }
}

static int by_order(const void *a, const void *b, void *heap)
{
    const struct pod_heap *h = heap;
    const struct queued_pod *x = *(struct queued_pod *const *)a, *y = *(struct queued_pod *const *)b;
    return h->before(h->context, x, y) ? -1 : h->before(h->context, y, x);
}

static void list_heap(struct pod_heap *h, struct queued_pod **pods)
{
    if (h->pods.len == 0)
        return;
    memcpy(pods, h->pods.at, h->pods.len * sizeof(*pods));
    qsort_r(pods, h->pods.len, sizeof(*pods), by_order, h);
}

static void list_parked(struct parked *k, struct queued_pod **pods)
{
    size_t len = 0;
    for (size_t i = 0; i < parked_groups(k); i++)
        for (struct queued_pod *p = parked_group(k, i)->first; p; p = p->next)
            pods[len++] = p;
}

static void list_in_flight(const struct in_flight *f, struct queued_pod **pods)
{
    size_t len = 0;
    for (struct queued_pod *p = f->first; p; p = p->next)
        pods[len++] = p;
    for (struct queued_pod *p = f->landing; p; p = p->next)
        pods[len++] = p;
}

void queue_list(struct queue *q, enum queue_place place, struct queued_pod **pods)
{
    if (place == QUEUE_ACTIVE)
        list_heap(&q->active, pods);
    else if (place == QUEUE_BACKOFF)
        list_heap(&q->backoff.rejected, pods);
    else if (place == QUEUE_ERROR_BACKOFF)
        list_heap(&q->backoff.failed, pods);
    else if (place == QUEUE_PARKED)
        list_parked(&q->parked, pods);
    else
        list_in_flight(&q->in_flight, pods);
}

/* Whether the pod is found by its name, and in a place for waiting pods. */
static bool is_waiting(const struct queue *q, const struct queued_pod *p)
{
    return queue_find(q, berth_pod_namespace(p->pod), berth_pod_name(p->pod)) == p && p->place >= QUEUE_ACTIVE
           && p->place <= QUEUE_PARKED && (!p->gate || p->place == QUEUE_PARKED);
}

static bool heap_is(const struct pod_heap *h, enum queue_place place)
{
    for (size_t i = 0; i < h->pods.len; i++)
        if (h->pods.at[i]->place != place)
            return false;
    return pod_heap_ok(h);
}

static bool is_flying(const struct queue *q, const struct queued_pod *p)
{
    return p->place == QUEUE_IN_FLIGHT && in_flight_find(&q->in_flight, p->pod) == p;
}

static bool flight_ok(const struct queue *q)
{
    size_t len = 0;
    uint64_t from = q->in_flight.begin;
    for (const struct queued_pod *p = q->in_flight.first; p; from = p->events_from, p = p->next, len++)
        if (!is_flying(q, p) || p->landing || p->events_from < from || p->events_from > q->in_flight.end)
            return false;
    for (const struct queued_pod *p = q->in_flight.landing; p; p = p->next, len++)
        if (!is_flying(q, p) || !p->landing)
            return false;
    bool all_needed = q->in_flight.first ? q->in_flight.first->events_from == q->in_flight.begin
                                         : q->in_flight.begin == q->in_flight.end;
    return all_needed && len == in_flight_len(&q->in_flight);
}

bool queue_ok(const struct queue *q)
{
    size_t waiting = 0, placed = 0;
    for (size_t i = 0; i < q->by_name.chains.cap; i++)
        for (const struct queued_pod *p = queued_index_in(&q->by_name, i); p; p = p->next_hash, waiting++)
            if (!is_waiting(q, p))
                return false;
    for (int place = QUEUE_ACTIVE; place <= QUEUE_PARKED; place++)
        placed += queue_len(q, place);
    return waiting == q->by_name.len && waiting == placed
           && waiting + queue_len(q, QUEUE_IN_FLIGHT) == q->pods && heap_is(&q->active, QUEUE_ACTIVE)
           && heap_is(&q->backoff.rejected, QUEUE_BACKOFF) && heap_is(&q->backoff.failed, QUEUE_ERROR_BACKOFF)
           && parked_ok(&q->parked) && flight_ok(q) && nominator_ok(&q->nominator);
}
