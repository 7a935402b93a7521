/*
 * KubeSchedulerConfiguration as tables, field by field as in kubescheduler.config.k8s.io/v1, with its
 * defaults. The fields of a table are sorted by name.
 * healthzBindAddress and metricsBindAddress are v1beta2's.
 */
#include "config/types.h"

#include "base/array.h"
#include "base/duration.h"

#include <stddef.h>

#define SCHEMA(symbol, go_package, go_name, type, rows)                                                      \
    const struct schema symbol = {.name = (go_name),                                                         \
                                  .package = (go_package),                                                   \
                                  .size = sizeof(type),                                                      \
                                  .len = ARRAY_LEN(rows),                                                    \
                                  .fields = (rows)}

#define AT(member) offsetof(HOLDER, member)
#define LIST_AT(member) .type = FIELD_LIST, .at = AT(member), .len_at = AT(member##_len)

#define HOLDER struct config_plugin
static const struct field plugin_fields[] = {
    {"name", FIELD_STRING, .at = AT(name)},
    {"weight", FIELD_INT32, .at = AT(weight)},
};
static SCHEMA(plugin_schema, "v1", "Plugin", HOLDER, plugin_fields);
#undef HOLDER

#define HOLDER struct config_plugin_set
static const struct field plugin_set_fields[] = {
    {"disabled", LIST_AT(disabled), .of = &plugin_schema, .flags = FIELD_OMIT_EMPTY},
    {"enabled", LIST_AT(enabled), .of = &plugin_schema, .flags = FIELD_OMIT_EMPTY},
};
static SCHEMA(plugin_set_schema, "v1", "PluginSet", HOLDER, plugin_set_fields);
#undef HOLDER

struct plugin_sets {
    struct config_plugin_set sets[POINT_COUNT + 1];
};

#define HOLDER struct plugin_sets
#define SET(field_name, id)                                                                                  \
    {                                                                                                        \
        field_name, FIELD_STRUCT, .at = AT(sets) + POINT_##id * sizeof(struct config_plugin_set),            \
                                  .of = &plugin_set_schema                                                   \
    }
static const struct field plugins_fields[] = {
    SET("bind", BIND),
    SET("filter", FILTER),
    SET("multiPoint", MULTI),
    SET("permit", PERMIT),
    SET("placementGenerate", PLACEMENT_GENERATE),
    SET("placementScore", PLACEMENT_SCORE),
    SET("postBind", POST_BIND),
    SET("postFilter", POST_FILTER),
    SET("preBind", PRE_BIND),
    SET("preEnqueue", PRE_ENQUEUE),
    SET("preFilter", PRE_FILTER),
    SET("preScore", PRE_SCORE),
    SET("queueSort", QUEUE_SORT),
    SET("reserve", RESERVE),
    SET("score", SCORE),
};
static SCHEMA(plugins_schema, "v1", "Plugins", HOLDER, plugins_fields);
#undef HOLDER

#define HOLDER struct config_args
static const struct field args_fields[] = {
    {"args", FIELD_RAW, .at = AT(args)},
    {"name", FIELD_STRING, .at = AT(plugin)},
};
static SCHEMA(args_schema, "v1", "PluginConfig", HOLDER, args_fields);
#undef HOLDER

#define HOLDER struct config_profile
static const struct field profile_fields[] = {
    {"percentageOfNodesToScore", FIELD_INT32, FIELD_OPTIONAL, .at = AT(percentage_of_nodes_to_score)},
    {"pluginConfig", LIST_AT(args), .of = &args_schema, .flags = FIELD_OMIT_EMPTY},
    {"plugins", FIELD_STRUCT, .at = AT(sets), .of = &plugins_schema},
    {"schedulerName", FIELD_STRING, FIELD_OPTIONAL, .at = AT(scheduler_name)},
};
static SCHEMA(profile_schema, "v1", "KubeSchedulerProfile", HOLDER, profile_fields);
#undef HOLDER

#define HOLDER struct config_leader_election
#define DURATION(seconds) ((seconds)*DURATION_SECOND)
static const struct field leader_election_fields[] = {
    {"leaderElect", FIELD_BOOL, 0, .at = AT(leader_elect), .number = true},
    {"leaseDuration", FIELD_DURATION, FIELD_ZERO_UNSET, .at = AT(lease_duration), .number = DURATION(15)},
    {"renewDeadline", FIELD_DURATION, FIELD_ZERO_UNSET, .at = AT(renew_deadline), .number = DURATION(10)},
    {"resourceLock", FIELD_STRING, FIELD_ZERO_UNSET, .at = AT(resource_lock), .text = "leases"},
    {"resourceName", FIELD_STRING, FIELD_ZERO_UNSET, .at = AT(resource_name), .text = "kube-scheduler"},
    {"resourceNamespace", FIELD_STRING, FIELD_ZERO_UNSET, .at = AT(resource_namespace),
     .text = "kube-system"},
    {"retryPeriod", FIELD_DURATION, FIELD_ZERO_UNSET, .at = AT(retry_period), .number = DURATION(2)},
};
static SCHEMA(leader_election_schema, "v1alpha1", "LeaderElectionConfiguration", HOLDER,
              leader_election_fields);
#undef HOLDER

