/* The objects and where pods are. Every mutation either happens whole or not at all. */
#include "core/cache.h"

#include <errno.h>
#include <stdlib.h>

struct workload_list {
    VEC(const struct berth_workload *) all;
};

int cache_init(struct cache *c, struct catalog *catalog)
{
    *c = (struct cache){.catalog = catalog, .terms.catalog = catalog, .storage.catalog = catalog,
                        .volume_matches.catalog = catalog};
    return node_table_init(&c->nodes) < 0 || change_log_init(&c->log, catalog) < 0 ? -ENOMEM : 0;
}

static void unref(struct cache *c, enum object_kind kind, const void *object)
{
    struct object o = {.kind = kind, .any = object};
    object_unref(c->catalog, &o);
}

static void ref(const void *object)
{
    ++*(uint32_t *)object; /* every object but a pod class begins with `refs` */
}

/* ---- lists of pod entries by node name ---- */

static struct pod_entry *list_first(const struct map *lists, berth_atom node)
{
    uint64_t *first = node ? map_get(lists, map_ptr(node)) : NULL;
    return first ? (struct pod_entry *)(uintptr_t)*first : NULL;
}

static int list_append(struct map *lists, berth_atom node, struct pod_entry *entry)
{
    entry->next = NULL;
    struct pod_entry *last = list_first(lists, node);
    if (!last)
        return map_put(lists, map_ptr(node), map_ptr(entry)) < 0 ? -ENOMEM : 0;
    while (last->next)
        last = last->next;
    last->next = entry;
    return 0;
}

static void list_remove(struct map *lists, berth_atom node, struct pod_entry *entry)
{
    struct pod_entry *first = list_first(lists, node);
    if (first == entry && entry->next)
        *map_get(lists, map_ptr(node)) = map_ptr(entry->next);
    else if (first == entry)
        map_delete(lists, map_ptr(node));
    while (first && first->next != entry)
        first = first->next;
    if (first)
        first->next = entry->next;
    entry->next = NULL;
}

/* Room for so many more lists, and for one of each node that is there: its pods wait when it goes. */
static int reserve_lists(struct cache *c, size_t more)
{
    return map_reserve(&c->waiting, c->nodes.view.live + more);
}

/* ---- pods on nodes ---- */

static int place(struct cache *c, struct pod_entry *entry, const struct berth_pod *pod, uint32_t slot)
{
    if (terms_add_pod(&c->terms, pod->class, slot) < 0)
        return -ENOMEM;
    if (storage_count_pod(&c->storage, pod->class, 1) < 0) {
        terms_remove_pod(&c->terms, pod->class, slot);
        return -ENOMEM;
    }
    if (node_table_add_pod(&c->nodes, slot, pod) < 0) {
        storage_count_pod(&c->storage, pod->class, -1);
        terms_remove_pod(&c->terms, pod->class, slot);
        return -ENOMEM;
    }
    change_log_add(&c->log, pod->class, slot, 1);
    entry->slot = (int32_t)slot;
    return 0;
}

static void unplace(struct cache *c, struct pod_entry *entry)
{
    uint32_t slot = (uint32_t)entry->slot;
    node_table_remove_pod(&c->nodes, slot, entry->pod);
    storage_count_pod(&c->storage, entry->pod->class, -1);
    terms_remove_pod(&c->terms, entry->pod->class, slot);
    change_log_add(&c->log, entry->pod->class, slot, -1);
    entry->slot = -1;
}

/* Puts an entry that is nowhere where its pod says it is. */
static int settle(struct cache *c, struct pod_entry *entry)
{
    const struct berth_pod *pod = entry->pod;
    int32_t slot = node_table_find(&c->nodes, pod->node_name);
    if (slot >= 0)
        return place(c, entry, pod, (uint32_t)slot);
    if (!pod->node_name)
        return 0;
    return reserve_lists(c, 1) < 0 ? -ENOMEM : list_append(&c->waiting, pod->node_name, entry);
}

