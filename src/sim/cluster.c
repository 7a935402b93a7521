/*
 * Loading. Objects are decoded as they are read; what depends on objects that may come later waits for the
 * end: the priority of pods (PriorityClasses) and the pods of DaemonSets (Nodes).
 */
#include "sim/cluster.h"

#include "api/edit.h"
#include "api/expand.h"
#include "base/array.h"
#include "base/hash.h"
#include "sim/admission.h"
#include "sim/files.h"

#include <stdlib.h>

/* A kind that is passed over. */
struct unknown_kind {
    berth_str kind, api_version;
    uint64_t count;
};

/* A DaemonSet that waits for the nodes; its pods go before the pod at `position`. */
struct waiting_daemon {
    struct berth_value value; /* in the arena of the loader */
    size_t position;
};

struct loader {
    struct cluster *c;
    const struct cluster_options *options;
    struct arena arena; /* dies with the loader */
    struct map index;   /* hash of kind, namespace and name -> enum object_kind << 32 | position */
    VEC(struct pod_priority) priorities; /* one a pod */
    VEC(struct waiting_daemon) daemons;
    VEC(struct unknown_kind) unknown;
    struct map unknown_index; /* hash of kind and apiVersion -> index in unknown */
    uint64_t duplicates[OBJECT_KIND_COUNT];
    VEC(bool) made; /* one an object: made for a workload, gives way to one that is read */
    uint64_t named; /* objects whose name was made from generateName */
    bool making;    /* what comes in is made for a workload */

    /* The object at hand, for messages and for what is made from it. */
    const struct doc *doc;
    const struct berth_value *culprit;
};

/* ---- finding an object again ---- */

/* An object's identity. */
struct identity {
    enum object_kind kind;
    berth_atom namespace;
    berth_str name;
};

static struct identity identity_of(const struct object *o)
{
    switch (o->kind) {
    case OBJECT_POD:
        return (struct identity){o->kind, berth_pod_namespace(o->pod), berth_pod_name(o->pod)};
    case OBJECT_NODE:
        return (struct identity){o->kind, NULL, berth_atom_str(o->node->name)};
    case OBJECT_NAMESPACE:
        return (struct identity){o->kind, NULL, berth_atom_str(o->namespace->name)};
    case OBJECT_PRIORITY_CLASS:
        return (struct identity){o->kind, NULL, berth_atom_str(o->priority_class->name)};
    case OBJECT_SERVICE:
    case OBJECT_REPLICATION_CONTROLLER:
    case OBJECT_REPLICA_SET:
    case OBJECT_STATEFUL_SET:
        return (struct identity){o->kind, o->workload->namespace, berth_atom_str(o->workload->name)};
    case OBJECT_PERSISTENT_VOLUME:
        return (struct identity){o->kind, NULL, berth_atom_str(o->volume->name)};
    case OBJECT_PERSISTENT_VOLUME_CLAIM:
        return (struct identity){o->kind, o->claim->namespace, berth_atom_str(o->claim->name)};
    case OBJECT_STORAGE_CLASS:
        return (struct identity){o->kind, NULL, berth_atom_str(o->storage_class->name)};
    case OBJECT_CSI_NODE:
        return (struct identity){o->kind, NULL, berth_atom_str(o->csi_node->name)};
    case OBJECT_CSI_DRIVER:
        return (struct identity){o->kind, NULL, berth_atom_str(o->csi_driver->name)};
    case OBJECT_CSI_STORAGE_CAPACITY:
        return (struct identity){o->kind, o->csi_capacity->namespace, berth_atom_str(o->csi_capacity->name)};
    case OBJECT_VOLUME_ATTACHMENT:
        return (struct identity){o->kind, NULL, berth_atom_str(o->attachment->name)};
    case OBJECT_POD_DISRUPTION_BUDGET:
        return (struct identity){o->kind, o->budget->namespace, berth_atom_str(o->budget->name)};
    case OBJECT_KIND_COUNT:
        break;
    }
    return (struct identity){0};
}

static bool same_identity(const struct identity *a, const struct identity *b)
{
    return a->kind == b->kind && a->namespace == b->namespace && berth_str_eq(a->name, b->name);
}

static uint64_t nonzero(uint64_t hash)
{
    return hash ? hash : 1;
}

