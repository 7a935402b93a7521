/*
 * How full a cluster is, and how well its free part can still be used.
 */
#ifndef SIM_USAGE_H
#define SIM_USAGE_H

#include "core/core.h"
#include "sim/cluster.h"

struct usage {
    berth_str name;      /* of the resource */
    uint32_t resource;   /* column of the node table */
    int64_t alloc, used; /* sums over all nodes */
    /*
     * The share of the free amount that lies where it is of no use: on nodes where a pod drawn at random from
     * those of the input that ask for this resource would not fit, by its requests alone. 0: every such pod
     * fits on every node with something free. -1: nothing is free, or no pod asks for it, or it is "pods".
     * After "Beware of Fragmentation" (Weng et al., ATC '23), there for GPUs.
     */
    double fragmentation;
};

/* One entry for each resource that some node has, in the table's order, in the arena. */
uint32_t usage_of(const struct core *core, const struct cluster *cluster, struct arena *arena,
                  const struct usage **ret_usages);

#endif
