#include "core/queue.h"

#include <errno.h>
#include <stdlib.h>

static bool before(const struct queue *q, const struct pod_entry *a, const struct pod_entry *b)
{
    struct berth_queued qa = {a->pod, a->since_ns, a->sequence}, qb = {b->pod, b->since_ns, b->sequence};
    if (q->sort->plugin->less(q->sort->self, &qa, &qb))
        return true;
    return !q->sort->plugin->less(q->sort->self, &qb, &qa) && a->sequence < b->sequence;
}

static void set(struct queue *q, size_t i, struct pod_entry *entry)
{
    q->heap.at[i] = entry;
    entry->queued = (uint32_t)i + 1;
}

static void sift_up(struct queue *q, size_t i)
{
    struct pod_entry *entry = q->heap.at[i];
    for (; i > 0 && before(q, entry, q->heap.at[(i - 1) / 2]); i = (i - 1) / 2)
        set(q, i, q->heap.at[(i - 1) / 2]);
    set(q, i, entry);
}

static void sift_down(struct queue *q, size_t i)
{
    struct pod_entry *entry = q->heap.at[i];
    for (size_t child; (child = 2 * i + 1) < q->heap.len; i = child) {
        if (child + 1 < q->heap.len && before(q, q->heap.at[child + 1], q->heap.at[child]))
            child++;
        if (!before(q, q->heap.at[child], entry))
            break;
        set(q, i, q->heap.at[child]);
    }
    set(q, i, entry);
}

int queue_push(struct queue *q, struct pod_entry *entry)
{
    queue_remove(q, entry);
    if (vec_push(&q->heap, entry) < 0)
        return -ENOMEM;
    sift_up(q, q->heap.len - 1);
    return 0;
}

struct pod_entry *queue_pop(struct queue *q)
{
    struct pod_entry *first = q->heap.len ? q->heap.at[0] : NULL;
    if (first)
        queue_remove(q, first);
    return first;
}

void queue_remove(struct queue *q, struct pod_entry *entry)
{
    if (entry->queued == 0)
        return;
    size_t hole = entry->queued - 1;
    struct pod_entry *last = q->heap.at[--q->heap.len];
    entry->queued = 0;
    if (last == entry)
        return;
    set(q, hole, last);
    sift_down(q, hole);
    sift_up(q, last->queued - 1);
}

void queue_fini(struct queue *q)
{
    vec_fini(&q->heap);
}
