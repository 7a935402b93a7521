/*
 * Loading. Objects are decoded as they are read; what depends on objects that may come later waits for the
 * end: the priority of pods (PriorityClasses) and the pods of DaemonSets (Nodes).
 */
#include "sim/cluster.h"

#include "api/edit.h"
#include "api/expand.h"
#include "base/array.h"
#include "base/hash.h"
#include "sim/files.h"
#include "sim/loader.h"
#include "sim/when.h"
#include "sim/wish.h"

#include <stdlib.h>

/* ---- what objects are called in messages ---- */

static bool is_cluster_scoped(berth_str kind)
{
    static const char *const kinds[] = {"Node",         "Namespace", "PriorityClass", "PersistentVolume",
                                        "StorageClass", "CSINode",   "CSIDriver",     "VolumeAttachment"};
    for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
        if (berth_str_eq(kind, berth_str_of(kinds[i])))
            return true;
    return false;
}

/* "Pod default/web", as far as the object says that. */
static void add_name(struct buf *b, berth_str kind, const struct berth_value *object)
{
    const struct berth_value *metadata = berth_value_get(object, "metadata");
    berth_str name = berth_value_text(berth_value_get(metadata, "name"));
    berth_str namespace = berth_value_text(berth_value_get(metadata, "namespace"));
    if (name.len == 0)
        name = berth_value_text(berth_value_get(metadata, "generateName"));
    buf_str(b, kind);
    if (name.len == 0)
        return;
    buf_char(b, ' ');
    if (!is_cluster_scoped(kind)) {
        buf_str(b, namespace.len ? namespace : BERTH_STR("default"));
        buf_char(b, '/');
    }
    buf_str(b, name);
}

/* Counts an object that comes although there is one of its name. */
static int note_duplicate(struct loader *l, enum object_kind kind, const struct berth_value *value,
                          struct err *err)
{
    struct duplicates *duplicates = &l->duplicates[kind];
    if (duplicates->count++)
        return 0;
    struct buf text = {0};
    buf_printf(&text, "%s:%u: ", l->doc->name, doc_line(l->doc, value));
    add_name(&text, berth_value_text(berth_value_get(value, "kind")), value);
    duplicates->first = (berth_str){arena_copy(&l->c->arena, text.ptr, text.len), (uint32_t)text.len};
    buf_fini(&text);
    return duplicates->first.ptr ? 0 : err_nomem(err);
}

/* ---- storing what was decoded ---- */

/* The object as JSON text, in the cluster's arena; the empty slice when it is not wanted. */
static int keep_json(struct loader *l, const struct berth_value *value, berth_str *ret_json, struct err *err)
{
    *ret_json = (berth_str){0};
    if (!l->options->keep_json)
        return 0;
    struct buf text = {0};
    doc_write_json(&text, value);
    const char *copy = arena_copy(&l->c->arena, text.ptr, text.len);
    *ret_json = (berth_str){copy, (uint32_t)text.len};
    buf_fini(&text);
    return copy ? 0 : err_nomem(err);
}

/* Stores the pod, whose reference is taken over, at `position` or, when that is -1, at the end. */
static int store_pod(struct loader *l, const struct cluster_pod *pod, const struct pod_priority *priority,
                     ssize_t position)
{
    if (position >= 0) {
        pod_unref(l->c->catalog, l->c->pods.at[position].pod);
        l->c->pods.at[position] = *pod;
        l->priorities.at[position] = *priority;
        return 0;
    }
    if (vec_push(&l->priorities, *priority) < 0)
        return -1;
    return vec_push(&l->c->pods, *pod);
}

static int store_object(struct loader *l, const struct object *object, ssize_t position)
{
    if (position >= 0) {
        object_unref(l->c->catalog, &l->c->objects.at[position]);
        l->c->objects.at[position] = *object;
        l->origins.at[position] = l->origin;
        return 0;
    }
    if (vec_push(&l->origins, l->origin) < 0)
        return -1;
    return vec_push(&l->c->objects, *object);
}

