/* The Namespace objects, and what namespace selectors make of them. */
#ifndef CORE_NAMESPACES_H
#define CORE_NAMESPACES_H

#include "base/map.h"
#include <berth/plugin.h>

/* Zero-initialise; release with namespaces_fini(). Owns one reference to each object. */
struct namespaces {
    struct map by_name;  /* atom -> const struct berth_namespace * */
    uint64_t generation; /* raised by every change: what was matched before may match no more */
};

/* The namespace of that name, NULL when there is none. */
const struct berth_namespace *namespaces_get(const struct namespaces *n, berth_atom name);

/* Adds or replaces, and hands back the replaced object for the caller to release (NULL: none). */
int namespaces_put(struct namespaces *n, const struct berth_namespace *take,
                   const struct berth_namespace **ret_old);
const struct berth_namespace *namespaces_remove(struct namespaces *n, berth_atom name);

/*
 * Whether a pod in `namespace` lies in one of `namespaces`, or its namespace's labels match `selector` (may
 * be NULL: they do not). `known_only`: see struct berth_query_part. All lists are held by `block`.
 */
bool namespaces_select(const struct namespaces *n, const void *block, berth_list namespaces,
                       const struct berth_selector *selector, bool known_only, berth_atom namespace);

void namespaces_fini(struct namespaces *n);

#endif
