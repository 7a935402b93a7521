/* See binding.h. Everything that fails goes through undo(): there is one way back. */
#include "core/binding.h"

#include "base/duration.h"
#include "core/core_internal.h"
#include "core/events.h"
#include "core/framework.h"
#include "core/rejection.h"

#include <errno.h>
#include <stdlib.h>

/* ---- finding ---- */

static struct binding *chain(const struct core *core, uint64_t key)
{
    uint64_t *first = map_get(&core->bindings.by_pod, key);
    return first ? (struct binding *)(uintptr_t)*first : NULL;
}

struct binding *binding_find(const struct core *core, const struct berth_pod *pod)
{
    struct binding *b = chain(core, queued_key_of_pod(pod));
    while (b && !berth_same_pod(b->pod, pod))
        b = b->next_hash;
    return b;
}

/* The binding of a pod that waits, by its uid. */
static struct binding *find_waiting(const struct core *core, berth_str uid)
{
    struct binding *b = chain(core, hash_bytes(uid.ptr, uid.len) | 1);
    while (b && !berth_str_eq(berth_pod_uid(b->pod), uid))
        b = b->next_hash;
    return b && b->phase == BINDING_WAITS ? b : NULL;
}

/* The index of a plugin in the pod's profile, -1 when it is not there. */
static int32_t plugin_named(const struct core *core, const struct binding *b, berth_str name)
{
    const struct profile *profile = core->profiles[b->queued->profile];
    for (uint32_t i = 0; i < profile->instances_len; i++)
        if (berth_str_eq(berth_str_of(profile->instances[i].plugin->name), name))
            return (int32_t)i;
    return -1;
}

/* ---- life and death ---- */

/*
 * Room for what a binding may have to say:
 * that it is to be prepared, that the pod is to be bound, that it failed.
 */
static int reserve_late(struct bindings *all)
{
    while (all->late.cap < all->late.len + 3 * (all->len + 1))
        if (vec_grow((void **)&all->late.at, &all->late.cap, all->late.cap, sizeof(*all->late.at)) < 0)
            return -ENOMEM;
    return 0;
}

/* A binding of a pod that has just been assumed; NULL when memory ran out. */
static struct binding *new_binding(struct core *core, struct queued_pod *p, const struct berth_pod *assumed,
                                   uint32_t slot)
{
    struct bindings *all = &core->bindings;
    struct binding *b =
        reserve_late(all) < 0 || map_reserve(&all->by_pod, 1) < 0 ? NULL : calloc(1, sizeof(*b));
    if (!b)
        return NULL;
    uint64_t key = queued_key_of_pod(p->pod);
    *b = (struct binding){
        .phase = BINDING_RUNS,
        .placement = ++all->placements,
        .held = true,
        .pod = pod_ref(core->decided),
        .assumed = pod_ref(assumed),
        .watched = pod_ref(core->decided),
        .queued = p,
        .slot = slot,
        .previous = all->last,
        .next_hash = chain(core, key),
    };
    *(all->last ? &all->last->next : &all->first) = b;
    all->last = b;
    all->len++;
    (void)map_put(&all->by_pod, key, map_ptr(b));
    return b;
}

static void drop_cycle(struct binding *b)
{
    arena_fini(&b->arena);
    b->keeps_cycle = false;
}

static void unlink_by_pod(struct core *core, struct binding *b)
{
    uint64_t key = queued_key_of_pod(b->pod);
    struct binding *first = chain(core, key), **link = &first;
    while (*link != b)
        link = &(*link)->next_hash;
    *link = b->next_hash;
    if (first)
        *map_get(&core->bindings.by_pod, key) = map_ptr(first);
    else
        map_delete(&core->bindings.by_pod, key);
}

static void free_binding(struct core *core, struct binding *b)
{
    struct bindings *all = &core->bindings;
    unlink_by_pod(core, b);
    *(b->previous ? &b->previous->next : &all->first) = b->next;
    *(b->next ? &b->next->previous : &all->last) = b->previous;
    all->len--;
    drop_cycle(b);
    waiting_fini(&b->waiting);
    pod_unref(core->catalog, b->pod);
    pod_unref(core->catalog, b->assumed);
    pod_unref(core->catalog, b->watched);
    free(b);
}

