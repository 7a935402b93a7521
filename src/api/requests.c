/*
 * Effective requests, in three steps: read what the spec says and default it as the API server does; raise it
 * to what the status says is allocated or actuated while a resize is under way; add up. Containers run
 * together with all sidecars; an init container runs with the sidecars before it; a resource needs the
 * largest of these.
 */
#include "api/amounts.h"
#include "api/containers.h"
#include "api/internal.h"

struct share {
    const struct container *container;
    /* As specified, then defaulted. */
    struct amounts requests, limits;
    /* What counts: a resize in progress taken into account. */
    struct amounts effective_requests, effective_limits;
};

struct pod_resources {
    struct share *shares; /* one a container */
    uint32_t len;
    bool given;                      /* spec.resources is there */
    struct amounts requests, limits; /* spec.resources */
    struct amounts effective_requests, effective_limits;
    struct amounts overhead;
};

enum which { REQUESTS, LIMITS };

/* What a container is taken to request when it says nothing; for scoring only. */
enum { DEFAULT_MILLI_CPU = 100, DEFAULT_MEMORY = 200 << 20 };

/* ---- reading ---- */

#define RESOURCES(X) X(limits) X(requests)
FIELDS(resources_fields, RESOURCES)

static void read_resources(struct decoder *d, const struct place *at, const struct berth_value *v,
                           struct amounts *ret_requests, struct amounts *ret_limits)
{
    struct place here = {at, BERTH_STR("resources"), -1};
    struct resources_fields f;
    read_fields(d, &here, v, FIELD_NAMES(resources_fields), &f);
    *ret_requests = get_amounts(d, &here, FIELD(f, requests));
    *ret_limits = get_amounts(d, &here, FIELD(f, limits));
}

static void read_shares(struct decoder *d, const struct containers *containers, struct pod_resources *p)
{
    p->shares = scratch_array(d, containers->len, sizeof(*p->shares));
    for (uint32_t i = 0; i < containers->len && !d->failed; i++) {
        const struct container *c = &containers->at[i];
        struct share *share = &p->shares[i];
        share->container = c;
        read_resources(d, &c->at, c->f.resources, &share->requests, &share->limits);
        amounts_fill(d, &share->requests, &share->limits);
        share->effective_requests = share->requests;
        share->effective_limits = share->limits;
    }
    p->len = d->failed ? 0 : containers->len;
}

/* ---- a resize in progress ---- */

#define STATUS(X)                                                                                            \
    X(allocatedResources) X(conditions) X(containerStatuses) X(initContainerStatuses) X(resources)
FIELDS(status_fields, STATUS)

#define CONTAINER_STATUS(X) X(allocatedResources) X(name) X(resources)
FIELDS(container_status_fields, CONTAINER_STATUS)

/* Whether the kubelet found the resize impossible: then the spec is not going to happen. */
static bool resize_infeasible(struct decoder *d, const struct berth_value *conditions)
{
    struct condition pending = pod_condition(d, conditions, BERTH_STR("PodResizePending"));
    return berth_str_eq(pending.reason, BERTH_STR("Infeasible"));
}

/* A list of its own that starts as a copy of `list`. */
static struct amounts copy_amounts(struct decoder *d, const struct amounts *list)
{
    struct amounts copy = {0};
    amounts_add(d, &copy, list);
    return copy;
}

/* `effective`: the larger of what is specified (unless infeasible), actuated and allocated. */
static void apply_resize(struct decoder *d, bool infeasible, const struct amounts *actuated,
                         const struct amounts *allocated, struct amounts *effective)
{
    struct amounts result = copy_amounts(d, actuated);
    amounts_raise(d, &result, allocated);
    if (!infeasible)
        amounts_raise(d, &result, effective);
    *effective = result;
}

/* The share of the container with this name that can be resized: no init container but a sidecar. */
static struct share *find_share(struct decoder *d, struct pod_resources *p, berth_str name)
{
    for (uint32_t i = 0; i < p->len; i++) {
        const struct container *c = p->shares[i].container;
        if (c->init == c->sidecar && berth_str_eq(get_str(d, &c->at, FIELD(c->f, name)), name))
            return &p->shares[i];
    }
    return NULL;
}

