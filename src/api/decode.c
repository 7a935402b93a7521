/* Dispatch by kind, and the kinds that need no file of their own. */
#include "api/decode.h"

#include "api/internal.h"
#include "base/array.h"

#include <stdlib.h>

/* ---- kinds ---- */

static const struct {
    berth_str kind, group;
} kinds[] = {
#define X(id, kind, group) [OBJECT_##id] = {{kind, sizeof(kind) - 1}, {group, sizeof(group) - 1}},
    OBJECT_KINDS(X)
#undef X
};

/* "apps" of "apps/v1"; the core group "" of "v1". */
static berth_str group_of(berth_str api_version)
{
    const char *slash = api_version.len ? memchr(api_version.ptr, '/', api_version.len) : NULL;
    return slash ? (berth_str){api_version.ptr, (uint32_t)(slash - api_version.ptr)} : BERTH_STR("");
}

/* Before 1.16 the kinds of apps lived in extensions, too. */
static bool same_group(berth_str group, berth_str wanted)
{
    return berth_str_eq(group, wanted)
           || (berth_str_eq(group, BERTH_STR("extensions")) && berth_str_eq(wanted, BERTH_STR("apps")));
}

bool object_kind_of(berth_str api_version, berth_str kind, enum object_kind *ret_kind)
{
    berth_str group = group_of(api_version);
    for (int i = 0; i < OBJECT_KIND_COUNT; i++)
        if (berth_str_eq(kind, kinds[i].kind) && same_group(group, kinds[i].group)) {
            *ret_kind = (enum object_kind)i;
            return true;
        }
    return false;
}

bool object_version_known(berth_str api_version)
{
    /* Every version that Kubernetes has served of the groups that hold kinds known here. */
    static const char *const known[] = {
        "v1", "apps/v1", "apps/v1beta1", "apps/v1beta2", "extensions/v1beta1", "batch/v1", "batch/v1beta1",
        "batch/v2alpha1", "policy/v1", "policy/v1beta1", "scheduling.k8s.io/v1", "scheduling.k8s.io/v1alpha1",
        "scheduling.k8s.io/v1beta1", "storage.k8s.io/v1", "storage.k8s.io/v1alpha1", "storage.k8s.io/v1beta1",
    };
    for (size_t i = 0; i < ARRAY_LEN(known); i++)
        if (berth_str_eq(api_version, berth_str_of(known[i])))
            return true;
    return false;
}

/* ---- namespaces ---- */

#define OBJECT(X) X(metadata) X(spec)
FIELDS(object_fields, OBJECT)

/* Every namespace carries its name as a label. */
static berth_list namespace_labels(struct decoder *d, const struct meta *meta)
{
    uint32_t len, i = 0;
    berth_atom key = intern(d, BERTH_STR("kubernetes.io/metadata.name"));
    struct berth_label *labels = read_labels(d, &metadata_place, "labels", meta->labels, &len);
    struct berth_label *all = scratch_array(d, len + 1, sizeof(*all));
    if (d->failed)
        return (berth_list){0};
    for (; i < len && berth_str_cmp(berth_atom_str(labels[i].key), berth_atom_str(key)) < 0; i++)
        all[i] = labels[i];
    all[i] = (struct berth_label){key, intern(d, meta->name)};
    bool there = i < len && labels[i].key == key;
    for (uint32_t j = i + there; j < len; j++)
        all[j + !there] = labels[j];
    return add_labels(d, all, len + !there);
}

static const struct berth_namespace *decode_namespace(struct decoder *d, const struct berth_value *v)
{
    struct object_fields f;
    struct meta meta;
    struct berth_namespace namespace = {0};
    read_fields(d, NULL, v, FIELD_NAMES(object_fields), &f);
    read_meta(d, f.metadata, false, &meta);
    block_start(d->block, sizeof(namespace));
    namespace.name = intern(d, meta.name);
    namespace.labels = namespace_labels(d, &meta);
    return finish_object(d, &namespace, sizeof(namespace));
}

/* ---- priority classes ---- */

#define PRIORITY(X) X(globalDefault) X(metadata) X(preemptionPolicy) X(value)
FIELDS(priority_fields, PRIORITY)

static const struct priority_class *decode_priority_class(struct decoder *d, const struct berth_value *v)
{
    struct priority_fields f;
    struct meta meta;
    struct priority_class class = {0};
    read_fields(d, NULL, v, FIELD_NAMES(priority_fields), &f);
    read_meta(d, f.metadata, false, &meta);
    block_start(d->block, sizeof(class));
    class.name = intern(d, meta.name);
    class.value = (int32_t)get_int(d, NULL, FIELD(f, value), INT32_MIN, INT32_MAX, 0);
    class.global_default = get_bool(d, NULL, FIELD(f, globalDefault), false);
    class.never_preempts = berth_str_eq(get_str(d, NULL, FIELD(f, preemptionPolicy)), BERTH_STR("Never"));
    return finish_object(d, &class, sizeof(class));
}

/* ---- services and workloads ---- */

#define SELECTING(X) X(selector) X(template)
FIELDS(selecting_fields, SELECTING)

#define TEMPLATE(X) X(metadata)
FIELDS(template_fields, TEMPLATE)

#define LABELS(X) X(labels)
FIELDS(labels_fields, LABELS)

