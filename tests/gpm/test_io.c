/*
 * Sockets and pipes.
 */
#include "on_g.h"
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <string.h>
#include <sys/un.h>
#include <unistd.h>

/* ---- Addresses ---- */

static void addresses(void)
{
    static const struct {
        const char *text;
        int family; /* 0: no address */
        int port;
    } rows[] = {
        {"127.0.0.1:80", AF_INET, 80},
        {"0.0.0.0:0", AF_INET, 0},
        {"255.255.255.255:65535", AF_INET, 65535},
        {"[::1]:443", AF_INET6, 443},
        {"[fe80::1234:5678:9abc:def0]:1", AF_INET6, 1},
        {"unix:/tmp/socket", AF_UNIX, 0},
        {"unix:x", AF_UNIX, 0},
        {"", 0, 0},
        {":", 0, 0},
        {"unix:", 0, 0},
        {"127.0.0.1", 0, 0},
        {"127.0.0.1:", 0, 0},
        {"127.0.0.1:65536", 0, 0},
        {"127.0.0.1:-1", 0, 0},
        {"127.0.0.1: 80", 0, 0},
        {"127.0.0.1:80x", 0, 0},
        {"127.0.0:80", 0, 0},
        {":80", 0, 0},
        {"[::1]", 0, 0},
        {"[]:80", 0, 0},
        {"[:80", 0, 0},
        {"::1:80", 0, 0},
        {"[127.0.0.1]:80", 0, 0},
        {"localhost:80", 0, 0},
        {"[0000:0000:0000:0000:0000:0000:0000:0000:0000:0000:0000:0000]:80", 0, 0},
        {"unix:/"
         "012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789012345678"
         "9"
         "01234567",
         0, 0},
    };
    for (size_t i = 0; i < LEN(rows); i++) {
        struct sockaddr_storage address = {.ss_family = 99};
        socklen_t length = 99;
        int r = gpm_address(rows[i].text, &address, &length);
        CHECK_ROW(r == (rows[i].family ? 0 : -EINVAL), rows[i].text);
        CHECK_ROW(address.ss_family == (rows[i].family ? rows[i].family : 99), rows[i].text);
        if (rows[i].family == AF_INET)
            CHECK_ROW(ntohs(((struct sockaddr_in *)&address)->sin_port) == rows[i].port, rows[i].text);
        if (rows[i].family == AF_INET6)
            CHECK_ROW(ntohs(((struct sockaddr_in6 *)&address)->sin6_port) == rows[i].port, rows[i].text);
        CHECK_ROW(rows[i].family || length == 99, rows[i].text);
    }
}

/* ---- Two ends of something ---- */

struct ends {
    struct gpm_io *a, *b; /* what is written to b is read from a */
};

static struct gpm_io *listen_somewhere(char *ret_address, size_t bytes)
{
    struct sockaddr_in address;
    socklen_t length = sizeof address;
    struct gpm_io *listener;
    CHECK(gpm_listen("127.0.0.1:0", &listener) == 0);
    CHECK(getsockname(gpm_io_fd(listener), (struct sockaddr *)&address, &length) == 0);
    snprintf(ret_address, bytes, "127.0.0.1:%d", ntohs(address.sin_port));
    return listener;
}

static void accept_one(void *arg)
{
    struct ends *ends = arg; /* a is the listener, b becomes the connection */
    CHECK(gpm_io_accept(ends->a, NULL, NULL, &ends->b) == 0);
}

static struct ends connect_to(struct gpm_io *listener, const char *address)
{
    struct ends server = {.a = listener}, ends;
    CHECK(gpm_dial(address, gpm_after(MS(30000)), &ends.a) == 0);
    accept_one(&server);
    ends.b = server.b;
    return ends;
}

static struct ends tcp_ends(void)
{
    char address[40];
    struct gpm_io *listener = listen_somewhere(address, sizeof address);
    struct ends ends = connect_to(listener, address);
    gpm_io_close(listener);
    return ends;
}

static struct ends unix_ends(void)
{
    char path[60], address[70];
    struct gpm_io *listener, *second;
    snprintf(path, sizeof path, "/tmp/gpm-test-%d", getpid());
    snprintf(address, sizeof address, "unix:%s", path);
    CHECK(gpm_listen(address, &listener) == 0);
    CHECK(gpm_listen(address, &second) == -EADDRINUSE);
    struct ends ends = connect_to(listener, address);
    gpm_io_close(listener);
    CHECK(gpm_listen(address, &second) == 0); /* what is left in the file system is no obstacle */
    gpm_io_close(second);
    unlink(path);
    return ends;
}

static struct ends pipe_ends(void)
{
    struct gpm_io *ends[2];
    CHECK(gpm_pipe(ends) == 0);
    return (struct ends){ends[0], ends[1]};
}

