/*
 * Pods to count, from their manifests. A workload is expanded as if it had one replica; what comes out is kept as a value,
 * so that copies that differ in more than their names can be decoded from it.
 */
#include "sim/capacity.h"

#include "api/edit.h"
#include "api/expand.h"
#include "base/array.h"
#include "sim/admission.h"
#include "sim/files.h"

#include <stdlib.h>

struct reading {
    struct capacity_pods *pods;
    const struct cluster *cluster;
    struct capacity_pod *at; /* the one that is made */
    const struct doc *doc;
};

/* The pod as it was before it had a life: neither name of a node, nor identity, nor state. */
static struct berth_value cleared(struct editor *e, const struct berth_value *pod)
{
    static const char *const own[] = {"uid", "deletionTimestamp", "creationTimestamp"};
    struct berth_value nothing = {.type = BERTH_NULL, .where = e->where};
    struct berth_value metadata = edit_set(e, berth_value_get(pod, "metadata"), "resourceVersion", nothing);
    for (size_t i = 0; i < ARRAY_LEN(own); i++)
        metadata = edit_set(e, &metadata, own[i], nothing);
    const struct berth_value *old_spec = berth_value_get(pod, "spec");
    struct berth_value fresh = edit_set(e, pod, "metadata", metadata);
    if (old_spec)
        fresh = edit_set(e, &fresh, "spec", edit_set(e, old_spec, "nodeName", nothing));
    return edit_set(e, &fresh, "status", nothing);
}

/* Whether copies need more than another name. */
static bool differs_by_name(const struct berth_class *class)
{
    berth_each (struct berth_volume, volume, class, class->volumes)
        if (volume->kind == BERTH_VOLUME_EPHEMERAL)
            return true;
    return class->claims.len > 0;
}

static int take_pod(struct reading *r, const struct berth_value *value, struct err *err)
{
    struct editor e = {.arena = &r->pods->arena, .where = value->where};
    struct berth_value pod = cleared(&e, value);
    struct object decoded;
    struct pod_facts facts;
    if (r->at->pod)
        return 0; /* one is enough */
    int code = e.failed ? err_nomem(err) : object_decode(r->pods->catalog, OBJECT_POD, &pod, &decoded, &facts, err);
    if (code < 0)
        return code;
    r->at->pod = decoded.pod;
    struct pod_priority priority = {facts.priority_class, facts.priority_given, true};
    code = admission_set_priority(r->cluster, &priority, &r->at->pod, &r->pods->warnings, err);
    if (code == 0 && r->at->value.type == BERTH_NULL) {
        r->at->value = edit_copy(&e, &pod);
        r->at->each = differs_by_name(r->at->pod->class);
    }
    return code < 0 || !e.failed ? code : err_nomem(err);
}

/* What a workload's controller makes: its first pod, and what is there for all of them. */
static int on_made(void *context, const struct berth_value *value, struct err *err)
{
    struct reading *r = context;
    enum object_kind kind;
    struct object object;
    berth_str api_version = berth_value_text(berth_value_get(value, "apiVersion"));
    if (!object_kind_of(api_version, berth_value_text(berth_value_get(value, "kind")), &kind))
        return 0;
    if (kind == OBJECT_POD)
        return take_pod(r, value, err);
    if (kind == OBJECT_PERSISTENT_VOLUME_CLAIM)
        return 0; /* each pod has its own */
    int code = object_decode(r->pods->catalog, kind, value, &object, NULL, err);
    if (code == 0 && vec_push(&r->at->company, object) < 0) {
        object_unref(r->pods->catalog, &object);
        code = err_nomem(err);
    }
    return code;
}

/* The workload with room for one pod in each of the fields that count them. */
static struct berth_value with_one_pod(struct editor *e, const struct berth_value *workload)
{
    static const char *const counts[] = {"replicas", "parallelism", "completions"};
    const struct berth_value *spec = berth_value_get(workload, "spec");
    struct berth_value one = {.type = BERTH_NUMBER, .len = 1, .where = e->where, .text = "1"};
    struct berth_value changed = edit_set(e, spec, "suspend", edit_bool(e, false));
    for (size_t i = 0; i < ARRAY_LEN(counts); i++)
        changed = edit_set(e, &changed, counts[i], one);
    const struct berth_value *job = berth_value_get(spec, "jobTemplate");
    if (job)
        changed = edit_set(e, &changed, "jobTemplate", with_one_pod(e, job));
    return edit_set(e, workload, "spec", changed);
}

