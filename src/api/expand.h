/*
 * The objects that workloads stand for: what the controllers of Deployment, ReplicaSet, StatefulSet,
 * DaemonSet, Job, CronJob (one run) and ReplicationController would create, so that plain manifests can be
 * simulated.
 */
#ifndef API_EXPAND_H
#define API_EXPAND_H

#include "api/decode.h"

/* True for the kinds above (a ReplicaSet, StatefulSet or ReplicationController also stays an object). */
bool expand_is_workload(berth_str api_version, berth_str kind);

/*
 * True when the controllers have been at work already, so that there is nothing to expand: the workload has a
 * uid, which the API server gives, or another controller owns it.
 */
bool expand_is_done(const struct berth_value *workload);

/* True for a DaemonSet: its pods depend on the nodes. */
bool expand_needs_nodes(const struct berth_value *workload);

/*
 * Called for each object that a controller would create: pods, before them the ReplicaSet of a Deployment and
 * the claims of a StatefulSet. The value dies on return. A negative return ends the expansion.
 */
typedef int (*expand_fn)(void *context, const struct berth_value *object, struct err *err);

/*
 * Builds what a workload stands for in `arena`, which is rewound after each call of `fn`: names, labels,
 * owner references; for Jobs, completions bounded by parallelism. A DaemonSet gives one pod for each name in
 * `nodes`, pinned to it by the node affinity the DaemonSet controller writes, with its tolerations.
 */
int expand_workload(const struct berth_value *workload, const berth_str *nodes, size_t nodes_len,
                    struct arena *arena, expand_fn fn, void *context, struct err *err);

/*
 * The claims that the ephemeral volume controller would create for the pod, one for each volume with a claim template;
 * otherwise as expand_workload().
 */
int expand_ephemeral_claims(const struct berth_value *pod, struct arena *arena, expand_fn fn, void *context,
                            struct err *err);

/*
 * The pod of a DaemonSet before it is pinned to a node, in the arena: its node selector, affinity and
 * tolerations say which nodes get one.
 */
int expand_daemon_pod(const struct berth_value *workload, struct arena *arena, struct berth_value *ret_pod,
                      struct err *err);

#endif
