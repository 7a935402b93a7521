/*
 * What the volume controllers of a cluster do about claims that need not wait for a pod: the default class is
 * filled in, and what can be bound is bound, to a volume that is there or to a new one. (What waits for its
 * pod's node is bound when the pod is, by the plugin VolumeBinding.)
 */
#ifndef SIM_CLAIMS_H
#define SIM_CLAIMS_H

#include "core/core.h"
#include "sim/cluster.h"

/*
 * Settles the claim, which the core must hold; *now_ns moves by step_ns with each change.
 * 0, or a negative code with a text.
 */
int claims_settle_one(struct core *core, struct catalog *catalog,
                      const struct berth_persistent_volume_claim *claim, int64_t step_ns, int64_t *now_ns,
                      struct err *err);

/* Settles every claim of the cluster, in the order read; all objects must have been put into the core. */
int claims_settle(struct core *core, const struct cluster *cluster, int64_t step_ns, int64_t *now_ns,
                  struct err *err);

/* Makes the claims that are to be made (cluster.to_make), and settles all: what simulate() begins with. */
int claims_provide(struct core *core, const struct cluster *cluster, int64_t step_ns, int64_t *now_ns,
                   struct err *err);

/* Whether volumes are made for claims of the class (NULL: there is none). */
bool claims_provisions(const struct berth_storage_class *class);

#endif
