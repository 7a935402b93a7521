/*
 * The scheduling queue: every pod that waits for a node, in one of four places (queued_pod.h), and the pods
 * that are being scheduled right now.
 *
 *               queue_add
 *                   |
 *                   v        queue_pop                queue_done
 *     +------->  active  ----------------> in flight ------------> (bound, or gone)
 *     |             ^                          |
 *     | backoff     | event, and the           | queue_reject
 *     | is over,    | backoff is over          |
 *     | or nothing  |                          |
 *     | else is     |      event               |
 *     | ready    parked <----------------------+ plugins rejected it and nothing has happened since
 *     |             | event, still backing off |
 *     |             v                          |
 *     +--------- backoff <---------------------+ an error, or something has happened since that may help
 *
 * A pod whose PreEnqueue plugins do not let it into active or backoff is parked too, and called gated.
 *
 * The queue reads no clock: every call is handed the time, and queue_tick() does what is due, so a test or a
 * simulation jumps from one moment to the next. It names no plugin: plugins are bits, and what they say is
 * asked through struct queue_host.
 *
 * Nothing but queue_add() and queue_update() can fail for lack of memory: they reserve what every later move
 * of their pods may need. Where memory is of use only to avoid work (groups of parked pods, events kept for
 * pods in flight) its lack makes pods be tried more often, never less.
 */
#ifndef CORE_QUEUE_H
#define CORE_QUEUE_H

#include "core/backoff.h"
#include "core/in_flight.h"
#include "core/nominator.h"
#include "core/parked.h"
#include "core/registrations.h"
#include <berth/plugin.h>

/* Plugins are the bits of a set, by their index in the profile; the last bit stands for all extenders
 * together. */
enum { QUEUE_PLUGINS_MAX = 63, QUEUE_EXTENDERS = 63 };

/* What the queue needs to know from outside. The functions must not call the queue. */
struct queue_host {
    void *context;
    /* PreEnqueue of one plugin: whether it lets the pod in. */
    bool (*admits)(void *context, uint32_t profile, uint32_t plugin, const struct berth_pod *pod);
    /* A hint of a plugin about a waiting pod; only asked where what->hint is set. */
    enum berth_hint (*hint)(void *context, uint32_t profile, const struct registered *registered,
                            const struct berth_pod *pod, const struct berth_change *change);
    /* The newest object with the pod's namespace and name; NULL when there is none. */
    const struct berth_pod *(*latest)(void *context, const struct berth_pod *pod);
};

/* A plugin of a profile. */
struct queue_plugin {
    const struct berth_registration *events; /* borrowed: must outlive the queue */
    uint32_t events_len;
    bool rejects; /* has a PreEnqueue, PreFilter, Filter, Reserve or Permit */
};

struct queue_profile_setup {
    const struct queue_plugin *plugins; /* by their index, at most QUEUE_PLUGINS_MAX */
    uint32_t plugins_len;
    const uint8_t *gates; /* those whose PreEnqueue is asked, in order */
    uint32_t gates_len;
    bool extenders; /* there are some */
};

struct queue_profile {
    struct registrations registrations;
    VEC(uint8_t) gates; /* plugins, in the order in which they are asked */
};

struct queue_options {
    struct catalog *catalog;
    struct queue_host host;
    bool (*less)(void *self, const struct berth_queued *a, const struct berth_queued *b); /* QueueSort */
    void *less_self;
    int64_t initial_backoff_ns, max_backoff_ns;
    int64_t max_parked_ns; /* how long a pod may be parked before it is tried all the same */
};

/* See queue_init(). All members are the queue's; others may read `nominator`. */
struct queue {
    struct queue_options options;
    VEC(struct queue_profile) profiles;
    struct queued_index by_name; /* pods that are in a queue: all but those in flight */
    struct pod_heap active;
    struct backoff backoff;
    struct parked parked;
    struct in_flight in_flight;
    struct nominator nominator;
    struct queued_pod **woken; /* scratch, room for all pods */
    size_t woken_cap;
    size_t pods; /* in flight included */
    uint64_t sequence;
    bool started;
    int64_t started_ns, ticked_ns; /* first and last queue_tick() */
};

