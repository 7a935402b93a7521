/*
 * The scheduling loop as programs see it: everything that is made runs, nobody starves, no wake-up is lost.
 */
#include <dirent.h>
#include <pthread.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "join.h"
#include "run.h"

static struct join join;
static _Atomic long count;

/* ---- Making and ending ---- */

static void count_one(void *arg)
{
    (void)arg;
    atomic_fetch_add(&count, 1);
    join_done(&join);
}

static void spawn_many(void *arg)
{
    long n = (long)test_scale(100000);
    (void)arg;
    join_init(&join, n);
    for (long i = 0; i < n; i++)
        CHECK(gpm_go(count_one, NULL) == 0);
    join_wait(&join);
    CHECK(count == n);
}

static void runs_all(void)
{
    CHECK(gpm_run(spawn_many, NULL) == 0);
}

static void tree(void *arg)
{
    long depth = (long)arg;
    if (depth > 0) {
        gpm_go(tree, (void *)(depth - 1));
        gpm_go(tree, (void *)(depth - 1));
    }
    count_one(NULL);
}

static void spawn_tree(void *arg)
{
    long depth = TEST_TSAN ? 9 : 14;
    (void)arg;
    join_init(&join, (1L << (depth + 1)) - 1);
    tree((void *)depth);
    join_wait(&join);
    CHECK(count == (1L << (depth + 1)) - 1);
}

static void runs_a_tree(void)
{
    gpm_run(spawn_tree, NULL);
}

static void exits_deep(int depth)
{
    volatile char frame[64];
    frame[0] = (char)depth;
    if (depth == 0) {
        count_one(NULL);
        gpm_exit();
    }
    if (depth > 0)
        exits_deep(depth - 1);
    CHECK(frame[0] == (char)depth);
}

static void exiter(void *arg)
{
    exits_deep((int)(long)arg);
    CHECK(false);
}

static void spawn_exiters(void *arg)
{
    (void)arg;
    join_init(&join, 300);
    for (long i = 0; i < 300; i++)
        gpm_go(exiter, (void *)(i % 40));
    join_wait(&join);
}

static void exit_from_deep(void)
{
    gpm_run(spawn_exiters, NULL);
}

static void check_name(void *arg)
{
    CHECK(strcmp(gpm_name(), "a name of twenty-three ") == 0);
    CHECK(gpm_id() != 0 && gpm_self() != NULL);
    join_done(arg);
}

static void named(void *arg)
{
    static const struct gpm_go_options options = {.name = "a name of twenty-three characters and more"};
    static const struct gpm_go_options huge = {.stack_bytes = (size_t)1 << 40};
    (void)arg;
    CHECK(strcmp(gpm_name(), "main") == 0);
    join_init(&join, 1);
    CHECK(gpm_go_with(&options, check_name, &join) == 0);
    CHECK(gpm_go_with(&huge, check_name, &join) < 0);
    join_wait(&join);
}

static void names(void)
{
    gpm_run(named, NULL);
}

static void set_flag(void *arg)
{
    *(int *)arg = 1;
}

static void main_twice(void)
{
    int first = 0, second = 0;
    CHECK(gpm_run(set_flag, &first) == 0 && first == 1);
    CHECK(gpm_run(set_flag, &second) == 0 && second == 1);
}

static void run_inside(void *arg)
{
    CHECK(gpm_run(set_flag, arg) < 0);
    CHECK(gpm_init(NULL) < 0);
}

static void refuses_nesting(void)
{
    int flag = 0;
    gpm_run(run_inside, &flag);
    CHECK(flag == 0);
}

static void refuses_options(void)
{
    static const struct gpm_options bad[] = {{.maxprocs = -1},
                                             {.maxprocs = 5000},
                                             {.stack_bytes = (size_t)1 << 50},
                                             {.max_threads = -4},
                                             {.preempt_signal = 1000}};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        CHECK(gpm_init(&bad[i]) < 0);
    CHECK(gpm_init(NULL) == 0);
    CHECK(gpm_park(GPM_NEVER) < 0); /* on a foreign thread */
    CHECK(gpm_self() == NULL && gpm_id() == 0);
    gpm_yield();
    gpm_checkpoint();
}

