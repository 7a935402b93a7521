/*
 * The engine of a simulated run: which pod is where, why pods wait, who had to make room. It does what it is
 * told and lets the core decide; when things happen is the drivers' business (simulate.c, virtual_time.c).
 */
#ifndef SIM_RUN_H
#define SIM_RUN_H

#include "base/map.h"
#include "sim/simulate.h"
#include <sys/types.h>

enum whereabouts {
    POD_AWAY,    /* has not come yet */
    POD_WAITING, /* has no node */
    POD_ON_NODE,
    POD_GONE, /* for good */
};

struct run_pod {
    enum whereabouts where;
    bool tried;                  /* came out of the queue since it was created */
    int64_t came_ns;             /* when it was created, or created anew */
    int64_t held_since_ns;       /* since when its reason holds it back */
    uint32_t stays;              /* how often it was put on a node */
    const struct berth_pod *pod; /* the newest version, one reference */
};

struct run {
    struct core *core;
    const struct cluster *cluster;
    const struct simulate_watcher *watcher;
    struct simulation *result;
    struct series *series;     /* of the result; NULL: nobody keeps a record */
    struct drains *drains;     /* see drain.h; NULL: there was none */
    struct run_pod *pods;      /* by index of the cluster's pods */
    struct map index_of_pod;   /* namespace and name -> index of the cluster's pods: the last one that came */
    struct map reason_by_text; /* outcome and text -> index of a reason */
    uint32_t waiting;          /* pods that wait and were tried */
    uint32_t on_node;
    uint64_t attempts;         /* decisions so far */
    uint32_t to_place, done;   /* pods that came without a node; those that were tried */
    int64_t now_ns, step_ns;   /* each thing that happens takes a step */
    int64_t effect_ns;         /* when something last changed, */
    uint64_t effects;          /* and how often something did */
    uint64_t updates;          /* how often a pod or a budget got another version */
    int64_t epoch_ns;          /* the date when now_ns is 0; 0: no time passes, and no pod starts */
    /* A pod was given a node. May be NULL. */
    int (*placed)(void *context, uint32_t index);
    void *context;
    struct err *err;
};

/* Release with run_fini(). Set step_ns, epoch_ns, series and placed, should they be wanted. */
int run_init(struct run *r, struct core *core, const struct cluster *cluster,
             const struct simulate_watcher *watcher, struct simulation *result, struct err *err);
void run_fini(struct run *r);

/* The index of the pod of this namespace and name, -1 when none has come. */
ssize_t run_find(const struct run *r, const struct berth_pod *pod);

/* Something has changed. */
static inline void run_effect(struct run *r)
{
    r->effect_ns = r->now_ns;
    r->effects++;
}

/* Whether the pod shares its node's fate: it is of a DaemonSet, or the kubelet runs it by itself. */
bool run_belongs_to_node(const struct run *r, uint32_t index);

/* Whether the pod is there, on a node or not. */
static inline bool run_has(const struct run *r, uint32_t index)
{
    return r->pods[index].where == POD_WAITING || r->pods[index].where == POD_ON_NODE;
}

/*
 * The pod comes, onto its node if it has one, else into the queue; unless one of its name is there: so
 * scaling a StatefulSet may have created a pod before its time.
 */
int run_arrive(struct run *r, uint32_t index);

/* The pod leaves for good: DEPARTED or DELETED. One that is not there stays what it is. */
void run_leave(struct run *r, uint32_t index, enum outcome outcome);

/*
 * The pod must leave: it comes back as a pending pod when it has a controller that creates it anew, else its
 * outcome is `otherwise`, for the reason given.
 */
int run_evict(struct run *r, uint32_t index, enum outcome otherwise, berth_str reason);

/* A new version of the pod; it stays where it is. */
int run_update(struct run *r, uint32_t index, const struct berth_pod *pod, berth_str json);

/* A change other than that: everything but pods that arrive and depart. */
int run_change(struct run *r, const struct change *change);

/* Schedules until no pod is ready. */
int run_schedule(struct run *r);

/* Says of the pods that never came out of the queue why, and counts. */
int run_finish(struct run *r);

#endif