/* The time that an annotation gives, in *ret_ns; untouched when it is absent. */
static int read_annotation(struct loader *l, const struct berth_value *annotations, const char *key,
                           int64_t *ret_ns, struct err *err)
{
    const struct berth_value *value = berth_value_get(annotations, key);
    if (berth_value_absent(value) || when_seconds(berth_value_text(value), ret_ns, err) == 0)
        return 0;
    l->culprit = value;
    return err_wrap(err, "metadata.annotations[\"%s\"]", key);
}

/* When the pod comes, and how long it runs. */
static int read_times(struct loader *l, const struct berth_value *value, struct cluster_pod *pod,
                      struct err *err)
{
    static const char arrival[] = "berth.dev/arrival-seconds", departure[] = "berth.dev/departure-seconds";
    const struct berth_value *metadata = berth_value_get(value, "metadata");
    const struct berth_value *annotations = berth_value_get(metadata, "annotations");
    int64_t departure_ns = -1;
    pod->duration_ns = FOR_EVER;
    if (!l->options->timed)
        return 0;
    int r = read_annotation(l, annotations, arrival, &pod->arrival_ns, err);
    if (r == 0)
        r = read_annotation(l, annotations, departure, &departure_ns, err);
    if (r < 0 || departure_ns < 0)
        return r;
    if (departure_ns < pod->arrival_ns) {
        l->culprit = berth_value_get(annotations, departure);
        return err_set(err, "metadata.annotations[\"%s\"]: the pod departs before it arrives", departure);
    }
    pod->duration_ns = departure_ns - pod->arrival_ns;
    return 0;
}

/* Says that the object can be neither added, as it is there, nor updated, as it is not. */
static int refuse(const struct loader *l, struct err *err)
{
    return l->loading == LOAD_ADD ? err_set(err, "it is there already: `update` replaces it")
                                  : err_set(err, "there is none to update");
}

int loader_change(struct loader *l, enum change_kind kind, const struct object *object)
{
    struct change change = {.at_ns = l->at_ns, .kind = kind, .object = *object};
    return vec_push(&l->c->changes, change);
}

/* A new version of a pod. */
static int update_pod(struct loader *l, const struct found *found, const struct object *o,
                      const struct pod_priority *priority, berth_str json, struct err *err)
{
    if (vec_push(&l->update_priorities, *priority) < 0 || loader_change(l, CHANGE_UPDATE, o) < 0)
        return err_nomem(err);
    l->c->changes.at[l->c->changes.len - 1].json = json;
    return loader_index(l, OBJECT_POD, found, true, l->c->changes.len - 1) < 0 ? err_nomem(err) : 0;
}

/* When the pod comes, for whatever reason it does. */
static void set_arrival(struct loader *l, struct cluster_pod *pod)
{
    int64_t at_ns = l->loading == LOAD_ADD ? l->at_ns : l->arrivals ? *l->arrivals++ : pod->arrival_ns;
    pod->arrival_ns = l->loading == LOAD_ADD || at_ns > pod->arrival_ns ? at_ns : pod->arrival_ns;
    pod->spare_of = l->loading == LOAD_SPARE ? l->spare_of : 0;
}

/* The pod comes in besides others of its name, of which it is the latest. */
static int add_another(struct loader *l, const struct found *found, const struct cluster_pod *pod,
                       const struct pod_priority *priority, struct err *err)
{
    if (store_pod(l, pod, priority, -1) < 0)
        return err_nomem(err);
    return loader_index(l, OBJECT_POD, found, false, l->c->pods.len - 1) < 0 ? err_nomem(err) : 0;
}

