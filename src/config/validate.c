/*
 * Validation of the file as a whole: kubescheduler.config.k8s.io's own rules, those of component-base, and,
 * through the tables of args.c, those of the plugins' arguments.
 */
#include "config/validate.h"

#include "base/array.h"
#include "config/args.h"
#include "config/names.h"
#include "config/versions.h"

#include <inttypes.h>

static void validate_leader_election(struct faults *p, const struct path *path,
                                     const struct config_leader_election *l)
{
    if (!l->leader_elect)
        return;
    if (l->lease_duration <= 0)
        fault_invalid_duration(p, PATH(path, "leaseDuration"), l->lease_duration,
                               "must be greater than zero");
    if (l->renew_deadline <= 0)
        fault_invalid_duration(p, PATH(path, "renewDeadline"), l->renew_deadline,
                               "must be greater than zero");
    if (l->retry_period <= 0)
        fault_invalid_duration(p, PATH(path, "retryPeriod"), l->retry_period, "must be greater than zero");
    /* Upstream shows the deadline as the value that is wrong. */
    if (l->lease_duration <= l->renew_deadline)
        fault_invalid_duration(p, PATH(path, "leaseDuration"), l->renew_deadline,
                               "must be greater than `RenewDeadline`");
    if (!berth_str_eq(l->resource_lock, BERTH_STR("leases")))
        fault_invalid_text(p, PATH(path, "resourceLock"), l->resource_lock,
                           "resourceLock value must be \"leases\"");
}

static void validate_percentage(struct faults *p, const struct path *path, int32_t percentage)
{
    if (percentage != FIELD_NOT_GIVEN_32 && (percentage < 0 || percentage > 100))
        fault_invalid_int(p, path, percentage, "not in valid range [0-100]");
}

/* ---- profiles ---- */

static void refuse_plugin(struct faults *p, const struct path *path, enum config_version version,
                          berth_str name)
{
    const char *removed_in = version_removed_plugin(version, name);
    if (!removed_in)
        return;
    struct buf detail = {0};
    buf_printf(&detail, "was invalid in version \"%s\" (KubeSchedulerConfiguration is version \"%s\")",
               removed_in, version_name(version));
    fault_invalid_text(p, path, name, detail.ptr);
    buf_fini(&detail);
}

/* Upstream looks at these points and in no fixed order; multiPoint and the placement points are left out. */
static void refuse_removed_plugins(struct faults *p, const struct path *path, enum config_version version,
                                   const struct config_profile *profile)
{
    static const enum point points[] = {
        POINT_PRE_ENQUEUE, POINT_QUEUE_SORT, POINT_PRE_FILTER, POINT_FILTER,
        POINT_POST_FILTER, POINT_PRE_SCORE,  POINT_SCORE,      POINT_RESERVE,
        POINT_PERMIT,      POINT_PRE_BIND,   POINT_BIND,       POINT_POST_BIND,
    };
    for (size_t i = 0; i < ARRAY_LEN(points); i++) {
        const struct config_plugin_set *set = &profile->sets[points[i]];
        const struct path *here = PATH(PATH(path, point_field(points[i])), "enabled");
        for (uint32_t j = 0; j < set->enabled_len; j++)
            refuse_plugin(p, PATH_ITEM(here, j), version, set->enabled[j].name);
    }
}

static bool configured_before(const struct config_profile *profile, uint32_t i)
{
    for (uint32_t j = 0; j < i; j++)
        if (berth_str_eq(profile->args[i].plugin, profile->args[j].plugin))
            return true;
    return false;
}

static void validate_args(struct faults *p, const struct path *path, enum config_version version,
                          const struct config_profile *profile, void *const *typed)
{
    for (uint32_t i = 0; i < profile->args_len; i++) {
        berth_str name = profile->args[i].plugin;
        const struct path *here = PATH_ITEM(path, i);
        const struct args_kind *kind = args_kind_of(name);
        if (configured_before(profile, i))
            fault_duplicate(p, here, name);
        refuse_plugin(p, here, version, name);
        if (kind && kind->validate)
            kind->validate(p, PATH(here, "args"), typed[i]);
    }
}

