/*
 * Pods waiting to be scheduled, in the order of the profile's QueueSort plugin, ties in order of arrival.
 * Borrows the entries: the cache owns them, and an entry must leave the queue before it is removed.
 */
#ifndef CORE_QUEUE_H
#define CORE_QUEUE_H

#include "base/vec.h"
#include "core/pod_index.h"
#include "core/profile.h"

/* Zero-initialise with `sort` set; release with queue_fini(). */
struct queue {
    const struct plugin_instance *sort;
    VEC(struct pod_entry *) heap; /* entry->queued - 1 is its index */
};

/* 0 or -ENOMEM; an entry that is queued already is moved to where it belongs now. */
int queue_push(struct queue *q, struct pod_entry *entry);

/* The first entry, NULL when the queue is empty. */
struct pod_entry *queue_pop(struct queue *q);

/* Takes the entry out; nothing happens when it is not queued. */
void queue_remove(struct queue *q, struct pod_entry *entry);

void queue_fini(struct queue *q);

#endif
