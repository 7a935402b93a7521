/*
 * Which plugins of a profile want to hear of which events, with kube-scheduler's rules about those that do
 * not say: whoever registers Node Add without Node UpdateNodeTaint is told of the latter too (always a reason
 * to try again), and a plugin that may reject pods but registers nothing is told of everything.
 */
#ifndef CORE_REGISTRATIONS_H
#define CORE_REGISTRATIONS_H

#include "base/vec.h"
#include <berth/events.h>

struct registered {
    const struct berth_registration *what; /* borrowed from the plugin's table */
    uint32_t plugin;                       /* its bit, 0..63 */
};

/* Zero-initialise; release with registrations_fini(). */
struct registrations {
    VEC(struct registered) all;
    struct registered *matching; /* what the last registrations_match() gave; room for all */
};

/*
 * Adds what a plugin registered. `rejects`: it has a PreEnqueue, PreFilter, Filter, Reserve or Permit, so
 * pods may wait for it; if not, nothing is added. 0 or -ENOMEM.
 */
int registrations_add(struct registrations *r, uint32_t plugin, const struct berth_registration *events,
                      uint32_t events_len, bool rejects);

/* The registrations that an event matches, and the bits of their plugins. */
struct interested {
    const struct registered *at; /* valid until the next registrations_match() */
    uint32_t len;
    uint64_t plugins;
};
struct interested registrations_match(struct registrations *r, struct berth_event event);

void registrations_fini(struct registrations *r);

#endif
