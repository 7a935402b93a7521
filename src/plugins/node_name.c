/*
 * NodeName: a pod that already names a node fits only there.
 * https://kubernetes.io/docs/reference/scheduling/config/#scheduling-plugins
 */
#include <berth/plugin.h>

static berth_verdict filter(const struct berth_cycle *c, uint32_t node)
{
    berth_atom wanted = c->pod->node_name;
    if (!wanted || wanted == c->nodes->node[node]->name)
        return BERTH_PASS;
    return berth_reject(c, BERTH_UNRESOLVABLE, "node(s) didn't match the requested node name");
}

/* Hardly any pod that is to be scheduled names a node. */
static void filter_range(const struct berth_cycle *c, struct berth_range range, berth_verdict *verdicts)
{
    if (!c->pod->node_name)
        return;
    for (uint32_t slot = range.from; slot < range.to; slot++)
        if (verdicts[slot] == BERTH_PASS)
            verdicts[slot] = filter(c, slot);
}

static const struct berth_registration events[] = {
    {{BERTH_ON_NODE, BERTH_ADD}, NULL},
};

/*
 * Row scope although the name is not part of the class:
 * the framework remembers nothing for pods that name a node.
 */
const struct berth_plugin node_name_plugin = {
    .abi = BERTH_ABI,
    .size = sizeof(struct berth_plugin),
    .name = "NodeName",
    .filter_scope = BERTH_SCOPE_ROW,
    .filter = filter,
    .filter_range = filter_range,
    .events = events,
    .events_len = sizeof(events) / sizeof(events[0]),
};
