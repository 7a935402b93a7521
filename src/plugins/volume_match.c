#include "plugins/volume_match.h"

#include <stdlib.h>

/* ---- what does not depend on the node ---- */

/* Whether the volume is reserved for the claim. */
static bool is_bound_to(const struct berth_persistent_volume *v, const struct berth_persistent_volume_claim *claim)
{
    return v->claim_name == claim->name && v->claim_namespace == claim->namespace
           && (!v->claim_uid || v->claim_uid == claim->uid);
}

static bool could_serve(const struct berth_persistent_volume *v, const struct berth_persistent_volume_claim *claim,
                        bool attributes_class)
{
    bool same_attributes = attributes_class ? v->attributes_class == claim->attributes_class : !v->attributes_class;
    return v->capacity >= claim->request && v->mode == claim->mode && same_attributes && !v->terminating;
}

static bool is_candidate(const struct berth_persistent_volume *v, const struct berth_persistent_volume_claim *claim)
{
    return !v->claim_name && v->phase == BERTH_VOLUME_AVAILABLE
           && (claim->access_modes & ~v->access_modes) == 0
           && (claim->selector.selects == BERTH_SELECTS_NOTHING
               || berth_selector_matches(claim, &claim->selector, v, v->labels));
}

struct sized {
    const struct berth_persistent_volume *volume;
    uint32_t order;
};

static int by_size(const void *a, const void *b)
{
    const struct sized *x = a, *y = b;
    if (x->volume->capacity != y->volume->capacity)
        return x->volume->capacity < y->volume->capacity ? -1 : 1;
    return (x->order > y->order) - (x->order < y->order);
}

static bool is_sorted(const struct sized *all, uint32_t len)
{
    for (uint32_t i = 1; i < len; i++)
        if (by_size(&all[i - 1], &all[i]) > 0)
            return false;
    return true;
}

static void find_candidates(const struct berth_cycle *c, bool attributes_class, struct claim_match *m)
{
    const struct berth_persistent_volume *const *volumes;
    uint32_t len = berth_volumes_of_class(c, m->claim->storage_class, &volumes);
    struct sized *found = berth_alloc(c, (len + 1) * sizeof(*found));
    uint32_t n = 0;
    for (uint32_t i = 0; i < len; i++) {
        const struct berth_persistent_volume *v = volumes[i];
        if ((v->claim_name && !is_bound_to(v, m->claim)) || !could_serve(v, m->claim, attributes_class))
            continue;
        if (v->claim_name) {
            m->bound = v;
            return;
        }
        if (is_candidate(v, m->claim))
            found[n++] = (struct sized){v, i};
    }
    if (!is_sorted(found, n))
        qsort(found, n, sizeof(*found), by_size);
    m->candidates = berth_alloc(c, (n + 1) * sizeof(*m->candidates));
    m->candidates_len = n;
    for (uint32_t i = 0; i < n; i++)
        m->candidates[i] = found[i].volume;
}

/* ---- pinned candidates ---- */

/* The label value that a volume needs, when this is all its affinity says; NULL: it says something else. */
static berth_atom pin_of(const struct berth_persistent_volume *v, berth_atom *ret_key)
{
    if (v->node_affinity.len != 1)
        return NULL;
    const struct berth_node_term *term = berth_list_at(v, v->node_affinity);
    if (term->expressions.len != 1 || term->fields.len > 0 || term->error.len > 0)
        return NULL;
    const struct berth_requirement *r = berth_list_at(v, term->expressions);
    if (r->op != BERTH_IN || r->values.len != 1)
        return NULL;
    *ret_key = r->key;
    return *(const berth_atom *)berth_list_at(v, r->values);
}

/* The entry of the hash for the value: where its first candidate is, or could go. */
static uint32_t *first_of(const struct claim_match *m, berth_atom value)
{
    uint32_t at = (uint32_t)((uint64_t)(uintptr_t)value * 0x9E3779B97F4A7C15u >> 32);
    for (;; at++) {
        uint32_t *entry = &m->first[at & (m->first_cap - 1)];
        berth_atom key;
        if (*entry == 0 || pin_of(m->candidates[*entry - 1], &key) == value)
            return entry;
    }
}

/* From the last to the first, so that the chains are in order. */
static void find_pins(const struct berth_cycle *c, struct claim_match *m)
{
    berth_atom key = NULL;
    for (uint32_t i = 0; i < m->candidates_len && !m->pin_key; i++)
        if (pin_of(m->candidates[i], &key))
            m->pin_key = key;
    for (m->first_cap = 2; m->first_cap < 2 * m->candidates_len; m->first_cap *= 2)
        ;
    m->first = berth_alloc(c, m->first_cap * sizeof(*m->first));
    m->next = berth_alloc(c, (m->candidates_len + 1) * sizeof(*m->next));
    m->rest = berth_alloc(c, (m->candidates_len + 1) * sizeof(*m->rest));
    for (uint32_t i = m->candidates_len; i-- > 0;) {
        berth_atom value = pin_of(m->candidates[i], &key);
        if (!value || key != m->pin_key)
            continue;
        uint32_t *entry = first_of(m, value);
        m->next[i] = *entry;
        *entry = i + 1;
    }
    for (uint32_t i = 0; i < m->candidates_len; i++) {
        berth_atom value = pin_of(m->candidates[i], &key);
        if (!value || key != m->pin_key)
            m->rest[m->rest_len++] = i;
    }
}

