/* The table behind berth_verdict: interned {code, plugin, reasons}. */
#ifndef CORE_VERDICTS_H
#define CORE_VERDICTS_H

#include "base/arena.h"
#include "base/map.h"
#include "base/vec.h"
#include <berth/plugin.h>

#include <stdatomic.h>

struct status {
    enum berth_code code;
    const char *plugin; /* NULL: the framework itself */
    uint32_t len;
    const berth_str *reasons;
};

/* Zero-initialise; release with verdicts_fini(). */
struct verdicts {
    struct arena arena;
    VEC(struct status) list; /* list.at[v - VERDICT_FIRST] */
    VEC(uint32_t) next;      /* same index: next verdict with the same hash, 0 at the end */
    struct map by_hash;
    /* Held while interning from range functions that run in parallel; the only lock of the core. */
    atomic_flag busy;
};

/* Slots without a node carry this in verdict columns. */
enum { VERDICT_NO_NODE = 2, VERDICT_FIRST = 3 };

/* The verdict of this content, made when there is none. Ends the process when memory runs out. */
berth_verdict verdicts_intern(struct verdicts *t, enum berth_code code, const char *plugin,
                              const berth_str *reasons, uint32_t len);

/* What a verdict says. PASS and SKIPPED: a success and a skip without plugin. Valid until the table dies. */
const struct status *verdicts_get(const struct verdicts *t, berth_verdict v);

void verdicts_fini(struct verdicts *t);

#endif
