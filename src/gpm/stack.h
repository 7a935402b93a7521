/*
 * Stacks of Gs: see stack.c.
 */
#ifndef GPM_STACK_H
#define GPM_STACK_H

#include "gpm/internal.h"

#define STACK_MIN_BYTES (16u << 10) /* class 0; each class doubles */
#define STACK_DEFAULT_BYTES (64u << 10)

/* Descriptors live apart from the stacks, so that a stack given back to the kernel stays unmapped memory. */
struct stack {
    struct stack *link; /* the one free list it is on */
    char *lo;           /* lowest usable byte; the guard is below */
    char *top;          /* where frames begin: staggered, see stack.c */
    uint8_t class;
    bool guarded;
    bool used; /* was run on since it was last given back to the kernel */
};

static inline size_t stack_bytes(const struct stack *s)
{
    return (size_t)STACK_MIN_BYTES << s->class;
}

/* The class for a size, or -EINVAL when it is too big. */
int stack_class_for(size_t bytes);

/* From the P's cache, the pool, or the kernel; dies with a message when there is none. p may be NULL. */
struct stack *stack_get(struct p *p, int class);
void stack_put(struct p *p, struct stack *s);

/* Gives the P's cached stacks to the pool: the P dies. */
void stack_drain(struct p *p);

/* Gives memory of some pooled stacks back to the kernel. sysmon, now and then. */
void stack_scavenge(void);
bool stack_pool_warm(void); /* there is something to give back */

/* Is this address in the guard of s? */
bool stack_in_guard(const struct stack *s, const void *address);

void stack_stats(uint64_t *ret_stacks, uint64_t *ret_bytes);

#endif
