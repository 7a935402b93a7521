/*
 * What the files of the core's face share: core.c takes objects in and decides,
 * core_host.c answers the queue.
 */
#ifndef CORE_CORE_INTERNAL_H
#define CORE_CORE_INTERNAL_H

#include "core/binding.h"
#include "core/core.h"
#include "core/cycle.h"
#include "core/queue.h"

struct core {
    struct catalog *catalog;
    struct core_options options;
    struct cache cache;
    struct queue queue;
    struct bindings bindings; /* with external binding only, as is: */
    struct preempting preempting;
    struct verdicts verdicts;
    struct row_cache rows;
    struct node_order order;
    struct rng rng;
    uint32_t start; /* in the node order: where the next search begins */
    struct profile **profiles;
    uint32_t profiles_len;
    struct arena arena;              /* of the last cycle */
    struct arena aside;              /* of the last question of the queue */
    const struct berth_pod *decided; /* of the last decision: one reference */
};

/* A cycle for the pod whose scratch memory is `arena`; what was in there is given back. */
struct cycle core_begin(struct core *core, struct arena *arena, const struct berth_pod *pod,
                        uint32_t profile);

/* The index of the profile with the pod's scheduler name, -1 when there is none. */
int32_t core_profile_for(const struct core *core, const struct berth_pod *pod);

/* core_put() and core_remove() for storage objects (core_storage.c); other kinds are passed over. */
int core_put_storage(struct core *core, const struct object *object, int64_t now_ns);
void core_remove_storage(struct core *core, const struct object *object, int64_t now_ns);

/* A pod was placed: its claims may be bound now, which users of the same claims may wait for. */
void core_tell_claims(struct core *core, const struct berth_pod *pod, int64_t now_ns);

/* A plugin objected after the node was chosen: upstream's text for it, in the cycle's arena. */
berth_str core_objection(struct cycle *cy, berth_verdict v);

static const struct berth_event core_assigned_pod_added = {BERTH_ON_ASSIGNED_POD, BERTH_ADD};
static const struct berth_event core_assigned_pod_deleted = {BERTH_ON_ASSIGNED_POD, BERTH_DELETE};

/* Makes the queue and tells it of the profiles. 0 or -ENOMEM. */
int core_init_queue(struct core *core, const struct config *config);

#endif
