/* Disruption budgets: compact, immutable, one block each, as in <berth/objects.h>. */
#ifndef API_STORAGE_H
#define API_STORAGE_H

#include <berth/storage.h>

/* A number of pods, or a share of them. */
struct budget_limit {
    bool given, percent;
    int32_t value;
};

struct disruption_budget {
    uint32_t refs, size;
    berth_atom namespace;
    berth_atom name;
    struct berth_selector selector; /* of pods; NOTHING when not given */
    struct budget_limit min_available, max_unavailable;
    bool evicts_unhealthy; /* spec.unhealthyPodEvictionPolicy is AlwaysAllow */
    int32_t disruptions_allowed;    /* status */
    berth_list disrupted;           /* of berth_atom, sorted: pods counted as disrupted already */
};

#endif
