/*
 * The search. Every plugin is asked alone about every node; where nobody but plugins of one kind objects, the
 * steps that such plugins may be pleased with are tried, one at a time. When none helps, steps that concern
 * nodes with objections of two kinds are tried in pairs: with the first one done, the plugins are asked again
 * and only what can be enough now is tried as the second.
 *
 * Plugins are known by name here and nowhere else: which ones a generator can please. Whether it does is the
 * core's answer alone, so a plugin that is missing from the table costs suggestions, never their truth.
 */
#include "sim/remedies_internal.h"

#include "base/array.h"

#include <stdlib.h>

enum {
    MOST_EFFORT = 128, /* evaluations; changing so many nodes for one counts like another: */
    NODES_OF_AN_EFFORT = 512,
    FOR_NEW_NODES = 8,     /* of the effort, kept for the end */
    MOST_FIRST_STEPS = 24, /* that pairs begin with */
    MOST_FOUND = 32,       /* in pairs */
    MOST_KEPT = 8,
    SAME_KIND = 2,
    MOST_EXAMPLES = 4, /* that are tried before a change of nodes is given up */
};

struct generator {
    const char *plugins[4];
    void (*run)(struct search *s);
    bool first; /* its steps may be the first of a pair; others depend on what is done and come second */
};

static const struct generator generators[] = {
    {{"TaintToleration", "NodeUnschedulable"}, try_uncordon, true},
    {{"TaintToleration"}, try_tolerations, true},
    {{"NodeAffinity"}, try_labels, true},
    {{"NodeResourcesFit"}, try_room, false},
    {{"NodeResourcesFit"}, try_requests, false},
    {{"PodTopologySpread"}, try_spread, true},
    {{"InterPodAffinity"}, try_moving_repellers, true},
    {{"NodePorts"}, try_moving_port_owners, true},
    {{"TaintToleration"}, try_clear_taints, true},
    {{"NodeName"}, try_node_name, true},
    {{"NodeAffinity"}, try_node_rules, true},
    {{"InterPodAffinity"}, try_pod_terms, true},
    {{"NodePorts"}, try_ports, true},
    {{"VolumeBinding", "VolumeZone", "VolumeRestrictions", "NodeVolumeLimits"}, try_volumes, true},
};
_Static_assert(ARRAY_LEN(generators) <= MOST_GENERATORS, "all_bits is too small");

const char *remedy_kind_name(enum remedy_kind kind)
{
    static const char *const names[] = {
#define X(id, name, cost) [REMEDY_##id] = name,
        REMEDY_KINDS(X)
#undef X
    };
    return names[kind];
}

void remedies_fini(struct remedies *remedies)
{
    vec_fini(&remedies->list);
    arena_fini(&remedies->arena);
}

/* ---- what steps are ---- */

static bool edits_pod(const struct remedy_step *step)
{
    switch (step->kind) {
    case REMEDY_UNCORDON:
    case REMEDY_LABEL_NODE:
    case REMEDY_FREE:
    case REMEDY_MOVE_PODS:
    case REMEDY_CLEAR_TAINT:
    case REMEDY_ADD_NODE:
        return false;
    default:
        return true;
    }
}

static bool edits_nodes(const struct remedy_step *step)
{
    return step->kind == REMEDY_UNCORDON || step->kind == REMEDY_LABEL_NODE
           || step->kind == REMEDY_CLEAR_TAINT || step->kind == REMEDY_ADD_NODE;
}

static bool same_step(const struct remedy_step *a, const struct remedy_step *b)
{
    const struct pod_edit *x = &a->edit, *y = &b->edit;
    return a->kind == b->kind && x->kind == y->kind && x->at == y->at && x->part == y->part
           && x->amount == y->amount && x->resource == y->resource && x->taint.key == y->taint.key
           && x->taint.value == y->taint.value && x->taint.effect == y->taint.effect;
}

void *search_keep(struct search *s, const void *bytes, size_t len)
{
    void *copy = arena_need(&s->found->arena, len);
    if (len)
        memcpy(copy, bytes, len);
    return copy;
}

/* ---- asking ---- */

static bool is_among(const struct remedy_step *steps, uint32_t len, const struct remedy_step *step)
{
    for (uint32_t i = 0; i < len; i++)
        if (same_step(&steps[i], step))
            return true;
    return false;
}

