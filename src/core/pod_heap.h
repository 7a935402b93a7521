/*
 * A binary heap of queued pods that know their place in it, so that any of them can be taken out or moved.
 * Borrows the pods. A pod is in at most one heap.
 */
#ifndef CORE_POD_HEAP_H
#define CORE_POD_HEAP_H

#include "base/vec.h"
#include "core/queued_pod.h"

/* Whether a goes before b: a strict, total order. */
typedef bool (*pod_heap_before)(const void *context, const struct queued_pod *a, const struct queued_pod *b);

/* Zero-initialise with `before` and `context` set; release with pod_heap_fini(). */
struct pod_heap {
    pod_heap_before before;
    const void *context;
    VEC(struct queued_pod *) pods;
};

/* Room for `len` pods in all, so that pushing them cannot fail. 0 or -ENOMEM. */
int pod_heap_reserve(struct pod_heap *h, size_t len);

/* Adds a pod; there must be room. */
void pod_heap_push(struct pod_heap *h, struct queued_pod *p);

/* The first pod, NULL when the heap is empty. */
static inline struct queued_pod *pod_heap_first(const struct pod_heap *h)
{
    return h->pods.len ? h->pods.at[0] : NULL;
}

/* Takes a pod of this heap out. */
void pod_heap_remove(struct pod_heap *h, struct queued_pod *p);

/* Something that the order depends on has changed in a pod of this heap. */
void pod_heap_fix(struct pod_heap *h, struct queued_pod *p);

/* Whether every pod knows its index and none goes before its parent. Slow. */
bool pod_heap_ok(const struct pod_heap *h);

void pod_heap_fini(struct pod_heap *h);

#endif
