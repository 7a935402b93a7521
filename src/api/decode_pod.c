/*
 * Pods. The class is built in the catalog's block and interned there; the pod itself, a handful of members,
 * is built after it in the same block.
 *
 * A pod without a uid has not been through the API server yet: it gets what creation adds, the default
 * tolerations and the label keys merged into its affinity terms. A pod with one is taken as it is.
 */
#include "api/amounts.h"
#include "api/claims.h"
#include "api/containers.h"
#include "api/internal.h"

#define OBJECT(X) X(metadata) X(spec) X(status)
FIELDS(object_fields, OBJECT)

#define SPEC(X)                                                                                              \
    X(affinity)                                                                                              \
    X(containers) X(hostNetwork) X(hostUsers) X(initContainers) X(nodeName) X(nodeSelector) X(overhead)      \
        X(preemptionPolicy) X(priority) X(priorityClassName) X(resourceClaims) X(resources) X(schedulerName) \
            X(schedulingGates) X(tolerations) X(topologySpreadConstraints) X(volumes)
FIELDS(spec_fields, SPEC)

#define STATUS(X)                                                                                            \
    X(conditions)                                                                                            \
    X(extendedResourceClaimStatus) X(nominatedNodeName) X(phase) X(resourceClaimStatuses) X(startTime)
FIELDS(status_fields, STATUS)

/* ---- owner ---- */

#define OWNER(X) X(apiVersion) X(controller) X(kind) X(name)
FIELDS(owner_fields, OWNER)

/* The kind; of other groups than core and apps with the version in front, so that none are mixed up. */
static berth_atom owner_kind(struct decoder *d, berth_str api_version, berth_str kind)
{
    if (berth_str_eq(api_version, BERTH_STR("v1")) || berth_str_eq(api_version, BERTH_STR("apps/v1")))
        return intern(d, kind);
    return intern_format(d, "%.*s/%.*s", BERTH_FMT(api_version), BERTH_FMT(kind));
}

static void decode_owner(struct decoder *d, const struct berth_value *references, struct berth_class *class)
{
    uint32_t len;
    const struct berth_value *items = get_items(d, &metadata_place, "ownerReferences", references, &len);
    for (uint32_t i = 0; i < len && !class->owner_kind; i++) {
        struct place at = {&metadata_place, BERTH_STR("ownerReferences"), (int32_t)i};
        struct owner_fields f;
        read_fields(d, &at, &items[i], FIELD_NAMES(owner_fields), &f);
        if (!get_bool(d, &at, FIELD(f, controller), false))
            continue;
        berth_str api_version = get_str(d, &at, FIELD(f, apiVersion));
        class->owner_kind = owner_kind(d, api_version, get_str(d, &at, FIELD(f, kind)));
        class->owner_name = get_atom(d, &at, FIELD(f, name), NULL);
    }
}

/* ---- tolerations ---- */

#define TOLERATION(X) X(effect) X(key) X(operator) X(value)
FIELDS(toleration_fields, TOLERATION)

static uint32_t toleration_op(berth_str text)
{
    if (text.len == 0 || berth_str_eq(text, BERTH_STR("Equal")))
        return BERTH_TOLERATE_EQUAL;
    return berth_str_eq(text, BERTH_STR("Exists")) ? BERTH_TOLERATE_EXISTS : BERTH_TOLERATE_OTHER;
}

static void read_toleration(struct decoder *d, const struct place *at, const struct berth_value *v,
                            struct berth_toleration *ret_toleration)
{
    struct toleration_fields f;
    read_fields(d, at, v, FIELD_NAMES(toleration_fields), &f);
    berth_str effect = get_str(d, at, FIELD(f, effect));
    ret_toleration->key = get_name(d, at, FIELD(f, key));
    ret_toleration->value = get_atom(d, at, FIELD(f, value), d->known->empty);
    ret_toleration->op = toleration_op(get_str(d, at, FIELD(f, operator)));
    ret_toleration->effect = effect.len ? effect_of(effect) : BERTH_EVERY_EFFECT;
}