#define HOLDER struct config_client_connection
static const struct field client_connection_fields[] = {
    {"acceptContentTypes", FIELD_STRING, .at = AT(accept_content_types)},
    {"burst", FIELD_INT32, FIELD_ZERO_UNSET, .at = AT(burst), .number = 100},
    {"contentType", FIELD_STRING, FIELD_ZERO_UNSET, .at = AT(content_type),
     .text = "application/vnd.kubernetes.protobuf"},
    {"kubeconfig", FIELD_STRING, .at = AT(kubeconfig)},
    {"qps", FIELD_FLOAT32, FIELD_ZERO_UNSET, .at = AT(qps), .number = 50},
};
static SCHEMA(client_connection_schema, "v1alpha1", "ClientConnectionConfiguration", HOLDER,
              client_connection_fields);
#undef HOLDER

#define HOLDER struct config_managed_resource
static const struct field managed_resource_fields[] = {
    {"ignoredByScheduler", FIELD_BOOL, FIELD_OMIT_EMPTY, .at = AT(ignored_by_scheduler)},
    {"name", FIELD_STRING, .at = AT(name)},
};
static SCHEMA(managed_resource_schema, "v1", "ExtenderManagedResource", HOLDER, managed_resource_fields);
#undef HOLDER

#define HOLDER struct config_tls
static const struct field tls_fields[] = {
    {"caData", FIELD_BYTES, FIELD_OMIT_EMPTY, .at = AT(ca_data)},
    {"caFile", FIELD_STRING, FIELD_OMIT_EMPTY, .at = AT(ca_file)},
    {"certData", FIELD_BYTES, FIELD_OMIT_EMPTY, .at = AT(cert_data)},
    {"certFile", FIELD_STRING, FIELD_OMIT_EMPTY, .at = AT(cert_file)},
    {"insecure", FIELD_BOOL, FIELD_OMIT_EMPTY, .at = AT(insecure)},
    {"keyData", FIELD_BYTES, FIELD_OMIT_EMPTY, .at = AT(key_data)},
    {"keyFile", FIELD_STRING, FIELD_OMIT_EMPTY, .at = AT(key_file)},
    {"serverName", FIELD_STRING, FIELD_OMIT_EMPTY, .at = AT(server_name)},
};
static SCHEMA(tls_schema, "v1", "ExtenderTLSConfig", HOLDER, tls_fields);
#undef HOLDER

#define HOLDER struct config_extender
static const struct field extender_fields[] = {
    {"bindVerb", FIELD_STRING, FIELD_OMIT_EMPTY, .at = AT(bind_verb)},
    {"enableHTTPS", FIELD_BOOL, FIELD_OMIT_EMPTY, .at = AT(enable_https)},
    {"filterVerb", FIELD_STRING, FIELD_OMIT_EMPTY, .at = AT(filter_verb)},
    {"httpTimeout", FIELD_DURATION, FIELD_ZERO_UNSET, .at = AT(http_timeout), .number = DURATION(5)},
    {"ignorable", FIELD_BOOL, FIELD_OMIT_EMPTY, .at = AT(ignorable)},
    {"managedResources", LIST_AT(managed), .of = &managed_resource_schema, .flags = FIELD_OMIT_EMPTY},
    {"nodeCacheCapable", FIELD_BOOL, FIELD_OMIT_EMPTY, .at = AT(node_cache_capable)},
    {"preemptVerb", FIELD_STRING, FIELD_OMIT_EMPTY, .at = AT(preempt_verb)},
    {"prioritizeVerb", FIELD_STRING, FIELD_OMIT_EMPTY, .at = AT(prioritize_verb)},
    {"tlsConfig", FIELD_POINTER, FIELD_OMIT_EMPTY, .at = AT(tls), .of = &tls_schema},
    {"urlPrefix", FIELD_STRING, .at = AT(url_prefix)},
    {"weight", FIELD_INT64, FIELD_OMIT_EMPTY, .at = AT(weight)},
};
static SCHEMA(extender_schema, "v1", "Extender", HOLDER, extender_fields);
#undef HOLDER

#define HOLDER struct config
static const struct field file_fields[] = {
    {"apiVersion", FIELD_STRING, .at = AT(api_version)},
    {"clientConnection", FIELD_STRUCT, .at = AT(client_connection), .of = &client_connection_schema},
    {"delayCacheUntilActive", FIELD_BOOL, FIELD_OMIT_EMPTY, .at = AT(delay_cache_until_active)},
    {"enableContentionProfiling", FIELD_BOOL, 0, .at = AT(enable_contention_profiling), .number = true},
    {"enableProfiling", FIELD_BOOL, 0, .at = AT(enable_profiling), .number = true},
    {"extenders", LIST_AT(extenders), .of = &extender_schema, .flags = FIELD_OMIT_EMPTY},
    {"healthzBindAddress", FIELD_STRING, .flags = FIELD_OLD},
    {"kind", FIELD_STRING, .at = AT(kind)},
    {"leaderElection", FIELD_STRUCT, .at = AT(leader_election), .of = &leader_election_schema},
    {"metricsBindAddress", FIELD_STRING, .flags = FIELD_OLD},
    {"parallelism", FIELD_INT32, 0, .at = AT(parallelism), .number = 16},
    {"percentageOfNodesToScore", FIELD_INT32, .at = AT(percentage_of_nodes_to_score)},
    {"podInitialBackoffSeconds", FIELD_INT64, 0, .at = AT(pod_initial_backoff_seconds), .number = 1},
    {"podMaxBackoffSeconds", FIELD_INT64, 0, .at = AT(pod_max_backoff_seconds), .number = 10},
    {"profiles", LIST_AT(profiles), .of = &profile_schema, .flags = FIELD_OMIT_EMPTY},
};
SCHEMA(config_schema, "v1", "KubeSchedulerConfiguration", HOLDER, file_fields);
