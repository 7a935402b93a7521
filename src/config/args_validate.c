/*
 * Validation of plugin arguments, in upstream's order and words. NodeResourcesFitArgs is checked by its
 * plugin.
 */
#include "config/args_types.h"

#include "base/duration.h"
#include "config/gates.h"
#include "config/names.h"

#include <inttypes.h>

void validate_default_preemption(struct faults *p, const struct path *path, const void *args)
{
    const struct args_default_preemption *a = args;
    const struct path *percentage = PATH(path, "minCandidateNodesPercentage");
    const struct path *absolute = PATH(path, "minCandidateNodesAbsolute");
    if (a->min_candidate_nodes_percentage < 0 || a->min_candidate_nodes_percentage > 100)
        fault_invalid_int(p, percentage, a->min_candidate_nodes_percentage, "not in valid range [0, 100]");
    if (a->min_candidate_nodes_absolute < 0)
        fault_invalid_int(p, absolute, a->min_candidate_nodes_absolute, "not in valid range [0, inf)");
    if (a->min_candidate_nodes_percentage == 0 && a->min_candidate_nodes_absolute == 0) {
        fault_invalid_int(p, percentage, 0, "cannot be zero at the same time as minCandidateNodesAbsolute");
        fault_invalid_int(p, absolute, 0, "cannot be zero at the same time as minCandidateNodesPercentage");
    }
}

void validate_dynamic_resources(struct faults *p, const struct path *path, const void *args)
{
    const struct args_dynamic_resources *a = args;
    if (a->filter_timeout < 0)
        fault_invalid_duration(p, PATH(path, "filterTimeout"), a->filter_timeout, "must be zero or positive");
    if (a->binding_timeout < DURATION_SECOND)
        fault_invalid_duration(p, PATH(path, "bindingTimeout"), a->binding_timeout,
                               "must be at least 1 second");
}

void validate_inter_pod_affinity(struct faults *p, const struct path *path, const void *args)
{
    const struct args_inter_pod_affinity *a = args;
    if (a->hard_pod_affinity_weight < 0 || a->hard_pod_affinity_weight > 100)
        fault_invalid_int(p, PATH(path, "hardPodAffinityWeight"), a->hard_pod_affinity_weight,
                          "not in valid range [0, 100]");
}

static bool named_before(const struct args_resource *resources, uint32_t i)
{
    for (uint32_t j = 0; j < i; j++)
        if (berth_str_eq(resources[i].name, resources[j].name))
            return true;
    return false;
}

void validate_balanced_allocation(struct faults *p, const struct path *path, const void *args)
{
    const struct args_balanced_allocation *a = args;
    for (uint32_t i = 0; i < a->resources_len; i++) {
        const struct path *here = PATH_ITEM(PATH(path, "resources"), i);
        if (named_before(a->resources, i))
            fault_duplicate(p, PATH(here, "name"), a->resources[i].name);
        if (a->resources[i].weight != 1)
            fault_invalid_int(p, PATH(here, "weight"), a->resources[i].weight, "must be 1");
    }
}

/* ---- PodTopologySpread ---- */

static void validate_defaulting_type(struct faults *p, const struct path *path,
                                     const struct args_pod_topology_spread *a)
{
    static const char *const supported[] = {"System", "List", NULL};
    bool system = berth_str_eq(a->defaulting_type, BERTH_STR("System"));
    if (!system && !berth_str_eq(a->defaulting_type, BERTH_STR("List")))
        fault_unsupported(p, path, a->defaulting_type, supported);
    else if (system && a->default_constraints_len > 0)
        fault_invalid_text(p, path, a->defaulting_type, "when .defaultConstraints are not empty");
}

static void validate_when_unsatisfiable(struct faults *p, const struct path *path, berth_str when)
{
    static const char *const supported[] = {"DoNotSchedule", "ScheduleAnyway", NULL};
    if (when.len == 0)
        fault_required(p, path, "can not be empty");
    else if (!berth_str_eq(when, BERTH_STR("DoNotSchedule"))
             && !berth_str_eq(when, BERTH_STR("ScheduleAnyway")))
        fault_unsupported(p, path, when, supported);
}

