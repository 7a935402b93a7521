/*
 * How many pods on each node a query selects: behind berth_count_pods(). Plugins ask the same few queries
 * again and again, so each gets a counter: a column of counts that is brought up to date from the change log
 * when it is asked for. A pod that comes or goes costs one addition for each counter that selects it.
 *
 * Invariant: after pod_counts_get(), count[slot] is what a walk over the slot's pods would give.
 */
#ifndef CORE_POD_COUNTS_H
#define CORE_POD_COUNTS_H

#include "base/vec.h"
#include "core/change_log.h"
#include "core/node_table.h"
#include "core/selection.h"

struct pod_counter;

/* Zero-initialise; release with pod_counts_fini(). */
struct pod_counts {
    VEC(struct pod_counter *) counters;
    struct map by_hash;  /* of the selection's bytes -> first counter */
    struct block block;  /* for building keys */
    uint64_t cycle;      /* raised by pod_counts_new_cycle(): counters used since are not thrown out */
};

/* Counters handed out before may be thrown out from now on. */
void pod_counts_new_cycle(struct pod_counts *pc);

/* The column for the query, valid until pod_counts_new_cycle(); NULL when memory ran out. */
const int32_t *pod_counts_get(struct pod_counts *pc, const struct node_table *nodes,
                              const struct change_log *log, const struct namespaces *namespaces,
                              struct arena *scratch, const struct berth_query *query);

/* Whether every counter, brought up to date, says what a walk over all pods does. */
bool pod_counts_ok(const struct pod_counts *pc, const struct node_table *nodes, const struct change_log *log,
                   const struct namespaces *namespaces);

void pod_counts_fini(struct pod_counts *pc);

#endif