/* A decoded pod comes in; `o` is taken over when this succeeds. */
static int add_pod(struct loader *l, const struct berth_value *value, struct object *o,
                   const struct pod_facts *facts, struct err *err)
{
    if (facts->finished) {
        object_unref(l->c->catalog, o);
        return 0;
    }
    struct identity id = loader_identity(o);
    struct found found = loader_find(l, &id);
    struct pod_priority priority = {facts->priority_class, facts->priority_given,
                                    berth_pod_uid(o->pod).len == 0};
    struct cluster_pod pod = {.pod = o->pod,
                              .pending = facts->pending && o->pod->node_name,
                              .starting = facts->starting,
                              .not_ready = facts->not_ready,
                              .mirror = facts->mirror};
    if (found.there ? l->loading == LOAD_ADD : l->loading == LOAD_UPDATE)
        return refuse(l, err);
    int r = keep_json(l, value, &pod.json, err);
    if (r == 0)
        r = read_times(l, value, &pod, err);
    if (r < 0)
        return r;
    if (l->loading == LOAD_UPDATE)
        return update_pod(l, &found, o, &priority, pod.json, err);
    set_arrival(l, &pod);
    if (!found.known || found.late || l->loading != LOAD_INPUT || pod.arrival_ns > 0)
        return add_another(l, &found, &pod, &priority, err);
    r = note_duplicate(l, OBJECT_POD, value, err);
    return r == 0 && store_pod(l, &pod, &priority, found.position) < 0 ? err_nomem(err) : r;
}

/* An object that is not there from the start. */
static int add_late(struct loader *l, struct object *o, const struct found *found, struct err *err)
{
    if (loader_change(l, l->loading == LOAD_ADD ? CHANGE_ADD : CHANGE_UPDATE, o) < 0
        || loader_index(l, o->kind, found, true, l->c->changes.len - 1) < 0)
        return err_nomem(err);
    return 0;
}

/* Any other object, likewise. What is made gives way to what is read. */
static int add_object(struct loader *l, const struct berth_value *value, struct object *o, struct err *err)
{
    struct identity id = loader_identity(o);
    struct found found = loader_find(l, &id);
    if (found.there && l->origin != ORIGIN_READ) {
        object_unref(l->c->catalog, o);
        return 0;
    }
    if (found.there ? l->loading == LOAD_ADD : l->loading == LOAD_UPDATE)
        return refuse(l, err);
    if (l->loading == LOAD_ADD || l->loading == LOAD_UPDATE || found.late)
        return add_late(l, o, &found, err);
    bool replaces_made = found.known && l->origins.at[found.position] != ORIGIN_READ;
    if (found.known && !replaces_made && note_duplicate(l, o->kind, value, err) < 0)
        return -ENOMEM;
    if (store_object(l, o, found.known ? (ssize_t)found.position : -1) < 0
        || (!found.known && loader_index(l, o->kind, &found, false, l->c->objects.len - 1) < 0))
        return err_nomem(err);
    return 0;
}

static bool has_ephemeral_volumes(const struct berth_pod *pod)
{
    berth_each (struct berth_volume, volume, pod->class, pod->class->volumes)
        if (volume->kind == BERTH_VOLUME_EPHEMERAL)
            return true;
    return false;
}

static int take_claim(void *loader, const struct berth_value *value, struct err *err);

/* Makes the claims of a pod's ephemeral volumes, if that is wanted and nobody made them. */
static int add_claims(struct loader *l, const struct berth_value *value, const struct berth_pod *pod,
                      bool pending, struct err *err)
{
    if (!l->options || !l->options->make_claims || !pending || !has_ephemeral_volumes(pod))
        return 0;
    return expand_ephemeral_claims(value, &l->arena, take_claim, l, err);
}

static int decode_value(struct loader *l, enum object_kind kind, const struct berth_value *value,
                        struct err *err)
{
    struct object o;
    struct pod_facts facts;
    int r = object_decode(l->c->catalog, kind, value, &o, &facts, err);
    if (r < 0) {
        l->culprit = decode_culprit(l->c->catalog);
        return r;
    }
    size_t stored = l->c->pods.len + l->c->objects.len + l->c->changes.len;
    r = kind == OBJECT_POD ? add_pod(l, value, &o, &facts, err) : add_object(l, value, &o, err);
    if (r < 0 && stored == l->c->pods.len + l->c->objects.len + l->c->changes.len)
        object_unref(l->c->catalog, &o);
    if (r == 0 && kind == OBJECT_POD && !facts.finished)
        r = add_claims(l, value, o.pod, !o.pod->node_name || facts.pending, err);
    return r;
}