static void validate_profile(struct faults *p, const struct path *path, enum config_version version,
                             const struct config_profile *profile, void *const *typed)
{
    if (profile->scheduler_name.len == 0)
        fault_required(p, PATH(path, "schedulerName"), "");
    validate_percentage(p, PATH(path, "percentageOfNodesToScore"), profile->percentage_of_nodes_to_score);
    refuse_removed_plugins(p, PATH(path, "plugins"), version, profile);
    validate_args(p, PATH(path, "pluginConfig"), version, profile, typed);
}

static bool name_taken(const struct config *c, uint32_t i)
{
    for (uint32_t j = 0; j < i; j++)
        if (berth_str_eq(c->profiles[i].scheduler_name, c->profiles[j].scheduler_name))
            return true;
    return false;
}

/* ---- the queue is one for all profiles, so they must agree on its order ---- */

static bool same_plugins(const struct config_plugin *a, uint32_t a_len, const struct config_plugin *b,
                         uint32_t b_len)
{
    bool same = a_len == b_len;
    for (uint32_t i = 0; same && i < a_len; i++)
        same = berth_str_eq(a[i].name, b[i].name) && a[i].weight == b[i].weight;
    return same;
}

/* As Go marshals the internal type, which has no names for JSON. */
static void add_plugins(struct buf *b, const struct config_plugin *plugins, uint32_t len)
{
    if (len == 0)
        buf_puts(b, "null");
    for (uint32_t i = 0; i < len; i++) {
        buf_puts(b, i ? ",{\"Name\":" : "[{\"Name\":");
        buf_json_str(b, plugins[i].name);
        buf_printf(b, ",\"Weight\":%" PRId32 "}%s", plugins[i].weight, i + 1 == len ? "]" : "");
    }
}

static void refuse_queue_sort(struct faults *p, const struct path *path, const struct config_plugin_set *set)
{
    struct buf value = {0};
    buf_puts(&value, "{\"Enabled\":");
    add_plugins(&value, set->enabled, set->enabled_len);
    buf_puts(&value, ",\"Disabled\":");
    add_plugins(&value, set->disabled, set->disabled_len);
    fault_add(p, path, "Invalid value: %s}: must be the same for all profiles", value.ptr);
    buf_fini(&value);
}

/* The arguments of the plugin as JSON text, empty when there are none. */
static void add_args_of(struct buf *b, const struct config_profile *profile, berth_str plugin)
{
    for (uint32_t i = 0; i < profile->args_len; i++) {
        if (!berth_str_eq(profile->args[i].plugin, plugin))
            continue;
        buf_clear(b);
        if (profile->args[i].args)
            doc_write_json(b, profile->args[i].args);
    }
}

static void compare_queue_sort_args(struct faults *p, const struct path *path, const struct config *c,
                                    uint32_t i)
{
    if (c->profiles[0].sets[POINT_QUEUE_SORT].enabled_len == 0)
        return;
    berth_str plugin = c->profiles[0].sets[POINT_QUEUE_SORT].enabled[0].name;
    struct buf first = {0}, here = {0};
    add_args_of(&first, &c->profiles[0], plugin);
    buf_puts(&here, "unset");
    add_args_of(&here, &c->profiles[i], plugin);
    bool configured = !berth_str_eq(buf_view(&here), BERTH_STR("unset"));
    if (configured && !berth_str_eq(buf_view(&first), buf_view(&here)))
        fault_add(p, PATH(PATH(path, "pluginConfig"), "args"),
                  "Invalid value: %.*s: queueSort must be the same for all profiles",
                  BERTH_FMT(here.len ? buf_view(&here) : BERTH_STR("null")));
    buf_fini(&first);
    buf_fini(&here);
}