static bool same_value(const struct berth_value *a, const struct berth_value *b)
{
    if (a->type != b->type || a->len != b->len || a->boolean != b->boolean)
        return false;
    if (a->type == BERTH_STRING || a->type == BERTH_NUMBER)
        return memcmp(a->text, b->text, a->len) == 0;
    for (uint32_t i = 0; a->type == BERTH_OBJECT && i < a->len; i++)
        if (!berth_str_eq(a->members[i].key, b->members[i].key)
            || !same_value(&a->members[i].value, &b->members[i].value))
            return false;
    return a->type != BERTH_ARRAY; /* resources hold none */
}

/* Whether the status says of the resources just what the spec says: no resize is under way. */
static bool settled(const struct container_status_fields *f, const struct berth_value *specified)
{
    const struct berth_value *requests = berth_value_get(specified, "requests");
    return specified && same_value(f->resources, specified)
           && (!f->allocatedResources || (requests && same_value(f->allocatedResources, requests)));
}

static void apply_container_statuses(struct decoder *d, const char *name, const struct berth_value *statuses,
                                     const struct berth_value *conditions, struct pod_resources *p)
{
    uint32_t len;
    const struct berth_value *items = get_items(d, &status_place, name, statuses, &len);
    for (uint32_t i = 0; i < len && !d->failed; i++) {
        struct place at = {&status_place, berth_str_of(name), (int32_t)i};
        struct container_status_fields f;
        read_fields(d, &at, &items[i], FIELD_NAMES(container_status_fields), &f);
        struct share *share = f.resources ? find_share(d, p, get_str(d, &at, FIELD(f, name))) : NULL;
        if (!share || settled(&f, share->container->f.resources))
            continue;
        bool infeasible = resize_infeasible(d, conditions);
        struct amounts requests, limits, none = {0};
        struct amounts allocated = get_amounts(d, &at, FIELD(f, allocatedResources));
        read_resources(d, &at, f.resources, &requests, &limits);
        apply_resize(d, infeasible, &requests, &allocated, &share->effective_requests);
        apply_resize(d, infeasible, &limits, &none, &share->effective_limits);
    }
}

/* Pod-level resources keep to the resources that spec.resources names. */
static void apply_pod_status(struct decoder *d, const struct status_fields *f, struct pod_resources *p)
{
    if (!f->resources)
        return;
    struct amounts requests, limits, none = {0};
    bool infeasible = resize_infeasible(d, f->conditions);
    struct amounts allocated = get_amounts(d, &status_place, FIELD(*f, allocatedResources));
    read_resources(d, &status_place, f->resources, &requests, &limits);
    apply_resize(d, infeasible, &requests, &allocated, &p->effective_requests);
    apply_resize(d, infeasible, &limits, &none, &p->effective_limits);
}

static void apply_status(struct decoder *d, const struct berth_value *status, struct pod_resources *p)
{
    struct status_fields f;
    read_fields(d, &status_place, status, FIELD_NAMES(status_fields), &f);
    if (!f.containerStatuses && !f.initContainerStatuses && !f.resources)
        return;
    apply_container_statuses(d, FIELD(f, containerStatuses), f.conditions, p);
    apply_container_statuses(d, FIELD(f, initContainerStatuses), f.conditions, p);
    if (p->given)
        apply_pod_status(d, &f, p);
}

/* ---- adding up ---- */

static const struct amounts *amounts_of(const struct share *share, enum which which, bool effective)
{
    if (which == REQUESTS)
        return effective ? &share->effective_requests : &share->requests;
    return effective ? &share->effective_limits : &share->limits;
}

/*
 * The sum over containers and sidecars, or the largest need while initialising if that is more. `missing`:
 * counted for containers that do not have the resource; may be NULL.
 */
static struct amounts add_up(struct decoder *d, const struct pod_resources *p, enum which which,
                             bool effective, const struct amounts *missing)
{
    struct amounts total = {0}, sidecars = {0}, initialising = {0};
    for (uint32_t i = 0; i < p->len; i++) {
        const struct container *c = p->shares[i].container;
        const struct amounts *own = amounts_of(&p->shares[i], which, effective);
        struct amounts filled;
        if (missing) {
            filled = copy_amounts(d, own);
            amounts_fill(d, &filled, missing);
            own = &filled;
        }
        if (!c->init) {
            amounts_add(d, &total, own);
        } else if (c->sidecar) {
            amounts_add(d, &total, own);
            amounts_add(d, &sidecars, own);
            amounts_raise(d, &initialising, &sidecars);
        } else {
            struct amounts together = copy_amounts(d, own);
            amounts_add(d, &together, &sidecars);
            amounts_raise(d, &initialising, &together);
        }
    }
    amounts_raise(d, &total, &initialising);
    return total;
}