/* ---- what is made ---- */

static int take_made(struct loader *l, const struct berth_value *value, enum origin origin, struct err *err)
{
    enum object_kind kind;
    berth_str api_version = berth_value_text(berth_value_get(value, "apiVersion"));
    if (!object_kind_of(api_version, berth_value_text(berth_value_get(value, "kind")), &kind))
        return 0;
    if (kind == OBJECT_POD && l->skipped > 0) {
        l->skipped--;
        return 0;
    }
    enum origin outer = l->origin;
    l->origin = origin;
    int r = decode_value(l, kind, value, err);
    l->origin = outer;
    if (r == -EINVAL && kind == OBJECT_POD)
        err_wrap(err, "pod template");
    return r;
}

static int take_claim(void *loader, const struct berth_value *value, struct err *err)
{
    return take_made(loader, value, ORIGIN_POD, err);
}

int loader_take_made(void *loader, const struct berth_value *value, struct err *err)
{
    return take_made(loader, value, ORIGIN_WORKLOAD, err);
}

/* ---- workloads ---- */

/* Wishes may be about this workload. */
static int keep_workload(struct loader *l, const struct berth_value *value, size_t pods, struct err *err)
{
    struct editor e = {.arena = &l->arena};
    const struct berth_value *metadata = berth_value_get(value, "metadata");
    struct kept_workload kept = {.value = edit_copy(&e, value), .target = -1};
    struct berth_value kind = edit_str(&e, berth_value_text(berth_value_get(value, "kind")));
    struct berth_value name = edit_str(&e, berth_value_text(berth_value_get(metadata, "name")));
    berth_str namespace = berth_value_text(berth_value_get(metadata, "namespace"));
    struct berth_value in = edit_str(&e, namespace.len ? namespace : BERTH_STR("default"));
    kept.kind = berth_value_text(&kind);
    kept.name = berth_value_text(&name);
    kept.namespace = berth_value_text(&in);
    kept.wanted = kept.named = (uint32_t)pods;
    return e.failed || vec_push(&l->kept, kept) < 0 ? err_nomem(err) : 0;
}

static int add_workload(struct loader *l, const struct berth_value *value, struct err *err)
{
    size_t pods = l->c->pods.len;
    bool done = expand_is_done(value), per_node = expand_needs_nodes(value);
    int r = 0;
    if (l->loading == LOAD_UPDATE)
        return err_set(err, "workloads are not updated: scale them, or update their pods");
    if (per_node && (!done || l->options->wishes))
        r = loader_keep_daemon(l, value, done, err);
    else if (!done)
        r = expand_workload(value, NULL, 0, &l->arena, loader_take_made, l, err);
    return r == 0 && l->options->wishes ? keep_workload(l, value, l->c->pods.len - pods, err) : r;
}

/* ---- one object of the input ---- */

static bool ends(berth_str text, berth_str ending)
{
    return text.len >= ending.len && memcmp(text.ptr + text.len - ending.len, ending.ptr, ending.len) == 0;
}

static int count_unknown(struct loader *l, berth_str api_version, berth_str kind, struct err *err)
{
    uint64_t key = hash_mix(hash_bytes(kind.ptr, kind.len), hash_bytes(api_version.ptr, api_version.len)) | 1;
    const uint64_t *index = map_get(&l->unknown_index, key);
    if (index) {
        l->unknown.at[*index].count++;
        return 0;
    }
    struct unknown_kind fresh = {
        .kind = {arena_copy(&l->c->arena, kind.ptr, kind.len), kind.len},
        .api_version = {arena_copy(&l->c->arena, api_version.ptr, api_version.len), api_version.len},
        .count = 1,
    };
    if (!fresh.kind.ptr || !fresh.api_version.ptr || vec_push(&l->unknown, fresh) < 0
        || map_put(&l->unknown_index, key, l->unknown.len - 1) < 0)
        return err_nomem(err);
    return 0;
}

