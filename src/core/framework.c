/*
 * PreEnqueue to PostFilter, and the points after a node was chosen; scoring is in framework_score.c.
 *
 * Filter works on a column of verdicts. The plugins that look at nothing but rows and come first in the running
 * order form the prefix: its column is remembered for the pod's class and only rows that changed are done again.
 * From the first plugin on that looks further, the rest (the suffix) run anew over the nodes still standing.
 */
#include "core/framework.h"

#include "base/buf.h"

#include <stdlib.h>

struct call framework_call(const struct cycle *cy, const struct plugin_instance *instance)
{
    const struct plugin_state *state = &cy->states[instance - cy->profile->instances];
    return (struct call){
        .c = {.pod = cy->pod,
              .class = cy->pod->class,
              .nodes = &cy->cache->nodes.view,
              .feasible = cy->feasible,
              .feasible_len = cy->feasible_len,
              .self = instance->self,
              .state = state->filter,
              .score_state = state->score,
              .internal = (struct cycle *)cy},
        .instance = instance,
    };
}

berth_verdict framework_verdict(struct cycle *cy, enum berth_code code, berth_str reason)
{
    return verdicts_intern(cy->verdicts, code, NULL, &reason, reason.len ? 1 : 0);
}

static enum berth_code code_of(const struct cycle *cy, berth_verdict v)
{
    return verdicts_get(cy->verdicts, v)->code;
}

berth_str framework_reasons(struct cycle *cy, berth_verdict verdict)
{
    const struct status *s = verdicts_get(cy->verdicts, verdict);
    struct buf b = {0};
    for (uint32_t i = 0; i < s->len; i++) {
        buf_puts(&b, i ? ", " : "");
        buf_str(&b, s->reasons[i]);
    }
    berth_str joined = {b.len ? arena_need(cy->arena, b.len) : NULL, (uint32_t)b.len};
    if (b.len)
        memcpy((char *)joined.ptr, b.ptr, b.len);
    buf_fini(&b);
    return joined;
}

/* An error verdict of the framework with formatted text. */
static berth_verdict error_verdict(struct cycle *cy, const char *before, const char *plugin, berth_verdict cause)
{
    berth_str reasons = framework_reasons(cy, cause);
    struct buf b = {0};
    buf_printf(&b, "%s \"%s\": %.*s", before, plugin, BERTH_FMT(reasons));
    berth_verdict v = framework_verdict(cy, BERTH_ERROR, buf_view(&b));
    buf_fini(&b);
    return v;
}

