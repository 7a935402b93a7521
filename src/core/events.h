/*
 * Which cluster events a change of an object stands for. Only changes that could make some pod schedulable
 * have one, and a change of several kinds has several.
 */
#ifndef CORE_EVENTS_H
#define CORE_EVENTS_H

#include "api/catalog.h"
#include <berth/events.h>

/* Most events of one update; a list may hold the same event twice, as upstream's does. */
enum { EVENTS_MAX = 8 };

/*
 * The events of an update of a pod: at least one, the general update if it is none of the special kinds. They
 * are AssignedPod's or UnschedulablePod's according to the new object. Returns their number.
 */
uint32_t events_of_pod_update(const struct berth_pod *old, const struct berth_pod *pod,
                              struct berth_event events[EVENTS_MAX]);

/*
 * The events of an update of a node; none when nothing changed that pods may wait for. Returns their number.
 */
uint32_t events_of_node_update(const struct berth_node *old, const struct berth_node *node,
                               struct berth_event events[EVENTS_MAX]);

/* The event that concerns everybody: a timeout, or somebody asks for the pod in new_object alone. */
static inline bool event_is_wildcard(struct berth_event event)
{
    return event.resource == BERTH_ON_WILDCARD && event.actions == BERTH_ALL_ACTIONS;
}

/* A change that is kept holds references to its objects. */
void change_ref(const struct berth_change *change);
void change_unref(struct catalog *catalog, const struct berth_change *change);

#endif
