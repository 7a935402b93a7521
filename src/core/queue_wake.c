/*
 * Which pods an event gives another chance. A parked pod is moved when one of the plugins that rejected it
 * has registered the event and its hint says that the change may help; a gated one only when its gate has.
 *
 * All pods are judged before the first is moved, so that a pod that comes to be parked again is not met
 * twice.
 */
#include "core/queue_internal.h"

/* ---- one pod ---- */

static bool helps(const struct queue *q, const struct registered *registered, const struct queued_pod *p,
                  const struct berth_change *change)
{
    const struct queue_host *host = &q->options.host;
    return !registered->what->hint
           || host->hint(host->context, p->profile, registered, p->pod, change) != BERTH_HINT_SKIP;
}

/* A wildcard event concerns everybody, or the one pod that it names. */
static bool concerns(const struct berth_change *wildcard, const struct queued_pod *p)
{
    return !wildcard->new_object || berth_same_pod(wildcard->new_object, p->pod);
}

static enum queue_wake judge(const struct queue *q, const struct queued_pod *p,
                             const struct berth_change *change, const struct interested *interested)
{
    uint64_t rejectors = queued_pod_rejectors(p);
    if (!rejectors)
        return WAKE_AFTER_BACKOFF;
    if (event_is_wildcard(change->event))
        return concerns(change, p) ? WAKE_AFTER_BACKOFF : WAKE_NOT;
    enum queue_wake wake = WAKE_NOT;
    for (uint32_t i = 0; i < interested->len; i++) {
        uint64_t plugin = (uint64_t)1 << interested->at[i].plugin;
        if (!(rejectors & plugin) || !helps(q, &interested->at[i], p, change))
            continue;
        if (p->pending & plugin)
            return WAKE_AT_ONCE;
        wake = WAKE_AFTER_BACKOFF;
        if (!p->pending)
            break;
    }
    return wake;
}

enum queue_wake queue_judge(struct queue *q, const struct queued_pod *p, const struct berth_change *change)
{
    struct interested interested =
        registrations_match(&q->profiles.at[p->profile].registrations, change->event);
    return judge(q, p, change, &interested);
}

enum queue_wake queue_judge_flight(struct queue *q, const struct queued_pod *p)
{
    enum queue_wake wake = WAKE_NOT;
    if (!queued_pod_rejectors(p) || p->missed_events || p->landing)
        return WAKE_AFTER_BACKOFF;
    for (uint64_t i = p->events_from; i < q->in_flight.end && wake != WAKE_AT_ONCE; i++) {
        enum queue_wake one = queue_judge(q, p, in_flight_event(&q->in_flight, i));
        wake = one > wake ? one : wake;
        if (wake == WAKE_AFTER_BACKOFF && !p->pending)
            break;
    }
    return wake;
}

/* ---- all parked pods ---- */

/* Whether none of the group's pods can be moved by what these plugins hear of. */
static bool is_deaf(const struct park_group *g, uint64_t plugins)
{
    uint64_t rejectors = g->unschedulable | g->pending;
    if (g->mixed)
        return false;
    return g->gate ? !(plugins >> (g->gate - 1) & 1) : rejectors && !(rejectors & plugins);
}

/* Whom an event may move. */
struct reach {
    int32_t max_priority;
    const struct berth_pod *spared; /* NULL: nobody */
};

/* Appends to q->woken the pods of the group to be moved; returns the new length. */
static size_t gather(struct queue *q, const struct park_group *g, uint32_t profile, const struct berth_change *change,
                     const struct interested *interested, const struct reach *reach, size_t len)
{
    for (struct queued_pod *p = g->first; p; p = p->next) {
        bool shut = p->gate && !(interested->plugins >> (p->gate - 1) & 1);
        if (shut || p->profile != profile || p->pod->class->priority > reach->max_priority
            || (reach->spared && berth_same_pod(p->pod, reach->spared)))
            continue;
        p->wake = (uint8_t)judge(q, p, change, interested);
        if (p->wake != WAKE_NOT)
            q->woken[len++] = p;
    }
    return len;
}

static void move_woken(struct queue *q, size_t len, int64_t now_ns)
{
    for (size_t i = 0; i < len; i++)
        (void)queue_move(q, q->woken[i], q->woken[i]->wake, now_ns);
}

static void happen(struct queue *q, const struct berth_change *change, struct reach reach, int64_t now_ns)
{
    size_t len = 0;
    bool heard = false;
    for (uint32_t profile = 0; profile < q->profiles.len; profile++) {
        struct interested interested =
            registrations_match(&q->profiles.at[profile].registrations, change->event);
        heard |= interested.len > 0;
        for (size_t i = 0; interested.len > 0 && i < parked_groups(&q->parked); i++) {
            const struct park_group *g = parked_group(&q->parked, i);
            bool other = g->profile != profile && !g->mixed;
            if (g->len > 0 && !other && !is_deaf(g, interested.plugins))
                len = gather(q, g, profile, change, &interested, &reach, len);
        }
    }
    if (!heard)
        return;
    move_woken(q, len, now_ns);
    in_flight_record(&q->in_flight, change);
}

void queue_event(struct queue *q, const struct berth_change *change, int32_t max_priority, int64_t now_ns)
{
    happen(q, change, (struct reach){max_priority, NULL}, now_ns);
}

void queue_event_sparing(struct queue *q, const struct berth_change *change, const struct berth_pod *spared,
                         int64_t now_ns)
{
    happen(q, change, (struct reach){INT32_MAX, spared}, now_ns);
}

/* ---- leftovers ---- */

bool queue_opens_by_timeout(struct queue *q, uint32_t profile, uint32_t gate)
{
    const struct berth_event timeout = {BERTH_ON_WILDCARD, BERTH_ALL_ACTIONS};
    return registrations_match(&q->profiles.at[profile].registrations, timeout).plugins >> (gate - 1) & 1;
}

void queue_wake_leftovers(struct queue *q, int64_t now_ns)
{
    size_t len = 0;
    bool any = false;
    for (size_t i = 0; i < parked_groups(&q->parked); i++) {
        struct park_group *g = parked_group(&q->parked, i);
        if (g->len == 0 || now_ns - g->oldest_ns <= q->options.max_parked_ns)
            continue;
        for (struct queued_pod *p = g->first; p; p = p->next) {
            if (now_ns - p->since_ns <= q->options.max_parked_ns)
                continue;
            any = true;
            p->wake = WAKE_AFTER_BACKOFF;
            if (!p->gate || queue_opens_by_timeout(q, p->profile, p->gate))
                q->woken[len++] = p;
        }
        parked_find_oldest(g);
    }
    move_woken(q, len, now_ns);
    if (any)
        in_flight_record(&q->in_flight,
                         &(struct berth_change){{BERTH_ON_WILDCARD, BERTH_ALL_ACTIONS}, NULL, NULL});
}
