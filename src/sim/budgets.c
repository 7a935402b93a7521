/*
 * Which pods a budget covers is looked up once, and anew when a budget or a pod was updated; how many of them
 * are healthy is counted anew when something has happened since.
 */
#include "sim/budgets.h"

#include "api/storage.h"

#include <errno.h>
#include <stdlib.h>

/* Why nothing may be evicted, whatever the numbers are. */
enum obstacle {
    OBSTACLE_NONE,
    OBSTACLE_NO_LIMIT,      /* neither minAvailable nor maxUnavailable */
    OBSTACLE_NO_SCALE,      /* it needs the scale of controllers, and one has none */
    OBSTACLE_NO_CONTROLLER, /* it counts the pods of controllers, and its pods have none */
};

struct covering {
    const struct disruption_budget *budget; /* the core's */
    VEC(uint32_t) pods;                     /* of the cluster that it selects, there or not */
    bool counted;
    uint64_t counted_at; /* run.effects by then */
    enum obstacle obstacle;
    int32_t healthy, desired;
};

struct budgets {
    VEC(struct covering) list;
    bool looked_up;
    uint64_t looked_up_at; /* run.updates by then */
};

struct budgets *budgets_new(void)
{
    return calloc(1, sizeof(struct budgets));
}

static void forget(struct budgets *b)
{
    for (size_t i = 0; i < b->list.len; i++)
        vec_fini(&b->list.at[i].pods);
    b->list.len = 0;
    b->looked_up = false;
}

struct budgets *budgets_free(struct budgets *budgets)
{
    if (budgets) {
        forget(budgets);
        vec_fini(&budgets->list);
        free(budgets);
    }
    return NULL;
}

/* ---- which pods ---- */

static bool selects(const struct disruption_budget *budget, const struct berth_class *class)
{
    return budget->namespace == class->namespace
           && berth_selector_matches(budget, &budget->selector, class, class->labels);
}

static int look_up_one(struct budgets *b, const struct run *r, const struct disruption_budget *budget)
{
    struct covering fresh = {.budget = budget};
    if (vec_push(&b->list, fresh) < 0)
        return -ENOMEM;
    struct covering *covering = &b->list.at[b->list.len - 1];
    for (uint32_t i = 0; i < r->cluster->pods.len; i++)
        if (selects(budget, r->pods[i].pod->class) && vec_push(&covering->pods, i) < 0)
            return -ENOMEM;
    return 0;
}

static int look_up(struct budgets *b, const struct run *r)
{
    if (b->looked_up && b->looked_up_at == r->updates)
        return 0;
    uint32_t len;
    const struct disruption_budget *const *all = core_budgets(r->core, &len);
    forget(b);
    for (uint32_t i = 0; i < len; i++)
        if (look_up_one(b, r, all[i]) < 0)
            return -ENOMEM;
    b->looked_up = true;
    b->looked_up_at = r->updates;
    return 0;
}

/* ---- how many ---- */

/* Whether what the input says of the pod's state still holds: it has not left the node that it came with. */
static bool is_first_stay(const struct run *r, uint32_t pod)
{
    return r->cluster->pods.at[pod].pod->node_name && r->pods[pod].stays == 1;
}

static bool is_disrupted(const struct disruption_budget *budget, const struct berth_pod *pod)
{
    berth_each (berth_atom, name, budget, budget->disrupted)
        if (berth_str_eq(berth_atom_str(*name), berth_pod_name(pod)))
            return true;
    return false;
}

static bool is_ready(const struct run *r, uint32_t pod)
{
    return r->pods[pod].where == POD_ON_NODE
           && !(is_first_stay(r, pod) && r->cluster->pods.at[pod].not_ready);
}

static bool is_healthy(const struct run *r, const struct disruption_budget *budget, uint32_t pod)
{
    return is_ready(r, pod) && !(r->pods[pod].pod->class->flags & BERTH_POD_TERMINATING)
           && !(is_first_stay(r, pod) && is_disrupted(budget, r->pods[pod].pod));
}

/* Whether controllers of this kind have no scale subresource. Kinds of other groups are taken to have it. */
static bool has_no_scale(berth_atom owner_kind)
{
    static const char *const kinds[] = {"DaemonSet", "Node", "Pod", "batch/v1/Job"};
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (strcmp(owner_kind->text, kinds[i]) == 0)
            return true;
    return false;
}

