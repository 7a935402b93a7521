/* The core's face: objects in, decisions out. What is behind it: cache.h, queue.h, cycle.h. */
#include "core/core.h"

#include "core/cycle.h"
#include "core/framework.h"
#include "core/message.h"
#include "core/queue.h"

#include <stdlib.h>

struct core {
    struct catalog *catalog;
    struct core_options options;
    struct cache cache;
    struct queue queue;
    struct verdicts verdicts;
    struct row_cache rows;
    struct node_order order;
    struct rng rng;
    uint32_t start; /* in the node order: where the next search begins */
    struct profile **profiles;
    uint32_t profiles_len;
    struct arena arena;             /* of the last cycle */
    const struct berth_pod *decided; /* of the last decision: one reference */
};

/* A set of plugins is kept as the bits of a 64-bit number. */
static int check_sizes(const struct profile *p, struct err *err)
{
    for (int point = 0; point < POINT_COUNT; point++)
        if (p->points[point].len > 63)
            return err_set(err, "profile \"%.*s\" has more than 63 plugins at one extension point",
                           BERTH_FMT(p->scheduler_name));
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
    core->queue.sort = core->profiles[0]->points[POINT_QUEUE_SORT].at[0].instance;
    return 0;
}

int core_new(const struct config *config, const struct registry *registry, struct catalog *catalog,
             const struct core_options *options, struct core **ret_core, struct err *err)
{
    struct core *core = calloc(1, sizeof(*core));
    if (!core)
        return err_nomem(err);
    core->catalog = core->rows.catalog = catalog;
    core->options = *options;
    core->rng.state = options->seed;
    int r = cache_init(&core->cache, catalog) < 0 ? err_nomem(err) : make_profiles(core, config, registry, err);
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
        queue_fini(&core->queue);
        row_cache_fini(&core->rows);
        cache_fini(&core->cache);
        for (uint32_t i = 0; i < core->profiles_len; i++)
            profile_free(core->profiles[i]);
        free(core->profiles);
        node_order_fini(&core->order);
        verdicts_fini(&core->verdicts);
        arena_fini(&core->arena);
        free(core);
    }
    return NULL;
}

/* The index of the profile with the pod's scheduler name, -1 when there is none. */
static int32_t profile_for(const struct core *core, const struct berth_pod *pod)
{
    for (uint32_t i = 0; i < core->profiles_len; i++)
        if (berth_str_eq(core->profiles[i]->scheduler_name, berth_atom_str(pod->class->scheduler_name)))
            return (int32_t)i;
    return -1;
}

/* A cycle for the pod; the last one's memory is given back. */
static struct cycle begin(struct core *core, const struct berth_pod *pod, uint32_t profile_index)
{
    arena_reset(&core->arena);
    struct cycle cy = {
        .cache = &core->cache,
        .verdicts = &core->verdicts,
        .rows = &core->rows,
        .arena = &core->arena,
        .options = &core->options,
        .profile = core->profiles[profile_index],
        .profile_index = profile_index,
    };
    cycle_begin(&cy, pod);
    return cy;
}

/* ---- objects ---- */

static int put_pod(struct core *core, const struct berth_pod *pod, int64_t now_ns)
{
    struct pod_entry *known = pod_index_find(&core->cache.pods, berth_pod_namespace(pod), berth_pod_name(pod));
    if (known)
        queue_remove(&core->queue, known);
    struct pod_entry *entry = cache_put_pod(&core->cache, pod);
    if (!entry)
        return -ENOMEM;
    int32_t profile = pod->node_name ? -1 : profile_for(core, pod);
    if (profile < 0)
        return 0;
    struct cycle cy = begin(core, pod, (uint32_t)profile);
    if (framework_pre_enqueue(&cy) != BERTH_PASS)
        return 0;
    entry->since_ns = now_ns;
    return queue_push(&core->queue, entry);
}