/* Creation lets every pod tolerate for a while that its node is not ready or unreachable. */
static void add_default_toleration(struct decoder *d, berth_atom key, struct berth_toleration *tolerations,
                                   uint32_t *len)
{
    for (uint32_t i = 0; i < *len; i++) {
        const struct berth_toleration *t = &tolerations[i];
        if ((!t->key || t->key == key) && (t->effect == BERTH_NO_EXECUTE || t->effect == BERTH_EVERY_EFFECT))
            return;
    }
    struct berth_toleration *added = &tolerations[(*len)++];
    added->key = key;
    added->value = d->known->empty;
    added->op = BERTH_TOLERATE_EXISTS;
    added->effect = BERTH_NO_EXECUTE;
}

static berth_list add_tolerations(struct decoder *d, const struct berth_value *tolerations, bool created)
{
    uint32_t len;
    const struct berth_value *items = get_items(d, &spec_place, "tolerations", tolerations, &len);
    struct berth_toleration *list = scratch_array(d, len + 2, sizeof(*list));
    for (uint32_t i = 0; i < len && !d->failed; i++) {
        struct place at = {&spec_place, BERTH_STR("tolerations"), (int32_t)i};
        read_toleration(d, &at, &items[i], &list[i]);
    }
    if (d->failed)
        return (berth_list){0};
    if (created) {
        add_default_toleration(d, d->known->not_ready, list, &len);
        add_default_toleration(d, d->known->unreachable, list, &len);
    }
    return block_add(d->block, list, sizeof(*list), len);
}

/* ---- small lists ---- */

#define NAMED(X) X(name)
FIELDS(named_fields, NAMED)

/* The names of the items of an array, in order. */
static berth_list add_names(struct decoder *d, const char *name, const struct berth_value *v)
{
    uint32_t len;
    const struct berth_value *items = get_items(d, &spec_place, name, v, &len);
    if (len == 0)
        return (berth_list){0};
    berth_atom *names = scratch_array(d, len, sizeof(*names));
    for (uint32_t i = 0; i < len && !d->failed; i++) {
        struct place at = {&spec_place, berth_str_of(name), (int32_t)i};
        struct named_fields f;
        read_fields(d, &at, &items[i], FIELD_NAMES(named_fields), &f);
        names[i] = intern(d, get_str(d, &at, FIELD(f, name)));
    }
    return d->failed ? (berth_list){0} : block_add(d->block, names, sizeof(*names), len);
}

/* What a node must be able to do for this pod, sorted (KEP-5328). */
static berth_list add_features(struct decoder *d, const struct spec_fields *f,
                               const struct containers *containers)
{
    berth_atom features[2];
    uint32_t len = 0;
    bool host_users = get_bool(d, &spec_place, FIELD(*f, hostUsers), true);
    if (restarts_all_containers(d, containers))
        features[len++] = intern(d, BERTH_STR("RestartAllContainersOnContainerExits"));
    if (!host_users && get_bool(d, &spec_place, FIELD(*f, hostNetwork), false))
        features[len++] = intern(d, BERTH_STR("UserNamespacesHostNetworkSupport"));
    return block_add(d->block, features, sizeof(*features), len);
}

/* ---- class ---- */

static void decode_priority(struct decoder *d, const struct spec_fields *f, struct berth_class *class,
                            struct pod_facts *facts)
{
    class->priority = (int32_t)get_int(d, &spec_place, FIELD(*f, priority), INT32_MIN, INT32_MAX, 0);
    if (berth_str_eq(get_str(d, &spec_place, FIELD(*f, preemptionPolicy)), BERTH_STR("Never")))
        class->flags |= BERTH_POD_NEVER_PREEMPTS;
    facts->priority_class = get_name(d, &spec_place, FIELD(*f, priorityClassName));
    facts->priority_given = f->priority != NULL;
}

