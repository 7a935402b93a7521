/* Steps that change the cluster: nodes opened, labelled or added, pods moved out of the way. */
#include "sim/remedies_internal.h"

#include "base/array.h"
#include "base/hash.h"
#include "base/map.h"

#include <stdio.h>
#include <stdlib.h>

enum { MOST_MOVED = 8, MOST_SHAPES = 32, TRIED_SHAPES = 4, MOST_LABELS = 8 };

/* ---- nodes as a step would have them ---- */

static bool has_taint(const struct berth_node *node, const struct berth_taint *wanted)
{
    berth_each (struct berth_taint, taint, node, node->taints)
        if (taint->key == wanted->key && taint->value == wanted->value && taint->effect == wanted->effect)
            return true;
    return false;
}

static bool lacks_label(const struct berth_node *node, const struct remedy_step *step)
{
    for (uint32_t i = 0; i < step->labels_len; i++)
        if (berth_label_get(node, node->labels, step->labels[i].key) != step->labels[i].value)
            return true;
    return false;
}

static bool is_changed(const struct berth_node *node, const struct remedy_step *step)
{
    switch (step->kind) {
    case REMEDY_UNCORDON:
        return node->unschedulable;
    case REMEDY_CLEAR_TAINT:
        return has_taint(node, &step->edit.taint);
    case REMEDY_LABEL_NODE:
        return lacks_label(node, step);
    default:
        return false;
    }
}

/* A name that no node can have, so that the new one is nobody's. */
static berth_atom name_of_new(struct search *s, const struct berth_node *like)
{
    char name[512];
    int len = snprintf(name, sizeof(name), "%s (new)", like->name->text);
    return atoms_intern(catalog_atoms(s->catalog),
                        (berth_str){name, (uint32_t)(len < (int)sizeof(name) ? len : (int)sizeof(name) - 1)});
}

static const struct berth_node *new_node(struct search *s, const struct berth_node *like,
                                         const struct berth_label *labels, uint32_t labels_len)
{
    return node_edited(
        s->catalog, like,
        &(struct node_edit){
            .name = name_of_new(s, like), .fresh = true, .labels = labels, .labels_len = labels_len});
}

static const struct berth_node *changed(struct search *s, const struct berth_node *node,
                                        const struct remedy_step *step)
{
    struct node_edit edit = {
        .uncordon = step->kind == REMEDY_UNCORDON,
        .without = step->kind == REMEDY_CLEAR_TAINT ? &step->edit.taint : NULL,
        .labels = step->labels,
        .labels_len = step->labels_len,
    };
    return node_edited(s->catalog, node, &edit);
}

uint32_t changed_nodes(struct search *s, const struct remedy_step *step, berth_atom only,
                       const struct berth_node ***ret_nodes)
{
    const struct berth_node **list = malloc((s->nodes->len + 1) * sizeof(*list));
    uint32_t len = 0;
    *ret_nodes = list;
    if (list && step->kind == REMEDY_ADD_NODE) {
        list[len] = new_node(s, step->like, step->labels, step->labels_len);
        return list[len] != NULL;
    }
    for (uint32_t slot = 0; list && slot < s->nodes->len; slot++) {
        const struct berth_node *node = s->nodes->node[slot];
        if (!node || (only && node->name != only) || !is_changed(node, step))
            continue;
        list[len] = changed(s, node, step);
        len += list[len] != NULL;
    }
    return len;
}

void try_uncordon(struct search *s)
{
    for (uint32_t slot = 0; slot < s->from->slots; slot++)
        if (s->nodes->node[slot] && s->nodes->node[slot]->unschedulable && search_concerns(s, slot)) {
            search_try_one(s, (struct remedy_step){.kind = REMEDY_UNCORDON});
            return;
        }
}

/* ---- labels ---- */

/* Labels that tell what or where a machine is: nobody can change that by writing another value. */
static bool is_a_fact(berth_atom key)
{
    static const char *const prefixes[] = {"topology.kubernetes.io/", "failure-domain.beta.kubernetes.io/",
                                           "kubernetes.io/", "beta.kubernetes.io/", "node.kubernetes.io/"};
    for (size_t i = 0; i < ARRAY_LEN(prefixes); i++)
        if (strncmp(key->text, prefixes[i], strlen(prefixes[i])) == 0)
            return true;
    return false;
}

