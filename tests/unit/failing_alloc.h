/*
 * An allocator that fails when it is told to, and counts what is not given back: for programs that are linked
 * with it and with -Wl,--wrap of each function in failing_alloc.c.
 */
#ifndef TESTS_FAILING_ALLOC_H
#define TESTS_FAILING_ALLOC_H

#include <stdbool.h>
#include <stddef.h>

/* The allocation that many calls from now fails, once; 0: none does. Forgets what failed so far. */
void alloc_fail_after(int calls);

/* From the allocation that many calls from now on all fail, until alloc_recover(). */
void alloc_fail_from(int calls);

/* Nothing fails any more; whether something has is remembered. */
void alloc_recover(void);

/* Whether one has failed. */
bool alloc_failed(void);

/* Nothing fails until alloc_resume(), and calls are not counted. May be nested. */
void alloc_pause(void);
void alloc_resume(void);

/* Allocations that have not been freed. */
long alloc_live(void);

#endif