/* The steps that are done and `steps`; false when one comes twice, too many come, or several change nodes. */
static bool join_steps(const struct step_list *done, const struct remedy_step *steps, uint32_t len,
                       struct step_list *ret)
{
    *ret = *done;
    if (done->len + len > MOST_STEPS)
        return false;
    for (uint32_t i = 0; i < len; i++) {
        if (is_among(ret->at, ret->len, &steps[i]))
            return false;
        ret->at[ret->len++] = steps[i];
    }
    uint32_t of_nodes = 0;
    for (uint32_t i = 0; i < ret->len; i++)
        of_nodes += edits_nodes(&ret->at[i]);
    return of_nodes <= 1;
}

static const struct berth_pod *edited(struct search *s, const struct step_list *steps)
{
    struct pod_edit edits[MOST_STEPS];
    uint32_t len = 0;
    for (uint32_t i = 0; i < steps->len; i++)
        if (edits_pod(&steps->at[i]))
            edits[len++] = steps->at[i].edit;
    return pod_edited(s->catalog, s->pod, edits, len);
}

static void release_nodes(struct search *s, const struct berth_node **nodes, uint32_t len)
{
    for (uint32_t i = 0; i < len; i++)
        object_unref(s->catalog, &(struct object){.kind = OBJECT_NODE, .node = nodes[i]});
    free(nodes);
}

/* The part of the steps that changes the cluster, but for nodes. */
static struct core_what_if cluster_with(const struct step_list *steps)
{
    struct core_what_if what_if = {0};
    for (uint32_t i = 0; i < steps->len; i++) {
        const struct remedy_step *step = &steps->at[i];
        if (step->kind == REMEDY_FREE) {
            what_if.freed = step->freed;
            what_if.freed_len = step->freed_len;
        } else if (step->kind == REMEDY_MOVE_PODS) {
            what_if.gone = step->moved;
            what_if.gone_len = step->moved_len;
        }
    }
    return what_if;
}

static void spend(struct search *s, uint32_t nodes)
{
    s->effort += 1 + nodes / NODES_OF_AN_EFFORT;
}

/* Asks about `pod`, which has the steps that are the pod's, in a cluster with the others. */
static void ask(struct search *s, const struct berth_pod *pod, const struct step_list *steps, berth_atom only,
                bool objections, struct core_fit *fit)
{
    struct core_what_if what_if = cluster_with(steps);
    const struct berth_node **nodes = NULL;
    for (uint32_t i = 0; i < steps->len; i++)
        if (edits_nodes(&steps->at[i]))
            what_if.nodes_len = changed_nodes(s, &steps->at[i], only, &nodes);
    what_if.nodes = nodes;
    spend(s, what_if.nodes_len);
    core_fits(s->core, pod, &what_if, objections, fit);
    release_nodes(s, nodes, what_if.nodes_len);
}

static bool may_ask(const struct search *s)
{
    return s->effort < (uint32_t)MOST_EFFORT - (s->last ? 0 : FOR_NEW_NODES);
}

bool search_ask(struct search *s, const struct remedy_step *steps, uint32_t len, berth_atom only,
                struct core_fit *ret_fit)
{
    struct step_list all;
    *ret_fit = (struct core_fit){0};
    if (!may_ask(s) || !join_steps(&s->from->done, steps, len, &all))
        return false;
    const struct berth_pod *pod = edited(s, &all);
    if (!pod)
        return false;
    ask(s, pod, &all, only, false, ret_fit);
    pod_unref(s->catalog, pod);
    return ret_fit->len > 0;
}

bool search_ask_with(struct search *s, const struct berth_node *const *nodes, uint32_t len,
                     struct core_fit *ret_fit)
{
    struct core_what_if what_if = cluster_with(&s->from->done);
    *ret_fit = (struct core_fit){0};
    if (!may_ask(s))
        return false;
    what_if.nodes = nodes;
    what_if.nodes_len = len;
    spend(s, len);
    core_fits(s->core, s->from->pod, &what_if, false, ret_fit);
    return ret_fit->len > 0;
}

/* ---- keeping what helps ---- */

static uint32_t cost_of(const struct remedy *remedy)
{
    static const uint32_t costs[] = {
#define X(id, name, cost) [REMEDY_##id] = cost,
        REMEDY_KINDS(X)
#undef X
    };
    uint32_t sum = 0;
    for (uint32_t i = 0; i < remedy->steps_len; i++)
        sum += costs[remedy->steps[i].kind];
    return sum;
}

/* The kinds of the steps, as bits. */
static uint64_t kinds_of(const struct remedy *remedy)
{
    uint64_t kinds = 0;
    for (uint32_t i = 0; i < remedy->steps_len; i++)
        kinds |= (uint64_t)1 << remedy->steps[i].kind;
    return kinds;
}

