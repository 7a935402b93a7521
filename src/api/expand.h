/*
 * The pods that workloads stand for: what the controllers of Deployment, ReplicaSet, StatefulSet, DaemonSet,
 * Job, CronJob (one run) and ReplicationController would create, so that plain manifests can be simulated.
 */
#ifndef API_EXPAND_H
#define API_EXPAND_H

#include "api/decode.h"

/* True for the kinds above (a ReplicaSet, StatefulSet or ReplicationController also stays an object). */
bool expand_is_workload(berth_str api_version, berth_str kind);

/* Called for each pod as its controller would create it. A negative return ends the expansion. */
typedef int (*expand_fn)(void *context, const struct berth_value *pod, struct err *err);

/*
 * Builds the pods of a workload as values in `arena` and calls `fn` for each: names, labels, owner references,
 * completions bounded by parallelism for Jobs. A DaemonSet gives one pod for each name in `nodes`, pinned to it by
 * the node affinity the DaemonSet controller writes, with its tolerations.
 */
int expand_workload(const struct berth_value *workload, const berth_str *nodes, size_t nodes_len,
                    struct arena *arena, expand_fn fn, void *context, struct err *err);

#endif
