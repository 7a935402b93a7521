/* Every plugin that Berth brings, by its table. */
#ifndef PLUGINS_ALL_H
#define PLUGINS_ALL_H

#include <berth/plugin.h>

extern const struct berth_plugin *const all_plugins[];
extern const uint32_t all_plugins_len;

#endif
