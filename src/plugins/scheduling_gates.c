/*
 * SchedulingGates: a pod stays out of the queue until its last gate is removed.
 * https://kubernetes.io/docs/concepts/scheduling-eviction/pod-scheduling-readiness/
 */
#include <berth/plugin.h>

/* The gates' names with a blank between them, in the cycle's memory. */
static berth_str joined(const struct berth_cycle *c, berth_list gates)
{
    size_t bytes = 0;
    berth_each(berth_atom, gate, c->class, gates)
        bytes += (*gate)->len + 1;
    char *text = berth_alloc(c, bytes);
    char *end = text;
    berth_each(berth_atom, gate, c->class, gates) {
        if (end != text)
            *end++ = ' ';
        memcpy(end, (*gate)->text, (*gate)->len);
        end += (*gate)->len;
    }
    return (berth_str){text, (uint32_t)(end - text)};
}

static berth_verdict pre_enqueue(const struct berth_cycle *c)
{
    berth_list gates = c->class->gates;
    if (gates.len == 0)
        return BERTH_PASS;
    berth_str names = joined(c, gates);
    return berth_rejectf(c, BERTH_UNRESOLVABLE, "waiting for scheduling gates: [%.*s]", BERTH_FMT(names));
}

/* ---- queueing hints ---- */

static enum berth_hint after_gates_gone(const struct berth_cycle *c, const struct berth_change *change)
{
    return berth_hint_if(berth_same_pod(c->pod, change->new_object));
}

static const struct berth_registration events[] = {
    {{BERTH_ON_POD, BERTH_POD_GATES_GONE}, after_gates_gone},
};

const struct berth_plugin scheduling_gates_plugin = {
    .abi = BERTH_ABI,
    .size = sizeof(struct berth_plugin),
    .name = "SchedulingGates",
    .pre_enqueue = pre_enqueue,
    .events = events,
    .events_len = sizeof(events) / sizeof(events[0]),
};
