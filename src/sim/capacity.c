/*
 * Copies are numbered; numbers whose names the cluster has are left out. Most copies share all but their
 * name: these are made from the first one, at a fraction of the cost of decoding.
 */
#include "sim/capacity.h"

#include "api/edit.h"
#include "api/expand.h"
#include "base/hash.h"
#include "base/map.h"
#include "core/storage_index.h"
#include "sim/claims.h"

#include <stdlib.h>

struct counting {
    struct core *core;
    const struct cluster *cluster;
    const struct capacity_pod *pod;
    struct map taken; /* name_key() of the cluster's pods in the namespace */
    struct arena arena;
    uint64_t number; /* of the last copy */
    const struct berth_pod *made; /* while a copy is made: one reference */
    int64_t now_ns;
    struct err *err;
};

static int put(struct counting *x, enum object_kind kind, const void *any)
{
    struct object object = {.kind = kind, .any = any};
    return core_put(x->core, &object, ++x->now_ns) < 0 ? err_nomem(x->err) : 0;
}

/* ---- the cluster ---- */

/* Nobody of the cluster is pending afterwards: who fits nowhere is left out. */
static int put_setting(struct counting *x, bool after_pending, struct simulation *before)
{
    int code = after_pending ? simulate(x->core, x->cluster, NULL, before, x->err)
                             : simulate_bound(x->core, x->cluster, before, x->err);
    x->now_ns =
        1000 * (int64_t)(x->cluster->pods.len + x->cluster->objects.len + 1); /* more than that has taken */
    for (size_t i = 0; i < x->cluster->pods.len && code == 0; i++) {
        struct object pod = {.kind = OBJECT_POD, .pod = x->cluster->pods.at[i].pod};
        if (!before->placements[i].node)
            core_remove(x->core, &pod, ++x->now_ns);
    }
    return code;
}

static int put_company(struct counting *x)
{
    int code = 0;
    for (size_t i = 0; i < x->pod->company.len && code == 0; i++)
        code = put(x, x->pod->company.at[i].kind, x->pod->company.at[i].any);
    return code;
}

/* ---- names ---- */

static uint64_t name_key(berth_str name)
{
    return hash_bytes(name.ptr, name.len) | 1; /* a map's keys are not 0 */
}

static int find_taken_names(struct counting *x)
{
    for (size_t i = 0; i < x->cluster->pods.len; i++) {
        const struct berth_pod *pod = x->cluster->pods.at[i].pod;
        if (berth_pod_namespace(pod) == berth_pod_namespace(x->pod->pod)
            && map_put(&x->taken, name_key(berth_pod_name(pod)), 1) < 0)
            return err_nomem(x->err);
    }
    return 0;
}

/* "web-7", the next name that no pod of the cluster has. */
static void next_name(struct counting *x, struct buf *b)
{
    berth_str base = x->pod->name.len ? x->pod->name : BERTH_STR("pod");
    do {
        buf_clear(b);
        buf_printf(b, "%.*s-%llu", BERTH_FMT(base), (unsigned long long)x->number++);
    } while (map_get(&x->taken, name_key(buf_view(b))));
}

/* ---- copies ---- */

/* An object that belongs to a copy: the pod itself, or a claim, which is made unless it is there. */
static int on_made(void *context, const struct berth_value *value, struct err *err)
{
    struct counting *x = context;
    struct object object;
    enum object_kind kind;
    berth_str api_version = berth_value_text(berth_value_get(value, "apiVersion"));
    if (!object_kind_of(api_version, berth_value_text(berth_value_get(value, "kind")), &kind))
        return 0;
    if (kind != OBJECT_POD && kind != OBJECT_PERSISTENT_VOLUME_CLAIM)
        return 0;
    int code = object_decode(x->cluster->catalog, kind, value, &object, NULL, err);
    if (code < 0)
        return code;
    if (kind == OBJECT_POD) {
        const struct berth_class *like = x->pod->pod->class;
        x->made = pod_with_priority(x->cluster->catalog, object.pod, like->priority,
                                    like->flags & BERTH_POD_NEVER_PREEMPTS);
        code = x->made ? expand_ephemeral_claims(value, &x->arena, on_made, x, err) : err_nomem(err);
    } else {
        const struct berth_persistent_volume_claim *claim = object.claim;
        if (!storage_get(core_storage(x->core), STORAGE_CLAIMS, storage_key(claim->namespace, claim->name)))
            code = put(x, kind, claim);
        if (code == 0)
            code = claims_settle_one(x->core, x->cluster->catalog, claim, 1, &x->now_ns, err);
    }
    object_unref(x->cluster->catalog, &object);
    return code;
}

/* The StatefulSet with one pod, of this ordinal. */
static struct berth_value with_ordinal(struct editor *e, const struct berth_value *set, uint64_t ordinal)
{
    struct berth_value start = edit_format(e, "%llu", (unsigned long long)ordinal), ordinals = edit_object(e);
    start.type = BERTH_NUMBER;
    ordinals = edit_set(e, &ordinals, "start", start);
    return edit_set(e, set, "spec", edit_set(e, berth_value_get(set, "spec"), "ordinals", ordinals));
}

