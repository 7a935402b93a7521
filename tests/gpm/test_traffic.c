/*
 * Much at once, for seconds in `make test`; GPM_STRESS=N does N times as much,
 * and scripts/gpm-stress repeats it.
 */
#include "on_g.h"
#include <netinet/in.h>
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

/* Cheap, and different for every G. */
static uint32_t random_of(uint64_t *state)
{
    *state += 0x9e3779b97f4a7c15;
    uint64_t x = *state;
    x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9;
    x = (x ^ x >> 27) * 0x94d049bb133111eb;
    return (uint32_t)(x >> 32);
}

/* ---- Messages ---- */

struct node {
    struct gpm_chan *in, *out;
    struct gpm_waitgroup *end;
    size_t messages;
};

static void pass_on(void *arg)
{
    struct node *node = arg;
    uint64_t n;
    while (gpm_recv(node->in, &n)) {
        n++;
        if (gpm_send(node->out, &n) < 0)
            break;
    }
    gpm_close(node->out);
    gpm_waitgroup_done(node->end);
}

/* A token goes round, and is counted up by every node on its way. */
ON_G(ring)
{
    enum { NODES = 100 };
    static struct node nodes[NODES];
    struct gpm_chan *chans[NODES + 1];
    struct gpm_waitgroup end = {0};
    size_t rounds = test_times(test_scale(10000));
    for (int i = 0; i <= NODES; i++)
        chans[i] = gpm_chan_new(sizeof(uint64_t), i % 3);
    gpm_waitgroup_add(&end, NODES);
    for (int i = 0; i < NODES; i++) {
        nodes[i] = (struct node){chans[i], chans[i + 1], &end, 0};
        go(pass_on, &nodes[i]);
    }
    uint64_t token = 0;
    for (size_t i = 0; i < rounds; i++) {
        CHECK(gpm_send(chans[0], &token) == 0);
        CHECK(gpm_recv(chans[NODES], &token));
    }
    CHECK(token == rounds * NODES);
    gpm_close(chans[0]);
    gpm_waitgroup_wait(&end);
    for (int i = 0; i <= NODES; i++)
        gpm_chan_free(chans[i]);
}

struct filter {
    struct gpm_chan *in, *out;
    uint64_t prime;
    struct gpm_waitgroup *end;
};

static void count_up(void *arg)
{
    struct filter *f = arg;
    for (uint64_t n = 2; gpm_send(f->out, &n) == 0; n++)
        ;
    gpm_waitgroup_done(f->end);
}

static void sift(void *arg)
{
    struct filter *f = arg;
    for (uint64_t n; gpm_recv(f->in, &n);)
        if (n % f->prime != 0 && gpm_send(f->out, &n) < 0)
            break;
    gpm_close(f->in);
    gpm_waitgroup_done(f->end);
}

ON_G(sieve)
{
    enum { PRIMES = 400 };
    static struct filter filters[PRIMES + 1];
    static struct gpm_chan *chans[PRIMES + 1];
    struct gpm_waitgroup end = {0};
    size_t primes = test_scale(PRIMES);
    uint64_t prime = 0;
    chans[0] = gpm_chan_new(sizeof(uint64_t), 0);
    filters[0] = (struct filter){.out = chans[0], .end = &end};
    gpm_waitgroup_add(&end, (int)primes + 1);
    go(count_up, &filters[0]);
    for (size_t i = 0; i < primes; i++) {
        CHECK(gpm_recv(chans[i], &prime));
        chans[i + 1] = gpm_chan_new(sizeof(uint64_t), 0);
        filters[i + 1] = (struct filter){chans[i], chans[i + 1], prime, &end};
        go(sift, &filters[i + 1]);
    }
    CHECK(primes != 400 || prime == 2741);
    gpm_close(chans[primes]); /* and one after the other ends, up to the first */
    gpm_waitgroup_wait(&end);
    for (size_t i = 0; i <= primes; i++)
        gpm_chan_free(chans[i]);
}

