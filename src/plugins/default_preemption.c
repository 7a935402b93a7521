/*
 * DefaultPreemption: makes room for a pod that fits nowhere by removing pods of lower priority.
 * https://kubernetes.io/docs/concepts/scheduling-eviction/pod-priority-preemption/
 *
 * Not here yet: the search for victims. Until then PostFilter finds none and gives no reason for it, so that
 * the message of an unschedulable pod ends where upstream's goes on with "preemption: ...". The arguments
 * (minCandidateNodesPercentage, minCandidateNodesAbsolute) are checked with the configuration.
 */
#include <berth/plugin.h>

/* A pod waits here while its victims are being removed; nobody has victims yet. */
static berth_verdict pre_enqueue(const struct berth_cycle *c)
{
    (void)c;
    return BERTH_PASS;
}

static berth_verdict post_filter(const struct berth_cycle *c, const berth_verdict *verdicts,
                                 int32_t *ret_node)
{
    (void)verdicts;
    *ret_node = -1;
    return berth_reject_all(c, BERTH_UNSCHEDULABLE, NULL, 0);
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
    .pre_enqueue = pre_enqueue,
    .post_filter = post_filter,
    .events = events,
    .events_len = sizeof(events) / sizeof(events[0]),
};
