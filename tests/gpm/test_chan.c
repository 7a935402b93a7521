/*
 * Channels, one at a time.
 */
#include "on_g.h"
#include <string.h>

/* ---- What does not block ---- */

static int outcome_of(char c)
{
    return c == '+' ? 0 : c == '-' ? -EAGAIN : -EPIPE;
}

/* Sent and received are counters: elements come out in the order they went in. */
static bool script_step(struct gpm_chan *c, const char *step, uint64_t *sent, uint64_t *received)
{
    uint64_t element = *sent;
    switch (step[0]) {
    case 's':
        *sent += step[1] == '+';
        return gpm_try_send(c, &element) == outcome_of(step[1]);
    case 'r':
        element = 77;
        if (gpm_try_recv(c, &element) != outcome_of(step[1]))
            return false;
        return step[1] == '-' ? element == 77 : step[1] == 'x' ? element == 0 : element == (*received)++;
    case 'c':
        return gpm_close(c) == outcome_of(step[1]);
    default:
        return gpm_chan_len(c) == (size_t)(step[1] - '0');
    }
}

ON_G(scripts)
{
    /* s send, r receive, c close, each with what it gives: + done, - would block, x closed; l the length */
    static const struct {
        const char *name;
        size_t capacity;
        const char *script;
    } rows[] = {
        {"nobody is met on an unbuffered channel by a lonely G", 0, "s- r- l0 s-"},
        {"a buffer takes as many as it has places", 2, "s+ s+ s- l2"},
        {"what was sent comes out", 2, "s+ l1 r+ l0 r-"},
        {"places are used again and again", 2, "s+ s+ r+ s+ r+ s+ r+ r+ r- s+ r+ l0"},
        {"a closed channel refuses senders", 1, "c+ sx sx"},
        {"closing twice is refused", 1, "c+ cx"},
        {"what is buffered can still be received after closing", 2, "s+ s+ c+ sx r+ r+ rx rx"},
        {"a closed unbuffered channel gives zeros", 0, "c+ rx sx cx"},
    };
    for (size_t i = 0; i < LEN(rows); i++) {
        struct gpm_chan *c = gpm_chan_new(sizeof(uint64_t), rows[i].capacity);
        uint64_t sent = 1, received = 1;
        CHECK_ROW(gpm_chan_cap(c) == rows[i].capacity, rows[i].name);
        for (const char *step = rows[i].script; *step; step += step[2] ? 3 : 2)
            CHECK_ROW(script_step(c, step, &sent, &received), rows[i].name);
        gpm_chan_free(c);
    }
}

ON_G(channels_that_cannot_be)
{
    CHECK(gpm_chan_new(SIZE_MAX, 2) == NULL);
    CHECK(gpm_chan_new(2, SIZE_MAX) == NULL);
    gpm_chan_free(NULL);
}

/* ---- Elements of any size ---- */

struct parcel {
    struct gpm_chan *c;
    size_t bytes;
};

enum { PARCELS = 60, PARCEL_MAX = 1000 };

static void pack(unsigned char *parcel, size_t bytes, int number)
{
    for (size_t i = 0; i < bytes; i++)
        parcel[i] = (unsigned char)(number * 7 + (int)i);
}

static void send_parcels(void *arg)
{
    struct parcel *p = arg;
    unsigned char parcel[PARCEL_MAX];
    for (int i = 0; i < PARCELS; i++) {
        pack(parcel, p->bytes, i);
        CHECK(gpm_send(p->c, parcel) == 0);
        memset(parcel, 0xee, sizeof parcel);
    }
    gpm_close(p->c);
}

static void receive_parcels(struct parcel *p)
{
    unsigned char parcel[PARCEL_MAX + 1], want[PARCEL_MAX];
    for (int i = 0; i < PARCELS; i++) {
        parcel[p->bytes] = 0xaa;
        pack(want, p->bytes, i);
        CHECK(gpm_recv(p->c, i % 5 == 4 ? NULL : parcel)); /* some are dropped */
        CHECK(i % 5 == 4 || memcmp(parcel, want, p->bytes) == 0);
        CHECK(parcel[p->bytes] == 0xaa);
    }
    memset(parcel, 1, sizeof parcel);
    CHECK(!gpm_recv(p->c, parcel));
    CHECK(p->bytes == 0 || (parcel[0] == 0 && memcmp(parcel, parcel + 1, p->bytes - 1) == 0));
    CHECK(parcel[p->bytes] == 1);
}

