/*
 * Requirements are gathered from the workloads' blocks, then copied into one block of the cycle. Maps of
 * labels (those of Services and ReplicationControllers) are merged: of two values for a key the later one
 * counts. Selectors (ReplicaSets, StatefulSets) are added: all their requirements must hold as well.
 */
#include "plugins/default_selector.h"

struct piece {
    const void *block;
    const struct berth_requirement *requirement;
};

struct pieces {
    struct piece *at;
    uint32_t len, cap;
};

static void add(const struct berth_cycle *c, struct pieces *p, struct piece piece)
{
    if (p->len == p->cap) {
        uint32_t cap = p->cap ? p->cap * 2 : 8;
        struct piece *grown = berth_alloc(c, cap * sizeof(*grown));
        if (p->len)
            memcpy(grown, p->at, p->len * sizeof(*grown));
        p->at = grown;
        p->cap = cap;
    }
    p->at[p->len++] = piece;
}

static void merge(const struct berth_cycle *c, struct pieces *p, struct piece piece)
{
    for (uint32_t i = 0; i < p->len; i++)
        if (p->at[i].requirement->key == piece.requirement->key) {
            p->at[i] = piece;
            return;
        }
    add(c, p, piece);
}

static void merge_services(const struct berth_cycle *c, struct pieces *p)
{
    const struct berth_class *class = c->class;
    const struct berth_workload *const *services;
    uint32_t len = berth_workloads(c, BERTH_SERVICE, class->namespace, &services);
    for (uint32_t i = 0; i < len; i++) {
        const struct berth_selector *selector = &services[i]->selector;
        if (!berth_selector_matches(services[i], selector, class, class->labels))
            continue;
        berth_each (struct berth_requirement, requirement, services[i], selector->requirements)
            merge(c, p, (struct piece){services[i], requirement});
    }
}

/* The owner of the pod among the workloads it can have, NULL when it has none of those or it is gone. */
static const struct berth_workload *owner_of(const struct berth_cycle *c)
{
    static const struct {
        const char *kind;
        enum berth_workload_kind workload;
    } owners[] = {
        {"ReplicaSet", BERTH_REPLICA_SET},
        {"StatefulSet", BERTH_STATEFUL_SET},
        {"ReplicationController", BERTH_REPLICATION_CONTROLLER},
    };
    const struct berth_class *class = c->class;
    for (uint32_t k = 0; class->owner_kind && k < sizeof(owners) / sizeof(owners[0]); k++) {
        if (!berth_str_eq(berth_atom_str(class->owner_kind), berth_str_of(owners[k].kind)))
            continue;
        const struct berth_workload *const *workloads;
        uint32_t len = berth_workloads(c, owners[k].workload, class->namespace, &workloads);
        for (uint32_t i = 0; i < len; i++)
            if (workloads[i]->name == class->owner_name)
                return workloads[i];
    }
    return NULL;
}

static void add_owner(const struct berth_cycle *c, struct pieces *p)
{
    const struct berth_workload *owner = owner_of(c);
    if (!owner || owner->selector.selects != BERTH_SELECTS_MATCHES)
        return;
    bool is_map = owner->kind == BERTH_REPLICATION_CONTROLLER;
    berth_each (struct berth_requirement, requirement, owner, owner->selector.requirements) {
        struct piece piece = {owner, requirement};
        if (is_map)
            merge(c, p, piece);
        else
            add(c, p, piece);
    }
}

/* By key text, otherwise as they came. */
static void sort(struct pieces *p)
{
    for (uint32_t i = 1; i < p->len; i++)
        for (uint32_t j = i; j > 0; j--) {
            struct piece *a = &p->at[j - 1], *b = &p->at[j], swap = *a;
            if (berth_str_cmp(berth_atom_str(a->requirement->key), berth_atom_str(b->requirement->key)) <= 0)
                break;
            *a = *b;
            *b = swap;
        }
}

/* The block: the namespace, the selector, its requirements, their values. */
struct deduced {
    berth_atom namespace;
    struct berth_selector selector;
    struct berth_requirement requirements[];
};

static const struct deduced *assemble(const struct berth_cycle *c, const struct pieces *p)
{
    uint32_t values = 0;
    for (uint32_t i = 0; i < p->len; i++)
        values += p->at[i].requirement->values.len;
    uint32_t offset = (uint32_t)(sizeof(struct deduced) + p->len * sizeof(struct berth_requirement));
    struct deduced *d = berth_alloc(c, offset + values * sizeof(berth_atom));
    d->namespace = c->class->namespace;
    d->selector.selects = BERTH_SELECTS_MATCHES;
    d->selector.requirements = (berth_list){offsetof(struct deduced, requirements), p->len};
    for (uint32_t i = 0; i < p->len; i++) {
        const struct berth_requirement *from = p->at[i].requirement;
        d->requirements[i] = *from;
        d->requirements[i].values.offset = offset;
        size_t bytes = from->values.len * sizeof(berth_atom);
        memcpy((char *)d + offset, berth_list_at(p->at[i].block, from->values), bytes);
        offset += (uint32_t)bytes;
    }
    return d;
}

bool default_selector(const struct berth_cycle *c, struct berth_query_part *ret_part)
{
    struct pieces pieces = {0};
    merge_services(c, &pieces);
    add_owner(c, &pieces);
    if (pieces.len == 0)
        return false;
    sort(&pieces);
    const struct deduced *d = assemble(c, &pieces);
    *ret_part = (struct berth_query_part){
        .block = d,
        .selector = &d->selector,
        .namespaces = {offsetof(struct deduced, namespace), 1},
    };
    return true;
}
