/*
 * Timers and sleeping.
 */
#include <stdatomic.h>

#include "join.h"
#include "run.h"

static struct join join;
static _Atomic long fired;

static void sleep_one(void *arg)
{
    int64_t ns = (int64_t)(long)arg, start = gpm_now();
    gpm_sleep(ns);
    CHECK(gpm_now() >= start + ns);
    join_done(&join);
}

static void sleep_many(void *arg)
{
    long n = (long)test_scale(20000);
    (void)arg;
    join_init(&join, n);
    for (long i = 0; i < n; i++)
        gpm_go(sleep_one, (void *)(i * 7919 % 20000000));
    join_wait(&join);
}

static void sleepers(void)
{
    gpm_run(sleep_many, NULL);
}

static _Atomic long order;

static void note_order(void *arg)
{
    CHECK(atomic_fetch_add(&order, 1) == (long)arg);
    join_done(&join);
}

/* However late they are, they fire in the order of their deadlines. */
static void start_in_order(void *arg)
{
    enum { N = 40 };
    struct gpm_timer *timers[N];
    int64_t now = gpm_now();
    (void)arg;
    join_init(&join, N);
    for (long i = 0; i < N; i++) {
        long place = i * 7 % N;
        timers[i] = gpm_timer_new(note_order, (void *)place);
        gpm_timer_reset(timers[i], now + 20000000 + place * 100000);
    }
    join_wait(&join);
    for (int i = 0; i < N; i++)
        gpm_timer_free(timers[i]);
}

static void fire_in_order(void)
{
    gpm_run(start_in_order, NULL);
}

static void fire(void *arg)
{
    atomic_fetch_add(&fired, 1);
    gpm_ready(arg);
}

static void move_and_stop(void *arg)
{
    struct gpm_timer *t = gpm_timer_new(fire, gpm_self());
    (void)arg;
    CHECK(t != NULL);
    CHECK(!gpm_timer_stop(t));
    CHECK(!gpm_timer_reset(t, gpm_after(3600000000000)));
    CHECK(gpm_timer_reset(t, gpm_after(1000000))); /* earlier than what is in the heap */
    CHECK(gpm_park(GPM_NEVER) == 0 && fired == 1);
    CHECK(!gpm_timer_reset(t, gpm_after(1000000)));
    CHECK(gpm_timer_reset(t, gpm_after(8000000))); /* later */
    int64_t start = gpm_now();
    CHECK(gpm_park(GPM_NEVER) == 0 && fired == 2 && gpm_now() >= start + 6000000);
    CHECK(!gpm_timer_reset(t, gpm_after(1000000)));
    CHECK(gpm_timer_stop(t));
    CHECK(!gpm_timer_stop(t));
    gpm_sleep(3000000);
    CHECK(fired == 2);
    CHECK(!gpm_timer_reset(t, 1)); /* long gone: fires at once */
    CHECK(gpm_park(GPM_NEVER) == 0 && fired == 3);
    gpm_timer_reset(t, GPM_NEVER);
    gpm_timer_free(t);
    gpm_timer_free(NULL);
}

static void moved_and_stopped(void)
{
    gpm_run(move_and_stop, NULL);
}

enum { TIMERS = 2000 };

static uint32_t rng = 1;

static uint32_t next_random(void)
{
    rng = rng * 1664525 + 1013904223;
    return rng >> 8;
}

static void count_fire(void *arg)
{
    atomic_fetch_add((_Atomic long *)arg, 1);
}

/* How many more have fired than should. */
static long sum(_Atomic long *fires, const long *certain)
{
    long n = 0;
    for (int i = 0; i < TIMERS; i++)
        n += fires[i] - certain[i];
    return n;
}