/* What is neither an object nor a workload: a List that holds no items, or a kind that plays no part. */
static int take_other(struct loader *l, berth_str api_version, berth_str kind,
                      const struct berth_value *object, struct err *err)
{
    const struct berth_value *items = berth_value_get(object, "items");
    bool list = items ? ends(kind, BERTH_STR("List")) : berth_str_eq(kind, BERTH_STR("List"));
    if (list && berth_value_absent(items))
        return 0;
    if (list) {
        l->culprit = items;
        return err_set(err, "items: expected an array");
    }
    return l->loading == LOAD_INPUT ? count_unknown(l, api_version, kind, err)
                                    : err_set(err, "kind: a %.*s plays no part here", BERTH_FMT(kind));
}

/* The object with a name made from metadata.generateName, when it has no other; `scratch` holds the copy. */
static const struct berth_value *name_object(struct loader *l, const struct berth_value *object,
                                             struct berth_value *scratch, struct err *err, int *ret_code)
{
    const struct berth_value *metadata = berth_value_get(object, "metadata");
    berth_str base = berth_value_text(berth_value_get(metadata, "generateName"));
    if (base.len == 0 || berth_value_text(berth_value_get(metadata, "name")).len > 0)
        return object;
    struct editor e = {.arena = &l->arena, .where = object->where};
    struct berth_value name = edit_format(&e, "%.*s%llu", BERTH_FMT(base), (unsigned long long)++l->named);
    *scratch = edit_set(&e, object, "metadata", edit_set(&e, metadata, "name", name));
    if (e.failed)
        *ret_code = err_nomem(err);
    return scratch;
}

/* The object with the apiVersion and kind that its List implies. */
static const struct berth_value *type_object(struct loader *l, const struct berth_value *object,
                                             berth_str api_version, berth_str kind,
                                             struct berth_value *scratch, struct err *err, int *ret_code)
{
    if (berth_value_get(object, "kind") && berth_value_get(object, "apiVersion"))
        return object;
    struct editor e = {.arena = &l->arena, .where = object->where};
    struct berth_value typed = edit_set(&e, object, "kind", edit_str(&e, kind));
    *scratch = edit_set(&e, &typed, "apiVersion", edit_str(&e, api_version));
    if (e.failed)
        *ret_code = err_nomem(err);
    return scratch;
}

/* The node under another name, which its label follows. */
static struct berth_value rename_node(struct editor *e, const struct berth_value *node,
                                      struct berth_value name)
{
    const struct berth_value *metadata = berth_value_get(node, "metadata");
    const struct berth_value *old_labels = berth_value_get(metadata, "labels");
    struct berth_value labels = edit_set(e, old_labels, "kubernetes.io/hostname", name);
    struct berth_value renamed = edit_set(e, metadata, "labels", labels);
    renamed = edit_set(e, &renamed, "uid", edit_str(e, BERTH_STR("")));
    return edit_set(e, node, "metadata", edit_set(e, &renamed, "name", name));
}

static bool node_known(struct loader *l, berth_str name)
{
    struct identity id = {.kind = OBJECT_NODE, .name = name};
    return loader_find(l, &id).known;
}

/* As many nodes like this one as are wanted: "<name>-0", "<name>-1" ..., but for names that are taken. */
static int add_copies(struct loader *l, const struct berth_value *node, struct err *err)
{
    berth_str base = berth_value_text(berth_value_get(berth_value_get(node, "metadata"), "name"));
    int r = base.len ? 0 : decode_value(l, OBJECT_NODE, node, err); /* says what is wrong with the name */
    for (uint32_t made = 0, number = 0; made < l->copies && r == 0; number++) {
        struct arena_mark mark = arena_mark(&l->arena);
        struct editor e = {.arena = &l->arena, .where = node->where};
        struct berth_value name = edit_format(&e, "%.*s-%u", BERTH_FMT(base), number);
        if (!e.failed && !node_known(l, berth_value_text(&name))) {
            struct berth_value copy = rename_node(&e, node, name);
            r = e.failed ? err_nomem(err) : decode_value(l, OBJECT_NODE, &copy, err);
            made++;
        }
        r = e.failed ? err_nomem(err) : r;
        arena_rewind(&l->arena, mark);
    }
    return r;
}

