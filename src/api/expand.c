/*
 * Workloads into pods, as values: everything a controller writes into a pod is written here, and the decoder
 * of pods does the rest. Names that controllers draw at random are numbers here, so that a run can be
 * repeated.
 */
#include "api/expand.h"

#include "api/decoder.h"
#include "api/edit.h"
#include "api/made.h"
#include "base/hash.h"

/* More pods of one workload than any cluster holds; keeps a slip of the pen from filling the memory. */
enum { MOST_REPLICAS = 10000000 };

struct expansion {
    struct editor e;
    struct decoder d; /* for reading with typed getters: has no catalog */
    const berth_str *nodes;
    size_t nodes_len;
    expand_fn fn;
    void *context;
};

#define OBJECT(X) X(metadata) X(spec)
FIELDS(object_fields, OBJECT)

#define SPEC(X)                                                                                              \
    X(completionMode) X(completions) X(jobTemplate) X(ordinals) X(parallelism) X(replicas)                   \
    X(selector) X(suspend) X(template) X(volumeClaimTemplates)
FIELDS(spec_fields, SPEC)

#define META(X) X(annotations) X(labels) X(name) X(namespace) X(ownerReferences) X(uid)
FIELDS(meta_fields, META)

static const struct place template_place = {&spec_place, {"template", 8}, -1};

/* ---- kinds ---- */

struct workload;
typedef int (*expand_kind)(struct expansion *x, const struct workload *w);

static int expand_deployment(struct expansion *x, const struct workload *w);
static int expand_replicas(struct expansion *x, const struct workload *w);
static int expand_stateful_set(struct expansion *x, const struct workload *w);
static int expand_daemon_set(struct expansion *x, const struct workload *w);
static int expand_job(struct expansion *x, const struct workload *w);
static int expand_cron_job(struct expansion *x, const struct workload *w);

struct kind_row {
    const char *group, *api_version, *kind;
    expand_kind expand;
};
static const struct kind_row kinds[] = {
    {"apps", "apps/v1", "Deployment", expand_deployment},
    {"apps", "apps/v1", "ReplicaSet", expand_replicas},
    {"apps", "apps/v1", "StatefulSet", expand_stateful_set},
    {"apps", "apps/v1", "DaemonSet", expand_daemon_set},
    {"batch", "batch/v1", "Job", expand_job},
    {"batch", "batch/v1", "CronJob", expand_cron_job},
    {"", "v1", "ReplicationController", expand_replicas},
};

static const struct kind_row *find_kind(berth_str api_version, berth_str kind)
{
    const char *slash = api_version.len ? memchr(api_version.ptr, '/', api_version.len) : NULL;
    berth_str group = {api_version.ptr, slash ? (uint32_t)(slash - api_version.ptr) : 0};
    if (berth_str_eq(group, BERTH_STR("extensions")))
        group = BERTH_STR("apps");
    for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
        if (berth_str_eq(kind, berth_str_of(kinds[i].kind))
            && berth_str_eq(group, berth_str_of(kinds[i].group)))
            return &kinds[i];
    return NULL;
}

static const struct kind_row *kind_of(const struct berth_value *workload)
{
    return find_kind(berth_value_text(berth_value_get(workload, "apiVersion")),
                     berth_value_text(berth_value_get(workload, "kind")));
}

bool expand_is_workload(berth_str api_version, berth_str kind)
{
    return find_kind(api_version, kind) != NULL;
}

bool expand_needs_nodes(const struct berth_value *workload)
{
    const struct kind_row *kind = kind_of(workload);
    return kind && kind->expand == expand_daemon_set;
}

bool expand_is_done(const struct berth_value *workload)
{
    const struct berth_value *metadata = berth_value_get(workload, "metadata");
    const struct berth_value *owners = berth_value_get(metadata, "ownerReferences");
    for (uint32_t i = 0; owners && owners->type == BERTH_ARRAY && i < owners->len; i++)
        if (berth_value_bool(berth_value_get(&owners->items[i], "controller"), false))
            return true;
    return berth_value_text(berth_value_get(metadata, "uid")).len > 0;
}

