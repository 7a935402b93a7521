/* Which plugins an attempt to schedule a pod failed at: what the queue lets the pod wait for. */
#ifndef CORE_REJECTION_H
#define CORE_REJECTION_H

#include "core/cycle.h"

/* Bits by index of the instance in the profile. */
struct rejection {
    uint64_t unschedulable;
    uint64_t pending; /* said Pending: when their event comes, the pod is tried at once */
};

/* The plugins that rejected the pod in PreFilter or Filter; none when the attempt ended in an error. */
struct rejection rejection_of(const struct cycle *cy, const struct cycle_outcome *out);

/* The plugin of one verdict; none when that is an error. */
struct rejection rejection_by(const struct cycle *cy, berth_verdict verdict);

#endif
