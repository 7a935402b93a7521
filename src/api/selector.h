/*
 * Label selectors and node selector terms: from values and texts to what objects.h holds.
 * https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/
 */
#ifndef API_SELECTOR_H
#define API_SELECTOR_H

#include "api/block.h"
#include "base/arena.h"
#include "base/atoms.h"
#include "base/buf.h"
#include "base/err.h"
#include <berth/objects.h>
#include <berth/value.h>

/* Operators as they are written; several of them mean the same enum berth_operator. */
enum selector_op {
    SELECTOR_IN,
    SELECTOR_NOT_IN,
    SELECTOR_EXISTS,
    SELECTOR_DOES_NOT_EXIST,
    SELECTOR_GREATER,
    SELECTOR_LESS,
    SELECTOR_EQUALS,
    SELECTOR_DOUBLE_EQUALS,
    SELECTOR_NOT_EQUALS,
};

struct selector_requirement {
    berth_str key;
    uint32_t op; /* enum selector_op */
    uint32_t values_len;
    const berth_str *values; /* NULL: not given, which messages show as null */
};

/* A selector as it was written. Lives in the arena it was read into, and in the text that was read. */
struct selector {
    uint32_t selects; /* enum berth_selects */
    uint32_t len;
    struct selector_requirement *requirements; /* sorted by key text */
    berth_str error;                           /* BERTH_SELECTS_INVALID: upstream's text */
};

/*
 * A LabelSelector. One that upstream refuses comes back as BERTH_SELECTS_INVALID; an error is only what
 * cannot be decoded at all: "matchLabels.app: not a string".
 */
int selector_read(const struct berth_value *value, struct arena *arena, struct selector *ret,
                  struct err *err);

/* A selector in a text: "app=web,tier in (a,b),!old,n>5". The error is upstream's. */
int selector_parse(berth_str text, struct arena *arena, struct selector *ret, struct err *err);

/* As upstream's String(): what selector_parse() reads. */
void selector_print(struct buf *b, const struct selector *s);

/* The compiled selector, its lists in the block; -ENOMEM when atoms ran out of memory. */
int selector_build(const struct selector *s, struct block *b, struct atoms *atoms,
                   struct berth_selector *ret);

/* selector_read() and selector_build(); `scratch` keeps what was read. */
int selector_compile(const struct berth_value *value, struct block *b, struct atoms *atoms,
                     struct arena *scratch, struct berth_selector *ret, struct err *err);

/*
 * A NodeSelectorTerm, its weight left 0. A term that upstream refuses has an error that begins with `path`,
 * say "nodeSelectorTerms[0]"; what cannot be decoded is an error of the call.
 */
int node_term_compile(const struct berth_value *value, const char *path, struct block *b, struct atoms *atoms,
                      struct arena *scratch, struct berth_node_term *ret, struct err *err);

#endif
