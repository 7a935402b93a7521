/*
 * The order in which nodes are looked at when only some are wanted: by turns from each zone, so that the
 * first k nodes are spread over all of them. Zones come in the order in which their first node came.
 */
#ifndef CORE_NODE_ORDER_H
#define CORE_NODE_ORDER_H

#include "core/node_table.h"

/* Zero-initialise; release with node_order_fini(). */
struct node_order {
    uint32_t *slots; /* every live slot once */
    uint32_t len;
    uint64_t generation; /* of the Node objects it was made from; 0: never */
};

/* Brings the order up to date. -ENOMEM: it is empty then. */
int node_order_update(struct node_order *o, const struct node_table *nodes, uint64_t generation);

void node_order_fini(struct node_order *o);

#endif
