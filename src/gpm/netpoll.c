/*
 * The network poller: one epoll instance, edge-triggered; descriptors are registered once, for everything.
 *
 * Each direction of a descriptor has a word: nothing, "ready" (an edge came and nobody has used it), "wait"
 * (a G is about to park), or the parked G. All changes are CAS, which closes the race between the edge and
 * the G that parks: after EAGAIN the G changes nothing into wait; if that fails an edge came and it tries
 * again. The edge changes wait or nothing into ready, or takes the G out.
 *
 *     nothing ──poll_wait──▶ wait ──park──▶ G          edge: any ──▶ ready (a G that was there is readied)
 *        ▲                                             deadline, eviction: wait, G ──▶ nothing (and readied)
 *        └── poll_prepare, or the G took note of ready
 *
 * A descriptor may be closed and its number, and its poll_desc, reused while an event for it is under way.
 * Events carry the tag that the poll_desc had when it was registered: an old one is dropped. Deadlines have
 * sequence numbers for the same reason.
 */
#include <fcntl.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <unistd.h>

#include "gpm/proc.h"

#define EVENTS 128
#define DESCRIPTORS_RESERVED 16384
#define TAG_BITS 16 /* addresses have 48 bits at most on both machines */
#define SLAB 64

static struct {
    int epoll;
    int wake; /* an eventfd */
    _Atomic bool up;
    _Atomic bool waking; /* a break is under way: one is enough */
    _Atomic bool no_pwait2;
    _Atomic uint32_t waiters; /* parked Gs */
    struct lock cache_lock;
    struct poll_desc *cache;
} net = {.cache_lock = LOCK_INIT(RANK_POLL_CACHE)};

/* When a process with several threads opens more descriptors than its table in the kernel has room for, who
 * opens waits until every CPU has seen the larger table (synchronize_rcu(), 5 to 15 ms), and who else opens
 * waits with it: at 256, 512, 1,024, ... So the table is made large now, while there is one thread
 * (a program that has more waits once): as many as the process may open, 128 KiB of the kernel's memory at
 * most. */
static void reserve_descriptors(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
        return;
    rlim_t most = limit.rlim_cur < DESCRIPTORS_RESERVED ? limit.rlim_cur : DESCRIPTORS_RESERVED;
    int highest = fcntl(net.epoll, F_DUPFD_CLOEXEC, (int)most - 1);
    if (highest >= 0)
        close(highest);
}

int netpoll_init(void)
{
    if (LOAD(&net.up))
        return 0;
    net.epoll = epoll_create1(EPOLL_CLOEXEC);
    if (net.epoll < 0)
        return -errno;
    reserve_descriptors();
    net.wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    struct epoll_event event = {.events = EPOLLIN, .data.u64 = 0};
    if (net.wake < 0 || epoll_ctl(net.epoll, EPOLL_CTL_ADD, net.wake, &event) != 0)
        return -errno;
    STORE_REL(&net.up, true);
    return 0;
}

bool netpoll_ready(void)
{
    return LOAD(&net.up);
}

bool netpoll_any_waiters(void)
{
    return LOAD(&net.waiters) != 0;
}

void netpoll_break(void)
{
    if (atomic_exchange(&net.waking, true))
        return;
    uint64_t one = 1;
    while (write(net.wake, &one, sizeof one) < 0 && errno == EINTR)
        ;
}

/* ---- Descriptors ---- */

static struct poll_desc *desc_get(void)
{
    lock_acquire(&net.cache_lock);
    if (net.cache == NULL) {
        struct poll_desc *slab = calloc(SLAB, sizeof *slab);
        for (int i = 0; slab != NULL && i < SLAB; i++) {
            lock_init(&slab[i].lock, RANK_POLL);
            lock_init(&slab[i].side[POLL_READ].timer.lock, RANK_TIMER);
            lock_init(&slab[i].side[POLL_WRITE].timer.lock, RANK_TIMER);
            slab[i].link = net.cache;
            net.cache = &slab[i];
        }
    }
    struct poll_desc *pd = net.cache;
    if (pd != NULL)
        net.cache = pd->link;
    lock_release(&net.cache_lock);
    return pd;
}

static void desc_put(struct poll_desc *pd)
{
    atomic_fetch_add(&pd->tag, 1);
    lock_acquire(&net.cache_lock);
    pd->link = net.cache;
    net.cache = pd;
    lock_release(&net.cache_lock);
}

