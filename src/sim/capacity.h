/*
 * How many more pods of one kind a cluster holds: copies of a pod are placed one by one, through the same
 * core that schedules everything, until one fits nowhere. Nobody is preempted for them unless that is asked
 * for.
 */
#ifndef SIM_CAPACITY_H
#define SIM_CAPACITY_H

#include "core/core.h"
#include "sim/simulate.h"
#include "sim/victims.h"

/* A pod that copies are made of. */
struct capacity_pod {
    berth_str kind; /* "Pod", or the workload's whose template it is */
    berth_str namespace, name; /* of the Pod or the workload */
    /* A Pod, cleared of what was its own; or a StatefulSet, whose pods differ in more than name. */
    struct berth_value value;
    const struct berth_pod *pod; /* the first copy: one reference */
    bool each; /* copies differ in more than their names, and are decoded one by one */
    VEC(struct object) company; /* what is made with them: the workload, its ReplicaSet; one reference each */
};

/* Zero-initialise with `catalog` set; release with capacity_pods_fini(). */
struct capacity_pods {
    struct catalog *catalog;
    VEC(struct capacity_pod) list;
    uint64_t passed_over; /* objects that are neither pods nor workloads */
    struct buf warnings;
    struct arena arena;
};

/*
 * Reads Pods and workloads (replicas do not matter, ephemeral is their state) from what `path` stands for, as
 * cluster_load() does; priorities come from the cluster's PriorityClasses. None at all is an error.
 */
int capacity_read(struct capacity_pods *pods, const char *path, const struct cluster *cluster,
                  struct err *err);
void capacity_pods_fini(struct capacity_pods *pods);

struct capacity_options {
    uint64_t most;      /* stop at so many copies */
    bool after_pending; /* first schedule the cluster's pending pods; else they are left out */
    bool preempt;       /* copies preempt pods of lower priority */
    /* May be NULL. After each copy. */
    void (*progress)(void *context, uint64_t done, uint64_t most);
    void *context;
};

struct capacity {
    struct simulation before; /* what became of the cluster's pods before the count */
    uint64_t count;     /* copies that were placed, */
    uint64_t preempting; /* and how many of them others had to make room for */
    uint64_t preempted;  /* these others; and all, with whom victims that came back preempted: */
    struct victims victims;
    bool reached_most;  /* there may be room for more */
    uint32_t *by_slot;  /* malloc'ed: copies on each node */
    const struct berth_pod *next; /* the copy that was not placed: one reference; NULL: reached_most */
};

/* Counts in a new core, which afterwards holds the full cluster. Release with capacity_fini(). */
int capacity_count(struct core *core, const struct cluster *cluster, const struct capacity_pod *pod,
                   const struct capacity_options *options, struct capacity *ret, struct err *err);
void capacity_fini(struct capacity *c, struct catalog *catalog);

#endif
