/*
 * Preemption: which pods would have to go so that the cycle's pod fits on a node, and on which node that
 * costs least. Nothing is changed: nodes are emptied and refilled within the call.
 * https://kubernetes.io/docs/concepts/scheduling-eviction/pod-priority-preemption/
 */
#ifndef CORE_PREEMPTION_H
#define CORE_PREEMPTION_H

#include "core/cycle.h"

struct preemption_options {
    int32_t min_percentage; /* look at at least this share of the nodes that come into question, */
    int32_t min_absolute;   /* and at least at so many */
};

/* What preempting on a node costs, the most telling number first; less is better. */
struct preemption_cost {
    int64_t number[5];
};

struct preemption_candidate {
    uint32_t slot;
    struct preemption_cost cost;
};

struct preemption_result {
    const struct preemption_candidate *candidates;
    uint32_t len;
    const berth_verdict *verdicts; /* by slot: why a node that was tried cannot help; else the framework's
                                      "Preemption is not helpful for scheduling" */
};

/*
 * Tries the nodes whose verdict is Unschedulable, beginning at a random one, until there are
 * enough candidates. All memory is the cycle's. What a node would cost is remembered with
 * the rows of the pod's class.
 */
void preemption_search(struct cycle *cy, const berth_verdict *verdicts,
                       const struct preemption_options *options, struct preemption_result *ret_result);

/*
 * The candidate to choose, an index: fewest violations of PodDisruptionBudgets; lowest priority of the
 * most important victim; smallest sum of priorities; fewest victims; latest start of the most
 * important victims; then the first.
 */
uint32_t preemption_pick(const struct preemption_result *result);

/* The victims on a candidate's node, most important first; at least one. */
uint32_t preemption_victims(struct cycle *cy, uint32_t slot, const struct berth_pod *const **ret_victims);

#endif