static void unsettle(struct cache *c, struct pod_entry *entry)
{
    const struct berth_pod *pod = entry->pod;
    if (entry->slot >= 0)
        unplace(c, entry);
    else if (pod->node_name)
        list_remove(&c->waiting, pod->node_name, entry);
}

/* The pod comes in the place of the entry's; -ENOMEM: nothing changed. */
static int replace_pod(struct cache *c, struct pod_entry *entry, const struct berth_pod *pod)
{
    const struct berth_pod *old = entry->pod;
    bool placed = entry->slot >= 0;
    if (placed)
        terms_keep(&c->terms, old->class);
    unsettle(c, entry);
    entry->pod = pod;
    int r = settle(c, entry);
    if (r < 0) {
        entry->pod = old;
        (void)settle(c, entry); /* takes the memory that unsettle() left */
    }
    if (placed)
        terms_keep_no_longer(&c->terms, old->class);
    if (r < 0)
        return r;
    pod_ref(pod);
    pod_unref(c->catalog, old);
    return 0;
}

struct pod_entry *cache_put_pod(struct cache *c, const struct berth_pod *pod)
{
    struct pod_entry *entry = pod_index_find(&c->pods, berth_pod_namespace(pod), berth_pod_name(pod));
    if (!entry) {
        entry = pod_index_add(&c->pods, pod);
        if (!entry)
            return NULL;
        if (settle(c, entry) < 0) {
            pod_index_remove(&c->pods, entry);
            return NULL;
        }
        pod_ref(pod);
        return entry;
    }
    return replace_pod(c, entry, pod) < 0 ? NULL : entry;
}

int cache_assume(struct cache *c, struct pod_entry *entry, uint32_t slot)
{
    const struct berth_pod *assigned = pod_on_node(entry->pod, c->nodes.node[slot]->name);
    if (!assigned || place(c, entry, assigned, slot) < 0) {
        pod_unref(c->catalog, assigned);
        return -ENOMEM;
    }
    pod_unref(c->catalog, entry->pod);
    entry->pod = assigned;
    return 0;
}

void cache_lift_pod(struct cache *c, struct pod_entry *entry)
{
    terms_keep(&c->terms, entry->pod->class);
    unplace(c, entry);
}

void cache_lower_pod(struct cache *c, struct pod_entry *entry)
{
    (void)settle(c, entry); /* takes the memory that unplace() left */
    terms_keep_no_longer(&c->terms, entry->pod->class);
}

void cache_remove_pod(struct cache *c, struct pod_entry *entry)
{
    const struct berth_pod *pod = entry->pod;
    unsettle(c, entry);
    pod_index_remove(&c->pods, entry);
    pod_unref(c->catalog, pod);
}

/* ---- nodes ---- */

/* Brings what is derived from Node objects up to date for one slot. */
static int node_changed(struct cache *c, const struct berth_node *old, const struct berth_node *node,
                        uint32_t slot)
{
    /* Out before in: the size of an image is what the first node to have it says. */
    if (old)
        images_remove(&c->images, old);
    if (node)
        images_add(&c->images, node);
    c->nodes_generation++;
    change_log_add(&c->log, NULL, slot, 0);
    return topology_update(&c->topology, &c->nodes, slot);
}

/* Puts the pods that waited for the node on it; one for which there is no memory goes on waiting. */
static int take_waiting(struct cache *c, berth_atom name, uint32_t slot)
{
    for (struct pod_entry *entry; (entry = list_first(&c->waiting, name)) != NULL;) {
        list_remove(&c->waiting, name, entry);
        if (place(c, entry, entry->pod, slot) < 0)
            return (void)list_append(&c->waiting, name, entry), -ENOMEM;
    }
    return 0;
}

/* Memory ran out halfway: all is as before. Takes no memory, as what was there before has had its own. */
static void take_back_node(struct cache *c, const struct berth_node *old, const struct berth_node *node,
                           uint32_t slot)
{
    if (!old) {
        cache_remove_node(c, node->name);
        return;
    }
    (void)node_table_put(&c->nodes, old);
    (void)node_changed(c, node, old, slot);
    unref(c, OBJECT_NODE, node);
}

