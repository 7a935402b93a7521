/*
 * The poller: edges, deadlines, eviction, reuse of descriptors.
 * On the seam below gpm_io, which has tests of its own.
 */
#include "gpm/internal.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "join.h"
#include "run.h"

static struct join join;

struct end {
    int fd;
    struct poll_desc *pd;
};

static void open_pair(struct end *a, struct end *b)
{
    int fds[2];
    CHECK(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds) == 0);
    a->fd = fds[0];
    b->fd = fds[1];
    CHECK(poll_open(a->fd, &a->pd) == 0 && poll_open(b->fd, &b->pd) == 0);
}

static void close_end(struct end *e)
{
    poll_evict(e->pd);
    poll_close(e->pd);
    close(e->fd);
}

/* Apart: a compiler may keep the address of errno, and the G changes threads. */
__attribute__((noinline)) static ssize_t read_byte(int fd, unsigned char *byte)
{
    ssize_t n = read(fd, byte, 1);
    return n < 0 ? -errno : n;
}

/* One byte, or a negative errno. */
static int get(struct end *e)
{
    for (;;) {
        unsigned char byte;
        int r = poll_prepare(e->pd, POLL_READ);
        if (r < 0)
            return r;
        ssize_t n = read_byte(e->fd, &byte);
        if (n >= 0)
            return n == 1 ? byte : -EPIPE;
        CHECK(n == -EAGAIN);
        if ((r = poll_wait(e->pd, POLL_READ)) < 0)
            return r;
    }
}

static void put(struct end *e, int byte)
{
    unsigned char b = (unsigned char)byte;
    CHECK(write(e->fd, &b, 1) == 1);
}

/* ---- Echo ---- */

static void echo(void *arg)
{
    struct end *e = arg;
    for (int byte; (byte = get(e)) >= 0;)
        put(e, byte);
    close_end(e);
    join_done(&join);
}

static void ask(void *arg)
{
    struct end *e = arg;
    for (size_t i = 0; i < test_times(40); i++) {
        put(e, (int)(i & 127));
        CHECK(get(e) == (int)(i & 127));
    }
    close_end(e);
    join_done(&join);
}

static void start_echo(void *arg)
{
    enum { PAIRS = 200 };
    static struct end ends[PAIRS][2];
    (void)arg;
    join_init(&join, 2 * PAIRS);
    for (int i = 0; i < PAIRS; i++) {
        open_pair(&ends[i][0], &ends[i][1]);
        gpm_go(echo, &ends[i][0]);
        gpm_go(ask, &ends[i][1]);
    }
    join_wait(&join);
}

static void echoes(void)
{
    gpm_run(start_echo, NULL);
}

/* ---- Deadlines and eviction ---- */

static void deadlines(void *arg)
{
    struct end a, b;
    (void)arg;
    open_pair(&a, &b);
    poll_set_deadline(a.pd, POLL_READ, 1);
    CHECK(get(&a) == -ETIMEDOUT);
    int64_t until = gpm_after(3000000);
    poll_set_deadline(a.pd, POLL_READ, until);
    CHECK(get(&a) == -ETIMEDOUT && gpm_now() >= until);
    CHECK(get(&a) == -ETIMEDOUT); /* stays passed */
    poll_set_deadline(a.pd, POLL_READ, GPM_NEVER);
    put(&b, 5);
    CHECK(get(&a) == 5);
    poll_set_deadline(a.pd, POLL_READ, gpm_after(2000000)); /* moved before it fires */
    poll_set_deadline(a.pd, POLL_READ, gpm_after(60000000000));
    gpm_sleep(4000000);
    put(&b, 6);
    CHECK(get(&a) == 6);
    close_end(&a);
    close_end(&b);
}

static void deadline_cases(void)
{
    gpm_run(deadlines, NULL);
}

static void expect_error(void *arg)
{
    struct end *e = arg;
    CHECK(get(e) == -ECANCELED);
    join_done(&join);
}

static void expect_timeout(void *arg)
{
    struct end *e = arg;
    CHECK(get(e) == -ETIMEDOUT);
    join_done(&join);
}

static void evict(void *arg)
{
    struct end a, b;
    (void)arg;
    open_pair(&a, &b);
    join_init(&join, 2);
    gpm_go(expect_error, &a);
    gpm_go(expect_timeout, &b);
    gpm_sleep(1000000);
    poll_evict(a.pd);
    poll_set_deadline(b.pd, POLL_READ, gpm_now()); /* for one that waits already */
    join_wait(&join);
    CHECK(get(&a) == -ECANCELED);
    poll_close(a.pd);
    close(a.fd);
    close_end(&b);
}