static void produce(void *arg)
{
    struct node *node = arg;
    for (uint64_t n = 1; n <= node->messages; n++)
        CHECK(gpm_send(node->out, &n) == 0);
    gpm_close(node->out);
    gpm_waitgroup_done(node->end);
}

/* Many channels into one, by select. */
ON_G(fan_in)
{
    enum { PRODUCERS = 10 };
    static struct node producers[PRODUCERS];
    struct gpm_case arms[PRODUCERS];
    struct gpm_waitgroup end = {0};
    size_t messages = test_times(test_scale(100000));
    uint64_t sum = 0, n;
    gpm_waitgroup_add(&end, PRODUCERS);
    for (int i = 0; i < PRODUCERS; i++) {
        struct gpm_chan *c = gpm_chan_new(sizeof(uint64_t), i % 2 ? 10 : 0);
        producers[i] = (struct node){.out = c, .end = &end, .messages = messages};
        arms[i] = (struct gpm_case){.op = GPM_RECV, .chan = c, .element = &n};
        go(produce, &producers[i]);
    }
    for (int open = PRODUCERS; open > 0;) {
        int i = gpm_select(arms, PRODUCERS, GPM_NEVER);
        CHECK(i >= 0);
        sum += n;
        if (arms[i].result == -EPIPE) {
            arms[i].chan = NULL;
            open--;
        }
    }
    CHECK(sum == PRODUCERS * (messages * (messages + 1) / 2));
    gpm_waitgroup_wait(&end);
    for (int i = 0; i < PRODUCERS; i++)
        gpm_chan_free(producers[i].out);
}

/* ---- Park, ready and cancel at random ---- */

enum { CROWD = 64 };

struct crowd {
    struct gpm_g *_Atomic members[CROWD];
    struct gpm_ctx *_Atomic contexts[CROWD];
    size_t rounds;
    _Atomic int next, left;
    struct gpm_waitgroup end;
};

static void disturb(struct crowd *crowd, uint64_t *rng)
{
    struct gpm_g *other = atomic_load(&crowd->members[random_of(rng) % CROWD]);
    if (other)
        gpm_ready(other);
}

static void be_in_the_crowd(void *arg)
{
    struct crowd *crowd = arg;
    int me = atomic_fetch_add(&crowd->next, 1);
    uint64_t rng = (uint64_t)me;
    atomic_store(&crowd->members[me], gpm_self());
    for (size_t i = 0; i < crowd->rounds; i++) {
        int64_t deadline = gpm_now() + random_of(&rng) % 100000;
        struct gpm_ctx *ctx;
        switch (random_of(&rng) % 5) {
        case 0:
            CHECK(gpm_park(deadline) == 0 || gpm_now() >= deadline);
            break;
        case 1:
            ctx = gpm_ctx_new(NULL, deadline);
            struct gpm_ctx *old = atomic_exchange(&crowd->contexts[me], ctx);
            gpm_ctx_unref(old);
            disturb(crowd, &rng);
            break;
        case 2:
            ctx = atomic_exchange(&crowd->contexts[random_of(&rng) % CROWD], NULL);
            if (ctx && random_of(&rng) % 2)
                CHECK(gpm_ctx_sleep(ctx, gpm_now() + 200000) != 1);
            gpm_ctx_unref(ctx);
            break;
        default:
            disturb(crowd, &rng);
            disturb(crowd, &rng);
        }
    }
    atomic_fetch_sub(&crowd->left, 1);
    while (atomic_load(&crowd->left) > 0) /* a handle is good only until its G ends */
        gpm_sleep(100000);
    gpm_waitgroup_done(&crowd->end);
}

ON_G(park_ready_cancel)
{
    struct crowd crowd = {.rounds = test_times(test_scale(3000)), .left = CROWD};
    gpm_waitgroup_add(&crowd.end, CROWD);
    for (int i = 0; i < CROWD; i++)
        go(be_in_the_crowd, &crowd);
    gpm_waitgroup_wait(&crowd.end);
    for (int i = 0; i < CROWD; i++)
        gpm_ctx_unref(crowd.contexts[i]);
}

/* ---- Timers ---- */

