/*
 * libgpm: goroutines for C. Go's scheduler (G: a task, P: a right to run, M: a thread) as a library.
 *
 *     static void hello(void *name) { printf("hello, %s\n", (char *)name); }
 *     static void start(void *arg)  { gpm_go(hello, arg); gpm_sleep(1000000); }
 *     int main(void)                { return gpm_run(start, "world"); }
 *
 * Conventions that hold for every function:
 *   - A G is a goroutine. "Blocks" means that the G parks and its thread runs other Gs.
 *   - Times are int64_t nanoseconds on the monotonic clock (gpm_now()). A deadline is a point on that clock;
 *     GPM_NEVER stands for none. A duration is named `_ns` or `duration`.
 *   - Functions that can fail return 0 (or a count) or a negative errno value. errno itself is not set: it
 *     belongs to a thread, and a G may be on another thread after any call that blocks. For the same reason
 *     do not keep the address of a thread-local variable, errno included, across a call that can block.
 *   - "From a G" functions may be called only on a G. Called from a foreign thread (one that libgpm did not
 *     make) they return -EPERM, or abort with a message where they return nothing. The rest says "from
 *     anywhere".
 *   - None may be called from a signal handler, nor in the child of a fork() before it calls exec().
 *   - Every call made on a G is a safepoint: a G that ran for 10 ms while others wait yields in it.
 */
#ifndef GPM_H
#define GPM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <sys/uio.h>

