/*
 * FailedScheduling messages count nodes, so that hardly two are equal and a long run has thousands. Folded,
 * those that differ in numbers alone are one.
 */
#ifndef CMD_REASON_FOLD_H
#define CMD_REASON_FOLD_H

#include "sim/simulate.h"

/* Zero-initialise; release with reason_fold_fini(). */
struct reason_fold {
    VEC(struct reason) list; /* sums, with the text of the weightiest */
    VEC(uint32_t) variants;  /* how many each stands for */
    VEC(uint32_t) of;        /* by index of a reason of the simulation: index here */
};

void reason_fold_of(struct reason_fold *fold, const struct simulation *s);
void reason_fold_fini(struct reason_fold *fold);

#endif
