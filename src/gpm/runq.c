/*
 * Queues of runnable Gs.
 *
 * Each P has a ring of 256 and a slot, runnext. The owner alone writes the tail (release); owner and thieves
 * move the head by CAS. Head and tail only grow; the index is the value modulo 256. A thief copies first and
 * then tries the CAS: if that succeeds nobody took any of them, and the owner, who compares the tail with the
 * head, has not reused the slots. runnext is for a G that was just readied: the data it works on is in this
 * CPU's cache, so it goes first and inherits the rest of the time slice. Inheriting is what keeps two Gs that
 * wake each other from starving the ring: their chain is preempted as one.
 *
 * The global queue is a list under sched.lock. It takes what overflows (half of a ring at once, so the lock
 * is rarely taken), some of what yields, and what foreign threads and sysmon bring.
 */
#include "gpm/runq.h"

#include <sched.h>

#include <time.h>

#define BACK_OFF_NS 3000

void runq_put(struct p *p, struct g *g, bool next)
{
    if (next)
        runq_put_next(p, g);
    else
        runq_put_ring(p, g);
}

/* The ring is full: half of it, and g behind that, go to the global queue. Who makes Gs so fast has had its
 * share: it yields at its next safepoint, so that what it made runs while it is warm. (Go lets it go on for
 * its 10 ms, and 100,000 Gs pile up.) */
static bool spill(struct p *p, struct g *g, uint32_t head)
{
    struct g_list batch = {0};
    struct g *taken[RUNQ_SIZE / 2];
    for (uint32_t i = 0; i < RUNQ_SIZE / 2; i++)
        taken[i] = LOAD(&p->ring[(head + i) % RUNQ_SIZE]);
    if (!atomic_compare_exchange_strong_explicit(&p->head, &head, head + RUNQ_SIZE / 2, memory_order_acq_rel,
                                                 memory_order_relaxed))
        return false;
    for (uint32_t i = 0; i < RUNQ_SIZE / 2; i++)
        g_list_push(&batch, taken[i]);
    g_list_push(&batch, g);
    COUNT(p->stats.overflows, 1);
    lock_acquire(&sched.lock);
    globrunq_put_list(&batch);
    lock_release(&sched.lock);
    STORE(&p->preempt, 1);
    return true;
}

void runq_put_slow(struct p *p, struct g *g)
{
    for (;;) {
        uint32_t head = LOAD_ACQ(&p->head);
        uint32_t tail = LOAD(&p->tail);
        if (tail - head < RUNQ_SIZE) { /* thieves made room */
            STORE(&p->ring[tail % RUNQ_SIZE], g);
            STORE_REL(&p->tail, tail + 1);
            return;
        }
        if (spill(p, g, head))
            return;
    }
}

void runq_put_list(struct p *p, struct g_list *list)
{
    while (list->head != NULL) {
        struct g *g = list->head;
        if (LOAD(&p->tail) - LOAD_ACQ(&p->head) >= RUNQ_SIZE)
            break;
        list->head = g->link;
        list->len--;
        runq_put_ring(p, g);
    }
    if (list->head != NULL) { /* all that is left, in one go */
        lock_acquire(&sched.lock);
        globrunq_put_list(list);
        lock_release(&sched.lock);
    }
    *list = (struct g_list){0};
}

struct g *runq_get(struct p *p, bool *ret_inherit)
{
    struct g *g = runq_get_next(p);
    *ret_inherit = g != NULL;
    return g != NULL ? g : runq_get_ring(p);
}

bool runq_empty(struct p *p)
{
    /* The owner can move a G from runnext to the ring between two of our loads: the tail tells. */
    for (;;) {
        uint32_t head = atomic_load(&p->head);
        uint32_t tail = atomic_load(&p->tail);
        struct g *next = atomic_load(&p->runnext);
        if (tail == atomic_load(&p->tail))
            return head == tail && next == NULL;
    }
}

uint32_t runq_len(struct p *p)
{
    uint32_t n = LOAD_ACQ(&p->tail) - LOAD_ACQ(&p->head);
    return (n > RUNQ_SIZE ? RUNQ_SIZE : n) + (LOAD(&p->runnext) != NULL);
}

/*
 * A victim that is running something is about to run its runnext as well, in less time than it takes to move
 * it here: two Gs that exchange messages would be torn apart for nothing. So it is given some time, unless it
 * enters a blocking call, in which it cannot. It often readied the G, which woke this thread, just before
 * such a call, and the kernel often wakes a thread on the CPU of its waker: then the victim needs the very
 * CPU that we are on, so yielding comes before sleeping. Besides, the kernel makes 60 us of a sleep of 3.
 */