static int add_known(struct loader *l, berth_str api_version, berth_str kind,
                     const struct berth_value *object, struct err *err)
{
    enum object_kind known;
    struct berth_value typed, named;
    int r = 0;
    object = type_object(l, object, api_version, kind, &typed, err, &r);
    object = name_object(l, object, &named, err, &r);
    bool is_object = object_kind_of(api_version, kind, &known);
    bool is_workload = expand_is_workload(api_version, kind);
    if (!is_object && !is_workload)
        return take_other(l, api_version, kind, object, err);
    if (l->copies && !(is_object && known == OBJECT_NODE))
        return err_set(err, "only nodes can be added in numbers");
    if (r == 0 && !object_version_known(api_version)) {
        l->culprit = berth_value_get(object, "apiVersion");
        return err_set(err, "apiVersion: \"%.*s\" is not a version of %.*s", BERTH_FMT(api_version),
                       BERTH_FMT(kind));
    }
    if (r == 0 && l->copies)
        return add_copies(l, object, err);
    if (r == 0 && is_object)
        r = decode_value(l, known, object, err);
    if (r == 0 && is_workload)
        r = add_workload(l, object, err);
    return r;
}

/* File and line, and which object it is, in front of the error. */
static int wrap_error(struct loader *l, berth_str kind, const struct berth_value *object, struct err *err)
{
    struct buf name = {0};
    add_name(&name, kind, object);
    if (kind.len)
        err_wrap(err, "%s", name.ptr);
    buf_fini(&name);
    return err_wrap(err, "%s:%u", l->doc->name, doc_line(l->doc, l->culprit ? l->culprit : object));
}

/* The kind of an object; of an item that does not say, what its List is a list of. */
static berth_str kind_of(const struct berth_value *object, const struct berth_value *list)
{
    berth_str kind = berth_value_text(berth_value_get(object, "kind"));
    berth_str of_list = berth_value_text(berth_value_get(list, "kind"));
    if (kind.len == 0 && ends(of_list, BERTH_STR("List")))
        return (berth_str){of_list.ptr, of_list.len - 4};
    return kind;
}

int loader_take(struct loader *l, const struct doc *doc, const struct berth_value *object,
                const struct berth_value *list, struct err *err)
{
    l->doc = doc;
    l->culprit = NULL;
    l->taken++;
    berth_str kind = kind_of(object, list);
    berth_str api_version = berth_value_text(berth_value_get(object, "apiVersion"));
    if (api_version.len == 0)
        api_version = berth_value_text(berth_value_get(list, "apiVersion"));

    struct arena_mark mark = arena_mark(&l->arena);
    size_t kept = l->daemons.len + l->kept.len;
    int r;
    if (kind.len == 0 || api_version.len == 0)
        r = err_set(err, "the object has no %s", kind.len ? "apiVersion" : "kind");
    else
        r = add_known(l, api_version, kind, object, err);
    if (r == -EINVAL)
        wrap_error(l, kind, object, err);
    if (kept == l->daemons.len + l->kept.len)
        arena_rewind(&l->arena, mark);
    return r;
}

static int on_object(void *loader, const struct doc *doc, const struct berth_value *object,
                     const struct berth_value *list, struct err *err)
{
    return loader_take(loader, doc, object, list, err);
}

int loader_take_file(void *loader, const struct doc *doc, struct err *err)
{
    return doc_each(doc, on_object, loader, err);
}

/* ---- when everything is read ---- */

