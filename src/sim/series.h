/*
 * What happened when in a run with time: how many pods waited and ran, how full the cluster and each node
 * were, and the life of each pod. Bounded: after many events neighbouring points and buckets are joined.
 */
#ifndef SIM_SERIES_H
#define SIM_SERIES_H

#include "base/vec.h"
#include "base/map.h"
#include "core/core.h"

enum { SERIES_POINTS = 1024, SERIES_BUCKETS = 200 };

/* The life of a pod. Times are -1 when that never happened. */
struct pod_history {
    int64_t arrival_ns, placed_ns, gone_ns; /* placed_ns: for the first time */
    int64_t since_ns;                       /* since when it waits, or last waited */
    int32_t reason; /* what held it back last: an index of the simulation's; -1: nothing did */
    uint32_t attempts, preempted;
};

/* Columns of a point; for each resource there are three more: used, allocatable, and the one by the other. */
enum { SERIES_PENDING, SERIES_RUNNING, SERIES_NODES, SERIES_FIXED };
#define SERIES_USED(r) (SERIES_FIXED + 3 * (r))
#define SERIES_ALLOC(r) (SERIES_FIXED + 3 * (r) + 1)
#define SERIES_SHARE(r) (SERIES_FIXED + 3 * (r) + 2)

/* One quantity over the time of a point. */
struct series_cell {
    double area; /* value times nanoseconds */
    double min, max, last;
};

struct series_point {
    int64_t at_ns, len_ns;
    struct series_cell *cells; /* malloc'ed, one a column */
};

/* One node, as long as it was there. Per resource: */
struct node_use {
    int64_t used, alloc; /* as it was last */
    float *share; /* by bucket: used / alloc times the time in the bucket, in nanoseconds; NULL: never any
                     alloc */
};
struct node_record {
    berth_atom name, zone;
    int64_t from_ns, to_ns; /* INT64_MAX: it is there at the end */
    int64_t seen_ns;        /* until when the buckets are filled */
    uint32_t slot;
    uint32_t pods; /* as it was last, as are its figures */
    bool touched;
    VEC(struct node_use) use; /* by resource column */
};

struct series {
    size_t pods_len;
    struct pod_history *pods; /* by index of the cluster's pods */
    VEC(int64_t) waits; /* one for each time that a pod was placed, in nanoseconds; sorted by series_end() */
    VEC(struct series_point) points;
    uint32_t columns;
    double *now; /* the values since seen_ns, one a column */
    int64_t seen_ns;
    int64_t grid_ns; /* points that begin in one cell of the grid are joined; 0: none are */

    VEC(struct node_record) nodes; /* in the order in which they came */
    VEC(uint32_t) record_of_slot;  /* by slot of the node table: 1 + index of the node there; 0: none is */
    struct map slot_of_node;       /* atom -> slot */
    VEC(uint32_t) touched;         /* indices of nodes whose pods have changed */
    bool nodes_changed;
    int64_t bucket_ns;
    int64_t end_ns; /* set by series_end() */
    bool failed;    /* memory ran out: series_sample() and series_end() say so */
};

/* A record of `pods` pods that is expected to end at end_ns. NULL when memory ran out. */
struct series *series_new(size_t pods, int64_t end_ns);
struct series *series_free(struct series *s);

/* ---- told by the engine ---- */

/* `pod` is an index among those of series_new(), `reason` one among those that the simulation lists. */
void series_arrived(struct series *s, uint32_t pod, int64_t now_ns);
void series_tried(struct series *s, uint32_t pod);
void series_held(struct series *s, uint32_t pod, int32_t reason);
void series_placed(struct series *s, uint32_t pod, berth_atom node, int64_t now_ns);
void series_preempted(struct series *s, uint32_t pod);
/* The pod waits anew from now on. */
void series_again(struct series *s, uint32_t pod, int64_t now_ns);
void series_gone(struct series *s, uint32_t pod, int64_t now_ns);
/* What runs on the node has changed. */
void series_node(struct series *s, berth_atom node);
/* Nodes came, changed or went. */
void series_nodes_changed(struct series *s);

/* Everything that happens at this moment has. 0 or -1 when memory ran out. */
int series_sample(struct series *s, const struct core *core, int64_t now_ns, uint32_t pending,
                  uint32_t running);

/* The run is over. Likewise. */
int series_end(struct series *s, int64_t end_ns);

/* ---- for reports ---- */

/* The mean over the time of the point; of one that took none, its last value. */
double series_mean(const struct series_point *p, uint32_t column);

/* The greatest value of the column, and when its point began; -1 without any point. */
double series_peak(const struct series *s, uint32_t column, int64_t *ret_ns);

/* The wait that this share (0..1) of all placements did not exceed, in nanoseconds; 0: there were none. */
int64_t series_wait(const struct series *s, double share);

/* The mean wait in seconds. */
double series_mean_wait(const struct series *s);

/*
 * How full the node was of a resource, in `len` equal parts of the whole time: shares of 0 to 1, -1 where the
 * node was not there.
 */
void series_heat(const struct series *s, const struct node_record *node, uint32_t resource, uint32_t len,
                 double *ret_shares);

/* node_heat.c, for series.c: takes note of nodes and of what runs on them; adds what changed to s->now. */
int node_heat_note(struct series *s, const struct core *core, int64_t now_ns);
void node_heat_end(struct series *s, int64_t end_ns);
void node_heat_fini(struct series *s);

#endif
