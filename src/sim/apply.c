/* Changes other than arrivals and departures: what each does to nodes, pods and workloads. */
#include "sim/run.h"

#include "base/ascii.h"
#include "sim/claims.h"
#include "sim/drain.h"
#include "sim/series.h"

#include <stdlib.h>

typedef VEC(uint32_t) index_list;

/* ---- pods and their nodes ---- */

bool run_belongs_to_node(const struct run *r, uint32_t index)
{
    berth_atom owner = r->pods[index].pod->class->owner_kind;
    bool owned = owner && (strcmp(owner->text, "DaemonSet") == 0 || strcmp(owner->text, "Node") == 0);
    return owned || r->cluster->pods.at[index].mirror;
}

/* Whether the pod may run on this node alone, as the pods of DaemonSets say. */
static bool is_pinned(const struct berth_pod *pod, berth_atom node)
{
    const struct berth_class *class = pod->class;
    berth_each (struct berth_node_term, term, class, class->required_nodes)
        berth_each (struct berth_requirement, field, class, term->fields)
            if (field->op == BERTH_IN && *(const berth_atom *)berth_list_at(class, field->values) == node)
                return true;
    return false;
}

/* The pods on the node leave it; those that belong to it stay. */
static int evict_all(struct run *r, berth_atom node)
{
    struct buf reason = {0};
    buf_printf(&reason, "node %s is gone", node->text);
    int code = 0;
    for (uint32_t i = 0; i < r->cluster->pods.len && code == 0; i++) {
        bool here = r->pods[i].where == POD_ON_NODE && r->result->placements[i].node == node;
        if (here && !run_belongs_to_node(r, i))
            code = run_evict(r, i, OUTCOME_EVICTED, buf_view(&reason));
    }
    buf_fini(&reason);
    return code;
}

static int lose_node(struct run *r, const struct change *change)
{
    berth_atom name = change->object.node->name;
    int code = evict_all(r, name);
    for (uint32_t i = 0; i < r->cluster->pods.len && code == 0; i++) {
        if (!run_belongs_to_node(r, i))
            continue;
        bool on_it = r->pods[i].where == POD_ON_NODE && r->result->placements[i].node == name;
        if (on_it || (r->pods[i].where == POD_WAITING && is_pinned(r->pods[i].pod, name)))
            run_leave(r, i, OUTCOME_DELETED);
    }
    core_remove(r->core, &change->object, r->now_ns += r->step_ns);
    return code;
}

/* ---- workloads ---- */

static bool is_of(const struct berth_class *class, const struct scale_target *target)
{
    return class->owner_name == target->owner_name && class->owner_kind == target->owner_kind
           && class->namespace == target->namespace;
}

/* The number at the end of a pod's name, as StatefulSets give it. */
static long ordinal_of(const struct berth_pod *pod)
{
    berth_str name = berth_pod_name(pod);
    long ordinal = 0, place = 1;
    for (uint32_t i = name.len; i > 0 && ascii_is_digit(name.ptr[i - 1]) && place < 1000000000;
         i--, place *= 10)
        ordinal += (name.ptr[i - 1] - '0') * place;
    return ordinal;
}

struct leaving {
    const struct run *run;
    bool ordered;
};

/* Who goes first: of a StatefulSet the highest ordinal; else who has no node, then who came last. */
static int by_leaving(const void *a, const void *b, void *context)
{
    const struct leaving *leaving = context;
    const struct run_pod *pods = leaving->run->pods;
    uint32_t i = *(const uint32_t *)a, j = *(const uint32_t *)b;
    if (leaving->ordered) {
        long x = ordinal_of(pods[i].pod), y = ordinal_of(pods[j].pod);
        return (x < y) - (x > y);
    }
    if (pods[i].where != pods[j].where)
        return pods[i].where == POD_WAITING ? -1 : 1;
    if (pods[i].came_ns != pods[j].came_ns)
        return pods[i].came_ns > pods[j].came_ns ? -1 : 1;
    return (i < j) - (i > j);
}

static int scale(struct run *r, uint32_t target_index, uint32_t replicas)
{
    const struct scale_target *target = &r->cluster->targets.at[target_index];
    index_list there = {0};
    int code = 0;
    for (uint32_t i = 0; i < r->cluster->pods.len && code == 0; i++)
        if (run_has(r, i) && is_of(r->pods[i].pod->class, target) && vec_push(&there, i) < 0)
            code = err_nomem(r->err);
    size_t len = there.len;
    if (code == 0 && len > replicas) {
        struct leaving leaving = {r, target->ordered};
        qsort_r(there.at, len, sizeof(*there.at), by_leaving, &leaving);
        for (size_t i = 0; i < len - replicas; i++)
            run_leave(r, there.at[i], OUTCOME_DELETED);
    }
    for (uint32_t i = 0; i < r->cluster->pods.len && len < replicas && code == 0; i++) {
        if (r->cluster->pods.at[i].spare_of != target_index + 1 || r->pods[i].where != POD_AWAY)
            continue;
        code = run_arrive(r, i);
        len += run_has(r, i);
    }
    vec_fini(&there);
    return code;
}

/* ---- any change ---- */

/* A claim, or what claims may be bound to, has come or changed. */
static int settle_claims(struct run *r, const struct object *object)
{
    struct catalog *catalog = r->cluster->catalog;
    if (object->kind == OBJECT_PERSISTENT_VOLUME_CLAIM)
        return claims_settle_one(r->core, catalog, object->claim, r->step_ns, &r->now_ns, r->err);
    if (object->kind == OBJECT_PERSISTENT_VOLUME || object->kind == OBJECT_STORAGE_CLASS)
        return claims_settle(r->core, r->cluster, r->step_ns, &r->now_ns, r->err);
    return 0;
}

static int put(struct run *r, const struct change *change)
{
    if (change->object.kind == OBJECT_POD) {
        ssize_t index = run_find(r, change->object.pod);
        bool there = index >= 0 && run_has(r, (uint32_t)index);
        return there ? run_update(r, (uint32_t)index, change->object.pod, change->json) : 0;
    }
    if (core_put(r->core, &change->object, r->now_ns += r->step_ns) < 0)
        return err_nomem(r->err);
    return settle_claims(r, &change->object);
}

static int delete (struct run *r, const struct change *change)
{
    if (change->object.kind == OBJECT_NODE)
        return lose_node(r, change);
    if (change->object.kind != OBJECT_POD) {
        core_remove(r->core, &change->object, r->now_ns += r->step_ns);
        return 0;
    }
    ssize_t index = run_find(r, change->object.pod);
    if (index < 0 || !run_has(r, (uint32_t)index))
        return 0;
    if (r->pods[index].pod->class->owner_name)
        return run_evict(r, (uint32_t)index, OUTCOME_DELETED, (berth_str){0});
    run_leave(r, (uint32_t)index, OUTCOME_DELETED);
    return 0;
}

int run_change(struct run *r, const struct change *change)
{
    bool of_nodes = change->object.any && change->object.kind == OBJECT_NODE;
    run_effect(r);
    r->updates += change->object.any && change->object.kind == OBJECT_POD_DISRUPTION_BUDGET;
    if (r->series && of_nodes)
        series_nodes_changed(r->series);
    switch (change->kind) {
    case CHANGE_ADD:
    case CHANGE_UPDATE:
        return put(r, change);
    case CHANGE_DELETE:
        return delete (r, change);
    case CHANGE_DRAIN:
        return drain_begin(r, change);
    case CHANGE_FAIL:
        return lose_node(r, change);
    case CHANGE_SCALE:
        return scale(r, change->target, change->replicas);
    }
    return 0;
}
