/*
 * Everything at once: Gs that are made, park, are readied by others, sleep, yield, block, poll and
 * end, while Ps come and go and foreign threads submit. Each unit of work carries a token that
 * must come home exactly once.
 */
#include <pthread.h>
#include <unistd.h>

#include "join.h"
#include "run.h"

static struct join join;
static _Atomic uint8_t *seen;

struct cell {
    long token;
    int steps;
    uint32_t rng;
};

static uint32_t next_random(uint32_t *rng)
{
    *rng = *rng * 1664525 + 1013904223;
    return *rng >> 8;
}

static void wake(void *g)
{
    gpm_ready(g);
}

static void short_block(void *arg)
{
    (void)arg;
    usleep(10);
}

static void step(struct cell *c)
{
    switch (next_random(&c->rng) % 8) {
    case 0:
        gpm_yield();
        break;
    case 1:
        gpm_sleep(next_random(&c->rng) % 20000);
        break;
    case 2:
        gpm_enter_syscall();
        gpm_exit_syscall();
        break;
    case 3:
        gpm_park(gpm_after(next_random(&c->rng) % 10000));
        break;
    case 4:
        if (next_random(&c->rng) % 8 == 0)
            gpm_blocking(short_block, NULL);
        break;
    case 5: /* woken by a G made for it */
        CHECK(gpm_go(wake, gpm_self()) == 0);
        gpm_park(GPM_NEVER);
        break;
    case 6: { /* woken by a timer that may come first */
        struct gpm_timer *t = gpm_timer_new(wake, gpm_self());
        CHECK(t != NULL);
        gpm_timer_reset(t, gpm_after(next_random(&c->rng) % 3000));
        gpm_park(GPM_NEVER);
        if (gpm_timer_stop(t))
            gpm_park(GPM_NOW);
        gpm_timer_free(t);
        break;
    }
    default:
        gpm_checkpoint();
    }
}

static void live(void *arg)
{
    struct cell *c = arg;
    while (c->steps-- > 0)
        step(c);
    CHECK(atomic_fetch_add(&seen[c->token], 1) == 0);
    free(c);
    join_done(&join);
}

static struct cell *new_cell(long token)
{
    struct cell *c = malloc(sizeof *c);
    CHECK(c != NULL);
    *c = (struct cell){.token = token, .steps = 20, .rng = (uint32_t)token * 2654435761u + 1};
    return c;
}

static void *submit(void *arg)
{
    long *range = arg;
    for (long i = range[0]; i < range[1]; i++) {
        CHECK(gpm_go(live, new_cell(i)) == 0);
        if (i % 50 == 0)
            usleep(50);
    }
    return NULL;
}

static void shake(void *arg)
{
    long n = (long)test_times(3000);
    long foreign[2] = {n, n + n / 4};
    pthread_t thread;
    bool change = arg != NULL;
    seen = calloc(foreign[1], 1);
    CHECK(seen != NULL);
    join_init(&join, foreign[1]);
    CHECK(pthread_create(&thread, NULL, submit, foreign) == 0);
    for (long i = 0; i < n; i++) {
        CHECK(gpm_go(live, new_cell(i)) == 0);
        if (change && i % 200 == 0)
            gpm_set_maxprocs(1 + (int)(i / 200 % 5));
        if (i % 100 == 0)
            gpm_yield();
    }
    join_wait(&join);
    gpm_enter_syscall();
    pthread_join(thread, NULL);
    gpm_exit_syscall();
    for (long i = 0; i < foreign[1]; i++)
        CHECK(seen[i] == 1);
    free((void *)seen);
}

static void everything(void)
{
    gpm_run(shake, NULL);
}

static void everything_changing(void)
{
    gpm_run(shake, "change");
}

/* A ring of Gs through which permits run: 10^7 hand-overs at GPM_STRESS=100. */
enum { RING = 64 };
static struct gpm_g *ring[RING];
static _Atomic long laps, ready;

static void pass_on(void *arg)
{
    long me = (long)arg, left = laps;
    ring[me] = gpm_self();
    atomic_fetch_add(&ready, 1);
    while (left-- > 0) {
        gpm_park(GPM_NEVER);
        gpm_ready(ring[(me + 1) % RING]);
    }
    join_done(&join);
    if (me == 0) /* the last permit of the last lap comes to one that has ended no later than the others */
        gpm_park(GPM_NEVER);
}

static void start_ring(void *arg)
{
    (void)arg;
    laps = (long)test_times(2000);
    join_init(&join, RING);
    for (long i = 0; i < RING; i++)
        gpm_go(pass_on, (void *)i);
    while (atomic_load(&ready) < RING)
        gpm_yield();
    gpm_ready(ring[0]);
    join_wait(&join);
}

static void around(void)
{
    gpm_run(start_ring, NULL);
}

int main(int argc, char **argv)
{
    static const struct test tests[] = {
        {"everything at once, on one P", everything, .env = "GPM_MAXPROCS=1"},
        {"everything at once, on two Ps", everything, .env = "GPM_MAXPROCS=2"},
        {"everything at once, on seven Ps", everything, .env = "GPM_MAXPROCS=7"},
        {"everything at once while the number of Ps changes", everything_changing},
        {"a permit runs around a ring", around, .env = "GPM_MAXPROCS=2"},
    };
    return run_tests(argc, argv, tests, sizeof tests / sizeof *tests);
}
