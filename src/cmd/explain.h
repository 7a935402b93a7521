/*
 * Explanations in writing.
 */
#ifndef CMD_EXPLAIN_H
#define CMD_EXPLAIN_H

#include "cmd/term.h"
#include "core/core.h"
#include "sim/claim_outlook.h"
#include "sim/remedies.h"

/*
 * One object: "pod" and whatever was found out, as in {"pod":"ns/name","feasible":[...],...}. The second
 * function ends what the first begins, so that members can be added in between.
 */
void explain_json(struct buf *b, const struct core *core, const struct explanation *e);
void explain_json_end(struct buf *b);

/* What becomes of the pod's claims, as a member of its object: ,"claims":[{"name":...,"fate":...}]. */
void explain_claims_json(struct buf *b, const claim_outlooks *claims);

/* Whether the pod fits nowhere for reasons that changes may mend. */
bool explain_is_misfit(const struct explanation *e);

/* What would make `pod` fit, as a table for people. */
void explain_remedies(struct buf *b, const struct core *core, const struct berth_pod *pod,
                     const struct remedies *remedies, const struct term *term);

/* The same as a member of the pod's object: ,"changes":[{"kind":...,"text":...,"nodes":...}]. */
void explain_remedies_json(struct buf *b, const struct core *core, const struct berth_pod *pod,
                          const struct remedies *remedies);

/*
 * For people: a headline, the nodes that fit with their scores, the best first, and the others folded by what
 * rejected them. `like` more pods are explained by the same text.
 */
void explain_table(struct buf *b, const struct core *core, const struct explanation *e,
                   const struct term *term, uint32_t like);

/* What becomes of the pod's claims, a line each. */
void explain_claims(struct buf *b, const claim_outlooks *claims, const struct term *term);

/* What is said of the pod once that has been done: the same as explain_table() with another headline. */
void explain_settled(struct buf *b, const struct core *core, const struct explanation *e,
                     const struct term *term);

/* Only the rejected nodes, folded by plugin and reasons, each line after `indent` spaces. */
void explain_rejected(struct buf *b, const struct core *core, const struct explanation *e,
                      const struct term *term, uint32_t indent);

/* The reasons of a status, joined with "; ". */
void explain_reasons(struct buf *b, const struct status *status);

/* Whether the slot holds a node that Filter was asked about (PreFilter did not leave it out). */
bool explain_considered(const struct explanation *e, uint32_t slot);

#endif
