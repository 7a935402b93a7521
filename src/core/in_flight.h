/*
 * Pods that are being scheduled or bound, and the events that came meanwhile: a pod that comes back is judged
 * against all events since it was popped, for the attempt may not have seen what they changed.
 *
 * One log of events serves all pods: each remembers the position at which it was popped, and what lies before
 * the position of the oldest pod is dropped.
 */
#ifndef CORE_IN_FLIGHT_H
#define CORE_IN_FLIGHT_H

#include "api/catalog.h"
#include "core/queued_index.h"
#include <berth/events.h>

/* Zero-initialise with `catalog` set; release with in_flight_fini(), which leaves the pods to the caller. */
struct in_flight {
    struct catalog *catalog;
    struct queued_index index;       /* by queued_key_of_pod() */
    struct queued_pod *first, *last; /* in order of pops */
    struct queued_pod *landing;      /* those that need no events any longer */
    struct berth_change *events; /* a ring: position p is at p % cap; each holds references to its objects */
    size_t cap;                  /* 0 or a power of two */
    uint64_t begin, end;         /* positions */
};

/* Room for `len` pods. 0 or -ENOMEM. */
int in_flight_reserve(struct in_flight *f, size_t len);

/* The number of pods. */
static inline size_t in_flight_len(const struct in_flight *f)
{
    return f->index.len;
}

/* Adds a popped pod, which must not be here yet; there must be room. */
void in_flight_add(struct in_flight *f, struct queued_pod *p);

/* The pod needs no events any longer: those that nobody else needs are dropped. */
void in_flight_land(struct in_flight *f, struct queued_pod *p);

/* Takes the pod out, and drops events that nobody else needs. */
void in_flight_remove(struct in_flight *f, struct queued_pod *p);

/* The same pod (see berth_same_pod()) if it is here, else NULL. */
struct queued_pod *in_flight_find(const struct in_flight *f, const struct berth_pod *pod);

/*
 * Keeps an event for all pods that need it; nothing happens when there are none. When memory runs out the
 * pods are marked as having missed events.
 */
void in_flight_record(struct in_flight *f, const struct berth_change *change);

/* The event at a position from p->events_from to f->end. */
const struct berth_change *in_flight_event(const struct in_flight *f, uint64_t position);

void in_flight_fini(struct in_flight *f);

#endif