#ifdef __cplusplus
extern "C" {
#endif

#define GPM_EXPORT __attribute__((visibility("default")))
#define GPM_NEVER INT64_MAX /* a deadline that does not come */
#define GPM_NOW 0           /* a deadline that has passed: try, do not block */

typedef void gpm_fn(void *arg);

/* ---- Starting
 * ------------------------------------------------------------------------------------------------- */

struct gpm_options {
    int maxprocs;       /* Gs that run at a time; 0: GPM_MAXPROCS, else cores, affinity and cgroup quota */
    size_t stack_bytes; /* usable stack of a G that asks for nothing else; 0: 64 KiB */
    int max_threads;    /* the process dies when more are needed; 0: 10000 */
    int preempt_signal; /* sent, without SA_RESTART, to a thread whose G overran; 0: SIGURG, -1: none */
    bool no_handlers;   /* do not install handlers for SIGQUIT (dump) and SIGSEGV (stack overflow) */
};

/* Starts the runtime; optional, the first gpm_go() or gpm_run() does it with the defaults. options may be
 * NULL. From anywhere. 0, -EALREADY when it runs, -EINVAL for nonsense, -ENOMEM, -EAGAIN when no thread
 * could be made. */
GPM_EXPORT int gpm_init(const struct gpm_options *options);

/* Runs fn(arg) as a G, the main one, and waits until it returned; other Gs go on, and die with the process
 * like Go's when main returns from main(). While a thread waits here libgpm watches for deadlocks. From
 * foreign threads: 0 or as gpm_init(); -EPERM from a G. */
GPM_EXPORT int gpm_run(gpm_fn *fn, void *arg);

/* While the balance is positive, foreign threads may still wake Gs (gpm_ready, gpm_go): silence is then no
 * deadlock. From anywhere. */
GPM_EXPORT void gpm_foreign_begin(void);
GPM_EXPORT void gpm_foreign_end(void);

/* ---- Goroutines
 * ----------------------------------------------------------------------------------------------- */

struct gpm_go_options {
    const char *name;   /* for dumps; copied, cut to 23 bytes. NULL: none */
    /* Rounded up to a power of two from 16 KiB to 256 MiB; libgpm may need 6 KiB of it. 0: the default. */
    size_t stack_bytes;
};

/* Makes a G that runs fn(arg); it is the next to run on this P. From anywhere. 0 or -ENOMEM; from a
 * foreign thread also as gpm_init(). The stack is taken when it first runs: if none can be had then, the
 * process dies with a message. */
GPM_EXPORT int gpm_go(gpm_fn *fn, void *arg);
GPM_EXPORT int gpm_go_with(const struct gpm_go_options *options, gpm_fn *fn, void *arg); /* + -EINVAL */

/* Ends the calling G. From a G. */
GPM_EXPORT __attribute__((noreturn)) void gpm_exit(void);

/* Lets others go first: the calling G goes to the end of its P's queue, and now and then of the global one.
 * From a G; nothing on a foreign thread. */
GPM_EXPORT void gpm_yield(void);

/* A safepoint for loops that call nothing else of libgpm: yields if the G ran for 10 ms. A load and a
 * branch. From anywhere. */
GPM_EXPORT void gpm_checkpoint(void);

/* Number of the calling G, unique in this process and from 1; 0 on a foreign thread. */
GPM_EXPORT uint64_t gpm_id(void);

/* Name of the calling G, "" when it has none or on a foreign thread. Lives as long as the G. */
GPM_EXPORT const char *gpm_name(void);

/* Blocks at least this long; <= 0 only yields. From a G; on a foreign thread the thread sleeps. */
GPM_EXPORT void gpm_sleep(int64_t duration_ns);

/* The monotonic clock. From anywhere. */
GPM_EXPORT int64_t gpm_now(void);

/* gpm_now() + duration, GPM_NEVER when that is out of range. */
GPM_EXPORT int64_t gpm_after(int64_t duration_ns);

/* A G as something to wake. The handle is good until that G ends. */
struct gpm_g;
GPM_EXPORT struct gpm_g *gpm_self(void); /* NULL on a foreign thread */

/* Takes the permit of the calling G; blocks until there is one. A G has at most one permit and starts
 * without. Returns 0, or -ETIMEDOUT when the deadline came first. From a G. */
GPM_EXPORT int gpm_park(int64_t deadline);

/* Gives that G a permit, and wakes it if it is parked in gpm_park(). From anywhere. */
GPM_EXPORT void gpm_ready(struct gpm_g *g);

/* ---- Blocking calls
 * ------------------------------------------------------------------------------------------- */

/* Brackets a call that may block the thread: while in it, sysmon may give the P to another thread. Between
 * the two no other function of libgpm may be called. Do not nest. From a G; nothing on a foreign thread.
 * errno comes out with the G, but read it before gpm_exit_syscall() all the same: compilers keep its
 * address, which is that of a thread. */
GPM_EXPORT void gpm_enter_syscall(void);
GPM_EXPORT void gpm_exit_syscall(void);

/* fn(arg) for something that is known to block: others can use the P at once. From anywhere. */
GPM_EXPORT void gpm_blocking(gpm_fn *fn, void *arg);

/* ---- Timers
 * --------------------------------------------------------------------------------------------------- */

/* Calls fn(arg) at a time, on the scheduler's stack of some thread: fn must not block; gpm_ready(),
 * gpm_go(), gpm_try_send() and gpm_timer_reset() are allowed. */
struct gpm_timer;
GPM_EXPORT struct gpm_timer *gpm_timer_new(gpm_fn *fn, void *arg); /* NULL: no memory. From anywhere */
GPM_EXPORT bool gpm_timer_reset(struct gpm_timer *t, int64_t when); /* true: it was pending. From anywhere */
/* true: it was pending and will not fire */
GPM_EXPORT bool gpm_timer_stop(struct gpm_timer *t);
/* Stops and frees; an fn that has begun may still run to its end. NULL is fine. From anywhere. */
GPM_EXPORT void gpm_timer_free(struct gpm_timer *t);

/* ---- Channels
 * ------------------------------------------------------------------------------------------------- */

/* A queue of elements of one size between Gs. capacity 0: sender and receiver meet. Sending and receiving
 * on a NULL channel blocks for ever. Owned by whoever made it: freed with gpm_chan_free() when no G uses
 * it any more. */
struct gpm_chan;
GPM_EXPORT struct gpm_chan *gpm_chan_new(size_t element_bytes, size_t capacity); /* NULL: no memory */
GPM_EXPORT void gpm_chan_free(struct gpm_chan *c); /* NULL is fine; aborts when Gs wait on it */

/* Copies *element in, blocking until there is room or a receiver. 0, or -EPIPE when closed. From a G. */
GPM_EXPORT int gpm_send(struct gpm_chan *c, const void *element);
/* Copies out; element may be NULL to drop it. true, or false and zeroed bytes when closed and empty.
 * From a G. */
GPM_EXPORT bool gpm_recv(struct gpm_chan *c, void *element);
/* The same with a deadline: 0, -EPIPE when closed (and, receiving, empty), -ETIMEDOUT. From a G. */
GPM_EXPORT int gpm_send_until(struct gpm_chan *c, const void *element, int64_t deadline);
GPM_EXPORT int gpm_recv_until(struct gpm_chan *c, void *element, int64_t deadline);
/* Never block: 0, -EPIPE, or -EAGAIN when it would. From anywhere. */
GPM_EXPORT int gpm_try_send(struct gpm_chan *c, const void *element);
GPM_EXPORT int gpm_try_recv(struct gpm_chan *c, void *element);
/* Receivers drain what is buffered, then see "closed"; blocked senders get -EPIPE. 0, or -EPIPE when it
 * was closed. From anywhere. */
GPM_EXPORT int gpm_close(struct gpm_chan *c);
GPM_EXPORT size_t gpm_chan_len(struct gpm_chan *c); /* elements buffered, at some moment of the call */
GPM_EXPORT size_t gpm_chan_cap(const struct gpm_chan *c);

/* One arm of a select. chan NULL: an arm that is never ready. */
enum gpm_case_op { GPM_SEND, GPM_RECV };
struct gpm_case {
    enum gpm_case_op op;
    struct gpm_chan *chan;
    void *element; /* sent from or received into; NULL drops what is received */
    int result;    /* of the arm that was chosen: 0, or -EPIPE when the channel was closed */
};

/* Does exactly one arm that can be done, chosen uniformly at random among them, and returns its index.
 * Blocks until there is one or the deadline: -EAGAIN when that was GPM_NOW (Go's default), else
 * -ETIMEDOUT. n <= 65535, else -EINVAL. From a G; with GPM_NOW from anywhere. */
GPM_EXPORT int gpm_select(struct gpm_case *cases, size_t n, int64_t deadline);

/* ---- Locks and counters. All are ready when zeroed, must not be copied or moved in use, and block
 * Gs, not threads. -- */

struct gpm_mutex {
    uint64_t opaque[4];
};
/* Fair: a waiter starved for 1 ms is handed the lock. From a G. */
GPM_EXPORT void gpm_mutex_lock(struct gpm_mutex *m);
GPM_EXPORT bool gpm_mutex_trylock(struct gpm_mutex *m);
GPM_EXPORT void gpm_mutex_unlock(struct gpm_mutex *m); /* from anywhere; aborts when it is not locked */

/* Many readers or one writer. A waiting writer holds back new readers. */
struct gpm_rwmutex {
    uint64_t opaque[11];
};
GPM_EXPORT void gpm_rwmutex_lock(struct gpm_rwmutex *m); /* from a G */
GPM_EXPORT void gpm_rwmutex_unlock(struct gpm_rwmutex *m);
GPM_EXPORT void gpm_rwmutex_rlock(struct gpm_rwmutex *m); /* from a G; not recursive */
GPM_EXPORT void gpm_rwmutex_runlock(struct gpm_rwmutex *m);

struct gpm_cond {
    uint64_t opaque[4];
};
/* Unlocks m, waits for a signal, locks m. Wakes only by signal, broadcast or deadline: 0 or
 * -ETIMEDOUT. From a G. */
GPM_EXPORT int gpm_cond_wait(struct gpm_cond *c, struct gpm_mutex *m, int64_t deadline);
GPM_EXPORT void gpm_cond_signal(struct gpm_cond *c); /* the one that waited longest. From anywhere */
GPM_EXPORT void gpm_cond_broadcast(struct gpm_cond *c);

/* A counter to wait for. */
struct gpm_waitgroup {
    uint64_t opaque[4];
};
GPM_EXPORT void gpm_waitgroup_add(struct gpm_waitgroup *w, int delta); /* from anywhere; aborts below zero */
GPM_EXPORT void gpm_waitgroup_done(struct gpm_waitgroup *w);           /* add(-1) */
GPM_EXPORT void gpm_waitgroup_wait(struct gpm_waitgroup *w);           /* until zero. From a G */

struct gpm_once {
    uint64_t opaque[5];
};
/* The first call runs fn(arg); every call returns after that has ended. From a G. */
GPM_EXPORT void gpm_once(struct gpm_once *o, gpm_fn *fn, void *arg);

/* Permits, first come first served: a big request is not overtaken by small ones. Zeroed: none;
 * release() to stock it. */
struct gpm_semaphore {
    uint64_t opaque[5];
};
/* 0 or -ETIMEDOUT. From a G; with GPM_NOW from anywhere. */
GPM_EXPORT int gpm_semaphore_acquire(struct gpm_semaphore *s, int64_t n, int64_t deadline);
GPM_EXPORT void gpm_semaphore_release(struct gpm_semaphore *s, int64_t n); /* from anywhere */

/* ---- Cancellation
 * --------------------------------------------------------------------------------------------- */

/* A tree of "stop now". Cancelling one cancels its descendants. References are counted; NULL stands for a
 * context that is never cancelled wherever one is only looked at. */
struct gpm_ctx;
/* Makes a child; parent NULL: a root. With a deadline it cancels itself then; one later than the
 * parent's has no effect. The caller has the one reference; the parent need not outlive it. NULL: no
 * memory. From anywhere. */
GPM_EXPORT struct gpm_ctx *gpm_ctx_new(struct gpm_ctx *parent, int64_t deadline);
GPM_EXPORT struct gpm_ctx *gpm_ctx_ref(struct gpm_ctx *ctx);
/* The last one cancels it: nobody else could any more. NULL is fine. From anywhere. */
GPM_EXPORT void gpm_ctx_unref(struct gpm_ctx *ctx);
/* reason is a negative errno, as a rule -ECANCELED; only the first counts. From anywhere. */
GPM_EXPORT void gpm_ctx_cancel(struct gpm_ctx *ctx, int reason);
/* 0 while alive, else the reason; -ETIMEDOUT by deadline. From anywhere. */
GPM_EXPORT int gpm_ctx_err(const struct gpm_ctx *ctx);
GPM_EXPORT int64_t gpm_ctx_deadline(const struct gpm_ctx *ctx); /* GPM_NEVER when none */
/* A channel that is closed when ctx is cancelled: an arm for gpm_select(). Lives as long as ctx; not
 * to be closed. */
GPM_EXPORT struct gpm_chan *gpm_ctx_done(struct gpm_ctx *ctx);
/* Sleeps until the deadline (0) or cancellation (its reason). From a G. */
GPM_EXPORT int gpm_ctx_sleep(struct gpm_ctx *ctx, int64_t deadline);

/* ---- Sockets and pipes
 * ---------------------------------------------------------------------------------------- */

/* A descriptor that the poller watches. One reader and one writer at a time; more are refused with -EBUSY.
 * References are counted: a G that shares an io with one that may close it needs its own. */
struct gpm_io;

/* Takes the descriptor over and makes it non-blocking. Not for TCP with urgent data, which ends reads
 * early. 0, -EPERM when its kind cannot be polled (a plain file), -ENOMEM, or what epoll says; then fd is
 * still the caller's. From anywhere. */
GPM_EXPORT int gpm_io_open(int take_fd, struct gpm_io **ret_io);
GPM_EXPORT struct gpm_io *gpm_io_ref(struct gpm_io *io); /* the same. From anywhere */
/* Gives the caller's reference back; the last one closes. NULL is fine. From anywhere. */
GPM_EXPORT void gpm_io_unref(struct gpm_io *io);
/* Closes for all, and gives the caller's reference back: who waits is woken, and every operation from
 * now on returns -ECANCELED. The descriptor itself is closed when the last operation has left. NULL is
 * fine. From anywhere. */
GPM_EXPORT void gpm_io_close(struct gpm_io *io);
GPM_EXPORT int gpm_io_fd(const struct gpm_io *io);
/* Until that time operations may block; after it they return -ETIMEDOUT, until the deadline is moved. Also
 * for one that waits already. GPM_NEVER at first. From anywhere. */
GPM_EXPORT void gpm_io_set_read_deadline(struct gpm_io *io, int64_t deadline);
GPM_EXPORT void gpm_io_set_write_deadline(struct gpm_io *io, int64_t deadline);
/* What read(2), write(2), readv(2) and writev(2) give, but they block: bytes (0: end of file), maybe fewer
 * than asked for, or a negative errno. Writing to a socket raises no SIGPIPE, to a pipe it does unless
 * that is ignored. From a G. */
GPM_EXPORT ssize_t gpm_io_read(struct gpm_io *io, void *buffer, size_t bytes);
GPM_EXPORT ssize_t gpm_io_write(struct gpm_io *io, const void *buffer, size_t bytes);
GPM_EXPORT ssize_t gpm_io_readv(struct gpm_io *io, const struct iovec *parts, int n);
GPM_EXPORT ssize_t gpm_io_writev(struct gpm_io *io, const struct iovec *parts, int n);
/* All of it: 0 or a negative errno; -EPIPE when the file ended before. From a G. */
GPM_EXPORT int gpm_io_read_full(struct gpm_io *io, void *buffer, size_t bytes);
GPM_EXPORT int gpm_io_write_full(struct gpm_io *io, const void *buffer, size_t bytes);
/* Accepts on a listening socket; address and length may be NULL. 0 or a negative errno. From a G. */
GPM_EXPORT int gpm_io_accept(struct gpm_io *io, struct sockaddr *address, socklen_t *length,
                             struct gpm_io **ret_io);
/* Connects an unconnected stream socket; the write deadline counts. 0 or a negative errno. From a G. */
GPM_EXPORT int gpm_io_connect(struct gpm_io *io, const struct sockaddr *address, socklen_t length);
/* Blocks until it can be read (GPM_READABLE) or written: 0 or a negative errno. May wake in vain. From
 * a G. */
enum gpm_io_mode { GPM_READABLE, GPM_WRITABLE };
GPM_EXPORT int gpm_io_wait(struct gpm_io *io, enum gpm_io_mode mode);

/* Addresses in words: "127.0.0.1:80", "[::1]:80", "unix:/path". Names are not resolved: -EINVAL. From
 * anywhere. */
GPM_EXPORT int gpm_address(const char *text, struct sockaddr_storage *ret_address, socklen_t *ret_length);
/* A stream socket that listens there; of a Unix address a socket that nobody listens on is replaced.
 * From anywhere. */
GPM_EXPORT int gpm_listen(const char *address, struct gpm_io **ret_io);
/* A connected stream socket, TCP with TCP_NODELAY. 0, -ETIMEDOUT, or a negative errno. From a G. */
GPM_EXPORT int gpm_dial(const char *address, int64_t deadline, struct gpm_io **ret_io);
/* ret_ends[0] is for reading, [1] for writing. From anywhere. */
GPM_EXPORT int gpm_pipe(struct gpm_io *ret_ends[2]);

/* ---- Parallel loops
 * ------------------------------------------------------------------------------------------- */

/* Calls fn(arg, from, to) for pieces of [begin, end) on as many Gs as there are Ps, and returns when all
 * are done. A piece has at least `grain` indices but the last; 0 picks one. From a G; on a foreign thread
 * a plain loop. */
GPM_EXPORT void gpm_parallel_for(size_t begin, size_t end, size_t grain,
                                 void (*fn)(void *arg, size_t from, size_t to), void *arg);

/* ---- Ps --------------------------------------------------------------------------------------------
 * ----------- */

GPM_EXPORT int gpm_maxprocs(void); /* starts the runtime if need be: then also as gpm_init(). From anywhere */
/* Stops the world, changes the number of Ps, 1 .. 1024; 0 goes back to following the cores and the quota.
 * Returns the old number or -EINVAL. From a G: on a foreign thread -EPERM. */
GPM_EXPORT int gpm_set_maxprocs(int n);

/* ---- Seeing inside
 * -------------------------------------------------------------------------------------------- */

/*
 * GPM_TRACE=schedtrace=N[,scheddetail=1] prints a line like Go's to stderr every N ms. SIGQUIT dumps all Gs
 * to stderr and, like in Go, ends the process with code 2. "fatal error: all goroutines are asleep -
 * deadlock!" ends it with code 2, too.
 */
struct gpm_stats {
    uint64_t gs;          /* alive: neither dead nor free */
    uint64_t gs_made;     /* ever */
    uint64_t ps;          /* GOMAXPROCS */
    uint64_t ps_idle;
    uint64_t ms;          /* threads, sysmon not counted */
    uint64_t ms_idle;
    uint64_t ms_spinning;
    uint64_t switches;    /* Gs put on a P with a fresh time slice (schedticks) */
    uint64_t steals;      /* times Gs were taken from another P */
    uint64_t stolen;      /* Gs taken that way */
    uint64_t handoffs;    /* Ps given away because their M blocked */
    uint64_t retakes;     /* of those, Ps that sysmon took out of a blocking call */
    uint64_t preemptions; /* Gs that yielded because their time was over */
    uint64_t overflows;   /* local queues that spilled half into the global one */
    uint64_t polls;       /* waits for or looks at the network */
    uint64_t poll_wakeups;/* Gs those made runnable */
    uint64_t timers_fired;
    uint64_t stacks;      /* mapped, in use or cached */
    uint64_t stack_bytes; /* address space of those */
};
/* Reads the counters without stopping anyone: each is right, together they may be of slightly
 * different times. */
GPM_EXPORT void gpm_stats(struct gpm_stats *stats);

/* Writes every G to fd: number, name, state, wait reason, since when, who made it, backtrace. Stops the
 * world meanwhile. From anywhere, at a safe place: not with locks held that a G of this program may wait
 * for in a non-libgpm way. */
GPM_EXPORT void gpm_dump(int fd);

#ifdef __cplusplus
}
#endif
#endif
