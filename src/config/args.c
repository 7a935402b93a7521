/*
 * The arguments of in-tree plugins as tables, with the defaults that are more than a constant.
 * NodeResourcesFitArgs has no validation here: upstream checks it only when the plugin is made, and so does
 * the plugin.
 */
#include "config/args_types.h"

#include "base/array.h"
#include "base/duration.h"

#include <stddef.h>

#define SCHEMA(symbol, go_package, go_name, type, rows)                                                      \
    static const struct schema symbol = {.name = (go_name),                                                  \
                                         .package = (go_package),                                            \
                                         .size = sizeof(type),                                               \
                                         .len = ARRAY_LEN(rows),                                             \
                                         .fields = (rows)}

#define AT(member) offsetof(HOLDER, member)
#define LIST_AT(member) .type = FIELD_LIST, .at = AT(member), .len_at = AT(member##_len)

#define API_VERSION                                                                                          \
    {                                                                                                        \
        "apiVersion", FIELD_STRING, FIELD_OMIT_EMPTY, .at = AT(meta.api_version)                             \
    }
#define KIND                                                                                                 \
    {                                                                                                        \
        "kind", FIELD_STRING, FIELD_OMIT_EMPTY, .at = AT(meta.kind)                                          \
    }

/* ---- pieces of core/v1 ---- */

#define HOLDER struct args_requirement
static const struct field requirement_fields[] = {
    {"key", FIELD_STRING, .at = AT(key)},
    {"operator", FIELD_STRING, .at = AT(op)},
    {"values", LIST_AT(values), .flags = FIELD_OMIT_EMPTY},
};
SCHEMA(node_requirement_schema, "v1", "NodeSelectorRequirement", HOLDER, requirement_fields);
SCHEMA(label_requirement_schema, "v1", "LabelSelectorRequirement", HOLDER, requirement_fields);
#undef HOLDER

#define HOLDER struct args_node_term
static const struct field node_term_fields[] = {
    {"matchExpressions", LIST_AT(expressions), .of = &node_requirement_schema, .flags = FIELD_OMIT_EMPTY},
    {"matchFields", LIST_AT(fields), .of = &node_requirement_schema, .flags = FIELD_OMIT_EMPTY},
};
SCHEMA(node_term_schema, "v1", "NodeSelectorTerm", HOLDER, node_term_fields);
#undef HOLDER

#define HOLDER struct args_preferred_term
static const struct field preferred_term_fields[] = {
    {"preference", FIELD_STRUCT, .at = AT(preference), .of = &node_term_schema},
    {"weight", FIELD_INT32, .at = AT(weight)},
};
SCHEMA(preferred_term_schema, "v1", "PreferredSchedulingTerm", HOLDER, preferred_term_fields);
#undef HOLDER

#define HOLDER struct args_node_selector
static const struct field node_selector_fields[] = {
    {"nodeSelectorTerms", LIST_AT(terms), .of = &node_term_schema},
};
SCHEMA(node_selector_schema, "v1", "NodeSelector", HOLDER, node_selector_fields);
#undef HOLDER

#define HOLDER struct args_affinity
static const struct field affinity_fields[] = {
    {"preferredDuringSchedulingIgnoredDuringExecution", LIST_AT(preferred), .of = &preferred_term_schema,
     .flags = FIELD_OMIT_EMPTY},
    {"requiredDuringSchedulingIgnoredDuringExecution", FIELD_POINTER, FIELD_OMIT_EMPTY, .at = AT(required),
     .of = &node_selector_schema},
};
SCHEMA(affinity_schema, "v1", "NodeAffinity", HOLDER, affinity_fields);
#undef HOLDER

#define HOLDER struct args_label_selector
static const struct field label_selector_fields[] = {
    {"matchExpressions", LIST_AT(expressions), .of = &label_requirement_schema, .flags = FIELD_OMIT_EMPTY},
    {"matchLabels", FIELD_MAP, FIELD_OMIT_EMPTY, .at = AT(labels)},
};
SCHEMA(label_selector_schema, "v1", "LabelSelector", HOLDER, label_selector_fields);
#undef HOLDER

#define HOLDER struct args_constraint
static const struct field constraint_fields[] = {
    {"labelSelector", FIELD_POINTER, FIELD_OMIT_EMPTY, .at = AT(selector), .of = &label_selector_schema},
    {"matchLabelKeys", LIST_AT(match_label_keys), .flags = FIELD_OMIT_EMPTY},
    {"maxSkew", FIELD_INT32, .at = AT(max_skew)},
    {"minDomains", FIELD_INT32, FIELD_OPTIONAL, .at = AT(min_domains)},
    {"nodeAffinityPolicy", FIELD_STRING, FIELD_OPTIONAL, .at = AT(node_affinity_policy)},
    {"nodeTaintsPolicy", FIELD_STRING, FIELD_OPTIONAL, .at = AT(node_taints_policy)},
    {"topologyKey", FIELD_STRING, .at = AT(topology_key)},
    {"whenUnsatisfiable", FIELD_STRING, .at = AT(when_unsatisfiable)},
};
SCHEMA(constraint_schema, "v1", "TopologySpreadConstraint", HOLDER, constraint_fields);
#undef HOLDER