static void decode_constraints(struct decoder *d, const struct spec_fields *f, bool created,
                               const struct berth_label *labels, uint32_t labels_len,
                               struct berth_class *class)
{
    class->node_selector = get_labels(d, &spec_place, FIELD(*f, nodeSelector));
    class->tolerations = add_tolerations(d, f->tolerations, created);
    if (f->affinity)
        decode_affinity(d, f->affinity, labels, labels_len, created, class);
    class->spread = get_spread(d, f->topologySpreadConstraints, labels, labels_len);
}

static const struct berth_class *decode_class(struct decoder *d, const struct spec_fields *f,
                                              const struct meta *meta, const struct berth_value *status,
                                              struct pod_facts *facts)
{
    struct berth_class class;
    memset(&class, 0, sizeof(class));
    block_start(d->block, sizeof(class));
    class.namespace = meta->namespace;
    berth_str scheduler = get_str(d, &spec_place, FIELD(*f, schedulerName));
    class.scheduler_name = scheduler.len ? intern(d, scheduler) : d->known->default_scheduler;
    bool host_network = get_bool(d, &spec_place, FIELD(*f, hostNetwork), false);
    class.flags |= meta->terminating ? BERTH_POD_TERMINATING : 0;
    class.flags |= host_network ? BERTH_POD_HOST_NETWORK : 0;
    decode_priority(d, f, &class, facts);

    struct containers containers = read_containers(d, f->containers, f->initContainers);
    struct volumes volumes = read_volumes(d, f->volumes);
    uint32_t labels_len;
    struct berth_label *labels = read_labels(d, &metadata_place, "labels", meta->labels, &labels_len);
    decode_requests(d, &(struct request_sources){&containers, f->overhead, f->resources, status}, &class);
    decode_constraints(d, f, meta->uid.len == 0, labels, labels_len, &class);
    class.ports = add_ports(d, &containers, host_network);
    class.images = add_images(d, &containers, &volumes);
    class.gates = add_names(d, FIELD(*f, schedulingGates));
    class.claims = add_claims(d, f->resourceClaims);
    class.features = add_features(d, f, &containers);
    class.kin_size = (uint32_t)d->block->len;
    class.labels = add_labels(d, labels, labels_len);
    class.volumes = add_volumes(d, &volumes, meta->name);
    decode_owner(d, meta->owner_references, &class);
    if (!write_start(d, &class, sizeof(class)))
        return NULL;
    const struct berth_class *interned = catalog_class(d->catalog, d->block);
    if (!interned)
        complain_nomem(d);
    return interned;
}

/* ---- pod ---- */

#define CONDITION(X) X(reason) X(status) X(type)
FIELDS(condition_fields, CONDITION)

struct condition pod_condition(struct decoder *d, const struct berth_value *conditions, berth_str type)
{
    uint32_t len;
    const struct berth_value *items = get_items(d, &status_place, "conditions", conditions, &len);
    for (uint32_t i = 0; i < len; i++) {
        struct place at = {&status_place, BERTH_STR("conditions"), (int32_t)i};
        struct condition_fields f;
        read_fields(d, &at, &items[i], FIELD_NAMES(condition_fields), &f);
        if (berth_str_eq(get_str(d, &at, FIELD(f, type)), type))
            return (struct condition){get_str(d, &at, FIELD(f, status)), get_str(d, &at, FIELD(f, reason))};
    }
    return (struct condition){0};
}

static bool is_true(struct condition condition)
{
    return berth_str_eq(condition.status, BERTH_STR("True"));
}

/* Whether the scheduler is removing the pod to make room for another one. */
static bool is_preempted(struct decoder *d, const struct meta *meta, const struct berth_value *conditions)
{
    if (!meta->terminating)
        return false;
    struct condition target = pod_condition(d, conditions, BERTH_STR("DisruptionTarget"));
    return is_true(target) && berth_str_eq(target.reason, BERTH_STR("PreemptionByScheduler"));
}

