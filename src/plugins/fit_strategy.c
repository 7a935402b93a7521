/*
 * The scoring strategies of NodeResourcesFit. Each resource of a node gets 0..100: LeastAllocated the share
 * that would stay free, MostAllocated the share that would be taken, RequestedToCapacityRatio what the shape
 * says for the share taken. The node's score is the mean, weighted.
 */
#include "plugins/fit_strategy.h"

#include <math.h>
#include <stdlib.h>

/* ---- arguments ---- */

static const char *const type_names[] = {
    [FIT_LEAST_ALLOCATED] = "LeastAllocated",
    [FIT_MOST_ALLOCATED] = "MostAllocated",
    [FIT_REQUESTED_TO_CAPACITY_RATIO] = "RequestedToCapacityRatio",
};
enum { TYPES = sizeof(type_names) / sizeof(type_names[0]) };

static bool type_of(berth_str name, enum fit_strategy_type *ret_type)
{
    for (uint32_t i = 0; i < TYPES; i++) {
        if (berth_str_eq(name, berth_str_of(type_names[i]))) {
            *ret_type = i;
            return true;
        }
    }
    return false;
}

static void check_weights(const struct resource_specs *specs, struct args_errors *errors)
{
    for (uint32_t i = 0; i < specs->len; i++) {
        const struct resource_spec *spec = &specs->at[i];
        if (spec->weight <= 0 || spec->weight > 100)
            args_error(
                errors,
                "scoringStrategy.resources[%u].weight: Invalid value: %lld: resource weight of %s not in "
                "valid range (0, 100]",
                i, (long long)spec->weight, spec->name->text);
    }
}

#define SHAPE "scoringStrategy.requestedToCapacityRatio.shape"

static void check_order(const struct berth_value *shape, struct args_errors *errors)
{
    for (uint32_t i = 1; i < shape->len; i++) {
        int64_t utilization = shape_point_at(shape, i).utilization;
        if (shape_point_at(shape, i - 1).utilization >= utilization) {
            args_error(errors,
                       SHAPE
                       "[%u].utilization: Invalid value: %lld: values must be sorted in increasing order",
                       i, (long long)utilization);
            return;
        }
    }
}

static void check_shape(const struct berth_value *shape, struct args_errors *errors)
{
    if (!shape || shape->type != BERTH_ARRAY || shape->len == 0) {
        args_error(errors, SHAPE ": Required value: at least one point must be specified");
        return;
    }
    check_order(shape, errors);
    for (uint32_t i = 0; i < shape->len; i++) {
        struct shape_point p = shape_point_at(shape, i);
        if (p.utilization < 0 || p.utilization > 100)
            args_error(errors, SHAPE "[%u].utilization: Invalid value: %lld: not in valid range [0, 100]", i,
                       (long long)p.utilization);
        if (p.score < 0 || p.score > 10)
            args_error(errors, SHAPE "[%u].score: Invalid value: %lld: not in valid range [0, 10]", i,
                       (long long)p.score);
    }
}

static void read_ratio(struct fit_strategy *s, const struct berth_value *ratio, struct args_errors *errors)
{
    if (s->type != FIT_REQUESTED_TO_CAPACITY_RATIO) {
        if (!berth_value_absent(ratio))
            args_error(errors,
                       "scoringStrategy.requestedToCapacityRatio: Forbidden: must be nil when type is not "
                       "RequestedToCapacityRatio");
        return;
    }
    if (berth_value_absent(ratio)) {
        args_error(errors,
                   "scoringStrategy.requestedToCapacityRatio: Required value: must be specified when type is "
                   "RequestedToCapacityRatio");
        return;
    }
    const struct berth_value *shape = berth_value_get(ratio, "shape");
    check_shape(shape, errors);
    if (errors->len == 0)
        shape_read(shape, s->by_utilization);
}

int fit_strategy_read(struct fit_strategy *s, struct berth_handle *h, const struct berth_value *v,
                      struct args_errors *errors)
{
    *s = (struct fit_strategy){0};
    if (berth_value_absent(v)) {
        args_error(errors, "scoringStrategy: Required value: ScoringStrategy field is required");
        return 0;
    }
    berth_str type = berth_value_text(berth_value_get(v, "type"));
    if (!type_of(type, &s->type)) {
        char *quoted = args_quoted(type);
        args_error(errors,
                   "scoringStrategy.type: Unsupported value: %s: supported values: \"LeastAllocated\", "
                   "\"MostAllocated\", \"RequestedToCapacityRatio\"",
                   quoted);
        free(quoted);
    }
    if (resource_specs_read(h, berth_value_get(v, "resources"), &s->resources) < 0)
        return -1;
    check_weights(&s->resources, errors);
    read_ratio(s, berth_value_get(v, "requestedToCapacityRatio"), errors);
    return 0;
}

void fit_strategy_fini(struct fit_strategy *s)
{
    free(s->resources.at);
}

/* ---- one node ---- */

static int64_t share_of(int64_t part, int64_t whole)
{
    return go_div(go_mul(part, 100), whole);
}

