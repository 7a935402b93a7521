/*
 * A pod that waits to be scheduled, or is being scheduled: what the queue knows about it. Everything here is
 * written by the queue and its parts (pod_heap, backoff, parked, in_flight); others only read.
 */
#ifndef CORE_QUEUED_POD_H
#define CORE_QUEUED_POD_H

#include <berth/objects.h>

/* Where a pod is. It is in exactly one place. */
enum queue_place {
    QUEUE_NOWHERE, /* between two places, inside one call of the queue */
    QUEUE_ACTIVE,  /* ready to be tried */
    QUEUE_BACKOFF, /* rejected; will be ready when its backoff is over, or earlier when nothing else is */
    QUEUE_ERROR_BACKOFF, /* its attempt ended in an error; ready when its backoff is over */
    QUEUE_PARKED,        /* unschedulable or gated: waits for an event */
    QUEUE_IN_FLIGHT,     /* popped: being scheduled or bound */
    QUEUE_PLACES,
};

struct park_group;

struct queued_pod {
    const struct berth_pod *pod; /* the latest object known to the queue: one reference */
    int64_t since_ns;            /* when it arrived, or last failed */
    int64_t first_active_ns;     /* when it first became ready; -1: not yet */
    int64_t backoff_until_ns;    /* whole seconds; 0: to be computed, see backoff.h */
    uint64_t sequence;           /* breaks ties of since_ns: raised whenever since_ns is set */
    uint64_t unschedulable;      /* bits of the plugins that rejected the last attempt, */
    uint64_t pending;            /* and of those that did so as Pending */
    uint32_t attempts;           /* pops, the current one included */
    uint32_t rejections;         /* attempts that plugins rejected */
    uint32_t errors;             /* attempts in a row, up to the last one, that ended in an error */
    uint16_t profile;
    uint8_t place;            /* enum queue_place */
    uint8_t gate;             /* the plugin whose PreEnqueue keeps it out, + 1; 0: none */
    uint32_t heap_index;      /* QUEUE_ACTIVE, QUEUE_BACKOFF, QUEUE_ERROR_BACKOFF */
    bool missed_events;       /* QUEUE_IN_FLIGHT: memory ran out for an event that came meanwhile */
    bool landing;             /* QUEUE_IN_FLIGHT: only errors can stop it now, so it needs no events */
    uint8_t wake;             /* QUEUE_PARKED: enum queue_wake of the event being handled */
    struct park_group *group; /* QUEUE_PARKED */
    uint64_t events_from;     /* QUEUE_IN_FLIGHT: position of the first event that came after the pop */
    struct queued_pod *previous, *next; /* QUEUE_PARKED: in its group; QUEUE_IN_FLIGHT: in order of pops */
    struct queued_pod *next_hash;       /* same bucket of the index by name, or, in flight, by identity */
};

/* The plugins that rejected the last attempt. */
static inline uint64_t queued_pod_rejectors(const struct queued_pod *p)
{
    return p->unschedulable | p->pending;
}

#endif
