/*
 * Sockets, pipes, and whatever else can be polled: the descriptor is non-blocking, an operation is tried, and
 * when it would block the G parks until the poller has news.
 *
 * The poller reports edges. So an old edge must be forgotten before the attempt, not after: what comes in
 * between then counts (poll_prepare() before, poll_wait() after EAGAIN).
 *
 * A read that has emptied a stream need not be followed by one that fails: the next read waits for the edge
 * first, which saves a server one of three system calls. A stream was emptied when a read got less than it
 * asked for, see epoll(7); only urgent data of TCP would deceive us. Where reads are filled to the last byte,
 * as with messages of a fixed size, TCP is asked how much is left (TCP_INQ), which costs half of what it
 * saves. Not when the peer has hung up, whose edge may have been the last one.
 *
 * Life. The word `use` counts the operations that are inside, and the references: the users' and one of the
 * open descriptor itself. After CLOSED nobody gets in any more; whoever sees the last one out, or finds
 * nobody inside when it closes, closes the descriptor and drops its reference. So no number of a descriptor
 * is used after it may have become somebody else's.
 */
#include "gpm/internal.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

enum io_kind {
    IO_OTHER,
    IO_PIPE,   /* a read that got less than it asked for has emptied it, as with IO_TCP */
    IO_SOCKET, /* written to with send(), which can do without SIGPIPE */
    IO_TCP,    /* also says, when asked, how much is left */
};

struct gpm_io {
    _Atomic uint64_t use;
    int fd;
    enum io_kind kind;
    bool is_drained; /* these two belong to who is READING */
    bool was_filled; /* the last read got all that it asked for */
    struct poll_desc *pd;
};

#define READING ((uint64_t)1)
#define WRITING ((uint64_t)2)
#define CLOSED ((uint64_t)4)
#define ONE_INSIDE ((uint64_t)1 << 8)
#define INSIDE (((uint64_t)1 << 32) - ONE_INSIDE)
#define ONE_REF ((uint64_t)1 << 32)

static void drop(struct gpm_io *io)
{
    if (atomic_fetch_sub(&io->use, ONE_REF) < 2 * ONE_REF)
        free(io);
}

static void close_descriptor(struct gpm_io *io)
{
    poll_close(io->pd);
    close(io->fd); /* not again after EINTR: Linux has closed it */
    drop(io);
}

/* part: READING or WRITING, which one at a time may do; 0: neither. */
static int enter(struct gpm_io *io, uint64_t part)
{
    uint64_t use = LOAD(&io->use);
    do {
        if (use & CLOSED)
            return -ECANCELED;
        if (use & part)
            return -EBUSY;
    } while (!atomic_compare_exchange_weak(&io->use, &use, (use | part) + ONE_INSIDE));
    return 0;
}

static void leave(struct gpm_io *io, uint64_t part)
{
    uint64_t use = atomic_fetch_sub(&io->use, part + ONE_INSIDE);
    if (UNLIKELY(use & CLOSED) && (use & INSIDE) == ONE_INSIDE)
        close_descriptor(io);
}

static enum io_kind kind_of(int fd)
{
    int one = 1;
    struct stat st;
    if (setsockopt(fd, IPPROTO_TCP, TCP_INQ, &one, sizeof one) == 0)
        return IO_TCP;
    if (errno != ENOTSOCK)
        return IO_SOCKET;
    return fstat(fd, &st) == 0 && S_ISFIFO(st.st_mode) ? IO_PIPE : IO_OTHER;
}

static int set_nonblocking(int fd)
{
    int flags = fcntl(fd, F_GETFL);
    if (flags < 0 || (!(flags & O_NONBLOCK) && fcntl(fd, F_SETFL, flags | O_NONBLOCK) < 0))
        return -errno;
    return 0;
}

static int open_nonblocking(int take_fd, enum io_kind kind, struct gpm_io **ret_io)
{
    struct gpm_io *io = malloc(sizeof *io);
    if (!io)
        return -ENOMEM;
    *io = (struct gpm_io){.use = 2 * ONE_REF, .fd = take_fd, .kind = kind};
    int r = poll_open(take_fd, &io->pd);
    if (r < 0)
        free(io);
    else
        *ret_io = io;
    return r;
}

int gpm_io_open(int take_fd, struct gpm_io **ret_io)
{
    int r = gpm_start();
    if (r == 0)
        r = set_nonblocking(take_fd);
    return r < 0 ? r : open_nonblocking(take_fd, kind_of(take_fd), ret_io);
}

struct gpm_io *gpm_io_ref(struct gpm_io *io)
{
    atomic_fetch_add(&io->use, ONE_REF);
    return io;
}

/* Closing is an operation, too: the poll_desc stays until everybody was sent away. */
void gpm_io_close(struct gpm_io *io)
{
    if (!io)
        return;
    uint64_t use = LOAD(&io->use);
    while (!(use & CLOSED)) {
        if (!atomic_compare_exchange_weak(&io->use, &use, (use | CLOSED) + ONE_INSIDE))
            continue;
        poll_evict(io->pd);
        leave(io, 0);
        break;
    }
    drop(io);
}