/* The share of `whole` that the limit is, rounded up. */
static int64_t limit_of(const struct budget_limit *limit, int64_t whole)
{
    return limit->percent ? (whole * limit->value + 99) / 100 : limit->value;
}

static void count_again(struct covering *c, const struct run *r)
{
    const struct disruption_budget *budget = c->budget;
    const struct budget_limit *min = &budget->min_available, *max = &budget->max_unavailable;
    int32_t managed = 0;
    bool no_scale = false, needs_scale = max->given || min->percent;
    c->healthy = 0;
    for (size_t i = 0; i < c->pods.len; i++) {
        uint32_t pod = c->pods.at[i];
        berth_atom owner_kind = r->pods[pod].pod->class->owner_kind;
        if (!run_has(r, pod))
            continue;
        c->healthy += is_healthy(r, budget, pod);
        managed += owner_kind != NULL;
        no_scale |= owner_kind && has_no_scale(owner_kind);
    }
    int64_t desired = max->given ? managed - limit_of(max, managed) : limit_of(min, managed);
    c->desired = (int32_t)(desired > 0 ? desired : 0);
    c->obstacle = !max->given && !min->given    ? OBSTACLE_NO_LIMIT
                  : needs_scale && no_scale     ? OBSTACLE_NO_SCALE
                  : needs_scale && managed == 0 ? OBSTACLE_NO_CONTROLLER
                                                : OBSTACLE_NONE;
    c->counted = true;
    c->counted_at = r->effects;
}

/* ---- one eviction ---- */

static void add_name(struct buf *b, const struct disruption_budget *budget)
{
    buf_printf(b, "%s/%s", budget->namespace->text, budget->name->text);
}

static void explain(struct buf *b, const struct covering *c)
{
    static const char *const obstacles[] = {
        [OBSTACLE_NO_LIMIT] = "it sets neither minAvailable nor maxUnavailable",
        [OBSTACLE_NO_SCALE] =
            "it needs the scale of its pods' controllers, and Jobs and DaemonSets have none",
        [OBSTACLE_NO_CONTROLLER] = "it needs the scale of its pods' controllers, and these have none",
    };
    buf_puts(b, "PodDisruptionBudget ");
    add_name(b, c->budget);
    buf_puts(b, " refuses the eviction: ");
    if (c->obstacle == OBSTACLE_NONE)
        buf_printf(b, "it needs %d healthy pod%s and has %d", c->desired, c->desired == 1 ? "" : "s",
                   c->healthy);
    else
        buf_puts(b, obstacles[c->obstacle]);
}

/* The eviction API does not evict a pod that is covered twice. */
static void explain_several(struct buf *b, const struct budgets *budgets, const struct berth_class *class)
{
    const char *before = "the eviction is refused: more than one PodDisruptionBudget covers the pod: ";
    for (size_t i = 0; i < budgets->list.len; i++) {
        if (!selects(budgets->list.at[i].budget, class))
            continue;
        buf_puts(b, before);
        add_name(b, budgets->list.at[i].budget);
        before = ", ";
    }
}

/* Whether the numbers allow it. A pod that is not ready does not count: it may go while the others suffice.
 */
static bool allows(const struct covering *c, bool ready)
{
    if (!ready && (c->budget->evicts_unhealthy || (c->desired > 0 && c->healthy >= c->desired)))
        return true;
    return c->obstacle == OBSTACLE_NONE && c->healthy > c->desired;
}

int budgets_refuse(struct budgets *b, const struct run *r, uint32_t pod, struct buf *why)
{
    const struct berth_class *class = r->pods[pod].pod->class;
    struct covering *covering = NULL;
    uint32_t covered = 0;
    bool starting = is_first_stay(r, pod) && r->cluster->pods.at[pod].starting;
    if (starting || (class->flags & BERTH_POD_TERMINATING))
        return 0;
    if (look_up(b, r) < 0)
        return -ENOMEM;
    for (size_t i = 0; i < b->list.len; i++) {
        if (!selects(b->list.at[i].budget, class))
            continue;
        covering = &b->list.at[i];
        covered++;
    }
    if (covered == 0)
        return 0;
    if (covered > 1) {
        if (why)
            explain_several(why, b, class);
        return 1;
    }
    if (!covering->counted || covering->counted_at != r->effects)
        count_again(covering, r);
    if (allows(covering, is_ready(r, pod)))
        return 0;
    if (why)
        explain(why, covering);
    return 1;
}
