/*
 * The local queue alone, with threads as owner and thieves: nothing is lost, nothing comes twice. A G is only
 * a number here.
 */
#include "gpm/proc.h"
#include "gpm/runq.h"

#include "run.h"

enum { THIEVES = 3, MAX_GS = 1 << 16 };

static struct g *gs;
static _Atomic uint8_t taken[MAX_GS];
static _Atomic long taken_n;
static size_t n;

static struct p *new_p(void)
{
    struct p *p = aligned_alloc(CACHE_LINE, sizeof(struct p));
    CHECK(p != NULL);
    memset(p, 0, sizeof *p);
    STORE(&p->state, P_SYSCALL); /* so that thieves of runnext do not sleep */
    timers_init(&p->timers);
    return p;
}

static void take(struct g *g)
{
    CHECK(atomic_fetch_add(&taken[g - gs], 1) == 0);
    atomic_fetch_add(&taken_n, 1);
}

static void take_ring(struct p *p)
{
    for (struct g *g; (g = runq_get_next(p)) != NULL || (g = runq_get_ring(p)) != NULL;)
        take(g);
}

static void *thief(void *arg)
{
    struct p *victim = arg, *p = new_p();
    for (unsigned i = 0; atomic_load(&taken_n) < (long)n; i++) {
        struct g *g = runq_steal(p, victim, i % 3 == 0);
        if (g != NULL)
            take(g);
        take_ring(p);
        if (i % 8 == 0) {
            lock_acquire(&sched.lock);
            g = globrunq_get(p, i % 16 == 0 ? 1 : 0);
            lock_release(&sched.lock);
            if (g != NULL)
                take(g);
            take_ring(p);
        }
        if (g == NULL)
            sched_yield();
    }
    free(p);
    return NULL;
}

static void owner_and_thieves(void)
{
    struct p *owner = new_p();
    pthread_t threads[THIEVES];
    STORE(&sched.procs, THIEVES + 1);
    n = MAX_GS < test_times(MAX_GS) ? MAX_GS : test_times(MAX_GS);
    gs = calloc(n, sizeof *gs);
    CHECK(gs != NULL);
    for (int i = 0; i < THIEVES; i++)
        CHECK(pthread_create(&threads[i], NULL, thief, owner) == 0);
    for (size_t i = 0; i < n; i++) {
        runq_put(owner, &gs[i], i % 4 == 0);
        bool inherit;
        struct g *g = i % 3 == 0 ? runq_get(owner, &inherit) : NULL;
        if (g != NULL)
            take(g);
    }
    for (int i = 0; i < THIEVES; i++)
        pthread_join(threads[i], NULL);
    for (size_t i = 0; i < n; i++)
        CHECK(taken[i] == 1);
    CHECK(runq_empty(owner) && sched.runq_size == 0);
    free(gs);
    free(owner);
}

/* ---- One thread ---- */

static void teardown(struct p *p)
{
    free(p);
    free(gs);
}

static void setup(struct p **p, int procs)
{
    *p = new_p();
    gs = calloc(1000, sizeof *gs);
    STORE(&sched.procs, procs);
}

static void overflow(void)
{
    struct p *p;
    setup(&p, 2);
    for (int i = 0; i < RUNQ_SIZE; i++)
        runq_put(p, &gs[i], false);
    CHECK(sched.runq_size == 0 && runq_len(p) == RUNQ_SIZE);
    runq_put(p, &gs[256], false);
    CHECK(sched.runq_size == 129 && runq_len(p) == 128);
    bool inherit;
    CHECK(runq_get(p, &inherit) == &gs[128] && !inherit);
    CHECK(sched.runq_head == &gs[0] && sched.runq_tail == &gs[256]);
    CHECK(LOAD(&p->stats.overflows) == 1 && LOAD(&p->preempt) == 1);
    teardown(p);
}

static void batches(void)
{
    struct p *p;
    setup(&p, 2);
    for (int i = 0; i < 11; i++)
        globrunq_put(&gs[i]);
    CHECK(globrunq_get(p, 0) == &gs[0]); /* 11 / 2 + 1 */
    CHECK(sched.runq_size == 5 && runq_len(p) == 5);
    CHECK(globrunq_get(p, 1) == &gs[6]);
    CHECK(sched.runq_size == 4 && runq_len(p) == 5);
    teardown(p);
}

static void next_and_kick(void)
{
    struct p *p;
    bool inherit;
    setup(&p, 2);
    runq_put(p, &gs[0], true);
    runq_put(p, &gs[1], true);
    CHECK(runq_len(p) == 2 && !runq_empty(p));
    CHECK(runq_get(p, &inherit) == &gs[1] && inherit);
    CHECK(runq_get(p, &inherit) == &gs[0] && !inherit);
    CHECK(runq_get(p, &inherit) == NULL && runq_empty(p));
    teardown(p);
}

static void half(void)
{
    struct p *p, *thief = new_p();
    setup(&p, 2);
    for (int i = 0; i < 7; i++)
        runq_put(p, &gs[i], false);
    CHECK(runq_steal(thief, p, false) == &gs[3]);
    CHECK(runq_len(thief) == 3 && runq_len(p) == 3);
    runq_put(p, &gs[7], true);
    for (int i = 0; i < 2; i++)
        CHECK(runq_steal(thief, p, false) != NULL);
    CHECK(runq_steal(thief, p, false) == NULL); /* runnext only on the last pass */
    CHECK(runq_steal(thief, p, true) == &gs[7]);
    CHECK(runq_empty(p));
    free(thief);
    teardown(p);
}

int main(int argc, char **argv)
{
    static const struct test tests[] = {
        {"a full ring gives half and the new one to the global queue", overflow},
        {"the global queue is taken in fair shares", batches},
        {"runnext is taken first, and pushed into the ring by the next", next_and_kick},
        {"half is stolen, rounded up, runnext last of all", half},
        {"an owner and three thieves lose nothing and find nothing twice", owner_and_thieves},
    };
    return run_tests(argc, argv, tests, sizeof tests / sizeof *tests);
}