void claim_match(const struct berth_cycle *c, const struct berth_persistent_volume_claim *claim,
                 const struct berth_storage_class *class, bool attributes_class, struct claim_match *ret)
{
    const struct berth_csi_driver *driver = berth_csi_driver_get(c, class->provisioner);
    berth_str provisioner = berth_atom_str(class->provisioner);
    *ret = (struct claim_match){.claim = claim, .class = class};
    ret->provisions = provisioner.len > 0 && !berth_str_eq(provisioner, BERTH_STR("kubernetes.io/no-provisioner"));
    ret->checks_capacity = claim->has_request && driver && driver->storage_capacity;
    if (!claim->selected_node)
        find_candidates(c, attributes_class, ret);
    if (ret->candidates_len > 0)
        find_pins(c, ret);
}

/* ---- what does ---- */

static bool any_term(const struct berth_persistent_volume *v, berth_list terms, const struct berth_node *node)
{
    berth_each(struct berth_node_term, term, v, terms)
        if (berth_node_term_matches(v, term, node))
            return true;
    return false;
}

static bool is_migrated(const struct berth_csi_node *csi_node, berth_atom plugin)
{
    berth_each(berth_atom, name, csi_node, csi_node->migrated)
        if (*name == plugin)
            return true;
    return false;
}

bool volume_reaches(const struct berth_persistent_volume *v, const struct berth_csi_node *csi_node,
                    const struct berth_node *node)
{
    if (!csi_node || !v->plugin || !is_migrated(csi_node, v->plugin))
        return !v->has_node_affinity || any_term(v, v->node_affinity, node);
    /* Zones of labels are one more condition of every term, or the only one. */
    bool zones_only = v->csi_zones.len > 0 && v->csi_affinity.len == 0;
    return berth_requirements_match(v, v->csi_zones, node, node->labels)
           && (!v->has_node_affinity || zones_only || any_term(v, v->csi_affinity, node));
}

static bool is_taken(const struct berth_persistent_volume *v, const struct found *earlier, uint32_t len)
{
    for (uint32_t i = 0; i < len; i++)
        if (earlier[i].volume == v)
            return true;
    return false;
}

const struct berth_persistent_volume *claim_find_volume(const struct claim_match *m, const struct berth_node *node,
                                                        const struct found *earlier, uint32_t earlier_len)
{
    if (m->bound)
        return volume_reaches(m->bound, NULL, node) ? m->bound : NULL;
    if (m->candidates_len == 0)
        return NULL;
    berth_atom value = m->pin_key ? berth_label_get(node, node->labels, m->pin_key) : NULL;
    uint32_t best = value ? *first_of(m, value) : 0;
    while (best && is_taken(m->candidates[best - 1], earlier, earlier_len))
        best = m->next[best - 1];
    for (uint32_t i = 0; i < m->rest_len && (!best || m->rest[i] < best - 1); i++) {
        const struct berth_persistent_volume *v = m->candidates[m->rest[i]];
        if (!is_taken(v, earlier, earlier_len) && volume_reaches(v, NULL, node))
            return v;
    }
    return best ? m->candidates[best - 1] : NULL;
}

static bool is_allowed(const struct berth_storage_class *class, const struct berth_node *node)
{
    berth_each(struct berth_storage_topology, topology, class, class->topologies)
        if (topology->requirements.len > 0
            && berth_requirements_match(class, topology->requirements, node, node->labels))
            return true;
    return class->topologies.len == 0;
}

/* The first of the class's pools that the node reaches and that has room; NULL: there is none. */
static const struct berth_csi_storage_capacity *find_pool(const struct berth_cycle *c, const struct claim_match *m,
                                                          const struct berth_node *node)
{
    const struct berth_csi_storage_capacity *const *all;
    uint32_t len = berth_csi_capacities(c, m->class->name, &all);
    for (uint32_t i = 0; i < len; i++) {
        int64_t most = all[i]->largest_volume >= 0 ? all[i]->largest_volume : all[i]->capacity;
        if (most >= m->claim->request && most >= 0
            && berth_selector_matches(all[i], &all[i]->nodes, node, node->labels))
            return all[i];
    }
    return NULL;
}

enum provision claim_can_provision(const struct berth_cycle *c, const struct claim_match *m,
                                   const struct berth_node *node,
                                   const struct berth_csi_storage_capacity **ret_pool)
{
    *ret_pool = NULL;
    if (!m->provisions || !is_allowed(m->class, node))
        return PROVISION_NO_MATCH;
    if (m->checks_capacity)
        *ret_pool = find_pool(c, m, node);
    return m->checks_capacity && !*ret_pool ? PROVISION_NO_SPACE : PROVISION_FITS;
}
