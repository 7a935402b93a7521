/* See rejection.h. */
#include "core/rejection.h"

static uint64_t bit_of(const struct profile *profile, const char *plugin)
{
    for (uint32_t i = 0; plugin && i < profile->instances_len; i++)
        if (profile->instances[i].plugin->name == plugin)
            return (uint64_t)1 << i;
    return 0;
}

struct rejection rejection_by(const struct cycle *cy, berth_verdict verdict)
{
    const struct status *status = verdicts_get(cy->verdicts, verdict);
    uint64_t bit = bit_of(cy->profile, status->plugin);
    switch (status->code) {
    case BERTH_UNSCHEDULABLE:
    case BERTH_UNRESOLVABLE:
        return (struct rejection){.unschedulable = bit};
    case BERTH_PENDING:
        return (struct rejection){.pending = bit};
    default:
        return (struct rejection){0};
    }
}

struct rejection rejection_of(const struct cycle *cy, const struct cycle_outcome *out)
{
    if (out->error.len > 0)
        return (struct rejection){0};
    struct rejection all = rejection_by(cy, out->pre_filter);
    all.unschedulable |= cy->narrowing;
    berth_verdict last = BERTH_PASS; /* neighbours often have the same verdict */
    for (uint32_t slot = 0; out->verdicts && slot < cy->cache->nodes.view.len; slot++) {
        if (out->verdicts[slot] == last)
            continue;
        last = out->verdicts[slot];
        struct rejection one = rejection_by(cy, last);
        all.unschedulable |= one.unschedulable;
        all.pending |= one.pending;
    }
    return all;
}
