/*
 * The plugin contract: the same for plugins inside Berth and for those loaded at run time.
 *
 * A plugin is one `struct berth_plugin`: a name and a table of functions, one for each extension point
 * of the scheduling framework that it takes part in (KEP-624; https://kubernetes.io/docs/concepts/
 * scheduling-eviction/scheduling-framework/). A whole plugin can be as small as
 *
 *     static berth_verdict filter(const struct berth_cycle *c, uint32_t node)
 *     {
 *         bool big = c->nodes->alloc[BERTH_CPU][node] >= 8000;
 *         return big ? BERTH_PASS : berth_reject(c, BERTH_UNSCHEDULABLE, "node(s) were too small");
 *     }
 *     const struct berth_plugin big_nodes_only = {
 *         .abi = BERTH_ABI, .size = sizeof(struct berth_plugin),
 *         .name = "BigNodesOnly", .filter = filter, .filter_scope = BERTH_SCOPE_ROW,
 *     };
 *
 * Plugins are pure: what they answer depends on the arguments of the call alone. They read no clock, keep
 * no state between cycles but what `create` made, and take no lock. Range functions may be called from
 * several threads at once for different ranges of one cycle.
 */
#ifndef BERTH_PLUGIN_H
#define BERTH_PLUGIN_H

#include <berth/events.h>
#include <berth/objects.h>
#include <berth/storage.h>
#include <berth/value.h>

#include <stddef.h>

/* Raised when a structure of include/berth changes its meaning or layout. */
#define BERTH_ABI 1

/* ---- verdicts ---- */

/* Status codes, with upstream's meaning and order. */
#define BERTH_CODES(X)                                                                            \
    X(SUCCESS, "Success")                                                                         \
    X(ERROR, "Error")                     /* something is broken: the attempt ends */             \
    X(UNSCHEDULABLE, "Unschedulable")     /* not now; preemption may help */                      \
    X(UNRESOLVABLE, "UnschedulableAndUnresolvable") /* preemption cannot help */                  \
    X(WAIT, "Wait")                       /* Permit only */                                       \
    X(SKIP, "Skip")                       /* PreFilter, PreScore, Bind: nothing to do for this pod */ \
    X(PENDING, "Pending")
enum berth_code {
#define X(id, label) BERTH_##id,
    BERTH_CODES(X)
#undef X
};

/*
 * A plugin's answer. 0 means success; any other value names an interned {code, plugin, reasons} that
 * berth_reject() and its kin made. Two equal answers of one plugin have the same number.
 */
typedef uint32_t berth_verdict;
enum { BERTH_PASS = 0, BERTH_SKIPPED = 1 };

struct berth_cycle;
struct berth_handle;

/* A verdict of the calling plugin with one reason. Any code but SUCCESS and SKIP. */
berth_verdict berth_reject(const struct berth_cycle *c, enum berth_code code, const char *reason);

