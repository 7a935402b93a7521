/*
 * What the controllers of a cluster have yet to do about the claims of a pending pod: it is held against a
 * cluster as it is and the same cluster after claims_provide().
 */
#ifndef SIM_CLAIM_OUTLOOK_H
#define SIM_CLAIM_OUTLOOK_H

#include "base/vec.h"
#include "core/core.h"

/* What becomes of a claim. */
enum claim_fate {
    CLAIM_GETS_VOLUME,     /* it is bound to a volume that is there */
    CLAIM_GETS_NEW_VOLUME, /* or to one that is made for it */
    CLAIM_WAITS,           /* it is bound once its pod has a node */
    CLAIM_STAYS,           /* it stays pending */
};

struct claim_outlook {
    berth_atom name;          /* in the pod's namespace */
    bool made;                /* it is made first, for an ephemeral volume */
    berth_atom storage_class; /* that it is of then; NULL or "": of none */
    bool defaulted;           /* it is there and names no class: it is given that one */
    enum claim_fate fate;
    berth_atom volume;      /* CLAIM_GETS_VOLUME: that one */
    berth_atom provisioner; /* CLAIM_GETS_NEW_VOLUME: who makes it, */
    bool drawn;             /* so that not all nodes reach it, and nobody has said which do */
    const char *why;        /* CLAIM_STAYS: what is in the way */
};
typedef VEC(struct claim_outlook) claim_outlooks;

/*
 * Whether controllers have something to do about a claim of the pod before it can be scheduled: it is not
 * bound and does not wait for the pod's node either, or it is yet to be made.
 */
bool claims_unsettled(const struct core *core, const struct berth_pod *pod);

/*
 * Appends what becomes of each claim of the pod that is unsettled in the core `now`; in `then` it is settled.
 * Claims that do not exist and that nobody makes are left out. 0 or -ENOMEM.
 */
int claims_look_ahead(const struct core *now, const struct core *then, const struct berth_pod *pod,
                      claim_outlooks *outlooks, struct err *err);

/* Whether controllers do anything about one of these claims. */
bool claims_move(const claim_outlooks *outlooks);

#endif