void bindings_fini(struct core *core)
{
    struct bindings *all = &core->bindings;
    while (all->first)
        free_binding(core, all->first); /* the pods in flight are the queue's to free */
    for (size_t i = all->taken; i < all->late.len; i++) {
        pod_unref(core->catalog, all->late.at[i].pod);
        free(all->late.at[i].message);
    }
    vec_fini(&all->late);
    map_fini(&all->by_pod);
    all->taken = 0;
}

/* ---- late decisions ---- */

/* Whether the decision that began the binding nominated the pod. */
static bool is_announced(const struct binding *b)
{
    return b->worker || b->waited;
}

/* The pod goes on towards its node. */
static void say_next(struct core *core, const struct binding *b)
{
    struct late_decision late = {
        .pod = pod_ref(b->pod),
        .node = b->assumed->node_name,
        .placement = b->placement,
        .preparing = b->phase == BINDING_PREPARES,
    };
    (void)vec_push(&core->bindings.late, late); /* there is room: see reserve_late() */
}

/* The pod comes back. */
static void say_failed(struct core *core, const struct binding *b, berth_str message, bool error)
{
    const struct berth_pod *pod = b->watched ? b->watched : b->pod;
    struct late_decision late = {
        .pod = pod_ref(pod),
        .error = error,
        .clears_nomination = pod->nominated_node_name || is_announced(b),
    };
    late.message = message.len > 0 ? malloc(message.len) : NULL;
    if (late.message) {
        memcpy(late.message, message.ptr, message.len);
        late.message_len = message.len;
    }
    (void)vec_push(&core->bindings.late, late);
}

/* What a pod that is prepared says of that; its binding may be over already. */
static void show_writes(struct decision *d, const struct binding *b)
{
    d->preparing = true;
    d->writes = b ? b->cycle.writes : NULL;
    d->writes_len = b ? b->cycle.writes_len : 0;
}

bool core_take_decision(struct core *core, struct decision *ret_decision)
{
    struct bindings *all = &core->bindings;
    if (all->taken == all->late.len)
        return false;
    struct late_decision late = all->late.at[all->taken++];
    if (all->taken == all->late.len)
        all->taken = all->late.len = 0;
    pod_unref(core->catalog, core->decided);
    core->decided = late.pod;
    arena_reset(&core->arena);
    *ret_decision = (struct decision){
        .pod = late.pod,
        .node = late.node,
        .placement = late.placement,
        .binding = late.node && !late.preparing,
        .error = late.error,
        .clears_nomination = late.clears_nomination,
    };
    if (late.preparing)
        show_writes(ret_decision, binding_find(core, late.pod));
    if (late.message_len > 0) {
        void *copy = arena_need(&core->arena, late.message_len);
        memcpy(copy, late.message, late.message_len);
        ret_decision->message = (berth_str){copy, late.message_len};
    }
    free(late.message);
    return true;
}

/* ---- the way back ---- */

/* The pod leaves its node, and is what the watch says it is. */
static void forget(struct core *core, struct binding *b)
{
    if (!b->held)
        return;
    b->held = false;
    if (b->watched) {
        (void)cache_put_pod(&core->cache, b->watched); /* a pending pod takes no memory */
        return;
    }
    struct pod_entry *entry =
        pod_index_find(&core->cache.pods, berth_pod_namespace(b->pod), berth_pod_name(b->pod));
    cache_remove_pod(&core->cache, entry);
}

/* Unreserve and forget; the binding is no more. The pod in flight is the caller's to reject. */
static void undo(struct core *core, struct binding *b)
{
    if (b->keeps_cycle)
        framework_unreserve(&b->cycle, b->slot);
    forget(core, b);
    free_binding(core, b);
}

/*
 * The binding has failed after the scheduling cycle, in an error or because plugins (as bits) rejected the
 * pod: others may profit. After an error the event may help the pod itself; after a rejection it must not, or
 * the pod would never wait.
 */
static void fail(struct core *core, struct binding *b, uint64_t rejectors, bool rejected, berth_str message,
                 int64_t now_ns)
{
    const struct berth_pod *assumed = pod_ref(b->assumed);
    struct queued_pod *p = b->queued;
    struct queue_failure failure = {.unschedulable = rejectors, .nominates = true};
    bool freed = b->held;
    struct berth_change left = {core_assigned_pod_deleted, assumed, NULL};
    say_failed(core, b, message, !rejected);
    undo(core, b);
    if (freed && !rejected)
        queue_event(&core->queue, &left, INT32_MAX, now_ns);
    queue_reject(&core->queue, p, &failure, now_ns);
    if (freed && rejected)
        queue_event_sparing(&core->queue, &left, assumed, now_ns);
    pod_unref(core->catalog, assumed);
}

