/*
 * A cluster read from files: every object, with admission applied as the API server would (priority from
 * PriorityClass, default tolerations), workloads expanded into pods.
 */
#ifndef SIM_CLUSTER_H
#define SIM_CLUSTER_H

#include "api/decode.h"
#include "base/vec.h"

/* A pod of the input. */
struct cluster_pod {
    const struct berth_pod *pod; /* one reference */
    berth_str json; /* the pod as JSON, when it was asked for; lives as long as the cluster */
    bool pending;   /* see struct pod_facts: names a node but was never bound */
};

struct cluster {
    struct catalog *catalog; /* borrowed */
    VEC(struct object) objects;      /* all but pods, in the order read */
    VEC(struct cluster_pod) pods;    /* in the order read; finished ones are left out */
    struct arena arena;
    struct buf warnings; /* one a line: unknown kinds with their counts, duplicates ... */
};

struct cluster_options {
    bool keep_json;   /* fill cluster_pod.json */
    bool make_claims; /* make the claims of ephemeral volumes, as their controller would for pods without a node */
};

/*
 * Reads files, directories (*.yaml, *.yml, *.json in them, sorted, not recursively), glob patterns and "-"
 * (standard input). The first bad input ends the reading with "file:line: kind namespace/name: what".
 */
int cluster_load(struct cluster *c, const char *const *paths, size_t paths_len,
                 const struct cluster_options *options, struct err *err);

void cluster_fini(struct cluster *c);

#endif
