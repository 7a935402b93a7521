/*
 * A cluster read from files: every object, with admission applied as the API server would (priority from
 * PriorityClass, default tolerations), workloads expanded into pods; and what is to change in it later.
 */
#ifndef SIM_CLUSTER_H
#define SIM_CLUSTER_H

#include "api/decode.h"
#include "base/vec.h"
#include "sim/change.h"
#include "sim/wish.h"

/* A pod of the input. */
struct cluster_pod {
    const struct berth_pod *pod; /* one reference */
    berth_str json; /* the pod as JSON, when it was asked for; lives as long as the cluster */
    bool pending;   /* see struct pod_facts: names a node but was never bound */
    bool starting, not_ready, mirror; /* see struct pod_facts; of its first stay on a node */
    uint32_t spare_of;   /* 1 + index of the scale target that it is kept ready for; 0: it comes by itself */
    int64_t arrival_ns;  /* when it comes; 0: it is there from the start */
    int64_t duration_ns; /* how long it runs once it has a node; FOR_EVER */
};

#define FOR_EVER INT64_MAX

struct cluster {
    struct catalog *catalog; /* borrowed */
    VEC(struct object) objects;      /* all but pods, in the order read */
    VEC(uint32_t) to_make; /* indices of objects that are not there yet, ascending: see make_claims */
    VEC(struct cluster_pod) pods;    /* in the order read; finished ones are left out */
    VEC(struct change) changes;      /* that were wished for, sorted by time */
    VEC(struct scale_target) targets;
    struct arena arena;
    struct buf warnings; /* one a line: unknown kinds with their counts, duplicates ... */
};

struct cluster_options {
    bool keep_json;   /* fill cluster_pod.json */
    bool make_claims; /* make the claims of ephemeral volumes, as their controller will for pending pods */
    const struct wishes *wishes; /* NULL: nothing is to change */
    bool timed;       /* read when pods arrive and depart: annotations, see docs/timeline.md */
};

/*
 * Reads files, directories (*.yaml, *.yml, *.json in them, sorted, not recursively), glob patterns and "-"
 * (standard input). The first bad input ends the reading with "file:line: kind namespace/name: what".
 */
int cluster_load(struct cluster *c, const char *const *paths, size_t paths_len,
                 const struct cluster_options *options, struct err *err);

void cluster_fini(struct cluster *c);

#endif