/* ---- reading a workload ---- */

struct workload {
    struct owner owner; /* as its pods name it */
    struct meta_fields meta;
    struct spec_fields spec;
    const struct berth_value *value;
    const struct berth_value *template;
};

#define SELECTOR(X) X(matchLabels)
FIELDS(selector_fields, SELECTOR)

/* What is added to must have the right type; the decoders of what comes out check the rest. */
static void check_types(struct decoder *d, const struct berth_value *template)
{
    static const struct place metadata_at = {&template_place, {"metadata", 8}, -1};
    struct object_fields f;
    struct meta_fields metadata;
    uint32_t len;
    read_fields(d, &template_place, template, FIELD_NAMES(object_fields), &f);
    read_fields(d, &metadata_at, f.metadata, FIELD_NAMES(meta_fields), &metadata);
    get_members(d, &metadata_at, FIELD(metadata, labels), &len);
    get_members(d, &template_place, FIELD(f, spec), &len);
}

static int read_workload(struct expansion *x, const struct berth_value *value, const struct kind_row *kind,
                         struct workload *ret_workload)
{
    struct decoder *d = &x->d;
    struct object_fields f;
    struct workload w = {.value = value, .owner = {.api_version = kind->api_version, .kind = kind->kind}};
    read_fields(d, NULL, value, FIELD_NAMES(object_fields), &f);
    read_fields(d, &metadata_place, f.metadata, FIELD_NAMES(meta_fields), &w.meta);
    read_fields(d, &spec_place, f.spec, FIELD_NAMES(spec_fields), &w.spec);
    w.owner.name = get_str(d, &metadata_place, FIELD(w.meta, name));
    w.owner.namespace = get_str(d, &metadata_place, FIELD(w.meta, namespace));
    w.owner.uid = get_str(d, &metadata_place, FIELD(w.meta, uid));
    w.template = w.spec.template;
    if (w.owner.name.len == 0)
        complain(d, &metadata_place, "name", f.metadata ? f.metadata : value, "a name is required");
    if (kind->expand != expand_cron_job && (!w.template || w.template->type != BERTH_OBJECT))
        complain(d, &spec_place, "template", f.spec ? f.spec : value, "a pod template is required");
    if (w.template)
        check_types(d, w.template);
    *ret_workload = w;
    return d->failed;
}

static int64_t get_count(struct expansion *x, const char *name, const struct berth_value *v,
                         int64_t otherwise)
{
    return get_int(&x->d, &spec_place, name, v, 0, MOST_REPLICAS, otherwise);
}

/* ---- writing objects ---- */

/* `object` with a label in the metadata that is its member "metadata". */
static struct berth_value with_label(struct editor *e, const struct berth_value *object, const char *key,
                                     struct berth_value value)
{
    const struct berth_value *metadata = berth_value_get(object, "metadata");
    struct berth_value labels = edit_set(e, berth_value_get(metadata, "labels"), key, value);
    return edit_set(e, object, "metadata", edit_set(e, metadata, "labels", labels));
}

static struct berth_value make_pod(struct editor *e, const struct berth_value *template,
                                   const struct owner *owner, struct berth_value name)
{
    const struct berth_value *spec = berth_value_get(template, "spec");
    struct berth_value metadata = made_metadata(e, berth_value_get(template, "metadata"), owner, name);
    struct berth_value pod = made_object(e, "v1", "Pod", metadata);
    pod.where = template->where;
    return spec ? edit_set(e, &pod, "spec", *spec) : pod;
}

static int give(struct expansion *x, const struct berth_value *object)
{
    if (x->e.failed)
        return err_nomem(x->d.err);
    return x->fn(x->context, object, x->d.err);
}

