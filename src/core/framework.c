/* The extension points but for filtering (framework_filter.c) and scoring (framework_score.c). */
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

static uint64_t bit_of(const struct cycle *cy, const struct enabled *e)
{
    return (uint64_t)1 << (e->instance - cy->profile->instances);
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
            framework_state(cy, e)->skip_filter = true;
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
            cy->narrowing |= bit_of(cy, e);
        }
        if (cy->narrowed && cy->names_len == 0)
            return none_left(cy, narrowers, narrowing);
    }
    if (cy->narrowed)
        cy->absent = narrowed_verdict(cy, narrowers, narrowing, "node(s) didn't satisfy plugin(s) [", "]");
    return rejected;
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

/* What a plugin says against the pod on its node; errors say where they come from. */
static berth_verdict objection(struct cycle *cy, const char *before, const struct enabled *e, berth_verdict v)
{
    return code_of(cy, v) == BERTH_ERROR ? error_verdict(cy, before, e->instance->plugin->name, v) : v;
}

berth_verdict framework_reserve(struct cycle *cy, uint32_t slot)
{
    EACH_ENABLED(e, cy, POINT_RESERVE) {
        if (!e->instance->plugin->reserve)
            continue; /* it only wants to hear of Unreserve */
        struct call call = framework_call(cy, e->instance);
        berth_verdict v = e->instance->plugin->reserve(&call.c, slot);
        if (v != BERTH_PASS)
            return objection(cy, "running Reserve plugin", e, v);
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
            return objection(cy, "running Permit plugin", e, v);
        uint8_t plugin = (uint8_t)(e->instance - cy->profile->instances);
        cy->waits[cy->waits_len++] = (struct permit_wait){plugin, timeout_ns};
        wait = v;
    }
    return wait;
}

berth_verdict framework_pre_bind_pre_flight(struct cycle *cy, uint32_t slot, const char **ret_worker)
{
    *ret_worker = NULL;
    EACH_ENABLED(e, cy, POINT_PRE_BIND) {
        const struct berth_plugin *plugin = e->instance->plugin;
        struct call call = framework_call(cy, e->instance);
        berth_verdict v =
            plugin->pre_bind_pre_flight ? plugin->pre_bind_pre_flight(&call.c, slot) : BERTH_PASS;
        if (v == BERTH_SKIPPED)
            cy->pre_bind_idle |= bit_of(cy, e);
        else if (v != BERTH_PASS)
            return error_verdict(cy, "running PreBindPreFlight", plugin->name, v);
        else if (!*ret_worker)
            *ret_worker = plugin->name;
    }
    return BERTH_PASS;
}

berth_verdict framework_pre_bind(struct cycle *cy, uint32_t slot)
{
    for (; cy->pre_bind_next < cy->profile->points[POINT_PRE_BIND].len; cy->pre_bind_next++) {
        const struct enabled *e = &cy->profile->points[POINT_PRE_BIND].at[cy->pre_bind_next];
        struct call call = framework_call(cy, e->instance);
        if (cy->pre_bind_idle & bit_of(cy, e))
            continue;
        berth_verdict v = e->instance->plugin->pre_bind(&call.c, slot);
        if (v != BERTH_PASS && v != BERTH_SKIPPED)
            return objection(cy, "running PreBind plugin", e, v);
    }
    return BERTH_PASS;
}

berth_verdict framework_bind(struct cycle *cy, uint32_t slot)
{
    EACH_ENABLED(e, cy, POINT_BIND) {
        struct call call = framework_call(cy, e->instance);
        berth_verdict v = e->instance->plugin->bind(&call.c, slot);
        if (v != BERTH_SKIPPED)
            return v == BERTH_PASS ? v : objection(cy, "running Bind plugin", e, v);
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