/* A plugin that the pod waits for, or nobody in particular, rejects it. */
static void reject(struct core *core, struct binding *b, int32_t plugin, berth_str reason, int64_t now_ns)
{
    struct buf text = {0};
    buf_printf(&text, "0/1 nodes are available: 1 %.*s.", BERTH_FMT(reason));
    fail(core, b, plugin < 0 ? 0 : (uint64_t)1 << plugin, true, buf_view(&text), now_ns);
    buf_fini(&text);
}

struct binding *binding_stoppable(const struct core *core, const struct berth_pod *pod)
{
    struct binding *b = binding_find(core, pod);
    return b && b->held && b->phase <= BINDING_PREPARES ? b : NULL;
}

void binding_preempt(struct core *core, struct binding *b, int64_t now_ns)
{
    struct buf text = {0};
    if (b->phase == BINDING_WAITS)
        buf_puts(&text, "waiting on permit for pod: preempted");
    else
        buf_printf(&text, "running PreBind plugin \"%s\": preempted by DefaultPreemption", b->worker);
    fail(core, b, 0, false, buf_view(&text), now_ns);
    buf_fini(&text);
}

/* ---- the way forward ---- */

/* The plugins' state outlives the cycle where they may be asked again. */
static void keep_cycle(struct core *core, struct binding *b, const struct cycle *cy)
{
    static const enum point late[] = {POINT_RESERVE, POINT_PERMIT, POINT_PRE_BIND, POINT_POST_BIND};
    for (size_t i = 0; i < sizeof(late) / sizeof(late[0]); i++)
        b->keeps_cycle |= cy->profile->points[late[i]].len > 0;
    if (!b->keeps_cycle)
        return;
    b->arena = core->arena;
    core->arena = (struct arena){0};
    b->cycle = *cy;
    b->cycle.arena = &b->arena;
    b->cycle.pod = b->pod;
    b->cycle.results = NULL;
}

/* Since the node was chosen it may have gone, or come back to another place of the table. */
static berth_verdict find_node(struct binding *b)
{
    int32_t slot = node_table_find(&b->cycle.cache->nodes, b->assumed->node_name);
    if (slot < 0)
        return framework_verdict(&b->cycle, BERTH_ERROR, BERTH_STR("the node is gone"));
    b->slot = (uint32_t)slot;
    return BERTH_PASS;
}

/* A wait may be over then. */
static void wait_until(struct core *core, int64_t ns)
{
    if (ns < core->bindings.due_ns)
        core->bindings.due_ns = ns;
}

/* PreBind, from where it stopped: PASS also when a plugin waits for volumes. */
static berth_verdict pre_bind(struct core *core, struct binding *b, int64_t now_ns)
{
    berth_verdict v = find_node(b);
    if (v == BERTH_PASS)
        v = framework_pre_bind(&b->cycle, b->slot);
    bool waits = v != BERTH_PASS && verdicts_get(b->cycle.verdicts, v)->code == BERTH_WAIT;
    if (waits && !b->waits_for_volumes)
        wait_until(core, b->prepared_until_ns = now_ns + b->cycle.prepare_ns);
    b->waits_for_volumes = waits;
    return waits ? BERTH_PASS : v;
}

/* Permit is passed: the rest is work at PreBind, then Bind. */
static berth_verdict land(struct core *core, struct binding *b, int64_t now_ns)
{
    queue_land(&core->queue, b->queued);
    b->phase = b->worker ? BINDING_PREPARES : BINDING_RUNS;
    return b->worker ? pre_bind(core, b, now_ns) : BERTH_PASS;
}

