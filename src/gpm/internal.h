/*
 * The objects of the scheduler and what the parts of libgpm call of each other. Go keeps these in
 * runtime2.go; the names are its own where it has them (G, M, P, g0, runnext, schedtick, ...). State
 * machines: state.c. The loop: sched.c.
 *
 * Memory of Gs, Ms, Ps and poll_descs is never given back to malloc, only reused: a pointer to one
 * is always a pointer to an object of that type, so late readers (dumps, sysmon, stale timers) need no
 * reference counts.
 */
#ifndef GPM_INTERNAL_H
#define GPM_INTERNAL_H

#include <assert.h>
#include <errno.h>
#include <gpm.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "gpm/arch/arch.h"
#include "gpm/lock.h"
#include "gpm/poll.h"
#include "gpm/timer.h"

/* gcc and clang say differently that a sanitizer is on. */
#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define GPM_ASAN 1
#endif
#if __has_feature(thread_sanitizer)
#define GPM_TSAN 1
#endif
#endif
#if defined(__SANITIZE_ADDRESS__) && !defined(GPM_ASAN)
#define GPM_ASAN 1
#endif
#if defined(__SANITIZE_THREAD__) && !defined(GPM_TSAN)
#define GPM_TSAN 1
#endif

#define LIKELY(x) __builtin_expect(!!(x), 1)
#define UNLIKELY(x) __builtin_expect(!!(x), 0)
#define NOINLINE __attribute__((noinline))
#define CACHE_LINE 64

/* Relaxed, acquire and release accesses in few characters: nearly all that the scheduler shares is atomic. */
#define LOAD(p) atomic_load_explicit((p), memory_order_relaxed)
#define LOAD_ACQ(p) atomic_load_explicit((p), memory_order_acquire)
#define STORE(p, v) atomic_store_explicit((p), (v), memory_order_relaxed)
#define STORE_REL(p, v) atomic_store_explicit((p), (v), memory_order_release)

/* A counter with one writer, read by anyone: no locked instruction. */
#define COUNT(counter, n) STORE(&(counter), LOAD(&(counter)) + (n))

/* ---- G ---- */

/* Go's numbers: scheddetail prints them. */
enum g_state {
    G_IDLE = 0,
    G_RUNNABLE = 1,
    G_RUNNING = 2,
    G_SYSCALL = 3,
    G_WAITING = 4,
    G_DEAD = 6,
    G_PREEMPTED = 9
};

/* Why a G waits, in Go's words. */
/* clang-format off */
#define WAIT_LIST(X) \
    X(NONE, "") \
    X(CHAN_RECV_NIL, "chan receive (nil chan)") \
    X(CHAN_SEND_NIL, "chan send (nil chan)") \
    X(CHAN_RECV, "chan receive") \
    X(CHAN_SEND, "chan send") \
    X(SELECT, "select") \
    X(SELECT_EMPTY, "select (no cases)") \
    X(SLEEP, "sleep") \
    X(IO, "IO wait") \
    X(PARK, "park") \
    X(MUTEX, "sync.Mutex.Lock") \
    X(RWMUTEX_R, "sync.RWMutex.RLock") \
    X(RWMUTEX_W, "sync.RWMutex.Lock") \
    X(COND, "sync.Cond.Wait") \
    X(WAITGROUP, "sync.WaitGroup.Wait") \
    X(SEMAPHORE, "semacquire") \
    X(ONCE, "sync.Once.Do") \
    X(STOP_WORLD, "stopping the world")
/* clang-format on */
#define X(id, text) WAIT_##id,
enum wait_reason { WAIT_LIST(X) WAIT_COUNT };
#undef X
extern const char *const wait_reason_text[WAIT_COUNT];

struct stack;

/* In the order of use: parking and readying touch the first cache line alone, sleeping the last one as well.
 */
