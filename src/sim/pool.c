/*
 * Work comes in pieces of some ten microseconds, thousands of times a second, so a worker spins for a while
 * before it goes to sleep. Publishing: the job is written first, then `round` is raised with release order
 * under the mutex; a worker that sees the new round sees the job. The caller waits until `running` is 0, so a
 * job is never overwritten while somebody still reads it.
 */
#include "sim/pool.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>

enum {
    SPINS = 4000,
    GRAIN = 64 /* parts begin at multiples of this: bitmaps and cache lines are not shared */
};

struct worker {
    struct pool *pool;
    uint32_t index; /* from 1; the caller is 0 */
    pthread_t thread;
};

struct pool {
    uint32_t threads; /* that really run, with the caller */
    void (*fn)(void *context, uint32_t from, uint32_t to);
    void *context;
    uint32_t len;
    atomic_uint round;   /* raised for each job */
    atomic_uint running; /* workers that have not finished it */
    atomic_bool stop;
    pthread_mutex_t mutex; /* guards going to sleep on `wake` */
    pthread_cond_t wake;
    struct worker workers[];
};

static void run_part(const struct pool *p, uint32_t index)
{
    uint64_t grains = ((uint64_t)p->len + GRAIN - 1) / GRAIN;
    uint64_t from = grains * index / p->threads * GRAIN;
    uint64_t to = grains * (index + 1) / p->threads * GRAIN;
    if (to > p->len)
        to = p->len;
    if (from < to)
        p->fn(p->context, (uint32_t)from, (uint32_t)to);
}

static void wait_for_round(struct pool *p, uint32_t seen)
{
    for (uint32_t i = 0; i < SPINS; i++) {
        if (atomic_load_explicit(&p->round, memory_order_acquire) != seen)
            return;
        if (i % 64 == 63)
            sched_yield();
    }
    pthread_mutex_lock(&p->mutex);
    while (atomic_load_explicit(&p->round, memory_order_acquire) == seen)
        pthread_cond_wait(&p->wake, &p->mutex);
    pthread_mutex_unlock(&p->mutex);
}

static void *work(void *at)
{
    struct worker *worker = at;
    struct pool *p = worker->pool;
    for (uint32_t seen = 0;; seen++) {
        wait_for_round(p, seen);
        if (atomic_load(&p->stop))
            return NULL;
        run_part(p, worker->index);
        atomic_fetch_sub_explicit(&p->running, 1, memory_order_release);
    }
}

static void publish(struct pool *p)
{
    pthread_mutex_lock(&p->mutex);
    atomic_fetch_add_explicit(&p->round, 1, memory_order_release);
    pthread_cond_broadcast(&p->wake);
    pthread_mutex_unlock(&p->mutex);
}

struct pool *pool_new(uint32_t threads)
{
    struct pool *p = calloc(1, sizeof *p + threads * sizeof p->workers[0]);
    if (!p)
        return NULL;
    pthread_mutex_init(&p->mutex, NULL);
    pthread_cond_init(&p->wake, NULL);
    p->threads = 1;
    while (p->threads < threads) {
        struct worker *worker = &p->workers[p->threads];
        *worker = (struct worker){.pool = p, .index = p->threads};
        if (pthread_create(&worker->thread, NULL, work, worker) != 0)
            return pool_free(p);
        p->threads++;
    }
    return p;
}

struct pool *pool_free(struct pool *p)
{
    if (!p)
        return NULL;
    atomic_store(&p->stop, true);
    publish(p);
    for (uint32_t i = 1; i < p->threads; i++)
        pthread_join(p->workers[i].thread, NULL);
    pthread_cond_destroy(&p->wake);
    pthread_mutex_destroy(&p->mutex);
    free(p);
    return NULL;
}

void pool_run(void *pool, uint32_t len, void (*fn)(void *context, uint32_t from, uint32_t to), void *context)
{
    struct pool *p = pool;
    p->fn = fn;
    p->context = context;
    p->len = len;
    atomic_store_explicit(&p->running, p->threads - 1, memory_order_relaxed);
    if (p->threads > 1)
        publish(p);
    run_part(p, 0);
    for (uint32_t i = 0; atomic_load_explicit(&p->running, memory_order_acquire); i++)
        if (i % 64 == 63)
            sched_yield();
}