/* Whether the annotation says that the kubelet runs the pod by itself. */
static bool is_mirror(struct decoder *d, const struct meta *meta)
{
    uint32_t len;
    const struct berth_member *members =
        get_members(d, &metadata_place, "annotations", meta->annotations, &len);
    for (uint32_t i = 0; i < len; i++)
        if (berth_str_eq(members[i].key, BERTH_STR("kubernetes.io/config.mirror")))
            return true;
    return false;
}

static void decode_phase(struct decoder *d, const struct status_fields *f, struct pod_facts *facts)
{
    berth_str phase = get_str(d, &status_place, FIELD(*f, phase));
    facts->finished = berth_str_eq(phase, BERTH_STR("Succeeded")) || berth_str_eq(phase, BERTH_STR("Failed"));
    facts->pending = berth_str_eq(phase, BERTH_STR("Pending")) && !f->startTime
                     && !is_true(pod_condition(d, f->conditions, BERTH_STR("PodScheduled")));
    struct condition ready = pod_condition(d, f->conditions, BERTH_STR("Ready"));
    facts->starting = berth_str_eq(phase, BERTH_STR("Pending"));
    facts->not_ready = facts->starting || (ready.status.len && !is_true(ready));
}

/* What a pod has of its own, but its names. */
static struct berth_pod decode_own(struct decoder *d, const struct meta *meta, const struct spec_fields *spec,
                                   const struct status_fields *status)
{
    return (struct berth_pod){
        .node_name = get_name(d, &spec_place, FIELD(*spec, nodeName)),
        .nominated_node_name = get_name(d, &status_place, FIELD(*status, nominatedNodeName)),
        .start_ns = get_time(d, &status_place, FIELD(*status, startTime)),
        .preempted = is_preempted(d, meta, status->conditions),
        .extended_claim = extended_claim(d, status->extendedResourceClaimStatus),
    };
}

/* The pod with the class, whose reference it takes over. */
static const struct berth_pod *finish_pod(struct decoder *d, const struct meta *meta,
                                          const struct spec_fields *spec, const struct status_fields *status,
                                          struct berth_pod pod)
{
    const struct berth_value *new_claims = meta->uid.len == 0 ? spec->resourceClaims : NULL;
    block_start(d->block, sizeof(pod));
    pod.created_ns = meta->created_ns;
    pod.name = block_add_str(d->block, meta->name);
    pod.uid = block_add_str(d->block, meta->uid);
    pod.claim_statuses = add_claim_statuses(d, status->resourceClaimStatuses, new_claims, meta->name);
    return finish_object(d, &pod, sizeof(pod));
}

const struct berth_pod *decode_pod(struct decoder *d, const struct berth_value *v,
                                   struct pod_facts *ret_facts)
{
    struct object_fields f;
    struct spec_fields spec;
    struct status_fields status;
    struct meta meta;
    struct pod_facts facts = {0};
    read_fields(d, NULL, v, FIELD_NAMES(object_fields), &f);
    read_meta(d, f.metadata, true, &meta);
    read_fields(d, &spec_place, f.spec, FIELD_NAMES(spec_fields), &spec);
    read_fields(d, &status_place, f.status, FIELD_NAMES(status_fields), &status);
    struct berth_pod own = decode_own(d, &meta, &spec, &status);
    decode_phase(d, &status, &facts);
    facts.mirror = is_mirror(d, &meta);
    own.class = decode_class(d, &spec, &meta, f.status, &facts);
    const struct berth_pod *pod = own.class ? finish_pod(d, &meta, &spec, &status, own) : NULL;
    if (own.class && !pod)
        class_unref(d->catalog, own.class);
    if (pod)
        *ret_facts = facts;
    return pod;
}
