/*
 * Drains as `kubectl drain` does them: the node is cordoned and its pods are evicted, but for those that
 * belong to it. A pod whose eviction a PodDisruptionBudget refuses stays, and is tried again every 5 s.
 */
#ifndef SIM_DRAIN_H
#define SIM_DRAIN_H

#include "sim/run.h"

/* Begins the drain of the change's node, with a first attempt. */
int drain_begin(struct run *r, const struct change *change);

/* Tries once more all pods that still are to leave: how many did, or a negative code. */
int drains_retry(struct run *r);

/* When that is worth it again: the next of the 5 s after something has happened; INT64_MAX: not as it is. */
int64_t drains_next_ns(const struct run *r);

/* Says of the pods that still are to leave why they may not. */
int drains_finish(struct run *r);

struct drains *drains_free(struct drains *drains);

#endif