static bool is_huge_page(berth_atom resource)
{
    return strncmp(resource->text, "hugepages-", 10) == 0;
}

/* The resources that can be given for the pod as a whole. */
static bool is_pod_level(const struct decoder *d, berth_atom resource)
{
    return resource == d->known->cpu || resource == d->known->memory || is_huge_page(resource);
}

static bool any_pod_level(const struct decoder *d, const struct amounts *list)
{
    for (uint32_t i = 0; i < list->len; i++)
        if (is_pod_level(d, list->at[i].resource))
            return true;
    return false;
}

/* Pod-level amounts replace those of the containers. */
static void override(struct decoder *d, const struct amounts *specified, const struct amounts *effective,
                     struct amounts *total)
{
    static const struct quantity zero;
    for (uint32_t i = 0; i < specified->len; i++) {
        berth_atom resource = specified->at[i].resource;
        const struct quantity *value = amounts_get(effective, resource);
        if (is_pod_level(d, resource))
            amounts_set(d, total, resource, value ? value : &zero);
    }
}

static struct amounts total_requests(struct decoder *d, const struct pod_resources *p,
                                     const struct amounts *missing)
{
    struct amounts total = add_up(d, p, REQUESTS, true, missing);
    override(d, &p->requests, &p->effective_requests, &total);
    amounts_add(d, &total, &p->overhead);
    return total;
}

static struct amounts total_limits(struct decoder *d, const struct pod_resources *p)
{
    struct amounts total = add_up(d, p, LIMITS, true, NULL);
    if (any_pod_level(d, &p->requests) || any_pod_level(d, &p->limits))
        override(d, &p->limits, &p->effective_limits, &total);
    for (uint32_t i = 0; i < p->overhead.len; i++) {
        const struct quantity *limit = amounts_get(&total, p->overhead.at[i].resource);
        struct amounts one = {&p->overhead.at[i], 1, 1};
        if (limit && quantity_sign(limit) != 0)
            amounts_add(d, &total, &one);
    }
    return total;
}

/* ---- pod-level defaults ---- */

/* Huge page limits of containers become the pod's where spec.resources says nothing about them. */
static void default_pod_limits(struct decoder *d, struct pod_resources *p)
{
    if (p->requests.len + p->limits.len == 0)
        return;
    struct amounts sums = add_up(d, p, LIMITS, false, NULL);
    for (uint32_t i = 0; i < sums.len; i++) {
        struct amounts one = {&sums.at[i], 1, 1};
        if (is_huge_page(one.at->resource) && !amounts_get(&p->requests, one.at->resource))
            amounts_fill(d, &p->limits, &one);
    }
}

/* With pod-level limits, missing pod-level requests are those of the containers, then the limits. */
static void default_pod_requests(struct decoder *d, struct pod_resources *p)
{
    if (p->limits.len == 0)
        return;
    struct amounts sums = add_up(d, p, REQUESTS, false, NULL);
    for (uint32_t i = 0; i < sums.len; i++) {
        struct amounts one = {&sums.at[i], 1, 1};
        if (is_pod_level(d, one.at->resource) && !is_huge_page(one.at->resource))
            amounts_fill(d, &p->requests, &one);
    }
    for (uint32_t i = 0; i < p->limits.len; i++) {
        struct amounts one = {&p->limits.at[i], 1, 1};
        if (is_pod_level(d, one.at->resource))
            amounts_fill(d, &p->requests, &one);
    }
}

/* ---- the whole ---- */

static void read_pod_resources(struct decoder *d, const struct request_sources *from, struct pod_resources *p)
{
    *p = (struct pod_resources){0};
    read_shares(d, from->containers, p);
    p->overhead = get_amounts(d, &spec_place, "overhead", from->overhead);
    if (from->resources) {
        p->given = true;
        read_resources(d, &spec_place, from->resources, &p->requests, &p->limits);
        default_pod_limits(d, p);
        default_pod_requests(d, p);
        p->effective_requests = p->requests;
        p->effective_limits = p->limits;
    }
    if (from->status && !d->failed)
        apply_status(d, from->status, p);
}

