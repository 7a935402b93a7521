/* Gs and the kernel: sockets, system calls that block, memory. */
#include "bench.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { CONNECTIONS = 1000, ECHOES = 30, ECHO_BYTES = 64 };

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
    char message[ECHO_BYTES];
    while (gpm_io_read_full(io, message, sizeof(message)) == 0)
        must(gpm_io_write_full(io, message, sizeof(message)), "write");
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
    char sent[ECHO_BYTES] = {0}, received[ECHO_BYTES];
    for (int i = 0; i < ECHOES; i++) {
        sent[i % ECHO_BYTES]++;
        must(gpm_io_write_full(io, sent, sizeof(sent)), "write");
        must(gpm_io_read_full(io, received, sizeof(received)), "read");
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

enum { HANDOFFS = 20000 };

struct pipes {
    int there[2], back[2];
    struct gpm_waitgroup other;
};

/* As Go's syscall.Read and syscall.Write: the call is bracketed, since the kernel alone knows whether it will
 * block. */
static void read_byte(int fd, unsigned char *byte)
{
    ssize_t n;
    do {
        gpm_enter_syscall();
        n = read(fd, byte, 1);
        gpm_exit_syscall();
    } while (n == -1 && errno == EINTR);
    check(n == 1, "read of a pipe");
}

static void write_byte(int fd, unsigned char byte)
{
    gpm_enter_syscall();
    ssize_t n = write(fd, &byte, 1);
    gpm_exit_syscall();
    check(n == 1, "write to a pipe");
}

static void answer_bytes(void *arg)
{
    struct pipes *p = arg;
    unsigned char byte = 0;
    for (int i = 0; i < HANDOFFS; i++) {
        read_byte(p->there[0], &byte);
        write_byte(p->back[1], (unsigned char)(byte + 1));
    }
    gpm_waitgroup_done(&p->other);
}

/* Two Gs, each with a thread that truly blocks: a byte goes to and fro over pipes in blocking mode. Whoever
 * waits in read(2) has to give up its P so that the other can run. */
void bench_syscall(void)
{
    struct pipes p = {0};
    must_os(pipe(p.there), "pipe");
    must_os(pipe(p.back), "pipe");
    gpm_waitgroup_add(&p.other, 1);
    must(gpm_go(answer_bytes, &p), "gpm_go");
    unsigned char byte = 0;
    for (int i = 0; i < HANDOFFS; i++) {
        write_byte(p.there[1], byte);
        read_byte(p.back[0], &byte);
    }
    gpm_waitgroup_wait(&p.other);
    check(byte == HANDOFFS % 256, "syscall");
    for (int i = 0; i < 2; i++) {
        close(p.there[i]);
        close(p.back[i]);
    }
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
