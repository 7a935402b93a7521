#include "sim/drain.h"

#include "base/duration.h"
#include "sim/budgets.h"

#include <stdlib.h>

static const int64_t retry_ns = 5 * DURATION_SECOND;

/* A pod that is to leave its node, and which of its stays on nodes it is. */
struct leaver {
    uint32_t pod, stay;
};

struct drain {
    berth_atom node;
    bool by_deletion; /* budgets are not asked */
    int64_t since_ns, tried_ns;
    uint64_t tried_at;          /* run.effects after the last attempt */
    VEC(struct leaver) leavers; /* that are not known to have left */
};

struct drains {
    struct budgets *budgets;
    VEC(struct drain) list;
};

struct drains *drains_free(struct drains *drains)
{
    if (drains) {
        for (size_t i = 0; i < drains->list.len; i++)
            vec_fini(&drains->list.at[i].leavers);
        vec_fini(&drains->list);
        budgets_free(drains->budgets);
        free(drains);
    }
    return NULL;
}

static bool is_still_there(const struct run *r, const struct leaver *leaver)
{
    const struct run_pod *pod = &r->pods[leaver->pod];
    return pod->where == POD_ON_NODE && pod->stays == leaver->stay;
}

static int refuse(const struct run *r, const struct drain *d, uint32_t pod, struct buf *why)
{
    int refused = d->by_deletion ? 0 : budgets_refuse(r->drains->budgets, r, pod, why);
    return refused < 0 ? err_nomem(r->err) : refused;
}

/* One round of evictions: how many pods left. */
static int try(struct run *r, struct drain *d)
{
    struct buf reason = {0};
    size_t kept = 0;
    int left = 0, code = 0;
    buf_printf(&reason, "node %s was drained", d->node->text);
    for (size_t i = 0; i < d->leavers.len; i++) {
        struct leaver leaver = d->leavers.at[i];
        if (!is_still_there(r, &leaver))
            continue;
        int refused = code < 0 ? 1 : refuse(r, d, leaver.pod, NULL);
        if (refused == 0) {
            code = run_evict(r, leaver.pod, OUTCOME_EVICTED, buf_view(&reason));
            left++;
        } else {
            code = refused < 0 ? refused : code;
            d->leavers.at[kept++] = leaver;
        }
    }
    d->leavers.len = kept;
    d->tried_ns = r->now_ns;
    d->tried_at = r->effects;
    buf_fini(&reason);
    return code < 0 ? code : left;
}

/* ---- beginning ---- */

static int cordon(struct run *r, const struct berth_node *node)
{
    struct object cordoned = {.kind = OBJECT_NODE, .node = node_cordoned(node)};
    if (!cordoned.node)
        return err_nomem(r->err);
    int code = core_put(r->core, &cordoned, r->now_ns += r->step_ns) < 0 ? err_nomem(r->err) : 0;
    object_unref(r->cluster->catalog, &cordoned);
    return code;
}

static int list_leavers(struct run *r, struct drain *d)
{
    for (uint32_t i = 0; i < r->cluster->pods.len; i++) {
        struct leaver leaver = {i, r->pods[i].stays};
        bool here = r->pods[i].where == POD_ON_NODE && r->result->placements[i].node == d->node;
        if (here && !run_belongs_to_node(r, i) && vec_push(&d->leavers, leaver) < 0)
            return err_nomem(r->err);
    }
    return 0;
}

static int add(struct run *r, const struct drain *drain)
{
    if (!r->drains)
        r->drains = calloc(1, sizeof(*r->drains));
    if (r->drains && !r->drains->budgets)
        r->drains->budgets = budgets_new();
    if (!r->drains || !r->drains->budgets || vec_push(&r->drains->list, *drain) < 0)
        return err_nomem(r->err);
    return 0;
}

int drain_begin(struct run *r, const struct change *change)
{
    berth_atom name = change->object.node->name;
    int32_t slot = core_slot(r->core, name);
    const struct berth_node *node = slot < 0 ? NULL : core_nodes(r->core)->node[slot];
    if (!node)
        return 0;
    struct drain drain = {.node = name, .by_deletion = change->by_deletion, .since_ns = r->now_ns};
    int code = cordon(r, node);
    code = code < 0 ? code : add(r, &drain);
    if (code < 0)
        return code;
    struct drain *d = &r->drains->list.at[r->drains->list.len - 1];
    code = list_leavers(r, d);
    code = code < 0 ? code : try(r, d);
    return code < 0 ? code : 0;
}

/* ---- later ---- */

int drains_retry(struct run *r)
{
    int left = 0;
    for (size_t i = 0; r->drains && i < r->drains->list.len; i++) {
        struct drain *d = &r->drains->list.at[i];
        if (d->leavers.len == 0 || d->tried_at == r->effects)
            continue;
        int code = try(r, d);
        if (code < 0)
            return code;
        left += code;
    }
    return left;
}

static int64_t next_of(const struct run *r, const struct drain *d)
{
    if (d->leavers.len == 0 || d->tried_at == r->effects)
        return INT64_MAX;
    int64_t from = r->effect_ns > d->tried_ns ? r->effect_ns : d->tried_ns + 1;
    return d->since_ns + (from - d->since_ns + retry_ns - 1) / retry_ns * retry_ns;
}

int64_t drains_next_ns(const struct run *r)
{
    int64_t next = INT64_MAX;
    for (size_t i = 0; r->drains && i < r->drains->list.len; i++) {
        int64_t at = next_of(r, &r->drains->list.at[i]);
        next = at < next ? at : next;
    }
    return next;
}

/* ---- at the end ---- */

static int note(struct run *r, const struct drain *d, uint32_t pod)
{
    struct buf why = {0};
    int refused = refuse(r, d, pod, &why);
    char *copy = refused > 0 ? arena_copy(&r->result->arena, why.ptr, why.len) : NULL;
    if (refused > 0 && copy) {
        r->result->placements[pod].refused = (berth_str){copy, (uint32_t)why.len};
        r->result->refused++;
    }
    buf_fini(&why);
    return refused > 0 && !copy ? err_nomem(r->err) : refused < 0 ? refused : 0;
}

int drains_finish(struct run *r)
{
    int code = 0;
    for (size_t i = 0; r->drains && i < r->drains->list.len; i++) {
        const struct drain *d = &r->drains->list.at[i];
        for (size_t j = 0; j < d->leavers.len && code == 0; j++) {
            bool noted = r->result->placements[d->leavers.at[j].pod].refused.len > 0;
            if (is_still_there(r, &d->leavers.at[j]) && !noted)
                code = note(r, d, d->leavers.at[j].pod);
        }
    }
    return code;
}
