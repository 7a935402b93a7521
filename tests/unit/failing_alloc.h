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

/* Whether it has failed. */
bool alloc_failed(void);

/* Nothing fails until alloc_resume(), and calls are not counted. */
void alloc_pause(void);
void alloc_resume(void);

/* Allocations that have not been freed. */
long alloc_live(void);

#endif
