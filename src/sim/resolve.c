/*
 * Wishes into changes, in the order of time, so that each is held against what is there by then. What a wish
 * names must be there; what it adds goes the way of all input (cluster.c). Pods that scaling up will need are
 * made ahead, and kept ready.
 */
#include "api/edit.h"
#include "api/expand.h"
#include "base/array.h"
#include "base/nearest.h"
#include "sim/files.h"
#include "sim/loader.h"

#include <stdlib.h>

/* ---- finding what a wish names ---- */

/* The nearest name that was there, for what is not. */
struct suggestion {
    const struct wish *wish;
    size_t distance;
    struct buf name;
};

static void consider(struct suggestion *s, berth_str namespace, berth_str name)
{
    struct buf wished = {0}, other = {0};
    bool whole = s->wish->namespace.len > 0;
    if (whole)
        buf_printf(&wished, "%.*s/", BERTH_FMT(s->wish->namespace));
    buf_str(&wished, s->wish->name);
    if (whole)
        buf_printf(&other, "%.*s/", BERTH_FMT(namespace));
    buf_str(&other, name);
    size_t distance = edit_distance(wished.ptr, other.ptr);
    if (distance < s->distance) {
        s->distance = distance;
        buf_clear(&s->name);
        buf_printf(&s->name, "%.*s%s%.*s", BERTH_FMT(namespace), namespace.len ? "/" : "", BERTH_FMT(name));
    }
    buf_fini(&wished);
    buf_fini(&other);
}

static void consider_object(struct suggestion *s, const struct object *o, enum object_kind kind)
{
    if (!o->any || o->kind != kind)
        return;
    struct identity id = loader_identity(o);
    consider(s, id.namespace ? berth_atom_str(id.namespace) : (berth_str){0}, id.name);
}

/* The kind and name that the wish gives: "Pod default/web". */
static void add_wished(struct buf *b, const struct wish *wish, const char *kind_name)
{
    bool namespaced = wish->kind && wish->kind->namespaced;
    berth_str namespace = wish->namespace.len ? wish->namespace : BERTH_STR("default");
    buf_printf(b, "%s ", kind_name);
    if (namespaced)
        buf_printf(b, "%.*s/", BERTH_FMT(namespace));
    buf_str(b, wish->name);
}

static int is_gone(const struct wish *wish, const char *kind_name, struct err *err)
{
    struct buf wished = {0};
    add_wished(&wished, wish, kind_name);
    err_set(err, "%s is gone by then", wished.ptr);
    buf_fini(&wished);
    return -EINVAL;
}

static int no_such(const struct loader *l, const struct wish *wish, const char *kind_name,
                   enum object_kind kind, struct err *err)
{
    struct suggestion s = {.wish = wish, .distance = wish->name.len / 3 + 2};
    struct buf wished = {0};
    for (size_t i = 0; i < l->c->objects.len; i++)
        consider_object(&s, &l->c->objects.at[i], kind);
    for (size_t i = 0; i < l->c->changes.len; i++)
        consider_object(&s, &l->c->changes.at[i].object, kind);
    for (size_t i = 0; i < l->c->pods.len && kind == OBJECT_POD; i++)
        consider_object(&s, &(struct object){.kind = OBJECT_POD, .pod = l->c->pods.at[i].pod}, kind);
    for (size_t i = 0; i < l->kept.len; i++)
        if (berth_str_eq(l->kept.at[i].kind, berth_str_of(kind_name)))
            consider(&s, l->kept.at[i].namespace, l->kept.at[i].name);
    add_wished(&wished, wish, kind_name);
    err_set(err, "there is no %s%s%s%s", wished.ptr, s.name.len ? "; did you mean " : "",
            s.name.len ? s.name.ptr : "", s.name.len ? "?" : "");
    buf_fini(&wished);
    buf_fini(&s.name);
    return -EINVAL;
}

/* The object that is there under the wish's name, and where. */
static int find_object(struct loader *l, const struct wish *wish, const char *kind_name,
                       enum object_kind kind, struct found *ret_found, struct object *ret_object,
                       struct err *err)
{
    struct identity id = {.kind = kind, .name = wish->name};
    bool namespaced = wish->kind && wish->kind->namespaced;
    if (namespaced)
        id.namespace = atoms_find(catalog_atoms(l->c->catalog),
                                  wish->namespace.len ? wish->namespace : BERTH_STR("default"));
    struct found found = {0};
    if (!namespaced || id.namespace)
        found = loader_find(l, &id);
    if (found.known && !found.there)
        return is_gone(wish, kind_name, err);
    if (!found.known)
        return no_such(l, wish, kind_name, kind, err);
    *ret_found = found;
    *ret_object = loader_object(l, kind, &found);
    return 0;
}

