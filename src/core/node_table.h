/*
 * The node table: one row a node, one column a quantity, kept in step with the pods on each node. Rows are
 * stable slots: a node keeps its slot until it is removed, then the slot is dead until reused.
 *
 * Invariants: (1) used[r][s] is the sum of the requests of pods[s] for resource r. (2) A dead slot has a NULL
 * node, no pods and zeros. (3) by_name leads to exactly the live slots.
 */
#ifndef CORE_NODE_TABLE_H
#define CORE_NODE_TABLE_H

#include "base/map.h"
#include "base/vec.h"
#include <berth/plugin.h>

struct taint_set; /* taints some node has had, by id */

/* Zero-initialise, then node_table_init(); release with node_table_fini(). */
struct node_table {
    struct berth_nodes view; /* what plugins read: points into the columns below */
    uint32_t cap;            /* rows allocated in every column */
    const struct berth_node **node;
    int64_t **alloc; /* [resource][slot] */
    int64_t **used;
    int64_t *nonzero_cpu;
    int64_t *nonzero_memory;
    uint32_t *taints_id;
    struct berth_node_pods *pods;
    uint32_t *pods_cap;
    uint32_t *volumes;
    uint32_t *ephemeral;
    VEC(uint32_t) dead;
    VEC(berth_atom) resources; /* names of the columns; the first BERTH_SCALAR are NULL */
    VEC(struct taint_set) taint_sets;
    struct map by_name;     /* atom -> slot + 1 */
    struct map by_resource; /* atom -> column */
};

/* 0 or -ENOMEM; then, too, node_table_fini() may be called. */
int node_table_init(struct node_table *t);
void node_table_fini(struct node_table *t);

/* The slot of the node, -1 when there is none. */
int32_t node_table_find(const struct node_table *t, berth_atom name);

/* The column of a scalar resource, -1 when nobody named it yet. */
int32_t node_table_resource(const struct node_table *t, berth_atom resource);

/*
 * Adds the node, or replaces the object of a node that is there; its pods stay. Borrows `node`: the caller
 * keeps it alive. The slot, or -ENOMEM; then nothing changed.
 */
int32_t node_table_put(struct node_table *t, const struct berth_node *node);

/* Removes a node that has no pods left. */
void node_table_remove(struct node_table *t, uint32_t slot);

/*
 * Puts a pod on a node, takes it off. Borrows the pod. Adding can fail with -ENOMEM; then nothing changed.
 */
int node_table_add_pod(struct node_table *t, uint32_t slot, const struct berth_pod *pod);
void node_table_remove_pod(struct node_table *t, uint32_t slot, const struct berth_pod *pod);

/* Whether every row agrees with its pods; recomputes everything. */
bool node_table_ok(const struct node_table *t);

#endif