/* Letters and digits of names that say what a template is: without vowels, so that they form no words. */
static struct berth_value template_hash(struct editor *e, const struct berth_value *template)
{
    static const char letters[] = "bcdfghjklmnpqrstvwxz2456789";
    char text[6];
    struct buf json = {0};
    doc_write_json(&json, template);
    uint64_t hash = hash_bytes(json.ptr, json.len);
    buf_fini(&json);
    for (size_t i = 0; i < sizeof(text); i++, hash /= sizeof(letters) - 1)
        text[i] = letters[hash % (sizeof(letters) - 1)];
    return edit_str(e, (berth_str){text, sizeof(text)});
}

/* ---- ReplicaSet, ReplicationController, Deployment ---- */

/* The pods "<owner>-0" ... */
static int give_pods(struct expansion *x, const struct berth_value *template, const struct owner *owner,
                     int64_t count)
{
    for (int64_t i = 0; i < count; i++) {
        struct arena_mark mark = arena_mark(x->e.arena);
        struct berth_value name = edit_format(&x->e, "%.*s-%lld", BERTH_FMT(owner->name), (long long)i);
        struct berth_value pod = make_pod(&x->e, template, owner, name);
        int r = give(x, &pod);
        arena_rewind(x->e.arena, mark);
        if (r < 0)
            return r;
    }
    return 0;
}

static int expand_replicas(struct expansion *x, const struct workload *w)
{
    int64_t replicas = get_count(x, FIELD(w->spec, replicas), 1);
    return x->d.failed ? x->d.failed : give_pods(x, w->template, &w->owner, replicas);
}

/* The ReplicaSet of the Deployment: its selector and template tell its pods from those of older ones. */
static struct berth_value make_replica_set(struct editor *e, const struct workload *w,
                                           struct berth_value name, const struct berth_value *template,
                                           struct berth_value hash)
{
    const struct berth_value *selector = w->spec.selector;
    struct berth_value labels =
        edit_set(e, berth_value_get(selector, "matchLabels"), "pod-template-hash", hash);
    struct berth_value spec = edit_object(e);
    struct berth_value metadata = made_metadata(e, berth_value_get(template, "metadata"), &w->owner, name);
    struct berth_value set = made_object(e, "apps/v1", "ReplicaSet", metadata);
    if (w->spec.replicas)
        spec = edit_set(e, &spec, "replicas", *w->spec.replicas);
    spec = edit_set(e, &spec, "selector", edit_set(e, selector, "matchLabels", labels));
    spec = edit_set(e, &spec, "template", *template);
    set.where = w->value->where;
    return edit_set(e, &set, "spec", spec);
}

static int expand_deployment(struct expansion *x, const struct workload *w)
{
    static const struct place at = {&spec_place, {"selector", 8}, -1};
    struct editor *e = &x->e;
    struct selector_fields selector;
    uint32_t len;
    int64_t replicas = get_count(x, FIELD(w->spec, replicas), 1);
    read_fields(&x->d, &at, w->spec.selector, FIELD_NAMES(selector_fields), &selector);
    get_members(&x->d, &at, FIELD(selector, matchLabels), &len);
    if (x->d.failed)
        return x->d.failed;
    struct berth_value hash = template_hash(e, w->template);
    struct berth_value template = with_label(e, w->template, "pod-template-hash", hash);
    struct berth_value name =
        edit_format(e, "%.*s-%.*s", BERTH_FMT(w->owner.name), BERTH_FMT(berth_value_text(&hash)));
    struct berth_value set = make_replica_set(e, w, name, &template, hash);
    struct owner owner = {"apps/v1", "ReplicaSet", berth_value_text(&name), w->owner.namespace, {0}};
    int r = give(x, &set);
    return r < 0 ? r : give_pods(x, &template, &owner, replicas);
}

/* ---- StatefulSet ---- */

#define ORDINALS(X) X(start)
FIELDS(ordinals_fields, ORDINALS)

#define NAMED(X) X(name)
FIELDS(named_fields, NAMED)

#define CLAIM(X) X(metadata) X(spec)
FIELDS(claim_fields, CLAIM)

static struct berth_value without_volume(struct editor *e, const struct berth_value *volumes, berth_str name)
{
    struct berth_value kept = {.type = BERTH_ARRAY, .where = e->where};
    for (uint32_t i = 0; volumes && volumes->type == BERTH_ARRAY && i < volumes->len; i++)
        if (!berth_str_eq(berth_value_text(berth_value_get(&volumes->items[i], "name")), name))
            kept = edit_append(e, &kept, volumes->items[i]);
    return kept;
}

