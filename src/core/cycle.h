/*
 * One scheduling cycle: one pod against the cluster as the cache has it. The framework (framework.h) runs the
 * extension points; this file is the order they run in.
 */
#ifndef CORE_CYCLE_H
#define CORE_CYCLE_H

#include "base/rng.h"
#include "core/cache.h"
#include "core/core.h"
#include "core/node_order.h"
#include "core/nominator.h"
#include "core/preempting.h"
#include "core/row_cache.h"
#include "core/waiting.h"

/* What the plugins of one instance keep during a cycle. */
struct plugin_state {
    void *filter; /* stored by PreFilter */
    void *score;  /* stored by PreScore */
    bool skip_filter, skip_score;
};

struct cycle {
    /* the world, borrowed */
    struct cache *cache;
    struct nominator *nominator;
    struct verdicts *verdicts;
    struct row_cache *rows;
    struct arena *arena; /* scratch: dies with the cycle */
    const struct core_options *options;
    const struct preempting *preempting; /* pods whose victims are being removed; NULL: none */
    const struct profile *profile;
    uint32_t profile_index;
    /* the pod */
    const struct berth_pod *pod;
    struct plugin_state *states; /* by index of the instance in the profile */
    bool scoring;                /* between PreScore and the end: berth_keep() stores score states */
    /* what PreFilter made of the nodes */
    bool narrowed;
    berth_atom *names; /* if narrowed: sorted by text, each once */
    uint32_t names_len;
    uint64_t narrowing;   /* if narrowed: the instances whose PreFilter did so, as bits */
    berth_verdict absent; /* if narrowed: the verdict of every other node */
    const uint32_t *feasible;
    uint32_t feasible_len;
    struct row_results *results; /* from Filter on: remembered rows of the pod's class; NULL: compute without */
    bool only_rows;              /* from Filter on: all Filter plugins asked look at rows alone */
    struct rng *rng;             /* for where the search for victims begins */
    /* what Permit plugins made the pod wait for: those that said so, in the arena */
    struct permit_wait *waits;
    uint32_t waits_len;
    /* PreBind */
    uint64_t pre_bind_idle;            /* instances that have nothing to do for the pod there, as bits */
    uint32_t pre_bind_next;            /* place of the plugin to ask first: those before it have passed */
    int64_t prepare_ns;                /* how long the one that waits may do so */
    const struct volume_write *writes; /* what the driver is asked to write, in the arena */
    uint32_t writes_len;
    /* what PostFilter found */
    int32_t nominated;                    /* a slot, BERTH_KEEP_NOMINATION or BERTH_CLEAR_NOMINATION */
    const struct berth_pod *const *victims; /* to be removed from the nominated node, most important first */
    uint32_t victims_len;
};

/* What became of the pod; pointers live in the cycle's arena. */
struct cycle_outcome {
    int32_t slot;                  /* the chosen node; -1: none */
    const berth_verdict *verdicts; /* by slot; NULL when PreFilter rejected */
    berth_verdict pre_filter;      /* PASS, or PreFilter's rejection */
    berth_verdict post_filter;     /* PASS when PostFilter was not run or helped */
    berth_str error;               /* an internal error ended the attempt; empty: none */
    uint32_t evaluated, feasible;
};

/* Prepares a cycle for the pod; the world's members must be set. */
void cycle_begin(struct cycle *cy, const struct berth_pod *pod);

/*
 * Decides where the pod goes. `start` is the position in the node order where the search for feasible nodes starts
 * when only some are wanted; it is moved on. Ties are broken at random.
 */
void cycle_run(struct cycle *cy, const struct node_order *order, uint32_t *start,
               struct cycle_outcome *ret_outcome);

/* The first verdict among the nodes that is no answer but an internal error, PASS when there is none. */
berth_verdict cycle_find_error(const struct cycle *cy, const berth_verdict *verdicts);

/* Evaluates everything about the pod; nothing is decided. */
void cycle_explain(struct cycle *cy, struct explanation *ret_explanation);

#endif
