/*
 * A cluster as the property test sees it: plain structs with plain strings, which know nothing of the
 * program under test. random.c makes them up, json.c writes them as Kubernetes objects, check.c
 * judges where a pod may go.
 */
#ifndef PROPERTY_MODEL_H
#define PROPERTY_MODEL_H

#include "base/array.h"
#include "base/buf.h"
#include "base/rng.h"

#include <stdbool.h>
#include <stdint.h>

enum { MOST_NODES = 14, MOST_PODS = 48, NAMESPACES = 3, MOST_CLAIMS = 15, MOST_VOLUMES = 24 };

struct label {
    const char *key, *value;
};

struct labels {
    struct label at[6];
    uint32_t len;
};

enum operator{ IN, NOT_IN, EXISTS, DOES_NOT_EXIST, GREATER, LESS };

struct requirement {
    const char *key;
    enum operator op;
    const char *values[2];
    uint32_t values_len;
};

struct selector {
    bool given; /* not given: selects nothing; given without requirements: everything */
    struct requirement at[2];
    uint32_t len;
};

struct node_term {
    struct requirement at[2];
    uint32_t len;
    const char *name; /* matchFields: metadata.name is this; NULL: not asked */
};

struct taint {
    const char *key, *value, *effect;
};

struct toleration {
    const char *key, *value, *effect; /* NULL: every key, no value (operator Exists), every effect */
};

struct port {
    int32_t port;
    const char *protocol, *ip;
};

struct term {
    const char *topology_key;
    struct selector selector;
    const char *namespaces[2];
    uint32_t namespaces_len;
    struct selector namespace_selector;
    int32_t weight; /* preferred terms */
};

struct spread {
    const char *topology_key;
    struct selector selector;
    const char *match_label_key;   /* NULL: none */
    int32_t max_skew, min_domains; /* min_domains 0: not given */
    bool hard, ignores_affinity, honors_taints;
};

struct amounts {
    int64_t milli_cpu, mebibytes, gpus;
};

struct node {
    char name[8];
    bool there;
    struct labels labels;
    struct taint taints[2];
    uint32_t taints_len;
    bool unschedulable;
    struct amounts offers;
    int64_t pods;
};

enum place { GONE, QUEUED, PARKED, PLACED };

struct pod {
    char name[8];
    uint32_t uid; /* 0: none */
    const char *namespace;
    struct labels labels;
    int32_t priority;
    struct amounts wants;
    struct labels node_selector;
    bool has_node_terms;
    struct node_term node_terms[2], preferred_nodes[1];
    struct toleration tolerations[6]; /* at most two are made up */
    struct port ports[2];
    struct term affinity[2], anti_affinity[2], preferred_affinity[1], preferred_anti_affinity[1];
    struct spread spread[2];
    uint32_t node_terms_len, preferred_nodes_len, tolerations_len, ports_len, affinity_len, anti_affinity_len,
        preferred_affinity_len, preferred_anti_affinity_len, spread_len;
    bool terminating, preempted, gated;
    uint32_t claim; /* of its volume: 1 + index; 0: it has none */
    /* where it is */
    enum place place;
    int32_t node;       /* PLACED: index of its node, which need not be there */
    int32_t nominated;  /* QUEUED and PARKED: index of the nominated node; -1: none */
    int64_t arrival_ns; /* when it was put the last time */
};

struct namespace
{
    const char *name;
    bool there;
    struct labels labels;
};

/* A claim that waits for its pod's node. Indices of others are 1 + index, 0 is none. */
struct claim {
    bool there;
    bool local; /* of the class "local", where volumes are only found; else "fast": they are made */
    uint32_t uid;
    const char *namespace;
    uint32_t selected; /* the node that its volume is to be made for */
    uint32_t volume;   /* that it is bound to */
};

struct volume {
    bool there, local;
    uint32_t node;             /* that alone reaches it; 0: all do */
    uint32_t claim, claim_uid; /* claimRef */
};

struct model {
    struct node nodes[MOST_NODES];
    struct pod pods[MOST_PODS];
    struct namespace namespaces[NAMESPACES];
    struct claim claims[MOST_CLAIMS];
    struct volume volumes[MOST_VOLUMES];
    uint32_t nodes_len, pods_len;
};

/* random.c. How much of everything there is differs from seed to seed. */
struct density {
    uint32_t taints, selectors, node_terms, affinity, anti_affinity, spread, ports, gpus, preferred,
        nominated;      /* of 8 */
    uint32_t templates; /* pods are copies of so many */
};
struct density random_density(struct rng *rng);
void random_node(struct rng *rng, const struct density *d, struct node *node, uint32_t index);
void random_namespace(struct rng *rng, struct namespace *namespace, uint32_t index);
/* Everything but name and place. */
void random_pod(struct rng *rng, const struct density *d, uint32_t nodes, struct pod *pod);

/* json.c: the objects as the API server would show them. */
void json_node(struct buf *b, const struct node *node);
void json_namespace(struct buf *b, const struct namespace *namespace);
void json_pod(struct buf *b, const struct model *m, const struct pod *pod);
void json_claim(struct buf *b, const struct model *m, uint32_t index);
void json_volume(struct buf *b, const struct model *m, uint32_t index);

/* check.c. Why the pod may not go to the node now; NULL: it may. Pods nominated to the node are respected. */
const char *check(const struct model *m, const struct pod *pod, uint32_t node);

/* Whether the volume is kept for the claim; and whether the node reaches it. */
bool is_reserved(const struct model *m, const struct volume *volume, uint32_t claim);
bool reaches(const struct volume *volume, uint32_t node);

/* Whether the pod requires others near it and would count as one of them. */
bool wants_its_like(const struct model *m, const struct pod *pod);

#endif
