/*
 * TopologyPlacementGenerator: proposes topology domains for a group of pods (KEP-5732). Off by default.
 *
 * Not here yet: pod groups, and with them the extension point PlacementGenerate. The name is known so that
 * configurations that mention it read as they do upstream.
 */
#include <berth/plugin.h>

const struct berth_plugin topology_placement_generator_plugin = {
    .abi = BERTH_ABI,
    .size = sizeof(struct berth_plugin),
    .name = "TopologyPlacementGenerator",
};
