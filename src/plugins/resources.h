/*
 * Resources as NodeResourcesFit and NodeResourcesBalancedAllocation score them: the list of the
 * arguments, narrowed for one pod to the columns that count, and two kinds of arithmetic. The plain kind
 * is int64 as Go computes it: overflow wraps, division truncates. The fast kind computes with doubles,
 * several nodes at a time, and is exact for numbers below 2^46 (64 TiB); a block of nodes with anything
 * larger takes the plain kind.
 */
#ifndef PLUGINS_RESOURCES_H
#define PLUGINS_RESOURCES_H

#include <berth/plugin.h>

/* An entry of `resources` in the arguments. */
struct resource_spec {
    berth_atom name;
    int32_t column; /* BERTH_CPU, BERTH_MEMORY or BERTH_EPHEMERAL_STORAGE; -1: a scalar, found for each pod */
    int64_t weight;
};

struct resource_specs {
    struct resource_spec *at; /* malloc'ed */
    uint32_t len;
};

/* Reads a list of {name, weight}. Returns 0, or -1 when memory ran out. */
int resource_specs_read(struct berth_handle *h, const struct berth_value *list, struct resource_specs *ret);

/* Which requests count. */
enum resource_requests {
    RESOURCES_AS_REQUESTED,  /* of the whole pod, as Filter sees them */
    RESOURCES_WITH_DEFAULTS, /* of its containers, 100m and 200Mi for those that request nothing */
};

/* A resource that counts for one pod: columns by slot, and what the pod would add. */
struct resource_scored {
    const int64_t *alloc;
    const int64_t *used;
    int64_t request;
    int64_t weight;
};

/* A list that needs no heap when it is short. Begin it with resources_scored_init(). */
struct resources_scored {
    struct resource_scored *at;
    uint32_t len;
    struct resource_scored few[8];
};

/*
 * The resources that count for the pod of this cycle, in the order of `specs`. Scalars that the pod does not
 * request, and names that are no node's resource, do not count. Ends the process when memory runs out.
 */
void resources_scored_init(struct resources_scored *list, const struct berth_cycle *c,
                           const struct resource_specs *specs, enum resource_requests which);
void resources_scored_fini(struct resources_scored *list);

/* What a class requests of one resource, 0 when it does not name it. */
int64_t resource_request(const struct berth_class *class, const struct resource_spec *spec,
                         enum resource_requests which);

/* ---- int64 as in Go ---- */

static inline int64_t go_add(int64_t a, int64_t b)
{
    return (int64_t)((uint64_t)a + (uint64_t)b);
}

static inline int64_t go_sub(int64_t a, int64_t b)
{
    return (int64_t)((uint64_t)a - (uint64_t)b);
}

static inline int64_t go_mul(int64_t a, int64_t b)
{
    return (int64_t)((uint64_t)a * (uint64_t)b);
}

/* b is not 0. The quotient of INT64_MIN and -1 wraps, too. */
static inline int64_t go_div(int64_t a, int64_t b)
{
    return b == -1 ? go_sub(0, a) : a / b;
}

static inline int64_t resource_requested(const struct resource_scored *r, uint32_t slot)
{
    return go_add(r->used[slot], r->request);
}

/* ---- small numbers as doubles: whole numbers in [0, 2^46), in a form that compilers vectorise ---- */

/* Nodes that a range function handles at a time: its scratch stays in the first-level cache. */
enum { RESOURCE_BLOCK = 128 };

/* Not 0 when one of the two is not small. */
static inline uint64_t resource_not_small(int64_t a, int64_t b)
{
    return (uint64_t)(a | b) >> 46;
}

/*
 * Without AVX-512 there is no vector conversion between int64 and double;
 * putting the number into the low bits of the double 2^52 does the same.
 */
static inline double small_to_double(int64_t n)
{
    uint64_t bits = (uint64_t)n | 0x4330000000000000;
    double d;
    memcpy(&d, &bits, sizeof(d));
    return d - 0x1p52;
}

static inline int64_t small_from_double(double n)
{
    double d = n + 0x1p52;
    uint64_t bits;
    memcpy(&bits, &d, sizeof(bits));
    return (int64_t)(bits & 0x000fffffffffffff);
}

#endif
