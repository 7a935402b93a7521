/*
 * Binding that takes time: the life of a pod from the choice of its node until the watch shows it there.
 *
 *     binding_begin     all allow       done, volumes bound  core_bound   the watch confirms
 *          |   waiting --------> preparing ----------> running --------> bound ----------> no binding
 *          |      |                  |                    |
 *          +------+------------------+------- undo -------+    an objection, a timeout, an error, a more
 *                                                              important pod: back to the queue
 *
 * Where no plugin makes it wait or has work at PreBind the pod passes by. Preparing has two halves: the
 * driver does what is asked of it (core_prepared), and a plugin that waits for volumes looks again at each
 * change of one. The pod is in flight in the queue until it is bound or undone; once no plugin can reject it
 * any longer the queue keeps no events for it.
 *
 * From assuming on the cache holds the pod on its node (`held`): until the watch shows it somewhere (then the
 * cache follows the watch), or it is forgotten because it was undone, deleted, or is about to be. What
 * becomes of the binding afterwards changes nothing in the cache.
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
    uint64_t placement;              /* see struct decision */
    bool held;                       /* the cache has the pod on its node on our word alone */
    const struct berth_pod *pod;     /* as it was when its node was chosen: one reference */
    const struct berth_pod *assumed; /* the same on the node: one reference */
    /* Held: as the watch last showed it, without a node; NULL: gone. One reference. */
    const struct berth_pod *watched;
    struct queued_pod *queued; /* in flight; NULL when bound */
    struct waiting waiting;
    bool waited;                     /* or waits */
    const char *worker;              /* the first plugin with work at PreBind; NULL: none */
    bool driver_is_done;             /* PREPARES: with what it was asked for */
    bool waits_for_volumes;          /* PREPARES: a plugin does, */
    int64_t prepared_until_ns;       /* and for how long at most */
    bool keeps_cycle;                /* some plugin has a say after Filter: */
    struct cycle cycle;              /* what it finds in its state then, */
    struct arena arena;              /* and the memory of that */
    uint32_t slot;                   /* the node's when it was chosen, or last looked for */
    struct binding *previous, *next; /* in order of beginning */
    struct binding *next_hash;       /* same key of by_pod */
};

/* A decision that waits to be taken. */
struct late_decision {
    const struct berth_pod *pod; /* one reference */
    berth_atom node;
    char *message; /* malloc'ed */
    uint32_t message_len;
    uint64_t placement;
    bool preparing;
    bool error;
    bool clears_nomination;
};

/* Zero-initialise. All is zero again after bindings_fini(). */
struct bindings {
    struct binding *first, *last;
    size_t len;
    struct map by_pod; /* queued_key_of_pod() -> first struct binding */
    VEC(struct late_decision) late;
    size_t taken; /* so many of `late` have been taken */
    uint64_t placements; /* the last that was named */
    int64_t due_ns;      /* before that no wait is over */
};

/*
 * Assumes the pod of the cycle on the slot and takes it through Reserve, Permit and PreBind. The decision
 * says that it waits, that PreBind is at work or that the pod is to be bound; or why not, then all is undone
 * and `ret_failure` is for queue_reject().
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

/*
 * The pod's binding if it can be stopped within the scheduler, for a pod of higher priority: it waits on its
 * node, or PreBind is at work; else NULL.
 */
struct binding *binding_stoppable(const struct core *core, const struct berth_pod *pod);

/* Stops such a binding: the pod goes back to the queue. */
void binding_preempt(struct core *core, struct binding *b, int64_t now_ns);

/* A claim or volume has changed: pods that wait for their volumes may go on, or fail. */
void bindings_storage_changed(struct core *core, int64_t now_ns);

/* Whether every binding is in step with the cache and the queue. For tests. */
bool bindings_ok(const struct core *core);

void bindings_fini(struct core *core);

#endif
