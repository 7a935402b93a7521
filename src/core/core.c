/* The core's face: objects in, decisions out. What is behind it: cache.h, queue.h, cycle.h. */
#include "core/core_internal.h"

#include "core/events.h"
#include "core/framework.h"
#include "core/message.h"
#include "core/rejection.h"

#include <stdlib.h>

/* A set of plugins is kept as the bits of a 64-bit number. */
static int check_sizes(const struct profile *p, struct err *err)
{
    if (p->instances_len > QUEUE_PLUGINS_MAX)
        return err_set(err, "profile \"%.*s\" has more than %d plugins", BERTH_FMT(p->scheduler_name),
                       QUEUE_PLUGINS_MAX);
    return 0;
}

static int make_profiles(struct core *core, const struct config *config, const struct registry *registry,
                         struct err *err)
{
    core->profiles = calloc(config->profiles_len + 1u, sizeof(struct profile *));
    if (!core->profiles)
        return err_nomem(err);
    for (uint32_t i = 0; i < config->profiles_len; i++) {
        int r = profile_new(config, &config->profiles[i], registry, core->catalog, &core->profiles[i], err);
        if (r < 0)
            return r;
        core->profiles_len++;
        if (check_sizes(core->profiles[i], err) < 0)
            return -EINVAL;
    }
    return core_init_queue(core, config) < 0 ? err_nomem(err) : 0;
}

int core_new(const struct config *config, const struct registry *registry, struct catalog *catalog,
             const struct core_options *options, struct core **ret_core, struct err *err)
{
    struct core *core = calloc(1, sizeof(*core));
    if (!core)
        return err_nomem(err);
    core->catalog = core->rows.catalog = catalog;
    core->options = *options;
    core->preempting.catalog = catalog;
    core->rng.state = options->seed;
    int r =
        cache_init(&core->cache, catalog) < 0 ? err_nomem(err) : make_profiles(core, config, registry, err);
    if (r < 0) {
        core_free(core);
        return r;
    }
    *ret_core = core;
    return 0;
}

struct core *core_free(struct core *core)
{
    if (core) {
        pod_unref(core->catalog, core->decided);
        bindings_fini(core);
        preempting_fini(&core->preempting);
        queue_fini(&core->queue);
        row_cache_fini(&core->rows);
        cache_fini(&core->cache);
        for (uint32_t i = 0; i < core->profiles_len; i++)
            profile_free(core->profiles[i]);
        free(core->profiles);
        node_order_fini(&core->order);
        verdicts_fini(&core->verdicts);
        arena_fini(&core->arena);
        arena_fini(&core->aside);
        free(core);
    }
    return NULL;
}

int32_t core_profile_for(const struct core *core, const struct berth_pod *pod)
{
    for (uint32_t i = 0; i < core->profiles_len; i++)
        if (berth_str_eq(core->profiles[i]->scheduler_name, berth_atom_str(pod->class->scheduler_name)))
            return (int32_t)i;
    return -1;
}

struct cycle core_begin(struct core *core, struct arena *arena, const struct berth_pod *pod, uint32_t profile)
{
    arena_reset(arena);
    struct cycle cy = {
        .cache = &core->cache,
        .nominator = &core->queue.nominator,
        .verdicts = &core->verdicts,
        .rows = &core->rows,
        .arena = arena,
        .options = &core->options,
        .preempting = &core->preempting,
        .rng = &core->rng,
        .profile = core->profiles[profile],
        .profile_index = profile,
    };
    cycle_begin(&cy, pod);
    return cy;
}

/* ---- objects: first the cache learns of a change, then the queue ---- */

static void tell(struct core *core, struct berth_event event, const void *old, const void *new,
                 int64_t now_ns)
{
    queue_event(&core->queue, &(struct berth_change){event, old, new}, INT32_MAX, now_ns);
}

/*
 * A pending pod has lost its nomination to a node, or with its life: pods that yielded to it there, those of
 * at most its priority, may have a chance now.
 */
static void tell_nomination_gone(struct core *core, const struct berth_pod *old, int64_t now_ns)
{
    queue_event(&core->queue, &(struct berth_change){core_assigned_pod_deleted, old, NULL},
                old->class->priority, now_ns);
}