static uint64_t event_data(struct poll_desc *pd)
{
    return (uint64_t)(uintptr_t)pd << TAG_BITS | (LOAD(&pd->tag) & ((1u << TAG_BITS) - 1));
}

static struct poll_desc *event_desc(uint64_t data)
{
    struct poll_desc *pd = (struct poll_desc *)(uintptr_t)(data >> TAG_BITS);
    bool current = (LOAD_ACQ(&pd->tag) & ((1u << TAG_BITS) - 1)) == (data & ((1u << TAG_BITS) - 1));
    return current ? pd : NULL;
}

int poll_open(int fd, struct poll_desc **ret_pd)
{
    int r = gpm_start();
    if (r < 0)
        return r;
    struct poll_desc *pd = desc_get();
    if (pd == NULL)
        return -ENOMEM;
    lock_acquire(&pd->lock);
    pd->fd = fd;
    STORE(&pd->closing, false);
    STORE(&pd->hung_up, false);
    for (int i = 0; i < 2; i++) {
        STORE(&pd->side[i].word, POLL_NIL);
        STORE(&pd->side[i].deadline, 0);
        pd->side[i].seq++;
    }
    lock_release(&pd->lock);
    struct epoll_event event = {.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET,
                                .data.u64 = event_data(pd)};
    if (epoll_ctl(net.epoll, EPOLL_CTL_ADD, fd, &event) != 0) {
        r = -errno;
        desc_put(pd);
        return r;
    }
    *ret_pd = pd;
    return 0;
}

void poll_close(struct poll_desc *pd)
{
    struct epoll_event event = {0};
    epoll_ctl(net.epoll, EPOLL_CTL_DEL, pd->fd, &event);
    desc_put(pd);
}

/* ---- Waiting ---- */

static int check(struct poll_desc *pd, enum poll_mode mode)
{
    if (LOAD_ACQ(&pd->closing))
        return -ECANCELED;
    return LOAD_ACQ(&pd->side[mode].deadline) < 0 ? -ETIMEDOUT : 0;
}

int poll_prepare(struct poll_desc *pd, enum poll_mode mode)
{
    int r = check(pd, mode);
    if (r == 0 && LOAD(&pd->side[mode].word) == POLL_READY)
        atomic_store(&pd->side[mode].word, POLL_NIL);
    return r;
}

static bool commit(struct g *g, void *arg)
{
    struct poll_side *side = arg;
    uintptr_t wait = POLL_WAIT;
    atomic_fetch_add(&net.waiters, 1); /* first: who wakes it subtracts */
    if (atomic_compare_exchange_strong(&side->word, &wait, (uintptr_t)g))
        return true;
    atomic_fetch_sub(&net.waiters, 1);
    return false;
}

int poll_wait(struct poll_desc *pd, enum poll_mode mode)
{
    struct poll_side *side = &pd->side[mode];
    int r = check(pd, mode);
    if (r < 0)
        return r;
    uintptr_t word = POLL_NIL;
    while (!atomic_compare_exchange_strong(&side->word, &word, POLL_WAIT)) {
        if (word == POLL_READY && atomic_compare_exchange_strong(&side->word, &word, POLL_NIL))
            return 0;
        if (word != POLL_READY && word != POLL_NIL)
            gpm_fatal("two Gs wait for the same direction of descriptor %d", pd->fd);
        word = POLL_NIL;
    }
    if (check(pd, mode) == 0) /* again: a deadline or eviction before the word said "wait" saw nobody */
        g_park(commit, side, WAIT_IO);
    word = atomic_exchange(&side->word, POLL_NIL);
    r = check(pd, mode);
    return r < 0 && word != POLL_READY ? r : 0;
}

/* An edge came (ready), or the wait is over for another reason. Returns the G that is to be readied. */
static struct g *unblock(struct poll_side *side, bool ready)
{
    for (;;) {
        uintptr_t word = atomic_load(&side->word);
        if (word == POLL_READY || (word == POLL_NIL && !ready))
            return NULL;
        if (!atomic_compare_exchange_strong(&side->word, &word, ready ? POLL_READY : POLL_NIL))
            continue;
        if (word == POLL_NIL || word == POLL_WAIT)
            return NULL;
        atomic_fetch_sub(&net.waiters, 1);
        return (struct g *)word;
    }
}