static bool given_before(const struct args_constraint *constraints, uint32_t i)
{
    for (uint32_t j = 0; j < i; j++)
        if (berth_str_eq(constraints[i].topology_key, constraints[j].topology_key)
            && berth_str_eq(constraints[i].when_unsatisfiable, constraints[j].when_unsatisfiable))
            return true;
    return false;
}

static void validate_constraint(struct faults *p, const struct path *path, const struct args_constraint *c)
{
    if (c->max_skew <= 0)
        fault_invalid_int(p, PATH(path, "maxSkew"), c->max_skew, "not in valid range (0, inf)");
    if (c->topology_key.len == 0)
        fault_required(p, PATH(path, "topologyKey"), "can not be empty");
    else
        fault_unless_qualified(p, PATH(path, "topologyKey"), c->topology_key);
    validate_when_unsatisfiable(p, PATH(path, "whenUnsatisfiable"), c->when_unsatisfiable);
    if (c->selector)
        fault_forbidden(p, PATH(path, "labelSelector"),
                        "constraint must not define a selector, as they deduced for each pod");
}

void validate_pod_topology_spread(struct faults *p, const struct path *path, const void *args)
{
    const struct args_pod_topology_spread *a = args;
    validate_defaulting_type(p, PATH(path, "defaultingType"), a);
    for (uint32_t i = 0; i < a->default_constraints_len; i++) {
        const struct args_constraint *c = &a->default_constraints[i];
        const struct path *here = PATH_ITEM(PATH(path, "defaultConstraints"), i);
        validate_constraint(p, here, c);
        if (given_before(a->default_constraints, i)) {
            struct buf pair = {0};
            buf_printf(&pair, "{%.*s, %.*s}", BERTH_FMT(c->topology_key), BERTH_FMT(c->when_unsatisfiable));
            fault_duplicate(p, here, buf_view(&pair));
            buf_fini(&pair);
        }
    }
}

/* ---- VolumeBinding ---- */

static void validate_shape(struct faults *p, const struct path *path, const struct args_point *shape,
                           uint32_t len)
{
    if (len == 0)
        fault_required(p, path, "at least one point must be specified");
    for (uint32_t i = 1; i < len; i++)
        if (shape[i - 1].utilization >= shape[i].utilization) {
            fault_invalid_int(p, PATH(PATH_ITEM(path, i), "utilization"), shape[i].utilization,
                              "values must be sorted in increasing order");
            break;
        }
    for (uint32_t i = 0; i < len; i++) {
        if (shape[i].utilization < 0 || shape[i].utilization > 100)
            fault_invalid_int(p, PATH(PATH_ITEM(path, i), "utilization"), shape[i].utilization,
                              "not in valid range [0, 100]");
        if (shape[i].score < 0 || shape[i].score > 10)
            fault_invalid_int(p, PATH(PATH_ITEM(path, i), "score"), shape[i].score,
                              "not in valid range [0, 10]");
    }
}

static void refuse_shape(struct faults *p, const struct path *path, const struct args_volume_binding *a)
{
    struct buf shape = {0};
    for (uint32_t i = 0; i < a->shape_len; i++)
        buf_printf(&shape, "%s{\"Utilization\":%" PRId32 ",\"Score\":%" PRId32 "}", i ? "," : "",
                   a->shape[i].utilization, a->shape[i].score);
    fault_add(p, path,
              "Invalid value: [%.*s]: unexpected field `shape`, remove it or turn on the feature gate "
              "StorageCapacityScoring",
              BERTH_FMT(buf_view(&shape)));
    buf_fini(&shape);
}

void validate_volume_binding(struct faults *p, const struct path *path, const void *args)
{
    const struct args_volume_binding *a = args;
    if (a->bind_timeout_seconds < 0)
        fault_invalid_int(p, PATH(path, "bindTimeoutSeconds"), a->bind_timeout_seconds,
                          "invalid BindTimeoutSeconds, should not be a negative value");
    if (gates_enabled(p->gates, "StorageCapacityScoring"))
        validate_shape(p, PATH(path, "shape"), a->shape, a->shape_len);
    else if (a->shape)
        refuse_shape(p, PATH(path, "shape"), a);
}
