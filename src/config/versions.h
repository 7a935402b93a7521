/*
 * The versions of the file format: their names, default plugins and what became of plugins since. Files of
 * v1beta3 and v1beta2 are read as the releases up to 1.28 and 1.27 read them, and mapped to v1.
 */
#ifndef CONFIG_VERSIONS_H
#define CONFIG_VERSIONS_H

#include "config/config.h"

#define CONFIG_GROUP "kubescheduler.config.k8s.io"

/* "kubescheduler.config.k8s.io/v1" */
const char *version_name(enum config_version version);

/* False when Berth does not read that apiVersion. */
bool version_of(berth_str api_version, enum config_version *ret_version);

/* The default plugin sets, by enum point. */
const struct config_plugin_set *version_default_sets(enum config_version version);

/* The version that removed the plugin, as messages name it; NULL: files of this version may name it. */
const char *version_removed_plugin(enum config_version version, berth_str plugin);

/* Whether files of this version may enable the plugin, and files of v1 may not name it. */
bool version_v1_refuses(enum config_version version, berth_str plugin);

/* Whether the plugin, which is in the registry, may be enabled by files of this version. */
bool version_has_plugin(enum config_version version, berth_str plugin);

#endif
