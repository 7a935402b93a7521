/*
 * The gate StorageCapacityScoring (KEP-4049). Requests and capacities are added up by storage class; the shape says what
 * each class's share is worth, and the score is the mean, rounded. Volumes that are there count alone when there is one;
 * else what is to be made counts, where the driver tells its capacities.
 */
#include "plugins/volume_score.h"

#include "plugins/resources.h"

#include <math.h>
#include <stdlib.h>

/* What is known about one storage class on the node. */
struct class_use {
    berth_atom class;
    int64_t requested, capacity;
};

/* The class's use among the first *len, added when it is new. */
static struct class_use *use_of(struct class_use *uses, uint32_t *len, berth_atom class)
{
    for (uint32_t i = 0; i < *len; i++)
        if (uses[i].class == class)
            return &uses[i];
    uses[*len] = (struct class_use){.class = class};
    return &uses[(*len)++];
}

static uint32_t add_volumes(const struct claim_match *claims, const struct found *found, uint32_t len,
                            struct class_use *uses)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < len; i++) {
        const struct berth_persistent_volume *volume = found[i].volume;
        if (!volume)
            continue;
        struct class_use *use = use_of(uses, &n, volume->storage_class);
        use->requested += claims[i].claim->request;
        use->capacity += volume->capacity;
    }
    return n;
}

/* All claims of a class share the capacity that the last one was told. */
static uint32_t add_pools(const struct claim_match *claims, const struct found *found, uint32_t len,
                          struct class_use *uses)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < len; i++) {
        if (!found[i].pool)
            continue;
        struct class_use *use = use_of(uses, &n, claims[i].claim->storage_class);
        use->requested += claims[i].claim->request;
        use->capacity = found[i].pool->capacity > 0 ? found[i].pool->capacity : 0;
    }
    return n;
}

static int64_t score_of(const int64_t shape[SHAPE_LEN], const struct class_use *use)
{
    if (use->capacity == 0 || use->requested > use->capacity)
        return shape[SHAPE_LEN - 1];
    int64_t utilization = go_div(go_mul(use->requested, 100), use->capacity);
    return shape[utilization < 0 ? 0 : utilization];
}

int64_t volume_score(const int64_t shape[SHAPE_LEN], const struct claim_match *claims, const struct found *found,
                     uint32_t len)
{
    enum { FEW = 16 };
    struct class_use few[FEW], *uses = len <= FEW ? few : malloc(len * sizeof(*uses));
    if (!uses)
        return 0;
    uint32_t n = add_volumes(claims, found, len, uses);
    if (n == 0)
        n = add_pools(claims, found, len, uses);
    int64_t sum = 0;
    for (uint32_t i = 0; i < n; i++)
        sum += score_of(shape, &uses[i]);
    if (uses != few)
        free(uses);
    return n ? (int64_t)round((double)sum / n) : 0;
}
