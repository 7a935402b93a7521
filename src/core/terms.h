/*
 * The affinity terms that placed pods carry: behind berth_terms_selecting(). Equal terms of
 * different pods are one entry that knows how many pods carry it on which node, so a deployment of a
 * thousand pods costs one match.
 *
 * Invariant: a term exists exactly while some placed pod carries it, or is to come back (terms_keep()), and
 * `placed` holds those pods' nodes.
 */
#ifndef CORE_TERMS_H
#define CORE_TERMS_H

#include "base/vec.h"
#include "core/selection.h"

enum { TERM_KINDS = BERTH_PREFERRED_ANTI_AFFINITY + 1 };

struct carried;

/* Zero-initialise; release with terms_fini(). */
struct terms {
    struct catalog *catalog;
    VEC(struct carried *) kinds[TERM_KINDS];
    struct map by_hash;  /* of the selection's bytes -> first struct carried */
    struct map by_class; /* class id -> struct class_terms: classes with terms and placed pods */
    struct block block;
};

/* A pod of the class came to the node. -ENOMEM: nothing changed. */
int terms_add_pod(struct terms *t, const struct berth_class *class, uint32_t slot);

/* A pod of the class went. */
void terms_remove_pod(struct terms *t, const struct berth_class *class, uint32_t slot);

/*
 * A placed pod of the class goes for a while. Between the two calls it may be removed and added again,
 * which then takes no memory.
 */
void terms_keep(struct terms *t, const struct berth_class *class);
void terms_keep_no_longer(struct terms *t, const struct berth_class *class);

/* See berth_terms_selecting(); the array is in `arena`. */
uint32_t terms_selecting(struct terms *t, const struct namespaces *n, enum berth_term_kind kind,
                         const struct berth_class *class, struct arena *arena,
                         const struct berth_carried_term **ret_terms);

/* Whether the terms are what the pods on the nodes carry; collects them anew. */
bool terms_ok(const struct terms *t, const struct berth_nodes *nodes);

void terms_fini(struct terms *t);

#endif