static bool is_owned_by(const struct berth_value *object, berth_str kind, berth_str name)
{
    const struct berth_value *owners =
        berth_value_get(berth_value_get(object, "metadata"), "ownerReferences");
    for (uint32_t i = 0; owners && owners->type == BERTH_ARRAY && i < owners->len; i++)
        if (berth_str_eq(berth_value_text(berth_value_get(&owners->items[i], "kind")), kind)
            && berth_str_eq(berth_value_text(berth_value_get(&owners->items[i], "name")), name))
            return true;
    return false;
}

static int64_t replicas_of(const struct kept_workload *k)
{
    return berth_value_int(berth_value_get(berth_value_get(&k->value, "spec"), "replicas"), 1);
}

/* The ReplicaSet that a cluster's Deployment has its pods by: of several the one with most of them. */
static struct kept_workload *replica_set_of(struct loader *l, const struct kept_workload *deployment,
                                            struct err *err)
{
    struct kept_workload *found = NULL;
    for (size_t i = 0; i < l->kept.len; i++) {
        struct kept_workload *k = &l->kept.at[i];
        bool of_it = berth_str_eq(k->kind, BERTH_STR("ReplicaSet"))
                     && berth_str_eq(k->namespace, deployment->namespace)
                     && is_owned_by(&k->value, deployment->kind, deployment->name);
        if (of_it && (!found || replicas_of(k) > replicas_of(found)))
            found = k;
    }
    if (!found)
        err_set(err, "the ReplicaSets of Deployment %.*s/%.*s are not among the objects: get them, too",
                BERTH_FMT(deployment->namespace), BERTH_FMT(deployment->name));
    return found;
}

/* The workload that is there under the wish's name; NULL with an error when there is none. */
static struct kept_workload *find_workload(struct loader *l, const struct wish *wish, struct err *err)
{
    berth_str namespace = wish->namespace.len ? wish->namespace : BERTH_STR("default");
    struct kept_workload *found = NULL;
    for (size_t i = l->kept.len; i > 0 && !found; i--) { /* the last one of the name */
        struct kept_workload *k = &l->kept.at[i - 1];
        if (berth_str_eq(k->kind, berth_str_of(wish->kind->kind)) && berth_str_eq(k->namespace, namespace)
            && berth_str_eq(k->name, wish->name))
            found = k;
    }
    if (found && !found->gone)
        return found;
    if (found)
        is_gone(wish, wish->kind->kind, err);
    else
        no_such(l, wish, wish->kind->kind, OBJECT_KIND_COUNT, err);
    return NULL;
}

/* ---- scale targets ---- */

static struct berth_value number(struct editor *e, uint32_t value)
{
    struct berth_value v = edit_format(e, "%u", value);
    v.type = BERTH_NUMBER;
    return v;
}

/* The workload with so many pods. */
static struct berth_value with_replicas(struct editor *e, const struct kept_workload *k, uint32_t replicas)
{
    const struct berth_value *spec = berth_value_get(&k->value, "spec");
    bool job = berth_str_eq(k->kind, BERTH_STR("Job"));
    struct berth_value changed = edit_set(e, spec, job ? "parallelism" : "replicas", number(e, replicas));
    if (job) {
        changed = edit_set(e, &changed, "completions", number(e, replicas));
        changed = edit_set(e, &changed, "suspend", edit_bool(e, false));
    }
    return edit_set(e, &k->value, "spec", changed);
}

/* What an expansion says of the pods' controller. */
struct probe {
    struct loader *l;
    struct scale_target target;
};

static int note_owner(struct probe *p, const struct object *pod)
{
    const struct berth_class *class = pod->pod->class;
    p->target.namespace = class->namespace;
    p->target.owner_kind = class->owner_kind;
    p->target.owner_name = class->owner_name;
    return 0;
}

static int on_probe(void *context, const struct berth_value *value, struct err *err)
{
    struct probe *p = context;
    struct object pod;
    if (!berth_str_eq(berth_value_text(berth_value_get(value, "kind")), BERTH_STR("Pod"))
        || p->target.owner_name)
        return 0;
    int r = object_decode(p->l->c->catalog, OBJECT_POD, value, &pod, NULL, err);
    if (r < 0)
        return r;
    note_owner(p, &pod);
    object_unref(p->l->c->catalog, &pod);
    return 0;
}

