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

const struct berth_plugin node_volume_limits_plugin = {
    .abi = BERTH_ABI,
    .size = sizeof(struct berth_plugin),
    .name = "NodeVolumeLimits",
    .filter_scope = BERTH_SCOPE_ROW,
    .pre_filter = pre_filter,
    .filter = filter,
};
