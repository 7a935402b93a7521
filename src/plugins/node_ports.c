/*
 * NodePorts: the host ports a pod asks for must be free on the node. Two ports clash when protocol and number
 * are equal and they are bound to the same address, or one of them to every address. `self` is the atom
 * "0.0.0.0"; no other address ("::" neither) means every address.
 */
#include <berth/plugin.h>

static int create(struct berth_handle *h, const struct berth_value *args, void **ret_self)
{
    (void)args;
    *ret_self = (void *)berth_atom_of(h, BERTH_STR("0.0.0.0"));
    return 0;
}

static berth_verdict pre_filter(const struct berth_cycle *c)
{
    if (c->class->ports.len == 0)
        return BERTH_SKIPPED;
    berth_keep(c, (void *)berth_list_at(c->class, c->class->ports));
    return BERTH_PASS;
}

static bool clash(berth_atom every_address, const struct berth_port *a, const struct berth_port *b)
{
    return a->port == b->port && a->protocol == b->protocol
           && (a->ip == b->ip || a->ip == every_address || b->ip == every_address);
}

static bool classes_clash(berth_atom every_address, const struct berth_class *a, const struct berth_class *b)
{
    berth_each(struct berth_port, mine, a, a->ports)
        berth_each(struct berth_port, theirs, b, b->ports)
            if (clash(every_address, mine, theirs))
                return true;
    return false;
}

static bool taken(const struct berth_cycle *c, uint32_t slot)
{
    const struct berth_node_pods *pods = &c->nodes->pods[slot];
    for (uint32_t i = 0; i < pods->len; i++)
        if (classes_clash(c->self, c->class, pods->at[i]->class))
            return true;
    return false;
}

/* What a node gets that cannot take the pod. Upstream needs PreFilter for any answer; it may be disabled. */
static berth_verdict refusal(const struct berth_cycle *c)
{
    if (!c->state)
        return berth_reject(c, BERTH_ERROR, "reading \"PreFilterNodePorts\" from cycleState: not found");
    return berth_reject(c, BERTH_UNSCHEDULABLE, "node(s) didn't have free ports for the requested pod ports");
}

static berth_verdict filter(const struct berth_cycle *c, uint32_t slot)
{
    return !c->state || taken(c, slot) ? refusal(c) : BERTH_PASS;
}

static void filter_range(const struct berth_cycle *c, struct berth_range range, berth_verdict *verdicts)
{
    berth_verdict no = BERTH_PASS; /* until the first node needs it */
    for (uint32_t slot = range.from; slot < range.to; slot++) {
        if (verdicts[slot] != BERTH_PASS || (c->state && !taken(c, slot)))
            continue;
        if (no == BERTH_PASS)
            no = refusal(c);
        verdicts[slot] = no;
    }
}

/* ---- queueing hints ---- */

static enum berth_hint after_pod_deleted(const struct berth_cycle *c, const struct berth_change *change)
{
    const struct berth_pod *gone = change->old_object;
    bool freed = berth_pod_takes_node(gone) && classes_clash(c->self, c->class, gone->class);
    return berth_hint_if(freed);
}

static const struct berth_registration events[] = {
    {{BERTH_ON_POD, BERTH_DELETE}, after_pod_deleted},
    {{BERTH_ON_NODE, BERTH_ADD}, NULL},
};

const struct berth_plugin node_ports_plugin = {
    .abi = BERTH_ABI,
    .size = sizeof(struct berth_plugin),
    .name = "NodePorts",
    .filter_scope = BERTH_SCOPE_ROW,
    .create = create,
    .pre_filter = pre_filter,
    .filter = filter,
    .filter_range = filter_range,
    .events = events,
    .events_len = sizeof(events) / sizeof(events[0]),
};
