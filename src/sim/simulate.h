/*
 * A simulated run: the pending pods of a cluster go through the core one after the other until its queue is
 * empty. No input or output; time is virtual: one tick an event.
 */
#ifndef SIM_SIMULATE_H
#define SIM_SIMULATE_H

#include "core/core.h"
#include "sim/cluster.h"

enum outcome {
    OUTCOME_BOUND,   /* came with a node and counts there from the start */
    OUTCOME_PLACED,  /* was given a node by this run */
    OUTCOME_PENDING, /* fits nowhere */
    OUTCOME_GATED,   /* PreEnqueue keeps it out of the queue */
    OUTCOME_OTHERS,  /* no profile has its scheduler name: left to another scheduler */
    OUTCOME_PREEMPTED, /* had to make room for a pod of higher priority, and nobody creates it anew */
    OUTCOME_COUNT,
};

/* What became of one pod of the input. */
struct placement {
    enum outcome outcome;
    berth_atom node; /* BOUND and PLACED, else NULL */
    int32_t reason;  /* index into `reasons`; -1 for BOUND and PLACED */
};

/* Why pods were not placed: those with the same outcome and text share one. */
struct reason {
    enum outcome outcome;
    berth_str text; /* PENDING: the FailedScheduling message; GATED: PreEnqueue's reason; PREEMPTED: by whom */
    uint32_t pods;  /* 0: all were placed later */
    uint32_t first; /* index of the pod that first failed so */
};

/* All callbacks may be NULL. */
struct simulate_watcher {
    void *context;
    /* After each pod of the queue. */
    void (*progress)(void *context, uint32_t done, uint32_t total);
    /* The first pod that fails for a reason; nothing has changed since it did. `reason` is its index. */
    void (*failed)(void *context, int32_t reason, const struct explanation *explanation);
};

/* Zero-initialise; release with simulation_fini(). */
struct simulation {
    struct placement *placements; /* by index of the cluster's pods */
    VEC(struct reason) reasons;   /* in the order in which they came up */
    uint32_t counts[OUTCOME_COUNT];
    uint32_t preemptions; /* pods that were removed to make room, whatever became of them */
    struct arena arena;
};

/*
 * Puts the cluster's objects, then its bound pods, then the pending ones in the order of the input, and
 * schedules until no pod is ready. Pods that failed are tried again when a pod that was placed later may help them
 * (see core_schedule_one()); the last decision counts. Victims of preemption are gone at once; those with a controller
 * come back as pending pods, as it would create them anew. The core must be new; afterwards it holds the final state.
 */
int simulate(struct core *core, const struct cluster *cluster, const struct simulate_watcher *watcher,
             struct simulation *s, struct err *err);

/*
 * Puts the objects and the bound pods into a new core; each takes a tick of *now_ns. With `doubt_pending`,
 * pods that name a node but were never bound (cluster_pod.pending) are left out.
 */
int simulate_setting(struct core *core, const struct cluster *cluster, bool doubt_pending, int64_t *now_ns,
                     struct err *err);

void simulation_fini(struct simulation *s);

#endif
