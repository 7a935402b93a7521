/*
 * KubeSchedulerConfiguration, decoded, completed with defaults and validated.
 * https://kubernetes.io/docs/reference/config-api/kube-scheduler-config.v1/
 */
#ifndef CONFIG_CONFIG_H
#define CONFIG_CONFIG_H

#include "base/doc.h"
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
    const struct berth_value *args; /* completed with defaults for in-tree plugins; NULL when there are none */
};

struct config_profile {
    berth_str scheduler_name;
    int32_t percentage_of_nodes_to_score; /* -1: not given, the global value holds */
    struct config_plugin_set sets[POINT_COUNT + 1]; /* by enum point; POINT_MULTI holds the merged defaults */
    const struct config_args *args;
    uint32_t args_len;
};

struct config {
    struct arena arena; /* owns everything below */
    int32_t parallelism;
    int32_t percentage_of_nodes_to_score; /* 0: all nodes (upstream: adaptive) */
    int64_t pod_initial_backoff_seconds;
    int64_t pod_max_backoff_seconds;
    const struct config_profile *profiles;
    uint32_t profiles_len;
    const struct berth_value *whole; /* the completed file as --write-config-to writes it, keys sorted */
};

/* The configuration that an empty file means; NULL when memory ran out. */
struct config *config_default(void);

/*
 * Reads, completes and validates. Every validation error is found before it fails; the text is upstream's, with
 * "file:line: " in front where a line can be told. Deprecation warnings are added to `warnings`, one a line.
 */
int config_load(const struct doc *doc, struct config **ret_config, struct buf *warnings, struct err *err);

struct config *config_free(struct config *c);

#endif