static uint64_t hash_identity(const struct identity *id)
{
    uint64_t hash = hash_bytes(id->name.ptr, id->name.len);
    hash = hash_mix(hash, id->namespace ? id->namespace->id : 0);
    return nonzero(hash_mix(hash, (uint64_t)id->kind));
}

static struct object object_at(const struct loader *l, enum object_kind kind, size_t position)
{
    if (kind == OBJECT_POD)
        return (struct object){.kind = OBJECT_POD, .pod = l->c->pods.at[position].pod};
    return l->c->objects.at[position];
}

/* The key under which the object is in the index, or could go; *ret_position is where it is, -1 when nowhere.
 */
static uint64_t find_object(const struct loader *l, const struct identity *id, ssize_t *ret_position)
{
    for (uint64_t key = hash_identity(id);; key = nonzero(hash_mix(key, 1))) {
        const uint64_t *value = map_get(&l->index, key);
        *ret_position = -1;
        if (!value)
            return key;
        struct object found = object_at(l, (enum object_kind)(*value >> 32), (uint32_t)*value);
        struct identity other = identity_of(&found);
        if (same_identity(id, &other)) {
            *ret_position = (uint32_t)*value;
            return key;
        }
    }
}

/* ---- storing what was decoded ---- */

/* The object as JSON text, in the cluster's arena; the empty slice when it is not wanted. */
static int keep_json(struct loader *l, const struct berth_value *value, berth_str *ret_json, struct err *err)
{
    *ret_json = (berth_str){0};
    if (!l->options || !l->options->keep_json)
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
        l->made.at[position] = l->making;
        return 0;
    }
    if (vec_push(&l->made, l->making) < 0)
        return -1;
    return vec_push(&l->c->objects, *object);
}

static int index_object(struct loader *l, enum object_kind kind, uint64_t key)
{
    size_t position = (kind == OBJECT_POD ? l->c->pods.len : l->c->objects.len) - 1;
    return map_put(&l->index, key, (uint64_t)kind << 32 | (uint32_t)position);
}

/* A decoded pod comes in; `o` is taken over when this succeeds. */
static int add_pod(struct loader *l, const struct berth_value *value, struct object *o,
                   const struct pod_facts *facts, struct err *err)
{
    if (facts->finished) {
        object_unref(l->c->catalog, o);
        return 0;
    }
    struct identity id = identity_of(o);
    ssize_t position;
    uint64_t key = find_object(l, &id, &position);
    struct pod_priority priority = {facts->priority_class, facts->priority_given,
                                    berth_pod_uid(o->pod).len == 0};
    struct cluster_pod pod = {.pod = o->pod, .pending = facts->pending && o->pod->node_name};
    int r = keep_json(l, value, &pod.json, err);
    if (r < 0)
        return r;
    if (store_pod(l, &pod, &priority, position) < 0 || (position < 0 && index_object(l, OBJECT_POD, key) < 0))
        return err_nomem(err);
    l->duplicates[OBJECT_POD] += position >= 0;
    return 0;
}

/* Any other object, likewise. What is made for a workload gives way to what is read. */
static int add_object(struct loader *l, struct object *o, struct err *err)
{
    struct identity id = identity_of(o);
    ssize_t position;
    uint64_t key = find_object(l, &id, &position);
    if (position >= 0 && l->making) {
        object_unref(l->c->catalog, o);
        return 0;
    }
    bool replaces_made = position >= 0 && l->made.at[position];
    if (store_object(l, o, position) < 0 || (position < 0 && index_object(l, o->kind, key) < 0))
        return err_nomem(err);
    l->duplicates[o->kind] += position >= 0 && !replaces_made;
    return 0;
}

static int add_made(void *context, const struct berth_value *value, struct err *err);

static bool has_ephemeral_volumes(const struct berth_pod *pod)
{
    berth_each (struct berth_volume, volume, pod->class, pod->class->volumes)
        if (volume->kind == BERTH_VOLUME_EPHEMERAL)
            return true;
    return false;
}