int cache_put_node(struct cache *c, const struct berth_node *node)
{
    int32_t at = node_table_find(&c->nodes, node->name);
    const struct berth_node *old = at < 0 ? NULL : c->nodes.node[at];
    bool room = images_reserve(&c->images, node) == 0 && reserve_lists(c, 1) == 0;
    int32_t slot = room ? node_table_put(&c->nodes, node) : -1;
    if (slot < 0)
        return -ENOMEM;
    ref(node);
    int r = node_changed(c, old, node, (uint32_t)slot);
    r = r < 0 ? r : take_waiting(c, node->name, (uint32_t)slot);
    if (r < 0)
        take_back_node(c, old, node, (uint32_t)slot);
    else if (old)
        unref(c, OBJECT_NODE, old);
    return r;
}

/* The entry of a pod on a node. */
static struct pod_entry *entry_of(const struct cache *c, const struct berth_pod *pod)
{
    return pod_index_find(&c->pods, berth_pod_namespace(pod), berth_pod_name(pod));
}

void cache_remove_node(struct cache *c, berth_atom name)
{
    int32_t slot = node_table_find(&c->nodes, name);
    if (slot < 0)
        return;
    const struct berth_node *node = c->nodes.node[slot];
    struct berth_node_pods *pods = &c->nodes.pods[slot];
    while (pods->len > 0) {
        struct pod_entry *entry = entry_of(c, pods->at[pods->len - 1]);
        unplace(c, entry);
        (void)list_append(&c->waiting, name, entry);
    }
    node_table_remove(&c->nodes, (uint32_t)slot);
    (void)node_changed(c, node, NULL, (uint32_t)slot);
    unref(c, OBJECT_NODE, node);
}

/* ---- namespaces and workloads ---- */

int cache_put_namespace(struct cache *c, const struct berth_namespace *namespace)
{
    const struct berth_namespace *old = NULL;
    if (namespaces_put(&c->namespaces, namespace, &old) < 0)
        return -ENOMEM;
    ref(namespace);
    if (old)
        unref(c, OBJECT_NAMESPACE, old);
    return 0;
}

void cache_remove_namespace(struct cache *c, berth_atom name)
{
    const struct berth_namespace *old = namespaces_remove(&c->namespaces, name);
    if (old)
        unref(c, OBJECT_NAMESPACE, old);
}

/* Atoms are aligned to 16, which leaves the low bits for the kind. */
static uint64_t workload_key(enum berth_workload_kind kind, berth_atom namespace)
{
    return map_ptr(namespace) | kind;
}

static struct workload_list *workload_list(const struct cache *c, enum berth_workload_kind kind,
                                           berth_atom namespace)
{
    uint64_t *at = map_get(&c->workloads_by_key, workload_key(kind, namespace));
    return at ? &c->workloads.at[*at - 1] : NULL;
}

static struct workload_list *workload_list_add(struct cache *c, enum berth_workload_kind kind,
                                               berth_atom namespace)
{
    if (vec_push(&c->workloads, (struct workload_list){0}) < 0)
        return NULL;
    if (map_put(&c->workloads_by_key, workload_key(kind, namespace), c->workloads.len) == 0)
        return &c->workloads.at[c->workloads.len - 1];
    c->workloads.len--;
    return NULL;
}

int cache_put_workload(struct cache *c, const struct berth_workload *workload)
{
    struct workload_list *list = workload_list(c, workload->kind, workload->namespace);
    if (!list && !(list = workload_list_add(c, workload->kind, workload->namespace)))
        return -ENOMEM;
    for (size_t i = 0; i < list->all.len; i++)
        if (list->all.at[i]->name == workload->name) {
            const struct berth_workload *old = list->all.at[i];
            ref(workload);
            list->all.at[i] = workload;
            unref(c, OBJECT_SERVICE, old);
            return 0;
        }
    if (vec_push(&list->all, workload) < 0)
        return -ENOMEM;
    ref(workload);
    return 0;
}

