/*
 * Default plugins and plugin names by version of the file format.
 *
 * v1 and v1beta3 keep their defaults under multiPoint, v1beta2 a list per extension point. The in-tree volume
 * limits (EBSLimits and so on) are defaults of the old versions upstream; here those files must enable them, as
 * NodeVolumeLimits counts those volumes since they are migrated to CSI. Gates that are on for good
 * (scheduling gates) are in the old defaults, too, as in the last releases that read those versions.
 */
#include "config/versions.h"

#include "base/array.h"

#define NAMED(name, weight)                                                                                  \
    {                                                                                                        \
        {(name), sizeof(name) - 1}, (weight)                                                                 \
    }
#define ENABLED(list)                                                                                        \
    {                                                                                                        \
        .enabled = (list), .enabled_len = ARRAY_LEN(list)                                                    \
    }

static const struct config_plugin v1_multi[] = {
    NAMED("SchedulingGates", 0),
    NAMED("PrioritySort", 0),
    NAMED("NodeUnschedulable", 0),
    NAMED("NodeName", 0),
    NAMED("TaintToleration", 3),
    NAMED("NodeAffinity", 2),
    NAMED("NodePorts", 0),
    NAMED("NodeResourcesFit", 1),
    NAMED("VolumeRestrictions", 0),
    NAMED("NodeVolumeLimits", 0),
    NAMED("VolumeBinding", 0),
    NAMED("VolumeZone", 0),
    NAMED("PodTopologySpread", 2),
    NAMED("InterPodAffinity", 2),
    NAMED("DynamicResources", 2),
    NAMED("DefaultPreemption", 0),
    NAMED("NodeResourcesBalancedAllocation", 1),
    NAMED("ImageLocality", 1),
    NAMED("DefaultBinder", 0),
    NAMED("NodeDeclaredFeatures", 0),
};

static const struct config_plugin v1beta3_multi[] = {
    NAMED("PrioritySort", 0),     NAMED("NodeUnschedulable", 0),  NAMED("NodeName", 0),
    NAMED("TaintToleration", 3),  NAMED("NodeAffinity", 2),       NAMED("NodePorts", 0),
    NAMED("NodeResourcesFit", 1), NAMED("VolumeRestrictions", 0), NAMED("NodeVolumeLimits", 0),
    NAMED("VolumeBinding", 0),    NAMED("VolumeZone", 0),         NAMED("PodTopologySpread", 2),
    NAMED("InterPodAffinity", 2), NAMED("DefaultPreemption", 0),  NAMED("NodeResourcesBalancedAllocation", 1),
    NAMED("ImageLocality", 1),    NAMED("DefaultBinder", 0),      NAMED("SchedulingGates", 0),
};

static const struct config_plugin v1beta2_pre_filter[] = {
    NAMED("NodeResourcesFit", 0),  NAMED("NodePorts", 0),        NAMED("VolumeRestrictions", 0),
    NAMED("PodTopologySpread", 0), NAMED("InterPodAffinity", 0), NAMED("VolumeBinding", 0),
    NAMED("VolumeZone", 0),        NAMED("NodeAffinity", 0),
};
static const struct config_plugin v1beta2_filter[] = {
    NAMED("NodeUnschedulable", 0),  NAMED("NodeName", 0),          NAMED("TaintToleration", 0),
    NAMED("NodeAffinity", 0),       NAMED("NodePorts", 0),         NAMED("NodeResourcesFit", 0),
    NAMED("VolumeRestrictions", 0), NAMED("NodeVolumeLimits", 0),  NAMED("VolumeBinding", 0),
    NAMED("VolumeZone", 0),         NAMED("PodTopologySpread", 0), NAMED("InterPodAffinity", 0),
};
static const struct config_plugin v1beta2_pre_score[] = {
    NAMED("InterPodAffinity", 0),
    NAMED("PodTopologySpread", 0),
    NAMED("TaintToleration", 0),
    NAMED("NodeAffinity", 0),
};
static const struct config_plugin v1beta2_score[] = {
    NAMED("NodeResourcesBalancedAllocation", 1),
    NAMED("ImageLocality", 1),
    NAMED("InterPodAffinity", 1),
    NAMED("NodeResourcesFit", 1),
    NAMED("NodeAffinity", 1),
    NAMED("PodTopologySpread", 2),
    NAMED("TaintToleration", 1),
};
static const struct config_plugin volume_binding[] = {NAMED("VolumeBinding", 0)};
static const struct config_plugin priority_sort[] = {NAMED("PrioritySort", 0)};
static const struct config_plugin scheduling_gates[] = {NAMED("SchedulingGates", 0)};
static const struct config_plugin default_preemption[] = {NAMED("DefaultPreemption", 0)};
static const struct config_plugin default_binder[] = {NAMED("DefaultBinder", 0)};

