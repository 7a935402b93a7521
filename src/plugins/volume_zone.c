/*
 * VolumeZone: a pod fits only in the zones of the volumes it uses.
 * https://kubernetes.io/docs/reference/labels-annotations-taints/#topologykubernetesiozone
 *
 * Not here yet: the volumes. PreFilter skips, as upstream does for pods without claims.
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

/* ---- queueing hints ---- */

/* As long as the changed object is not looked at, it may be any that the pod waits for. */

static enum berth_hint after_change(const struct berth_cycle *c, const struct berth_change *change)
{
    (void)c, (void)change;
    return BERTH_HINT_QUEUE;
}

/* Claims of ephemeral volumes do not count here: upstream's rule. */
static enum berth_hint after_claim_change(const struct berth_cycle *c, const struct berth_change *change)
{
    (void)change;
    berth_each(struct berth_volume, volume, c->class, c->class->volumes)
        if (volume->kind == BERTH_VOLUME_CLAIM)
            return BERTH_HINT_QUEUE;
    return BERTH_HINT_SKIP;
}

static const struct berth_registration events[] = {
    {{BERTH_ON_STORAGE_CLASS, BERTH_ADD}, after_change},
    {{BERTH_ON_NODE, BERTH_ADD | BERTH_NODE_LABEL}, NULL},
    {{BERTH_ON_PERSISTENT_VOLUME_CLAIM, BERTH_ADD | BERTH_UPDATE}, after_claim_change},
    {{BERTH_ON_PERSISTENT_VOLUME, BERTH_ADD | BERTH_UPDATE}, after_change},
};

const struct berth_plugin volume_zone_plugin = {
    .abi = BERTH_ABI,
    .size = sizeof(struct berth_plugin),
    .name = "VolumeZone",
    .filter_scope = BERTH_SCOPE_ROW,
    .pre_filter = pre_filter,
    .filter = filter,
    .events = events,
    .events_len = sizeof(events) / sizeof(events[0]),
};
