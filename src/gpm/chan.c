/*
 * Channels. A G that sends looks for a waiting receiver first and copies its element straight to where that G
 * wants it; only then into the ring; only then it waits itself, and the receiver that finds it does the
 * copying. So an element is copied once (unbuffered) or at most twice (buffered), and a G that was woken has
 * nothing left to do: no lock to take again, no condition to check again.
 *
 * Attempts that must not block look at the channel without its lock first. A negative answer was true at the
 * moment of looking, and no other moment was promised. What looks possible is done under the lock.
 */
#include "gpm/chan.h"

/* Elements are mostly words; a call of memcpy() costs more than the copy. */
static inline void copy_element(void *to, const void *from, size_t bytes)
{
    if (LIKELY(bytes == 8))
        memcpy(to, from, 8);
    else if (bytes == 4)
        memcpy(to, from, 4);
    else if (bytes > 0)
        memcpy(to, from, bytes);
}

static void zero_element(void *element, size_t bytes)
{
    if (element && bytes > 0)
        memset(element, 0, bytes);
}

struct gpm_chan *gpm_chan_new(size_t element_bytes, size_t capacity)
{
    size_t bytes;
    if (__builtin_mul_overflow(element_bytes, capacity, &bytes)
        || bytes > PTRDIFF_MAX - sizeof(struct gpm_chan))
        return NULL;
    struct gpm_chan *c = malloc(sizeof *c + bytes);
    if (!c)
        return NULL;
    *c = (struct gpm_chan){.element_bytes = element_bytes, .capacity = capacity};
    lock_init(&c->lock, RANK_CHAN);
    return c;
}

void gpm_chan_free(struct gpm_chan *c)
{
    if (c && (!waitq_is_empty(&c->senders) || !waitq_is_empty(&c->receivers)))
        gpm_fatal("gpm_chan_free: Gs wait on the channel");
    free(c);
}

static void push(struct gpm_chan *c, const void *element)
{
    copy_element(c->ring + c->send_at * c->element_bytes, element, c->element_bytes);
    if (++c->send_at == c->capacity)
        c->send_at = 0;
    STORE_REL(&c->count, LOAD(&c->count) + 1);
}

static void pop(struct gpm_chan *c, void *element)
{
    if (element)
        copy_element(element, c->ring + c->recv_at * c->element_bytes, c->element_bytes);
    if (++c->recv_at == c->capacity)
        c->recv_at = 0;
    STORE_REL(&c->count, LOAD(&c->count) - 1);
}

enum chan_outcome chan_send_locked(struct gpm_chan *c, const void *element, struct g **ret_wake)
{
    if (LOAD(&c->is_closed))
        return CHAN_CLOSED;
    struct waiter *receiver = waitq_pop(&c->receivers);
    if (receiver) {
        if (receiver->element)
            copy_element(receiver->element, element, c->element_bytes);
        *ret_wake = waiter_choose(receiver, true);
        return CHAN_DONE;
    }
    if (LOAD(&c->count) == c->capacity)
        return CHAN_WOULD_BLOCK;
    push(c, element);
    return CHAN_DONE;
}

enum chan_outcome chan_recv_locked(struct gpm_chan *c, void *element, struct g **ret_wake)
{
    bool is_buffered = LOAD(&c->count) > 0;
    if (is_buffered)
        pop(c, element);
    struct waiter *sender = waitq_pop(&c->senders);
    if (sender) {
        if (is_buffered)
            push(c, sender->element); /* the place that has just become free */
        else if (element)
            copy_element(element, sender->element, c->element_bytes);
        *ret_wake = waiter_choose(sender, true);
        return CHAN_DONE;
    }
    if (is_buffered)
        return CHAN_DONE;
    if (!LOAD(&c->is_closed))
        return CHAN_WOULD_BLOCK;
    zero_element(element, c->element_bytes);
    return CHAN_CLOSED;
}

/* Waits in q, c->lock held. */
static int wait_in(struct gpm_chan *c, struct waitq *q, void *element, int64_t deadline, enum wait_reason why)
{
    struct waiter w = waiter_until(g_self(), deadline);
    w.element = element;
    waitq_push(q, &w);
    int r = waitq_park(q, &w, &c->lock, deadline, why);
    return r < 0 ? r : w.success ? 0 : -EPIPE;
}