/* `pod` with a volume that is the claim; it takes the place of the template's volume of the same name. */
static struct berth_value with_claim(struct editor *e, const struct berth_value *pod, berth_str volume,
                                     struct berth_value claim)
{
    const struct berth_value *spec = berth_value_get(pod, "spec");
    struct berth_value volumes = without_volume(e, berth_value_get(spec, "volumes"), volume);
    struct berth_value source = edit_object(e), item = edit_object(e);
    source = edit_set(e, &source, "claimName", claim);
    item = edit_set(e, &item, "name", edit_str(e, volume));
    item = edit_set(e, &item, "persistentVolumeClaim", source);
    return edit_set(e, pod, "spec", edit_set(e, spec, "volumes", edit_append(e, &volumes, item)));
}

/* Gives the claims of the pod and puts them among its volumes. */
static int give_claims(struct expansion *x, const struct workload *w, berth_str pod_name,
                       struct berth_value *pod)
{
    struct editor *e = &x->e;
    uint32_t len;
    const struct berth_value *items =
        get_items(&x->d, &spec_place, FIELD(w->spec, volumeClaimTemplates), &len);
    for (uint32_t i = 0; i < len; i++) {
        struct place at = {&spec_place, BERTH_STR("volumeClaimTemplates"), (int32_t)i};
        struct place metadata_at = {&at, BERTH_STR("metadata"), -1};
        struct claim_fields f;
        struct named_fields metadata;
        read_fields(&x->d, &at, &items[i], FIELD_NAMES(claim_fields), &f);
        read_fields(&x->d, &metadata_at, f.metadata, FIELD_NAMES(named_fields), &metadata);
        berth_str volume = get_str(&x->d, &metadata_at, FIELD(metadata, name));
        struct berth_value name = edit_format(e, "%.*s-%.*s", BERTH_FMT(volume), BERTH_FMT(pod_name));
        struct berth_value claim =
            made_object(e, "v1", "PersistentVolumeClaim", made_metadata(e, f.metadata, &w->owner, name));
        if (f.spec)
            claim = edit_set(e, &claim, "spec", *f.spec);
        int r = x->d.failed ? x->d.failed : give(x, &claim);
        if (r < 0)
            return r;
        *pod = with_claim(e, pod, volume, name);
    }
    return x->d.failed;
}

static int give_ordinal(struct expansion *x, const struct workload *w, int64_t ordinal)
{
    struct editor *e = &x->e;
    struct berth_value name = edit_format(e, "%.*s-%lld", BERTH_FMT(w->owner.name), (long long)ordinal);
    struct berth_value pod = make_pod(e, w->template, &w->owner, name);
    pod = with_label(e, &pod, "statefulset.kubernetes.io/pod-name", name);
    pod = with_label(e, &pod, "apps.kubernetes.io/pod-index", edit_format(e, "%lld", (long long)ordinal));
    int r = give_claims(x, w, berth_value_text(&name), &pod);
    return r < 0 ? r : give(x, &pod);
}

static int expand_stateful_set(struct expansion *x, const struct workload *w)
{
    static const struct place at = {&spec_place, {"ordinals", 8}, -1};
    struct ordinals_fields ordinals;
    read_fields(&x->d, &at, w->spec.ordinals, FIELD_NAMES(ordinals_fields), &ordinals);
    int64_t start = get_int(&x->d, &at, FIELD(ordinals, start), 0, INT32_MAX, 0);
    int64_t replicas = get_count(x, FIELD(w->spec, replicas), 1);
    int r = x->d.failed;
    for (int64_t i = 0; i < replicas && r == 0; i++) {
        struct arena_mark mark = arena_mark(x->e.arena);
        r = give_ordinal(x, w, start + i);
        arena_rewind(x->e.arena, mark);
    }
    return r;
}

/* ---- DaemonSet ---- */

