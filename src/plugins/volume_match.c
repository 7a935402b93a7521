#include "plugins/volume_match.h"

void claim_match(const struct berth_cycle *c, const struct berth_persistent_volume_claim *claim,
                 const struct berth_storage_class *class, bool attributes_class, struct claim_match *ret)
{
    const struct berth_csi_driver *driver = berth_csi_driver_get(c, class->provisioner);
    berth_str provisioner = berth_atom_str(class->provisioner);
    *ret = (struct claim_match){.claim = claim, .class = class};
    ret->provisions = provisioner.len > 0 && !berth_str_eq(provisioner, BERTH_STR("kubernetes.io/no-provisioner"));
    ret->checks_capacity = claim->has_request && driver && driver->storage_capacity;
    if (claim->selected_node)
        return;
    ret->reserved = berth_reserved_volume(c, claim, attributes_class);
    if (!ret->reserved)
        ret->matches = berth_match_volumes(c, claim, attributes_class);
}

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
                                                        uint32_t slot, const struct found *earlier,
                                                        uint32_t earlier_len)
{
    if (m->reserved)
        return volume_reaches(m->reserved, NULL, node) ? m->reserved : NULL;
    uint32_t at = m->matches ? m->matches->first[slot] : 0;
    while (at && is_taken(m->matches->volumes[at - 1], earlier, earlier_len))
        at = berth_next_match(m->matches, node, at);
    return at ? m->matches->volumes[at - 1] : NULL;
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