static uint32_t share_of(const struct remedy *remedy)
{
    uint32_t share = 0;
    for (uint32_t i = 0; i < remedy->steps_len; i++)
        share += remedy->steps[i].share;
    return share;
}

static bool is_smaller(const struct remedy *a, const struct remedy *b)
{
    if (cost_of(a) != cost_of(b))
        return cost_of(a) < cost_of(b);
    return share_of(a) != share_of(b) ? share_of(a) < share_of(b) : a->nodes > b->nodes;
}

static void keep(struct search *s, const struct step_list *steps, uint32_t nodes, berth_atom example)
{
    struct remedy remedy = {
        .steps = search_keep(s, steps->at, steps->len * sizeof(steps->at[0])),
        .steps_len = steps->len,
        .nodes = nodes,
        .example = example,
    };
    (void)vec_push(&s->found->list, remedy); /* without memory it is not mentioned */
}

/* A change of nodes is judged for all of them at once; now one of them has to be changed alone. */
static berth_atom lone_example(struct search *s, const struct remedy_step *steps, uint32_t len,
                               const berth_atom *names, uint32_t names_len)
{
    for (uint32_t i = 0; i < names_len; i++) {
        struct core_fit fit;
        search_ask(s, steps, len, names[i], &fit);
        for (uint32_t k = 0; k < fit.len; k++)
            if (fit.names[k] == names[i])
                return names[i];
    }
    return NULL;
}

/* Whether the pod is taken by a node that is not there yet. */
static bool taken_by_new(const struct search *s, const struct core_fit *fit)
{
    for (uint32_t i = 0; i < fit->len; i++)
        if (!s->nodes->node[fit->slots[i]])
            return true;
    return false;
}

bool search_try(struct search *s, const struct remedy_step *steps, uint32_t len)
{
    struct step_list all;
    struct core_fit fit;
    if (!join_steps(&s->from->done, steps, len, &all) || !search_ask(s, steps, len, NULL, &fit))
        return false;
    uint32_t nodes = fit.len, names_len = fit.len < MOST_EXAMPLES ? fit.len : MOST_EXAMPLES;
    berth_atom names[MOST_EXAMPLES];
    memcpy(names, fit.names, names_len * sizeof(names[0]));
    berth_atom example = taken_by_new(s, &fit) ? NULL : names[0];
    for (uint32_t i = 0; i < all.len; i++)
        if (edits_nodes(&all.at[i]) && all.at[i].kind != REMEDY_ADD_NODE
            && !(example = lone_example(s, steps, len, names, names_len)))
            return false;
    keep(s, &all, nodes, example);
    return true;
}

bool search_try_one(struct search *s, struct remedy_step step)
{
    if (s->collected) {
        (void)vec_push(s->collected, step);
        return false;
    }
    return !is_among(s->settled, s->settled_len, &step) && search_try(s, &step, 1);
}

/* ---- who can be pleased ---- */

static uint64_t bits_of(const struct core_fit *fit, const struct generator *g)
{
    uint64_t bits = 0;
    for (uint32_t p = 0; p < ARRAY_LEN(g->plugins) && g->plugins[p]; p++)
        for (uint32_t i = 0; i < fit->plugins_len; i++)
            if (strcmp(fit->plugins[i], g->plugins[p]) == 0)
                bits |= (uint64_t)1 << i;
    return bits;
}

bool search_is_sole(const struct search *s, uint32_t slot)
{
    uint64_t objections = slot < s->from->slots ? s->from->objections[slot] : 0;
    return objections != 0 && (objections & ~s->bits) == 0;
}

bool search_concerns(const struct search *s, uint32_t slot)
{
    if (!s->collected)
        return search_is_sole(s, slot);
    uint64_t objections = slot < s->from->slots ? s->from->objections[slot] : 0, rest = objections & ~s->bits;
    if ((objections & s->bits) == 0)
        return false;
    bool other = rest == 0;
    for (size_t i = 0; i < ARRAY_LEN(generators) && !other; i++)
        other = (rest & ~s->all_bits[i]) == 0;
    return other;
}

static void run_generators(struct search *s)
{
    for (size_t i = 0; i < ARRAY_LEN(generators); i++) {
        bool concerned = false;
        s->bits = s->all_bits[i];
        if (s->bits == 0 || (s->collected && !generators[i].first))
            continue;
        for (uint32_t slot = 0; slot < s->from->slots && !concerned; slot++)
            concerned = search_concerns(s, slot);
        if (concerned)
            generators[i].run(s);
    }
}