/* Each is reset and stopped at random; what is left pending must fire exactly once. */
static void shuffle(void *arg)
{
    static struct gpm_timer *timers[TIMERS];
    static _Atomic long fires[TIMERS];
    static long pending[TIMERS], certain[TIMERS];
    (void)arg;
    for (int i = 0; i < TIMERS; i++)
        CHECK((timers[i] = gpm_timer_new(count_fire, &fires[i])) != NULL);
    int64_t far = gpm_after(60000000000);
    for (size_t k = 0; k < test_times(20000); k++) {
        int i = (int)(next_random() % TIMERS);
        if (next_random() % 3 == 0) {
            CHECK(gpm_timer_stop(timers[i]) == (pending[i] != 0));
            pending[i] = 0;
        } else {
            CHECK(gpm_timer_reset(timers[i], far + (int64_t)next_random() * 1000) == (pending[i] != 0));
            pending[i] = 1;
        }
    }
    for (int i = 0; i < TIMERS; i++) {
        certain[i] = pending[i];
        if (pending[i])
            CHECK(gpm_timer_reset(timers[i], gpm_after((int64_t)(next_random() % 5000000))));
    }
    while (sum(fires, certain) < 0) /* late ones; the runner's patience is the limit */
        gpm_sleep(1000000);
    gpm_sleep(5000000); /* and those that should not */
    for (int i = 0; i < TIMERS; i++) {
        CHECK(fires[i] == certain[i]);
        gpm_timer_free(timers[i]);
    }
    gpm_sleep(1000000);
}

static void shuffled(void)
{
    gpm_run(shuffle, NULL);
}

static void resetter(void *arg)
{
    struct gpm_timer **timers = arg;
    for (size_t k = 0; k < test_times(4000); k++) {
        int i = (int)(k * 31 % 64);
        if (k % 5 == 0)
            gpm_timer_stop(timers[i]);
        else
            gpm_timer_reset(timers[i], gpm_after((int64_t)(k % 50) * 1000));
        if (k % 16 == 0)
            gpm_yield();
    }
    join_done(&join);
}

static void start_resetters(void *arg)
{
    static struct gpm_timer *timers[64];
    static _Atomic long fires;
    (void)arg;
    for (int i = 0; i < 64; i++)
        timers[i] = gpm_timer_new(count_fire, &fires);
    join_init(&join, 8);
    for (int i = 0; i < 8; i++)
        gpm_go(resetter, timers);
    join_wait(&join);
    for (int i = 0; i < 64; i++)
        gpm_timer_free(timers[i]);
}

static void contended(void)
{
    gpm_run(start_resetters, NULL);
}

/* Idle Ps fire what this one frees, sooner or later. What fires late still has its argument, but no timer. */
static void free_while_firing(void *arg)
{
    static _Atomic long fires;
    (void)arg;
    for (size_t k = 0; k < test_times(20000); k++) {
        struct gpm_timer *t = gpm_timer_new(count_fire, &fires);
        gpm_timer_reset(t, gpm_now());
        for (int64_t until = gpm_now() + (int64_t)(k % 64) * 500; gpm_now() < until;)
            ; /* no safepoint */
        gpm_timer_free(t);
    }
}

static void freed_while_firing(void)
{
    gpm_run(free_while_firing, NULL);
}

static void burn(void *arg)
{
    while (atomic_load((_Atomic long *)arg) == 0)
        ; /* no safepoint */
    join_done(&join);
}

static _Atomic long over;

static void sleep_beside(void *arg)
{
    (void)arg;
    join_init(&join, 1);
    gpm_go(burn, &over);
    gpm_sleep(5000000); /* the heap is that of a P which burns, or is idle */
    atomic_store(&over, 1);
    join_wait(&join);
}

static void beside_a_busy_p(void)
{
    gpm_run(sleep_beside, NULL);
}

int main(int argc, char **argv)
{
    static const struct test tests[] = {
        {"20,000 sleepers wake, none early", sleepers, .env = "GPM_MAXPROCS=2"},
        {"on one P, too", sleepers, .env = "GPM_MAXPROCS=1"},
        {"timers fire in the order of their deadlines", fire_in_order, .env = "GPM_MAXPROCS=1"},
        {"timers are moved to earlier and later, and stopped", moved_and_stopped},
        {"of many timers, reset and stopped at random, exactly the pending ones fire", shuffled},
        {"timers moved by many Gs at once", contended, .env = "GPM_MAXPROCS=4"},
        {"timers are freed while they fire", freed_while_firing, .env = "GPM_MAXPROCS=3"},
        {"a sleeper wakes although a P is busy without end", beside_a_busy_p, .env = "GPM_MAXPROCS=2"},
    };
    return run_tests(argc, argv, tests, sizeof tests / sizeof *tests);
}
