/*
 * Pods that wait for their backoff to end: those that plugins rejected, and those whose
 * attempt ended in an error.
 *
 * A backoff lasts initial * 2^(n - 1), at most the maximum. n is the number of errors in a row when the last
 * attempt ended in one, else the number of rejections in the pod's life. Its end is cut down to the whole
 * second, so that all pods of one second are released together and in the order of their priorities. A pod
 * still backs off while the current second is that of the end: an end at 2 s holds the pod until the clock
 * shows 3 s.
 */
#ifndef CORE_BACKOFF_H
#define CORE_BACKOFF_H

#include "core/pod_heap.h"

enum { BACKOFF_WINDOW_NS = 1000000000 };

/*
 * Zero-initialise, set the durations and both heaps' order with backoff_init(); release with backoff_fini().
 */
struct backoff {
    int64_t initial_ns, max_ns; /* max_ns 0: no backoff at all */
    struct pod_heap rejected;   /* by end, then by the order of the active queue */
    struct pod_heap failed;     /* by end, then by arrival */
    pod_heap_before active_before;
    const void *active_context;
};

/* `active_before` orders rejected pods whose backoff ends in the same second. */
void backoff_init(struct backoff *b, int64_t initial_ns, int64_t max_ns, pod_heap_before active_before,
                  const void *active_context);

/* Room for `len` pods. 0 or -ENOMEM. */
int backoff_reserve(struct backoff *b, size_t len);

/*
 * The second in which the pod's backoff ends; 0 when it has none. Remembered in the pod until it fails again.
 */
int64_t backoff_end(const struct backoff *b, struct queued_pod *p);

/* Whether the pod must not be tried yet. */
bool backoff_holds(const struct backoff *b, struct queued_pod *p, int64_t now_ns);

/* Adds a pod, in the heap of errors when no plugin rejected it. Sets its place. */
void backoff_add(struct backoff *b, struct queued_pod *p);

/* Takes a pod out; its place becomes QUEUE_NOWHERE. */
void backoff_remove(struct backoff *b, struct queued_pod *p);

/* The object of a pod that is here was replaced. */
void backoff_fix(struct backoff *b, struct queued_pod *p);

/* The rejected pod whose backoff ends first, taken out early; NULL when there is none. */
struct queued_pod *backoff_pop_early(struct backoff *b);

/* A pod whose backoff is over, taken out; NULL when there is none. */
struct queued_pod *backoff_pop_over(struct backoff *b, int64_t now_ns);

/* The first time at which backoff_pop_over() gives a pod; INT64_MAX when there is none. */
int64_t backoff_next(const struct backoff *b);

/* The start of the second. */
int64_t backoff_window(int64_t ns);

void backoff_fini(struct backoff *b);

#endif
