/*
 * What plugins said of (class, node), kept from cycle to cycle. For plugins of row scope an answer holds until the
 * node's row changes, so a cycle recomputes only the rows that the change log names. Classes that are kin share what is
 * remembered: pods with claims of their own are no strangers to each other. Results are the same without it.
 */
#ifndef CORE_ROW_CACHE_H
#define CORE_ROW_CACHE_H

#include "api/catalog.h"
#include "base/map.h"
#include "core/profile.h"

/* How far results are up to date. */
struct row_progress {
    uint64_t mask;       /* bit i: the plugin at place i of its extension point has its answers in */
    uint64_t position;   /* in the change log; 0: nothing computed yet */
    uint64_t generation; /* of the Node objects, for plugins of nodes scope */
};

/* The raw scores of one plugin, before normalisation, with bounds of all rows. */
struct row_scores {
    int64_t *score; /* [slot]; NULL until first needed */
    int64_t low, high;
};

/* What preempting on a node would cost (see preemption.h), as far as it is known. */
struct row_preview {
    bool known;
    berth_verdict verdict; /* PASS: it would help */
    int64_t cost[5];
};

/* The answers for one class and its kin under one profile. */
struct row_results {
    const struct berth_class *class; /* the first of them: one reference */
    const struct profile *profile;
    uint64_t key; /* in by_class */
    struct row_results *newer, *older; /* by last use */
    uint32_t cap;                      /* rows in every column */
    berth_verdict *verdicts;           /* [slot] */
    berth_verdict *settled;            /* [slot]: with nominated pods; NULL until first needed */
    struct row_preview *previews;      /* [slot]; NULL until first needed */
    struct row_progress filtered, scored, settled_at, previewed;
    uint64_t budgets_generation;       /* of the PodDisruptionBudgets that the previews respect */
    struct row_scores *scores; /* [place in POINT_SCORE] */
};

enum { ROW_CACHE_SEEN = 4096 };

/* Zero-initialise with `catalog` set; release with row_cache_fini(). */
struct row_cache {
    struct catalog *catalog;
    struct map by_class; /* hash of the kin and the profile -> struct row_results */
    struct row_results *newest, *oldest;
    size_t bytes;         /* of all columns */
    uint64_t seen[ROW_CACHE_SEEN]; /* by its last bits: the hash of the kin that was asked for last */
};

/*
 * The results for the class, with room for `slots` rows. NULL when nobody of its kin was seen lately (most such classes
 * are never seen again) or memory ran out: then compute without.
 */
struct row_results *row_cache_get(struct row_cache *rc, const struct berth_class *class, const struct profile *profile,
                                  uint32_t profile_index, uint32_t slots);

/* The score column at `place`, allocated; NULL when memory ran out. */
struct row_scores *row_cache_scores(struct row_cache *rc, struct row_results *results, uint32_t place);

/* The columns `settled` and `previews`, allocated; NULL when memory ran out. */
berth_verdict *row_cache_settled(struct row_cache *rc, struct row_results *results);
struct row_preview *row_cache_previews(struct row_cache *rc, struct row_results *results);

void row_cache_fini(struct row_cache *rc);

#endif
