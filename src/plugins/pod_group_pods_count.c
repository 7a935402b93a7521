/*
 * PodGroupPodsCount: prefers the placement that takes most pods of a group (KEP-5732). Off by default.
 *
 * Not here yet: pod groups, and with them the extension point PlacementScore. The name is known so that
 * configurations that mention it read as they do upstream.
 */
#include <berth/plugin.h>

const struct berth_plugin pod_group_pods_count_plugin = {
    .abi = BERTH_ABI,
    .size = sizeof(struct berth_plugin),
    .name = "PodGroupPodsCount",
};
