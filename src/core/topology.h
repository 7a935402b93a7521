/*
 * The nodes by the value of one label: behind berth_topology_of(). A column is made when a plugin first asks
 * for its key and kept in step with the node objects from then on.
 */
#ifndef CORE_TOPOLOGY_H
#define CORE_TOPOLOGY_H

#include "base/map.h"
#include "base/vec.h"
#include "core/node_table.h"

struct topology_column {
    berth_atom key;
    uint32_t *value; /* [slot]: 0 absent, else a number given to the label's value */
    uint32_t cap;
    uint32_t values;     /* highest number given */
    struct map by_value; /* atom -> number */
};

/* Zero-initialise; release with topology_fini(). */
struct topology {
    VEC(struct topology_column) columns;
};

/* The column of the key; {NULL, 0} only when memory ran out. */
struct berth_topology topology_of(struct topology *t, const struct node_table *nodes, berth_atom key);

/* The same into `ret_value`, by slot, without taking memory: returns the highest number. Slow. */
uint32_t topology_fill(const struct node_table *nodes, berth_atom key, uint32_t *ret_value);

/* The node object of a slot came, changed or went (its node is NULL then). */
int topology_update(struct topology *t, const struct node_table *nodes, uint32_t slot);

void topology_fini(struct topology *t);

#endif
