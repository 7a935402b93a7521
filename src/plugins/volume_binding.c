/*
 * VolumeBinding: a pod fits where its claims are bound or can be bound.
 * https://kubernetes.io/docs/concepts/storage/persistent-volumes/
 *
 * Not here yet: the claims. Every pod is treated as one without claims: PreFilter and PreScore skip, which is also
 * upstream's answer for such pods. The arguments (bindTimeoutSeconds) are checked with the configuration.
 */
#include <berth/plugin.h>

static berth_verdict pre_filter(const struct berth_cycle *c)
{
    (void)c;
    return BERTH_SKIPPED;
}

static berth_verdict filter(const struct berth_cycle *c, uint32_t node)
{
    (void)c;
    (void)node;
    return BERTH_PASS;
}

static berth_verdict pre_score(const struct berth_cycle *c)
{
    (void)c;
    return BERTH_SKIPPED;
}

/* Asked only when PreScore is disabled in the profile. */
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

const struct berth_plugin volume_binding_plugin = {
    .abi = BERTH_ABI,
    .size = sizeof(struct berth_plugin),
    .name = "VolumeBinding",
    .filter_scope = BERTH_SCOPE_ROW,
    .score_scope = BERTH_SCOPE_ROW,
    .pre_filter = pre_filter,
    .filter = filter,
    .pre_score = pre_score,
    .score_range = score_range,
    .reserve = reserve,
    .pre_bind = pre_bind,
};