/* ---- Fairness ---- */

static _Atomic bool stop;
static struct gpm_g *partner[2];

static void ping_pong(void *arg)
{
    long me = (long)arg;
    while (!atomic_load(&stop)) {
        gpm_ready(partner[1 - me]);
        gpm_park(GPM_NEVER);
    }
    gpm_ready(partner[1 - me]);
    join_done(&join);
}

static void first_of_pair(void *arg)
{
    partner[0] = gpm_self();
    ping_pong(arg);
}

static void second_of_pair(void *arg)
{
    partner[1] = gpm_self();
    gpm_go(first_of_pair, (void *)0);
    gpm_park(GPM_NEVER);
    ping_pong(arg);
}

static void stopper(void *arg)
{
    for (int i = (int)(long)arg; i > 0; i--) /* through the ring, and now and then the global queue */
        gpm_yield();
    atomic_store(&stop, true);
    join_done(&join);
}

/* The stopper starts in the ring, behind two Gs that keep readying each other. */
static void start_pair(void *arg)
{
    (void)arg;
    join_init(&join, 3);
    gpm_go(stopper, (void *)70);
    gpm_go(second_of_pair, (void *)1);
    join_wait(&join);
}

static void pair_starves_nobody(void)
{
    gpm_run(start_pair, NULL);
}

static void spinner(void *arg)
{
    (void)arg;
    while (!atomic_load(&stop))
        gpm_checkpoint();
    join_done(&join);
}

static void start_spinners(void *arg)
{
    struct gpm_stats stats;
    (void)arg;
    join_init(&join, 9);
    for (int i = 0; i < 8; i++)
        gpm_go(spinner, NULL);
    gpm_go(stopper, (void *)3);
    join_wait(&join);
    gpm_stats(&stats);
    CHECK(stats.preemptions > 0);
}

static void spinners_are_preempted(void)
{
    gpm_run(start_spinners, NULL);
}

static void yield_until_stopped(void *arg)
{
    (void)arg;
    while (!atomic_load(&stop))
        gpm_yield();
    join_done(&join);
}

static void *stop_from_outside(void *arg)
{
    CHECK(gpm_go(stopper, arg) == 0);
    gpm_foreign_end();
    return NULL;
}

/* The ring is never empty, and what a foreign thread makes waits in the global queue. */
static void start_yielders(void *arg)
{
    pthread_t thread;
    join_init(&join, 4);
    for (int i = 0; i < 3; i++)
        CHECK(gpm_go(yield_until_stopped, NULL) == 0);
    gpm_yield();
    gpm_foreign_begin();
    CHECK(pthread_create(&thread, NULL, stop_from_outside, arg) == 0);
    join_wait(&join);
    pthread_join(thread, NULL);
}

static void yielders_let_in(void)
{
    CHECK(gpm_run(start_yielders, (void *)1000) == 0);
}

static bool in_order;

static void expect_place(void *arg)
{
    in_order &= atomic_fetch_add(&count, 1) == (long)arg;
    join_done(&join);
}

/* Again when it was not so: main may lose its time slice in between. */
static void start_order(void *arg)
{
    (void)arg;
    for (int i = 0; i < 100 && !in_order; i++) {
        in_order = true;
        atomic_store(&count, 0);
        join_init(&join, 4);
        gpm_go(expect_place, (void *)1); /* pushed out of runnext by the next */
        gpm_go(expect_place, (void *)2);
        gpm_go(expect_place, (void *)3);
        gpm_go(expect_place, (void *)0); /* runnext: first */
        join_wait(&join);
    }
    CHECK(in_order);
}

static void order_of_runnext(void)
{
    gpm_run(start_order, NULL);
}

/* ---- Wake-ups ---- */

static struct gpm_g *sleeper;
static _Atomic long tokens;

