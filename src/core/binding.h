/*
 * Binding that takes time: the life of a pod from the choice of its node until the watch shows it there.
 *
 *     binding_begin    all plugins allow       volumes are ready     core_bound      the watch confirms
 *          |     waiting --------------> preparing -----------> running ---------> bound ----------> no binding
 *          |        |                        |                     |
 *          +--------+---------- undo --------+---------------------+    an objection, a timeout, an error: back to the queue
 *
 * The pod is in flight in the queue until it is bound or undone. From assuming on the cache holds it on its node
 * (`held`): until the watch shows it somewhere (then the cache follows the watch), or it is forgotten because it
 * was undone, deleted, or is about to be. What becomes of the binding afterwards changes nothing in the cache.
 */
#ifndef CORE_BINDING_H
#define CORE_BINDING_H

#include "base/map.h"
#include "core/cycle.h"
#include "core/queue.h"
#include "core/waiting.h"

enum binding_phase { BINDING_WAITS, BINDING_PREPARES, BINDING_RUNS, BINDING_BOUND };

struct binding {
    enum binding_phase phase;
    bool held;                       /* the cache has the pod on its node on our word alone */
    const struct berth_pod *pod;     /* as it was when its node was chosen: one reference */
    const struct berth_pod *assumed; /* the same on the node: one reference */
    /* Held: as the watch last showed it, without a node; NULL: gone. One reference. */
    const struct berth_pod *watched;
    struct queued_pod *queued; /* in flight; NULL when bound */
    struct waiting waiting;
    int64_t prepared_until_ns; /* PREPARES: when that must have come to an end */
    bool keeps_cycle;                /* some plugin has a say after Filter: */
    struct cycle cycle;              /* what it finds in its state then, */
    struct arena arena;              /* and the memory of that */
    uint32_t slot;                   /* the node's when it was chosen */
    struct binding *previous, *next; /* in order of beginning */
    struct binding *next_hash;       /* same key of by_pod */
};

/* A decision that waits to be taken. */
struct late_decision {
    const struct berth_pod *pod; /* one reference */
    berth_atom node;
    char *message; /* malloc'ed */
    uint32_t message_len;
    bool error;
    bool preparing; /* its binding has what is to be written */
};

/* Zero-initialise. All is zero again after bindings_fini(). */
struct bindings {
    struct binding *first, *last;
    size_t len;
    struct map by_pod; /* queued_key_of_pod() -> first struct binding */
    VEC(struct late_decision) late;
    size_t taken; /* so many of `late` have been taken */
};

/*
 * Assumes the pod of the cycle on the slot and takes it through Reserve, Permit and PreBind. The decision
 * says that it waits or is to be bound; or why not, then all is undone and `ret_failure` is for
 * queue_reject().
 */
void binding_begin(struct core *core, struct cycle *cy, struct queued_pod *p, struct pod_entry *entry,
                   uint32_t slot, struct decision *d, struct queue_failure *ret_failure, int64_t now_ns);

/* The binding of this very pod, NULL when there is none. */
struct binding *binding_find(const struct core *core, const struct berth_pod *pod);

/*
 * The watch shows a pod that is held: true when there is nothing else to do about it, false when it must be
 * put into the cache and told of as any other.
 */
bool binding_watched(struct core *core, const struct berth_pod *pod, int64_t now_ns);

/* The watch shows a held pod on a node, and the cache follows: the queue is told. */
void binding_confirmed(struct core *core, struct binding *b, const struct berth_pod *pod, int64_t now_ns);

/* The watch shows that a held pod is gone: it leaves the cache, and the queue is told. */
void binding_deleted(struct core *core, struct binding *b, int64_t now_ns);

/* A claim or volume has changed: pods whose volumes are prepared may go on, or fail. */
void bindings_storage_changed(struct core *core, int64_t now_ns);

/* Makes a pod that waits give way to one of higher priority; false: it does not wait. */
bool binding_preempt(struct core *core, const struct berth_pod *pod, int64_t now_ns);

/* Whether every binding is in step with the cache and the queue. For tests. */
bool bindings_ok(const struct core *core);

void bindings_fini(struct core *core);

#endif