/* The entries of the pod's node selector that the node misses; UINT32_MAX when there is no helping it. */
static uint32_t missed_labels(const struct search *s, const struct berth_node *node,
                              struct berth_label missed[MOST_LABELS])
{
    const struct berth_class *class = s->from->pod->class;
    uint32_t len = 0;
    berth_each (struct berth_label, wanted, class, class->node_selector) {
        if (berth_label_get(node, node->labels, wanted->key) == wanted->value)
            continue;
        if (is_a_fact(wanted->key) || len == MOST_LABELS)
            return UINT32_MAX;
        missed[len++] = *wanted;
    }
    return len ? len : UINT32_MAX;
}

/* The labels of the node that misses fewest. */
void try_labels(struct search *s)
{
    struct berth_label labels[MOST_LABELS], missed[MOST_LABELS];
    uint32_t least = UINT32_MAX;
    for (uint32_t slot = 0; slot < s->from->slots && least > 1; slot++) {
        const struct berth_node *node = s->nodes->node[slot];
        uint32_t len = node && search_concerns(s, slot) ? missed_labels(s, node, missed) : UINT32_MAX;
        if (len >= least)
            continue;
        least = len;
        memcpy(labels, missed, len * sizeof(labels[0]));
    }
    if (least == UINT32_MAX)
        return;
    search_try_one(s, (struct remedy_step){.kind = REMEDY_LABEL_NODE,
                                           .labels = search_keep(s, labels, least * sizeof(labels[0])),
                                           .labels_len = least});
}

/* ---- pods in the way ---- */

static void move_pods(struct search *s, const struct berth_pod *const *pods, uint32_t len)
{
    struct remedy_step step = {.kind = REMEDY_MOVE_PODS, .moved_len = len, .share = len};
    step.moved = search_keep(s, pods, len * sizeof(*pods));
    search_try_one(s, step);
}

static bool wants_port_of(const struct berth_class *a, const struct berth_class *b)
{
    berth_each (struct berth_port, mine, a, a->ports)
        berth_each (struct berth_port, theirs, b, b->ports)
            if (mine->port == theirs->port && mine->protocol == theirs->protocol)
                return true;
    return false;
}

/* The pods of the node with one of the ports; 0 when there are too many to be moved. */
static uint32_t port_owners(const struct search *s, uint32_t slot, const struct berth_pod *owners[MOST_MOVED])
{
    const struct berth_node_pods *pods = &s->nodes->pods[slot];
    uint32_t len = 0;
    for (uint32_t i = 0; i < pods->len; i++) {
        if (!wants_port_of(s->from->pod->class, pods->at[i]->class))
            continue;
        if (len == MOST_MOVED)
            return 0;
        owners[len++] = pods->at[i];
    }
    return len;
}

/* Off the node where they are fewest. */
void try_moving_port_owners(struct search *s)
{
    const struct berth_pod *owners[MOST_MOVED], *best[MOST_MOVED];
    uint32_t least = 0;
    for (uint32_t slot = 0; slot < s->from->slots && least != 1; slot++) {
        uint32_t len = search_concerns(s, slot) ? port_owners(s, slot, owners) : 0;
        if (len == 0 || (least > 0 && len >= least))
            continue;
        least = len;
        memcpy(best, owners, len * sizeof(best[0]));
    }
    if (least)
        move_pods(s, best, least);
}

/* A placed pod with a required anti-affinity term that selects the pod, and the term's domain. */
struct repeller {
    const struct berth_pod *pod;
    berth_atom key, value; /* of the topology label */
};

struct repellers {
    VEC(struct repeller) all;
    VEC(berth_atom) keys;
    struct map by_domain; /* hash of key and value -> how many; equal hashes only cost a wrong guess */
};

static uint64_t domain(berth_atom key, berth_atom value)
{
    return hash_mix(map_ptr(key), map_ptr(value)) | 1;
}

static bool has_key(const struct repellers *r, berth_atom key)
{
    for (size_t i = 0; i < r->keys.len; i++)
        if (r->keys.at[i] == key)
            return true;
    return false;
}

static void add_repeller(struct repellers *r, const struct berth_pod *pod, berth_atom key, berth_atom value)
{
    uint64_t *count = map_get(&r->by_domain, domain(key, value));
    if (vec_push(&r->all, ((struct repeller){pod, key, value})) < 0
        || (!has_key(r, key) && vec_push(&r->keys, key) < 0))
        return;
    if (count)
        ++*count;
    else
        (void)map_put(&r->by_domain, domain(key, value), 1);
}