#define EACH_ENABLED(e, cy, point)                                                                 \
    for (const struct enabled *e = (cy)->profile->points[point].at,                                \
                              *e##_end = e + (cy)->profile->points[point].len;                     \
         e < e##_end; e++)

static struct plugin_state *state_of(struct cycle *cy, const struct enabled *e)
{
    return &cy->states[e->instance - cy->profile->instances];
}

/* ---- PreEnqueue ---- */

berth_verdict framework_pre_enqueue(struct cycle *cy)
{
    EACH_ENABLED(e, cy, POINT_PRE_ENQUEUE) {
        struct call call = framework_call(cy, e->instance);
        berth_verdict v = e->instance->plugin->pre_enqueue(&call.c);
        if (v != BERTH_PASS)
            return v;
    }
    return BERTH_PASS;
}

/* ---- PreFilter ---- */

static int by_name(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* `before [A B]after`, the plugins sorted by name. */
static berth_verdict narrowed_verdict(struct cycle *cy, const char **plugins, uint32_t len, const char *before,
                                      const char *after)
{
    qsort(plugins, len, sizeof(*plugins), by_name);
    struct buf b = {0};
    buf_puts(&b, before);
    for (uint32_t i = 0; i < len; i++)
        buf_printf(&b, "%s%s", i ? " " : "", plugins[i]);
    buf_puts(&b, after);
    berth_verdict v = framework_verdict(cy, BERTH_UNRESOLVABLE, buf_view(&b));
    buf_fini(&b);
    return v;
}

/* PreFilter plugins left no node at all. */
static berth_verdict none_left(struct cycle *cy, const char **plugins, uint32_t len)
{
    if (len == 1)
        return narrowed_verdict(cy, plugins, len, "node(s) didn't satisfy plugin ", "");
    return narrowed_verdict(cy, plugins, len, "node(s) didn't satisfy plugin(s) [", "] simultaneously");
}

berth_verdict framework_pre_filter(struct cycle *cy)
{
    uint32_t most = cy->profile->points[POINT_PRE_FILTER].len, narrowing = 0;
    const char **narrowers = arena_need(cy->arena, (most + 1) * sizeof(*narrowers));
    berth_verdict rejected = BERTH_PASS;
    EACH_ENABLED(e, cy, POINT_PRE_FILTER) {
        struct call call = framework_call(cy, e->instance);
        /* Only whether this very plugin narrows the search tells who is named in messages. */
        bool narrowed_before = cy->narrowed;
        berth_atom *names_before = cy->names;
        berth_verdict v = e->instance->plugin->pre_filter(&call.c);
        switch (code_of(cy, v)) {
        case BERTH_SUCCESS:
            break;
        case BERTH_SKIP:
            state_of(cy, e)->skip_filter = true;
            continue;
        case BERTH_UNRESOLVABLE:
            return v;
        case BERTH_UNSCHEDULABLE:
            rejected = v; /* preemption may help, so the others still prepare themselves for it */
            continue;
        default:
            return error_verdict(cy, "running PreFilter plugin", e->instance->plugin->name, v);
        }
        if (cy->narrowed && (!narrowed_before || cy->names != names_before)) {
            narrowers[narrowing++] = e->instance->plugin->name;
            cy->narrowing |= (uint64_t)1 << (e->instance - cy->profile->instances);
        }
        if (cy->narrowed && cy->names_len == 0)
            return none_left(cy, narrowers, narrowing);
    }
    if (cy->narrowed)
        cy->absent = narrowed_verdict(cy, narrowers, narrowing, "node(s) didn't satisfy plugin(s) [", "]");
    return rejected;
}

/* ---- Filter ---- */

/* One plugin over a range, in the form that is there or was asked for. */
static void filter_range(const struct cycle *cy, const struct plugin_instance *instance, struct berth_range range,
                         berth_verdict *verdicts)
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
        mask |= (uint64_t)!state_of(cy, &cy->profile->points[POINT_FILTER].at[i])->skip_filter << i;
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

/* Brings the remembered prefix column of the class up to date. */
static void refresh_prefix(const struct cycle *cy, struct filters prefix)
{
    struct row_progress *done = &cy->results->filtered;
    const struct change_log *log = &cy->cache->log;
    uint64_t mask = prefix.mask & (((uint64_t)1 << prefix.to) - 1);
    bool stale = done->position == 0 || done->mask != mask || !change_log_has(log, done->position)
                 || (done->generation != cy->cache->nodes_generation && sees_all_nodes(cy, prefix));
    if (stale || log->end - done->position > cy->cache->nodes.view.len / 4) {
        filter_all(cy, prefix, cy->results->verdicts, true);
    } else {
        for (uint64_t p = done->position; p < log->end; p++) {
            uint32_t slot = change_log_at(log, p)->slot;
            filter_rows(cy, prefix, (struct berth_range){slot, slot + 1}, cy->results->verdicts);
        }
    }
    *done = (struct row_progress){mask, log->end, cy->cache->nodes_generation};
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
 * What is remembered of the pod's class, asked for only here: a class counts as seen when it is filtered, not when
 * it comes. Nothing is remembered of a pod that names a node: the name is the pod's own, not of its class.
 */
static struct row_results *recall(const struct cycle *cy)
{
    if (cy->options->no_cache || cy->pod->node_name)
        return NULL;
    return row_cache_get(cy->rows, cy->pod->class, cy->profile, cy->profile_index, cy->cache->nodes.view.len);
}

/* The verdicts without regard to nominated pods. */
static const berth_verdict *filter_nodes(struct cycle *cy, uint64_t mask)
{
    uint32_t len = cy->cache->nodes.view.len, end = cy->profile->points[POINT_FILTER].len;
    struct filters prefix = {mask, 0, prefix_end(cy, mask)}, suffix = {mask, prefix.to, end};
    bool more = mask >> prefix.to != 0;
    if (cy->narrowed)
        return filter_named(cy, (struct filters){mask, 0, end}, arena_need(cy->arena, len * sizeof(berth_verdict)));
    cy->results = recall(cy);
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
        if (!e->instance->plugin->pod_moved || state_of(cy, e)->skip_filter)
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

static bool same_pod(const struct berth_pod *a, const struct berth_pod *b)
{
    return berth_pod_namespace(a) == berth_pod_namespace(b) && berth_str_eq(berth_pod_name(a), berth_pod_name(b));
}

/* Whether the cycle's pod must yield to the nominated one. */
static bool yields_to(const struct cycle *cy, const struct nomination *nominated)
{
    return nominated->pod->class->priority >= cy->pod->class->priority && !same_pod(nominated->pod, cy->pod);
}

/* Puts the nominated pods that matter on the node; returns how many. */
static uint32_t add_nominated(struct cycle *cy, uint32_t slot)
{
    uint32_t added = 0;
    for (const struct nomination *x = nominator_first(cy->nominator, cy->cache->nodes.node[slot]->name); x; x = x->next)
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
static berth_verdict filter_with_nominated(struct cycle *cy, uint64_t mask, uint32_t slot, berth_verdict without)
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

const berth_verdict *framework_filter(struct cycle *cy)
{
    uint64_t mask = active_filters(cy);
    return respect_nominated(cy, mask, filter_nodes(cy, mask));
}

berth_verdict framework_filter_node(struct cycle *cy, uint32_t slot)
{
    uint64_t mask = active_filters(cy);
    berth_verdict v = filter_with_nominated(cy, mask, slot, BERTH_PASS);
    return v != BERTH_PASS ? v : filter_slot(cy, mask, slot);
}

void framework_parallel(const struct cycle *cy, uint32_t len, void (*fn)(void *context, uint32_t from, uint32_t to),
                        void *context)
{
    enum { WORTH_DIVIDING = 1024 };
    if (cy->options->parallel && len >= WORTH_DIVIDING)
        cy->options->parallel(cy->options->pool, len, fn, context);
    else
        fn(context, 0, len);
}

/* ---- PostFilter and what comes after a node was chosen ---- */

/* The objections of several PostFilter plugins as one, in the name of the first. */
static berth_verdict join(struct cycle *cy, const berth_verdict *verdicts, uint32_t len)
{
    uint32_t total = 0, n = 0;
    for (uint32_t i = 0; i < len; i++)
        total += verdicts_get(cy->verdicts, verdicts[i])->len;
    berth_str *reasons = arena_need(cy->arena, (total + 1) * sizeof(*reasons));
    for (uint32_t i = 0; i < len; i++) {
        const struct status *s = verdicts_get(cy->verdicts, verdicts[i]);
        for (uint32_t j = 0; j < s->len; j++)
            reasons[n++] = s->reasons[j];
    }
    const char *first = len ? verdicts_get(cy->verdicts, verdicts[0])->plugin : NULL;
    return verdicts_intern(cy->verdicts, BERTH_UNSCHEDULABLE, first, reasons, n);
}

berth_verdict framework_post_filter(struct cycle *cy, const berth_verdict *verdicts, int32_t *ret_slot)
{
    uint32_t len = 0;
    berth_verdict *objections = arena_need(cy->arena, (cy->profile->points[POINT_POST_FILTER].len + 1u)
                                                          * sizeof(*objections));
    *ret_slot = BERTH_KEEP_NOMINATION;
    EACH_ENABLED(e, cy, POINT_POST_FILTER) {
        struct call call = framework_call(cy, e->instance);
        int32_t slot = BERTH_KEEP_NOMINATION;
        berth_verdict v = e->instance->plugin->post_filter(&call.c, verdicts, &slot);
        if (slot != BERTH_KEEP_NOMINATION)
            *ret_slot = slot;
        if (v == BERTH_PASS || code_of(cy, v) != BERTH_UNSCHEDULABLE)
            return v;
        objections[len++] = v;
    }
    return join(cy, objections, len);
}

berth_verdict framework_reserve(struct cycle *cy, uint32_t slot)
{
    EACH_ENABLED(e, cy, POINT_RESERVE) {
        if (!e->instance->plugin->reserve)
            continue; /* it only wants to hear of Unreserve */
        struct call call = framework_call(cy, e->instance);
        berth_verdict v = e->instance->plugin->reserve(&call.c, slot);
        if (v != BERTH_PASS)
            return v;
    }
    return BERTH_PASS;
}

void framework_unreserve(struct cycle *cy, uint32_t slot)
{
    for (uint32_t i = cy->profile->points[POINT_RESERVE].len; i-- > 0;) {
        const struct plugin_instance *instance = cy->profile->points[POINT_RESERVE].at[i].instance;
        struct call call = framework_call(cy, instance);
        if (instance->plugin->unreserve)
            instance->plugin->unreserve(&call.c, slot);
    }
}

berth_verdict framework_permit(struct cycle *cy, uint32_t slot)
{
    berth_verdict wait = BERTH_PASS;
    cy->waits = arena_need(cy->arena, (cy->profile->points[POINT_PERMIT].len + 1u) * sizeof(*cy->waits));
    cy->waits_len = 0;
    EACH_ENABLED(e, cy, POINT_PERMIT) {
        struct call call = framework_call(cy, e->instance);
        int64_t timeout_ns = 0;
        berth_verdict v = e->instance->plugin->permit(&call.c, slot, &timeout_ns);
        if (v == BERTH_PASS)
            continue;
        if (code_of(cy, v) != BERTH_WAIT)
            return v;
        uint8_t plugin = (uint8_t)(e->instance - cy->profile->instances);
        cy->waits[cy->waits_len++] = (struct permit_wait){plugin, timeout_ns};
        wait = v;
    }
    return wait;
}

berth_verdict framework_pre_bind(struct cycle *cy, uint32_t slot)
{
    EACH_ENABLED(e, cy, POINT_PRE_BIND) {
        struct call call = framework_call(cy, e->instance);
        berth_verdict v = e->instance->plugin->pre_bind(&call.c, slot);
        if (v != BERTH_PASS && v != BERTH_SKIPPED)
            return v;
    }
    return BERTH_PASS;
}

berth_verdict framework_bind(struct cycle *cy, uint32_t slot)
{
    EACH_ENABLED(e, cy, POINT_BIND) {
        struct call call = framework_call(cy, e->instance);
        berth_verdict v = e->instance->plugin->bind(&call.c, slot);
        if (v != BERTH_SKIPPED)
            return v;
    }
    return framework_verdict(cy, BERTH_ERROR, BERTH_STR("no bind plugin took the pod"));
}

void framework_post_bind(struct cycle *cy, uint32_t slot)
{
    EACH_ENABLED(e, cy, POINT_POST_BIND) {
        struct call call = framework_call(cy, e->instance);
        e->instance->plugin->post_bind(&call.c, slot);
    }
}