void gpm_io_unref(struct gpm_io *io)
{
    if (!io)
        return;
    uint64_t use = LOAD(&io->use);
    do {
        if (!(use & CLOSED) && use / ONE_REF == 2) { /* the last but the descriptor's own */
            gpm_io_close(io);
            return;
        }
    } while (!atomic_compare_exchange_weak(&io->use, &use, use - ONE_REF));
    if (use / ONE_REF == 1)
        free(io);
}

int gpm_io_fd(const struct gpm_io *io)
{
    return io->fd;
}

static void set_deadline(struct gpm_io *io, enum poll_mode mode, int64_t deadline)
{
    if (enter(io, 0) < 0)
        return;
    poll_set_deadline(io->pd, mode, deadline);
    leave(io, 0);
}

void gpm_io_set_read_deadline(struct gpm_io *io, int64_t deadline)
{
    set_deadline(io, POLL_READ, deadline);
}

void gpm_io_set_write_deadline(struct gpm_io *io, int64_t deadline)
{
    set_deadline(io, POLL_WRITE, deadline);
}

/* Before the first attempt. After a wait there is no old edge to forget: it has just been used up. */
static int begin_read(struct gpm_io *io)
{
    if (!io->is_drained)
        return poll_prepare(io->pd, POLL_READ);
    int r = poll_wait(io->pd, POLL_READ);
    if (r == 0)
        io->is_drained = false;
    return r;
}

/* What to do about errno: 0 try again, else a negative errno. */
static int after_failure(struct gpm_io *io, enum poll_mode mode)
{
    int error = errno;
    if (error == EAGAIN || error == EWOULDBLOCK)
        return poll_wait(io->pd, mode);
    return error == EINTR ? 0 : -error;
}

static size_t sum_of(const struct iovec *parts, int n)
{
    size_t sum = 0;
    for (int i = 0; i < n; i++)
        sum += parts[i].iov_len;
    return sum;
}

/* Reads from a TCP socket, and learns what is left: 0, or at least 1 when the end has come. -1: it is not
 * said. */
static ssize_t read_tcp(int fd, const struct iovec *parts, int n, int *ret_left)
{
    _Alignas(struct cmsghdr) char control[CMSG_SPACE(sizeof(int))];
    struct msghdr message = {.msg_iov = (struct iovec *)(uintptr_t)parts,
                             .msg_iovlen = (size_t)n,
                             .msg_control = control,
                             .msg_controllen = sizeof control};
    ssize_t got = recvmsg(fd, &message, 0);
    struct cmsghdr *left = got < 0 ? NULL : CMSG_FIRSTHDR(&message);
    *ret_left = -1;
    if (left && left->cmsg_level == IPPROTO_TCP && left->cmsg_type == TCP_CM_INQ)
        memcpy(ret_left, CMSG_DATA(left), sizeof *ret_left);
    return got;
}

static ssize_t read_any(const struct gpm_io *io, const struct iovec *parts, int n)
{
    if (n == 1 && io->kind >= IO_SOCKET)
        return recv(io->fd, parts->iov_base, parts->iov_len, 0);
    return readv(io->fd, parts, n);
}

static ssize_t read_inside(struct gpm_io *io, const struct iovec *parts, int n)
{
    ssize_t r = begin_read(io);
    while (r == 0) {
        int left = -1;
        bool asks = io->kind == IO_TCP && io->was_filled;
        ssize_t got = asks ? read_tcp(io->fd, parts, n, &left) : read_any(io, parts, n);
        if (got < 0) {
            r = after_failure(io, POLL_READ);
            continue;
        }
        io->was_filled = (size_t)got == sum_of(parts, n);
        bool is_stream = io->kind == IO_TCP || io->kind == IO_PIPE;
        bool is_empty = io->was_filled ? left == 0 : is_stream;
        io->is_drained = is_empty && got > 0 && !LOAD(&io->pd->hung_up);
        return got;
    }
    return r;
}

static ssize_t write_inside(struct gpm_io *io, const struct iovec *parts, int n)
{
    struct msghdr message = {.msg_iov = (struct iovec *)(uintptr_t)parts, .msg_iovlen = (size_t)n};
    ssize_t r = poll_prepare(io->pd, POLL_WRITE);
    while (r == 0) {
        ssize_t put = io->kind < IO_SOCKET ? writev(io->fd, parts, n)
                      : n == 1             ? send(io->fd, parts->iov_base, parts->iov_len, MSG_NOSIGNAL)
                                           : sendmsg(io->fd, &message, MSG_NOSIGNAL);
        if (put >= 0)
            return put;
        r = after_failure(io, POLL_WRITE);
    }
    return r;
}

static inline ssize_t transfer(struct gpm_io *io, uint64_t part, const struct iovec *parts, int n)
{
    safepoint();
    ssize_t r = enter(io, part);
    if (r == 0) {
        r = part == READING ? read_inside(io, parts, n) : write_inside(io, parts, n);
        leave(io, part);
    }
    return r;
}