static void add_repelling(struct search *s, struct repellers *r, const struct berth_node *node,
                          const struct berth_pod *pod)
{
    const struct berth_class *class = pod->class;
    berth_each (struct berth_pod_term, term, class, class->required_anti_affinity) {
        berth_atom value = berth_label_get(node, node->labels, term->topology_key);
        if (value && core_term_selects(s->core, class, term, s->from->pod->class))
            add_repeller(r, pod, term->topology_key, value);
    }
}

static void find_repellers(struct search *s, struct repellers *r)
{
    for (uint32_t slot = 0; slot < s->nodes->len; slot++)
        for (uint32_t i = 0; i < s->nodes->pods[slot].len; i++)
            if (s->nodes->pods[slot].at[i]->class->required_anti_affinity.len)
                add_repelling(s, r, s->nodes->node[slot], s->nodes->pods[slot].at[i]);
}

/* How many terms of placed pods keep the pod off the node. */
static uint64_t repelling(const struct repellers *r, const struct berth_node *node)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < r->keys.len; i++) {
        berth_atom value = berth_label_get(node, node->labels, r->keys.at[i]);
        uint64_t *count = value ? map_get(&r->by_domain, domain(r->keys.at[i], value)) : NULL;
        sum += count ? *count : 0;
    }
    return sum;
}

/* The pods that repel from the node, each once; 0 when there are too many to be moved. */
static uint32_t repellers_of(const struct repellers *r, const struct berth_node *node,
                             const struct berth_pod *pods[MOST_MOVED])
{
    uint32_t len = 0;
    for (size_t i = 0; i < r->all.len; i++) {
        const struct repeller *x = &r->all.at[i];
        if (berth_label_get(node, node->labels, x->key) != x->value || (len && pods[len - 1] == x->pod))
            continue;
        if (len == MOST_MOVED)
            return 0;
        pods[len++] = x->pod;
    }
    return len;
}

void try_moving_repellers(struct search *s)
{
    const struct berth_pod *pods[MOST_MOVED];
    struct repellers r = {0};
    uint64_t least = UINT64_MAX;
    const struct berth_node *best = NULL;
    find_repellers(s, &r);
    for (uint32_t slot = 0; r.all.len && slot < s->from->slots && least > 1; slot++) {
        uint64_t count = search_concerns(s, slot) ? repelling(&r, s->nodes->node[slot]) : 0;
        if (count == 0 || count >= least)
            continue;
        least = count;
        best = s->nodes->node[slot];
    }
    uint32_t len = best ? repellers_of(&r, best, pods) : 0;
    if (len)
        move_pods(s, pods, len);
    vec_fini(&r.all);
    vec_fini(&r.keys);
    map_fini(&r.by_domain);
}

/* ---- a new node ---- */

/*
 * What tells kinds of machines apart: labels but for the host's name, taints that are
 * meant, and what is offered.
 */
static uint64_t shape_of(const struct berth_node *node)
{
    uint64_t hash = hash_mix((uint64_t)node->cpu, (uint64_t)node->memory);
    hash = hash_mix(hash, (uint64_t)node->ephemeral_storage ^ (uint64_t)node->pods);
    berth_each (struct berth_amount, amount, node, node->scalars)
        hash = hash_mix(hash, map_ptr(amount->resource) ^ (uint64_t)amount->value);
    berth_each (struct berth_label, label, node, node->labels)
        if (strcmp(label->key->text, "kubernetes.io/hostname") != 0)
            hash = hash_mix(hash, map_ptr(label->key) ^ hash_mix(map_ptr(label->value), 0));
    berth_each (struct berth_taint, taint, node, node->taints)
        if (!taint_tells_trouble(taint))
            hash = hash_mix(hash, map_ptr(taint->key) ^ hash_mix(map_ptr(taint->value), taint->effect));
    return hash | 1;
}

/* The smaller machine first; such as are alike by name. */
static int by_size(const void *a, const void *b)
{
    const struct berth_node *x = *(const struct berth_node *const *)a,
                            *y = *(const struct berth_node *const *)b;
    if (x->cpu != y->cpu)
        return x->cpu < y->cpu ? -1 : 1;
    if (x->memory != y->memory)
        return x->memory < y->memory ? -1 : 1;
    return berth_str_cmp(berth_atom_str(x->name), berth_atom_str(y->name));
}