static const struct {
    const char *name;
    struct config_plugin_set sets[POINT_COUNT + 1];
} versions[] = {
    [CONFIG_V1] = {CONFIG_GROUP "/v1", {[POINT_MULTI] = ENABLED(v1_multi)}},
    [CONFIG_V1BETA3] = {CONFIG_GROUP "/v1beta3", {[POINT_MULTI] = ENABLED(v1beta3_multi)}},
    [CONFIG_V1BETA2] = {CONFIG_GROUP "/v1beta2",
                        {
                            [POINT_QUEUE_SORT] = ENABLED(priority_sort),
                            [POINT_PRE_ENQUEUE] = ENABLED(scheduling_gates),
                            [POINT_PRE_FILTER] = ENABLED(v1beta2_pre_filter),
                            [POINT_FILTER] = ENABLED(v1beta2_filter),
                            [POINT_POST_FILTER] = ENABLED(default_preemption),
                            [POINT_PRE_SCORE] = ENABLED(v1beta2_pre_score),
                            [POINT_SCORE] = ENABLED(v1beta2_score),
                            [POINT_RESERVE] = ENABLED(volume_binding),
                            [POINT_PRE_BIND] = ENABLED(volume_binding),
                            [POINT_BIND] = ENABLED(default_binder),
                        }},
};

/* Removed by v1. Upstream's message names that version as "v1", without the group. */
static const char *const removed_by_v1[] = {"AzureDiskLimits", "CinderLimits", "EBSLimits", "GCEPDLimits",
                                            NULL};

/* Removed by v1beta2; v1 does not know them any more and says so when the profile is made. */
static const char *const removed_by_v1beta2[] = {
    "NodeLabel",
    "NodePreferAvoidPods",
    "NodeResourcesLeastAllocated",
    "NodeResourcesMostAllocated",
    "RequestedToCapacityRatio",
    "ServiceAffinity",
    NULL,
};

static bool is_among(const char *const *names, berth_str name)
{
    for (size_t i = 0; names[i]; i++)
        if (berth_str_eq(name, berth_str_of(names[i])))
            return true;
    return false;
}

const char *version_name(enum config_version version)
{
    return versions[version].name;
}

bool version_of(berth_str api_version, enum config_version *ret_version)
{
    for (size_t i = 0; i < ARRAY_LEN(versions); i++)
        if (berth_str_eq(api_version, berth_str_of(versions[i].name))) {
            *ret_version = (enum config_version)i;
            return true;
        }
    return false;
}

const struct config_plugin_set *version_default_sets(enum config_version version)
{
    return versions[version].sets;
}

const char *version_removed_plugin(enum config_version version, berth_str plugin)
{
    if (version == CONFIG_V1)
        return is_among(removed_by_v1, plugin) ? "v1" : NULL;
    return is_among(removed_by_v1beta2, plugin) ? version_name(CONFIG_V1BETA2) : NULL;
}

bool version_v1_refuses(enum config_version version, berth_str plugin)
{
    return version != CONFIG_V1 && is_among(removed_by_v1, plugin);
}

bool version_has_plugin(enum config_version version, berth_str plugin)
{
    return version != CONFIG_V1
           || (!berth_str_eq(plugin, BERTH_STR("SelectorSpread")) && !is_among(removed_by_v1, plugin));
}
