/*
 * The arguments of in-tree plugins (kind <plugin>Args): decoded, completed with defaults, validated.
 * https://kubernetes.io/docs/reference/config-api/kube-scheduler-config.v1/
 */
#ifndef CONFIG_ARGS_H
#define CONFIG_ARGS_H

#include "config/schema.h"

/* The arguments of one plugin. Every struct begins with a struct args_meta. */
struct args_kind {
    const char *plugin;
    const struct schema *schema;
    void (*complete)(struct arena *arena, void *args); /* defaults beyond the table's; may be NULL */
    void (*validate)(struct problems *p, const struct path *path, const void *args); /* may be NULL */
};

struct args_meta {
    berth_str api_version, kind;
};

/* The kind of a plugin's arguments; NULL: the plugin takes none, or is not in-tree. */
const struct args_kind *args_kind_of(berth_str plugin);

/* ---- the structs, for what looks into them ---- */

struct args_node_resources_fit {
    struct args_meta meta;
    const berth_str *ignored_resources, *ignored_resource_groups;
    uint32_t ignored_resources_len, ignored_resource_groups_len;
    struct args_scoring_strategy *scoring_strategy;
};

#endif