/* ---- where we stand ---- */

static void standing_fini(struct search *s, struct standing *standing)
{
    pod_unref(s->catalog, standing->pod);
    free(standing->objections);
}

/*
 * Does the steps on top of `done`; false when memory ran out, too many are done or no profile is responsible.
 */
static bool stand(struct search *s, const struct step_list *done, const struct remedy_step *steps,
                  uint32_t len, struct standing *ret)
{
    struct core_fit fit;
    *ret = (struct standing){0};
    if (!join_steps(done, steps, len, &ret->done) || !(ret->pod = edited(s, &ret->done)))
        return false;
    ask(s, ret->pod, &ret->done, NULL, true, &fit);
    uint32_t slots = s->nodes->len;
    ret->objections = fit.objections ? malloc((slots + 1) * sizeof(*ret->objections)) : NULL;
    if (!ret->objections)
        return false;
    memcpy(ret->objections, fit.objections, slots * sizeof(*ret->objections));
    ret->slots = slots;
    for (size_t i = 0; i < ARRAY_LEN(generators); i++)
        s->all_bits[i] = bits_of(&fit, &generators[i]);
    return true;
}

/* ---- pairs ---- */

static int by_cost(const void *a, const void *b)
{
    const struct remedy x = {.steps = a, .steps_len = 1}, y = {.steps = b, .steps_len = 1};
    return is_smaller(&x, &y) ? -1 : is_smaller(&y, &x);
}

static void try_pairs(struct search *s)
{
    const struct standing *root = s->from;
    remedy_steps first = {0};
    s->collected = &first;
    run_generators(s);
    s->collected = NULL;
    if (first.len > 1)
        qsort(first.at, first.len, sizeof(first.at[0]), by_cost);
    for (size_t i = 0; i < first.len && i < MOST_FIRST_STEPS && s->found->list.len < MOST_FOUND && may_ask(s);
         i++) {
        struct standing standing;
        s->settled = first.at;
        s->settled_len = (uint32_t)i;
        if (stand(s, &root->done, &first.at[i], 1, &standing)) {
            s->from = &standing;
            run_generators(s);
        }
        s->from = root;
        standing_fini(s, &standing);
    }
    s->settled_len = 0;
    vec_fini(&first);
}

/* ---- the whole search ---- */

static void sort_remedies(struct remedies *remedies)
{
    struct remedy *at = remedies->list.at;
    for (size_t i = 1; i < remedies->list.len; i++) {
        struct remedy remedy = at[i];
        size_t j = i;
        for (; j > 0 && is_smaller(&remedy, &at[j - 1]); j--)
            at[j] = at[j - 1];
        at[j] = remedy;
    }
}

/* Keeps the first ones, at most two of the same kinds. */
static void trim(struct remedies *remedies)
{
    size_t kept = 0;
    for (size_t i = 0; i < remedies->list.len && kept < MOST_KEPT; i++) {
        uint32_t alike = 0;
        for (size_t j = 0; j < kept; j++)
            alike += kinds_of(&remedies->list.at[j]) == kinds_of(&remedies->list.at[i]);
        if (alike < SAME_KIND)
            remedies->list.at[kept++] = remedies->list.at[i];
    }
    remedies->list.len = kept;
}

static void search_from(struct search *s, const struct standing *root)
{
    s->from = root;
    run_generators(s);
    if (s->found->list.len == 0)
        try_pairs(s);
    s->last = true;
    try_new_node(s);
}

/* Without its gates the pod may fit, or more is needed. */
static void search_gated(struct search *s, const struct standing *root)
{
    struct remedy_step open = {.kind = REMEDY_REMOVE_GATES, .edit = {.kind = POD_EDIT_GATES}};
    struct standing opened;
    s->from = root;
    if (search_try(s, &open, 1))
        return;
    if (stand(s, &root->done, &open, 1, &opened))
        search_from(s, &opened);
    standing_fini(s, &opened);
}

void remedies_find(struct core *core, struct catalog *catalog, const struct berth_pod *pod,
                  struct remedies *ret_remedies)
{
    struct search s = {
        .core = core, .catalog = catalog, .pod = pod, .nodes = core_nodes(core), .found = ret_remedies};
    struct standing root;
    if (stand(&s, &(struct step_list){0}, NULL, 0, &root)) {
        if (pod->class->gates.len)
            search_gated(&s, &root);
        else
            search_from(&s, &root);
    }
    standing_fini(&s, &root);
    sort_remedies(ret_remedies);
    trim(ret_remedies);
}
