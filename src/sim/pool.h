/* Threads that share the work inside one scheduling cycle: a core_parallel_fn. */
#ifndef SIM_POOL_H
#define SIM_POOL_H

#include <stdint.h>

struct pool;

/* `threads` counts the caller, >= 1. NULL when threads or memory ran out. */
struct pool *pool_new(uint32_t threads);
struct pool *pool_free(struct pool *p);

/*
 * Divides [0, len) among the threads, the caller being one of them, and returns when all parts are done. Only
 * one call at a time.
 */
void pool_run(void *pool, uint32_t len, void (*fn)(void *context, uint32_t from, uint32_t to), void *context);

#endif
