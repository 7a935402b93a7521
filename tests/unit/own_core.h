/* A core in which a plugin of the test's own plays beside the in-tree ones. */
#ifndef UNIT_OWN_CORE_H
#define UNIT_OWN_CORE_H

#include "config_text.h"
#include "core/core.h"
#include "plugins/all.h"

/* Zero-initialise; release with own_core_fini(), also after an error. */
struct own_core {
    struct core *core;
    struct config *config;
    struct registry registry;
};

/* `profiles` is the member of that name of the configuration. */
static inline int own_core_init(struct own_core *o, const struct berth_plugin *own, const char *profiles,
                                struct catalog *catalog, const struct core_options *options, struct err *err)
{
    const struct registry in_tree = {all_plugins, all_plugins_len};
    struct buf text = {0}, warnings = {0};
    buf_printf(&text, CONFIG_V1 "profiles: %s\n", profiles);
    int r = config_of(text.ptr, &o->config, &warnings, err);
    buf_fini(&text);
    buf_fini(&warnings);
    r = r < 0 ? r : registry_merge(&in_tree, &(struct registry){&own, 1}, &o->registry, err);
    return r < 0 ? r : core_new(o->config, &o->registry, catalog, options, &o->core, err);
}

static inline void own_core_fini(struct own_core *o)
{
    core_free(o->core);
    free((void *)o->registry.plugins);
    config_free(o->config);
    *o = (struct own_core){0};
}

#endif