/* Reserve, Permit and what follows, up to where it takes time: PASS, or an objection. */
static berth_verdict go_through(struct core *core, struct binding *b, struct queue_failure *failure,
                                int64_t now_ns)
{
    if (!b->keeps_cycle)
        return land(core, b, now_ns);
    struct cycle *cy = &b->cycle;
    berth_verdict v = framework_reserve(cy, b->slot);
    if (v == BERTH_PASS)
        v = framework_permit(cy, b->slot);
    bool waits = v != BERTH_PASS && verdicts_get(cy->verdicts, v)->code == BERTH_WAIT;
    struct rejection rejection = rejection_by(cy, v);
    *failure = (struct queue_failure){rejection.unschedulable, rejection.pending, .nominates = true};
    if (v == BERTH_PASS || waits)
        v = framework_pre_bind_pre_flight(cy, b->slot, &b->worker);
    if (v != BERTH_PASS)
        return v;
    if (!waits)
        return land(core, b, now_ns);
    if (waiting_begin(&b->waiting, cy->waits, cy->waits_len, now_ns) < 0)
        return framework_verdict(cy, BERTH_ERROR, BERTH_STR("out of memory"));
    wait_until(core, waiting_until_ns(&b->waiting));
    b->phase = BINDING_WAITS;
    b->waited = true;
    return BERTH_PASS;
}

void binding_begin(struct core *core, struct cycle *cy, struct queued_pod *p, struct pod_entry *entry,
                   uint32_t slot, struct decision *d, struct queue_failure *ret_failure, int64_t now_ns)
{
    d->message = BERTH_STR("out of memory");
    d->error = true;
    if (cache_assume(&core->cache, entry, slot) < 0)
        return;
    struct binding *b = new_binding(core, p, entry->pod, slot);
    if (!b) {
        (void)cache_put_pod(&core->cache, core->decided);
        return;
    }
    nominator_delete(&core->queue.nominator, core->decided);
    keep_cycle(core, b, cy);
    berth_verdict v = go_through(core, b, ret_failure, now_ns);
    if (v == BERTH_PASS) {
        d->message = (berth_str){0};
        d->error = false;
        d->node = b->assumed->node_name;
        d->placement = b->placement;
        d->nominated_node = is_announced(b) ? d->node : NULL;
        d->waiting = b->phase == BINDING_WAITS;
        d->binding = b->phase == BINDING_RUNS;
        if (b->phase == BINDING_PREPARES)
            show_writes(d, b);
        return;
    }
    d->error = ret_failure->unschedulable == 0 && ret_failure->pending == 0;
    berth_str text = core_objection(&b->cycle, v);
    d->message = (berth_str){arena_copy(&core->arena, text.ptr, text.len), text.len};
    undo(core, b);
}

/* A plugin objects after the scheduling cycle. */
static void object(struct core *core, struct binding *b, berth_verdict v, int64_t now_ns)
{
    struct buf text = {0};
    berth_str reasons = core_objection(&b->cycle, v);
    buf_printf(&text, "%.*s", BERTH_FMT(reasons));
    fail(core, b, 0, false, buf_view(&text), now_ns);
    buf_fini(&text);
}

/* Nobody is waited for at Permit any longer. */
static void run(struct core *core, struct binding *b, int64_t now_ns)
{
    berth_verdict v = land(core, b, now_ns);
    if (v == BERTH_PASS)
        say_next(core, b);
    else
        object(core, b, v, now_ns);
}

/* The pod is to be bound once the driver has done its part and no plugin waits for volumes. */
static void bind_if_prepared(struct core *core, struct binding *b)
{
    if (!b->driver_is_done || b->waits_for_volumes)
        return;
    b->phase = BINDING_RUNS;
    say_next(core, b);
}

void core_allow(struct core *core, berth_str uid, berth_str plugin, int64_t now_ns)
{
    core_tick(core, now_ns);
    struct binding *b = find_waiting(core, uid);
    int32_t index = b ? plugin_named(core, b, plugin) : -1;
    if (index >= 0 && waiting_allow(&b->waiting, (uint8_t)index))
        run(core, b, now_ns);
}

void core_reject_waiting(struct core *core, berth_str uid, berth_str plugin, berth_str reason, int64_t now_ns)
{
    core_tick(core, now_ns);
    struct binding *b = find_waiting(core, uid);
    if (b)
        reject(core, b, plugin_named(core, b, plugin), reason, now_ns);
}

/* The binding that an answer is for; NULL: nobody waits for it. */
static struct binding *answered(const struct core *core, const struct berth_pod *pod, uint64_t placement,
                                enum binding_phase phase)
{
    struct binding *b = binding_find(core, pod);
    return b && b->placement == placement && b->phase == phase ? b : NULL;
}

