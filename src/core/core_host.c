/*
 * What the queue asks about plugins and pods. Its questions come between and inside cycles, so they have
 * scratch memory of their own.
 */
#include "core/core_internal.h"

#include "core/framework.h"

#include <errno.h>

static bool admits(void *context, uint32_t profile, uint32_t plugin, const struct berth_pod *pod)
{
    struct core *core = context;
    struct cycle cy = core_begin(core, &core->aside, pod, profile);
    const struct plugin_instance *instance = &cy.profile->instances[plugin];
    struct call call = framework_call(&cy, instance);
    return instance->plugin->pre_enqueue(&call.c) == BERTH_PASS;
}

static enum berth_hint hint(void *context, uint32_t profile, const struct registered *registered,
                            const struct berth_pod *pod, const struct berth_change *change)
{
    struct core *core = context;
    struct cycle cy = core_begin(core, &core->aside, pod, profile);
    struct call call = framework_call(&cy, &cy.profile->instances[registered->plugin]);
    return registered->what->hint(&call.c, change);
}

static const struct berth_pod *latest(void *context, const struct berth_pod *pod)
{
    const struct core *core = context;
    const struct pod_entry *entry =
        pod_index_find(&core->cache.pods, berth_pod_namespace(pod), berth_pod_name(pod));
    return entry ? entry->pod : NULL;
}

/* Whether pods may wait for the plugin. */
static bool may_reject(const struct berth_plugin *plugin)
{
    return plugin_has_point(plugin, POINT_PRE_ENQUEUE) || plugin_has_point(plugin, POINT_PRE_FILTER)
           || plugin_has_point(plugin, POINT_FILTER) || plugin_has_point(plugin, POINT_RESERVE)
           || plugin_has_point(plugin, POINT_PERMIT);
}

static int add_profile(struct queue *q, const struct profile *profile)
{
    struct queue_plugin plugins[QUEUE_PLUGINS_MAX];
    uint8_t gates[QUEUE_PLUGINS_MAX];
    uint32_t gates_len = profile->points[POINT_PRE_ENQUEUE].len;
    for (uint32_t i = 0; i < profile->instances_len; i++) {
        const struct berth_plugin *plugin = profile->instances[i].plugin;
        plugins[i] = (struct queue_plugin){plugin->events, plugin->events_len, may_reject(plugin)};
    }
    for (uint32_t i = 0; i < gates_len; i++)
        gates[i] = (uint8_t)(profile->points[POINT_PRE_ENQUEUE].at[i].instance - profile->instances);
    return queue_add_profile(q, &(struct queue_profile_setup){
                                    .plugins = plugins,
                                    .plugins_len = profile->instances_len,
                                    .gates = gates,
                                    .gates_len = gates_len,
                                });
}

int core_init_queue(struct core *core, const struct config *config)
{
    enum { SECOND_NS = 1000000000, MAX_PARKED_SECONDS = 300 };
    int64_t max_parked = core->options.max_parked_seconds;
    const struct plugin_instance *sort = core->profiles[0]->points[POINT_QUEUE_SORT].at[0].instance;
    queue_init(&core->queue, &(struct queue_options){
                                 .catalog = core->catalog,
                                 .host = {core, admits, hint, latest},
                                 .less = sort->plugin->less,
                                 .less_self = sort->self,
                                 .initial_backoff_ns = config->pod_initial_backoff_seconds * SECOND_NS,
                                 .max_backoff_ns = config->pod_max_backoff_seconds * SECOND_NS,
                                 .max_parked_ns = (max_parked ? max_parked : MAX_PARKED_SECONDS) * SECOND_NS,
                             });
    for (uint32_t i = 0; i < core->profiles_len; i++)
        if (add_profile(&core->queue, core->profiles[i]) < 0)
            return -ENOMEM;
    return 0;
}