/* The same with a reason made up for this pod. Not for row-scoped Filter: use it for errors and PreFilter. */
berth_verdict berth_rejectf(const struct berth_cycle *c, enum berth_code code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* A verdict with several reasons; they are kept in the given order. */
berth_verdict berth_reject_all(const struct berth_cycle *c, enum berth_code code, const berth_str *reasons,
                               uint32_t len);

/* ---- the node table ---- */

/* Columns of the resource vectors; scalar resources follow from BERTH_SCALAR on. */
enum { BERTH_CPU, BERTH_MEMORY, BERTH_EPHEMERAL_STORAGE, BERTH_PODS, BERTH_SCALAR };

struct berth_node_pods {
    const struct berth_pod *const *at;
    uint32_t len;
};

/*
 * All nodes, as columns indexed by slot. A node keeps its slot while it exists; slots of removed nodes are
 * dead (`node[i]` NULL, everything else 0) until they are used again. `used` counts assigned and assumed pods.
 */
struct berth_nodes {
    uint32_t len;  /* slots, dead ones included */
    uint32_t live; /* nodes */
    uint32_t resources;
    const struct berth_node *const *node;
    const int64_t *const *alloc; /* alloc[resource][slot]: allocatable */
    const int64_t *const *used;  /* used[resource][slot]: requested by the pods there */
    const int64_t *nonzero_cpu;  /* used, with defaults for containers that request nothing */
    const int64_t *nonzero_memory;
    const uint32_t *taints_id;   /* equal ids: equal taint lists; 0: no taints */
    const struct berth_node_pods *pods;
    const uint32_t *volumes;   /* how many volumes the pods there name that scheduling looks at, repetitions included, */
    const uint32_t *ephemeral; /* and how many of them have claims made for their pod */
};

/* The column of a scalar resource, or -1 when no node and no pod ever named it. */
int32_t berth_resource_column(const struct berth_cycle *c, berth_atom resource);

/* The slot of the node, or -1. */
int32_t berth_node_slot(const struct berth_cycle *c, berth_atom name);

/*
 * The nodes by the value of one label: value[slot] is 0 where the label is absent, else 1..values; equal
 * numbers mean equal values. Valid until the end of the cycle.
 */
struct berth_topology {
    const uint32_t *value;
    uint32_t values;
};
struct berth_topology berth_topology_of(const struct berth_cycle *c, berth_atom label_key);

/* On how many nodes the image is present. */
uint32_t berth_image_nodes(const struct berth_cycle *c, berth_atom image);

/*
 * The image's size, one for the whole cluster: what the first entry of the first node said that had it, kept as
 * long as any node has it. 0 when no node does.
 */
int64_t berth_image_size(const struct berth_cycle *c, berth_atom image);

/* ---- pods that are placed: counts that move with every bind, so that nobody walks all pods ---- */

/* Selects pods by namespace and labels. */
struct berth_query_part {
    const void *block; /* holds the lists of `selector`, `namespaces` and `namespace_selector` */
    const struct berth_selector *selector;
    berth_list namespaces;                           /* of berth_atom: the pod's namespace is one of these, */
    const struct berth_selector *namespace_selector; /* or its labels match this; NULL: never */
    uint32_t known_namespaces_only; /* 1: a namespace without an object never matches namespace_selector;
                                       0: it counts as one without labels */
};

struct berth_query {
    const struct berth_query_part *parts; /* a pod counts when every part selects it */
    uint32_t len;
    uint32_t skip_terminating; /* 1: pods with a deletionTimestamp do not count */
};

/* Whether the query selects pods of the class. */
bool berth_query_matches(const struct berth_cycle *c, const struct berth_query *query,
                         const struct berth_class *class);

/* Per slot, how many pods there the query selects. Valid until the end of the cycle. */
const int32_t *berth_count_pods(const struct berth_cycle *c, const struct berth_query *query);

enum berth_term_kind {
    BERTH_REQUIRED_AFFINITY,
    BERTH_PREFERRED_AFFINITY,
    BERTH_REQUIRED_ANTI_AFFINITY,
    BERTH_PREFERRED_ANTI_AFFINITY,
};

struct berth_placed {
    uint32_t node; /* slot */
    int32_t count; /* > 0 */
};

/* An affinity term that placed pods carry, and how many pods carry it on which node. */
struct berth_carried_term {
    const void *block;
    const struct berth_pod_term *term;
    const struct berth_placed *placed;
    uint32_t len;
};

/*
 * The terms of one kind, carried by placed pods, that select the pod of this cycle (a namespace without an
 * object counts as one without labels). Equal terms of different pods are given once. The array is valid
 * until the end of the cycle.
 */
uint32_t berth_terms_selecting(const struct berth_cycle *c, enum berth_term_kind kind,
                               const struct berth_carried_term **ret_terms);

/* The terms of one kind in a class. */
berth_list berth_class_terms(const struct berth_class *class, enum berth_term_kind kind);

/* Whether `term`, held by `block`, selects pods of the class (unknown namespaces as above). */
bool berth_term_selects(const struct berth_cycle *c, const void *block, const struct berth_pod_term *term,
                        const struct berth_class *class);

/* ---- preemption: for PostFilter ---- */

/* What PostFilter gives as node when it found none: leave the pod's nomination, or clear it. */
enum { BERTH_KEEP_NOMINATION = -1, BERTH_CLEAR_NOMINATION = -2 };

/* The code of a verdict. */
enum berth_code berth_code_of(const struct berth_cycle *c, berth_verdict verdict);

/*
 * Searches the nodes whose verdict is UNSCHEDULABLE for one where the pod fits once pods of lower priority are gone:
 * at least `min_absolute` of them and `min_percentage` percent. The slot of the best, its victims being kept for the
 * framework to remove; or BERTH_CLEAR_NOMINATION, and in *ret_message why no node helps, which lives as long as the
 * cycle.
 */
int32_t berth_preempt(const struct berth_cycle *c, const berth_verdict *verdicts, int32_t min_percentage,
                      int32_t min_absolute, berth_str *ret_message);

/* In PreEnqueue: whether victims of the pod are being removed at this moment. */
bool berth_is_preempting(const struct berth_cycle *c);

/* ---- other objects ---- */

/* The Namespace object, NULL when there is none. */
const struct berth_namespace *berth_namespace_get(const struct berth_cycle *c, berth_atom name);

/* All Services, ReplicationControllers, ReplicaSets or StatefulSets of a namespace, in order of arrival. */
uint32_t berth_workloads(const struct berth_cycle *c, enum berth_workload_kind kind, berth_atom namespace,
                         const struct berth_workload *const **ret_workloads);

/* ---- storage ---- */

/*
 * The object of that name, NULL when there is none or the name is NULL. Claims and volumes are as the scheduler has
 * assumed them to become, where it has.
 */
const struct berth_persistent_volume_claim *berth_claim_get(const struct berth_cycle *c, berth_atom namespace,
                                                            berth_atom name);
const struct berth_persistent_volume *berth_volume_get(const struct berth_cycle *c, berth_atom name);
const struct berth_storage_class *berth_storage_class_get(const struct berth_cycle *c, berth_atom name);
const struct berth_csi_node *berth_csi_node_get(const struct berth_cycle *c, berth_atom node_name);
const struct berth_csi_driver *berth_csi_driver_get(const struct berth_cycle *c, berth_atom name);

/* The CSINodes by slot, NULL where a node has none. In PreFilter; valid until the cycle ends. */
const struct berth_csi_node *const *berth_csi_nodes(const struct berth_cycle *c);

/*
 * How many volumes of a CSI driver each node takes at most, by slot; -1: as many as come. NULL: no node has a limit. In
 * PreFilter; valid until the cycle ends.
 */
const int64_t *berth_volume_limits(const struct berth_cycle *c, berth_atom driver);

/* Volumes that a claim can have whose pod has not been placed yet, whichever its node. */
struct berth_volume_matches {
    const struct berth_persistent_volume *const *volumes; /* the smallest first, of equal ones the first to come; some NULL */
    uint32_t len;
    const uint32_t *first; /* by slot: 1 + index of the first that the node reaches; 0: there is none */
};

/*
 * The volumes of the claim's class that are free and offer what it asks for. With `attributes_class` both must agree on
 * their VolumeAttributesClass, else volumes must have none. In PreFilter; valid until something is assumed or the cycle
 * ends. Never NULL.
 */
const struct berth_volume_matches *berth_match_volumes(const struct berth_cycle *c,
                                                       const struct berth_persistent_volume_claim *claim,
                                                       bool attributes_class);

/* 1 + index of the next one that the node reaches, from index `after` on; 0: there is none. */
uint32_t berth_next_match(const struct berth_volume_matches *matches, const struct berth_node *node, uint32_t after);

/* The volume of the claim's class that is kept for the claim, if it is large enough and of the right kind; NULL: none is. */
const struct berth_persistent_volume *berth_reserved_volume(const struct berth_cycle *c,
                                                            const struct berth_persistent_volume_claim *claim,
                                                            bool attributes_class);

/* The CSIStorageCapacities of a storage class, in order of arrival. */
uint32_t berth_csi_capacities(const struct berth_cycle *c, berth_atom storage_class,
                              const struct berth_csi_storage_capacity *const **ret_capacities);

/* The VolumeAttachments of a node; of node NULL, only how many there are in all. */
uint32_t berth_attachments(const struct berth_cycle *c, berth_atom node_name,
                           const struct berth_volume_attachment *const **ret_attachments);

/* How many placed pods name the claim in spec.volumes. */
uint32_t berth_claim_users(const struct berth_cycle *c, berth_atom namespace, berth_atom name);

/*
 * In Reserve: from now on the volume counts as the claim's, or the claim as one to be provisioned on the node. -1 when
 * memory ran out.
 */
int berth_assume_bound(const struct berth_cycle *c, const struct berth_persistent_volume *volume,
                       const struct berth_persistent_volume_claim *claim);
int berth_assume_provisioned(const struct berth_cycle *c, const struct berth_persistent_volume_claim *claim,
                             uint32_t node);

/* In Unreserve: takes back what is assumed of a volume or claim, if anything is. */
void berth_forget_volume(const struct berth_cycle *c, berth_atom name);
void berth_forget_claim(const struct berth_cycle *c, berth_atom namespace, berth_atom name);

/*
 * In PreBind: makes it so. Where the driver of the core binds, it is asked to write what was assumed, the volume's claimRef
 * or the claim's selected node, and this returns 1: it takes time. Else there are no volume controllers, and this does what
 * they would, and returns 0: the claim is bound, to the volume or, when that is NULL, to a new one that the node (and all
 * like it, by the driver's topology keys) can reach. -1 when memory ran out or the objects are gone.
 */
int berth_bind_claim(const struct berth_cycle *c, berth_atom namespace, berth_atom name, berth_atom volume,
                     uint32_t node);

/* Whether the claim is shown as assumed, not as it was last written. */
bool berth_claim_is_assumed(const struct berth_cycle *c, berth_atom namespace, berth_atom name);

/* In PreBind, for a plugin that answers WAIT: for how long at most. */
void berth_wait_at_most(const struct berth_cycle *c, int64_t ns);

/* ---- one scheduling cycle ---- */

/*
 * What every extension point is given. The framework fills it anew for each plugin; borrowed for the call.
 */
struct berth_cycle {
    const struct berth_pod *pod;
    const struct berth_class *class; /* of the pod */
    const struct berth_nodes *nodes;
    const uint32_t *feasible; /* from PreScore on: slots of the nodes that passed, ascending */
    uint32_t feasible_len;
    void *self;  /* what the plugin's create() returned */
    void *state; /* what the plugin's own PreFilter stored with berth_keep(), NULL if nothing */
    void *score_state; /* what its PreScore stored, NULL if nothing */
    struct cycle *internal;
};

/* Zeroed memory that lives until the cycle ends. Never NULL. Not in range functions, which may run in parallel. */
void *berth_alloc(const struct berth_cycle *c, size_t bytes);

/* In PreFilter or PreScore: what the plugin's later calls of this cycle find in `state` or `score_state`. */
void berth_keep(const struct berth_cycle *c, void *state);

/* In PreFilter: only these nodes can take the pod; names of nodes that do not exist are allowed. */
void berth_only_nodes(const struct berth_cycle *c, const berth_atom *names, uint32_t len);

/* The interned form of a text; for label keys known at compile time call it in create(). */
berth_atom berth_cycle_atom(const struct berth_cycle *c, berth_str text);

/*
 * Upstream's default normalisation over the feasible nodes: the highest score becomes 100, the others
 * in proportion, rounded down; `reverse` turns the scale. All 0: all 0, or all 100 when reversed.
 */
void berth_normalize(const struct berth_cycle *c, bool reverse, int64_t *scores);

/* ---- making a plugin ---- */

/* The interned form of a text. */
berth_atom berth_atom_of(struct berth_handle *h, berth_str text);

/* Whether a feature gate is on (https://kubernetes.io/docs/reference/command-line-tools-reference/feature-gates/). */
bool berth_feature(struct berth_handle *h, const char *gate);

/* Fails create(): returns -1 and keeps the text for the user. */
int berth_create_fails(struct berth_handle *h, const char *format, ...) __attribute__((format(printf, 2, 3)));

/*
 * Compiles a core/v1 NodeAffinity given in arguments: a class block of which only required_nodes,
 * preferred_nodes and HAS_REQUIRED_NODES are set. Owned by the framework. NULL: create() must fail.
 */
const struct berth_class *berth_compile_node_affinity(struct berth_handle *h, const struct berth_value *v);

/* What a plugin's answer for (class, node) depends on: how long the framework may remember it. */
enum berth_scope {
    BERTH_SCOPE_CLUSTER, /* anything: asked anew in every cycle */
    BERTH_SCOPE_ROW,     /* the node's row, its object and the pods on it; and of the class all but its namespace,
                            labels, volumes and owner */
    BERTH_SCOPE_NODES,   /* the row, and all Node objects */
};

/* A pod in the queue, as QueueSort sees it. */
struct berth_queued {
    const struct berth_pod *pod;
    int64_t since_ns;  /* when it entered the queue or last failed */
    uint64_t sequence; /* order of arrival: breaks ties */
};

/* A slot range [from, to). */
struct berth_range {
    uint32_t from, to;
};

struct berth_plugin {
    uint32_t abi;  /* BERTH_ABI */
    uint32_t size; /* sizeof(struct berth_plugin): members beyond it count as NULL */
    const char *name;
    uint32_t filter_scope; /* enum berth_scope */
    uint32_t score_scope;  /* enum berth_scope; not of what normalize() does afterwards */

    /*
     * Makes an instance for a profile. `args` is the completed pluginConfig args, NULL when there are none.
     * Returns 0, or what berth_create_fails() returned. No create: `self` is NULL.
     */
    int (*create)(struct berth_handle *h, const struct berth_value *args, void **ret_self);
    void (*destroy)(void *self);

    /* PreEnqueue: may the pod enter the queue? `c` has no nodes. */
    berth_verdict (*pre_enqueue)(const struct berth_cycle *c);

    /* QueueSort: whether a goes before b. */
    bool (*less)(void *self, const struct berth_queued *a, const struct berth_queued *b);

    /* PreFilter: once per pod. BERTH_SKIPPED: this plugin's Filter is not asked. */
    berth_verdict (*pre_filter)(const struct berth_cycle *c);

    /*
     * PreFilter's extension: as if `pod` were added to (count 1) or removed from (-1) the node; changes `state`.
     * Adding and then removing a pod leaves the state as it was.
     */
    berth_verdict (*pod_moved)(const struct berth_cycle *c, const struct berth_pod *pod, uint32_t node, int32_t count);

    /*
     * Filter. Per node: can the pod run there? Per range: for each slot whose verdict is 0 so far, leave it
     * or write a verdict; slots already rejected must be left alone. Give one form or both; both must agree.
     */
    berth_verdict (*filter)(const struct berth_cycle *c, uint32_t node);
    void (*filter_range)(const struct berth_cycle *c, struct berth_range range, berth_verdict *verdicts);

    /*
     * PostFilter: no node fits; `verdicts` holds the answer for each slot. PASS and a slot in *ret_node: it may fit
     * there soon. Otherwise *ret_node is BERTH_KEEP_NOMINATION or BERTH_CLEAR_NOMINATION.
     */
    berth_verdict (*post_filter)(const struct berth_cycle *c, const berth_verdict *verdicts, int32_t *ret_node);

    /* PreScore: once per pod with at least two feasible nodes. BERTH_SKIPPED: not asked to score. */
    berth_verdict (*pre_score)(const struct berth_cycle *c);

    /*
     * Score: the higher the better. Cluster scope: called for feasible nodes; a range call may leave the
     * others undefined. Row scope: defined for every live node. Give one form or both; both must agree.
     * A range may hold dead slots (nodes->node[slot] is NULL): what is written there does not matter.
     */
    berth_verdict (*score)(const struct berth_cycle *c, uint32_t node, int64_t *ret_score);
    berth_verdict (*score_range)(const struct berth_cycle *c, struct berth_range range, int64_t *scores);

    /*
     * NormalizeScore: brings the scores of the feasible slots into 0..100. NULL: they are already. Where
     * score_scope is not cluster, equal scores must stay equal.
     */
    berth_verdict (*normalize)(const struct berth_cycle *c, int64_t *scores);

    berth_verdict (*reserve)(const struct berth_cycle *c, uint32_t node);
    void (*unreserve)(const struct berth_cycle *c, uint32_t node); /* idempotent */
    /* Permit: BERTH_WAIT verdicts hold the pod for at most *ret_timeout_ns. */
    berth_verdict (*permit)(const struct berth_cycle *c, uint32_t node, int64_t *ret_timeout_ns);
    /*
     * PreBindPreFlight: whether PreBind has something to do for the pod: PASS, BERTH_SKIPPED (then it is not called), or
     * an error. NULL: it has.
     */
    berth_verdict (*pre_bind_pre_flight)(const struct berth_cycle *c, uint32_t node);
    /*
     * PreBind. Where the driver of the core binds, a plugin may answer WAIT, see berth_wait_at_most(): it is asked again
     * after every change of a claim or volume, until it answers something else.
     */
    berth_verdict (*pre_bind)(const struct berth_cycle *c, uint32_t node);
    berth_verdict (*bind)(const struct berth_cycle *c, uint32_t node);
    void (*post_bind)(const struct berth_cycle *c, uint32_t node);

    /*
     * EventsToRegister: what can make a pod schedulable again that this plugin rejected. A plugin that rejects
     * pods and registers nothing is woken by every event.
     */
    const struct berth_registration *events;
    uint32_t events_len;
};

#endif