static void back_off(struct p *victim)
{
    const struct timespec wait = {0, BACK_OFF_NS};
    int64_t until = gpm_now_ns() + BACK_OFF_NS;
    do {
        if (LOAD(&victim->state) != P_RUNNING)
            return;
        sched_yield();
    } while (gpm_now_ns() < until);
    if (LOAD(&victim->state) == P_RUNNING)
        nanosleep(&wait, NULL);
}

/* The victim's only G is in runnext: takes that, into ring[at] of the thief. */
static uint32_t grab_next(struct p *p, struct p *victim, uint32_t at)
{
    struct g *g = LOAD_ACQ(&victim->runnext);
    if (g == NULL)
        return 0;
    back_off(victim);
    if (!atomic_compare_exchange_strong(&victim->runnext, &g, NULL))
        return 0;
    STORE(&p->ring[at % RUNQ_SIZE], g);
    return 1;
}

/* Copies half of the victim's Gs, rounded up, behind the tail of p's ring, without moving that tail. Returns
 * how many. */
static uint32_t grab(struct p *p, struct p *victim, uint32_t at, bool with_runnext)
{
    for (;;) {
        uint32_t head = LOAD_ACQ(&victim->head);
        uint32_t tail = LOAD_ACQ(&victim->tail);
        uint32_t n = tail - head;
        n -= n / 2;
        if (n == 0)
            return with_runnext ? grab_next(p, victim, at) : 0;
        if (n > RUNQ_SIZE / 2) /* head and tail were read at different times */
            continue;
        for (uint32_t i = 0; i < n; i++)
            STORE(&p->ring[(at + i) % RUNQ_SIZE], LOAD(&victim->ring[(head + i) % RUNQ_SIZE]));
        if (atomic_compare_exchange_strong_explicit(&victim->head, &head, head + n, memory_order_acq_rel,
                                                    memory_order_relaxed))
            return n;
    }
}

struct g *runq_steal(struct p *p, struct p *victim, bool with_runnext)
{
    uint32_t tail = LOAD(&p->tail);
    uint32_t n = grab(p, victim, tail, with_runnext);
    if (n == 0)
        return NULL;
    COUNT(p->stats.steals, 1);
    COUNT(p->stats.stolen, n);
    struct g *g = LOAD(&p->ring[(tail + n - 1) % RUNQ_SIZE]); /* the last one is run at once */
    if (n > 1)
        STORE_REL(&p->tail, tail + n - 1);
    return g;
}

/* Takes everything: the P dies, the world is stopped. */
void runq_drain(struct p *p, struct g_list *list)
{
    for (struct g *g; (g = runq_get_next(p)) != NULL || (g = runq_get_ring(p)) != NULL;)
        g_list_push(list, g);
}

void globrunq_put(struct g *g)
{
    g->link = NULL;
    if (sched.runq_tail != NULL)
        sched.runq_tail->link = g;
    else
        sched.runq_head = g;
    sched.runq_tail = g;
    STORE(&sched.runq_size, LOAD(&sched.runq_size) + 1);
}

void globrunq_put_list(struct g_list *list)
{
    if (list->head == NULL)
        return;
    if (sched.runq_tail != NULL)
        sched.runq_tail->link = list->head;
    else
        sched.runq_head = list->head;
    sched.runq_tail = list->tail;
    STORE(&sched.runq_size, LOAD(&sched.runq_size) + list->len);
    *list = (struct g_list){0};
}

static struct g *globrunq_pop(void)
{
    struct g *g = sched.runq_head;
    sched.runq_head = g->link;
    if (sched.runq_head == NULL)
        sched.runq_tail = NULL;
    return g;
}

/* Takes a fair share, at most max (0: no limit but half a ring): returns the first, the others go into p's
 * ring. */
struct g *globrunq_get(struct p *p, uint32_t max)
{
    uint32_t size = LOAD(&sched.runq_size);
    if (size == 0)
        return NULL;
    uint32_t n = size / (uint32_t)LOAD(&sched.procs) + 1;
    if (n > size)
        n = size;
    if (n > RUNQ_SIZE / 2)
        n = RUNQ_SIZE / 2;
    if (max > 0 && n > max)
        n = max;
    uint32_t room =
        RUNQ_SIZE - (LOAD(&p->tail) - LOAD_ACQ(&p->head)); /* the ring must not spill: we hold the lock */
    if (n > room + 1)
        n = room + 1;
    STORE(&sched.runq_size, size - n);
    struct g *first = globrunq_pop();
    while (--n > 0)
        runq_put_ring(p, globrunq_pop());
    return first;
}