/* The template with the tolerations that let daemons run on nodes in trouble. */
static struct berth_value daemon_template(struct editor *e, const struct berth_value *template)
{
    static const struct {
        const char *key, *effect;
        bool host_network_only;
    } tolerated[] = {
        {"node.kubernetes.io/not-ready", "NoExecute", false},
        {"node.kubernetes.io/unreachable", "NoExecute", false},
        {"node.kubernetes.io/disk-pressure", "NoSchedule", false},
        {"node.kubernetes.io/memory-pressure", "NoSchedule", false},
        {"node.kubernetes.io/pid-pressure", "NoSchedule", false},
        {"node.kubernetes.io/unschedulable", "NoSchedule", false},
        {"node.kubernetes.io/network-unavailable", "NoSchedule", true},
    };
    const struct berth_value *spec = berth_value_get(template, "spec");
    const struct berth_value *given = berth_value_get(spec, "tolerations");
    bool host_network = berth_value_bool(berth_value_get(spec, "hostNetwork"), false);
    if (!berth_value_absent(given) && given->type != BERTH_ARRAY)
        return *template; /* the decoder of the pod complains */
    struct berth_value all = {.type = BERTH_ARRAY, .where = e->where};
    all = berth_value_absent(given) ? all : *given;
    for (size_t i = 0; i < ARRAY_LEN(tolerated); i++) {
        if (tolerated[i].host_network_only && !host_network)
            continue;
        struct berth_value toleration = edit_object(e);
        toleration = edit_set(e, &toleration, "key", edit_str(e, berth_str_of(tolerated[i].key)));
        toleration = edit_set(e, &toleration, "operator", edit_str(e, BERTH_STR("Exists")));
        toleration = edit_set(e, &toleration, "effect", edit_str(e, berth_str_of(tolerated[i].effect)));
        all = edit_append(e, &all, toleration);
    }
    return edit_set(e, template, "spec", edit_set(e, spec, "tolerations", all));
}

/* `pod` with its required node affinity replaced by the name of the node. */
static struct berth_value pin_to_node(struct editor *e, const struct berth_value *pod, berth_str node)
{
    static const char required_name[] = "requiredDuringSchedulingIgnoredDuringExecution";
    struct berth_value field = edit_object(e), term = edit_object(e), required = edit_object(e);
    field = edit_set(e, &field, "key", edit_str(e, BERTH_STR("metadata.name")));
    field = edit_set(e, &field, "operator", edit_str(e, BERTH_STR("In")));
    field = edit_set(e, &field, "values", edit_array(e, edit_str(e, node)));
    term = edit_set(e, &term, "matchFields", edit_array(e, field));
    required = edit_set(e, &required, "nodeSelectorTerms", edit_array(e, term));
    const struct berth_value *spec = berth_value_get(pod, "spec");
    const struct berth_value *affinity = berth_value_get(spec, "affinity");
    struct berth_value nodes =
        edit_set(e, berth_value_get(affinity, "nodeAffinity"), required_name, required);
    struct berth_value changed = edit_set(e, affinity, "nodeAffinity", nodes);
    return edit_set(e, pod, "spec", edit_set(e, spec, "affinity", changed));
}

static int expand_daemon_set(struct expansion *x, const struct workload *w)
{
    struct editor *e = &x->e;
    struct berth_value template = daemon_template(e, w->template);
    for (size_t i = 0; i < x->nodes_len; i++) {
        struct arena_mark mark = arena_mark(e->arena);
        struct berth_value name =
            edit_format(e, "%.*s-%.*s", BERTH_FMT(w->owner.name), BERTH_FMT(x->nodes[i]));
        struct berth_value pod = make_pod(e, &template, &w->owner, name);
        pod = pin_to_node(e, &pod, x->nodes[i]);
        int r = give(x, &pod);
        arena_rewind(e->arena, mark);
        if (r < 0)
            return r;
    }
    return 0;
}

/* ---- Job, CronJob ---- */

