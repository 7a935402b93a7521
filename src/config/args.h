/*
 * The arguments of in-tree plugins (kind <plugin>Args): decoded, completed with defaults, validated.
 * https://kubernetes.io/docs/reference/config-api/kube-scheduler-config.v1/
 */
#ifndef CONFIG_ARGS_H
#define CONFIG_ARGS_H

#include "config/gates.h"
#include "config/schema.h"

/* The arguments of one plugin. Every struct begins with a struct args_meta. */
struct args_kind {
    const char *plugin;
    const struct schema *schema;
    /* Defaults beyond the table's; may be NULL. */
    void (*complete)(struct arena *arena, const struct gates *gates, void *args);
    /* May be NULL. */
    void (*validate)(struct faults *p, const struct path *path, const void *args);
};

struct args_meta {
    berth_str api_version, kind;
};

/* The kind of a plugin's arguments; NULL: the plugin takes none, or is not in-tree. */
const struct args_kind *args_kind_of(berth_str plugin);

/* All kinds, sorted by plugin. */
const struct args_kind *args_kinds(uint32_t *ret_len);

/* Sets the resources that NodeResourcesFit's filter ignores, in its decoded arguments. */
void args_ignore_resources(void *node_resources_fit_args, const berth_str *names, uint32_t len);

#endif