void core_prepared(struct core *core, const struct berth_pod *pod, uint64_t placement, berth_str error,
                   int64_t now_ns)
{
    core_tick(core, now_ns);
    struct binding *b = answered(core, pod, placement, BINDING_PREPARES);
    if (!b || b->driver_is_done)
        return;
    if (error.len > 0) {
        fail(core, b, 0, false, error, now_ns);
        return;
    }
    b->driver_is_done = true;
    bind_if_prepared(core, b);
}

void core_bound(struct core *core, const struct berth_pod *pod, uint64_t placement, berth_str error,
                int64_t now_ns)
{
    core_tick(core, now_ns);
    struct binding *b = answered(core, pod, placement, BINDING_RUNS);
    if (!b)
        return;
    if (error.len > 0) {
        fail(core, b, 0, false, error, now_ns);
        return;
    }
    if (b->keeps_cycle)
        framework_post_bind(&b->cycle, b->slot);
    queue_done(&core->queue, b->queued);
    b->queued = NULL;
    b->phase = BINDING_BOUND;
    drop_cycle(b);
    if (!b->held)
        free_binding(core, b);
}

void bindings_storage_changed(struct core *core, int64_t now_ns)
{
    for (struct binding *next, *b = core->bindings.first; b; b = next) {
        next = b->next;
        if (b->phase != BINDING_PREPARES || !b->waits_for_volumes)
            continue;
        berth_verdict v = pre_bind(core, b, now_ns);
        if (v == BERTH_PASS)
            bind_if_prepared(core, b);
        else
            object(core, b, v, now_ns);
    }
}

/* ---- time ---- */

static void time_out(struct core *core, struct binding *b, const struct permit_wait *wait, int64_t now_ns)
{
    const struct profile *profile = core->profiles[b->queued->profile];
    struct buf text = {0};
    buf_puts(&text, "rejected due to timeout after waiting ");
    duration_print(&text, wait->timeout_ns);
    buf_printf(&text, " at plugin %s", profile->instances[wait->plugin].plugin->name);
    reject(core, b, wait->plugin, buf_view(&text), now_ns);
    buf_fini(&text);
}

/* What a plugin waits for at PreBind will not come. */
static void fail_volumes(struct core *core, struct binding *b, const char *why, int64_t now_ns)
{
    struct buf text = {0};
    buf_printf(&text, "running PreBind plugin \"%s\": binding volumes: %s", b->worker, why);
    fail(core, b, 0, false, buf_view(&text), now_ns);
    buf_fini(&text);
}

/* When the wait of the binding is over; INT64_MAX: it does not wait. */
static int64_t waits_until(const struct binding *b)
{
    if (b->phase == BINDING_WAITS)
        return waiting_until_ns(&b->waiting);
    return b->waits_for_volumes ? b->prepared_until_ns : INT64_MAX;
}

/* When the first wait is over. */
static int64_t first_due(const struct core *core)
{
    int64_t first = INT64_MAX;
    for (const struct binding *b = core->bindings.first; b; b = b->next)
        first = waits_until(b) < first ? waits_until(b) : first;
    return first;
}

static void end_waits(struct core *core, int64_t now_ns)
{
    for (struct binding *next, *b = core->bindings.first; b; b = next) {
        next = b->next;
        const struct permit_wait *wait = waiting_expired(&b->waiting, now_ns);
        if (b->phase == BINDING_WAITS && wait)
            time_out(core, b, wait, now_ns);
        else if (b->waits_for_volumes && b->prepared_until_ns <= now_ns)
            fail_volumes(core, b, "context deadline exceeded", now_ns);
    }
}

void core_tick(struct core *core, int64_t now_ns)
{
    queue_tick(&core->queue, now_ns);
    if (now_ns < core->bindings.due_ns)
        return;
    end_waits(core, now_ns);
    core->bindings.due_ns = first_due(core);
}

int64_t core_next_ns(struct core *core)
{
    int64_t next = queue_next_ns(&core->queue), wait = first_due(core);
    return wait < next ? wait : next;
}

/* ---- the watch ---- */

/*
 * The pod is gone or about to go: what it holds is given back at once. One that waits is done with; one that
 * is being bound will hear of it from the API server.
 */
