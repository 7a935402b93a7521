/* Gs that talk: channels, select, and a mutex that many want. */
#include "bench.h"

static struct gpm_chan *channel(size_t capacity)
{
    struct gpm_chan *c = gpm_chan_new(sizeof(int64_t), capacity);
    check(c, "no memory");
    return c;
}

enum { PINGS = 500000 };

struct table {
    struct gpm_chan *there, *back;
};

static void pong(void *arg)
{
    struct table *t = arg;
    int64_t n;
    while (gpm_recv(t->there, &n)) {
        n++;
        must(gpm_send(t->back, &n), "gpm_send");
    }
    gpm_close(t->back);
}

/* Two Gs send a number to and fro, half a million times. */
void bench_ping_pong(void)
{
    struct table t = {channel(0), channel(0)};
    int64_t n = 0, none;
    must(gpm_go(pong, &t), "gpm_go");
    for (int i = 0; i < PINGS; i++) {
        must(gpm_send(t.there, &n), "gpm_send");
        gpm_recv(t.back, &n);
    }
    gpm_close(t.there);
    check(n == PINGS && !gpm_recv(t.back, &none), "ping-pong");
    gpm_chan_free(t.there);
    gpm_chan_free(t.back);
}

enum { MESSAGES = 5000000, ROOM = 128 };

static void producer(void *arg)
{
    for (int64_t i = 0; i < MESSAGES; i++)
        must(gpm_send(arg, &i), "gpm_send");
    gpm_close(arg);
}

/* One producer, one consumer, room for 128. */
void bench_buffered(void)
{
    struct gpm_chan *c = channel(ROOM);
    int64_t total = 0, n;
    must(gpm_go(producer, c), "gpm_go");
    while (gpm_recv(c, &n))
        total += n;
    check(total == (int64_t)MESSAGES * (MESSAGES - 1) / 2, "buffered");
    gpm_chan_free(c);
}

enum { SELECTED = 600000, ARMS = 4 };

struct sender {
    struct gpm_chan *out;
    struct gpm_waitgroup *all;
};

static void sender(void *arg)
{
    struct sender *s = arg;
    for (int64_t k = 0; k < SELECTED / ARMS; k++)
        must(gpm_send(s->out, &k), "gpm_send");
    gpm_waitgroup_done(s->all);
}

/* One G selects on four unbuffered channels, each with a sender of its own. */
void bench_select(void)
{
    struct gpm_waitgroup all = {0};
    struct sender senders[ARMS];
    gpm_waitgroup_add(&all, ARMS);
    for (int i = 0; i < ARMS; i++) {
        senders[i] = (struct sender){channel(0), &all};
        must(gpm_go(sender, &senders[i]), "gpm_go");
    }
    int64_t total = 0, n = 0;
    for (int i = 0; i < SELECTED; i++) {
        struct gpm_case cases[ARMS];
        for (int k = 0; k < ARMS; k++)
            cases[k] = (struct gpm_case){.op = GPM_RECV, .chan = senders[k].out, .element = &n};
        must(gpm_select(cases, ARMS, GPM_NEVER), "gpm_select");
        total += n;
    }
    check(total == ARMS * ((int64_t)(SELECTED / ARMS) * (SELECTED / ARMS - 1) / 2), "select");
    gpm_waitgroup_wait(&all);
    for (int i = 0; i < ARMS; i++)
        gpm_chan_free(senders[i].out);
}

enum { CONTENDERS = 1000, TURNS = 500 };

struct contest {
    struct gpm_mutex lock;
    struct gpm_waitgroup all;
    int counter; /* guarded by lock */
};

static void contender(void *arg)
{
    struct contest *c = arg;
    for (int k = 0; k < TURNS; k++) {
        gpm_mutex_lock(&c->lock);
        int n = c->counter;
        gpm_yield();
        c->counter = n + 1;
        gpm_mutex_unlock(&c->lock);
    }
    gpm_waitgroup_done(&c->all);
}

/* A thousand Gs want one mutex. Each holder lets the others run once, so that they do queue up, also with one
 * P. */
void bench_mutex(void)
{
    struct contest c = {0};
    gpm_waitgroup_add(&c.all, CONTENDERS);
    for (int i = 0; i < CONTENDERS; i++)
        must(gpm_go(contender, &c), "gpm_go");
    gpm_waitgroup_wait(&c.all);
    check(c.counter == CONTENDERS * TURNS, "mutex");
}