/* The same for a nomination that no object may have shown yet: hints are to see a pod that has it. */
static void tell_promise_gone(struct core *core, const struct berth_pod *pod, berth_atom promised,
                              int64_t now_ns)
{
    const struct berth_pod *nominated =
        pod->nominated_node_name ? pod_ref(pod) : pod_nominated(pod, promised);
    tell_nomination_gone(core, nominated ? nominated : pod, now_ns);
    pod_unref(core->catalog, nominated);
}

/* A pod that was pending is bound by others, or gone. */
static void leave_queue(struct core *core, const struct berth_pod *old, int64_t now_ns)
{
    berth_atom promised = nominator_node(&core->queue.nominator, old);
    queue_delete(&core->queue, old);
    if (promised || (old->nominated_node_name && core_profile_for(core, old) >= 0))
        tell_promise_gone(core, old, promised, now_ns);
}

static void assigned_pod_updated(struct core *core, const struct berth_pod *old, const struct berth_pod *pod,
                                 int64_t now_ns)
{
    struct berth_event events[EVENTS_MAX];
    uint32_t len = events_of_pod_update(old, pod, events);
    for (uint32_t i = 0; i < len; i++)
        tell(core, events[i], old, pod, now_ns);
}

static int pending_pod_changed(struct core *core, const struct berth_pod *old, const struct berth_pod *pod,
                               int64_t now_ns)
{
    int32_t profile = core_profile_for(core, pod);
    if (profile < 0)
        return 0;
    if (!old)
        return queue_add(&core->queue, pod, (uint32_t)profile, now_ns);
    int r = queue_update(&core->queue, old, pod, (uint32_t)profile, now_ns);
    if (r == 0 && old->nominated_node_name && old->nominated_node_name != pod->nominated_node_name)
        tell_nomination_gone(core, old, now_ns);
    return r;
}

/* The cache has put `pod` in the place of `old`, which is NULL when it is new. */
static int pod_changed(struct core *core, const struct berth_pod *old, const struct berth_pod *pod,
                       int64_t now_ns)
{
    if (old && old->node_name && pod->node_name) {
        assigned_pod_updated(core, old, pod, now_ns);
        return 0;
    }
    if (old && old->node_name) {
        tell(core, core_assigned_pod_deleted, old, NULL, now_ns);
        old = NULL;
    }
    if (!pod->node_name)
        return pending_pod_changed(core, old, pod, now_ns);
    tell(core, core_assigned_pod_added, NULL, pod, now_ns);
    if (old)
        leave_queue(core, old, now_ns);
    return 0;
}

static struct pod_entry *entry_of(const struct core *core, const struct berth_pod *pod)
{
    return pod_index_find(&core->cache.pods, berth_pod_namespace(pod), berth_pod_name(pod));
}

/* The binding that holds the cache's pod of this namespace and name, NULL when there is none. */
static struct binding *holder(const struct core *core, const struct berth_pod *pod)
{
    const struct pod_entry *entry = core->bindings.len > 0 ? entry_of(core, pod) : NULL;
    struct binding *b = entry ? binding_find(core, entry->pod) : NULL;
    return b && b->held ? b : NULL;
}

/* The watch shows a pod that is held: it follows the watch. */
static int confirm(struct core *core, struct binding *b, const struct berth_pod *pod, int64_t now_ns)
{
    if (!cache_put_pod(&core->cache, pod))
        return -ENOMEM;
    binding_confirmed(core, b, pod, now_ns);
    return 0;
}

static void remove_pod(struct core *core, const struct berth_pod *pod, int64_t now_ns)
{
    struct pod_entry *entry = entry_of(core, pod);
    struct binding *b = holder(core, pod);
    if (entry) {
        preempting_left(&core->preempting, entry->pod);
        preempting_end(&core->preempting, entry->pod);
    }
    if (b)
        binding_deleted(core, b, now_ns);
    if (!entry || b)
        return;
    const struct berth_pod *old = pod_ref(entry->pod);
    cache_remove_pod(&core->cache, entry);
    if (old->node_name)
        tell(core, core_assigned_pod_deleted, old, NULL, now_ns);
    else
        leave_queue(core, old, now_ns);
    pod_unref(core->catalog, old);
}

/* Puts the pod into the cache, and tells the queue. */
static int replace_pod(struct core *core, const struct berth_pod *pod, int64_t now_ns)
{
    struct pod_entry *entry = entry_of(core, pod);
    const struct berth_pod *old = entry ? pod_ref(entry->pod) : NULL;
    entry = cache_put_pod(&core->cache, pod);
    int r = entry ? pod_changed(core, old, pod, now_ns) : -ENOMEM;
    if (r < 0 && entry && old)
        (void)cache_put_pod(&core->cache, old); /* takes the memory that the new one gives back */
    else if (r < 0 && entry)
        cache_remove_pod(&core->cache, entry);
    pod_unref(core->catalog, old);
    return r;
}