void poll_evict(struct poll_desc *pd)
{
    struct g *gs[2];
    lock_acquire(&pd->lock);
    atomic_store(&pd->closing, true);
    for (int i = 0; i < 2; i++) {
        pd->side[i].seq++;
        gs[i] = unblock(&pd->side[i], false);
        timer_stop(&pd->side[i].timer);
    }
    lock_release(&pd->lock);
    for (int i = 0; i < 2; i++)
        if (gs[i] != NULL)
            g_ready(gs[i]);
}

/* ---- Deadlines ---- */

static void deadline_passed(struct poll_desc *pd, enum poll_mode mode, uint64_t seq)
{
    struct g *g = NULL;
    lock_acquire(&pd->lock);
    if (pd->side[mode].seq == seq) {
        atomic_store(&pd->side[mode].deadline, -1);
        g = unblock(&pd->side[mode], false);
    }
    lock_release(&pd->lock);
    if (g != NULL)
        g_ready(g);
}

static void read_deadline(void *arg, uint64_t seq)
{
    deadline_passed(arg, POLL_READ, seq);
}

static void write_deadline(void *arg, uint64_t seq)
{
    deadline_passed(arg, POLL_WRITE, seq);
}

void poll_set_deadline(struct poll_desc *pd, enum poll_mode mode, int64_t deadline)
{
    struct poll_side *side = &pd->side[mode];
    struct g *g = NULL;
    lock_acquire(&pd->lock);
    if (!LOAD(&pd->closing)) {
        side->seq++;
        if (deadline == GPM_NEVER) {
            atomic_store(&side->deadline, 0);
            timer_stop(&side->timer);
        } else if (deadline <= gpm_now_ns()) {
            atomic_store(&side->deadline, -1);
            timer_stop(&side->timer);
            g = unblock(side, false);
        } else {
            atomic_store(&side->deadline, deadline);
            timer_reset(&side->timer, deadline, mode == POLL_READ ? read_deadline : write_deadline, pd,
                        side->seq);
        }
    }
    lock_release(&pd->lock);
    if (g != NULL)
        g_ready(g);
}

/* ---- Polling ---- */

/* Go's rounding, where the kernel takes only milliseconds: up to one below it, else down. */
static int milliseconds(int64_t delay_ns)
{
    if (delay_ns < 0)
        return -1;
    if (delay_ns == 0)
        return 0;
    if (delay_ns < MS)
        return 1;
    return delay_ns / MS < 1000000000 ? (int)(delay_ns / MS) : 1000000000;
}

static int wait_events(struct epoll_event *events, int64_t delay_ns)
{
#ifndef GPM_TSAN /* which does not know epoll_pwait2(), and would see races */
    if (delay_ns > 0 && !LOAD(&net.no_pwait2)) {
        struct timespec wait = {delay_ns / 1000000000, delay_ns % 1000000000};
        int n = epoll_pwait2(net.epoll, events, EVENTS, &wait, NULL);
        if (n >= 0 || errno != ENOSYS)
            return n;
        STORE(&net.no_pwait2, true);
    }
#endif
    return epoll_wait(net.epoll, events, EVENTS, milliseconds(delay_ns));
}

static void woken(bool blocking)
{
    uint64_t count;
    if (!blocking)
        return; /* leave it for the one that blocks */
    while (read(net.wake, &count, sizeof count) < 0 && errno == EINTR)
        ;
    atomic_store(&net.waking, false);
}

static void take_event(const struct epoll_event *event, struct g_list *ready)
{
    struct poll_desc *pd = event_desc(event->data.u64);
    if (pd == NULL)
        return;
    struct g *g;
    if (event->events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR))
        STORE(&pd->hung_up, true);
    if ((event->events & (EPOLLIN | EPOLLRDHUP | EPOLLHUP | EPOLLERR))
        && (g = unblock(&pd->side[POLL_READ], true)) != NULL)
        g_list_push(ready, g);
    if ((event->events & (EPOLLOUT | EPOLLHUP | EPOLLERR))
        && (g = unblock(&pd->side[POLL_WRITE], true)) != NULL)
        g_list_push(ready, g);
}

void netpoll(int64_t delay_ns, struct g_list *ready)
{
    if (!LOAD_ACQ(&net.up))
        return;
    struct epoll_event events[EVENTS];
    int n = wait_events(events, delay_ns);
    for (int i = 0; i < n; i++) {
        if (events[i].data.u64 == 0)
            woken(delay_ns != 0);
        else
            take_event(&events[i], ready);
    }
}