/* Makes the claims of a pod's ephemeral volumes, if that is wanted and nobody made them. */
static int add_claims(struct loader *l, const struct berth_value *value, const struct berth_pod *pod, struct err *err)
{
    if (!l->options || !l->options->make_claims || pod->node_name || !has_ephemeral_volumes(pod))
        return 0;
    return expand_ephemeral_claims(value, &l->arena, add_made, l, err);
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
    size_t stored = l->c->pods.len + l->c->objects.len;
    r = kind == OBJECT_POD ? add_pod(l, value, &o, &facts, err) : add_object(l, &o, err);
    if (r < 0 && stored == l->c->pods.len + l->c->objects.len)
        object_unref(l->c->catalog, &o);
    if (r == 0 && kind == OBJECT_POD && !facts.finished)
        r = add_claims(l, value, o.pod, err);
    return r;
}

/* ---- workloads ---- */

static int add_made(void *context, const struct berth_value *value, struct err *err)
{
    struct loader *l = context;
    enum object_kind kind;
    berth_str api_version = berth_value_text(berth_value_get(value, "apiVersion"));
    if (!object_kind_of(api_version, berth_value_text(berth_value_get(value, "kind")), &kind))
        return 0;
    bool making = l->making;
    l->making = true;
    int r = decode_value(l, kind, value, err);
    l->making = making;
    if (r == -EINVAL && kind == OBJECT_POD)
        err_wrap(err, "pod template");
    return r;
}

/* Decodes what the DaemonSet's pods look like before they are pinned. */
static int decode_daemon_pod(struct loader *l, const struct berth_value *daemon, struct object *ret_pod,
                             struct err *err)
{
    struct berth_value pod;
    struct arena_mark mark = arena_mark(&l->arena);
    int r = expand_daemon_pod(daemon, &l->arena, &pod, err);
    if (r == 0) {
        r = object_decode(l->c->catalog, OBJECT_POD, &pod, ret_pod, NULL, err);
        l->culprit = r < 0 ? decode_culprit(l->c->catalog) : NULL;
        if (r == -EINVAL)
            err_wrap(err, "pod template");
    }
    arena_rewind(&l->arena, mark);
    return r;
}

/* Checks the DaemonSet while its text is at hand, and keeps it until the nodes are known. */
static int keep_daemon(struct loader *l, const struct berth_value *value, struct err *err)
{
    struct object pod;
    int r = decode_daemon_pod(l, value, &pod, err);
    if (r < 0)
        return r;
    object_unref(l->c->catalog, &pod);
    struct editor e = {.arena = &l->arena};
    struct waiting_daemon daemon = {edit_copy(&e, value), l->c->pods.len};
    return e.failed || vec_push(&l->daemons, daemon) < 0 ? err_nomem(err) : 0;
}

static int add_workload(struct loader *l, const struct berth_value *value, struct err *err)
{
    if (expand_is_done(value))
        return 0;
    if (expand_needs_nodes(value))
        return keep_daemon(l, value, err);
    return expand_workload(value, NULL, 0, &l->arena, add_made, l, err);
}

/* ---- one object of the input ---- */

static int count_unknown(struct loader *l, berth_str api_version, berth_str kind, struct err *err)
{
    uint64_t key = hash_mix(hash_bytes(kind.ptr, kind.len), hash_bytes(api_version.ptr, api_version.len));
    const uint64_t *index = map_get(&l->unknown_index, nonzero(key));
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
        || map_put(&l->unknown_index, nonzero(key), l->unknown.len - 1) < 0)
        return err_nomem(err);
    return 0;
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
        return count_unknown(l, api_version, kind, err);
    if (r == 0 && !object_version_known(api_version)) {
        l->culprit = berth_value_get(object, "apiVersion");
        return err_set(err, "apiVersion: \"%.*s\" is not a version of %.*s", BERTH_FMT(api_version), BERTH_FMT(kind));
    }
    if (r == 0 && is_object)
        r = decode_value(l, known, object, err);
    if (r == 0 && is_workload)
        r = add_workload(l, object, err);
    return r;
}

static bool is_cluster_scoped(berth_str kind)
{
    static const char *const kinds[] = {"Node",         "Namespace", "PriorityClass", "PersistentVolume",
                                        "StorageClass", "CSINode",   "CSIDriver",     "VolumeAttachment"};
    for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
        if (berth_str_eq(kind, berth_str_of(kinds[i])))
            return true;
    return false;
}

