/*
 * Listening and dialling by an address in words: "127.0.0.1:80", "[::1]:80", "unix:/run/service". Names are
 * not resolved.
 */
#include "gpm/internal.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <sys/un.h>
#include <unistd.h>

static int parse_unix(const char *path, struct sockaddr_un *address, socklen_t *ret_length)
{
    size_t length = strlen(path);
    if (length == 0 || length >= sizeof address->sun_path)
        return -EINVAL;
    address->sun_family = AF_UNIX;
    memcpy(address->sun_path, path, length + 1);
    *ret_length = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + length + 1);
    return 0;
}

static int parse_port(const char *text, in_port_t *ret_port)
{
    char *end;
    if (*text < '0' || *text > '9')
        return -EINVAL;
    unsigned long port = strtoul(text, &end, 10);
    if (*end != '\0' || port > UINT16_MAX)
        return -EINVAL;
    *ret_port = htons((uint16_t)port);
    return 0;
}

static int parse_ip4(const char *host, const char *port, struct sockaddr_in *address, socklen_t *ret_length)
{
    address->sin_family = AF_INET;
    *ret_length = sizeof *address;
    return inet_pton(AF_INET, host, &address->sin_addr) == 1 ? parse_port(port, &address->sin_port) : -EINVAL;
}

static int parse_ip6(const char *host, const char *port, struct sockaddr_in6 *address, socklen_t *ret_length)
{
    address->sin6_family = AF_INET6;
    *ret_length = sizeof *address;
    return inet_pton(AF_INET6, host, &address->sin6_addr) == 1 ? parse_port(port, &address->sin6_port)
                                                               : -EINVAL;
}

int gpm_address(const char *text, struct sockaddr_storage *ret_address, socklen_t *ret_length)
{
    struct sockaddr_storage address = {0};
    socklen_t length;
    char host[INET6_ADDRSTRLEN];
    int r;
    const char *colon = strrchr(text, ':');
    bool is_ip6 = *text == '[';
    const char *begin = text + is_ip6;
    size_t host_length = colon ? (size_t)(colon - text) - 2 * is_ip6 : 0;
    if (strncmp(text, "unix:", 5) == 0) {
        r = parse_unix(text + 5, (struct sockaddr_un *)&address, &length);
    } else if (!colon || colon - text < 2 * is_ip6 || (is_ip6 && colon[-1] != ']')
               || host_length >= sizeof host) {
        r = -EINVAL;
    } else {
        memcpy(host, begin, host_length);
        host[host_length] = '\0';
        r = is_ip6 ? parse_ip6(host, colon + 1, (struct sockaddr_in6 *)&address, &length)
                   : parse_ip4(host, colon + 1, (struct sockaddr_in *)&address, &length);
    }
    if (r == 0) {
        *ret_address = address;
        *ret_length = length;
    }
    return r;
}

/*
 * A socket in the file system that no process has open any more is left over. Asked with a datagram socket: a
 * stream socket that is alive refuses that as the wrong type, and sees nothing of it.
 */
static void remove_stale(const struct sockaddr *address, socklen_t length)
{
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd >= 0 && connect(fd, address, length) < 0 && errno == ECONNREFUSED)
        unlink(((const struct sockaddr_un *)address)->sun_path);
    if (fd >= 0)
        close(fd);
}

int gpm_listen(const char *text, struct gpm_io **ret_io)
{
    struct sockaddr_storage storage;
    struct sockaddr *address = (struct sockaddr *)&storage;
    struct gpm_io *io;
    socklen_t length;
    int one = 1;
    int r = gpm_address(text, &storage, &length);
    if (r < 0)
        return r;
    int fd = socket(address->sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return -errno;
    if (address->sa_family == AF_UNIX)
        remove_stale(address, length);
    else
        setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    if (bind(fd, address, length) < 0 || listen(fd, SOMAXCONN) < 0)
        r = -errno;
    else
        r = gpm_io_open(fd, &io); /* only now: epoll reports an unconnected socket as hung up */
    if (r < 0)
        close(fd);
    else
        *ret_io = io;
    return r;
}

/*
 * Connecting begins before the poller sees the socket, for it takes an unconnected one for hung up. 0:
 * connected; 1: it has begun, and gpm_io_connect() will say how it ended. Small writes are not held back to
 * be sent together.
 */
static int begin_to_dial(const struct sockaddr *address, socklen_t length, struct gpm_io **ret_io)
{
    int one = 1;
    int fd = socket(address->sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return -errno;
    if (address->sa_family != AF_UNIX)
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    int begun = connect(fd, address, length) == 0 ? 0 : errno == EINPROGRESS || errno == EINTR ? 1 : -errno;
    int r = begun < 0 ? begun : gpm_io_open(fd, ret_io);
    if (r < 0)
        close(fd);
    return r < 0 ? r : begun;
}

/* A Unix socket whose queue is full says EAGAIN, and the kernel tells nobody when there is room again. */
static int dial(const struct sockaddr *address, socklen_t length, int64_t deadline, struct gpm_io **ret_io)
{
    for (int64_t wait_ns = 100000;; wait_ns = wait_ns < 10000000 ? 2 * wait_ns : wait_ns) {
        int r = begin_to_dial(address, length, ret_io);
        if (r != -EAGAIN || address->sa_family != AF_UNIX)
            return r;
        int64_t left_ns = deadline - gpm_now();
        if (left_ns <= 0)
            return -ETIMEDOUT;
        gpm_sleep(wait_ns < left_ns ? wait_ns : left_ns);
    }
}

int gpm_dial(const char *text, int64_t deadline, struct gpm_io **ret_io)
{
    struct sockaddr_storage storage;
    struct sockaddr *address = (struct sockaddr *)&storage;
    struct gpm_io *io;
    socklen_t length;
    g_need("gpm_dial");
    int r = gpm_address(text, &storage, &length);
    if (r == 0)
        r = dial(address, length, deadline, &io);
    if (r < 0)
        return r;
    if (r > 0) {
        gpm_io_set_write_deadline(io, deadline);
        r = gpm_io_connect(io, address, length);
        gpm_io_set_write_deadline(io, GPM_NEVER);
    }
    if (r < 0)
        gpm_io_close(io);
    else
        *ret_io = io;
    return r;
}

int gpm_pipe(struct gpm_io *ret_ends[2])
{
    struct gpm_io *ends[2];
    int fds[2];
    if (pipe2(fds, O_CLOEXEC | O_NONBLOCK) < 0)
        return -errno;
    int r = gpm_io_open(fds[0], &ends[0]);
    if (r < 0) {
        close(fds[0]);
        close(fds[1]);
        return r;
    }
    r = gpm_io_open(fds[1], &ends[1]);
    if (r < 0) {
        gpm_io_close(ends[0]);
        close(fds[1]);
        return r;
    }
    ret_ends[0] = ends[0];
    ret_ends[1] = ends[1];
    return 0;
}