static void validate_common_queue_sort(struct faults *p, const struct path *path, const struct config *c)
{
    const struct config_plugin_set *first = &c->profiles[0].sets[POINT_QUEUE_SORT];
    if (first->enabled_len > 1)
        fault_invalid_int(p, PATH(PATH(PATH(PATH_ITEM(path, 0), "plugins"), "queueSort"), "Enabled"),
                          first->enabled_len, "only one queue sort plugin can be enabled");
    for (uint32_t i = 1; i < c->profiles_len; i++) {
        const struct config_plugin_set *set = &c->profiles[i].sets[POINT_QUEUE_SORT];
        const struct path *here = PATH_ITEM(path, i);
        if (!same_plugins(first->enabled, first->enabled_len, set->enabled, set->enabled_len)
            || !same_plugins(first->disabled, first->disabled_len, set->disabled, set->disabled_len))
            refuse_queue_sort(p, PATH(PATH(here, "plugins"), "queueSort"), set);
        compare_queue_sort_args(p, here, c, i);
    }
}

/* ---- extenders ---- */

static bool managed_before(const struct config *c, uint32_t extender, uint32_t resource)
{
    berth_str name = c->extenders[extender].managed[resource].name;
    for (uint32_t i = 0; i <= extender; i++) {
        uint32_t len = i == extender ? resource : c->extenders[i].managed_len;
        for (uint32_t j = 0; j < len; j++)
            if (berth_str_eq(name, c->extenders[i].managed[j].name))
                return true;
    }
    return false;
}

static void validate_extender(struct faults *p, const struct path *path, const struct config *c, uint32_t i)
{
    const struct config_extender *e = &c->extenders[i];
    if (e->prioritize_verb.len && e->weight <= 0)
        fault_invalid_int(p, PATH(path, "weight"), e->weight, "must have a positive weight applied to it");
    for (uint32_t j = 0; j < e->managed_len; j++) {
        const struct path *name = PATH(PATH_ITEM(PATH(path, "managedResources"), j), "name");
        fault_unless_extended_resource(p, name, e->managed[j].name);
        if (managed_before(c, i, j))
            fault_invalid_text(p, name, e->managed[j].name, "duplicate extender managed resource name");
    }
}

static void validate_extenders(struct faults *p, const struct path *path, const struct config *c)
{
    uint32_t binders = 0;
    for (uint32_t i = 0; i < c->extenders_len; i++) {
        validate_extender(p, PATH_ITEM(path, i), c, i);
        binders += c->extenders[i].bind_verb.len > 0;
    }
    if (binders > 1)
        fault_add(p, path,
                  "Invalid value: \"found %" PRIu32 " extenders implementing bind\": only one extender can "
                  "implement bind",
                  binders);
}

void config_validate(struct faults *p, const struct config *c, void *const *const *typed)
{
    const struct path *profiles = PATH(NULL, "profiles");
    if (c->client_connection.burst < 0)
        fault_invalid_int(p, PATH(PATH(NULL, "clientConnection"), "burst"), c->client_connection.burst,
                          "must be non-negative");
    validate_leader_election(p, PATH(NULL, "leaderElection"), &c->leader_election);
    if (c->parallelism <= 0)
        fault_invalid_int(p, PATH(NULL, "parallelism"), c->parallelism,
                          "should be an integer value greater than zero");
    for (uint32_t i = 0; i < c->profiles_len; i++) {
        const struct path *here = PATH_ITEM(profiles, i);
        validate_profile(p, here, c->version, &c->profiles[i], typed[i]);
        if (name_taken(c, i))
            fault_add(p, PATH(here, "schedulerName"), "Duplicate value: {}");
    }
    validate_common_queue_sort(p, profiles, c);
    validate_percentage(p, PATH(NULL, "percentageOfNodesToScore"), c->percentage_of_nodes_to_score);
    if (c->pod_initial_backoff_seconds <= 0)
        fault_invalid_int(p, PATH(NULL, "podInitialBackoffSeconds"), c->pod_initial_backoff_seconds,
                          "must be greater than 0");
    if (c->pod_max_backoff_seconds < c->pod_initial_backoff_seconds)
        fault_invalid_int(p, PATH(NULL, "podMaxBackoffSeconds"), c->pod_max_backoff_seconds,
                          "must be greater than or equal to PodInitialBackoffSeconds");
    validate_extenders(p, PATH(NULL, "extenders"), c);
}
