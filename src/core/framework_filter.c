/*
 * Filter, and what nominated pods make of it.
 *
 * Filter works on a column of verdicts. The plugins that look at nothing but rows and come first in the
 * running order form the prefix: its column is remembered for the pod's class and only rows that
 * changed are done again. From the first plugin on that looks further, the rest (the suffix) run anew
 * over the nodes still standing.
 *
 * Where there is no suffix, what nominated pods make of a row is remembered, too: a nomination that comes or
 * goes counts as a change of the row.
 */
#include "core/framework.h"

/* One plugin over a range, in the form that is there or was asked for. */
static void filter_range(const struct cycle *cy, const struct plugin_instance *instance,
                         struct berth_range range, berth_verdict *verdicts)
{
    const struct berth_plugin *plugin = instance->plugin;
    struct call call = framework_call(cy, instance);
    if (plugin->filter_range && !(cy->options->per_node && plugin->filter)) {
        plugin->filter_range(&call.c, range, verdicts);
        return;
    }
    for (uint32_t slot = range.from; slot < range.to; slot++)
        if (verdicts[slot] == BERTH_PASS)
            verdicts[slot] = plugin->filter(&call.c, slot);
}

/* The Filter plugins of this cycle: those at places [from, to) whose bit is in `mask`. */
struct filters {
    uint64_t mask;
    uint32_t from, to;
};

static void run_filters(const struct cycle *cy, struct filters filters, struct berth_range range,
                        berth_verdict *verdicts)
{
    for (uint32_t i = filters.from; i < filters.to; i++)
        if (filters.mask >> i & 1)
            filter_range(cy, cy->profile->points[POINT_FILTER].at[i].instance, range, verdicts);
}

/* Bit i: the plugin at place i did not skip this pod. */
static uint64_t active_filters(struct cycle *cy)
{
    uint64_t mask = 0;
    for (uint32_t i = 0; i < cy->profile->points[POINT_FILTER].len; i++)
        mask |= (uint64_t)!framework_state(cy, &cy->profile->points[POINT_FILTER].at[i])->skip_filter << i;
    return mask;
}

/* Where the suffix starts: the first active plugin whose verdicts depend on more than rows. */
static uint32_t prefix_end(const struct cycle *cy, uint64_t mask)
{
    uint32_t len = cy->profile->points[POINT_FILTER].len;
    for (uint32_t i = 0; i < len; i++)
        if ((mask >> i & 1)
            && cy->profile->points[POINT_FILTER].at[i].instance->plugin->filter_scope == BERTH_SCOPE_CLUSTER)
            return i;
    return len;
}

static void filter_rows(const struct cycle *cy, struct filters filters, struct berth_range range,
                        berth_verdict *verdicts)
{
    const struct berth_node *const *node = cy->cache->nodes.view.node;
    for (uint32_t slot = range.from; slot < range.to; slot++)
        verdicts[slot] = node[slot] ? BERTH_PASS : VERDICT_NO_NODE;
    run_filters(cy, filters, range, verdicts);
}

struct filter_job {
    const struct cycle *cy;
    struct filters filters;
    berth_verdict *verdicts;
    bool fresh; /* start from PASS, not from what is in the column */
};

static void filter_part(void *context, uint32_t from, uint32_t to)
{
    struct filter_job *job = context;
    struct berth_range range = {from, to};
    if (job->fresh)
        filter_rows(job->cy, job->filters, range, job->verdicts);
    else
        run_filters(job->cy, job->filters, range, job->verdicts);
}

static void filter_all(const struct cycle *cy, struct filters filters, berth_verdict *verdicts, bool fresh)
{
    struct filter_job job = {cy, filters, verdicts, fresh};
    framework_parallel(cy, cy->cache->nodes.view.len, filter_part, &job);
}

/* Whether some plugin of the filters looks at all Node objects. */
static bool sees_all_nodes(const struct cycle *cy, struct filters filters)
{
    for (uint32_t i = filters.from; i < filters.to; i++)
        if ((filters.mask >> i & 1)
            && cy->profile->points[POINT_FILTER].at[i].instance->plugin->filter_scope == BERTH_SCOPE_NODES)
            return true;
    return false;
}

