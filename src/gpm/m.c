/*
 * Ms: threads that run Gs. They are made when there is a P and work but no idle M, and never end: an idle one
 * sleeps in its note on a list, last in first out, so that the one with the warmest cache is woken first.
 */
#include "gpm/proc.h"
#include "gpm/sanitize.h"

#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <unistd.h>

#define THREAD_STACK_BYTES (512u << 10)

_Thread_local struct m *gpm_tls_m;

void mput(struct m *m)
{
    m->link = sched.m_idle;
    sched.m_idle = m;
    m->blocked = true;
    sched.nm_idle++;
    checkdead();
}

struct m *mget(void)
{
    struct m *m = sched.m_idle;
    if (m == NULL)
        return NULL;
    sched.m_idle = m->link;
    m->link = NULL;
    m->blocked = false;
    sched.nm_idle--;
    return m;
}

/* A thread that is nobody's business: detached, all signals blocked until it decides otherwise. */
int thread_start(void *(*fn)(void *), void *arg, pthread_t *ret_thread)
{
    pthread_attr_t attributes;
    sigset_t all, old;
    int r = pthread_attr_init(&attributes);
    if (r != 0)
        return -r;
    pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
    pthread_attr_setstacksize(&attributes, THREAD_STACK_BYTES);
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &old);
    r = pthread_create(ret_thread, &attributes, fn, arg);
    pthread_sigmask(SIG_SETMASK, &old, NULL);
    pthread_attr_destroy(&attributes);
    return -r;
}

static void find_stack_bounds(struct m *m)
{
    pthread_attr_t attributes;
    void *lo = NULL;
    size_t bytes = 0;
    if (pthread_getattr_np(pthread_self(), &attributes) == 0) {
        pthread_attr_getstack(&attributes, &lo, &bytes);
        pthread_attr_destroy(&attributes);
    }
    m->stack_lo = lo;
    m->stack_bytes = bytes;
}

static void *mstart(void *arg)
{
    struct m *m = arg;
    gpm_tls_m = m;
    atomic_signal_fence(
        memory_order_seq_cst); /* m_self() is asm: the compiler does not know that it reads this */
    STORE(&m->tid, syscall(SYS_gettid));
    m->thread = pthread_self();
    find_stack_bounds(m);
#ifdef GPM_TSAN
    m->g0.fiber = __tsan_get_current_fiber();
#endif
    char name[16];
    snprintf(name, sizeof name, "gpm-m%d", m->id);
    pthread_setname_np(m->thread, name);
    handlers_thread(m);
    struct p *p = m->next_p;
    m->next_p = NULL;
    acquirep(m, p);
    schedule_loop(m);
}

int newm(struct p *p, bool spinning)
{
    struct m *m = calloc(1, sizeof *m);
    if (m == NULL)
        return -ENOMEM;
    m->next_p = p;
    m->spinning = spinning;
    lock_acquire(&sched.lock);
    m->id = sched.m_count++;
    m->rng = (uint64_t)gpm_now_ns() * 0x9E3779B97F4A7C15u + m->id;
    m->all_link = sched.m_all;
    sched.m_all = m;
    int32_t count = sched.m_count;
    lock_release(&sched.lock);
    if (count > sched.m_max)
        gpm_fatal("more than %d threads: too many Gs are in blocking calls", sched.m_max);
    pthread_t thread;
    return thread_start(mstart, m, &thread);
}

/* xorshift64*: good enough to choose victims. */
uint32_t m_random(struct m *m)
{
    static _Atomic uint64_t foreign = 88172645463325252u;
    uint64_t x = m != NULL ? m->rng : atomic_fetch_add(&foreign, 0x9E3779B97F4A7C15u);
    x |= x == 0;
    x ^= x >> 12;
    x ^= x << 25;
    x ^= x >> 27;
    if (m != NULL)
        m->rng = x;
    return (uint32_t)((x * 0x2545F4914F6CDD1Du) >> 32);
}
