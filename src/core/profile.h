/*
 * A profile: the plugins of one scheduler name, expanded from its configuration and instantiated.
 */
#ifndef CORE_PROFILE_H
#define CORE_PROFILE_H

#include "api/catalog.h"
#include "base/err.h"
#include "config/config.h"
#include "core/verdicts.h"
#include <berth/plugin.h>

/* Plugins by name. The tables live as long as the program; the array is the caller's. */
struct registry {
    const struct berth_plugin *const *plugins;
    uint32_t len;
};

/* Joins two registries into malloc'ed *ret; a name that is in both is an error. */
int registry_merge(const struct registry *a, const struct registry *b, struct registry *ret, struct err *err);

struct plugin_instance {
    const struct berth_plugin *plugin;
    void *self;
};

/* A plugin at one extension point. */
struct enabled {
    const struct plugin_instance *instance;
    int64_t weight;  /* POINT_SCORE and POINT_PLACEMENT_SCORE: >= 1 */
};

struct profile {
    struct arena arena; /* owns everything below but the instances' selves */
    berth_str scheduler_name;
    int32_t percentage_of_nodes_to_score; /* the profile's own or the global value; 0: all nodes */
    struct plugin_instance *instances;
    uint32_t instances_len;
    struct {
        const struct enabled *at; /* in running order */
        uint32_t len;
    } points[POINT_COUNT];
};

/* Whether the plugin takes part in the point. */
bool plugin_has_point(const struct berth_plugin *plugin, enum point point);

/*
 * Expands and instantiates one profile; errors are upstream's texts from "initializing profiles: "
 * on, with "FILE:LINE: " in front as config_load() has it. `catalog` gives plugins their atoms and
 * must outlive the profile.
 */
int profile_new(const struct config *config, const struct config_profile *from,
                const struct registry *registry, struct catalog *catalog, struct profile **ret_profile,
                struct err *err);
struct profile *profile_free(struct profile *p);

/*
 * Adds the profile as a JSON object: schedulerName, plugins (names by extension point, in running order,
 * empty points and those of pod groups left out) and scoreWeights (left out when nothing scores). Keys of the
 * inner objects are sorted.
 */
void profile_show(struct buf *b, const struct profile *p);

#endif