#define OBJECT(X) X(spec) X(status)
FIELDS(object_fields, OBJECT)

#define SPEC(X) X(containers) X(initContainers) X(overhead) X(resources)
FIELDS(spec_fields, SPEC)

int pod_amounts(struct catalog *c, const struct berth_value *pod, struct arena *arena,
                struct amounts *ret_requests, struct amounts *ret_limits, struct err *err)
{
    struct decoder d = {
        .catalog = c, .known = &c->known, .atoms = catalog_atoms(c), .scratch = arena, .err = err};
    struct object_fields object;
    struct spec_fields spec;
    struct pod_resources p;
    read_fields(&d, NULL, pod, FIELD_NAMES(object_fields), &object);
    read_fields(&d, &spec_place, object.spec, FIELD_NAMES(spec_fields), &spec);
    struct containers containers = read_containers(&d, spec.containers, spec.initContainers);
    struct request_sources from = {&containers, spec.overhead, spec.resources, object.status};
    read_pod_resources(&d, &from, &p);
    struct amounts requests = total_requests(&d, &p, NULL);
    struct amounts limits = total_limits(&d, &p);
    if (d.failed)
        return d.failed;
    *ret_requests = requests;
    *ret_limits = limits;
    return 0;
}

static struct amounts default_requests(struct decoder *d)
{
    static const struct quantity cpu = {.digits = DEFAULT_MILLI_CPU, .scale = -3};
    static const struct quantity memory = {.digits = DEFAULT_MEMORY};
    struct amounts defaults = {0};
    amounts_set(d, &defaults, d->known->cpu, &cpu);
    amounts_set(d, &defaults, d->known->memory, &memory);
    return defaults;
}

/* What containers that request nothing are taken to request: not what the pod as a whole requests already. */
static struct amounts missing_requests(struct decoder *d, const struct pod_resources *p,
                                       const struct amounts *total)
{
    struct amounts defaults = default_requests(d), missing = {0};
    bool pod_level = any_pod_level(d, &p->requests);
    for (uint32_t i = 0; i < defaults.len; i++)
        if (!pod_level || !amounts_get(total, defaults.at[i].resource))
            amounts_set(d, &missing, defaults.at[i].resource, &defaults.at[i].value);
    return missing;
}

/* Whether every container names every resource of the list. */
static bool all_request(const struct pod_resources *p, const struct amounts *list)
{
    for (uint32_t i = 0; i < p->len; i++)
        for (uint32_t j = 0; j < list->len; j++)
            if (!amounts_get(&p->shares[i].effective_requests, list->at[j].resource))
                return false;
    return true;
}

/* The requests as they were without spec.resources. */
static void decode_container_requests(struct decoder *d, const struct pod_resources *p,
                                      struct berth_class *class)
{
    struct amounts defaults = default_requests(d);
    struct amounts total = add_up(d, p, REQUESTS, true, &defaults);
    amounts_add(d, &total, &p->overhead);
    class->container_nonzero_cpu = amounts_milli(&total, d->known->cpu);
    class->container_nonzero_memory = amounts_value(&total, d->known->memory);
    class->container_scalars = add_scalars(d, &total);
}

void decode_requests(struct decoder *d, const struct request_sources *from, struct berth_class *class)
{
    struct pod_resources p;
    read_pod_resources(d, from, &p);
    struct amounts total = total_requests(d, &p, NULL);
    struct amounts missing = missing_requests(d, &p, &total);
    struct amounts nonzero = all_request(&p, &missing) ? total : total_requests(d, &p, &missing);
    class->cpu = amounts_milli(&total, d->known->cpu);
    class->memory = amounts_value(&total, d->known->memory);
    class->ephemeral_storage = amounts_value(&total, d->known->ephemeral_storage);
    class->nonzero_cpu = amounts_milli(&nonzero, d->known->cpu);
    class->nonzero_memory = amounts_value(&nonzero, d->known->memory);
    class->scalars = add_scalars(d, &total);
    if (p.given) {
        class->flags |= BERTH_POD_LEVEL_RESOURCES;
        decode_container_requests(d, &p, class);
    }
}
