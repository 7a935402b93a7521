/*
 * Which volumes could be bound to a claim that waits for its pod's node, and the first of them that each node reaches: what
 * is behind berth_match_volumes(). Claims that ask for the same share an entry, which is kept from cycle to cycle: a volume
 * that was taken is struck off it, and only nodes for which it was the first are looked at again. What else changes makes
 * it anew.
 */
#ifndef CORE_VOLUME_MATCHES_H
#define CORE_VOLUME_MATCHES_H

#include "core/node_table.h"
#include "core/storage_index.h"

struct volume_kind; /* what claims of one kind can have */

/* Zero-initialise with `catalog` set; release with volume_matches_fini(). */
struct volume_matches {
    struct catalog *catalog;
    VEC(struct volume_kind *) kinds;
    uint64_t cycle; /* entries used in this one stay */
};

/* Entries that were given out before may go from now on. */
void volume_matches_new_cycle(struct volume_matches *m);

/* The entry for the claim; NULL when memory ran out. Valid until the cycle ends or something is assumed. */
const struct berth_volume_matches *volume_matches_get(struct volume_matches *m, const struct storage_index *storage,
                                                      const struct node_table *nodes, uint64_t nodes_generation,
                                                      const struct berth_persistent_volume_claim *claim,
                                                      bool attributes_class);

void volume_matches_fini(struct volume_matches *m);

#endif