static int64_t resource_score(const struct fit_strategy *s, int64_t requested, int64_t capacity)
{
    bool over = requested > capacity;
    switch (s->type) {
    case FIT_LEAST_ALLOCATED:
        return over ? 0 : share_of(go_sub(capacity, requested), capacity);
    case FIT_MOST_ALLOCATED:
        return share_of(over ? capacity : requested, capacity);
    default: {
        int64_t utilization = over ? 100 : share_of(requested, capacity);
        return s->by_utilization[utilization < 0 ? 0 : utilization > 100 ? 100 : utilization];
    }
    }
}

/* RequestedToCapacityRatio leaves resources that scored 0 out of the mean, and rounds it. */
int64_t fit_strategy_score(const struct fit_strategy *s, const struct resources_scored *list, uint32_t slot)
{
    bool ratio = s->type == FIT_REQUESTED_TO_CAPACITY_RATIO;
    int64_t sum = 0, weights = 0;
    for (uint32_t i = 0; i < list->len; i++) {
        const struct resource_scored *r = &list->at[i];
        if (r->alloc[slot] == 0)
            continue;
        int64_t score = resource_score(s, resource_requested(r, slot), r->alloc[slot]);
        if (ratio && score == 0)
            continue;
        sum = go_add(sum, go_mul(score, r->weight));
        weights += r->weight;
    }
    if (weights == 0)
        return 0;
    return ratio ? (2 * sum + weights) / (2 * weights) : sum / weights;
}

/* ---- a block of nodes ---- */

struct block {
    double share[RESOURCE_BLOCK];  /* of the resource at hand: what it scored, */
    double weight[RESOURCE_BLOCK]; /* and its weight, 0 where it does not count */
    double sum[RESOURCE_BLOCK];
    double weights[RESOURCE_BLOCK];
};

/*
 * floor() of the double quotient n/d is the integer quotient. Rounding could only lift it to the next whole
 * number k if k - n/d, which is at least 1/d, were at most half the spacing of doubles below k, 2^-53 k. But
 * k d < n + d, and that is below 101 * 2^46 < 2^53 for small numbers. Returns not 0 when one was not small.
 */
static uint64_t shares(struct block *b, const struct resource_scored *r, struct berth_range range, bool least)
{
    uint64_t not_small = 0;
    const int64_t *alloc = r->alloc + range.from, *used = r->used + range.from;
    double weight = (double)r->weight;
    for (uint32_t i = 0; i < range.to - range.from; i++) {
        int64_t requested = go_add(used[i], r->request);
        not_small |= resource_not_small(alloc[i], requested);
        double whole = small_to_double(alloc[i]), taken = small_to_double(requested);
        taken = taken < whole ? taken : whole;
        double part = least ? whole - taken : taken;
        b->weight[i] = whole > 0 ? weight : 0;
        whole = whole > 0 ? whole : 1;
        b->share[i] = floor(part * 100 / whole);
    }
    return not_small;
}

static void look_up_shape(struct block *b, const int64_t *by_utilization, uint32_t len)
{
    for (uint32_t i = 0; i < len; i++) {
        b->share[i] = (double)by_utilization[(int32_t)b->share[i]];
        b->weight[i] = b->share[i] > 0 ? b->weight[i] : 0;
    }
}

static void add_shares(struct block *b, uint32_t len)
{
    for (uint32_t i = 0; i < len; i++) {
        b->sum[i] += b->share[i] * b->weight[i];
        b->weights[i] += b->weight[i];
    }
}

static void mean(const struct block *b, bool rounded, uint32_t len, int64_t *scores)
{
    for (uint32_t i = 0; i < len; i++) {
        double weights = b->weights[i] > 0 ? b->weights[i] : 1, sum = b->sum[i];
        scores[i] = small_from_double(floor(rounded ? (2 * sum + weights) / (2 * weights) : sum / weights));
    }
}

static bool score_small(const struct fit_strategy *s, const struct resources_scored *list,
                        struct berth_range range, int64_t *scores)
{
    struct block b;
    uint32_t len = range.to - range.from;
    bool ratio = s->type == FIT_REQUESTED_TO_CAPACITY_RATIO;
    memset(b.sum, 0, len * sizeof(b.sum[0]));
    memset(b.weights, 0, len * sizeof(b.weights[0]));
    for (uint32_t i = 0; i < list->len; i++) {
        if (shares(&b, &list->at[i], range, s->type == FIT_LEAST_ALLOCATED))
            return false;
        if (ratio)
            look_up_shape(&b, s->by_utilization, len);
        add_shares(&b, len);
    }
    mean(&b, ratio, len, scores);
    return true;
}

void fit_strategy_score_block(const struct fit_strategy *s, const struct resources_scored *list,
                              struct berth_range range, int64_t *scores)
{
    if (score_small(s, list, range, scores + range.from))
        return;
    for (uint32_t i = range.from; i < range.to; i++)
        scores[i] = fit_strategy_score(s, list, i);
}