struct g {
    _Alignas(CACHE_LINE) void *sp; /* its registers are on its stack, here; while it runs this is stale */
    struct m *m;                   /* that runs it, or is in a blocking call with it; NULL otherwise */
    struct g *link;                /* in the one list its state allows: global queue, free list, g_list */
    struct stack *stack;           /* taken when it first runs; NULL before and when dead */
    _Atomic uint32_t state;        /* enum g_state; written by state.c alone */
    uint8_t wait_reason;           /* enum wait_reason while waiting */
    uint8_t stack_class;           /* size of the stack it gets or has */
    _Atomic uint32_t wait_token;   /* see g_claim() */
    _Atomic uint32_t permit;       /* of gpm_park(): see park.c */
    int64_t wait_since;            /* sched.coarse_now when it parked */
    void *wait_data;               /* for whoever made it wait: the waiter that woke it, the arm chosen */

    gpm_fn *fn;
    void *arg;
    uint64_t id;
    uint64_t creator;              /* id; 0: a foreign thread */
    void *creator_pc;              /* where gpm_go() was called */
    char *name;                    /* malloc'ed, NULL: none */
    struct run_waiter *run_waiter; /* main Gs: who waits in gpm_run() */

    _Alignas(CACHE_LINE) struct timer timer; /* of the wait it is in: sleep, park, select, ... */
#ifdef GPM_TSAN
    void *fiber;
#endif
#ifdef GPM_ASAN
    void *fake_stack;
#endif
};

/* A list of Gs through g->link, first in first out. */
struct g_list {
    struct g *head, *tail;
    uint32_t len;
};

/* ---- P ---- */

enum p_state { P_IDLE = 0, P_RUNNING = 1, P_SYSCALL = 2, P_STOPPED = 3, P_DEAD = 4 };

#define RUNQ_SIZE 256
#define STACK_CLASSES 15 /* 16 KiB << class, up to 256 MiB; see stack.c */

struct p_stats {
    _Atomic uint64_t steals, stolen, handoffs, preemptions, overflows, polls, poll_wakeups, retakes, gs_made,
        gs_ended;
};

/* What sysmon saw last. Its own. */
struct sysmon_tick {
    uint32_t sched_tick, syscall_tick;
    int64_t sched_when, syscall_when;
    int64_t signal_when; /* the last one in this time slice, 0: none */
};

struct p {
    /* Read and written by the thread that owns the P; others only read, or set `preempt`. */
    _Atomic uint32_t state; /* enum p_state; written by state.c alone */
    int32_t id;
    struct m *_Atomic m;           /* that owns it; NULL when idle */
    _Atomic uint32_t sched_tick;   /* + 1 for each G that begins a time slice */
    _Atomic uint32_t syscall_tick; /* + 1 for each return from a blocking call that lost the P */
    _Atomic uint32_t preempt;      /* safepoints: yield */
    _Atomic uint32_t tail;         /* of the ring; written by the owner alone */
    struct g *_Atomic runnext;
    struct g *gfree; /* dead Gs */
    uint32_t gfree_n;
    struct stack *stacks[STACK_CLASSES];
    uint32_t stacks_n[STACK_CLASSES];
    uint64_t next_id, last_id; /* a batch of G numbers */
    struct p_stats stats;

    _Alignas(CACHE_LINE) _Atomic uint32_t head; /* of the ring; moved by owner and thieves with CAS */
    _Alignas(CACHE_LINE) struct g *_Atomic ring[RUNQ_SIZE];
    _Alignas(CACHE_LINE) struct timers timers;
    struct p *link;            /* idle list */
    struct sysmon_tick sysmon; /* sysmon's */
};

/* ---- M ---- */

struct m {
    struct g *curg; /* that runs here; NULL on g0 */
    struct p *p;    /* that it owns; NULL without */
    struct g g0;    /* the thread's own stack: every scheduler function that may not run on a G runs there */

    /* What is left to do for the G that was just switched away from, on the next stack: only then may others
     * run it. */
    void (*after)(struct m *m, struct g *prev);
    struct g *after_g;
    bool (*unlock)(struct g *g, void *arg);
    void *unlock_arg;

    struct p *next_p; /* given to it when it is woken */
    struct p *old_p;  /* it had before the blocking call */
    bool spinning;    /* has a P, no work, and looks for some */
    bool blocked;     /* sleeps in its note */
    int32_t id;
    _Atomic int32_t tid; /* of the kernel; 0 until it runs */
    uint64_t rng;
    struct note park;
    struct m *link; /* idle list */
    struct m *all_link;
    void *sigstack;
    pthread_t thread;
    char *stack_lo; /* of the thread, for sanitizers */
    size_t stack_bytes;
};