static struct ends pair_ends(void)
{
    struct ends ends;
    int fds[2];
    CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, fds) == 0); /* blocking: gpm_io_open() changes that */
    CHECK(gpm_io_open(fds[0], &ends.a) == 0 && gpm_io_open(fds[1], &ends.b) == 0);
    return ends;
}

static const struct {
    const char *name;
    struct ends (*make)(void);
    bool is_socket;
} kinds[] = {{"TCP", tcp_ends, true},
             {"Unix", unix_ends, true},
             {"pipe", pipe_ends, false},
             {"socket pair", pair_ends, true}};

/* ---- Much, in pieces of all sizes ---- */

enum { MUCH = 3000000 };

static unsigned char byte_at(size_t i)
{
    return (unsigned char)(i * 31 + i / 251);
}

static void write_much(void *arg)
{
    struct gpm_io *io = arg;
    static unsigned char much[MUCH];
    for (size_t i = 0; i < MUCH; i++)
        much[i] = byte_at(i);
    CHECK(gpm_io_write_full(io, much, MUCH / 2) == 0);
    for (size_t i = MUCH / 2; i < MUCH;) { /* the second half in three parts a time */
        size_t left = MUCH - i, piece = left < 5000 ? left / 3 : 1 + i % 1600;
        struct iovec parts[] = {{much + i, piece},
                                {much + i + piece, piece},
                                {much + i + 2 * piece, left < 5000 ? left - 2 * piece : 1}};
        ssize_t n = gpm_io_writev(io, parts, 3);
        CHECK(n > 0);
        i += (size_t)n;
    }
    gpm_io_close(io);
}

ON_G(much)
{
    for (size_t k = 0; k < LEN(kinds); k++) {
        struct ends ends = kinds[k].make();
        unsigned char buffer[4096], second[100];
        go(write_much, ends.b);
        size_t i = 0;
        for (size_t round = 0;; round++) {
            struct iovec parts[] = {{buffer, 1 + round * 37 % sizeof buffer}, {second, sizeof second}};
            ssize_t n =
                round % 2 ? gpm_io_readv(ends.a, parts, 2) : gpm_io_read(ends.a, buffer, parts[0].iov_len);
            CHECK_ROW(n >= 0, kinds[k].name);
            if (n == 0)
                break;
            for (size_t j = 0; j < (size_t)n; j++)
                CHECK((j < parts[0].iov_len ? buffer[j] : second[j - parts[0].iov_len]) == byte_at(i + j));
            i += (size_t)n;
        }
        CHECK_ROW(i == MUCH, kinds[k].name);
        CHECK(gpm_io_read(ends.a, buffer, 1) == 0); /* the end stays the end */
        CHECK(gpm_io_read_full(ends.a, buffer, 1) == -EPIPE);
        gpm_io_close(ends.a);
    }
}

/* ---- The end, in time with the last bytes ---- */

/*
 * Bytes and end may come in one event, or in two: a reader that was told "less than you asked
 * for" must still see the end.
 */
static void write_and_close(void *arg)
{
    struct gpm_io *io = arg;
    CHECK(gpm_io_write(io, "last", 4) == 4);
    gpm_io_close(io);
}

ON_G(bytes_and_end)
{
    for (size_t k = 0; k < LEN(kinds) * 50; k++) {
        struct ends ends = kinds[k % LEN(kinds)].make();
        char buffer[100];
        if (k & 4)
            go(write_and_close, ends.b);
        else
            write_and_close(ends.b);
        for (size_t i = 0; i < k / LEN(kinds) % 3; i++)
            gpm_yield();
        CHECK(gpm_io_read(ends.a, buffer, sizeof buffer) == 4);
        CHECK(gpm_io_read(ends.a, buffer, sizeof buffer) == 0);
        gpm_io_close(ends.a);
    }
}

/* ---- What ends waiting ---- */

struct waiting {
    struct gpm_io *io;
    enum { READS, WRITES, WAITS, ACCEPTS } what;
    ssize_t result;
    struct gpm_waitgroup end;
};

static void wait_for_io(void *arg)
{
    struct waiting *w = arg;
    static char buffer[100000];
    struct gpm_io *connection;
    switch (w->what) {
    case READS:
        w->result = gpm_io_read(w->io, buffer, 1);
        break;
    case WRITES:
        do
            w->result = gpm_io_write(w->io, buffer, sizeof buffer);
        while (w->result > 0); /* until it is full, and more than that */
        break;
    case WAITS:
        w->result = gpm_io_wait(w->io, GPM_READABLE);
        break;
    case ACCEPTS:
        w->result = gpm_io_accept(w->io, NULL, NULL, &connection);
        break;
    }
    gpm_waitgroup_done(&w->end);
}

static void begin_waiting(struct waiting *w)
{
    gpm_waitgroup_add(&w->end, 1);
    go(wait_for_io, w);
    let_others_run();
}