/* Whether what was remembered up to `done` must be made anew rather than patched. */
static bool is_stale(const struct cycle *cy, const struct row_progress *done, struct filters filters,
                     uint64_t mask)
{
    const struct change_log *log = &cy->cache->log;
    return done->position == 0 || done->mask != mask || !change_log_has(log, done->position)
           || log->end - done->position > cy->cache->nodes.view.len / 4
           || (done->generation != cy->cache->nodes_generation && sees_all_nodes(cy, filters));
}

static struct row_progress progress(const struct cycle *cy, uint64_t mask)
{
    return (struct row_progress){mask, cy->cache->log.end, cy->cache->nodes_generation};
}

static uint64_t mask_of(struct filters filters)
{
    return filters.mask & (((uint64_t)1 << filters.to) - 1);
}

/* Brings the remembered prefix column of the class up to date. */
static void refresh_prefix(const struct cycle *cy, struct filters prefix)
{
    struct row_progress *done = &cy->results->filtered;
    const struct change_log *log = &cy->cache->log;
    uint64_t mask = mask_of(prefix);
    if (is_stale(cy, done, prefix, mask))
        filter_all(cy, prefix, cy->results->verdicts, true);
    else
        for (uint64_t p = done->position; p < log->end; p++) {
            uint32_t slot = change_log_at(log, p)->slot;
            filter_rows(cy, prefix, (struct berth_range){slot, slot + 1}, cy->results->verdicts);
        }
    *done = progress(cy, mask);
}

/* A few named nodes: everybody else keeps the absent verdict, and no plugin looks at them. */
static const berth_verdict *filter_named(struct cycle *cy, struct filters all, berth_verdict *verdicts)
{
    const struct node_table *nodes = &cy->cache->nodes;
    for (uint32_t slot = 0; slot < nodes->view.len; slot++)
        verdicts[slot] = nodes->node[slot] ? cy->absent : VERDICT_NO_NODE;
    for (uint32_t i = 0; i < cy->names_len; i++) {
        int32_t slot = node_table_find(nodes, cy->names[i]);
        if (slot >= 0)
            filter_rows(cy, all, (struct berth_range){(uint32_t)slot, (uint32_t)slot + 1}, verdicts);
    }
    return verdicts;
}

/*
 * What is remembered of the pod's class, asked for only here: a class counts as seen when it is
 * filtered, not when it comes. Nothing is remembered of a pod that names a node: the name is the
 * pod's own, not of its class.
 */
static struct row_results *recall(const struct cycle *cy)
{
    if (cy->options->no_cache || cy->pod->node_name)
        return NULL;
    return row_cache_get(cy->rows, cy->pod->class, cy->profile, cy->profile_index, cy->cache->nodes.view.len);
}

/* Where PreFilter narrowed the search, it objects to all nodes but those it named. */
static void object_to_absent(const struct cycle *cy, uint64_t *objections)
{
    const struct node_table *nodes = &cy->cache->nodes;
    for (uint32_t slot = 0; slot < nodes->view.len; slot++)
        objections[slot] = nodes->node[slot] && cy->narrowed ? cy->narrowing : 0;
    for (uint32_t i = 0; cy->narrowed && i < cy->names_len; i++) {
        int32_t slot = node_table_find(nodes, cy->names[i]);
        if (slot >= 0)
            objections[slot] = 0;
    }
}

void framework_objections(struct cycle *cy, uint64_t *objections)
{
    const struct berth_nodes *nodes = &cy->cache->nodes.view;
    uint64_t active = active_filters(cy);
    berth_verdict *verdicts = arena_need(cy->arena, (nodes->len + 1) * sizeof(*verdicts));
    object_to_absent(cy, objections);
    for (uint32_t place = 0; place < cy->profile->points[POINT_FILTER].len; place++) {
        const struct plugin_instance *instance = cy->profile->points[POINT_FILTER].at[place].instance;
        if (!(active >> place & 1))
            continue;
        filter_all(cy, (struct filters){active, place, place + 1}, verdicts, true);
        for (uint32_t slot = 0; slot < nodes->len; slot++)
            if (nodes->node[slot] && verdicts[slot] != BERTH_PASS)
                objections[slot] |= (uint64_t)1 << (instance - cy->profile->instances);
    }
}