/* One node of each shape, the smallest first. */
static uint32_t shapes(const struct search *s, const struct berth_node *found[MOST_SHAPES])
{
    struct map known = {0};
    uint32_t len = 0;
    for (uint32_t slot = 0; slot < s->from->slots && len < MOST_SHAPES; slot++) {
        const struct berth_node *node = s->nodes->node[slot];
        uint64_t shape = node ? shape_of(node) : 0;
        if (!node || map_get(&known, shape))
            continue;
        found[len++] = node;
        (void)map_put(&known, shape, 1);
    }
    map_fini(&known);
    if (len > 1)
        qsort(found, len, sizeof(found[0]), by_size);
    return len;
}

static void add_label(struct berth_label *labels, uint32_t *len, const struct berth_node *node,
                      berth_atom key, berth_atom value)
{
    if (*len < MOST_LABELS && berth_label_get(node, node->labels, key) != value)
        labels[(*len)++] = (struct berth_label){key, value};
}

/* The labels that such a node would need for the pod's selector and the first term of its affinity. */
static uint32_t wanted_labels(const struct search *s, const struct berth_node *node,
                              struct berth_label labels[MOST_LABELS])
{
    const struct berth_class *class = s->from->pod->class;
    const struct berth_node_term *first = berth_list_at(class, class->required_nodes);
    uint32_t len = 0;
    berth_each (struct berth_label, wanted, class, class->node_selector)
        add_label(labels, &len, node, wanted->key, wanted->value);
    if (class->required_nodes.len == 0)
        return len;
    berth_each (struct berth_requirement, requirement, class, first->expressions) {
        const berth_atom *values = berth_list_at(class, requirement->values);
        berth_list alone = {(uint32_t)((const char *)requirement - (const char *)class), 1};
        if (requirement->op == BERTH_IN && requirement->values.len
            && !berth_requirements_match(class, alone, node, node->labels))
            add_label(labels, &len, node, requirement->key, values[0]);
    }
    return len;
}

/* The labels that a new node of the shape is given. */
static uint32_t labels_of_new(const struct search *s, const struct berth_node *like, bool labelled,
                              struct berth_label labels[MOST_LABELS])
{
    return labelled ? wanted_labels(s, like, labels) : 0;
}

/* Whether the node was one of those that took the pod. */
static bool took(const struct core_fit *fit, const struct berth_node *node)
{
    for (uint32_t i = 0; node && i < fit->len; i++)
        if (fit->names[i] == node->name)
            return true;
    return false;
}

/* All shapes at once, to see which are worth trying: likely[i] for shape i. Returns how many. */
static uint32_t likely_shapes(struct search *s, const struct berth_node *const *like, uint32_t len,
                              bool labelled, bool *likely)
{
    const struct berth_node *nodes[MOST_SHAPES];
    struct berth_label labels[MOST_LABELS];
    uint32_t made = 0, found = 0;
    struct core_fit fit;
    for (; made < len; made++) {
        uint32_t labels_len = labels_of_new(s, like[made], labelled, labels);
        if (!(nodes[made] = new_node(s, like[made], labels, labels_len)))
            break;
    }
    search_ask_with(s, nodes, made, &fit);
    for (uint32_t i = 0; i < len; i++)
        found += likely[i] = i < made && took(&fit, nodes[i]);
    for (uint32_t i = 0; i < made; i++)
        object_unref(s->catalog, &(struct object){.kind = OBJECT_NODE, .node = nodes[i]});
    return found;
}

static bool try_shape(struct search *s, const struct berth_node *like, bool labelled)
{
    struct berth_label labels[MOST_LABELS];
    struct remedy_step step = {.kind = REMEDY_ADD_NODE, .like = like};
    step.labels_len = labels_of_new(s, like, labelled, labels);
    step.labels = search_keep(s, labels, step.labels_len * sizeof(labels[0]));
    return search_try_one(s, step);
}

/* The smallest machine that is known and would do as it is, or else with labels that the pod asks for. */
void try_new_node(struct search *s)
{
    const struct berth_node *like[MOST_SHAPES];
    bool likely[MOST_SHAPES];
    uint32_t len = shapes(s, like);
    for (int labelled = 0; labelled < 2; labelled++) {
        uint32_t left = likely_shapes(s, like, len, labelled, likely);
        left = left < TRIED_SHAPES ? left : TRIED_SHAPES;
        for (uint32_t i = 0; i < len && left > 0; i++) {
            if (likely[i] && try_shape(s, like[i], labelled))
                return;
            left -= likely[i];
        }
    }
}
