/*
 * Pods that are promised a node but not on it yet: preemption makes room for them there, and
 * others treat them as if they ran there already. A pod has at most one nomination, whatever
 * object stands for it at the time.
 *
 * What a nomination says may be newer than the pod's status.nominatedNodeName, which follows through the API
 * server; which of the two counts is decided by the functions below.
 */
#ifndef CORE_NOMINATOR_H
#define CORE_NOMINATOR_H

#include "api/catalog.h"
#include "base/vec.h"

struct nomination {
    const struct berth_pod *pod; /* one reference */
    berth_atom node;
    struct nomination *next;      /* nominated to the same node later */
    struct nomination *next_hash; /* same bucket of by_pod */
};

/* Zero-initialise with `catalog` set; release with nominator_fini(). */
struct nominator {
    struct catalog *catalog;
    struct map by_node; /* node name -> first struct nomination, in order */
    struct map by_pod;  /* queued_key_of_pod() -> first struct nomination */
    VEC(berth_atom) touched; /* nodes where a nomination came or went, until somebody took note */
    bool lost_count;         /* there was no memory for one of them: any node may have been touched */
};

/*
 * Nominates the pod to `node`, or, when that is NULL, to the node its status names; an older nomination is
 * dropped in any case. The pod comes last on its node. 0, or -ENOMEM: then it has no nomination.
 */
int nominator_add(struct nominator *n, const struct berth_pod *pod, berth_atom node);

/*
 * The pod was updated. A nomination that neither object names is one the API server has not heard of yet: it
 * is kept; else what the new status says counts. 0, or -ENOMEM: then the pod has no nomination.
 */
int nominator_update(struct nominator *n, const struct berth_pod *old, const struct berth_pod *pod);

/* Drops the nomination of the pod; nothing happens when there is none. */
void nominator_delete(struct nominator *n, const struct berth_pod *pod);

/* The first pod nominated to the node, the others follow by `next`; NULL: none. */
const struct nomination *nominator_first(const struct nominator *n, berth_atom node);

/* The node the pod is nominated to, NULL when it is not. */
berth_atom nominator_node(const struct nominator *n, const struct berth_pod *pod);

/* Whether both indices hold the same nominations. Slow. */
bool nominator_ok(const struct nominator *n);

void nominator_fini(struct nominator *n);

#endif
