/* The arguments as structs, and their validations: shared by args.c and args_validate.c. */
#ifndef CONFIG_ARGS_TYPES_H
#define CONFIG_ARGS_TYPES_H

#include "config/args.h"

struct args_requirement {
    berth_str key, op;
    const berth_str *values;
    uint32_t values_len;
};

struct args_node_term {
    const struct args_requirement *expressions, *fields;
    uint32_t expressions_len, fields_len;
};

struct args_preferred_term {
    struct args_node_term preference;
    int32_t weight;
};

struct args_node_selector {
    const struct args_node_term *terms;
    uint32_t terms_len;
};

struct args_affinity {
    const struct args_node_selector *required;
    const struct args_preferred_term *preferred;
    uint32_t preferred_len;
};

struct args_label_selector {
    const struct args_requirement *expressions;
    const struct berth_value *labels;
    uint32_t expressions_len;
};

struct args_constraint {
    const struct args_label_selector *selector;
    berth_str topology_key, when_unsatisfiable;
    berth_str node_affinity_policy, node_taints_policy;
    const berth_str *match_label_keys;
    uint32_t match_label_keys_len;
    int32_t max_skew, min_domains;
};

struct args_resource {
    berth_str name;
    int64_t weight;
};

struct args_point {
    int32_t utilization, score;
};

struct args_capacity_ratio {
    const struct args_point *shape;
    uint32_t shape_len;
};

struct args_scoring_strategy {
    berth_str type;
    const struct args_resource *resources;
    uint32_t resources_len;
    const struct args_capacity_ratio *capacity_ratio;
};

struct args_default_preemption {
    struct args_meta meta;
    int32_t min_candidate_nodes_percentage, min_candidate_nodes_absolute;
};

struct args_dynamic_resources {
    struct args_meta meta;
    int64_t filter_timeout, binding_timeout; /* nanoseconds */
};

struct args_inter_pod_affinity {
    struct args_meta meta;
    int32_t hard_pod_affinity_weight;
    bool ignore_preferred_terms_of_existing_pods;
};

struct args_node_affinity {
    struct args_meta meta;
    const struct args_affinity *added_affinity;
};

struct args_balanced_allocation {
    struct args_meta meta;
    const struct args_resource *resources;
    uint32_t resources_len;
};

struct args_node_resources_fit {
    struct args_meta meta;
    const berth_str *ignored_resources, *ignored_resource_groups;
    uint32_t ignored_resources_len, ignored_resource_groups_len;
    struct args_scoring_strategy *scoring_strategy;
};

struct args_pod_topology_spread {
    struct args_meta meta;
    berth_str defaulting_type;
    const struct args_constraint *default_constraints;
    uint32_t default_constraints_len;
};

struct args_volume_binding {
    struct args_meta meta;
    int64_t bind_timeout_seconds;
    const struct args_point *shape;
    uint32_t shape_len;
};

/* Each adds what is wrong with the arguments of its plugin, a struct args_... of the same name. */
void validate_default_preemption(struct faults *p, const struct path *path, const void *args);
void validate_dynamic_resources(struct faults *p, const struct path *path, const void *args);
void validate_inter_pod_affinity(struct faults *p, const struct path *path, const void *args);
void validate_node_affinity(struct faults *p, const struct path *path, const void *args);
void validate_balanced_allocation(struct faults *p, const struct path *path, const void *args);
void validate_pod_topology_spread(struct faults *p, const struct path *path, const void *args);
void validate_volume_binding(struct faults *p, const struct path *path, const void *args);

#endif