void cache_remove_workload(struct cache *c, const struct berth_workload *workload)
{
    struct workload_list *list = workload_list(c, workload->kind, workload->namespace);
    for (size_t i = 0; list && i < list->all.len; i++)
        if (list->all.at[i]->name == workload->name) {
            const struct berth_workload *old = list->all.at[i];
            memmove(&list->all.at[i], &list->all.at[i + 1], (--list->all.len - i) * sizeof(list->all.at[0]));
            unref(c, OBJECT_SERVICE, old);
            return;
        }
}

uint32_t cache_workloads(const struct cache *c, enum berth_workload_kind kind, berth_atom namespace,
                         const struct berth_workload *const **ret_workloads)
{
    const struct workload_list *list = workload_list(c, kind, namespace);
    *ret_workloads = list ? list->all.at : NULL;
    return list ? (uint32_t)list->all.len : 0;
}

/* The place of the budget of this namespace and name, or the length of the list. */
static size_t budget_at(const struct cache *c, const struct disruption_budget *budget)
{
    size_t i = 0;
    while (i < c->budgets.len
           && (c->budgets.at[i]->namespace != budget->namespace || c->budgets.at[i]->name != budget->name))
        i++;
    return i;
}

int cache_put_budget(struct cache *c, const struct disruption_budget *budget)
{
    size_t at = budget_at(c, budget);
    if (at == c->budgets.len && vec_push(&c->budgets, NULL) < 0)
        return -ENOMEM;
    ref(budget);
    c->budgets_generation++;
    if (c->budgets.at[at])
        unref(c, OBJECT_POD_DISRUPTION_BUDGET, c->budgets.at[at]);
    c->budgets.at[at] = budget;
    return 0;
}

void cache_remove_budget(struct cache *c, const struct disruption_budget *budget)
{
    size_t at = budget_at(c, budget);
    if (at == c->budgets.len)
        return;
    c->budgets_generation++;
    unref(c, OBJECT_POD_DISRUPTION_BUDGET, c->budgets.at[at]);
    memmove(&c->budgets.at[at], &c->budgets.at[at + 1], (--c->budgets.len - at) * sizeof(c->budgets.at[0]));
}

/* ---- the end ---- */

void cache_fini(struct cache *c)
{
    for (uint32_t i = 0; i < c->pods.cap; i++)
        for (struct pod_entry *e = c->pods.buckets[i]; e; e = e->next_hash)
            pod_unref(c->catalog, e->pod);
    pod_index_fini(&c->pods);
    for (uint32_t slot = 0; slot < c->nodes.view.len; slot++)
        if (c->nodes.node[slot])
            unref(c, OBJECT_NODE, c->nodes.node[slot]);
    for (size_t i = 0; i < c->namespaces.by_name.cap; i++)
        if (c->namespaces.by_name.slots[i].key)
            unref(c, OBJECT_NAMESPACE, (void *)(uintptr_t)c->namespaces.by_name.slots[i].value);
    for (size_t i = 0; i < c->workloads.len; i++) {
        for (size_t j = 0; j < c->workloads.at[i].all.len; j++)
            unref(c, OBJECT_SERVICE, c->workloads.at[i].all.at[j]);
        vec_fini(&c->workloads.at[i].all);
    }
    vec_fini(&c->workloads);
    for (size_t i = 0; i < c->budgets.len; i++)
        unref(c, OBJECT_POD_DISRUPTION_BUDGET, c->budgets.at[i]);
    vec_fini(&c->budgets);
    map_fini(&c->workloads_by_key);
    volume_matches_fini(&c->volume_matches);
    storage_fini(&c->storage);
    map_fini(&c->waiting);
    namespaces_fini(&c->namespaces);
    terms_fini(&c->terms);
    pod_counts_fini(&c->counts);
    images_fini(&c->images);
    topology_fini(&c->topology);
    change_log_fini(&c->log);
    node_table_fini(&c->nodes);
}
