/*
 * NodeVolumeLimits: a node takes no more volumes of a CSI driver than the driver allows.
 * https://kubernetes.io/docs/concepts/storage/storage-limits/
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

/* The kinds of volumes that a CSI driver may attach; disks by their old names are handed over to one. */
enum {
    CLAIMS = 1u << BERTH_VOLUME_CLAIM,
    EPHEMERAL = 1u << BERTH_VOLUME_EPHEMERAL,
    DISKS = 1u << BERTH_VOLUME_GCE_DISK | 1u << BERTH_VOLUME_AWS_DISK | 1u << BERTH_VOLUME_AZURE_DISK
            | 1u << BERTH_VOLUME_OTHER,
};

static bool uses(const struct berth_class *class, uint32_t kinds)
{
    berth_each(struct berth_volume, volume, class, class->volumes)
        if (kinds >> volume->kind & 1)
            return true;
    return false;
}

static enum berth_hint after_pod_deleted(const struct berth_cycle *c, const struct berth_change *change)
{
    const struct berth_pod *gone = change->old_object;
    (void)c;
    return berth_hint_if(berth_pod_takes_node(gone) && uses(gone->class, CLAIMS | EPHEMERAL | DISKS));
}

/* As long as the changed object is not looked at, it may be any that the pod waits for. */

static enum berth_hint after_node_update(const struct berth_cycle *c, const struct berth_change *change)
{
    (void)c, (void)change;
    return BERTH_HINT_QUEUE;
}

static enum berth_hint after_claim_added(const struct berth_cycle *c, const struct berth_change *change)
{
    (void)change;
    return berth_hint_if(uses(c->class, CLAIMS | EPHEMERAL));
}

static enum berth_hint after_detached(const struct berth_cycle *c, const struct berth_change *change)
{
    (void)change;
    return berth_hint_if(uses(c->class, CLAIMS | DISKS));
}

static const struct berth_registration events[] = {
    {{BERTH_ON_CSI_NODE, BERTH_ADD}, NULL},
    {{BERTH_ON_CSI_NODE, BERTH_UPDATE}, after_node_update},
    {{BERTH_ON_POD, BERTH_DELETE}, after_pod_deleted},
    {{BERTH_ON_PERSISTENT_VOLUME_CLAIM, BERTH_ADD}, after_claim_added},
    {{BERTH_ON_VOLUME_ATTACHMENT, BERTH_DELETE}, after_detached},
};

const struct berth_plugin node_volume_limits_plugin = {
    .abi = BERTH_ABI,
    .size = sizeof(struct berth_plugin),
    .name = "NodeVolumeLimits",
    .filter_scope = BERTH_SCOPE_ROW,
    .pre_filter = pre_filter,
    .filter = filter,
    .events = events,
    .events_len = sizeof(events) / sizeof(events[0]),
};
