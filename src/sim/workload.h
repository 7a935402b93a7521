/*
 * The built-in workloads of `berth bench`, shaped as those of Kubernetes' scheduler_perf
 * (https://github.com/kubernetes/kubernetes/tree/master/test/integration/scheduler_perf).
 */
#ifndef SIM_WORKLOAD_H
#define SIM_WORKLOAD_H

#include "base/buf.h"

/* id, name. */
#define WORKLOADS(X)                                                                                         \
    X(BASIC, "basic")                                                                                        \
    X(HETERO, "hetero")                                                                                      \
    X(NODE_AFFINITY, "node-affinity")                                                                        \
    X(SPREAD, "spread")                                                                                      \
    X(ANTI_AFFINITY, "anti-affinity")                                                                        \
    X(PREFERRED_AFFINITY, "preferred-affinity")                                                              \
    X(MIXED, "mixed")                                                                                        \
    X(PREEMPTION, "preemption")                                                                              \
    X(UNSCHEDULABLE, "unschedulable")                                                                        \
    X(GATED, "gated")                                                                                        \
    X(VOLUMES_BOUND, "volumes-bound")                                                                        \
    X(VOLUMES_WFFC, "volumes-wffc")

enum workload_id {
#define X(id, name) WORKLOAD_##id,
    WORKLOADS(X)
#undef X
    WORKLOAD_COUNT,
};

struct workload_size {
    uint32_t nodes, pods;
};

/* As `berth bench --workload` calls it. */
const char *workload_name(enum workload_id id);

/* Writes node `index` as JSON: 32 CPU, 256 GiB, 110 pods, a hostname, one of ten zones. */
void workload_node(struct buf *b, uint32_t index);

/*
 * How many pods of the workload are to be placed (size.pods, half of it where each has to preempt), and how
 * many are there besides: bound ones that fill the nodes, or pending ones that stay pending. Of volume
 * workloads these are the volumes, claims and what else they need.
 */
uint32_t workload_pods(enum workload_id id, struct workload_size size);
uint32_t workload_others(enum workload_id id, struct workload_size size);

/* Writes pod `index` of the workload as JSON. All can be placed as long as nodes have room for them. */
void workload_pod(struct buf *b, enum workload_id id, struct workload_size size, uint32_t index);

/* Writes one of the objects that are there besides. */
void workload_other(struct buf *b, enum workload_id id, struct workload_size size, uint32_t index);

#endif
