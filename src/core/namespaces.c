#include "core/namespaces.h"

#include <errno.h>

const struct berth_namespace *namespaces_get(const struct namespaces *n, berth_atom name)
{
    uint64_t *found = name ? map_get(&n->by_name, map_ptr(name)) : NULL;
    return found ? (const struct berth_namespace *)(uintptr_t)*found : NULL;
}

int namespaces_put(struct namespaces *n, const struct berth_namespace *take,
                   const struct berth_namespace **ret_old)
{
    const struct berth_namespace *old = namespaces_get(n, take->name);
    if (map_put(&n->by_name, map_ptr(take->name), map_ptr(take)) < 0)
        return -ENOMEM;
    n->generation++;
    *ret_old = old;
    return 0;
}

const struct berth_namespace *namespaces_remove(struct namespaces *n, berth_atom name)
{
    const struct berth_namespace *old = namespaces_get(n, name);
    if (old) {
        map_delete(&n->by_name, map_ptr(name));
        n->generation++;
    }
    return old;
}

bool namespaces_select(const struct namespaces *n, const void *block, berth_list namespaces,
                       const struct berth_selector *selector, bool known_only, berth_atom namespace)
{
    berth_each(berth_atom, name, block, namespaces)
        if (*name == namespace)
            return true;
    if (!selector || selector->selects == BERTH_SELECTS_NOTHING)
        return false;
    if (selector->selects == BERTH_SELECTS_EVERYTHING)
        return true;
    const struct berth_namespace *object = namespaces_get(n, namespace);
    if (!object && known_only)
        return false;
    return berth_selector_matches(block, selector, object, object ? object->labels : (berth_list){0});
}

void namespaces_fini(struct namespaces *n)
{
    map_fini(&n->by_name);
}
