/*
 * The FailedScheduling message: "0/5 nodes are available:
 * 2 Insufficient cpu, 3 node(s) had untolerated taint(s)."
 */
#ifndef CORE_MESSAGE_H
#define CORE_MESSAGE_H

#include "core/cycle.h"

/*
 * The text for a pod that no node takes, in the cycle's arena. `verdicts` by slot (NULL: `pre_filter`
 * rejected the pod for all nodes); `post_filter` is appended, empty when there is nothing to add. Reasons are
 * counted over nodes and sorted as text, count first, as upstream does.
 */
berth_str message_unschedulable(struct cycle *cy, const berth_verdict *verdicts, berth_verdict pre_filter,
                                berth_str post_filter);

/* The text for a pod that a plugin turned away after its node was chosen. */
berth_str message_rejected(struct cycle *cy, berth_verdict verdict);

#endif
