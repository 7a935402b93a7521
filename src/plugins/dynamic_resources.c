/*
 * DynamicResources: pods that claim devices (ResourceClaims).
 * https://kubernetes.io/docs/concepts/scheduling-eviction/dynamic-resource-allocation/
 *
 * Not here yet: the claims. Past PreEnqueue every pod is treated as one without claims, which is what upstream
 * answers for those: PreFilter skips, all nodes score 0, and there is nothing to deallocate.
 */
#include <berth/plugin.h>

static bool is_generated(const struct berth_pod *pod, const struct berth_pod_claim *claim)
{
    berth_each(struct berth_claim_status, status, pod, pod->claim_statuses)
        if (status->name == claim->name)
            return true;
    return false;
}

/* Whether all claims that are made for the pod from templates have been made. */
static bool all_generated(const struct berth_pod *pod)
{
    berth_each(struct berth_pod_claim, claim, pod->class, pod->class->claims)
        if (!claim->claim && !is_generated(pod, claim))
            return false;
    return true;
}

static berth_verdict pre_enqueue(const struct berth_cycle *c)
{
    if (all_generated(c->pod))
        return BERTH_PASS;
    return berth_rejectf(c, BERTH_UNRESOLVABLE, "pod \"%s/%.*s\": ResourceClaim not created yet",
                         c->class->namespace->text, BERTH_FMT(berth_pod_name(c->pod)));
}

/* PostFilter knows by the state that this ran. */
static berth_verdict pre_filter(const struct berth_cycle *c)
{
    berth_keep(c, berth_alloc(c, 1));
    return BERTH_SKIPPED;
}

static berth_verdict filter(const struct berth_cycle *c, uint32_t node)
{
    (void)c;
    (void)node;
    return BERTH_PASS;
}

/* Upstream's quirk: when an earlier plugin's PreFilter rejected the pod, this plugin's state is "not found". */
static berth_verdict post_filter(const struct berth_cycle *c, const berth_verdict *verdicts, int32_t *ret_node)
{
    (void)verdicts;
    *ret_node = -1;
    return c->state ? berth_reject(c, BERTH_UNSCHEDULABLE, "no new claims to deallocate")
                    : berth_reject(c, BERTH_ERROR, "not found");
}

static berth_verdict score_range(const struct berth_cycle *c, struct berth_range range, int64_t *scores)
{
    (void)c;
    memset(scores + range.from, 0, (range.to - range.from) * sizeof(*scores));
    return BERTH_PASS;
}

static berth_verdict reserve(const struct berth_cycle *c, uint32_t node)
{
    (void)c;
    (void)node;
    return BERTH_PASS;
}

static berth_verdict pre_bind_pre_flight(const struct berth_cycle *c, uint32_t node)
{
    (void)c;
    (void)node;
    return BERTH_SKIPPED;
}

static berth_verdict pre_bind(const struct berth_cycle *c, uint32_t node)
{
    (void)c;
    (void)node;
    return BERTH_PASS;
}

/* ---- queueing hints ---- */

/* As long as claims are not looked at, a change may be of any that the pod waits for, and none is missing. */

static enum berth_hint after_claim_change(const struct berth_cycle *c, const struct berth_change *change)
{
    (void)c, (void)change;
    return BERTH_HINT_QUEUE;
}

static enum berth_hint after_claim_generated(const struct berth_cycle *c, const struct berth_change *change)
{
    const struct berth_pod *after = change->new_object;
    return berth_hint_if(berth_same_pod(c->pod, after) && all_generated(after));
}

static const struct berth_registration events[] = {
    {{BERTH_ON_NODE, BERTH_ADD | BERTH_NODE_ALLOCATABLE | BERTH_NODE_LABEL}, NULL},
    {{BERTH_ON_RESOURCE_CLAIM, BERTH_ADD | BERTH_UPDATE}, after_claim_change},
    {{BERTH_ON_POD, BERTH_POD_GENERATED_CLAIM}, after_claim_generated},
    {{BERTH_ON_DEVICE_CLASS, BERTH_ADD | BERTH_UPDATE}, NULL},
    {{BERTH_ON_RESOURCE_SLICE, BERTH_ADD | BERTH_UPDATE}, NULL},
};

const struct berth_plugin dynamic_resources_plugin = {
    .abi = BERTH_ABI,
    .size = sizeof(struct berth_plugin),
    .name = "DynamicResources",
    .filter_scope = BERTH_SCOPE_ROW,
    .score_scope = BERTH_SCOPE_ROW,
    .pre_enqueue = pre_enqueue,
    .pre_filter = pre_filter,
    .filter = filter,
    .post_filter = post_filter,
    .score_range = score_range,
    .reserve = reserve,
    .pre_bind_pre_flight = pre_bind_pre_flight,
    .pre_bind = pre_bind,
    .events = events,
    .events_len = sizeof(events) / sizeof(events[0]),
};