/* "Pod default/web" in front of the error, and before it file and line. */
static int wrap_error(struct loader *l, berth_str kind, const struct berth_value *object, struct err *err)
{
    const struct berth_value *metadata = berth_value_get(object, "metadata");
    berth_str name = berth_value_text(berth_value_get(metadata, "name"));
    berth_str namespace = berth_value_text(berth_value_get(metadata, "namespace"));
    if (name.len == 0)
        name = berth_value_text(berth_value_get(metadata, "generateName"));
    bool namespaced = name.len > 0 && !is_cluster_scoped(kind);
    if (!namespaced)
        namespace = (berth_str){0};
    else if (namespace.len == 0)
        namespace = BERTH_STR("default");
    if (kind.len)
        err_wrap(err, "%.*s%s%.*s%s%.*s", BERTH_FMT(kind), name.len ? " " : "",
                 BERTH_FMT(namespace), namespaced ? "/" : "",
                 BERTH_FMT(name));
    return err_wrap(err, "%s:%u", l->doc->name, doc_line(l->doc, l->culprit ? l->culprit : object));
}

static bool ends(berth_str text, berth_str ending)
{
    return text.len >= ending.len && memcmp(text.ptr + text.len - ending.len, ending.ptr, ending.len) == 0;
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

static int on_object(void *context, const struct doc *doc, const struct berth_value *object,
                     const struct berth_value *list, struct err *err)
{
    struct loader *l = context;
    l->doc = doc;
    l->culprit = NULL;
    berth_str kind = kind_of(object, list);
    berth_str api_version = berth_value_text(berth_value_get(object, "apiVersion"));
    if (api_version.len == 0)
        api_version = berth_value_text(berth_value_get(list, "apiVersion"));

    struct arena_mark mark = arena_mark(&l->arena);
    size_t daemons = l->daemons.len;
    int r;
    if (kind.len == 0 || api_version.len == 0)
        r = err_set(err, "the object has no %s", kind.len ? "apiVersion" : "kind");
    else
        r = add_known(l, api_version, kind, object, err);
    if (r == -EINVAL)
        wrap_error(l, kind, object, err);
    if (daemons == l->daemons.len)
        arena_rewind(&l->arena, mark);
    return r;
}

static int on_file(void *context, const struct doc *doc, struct err *err)
{
    return doc_each(doc, on_object, context, err);
}

/* ---- when everything is read ---- */

/* Whether a DaemonSet whose pods are like `pod` has one on the node. */
static bool daemon_runs_on(const struct berth_pod *pod, const struct berth_node *node)
{
    const struct berth_class *class = pod->class;
    if (pod->node_name && pod->node_name != node->name)
        return false;
    berth_each (struct berth_label, wanted, class, class->node_selector)
        if (berth_label_get(node, node->labels, wanted->key) != wanted->value)
            return false;
    bool matches = (class->flags & BERTH_POD_HAS_REQUIRED_NODES) == 0;
    berth_each (struct berth_node_term, term, class, class->required_nodes)
        matches = matches || berth_node_term_matches(class, term, node);
    berth_each (struct berth_taint, taint, node, node->taints)
        if (taint->effect != BERTH_PREFER_NO_SCHEDULE && !berth_tolerates(class, taint))
            return false;
    return matches;
}

/* The names of the nodes that get a pod of the DaemonSet, in the order the nodes were read. */
static berth_str *daemon_nodes(struct loader *l, const struct berth_pod *pod, size_t *ret_len)
{
    size_t len = 0;
    berth_str *names = arena_alloc(&l->arena, l->c->objects.len * sizeof(*names));
    for (size_t i = 0; names && i < l->c->objects.len; i++) {
        const struct object *o = &l->c->objects.at[i];
        if (o->kind == OBJECT_NODE && daemon_runs_on(pod, o->node))
            names[len++] = berth_atom_str(o->node->name);
    }
    *ret_len = len;
    return names;
}

static int expand_daemon(struct loader *l, const struct waiting_daemon *daemon, struct err *err)
{
    struct object pod;
    int r = decode_daemon_pod(l, &daemon->value, &pod, err);
    if (r < 0)
        return r;
    struct arena_mark mark = arena_mark(&l->arena);
    size_t len;
    berth_str *nodes = daemon_nodes(l, pod.pod, &len);
    r = nodes ? expand_workload(&daemon->value, nodes, len, &l->arena, add_made, l, err) : err_nomem(err);
    arena_rewind(&l->arena, mark);
    object_unref(l->c->catalog, &pod);
    return r;
}

/* Moves the pods of the DaemonSets, which were added last, to where the DaemonSets were read. */
static int place_daemon_pods(struct loader *l, const size_t *first_pod, struct err *err)
{
    struct cluster *c = l->c;
    size_t read = first_pod[0], next = 0, used = 0;
    struct cluster_pod *pods = malloc(c->pods.cap * sizeof(*pods));
    struct pod_priority *priorities = malloc(c->pods.cap * sizeof(*priorities));
    for (size_t i = 0; pods && priorities && i <= read; i++) {
        for (; next < l->daemons.len && l->daemons.at[next].position == i; next++)
            for (size_t p = first_pod[next]; p < first_pod[next + 1]; p++, used++) {
                pods[used] = c->pods.at[p];
                priorities[used] = l->priorities.at[p];
            }
        if (i < read) {
            pods[used] = c->pods.at[i];
            priorities[used++] = l->priorities.at[i];
        }
    }
    if (pods && priorities && used) {
        memcpy(c->pods.at, pods, used * sizeof(*pods));
        memcpy(l->priorities.at, priorities, used * sizeof(*priorities));
    }
    int r = pods && priorities ? 0 : err_nomem(err);
    free(pods);
    free(priorities);
    return r;
}

static int expand_daemons(struct loader *l, struct err *err)
{
    if (l->daemons.len == 0)
        return 0;
    size_t *first_pod = arena_alloc(&l->arena, (l->daemons.len + 1) * sizeof(*first_pod));
    if (!first_pod)
        return err_nomem(err);
    for (size_t i = 0; i < l->daemons.len; i++) {
        first_pod[i] = l->c->pods.len;
        int r = expand_daemon(l, &l->daemons.at[i], err);
        if (r < 0)
            return r;
    }
    first_pod[l->daemons.len] = l->c->pods.len;
    return l->c->pods.cap == 0 ? 0 : place_daemon_pods(l, first_pod, err);
}

static void warn(struct loader *l)
{
    struct buf *b = &l->c->warnings;
    for (size_t i = 0; i < l->unknown.len; i++) {
        const struct unknown_kind *u = &l->unknown.at[i];
        buf_printf(b, "%.*s (%.*s): %llu %s passed over, this kind plays no part here\n", BERTH_FMT(u->kind),
                   BERTH_FMT(u->api_version), (unsigned long long)u->count,
                   u->count == 1 ? "object" : "objects");
    }
    static const char *const names[] = {
#define X(id, kind, group) kind,
        OBJECT_KINDS(X)
#undef X
    };
    for (size_t i = 0; i < ARRAY_LEN(names); i++)
        if (l->duplicates[i])
            buf_printf(b, "%s: %llu given more than once, the last one of each name counts\n", names[i],
                       (unsigned long long)l->duplicates[i]);
}

static int finish(struct loader *l, struct err *err)
{
    int r = expand_daemons(l, err);
    if (r == 0)
        r = admission_set_priorities(l->c, l->priorities.at, err);
    if (r == 0)
        warn(l);
    return r;
}

int cluster_load(struct cluster *c, const char *const *paths, size_t paths_len,
                 const struct cluster_options *options, struct err *err)
{
    struct loader l = {.c = c, .options = options};
    int r = 0;
    for (size_t i = 0; i < paths_len && r == 0; i++)
        r = files_each(paths[i], on_file, &l, err);
    if (r == 0)
        r = finish(&l, err);
    arena_fini(&l.arena);
    map_fini(&l.index);
    map_fini(&l.unknown_index);
    vec_fini(&l.priorities);
    vec_fini(&l.daemons);
    vec_fini(&l.unknown);
    vec_fini(&l.made);
    return r;
}

void cluster_fini(struct cluster *c)
{
    for (size_t i = 0; i < c->objects.len; i++)
        object_unref(c->catalog, &c->objects.at[i]);
    for (size_t i = 0; i < c->pods.len; i++)
        pod_unref(c->catalog, c->pods.at[i].pod);
    vec_fini(&c->objects);
    vec_fini(&c->pods);
    arena_fini(&c->arena);
    buf_fini(&c->warnings);
}
