/* See in_flight.h. */
#include "core/in_flight.h"

#include "core/events.h"

#include <stdlib.h>

int in_flight_reserve(struct in_flight *f, size_t len)
{
    return queued_index_reserve(&f->index, len);
}

void in_flight_add(struct in_flight *f, struct queued_pod *p)
{
    queued_index_add(&f->index, queued_key_of_pod(p->pod), p);
    p->previous = f->last;
    p->next = NULL;
    *(f->last ? &f->last->next : &f->first) = p;
    f->last = p;
    p->place = QUEUE_IN_FLIGHT;
    p->events_from = f->end;
    p->missed_events = p->landing = false;
}

/* Drops the events that came before the oldest pod was popped. */
static void prune(struct in_flight *f)
{
    uint64_t needed = f->first ? f->first->events_from : f->end;
    for (; f->begin < needed; f->begin++)
        change_unref(f->catalog, &f->events[f->begin & (f->cap - 1)]);
}

static void unlink_pod(struct in_flight *f, struct queued_pod *p)
{
    *(p->previous ? &p->previous->next : p->landing ? &f->landing : &f->first) = p->next;
    if (p->next)
        p->next->previous = p->previous;
    else if (!p->landing)
        f->last = p->previous;
    p->previous = p->next = NULL;
    prune(f);
}

void in_flight_land(struct in_flight *f, struct queued_pod *p)
{
    unlink_pod(f, p);
    p->landing = true;
    p->next = f->landing;
    if (f->landing)
        f->landing->previous = p;
    f->landing = p;
}

void in_flight_remove(struct in_flight *f, struct queued_pod *p)
{
    queued_index_remove(&f->index, queued_key_of_pod(p->pod), p);
    unlink_pod(f, p);
    p->place = QUEUE_NOWHERE;
}

struct queued_pod *in_flight_find(const struct in_flight *f, const struct berth_pod *pod)
{
    struct queued_pod *p = queued_index_first(&f->index, queued_key_of_pod(pod));
    while (p && !berth_same_pod(p->pod, pod))
        p = p->next_hash;
    return p;
}

static bool grow(struct in_flight *f)
{
    size_t cap = f->cap ? f->cap * 2 : 16;
    struct berth_change *events = malloc(cap * sizeof(*events));
    if (!events)
        return false;
    for (uint64_t p = f->begin; p < f->end; p++)
        events[p & (cap - 1)] = f->events[p & (f->cap - 1)];
    free(f->events);
    f->events = events;
    f->cap = cap;
    return true;
}

void in_flight_record(struct in_flight *f, const struct berth_change *change)
{
    if (!f->first)
        return;
    if (f->end - f->begin == f->cap && !grow(f)) {
        for (struct queued_pod *p = f->first; p; p = p->next)
            p->missed_events = true;
        return;
    }
    f->events[f->end++ & (f->cap - 1)] = *change;
    change_ref(change);
}

const struct berth_change *in_flight_event(const struct in_flight *f, uint64_t position)
{
    return &f->events[position & (f->cap - 1)];
}

void in_flight_fini(struct in_flight *f)
{
    for (; f->begin < f->end; f->begin++)
        change_unref(f->catalog, &f->events[f->begin & (f->cap - 1)]);
    free(f->events);
    queued_index_fini(&f->index);
    f->events = NULL;
    f->cap = 0;
    f->first = f->last = f->landing = NULL;
}