ON_G(ends_of_waiting)
{
    static const struct {
        const char *name;
        int what;
        bool is_closed, is_late;
        ssize_t result;
    } rows[] = {
        {"closing wakes a reader", READS, true, false, -ECANCELED},
        {"closing wakes a writer", WRITES, true, false, -ECANCELED},
        {"closing wakes one that waits to read", WAITS, true, false, -ECANCELED},
        {"closing wakes one that accepts", ACCEPTS, true, false, -ECANCELED},
        {"a deadline set before ends a read", READS, false, false, -ETIMEDOUT},
        {"a deadline set before ends a write", WRITES, false, false, -ETIMEDOUT},
        {"a deadline set meanwhile ends a read", READS, false, true, -ETIMEDOUT},
        {"a deadline set meanwhile ends a write", WRITES, false, true, -ETIMEDOUT},
        {"a deadline set meanwhile ends waiting", WAITS, false, true, -ETIMEDOUT},
        {"a deadline set meanwhile ends accepting", ACCEPTS, false, true, -ETIMEDOUT},
    };
    for (size_t i = 0; i < LEN(rows); i++) {
        char address[40];
        struct ends ends = tcp_ends();
        struct gpm_io *listener = listen_somewhere(address, sizeof address);
        struct gpm_io *io = rows[i].what == ACCEPTS ? listener : ends.a;
        struct waiting w = {.io = io, .what = rows[i].what, .result = 1};
        if (rows[i].is_closed || rows[i].is_late)
            begin_waiting(&w);
        if (!rows[i].is_closed) {
            gpm_io_set_read_deadline(io, gpm_after(MS(3)));
            gpm_io_set_write_deadline(io, gpm_after(MS(3)));
        }
        if (!rows[i].is_closed && !rows[i].is_late)
            begin_waiting(&w);
        gpm_io_ref(io);
        if (rows[i].is_closed)
            gpm_io_close(io);
        gpm_waitgroup_wait(&w.end);
        CHECK_ROW(w.result == rows[i].result, rows[i].name);
        begin_waiting(&w);
        gpm_waitgroup_wait(&w.end);
        CHECK_ROW(w.result == rows[i].result, rows[i].name); /* and it stays so */
        gpm_io_unref(io);
        if (!rows[i].is_closed || io != ends.a)
            gpm_io_close(ends.a);
        if (!rows[i].is_closed || io != listener)
            gpm_io_close(listener);
        gpm_io_close(ends.b);
    }
}

ON_G(a_deadline_can_be_moved)
{
    struct ends ends = pair_ends();
    char byte = 'x';
    gpm_io_set_read_deadline(ends.a, gpm_after(MS(1)));
    CHECK(gpm_io_read(ends.a, &byte, 1) == -ETIMEDOUT);
    gpm_io_set_read_deadline(ends.a, GPM_NEVER);
    CHECK(gpm_io_write(ends.b, "y", 1) == 1);
    CHECK(gpm_io_read(ends.a, &byte, 1) == 1 && byte == 'y');
    gpm_io_set_read_deadline(ends.a, 1); /* long past */
    CHECK(gpm_io_write(ends.b, "z", 1) == 1);
    CHECK(gpm_io_read(ends.a, &byte, 1) == -ETIMEDOUT);
    gpm_io_close(ends.a);
    gpm_io_close(ends.b);
}

ON_G(one_reader_at_a_time)
{
    struct ends ends = pair_ends();
    struct waiting w = {.io = ends.a, .what = READS, .result = 99};
    char byte;
    gpm_set_maxprocs(1);
    begin_waiting(&w);
    CHECK(gpm_io_read(ends.a, &byte, 1) == -EBUSY);
    CHECK(gpm_io_write(ends.a, "x", 1) == 1); /* the other direction is free */
    CHECK(gpm_io_write(ends.b, "x", 1) == 1);
    gpm_waitgroup_wait(&w.end);
    CHECK(w.result == 1);
    gpm_io_close(ends.a);
    gpm_io_close(ends.b);
}

/* ---- Failures ---- */

ON_G(failures)
{
    struct gpm_io *io;
    char address[40];
    int file = open("/proc/self/stat", O_RDONLY);
    CHECK(gpm_io_open(file, &io) == -EPERM && close(file) == 0);
    CHECK(gpm_io_open(-1, &io) == -EBADF);
    struct gpm_io *listener = listen_somewhere(address, sizeof address);
    gpm_io_close(listener);
    CHECK(gpm_dial(address, GPM_NEVER, &io) == -ECONNREFUSED);
    CHECK(gpm_dial("nowhere", GPM_NEVER, &io) == -EINVAL);
    CHECK(gpm_dial("unix:/does/not/exist", GPM_NEVER, &io) == -ENOENT);
    CHECK(gpm_listen("unix:/does/not/exist", &io) == -ENOENT);
    gpm_io_close(NULL);
    gpm_io_unref(NULL);
}

