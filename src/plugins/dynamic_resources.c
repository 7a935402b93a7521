/*
 * DynamicResources: pods that claim devices (ResourceClaims).
 * https://kubernetes.io/docs/concepts/scheduling-eviction/dynamic-resource-allocation/
 *
 * Not here yet: the claims. Every pod is treated as one without claims, which is what upstream answers for those:
 * PreFilter skips, all nodes score 0, and there is nothing to deallocate.
 */
#include <berth/plugin.h>

static berth_verdict pre_enqueue(const struct berth_cycle *c)
{
    (void)c;
    return BERTH_PASS;
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

static berth_verdict pre_bind(const struct berth_cycle *c, uint32_t node)
{
    (void)c;
    (void)node;
    return BERTH_PASS;
}

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
    .pre_bind = pre_bind,
};
