/*
 * Select: waits until one of several sends and receives can be done, and does exactly one.
 *
 *  1. Look at the channels without locks, and try one of those that look ready. Mostly this is all.
 *  2. Lock all of them, in the order of their addresses, so that two selects never wait for each other. Only
 * now does "none is ready" count: leave a waiter in each channel and park.
 *  3. The waker (a G at one of the channels, or the timer of the deadline) is the one that wins g_claim().
 * Awake, take the other waiters out, one lock at a time: nobody can be chosen any more.
 *
 * Where several arms are ready each is as likely as the others. Go shuffles the arms and takes the first that
 * is ready; drawing one among those that are is the same, and needs no second array.
 */
#include "gpm/chan.h"

enum { ARMS_ON_STACK = 8, ARMS_MAX = 65535 };

/* A select that has to wait. */
struct selection {
    struct gpm_case *arms;
    struct gpm_case **order; /* those with a channel, by its address */
    size_t order_len;
    struct waiter *waiters; /* one per arm, same index */
    int64_t deadline;
    uint32_t token;
    void *memory; /* of both arrays, when there are too many arms for these: */
    struct gpm_case *few_order[ARMS_ON_STACK];
    struct waiter few_waiters[ARMS_ON_STACK];
};

static struct waitq *queue_of(const struct gpm_case *arm)
{
    return arm->op == GPM_SEND ? &arm->chan->senders : &arm->chan->receivers;
}

static bool looks_ready(const struct gpm_case *arm)
{
    return arm->chan && (arm->op == GPM_SEND ? chan_can_send(arm->chan) : chan_can_recv(arm->chan));
}

static enum chan_outcome try_locked(struct gpm_case *arm, struct g **ret_wake)
{
    enum chan_outcome outcome = arm->op == GPM_SEND ? chan_send_locked(arm->chan, arm->element, ret_wake)
                                                    : chan_recv_locked(arm->chan, arm->element, ret_wake);
    if (outcome != CHAN_WOULD_BLOCK)
        arm->result = outcome == CHAN_DONE ? 0 : -EPIPE;
    return outcome;
}

static bool one_in(uint32_t n)
{
    return n == 1 || (uint64_t)m_random(m_self()) * n >> 32 == 0;
}

/* The index of one of the arms that look ready, each equally likely; n when there is none. */
static size_t draw_ready(const struct gpm_case *arms, size_t n)
{
    size_t drawn = n;
    uint32_t ready = 0;
    for (size_t i = 0; i < n; i++)
        if (looks_ready(&arms[i]) && one_in(++ready))
            drawn = i;
    return drawn;
}

/* Step 1. What looked ready may be gone when it is locked; after a few of those, n: do it in earnest. */
static size_t try_some(struct gpm_case *arms, size_t n)
{
    for (int tries = 0; tries < 4; tries++) {
        size_t i = draw_ready(arms, n);
        if (i == n)
            return n;
        struct g *wake = NULL;
        lock_acquire(&arms[i].chan->lock);
        enum chan_outcome outcome = try_locked(&arms[i], &wake);
        lock_release(&arms[i].chan->lock);
        if (wake)
            g_ready(wake);
        if (outcome != CHAN_WOULD_BLOCK)
            return i;
    }
    return n;
}

static int by_address(const void *a, const void *b)
{
    uintptr_t x = (uintptr_t)(*(struct gpm_case *const *)a)->chan;
    uintptr_t y = (uintptr_t)(*(struct gpm_case *const *)b)->chan;
    return x < y ? -1 : x > y;
}

static void sort_few(struct gpm_case **order, size_t len)
{
    for (size_t i = 1; i < len; i++) {
        struct gpm_case *arm = order[i];
        size_t at = i;
        for (; at > 0 && by_address(&order[at - 1], &arm) > 0; at--)
            order[at] = order[at - 1];
        order[at] = arm;
    }
}

/* false: no memory. */
static bool selection_init(struct selection *s, struct gpm_case *arms, size_t n)
{
    s->arms = arms;
    s->order = s->few_order;
    s->order_len = 0;
    s->waiters = s->few_waiters;
    s->memory = NULL;
    if (n > ARMS_ON_STACK) {
        s->memory = malloc(n * (sizeof(struct waiter) + sizeof(struct gpm_case *)));
        if (!s->memory)
            return false;
        s->waiters = s->memory;
        s->order = (struct gpm_case **)(s->waiters + n);
    }
    for (size_t i = 0; i < n; i++)
        if (arms[i].chan)
            s->order[s->order_len++] = &arms[i];
    if (n > ARMS_ON_STACK)
        qsort(s->order, s->order_len, sizeof(struct gpm_case *), by_address);
    else
        sort_few(s->order, s->order_len);
    return true;
}

