/* The one list of plugins. A new plugin is a file of its own, its name here and in meson.build. */
#include "plugins/all.h"

#define PLUGINS(X)                                                                                 \
    X(azure_disk_limits)                                                                           \
    X(cinder_limits)                                                                               \
    X(default_binder)                                                                              \
    X(default_preemption)                                                                          \
    X(dynamic_resources)                                                                           \
    X(ebs_limits)                                                                                  \
    X(gang_scheduling)                                                                             \
    X(gce_pd_limits)                                                                               \
    X(image_locality)                                                                              \
    X(inter_pod_affinity)                                                                          \
    X(node_affinity)                                                                               \
    X(node_declared_features)                                                                      \
    X(node_name)                                                                                   \
    X(node_ports)                                                                                  \
    X(node_resources_balanced_allocation)                                                          \
    X(node_resources_fit)                                                                          \
    X(node_unschedulable)                                                                          \
    X(node_volume_limits)                                                                          \
    X(pod_group_pods_count)                                                                        \
    X(pod_topology_spread)                                                                         \
    X(priority_sort)                                                                               \
    X(scheduling_gates)                                                                            \
    X(selector_spread)                                                                             \
    X(taint_toleration)                                                                            \
    X(topology_placement_generator)                                                                \
    X(volume_binding)                                                                              \
    X(volume_restrictions)                                                                         \
    X(volume_zone)

#define X(name) extern const struct berth_plugin name##_plugin;
PLUGINS(X)
#undef X

const struct berth_plugin *const all_plugins[] = {
#define X(name) &name##_plugin,
    PLUGINS(X)
#undef X
};
const uint32_t all_plugins_len = sizeof(all_plugins) / sizeof(all_plugins[0]);
