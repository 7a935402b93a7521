/*
 * The hot half of the local run queue: put and get by the owner. The rest, and how it all fits together:
 * runq.c.
 */
#ifndef GPM_RUNQ_H
#define GPM_RUNQ_H

#include "gpm/internal.h"

void runq_put_slow(struct p *p, struct g *g);

/* With one P nobody steals, so the slot needs no locked instruction. The number of Ps changes only while the
 * world is stopped. */
static inline bool runq_alone(void)
{
    return LOAD(&sched.procs) == 1;
}

static inline void runq_put_ring(struct p *p, struct g *g)
{
    uint32_t head = LOAD_ACQ(&p->head); /* pairs with thieves: what they took, they have read */
    uint32_t tail = LOAD(&p->tail);
    if (UNLIKELY(tail - head >= RUNQ_SIZE)) {
        runq_put_slow(p, g);
        return;
    }
    STORE(&p->ring[tail % RUNQ_SIZE], g);
    STORE_REL(&p->tail, tail + 1);
}

/* Puts g where it is taken next; what was there goes to the tail of the ring. The exchange is a full barrier,
 * which wakep() needs. */
static inline void runq_put_next(struct p *p, struct g *g)
{
    struct g *old;
    if (runq_alone()) {
        old = LOAD(&p->runnext);
        STORE_REL(&p->runnext, g);
    } else {
        old = atomic_exchange(&p->runnext, g);
    }
    if (old != NULL)
        runq_put_ring(p, old);
}

static inline struct g *runq_get_next(struct p *p)
{
    struct g *g = LOAD(&p->runnext);
    if (g == NULL)
        return NULL;
    if (runq_alone()) {
        STORE(&p->runnext, NULL);
        return g;
    }
    /* Only the owner makes it non-NULL: if the exchange fails a thief made it NULL, and no second try is
     * needed. */
    return atomic_compare_exchange_strong(&p->runnext, &g, NULL) ? g : NULL;
}

/* Gs that slept long are in no cache: the stack of the next one and the struct of the one after that are
 * fetched while this one runs. They may be stolen meanwhile, and then this was for nothing; memory of Gs
 * stays memory of Gs. */
static inline void runq_warm_up(struct p *p, uint32_t head)
{
#ifndef GPM_TSAN
    if (LOAD(&p->tail) - head > 2) {
        __builtin_prefetch(LOAD(&p->ring[(head + 2) % RUNQ_SIZE]));
        __builtin_prefetch(LOAD(&p->ring[(head + 1) % RUNQ_SIZE])->sp);
    }
#else
    (void)p;
    (void)head;
#endif
}

static inline struct g *runq_get_ring(struct p *p)
{
    uint32_t head = LOAD_ACQ(&p->head);
    for (;;) {
        if (LOAD(&p->tail) == head)
            return NULL;
        struct g *g = LOAD(&p->ring[head % RUNQ_SIZE]);
        runq_warm_up(p, head);
        if (runq_alone()) {
            STORE_REL(&p->head, head + 1);
            return g;
        }
        if (atomic_compare_exchange_weak_explicit(&p->head, &head, head + 1, memory_order_acq_rel,
                                                  memory_order_acquire))
            return g;
    }
}

#endif
