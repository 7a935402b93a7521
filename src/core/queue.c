/*
 * What moves pods between the places of the queue. A pod that moves is first taken out of its place, then put
 * into another one, always by to_active(), to_backoff() or parked_add(); in between PreEnqueue plugins may
 * send it elsewhere. Which events matter to whom is decided in queue_wake.c, what is due when in
 * queue_tick.c.
 */
#include "core/queue_internal.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>

/* ---- life and death ---- */

static bool active_before(const void *context, const struct queued_pod *a, const struct queued_pod *b)
{
    const struct queue *q = context;
    struct berth_queued x = {a->pod, a->since_ns, a->sequence}, y = {b->pod, b->since_ns, b->sequence};
    if (q->options.less(q->options.less_self, &x, &y))
        return true;
    return !q->options.less(q->options.less_self, &y, &x) && a->sequence < b->sequence;
}

void queue_init(struct queue *q, const struct queue_options *options)
{
    *q = (struct queue){
        .options = *options,
        .active = {.before = active_before, .context = q},
        .in_flight = {.catalog = options->catalog},
        .nominator = {.catalog = options->catalog},
    };
    backoff_init(&q->backoff, options->initial_backoff_ns, options->max_backoff_ns, active_before, q);
}

int queue_add_profile(struct queue *q, const struct queue_profile_setup *setup)
{
    assert(setup->plugins_len <= QUEUE_PLUGINS_MAX);
    if (vec_push(&q->profiles, (struct queue_profile){0}) < 0)
        return -ENOMEM;
    struct queue_profile *profile = &q->profiles.at[q->profiles.len - 1];
    for (uint32_t i = 0; i < setup->plugins_len; i++) {
        const struct queue_plugin *p = &setup->plugins[i];
        if (registrations_add(&profile->registrations, i, p->events, p->events_len, p->rejects) < 0)
            return -ENOMEM;
    }
    for (uint32_t i = 0; i < setup->gates_len; i++)
        if (vec_push(&profile->gates, setup->gates[i]) < 0)
            return -ENOMEM;
    /* Extenders cannot say what they wait for. */
    return registrations_add(&profile->registrations, QUEUE_EXTENDERS, NULL, 0, setup->extenders);
}

static int reserve(struct queue *q, size_t len)
{
    if (queued_index_reserve(&q->by_name, len) < 0 || pod_heap_reserve(&q->active, len) < 0
        || backoff_reserve(&q->backoff, len) < 0 || in_flight_reserve(&q->in_flight, len) < 0)
        return -ENOMEM;
    while (q->woken_cap < len)
        if (vec_grow((void **)&q->woken, &q->woken_cap, q->woken_cap, sizeof(*q->woken)) < 0)
            return -ENOMEM;
    return 0;
}

/* A pod that has just arrived, in no place; NULL when memory ran out. */
static struct queued_pod *new_pod(struct queue *q, const struct berth_pod *pod, uint32_t profile,
                                  int64_t now_ns)
{
    struct queued_pod *p = reserve(q, q->pods + 1) < 0 ? NULL : calloc(1, sizeof(*p));
    if (!p)
        return NULL;
    *p = (struct queued_pod){
        .pod = pod_ref(pod),
        .since_ns = now_ns,
        .first_active_ns = -1,
        .sequence = ++q->sequence,
        .profile = (uint16_t)profile,
    };
    q->pods++;
    return p;
}

/* Ends a pod that is in no place. */
static void free_pod(struct queue *q, struct queued_pod *p)
{
    pod_unref(q->options.catalog, p->pod);
    free(p);
    q->pods--;
}

static void set_object(struct queue *q, struct queued_pod *p, const struct berth_pod *pod)
{
    const struct berth_pod *old = p->pod;
    p->pod = pod_ref(pod);
    pod_unref(q->options.catalog, old);
}