struct sleepers {
    _Atomic size_t next;
    struct gpm_waitgroup end;
    _Atomic size_t rung;
};

static void sleep_a_little(void *arg)
{
    struct sleepers *s = arg;
    uint64_t rng = atomic_fetch_add(&s->next, 1);
    int64_t until = gpm_after(random_of(&rng) % MS(200));
    gpm_sleep(until - gpm_now());
    CHECK(gpm_now() >= until);
    gpm_waitgroup_done(&s->end);
}

ON_G(sleepers)
{
    struct sleepers s = {0};
    size_t n = test_scale(100000);
    gpm_waitgroup_add(&s.end, (int)n);
    for (size_t i = 0; i < n; i++)
        go(sleep_a_little, &s);
    gpm_waitgroup_wait(&s.end);
}

static void ring_once(void *arg)
{
    atomic_fetch_add((_Atomic size_t *)arg, 1);
}

/*
 * Timers that are set, moved and stopped from everywhere: each rings as often as it was not stopped in time.
 */
struct clockwork {
    size_t timers, rounds;
    _Atomic size_t next, rung, expected;
    struct gpm_waitgroup end;
};

static void wind_up(void *arg)
{
    struct clockwork *work = arg;
    uint64_t rng = atomic_fetch_add(&work->next, 1);
    enum { MINE = 1000 };
    struct gpm_timer **timers = calloc(MINE, sizeof *timers);
    size_t n = work->timers < MINE ? work->timers : MINE;
    for (size_t i = 0; i < n; i++)
        timers[i] = gpm_timer_new(ring_once, &work->rung);
    for (size_t round = 0; round < work->rounds; round++) {
        struct gpm_timer *t = timers[random_of(&rng) % n];
        bool was_pending, is_stopped = random_of(&rng) % 4 == 0;
        if (is_stopped)
            was_pending = gpm_timer_stop(t);
        else
            was_pending = gpm_timer_reset(t, gpm_after(random_of(&rng) % MS(5)));
        size_t change = (size_t)!is_stopped - (size_t)was_pending;
        atomic_fetch_add(&work->expected, change);
        if (round % 100 == 0)
            gpm_sleep(100000);
    }
    gpm_sleep(MS(10));
    for (size_t i = 0; i < n; i++) {
        if (gpm_timer_stop(timers[i]))
            atomic_fetch_sub(&work->expected, 1);
        gpm_timer_free(timers[i]);
    }
    free(timers);
    gpm_waitgroup_done(&work->end);
}

ON_G(clockwork)
{
    struct clockwork work = {.timers = 1000, .rounds = test_times(test_scale(20000))};
    gpm_waitgroup_add(&work.end, 10);
    for (int i = 0; i < 10; i++)
        go(wind_up, &work);
    gpm_waitgroup_wait(&work.end);
    while (atomic_load(&work.rung) != atomic_load(&work.expected)) /* the last may still be ringing */
        gpm_sleep(MS(1));
}

/* ---- Sockets ---- */

struct hall {
    struct gpm_io *listener;
    char address[100];
    size_t messages;
    _Atomic size_t arrived;
    struct gpm_chan *is_full; /* closed when it is */
    size_t guests;
    struct gpm_waitgroup end;
};

struct visit {
    struct hall *hall;
    struct gpm_io *io;
};

static void serve(void *arg)
{
    struct visit *visit = arg;
    char buffer[64];
    for (ssize_t n; (n = gpm_io_read(visit->io, buffer, sizeof buffer)) > 0;)
        CHECK(gpm_io_write_full(visit->io, buffer, (size_t)n) == 0);
    gpm_io_close(visit->io);
    gpm_waitgroup_done(&visit->hall->end);
    free(visit);
}

static void welcome(void *arg)
{
    struct hall *hall = arg;
    for (size_t i = 0; i < hall->guests; i++) {
        struct visit *visit = malloc(sizeof *visit);
        visit->hall = hall;
        CHECK(gpm_io_accept(hall->listener, NULL, NULL, &visit->io) == 0);
        go(serve, visit);
    }
    gpm_waitgroup_done(&hall->end);
}

