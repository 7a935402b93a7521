/* See waiting.h. */
#include "core/waiting.h"

#include <errno.h>
#include <stdlib.h>

int waiting_begin(struct waiting *w, const struct permit_wait *waits, uint32_t len, int64_t now_ns)
{
    w->at = calloc(len + 1u, sizeof(*w->at));
    if (!w->at)
        return -ENOMEM;
    for (uint32_t i = 0; i < len; i++) {
        w->at[i] = waits[i];
        if (w->at[i].timeout_ns > WAITING_MAX_NS)
            w->at[i].timeout_ns = WAITING_MAX_NS;
    }
    w->len = len;
    w->since_ns = now_ns;
    return 0;
}

bool waiting_allow(struct waiting *w, uint8_t plugin)
{
    uint32_t kept = 0;
    for (uint32_t i = 0; i < w->len; i++)
        if (w->at[i].plugin != plugin)
            w->at[kept++] = w->at[i];
    w->len = kept;
    return kept == 0;
}

/* The plugin with the least timeout, the first of several; NULL: none. */
static const struct permit_wait *shortest(const struct waiting *w)
{
    const struct permit_wait *least = NULL;
    for (uint32_t i = 0; i < w->len; i++)
        if (!least || w->at[i].timeout_ns < least->timeout_ns)
            least = &w->at[i];
    return least;
}

const struct permit_wait *waiting_expired(const struct waiting *w, int64_t now_ns)
{
    const struct permit_wait *least = shortest(w);
    return least && w->since_ns + least->timeout_ns <= now_ns ? least : NULL;
}

int64_t waiting_until_ns(const struct waiting *w)
{
    const struct permit_wait *least = shortest(w);
    return least ? w->since_ns + least->timeout_ns : INT64_MAX;
}

void waiting_fini(struct waiting *w)
{
    free(w->at);
    *w = (struct waiting){0};
}
