/*
 * Node inclusion. A label requirement depends on the value of one label, so it is judged once a value of that
 * label (by its number in the topology), not once a node; taints likewise once a taint list.
 */
#include "plugins/node_inclusion.h"

enum { UNKNOWN, NO, YES };

static void fill(uint8_t *mask, uint32_t len, uint8_t with)
{
    memset(mask, with, len);
}

/* Whether the node satisfies something of the pod's that depends on one label of the node alone. */
typedef bool (*satisfies_fn)(const struct berth_class *class, const void *what,
                             const struct berth_node *node);

static bool satisfies_requirement(const struct berth_class *class, const void *requirement,
                                  const struct berth_node *node)
{
    berth_list alone = {(uint32_t)((const char *)requirement - (const char *)class), 1};
    return berth_requirements_match(class, alone, node, node->labels);
}

static bool has_label(const struct berth_class *class, const void *what, const struct berth_node *node)
{
    const struct berth_label *label = what;
    (void)class;
    return berth_label_get(node, node->labels, label->key) == label->value;
}

/* Clears the slots whose node does not satisfy it. `key` is the label that it depends on. */
static void keep(const struct berth_cycle *c, berth_atom key, satisfies_fn satisfies, const void *what,
                 uint8_t *mask)
{
    struct berth_topology by = berth_topology_of(c, key);
    uint8_t *known = berth_alloc(c, by.values + 1);
    for (uint32_t s = 0; s < c->nodes->len; s++) {
        const struct berth_node *node = c->nodes->node[s];
        if (!mask[s] || !node)
            continue;
        uint8_t *verdict = &known[by.value[s]];
        if (*verdict == UNKNOWN)
            *verdict = satisfies(c->class, what, node) ? YES : NO;
        mask[s] = *verdict == YES;
    }
}

/* Sets the slots whose node satisfies the term. */
static void add_term(const struct berth_cycle *c, const struct berth_node_term *term, uint8_t *mask)
{
    uint32_t len = c->nodes->len;
    if (term->empty || term->error.len)
        return;
    if (term->fields.len) {
        for (uint32_t s = 0; s < len; s++)
            if (!mask[s] && c->nodes->node[s])
                mask[s] = berth_node_term_matches(c->class, term, c->nodes->node[s]);
        return;
    }
    uint8_t *of_term = berth_alloc(c, len);
    fill(of_term, len, 1);
    berth_each (struct berth_requirement, requirement, c->class, term->expressions)
        keep(c, requirement->key, satisfies_requirement, requirement, of_term);
    for (uint32_t s = 0; s < len; s++)
        mask[s] |= of_term[s];
}

const uint8_t *nodes_selected(const struct berth_cycle *c)
{
    const struct berth_class *class = c->class;
    bool has_terms = class->flags & BERTH_POD_HAS_REQUIRED_NODES;
    if (!has_terms && class->node_selector.len == 0)
        return NULL;
    uint8_t *mask = berth_alloc(c, c->nodes->len);
    fill(mask, c->nodes->len, !has_terms);
    if (has_terms)
        berth_each (struct berth_node_term, term, class, class->required_nodes)
            add_term(c, term, mask);
    berth_each (struct berth_label, label, class, class->node_selector)
        keep(c, label->key, has_label, label, mask);
    return mask;
}

static bool tolerates_all(const struct berth_class *class, const struct berth_node *node)
{
    berth_each (struct berth_taint, taint, node, node->taints) {
        bool keeps_away = taint->effect == BERTH_NO_SCHEDULE || taint->effect == BERTH_NO_EXECUTE;
        if (keeps_away && !berth_tolerates(class, taint))
            return false;
    }
    return true;
}

const uint8_t *nodes_tolerated(const struct berth_cycle *c)
{
    struct {
        uint32_t id; /* 0 is never looked up: no taints */
        bool tolerated;
    } recent[64] = {0};
    const uint32_t *ids = c->nodes->taints_id;
    uint8_t *mask = berth_alloc(c, c->nodes->len);
    for (uint32_t s = 0; s < c->nodes->len; s++) {
        uint32_t at = ids[s] % 64;
        if (ids[s] && recent[at].id != ids[s]) {
            recent[at].id = ids[s];
            recent[at].tolerated = tolerates_all(c->class, c->nodes->node[s]);
        }
        mask[s] = !ids[s] || recent[at].tolerated;
    }
    return mask;
}