/* ---- pieces of the arguments ---- */

#define HOLDER struct args_resource
static const struct field resource_fields[] = {
    {"name", FIELD_STRING, .at = AT(name)},
    {"weight", FIELD_INT64, FIELD_OMIT_EMPTY | FIELD_ZERO_UNSET, .at = AT(weight), .number = 1},
};
SCHEMA(resource_schema, "v1", "ResourceSpec", HOLDER, resource_fields);
#undef HOLDER

#define HOLDER struct args_point
static const struct field point_fields[] = {
    {"score", FIELD_INT32, .at = AT(score)},
    {"utilization", FIELD_INT32, .at = AT(utilization)},
};
SCHEMA(point_schema, "v1", "UtilizationShapePoint", HOLDER, point_fields);
#undef HOLDER

#define HOLDER struct args_capacity_ratio
static const struct field capacity_ratio_fields[] = {
    {"shape", LIST_AT(shape), .of = &point_schema, .flags = FIELD_OMIT_EMPTY},
};
SCHEMA(capacity_ratio_schema, "v1", "RequestedToCapacityRatioParam", HOLDER, capacity_ratio_fields);
#undef HOLDER

#define HOLDER struct args_scoring_strategy
static const struct field scoring_strategy_fields[] = {
    {"requestedToCapacityRatio", FIELD_POINTER, FIELD_OMIT_EMPTY, .at = AT(capacity_ratio),
     .of = &capacity_ratio_schema},
    {"resources", LIST_AT(resources), .of = &resource_schema, .flags = FIELD_OMIT_EMPTY},
    {"type", FIELD_STRING, FIELD_OMIT_EMPTY, .at = AT(type)},
};
SCHEMA(scoring_strategy_schema, "v1", "ScoringStrategy", HOLDER, scoring_strategy_fields);
#undef HOLDER

/* ---- the arguments ---- */

#define HOLDER struct args_default_preemption
static const struct field default_preemption_fields[] = {
    API_VERSION,
    KIND,
    {"minCandidateNodesAbsolute", FIELD_INT32, 0, .at = AT(min_candidate_nodes_absolute), .number = 100},
    {"minCandidateNodesPercentage", FIELD_INT32, 0, .at = AT(min_candidate_nodes_percentage), .number = 10},
};
SCHEMA(default_preemption_schema, "v1", "DefaultPreemptionArgs", HOLDER, default_preemption_fields);
#undef HOLDER

#define HOLDER struct args_dynamic_resources
static const struct field dynamic_resources_fields[] = {
    API_VERSION,
    {"bindingTimeout", FIELD_DURATION, 0, .at = AT(binding_timeout), .number = 600 * DURATION_SECOND},
    {"filterTimeout", FIELD_DURATION, 0, .at = AT(filter_timeout), .number = 10 * DURATION_SECOND},
    KIND,
};
SCHEMA(dynamic_resources_schema, "v1", "DynamicResourcesArgs", HOLDER, dynamic_resources_fields);
#undef HOLDER

#define HOLDER struct args_inter_pod_affinity
static const struct field inter_pod_affinity_fields[] = {
    API_VERSION,
    {"hardPodAffinityWeight", FIELD_INT32, 0, .at = AT(hard_pod_affinity_weight), .number = 1},
    {"ignorePreferredTermsOfExistingPods", FIELD_BOOL, .at = AT(ignore_preferred_terms_of_existing_pods)},
    KIND,
};
SCHEMA(inter_pod_affinity_schema, "v1", "InterPodAffinityArgs", HOLDER, inter_pod_affinity_fields);
#undef HOLDER

#define HOLDER struct args_node_affinity
static const struct field node_affinity_fields[] = {
    {"addedAffinity", FIELD_POINTER, FIELD_OMIT_EMPTY, .at = AT(added_affinity), .of = &affinity_schema},
    API_VERSION,
    KIND,
};
SCHEMA(node_affinity_schema, "v1", "NodeAffinityArgs", HOLDER, node_affinity_fields);
#undef HOLDER

#define HOLDER struct args_balanced_allocation
static const struct field balanced_allocation_fields[] = {
    API_VERSION,
    KIND,
    {"resources", LIST_AT(resources), .of = &resource_schema, .flags = FIELD_OMIT_EMPTY},
};
SCHEMA(balanced_allocation_schema, "v1", "NodeResourcesBalancedAllocationArgs", HOLDER,
       balanced_allocation_fields);
#undef HOLDER

