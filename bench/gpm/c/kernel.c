/* Gs and the kernel: sockets, system calls that block, memory. */
#include "bench.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { CONNECTIONS = 1000, ECHOES = 30, ECHO_BYTES = 64, BUFFER_BYTES = 1024 };

struct echo {
    struct gpm_io *listener;
    struct sockaddr_in address;
    struct gpm_waitgroup clients, servers;
};

static struct gpm_io *socket_io(int fd)
{
    struct gpm_io *io;
    must(gpm_io_open(must_os(fd, "socket"), &io), "gpm_io_open");
    return io;
}

/* Go's net package sends without delay, so this does. */
static void no_delay(struct gpm_io *io)
{
    int on = 1;
    must_os(setsockopt(gpm_io_fd(io), IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on)), "TCP_NODELAY");
}

static void echo_serve(void *arg)
{
    struct gpm_io *io = arg;
    char buffer[BUFFER_BYTES];
    for (ssize_t got; (got = gpm_io_read(io, buffer, sizeof(buffer))) > 0;)
        must(gpm_io_write_full(io, buffer, (size_t)got), "write");
    gpm_io_close(io);
}

static void echo_accept(void *arg)
{
    struct echo *e = arg;
    struct gpm_io *io;
    while (gpm_io_accept(e->listener, NULL, NULL, &io) == 0) {
        no_delay(io);
        must(gpm_go(echo_serve, io), "gpm_go");
    }
    gpm_waitgroup_done(&e->servers);
}

static void echo_client(void *arg)
{
    struct echo *e = arg;
    struct gpm_io *io = socket_io(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    must(gpm_io_connect(io, (struct sockaddr *)&e->address, sizeof(e->address)), "connect");
    no_delay(io);
    char sent[ECHO_BYTES] = {0}, received[BUFFER_BYTES];
    for (int i = 0; i < ECHOES; i++) {
        sent[i % ECHO_BYTES]++;
        must(gpm_io_write_full(io, sent, sizeof(sent)), "write");
        for (size_t got = 0; got < sizeof(sent);) {
            ssize_t more = gpm_io_read(io, received + got, sizeof(received) - got);
            check(more > 0, "read");
            got += (size_t)more;
        }
        check(memcmp(sent, received, sizeof(sent)) == 0, "echo");
    }
    gpm_io_close(io);
    gpm_waitgroup_done(&e->clients);
}

static void echo_listen(struct echo *e)
{
    int on = 1, fd = must_os(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), "socket");
    socklen_t length = sizeof(e->address);
    e->address = (struct sockaddr_in){.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    must_os(setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)), "SO_REUSEADDR");
    must_os(bind(fd, (struct sockaddr *)&e->address, length), "bind");
    must_os(listen(fd, SOMAXCONN), "listen");
    must_os(getsockname(fd, (struct sockaddr *)&e->address, &length), "getsockname");
    e->listener = socket_io(fd);
}

/* A thousand clients connect to an echo server in the same process and exchange 30 messages each. */
void bench_echo(void)
{
    struct echo e = {0};
    echo_listen(&e);
    gpm_waitgroup_add(&e.servers, 1);
    must(gpm_go(echo_accept, &e), "gpm_go");
    gpm_waitgroup_add(&e.clients, CONNECTIONS);
    for (int i = 0; i < CONNECTIONS; i++)
        must(gpm_go(echo_client, &e), "gpm_go");
    gpm_waitgroup_wait(&e.clients);
    gpm_io_close(e.listener);
    gpm_waitgroup_wait(&e.servers);
}

enum { HANDOFFS = 10000 };

struct handoff {
    int pipe[2];
    struct gpm_chan *wanted;
};

static void write_wanted(void *arg)
{
    struct handoff *h = arg;
    unsigned char byte;
    while (gpm_recv(h->wanted, &byte)) {
        gpm_enter_syscall();
        ssize_t n = write(h->pipe[1], &byte, 1);
        gpm_exit_syscall();
        check(n == 1, "write to a pipe");
    }
    close(h->pipe[1]);
}

struct blocking_read {
    int fd;
    unsigned char byte;
    ssize_t n;
};

static void read_blocking(void *arg)
{
    struct blocking_read *r = arg;
    do
        r->n = read(r->fd, &r->byte, 1);
    while (r->n == -1 && errno == EINTR);
}

/* A G reads from a pipe in blocking mode, so its thread truly blocks; what it waits for is written by another
 * G, which was readied just before. With one P that can run only when the P is taken out of the blocking
 * call. */
void bench_syscall(void)
{
    struct handoff h = {.wanted = gpm_chan_new(1, 0)};
    check(h.wanted, "no memory");
    must_os(pipe(h.pipe), "pipe");
    must(gpm_go(write_wanted, &h), "gpm_go");
    struct blocking_read r = {.fd = h.pipe[0]};
    for (int i = 0; i < HANDOFFS; i++) {
        unsigned char byte = (unsigned char)i;
        must(gpm_send(h.wanted, &byte), "gpm_send");
        gpm_blocking(read_blocking, &r);
        check(r.n == 1 && r.byte == byte, "syscall");
    }
    gpm_close(h.wanted);
    gpm_blocking(read_blocking, &r);
    check(r.n == 0, "syscall");
    close(h.pipe[0]);
    gpm_chan_free(h.wanted);
}

enum { PARKED = 100000 };

struct parked {
    struct gpm_chan *gate;
    struct gpm_waitgroup arrived, left;
};

static void wait_at_gate(void *arg)
{
    struct parked *p = arg;
    gpm_waitgroup_done(&p->arrived);
    gpm_recv(p->gate, NULL);
    gpm_waitgroup_done(&p->left);
}

static double resident_bytes(void)
{
    long pages = 0;
    FILE *file = fopen("/proc/self/statm", "re");
    check(file && fscanf(file, "%*d %ld", &pages) == 1, "/proc/self/statm");
    fclose(file);
    return (double)pages * (double)sysconf(_SC_PAGESIZE);
}

/* Resident memory that a hundred thousand Gs waiting on a channel add, divided by their number. */
double bench_rss_parked(void)
{
    struct parked p = {.gate = gpm_chan_new(0, 0)};
    check(p.gate, "no memory");
    double before = resident_bytes();
    gpm_waitgroup_add(&p.arrived, PARKED);
    gpm_waitgroup_add(&p.left, PARKED);
    for (int i = 0; i < PARKED; i++)
        must(gpm_go(wait_at_gate, &p), "gpm_go");
    gpm_waitgroup_wait(&p.arrived);
    double after = resident_bytes();
    gpm_close(p.gate);
    gpm_waitgroup_wait(&p.left);
    gpm_chan_free(p.gate);
    return (after - before) / PARKED;
}
