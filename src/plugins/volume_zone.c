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

const struct berth_plugin volume_zone_plugin = {
    .abi = BERTH_ABI,
    .size = sizeof(struct berth_plugin),
    .name = "VolumeZone",
    .filter_scope = BERTH_SCOPE_ROW,
    .pre_filter = pre_filter,
    .filter = filter,
};