/* ---- The scheduler ---- */

struct sched {
    /* Written whenever the global queue changes: nothing is in this line that others read without need. Under
     * lock; some are atomic because they are also read without. */
    struct lock lock; /* RANK_SCHED */
    struct g *runq_head, *runq_tail;
    _Atomic uint32_t runq_size;
    struct p *p_idle;
    struct m *m_idle;
    uint32_t nm_idle;
    uint32_t stop_wait; /* Ps that still run */

    /* Changes when a P or an M becomes idle or busy; read whenever a G becomes runnable. The first under
     * lock. */
    _Alignas(CACHE_LINE) _Atomic uint32_t np_idle;
    _Atomic uint32_t nm_spinning;
    _Atomic bool need_spinning;
    _Atomic bool stopping;        /* the world is to be stopped */
    _Atomic int64_t last_poll;    /* when the network was last looked at; 0: somebody is blocked there */
    _Atomic int64_t poll_until;   /* until when */
    _Atomic uint32_t polling_net; /* somebody is in a non-blocking poll */
    _Atomic int64_t coarse_now;   /* written by sysmon every round */

    _Alignas(CACHE_LINE) struct note stop_note; /* from here on under lock again */
    bool sysmon_wait;
    struct note sysmon_note;
    uint32_t run_waiters;    /* threads in gpm_run() */
    _Atomic int32_t foreign; /* gpm_foreign_begin() balance */
    int32_t m_count;         /* Ms ever made; none ends */
    struct m *m_all;

    struct lock gfree_lock;
    struct g *gfree;
    uint32_t gfree_n;
    struct g_slab *_Atomic slabs; /* all Gs ever made */

    /* Set before the first thread starts, or with the world stopped. */
    struct p **_Atomic allp; /* grows only: index < allp_len */
    _Atomic int32_t procs;   /* GOMAXPROCS */
    int32_t allp_len;
    struct p **old_allp[16]; /* outgrown arrays: somebody may still read them */
    uint32_t old_allp_n;
    _Atomic bool procs_follow; /* GOMAXPROCS follows cores and quota */
    int32_t m_max;
    uint8_t stack_class; /* default */
    int preempt_signal;
    sigset_t signal_mask; /* of Ms */
    int64_t start_ns;
    _Atomic uint64_t next_id;
};
extern struct sched sched;

/* Gs are made this many at a time. */
#define G_SLAB 256
struct g_slab {
    struct g_slab *next;
    struct g gs[G_SLAB];
};

/* ---- Who am I ---- */

/* m_self(), in arch.h, is the M of this thread or NULL. It is safe across switches. */

static inline struct g *g_self(void)
{
    struct m *m = m_self();
    return m != NULL ? m->curg : NULL;
}

/* A place where the G can be made to yield: at the beginning of each public function, no lock held. */
void g_preempt(void);
static inline void safepoint(void)
{
    struct m *m = m_self();
    if (m != NULL && m->p != NULL && UNLIKELY(LOAD(&m->p->preempt)))
        g_preempt();
}

/* Ends the process like Go's throw and fatal error: "fatal error: <text>", exit code 2. */
__attribute__((noreturn, format(printf, 1, 2))) void gpm_fatal(const char *format, ...);

/* Aborts unless called on a G. `what` is the public function's name. Returns the G. */
struct g *g_need(const char *what);

int64_t gpm_now_ns(void);
uint32_t m_random(struct m *m); /* m may be NULL */

/* ---- Park and ready (park.c) ---- */

/*
 * Parks the calling G: it is waiting, its registers are saved, and then unlock(g, arg) is called on another
 * stack. Once unlock has made g visible to wakers it may be running elsewhere: unlock must not touch g after
 * that. false: g goes on as soon as possible, it was not made visible. unlock NULL counts as true.
 */
void g_park(bool (*unlock)(struct g *g, void *arg), void *arg, enum wait_reason why);
/* The common unlock: lock_release((struct lock *)arg), true. */
bool g_unlock_lock(struct g *g, void *arg);