/*
 * Victims have left, and pods need no longer wait for that. What the last one leaves behind need not be what
 * the plugins that rejected the pod have asked for, so such a pod is not left to their hints.
 */
static void open_gates(struct core *core, int64_t now_ns)
{
    for (const struct berth_pod *pod; (pod = preempting_over(&core->preempting)) != NULL;) {
        queue_ask_again(&core->queue, pod, now_ns);
        pod_unref(core->catalog, pod);
    }
}

/*
 * With external binding: objects are what a watch shows,
 * which may have missed the end of one pod of the name.
 */
static int put_watched_pod(struct core *core, const struct berth_pod *pod, int64_t now_ns)
{
    const struct pod_entry *entry = entry_of(core, pod);
    if (entry && !berth_same_pod(entry->pod, pod))
        remove_pod(core, pod, now_ns);
    if (pod->class->flags & BERTH_POD_TERMINATING)
        preempting_left(&core->preempting, pod);
    struct binding *b = holder(core, pod);
    int r = 0;
    if (b && pod->node_name)
        r = confirm(core, b, pod, now_ns);
    else if (!b || !binding_watched(core, pod, now_ns))
        r = replace_pod(core, pod, now_ns);
    open_gates(core, now_ns);
    return r;
}

/* The node of that name with a reference of its own, NULL when there is none. */
static const struct berth_node *known_node(struct core *core, berth_atom name)
{
    int32_t slot = node_table_find(&core->cache.nodes, name);
    const struct berth_node *node = slot < 0 ? NULL : core->cache.nodes.node[slot];
    if (node)
        ++((struct berth_node *)node)->refs;
    return node;
}

static void forget_node(struct core *core, const struct berth_node *node)
{
    struct object object = {.kind = OBJECT_NODE, .node = node};
    if (node)
        object_unref(core->catalog, &object);
}

static int put_node(struct core *core, const struct berth_node *node, int64_t now_ns)
{
    const struct berth_node *old = known_node(core, node->name);
    int r = cache_put_node(&core->cache, node);
    struct berth_event events[EVENTS_MAX] = {{BERTH_ON_NODE, BERTH_ADD}};
    uint32_t len = old ? events_of_node_update(old, node, events) : 1;
    for (uint32_t i = 0; r == 0 && i < len; i++)
        tell(core, events[i], old, node, now_ns);
    forget_node(core, old);
    return r;
}

static void remove_node(struct core *core, berth_atom name, int64_t now_ns)
{
    const struct berth_node *old = known_node(core, name);
    if (!old)
        return;
    cache_remove_node(&core->cache, name);
    tell(core, (struct berth_event){BERTH_ON_NODE, BERTH_DELETE}, old, NULL, now_ns);
    forget_node(core, old);
}

int core_put(struct core *core, const struct object *object, int64_t now_ns)
{
    core_tick(core, now_ns);
    switch (object->kind) {
    case OBJECT_POD:
        return core->options.external_binding ? put_watched_pod(core, object->pod, now_ns)
                                              : replace_pod(core, object->pod, now_ns);
    case OBJECT_NODE:
        return put_node(core, object->node, now_ns);
    case OBJECT_NAMESPACE:
        return cache_put_namespace(&core->cache, object->namespace);
    case OBJECT_SERVICE:
    case OBJECT_REPLICATION_CONTROLLER:
    case OBJECT_REPLICA_SET:
    case OBJECT_STATEFUL_SET:
        return cache_put_workload(&core->cache, object->workload);
    case OBJECT_POD_DISRUPTION_BUDGET:
        return cache_put_budget(&core->cache, object->budget);
    default:
        return core_put_storage(core, object, now_ns);
    }
}

