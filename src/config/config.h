/*
 * KubeSchedulerConfiguration, decoded, completed with defaults and validated.
 * https://kubernetes.io/docs/reference/config-api/kube-scheduler-config.v1/
 */
#ifndef CONFIG_CONFIG_H
#define CONFIG_CONFIG_H

#include "base/doc.h"
#include "config/gates.h"
#include "config/points.h"

struct config_plugin {
    berth_str name;
    int32_t weight; /* 0: not given */
};

struct config_plugin_set {
    const struct config_plugin *enabled, *disabled; /* `disabled` may name "*" */
    uint32_t enabled_len, disabled_len;
};

struct config_args {
    berth_str plugin;
    const struct berth_value
        *args; /* completed with defaults for in-tree plugins; NULL when there are none */
};

struct config_profile {
    berth_str scheduler_name;
    int32_t percentage_of_nodes_to_score;           /* -1: not given, the global value holds */
    struct config_plugin_set sets[POINT_COUNT + 1]; /* by enum point; POINT_MULTI holds the merged defaults */
    const struct config_args *args;
    uint32_t args_len;
};

/* Durations are in nanoseconds. */
struct config_leader_election {
    bool leader_elect;
    int64_t lease_duration, renew_deadline, retry_period;
    berth_str resource_lock, resource_name, resource_namespace;
};

struct config_client_connection {
    berth_str kubeconfig, accept_content_types, content_type;
    float qps; /* negative: no limit */
    int32_t burst;
};

struct config_managed_resource {
    berth_str name;
    bool ignored_by_scheduler;
};

struct config_tls {
    bool insecure;
    berth_str server_name;
    berth_str cert_file, key_file, ca_file;
    berth_str cert_data, key_data, ca_data; /* base64, as in the file */
};

struct config_extender {
    berth_str url_prefix;
    berth_str filter_verb, preempt_verb, prioritize_verb, bind_verb; /* empty: not asked */
    int64_t weight;
    bool enable_https, node_cache_capable, ignorable;
    const struct config_tls *tls; /* NULL: not given */
    int64_t http_timeout;         /* nanoseconds */
    const struct config_managed_resource *managed;
    uint32_t managed_len;
};

/* The versions of the file format that are read; each means what it meant in the releases that had it. */
enum config_version { CONFIG_V1, CONFIG_V1BETA3, CONFIG_V1BETA2 };

struct config {
    struct arena arena;             /* owns everything below */
    struct doc source;              /* a copy of the file; `text` is NULL for the defaults */
    const struct berth_value *file; /* the parsed file, NULL for the defaults */
    struct gates gates;
    enum config_version version;
    berth_str api_version, kind; /* of the completed form: always v1's */
    int32_t parallelism;
    int32_t percentage_of_nodes_to_score; /* 0: all nodes (upstream: adaptive) */
    int64_t pod_initial_backoff_seconds;
    int64_t pod_max_backoff_seconds;
    struct config_leader_election leader_election;
    struct config_client_connection client_connection;
    bool enable_profiling, enable_contention_profiling;
    bool delay_cache_until_active;
    const struct config_extender *extenders;
    uint32_t extenders_len;
    const struct config_profile *profiles;
    uint32_t profiles_len;
    const struct berth_value *whole; /* the completed file as --write-config-to writes it, keys sorted */
};

/* The configuration that an empty file means; NULL when memory ran out. */
struct config *config_default(void);
struct config *config_default_with(const struct gates *gates);

/*
 * Reads, completes and validates. Every validation error is found before it fails; the text is upstream's,
 * with "file:line: " in front where a line can be told. Several errors: one a line, then all of them in one
 * line as kube-scheduler words it. Deprecation warnings are added to `warnings`, one a line.
 */
int config_load(const struct doc *doc, struct config **ret_config, struct buf *warnings, struct err *err);

/* The same where feature gates are not at their defaults. */
int config_load_with(const struct gates *gates, const struct doc *doc, struct config **ret_config,
                     struct buf *warnings, struct err *err);

/*
 * Adds "FILE:LINE: " of a plugin that the profile enables at the point (POINT_MULTI too), for messages about
 * it; "FILE: " when the file does not name it there, and nothing for the defaults.
 */
void config_place(const struct config *c, const struct config_profile *profile, enum point point,
                  berth_str plugin, struct buf *b);

/* The same for the plugin's arguments. */
void config_args_place(const struct config *c, const struct config_profile *profile, berth_str plugin,
                       struct buf *b);

/* Whether files of this version may enable a plugin that is in the registry. */
bool config_knows_plugin(const struct config *c, berth_str plugin);

/* Frees the configuration, which may be NULL; returns NULL. */
struct config *config_free(struct config *c);

#endif
