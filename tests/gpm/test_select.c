/*
 * Select.
 */
#include "on_g.h"

#define ARM_SEND(c, p) ((struct gpm_case){.op = GPM_SEND, .chan = (c), .element = (p)})
#define ARM_RECV(c, p) ((struct gpm_case){.op = GPM_RECV, .chan = (c), .element = (p)})

static struct gpm_chan *chan_of_ints(size_t capacity)
{
    struct gpm_chan *c = gpm_chan_new(sizeof(int), capacity);
    CHECK(c != NULL);
    return c;
}

/* Four channels: an empty one, a full one, a closed one, and none. */
ON_G(one_look)
{
    enum { EMPTY, FULL, CLOSED, NONE };
    static const struct {
        const char *name;
        size_t n;
        struct {
            enum gpm_case_op op;
            int chan;
        } arms[3];
        int index, result, value;
    } rows[] = {
        {"no arms", 0, {{0}}, -EAGAIN, 1, 7},
        {"nothing to receive", 1, {{GPM_RECV, EMPTY}}, -EAGAIN, 1, 7},
        {"no room to send", 1, {{GPM_SEND, FULL}}, -EAGAIN, 1, 7},
        {"two arms that would block", 2, {{GPM_SEND, FULL}, {GPM_RECV, EMPTY}}, -EAGAIN, 1, 7},
        {"an arm without a channel is never ready", 1, {{GPM_RECV, NONE}}, -EAGAIN, 1, 7},
        {"only arms without a channel", 2, {{GPM_RECV, NONE}, {GPM_SEND, NONE}}, -EAGAIN, 1, 7},
        {"the one that can be received from", 2, {{GPM_RECV, EMPTY}, {GPM_RECV, FULL}}, 1, 0, 42},
        {"the one that has room", 2, {{GPM_SEND, EMPTY}, {GPM_SEND, FULL}}, 0, 0, 7},
        {"closed is ready to receive",
         3,
         {{GPM_RECV, NONE}, {GPM_RECV, EMPTY}, {GPM_RECV, CLOSED}},
         2,
         -EPIPE,
         0},
        {"closed is ready to refuse", 2, {{GPM_SEND, CLOSED}, {GPM_SEND, FULL}}, 0, -EPIPE, 7},
    };
    for (size_t i = 0; i < LEN(rows); i++) {
        struct gpm_chan *chans[] = {chan_of_ints(1), chan_of_ints(1), chan_of_ints(1), NULL};
        int values[3] = {7, 7, 7}, full = 42;
        struct gpm_case arms[3];
        CHECK(gpm_send(chans[FULL], &full) == 0 && gpm_close(chans[CLOSED]) == 0);
        for (size_t k = 0; k < rows[i].n; k++)
            arms[k] = (struct gpm_case){rows[i].arms[k].op, chans[rows[i].arms[k].chan], &values[k], 1};
        int index = gpm_select(arms, rows[i].n, GPM_NOW);
        CHECK_ROW(index == rows[i].index, rows[i].name);
        CHECK_ROW(index < 0 || (arms[index].result == rows[i].result && values[index] == rows[i].value),
                  rows[i].name);
        for (size_t k = 0; k < 3; k++)
            gpm_chan_free(chans[k]);
    }
}

ON_G(too_many)
{
    CHECK(gpm_select(NULL, 65536, GPM_NOW) == -EINVAL);
}

/* A G that does one operation on a channel. */
struct partner {
    struct gpm_chan *c;
    enum { SENDS, RECEIVES, CLOSES } what;
    int value, result;
    struct gpm_waitgroup *done;
};

static void be_partner(void *arg)
{
    struct partner *me = arg;
    switch (me->what) {
    case SENDS:
        me->result = gpm_send(me->c, &me->value);
        break;
    case RECEIVES:
        me->result = gpm_recv(me->c, &me->value) ? 0 : -EPIPE;
        break;
    case CLOSES:
        me->result = gpm_close(me->c);
        break;
    }
    gpm_waitgroup_done(me->done);
}

/*
 * Arms 0..n-1; the partner comes to number `at`, which must be the one that happens, first or last to wait.
 */
static void check_meeting(size_t n, size_t at, int what, bool partner_is_first)
{
    struct gpm_chan *chans[40];
    struct gpm_case arms[40];
    struct gpm_waitgroup done = {0};
    int values[40];
    for (size_t i = 0; i < n; i++) {
        chans[i] = chan_of_ints(0);
        values[i] = (int)i;
        arms[i] =
            i == at && what == RECEIVES ? ARM_SEND(chans[i], &values[i]) : ARM_RECV(chans[i], &values[i]);
    }
    struct partner partner = {chans[at], what, 1000, 1, &done};
    gpm_waitgroup_add(&done, 1);
    go(be_partner, &partner);
    if (partner_is_first)
        let_others_run();
    CHECK(gpm_select(arms, n, gpm_after(MS(60000))) == (int)at);
    gpm_waitgroup_wait(&done);
    CHECK(partner.result == 0);
    CHECK(arms[at].result == (what == CLOSES ? -EPIPE : 0));
    CHECK(what == SENDS ? values[at] == 1000 : what == RECEIVES ? partner.value == (int)at : values[at] == 0);
    for (size_t i = 0; i < n; i++)
        gpm_chan_free(chans[i]); /* aborts if a waiter was left behind */
}

ON_G(meetings)
{
    static const size_t sizes[] = {1, 2, 3, 4, 8, 9, 40};
    gpm_set_maxprocs(1);
    for (size_t i = 0; i < LEN(sizes); i++)
        for (size_t at = 0; at < sizes[i]; at++)
            for (int k = 0; k < 6; k++)
                check_meeting(sizes[i], at, k % 3, k >= 3);
}

