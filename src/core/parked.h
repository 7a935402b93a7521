/*
 * Pods that wait for an event: unschedulable ones, and gated ones that may not enter the queue yet.
 *
 * They are kept in groups of the same profile, the same rejecting plugins and the same gate, so that an event
 * that concerns none of a group's plugins is dismissed for all of its pods at once. Groups whose last pod has
 * left are used again for other plugins.
 */
#ifndef CORE_PARKED_H
#define CORE_PARKED_H

#include "base/map.h"
#include "base/vec.h"
#include "core/queued_pod.h"

struct park_group {
    uint64_t unschedulable, pending; /* as in its pods; see `mixed` */
    uint32_t profile;
    uint32_t gate;
    bool mixed; /* pods of all kinds, for which there was no memory to make groups of their own */
    struct queued_pod *first, *last;
    uint32_t len;
    int64_t oldest_ns;       /* no pod of the group has an older since_ns */
    struct park_group *next; /* same bucket, or free */
};

/* Zero-initialise; release with parked_fini(), which leaves the pods to the caller. */
struct parked {
    VEC(struct park_group *) groups; /* all, also empty ones */
    struct park_group *free;
    struct map by_key; /* hash of what makes a group -> first struct park_group */
    struct park_group mixed;
    uint32_t len; /* pods */
    uint32_t gated;
};

/* Adds a pod that is nowhere. Never fails. */
void parked_add(struct parked *k, struct queued_pod *p);

/* Takes a pod out; its place becomes QUEUE_NOWHERE. */
void parked_remove(struct parked *k, struct queued_pod *p);

/*
 * Group i of parked_groups(k); groups may be empty.
 * Adding and removing pods does not change existing indices.
 */
static inline size_t parked_groups(const struct parked *k)
{
    return k->groups.len + 1;
}
static inline struct park_group *parked_group(struct parked *k, size_t i)
{
    return i < k->groups.len ? k->groups.at[i] : &k->mixed;
}

/* Makes oldest_ns of the group exact. Walks the group. */
void parked_find_oldest(struct park_group *group);

/* Whether every pod is in the group that it belongs in. Slow. */
bool parked_ok(const struct parked *k);

void parked_fini(struct parked *k);

#endif
