/*
 * The core: a single-threaded state machine that owns the cluster's state and decides. It reads no clock, no
 * file and no random device; time and the seed are given. Objects come in through core_put() and
 * core_remove(), decisions go out of core_schedule_one() and core_explain().
 */
#ifndef CORE_CORE_H
#define CORE_CORE_H

#include "api/decode.h"
#include "core/profile.h"

struct core;

/* Divides [0, len) among workers, calls fn for each part and returns when all are done. */
typedef void (*core_parallel_fn)(void *pool, uint32_t len,
                                 void (*fn)(void *context, uint32_t from, uint32_t to), void *context);

struct core_options {
    uint64_t seed;
    bool no_cache;   /* compute every verdict and score anew: for tests, results are the same */
    bool per_node;   /* use the per-node entry points of plugins that have both: likewise */
    core_parallel_fn parallel; /* NULL: one thread */
    void *pool;
    /*
     * Placed pods are bound by the caller, who says how it went (core_bound()), and watched pods
     * confirm it. Pods must have uids.
     */
    bool external_binding;
    int64_t max_parked_seconds; /* how long an unschedulable pod waits at most for an event; 0: 300 */
};

/* `catalog` and `registry` must outlive the core. Errors are those of profile_new(). */
int core_new(const struct config *config, const struct registry *registry, struct catalog *catalog,
             const struct core_options *options, struct core **ret_core, struct err *err);
struct core *core_free(struct core *core);

/*
 * An object was added or replaced (same kind, namespace and name). The core takes its own reference. A pod
 * with a node name is placed there (also when the node comes later), one without joins the queue when a
 * profile is responsible for it. Returns 0 or -ENOMEM; then nothing changed.
 */
int core_put(struct core *core, const struct object *object, int64_t now_ns);

/* An object is gone; unknown ones are ignored. The caller's object may be an older one of the same name. */
void core_remove(struct core *core, const struct object *object, int64_t now_ns);

/*
 * The API server is to be told what was assumed about a claim: the volume gets the claim as its claimRef, or
 * else the claim the annotation that says for which node it is to be provisioned.
 */
struct volume_write {
    berth_atom namespace, claim;
    berth_atom volume; /* NULL: the claim is to be provisioned */
    berth_atom node;
};

/* Why a pod was not placed, or where it was. Texts live until the next call of the core. */
struct decision {
    const struct berth_pod *pod; /* as it came; assigned pods are in the core with their node name */
    berth_atom node;             /* NULL: not placed */
    berth_str message;           /* not placed: the FailedScheduling message */
    uint32_t evaluated, feasible; /* numbers of nodes */
    /*
     * Not placed: the node that preemption makes room on, and the pods to be deleted there, most important
     * first. The pod is nominated for it, as its status says from now on, and is tried again when they are
     * gone. References are the core's: take your own before the next call.
     */
    berth_atom nominated_node; /* placed: its status is to name the node, as binding will take a while */
    bool clears_nomination; /* the pod's status.nominatedNodeName no longer holds */
    const struct berth_pod *const *victims;
    uint32_t victims_len;
    /*
     * Pods of lower priority that were nominated to that node, and are no longer: their status is to follow.
     */
    const struct berth_pod *const *outranked;
    uint32_t outranked_len;
    bool error;     /* not placed: because of an error, not because plugins rejected the pod */
    /* With external binding only: */
    /*
     * Placed: names this very placement of the pod among all that there were or will be, so that what the
     * caller says of it by core_prepared() and core_bound() is never taken for the answer to another one.
     */
    uint64_t placement;
    bool binding; /* placed: the caller is to bind the pod now, and to say how that went by core_bound() */
    bool waiting; /* placed: Permit plugins make the pod wait; another decision will follow */
    /*
     * Placed: PreBind plugins have work to do first; another decision will follow. The caller is to make
     * these writes, and what else the plugins need outside the core, and to say how that went by
     * core_prepared(); what comes of the writes it shows by core_put() as everything else. A later decision
     * that the pod failed means: stop that.
     */
    bool preparing;
    const struct volume_write *writes;
    uint32_t writes_len;
    bool skipped; /* the pod is being deleted and not tried again */
    /*
     * Victims whose binding was stopped inside the scheduler:
     * they are pending again, there is nothing to delete.
     */
    const struct berth_pod *const *stopped_victims;
    uint32_t stopped_victims_len;
};