static int give_job_pods(struct expansion *x, const struct workload *w, int64_t count, bool indexed)
{
    struct editor *e = &x->e;
    struct berth_value name = edit_str(e, w->owner.name);
    struct berth_value template = with_label(e, w->template, "batch.kubernetes.io/job-name", name);
    template = with_label(e, &template, "job-name", name);
    if (!indexed)
        return give_pods(x, &template, &w->owner, count);
    for (int64_t i = 0; i < count; i++) {
        struct arena_mark mark = arena_mark(e->arena);
        struct berth_value index = edit_format(e, "%lld", (long long)i);
        struct berth_value pod = make_pod(
            e, &template, &w->owner, edit_format(e, "%.*s-%lld", BERTH_FMT(w->owner.name), (long long)i));
        pod = with_label(e, &pod, "batch.kubernetes.io/job-completion-index", index);
        int r = give(x, &pod);
        arena_rewind(e->arena, mark);
        if (r < 0)
            return r;
    }
    return 0;
}

static int expand_job(struct expansion *x, const struct workload *w)
{
    int64_t parallelism = get_count(x, FIELD(w->spec, parallelism), 1);
    int64_t completions = get_count(x, FIELD(w->spec, completions), parallelism);
    bool suspended = get_bool(&x->d, &spec_place, FIELD(w->spec, suspend), false);
    berth_str mode = get_str(&x->d, &spec_place, FIELD(w->spec, completionMode));
    if (x->d.failed || suspended)
        return x->d.failed;
    return give_job_pods(x, w, completions < parallelism ? completions : parallelism,
                         berth_str_eq(mode, BERTH_STR("Indexed")));
}

static int expand_cron_job(struct expansion *x, const struct workload *w)
{
    static const struct place at = {&spec_place, {"jobTemplate", 11}, -1};
    struct editor *e = &x->e;
    struct claim_fields f;
    struct workload run;
    read_fields(&x->d, &at, w->spec.jobTemplate, FIELD_NAMES(claim_fields), &f);
    bool suspended = get_bool(&x->d, &spec_place, FIELD(w->spec, suspend), false);
    if (x->d.failed || suspended)
        return x->d.failed;
    struct berth_value name = edit_format(e, "%.*s-run", BERTH_FMT(w->owner.name));
    struct berth_value job =
        made_object(e, "batch/v1", "Job", made_metadata(e, f.metadata, &w->owner, name));
    if (f.spec)
        job = edit_set(e, &job, "spec", *f.spec);
    job.where = w->value->where;
    int r = read_workload(x, &job, find_kind(BERTH_STR("batch/v1"), BERTH_STR("Job")), &run);
    return r < 0 ? r : expand_job(x, &run);
}

/* ---- entry points ---- */

int expand_workload(const struct berth_value *workload, const berth_str *nodes, size_t nodes_len,
                    struct arena *arena, expand_fn fn, void *context, struct err *err)
{
    struct expansion x = {
        .e = {.arena = arena, .where = workload->where},
        .d = {.err = err},
        .nodes = nodes,
        .nodes_len = nodes_len,
        .fn = fn,
        .context = context,
    };
    const struct kind_row *kind = kind_of(workload);
    if (!kind)
        return err_set(err, "kind: not a workload");
    struct arena_mark mark = arena_mark(arena);
    struct workload w;
    int r = read_workload(&x, workload, kind, &w);
    if (r == 0)
        r = kind->expand(&x, &w);
    arena_rewind(arena, mark);
    return r;
}

int expand_daemon_pod(const struct berth_value *workload, struct arena *arena, struct berth_value *ret_pod,
                      struct err *err)
{
    struct expansion x = {.e = {.arena = arena, .where = workload->where}, .d = {.err = err}};
    struct workload w;
    int r = read_workload(&x, workload, kind_of(workload), &w);
    if (r < 0)
        return r;
    struct berth_value template = daemon_template(&x.e, w.template);
    struct berth_value pod = make_pod(&x.e, &template, &w.owner, edit_str(&x.e, w.owner.name));
    if (x.e.failed)
        return err_nomem(err);
    *ret_pod = pod;
    return 0;
}
