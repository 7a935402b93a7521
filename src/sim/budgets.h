/*
 * PodDisruptionBudgets in a run, as the eviction API asks them. What the disruption controller would have
 * written into their status by now is computed from spec and pods: the status of the input is from before the
 * run. A pod on a node is healthy, unless the input says of its first stay that it is not ready.
 * https://kubernetes.io/docs/concepts/workloads/pods/disruptions/
 */
#ifndef SIM_BUDGETS_H
#define SIM_BUDGETS_H

#include "sim/run.h"

struct budgets;

struct budgets *budgets_new(void); /* NULL: memory ran out */
struct budgets *budgets_free(struct budgets *budgets);

/*
 * Whether the eviction of the pod, which is on a node, would be refused: 1 or 0, negative when memory ran
 * out. The reason is added to `why`, unless that is NULL.
 */
int budgets_refuse(struct budgets *budgets, const struct run *r, uint32_t pod, struct buf *why);

#endif