static void give_way(struct core *core, struct binding *b, int64_t now_ns)
{
    if (b->phase == BINDING_WAITS) {
        reject(core, b, -1, BERTH_STR("removed"), now_ns);
        return;
    }
    if (b->waits_for_volumes) {
        fail_volumes(core, b, "pod does not exist any more", now_ns);
        return;
    }
    const struct berth_pod *assumed = pod_ref(b->assumed);
    forget(core, b);
    if (b->phase == BINDING_BOUND)
        free_binding(core, b);
    queue_event(&core->queue, &(struct berth_change){core_assigned_pod_deleted, assumed, NULL}, INT32_MAX,
                now_ns);
    pod_unref(core->catalog, assumed);
}

static bool is_leaving(const struct berth_pod *pod)
{
    return pod->class->flags & BERTH_POD_TERMINATING;
}

bool binding_watched(struct core *core, const struct berth_pod *pod, int64_t now_ns)
{
    struct binding *b = binding_find(core, pod);
    if (!b || !b->held || pod->node_name)
        return false;
    bool leaves = is_leaving(pod) && !is_leaving(b->watched);
    const struct berth_pod *old = b->watched;
    b->watched = pod_ref(pod);
    pod_unref(core->catalog, old);
    if (leaves)
        give_way(core, b, now_ns);
    return true;
}

/* What the pod has become since it was assumed, as updates of one that was assigned all the while. */
static void tell_what_changed(struct core *core, const struct berth_pod *assumed, const struct berth_pod *pod,
                              int64_t now_ns)
{
    struct berth_event events[EVENTS_MAX];
    uint32_t len = assumed->class != pod->class ? events_of_pod_update(assumed, pod, events) : 0;
    for (uint32_t i = 0; i < len; i++)
        queue_event(&core->queue, &(struct berth_change){events[i], assumed, pod}, INT32_MAX, now_ns);
}

void binding_confirmed(struct core *core, struct binding *b, const struct berth_pod *pod, int64_t now_ns)
{
    const struct berth_pod *assumed = pod_ref(b->assumed);
    b->held = false;
    pod_unref(core->catalog, b->watched);
    b->watched = NULL;
    if (b->waits_for_volumes) { /* somebody else has bound it: there is nothing left to wait for */
        framework_unreserve(&b->cycle, b->slot);
        queue_done(&core->queue, b->queued);
        b->phase = BINDING_BOUND;
    }
    if (b->phase == BINDING_BOUND)
        free_binding(core, b);
    queue_event(&core->queue, &(struct berth_change){core_assigned_pod_added, NULL, pod}, INT32_MAX, now_ns);
    if (pod->node_name == assumed->node_name)
        tell_what_changed(core, assumed, pod, now_ns);
    else /* somebody else has bound it */
        queue_event(&core->queue, &(struct berth_change){core_assigned_pod_deleted, assumed, NULL}, INT32_MAX,
                    now_ns);
    queue_delete(&core->queue, pod);
    pod_unref(core->catalog, assumed);
}

void binding_deleted(struct core *core, struct binding *b, int64_t now_ns)
{
    pod_unref(core->catalog, b->watched);
    b->watched = NULL;
    queue_delete(&core->queue, b->pod);
    give_way(core, b, now_ns);
}

/* ---- looking in ---- */

static bool binding_ok(const struct core *core, const struct binding *b)
{
    if ((b->phase == BINDING_BOUND) != !b->queued || (b->phase == BINDING_WAITS) != (b->waiting.len > 0))
        return false;
    if (b->queued
        && (in_flight_find(&core->queue.in_flight, b->pod) != b->queued
            || b->queued->landing != (b->phase != BINDING_WAITS)))
        return false;
    const struct pod_entry *entry =
        pod_index_find(&core->cache.pods, berth_pod_namespace(b->pod), berth_pod_name(b->pod));
    if (b->held)
        return entry && entry->pod == b->assumed && b->watched && !b->watched->node_name;
    return b->phase != BINDING_BOUND && (!entry || entry->pod != b->assumed);
}

bool bindings_ok(const struct core *core)
{
    size_t len = 0, in_flight = 0;
    for (const struct binding *b = core->bindings.first; b; b = b->next, len++) {
        if (!binding_ok(core, b))
            return false;
        in_flight += b->queued != NULL;
    }
    return len == core->bindings.len && in_flight == in_flight_len(&core->queue.in_flight)
           && core->bindings.due_ns <= first_due(core) && core->bindings.late.cap >= core->bindings.late.len;
}