/* waiting -> runnable, next to run on this P, and wakes an M if useful. Exactly once for each park. From
 * anywhere, with locks of a rank below RANK_SCHED held. */
void g_ready(struct g *g);

/*
 * Waits that several parties may end (a select; anything with a deadline): whoever turns the token over is
 * the one that wakes the G.
 *
 *     uint32_t token = g_wait_token(g);            the G, before it shows itself
 *     if (g_claim(w->g, w->token)) { ...; g_ready(w->g); }    any waker
 *
 * The G shows itself, and arms its timer, under a lock that only its unlock function releases, the timer last
 * before that: then nobody can claim it before it is parked, and it cannot go on to its next wait before
 * unlock is through. Every claimed wait ends by exactly one claim, so a token that is late (a timer that
 * lost, a waiter still queued) never fits again.
 */
static inline uint32_t g_wait_token(struct g *g)
{
    return LOAD(&g->wait_token);
}
static inline bool g_claim(struct g *g, uint32_t token)
{
    return atomic_compare_exchange_strong(&g->wait_token, &token, token + 1);
}
/* A timer_fn that ends a claimed wait: arg is the G, seq its token. Leaves g->wait_data alone; set it to NULL
 * before parking and let partners set it, then NULL means "timed out". Use with &g->timer, and timer_stop()
 * it after waking. */
void g_wait_timeout(void *arg, uint64_t seq);

/* ---- The loop (sched.c) ---- */

int gpm_start(void); /* gpm_init() with the defaults unless it runs: 0 or a negative errno */
void schedule_loop(struct m *m) __attribute__((noreturn));
void wakep(void);
bool startm(struct p *p, bool spinning); /* p NULL: any idle one; false when there is none */
void handoffp(struct p *p);
void stopm(struct m *m);
void inject_glist(struct g_list *list);
void ready_to_run(struct m *m, struct g *g, bool next); /* runnable already: queue it, wakep */
bool gs_waiting_locally(struct p *p);
/* Leaves the running G m->curg, whose state was changed, for the next one. after() runs on another stack:
 * from then on others may have the G. Returns when it runs again, maybe on another M. */
void switch_away(struct m *m, struct g *g, void (*after)(struct m *, struct g *));
void switch_to_g0(struct m *m, struct g *g,
                  void (*after)(struct m *, struct g *)); /* the same, by way of schedule() */
void switch_finish(void);
void wake_netpoller(int64_t when);

/* ---- Queues (runq.c) ---- */

void runq_put(struct p *p, struct g *g, bool next);
void runq_put_list(struct p *p, struct g_list *list); /* takes all of it */
struct g *runq_get(struct p *p, bool *ret_inherit);
bool runq_empty(struct p *p);
uint32_t runq_len(struct p *p);
struct g *runq_steal(struct p *p, struct p *victim, bool with_runnext);
void runq_drain(struct p *p, struct g_list *list);
void globrunq_put(struct g *g); /* tail; under sched.lock, like the next two */
void globrunq_put_list(struct g_list *list);
struct g *globrunq_get(struct p *p, uint32_t max);
static inline void g_list_push(struct g_list *list, struct g *g)
{
    g->link = NULL;
    if (list->tail != NULL)
        list->tail->link = g;
    else
        list->head = g;
    list->tail = g;
    list->len++;
}

/* ---- States (state.c) ---- */

#ifdef GPM_DEBUG
void g_check_change(struct g *g, enum g_state from, enum g_state to);
void p_check_change(struct p *p, enum p_state from, enum p_state to);
#else
#define g_check_change(g, from, to) ((void)(from))
#define p_check_change(p, from, to) ((void)(from))
#endif

static inline void g_set_state(struct g *g, enum g_state from, enum g_state to)
{
    g_check_change(g, from, to);
    STORE_REL(&g->state, to);
}

static inline void p_set_state(struct p *p, enum p_state from, enum p_state to)
{
    p_check_change(p, from, to);
    STORE_REL(&p->state, to);
}

bool p_cas_state(struct p *p, enum p_state from,
                 enum p_state to); /* may lose a race: syscall -> idle | running */
extern const char *const g_state_text[];

#endif