static int probe_owner(struct loader *l, const struct kept_workload *k, struct probe *probe, struct err *err)
{
    struct editor e = {.arena = &l->arena};
    struct object pod;
    if (expand_needs_nodes(&k->value)) {
        int r = loader_daemon_pod(l, &k->value, &pod, err);
        if (r == 0)
            note_owner(probe, &pod);
        if (r == 0)
            object_unref(l->c->catalog, &pod);
        return r;
    }
    bool cron = berth_str_eq(k->kind, BERTH_STR("CronJob"));
    struct berth_value one = cron ? k->value : with_replicas(&e, k, 1);
    return e.failed ? err_nomem(err) : expand_workload(&one, NULL, 0, &l->arena, on_probe, probe, err);
}

static bool is_of(const struct berth_class *class, const struct scale_target *target)
{
    return class->owner_name == target->owner_name && class->owner_kind == target->owner_kind
           && class->namespace == target->namespace;
}

/* Makes the workload's target, if there is none yet. */
static int make_target(struct loader *l, struct kept_workload *k, struct err *err)
{
    struct probe probe = {.l = l, .target.ordered = berth_str_eq(k->kind, BERTH_STR("StatefulSet"))};
    int r = k->target < 0 ? probe_owner(l, k, &probe, err) : 0;
    if (r < 0 || k->target >= 0)
        return r;
    k->wanted = 0;
    for (size_t i = 0; i < l->c->pods.len; i++)
        k->wanted += is_of(l->c->pods.at[i].pod->class, &probe.target);
    if (probe.target.ordered)
        k->named = k->wanted;
    if (vec_push(&l->c->targets, probe.target) < 0)
        return err_nomem(err);
    k->target = (int32_t)l->c->targets.len - 1;
    return 0;
}

/*
 * Whether pods of the target leave by themselves, so that nobody knows how many are there when it is scaled.
 */
static bool comes_and_goes(const struct loader *l, const struct scale_target *target)
{
    for (size_t i = 0; i < l->c->pods.len; i++) {
        const struct cluster_pod *pod = &l->c->pods.at[i];
        if ((pod->arrival_ns > 0 || pod->duration_ns != FOR_EVER) && is_of(pod->pod->class, target))
            return true;
    }
    return false;
}

/* Makes the pods that the workload may need to have `replicas`. */
static int make_spares(struct loader *l, struct kept_workload *k, uint32_t replicas, struct err *err)
{
    const struct scale_target *target = &l->c->targets.at[k->target];
    bool all = comes_and_goes(l, target);
    uint32_t more = all ? replicas : replicas > k->wanted ? replicas - k->wanted : 0;
    uint32_t first = !target->ordered ? k->named : all ? 0 : k->wanted;
    if (more == 0)
        return 0;
    struct editor e = {.arena = &l->arena};
    struct berth_value grown = with_replicas(&e, k, first + more);
    l->loading = LOAD_SPARE;
    l->spare_of = (uint32_t)k->target + 1;
    l->skipped = first;
    int r = e.failed ? err_nomem(err) : expand_workload(&grown, NULL, 0, &l->arena, loader_take_made, l, err);
    l->skipped = 0;
    k->named = first + more > k->named ? first + more : k->named;
    return r;
}

static int scale(struct loader *l, struct kept_workload *k, uint32_t replicas, struct err *err)
{
    int r = make_target(l, k, err);
    if (r == 0)
        r = make_spares(l, k, replicas, err);
    if (r < 0)
        return r;
    struct change change = {
        .at_ns = l->at_ns, .kind = CHANGE_SCALE, .target = (uint32_t)k->target, .replicas = replicas};
    k->wanted = replicas;
    return vec_push(&l->c->changes, change) < 0 ? err_nomem(err) : 0;
}

static int resolve_scale(struct loader *l, const struct wish *wish, struct err *err)
{
    struct kept_workload *k = find_workload(l, wish, err);
    if (k && berth_str_eq(k->kind, BERTH_STR("Deployment")) && expand_is_done(&k->value))
        k = replica_set_of(l, k, err);
    return k ? scale(l, k, wish->count, err) : -EINVAL;
}

/* ---- deletions and nodes ---- */

static struct object hold(const struct object *o)
{
    struct berth_node *shared =
        (struct berth_node *)o->any; /* all objects begin with their reference count */
    if (o->kind == OBJECT_POD)
        pod_ref(o->pod);
    else
        shared->refs++;
    return *o;
}