static int decode_copy(struct counting *x, berth_str name)
{
    struct arena_mark mark = arena_mark(&x->arena);
    struct editor e = {.arena = &x->arena, .where = x->pod->value.where};
    const struct berth_value *metadata = berth_value_get(&x->pod->value, "metadata");
    bool is_set = berth_str_eq(x->pod->kind, BERTH_STR("StatefulSet"));
    struct berth_value value =
        is_set ? with_ordinal(&e, &x->pod->value, x->number - 1)
               : edit_set(&e, &x->pod->value, "metadata", edit_set(&e, metadata, "name", edit_str(&e, name)));
    int code = e.failed ? err_nomem(x->err)
               : is_set ? expand_workload(&value, NULL, 0, &x->arena, on_made, x, x->err)
                        : on_made(x, &value, x->err);
    arena_rewind(&x->arena, mark);
    return code;
}

/* The next copy, in `made`. */
static int make_copy(struct counting *x)
{
    struct buf name = {0};
    int code = 0;
    next_name(x, &name);
    x->made = NULL;
    if (x->pod->each)
        code = decode_copy(x, buf_view(&name));
    else if (!(x->made = pod_renamed(x->pod->pod, buf_view(&name))))
        code = err_nomem(x->err);
    buf_fini(&name);
    return code;
}

/* ---- counting ---- */

/*
 * Schedules until no pod is ready: the slot of the copy's node, in *ret_slot, -1 when it was not placed.
 * Preempting, a copy is tried again without its victims; these may have gone in vain a few times.
 */
static int place(struct counting *x, bool preempt, struct capacity *c, int32_t *ret_slot)
{
    enum { TRIES = 10 };
    size_t victims = c->victims.list.len;
    uint32_t tries = preempt ? TRIES : 0;
    struct decision decision;
    int code = 0;
    *ret_slot = -1;
    while (code == 0 && core_schedule_one(x->core, ++x->now_ns, &decision)) {
        if (!berth_same_pod(decision.pod, x->made))
            continue;
        *ret_slot = decision.node ? core_slot(x->core, decision.node) : -1;
        if (decision.victims_len == 0 || tries == 0)
            continue;
        tries--;
        code = victims_take(&c->victims, x->core, &decision, c->count + 1, &x->now_ns);
        core_activate(x->core, x->made, x->now_ns);
    }
    if (code == 0 && *ret_slot < 0)
        code = victims_undo(&c->victims, x->core, victims, x->cluster->catalog, &x->now_ns);
    c->preempting += c->victims.list.len > victims;
    return code < 0 ? err_nomem(x->err) : 0;
}

/* One copy more; *ret_done: it fits nowhere, or enough have been placed. */
static int count_one(struct counting *x, const struct capacity_options *options, struct capacity *c,
                     bool *ret_done)
{
    int32_t slot = -1;
    int code = make_copy(x);
    if (code == 0)
        code = put(x, OBJECT_POD, x->made);
    if (code == 0)
        code = place(x, options->preempt, c, &slot);
    *ret_done = slot < 0;
    if (slot >= 0) {
        c->by_slot[slot]++;
        c->reached_most = ++c->count == options->most;
        *ret_done = c->reached_most;
    } else if (code == 0) {
        c->next = pod_ref(x->made);
    }
    pod_unref(x->cluster->catalog, x->made);
    if (options->progress)
        options->progress(options->context, c->count, options->most);
    return code;
}

/* When no more copies come, the victims look for another place; the copy that fits nowhere is put aside. */
static int let_victims_come_back(struct counting *x, struct capacity *c)
{
    c->preempted = c->victims.list.len;
    if (c->preempted == 0)
        return 0;
    if (c->next)
        core_remove(x->core, &(struct object){.kind = OBJECT_POD, .pod = c->next}, ++x->now_ns);
    return victims_come_back(&c->victims, x->core, x->cluster->catalog, &x->now_ns) < 0 ? err_nomem(x->err)
                                                                                       : 0;
}

int capacity_count(struct core *core, const struct cluster *cluster, const struct capacity_pod *pod,
                   const struct capacity_options *options, struct capacity *ret, struct err *err)
{
    struct counting x = {.core = core, .cluster = cluster, .pod = pod, .err = err};
    bool done = false;
    *ret = (struct capacity){0};
    int code = put_setting(&x, options->after_pending, &ret->before);
    if (code == 0)
        code = put_company(&x);
    if (code == 0)
        code = find_taken_names(&x);
    if (code == 0 && !(ret->by_slot = calloc(core_nodes(core)->len + 1u, sizeof(*ret->by_slot))))
        code = err_nomem(err);
    while (code == 0 && !done)
        code = count_one(&x, options, ret, &done);
    code = code < 0 ? code : let_victims_come_back(&x, ret);
    map_fini(&x.taken);
    arena_fini(&x.arena);
    return code;
}

void capacity_fini(struct capacity *c, struct catalog *catalog)
{
    pod_unref(catalog, c->next);
    simulation_fini(&c->before);
    victims_fini(&c->victims, catalog);
    free(c->by_slot);
}
