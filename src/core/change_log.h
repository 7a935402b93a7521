/*
 * What happened to the node table, in order: which row changed, and which pod came or went. Whoever keeps
 * results computed from rows remembers how far it has read and later looks only at what came after. The log
 * is bounded: a reader that fell behind its start must compute everything anew.
 */
#ifndef CORE_CHANGE_LOG_H
#define CORE_CHANGE_LOG_H

#include "api/catalog.h"

struct change {
    const struct berth_class *class; /* of the pod that came or went, one reference; NULL: the node changed */
    uint32_t slot;
    int32_t count; /* 1 came, -1 went, 0 the node object */
};

/*
 * Zero-initialise, then change_log_init(). Positions grow for ever;
 * entry p is at[p % cap] for start <= p < end.
 */
struct change_log {
    struct catalog *catalog;
    struct change *at;
    uint64_t cap; /* a power of two */
    uint64_t start, end;
};

/* 0 or -ENOMEM. The catalog is borrowed: entries hold references to classes. */
int change_log_init(struct change_log *log, struct catalog *catalog);

/* Never fails: the oldest entry gives way. */
void change_log_add(struct change_log *log, const struct berth_class *class, uint32_t slot, int32_t count);

static inline const struct change *change_log_at(const struct change_log *log, uint64_t position)
{
    return &log->at[position & (log->cap - 1)];
}

/* Whether everything from `position` on is still in the log. */
static inline bool change_log_has(const struct change_log *log, uint64_t position)
{
    return position >= log->start;
}

/* Forgets all entries: every reader has fallen behind. */
void change_log_forget(struct change_log *log);

void change_log_fini(struct change_log *log);

#endif