static void take_tokens(void *arg)
{
    long n = (long)arg;
    sleeper = gpm_self();
    atomic_store(&count, 1);
    while (atomic_load(&tokens) < n)
        gpm_park(GPM_NEVER);
}

static void *give_tokens(void *arg)
{
    while (atomic_load(&count) == 0)
        sched_yield();
    for (long i = (long)arg; i > 0; i--) {
        atomic_fetch_add(&tokens, 1);
        gpm_ready(sleeper);
        if (i % 7 == 0)
            sched_yield();
    }
    gpm_foreign_end();
    return NULL;
}

/* A foreign thread wakes a G while the last M is going to sleep. */
static void foreign_wakes(void)
{
    long n = (long)test_times(200000);
    pthread_t thread;
    gpm_foreign_begin();
    CHECK(pthread_create(&thread, NULL, give_tokens, (void *)n) == 0);
    CHECK(gpm_run(take_tokens, (void *)n) == 0);
    pthread_join(thread, NULL);
}

static void foreign_count(void *arg)
{
    (void)arg;
    atomic_fetch_add(&count, 1);
}

static void *submit(void *arg)
{
    for (long i = (long)arg; i > 0; i--) {
        CHECK(gpm_go(foreign_count, NULL) == 0);
        if (i % 64 == 0) { /* let all Ms fall asleep now and then: what is lost then stays lost */
            struct timespec nap = {0, 1000000};
            while (atomic_load(&count) < (long)arg - i + 1)
                nanosleep(&nap, NULL);
        }
    }
    return NULL;
}

static void foreign_submits(void)
{
    long n = (long)test_times(20000);
    pthread_t thread;
    CHECK(pthread_create(&thread, NULL, submit, (void *)n) == 0);
    pthread_join(thread, NULL);
    struct timespec nap = {0, 1000000};
    while (atomic_load(&count) < n)
        nanosleep(&nap, NULL);
}

static void park_until(void *arg)
{
    (void)arg;
    CHECK(gpm_park(GPM_NOW) < 0);
    int64_t deadline = gpm_after(2000000);
    CHECK(gpm_park(deadline) < 0);
    CHECK(gpm_now() >= deadline);
    gpm_ready(gpm_self());
    CHECK(gpm_park(GPM_NEVER) == 0);
    gpm_ready(gpm_self());
    gpm_ready(gpm_self()); /* one permit, not two */
    CHECK(gpm_park(GPM_NOW) == 0);
    CHECK(gpm_park(GPM_NOW) < 0);
}

static void permits(void)
{
    gpm_run(park_until, NULL);
}

static struct gpm_g *racers[16];
static _Atomic long arrived;

static void racer(void *arg)
{
    long me = (long)arg;
    racers[me] = gpm_self();
    if (atomic_fetch_add(&arrived, 1) == 15)
        for (int i = 0; i < 16; i++)
            gpm_ready(racers[i]);
    gpm_park(GPM_NEVER);
    for (size_t i = 0; i < test_times(2000); i++) { /* deadlines that race with permits */
        gpm_ready(racers[(me + i) % 16]);
        gpm_park(gpm_after((int64_t)(i % 8) * 3000));
    }
    atomic_fetch_sub(&arrived, 1);
    while (atomic_load(&arrived) > 0) /* handles are good only while their Gs live */
        gpm_yield();
    join_done(&join);
}

static void start_racers(void *arg)
{
    (void)arg;
    join_init(&join, 16);
    for (long i = 0; i < 16; i++)
        gpm_go(racer, (void *)i);
    join_wait(&join);
}

static void permit_races(void)
{
    gpm_run(start_racers, NULL);
}

/* ---- Work for idle Ps ---- */

static _Atomic long both;

static void wait_for_other(void *arg)
{
    (void)arg;
    atomic_fetch_add(&both, 1);
    while (atomic_load(&both) < 2) /* no safepoint: only a second M can help */
        ;
    join_done(&join);
}

