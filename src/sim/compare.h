/*
 * The same cluster under several configurations: which pods ended elsewhere, and which
 * plugin made the difference.
 */
#ifndef SIM_COMPARE_H
#define SIM_COMPARE_H

#include "sim/simulate.h"

/* What all contenders have in common. */
struct contest {
    const struct cluster *cluster;
    const struct registry *registry;
    struct core_options options;
    bool timed; /* simulate_timeline() instead of simulate() */
};

/* One configuration and what came of it. Set `config`, the rest zero; release with contender_fini(). */
struct contender {
    const struct config *config; /* borrowed */
    struct core *core;           /* holds the state at the end */
    struct simulation simulation;
    uint64_t
        *decided; /* by index of a pod: 1 + the number of the last attempt to place it; 0: there was none */
};

/*
 * Runs the contest's cluster under the contender's configuration;
 * of the watcher only progress and passed count.
 */
int contender_run(struct contender *c, const struct contest *contest, const struct simulate_watcher *watcher,
                  struct err *err);
void contender_fini(struct contender *c);

enum move_cause {
    MOVE_NOT_LOOKED_INTO,
    MOVE_SCORE,  /* either node was open in both runs: `plugin` changed its mind most, by `points` */
    MOVE_CLOSED, /* `plugin` rejected the second run's node in the first run, where not `in_second` */
    MOVE_DRAW,   /* the scores were equal: the seed decided */
    MOVE_UNWEIGHED, /* a run took the worse of the two: not all nodes scored, or the pod was nominated */
    MOVE_LOST,   /* it had a node and lost it, or was never tried: `reason` says why */
    MOVE_CAUSES,
};

/* A pod whose node, or whose having one, differs between two runs. */
struct move {
    uint32_t pod;            /* index of the cluster's pods */
    bool had_node, has_node; /* in the first run, in the second */
    enum move_cause cause;
    bool in_second; /* MOVE_CLOSED: the first run's node, in the second run. MOVE_LOST: in the second run */
    const char *plugin; /* NULL: not a plugin's doing */
    berth_str reason;   /* the plugin's words */
    int64_t
        points; /* of weighted score: how much more the second node is worth to it, seen against the first */
};

/* Zero-initialise; release with moves_fini(). */
struct moves {
    VEC(struct move) list;
    uint32_t looked_into;
    struct arena arena;
};

/*
 * What differs between two contenders that have run. A decision can only be judged in the state that it was
 * taken in: to know why, both runs are played once more - they are deterministic -, and the pods in question
 * are evaluated just before they are decided. That is done for at most `most` of them, evenly chosen.
 */
int compare_moves(const struct contender *first, const struct contender *second,
                  const struct contest *contest, uint32_t most, struct moves *ret_moves, struct err *err);
void moves_fini(struct moves *m);

#endif
