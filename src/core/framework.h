/*
 * Runs the plugins of a profile at each extension point, with upstream's rules about skips, first rejections,
 * narrowing, normalisation, weights and ranges. Whether an answer is remembered or computed, per node or per
 * range, in one thread or in several, is decided here and changes no result.
 */
#ifndef CORE_FRAMEWORK_H
#define CORE_FRAMEWORK_H

#include "core/cycle.h"

/* May the pod enter the queue? PASS, or the first plugin's objection. */
berth_verdict framework_pre_enqueue(struct cycle *cy);

/* PreFilter of all plugins; sets the cycle's states and narrowing. Any code but SUCCESS ends the search. */
berth_verdict framework_pre_filter(struct cycle *cy);

/* The verdict of every slot: dead slots VERDICT_NO_NODE, nodes that PreFilter left out cy->absent. */
const berth_verdict *framework_filter(struct cycle *cy);

/* The verdict of one node, as it is at this moment (see framework_what_if()). */
berth_verdict framework_filter_node(struct cycle *cy, uint32_t slot);

/*
 * Each Filter plugin asked alone about every node: bit i of objections[slot] where the plugin of instance i
 * objects. Nodes that PreFilter left out have the bits of those that did so. Nominated pods do not count.
 */
void framework_objections(struct cycle *cy, uint64_t *objections);

/*
 * As if the pod were put on the node (count 1) or taken off (-1): the node's row and the plugins' states follow. All
 * moves must be undone within the cycle; nobody else learns of them.
 */
void framework_what_if(struct cycle *cy, const struct berth_pod *pod, uint32_t slot, int32_t count);

/*
 * PostFilter until one helps: PASS and a slot, or the joined objections and BERTH_KEEP_NOMINATION or
 * BERTH_CLEAR_NOMINATION.
 */
berth_verdict framework_post_filter(struct cycle *cy, const berth_verdict *verdicts, int32_t *ret_slot);

/* Scores of the feasible slots. */
struct framework_scores {
    const int64_t *total;         /* by slot; when not detailed, up to one constant */
    const char *const *plugins;   /* detailed only: those that scored, in order */
    int64_t *const *weighted;     /* detailed only: [plugin][slot] */
    uint32_t plugins_len;
};

/*
 * PreScore, Score and NormalizeScore over cy->feasible. PASS, or a verdict of code ERROR whose reason is the
 * whole error text. `detailed`: also each plugin's share, and exact totals.
 */
berth_verdict framework_score(struct cycle *cy, bool detailed, struct framework_scores *ret_scores);

/* Reserve until one objects (then everything is to be unreserved), Bind until one does not skip, PostBind. */
berth_verdict framework_reserve(struct cycle *cy, uint32_t slot);
void framework_unreserve(struct cycle *cy, uint32_t slot);

/*
 * Permit until one objects. When none does but some make the pod wait, the verdict is the last of theirs, and they are
 * in cy->waits.
 */
berth_verdict framework_permit(struct cycle *cy, uint32_t slot);

/* PreBindPreFlight: PASS or an objection. The first plugin whose PreBind has something to do, NULL when none has. */
berth_verdict framework_pre_bind_pre_flight(struct cycle *cy, uint32_t slot, const char **ret_worker);

/*
 * PreBind of the plugins that have something to do: PASS, an objection, or that one waits for volumes. Called again, it
 * goes on from that one.
 */
berth_verdict framework_pre_bind(struct cycle *cy, uint32_t slot);
berth_verdict framework_bind(struct cycle *cy, uint32_t slot);
void framework_post_bind(struct cycle *cy, uint32_t slot);

/* A verdict of the framework itself. */
berth_verdict framework_verdict(struct cycle *cy, enum berth_code code, berth_str reason);

/* The reasons of a verdict, joined with ", ", in the cycle's arena. */
berth_str framework_reasons(struct cycle *cy, berth_verdict verdict);

/* What a plugin is handed; berth_* functions find their way back from it. */
struct call {
    struct berth_cycle c; /* first: plugins see this part */
    const struct plugin_instance *instance;
};
struct call framework_call(const struct cycle *cy, const struct plugin_instance *instance);

/* The plugins of an extension point, in running order, as `struct enabled *e`. */
#define EACH_ENABLED(e, cy, point)                                                                           \
    for (const struct enabled *e = (cy)->profile->points[point].at,                                          \
                              *e##_end = e + (cy)->profile->points[point].len;                               \
         e < e##_end; e++)

/* What the plugin keeps during the cycle. */
static inline struct plugin_state *framework_state(const struct cycle *cy, const struct enabled *e)
{
    return &cy->states[e->instance - cy->profile->instances];
}

/* Divides [0, len) among the workers, or calls fn once when there are none or it would not pay. */
void framework_parallel(const struct cycle *cy, uint32_t len, void (*fn)(void *context, uint32_t from, uint32_t to),
                        void *context);

#endif
