/*
 * Writing down what Gs do: see dump.c.
 */
#ifndef GPM_DUMP_H
#define GPM_DUMP_H

#include "gpm/internal.h"

/* All Gs that are alive, for a world at rest: stopped, or with all Ms asleep. self: the caller's G, or NULL.
 */
void dump_gs(int fd, struct g *self);

/* The calling thread's own stack; safe in a signal handler. */
void dump_own_stack(int fd);

/* Once, early: what unwinding loads lazily is loaded now, not on a small stack or in a signal handler. */
void dump_prepare(void);

#endif
