/*
 * The selector of pods that spread by default: what the pod's Services and its owner select.
 */
#ifndef PLUGINS_DEFAULT_SELECTOR_H
#define PLUGINS_DEFAULT_SELECTOR_H

#include <berth/plugin.h>

/*
 * Fills *ret_part: the pods of the pod's own namespace with the labels that all Services matching the pod and
 * its owning ReplicationController, ReplicaSet or StatefulSet ask for. False when nothing is asked for. Lives
 * until the cycle ends.
 */
bool default_selector(const struct berth_cycle *c, struct berth_query_part *ret_part);

#endif