/* A change of an object that is there: its deletion, unless it is drained. */
static int change_object(struct loader *l, const struct wish *wish, const char *kind_name,
                         enum object_kind kind, enum change_kind change, struct err *err)
{
    struct found found = {0};
    struct object object;
    int r = find_object(l, wish, kind_name, kind, &found, &object, err);
    if (r < 0)
        return r;
    hold(&object);
    if (loader_change(l, change, &object) < 0) {
        object_unref(l->c->catalog, &object);
        return err_nomem(err);
    }
    l->c->changes.at[l->c->changes.len - 1].by_deletion =
        change == CHANGE_DRAIN && l->options->wishes->disable_eviction;
    return change != CHANGE_DRAIN && map_put(&l->gone, found.key, 1) < 0 ? err_nomem(err) : 0;
}

static bool object_kind_named(const char *name, enum object_kind *ret_kind)
{
    static const char *const names[] = {
#define X(id, kind, group) kind,
        OBJECT_KINDS(X)
#undef X
    };
    for (size_t i = 0; i < ARRAY_LEN(names); i++)
        if (strcmp(names[i], name) == 0) {
            *ret_kind = (enum object_kind)i;
            return true;
        }
    return false;
}

/* The workload goes with its pods. */
static int delete_workload(struct loader *l, const struct wish *wish, struct err *err)
{
    struct kept_workload *k = find_workload(l, wish, err), *of_pods = k;
    enum object_kind kind;
    if (k && berth_str_eq(k->kind, BERTH_STR("Deployment")) && expand_is_done(&k->value))
        of_pods = replica_set_of(l, k, err);
    int r = of_pods ? scale(l, of_pods, 0, err) : -EINVAL;
    if (r < 0)
        return r;
    k->gone = true;
    return object_kind_named(wish->kind->kind, &kind)
               ? change_object(l, wish, wish->kind->kind, kind, CHANGE_DELETE, err)
               : 0;
}

static int resolve_delete(struct loader *l, const struct wish *wish, struct err *err)
{
    enum object_kind kind;
    if (wish->kind->workload)
        return delete_workload(l, wish, err);
    if (!object_kind_named(wish->kind->kind, &kind))
        return err_set(err, "a %s cannot be deleted", wish->kind->kind);
    return change_object(l, wish, wish->kind->kind, kind, CHANGE_DELETE, err);
}

/* ---- additions and updates ---- */

static int resolve_manifests(struct loader *l, const struct wish *wish, struct err *err)
{
    l->loading = wish->action == WISH_ADD ? LOAD_ADD : LOAD_UPDATE;
    l->copies = wish->action == WISH_ADD ? wish->count : 0;
    size_t changes = l->c->changes.len;
    uint64_t taken = l->taken;
    int r = wish->file ? files_each(wish->file, loader_take_file, l, err)
                       : loader_take(l, wish->doc, wish->manifest, NULL, err);
    if (r == 0 && (l->copies ? l->c->changes.len == changes : l->taken == taken))
        r = err_set(err, "there is no %s in %s", l->copies ? "Node" : "object", wish->file);
    l->copies = 0;
    return r;
}

/* ---- all of them ---- */

static int resolve(struct loader *l, const struct wish *wish, struct err *err)
{
    l->at_ns = wish->at_ns;
    switch (wish->action) {
    case WISH_ADD:
    case WISH_UPDATE:
        return resolve_manifests(l, wish, err);
    case WISH_DELETE:
        return resolve_delete(l, wish, err);
    case WISH_DRAIN:
        return change_object(l, wish, "Node", OBJECT_NODE, CHANGE_DRAIN, err);
    case WISH_FAIL:
        return change_object(l, wish, "Node", OBJECT_NODE, CHANGE_FAIL, err);
    case WISH_SCALE:
        return resolve_scale(l, wish, err);
    }
    return 0;
}

static int by_time(const void *a, const void *b)
{
    const struct wish *x = *(const struct wish *const *)a, *y = *(const struct wish *const *)b;
    if (x->at_ns != y->at_ns)
        return x->at_ns < y->at_ns ? -1 : 1;
    return (x > y) - (x < y); /* both are in one array */
}

int loader_resolve(struct loader *l, const struct wishes *wishes, struct err *err)
{
    size_t len = wishes->list.len;
    const struct wish **order = calloc(len + 1, sizeof(*order));
    if (!order)
        return err_nomem(err);
    for (size_t i = 0; i < len; i++)
        order[i] = &wishes->list.at[i];
    qsort(order, len, sizeof(*order), by_time);
    int r = 0;
    for (size_t i = 0; i < len && r == 0; i++) {
        r = resolve(l, order[i], err);
        if (r == -EINVAL && !order[i]->manifest)
            wish_wrap(order[i], err);
    }
    l->loading = LOAD_INPUT;
    free(order);
    return r;
}