/* The verdicts without regard to nominated pods. */
static const berth_verdict *filter_nodes(struct cycle *cy, uint64_t mask)
{
    uint32_t len = cy->cache->nodes.view.len, end = cy->profile->points[POINT_FILTER].len;
    struct filters prefix = {mask, 0, prefix_end(cy, mask)}, suffix = {mask, prefix.to, end};
    bool more = mask >> prefix.to != 0;
    cy->only_rows = false;
    if (cy->narrowed)
        return filter_named(cy, (struct filters){mask, 0, end},
                            arena_need(cy->arena, len * sizeof(berth_verdict)));
    cy->results = recall(cy);
    cy->only_rows = !more;
    if (cy->results) {
        refresh_prefix(cy, prefix);
        if (!more)
            return cy->results->verdicts;
    }
    berth_verdict *verdicts = arena_need(cy->arena, len * sizeof(*verdicts));
    if (cy->results)
        memcpy(verdicts, cy->results->verdicts, len * sizeof(*verdicts));
    else
        filter_all(cy, prefix, verdicts, true);
    if (more)
        filter_all(cy, suffix, verdicts, false);
    return verdicts;
}

/* ---- nominated pods: a node must pass with them on it and without them ---- */

/* Tells the plugins' PreFilter states that a pod was put on the node (count 1) or taken off (-1). */
static void tell_moved(struct cycle *cy, const struct berth_pod *pod, uint32_t slot, int32_t count)
{
    EACH_ENABLED(e, cy, POINT_PRE_FILTER) {
        if (!e->instance->plugin->pod_moved || framework_state(cy, e)->skip_filter)
            continue;
        struct call call = framework_call(cy, e->instance);
        (void)e->instance->plugin->pod_moved(&call.c, pod, slot, count);
    }
}

void framework_what_if(struct cycle *cy, const struct berth_pod *pod, uint32_t slot, int32_t count)
{
    struct node_table *nodes = &cy->cache->nodes;
    if (count < 0)
        node_table_remove_pod(nodes, slot, pod);
    else if (node_table_add_pod(nodes, slot, pod) < 0)
        return; /* cannot happen: a pod only returns to the room it left */
    tell_moved(cy, pod, slot, count);
}

/* Whether the cycle's pod must yield to the nominated one. */
static bool yields_to(const struct cycle *cy, const struct nomination *nominated)
{
    return nominated->pod->class->priority >= cy->pod->class->priority
           && !berth_same_pod(nominated->pod, cy->pod);
}

/* Puts the nominated pods that matter on the node; returns how many. */
static uint32_t add_nominated(struct cycle *cy, uint32_t slot)
{
    uint32_t added = 0;
    for (const struct nomination *x = nominator_first(cy->nominator, cy->cache->nodes.node[slot]->name); x;
         x = x->next)
        if (yields_to(cy, x)) {
            framework_what_if(cy, x->pod, slot, 1);
            added++;
        }
    return added;
}

static void remove_nominated(struct cycle *cy, uint32_t slot, uint32_t added)
{
    struct node_table *nodes = &cy->cache->nodes;
    for (; added > 0; added--) {
        const struct berth_pod *last = nodes->pods[slot].at[nodes->pods[slot].len - 1];
        framework_what_if(cy, last, slot, -1);
    }
}

static berth_verdict filter_slot(struct cycle *cy, uint64_t mask, uint32_t slot)
{
    for (uint32_t i = 0; i < cy->profile->points[POINT_FILTER].len; i++) {
        const struct plugin_instance *instance = cy->profile->points[POINT_FILTER].at[i].instance;
        if (!(mask >> i & 1))
            continue;
        struct call call = framework_call(cy, instance);
        berth_verdict v = BERTH_PASS;
        if (instance->plugin->filter) {
            v = instance->plugin->filter(&call.c, slot);
        } else {
            berth_verdict *column = arena_need(cy->arena, (slot + 1u) * sizeof(*column));
            instance->plugin->filter_range(&call.c, (struct berth_range){slot, slot + 1}, column);
            v = column[slot];
        }
        if (v != BERTH_PASS)
            return v;
    }
    return BERTH_PASS;
}