void core_remove(struct core *core, const struct object *object, int64_t now_ns)
{
    core_tick(core, now_ns);
    switch (object->kind) {
    case OBJECT_POD:
        remove_pod(core, object->pod, now_ns);
        open_gates(core, now_ns);
        break;
    case OBJECT_NODE:
        remove_node(core, object->node->name, now_ns);
        break;
    case OBJECT_NAMESPACE:
        cache_remove_namespace(&core->cache, object->namespace->name);
        break;
    case OBJECT_SERVICE:
    case OBJECT_REPLICATION_CONTROLLER:
    case OBJECT_REPLICA_SET:
    case OBJECT_STATEFUL_SET:
        cache_remove_workload(&core->cache, object->workload);
        break;
    case OBJECT_POD_DISRUPTION_BUDGET:
        cache_remove_budget(&core->cache, object->budget);
        break;
    default:
        core_remove_storage(core, object, now_ns);
        break;
    }
}

/* ---- scheduling ---- */

/*
 * Reserve to Bind for an assumed pod: PASS, or the first objection. Objections from PreBind on are errors,
 * however they are called; those before are a rejection that the pod may wait out.
 */
static berth_verdict reserve_and_bind(struct cycle *cy, uint32_t slot, struct queue_failure *failure)
{
    const char *worker;
    berth_verdict v = framework_reserve(cy, slot);
    if (v == BERTH_PASS)
        v = framework_permit(cy, slot);
    struct rejection rejection = rejection_by(cy, v);
    *failure = (struct queue_failure){rejection.unschedulable, rejection.pending, .nominates = true};
    if (v == BERTH_PASS)
        v = framework_pre_bind_pre_flight(cy, slot, &worker);
    if (v == BERTH_PASS)
        v = framework_pre_bind(cy, slot);
    if (v == BERTH_PASS)
        v = framework_bind(cy, slot);
    if (v != BERTH_PASS)
        framework_unreserve(cy, slot);
    else
        framework_post_bind(cy, slot);
    return v;
}

berth_str core_objection(struct cycle *cy, berth_verdict v)
{
    bool broken = verdicts_get(cy->verdicts, v)->code == BERTH_ERROR;
    return broken ? framework_reasons(cy, v) : message_rejected(cy, v);
}

/* Places the pod on the chosen node, or undoes everything and says why not. */
static void commit(struct core *core, struct cycle *cy, struct pod_entry *entry, uint32_t slot,
                   struct decision *d, struct queue_failure *failure)
{
    if (cache_assume(&core->cache, entry, slot) < 0) {
        d->message = BERTH_STR("out of memory");
        return;
    }
    berth_verdict v = reserve_and_bind(cy, slot, failure);
    if (v == BERTH_PASS) {
        d->node = core->cache.nodes.node[slot]->name;
        return;
    }
    d->message = core_objection(cy, v);
    if (!cache_put_pod(&core->cache, core->decided))
        d->message = BERTH_STR("out of memory");
}

static berth_str message_of(struct cycle *cy, const struct cycle_outcome *out)
{
    if (out->error.len > 0)
        return out->error;
    return message_unschedulable(cy, out->verdicts, out->pre_filter, framework_reasons(cy, out->post_filter));
}

/* Pods of lower priority that are nominated to the node that the decision's pod will take. */
static void find_outranked(struct core *core, struct cycle *cy, struct decision *d)
{
    const struct nomination *first = nominator_first(&core->queue.nominator, d->nominated_node);
    uint32_t len = 0;
    for (const struct nomination *x = first; x; x = x->next)
        len++;
    const struct berth_pod **pods = arena_need(cy->arena, (len + 1) * sizeof(*pods));
    for (const struct nomination *x = first; x; x = x->next) {
        const struct pod_entry *entry = entry_of(core, x->pod);
        if (entry && x->pod->class->priority < d->pod->class->priority)
            pods[d->outranked_len++] = entry->pod;
    }
    d->outranked = pods;
}

/*
 * Sorts the victims: those that are not bound yet give way inside the scheduler;
 * for the others the pod is held back.
 */
static void prepare_preemption(struct core *core, struct cycle *cy, struct decision *d)
{
    find_outranked(core, cy, d);
    if (!core->options.external_binding)
        return;
    const struct berth_pod **sorted = arena_need(cy->arena, 3 * (d->victims_len + 1u) * sizeof(*sorted));
    const struct berth_pod **stopped = sorted + d->victims_len, **leaving = stopped + d->victims_len;
    uint32_t len = 0, there = 0;
    for (uint32_t i = 0; i < d->victims_len; i++) {
        const struct binding *b = binding_stoppable(core, d->victims[i]);
        if (b)
            stopped[d->stopped_victims_len++] = b->watched;
        else
            sorted[len++] = d->victims[i];
    }
    for (uint32_t i = 0; i < len; i++)
        if (!(sorted[i]->class->flags & BERTH_POD_TERMINATING))
            leaving[there++] = sorted[i];
    d->victims = sorted;
    d->victims_len = len;
    d->stopped_victims = stopped;
    (void)preempting_begin(&core->preempting, d->pod, leaving,
                           there); /* without memory it is tried too early */
}

