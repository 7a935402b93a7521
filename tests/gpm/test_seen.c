/*
 * What can be seen from outside: deadlocks, dumps, traces, stack overflows, counters.
 */
#include <signal.h>
#include <unistd.h>

#include "join.h"
#include "run.h"

static struct join join;

static void park(void *arg)
{
    (void)arg;
    gpm_park(GPM_NEVER);
}

static void deadlock(void)
{
    gpm_run(park, NULL);
}

static void leave(void *arg)
{
    (void)arg;
    gpm_exit();
}

static void sleep_long(void *arg)
{
    (void)arg;
    gpm_sleep(60000000);
}

/* main sleeps (a timer is armed: no deadlock), then everybody is parked. */
static void sleep_then_park(void *arg)
{
    gpm_go(park, NULL);
    sleep_long(arg);
    park(arg);
}

static void late_deadlock(void)
{
    gpm_run(sleep_then_park, NULL);
}

static void no_deadlock_sleeping(void)
{
    gpm_run(sleep_long, NULL);
}

static void end_of_main(void)
{
    gpm_run(leave, NULL); /* main ended: gpm_run returns */
}

static void start_named(void)
{
    static const struct gpm_go_options options = {.name = "the-parked-one"};
    gpm_go_with(&options, park, NULL);
    gpm_go(sleep_long, NULL);
    for (int i = 0; i < 20; i++) /* on one P: they come to rest, whatever interrupts them */
        gpm_yield();
}

__attribute__((noinline)) static void recurse(long depth)
{
    volatile char frame[1024];
    frame[depth % 1024] = 1;
    if (depth > 0)
        recurse(depth - 1);
    CHECK(frame[depth % 1024] == 1);
}

static void dump_now(void *arg)
{
    (void)arg;
    start_named();
    gpm_dump(1);
}

static void dump_call(void)
{
    gpm_run(dump_now, NULL);
}

#if !TEST_TSAN
static void quit(void *arg)
{
    (void)arg;
    start_named();
    kill(getpid(), SIGQUIT);
    gpm_sleep(30000000000);
}

static void dump_signal(void)
{
    gpm_run(quit, NULL);
}

static void quit_busy(void *arg)
{
    (void)arg;
    start_named();
    kill(getpid(), SIGQUIT);
    for (;;)
        ;
}

static void dump_signal_busy(void)
{
    gpm_run(quit_busy, NULL);
}
#endif

static void overflow(void *arg)
{
    (void)arg;
    recurse(1 << 20);
}

static void start_overflow(void *arg)
{
    static const struct gpm_go_options options = {.name = "glutton", .stack_bytes = 32 << 10};
    gpm_go_with(&options, overflow, NULL);
    park(arg);
}

static void overflows(void)
{
    gpm_run(start_overflow, NULL);
}

static void use_most(void *arg)
{
    (void)arg;
    recurse(35); /* of 64 KiB */
    join_done(&join);
}

static void use_big(void *arg)
{
    (void)arg;
    recurse(600); /* of 1 MiB */
    join_done(&join);
}

static void start_users(void *arg)
{
    static const struct gpm_go_options big = {.stack_bytes = 1 << 20};
    (void)arg;
    join_init(&join, 20);
    for (int i = 0; i < 10; i++) {
        gpm_go(use_most, NULL);
        gpm_go_with(&big, use_big, NULL);
    }
    join_wait(&join);
}

static void stacks_hold(void)
{
    gpm_run(start_users, NULL);
}

#if !TEST_TSAN && !defined(__SANITIZE_ADDRESS__)
static void segfault(void *arg)
{
    (void)arg;
    *(volatile int *)arg = 1;
}

static void segfaults(void)
{
    gpm_run(segfault, (void *)64);
}
#endif

static void run_a_while(void *arg)
{
    (void)arg;
    start_named();
    for (int i = 0; i < 20; i++)
        gpm_sleep(2000000);
}

static void trace(void)
{
    gpm_run(run_a_while, NULL);
}

static void done(void *arg)
{
    (void)arg;
    join_done(&join);
}

static void count(void *arg)
{
    struct gpm_stats s;
    (void)arg;
    join_init(&join, 1000);
    for (int i = 0; i < 1000; i++)
        gpm_go(done, NULL);
    join_wait(&join);
    gpm_sleep(1000000);
    gpm_stats(&s);
    CHECK(s.gs == 1 && s.gs_made == 1001 && s.ps == 1 && s.ps_idle == 0);
    CHECK(s.switches > 0 && s.timers_fired == 1 && s.stacks > 0 && s.ms >= 1);
}

static void counters(void)
{
    gpm_run(count, NULL);
}

static void exit_needs_a_g(void)
{
    gpm_exit();
}

int main(int argc, char **argv)
{
    static const struct test tests[] = {
        {"a G that nobody can wake is a deadlock", deadlock, .exit_code = 2,
         .expect = "fatal error: all goroutines are asleep - deadlock!"},
        {"a deadlock shows who waits for what", deadlock, .exit_code = 2, .expect = "\"main\" [park]:"},
        {"a deadlock that comes after the last timer", late_deadlock, .exit_code = 2,
         .expect = "all goroutines are asleep - deadlock!"},
        {"a sleeping program is no deadlock", no_deadlock_sleeping},
        {"main may end by gpm_exit", end_of_main},
        {"a dump names the Gs", dump_call, .env = "GPM_MAXPROCS=1", .expect = "\"the-parked-one\" [park]:"},
        {"a dump has who made them", dump_call, .env = "GPM_MAXPROCS=1",
         .expect = "created by goroutine 1 at "},
        {"a dump shows the state of the others", dump_call, .env = "GPM_MAXPROCS=1", .expect = "[sleep]:"},
        {"a dump has a backtrace of parked Gs", dump_call, .env = "GPM_MAXPROCS=1",
         .expect = "test_gpm_seen+0x"},
#if !TEST_TSAN /* which delivers signals only in calls it knows */
        {"SIGQUIT dumps and ends", dump_signal, .env = "GPM_MAXPROCS=1", .exit_code = 2,
         .expect = "\"the-parked-one\" [park]:"},
        {"SIGQUIT works while a G never passes a safepoint", dump_signal_busy, .exit_code = 2,
         .expect = "runs on another thread", .env = "GPM_MAXPROCS=1"},
#endif
        {"a stack overflow is reported with the G's name", overflows, .exit_code = 2,
         .expect = "\"glutton\" used up its stack of 32 KiB"},
        {"stacks hold what they promise", stacks_hold},
#if !TEST_TSAN && !defined(__SANITIZE_ADDRESS__)
        {"another SIGSEGV stays one", segfaults, .signal = SIGSEGV},
#endif
        {"schedtrace prints Go's line", trace, .env = "GPM_TRACE=schedtrace=5", .expect = "ms: gomaxprocs="},
        {"scheddetail has Ps", trace, .env = "GPM_TRACE=schedtrace=5,scheddetail=1",
         .expect = "  P0: status="},
        {"scheddetail has Gs with their reasons", trace, .env = "GPM_TRACE=schedtrace=5,scheddetail=1",
         .expect = "status=4(park)"},
        {"a trace setting that is unknown is named", trace, .env = "GPM_TRACE=gctrace=1",
         .expect = "\"gctrace\""},
        {"counters count", counters, .env = "GPM_MAXPROCS=1"},
        {"gpm_exit on a foreign thread is refused with its name", exit_needs_a_g, .exit_code = 2,
         .expect = "gpm_exit() called on a thread"},
    };
    return run_tests(argc, argv, tests, sizeof tests / sizeof *tests);
}
