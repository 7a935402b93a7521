/* What the API server settles about pods from other objects when they are created: their priority. */
#ifndef SIM_ADMISSION_H
#define SIM_ADMISSION_H

#include "sim/cluster.h"

/* How a pod of the input says what its priority is. */
struct pod_priority {
    berth_atom class; /* spec.priorityClassName, NULL when not given */
    bool given;       /* spec.priority was there: it stands */
    bool created;     /* the pod is new: without a class it gets the global default */
};

/*
 * Gives each pod the priority of its PriorityClass: one of the cluster's, system-node-critical or
 * system-cluster-critical. `priorities` has an entry for each pod, `updates` for each change that updates a
 * pod. A class that is not there is a warning.
 */
int admission_set_priorities(struct cluster *c, const struct pod_priority *priorities,
                             const struct pod_priority *updates, struct err *err);

/* The same for one pod, which need not be the cluster's; the reference held by *pod moves to the pod with the priority. */
int admission_set_priority(const struct cluster *c, const struct pod_priority *priority, const struct berth_pod **pod,
                           struct buf *warnings, struct err *err);

#endif