/* What the decision means for others in the scheduler's own memory. */
static void carry_out(struct core *core, const struct decision *d, int64_t now_ns)
{
    for (uint32_t i = 0; i < d->outranked_len; i++) {
        nominator_delete(&core->queue.nominator, d->outranked[i]);
        tell_promise_gone(core, d->outranked[i], d->nominated_node, now_ns);
    }
    for (uint32_t i = 0; i < d->stopped_victims_len; i++)
        binding_preempt(core, binding_stoppable(core, d->stopped_victims[i]), now_ns);
}

/* No node took the pod: what the queue and the caller are to know. */
static void report_failure(struct core *core, struct cycle *cy, const struct cycle_outcome *out,
                           struct decision *d, struct queue_failure *failure)
{
    struct rejection rejection = rejection_of(cy, out);
    d->message = message_of(cy, out);
    d->error = out->error.len > 0;
    d->nominated_node = cy->nominated >= 0 ? core->cache.nodes.node[cy->nominated]->name : NULL;
    d->victims = cy->victims;
    d->victims_len = cy->victims_len;
    *failure = (struct queue_failure){
        .unschedulable = rejection.unschedulable,
        .pending = rejection.pending,
        .nominates = out->error.len > 0 || cy->nominated != BERTH_KEEP_NOMINATION,
        .nominated_node = d->nominated_node,
    };
    if (d->nominated_node)
        prepare_preemption(core, cy, d);
}

static void decide(struct core *core, struct queued_pod *p, struct pod_entry *entry, struct decision *d,
                   struct queue_failure *failure, int64_t now_ns)
{
    struct cycle cy = core_begin(core, &core->arena, core->decided, p->profile);
    struct cycle_outcome out;
    if (core->cache.nodes.view.live == 0) {
        d->message = BERTH_STR("no nodes available to schedule pods");
        return;
    }
    if (node_order_update(&core->order, &core->cache.nodes, core->cache.nodes_generation) < 0) {
        d->message = BERTH_STR("out of memory");
        return;
    }
    cycle_run(&cy, &core->order, &core->start, &out);
    d->evaluated = out.evaluated;
    d->feasible = out.feasible;
    if (out.slot >= 0 && core->options.external_binding)
        binding_begin(core, &cy, p, entry, (uint32_t)out.slot, d, failure, now_ns);
    else if (out.slot >= 0)
        commit(core, &cy, entry, (uint32_t)out.slot, d, failure);
    else
        report_failure(core, &cy, &out, d, failure);
}

/*
 * As the API server would answer the update of a pod's status: the pod comes back as nominated, or no longer.
 * Without memory for it the nomination is known to the nominator alone, which is enough.
 */
static void echo_nomination(struct core *core, const struct decision *d, int64_t now_ns)
{
    if (!d->nominated_node && !d->clears_nomination)
        return;
    const struct berth_pod *updated = pod_nominated(core->decided, d->nominated_node);
    if (updated)
        (void)replace_pod(core, updated, now_ns);
    pod_unref(core->catalog, updated);
}

/* The attempt is over: the pod leaves the queue, or goes back to wait there. */
static void settle(struct core *core, struct queued_pod *p, const struct pod_entry *entry, struct decision *d,
                   const struct queue_failure *failure, int64_t now_ns)
{
    if (d->skipped) {
        queue_done(&core->queue, p);
        return;
    }
    if (!d->node) {
        d->clears_nomination =
            failure->nominates && !failure->nominated_node && core->decided->nominated_node_name;
        queue_reject(&core->queue, p, failure, now_ns);
        if (!core->options.external_binding)
            echo_nomination(core, d, now_ns);
        carry_out(core, d, now_ns);
        return;
    }
    if (d->waiting || d->preparing || d->binding)
        return; /* it stays in flight until that ends */
    nominator_delete(&core->queue.nominator, core->decided);
    queue_done(&core->queue, p);
    tell(core, core_assigned_pod_added, NULL, entry->pod, now_ns);
    core_tell_claims(core, entry->pod, now_ns);
}

/*
 * Before its attempt the pod was nominated to a node. If it no longer is, and no change of its status will
 * tell of that, pods that yielded to it there hear of it now.
 */