ON_G(equal_chances)
{
    enum { N = 4, ROUNDS = 4000 };
    struct gpm_case arms[N + 1];
    int chosen[N] = {0}, value = 1;
    arms[N] = ARM_RECV(chan_of_ints(0), NULL);
    for (int i = 0; i < N; i++)
        arms[i] = ARM_RECV(chan_of_ints(1), &value);
    for (int round = 0; round < ROUNDS; round++) {
        for (int i = 0; i < N; i++)
            gpm_try_send(arms[i].chan, &value);
        int i = gpm_select(arms, N + 1, GPM_NEVER);
        CHECK(i >= 0 && i < N);
        chosen[i]++;
    }
    for (int i = 0; i < N; i++)
        CHECK(chosen[i] > ROUNDS / N - 200 && chosen[i] < ROUNDS / N + 200); /* 7 standard deviations */
    for (int i = 0; i <= N; i++)
        gpm_chan_free(arms[i].chan);
}

ON_G(oneself)
{
    struct gpm_chan *c = chan_of_ints(0);
    int value = 1;
    struct gpm_case arms[] = {ARM_SEND(c, &value), ARM_RECV(c, &value), ARM_RECV(c, NULL)};
    CHECK(gpm_select(arms, LEN(arms), GPM_NOW) == -EAGAIN);
    CHECK(gpm_select(arms, LEN(arms), gpm_after(MS(2))) == -ETIMEDOUT);
    gpm_chan_free(c);
}

ON_G(nothing_but_time)
{
    int64_t before = gpm_now();
    struct gpm_case none[] = {ARM_RECV(NULL, NULL)};
    CHECK(gpm_select(NULL, 0, gpm_after(MS(1))) == -ETIMEDOUT);
    CHECK(gpm_select(none, 1, gpm_after(MS(1))) == -ETIMEDOUT);
    CHECK(gpm_now() - before >= MS(2));
}

ON_G(for_ever)
{
    gpm_select(NULL, 0, GPM_NEVER);
}

/*
 * Selects that meet selects: two sides, each of several Gs, over the same channels, with
 * deadlines that often come first.
 */
struct side {
    struct gpm_chan *chans[3];
    size_t rounds;
    bool is_sender;
    uint64_t done, sum;
    struct gpm_waitgroup *end;
    struct gpm_chan *stop; /* NULL: does its rounds */
};

static int one_meeting(struct side *s, size_t round, int *value)
{
    struct gpm_case arms[4];
    for (int i = 0; i < 3; i++) {
        struct gpm_chan *c = s->chans[(i + round) % 3];
        arms[i] = s->is_sender ? ARM_SEND(c, value) : ARM_RECV(c, value);
    }
    arms[3] = ARM_RECV(s->stop, NULL);
    return gpm_select(arms, 4, round % 3 ? gpm_now() + (int64_t)(round % 30) * 1000 : GPM_NEVER);
}

static void play(void *arg)
{
    struct side *s = arg;
    for (size_t round = 0; s->stop || s->done < s->rounds; round++) {
        int value = (int)(round % 1000);
        int i = one_meeting(s, round, &value);
        if (i == 3)
            break;
        CHECK(i >= 0 || i == -ETIMEDOUT || i == -EAGAIN);
        s->done += i >= 0;
        s->sum += i >= 0 ? (uint64_t)value : 0;
    }
    gpm_waitgroup_done(s->end);
}

ON_G(selects_meet_selects)
{
    enum { SENDERS = 4, RECEIVERS = 3 };
    struct gpm_chan *chans[] = {chan_of_ints(0), chan_of_ints(0), chan_of_ints(2)},
                    *stop = gpm_chan_new(0, 0);
    struct gpm_waitgroup senders_end = {0}, receivers_end = {0};
    struct side sides[SENDERS + RECEIVERS];
    gpm_waitgroup_add(&senders_end, SENDERS);
    gpm_waitgroup_add(&receivers_end, RECEIVERS);
    for (int i = 0; i < SENDERS + RECEIVERS; i++) {
        bool is_sender = i < SENDERS;
        sides[i] = (struct side){.chans = {chans[0], chans[1], chans[2]},
                                 .is_sender = is_sender,
                                 .rounds = test_times(test_scale(5000)),
                                 .stop = is_sender ? NULL : stop,
                                 .end = is_sender ? &senders_end : &receivers_end};
        go(play, &sides[i]);
    }
    gpm_waitgroup_wait(&senders_end);
    while (gpm_chan_len(chans[2]) > 0)
        gpm_yield();
    gpm_close(stop);
    gpm_waitgroup_wait(&receivers_end);
    uint64_t done[2] = {0}, sum[2] = {0};
    for (int i = 0; i < SENDERS + RECEIVERS; i++) {
        done[i < SENDERS] += sides[i].done;
        sum[i < SENDERS] += sides[i].sum;
    }
    CHECK(done[0] == done[1] && sum[0] == sum[1]);
    for (int i = 0; i < 3; i++)
        gpm_chan_free(chans[i]);
    gpm_chan_free(stop);
}

int main(int argc, char **argv)
{
    static const struct test tests[] = {
        {"a look without waiting does what can be done", one_look},
        {"too many arms are refused", too_many},
        {"whoever comes to any of the arms is met", meetings},
        {"arms that are ready have equal chances", equal_chances},
        {"a select does not meet itself", oneself},
        {"without channels the deadline ends it", nothing_but_time},
        {"without channels and deadline it is a deadlock", for_ever, 2, "deadlock"},
        {"selects that meet selects lose and invent nothing", selects_meet_selects},
    };
    return run_tests(argc, argv, tests, LEN(tests));
}