void queue_fini(struct queue *q)
{
    for (struct queued_pod *p; (p = q->in_flight.first) || (p = q->in_flight.landing);)
        queue_done(q, p);
    for (size_t i = 0; i < q->by_name.chains.cap; i++)
        for (struct queued_pod *next, *p = queued_index_in(&q->by_name, i); p; p = next) {
            next = p->next_hash;
            free_pod(q, p);
        }
    for (size_t i = 0; i < q->profiles.len; i++) {
        registrations_fini(&q->profiles.at[i].registrations);
        vec_fini(&q->profiles.at[i].gates);
    }
    vec_fini(&q->profiles);
    queued_index_fini(&q->by_name);
    pod_heap_fini(&q->active);
    backoff_fini(&q->backoff);
    parked_fini(&q->parked);
    in_flight_fini(&q->in_flight);
    nominator_fini(&q->nominator);
    free(q->woken);
    q->woken = NULL;
}

/* ---- finding ---- */

static uint64_t name_key(const struct berth_pod *pod)
{
    return queued_key_of_name(berth_pod_namespace(pod), berth_pod_name(pod));
}

struct queued_pod *queue_find(const struct queue *q, berth_atom namespace, berth_str name)
{
    struct queued_pod *p = queued_index_first(&q->by_name, queued_key_of_name(namespace, name));
    while (p && (berth_pod_namespace(p->pod) != namespace || !berth_str_eq(berth_pod_name(p->pod), name)))
        p = p->next_hash;
    return p;
}

static struct queued_pod *find(const struct queue *q, const struct berth_pod *pod)
{
    return queue_find(q, berth_pod_namespace(pod), berth_pod_name(pod));
}

/* ---- moving ---- */

/* Takes a pod out of the place it is in. It stays in the index by name. */
static void leave(struct queue *q, struct queued_pod *p)
{
    switch (p->place) {
    case QUEUE_ACTIVE:
        pod_heap_remove(&q->active, p);
        p->place = QUEUE_NOWHERE;
        break;
    case QUEUE_BACKOFF:
    case QUEUE_ERROR_BACKOFF:
        backoff_remove(&q->backoff, p);
        break;
    case QUEUE_PARKED:
        parked_remove(&q->parked, p);
        break;
    default:
        break;
    }
}

static bool admitted_by(struct queue *q, struct queued_pod *p, uint32_t plugin)
{
    if (q->options.host.admits(q->options.host.context, p->profile, plugin, p->pod))
        return true;
    p->unschedulable |= (uint64_t)1 << plugin;
    p->gate = (uint8_t)(plugin + 1);
    return false;
}

/* Asks the PreEnqueue plugins, the one that kept the pod out so far first. */
static bool admitted(struct queue *q, struct queued_pod *p)
{
    const struct queue_profile *profile = &q->profiles.at[p->profile];
    uint8_t first = p->gate;
    if (first && !admitted_by(q, p, first - 1u))
        return false;
    for (size_t i = 0; i < profile->gates.len; i++)
        if (profile->gates.at[i] + 1 != first && !admitted_by(q, p, profile->gates.at[i]))
            return false;
    p->gate = 0;
    return true;
}

/* Nominates the pod to the node, or where its status says, if it is still there to be scheduled. */
static void nominate(struct queue *q, const struct berth_pod *pod, berth_atom node)
{
    const struct berth_pod *latest = q->options.host.latest(q->options.host.context, pod);
    if (!latest || latest->node_name)
        nominator_delete(&q->nominator, pod);
    else
        (void)nominator_add(&q->nominator, pod, node); /* without memory others do not keep the node free */
}

/* The next three put a pod that is in no place somewhere; the first two say whether PreEnqueue let it in. */

void queue_enter_active(struct queue *q, struct queued_pod *p, int64_t now_ns)
{
    if (p->first_active_ns < 0)
        p->first_active_ns = now_ns;
    p->place = QUEUE_ACTIVE;
    pod_heap_push(&q->active, p);
}

static bool to_active(struct queue *q, struct queued_pod *p, int64_t now_ns)
{
    bool in = admitted(q, p);
    if (in)
        queue_enter_active(q, p, now_ns);
    else
        parked_add(&q->parked, p);
    return in;
}