static void tell_of_broken_promise(struct core *core, berth_atom promised, const struct decision *d,
                                   int64_t now_ns)
{
    const struct pod_entry *entry = entry_of(core, core->decided);
    bool shown = entry && entry->pod->nominated_node_name == promised;
    bool kept = d->node ? d->node == promised
                        : shown || nominator_node(&core->queue.nominator, core->decided) == promised;
    if (promised && !kept)
        tell_promise_gone(core, core->decided, promised, now_ns);
}

/* A pod that is being deleted is not worth a node. */
static void skip(struct core *core, struct decision *d)
{
    struct buf text = {0};
    arena_reset(&core->arena);
    buf_printf(&text, "skip schedule deleting pod: %s/%.*s", berth_pod_namespace(d->pod)->text,
               BERTH_FMT(berth_pod_name(d->pod)));
    char *copy = arena_need(&core->arena, text.len);
    memcpy(copy, text.ptr, text.len);
    d->message = (berth_str){copy, (uint32_t)text.len};
    d->skipped = true;
    buf_fini(&text);
}

bool core_schedule_one(struct core *core, int64_t now_ns, struct decision *ret_decision)
{
    core_tick(core, now_ns);
    struct queued_pod *p = queue_pop(&core->queue);
    if (!p)
        return false;
    pod_unref(core->catalog, core->decided);
    core->decided = pod_ref(p->pod);
    *ret_decision = (struct decision){.pod = core->decided};
    struct pod_entry *entry = entry_of(core, p->pod);
    struct queue_failure failure = {.nominates = true};
    berth_atom promised = nominator_node(&core->queue.nominator, p->pod);
    if (core->options.external_binding && (p->pod->class->flags & BERTH_POD_TERMINATING))
        skip(core, ret_decision);
    else
        decide(core, p, entry, ret_decision, &failure, now_ns);
    settle(core, p, entry, ret_decision, &failure, now_ns);
    tell_of_broken_promise(core, promised, ret_decision, now_ns);
    return true;
}

void core_activate(struct core *core, const struct berth_pod *pod, int64_t now_ns)
{
    core_tick(core, now_ns);
    preempting_end(&core->preempting, pod);
    queue_activate(&core->queue, pod, now_ns);
}

void core_explain(struct core *core, const struct berth_pod *pod, struct explanation *ret_explanation)
{
    int32_t profile = core_profile_for(core, pod);
    *ret_explanation = (struct explanation){
        .pod = pod,
        .responsible = profile >= 0,
        .nodes = core_nodes(core),
        .nominated = BERTH_KEEP_NOMINATION,
    };
    if (profile < 0)
        return;
    struct rng before = core->rng; /* what preemption draws here must not change what is drawn later */
    struct cycle cy = core_begin(core, &core->arena, pod, (uint32_t)profile);
    cycle_explain(&cy, ret_explanation);
    core->rng = before;
}

/* ---- looking in ---- */

const struct status *core_status(const struct core *core, berth_verdict verdict)
{
    return verdicts_get(&core->verdicts, verdict);
}

const struct berth_nodes *core_nodes(const struct core *core)
{
    return &core->cache.nodes.view;
}

int32_t core_slot(const struct core *core, berth_atom node)
{
    return node_table_find(&core->cache.nodes, node);
}

berth_str core_resource_name(const struct core *core, uint32_t column)
{
    static const char *const fixed[BERTH_SCALAR] = {
        [BERTH_CPU] = "cpu",
        [BERTH_MEMORY] = "memory",
        [BERTH_EPHEMERAL_STORAGE] = "ephemeral-storage",
        [BERTH_PODS] = "pods",
    };
    if (column < BERTH_SCALAR)
        return berth_str_of(fixed[column]);
    return berth_atom_str(core->cache.nodes.resources.at[column]);
}

const struct profile *const *core_profiles(const struct core *core, uint32_t *ret_len)
{
    *ret_len = core->profiles_len;
    return (const struct profile *const *)core->profiles;
}

const struct disruption_budget *const *core_budgets(const struct core *core, uint32_t *ret_len)
{
    *ret_len = (uint32_t)core->cache.budgets.len;
    return (const struct disruption_budget *const *)core->cache.budgets.at;
}

bool core_ok(struct core *core)
{
    return cache_ok(&core->cache) && queue_ok(&core->queue) && bindings_ok(core);
}
