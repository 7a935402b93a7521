/*
 * VolumeRestrictions: disks that only one node, or one pod, may use at a time.
 * https://kubernetes.io/docs/concepts/storage/persistent-volumes/#access-modes
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

const struct berth_plugin volume_restrictions_plugin = {
    .abi = BERTH_ABI,
    .size = sizeof(struct berth_plugin),
    .name = "VolumeRestrictions",
    .filter_scope = BERTH_SCOPE_ROW,
    .pre_filter = pre_filter,
    .filter = filter,
};