ON_G(any_size)
{
    static const size_t sizes[] = {0, 1, 2, 3, 4, 5, 8, 9, 16, 24, 100, PARCEL_MAX};
    static const size_t capacities[] = {0, 1, 3, 64};
    for (size_t i = 0; i < LEN(sizes) * LEN(capacities); i++) {
        struct parcel p = {.bytes = sizes[i % LEN(sizes)]};
        p.c = gpm_chan_new(p.bytes, capacities[i / LEN(sizes)]);
        go(send_parcels, &p);
        receive_parcels(&p);
        gpm_chan_free(p.c);
    }
}

/* ---- Who waits ---- */

struct client {
    struct gpm_chan *c, *report;
    int64_t deadline;
    int value;
    int result;
};

static void client_sends(void *arg)
{
    struct client *me = arg;
    me->result = gpm_send_until(me->c, &me->value, me->deadline);
    CHECK(gpm_send(me->report, &me) == 0);
}

static void client_receives(void *arg)
{
    struct client *me = arg;
    me->result = gpm_recv_until(me->c, &me->value, me->deadline);
    CHECK(gpm_send(me->report, &me) == 0);
}

/* The same for both: who waits when the channel is closed, and who waits too long. */
ON_G(ends_of_waiting)
{
    static const struct {
        const char *name;
        gpm_fn *fn;
        bool is_closed;
        int64_t patience_ns;
        int result, value;
    } rows[] = {
        {"a sender that waits learns that the channel was closed", client_sends, true, INT64_MAX, -EPIPE, 5},
        {"a receiver that waits gets a zero when it is closed", client_receives, true, INT64_MAX, -EPIPE, 0},
        {"a sender's deadline ends its waiting", client_sends, false, MS(2), -ETIMEDOUT, 5},
        {"a receiver's deadline ends its waiting", client_receives, false, MS(2), -ETIMEDOUT, 5},
        {"a sender whose deadline has passed does not wait", client_sends, false, 0, -ETIMEDOUT, 5},
        {"a receiver whose deadline has passed does not wait", client_receives, false, 0, -ETIMEDOUT, 5},
    };
    for (size_t i = 0; i < LEN(rows); i++) {
        struct gpm_chan *c = gpm_chan_new(sizeof(int), 0), *report = gpm_chan_new(sizeof(void *), 0);
        struct client clients[3], *one;
        for (size_t k = 0; k < LEN(clients); k++) {
            int64_t deadline = rows[i].patience_ns == 0 ? GPM_NOW : gpm_after(rows[i].patience_ns);
            clients[k] = (struct client){c, report, deadline, 5, 1};
            go(rows[i].fn, &clients[k]);
        }
        let_others_run();
        CHECK(!rows[i].is_closed || gpm_close(c) == 0);
        for (size_t k = 0; k < LEN(clients); k++) {
            CHECK(gpm_recv(report, &one));
            CHECK_ROW(one->result == rows[i].result && one->value == rows[i].value, rows[i].name);
        }
        gpm_chan_free(c); /* aborts when somebody is still queued */
        gpm_chan_free(report);
    }
}

/* With a single P the senders queue in a known order. */
ON_G(senders_are_served_in_order)
{
    enum { N = 100 };
    gpm_set_maxprocs(1);
    struct gpm_chan *c = gpm_chan_new(sizeof(int), 0), *report = gpm_chan_new(sizeof(void *), N);
    static struct client clients[N];
    for (int i = 0; i < N; i++) {
        clients[i] = (struct client){c, report, GPM_NEVER, i, 1};
        go(client_sends, &clients[i]);
        let_others_run(); /* it waits before the next begins */
    }
    for (int i = 0, value; i < N; i++) {
        CHECK(gpm_recv(c, &value));
        CHECK(value == i);
    }
    for (int i = 0; i < N; i++)
        CHECK(gpm_recv(report, NULL));
    gpm_chan_free(c);
    gpm_chan_free(report);
}

