/*
 * How much a pod asks for: the effective requests and limits over containers, init containers, sidecars,
 * pod-level resources, overhead and, for a pod being resized in place, what its status says.
 * https://kubernetes.io/docs/concepts/workloads/pods/sidecar-containers/#resource-sharing-within-containers
 */
#ifndef API_REQUESTS_H
#define API_REQUESTS_H

#include "api/catalog.h"
#include "api/quantity.h"
#include <berth/value.h>

/* A resource list: each resource once, in order of first mention. In an arena. */
struct amount {
    berth_atom resource;
    struct quantity value;
};
struct amounts {
    struct amount *at;
    uint32_t len, cap;
};

/* The quantity of a resource, NULL when the list does not have it. */
const struct quantity *amounts_get(const struct amounts *list, berth_atom resource);

/* The effective requests and limits, exact, of a Pod: an object with spec and status. In the arena. */
int pod_amounts(struct catalog *c, const struct berth_value *pod, struct arena *arena,
                struct amounts *ret_requests, struct amounts *ret_limits, struct err *err);

#endif