static bool to_backoff(struct queue *q, struct queued_pod *p)
{
    bool in = admitted(q, p);
    if (in)
        backoff_add(&q->backoff, p);
    else
        parked_add(&q->parked, p);
    return in;
}

bool queue_requeue(struct queue *q, struct queued_pod *p, enum queue_wake wake, int64_t now_ns)
{
    if (wake == WAKE_NOT) {
        parked_add(&q->parked, p);
        return false;
    }
    if (wake == WAKE_AFTER_BACKOFF && backoff_holds(&q->backoff, p, now_ns))
        return to_backoff(q, p);
    return to_active(q, p, now_ns);
}

bool queue_move(struct queue *q, struct queued_pod *p, enum queue_wake wake, int64_t now_ns)
{
    leave(q, p);
    return queue_requeue(q, p, wake, now_ns);
}

/* ---- arrival, change, departure ---- */

int queue_add(struct queue *q, const struct berth_pod *pod, uint32_t profile, int64_t now_ns)
{
    struct queued_pod *p = new_pod(q, pod, profile, now_ns), *known = find(q, pod);
    if (!p)
        return -ENOMEM;
    bool in = admitted(q, p);
    if (!in && known && known->place != QUEUE_PARKED) {
        free_pod(q, p); /* one that is past the gates stays */
        return 0;
    }
    if (known) {
        leave(q, known);
        queued_index_remove(&q->by_name, name_key(pod), known);
        free_pod(q, known);
    }
    queued_index_add(&q->by_name, name_key(pod), p);
    if (in) {
        queue_enter_active(q, p, now_ns);
        nominate(q, pod, NULL);
    } else {
        parked_add(&q->parked, p);
    }
    return 0;
}

/* Whether the update moves the parked pod is asked event by event, until one does. */
static void update_parked(struct queue *q, struct queued_pod *p, const struct berth_pod *old, int64_t now_ns)
{
    struct berth_event events[EVENTS_MAX];
    uint32_t len = events_of_pod_update(old, p->pod, events);
    for (uint32_t i = 0; i < len; i++) {
        struct berth_change change = {events[i], old, p->pod};
        enum queue_wake wake = queue_judge(q, p, &change);
        if (wake == WAKE_NOT || !queue_move(q, p, wake, now_ns))
            continue;
        if (p->place == QUEUE_ACTIVE && events[i].actions == BERTH_UPDATE)
            nominate(q, p->pod, NULL);
        return;
    }
}

int queue_update(struct queue *q, const struct berth_pod *old, const struct berth_pod *pod, uint32_t profile,
                 int64_t now_ns)
{
    const struct queued_pod *flying = in_flight_find(&q->in_flight, pod);
    if (flying) {
        struct berth_event events[EVENTS_MAX];
        uint32_t len = flying->landing ? 0 : events_of_pod_update(old, pod, events);
        for (uint32_t i = 0; i < len; i++)
            in_flight_record(&q->in_flight, &(struct berth_change){events[i], old, pod});
        return 0;
    }
    struct queued_pod *p = find(q, pod);
    if (!p)
        return queue_add(q, pod, profile, now_ns);
    set_object(q, p, pod);
    (void)nominator_update(&q->nominator, old, pod);
    if (p->place == QUEUE_PARKED)
        update_parked(q, p, old, now_ns);
    else if (p->place == QUEUE_ACTIVE)
        pod_heap_fix(&q->active, p);
    else
        backoff_fix(&q->backoff, p);
    return 0;
}

void queue_delete(struct queue *q, const struct berth_pod *pod)
{
    nominator_delete(&q->nominator, pod);
    struct queued_pod *p = find(q, pod);
    if (!p)
        return;
    leave(q, p);
    queued_index_remove(&q->by_name, name_key(pod), p);
    free_pod(q, p);
}

