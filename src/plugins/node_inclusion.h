/*
 * Which nodes take part in the spreading of a pod: a constraint's nodeAffinityPolicy and nodeTaintsPolicy.
 * https://kubernetes.io/docs/concepts/scheduling-eviction/topology-spread-constraints/
 */
#ifndef PLUGINS_NODE_INCLUSION_H
#define PLUGINS_NODE_INCLUSION_H

#include <berth/plugin.h>

/*
 * Per slot, 1 where the node matches the pod's nodeSelector and required node affinity; dead slots may hold
 * anything. NULL: the pod has neither, all nodes match. Lives until the cycle ends.
 */
const uint8_t *nodes_selected(const struct berth_cycle *c);

/*
 * Per slot, 1 where the pod tolerates all NoSchedule and NoExecute taints; dead slots may hold anything.
 * Lives until the cycle ends.
 */
const uint8_t *nodes_tolerated(const struct berth_cycle *c);

#endif
