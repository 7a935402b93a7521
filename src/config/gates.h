/*
 * Feature gates, as `--feature-gates` of kube-scheduler 1.36 takes them. All of Kubernetes' gates are known, as command
 * lines may name them; the few that scheduling depends on here are asked for by name.
 * https://kubernetes.io/docs/reference/command-line-tools-reference/feature-gates/
 */
#ifndef CONFIG_GATES_H
#define CONFIG_GATES_H

#include "base/buf.h"
#include "base/err.h"

#include <stdbool.h>
#include <stdint.h>

enum { GATE_WORDS = 4 };

/* What was set. Zero-initialise: every gate at its default. */
struct gates {
    uint64_t given[GATE_WORDS]; /* by number of the gate */
    uint64_t on[GATE_WORDS];    /* if given */
};

/*
 * Sets the gates of "[kube:]NAME=BOOL,...". Upstream's texts for what is wrong; then nothing is set. To be called for each
 * flag, then gates_check(). A line for each gate that is set to something else than its default and nothing depends on
 * here, and for each that is to be removed, is added to `warnings`, which may be NULL.
 */
int gates_set(struct gates *g, berth_str text, struct buf *warnings, struct err *err);

/* Whether every gate that is on has those on that it depends on. */
int gates_check(const struct gates *g, struct err *err);

/* Whether the gate is on; false for a name that is unknown. */
bool gates_enabled(const struct gates *g, const char *name);

#endif