ON_G(writing_to_nobody)
{
    for (size_t k = 0; k < LEN(kinds); k++) {
        if (!kinds[k].is_socket)
            continue;
        struct ends ends = kinds[k].make();
        gpm_io_close(ends.a);
        ssize_t n = 0;
        for (int i = 0; i < 1000 && n >= 0; i++) { /* TCP has to be told first */
            n = gpm_io_write(ends.b, "x", 1);
            gpm_yield();
        }
        CHECK_ROW(n == -EPIPE || n == -ECONNRESET, kinds[k].name);
        gpm_io_close(ends.b);
    }
}

/* A socket that the caller made, connected by hand. */
ON_G(connecting)
{
    char text[40];
    struct gpm_io *listener = listen_somewhere(text, sizeof text), *io;
    struct sockaddr_storage address;
    socklen_t length;
    CHECK(gpm_address(text, &address, &length) == 0);
    CHECK(gpm_io_open(socket(AF_INET, SOCK_STREAM, 0), &io) == 0);
    CHECK(gpm_io_connect(io, (struct sockaddr *)&address, length) == 0);
    struct ends server = {.a = listener};
    accept_one(&server);
    CHECK(gpm_io_write(server.b, "x", 1) == 1);
    char byte;
    CHECK(gpm_io_wait(io, GPM_READABLE) == 0 && gpm_io_wait(io, GPM_WRITABLE) == 0);
    CHECK(gpm_io_read_full(io, &byte, 1) == 0);
    gpm_io_close(server.b);
    gpm_io_close(listener);
    gpm_io_close(io);
}

/* ---- Closing while others use it ---- */

struct shared {
    struct gpm_io *io;
    struct gpm_waitgroup end;
};

static void read_until_closed(void *arg)
{
    struct shared *s = arg;
    struct gpm_io *io = s->io;
    char buffer[16];
    while (gpm_io_read(io, buffer, sizeof buffer) != -ECANCELED)
        gpm_yield();
    gpm_io_unref(io);
    gpm_waitgroup_done(&s->end);
}

static void write_until_closed(void *arg)
{
    struct shared *s = arg;
    struct gpm_io *io = s->io;
    while (gpm_io_write(io, "something", 9) != -ECANCELED)
        gpm_yield();
    gpm_io_unref(io);
    gpm_waitgroup_done(&s->end);
}

ON_G(closing_in_use)
{
    for (size_t i = 0; i < test_times(test_scale(300)); i++) {
        struct ends ends = pair_ends();
        struct shared a = {.io = ends.a}, b = {.io = ends.b};
        gpm_fn *fns[] = {read_until_closed, write_until_closed};
        for (int k = 0; k < 4; k++) {
            struct shared *s = k / 2 ? &a : &b;
            gpm_io_ref(s->io);
            gpm_waitgroup_add(&s->end, 1);
            go(fns[k % 2], s);
        }
        for (size_t k = 0; k < i % 7; k++)
            gpm_yield();
        gpm_io_set_read_deadline(ends.a, gpm_now() + (int64_t)(i % 5) * 10000);
        gpm_io_close(ends.a);
        gpm_io_close(ends.b);
        gpm_waitgroup_wait(&a.end);
        gpm_waitgroup_wait(&b.end);
    }
}

/* The descriptor is closed at once, though there are references. */
ON_G(references_keep_no_descriptor)
{
    struct ends ends = pair_ends();
    char byte;
    gpm_io_ref(ends.a);
    gpm_io_close(ends.a);
    CHECK(gpm_io_read(ends.b, &byte, 1) == 0);
    CHECK(gpm_io_read(ends.a, &byte, 1) == -ECANCELED);
    gpm_io_ref(ends.b);
    gpm_io_unref(ends.b);
    CHECK(gpm_io_read(ends.b, &byte, 1) == 0);
    gpm_io_unref(ends.b); /* the last one closes */
    gpm_io_unref(ends.a);
}

int main(int argc, char **argv)
{
    static const struct test tests[] = {
        {"addresses in words", addresses},
        {"much arrives whole and in order", much},
        {"the end comes after the last bytes", bytes_and_end},
        {"closing and deadlines end waiting", ends_of_waiting},
        {"a deadline can be moved, and counts for data that is there", a_deadline_can_be_moved},
        {"one reads and one writes at a time", one_reader_at_a_time},
        {"failures are told", failures},
        {"writing to a socket that nobody reads raises no signal", writing_to_nobody},
        {"a socket of one's own is connected", connecting},
        {"closing while others use it", closing_in_use},
        {"references keep no descriptor open", references_keep_no_descriptor},
    };
    return run_tests(argc, argv, tests, LEN(tests));
}