/*
 * Takes the first pod of the queue through one cycle: false when no pod is ready. A placed pod is assumed and
 * bound at once; the caller is told. A pod that fits nowhere waits in the queue until something happens that
 * may help it, or time passes, and is decided anew then: of several decisions about one pod the last counts.
 *
 * Called again and again without new objects and without time passing, this comes to an end: a pod is
 * tried again only after another one was placed, no pod is placed twice, and pods whose attempt ended in
 * an error wait for the clock.
 */
bool core_schedule_one(struct core *core, int64_t now_ns, struct decision *ret_decision);

/*
 * A waiting pod is tried again when its turn comes, without any backoff: its victims are gone, or they could
 * not be deleted. Others are ignored.
 */
void core_activate(struct core *core, const struct berth_pod *pod, int64_t now_ns);

/*
 * ---- external binding ----
 *
 * A decision with `waiting`, `preparing` or `binding` leaves the pod assumed on its node and in flight. The
 * calls below take it on from there; what they decide is fetched by core_take_decision(). core_put() and
 * core_remove() go on telling what the API server says, in whatever order with core_bound(), and
 * repeatedly: a pod that is shown with its node is confirmed there, one that is deleted while it is assumed
 * gives its node up at once.
 */

/*
 * What the decision with `preparing` asked for has been done, or has ended in an error unless that is empty.
 * The pod is to be bound when its volumes are, too: another decision says so. An answer that nobody waits for
 * is ignored, whatever it says: one that was given before, or one about a placement that has been stopped
 * meanwhile, though the pod may have another one by now.
 */
void core_prepared(struct core *core, const struct berth_pod *pod, uint64_t placement, berth_str error,
                   int64_t now_ns);

/*
 * The binding of the pod has ended, in an error unless that is empty. The same are ignored: of several
 * answers about one placement the first counts.
 */
void core_bound(struct core *core, const struct berth_pod *pod, uint64_t placement, berth_str error,
                int64_t now_ns);

/* The Permit plugin lets a waiting pod go on; when all have, it is to be bound. Others are ignored. */
void core_allow(struct core *core, berth_str uid, berth_str plugin, int64_t now_ns);

/* The Permit plugin rejects a waiting pod: it goes back to the queue. */
void core_reject_waiting(struct core *core, berth_str uid, berth_str plugin, berth_str reason,
                         int64_t now_ns);

/*
 * Does what was due until now: waiting pods time out, backoffs end. So does every other call that is told the
 * time, before anything else; this one is for when nothing else happens.
 */
void core_tick(struct core *core, int64_t now_ns);

/* Until when core_tick() has nothing to do unless something else happens; INT64_MAX: for ever. */
int64_t core_next_ns(struct core *core);

/* The next decision that came of a binding, and not of an attempt; false: there is none. */
bool core_take_decision(struct core *core, struct decision *ret_decision);

