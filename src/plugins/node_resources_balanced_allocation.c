/*
 * NodeResourcesBalancedAllocation: prefers nodes on which the pod evens out how full the resources are.
 * A node's balance is 100 (1 - standard deviation of the used fractions), in 50..100; its score compares the
 * balance with the pod to that without: 75 when nothing changes, more when it improves. Fractions are float64
 * and computed in upstream's order, for the rounding is part of the result.
 */
#include "plugins/resources.h"

#include <math.h>
#include <stdlib.h>

static int create(struct berth_handle *h, const struct berth_value *args, void **ret_self)
{
    struct resource_specs *specs = malloc(sizeof(*specs));
    if (!specs || resource_specs_read(h, berth_value_get(args, "resources"), specs) < 0) {
        free(specs);
        return berth_create_fails(h, "out of memory");
    }
    *ret_self = specs;
    return 0;
}

static void destroy(void *self)
{
    struct resource_specs *specs = self;
    free(specs->at);
    free(specs);
}

static bool requests_nothing(const struct berth_cycle *c)
{
    const struct resource_specs *specs = c->self;
    for (uint32_t i = 0; i < specs->len; i++)
        if (resource_request(c->class, &specs->at[i], RESOURCES_AS_REQUESTED) != 0)
            return false;
    return true;
}

/* Pods that request nothing would all be drawn to the same node. */
static berth_verdict pre_score(const struct berth_cycle *c)
{
    return requests_nothing(c) ? BERTH_SKIPPED : BERTH_PASS;
}

/* How full the node is, with the pod or without. */
static double fraction(const struct resource_scored *r, uint32_t slot, bool with_pod)
{
    int64_t used = with_pod ? resource_requested(r, slot) : r->used[slot];
    double f = (double)used / (double)r->alloc[slot];
    return f > 1 ? 1 : f;
}

/* Only sums that overflowed make the balance leave int64; then as on amd64. */
static int64_t whole_part(double d)
{
    return d >= -0x1p63 && d < 0x1p63 ? (int64_t)d : INT64_MIN;
}

static int64_t balance(const struct resources_scored *list, uint32_t slot, bool with_pod)
{
    double total = 0, deviation = 0, last = 0, last_but_one = 0;
    uint32_t len = 0;
    for (uint32_t i = 0; i < list->len; i++) {
        if (list->at[i].alloc[slot] == 0)
            continue;
        last_but_one = last;
        last = fraction(&list->at[i], slot, with_pod);
        total += last;
        len++;
    }
    if (len == 2)
        deviation = fabs((last_but_one - last) / 2);
    if (len > 2) {
        double mean = total / len, sum = 0;
        for (uint32_t i = 0; i < list->len; i++) {
            if (list->at[i].alloc[slot] == 0)
                continue;
            double off = fraction(&list->at[i], slot, with_pod) - mean;
            sum += off * off;
        }
        deviation = sqrt(sum / len);
    }
    return whole_part((1 - deviation) * 100);
}

static int64_t score_row(const struct resources_scored *list, uint32_t slot)
{
    int64_t gain = go_sub(go_add(50, balance(list, slot, true)), balance(list, slot, false));
    return 50 + gain / 2;
}

/* balance() for two resources of which both are there, or, with `both` 0, at most one. */
static inline double balance_of_two(double a, double b, double both)
{
    a = a > 1 ? 1 : a;
    b = b > 1 ? 1 : b;
    return floor((1 - fabs((a - b) / 2) * both) * 100);
}

/* The score of two resources for a block of nodes. False when a number was not small: the scores are void. */
static bool score_two(const struct resource_scored *a, const struct resource_scored *b,
                      struct berth_range range, int64_t *scores)
{
    uint64_t not_small = 0;
    for (uint32_t i = range.from; i < range.to; i++) {
        int64_t a_with = resource_requested(a, i), b_with = resource_requested(b, i);
        not_small |= resource_not_small(a->alloc[i], a_with) | resource_not_small(b->alloc[i], b_with);
        not_small |= resource_not_small(a->used[i], b->used[i]);
        double a_alloc = small_to_double(a->alloc[i]), b_alloc = small_to_double(b->alloc[i]);
        double both = a_alloc > 0 ? 1 : 0;
        both = b_alloc > 0 ? both : 0;
        a_alloc = a_alloc > 0 ? a_alloc : 1;
        b_alloc = b_alloc > 0 ? b_alloc : 1;
        double with =
            balance_of_two(small_to_double(a_with) / a_alloc, small_to_double(b_with) / b_alloc, both);
        double without = balance_of_two(small_to_double(a->used[i]) / a_alloc,
                                        small_to_double(b->used[i]) / b_alloc, both);
        scores[i] = small_from_double(50 + floor((50 + with - without) / 2));
    }
    return not_small == 0;
}

static void score_block(const struct resources_scored *list, struct berth_range range, int64_t *scores)
{
    if (list->len == 2 && score_two(&list->at[0], &list->at[1], range, scores))
        return;
    for (uint32_t i = range.from; i < range.to; i++)
        scores[i] = score_row(list, i);
}

static berth_verdict score_range(const struct berth_cycle *c, struct berth_range range, int64_t *scores)
{
    struct resources_scored list;
    bool nothing = requests_nothing(c);
    resources_scored_init(&list, c, c->self, RESOURCES_AS_REQUESTED);
    for (uint32_t from = range.from; from < range.to; from += RESOURCE_BLOCK) {
        uint32_t to = range.to - from > RESOURCE_BLOCK ? from + RESOURCE_BLOCK : range.to;
        if (nothing)
            memset(scores + from, 0, (to - from) * sizeof(*scores));
        else
            score_block(&list, (struct berth_range){from, to}, scores);
    }
    resources_scored_fini(&list);
    return BERTH_PASS;
}

/* Also asked without PreScore, when the configuration takes that point away. */
static berth_verdict score(const struct berth_cycle *c, uint32_t node, int64_t *ret_score)
{
    struct resources_scored list;
    resources_scored_init(&list, c, c->self, RESOURCES_AS_REQUESTED);
    *ret_score = requests_nothing(c) ? 0 : score_row(&list, node);
    resources_scored_fini(&list);
    return BERTH_PASS;
}

const struct berth_plugin node_resources_balanced_allocation_plugin = {
    .abi = BERTH_ABI,
    .size = sizeof(struct berth_plugin),
    .name = "NodeResourcesBalancedAllocation",
    .score_scope = BERTH_SCOPE_ROW,
    .create = create,
    .destroy = destroy,
    .pre_score = pre_score,
    .score = score,
    .score_range = score_range,
};