/* The labels that a ReplicationController without a selector selects by: those of its template. */
static const struct berth_value *template_labels(struct decoder *d, const struct berth_value *template)
{
    static const struct place at = {&spec_place, {"template", 8}, -1};
    static const struct place metadata_at = {&at, {"metadata", 8}, -1};
    struct template_fields f;
    struct labels_fields labels;
    read_fields(d, &at, template, FIELD_NAMES(template_fields), &f);
    read_fields(d, &metadata_at, f.metadata, FIELD_NAMES(labels_fields), &labels);
    return labels.labels;
}

/* A selector given as plain labels; none of them select nothing. */
static struct berth_selector get_plain_selector(struct decoder *d, const struct berth_value *v)
{
    uint32_t len;
    struct berth_label *labels = read_labels(d, &spec_place, "selector", v, &len);
    struct berth_requirement *list = scratch_array(d, len, sizeof(*list));
    struct berth_selector selector = {.selects = len ? BERTH_SELECTS_MATCHES : BERTH_SELECTS_NOTHING};
    for (uint32_t i = 0; i < len && !d->failed; i++) {
        list[i].key = labels[i].key;
        list[i].op = BERTH_IN;
        list[i].values = block_add(d->block, &labels[i].value, sizeof(labels[i].value), 1);
    }
    if (!d->failed)
        selector.requirements = block_add(d->block, list, sizeof(*list), len);
    return selector;
}

static const struct berth_workload *decode_workload(struct decoder *d, const struct berth_value *v,
                                                    enum berth_workload_kind kind)
{
    struct object_fields f;
    struct selecting_fields spec;
    struct meta meta;
    struct berth_workload workload = {.kind = kind};
    read_fields(d, NULL, v, FIELD_NAMES(object_fields), &f);
    read_fields(d, &spec_place, f.spec, FIELD_NAMES(selecting_fields), &spec);
    read_meta(d, f.metadata, true, &meta);
    block_start(d->block, sizeof(workload));
    workload.namespace = meta.namespace;
    workload.name = intern(d, meta.name);
    if (kind == BERTH_REPLICATION_CONTROLLER && (!spec.selector || spec.selector->len == 0))
        spec.selector = template_labels(d, spec.template);
    if (kind == BERTH_SERVICE || kind == BERTH_REPLICATION_CONTROLLER)
        workload.selector = get_plain_selector(d, spec.selector);
    else
        workload.selector = get_selector(d, &spec_place, FIELD(spec, selector));
    return finish_object(d, &workload, sizeof(workload));
}

/* ---- dispatch ---- */

static const void *decode_kind(struct decoder *d, enum object_kind kind, const struct berth_value *v,
                               struct pod_facts *facts)
{
    switch (kind) {
    case OBJECT_POD:
        return decode_pod(d, v, facts);
    case OBJECT_NODE:
        return decode_node(d, v);
    case OBJECT_NAMESPACE:
        return decode_namespace(d, v);
    case OBJECT_PRIORITY_CLASS:
        return decode_priority_class(d, v);
    case OBJECT_SERVICE:
        return decode_workload(d, v, BERTH_SERVICE);
    case OBJECT_REPLICATION_CONTROLLER:
        return decode_workload(d, v, BERTH_REPLICATION_CONTROLLER);
    case OBJECT_REPLICA_SET:
        return decode_workload(d, v, BERTH_REPLICA_SET);
    case OBJECT_STATEFUL_SET:
        return decode_workload(d, v, BERTH_STATEFUL_SET);
    case OBJECT_PERSISTENT_VOLUME:
        return decode_volume(d, v);
    case OBJECT_PERSISTENT_VOLUME_CLAIM:
        return decode_claim(d, v);
    case OBJECT_STORAGE_CLASS:
        return decode_storage_class(d, v);
    case OBJECT_CSI_NODE:
        return decode_csi_node(d, v);
    case OBJECT_CSI_DRIVER:
        return decode_csi_driver(d, v);
    case OBJECT_CSI_STORAGE_CAPACITY:
        return decode_csi_capacity(d, v);
    case OBJECT_VOLUME_ATTACHMENT:
        return decode_attachment(d, v);
    case OBJECT_POD_DISRUPTION_BUDGET:
        return decode_budget(d, v);
    case OBJECT_KIND_COUNT:
        break;
    }
    return NULL;
}

static struct decoder start(struct catalog *c, struct block *block, struct err *err)
{
    arena_reset(&c->scratch);
    return (struct decoder){
        .catalog = c,
        .known = &c->known,
        .atoms = &c->atoms,
        .block = block,
        .scratch = &c->scratch,
        .err = err,
    };
}

int object_decode(struct catalog *c, enum object_kind kind, const struct berth_value *value,
                  struct object *ret_object, struct pod_facts *ret_facts, struct err *err)
{
    struct decoder d = start(c, &c->block, err);
    struct pod_facts facts = {0};
    const void *object = decode_kind(&d, kind, value, &facts);
    c->culprit = d.culprit;
    if (!object)
        return d.failed;
    *ret_object = (struct object){.kind = kind, .any = object};
    if (ret_facts)
        *ret_facts = facts;
    return 0;
}

const struct berth_value *decode_culprit(const struct catalog *c)
{
    return c->culprit;
}

void object_unref(struct catalog *c, struct object *o)
{
    struct header {
        uint32_t refs;
    } *header = (struct header *)o->any;
    if (o->kind == OBJECT_POD)
        pod_unref(c, o->pod);
    else if (header && --header->refs == 0)
        free(header);
    o->any = NULL;
}