/* Everything about one pod against the cluster as it stands. */
struct explanation {
    const struct berth_pod *pod;
    bool responsible;                 /* a profile has its scheduler name; if not, nothing else is set */
    const struct status *pre_enqueue; /* it may not enter the queue; nothing else is set */
    const struct status *pre_filter;  /* PreFilter rejected it for all nodes */
    /* PreFilter narrowed the search to these names, sorted; NULL: it did not. */
    const berth_atom *pre_filter_nodes;
    uint32_t pre_filter_nodes_len;
    const struct berth_nodes *nodes;
    const berth_verdict *verdicts; /* by slot; NULL when PreFilter rejected */
    const uint32_t *feasible;      /* slots, ascending */
    uint32_t feasible_len;
    /*
     * Scores of the feasible slots: scores[plugin][slot], normalised and weighted; total[slot].
     * NULL when there are none.
     */
    const char *const *score_plugins;
    uint32_t score_plugins_len;
    int64_t *const *scores;
    const int64_t *total;
    const uint32_t *best; /* slots of the highest total */
    uint32_t best_len;
    berth_atom nominated_fit; /* the pod's nominated node passed and is taken at once; NULL: no */
    berth_str error;          /* scheduling ended in an internal error */
    berth_str score_error;    /* PreScore or Score failed */
    berth_str message;        /* FailedScheduling, PostFilter's part included; empty when it fits */
    const struct status *post_filter; /* NULL: PostFilter did not run */
    int32_t nominated; /* by PostFilter: a slot, BERTH_KEEP_NOMINATION or BERTH_CLEAR_NOMINATION */
    /* Pods that would have to leave that node, most important first. */
    const struct berth_pod *const *victims;
    uint32_t victims_len;
};

/*
 * Evaluates the pod on its own: nothing changes, other pending pods count only where they are nominated. The
 * explanation lives until the next call of the core.
 */
void core_explain(struct core *core, const struct berth_pod *pod, struct explanation *ret_explanation);

/* Of each node so much less is in use, but at most what is, pods that are gone not counted. */
struct core_freed {
    uint32_t column; /* of the node table */
    int64_t amount;  /* > 0 */
};

/* How the cluster is to differ from what it is, for the time of one question. */
struct core_what_if {
    const struct core_freed *freed;
    uint32_t freed_len;
    const struct berth_node *const *nodes; /* each in the place of the node of its name, or new and empty */
    uint32_t nodes_len;
    const struct berth_pod *const *gone; /* these pods of the node table are not there */
    uint32_t gone_len;
};

/* Where a pod would fit. Lives until the next call of the core. */
struct core_fit {
    const uint32_t *slots;   /* of the nodes that take it, ascending; those of new nodes are empty by now */
    const berth_atom *names; /* of the same nodes */
    uint32_t len;
    /*
     * By slot, when asked for: bit i says that plugin i objects when it is asked alone;
     * 0 where the pod fits or no node is. Else NULL.
     */
    const uint64_t *objections;
    const char *const *plugins; /* the profile's */
    uint32_t plugins_len;
};

/*
 * What core_explain() would say of feasible nodes if the cluster were as `what_if` says (NULL: as it is);
 * no scores and no preemption. Nothing changes, but slots without a node may have come into the node table.
 * An explanation taken before ends here. A pod that no profile is responsible for, or whose evaluation fails,
 * fits nowhere and meets no objections.
 */
void core_fits(struct core *core, const struct berth_pod *pod, const struct core_what_if *what_if,
               bool objections, struct core_fit *ret_fit);

/* Whether an affinity term of the class `carrier` selects pods of the other class. */
bool core_term_selects(const struct core *core, const struct berth_class *carrier,
                       const struct berth_pod_term *term, const struct berth_class *class);

/* What a verdict of an explanation says. */
const struct status *core_status(const struct core *core, berth_verdict verdict);

/* The node table, for reports; and a node's place in it, -1 when there is no such node. */
const struct berth_nodes *core_nodes(const struct core *core);
int32_t core_slot(const struct core *core, berth_atom node);

/* The storage objects, for those who stand in for volume controllers. */
struct storage_index;
const struct storage_index *core_storage(const struct core *core);

/* The disruption budgets, in the order in which they came. */
struct disruption_budget;
const struct disruption_budget *const *core_budgets(const struct core *core, uint32_t *ret_len);

/* The name of a resource column: "cpu", "memory", "ephemeral-storage", "pods", "nvidia.com/gpu" ... */
berth_str core_resource_name(const struct core *core, uint32_t column);

/* The profiles, in the order of the configuration. */
const struct profile *const *core_profiles(const struct core *core, uint32_t *ret_len);

/* Rebuilds what is derived from the objects and compares: for tests. Slow. */
bool core_ok(struct core *core);

#endif