/* Ends an attempt that did not wait: the lock is released before whoever was found waiting is readied. */
static inline int finish(struct gpm_chan *c, enum chan_outcome outcome, struct g *wake)
{
    lock_release(&c->lock);
    if (wake)
        g_ready(wake);
    return outcome == CHAN_DONE ? 0 : outcome == CHAN_CLOSED ? -EPIPE : -EAGAIN;
}

static inline int send_until(struct gpm_chan *c, const void *element, int64_t deadline)
{
    struct g *wake = NULL;
    lock_acquire(&c->lock);
    enum chan_outcome outcome = chan_send_locked(c, element, &wake);
    if (outcome == CHAN_WOULD_BLOCK && deadline > GPM_NOW)
        return wait_in(c, &c->senders, (void *)(uintptr_t)element, deadline, WAIT_CHAN_SEND);
    return finish(c, outcome, wake);
}

static inline int recv_until(struct gpm_chan *c, void *element, int64_t deadline)
{
    struct g *wake = NULL;
    lock_acquire(&c->lock);
    enum chan_outcome outcome = chan_recv_locked(c, element, &wake);
    if (outcome == CHAN_WOULD_BLOCK && deadline > GPM_NOW)
        return wait_in(c, &c->receivers, element, deadline, WAIT_CHAN_RECV);
    return finish(c, outcome, wake);
}

/* A NULL channel: nobody will ever come. */
static int wait_for_nobody(int64_t deadline, enum wait_reason why)
{
    while (deadline == GPM_NEVER)
        g_park(NULL, NULL, why);
    if (deadline > GPM_NOW)
        gpm_sleep(deadline - gpm_now());
    return -ETIMEDOUT;
}

int gpm_send(struct gpm_chan *c, const void *element)
{
    g_need("gpm_send");
    safepoint();
    return c ? send_until(c, element, GPM_NEVER) : wait_for_nobody(GPM_NEVER, WAIT_CHAN_SEND_NIL);
}

bool gpm_recv(struct gpm_chan *c, void *element)
{
    g_need("gpm_recv");
    safepoint();
    return (c ? recv_until(c, element, GPM_NEVER) : wait_for_nobody(GPM_NEVER, WAIT_CHAN_RECV_NIL)) == 0;
}

int gpm_send_until(struct gpm_chan *c, const void *element, int64_t deadline)
{
    g_need("gpm_send_until");
    safepoint();
    int r = c ? send_until(c, element, deadline) : wait_for_nobody(deadline, WAIT_CHAN_SEND_NIL);
    return r == -EAGAIN ? -ETIMEDOUT : r;
}

int gpm_recv_until(struct gpm_chan *c, void *element, int64_t deadline)
{
    g_need("gpm_recv_until");
    safepoint();
    int r = c ? recv_until(c, element, deadline) : wait_for_nobody(deadline, WAIT_CHAN_RECV_NIL);
    return r == -EAGAIN ? -ETIMEDOUT : r;
}

int gpm_try_send(struct gpm_chan *c, const void *element)
{
    safepoint();
    return c && chan_can_send(c) ? send_until(c, element, GPM_NOW) : -EAGAIN;
}

int gpm_try_recv(struct gpm_chan *c, void *element)
{
    safepoint();
    return c && chan_can_recv(c) ? recv_until(c, element, GPM_NOW) : -EAGAIN;
}

/* Moves those who wait in q to the list of those to wake; receivers get a zero element. */
static void choose_all(struct gpm_chan *c, struct waitq *q, struct waitq *chosen, bool are_receivers)
{
    for (struct waiter *w; (w = waitq_pop(q)) != NULL;) {
        if (are_receivers)
            zero_element(w->element, c->element_bytes);
        waiter_choose(w, false);
        w->claim = false;
        waitq_push(chosen, w);
    }
}

int gpm_close(struct gpm_chan *c)
{
    safepoint();
    struct waitq chosen = {NULL};
    lock_acquire(&c->lock);
    bool was_closed = LOAD(&c->is_closed);
    if (!was_closed) {
        STORE_REL(&c->is_closed, true);
        choose_all(c, &c->senders, &chosen, false);
        choose_all(c, &c->receivers, &chosen, true);
    }
    lock_release(&c->lock);
    for (struct waiter *w; (w = waitq_pop(&chosen)) != NULL;)
        g_ready(w->g);
    return was_closed ? -EPIPE : 0;
}

size_t gpm_chan_len(struct gpm_chan *c)
{
    return c ? LOAD(&c->count) : 0;
}

size_t gpm_chan_cap(const struct gpm_chan *c)
{
    return c ? c->capacity : 0;
}