static void say(struct gpm_io *io, uint64_t word)
{
    uint64_t answer;
    CHECK(gpm_io_write_full(io, &word, sizeof word) == 0);
    CHECK(gpm_io_read_full(io, &answer, sizeof answer) == 0);
    CHECK(answer == word);
}

/* All have come before the first one goes on. */
static void be_guest(void *arg)
{
    struct hall *hall = arg;
    struct gpm_io *io;
    int r = gpm_dial(hall->address, gpm_after(MS(100000)), &io);
    if (r != 0)
        fprintf(stderr, "dialling %s: %s\n", hall->address, strerror(-r));
    CHECK(r == 0);
    say(io, (uintptr_t)io);
    if (atomic_fetch_add(&hall->arrived, 1) + 1 == hall->guests)
        gpm_close(hall->is_full);
    gpm_recv(hall->is_full, NULL);
    for (size_t i = 0; i < hall->messages; i++)
        say(io, (uintptr_t)io + i);
    gpm_io_close(io);
    gpm_waitgroup_done(&hall->end);
}

static size_t guests_allowed(size_t wanted)
{
    struct rlimit limit;
    CHECK(getrlimit(RLIMIT_NOFILE, &limit) == 0);
    rlim_t hard = limit.rlim_max;
    limit.rlim_cur = limit.rlim_max = hard > 2 * wanted + 100 ? hard : 2 * wanted + 100;
    if (setrlimit(RLIMIT_NOFILE, &limit) < 0) { /* only root may have more than the hard limit */
        limit.rlim_cur = limit.rlim_max = hard;
        CHECK(setrlimit(RLIMIT_NOFILE, &limit) == 0);
    }
    size_t most = ((size_t)limit.rlim_cur - 100) / 2;
    return wanted < most ? wanted : most;
}

static void fill_hall(const char *address)
{
    struct hall hall = {.messages = test_times(3),
                        .guests = guests_allowed(TEST_TSAN ? 500 : test_scale(10000))};
    hall.is_full = gpm_chan_new(0, 0);
    struct sockaddr_in bound;
    socklen_t length = sizeof bound;
    CHECK(gpm_listen(address, &hall.listener) == 0);
    CHECK(getsockname(gpm_io_fd(hall.listener), (struct sockaddr *)&bound, &length) == 0);
    if (bound.sin_family == AF_INET)
        snprintf(hall.address, sizeof hall.address, "127.0.0.1:%d", ntohs(bound.sin_port));
    else
        snprintf(hall.address, sizeof hall.address, "%s", address);
    gpm_waitgroup_add(&hall.end, 2 * (int)hall.guests + 1);
    go(welcome, &hall);
    for (size_t i = 0; i < hall.guests; i++)
        go(be_guest, &hall);
    gpm_waitgroup_wait(&hall.end);
    gpm_io_close(hall.listener);
    gpm_chan_free(hall.is_full);
}

ON_G(hall)
{
    fill_hall("127.0.0.1:0");
}

ON_G(unix_hall)
{
    char address[100];
    snprintf(address, sizeof address, "unix:/tmp/gpm-hall-%d", getpid());
    fill_hall(address);
    unlink(address + 5);
}

/* ---- Calls that block the thread, Ps that come and go ---- */

struct mill {
    size_t rounds;
    _Atomic bool is_over;
    struct gpm_waitgroup end, background;
    struct gpm_mutex mutex;
    uint64_t ground;
};

static void doze(void *arg)
{
    usleep((useconds_t)(uintptr_t)arg);
}

static void block(void *arg)
{
    struct mill *mill = arg;
    uint64_t rng = (uint64_t)(uintptr_t)&rng;
    for (size_t i = 0; i < mill->rounds; i++) {
        unsigned us = random_of(&rng) % 300;
        if (us % 2) {
            gpm_blocking(doze, (void *)(uintptr_t)us);
        } else {
            gpm_enter_syscall();
            usleep(us);
            gpm_exit_syscall();
        }
        gpm_mutex_lock(&mill->mutex);
        mill->ground++;
        gpm_mutex_unlock(&mill->mutex);
    }
    gpm_waitgroup_done(&mill->end);
}

