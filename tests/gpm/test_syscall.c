/*
 * Blocking calls: the P goes to others while a thread is stuck, and errno survives.
 */
#include <errno.h>
#include <stdatomic.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "join.h"
#include "run.h"

static struct join join;
static int pipe_ends[2];
static _Atomic long progress;

static void read_byte(void *arg)
{
    char byte;
    (void)arg;
    CHECK(read(pipe_ends[0], &byte, 1) == 1);
}

static void stuck_bracketed(void *arg)
{
    gpm_enter_syscall();
    read_byte(arg);
    gpm_exit_syscall();
    join_done(&join);
}

static void stuck_blocking(void *arg)
{
    gpm_blocking(read_byte, arg);
    join_done(&join);
}

enum { STUCK = 10 };

/* On one P all of them block their threads, and only the last G can free them. */
static void free_them(void *arg)
{
    (void)arg;
    for (int i = 0; i < 100; i++)
        gpm_yield();
    CHECK(write(pipe_ends[1], "0123456789", STUCK) == STUCK);
    join_done(&join);
}

static void start_stuck(void *fn_in)
{
    gpm_fn *const *fn = fn_in;
    struct gpm_stats stats;
    join_init(&join, STUCK + 1);
    gpm_go(free_them, NULL);
    for (int i = 0; i < STUCK; i++)
        gpm_go(*fn, NULL);
    join_wait(&join);
    gpm_stats(&stats);
    CHECK(stats.handoffs > 0);
}

static void bracketed(void)
{
    gpm_fn *fn = stuck_bracketed;
    CHECK(pipe(pipe_ends) == 0);
    gpm_run(start_stuck, &fn);
}

static void blocking(void)
{
    gpm_fn *fn = stuck_blocking;
    CHECK(pipe(pipe_ends) == 0);
    gpm_run(start_stuck, &fn);
}

/* Apart: a compiler may keep the address of errno, and the G changes threads. */
__attribute__((noinline)) static void set_errno(int value)
{
    errno = value;
}

__attribute__((noinline)) static int get_errno(void)
{
    return errno;
}

static void short_calls(void *arg)
{
    (void)arg;
    for (size_t i = 0; i < test_times(20000); i++) {
        gpm_enter_syscall();
        getppid();
        set_errno(77);
        gpm_exit_syscall();
        CHECK(get_errno() == 77);
    }
    join_done(&join);
}

static void long_calls(void *arg)
{
    (void)arg;
    for (size_t i = 0; i < test_times(200); i++) {
        struct timespec nap = {0, (long)(i % 5) * 30000};
        gpm_enter_syscall();
        nanosleep(&nap, NULL);
        set_errno(78);
        gpm_exit_syscall();
        CHECK(get_errno() == 78);
    }
    join_done(&join);
}

static void start_mixed(void *arg)
{
    (void)arg;
    join_init(&join, 24);
    for (int i = 0; i < 12; i++) {
        gpm_go(short_calls, NULL);
        gpm_go(long_calls, NULL);
    }
    join_wait(&join);
}

static void mixed(void)
{
    gpm_run(start_mixed, NULL);
}

static void on_foreign_thread(void)
{
    CHECK(pipe(pipe_ends) == 0 && write(pipe_ends[1], "x", 1) == 1);
    gpm_enter_syscall();
    gpm_exit_syscall();
    gpm_blocking(read_byte, NULL);
}

/* Blocks its thread without saying so: the preemption signal gets it out of the call. */
static void stuck_in_secret(void *arg)
{
    char byte;
    (void)arg;
    atomic_store(&progress, 1);
    CHECK(read(pipe_ends[0], &byte, 1) < 0 && errno == EINTR);
    join_done(&join);
}

static void start_secret(void *arg)
{
    (void)arg;
    join_init(&join, 1);
    gpm_go(stuck_in_secret, NULL);
    while (atomic_load(&progress) == 0)
        gpm_yield();
    join_wait(&join);
}

static void interrupted(void)
{
    CHECK(pipe(pipe_ends) == 0);
    gpm_run(start_secret, NULL);
}

static void start_leaver(void *arg)
{
    (void)arg;
    CHECK(gpm_go(stuck_bracketed, NULL) == 0);
    gpm_sleep(2000000);
}

static void main_leaves(void)
{
    CHECK(pipe(pipe_ends) == 0);
    CHECK(gpm_run(start_leaver, NULL) == 0);
}

int main(int argc, char **argv)
{
    static const struct test tests[] = {
        {"ten bracketed calls that block do not stop the eleventh G on one P", bracketed,
         .env = "GPM_MAXPROCS=1"},
        {"nor do ten that are known to block", blocking, .env = "GPM_MAXPROCS=1"},
        {"short and long calls mixed, errno survives", mixed, .env = "GPM_MAXPROCS=2"},
        {"on a foreign thread the brackets do nothing", on_foreign_thread},
        {"a call that blocks in secret is interrupted when others wait", interrupted,
         .env = "GPM_MAXPROCS=1"},
        {"gpm_run returns although a thread is stuck", main_leaves, .env = "GPM_MAXPROCS=1"},
    };
    return run_tests(argc, argv, tests, sizeof tests / sizeof *tests);
}
