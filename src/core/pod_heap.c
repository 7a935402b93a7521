/* See pod_heap.h. The heap is the usual array: the children of i are 2i + 1 and 2i + 2. */
#include "core/pod_heap.h"

#include <errno.h>
#include <stdlib.h>

static bool before(const struct pod_heap *h, const struct queued_pod *a, const struct queued_pod *b)
{
    return h->before(h->context, a, b);
}

static void put(struct pod_heap *h, size_t i, struct queued_pod *p)
{
    h->pods.at[i] = p;
    p->heap_index = (uint32_t)i;
}

static void sift_up(struct pod_heap *h, size_t i)
{
    struct queued_pod *p = h->pods.at[i];
    for (; i > 0 && before(h, p, h->pods.at[(i - 1) / 2]); i = (i - 1) / 2)
        put(h, i, h->pods.at[(i - 1) / 2]);
    put(h, i, p);
}

static void sift_down(struct pod_heap *h, size_t i)
{
    struct queued_pod *p = h->pods.at[i];
    for (size_t child; (child = 2 * i + 1) < h->pods.len; i = child) {
        if (child + 1 < h->pods.len && before(h, h->pods.at[child + 1], h->pods.at[child]))
            child++;
        if (!before(h, h->pods.at[child], p))
            break;
        put(h, i, h->pods.at[child]);
    }
    put(h, i, p);
}

int pod_heap_reserve(struct pod_heap *h, size_t len)
{
    while (h->pods.cap < len)
        if (vec_grow((void **)&h->pods.at, &h->pods.cap, h->pods.cap, sizeof(*h->pods.at)) < 0)
            return -ENOMEM;
    return 0;
}

void pod_heap_push(struct pod_heap *h, struct queued_pod *p)
{
    put(h, h->pods.len++, p);
    sift_up(h, p->heap_index);
}

void pod_heap_remove(struct pod_heap *h, struct queued_pod *p)
{
    struct queued_pod *last = h->pods.at[--h->pods.len];
    if (last == p)
        return;
    put(h, p->heap_index, last);
    pod_heap_fix(h, last);
}

void pod_heap_fix(struct pod_heap *h, struct queued_pod *p)
{
    sift_down(h, p->heap_index);
    sift_up(h, p->heap_index);
}

bool pod_heap_ok(const struct pod_heap *h)
{
    for (size_t i = 0; i < h->pods.len; i++)
        if (h->pods.at[i]->heap_index != i || (i > 0 && before(h, h->pods.at[i], h->pods.at[(i - 1) / 2])))
            return false;
    return true;
}

void pod_heap_fini(struct pod_heap *h)
{
    vec_fini(&h->pods);
}
