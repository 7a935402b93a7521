/* What the files of the core's face share: core.c takes objects in and decides, core_host.c answers the
 * queue. */
#ifndef CORE_CORE_INTERNAL_H
#define CORE_CORE_INTERNAL_H

#include "core/core.h"
#include "core/cycle.h"
#include "core/queue.h"

struct core {
    struct catalog *catalog;
    struct core_options options;
    struct cache cache;
    struct queue queue;
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

/* core_put() and core_remove() for storage objects (core_storage.c); other kinds are passed over. */
int core_put_storage(struct core *core, const struct object *object, int64_t now_ns);
void core_remove_storage(struct core *core, const struct object *object, int64_t now_ns);

/* A pod was placed: its claims may be bound now, which users of the same claims may wait for. */
void core_tell_claims(struct core *core, const struct berth_pod *pod, int64_t now_ns);

/* Makes the queue and tells it of the profiles. 0 or -ENOMEM. */
int core_init_queue(struct core *core, const struct config *config);

#endif
