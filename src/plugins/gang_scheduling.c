/*
 * GangScheduling: all pods of a group or none (KEP-4671). Off by default, as its feature gate is.
 *
 * Not here yet: pod groups. With the gate off no pod belongs to a group, and upstream lets such pods pass.
 */
#include <berth/plugin.h>

static berth_verdict pre_enqueue(const struct berth_cycle *c)
{
    (void)c;
    return BERTH_PASS;
}

static berth_verdict permit(const struct berth_cycle *c, uint32_t node, int64_t *ret_timeout_ns)
{
    (void)c;
    (void)node;
    *ret_timeout_ns = 0;
    return BERTH_PASS;
}

const struct berth_plugin gang_scheduling_plugin = {
    .abi = BERTH_ABI,
    .size = sizeof(struct berth_plugin),
    .name = "GangScheduling",
    .pre_enqueue = pre_enqueue,
    .permit = permit,
};
