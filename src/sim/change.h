/*
 * What changes in a cluster besides pods that arrive and depart: nodes come and go, workloads are scaled. A
 * change knows when it is made; all of a cluster's are sorted by that.
 */
#ifndef SIM_CHANGE_H
#define SIM_CHANGE_H

#include "api/decode.h"
#include "base/vec.h"

enum change_kind {
    CHANGE_ADD,    /* `object`, which is no pod, is there from now on */
    CHANGE_UPDATE, /* `object` replaces its older version; a pod keeps its node */
    CHANGE_DELETE, /* `object` is deleted: a pod with a controller comes back */
    CHANGE_DRAIN,  /* the node `object` is cordoned, its pods are evicted, but for those of DaemonSets */
    CHANGE_FAIL,   /* the node `object` is gone, with its pods */
    CHANGE_SCALE,  /* the workload `target` is to have `replicas` pods */
};

struct change {
    int64_t at_ns;
    enum change_kind kind;
    struct object object; /* one reference; of DELETE, DRAIN and FAIL only its name counts */
    bool by_deletion;     /* DRAIN: the pods are deleted, without asking budgets */
    berth_str json;       /* UPDATE of a pod, when that is kept: as struct cluster_pod has it */
    uint32_t target, replicas;
};

/* A workload that is scaled: the pods with this controller. */
struct scale_target {
    berth_atom namespace, owner_kind, owner_name;
    bool ordered; /* its last pods leave first */
};

#endif
