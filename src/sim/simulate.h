/*
 * A simulated run: the pending pods of a cluster go through the core one after the other, all at once or as
 * they arrive. No input or output; time is virtual.
 */
#ifndef SIM_SIMULATE_H
#define SIM_SIMULATE_H

#include "core/core.h"
#include "sim/cluster.h"
#include <sys/types.h>

struct series;

enum outcome {
    OUTCOME_BOUND,     /* came with a node and counts there from the start */
    OUTCOME_PLACED,    /* was given a node by this run */
    OUTCOME_PENDING,   /* fits nowhere */
    OUTCOME_GATED,     /* PreEnqueue keeps it out of the queue */
    OUTCOME_OTHERS,    /* no profile has its scheduler name: left to another scheduler */
    OUTCOME_PREEMPTED, /* had to make room for a pod of higher priority, and nobody creates it anew */
    OUTCOME_EVICTED,   /* its node was drained or is gone, and nobody creates it anew */
    OUTCOME_DEPARTED,  /* was on a node and has ended */
    OUTCOME_DELETED,   /* was deleted: by a change, or because its workload was scaled down */
    OUTCOME_ABSENT,    /* never came: kept ready for a scale-up that did not need it */
    OUTCOME_COUNT,
};

/* What became of one pod of the input. */
struct placement {
    enum outcome outcome;
    berth_atom node; /* BOUND, PLACED and DEPARTED, else NULL */
    int32_t reason;  /* index into `reasons`; -1 for BOUND, PLACED, DEPARTED, DELETED and ABSENT */
    berth_str json;  /* as struct cluster_pod has it, or an update */
    berth_str refused; /* its node was drained, and this is why it may not be evicted; else empty */
};

/* Why pods were not placed: those with the same outcome and text share one. */
struct reason {
    enum outcome outcome;
    /* PENDING: the FailedScheduling message; GATED: PreEnqueue's reason; PREEMPTED: by whom; EVICTED: why */
    berth_str text;
    uint32_t pods;             /* 0: all were placed later */
    uint32_t first;            /* index of the pod that first failed so */
    uint32_t held;             /* how often a pod came to be held back so */
    int64_t first_ns, last_ns; /* when the first one was, and until when the last one */
    int64_t held_ns;           /* how long pods were in all */
};

/* All callbacks may be NULL. */
struct simulate_watcher {
    void *context;
    /* After each pod of the queue. */
    void (*progress)(void *context, uint32_t done, uint32_t total);
    /* With time: it has come as far as now_ns, of end_ns as far as that is known. */
    void (*passed)(void *context, int64_t now_ns, int64_t end_ns);
    /*
     * Before each attempt to schedule a pod, counted from 0: the index of a pod to evaluate in the state that
     * the attempt will meet, or -1. `answered` is called with what came of it. Asked, too, when there is no
     * pod left to try: then again, at a later moment.
     */
    ssize_t (*asked)(void *context, uint64_t attempt);
    void (*answered)(void *context, const struct explanation *explanation);
    /* The attempt was about this pod of the cluster. */
    void (*decided)(void *context, uint64_t attempt, uint32_t pod);
    /* The first pod that fails for a reason; nothing has changed since it did. `reason` is its index. */
    void (*failed)(void *context, int32_t reason, const struct explanation *explanation);
};

/* Zero-initialise; release with simulation_fini(). */
struct simulation {
    struct placement *placements; /* by index of the cluster's pods */
    VEC(struct reason) reasons;   /* in the order in which they came up */
    uint32_t counts[OUTCOME_COUNT];
    uint32_t preemptions;  /* pods that were removed to make room, whatever became of them */
    uint32_t refused;      /* pods that are still on a drained node, as budgets refuse their eviction */
    uint32_t requeues;     /* attempts beyond the first of a pod, counted anew when it was created anew */
    struct series *series; /* what happened when; NULL without time */
    struct arena arena;
};

/*
 * All at once: puts the cluster's objects, then its bound pods, then the pending ones in the order of the
 * input, makes the changes of cluster.changes, and schedules until no pod is ready. Pods that failed are
 * tried again when a pod that was placed later may help them (see core_schedule_one()); the last decision
 * counts. Drains that budgets held up are tried again then, and so on until nothing changes any more.
 * Victims of preemption are gone at once; those with a controller come back as pending pods, as it
 * would create them anew. The core must be new; afterwards it holds the final state.
 */
int simulate(struct core *core, const struct cluster *cluster, const struct simulate_watcher *watcher,
             struct simulation *s, struct err *err);

/* The same without the pods that are pending: only those are scheduled that the changes make pending. */
int simulate_bound(struct core *core, const struct cluster *cluster, struct simulation *s, struct err *err);

/*
 * The same as time passes, by a clock that jumps from one event to the next: pods arrive at their arrival_ns,
 * run for their duration_ns from when they are placed, and leave; changes are made when they are due; the
 * core's backoffs and retries happen when they would. Ends when no change is left and a retry of all waiting
 * pods has changed nothing. Several things at one moment happen in this order: departures, arrivals (first of
 * bound pods), changes, then scheduling. Fills s->series.
 */
int simulate_timeline(struct core *core, const struct cluster *cluster,
                      const struct simulate_watcher *watcher, struct simulation *s, struct err *err);

/* Pods that nobody placed, or that were on a node and lost it for good. */
uint32_t simulation_unplaced(const struct simulation *s);

/* Whether all pods were placed, and all drains came to their end. */
bool simulation_succeeded(const struct simulation *s);

/* Pods that took part. */
uint32_t simulation_pods(const struct simulation *s);

/*
 * Puts the objects and no pods into a new core, also what controllers have yet to make; each takes a tick of
 * *now_ns, of `step_ns`.
 */
int simulate_objects(struct core *core, const struct cluster *cluster, int64_t step_ns, int64_t *now_ns,
                     struct err *err);

/*
 * Puts the objects that are there already and the bound pods; each takes a tick of *now_ns. With
 * `doubt_pending`, pods that name a node but were never bound (cluster_pod.pending) are left out. Claims are
 * as given; claims_provide() goes on from here.
 */
int simulate_setting(struct core *core, const struct cluster *cluster, bool doubt_pending, int64_t *now_ns,
                     struct err *err);

void simulation_fini(struct simulation *s);

#endif
