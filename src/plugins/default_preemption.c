/*
 * DefaultPreemption: makes room for a pod that fits nowhere by removing pods of lower priority.
 * https://kubernetes.io/docs/concepts/scheduling-eviction/pod-priority-preemption/
 *
 * Not here yet: the search for victims. Until then PostFilter finds none and gives no reason for it, so that the
 * message of an unschedulable pod ends where upstream's goes on with "preemption: ...". The arguments
 * (minCandidateNodesPercentage, minCandidateNodesAbsolute) are checked with the configuration.
 */
#include <berth/plugin.h>

/* A pod waits here while its victims are being removed; nobody has victims yet. */
static berth_verdict pre_enqueue(const struct berth_cycle *c)
{
    (void)c;
    return BERTH_PASS;
}

static berth_verdict post_filter(const struct berth_cycle *c, const berth_verdict *verdicts, int32_t *ret_node)
{
    (void)verdicts;
    *ret_node = -1;
    return berth_reject_all(c, BERTH_UNSCHEDULABLE, NULL, 0);
}

const struct berth_plugin default_preemption_plugin = {
    .abi = BERTH_ABI,
    .size = sizeof(struct berth_plugin),
    .name = "DefaultPreemption",
    .pre_enqueue = pre_enqueue,
    .post_filter = post_filter,
};
