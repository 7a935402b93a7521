/*
 * DefaultPreemption: makes room for a pod that fits nowhere by removing pods of lower priority. The search
 * itself is a service of the framework (berth_preempt()); who may preempt at all is decided here.
 * https://kubernetes.io/docs/concepts/scheduling-eviction/pod-priority-preemption/
 */
#include <berth/plugin.h>

#include <stdlib.h>

struct args {
    int32_t min_percentage;
    int32_t min_absolute;
};

static int create(struct berth_handle *h, const struct berth_value *args, void **ret_self)
{
    struct args *self = malloc(sizeof(*self));
    if (!self)
        return berth_create_fails(h, "out of memory");
    self->min_percentage = (int32_t)berth_value_int(berth_value_get(args, "minCandidateNodesPercentage"), 10);
    self->min_absolute = (int32_t)berth_value_int(berth_value_get(args, "minCandidateNodesAbsolute"), 100);
    *ret_self = self;
    return 0;
}

static berth_verdict pre_enqueue(const struct berth_cycle *c)
{
    if (berth_is_preempting(c))
        return berth_reject(c, BERTH_UNRESOLVABLE, "waiting for the preemption for this pod to be finished");
    return BERTH_PASS;
}

/* Whether pods that this pod preempted are still leaving its nominated node. */
static bool victims_are_leaving(const struct berth_cycle *c, uint32_t node)
{
    const struct berth_node_pods *pods = &c->nodes->pods[node];
    for (uint32_t i = 0; i < pods->len; i++) {
        const struct berth_pod *pod = pods->at[i];
        if (pod->class->priority < c->class->priority && (pod->class->flags & BERTH_POD_TERMINATING)
            && pod->preempted)
            return true;
    }
    return false;
}

/* NULL, or why the pod may not preempt now. */
static const char *objection(const struct berth_cycle *c, const berth_verdict *verdicts)
{
    if (c->class->flags & BERTH_POD_NEVER_PREEMPTS)
        return "preemption: not eligible due to preemptionPolicy=Never.";
    int32_t node = c->pod->nominated_node_name ? berth_node_slot(c, c->pod->nominated_node_name) : -1;
    if (node >= 0 && berth_code_of(c, verdicts[node]) != BERTH_UNRESOLVABLE
        && victims_are_leaving(c, (uint32_t)node))
        return "preemption: not eligible due to a terminating pod on the nominated node.";
    return NULL;
}

static berth_verdict post_filter(const struct berth_cycle *c, const berth_verdict *verdicts,
                                 int32_t *ret_node)
{
    const struct args *args = c->self;
    const char *why_not = objection(c, verdicts);
    *ret_node = BERTH_KEEP_NOMINATION;
    if (why_not)
        return berth_reject(c, BERTH_UNSCHEDULABLE, why_not);
    berth_str message;
    *ret_node = berth_preempt(c, verdicts, args->min_percentage, args->min_absolute, &message);
    if (*ret_node >= 0)
        return BERTH_PASS;
    return berth_rejectf(c, BERTH_UNSCHEDULABLE, "preemption: %.*s", BERTH_FMT(message));
}

/* ---- queueing hints ---- */

/*
 * Never this plugin's to say: a preempting pod was rejected by others, too, and theirs is the answer when a
 * victim is gone.
 */
static enum berth_hint after_pod_deleted(const struct berth_cycle *c, const struct berth_change *change)
{
    (void)c, (void)change;
    return BERTH_HINT_SKIP;
}

static const struct berth_registration events[] = {
    {{BERTH_ON_POD, BERTH_DELETE}, after_pod_deleted},
};

const struct berth_plugin default_preemption_plugin = {
    .abi = BERTH_ABI,
    .size = sizeof(struct berth_plugin),
    .name = "DefaultPreemption",
    .create = create,
    .destroy = free,
    .pre_enqueue = pre_enqueue,
    .post_filter = post_filter,
    .events = events,
    .events_len = sizeof(events) / sizeof(events[0]),
};