int core_put(struct core *core, const struct object *object, int64_t now_ns)
{
    switch (object->kind) {
    case OBJECT_POD:
        return put_pod(core, object->pod, now_ns);
    case OBJECT_NODE:
        return cache_put_node(&core->cache, object->node);
    case OBJECT_NAMESPACE:
        return cache_put_namespace(&core->cache, object->namespace);
    case OBJECT_SERVICE:
    case OBJECT_REPLICATION_CONTROLLER:
    case OBJECT_REPLICA_SET:
    case OBJECT_STATEFUL_SET:
        return cache_put_workload(&core->cache, object->workload);
    default:
        return 0; /* no plugin looks at the other kinds yet */
    }
}

static void remove_pod(struct core *core, const struct berth_pod *pod)
{
    struct pod_entry *entry = pod_index_find(&core->cache.pods, berth_pod_namespace(pod), berth_pod_name(pod));
    if (!entry)
        return;
    queue_remove(&core->queue, entry);
    cache_remove_pod(&core->cache, entry);
}

void core_remove(struct core *core, const struct object *object)
{
    switch (object->kind) {
    case OBJECT_POD:
        remove_pod(core, object->pod);
        break;
    case OBJECT_NODE:
        cache_remove_node(&core->cache, object->node->name);
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
    default:
        break;
    }
}

/* ---- scheduling ---- */

/* Reserve to Bind for an assumed pod: PASS, or the first objection. */
static berth_verdict reserve_and_bind(struct cycle *cy, uint32_t slot)
{
    berth_verdict v = framework_reserve(cy, slot);
    if (v == BERTH_PASS)
        v = framework_permit(cy, slot);
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

/* Places the pod on the chosen node, or undoes everything and says why not. */
static void commit(struct core *core, struct cycle *cy, struct pod_entry *entry, uint32_t slot, struct decision *d)
{
    if (cache_assume(&core->cache, entry, slot) < 0) {
        d->message = BERTH_STR("out of memory");
        return;
    }
    berth_verdict v = reserve_and_bind(cy, slot);
    if (v == BERTH_PASS) {
        d->node = core->cache.nodes.node[slot]->name;
        return;
    }
    bool broken = verdicts_get(cy->verdicts, v)->code == BERTH_ERROR;
    d->message = broken ? framework_reasons(cy, v) : message_rejected(cy, v);
    if (!cache_put_pod(&core->cache, core->decided))
        d->message = BERTH_STR("out of memory");
}

static berth_str message_of(struct cycle *cy, const struct cycle_outcome *out)
{
    if (out->error.len > 0)
        return out->error;
    return message_unschedulable(cy, out->verdicts, out->pre_filter, framework_reasons(cy, out->post_filter));
}

static void decide(struct core *core, struct pod_entry *entry, struct decision *d)
{
    struct cycle cy = begin(core, core->decided, (uint32_t)profile_for(core, core->decided));
    struct cycle_outcome out;
    if (core->cache.nodes.view.live == 0) {
        d->message = BERTH_STR("no nodes available to schedule pods");
        return;
    }
    if (node_order_update(&core->order, &core->cache.nodes, core->cache.nodes_generation) < 0) {
        d->message = BERTH_STR("out of memory");
        return;
    }
    cycle_run(&cy, &core->order, &core->start, &core->rng, &out);
    d->evaluated = out.evaluated;
    d->feasible = out.feasible;
    if (out.slot >= 0)
        commit(core, &cy, entry, (uint32_t)out.slot, d);
    else
        d->message = message_of(&cy, &out);
}

bool core_schedule_one(struct core *core, int64_t now_ns, struct decision *ret_decision)
{
    (void)now_ns;
    struct pod_entry *entry = queue_pop(&core->queue);
    if (!entry)
        return false;
    pod_unref(core->catalog, core->decided);
    core->decided = pod_ref(entry->pod);
    *ret_decision = (struct decision){.pod = core->decided};
    decide(core, entry, ret_decision);
    return true;
}

void core_explain(struct core *core, const struct berth_pod *pod, struct explanation *ret_explanation)
{
    int32_t profile = profile_for(core, pod);
    *ret_explanation = (struct explanation){.pod = pod, .responsible = profile >= 0, .nodes = core_nodes(core)};
    if (profile < 0)
        return;
    struct cycle cy = begin(core, pod, (uint32_t)profile);
    cycle_explain(&cy, ret_explanation);
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

bool core_ok(struct core *core)
{
    return cache_ok(&core->cache);
}
