/*
 * The API objects as plugins and the core see them: compact, immutable, compiled.
 *
 * Every object is one block of memory. What would be a pointer inside it is a `berth_list`, an
 * offset from the block's start, so that blocks can be hashed, compared and copied as bytes.
 * Read a list with
 *
 *     berth_each(struct berth_taint, taint, node, node->taints)
 *         if (taint->effect == BERTH_NO_EXECUTE) ...
 *
 * where `node` is the block that holds the list, also for lists nested in its items.
 * Units: CPU in thousandths of a core, everything else in bytes or pieces; times in nanoseconds
 * since the Unix epoch, 0 meaning "not set".
 */
#ifndef BERTH_OBJECTS_H
#define BERTH_OBJECTS_H

#include <berth/str.h>

#include <stddef.h>

typedef struct berth_list {
    uint32_t offset; /* bytes from the start of the block */
    uint32_t len;    /* number of items */
} berth_list;

static inline const void *berth_list_at(const void *block, berth_list list)
{
    return (const char *)block + list.offset;
}

#define berth_each(type, item, block, list)                                                   \
    for (const type *item = berth_list_at((block), (list)), *item##_end = item + (list).len;  \
         item < item##_end; item++)

/*
 * Whether two lists hold the same items of `size` bytes in the same order: for items that hold no lists and have no
 * bytes between their members.
 */
static inline bool berth_list_same(const void *a_block, berth_list a, const void *b_block, berth_list b,
                                   size_t size)
{
    return a.len == b.len
           && (a.len == 0 || memcmp(berth_list_at(a_block, a), berth_list_at(b_block, b), a.len * size) == 0);
}

/* ---- shared pieces ---- */

struct berth_label {
    berth_atom key;
    berth_atom value;
};

/* The value of label `key`, NULL when the set has no such key. Sets are sorted by key text. */
berth_atom berth_label_get(const void *block, berth_list labels, berth_atom key);

enum berth_operator {
    BERTH_IN,
    BERTH_NOT_IN,
    BERTH_EXISTS,
    BERTH_DOES_NOT_EXIST,
    BERTH_GREATER, /* node selectors only */
    BERTH_LESS,    /* node selectors only */
};

struct berth_requirement {
    berth_atom key;
    uint32_t op;       /* enum berth_operator */
    berth_list values; /* of berth_atom, sorted by text, each once */
    int64_t number;    /* BERTH_GREATER, BERTH_LESS: what the label's integer is compared with */
};

enum berth_selects {
    BERTH_SELECTS_NOTHING,    /* the selector was absent (null) */
    BERTH_SELECTS_EVERYTHING, /* the selector was {} */
    BERTH_SELECTS_MATCHES,    /* all requirements must hold */
    BERTH_SELECTS_INVALID,    /* the selector could not be parsed: `error` says why */
};

struct berth_selector {
    uint32_t selects;        /* enum berth_selects */
    berth_list requirements; /* of struct berth_requirement, sorted by key text */
    berth_list error;        /* of char: BERTH_SELECTS_INVALID only */
};

/*
 * Whether the labels satisfy every requirement. Kubernetes' rules: NotIn and DoesNotExist hold
 * when the key is absent; Gt and Lt need a label that is an integer.
 * https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/
 */
bool berth_requirements_match(const void *block, berth_list requirements, const void *labels_block,
                              berth_list labels);

/* Whether the selector selects the labels; an invalid selector selects nothing. */
bool berth_selector_matches(const void *block, const struct berth_selector *selector,
                            const void *labels_block, berth_list labels);

/* ---- node affinity ---- */

struct berth_node_term {
    berth_list expressions; /* of struct berth_requirement, on the node's labels */
    berth_list fields;      /* of struct berth_requirement, on metadata.name, In or NotIn with one value */
    berth_list error;       /* of char: why the term could not be parsed; empty when it could */
    int32_t weight;         /* preferred terms only, 1..100 */
    uint32_t empty;         /* 1: the term had neither expressions nor fields and matches nothing */
};

struct berth_node;

/* Whether the node satisfies the term. A term that could not be parsed, or empty, never does. */
bool berth_node_term_matches(const void *block, const struct berth_node_term *term,
                             const struct berth_node *node);

/* ---- pods ---- */

struct berth_amount {
    berth_atom resource; /* extended and scalar resources: nvidia.com/gpu, hugepages-2Mi ... */
    int64_t value;
};

enum berth_effect { BERTH_NO_SCHEDULE, BERTH_PREFER_NO_SCHEDULE, BERTH_NO_EXECUTE, BERTH_EFFECT_OTHER };

struct berth_toleration {
    berth_atom key;   /* NULL: every key (operator Exists) */
    berth_atom value; /* never NULL; the empty string when not given */
    uint32_t op;      /* enum berth_toleration_op */
    uint32_t effect;  /* enum berth_effect, or BERTH_EVERY_EFFECT */
};
enum berth_toleration_op { BERTH_TOLERATE_EQUAL, BERTH_TOLERATE_EXISTS, BERTH_TOLERATE_OTHER };
enum { BERTH_EVERY_EFFECT = 100 };

struct berth_pod_term {
    berth_atom topology_key;
    struct berth_selector selector;
    berth_list namespaces; /* of berth_atom, sorted by text; filled with the pod's own namespace when
                              neither namespaces nor a namespaceSelector was given */
    struct berth_selector namespace_selector; /* NOTHING when not given; in addition to namespaces */
    int32_t weight;                           /* preferred terms only, 1..100 */
};

enum { BERTH_DO_NOT_SCHEDULE, BERTH_SCHEDULE_ANYWAY };

struct berth_spread {
    int32_t max_skew;
    int32_t min_domains; /* 1 when not given */
    berth_atom topology_key;
    uint32_t when;                /* BERTH_DO_NOT_SCHEDULE or BERTH_SCHEDULE_ANYWAY */
    uint32_t ignores_affinity;    /* nodeAffinityPolicy: Ignore (default 0: Honor) */
    uint32_t honors_taints;       /* nodeTaintsPolicy: Honor (default 0: Ignore) */
    struct berth_selector selector; /* matchLabelKeys merged in from the pod's own labels */
};

struct berth_port {
    berth_atom ip; /* "0.0.0.0" when not given */
    berth_atom protocol; /* "TCP" when not given */
    int32_t port;  /* never 0: containers without a host port are left out */
};

struct berth_image_use {
    berth_atom name;   /* as written, ":latest" added when neither tag nor digest was given */
    uint32_t is_init;  /* 1: of an init container */
    uint32_t is_volume; /* 1: of an image volume, not of a container */
};

enum berth_volume_kind {
    BERTH_VOLUME_CLAIM,     /* source = claim name */
    BERTH_VOLUME_EPHEMERAL, /* source = "<pod>-<volume>", the claim's name */
    BERTH_VOLUME_GCE_DISK,  /* source = pdName */
    BERTH_VOLUME_AWS_DISK,  /* source = volumeID */
    BERTH_VOLUME_RBD,       /* source = "<pool>/<image>", the monitors joined with ',' in `extra` */
    BERTH_VOLUME_ISCSI,     /* source = iqn, target in `extra` */
    BERTH_VOLUME_CSI,       /* inline: source = driver */
    BERTH_VOLUME_AZURE_DISK, /* source = diskName */
    BERTH_VOLUME_OTHER, /* another disk: source = its id, field name in `extra` ("cinder", "vsphereVolume" ...) */
};

struct berth_volume {
    uint32_t kind; /* enum berth_volume_kind */
    uint32_t read_only;
    berth_atom name;
    berth_atom source;
    berth_atom extra;
    berth_atom csi_driver; /* the driver that attaches an in-tree disk; NULL: none, or not one */
    berth_atom csi_handle; /* what that driver calls it */
};

/* An item of spec.resourceClaims. */
struct berth_pod_claim {
    berth_atom name;
    berth_atom claim; /* resourceClaimName; NULL: the claim is generated from a template, see claim_statuses */
};

/* An item of status.resourceClaimStatuses: what became of a claim that is generated from a template. */
struct berth_claim_status {
    berth_atom name;
    berth_atom claim; /* NULL: none was needed */
};

enum {
    BERTH_POD_TERMINATING = 1u << 0,      /* metadata.deletionTimestamp is set */
    BERTH_POD_NEVER_PREEMPTS = 1u << 1,   /* preemptionPolicy: Never */
    BERTH_POD_HOST_NETWORK = 1u << 2,
    BERTH_POD_HAS_REQUIRED_NODES = 1u << 3, /* requiredDuringScheduling… node affinity is given, also with no terms */
    BERTH_POD_LEVEL_RESOURCES = 1u << 4,  /* spec.resources is given */
};

/*
 * A pod class: everything about a pod that scheduling depends on. Pods whose specs are equal share
 * one class, so whatever is computed for a class serves all of them. `id` is dense, from 1; `labels_id`
 * is shared by all classes with the same namespace, labels and TERMINATING flag, which is all that a
 * selector can see of a pod.
 */
struct berth_class {
    /* header: identity, not compared */
    uint32_t refs;
    uint32_t id;
    uint32_t labels_id;
    uint32_t size; /* of the block in bytes */
    uint64_t hash;
    uint64_t kin_hash; /* equal for kin: classes that differ at most in namespace, labels, volumes and owner */
    /* content: compared as bytes from here on */
    berth_atom namespace;
    berth_atom scheduler_name;
    int32_t priority;
    uint32_t flags; /* BERTH_POD_… */
    uint32_t kin_size; /* the block's bytes before the lists that kin need not share; 0: it has no kin */

    /* Effective requests: containers, init containers, sidecars, overhead, pod-level resources. */
    int64_t cpu;
    int64_t memory;
    int64_t ephemeral_storage;
    /* The same with 100m and 200Mi for containers that request nothing: used by scoring only. */
    int64_t nonzero_cpu;
    int64_t nonzero_memory;
    berth_list scalars; /* of struct berth_amount, sorted by resource text; zero amounts are kept */
    /*
     * With BERTH_POD_LEVEL_RESOURCES only: nonzero_cpu, nonzero_memory and scalars as they were if spec.resources
     * were not given. NodeResourcesFit scores with these, as upstream does.
     */
    int64_t container_nonzero_cpu;
    int64_t container_nonzero_memory;
    berth_list container_scalars;

    berth_list labels;        /* of struct berth_label, sorted by key text */
    berth_list node_selector; /* of struct berth_label: spec.nodeSelector */
    berth_list required_nodes;  /* of struct berth_node_term: any may match; see HAS_REQUIRED_NODES */
    berth_list preferred_nodes; /* of struct berth_node_term */
    berth_list required_affinity;       /* of struct berth_pod_term, as the next three */
    berth_list preferred_affinity;
    berth_list required_anti_affinity;
    berth_list preferred_anti_affinity;
    berth_list tolerations; /* of struct berth_toleration */
    berth_list spread;      /* of struct berth_spread */
    berth_list ports;       /* of struct berth_port: host ports of containers and sidecars */
    berth_list images;      /* of struct berth_image_use: init containers, containers, image volumes */
    berth_list gates;       /* of berth_atom: schedulingGates, in order */
    berth_list volumes;     /* of struct berth_volume that scheduling cares about */
    berth_list claims;      /* of struct berth_pod_claim: spec.resourceClaims */
    berth_list features;    /* of berth_atom: node features the pod requires, sorted (KEP-5328) */
    berth_atom owner_kind;  /* controlling owner reference: the kind when its apiVersion is v1 or apps/v1, else
                               "<apiVersion>/<kind>"; NULL when there is none */
    berth_atom owner_name;
};

/* A pod: its class and what is its own. */
struct berth_pod {
    uint32_t refs;
    uint32_t size;
    const struct berth_class *class;
    berth_atom node_name;           /* spec.nodeName; NULL when not assigned */
    berth_atom nominated_node_name; /* status.nominatedNodeName; NULL when none */
    int64_t created_ns;
    int64_t start_ns; /* status.startTime */
    uint32_t preempted; /* 1: its condition DisruptionTarget says that the scheduler preempted it */
    berth_list name;  /* of char */
    berth_list uid;   /* of char */
    berth_list claim_statuses; /* of struct berth_claim_status */
    berth_atom extended_claim; /* status.extendedResourceClaimStatus.resourceClaimName; NULL when not set */
};

static inline berth_str berth_pod_name(const struct berth_pod *pod)
{
    return (berth_str){berth_list_at(pod, pod->name), pod->name.len};
}

static inline berth_str berth_pod_uid(const struct berth_pod *pod)
{
    return (berth_str){berth_list_at(pod, pod->uid), pod->uid.len};
}

static inline berth_atom berth_pod_namespace(const struct berth_pod *pod)
{
    return pod->class->namespace;
}

/* Whether these are one pod at different times: the uids are equal; without any, namespaces and names. */
static inline bool berth_same_pod(const struct berth_pod *a, const struct berth_pod *b)
{
    if (a->uid.len || b->uid.len)
        return berth_str_eq(berth_pod_uid(a), berth_pod_uid(b));
    return a->class->namespace == b->class->namespace && berth_str_eq(berth_pod_name(a), berth_pod_name(b));
}

/* Whether the pod takes up a node: it is assigned, or nominated. */
static inline bool berth_pod_takes_node(const struct berth_pod *pod)
{
    return pod->node_name || pod->nominated_node_name;
}

/* ---- nodes ---- */

struct berth_taint {
    berth_atom key;
    berth_atom value; /* never NULL; the empty string when not given */
    uint32_t effect;  /* enum berth_effect */
};

/* Whether the pod class tolerates the taint (Gt and Lt tolerations never do: gate off in 1.36). */
bool berth_tolerates(const struct berth_class *class, const struct berth_taint *taint);

struct berth_image {
    berth_atom name; /* an image with several names has one entry for each */
    int64_t size;
};

struct berth_node {
    uint32_t refs;
    uint32_t size;
    berth_atom name;
    berth_atom zone; /* "<region>:\0:<zone>" as upstream's node tree groups nodes; NULL when neither label is set */
    uint32_t unschedulable; /* spec.unschedulable */
    uint32_t has_declared_features;
    int64_t created_ns;
    int64_t cpu; /* allocatable, as are the next four */
    int64_t memory;
    int64_t ephemeral_storage;
    int64_t pods;
    berth_list scalars;  /* of struct berth_amount */
    berth_list labels;   /* of struct berth_label, sorted by key text */
    berth_list taints;   /* of struct berth_taint, in order */
    berth_list images;   /* of struct berth_image */
    berth_list features; /* of berth_atom, sorted: status.declaredFeatures */
    berth_list annotations; /* of struct berth_label */
    berth_list conditions;  /* of struct berth_label: type and status */
    berth_list uid;      /* of char */
};

/* Whether the nodes have the same taints in the same order. */
static inline bool berth_same_taints(const struct berth_node *a, const struct berth_node *b)
{
    const struct berth_taint *x = berth_list_at(a, a->taints), *y = berth_list_at(b, b->taints);
    if (a->taints.len != b->taints.len)
        return false;
    for (uint32_t i = 0; i < a->taints.len; i++)
        if (x[i].key != y[i].key || x[i].value != y[i].value || x[i].effect != y[i].effect)
            return false;
    return true;
}

/* ---- the other kinds plugins look up ---- */

struct berth_namespace {
    uint32_t refs;
    uint32_t size;
    berth_atom name;
    berth_list labels; /* of struct berth_label */
};

enum berth_workload_kind {
    BERTH_SERVICE,
    BERTH_REPLICATION_CONTROLLER,
    BERTH_REPLICA_SET,
    BERTH_STATEFUL_SET,
};

/* What selects pods: a Service, ReplicationController, ReplicaSet or StatefulSet. */
struct berth_workload {
    uint32_t refs;
    uint32_t size;
    uint32_t kind; /* enum berth_workload_kind */
    berth_atom namespace;
    berth_atom name;
    struct berth_selector selector; /* Service and ReplicationController: NOTHING when empty */
};

#endif