/* A channel may be in several arms: it is locked with the first of them, and unlocked with it, too. */
static bool is_first_of_channel(struct gpm_case **order, size_t i)
{
    return i == 0 || order[i - 1]->chan != order[i]->chan;
}

static void lock_all(const struct selection *s)
{
    for (size_t i = 0; i < s->order_len; i++)
        if (is_first_of_channel(s->order, i))
            lock_acquire(&s->order[i]->chan->lock);
}

static void unlock_all(struct gpm_case **order, size_t len)
{
    for (size_t i = len; i-- > 0;)
        if (is_first_of_channel(order, i))
            lock_release(&order[i]->chan->lock);
}

/*
 * The G is parked, and may be woken as soon as the timer is set or a lock is released. It then wants every
 * lock, to take its waiters out, so it does not return, and its arrays stay, until the last is released.
 * Without channels it may be gone when the timer is set.
 */
static bool set_timer_and_unlock(struct g *g, void *arg)
{
    const struct selection *s = arg;
    struct gpm_case **order = s->order;
    size_t len = s->order_len;
    if (s->deadline != GPM_NEVER)
        timer_reset(&g->timer, s->deadline, g_wait_timeout, g, s->token);
    unlock_all(order, len);
    return true;
}

static void queue_all(struct selection *s, struct g *g)
{
    s->token = g_wait_token(g);
    for (size_t i = 0; i < s->order_len; i++) {
        struct gpm_case *arm = s->order[i];
        struct waiter *w = &s->waiters[arm - s->arms];
        *w = (struct waiter){.g = g, .element = arm->element, .claim = true, .token = s->token};
        waitq_push(queue_of(arm), w);
    }
}

static void take_out_others(struct selection *s, const struct waiter *chosen)
{
    for (size_t i = 0; i < s->order_len; i++) {
        struct gpm_case *arm = s->order[i];
        struct waiter *w = &s->waiters[arm - s->arms];
        if (w == chosen)
            continue;
        lock_acquire(&arm->chan->lock);
        waitq_remove(queue_of(arm), w);
        lock_release(&arm->chan->lock);
    }
}

/* Step 3, all locks held. */
static int park_for_one(struct selection *s, struct g *g)
{
    g->wait_data = NULL;
    queue_all(s, g);
    g_park(set_timer_and_unlock, s, s->order_len > 0 ? WAIT_SELECT : WAIT_SELECT_EMPTY);
    struct waiter *chosen = g->wait_data;
    if (chosen && s->deadline != GPM_NEVER)
        timer_stop(&g->timer);
    take_out_others(s, chosen);
    if (!chosen)
        return -ETIMEDOUT;
    int i = (int)(chosen - s->waiters);
    s->arms[i].result = chosen->success ? 0 : -EPIPE;
    return i;
}

/* Steps 2 and 3. */
static int select_all(struct gpm_case *arms, size_t n, int64_t deadline)
{
    struct selection s;
    if (!selection_init(&s, arms, n))
        return -ENOMEM;
    lock_all(&s);
    struct g *wake = NULL;
    size_t drawn = draw_ready(arms, n);
    while (drawn < n && try_locked(&arms[drawn], &wake) == CHAN_WOULD_BLOCK)
        drawn = draw_ready(
            arms, n); /* only selects that are over waited there, and they are out of the queue now */
    int r = drawn < n ? (int)drawn : -EAGAIN;
    if (r == -EAGAIN && deadline > GPM_NOW) {
        s.deadline = deadline;
        r = park_for_one(&s, g_self());
    } else {
        unlock_all(s.order, s.order_len);
        if (wake)
            g_ready(wake);
    }
    free(s.memory);
    return r;
}

int gpm_select(struct gpm_case *arms, size_t n, int64_t deadline)
{
    if (n > ARMS_MAX)
        return -EINVAL;
    if (deadline > GPM_NOW)
        g_need("gpm_select");
    safepoint();
    size_t i = try_some(arms, n);
    if (i < n)
        return (int)i;
    if (n == 1 && deadline <= GPM_NOW)
        return -EAGAIN; /* of one channel "not ready" was true when it was looked at */
    return select_all(arms, n, deadline);
}