void queue_activate(struct queue *q, const struct berth_pod *pod, int64_t now_ns)
{
    struct queued_pod *p = find(q, pod);
    if (p && p->place == QUEUE_PARKED) {
        leave(q, p);
        if (to_active(q, p, now_ns))
            return;
    } else if (p && p->place != QUEUE_ACTIVE) {
        leave(q, p);
        queue_enter_active(q, p, now_ns); /* PreEnqueue was asked when its backoff began */
        return;
    }
    struct berth_change change = {{BERTH_ON_WILDCARD, BERTH_ALL_ACTIONS}, NULL, pod};
    if (in_flight_find(&q->in_flight, pod))
        in_flight_record(&q->in_flight, &change);
}

void queue_ask_again(struct queue *q, const struct berth_pod *pod, int64_t now_ns)
{
    struct queued_pod *p = find(q, pod);
    if (p && p->place == QUEUE_PARKED && p->gate)
        (void)queue_move(q, p, WAKE_AFTER_BACKOFF, now_ns);
}

/* ---- attempts ---- */

static struct queued_pod *take_first(struct queue *q)
{
    struct queued_pod *p = pod_heap_first(&q->active);
    if (!p)
        return backoff_pop_early(&q->backoff);
    leave(q, p);
    return p;
}

struct queued_pod *queue_pop(struct queue *q)
{
    for (struct queued_pod *p; (p = take_first(q)) != NULL;) {
        queued_index_remove(&q->by_name, name_key(p->pod), p);
        if (in_flight_find(&q->in_flight, p->pod)) {
            free_pod(q, p); /* the same pod is being tried already */
            continue;
        }
        p->attempts++;
        in_flight_add(&q->in_flight, p);
        return p;
    }
    return NULL;
}

void queue_land(struct queue *q, struct queued_pod *p)
{
    in_flight_land(&q->in_flight, p);
}

void queue_done(struct queue *q, struct queued_pod *p)
{
    in_flight_remove(&q->in_flight, p);
    free_pod(q, p);
}

/* Notes in the pod how its attempt ended. */
static void count_failure(struct queue *q, struct queued_pod *p, const struct queue_failure *failure,
                          int64_t now_ns)
{
    p->unschedulable = failure->unschedulable;
    p->pending = failure->pending;
    p->gate = 0;
    if (queued_pod_rejectors(p)) {
        p->rejections++;
        p->errors = 0;
    } else {
        p->errors++;
    }
    p->since_ns = now_ns;
    p->sequence = ++q->sequence;
    p->backoff_until_ns = 0;
}

/* Puts a pod back that is still to be scheduled. */
static void come_back(struct queue *q, struct queued_pod *p, const struct queue_failure *failure,
                      int64_t now_ns)
{
    if (find(q, p->pod)) { /* it was added again meanwhile */
        queue_done(q, p);
        return;
    }
    count_failure(q, p, failure, now_ns);
    enum queue_wake wake = queue_judge_flight(q, p);
    in_flight_remove(&q->in_flight, p);
    queued_index_add(&q->by_name, name_key(p->pod), p);
    queue_requeue(q, p, wake, now_ns);
}

static void renominate(struct queue *q, const struct berth_pod *pod, const struct queue_failure *failure)
{
    if (failure->nominates && !failure->nominated_node)
        nominator_delete(&q->nominator, pod);
    else
        nominate(q, pod, failure->nominates ? failure->nominated_node : NULL);
}

void queue_reject(struct queue *q, struct queued_pod *p, const struct queue_failure *failure, int64_t now_ns)
{
    const struct berth_pod *latest = q->options.host.latest(q->options.host.context, p->pod);
    bool recreated = latest && !latest->node_name && !berth_same_pod(latest, p->pod);
    bool returns = latest && !latest->node_name && !recreated;
    if (returns)
        set_object(q, p, latest);
    const struct berth_pod *pod = pod_ref(p->pod);
    if (returns)
        come_back(q, p, failure, now_ns);
    else
        queue_done(q, p);
    if (!recreated)
        renominate(q, pod, failure);
    pod_unref(q->options.catalog, pod);
}