ON_G(a_partner_in_time)
{
    struct gpm_chan *c = gpm_chan_new(sizeof(int), 0), *report = gpm_chan_new(sizeof(void *), 2);
    struct client sender = {c, report, gpm_after(MS(60000)), 9, 1},
                  receiver = {c, report, sender.deadline, 0, 1};
    go(client_sends, &sender);
    go(client_receives, &receiver);
    CHECK(gpm_recv(report, NULL) && gpm_recv(report, NULL));
    CHECK(sender.result == 0 && receiver.result == 0 && receiver.value == 9);
    gpm_chan_free(c);
    gpm_chan_free(report);
}

ON_G(null_channels)
{
    int value = 1;
    CHECK(gpm_try_send(NULL, &value) == -EAGAIN);
    CHECK(gpm_try_recv(NULL, &value) == -EAGAIN);
    CHECK(gpm_send_until(NULL, &value, gpm_after(MS(1))) == -ETIMEDOUT);
    CHECK(gpm_recv_until(NULL, &value, gpm_after(MS(1))) == -ETIMEDOUT);
    CHECK(gpm_chan_len(NULL) == 0 && gpm_chan_cap(NULL) == 0);
}

ON_G(receiving_for_ever)
{
    gpm_recv(NULL, NULL);
}

ON_G(sending_for_ever)
{
    struct gpm_chan *c = gpm_chan_new(0, 0);
    gpm_send(c, NULL);
}

static void wait_on(void *c)
{
    gpm_recv(c, NULL);
}

ON_G(freed_too_early)
{
    struct gpm_chan *c = gpm_chan_new(0, 0);
    gpm_set_maxprocs(1);
    go(wait_on, c);
    let_others_run();
    gpm_chan_free(c);
}

/* A deadline against a partner, again and again: each element arrives exactly when its sender says so. */
struct race {
    struct gpm_chan *c;
    size_t rounds, sent;
    struct gpm_waitgroup *done;
};

static void send_impatiently(void *arg)
{
    struct race *race = arg;
    uint64_t one = 1;
    for (size_t i = 0; i < race->rounds; i++) {
        int r = gpm_send_until(race->c, &one, gpm_now() + (int64_t)(i % 50) * 1000);
        CHECK(r == 0 || r == -ETIMEDOUT);
        race->sent += r == 0;
    }
    gpm_waitgroup_done(race->done);
}

static void close_when_done(void *arg)
{
    struct race *race = arg;
    gpm_waitgroup_wait(race->done);
    gpm_close(race->c);
}

ON_G(deadlines_lose_nothing)
{
    struct gpm_waitgroup done = {0};
    struct race races[4];
    struct gpm_chan *c = gpm_chan_new(sizeof(uint64_t), 0);
    gpm_waitgroup_add(&done, LEN(races));
    for (size_t i = 0; i < LEN(races); i++) {
        races[i] = (struct race){c, test_times(test_scale(2000)), 0, &done};
        go(send_impatiently, &races[i]);
    }
    go(close_when_done, &races[0]);
    size_t received = 0, sent = 0;
    for (int r, i = 0; (r = gpm_recv_until(c, NULL, gpm_now() + (i++ % 40) * 1000)) != -EPIPE;)
        received += r == 0;
    for (size_t i = 0; i < LEN(races); i++)
        sent += races[i].sent;
    CHECK(sent == received);
    gpm_chan_free(c);
}

int main(int argc, char **argv)
{
    static const struct test tests[] = {
        {"operations that do not block give what they should", scripts},
        {"a channel too big for memory is not made", channels_that_cannot_be},
        {"elements of any size come out as they went in", any_size},
        {"waiting ends by closing and by a deadline", ends_of_waiting},
        {"senders that wait are served in order", senders_are_served_in_order},
        {"a partner that comes in time is met", a_partner_in_time},
        {"nobody is ever met on a NULL channel", null_channels},
        {"receiving from a NULL channel is a deadlock", receiving_for_ever, 2, "deadlock"},
        {"sending to nobody is a deadlock", sending_for_ever, 2, "deadlock"},
        {"freeing a channel that Gs wait on is refused", freed_too_early, 2, "Gs wait"},
        {"deadlines lose and invent no element", deadlines_lose_nothing},
    };
    return run_tests(argc, argv, tests, LEN(tests));
}