ssize_t gpm_io_readv(struct gpm_io *io, const struct iovec *parts, int n)
{
    g_need("gpm_io_readv");
    return transfer(io, READING, parts, n);
}

ssize_t gpm_io_writev(struct gpm_io *io, const struct iovec *parts, int n)
{
    g_need("gpm_io_writev");
    return transfer(io, WRITING, parts, n);
}

ssize_t gpm_io_read(struct gpm_io *io, void *buffer, size_t bytes)
{
    return gpm_io_readv(io, &(struct iovec){buffer, bytes}, 1);
}

ssize_t gpm_io_write(struct gpm_io *io, const void *buffer, size_t bytes)
{
    return gpm_io_writev(io, &(struct iovec){(void *)(uintptr_t)buffer, bytes}, 1);
}

int gpm_io_read_full(struct gpm_io *io, void *buffer, size_t bytes)
{
    for (size_t done = 0; done < bytes;) {
        ssize_t n = gpm_io_read(io, (char *)buffer + done, bytes - done);
        if (n <= 0)
            return n < 0 ? (int)n : -EPIPE;
        done += (size_t)n;
    }
    return 0;
}

int gpm_io_write_full(struct gpm_io *io, const void *buffer, size_t bytes)
{
    for (size_t done = 0; done < bytes;) {
        ssize_t n = gpm_io_write(io, (const char *)buffer + done, bytes - done);
        if (n < 0)
            return (int)n;
        done += (size_t)n;
    }
    return 0;
}

static int accept_inside(struct gpm_io *io, struct sockaddr *address, socklen_t *length)
{
    socklen_t room = length ? *length : 0;
    int r = poll_prepare(io->pd, POLL_READ);
    while (r == 0) {
        if (length)
            *length = room;
        int fd = accept4(io->fd, address, length, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (fd >= 0)
            return fd;
        if (errno != ECONNABORTED) /* that one has gone again while it waited to be accepted */
            r = after_failure(io, POLL_READ);
    }
    return r;
}

int gpm_io_accept(struct gpm_io *io, struct sockaddr *address, socklen_t *length, struct gpm_io **ret_io)
{
    g_need("gpm_io_accept");
    safepoint();
    int r = enter(io, READING);
    if (r < 0)
        return r;
    int fd = accept_inside(io, address, length);
    leave(io, READING);
    if (fd < 0)
        return fd;
    r = open_nonblocking(fd, io->kind, ret_io); /* of the listener's kind, and its TCP_INQ is inherited */
    if (r < 0)
        close(fd);
    return r;
}

/* 0: connected, 1: not yet, else a negative errno. The poller may wake in vain, so "no error" needs a peer,
 * too. */
static int connect_result(int fd)
{
    int error = 0;
    socklen_t length = sizeof error;
    struct sockaddr_storage peer;
    socklen_t peer_length = sizeof peer;
    if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &length) < 0)
        return -errno;
    if (error != 0)
        return error == EINPROGRESS || error == EALREADY || error == EINTR ? 1 : -error;
    return getpeername(fd, (struct sockaddr *)&peer, &peer_length) == 0 ? 0 : 1;
}

static int connect_inside(struct gpm_io *io, const struct sockaddr *address, socklen_t length)
{
    int r = poll_prepare(io->pd, POLL_WRITE);
    if (r < 0)
        return r;
    if (connect(io->fd, address, length) == 0 || errno == EISCONN)
        return 0;
    if (errno != EINPROGRESS && errno != EALREADY && errno != EINTR)
        return -errno;
    do {
        r = poll_wait(io->pd, POLL_WRITE);
        if (r == 0)
            r = connect_result(io->fd);
    } while (r == 1);
    return r;
}

int gpm_io_connect(struct gpm_io *io, const struct sockaddr *address, socklen_t length)
{
    g_need("gpm_io_connect");
    safepoint();
    int r = enter(io, WRITING);
    if (r == 0) {
        r = connect_inside(io, address, length);
        leave(io, WRITING);
    }
    return r;
}

/* Asks the kernel first: the edge of what is there already may be long gone. */
static int wait_inside(struct gpm_io *io, enum poll_mode mode)
{
    struct pollfd now = {.fd = io->fd, .events = mode == POLL_READ ? POLLIN | POLLRDHUP : POLLOUT};
    int r = poll_prepare(io->pd, mode);
    if (r < 0 || poll(&now, 1, 0) > 0)
        return r;
    return poll_wait(io->pd, mode);
}

int gpm_io_wait(struct gpm_io *io, enum gpm_io_mode mode)
{
    g_need("gpm_io_wait");
    safepoint();
    uint64_t part = mode == GPM_READABLE ? READING : WRITING;
    int r = enter(io, part);
    if (r == 0) {
        if (part == READING)
            io->is_drained = false;
        r = wait_inside(io, mode == GPM_READABLE ? POLL_READ : POLL_WRITE);
        leave(io, part);
    }
    return r;
}