/*
 * Release with queue_fini(). The queue must stay where it is in memory. Periodic work counts from the first
 * queue_tick().
 */
void queue_init(struct queue *q, const struct queue_options *options);
void queue_fini(struct queue *q);

/* Adds the next profile: 0, 1, 2 ... 0 or -ENOMEM. */
int queue_add_profile(struct queue *q, const struct queue_profile_setup *setup);

/*
 * Does what was due until now: every whole second pods whose backoff is over become active, and every 30 s
 * pods that were parked for too long are tried again. Call it first at each new time.
 */
void queue_tick(struct queue *q, int64_t now_ns);

/* Until when no queue_tick() can move a pod unless something else happens; INT64_MAX: for ever. */
int64_t queue_next_ns(struct queue *q);

/*
 * A pending pod has appeared; it replaces one of the same name that is still in a queue. Takes its own
 * reference. 0 or -ENOMEM; then nothing changed.
 */
int queue_add(struct queue *q, const struct berth_pod *pod, uint32_t profile, int64_t now_ns);

/*
 * A pending pod has changed, wherever it is; one that is nowhere is added. The caller holds a reference to
 * both objects. 0 or -ENOMEM, as queue_add().
 */
int queue_update(struct queue *q, const struct berth_pod *old, const struct berth_pod *pod, uint32_t profile,
                 int64_t now_ns);

/*
 * A pod is no longer pending: it is bound, or gone. The caller holds a reference to it. One that is in flight
 * stays there until queue_done() or queue_reject().
 */
void queue_delete(struct queue *q, const struct berth_pod *pod);

/*
 * Takes the pod that is to be tried next: the first active one, else the first of those that back off after a
 * rejection; NULL when there is none. The queue goes on owning it.
 */
struct queued_pod *queue_pop(struct queue *q);

/* How an attempt failed. */
struct queue_failure {
    uint64_t unschedulable, pending; /* the plugins that rejected the pod; none: it ended in an error */
    bool nominates;                  /* the attempt has a say in the pod's nomination: */
    berth_atom nominated_node;       /* the node, NULL: no longer any */
};

/*
 * An attempt has failed: the pod goes back as the newest object known, unless that is gone, assigned or
 * another pod. `p` is not valid afterwards.
 */
void queue_reject(struct queue *q, struct queued_pod *p, const struct queue_failure *failure, int64_t now_ns);

/*
 * Nothing but an error can stop the pod any longer, so it will back off should it come back: the events that come
 * meanwhile are not kept for it.
 */
void queue_land(struct queue *q, struct queued_pod *p);

/* An attempt has ended for good. `p` is not valid afterwards. */
void queue_done(struct queue *q, struct queued_pod *p);

/*
 * Something in the cluster has changed: parked pods of at most `max_priority` (INT32_MAX: all) for which one
 * of the plugins that rejected them sees a chance are moved, and the event is kept for pods in flight.
 */
void queue_event(struct queue *q, const struct berth_change *change, int32_t max_priority, int64_t now_ns);

/* The same, but a parked pod that is `spared` is not moved. */
void queue_event_sparing(struct queue *q, const struct berth_change *change, const struct berth_pod *spared,
                         int64_t now_ns);

/* Makes a waiting pod active at once; one in flight will be tried again should it fail. */
void queue_activate(struct queue *q, const struct berth_pod *pod, int64_t now_ns);

/* PreEnqueue may let a pod in that it has kept out so far: it is asked again, if that is so. */
void queue_ask_again(struct queue *q, const struct berth_pod *pod, int64_t now_ns);

/* The pod of that name in a queue, NULL when there is none. For one in flight: in_flight_find(). */
struct queued_pod *queue_find(const struct queue *q, berth_atom namespace, berth_str name);

/* How many pods are in a place. */
size_t queue_len(const struct queue *q, enum queue_place place);

/*
 * Fills `pods`, which has room for queue_len(), with the pods of a place in the order in which they would
 * leave it; parked ones in no particular order.
 */
void queue_list(struct queue *q, enum queue_place place, struct queued_pod **pods);

/* Whether every pod is in exactly the one place that it says. Slow. */
bool queue_ok(const struct queue *q);

#endif
