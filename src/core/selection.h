/*
 * Queries and affinity terms in canonical form: one position-independent block each, so that equal ones can
 * be found by their bytes and outlive the pod that brought them; and the memory of what they select.
 */
#ifndef CORE_SELECTION_H
#define CORE_SELECTION_H

#include "api/block.h"
#include "base/arena.h"
#include "core/namespaces.h"

/* A berth_query_part whose lists are in the selection's own block. */
struct selection_part {
    struct berth_selector selector;
    berth_list namespaces; /* of berth_atom */
    struct berth_selector namespace_selector;
    uint32_t known_namespaces_only;
};

/* The struct at the block's start. */
struct selection {
    berth_list parts; /* of struct selection_part: all must select the pod */
    uint32_t skip_terminating;
    uint32_t kind;             /* terms: enum berth_term_kind */
    struct berth_pod_term term; /* terms: the whole term; queries: zero */
};

/* Writes the canonical form into `b`; `scratch` is rewound. b->failed tells of missing memory. */
void selection_of_query(struct block *b, struct arena *scratch, const struct berth_query *query);
void selection_of_term(struct block *b, struct arena *scratch, enum berth_term_kind kind, const void *block,
                       const struct berth_pod_term *term);

/* Whether pods of the class are selected; computed from scratch. */
bool selection_matches(const struct selection *s, const struct namespaces *n,
                       const struct berth_class *class);

/* What a selection said of each labels_id. Zero-initialise; release with selection_memo_fini(). */
struct selection_memo {
    uint8_t *answer; /* [labels_id]: 0 not asked yet, 1 no, 2 yes */
    uint32_t len;
    uint64_t namespaces_generation; /* answers are of this generation */
};

/* selection_matches(), remembered. */
bool selection_recall(struct selection_memo *memo, const struct selection *s, const struct namespaces *n,
                      const struct berth_class *class);
void selection_memo_fini(struct selection_memo *memo);

#endif