static void start_both(void *arg)
{
    (void)arg;
    for (size_t i = 0; i < test_times(200); i++) {
        atomic_store(&both, 0);
        join_init(&join, 2);
        gpm_go(wait_for_other, NULL);
        gpm_go(wait_for_other, NULL);
        join_wait(&join);
    }
}

static void idle_p_takes_work(void)
{
    gpm_run(start_both, NULL);
}

/* ---- Rest ---- */

#if !TEST_TSAN

/* Times that threads of this process gave up their CPU. */
static long naps(void)
{
    long sum = 0, n;
    char path[300], line[200];
    DIR *tasks = opendir("/proc/self/task");
    CHECK(tasks != NULL);
    for (struct dirent *task; (task = readdir(tasks)) != NULL;) {
        snprintf(path, sizeof path, "/proc/self/task/%s/status", task->d_name);
        FILE *f = fopen(path, "r");
        while (f != NULL && fgets(line, sizeof line, f) != NULL)
            if (sscanf(line, "voluntary_ctxt_switches: %ld", &n) == 1)
                sum += n;
        if (f != NULL)
            fclose(f);
    }
    closedir(tasks);
    return sum;
}

static void *watch(void *arg)
{
    struct timespec settle = {1, 200000000}, nap = {0, 500000000};
    nanosleep(&settle, NULL);
    long before = naps();
    nanosleep(&nap, NULL);
    *(long *)arg = naps() - before;
    return NULL;
}

static void sleep_through(void *arg)
{
    (void)arg;
    gpm_sleep(2000000000);
}

static void idle_is_quiet(void)
{
    pthread_t thread;
    long woken = 0;
    CHECK(pthread_create(&thread, NULL, watch, &woken) == 0);
    gpm_run(sleep_through, NULL);
    pthread_join(thread, NULL);
    CHECK(woken <= 10); /* a poll every 10 ms would be 50 */
}
#endif

int main(int argc, char **argv)
{
    static const struct test tests[] = {
        {"every G that is made runs, on one P", runs_all, .env = "GPM_MAXPROCS=1"},
        {"every G that is made runs, on four Ps", runs_all, .env = "GPM_MAXPROCS=4"},
        {"a tree of Gs runs to its leaves", runs_a_tree, .env = "GPM_MAXPROCS=3"},
        {"a G may end deep in its stack", exit_from_deep},
        {"names are cut, sizes that cannot be are refused", names},
        {"gpm_run works again and again", main_twice},
        {"gpm_run on a G is refused", refuses_nesting},
        {"nonsense options are refused, foreign threads too", refuses_options},
        {"two that ready each other do not starve the ring nor the global queue", pair_starves_nobody,
         .env = "GPM_MAXPROCS=1"},
        {"those that yield all the time let in what a foreign thread makes", yielders_let_in,
         .env = "GPM_MAXPROCS=1"},
        {"Gs that pass checkpoints share one P", spinners_are_preempted, .env = "GPM_MAXPROCS=1"},
        {"the G made last runs first, the others in order", order_of_runnext, .env = "GPM_MAXPROCS=1"},
        {"a foreign thread's wake-up is not lost while the last M falls asleep", foreign_wakes,
         .env = "GPM_MAXPROCS=2"},
        {"nor on one P", foreign_wakes, .env = "GPM_MAXPROCS=1"},
        {"Gs made by a foreign thread run", foreign_submits, .env = "GPM_MAXPROCS=2"},
        {"a permit ends one park, a deadline another", permits},
        {"permits and deadlines that race leave every G able to go on", permit_races,
         .env = "GPM_MAXPROCS=3"},
#if !TEST_TSAN /* which has threads of its own */
        {"a program that sleeps wakes none of its threads", idle_is_quiet, .env = "GPM_MAXPROCS=2"},
#endif
        {"an idle P takes the second of two Gs", idle_p_takes_work, .env = "GPM_MAXPROCS=2"},
    };
    return run_tests(argc, argv, tests, sizeof tests / sizeof *tests);
}