#define HOLDER struct args_node_resources_fit
static const struct field node_resources_fit_fields[] = {
    API_VERSION,
    {"ignoredResourceGroups", LIST_AT(ignored_resource_groups), .flags = FIELD_OMIT_EMPTY},
    {"ignoredResources", LIST_AT(ignored_resources), .flags = FIELD_OMIT_EMPTY},
    KIND,
    {"scoringStrategy", FIELD_POINTER, FIELD_OMIT_EMPTY, .at = AT(scoring_strategy),
     .of = &scoring_strategy_schema},
};
SCHEMA(node_resources_fit_schema, "v1", "NodeResourcesFitArgs", HOLDER, node_resources_fit_fields);
#undef HOLDER

#define HOLDER struct args_pod_topology_spread
static const struct field pod_topology_spread_fields[] = {
    API_VERSION,
    {"defaultConstraints", LIST_AT(default_constraints), .of = &constraint_schema, .flags = FIELD_OMIT_EMPTY},
    {"defaultingType", FIELD_STRING, FIELD_OMIT_EMPTY | FIELD_ZERO_UNSET, .at = AT(defaulting_type),
     .text = "System"},
    KIND,
};
SCHEMA(pod_topology_spread_schema, "v1", "PodTopologySpreadArgs", HOLDER, pod_topology_spread_fields);
#undef HOLDER

#define HOLDER struct args_volume_binding
static const struct field volume_binding_fields[] = {
    API_VERSION,
    {"bindTimeoutSeconds", FIELD_INT64, 0, .at = AT(bind_timeout_seconds), .number = 600},
    KIND,
    {"shape", LIST_AT(shape), .of = &point_schema, .flags = FIELD_OMIT_EMPTY},
};
SCHEMA(volume_binding_schema, "v1", "VolumeBindingArgs", HOLDER, volume_binding_fields);
#undef HOLDER

/* ---- defaults ---- */

static const struct args_resource default_resources[] = {
    {BERTH_STR("cpu"), 1},
    {BERTH_STR("memory"), 1},
};

static void complete_balanced_allocation(struct arena *arena, const struct gates *gates, void *args)
{
    struct args_balanced_allocation *a = args;
    (void)arena;
    (void)gates;
    if (a->resources_len == 0) {
        a->resources = default_resources;
        a->resources_len = ARRAY_LEN(default_resources);
    }
}

/* A strategy that is given without a type stays without one, and the plugin refuses it. */
static void complete_node_resources_fit(struct arena *arena, const struct gates *gates, void *args)
{
    struct args_node_resources_fit *a = args;
    (void)gates;
    if (!a->scoring_strategy) {
        a->scoring_strategy = arena_need(arena, sizeof(*a->scoring_strategy));
        a->scoring_strategy->type = BERTH_STR("LeastAllocated");
    }
    if (a->scoring_strategy->resources_len == 0) {
        a->scoring_strategy->resources = default_resources;
        a->scoring_strategy->resources_len = ARRAY_LEN(default_resources);
    }
}

/* The fuller a volume or pool would be, the lower the score. */
static const struct args_point default_shape[] = {{.utilization = 0, .score = 10}, {.utilization = 100, .score = 0}};

static void complete_volume_binding(struct arena *arena, const struct gates *gates, void *args)
{
    struct args_volume_binding *a = args;
    (void)arena;
    if (a->shape_len == 0 && gates_enabled(gates, "StorageCapacityScoring")) {
        a->shape = default_shape;
        a->shape_len = ARRAY_LEN(default_shape);
    }
}

/* Sorted by plugin: the order in which defaults are appended to a profile's pluginConfig. */
static const struct args_kind kinds[] = {
    {"DefaultPreemption", &default_preemption_schema, NULL, validate_default_preemption},
    {"DynamicResources", &dynamic_resources_schema, NULL, validate_dynamic_resources},
    {"InterPodAffinity", &inter_pod_affinity_schema, NULL, validate_inter_pod_affinity},
    {"NodeAffinity", &node_affinity_schema, NULL, validate_node_affinity},
    {"NodeResourcesBalancedAllocation", &balanced_allocation_schema, complete_balanced_allocation,
     validate_balanced_allocation},
    {"NodeResourcesFit", &node_resources_fit_schema, complete_node_resources_fit, NULL},
    {"PodTopologySpread", &pod_topology_spread_schema, NULL, validate_pod_topology_spread},
    {"VolumeBinding", &volume_binding_schema, complete_volume_binding, validate_volume_binding},
};

const struct args_kind *args_kinds(uint32_t *ret_len)
{
    *ret_len = ARRAY_LEN(kinds);
    return kinds;
}

const struct args_kind *args_kind_of(berth_str plugin)
{
    for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
        if (berth_str_eq(plugin, berth_str_of(kinds[i].plugin)))
            return &kinds[i];
    return NULL;
}

void args_ignore_resources(void *node_resources_fit_args, const berth_str *names, uint32_t len)
{
    struct args_node_resources_fit *a = node_resources_fit_args;
    a->ignored_resources = names;
    a->ignored_resources_len = len;
}