static void grind(void *arg)
{
    struct mill *mill = arg;
    while (!atomic_load(&mill->is_over)) {
        gpm_mutex_lock(&mill->mutex);
        mill->ground += 0;
        gpm_mutex_unlock(&mill->mutex);
        gpm_yield();
    }
    gpm_waitgroup_done(&mill->background);
}

static void change_procs(void *arg)
{
    struct mill *mill = arg;
    uint64_t rng = 1;
    while (!atomic_load(&mill->is_over)) {
        int procs = 1 + (int)(random_of(&rng) % 6);
        CHECK(gpm_set_maxprocs(procs) >= 1);
        CHECK(gpm_maxprocs() == procs);
        gpm_sleep(MS(1));
    }
    gpm_waitgroup_done(&mill->background);
}

static void stop_mill(struct mill *mill)
{
    atomic_store(&mill->is_over, true);
    gpm_waitgroup_wait(&mill->background);
}

ON_G(blocking_calls)
{
    struct mill mill = {.rounds = test_times(test_scale(300))};
    gpm_waitgroup_add(&mill.end, 20);
    gpm_waitgroup_add(&mill.background, 4);
    for (int i = 0; i < 4; i++)
        go(grind, &mill);
    for (int i = 0; i < 20; i++)
        go(block, &mill);
    gpm_waitgroup_wait(&mill.end);
    stop_mill(&mill);
    CHECK(mill.ground == 20 * mill.rounds);
}

static void work_under_change(struct mill *mill, void (*fn)(void))
{
    gpm_waitgroup_add(&mill->background, 2);
    go(change_procs, mill);
    go(grind, mill);
    fn();
    stop_mill(mill);
}

ON_G(changing_procs)
{
    static void (*const work[])(void) = {ring_body, fan_in_body, park_ready_cancel_body, clockwork_body,
                                         blocking_calls_body};
    for (size_t i = 0; i < LEN(work); i++) {
        struct mill mill = {0};
        work_under_change(&mill, work[i]);
    }
}

/* ---- Threads that are not libgpm's ---- */

struct outside {
    struct gpm_chan *c;
    size_t messages;
    _Atomic int left;
};

static void *send_from_outside(void *arg)
{
    struct outside *o = arg;
    for (uint64_t i = 1; i <= o->messages;)
        i += gpm_try_send(o->c, &i) == 0;
    if (atomic_fetch_sub(&o->left, 1) == 1)
        gpm_close(o->c);
    return NULL;
}

ON_G(foreign_threads)
{
    pthread_t threads[3];
    struct outside o = {gpm_chan_new(sizeof(uint64_t), 16), test_times(test_scale(50000)), LEN(threads)};
    uint64_t sum = 0, n;
    gpm_foreign_begin();
    for (size_t i = 0; i < LEN(threads); i++)
        CHECK(pthread_create(&threads[i], NULL, send_from_outside, &o) == 0);
    while (gpm_recv(o.c, &n))
        sum += n;
    CHECK(sum == LEN(threads) * (o.messages * (o.messages + 1) / 2));
    for (size_t i = 0; i < LEN(threads); i++)
        pthread_join(threads[i], NULL);
    gpm_foreign_end();
    gpm_chan_free(o.c);
}

int main(int argc, char **argv)
{
    static const struct test tests[] = {
        {"ring: a token goes round", ring},
        {"sieve: primes", sieve},
        {"fan-in: many into one", fan_in},
        {"park, ready and cancel at random", park_ready_cancel},
        {"sleepers by the hundred thousand", sleepers},
        {"clockwork: timers set, moved and stopped", clockwork},
        {"hall: ten thousand connections that talk", hall},
        {"Unix hall: the same, in the file system", unix_hall},
        {"blocking calls while others run", blocking_calls},
        {"Ps come and go under load", changing_procs},
        {"foreign threads send", foreign_threads},
    };
    return run_tests(argc, argv, tests, LEN(tests));
}
