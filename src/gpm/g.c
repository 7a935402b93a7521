/*
 * The life of a G: made by gpm_go(), run by g_main() on its own stack, ended by returning from its function
 * or gpm_exit().
 *
 * A G gets its stack when it first runs, not when it is made. A million Gs that are made faster than they run
 * thus need a million small structs, but only as many stacks as have begun; and a G that ends leaves a warm
 * stack to the next one. The best case needs no switch at all: the G that ended and the next one, if it has
 * not begun, are two iterations of the loop in g_main().
 *
 * Dead Gs are kept per P (at most 64, moved 32 at a time) and then centrally, never freed.
 */
#include <stdio.h>
#include <sys/mman.h>

#include "gpm/proc.h"
#include "gpm/runq.h"
#include "gpm/sanitize.h"
#include "gpm/stack.h"

#define P_CACHE 64
#define P_BATCH 32
#define NAME_BYTES 24
#define ID_BATCH 16

/* Under gfree_lock: a slab of new ones. */
static bool gs_more(void)
{
    struct g_slab *slab =
        mmap(NULL, sizeof *slab, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (slab == MAP_FAILED)
        return false;
    for (int i = G_SLAB - 1; i >= 0; i--) {
        struct g *g = &slab->gs[i];
        lock_init(&g->timer.lock, RANK_TIMER);
        g_set_state(g, G_IDLE, G_DEAD);
        g->link = sched.gfree;
        sched.gfree = g;
    }
    sched.gfree_n += G_SLAB;
#ifdef GPM_ASAN
    __lsan_register_root_region(slab, sizeof *slab); /* what Gs point at is no leak */
#endif
    slab->next = LOAD(&sched.slabs);
    STORE_REL(&sched.slabs, slab);
    return true;
}

static NOINLINE struct g *gfget_slow(struct p *p)
{
    lock_acquire(&sched.gfree_lock);
    struct g *g = NULL;
    if (sched.gfree != NULL || gs_more()) {
        g = sched.gfree;
        sched.gfree = g->link;
        sched.gfree_n--;
        while (p != NULL && p->gfree_n < P_BATCH && sched.gfree != NULL) {
            struct g *more = sched.gfree;
            sched.gfree = more->link;
            sched.gfree_n--;
            more->link = p->gfree;
            p->gfree = more;
            p->gfree_n++;
        }
    }
    lock_release(&sched.gfree_lock);
    return g;
}

static inline struct g *gfget(struct p *p)
{
    if (UNLIKELY(p == NULL || p->gfree == NULL))
        return gfget_slow(p);
    struct g *g = p->gfree;
    p->gfree = g->link;
    p->gfree_n--;
    return g;
}

static void gf_spill(struct p *p, uint32_t n)
{
    lock_acquire(&sched.gfree_lock);
    while (n-- > 0 && p->gfree != NULL) {
        struct g *g = p->gfree;
        p->gfree = g->link;
        p->gfree_n--;
        g->link = sched.gfree;
        sched.gfree = g;
        sched.gfree_n++;
    }
    lock_release(&sched.gfree_lock);
}

void gf_drain(struct p *p)
{
    gf_spill(p, p->gfree_n);
}

static inline void gfput(struct p *p, struct g *g)
{
    g->link = p->gfree;
    p->gfree = g;
    if (UNLIKELY(++p->gfree_n >= P_CACHE))
        gf_spill(p, P_BATCH);
}

static inline uint64_t new_id(struct p *p)
{
    if (p == NULL)
        return atomic_fetch_add(&sched.next_id, 1) + 1;
    if (UNLIKELY(p->next_id == p->last_id)) {
        p->next_id = atomic_fetch_add(&sched.next_id, ID_BATCH) + 1;
        p->last_id = p->next_id + ID_BATCH;
    }
    return p->next_id++;
}

static char *copy_name(const char *name)
{
    char *copy = malloc(NAME_BYTES);
    if (copy != NULL)
        snprintf(copy, NAME_BYTES, "%s", name);
    return copy;
}

/* Go's newproc1, then runqput and wakep. p NULL: a foreign thread, which gives it to the global queue. */
static int new_g(struct m *m, const struct gpm_go_options *options, gpm_fn *fn, void *arg, void *pc)
{
    struct p *p = m != NULL ? m->p : NULL;
    struct g *g = gfget(p);
    if (g == NULL)
        return -ENOMEM;
    g->fn = fn;
    g->arg = arg;
    g->id = new_id(p);
    g->creator = m != NULL && m->curg != NULL ? m->curg->id : 0;
    g->creator_pc = pc;
    g->stack_class = sched.stack_class;
    STORE(&g->permit, 0);
    if (options != NULL) {
        if (options->stack_bytes > 0)
            g->stack_class = stack_class_for(options->stack_bytes);
        if (options->name != NULL)
            g->name = copy_name(options->name);
    }
    if (p != NULL)
        COUNT(p->stats.gs_made, 1);
    else
        atomic_fetch_add(&foreign_gs_made, 1);
    g_set_state(g, G_DEAD, G_RUNNABLE);
    ready_to_run(m, g, true);
    return 0;
}

_Atomic uint64_t foreign_gs_made;

int gpm_go(gpm_fn *fn, void *arg)
{
    struct m *m = m_self();
    if (UNLIKELY(m == NULL)) {
        int r = gpm_start();
        if (r < 0)
            return r;
    } else {
        safepoint();
        m = m_self(); /* a safepoint may switch */
    }
    return new_g(m, NULL, fn, arg, __builtin_return_address(0));
}

int gpm_go_with(const struct gpm_go_options *options, gpm_fn *fn, void *arg)
{
    if (options != NULL && options->stack_bytes > 0 && stack_class_for(options->stack_bytes) < 0)
        return -EINVAL;
    if (m_self() == NULL) {
        int r = gpm_start();
        if (r < 0)
            return r;
    }
    safepoint();
    return new_g(m_self(), options, fn, arg, __builtin_return_address(0));
}

/* A G for gpm_run(), from a foreign thread. */
int g_new_main(gpm_fn *fn, void *arg, struct run_waiter *waiter)
{
    struct g *g = gfget(NULL);
    if (g == NULL)
        return -ENOMEM;
    g->fn = fn;
    g->arg = arg;
    g->id = new_id(NULL);
    g->creator = 0;
    g->creator_pc = NULL;
    g->stack_class = sched.stack_class;
    g->name = copy_name("main");
    STORE(&g->permit, 0);
    g->run_waiter = waiter;
    atomic_fetch_add(&foreign_gs_made, 1);
    g_set_state(g, G_DEAD, G_RUNNABLE);
    run_waiter_count(+1); /* not before there is a G, or that is a deadlock */
    ready_to_run(NULL, g, false);
    return 0;
}

void g_prepare_stack(struct p *p, struct g *g)
{
    g->stack = stack_get(p, g->stack_class);
    g->sp = gpm_fresh_stack(g->stack->top);
#ifdef GPM_TSAN
    g->fiber = __tsan_create_fiber(0);
#endif
}

void g_stack_bounds(struct g *g, char **ret_lo, size_t *ret_bytes)
{
    if (g->stack != NULL) {
        *ret_lo = g->stack->lo;
        *ret_bytes = stack_bytes(g->stack);
    } else { /* a g0 */
        struct m *m = (struct m *)((char *)g - offsetof(struct m, g0));
        *ret_lo = m->stack_lo;
        *ret_bytes = m->stack_bytes;
    }
}

/* The last of G's own doing: everything but its stack and its place on a free list. */
void g_retire(struct p *p, struct g *g)
{
    COUNT(p->stats.gs_ended, 1);
    if (UNLIKELY(g->name != NULL)) {
        free(g->name);
        g->name = NULL;
    }
    if (UNLIKELY(g->run_waiter != NULL)) {
        run_waiter_wake(g->run_waiter);
        g->run_waiter = NULL;
    }
    g->m = NULL;
    g_set_state(g, G_RUNNING, G_DEAD);
}

/* On another stack. */
static void exit_finish(struct m *m, struct g *g)
{
#ifdef GPM_TSAN
    __tsan_destroy_fiber(g->fiber);
#endif
    stack_put(m->p, g->stack);
    g->stack = NULL;
    gfput(m->p, g);
}

/* true: the current G ended, and another is now the current one, on this very stack, which it is to begin on.
 */
static bool take_over_stack(struct m *m)
{
    struct g *g = m->curg;
    bool inherit;
    struct g *next = runq_next_directly(m, &inherit);
    if (next == NULL)
        return false;
    if (next->stack != NULL || next->stack_class != g->stack_class) {
        exit_to(m, g, next, inherit, exit_finish); /* does not return */
    }
    next->stack = g->stack;
    g->stack = NULL;
    g_retire(m->p, g);
    gfput(m->p, g);
    begin_slice(m, next, inherit);
    return true;
}

void g_main(void)
{
    stack_entered();
    switch_finish();
    for (;;) {
        struct g *g = m_self()->curg;
        g->fn(g->arg);
        if (STACK_TAKEOVER && take_over_stack(m_self()))
            continue;
        gpm_exit();
    }
}

void gpm_exit(void)
{
    struct g *g = g_need("gpm_exit");
    exit_to(m_self(), g, NULL, false, exit_finish);
    __builtin_unreachable();
}