static int take_workload(struct reading *r, berth_str api_version, const struct berth_value *workload, struct err *err)
{
    struct arena *arena = &r->pods->arena;
    struct editor e = {.arena = arena, .where = workload->where};
    struct berth_value one = with_one_pod(&e, workload), pod;
    enum object_kind kind;
    int code = e.failed ? err_nomem(err) : 0;
    if (code == 0 && object_kind_of(api_version, r->at->kind, &kind))
        code = on_made(r, workload, err);
    if (code < 0)
        return code;
    if (expand_needs_nodes(workload)) {
        code = expand_daemon_pod(workload, arena, &pod, err);
        return code < 0 ? code : take_pod(r, &pod, err);
    }
    if (berth_str_eq(r->at->kind, BERTH_STR("StatefulSet"))) {
        r->at->value = edit_copy(&e, &one);
        r->at->each = true;
    }
    return e.failed ? err_nomem(err) : expand_workload(&one, NULL, 0, arena, on_made, r, err);
}

static berth_str copy(struct arena *arena, const struct berth_value *v)
{
    berth_str text = berth_value_text(v);
    return (berth_str){arena_copy(arena, text.ptr, text.len), text.len};
}

static int on_object(void *context, const struct doc *doc, const struct berth_value *object,
                     const struct berth_value *list, struct err *err)
{
    struct reading *r = context;
    const struct berth_value *metadata = berth_value_get(object, "metadata");
    berth_str api_version = berth_value_text(berth_value_get(object, "apiVersion"));
    berth_str kind = berth_value_text(berth_value_get(object, "kind"));
    bool is_pod = berth_str_eq(kind, BERTH_STR("Pod"));
    (void)list;
    if (!is_pod && !expand_is_workload(api_version, kind)) {
        r->pods->passed_over++;
        return 0;
    }
    struct arena *arena = &r->pods->arena;
    struct capacity_pod fresh = {
        .kind = copy(arena, berth_value_get(object, "kind")),
        .namespace = copy(arena, berth_value_get(metadata, "namespace")),
        .name = copy(arena, berth_value_get(metadata, "name")),
    };
    fresh.namespace = fresh.namespace.len ? fresh.namespace : BERTH_STR("default");
    if (fresh.name.len == 0)
        fresh.name = copy(arena, berth_value_get(metadata, "generateName"));
    if (vec_push(&r->pods->list, fresh) < 0)
        return err_nomem(err);
    r->at = &r->pods->list.at[r->pods->list.len - 1];
    int code = is_pod ? take_pod(r, object, err) : take_workload(r, api_version, object, err);
    if (code == -EINVAL)
        err_wrap(err, "%s:%u: %.*s %.*s/%.*s", doc->name, doc_line(doc, object), BERTH_FMT(kind),
                 BERTH_FMT(fresh.namespace), BERTH_FMT(fresh.name));
    return code;
}

static int on_file(void *context, const struct doc *doc, struct err *err)
{
    return doc_each(doc, on_object, context, err);
}

int capacity_read(struct capacity_pods *pods, const char *path, const struct cluster *cluster, struct err *err)
{
    struct reading r = {.pods = pods, .cluster = cluster};
    size_t before = pods->list.len;
    int code = files_each(path, on_file, &r, err);
    if (code == 0 && pods->list.len == before)
        return err_set(err, "%s: there is no pod and no workload in it", path);
    return code;
}

void capacity_pods_fini(struct capacity_pods *pods)
{
    for (size_t i = 0; i < pods->list.len; i++) {
        struct capacity_pod *p = &pods->list.at[i];
        pod_unref(pods->catalog, p->pod);
        for (size_t j = 0; j < p->company.len; j++)
            object_unref(pods->catalog, &p->company.at[j]);
        vec_fini(&p->company);
    }
    vec_fini(&pods->list);
    buf_fini(&pods->warnings);
    arena_fini(&pods->arena);
}