static void evicted(void)
{
    gpm_run(evict, NULL);
}

/* Descriptors and poll_descs are reused at once, with events of their former lives still coming. */
static void churn(void *arg)
{
    for (size_t i = 0; i < test_times(300); i++) {
        struct end a, b;
        open_pair(&a, &b);
        put(&b, 1);
        if (i % 2 == 0)
            CHECK(get(&a) == 1);
        close_end(&b);
        CHECK(get(&a) == (i % 2 == 0 ? -EPIPE : 1));
        close_end(&a);
        if (i % 5 == 0)
            gpm_yield();
    }
    join_done(arg);
}

static void start_churn(void *arg)
{
    (void)arg;
    join_init(&join, 6);
    for (int i = 0; i < 6; i++)
        gpm_go(churn, &join);
    join_wait(&join);
}

static void reused(void)
{
    gpm_run(start_churn, NULL);
}

static void plain_file(void *arg)
{
    struct poll_desc *pd;
    FILE *f = tmpfile();
    (void)arg;
    CHECK(f != NULL && poll_open(fileno(f), &pd) == -EPERM);
    CHECK(poll_open(-1, &pd) == -EBADF);
    fclose(f);
}

static void not_pollable(void)
{
    gpm_run(plain_file, NULL);
}

/* ---- Waking ---- */

static struct end outside;

static void *write_later(void *arg)
{
    struct timespec nap = {0, 2000000};
    for (int i = 0; i < 20; i++) {
        nanosleep(&nap, NULL);
        put(arg, i);
    }
    return NULL;
}

static void read_outside(void *arg)
{
    for (int i = 0; i < 20; i++)
        CHECK(get(arg) == i);
}

/* All Ps are idle when the bytes come: the thread in the poller must wake. */
static void wakes_when_idle(void)
{
    struct end a;
    pthread_t thread;
    open_pair(&a, &outside);
    CHECK(pthread_create(&thread, NULL, write_later, &outside) == 0);
    gpm_run(read_outside, &a);
    pthread_join(thread, NULL);
}

static _Atomic bool got;

static void burn(void *arg)
{
    (void)arg;
    while (!atomic_load(&got))
        gpm_checkpoint();
    join_done(&join);
}

static void read_one(void *arg)
{
    CHECK(get(arg) == 9);
    atomic_store(&got, true);
    join_done(&join);
}

/* On one P that never runs dry only sysmon polls. */
static void poll_beside(void *arg)
{
    struct end a, b;
    (void)arg;
    open_pair(&a, &b);
    join_init(&join, 2);
    gpm_go(read_one, &a);
    gpm_sleep(1000000);
    gpm_go(burn, NULL);
    put(&b, 9);
    join_wait(&join);
    close_end(&a);
    close_end(&b);
}

static void sysmon_polls(void)
{
    gpm_run(poll_beside, NULL);
}

/* What the kernel calls FDSize. */
static unsigned long room_for_descriptors(void)
{
    char line[128];
    unsigned long room = 0;
    FILE *status = fopen("/proc/self/status", "re");
    CHECK(status);
    while (fgets(line, sizeof line, status) && sscanf(line, "FDSize: %lu", &room) != 1)
        ;
    fclose(status);
    return room;
}

static void reserves_descriptors(void)
{
    struct rlimit limit;
    CHECK(getrlimit(RLIMIT_NOFILE, &limit) == 0);
    CHECK(gpm_start() == 0);
    CHECK(room_for_descriptors() >= (limit.rlim_cur < 16384 ? limit.rlim_cur : 16384));
}

int main(int argc, char **argv)
{
    static const struct test tests[] = {
        {"200 pairs echo on one P", echoes, .env = "GPM_MAXPROCS=1"},
        {"200 pairs echo on three Ps", echoes, .env = "GPM_MAXPROCS=3"},
        {"deadlines end waits, and can be moved", deadline_cases},
        {"eviction and a deadline of now wake who waits", evicted},
        {"descriptors that are closed and reused do not hear of their past", reused, .env = "GPM_MAXPROCS=3"},
        {"there is room for many descriptors from the start", reserves_descriptors},
        {"what cannot be polled is refused", not_pollable},
        {"bytes wake a program that is idle altogether", wakes_when_idle, .env = "GPM_MAXPROCS=2"},
        {"bytes arrive although the only P is busy", sysmon_polls, .env = "GPM_MAXPROCS=1"},
    };
    return run_tests(argc, argv, tests, sizeof tests / sizeof *tests);
}
