/* Steps that change the pod: a toleration more, a rule or a part less. */
#include "sim/remedies_internal.h"

enum { MOST_TAINTS = 8, HIGHEST_SKEW = 1 << 16, FAR = 4 };

static struct remedy_step drop(enum remedy_kind kind, enum pod_edit_kind edit, uint32_t at)
{
    return (struct remedy_step){.kind = kind, .edit = {.kind = edit, .at = at}};
}

static bool helps(struct search *s, struct remedy_step step)
{
    struct core_fit fit;
    return search_ask(s, &step, 1, NULL, &fit);
}

/* ---- taints ---- */

static bool forbids(const struct berth_class *class, const struct berth_taint *taint)
{
    return (taint->effect == BERTH_NO_SCHEDULE || taint->effect == BERTH_NO_EXECUTE)
           && !berth_tolerates(class, taint);
}

static bool is_known(const struct berth_taint *taints, uint32_t len, const struct berth_taint *taint)
{
    for (uint32_t i = 0; i < len; i++)
        if (taints[i].key == taint->key && taints[i].value == taint->value
            && taints[i].effect == taint->effect)
            return true;
    return false;
}

/* The taints that keep the pod off nodes that the generator concerns: tolerable ones, or signs of trouble. */
static uint32_t collect_taints(const struct search *s, bool troubles, struct berth_taint taints[MOST_TAINTS])
{
    uint32_t len = 0, last = 0;
    for (uint32_t slot = 0; slot < s->from->slots && len < MOST_TAINTS; slot++) {
        const struct berth_node *node = s->nodes->node[slot];
        if (!node || s->nodes->taints_id[slot] == last || !search_concerns(s, slot))
            continue;
        last = s->nodes->taints_id[slot]; /* neighbours often have the same ones */
        berth_each (struct berth_taint, taint, node, node->taints)
            if (len < MOST_TAINTS && forbids(s->from->pod->class, taint)
                && taint_tells_trouble(taint) == troubles && !is_known(taints, len, taint))
                taints[len++] = *taint;
    }
    return len;
}

void try_tolerations(struct search *s)
{
    struct berth_taint taints[MOST_TAINTS];
    uint32_t len = collect_taints(s, false, taints);
    for (uint32_t i = 0; i < len; i++)
        search_try_one(s, (struct remedy_step){.kind = REMEDY_TOLERATE,
                                               .edit = {.kind = POD_EDIT_TOLERATION, .taint = taints[i]}});
}

void try_clear_taints(struct search *s)
{
    struct berth_taint taints[MOST_TAINTS];
    uint32_t len = collect_taints(s, true, taints);
    for (uint32_t i = 0; i < len; i++)
        search_try_one(s, (struct remedy_step){.kind = REMEDY_CLEAR_TAINT, .edit = {.taint = taints[i]}});
}

/* ---- which nodes ---- */

/*
 * A term without requirements would match nothing, so the last one of a term only
 * goes with the whole affinity.
 */
static bool try_requirements(struct search *s)
{
    const struct berth_class *class = s->pod->class;
    uint32_t at = 0;
    bool any = false;
    berth_each (struct berth_node_term, term, class, class->required_nodes) {
        uint32_t parts = term->expressions.len + term->fields.len;
        for (uint32_t part = 0; parts > 1 && part < parts; part++) {
            struct remedy_step step = drop(REMEDY_DROP_NODE_REQUIREMENT, POD_EDIT_NODE_REQUIREMENT, at);
            step.edit.part = part;
            any |= search_try_one(s, step);
        }
        at++;
    }
    return any;
}

void try_node_rules(struct search *s)
{
    const struct berth_class *class = s->pod->class;
    struct remedy_step without = drop(REMEDY_DROP_NODE_AFFINITY, POD_EDIT_NODE_AFFINITY, 0);
    for (uint32_t i = 0; i < class->node_selector.len; i++)
        search_try_one(s, drop(REMEDY_DROP_NODE_SELECTOR, POD_EDIT_NODE_SELECTOR, i));
    bool required = class->flags & BERTH_POD_HAS_REQUIRED_NODES;
    if (required && (s->collected || helps(s, without)) && !try_requirements(s))
        search_try_one(s, without);
}

void try_node_name(struct search *s)
{
    if (s->pod->node_name)
        search_try_one(s, drop(REMEDY_CLEAR_NODE_NAME, POD_EDIT_NODE_NAME, 0));
}

/* ---- which neighbours ---- */

void try_pod_terms(struct search *s)
{
    const struct berth_class *class = s->pod->class;
    for (uint32_t i = 0; i < class->required_anti_affinity.len; i++)
        search_try_one(s, drop(REMEDY_DROP_ANTI_AFFINITY, POD_EDIT_ANTI_AFFINITY, i));
    for (uint32_t i = 0; i < class->required_affinity.len; i++)
        search_try_one(s, drop(REMEDY_DROP_AFFINITY, POD_EDIT_AFFINITY, i));
}

static struct remedy_step with_skew(uint32_t at, int64_t old, int64_t skew)
{
    return (struct remedy_step){
        .kind = REMEDY_RAISE_MAX_SKEW,
        .edit = {.kind = POD_EDIT_MAX_SKEW, .at = at, .amount = skew},
        .share = (uint32_t)((skew - old) * 1000 / skew),
    };
}

/* The smallest maxSkew with which the pod fits; 0: none does. More never makes it worse. */
static int64_t smallest_skew(struct search *s, uint32_t at, int64_t old)
{
    int64_t low = old, high = old + 1;
    while (high <= HIGHEST_SKEW && !helps(s, with_skew(at, old, high))) {
        low = high;
        high = old + 2 * (high - old);
    }
    if (high > HIGHEST_SKEW)
        return 0;
    while (high - low > 1) {
        int64_t middle = low + (high - low) / 2;
        if (helps(s, with_skew(at, old, middle)))
            high = middle;
        else
            low = middle;
    }
    return high;
}

void try_spread(struct search *s)
{
    const struct berth_class *class = s->pod->class;
    uint32_t at = 0;
    berth_each (struct berth_spread, spread, class, class->spread) {
        struct remedy_step without = drop(REMEDY_DROP_SPREAD, POD_EDIT_SPREAD, at);
        bool hard = spread->when == BERTH_DO_NOT_SCHEDULE;
        if (hard && s->collected) {
            search_try_one(s, without);
        } else if (hard && helps(s, without)) {
            int64_t skew = smallest_skew(s, at, spread->max_skew);
            if (skew)
                search_try_one(s, with_skew(at, spread->max_skew, skew));
            if (!skew || skew > (int64_t)FAR * spread->max_skew) /* as good as no constraint */
                search_try_one(s, without);
        }
        at++;
    }
}

/* ---- what it needs of a node ---- */

void try_ports(struct search *s)
{
    for (uint32_t i = 0; i < s->pod->class->ports.len; i++)
        search_try_one(s, drop(REMEDY_DROP_PORT, POD_EDIT_PORT, i));
}

void try_volumes(struct search *s)
{
    for (uint32_t i = 0; i < s->pod->class->volumes.len; i++)
        search_try_one(s, drop(REMEDY_DROP_VOLUME, POD_EDIT_VOLUME, i));
}
