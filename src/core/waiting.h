/*
 * A pod that Permit plugins made wait: which of them, and until when. It may go on when all of them have
 * allowed it; one that rejects it, or whose time is over, ends the wait.
 */
#ifndef CORE_WAITING_H
#define CORE_WAITING_H

#include <stdbool.h>
#include <stdint.h>

/* No plugin can make a pod wait for longer. */
#define WAITING_MAX_NS (15 * 60 * INT64_C(1000000000))

/* One plugin's answer. */
struct permit_wait {
    uint8_t plugin; /* index of the instance in the profile */
    int64_t timeout_ns;
};

/* Zero-initialised: waits for nobody. Release with waiting_fini(). */
struct waiting {
    struct permit_wait *at; /* the plugins that have not allowed the pod yet */
    uint32_t len;
    int64_t since_ns;
};

/* Begins the wait: `waits` is copied, long timeouts are cut. 0 or -ENOMEM. */
int waiting_begin(struct waiting *w, const struct permit_wait *waits, uint32_t len, int64_t now_ns);

/* The plugin allows the pod; one that is not waited for is ignored. True when nobody is waited for any
 * longer. */
bool waiting_allow(struct waiting *w, uint8_t plugin);

/* The plugin whose time is over first, NULL when there is none by now. */
const struct permit_wait *waiting_expired(const struct waiting *w, int64_t now_ns);

/* When the first plugin's time is over; INT64_MAX: never. */
int64_t waiting_until_ns(const struct waiting *w);

void waiting_fini(struct waiting *w);

#endif