static void warn_of_unknown(struct buf *b, const struct unknown_kind *unknown)
{
    const char *meant = wish_kind_meant(unknown->kind);
    buf_printf(b, "%.*s (%.*s): %llu %s passed over, this kind plays no part here", BERTH_FMT(unknown->kind),
               BERTH_FMT(unknown->api_version), (unsigned long long)unknown->count,
               unknown->count == 1 ? "object" : "objects");
    if (meant)
        buf_printf(b, "; did you mean %s?", meant);
    buf_char(b, '\n');
}

static void warn_of_duplicates(struct buf *b, const struct duplicates *duplicates)
{
    if (duplicates->count == 0)
        return;
    buf_printf(b, "%.*s was given before", BERTH_FMT(duplicates->first));
    if (duplicates->count > 1)
        buf_printf(b, ", as %s %llu more of this kind", duplicates->count == 2 ? "was" : "were",
                   (unsigned long long)duplicates->count - 1);
    buf_puts(b, "; the last one of each name counts\n");
}

static void warn(struct loader *l)
{
    for (size_t i = 0; i < l->unknown.len; i++)
        warn_of_unknown(&l->c->warnings, &l->unknown.at[i]);
    for (size_t i = 0; i < ARRAY_LEN(l->duplicates); i++)
        warn_of_duplicates(&l->c->warnings, &l->duplicates[i]);
}

/* Says of which claims it is that their controller has yet to make them. */
static int list_to_make(struct loader *l, struct err *err)
{
    for (size_t i = 0; i < l->origins.len; i++)
        if (l->origins.at[i] == ORIGIN_POD && vec_push(&l->c->to_make, (uint32_t)i) < 0)
            return err_nomem(err);
    return 0;
}

static int finish(struct loader *l, struct err *err)
{
    int r = l->options->wishes ? loader_resolve(l, l->options->wishes, err) : 0;
    if (r == 0)
        r = loader_expand_daemons(l, err);
    if (r == 0)
        r = list_to_make(l, err);
    if (r == 0)
        r = admission_set_priorities(l->c, l->priorities.at, l->update_priorities.at, err);
    if (r == 0)
        warn(l);
    return r;
}

/* One path of the command line; a pipe into which nothing came is worth a word. */
static int take_path(struct loader *l, const char *path, struct err *err)
{
    uint64_t taken = l->taken;
    int r = files_each(path, loader_take_file, l, err);
    if (r == 0 && l->taken == taken)
        buf_printf(&l->c->warnings, "%s: no objects in it\n",
                   strcmp(path, "-") == 0 ? "standard input" : path);
    return r;
}

int cluster_load(struct cluster *c, const char *const *paths, size_t paths_len,
                 const struct cluster_options *options, struct err *err)
{
    static const struct cluster_options none;
    struct loader l = {.c = c, .options = options ? options : &none};
    int r = 0;
    for (size_t i = 0; i < paths_len && r == 0; i++)
        r = take_path(&l, paths[i], err);
    if (r == 0)
        r = finish(&l, err);
    arena_fini(&l.arena);
    map_fini(&l.index);
    map_fini(&l.gone);
    map_fini(&l.unknown_index);
    vec_fini(&l.priorities);
    vec_fini(&l.update_priorities);
    vec_fini(&l.kept);
    vec_fini(&l.daemons);
    vec_fini(&l.unknown);
    vec_fini(&l.origins);
    return r;
}

void cluster_fini(struct cluster *c)
{
    for (size_t i = 0; i < c->objects.len; i++)
        object_unref(c->catalog, &c->objects.at[i]);
    for (size_t i = 0; i < c->pods.len; i++)
        pod_unref(c->catalog, c->pods.at[i].pod);
    for (size_t i = 0; i < c->changes.len; i++)
        if (c->changes.at[i].object.any)
            object_unref(c->catalog, &c->changes.at[i].object);
    vec_fini(&c->objects);
    vec_fini(&c->to_make);
    vec_fini(&c->pods);
    vec_fini(&c->changes);
    vec_fini(&c->targets);
    arena_fini(&c->arena);
    buf_fini(&c->warnings);
}
