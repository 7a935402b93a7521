/* Which pod ends when: a binary heap by time, then by order of arrival in the heap. */
#ifndef SIM_DEPARTURES_H
#define SIM_DEPARTURES_H

#include "base/vec.h"
#include <stdbool.h>
#include <stdint.h>

struct departure {
    int64_t at_ns;
    uint64_t sequence;
    uint32_t pod;
    uint32_t stay; /* which stay on a node it ends: void when the pod has left that before */
};

/* Zero-initialise; release with departures_fini(). */
struct departures {
    VEC(struct departure) heap;
    uint64_t sequence;
};

/* -1 when memory ran out. */
int departures_add(struct departures *d, int64_t at_ns, uint32_t pod, uint32_t stay);

/* When the first one is due; INT64_MAX: there is none. */
int64_t departures_next(const struct departures *d);

/* Takes the first one if it is due at now_ns. */
bool departures_take(struct departures *d, int64_t now_ns, struct departure *ret);

void departures_fini(struct departures *d);

#endif
