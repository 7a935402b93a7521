/*
 * DefaultBinder: binds every pod. The bind itself, an API request or an entry in the simulator's books, is
 * made by whoever drives the core once this plugin has agreed; a plugin only decides.
 */
#include <berth/plugin.h>

static berth_verdict bind(const struct berth_cycle *c, uint32_t node)
{
    (void)c;
    (void)node;
    return BERTH_PASS;
}

const struct berth_plugin default_binder_plugin = {
    .abi = BERTH_ABI,
    .size = sizeof(struct berth_plugin),
    .name = "DefaultBinder",
    .bind = bind,
};
