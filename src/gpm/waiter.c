/*
 * Waiters: what a G leaves in the queue of a channel or lock. Cached per P, moved in halves to and from a central list, and never
 * given back to malloc.
 */
#include "gpm/internal.h"

#define P_CACHE 128
#define P_BATCH 64

static struct {
    struct lock lock;
    struct waiter *free;
} central = {.lock = LOCK_INIT(RANK_WAITER)};

static struct waiter *waiters_more(void)
{
    struct waiter *slab = calloc(P_BATCH, sizeof *slab);
    if (slab == NULL)
        gpm_fatal("no memory for waiters");
    for (int i = 0; i + 1 < P_BATCH; i++)
        slab[i].next = &slab[i + 1];
    return slab;
}

static NOINLINE struct waiter *waiter_get_slow(struct p *p)
{
    lock_acquire(&central.lock);
    if (central.free == NULL)
        central.free = waiters_more();
    struct waiter *w = central.free;
    central.free = w->next;
    while (p != NULL && p->waiters_n < P_BATCH && central.free != NULL) {
        struct waiter *more = central.free;
        central.free = more->next;
        more->next = p->waiters;
        p->waiters = more;
        p->waiters_n++;
    }
    lock_release(&central.lock);
    return w;
}

struct waiter *waiter_get(void)
{
    struct m *m = m_self();
    struct p *p = m != NULL ? m->p : NULL;
    struct waiter *w = p != NULL ? p->waiters : NULL;
    if (LIKELY(w != NULL)) {
        p->waiters = w->next;
        p->waiters_n--;
    } else {
        w = waiter_get_slow(p);
    }
    *w = (struct waiter){0};
    return w;
}

static NOINLINE void waiters_spill(struct p *p, uint32_t n)
{
    lock_acquire(&central.lock);
    while (n-- > 0 && p->waiters != NULL) {
        struct waiter *w = p->waiters;
        p->waiters = w->next;
        p->waiters_n--;
        w->next = central.free;
        central.free = w;
    }
    lock_release(&central.lock);
}

void waiters_drain(struct p *p)
{
    waiters_spill(p, p->waiters_n);
}

void waiter_put(struct waiter *w)
{
    struct m *m = m_self();
    struct p *p = m != NULL ? m->p : NULL;
    if (UNLIKELY(p == NULL)) {
        lock_acquire(&central.lock);
        w->next = central.free;
        central.free = w;
        lock_release(&central.lock);
        return;
    }
    w->next = p->waiters;
    p->waiters = w;
    if (UNLIKELY(++p->waiters_n >= P_CACHE))
        waiters_spill(p, P_BATCH);
}
