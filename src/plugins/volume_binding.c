/*
 * VolumeBinding: a pod fits where its claims are bound or can be bound.
 * https://kubernetes.io/docs/concepts/storage/persistent-volumes/
 *
 * Not here yet: the claims. Every pod is treated as one without claims: PreFilter and PreScore skip, which is
 * also upstream's answer for such pods. The arguments (bindTimeoutSeconds) are checked with the
 * configuration.
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

/* ---- queueing hints ---- */

/* As long as the changed object is not looked at, it may be any that the pod waits for. */

static bool uses(const struct berth_class *class, uint32_t kinds)
{
    berth_each(struct berth_volume, volume, class, class->volumes)
        if (kinds >> volume->kind & 1)
            return true;
    return false;
}

static enum berth_hint after_change(const struct berth_cycle *c, const struct berth_change *change)
{
    (void)c, (void)change;
    return BERTH_HINT_QUEUE;
}

static enum berth_hint after_claim_change(const struct berth_cycle *c, const struct berth_change *change)
{
    (void)change;
    return berth_hint_if(uses(c->class, 1u << BERTH_VOLUME_CLAIM | 1u << BERTH_VOLUME_EPHEMERAL));
}

static enum berth_hint after_driver_update(const struct berth_cycle *c, const struct berth_change *change)
{
    (void)change;
    return berth_hint_if(uses(c->class, 1u << BERTH_VOLUME_CSI));
}

static const struct berth_registration events[] = {
    {{BERTH_ON_STORAGE_CLASS, BERTH_ADD | BERTH_UPDATE}, after_change},
    {{BERTH_ON_PERSISTENT_VOLUME_CLAIM, BERTH_ADD | BERTH_UPDATE}, after_claim_change},
    {{BERTH_ON_PERSISTENT_VOLUME, BERTH_ADD | BERTH_UPDATE}, NULL},
    {{BERTH_ON_NODE, BERTH_ADD | BERTH_NODE_LABEL}, NULL},
    {{BERTH_ON_CSI_NODE, BERTH_ADD | BERTH_UPDATE}, after_change},
    {{BERTH_ON_CSI_DRIVER, BERTH_UPDATE}, after_driver_update},
    {{BERTH_ON_CSI_STORAGE_CAPACITY, BERTH_ADD | BERTH_UPDATE}, after_change},
};

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
    .events = events,
    .events_len = sizeof(events) / sizeof(events[0]),
};
