/* See backoff.h. */
#include "core/backoff.h"

int64_t backoff_window(int64_t ns)
{
    int64_t rest = ns % BACKOFF_WINDOW_NS;
    return ns - rest - (rest < 0 ? BACKOFF_WINDOW_NS : 0);
}

static int64_t duration(const struct backoff *b, uint32_t failures)
{
    uint32_t shift = failures - 1;
    return shift > 62 || b->initial_ns > b->max_ns >> shift ? b->max_ns : b->initial_ns << shift;
}

int64_t backoff_end(const struct backoff *b, struct queued_pod *p)
{
    uint32_t failures = p->errors > 0 ? p->errors : p->rejections;
    if (b->max_ns == 0 || failures == 0)
        return 0;
    if (p->backoff_until_ns == 0)
        p->backoff_until_ns = backoff_window(p->since_ns + duration(b, failures));
    return p->backoff_until_ns;
}

bool backoff_holds(const struct backoff *b, struct queued_pod *p, int64_t now_ns)
{
    int64_t end = backoff_end(b, p);
    return end != 0 && end >= backoff_window(now_ns);
}

static bool rejected_before(const void *context, const struct queued_pod *x, const struct queued_pod *y)
{
    const struct backoff *b = context;
    if (x->backoff_until_ns != y->backoff_until_ns)
        return x->backoff_until_ns < y->backoff_until_ns;
    return b->active_before(b->active_context, x, y);
}

static bool failed_before(const void *context, const struct queued_pod *x, const struct queued_pod *y)
{
    (void)context;
    if (x->backoff_until_ns != y->backoff_until_ns)
        return x->backoff_until_ns < y->backoff_until_ns;
    return x->sequence < y->sequence;
}

void backoff_init(struct backoff *b, int64_t initial_ns, int64_t max_ns, pod_heap_before active_before,
                  const void *active_context)
{
    *b = (struct backoff){
        .initial_ns = initial_ns,
        .max_ns = max_ns,
        .rejected = {.before = rejected_before, .context = b},
        .failed = {.before = failed_before},
        .active_before = active_before,
        .active_context = active_context,
    };
}

int backoff_reserve(struct backoff *b, size_t len)
{
    int r = pod_heap_reserve(&b->rejected, len);
    return r < 0 ? r : pod_heap_reserve(&b->failed, len);
}

static struct pod_heap *heap_of(struct backoff *b, const struct queued_pod *p)
{
    return p->place == QUEUE_BACKOFF ? &b->rejected : &b->failed;
}

void backoff_add(struct backoff *b, struct queued_pod *p)
{
    (void)backoff_end(b, p); /* the order reads what it remembers */
    p->place = queued_pod_rejectors(p) ? QUEUE_BACKOFF : QUEUE_ERROR_BACKOFF;
    pod_heap_push(heap_of(b, p), p);
}

void backoff_remove(struct backoff *b, struct queued_pod *p)
{
    pod_heap_remove(heap_of(b, p), p);
    p->place = QUEUE_NOWHERE;
}

void backoff_fix(struct backoff *b, struct queued_pod *p)
{
    pod_heap_fix(heap_of(b, p), p);
}

struct queued_pod *backoff_pop_early(struct backoff *b)
{
    struct queued_pod *p = pod_heap_first(&b->rejected);
    if (p)
        backoff_remove(b, p);
    return p;
}

struct queued_pod *backoff_pop_over(struct backoff *b, int64_t now_ns)
{
    struct queued_pod *p = pod_heap_first(&b->rejected);
    if (!p || backoff_holds(b, p, now_ns))
        p = pod_heap_first(&b->failed);
    if (!p || backoff_holds(b, p, now_ns))
        return NULL;
    backoff_remove(b, p);
    return p;
}

int64_t backoff_next(const struct backoff *b)
{
    const struct queued_pod *x = pod_heap_first(&b->rejected), *y = pod_heap_first(&b->failed);
    int64_t first = x ? x->backoff_until_ns : INT64_MAX;
    if (y && y->backoff_until_ns < first)
        first = y->backoff_until_ns;
    return first == INT64_MAX ? first : first + BACKOFF_WINDOW_NS;
}

void backoff_fini(struct backoff *b)
{
    pod_heap_fini(&b->rejected);
    pod_heap_fini(&b->failed);
}