/* The verdict of a node that has nominated pods; `without` is the one without them. */
static berth_verdict filter_with_nominated(struct cycle *cy, uint64_t mask, uint32_t slot,
                                           berth_verdict without)
{
    uint32_t added = add_nominated(cy, slot);
    if (added == 0)
        return without;
    berth_verdict with = filter_slot(cy, mask, slot);
    remove_nominated(cy, slot, added);
    return with != BERTH_PASS ? with : without;
}

/* Corrects the verdicts of nodes that have nominated pods. */
static const berth_verdict *respect_nominated(struct cycle *cy, uint64_t mask, const berth_verdict *verdicts)
{
    const struct map *lists = &cy->nominator->by_node;
    uint32_t len = cy->cache->nodes.view.len;
    berth_verdict *own = NULL;
    for (size_t i = 0; lists->len > 0 && i < lists->cap; i++) {
        int32_t slot = lists->slots[i].key
                           ? node_table_find(&cy->cache->nodes, (berth_atom)(uintptr_t)lists->slots[i].key)
                           : -1;
        if (slot < 0 || (cy->narrowed && verdicts[slot] == cy->absent))
            continue;
        berth_verdict v = filter_with_nominated(cy, mask, (uint32_t)slot, verdicts[slot]);
        if (v == verdicts[slot])
            continue;
        if (!own) {
            own = arena_need(cy->arena, len * sizeof(*own));
            memcpy(own, verdicts, len * sizeof(*own));
            verdicts = own;
        }
        own[slot] = v;
    }
    return verdicts;
}

/* The verdict of a row with its nominated pods, for the remembered column. */
static berth_verdict settled_row(struct cycle *cy, uint64_t mask, uint32_t slot)
{
    berth_verdict plain = cy->results->verdicts[slot];
    return cy->cache->nodes.node[slot] ? filter_with_nominated(cy, mask, slot, plain) : plain;
}

/* Makes the whole column with nominated pods from the one without. */
static void settle_all(struct cycle *cy, uint64_t mask, berth_verdict *settled)
{
    const struct map *lists = &cy->nominator->by_node;
    memcpy(settled, cy->results->verdicts, cy->cache->nodes.view.len * sizeof(*settled));
    for (size_t i = 0; i < lists->cap; i++) {
        berth_atom node = (berth_atom)(uintptr_t)lists->slots[i].key;
        int32_t slot = node ? node_table_find(&cy->cache->nodes, node) : -1;
        if (slot >= 0)
            settled[slot] = settled_row(cy, mask, (uint32_t)slot);
    }
}

/*
 * What is remembered of the class with nominated pods, brought up to date. Only for a pod without a
 * nomination: its own does not count. NULL when memory ran out.
 */
static const berth_verdict *recall_settled(struct cycle *cy, uint64_t mask)
{
    struct row_progress *done = &cy->results->settled_at;
    const struct change_log *log = &cy->cache->log;
    struct filters all = {mask, 0, cy->profile->points[POINT_FILTER].len};
    berth_verdict *settled = row_cache_settled(cy->rows, cy->results);
    if (!settled)
        return NULL;
    if (is_stale(cy, done, all, mask))
        settle_all(cy, mask, settled);
    else
        for (uint64_t p = done->position; p < log->end; p++) {
            uint32_t slot = change_log_at(log, p)->slot;
            settled[slot] = settled_row(cy, mask, slot);
        }
    *done = progress(cy, mask);
    return settled;
}

const berth_verdict *framework_filter(struct cycle *cy)
{
    uint64_t mask = active_filters(cy);
    const berth_verdict *verdicts = filter_nodes(cy, mask), *settled = NULL;
    if (cy->nominator->by_node.len == 0)
        return verdicts;
    if (cy->results && cy->only_rows && !nominator_node(cy->nominator, cy->pod))
        settled = recall_settled(cy, mask);
    return settled ? settled : respect_nominated(cy, mask, verdicts);
}

berth_verdict framework_filter_node(struct cycle *cy, uint32_t slot)
{
    uint64_t mask = active_filters(cy);
    berth_verdict v = filter_with_nominated(cy, mask, slot, BERTH_PASS);
    return v != BERTH_PASS ? v : filter_slot(cy, mask, slot);
}

