/*
 * Who had to make room for the copies of a count, and what became of them. While copies are placed, victims
 * are gone: copies that are created together come before all pods of lower priority, also before those that
 * a controller creates anew. When the count is over, these look for another node.
 */
#ifndef SIM_VICTIMS_H
#define SIM_VICTIMS_H

#include "base/map.h"
#include "base/vec.h"
#include "core/core.h"

enum victim_fate {
    VICTIM_GONE,    /* it has no controller that creates it anew */
    VICTIM_PENDING, /* created anew, it finds no node */
    VICTIM_PLACED,  /* it has found another place, or its old one */
    VICTIM_FATES,
};

struct victim {
    const struct berth_pod *pod; /* as it was, with the node that it had; one reference */
    uint64_t copy;               /* the copy that it made room for, from 1; 0: a victim that came back */
    enum victim_fate fate;
    berth_atom node; /* PLACED: where it is now */
};

/* Zero-initialise; release with victims_fini(). */
struct victims {
    VEC(struct victim) list; /* in the order in which they had to go, those of one copy together */
    struct map by_name;      /* namespace and name -> 1 + index */
};

/* The decision's victims leave the core, for the copy. 0 or -ENOMEM. */
int victims_take(struct victims *v, struct core *core, const struct decision *decision, uint64_t copy,
                 int64_t *now_ns);

/* Those from `first` on went in vain: they are back on their nodes, and forgotten. 0 or -ENOMEM. */
int victims_undo(struct victims *v, struct core *core, size_t first, struct catalog *catalog,
                 int64_t *now_ns);

/* Those with a controller come back as pending pods, and are scheduled. No other pod may be pending. */
int victims_come_back(struct victims *v, struct core *core, struct catalog *catalog, int64_t *now_ns);

void victims_fini(struct victims *v, struct catalog *catalog);

#endif
