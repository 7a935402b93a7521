#include "core/change_log.h"

#include <errno.h>
#include <stdlib.h>

/* Enough for every pod of a busy minute; 16 bytes each. */
enum { CAPACITY = 1 << 14 };

int change_log_init(struct change_log *log, struct catalog *catalog)
{
    *log = (struct change_log){.catalog = catalog, .cap = CAPACITY, .start = 1, .end = 1};
    log->at = calloc(CAPACITY, sizeof(*log->at));
    return log->at ? 0 : -ENOMEM;
}

static void forget_oldest(struct change_log *log)
{
    struct change *oldest = &log->at[log->start++ & (log->cap - 1)];
    if (oldest->class)
        class_unref(log->catalog, oldest->class);
    oldest->class = NULL;
}

void change_log_add(struct change_log *log, const struct berth_class *class, uint32_t slot, int32_t count)
{
    if (log->end - log->start == log->cap)
        forget_oldest(log);
    if (class)
        class_ref(class);
    log->at[log->end++ & (log->cap - 1)] = (struct change){class, slot, count};
}

void change_log_forget(struct change_log *log)
{
    while (log->at && log->start < log->end)
        forget_oldest(log);
    log->start = ++log->end;
}

void change_log_fini(struct change_log *log)
{
    change_log_forget(log);
    free(log->at);
}
