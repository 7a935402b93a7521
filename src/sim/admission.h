/* What the API server settles from others when it creates objects: priorities of pods, classes of claims. */
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

/*
 * Gives each claim without a class, and without a volume, the default StorageClass, if there is one: of
 * several the newest.
 */
int admission_set_storage_classes(struct cluster *c, struct err *err);

#endif
