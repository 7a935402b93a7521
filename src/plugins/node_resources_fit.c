/*
 * NodeResourcesFit: a node must have room for what the pod requests, and one more pod; nodes are preferred by
 * how much of them would be free or taken (fit_strategy.c).
 * https://kubernetes.io/docs/concepts/configuration/manage-resources-containers/
 *
 * PreFilter turns the pod into a list of needs. Filter gives every node a word with a bit for
 * each need it cannot meet, computed without branches a block of nodes at a time; only words that
 * are not 0 become verdicts.
 */
#include "plugins/fit_strategy.h"

#include <stdlib.h>

struct fit {
    struct fit_strategy strategy;
    berth_atom *ignored_resources;
    uint32_t ignored_resources_len;
    berth_atom *ignored_groups; /* what stands before the slash */
    uint32_t ignored_groups_len;
};

/* ---- arguments ---- */

static int read_atoms(struct berth_handle *h, const struct berth_value *list, berth_atom **ret,
                      uint32_t *ret_len)
{
    *ret_len = list && list->type == BERTH_ARRAY ? list->len : 0;
    *ret = calloc(*ret_len ? *ret_len : 1, sizeof(**ret));
    if (!*ret)
        return -1;
    for (uint32_t i = 0; i < *ret_len; i++)
        (*ret)[i] = berth_atom_of(h, berth_value_text(&list->items[i]));
    return 0;
}

static void check_ignored(const struct fit *fit, struct args_errors *errors)
{
    for (uint32_t i = 0; i < fit->ignored_resources_len; i++)
        args_check_label_name(errors, "ignoredResources", i, berth_atom_str(fit->ignored_resources[i]));
    for (uint32_t i = 0; i < fit->ignored_groups_len; i++) {
        berth_str group = berth_atom_str(fit->ignored_groups[i]);
        if (memchr(group.ptr, '/', group.len)) {
            char *quoted = args_quoted(group);
            args_error(errors,
                       "ignoredResourceGroups[%u]: Invalid value: %s: resource group name can't contain '/'",
                       i, quoted);
            free(quoted);
        }
        args_check_label_name(errors, "ignoredResourceGroups", i, group);
    }
}

static int read_args(struct fit *fit, struct berth_handle *h, const struct berth_value *args,
                     struct args_errors *errors)
{
    if (read_atoms(h, berth_value_get(args, "ignoredResources"), &fit->ignored_resources,
                   &fit->ignored_resources_len)
            < 0
        || read_atoms(h, berth_value_get(args, "ignoredResourceGroups"), &fit->ignored_groups,
                      &fit->ignored_groups_len)
               < 0)
        return -1;
    check_ignored(fit, errors);
    return fit_strategy_read(&fit->strategy, h, berth_value_get(args, "scoringStrategy"), errors);
}

static void destroy(void *self)
{
    struct fit *fit = self;
    fit_strategy_fini(&fit->strategy);
    free(fit->ignored_resources);
    free(fit->ignored_groups);
    free(fit);
}

static int create(struct berth_handle *h, const struct berth_value *args, void **ret_self)
{
    struct args_errors errors = {0};
    struct fit *fit = calloc(1, sizeof(*fit));
    if (!fit)
        return berth_create_fails(h, "out of memory");
    if (read_args(fit, h, args, &errors) < 0)
        args_error(&errors, "out of memory");
    int result = args_report(&errors, h);
    if (result < 0) {
        destroy(fit);
        return result;
    }
    *ret_self = fit;
    return 0;
}

/* ---- what a pod needs ---- */

struct need {
    int32_t column; /* -1: no node has the resource */
    int64_t amount; /* > 0 */
    berth_str reason;
};

struct needs {
    uint32_t len;
    struct need at[];
};

static bool has_prefix(berth_str s, berth_str prefix)
{
    return s.len >= prefix.len && memcmp(s.ptr, prefix.ptr, prefix.len) == 0;
}

/* Whether the name is an extended resource: of a domain that is not Kubernetes' own, and fit for quotas. */
static bool is_extended(berth_str name)
{
    berth_str quota = BERTH_STR("requests.");
    if (!memchr(name.ptr, '/', name.len) || memmem(name.ptr, name.len, "kubernetes.io/", 14)
        || has_prefix(name, quota))
        return false;
    char text[512];
    const char *faults[4];
    if (quota.len + name.len > sizeof(text))
        return false; /* longer than any label name */
    memcpy(text, quota.ptr, quota.len);
    memcpy(text + quota.len, name.ptr, name.len);
    return args_label_name_faults((berth_str){text, quota.len + name.len}, faults) == 0;
}

/* Extenders may manage extended resources; then this plugin must not look at them. */
static bool is_ignored(const struct fit *fit, berth_atom resource)
{
    berth_str name = berth_atom_str(resource);
    if (fit->ignored_resources_len + fit->ignored_groups_len == 0 || !is_extended(name))
        return false;
    for (uint32_t i = 0; i < fit->ignored_resources_len; i++)
        if (fit->ignored_resources[i] == resource)
            return true;
    const char *slash = memchr(name.ptr, '/', name.len);
    berth_str group = {name.ptr, (uint32_t)(slash - name.ptr)};
    for (uint32_t i = 0; i < fit->ignored_groups_len; i++)
        if (berth_str_eq(berth_atom_str(fit->ignored_groups[i]), group))
            return true;
    return false;
}

static void add_need(struct needs *needs, int32_t column, int64_t amount, berth_str reason)
{
    if (amount > 0)
        needs->at[needs->len++] = (struct need){column, amount, reason};
}

static berth_str insufficient(const struct berth_cycle *c, berth_atom resource)
{
    berth_str before = BERTH_STR("Insufficient ");
    char *text = berth_alloc(c, before.len + resource->len);
    memcpy(text, before.ptr, before.len);
    memcpy(text + before.len, resource->text, resource->len);
    return (berth_str){text, before.len + resource->len};
}

static berth_verdict pre_filter(const struct berth_cycle *c)
{
    const struct berth_class *class = c->class;
    size_t most = BERTH_SCALAR + class->scalars.len;
    struct needs *needs = berth_alloc(c, sizeof(*needs) + most * sizeof(needs->at[0]));
    add_need(needs, BERTH_PODS, 1, BERTH_STR("Too many pods"));
    add_need(needs, BERTH_CPU, class->cpu, BERTH_STR("Insufficient cpu"));
    add_need(needs, BERTH_MEMORY, class->memory, BERTH_STR("Insufficient memory"));
    add_need(needs, BERTH_EPHEMERAL_STORAGE, class->ephemeral_storage,
             BERTH_STR("Insufficient ephemeral-storage"));
    berth_each (struct berth_amount, amount, class, class->scalars)
        if (amount->value > 0 && !is_ignored(c->self, amount->resource))
            add_need(needs, berth_resource_column(c, amount->resource), amount->value,
                     insufficient(c, amount->resource));
    berth_keep(c, needs);
    return BERTH_PASS;
}

/* ---- Filter ---- */

/*
 * The word of a node: bit i says that need i is not met, bit 63 that the node is too small for it even when
 * empty. Needs from 62 on share bit 62; such words do not tell the failures apart.
 */
#define TOO_SMALL (1ull << 63)
#define MANY (1ull << 62)

static uint64_t bit_of(uint32_t need)
{
    return need < 62 ? 1ull << need : MANY;
}

static uint64_t unmet(const struct need *need, uint64_t bit, int64_t alloc, int64_t used)
{
    uint64_t too_small = need->amount > alloc ? TOO_SMALL : 0;
    return need->amount > go_sub(alloc, used) ? bit | too_small : 0;
}

static uint64_t unmet_at(const struct berth_cycle *c, const struct needs *needs, uint32_t i, uint32_t slot)
{
    const struct need *need = &needs->at[i];
    int64_t alloc = need->column < 0 ? 0 : c->nodes->alloc[need->column][slot];
    int64_t used = need->column < 0 ? 0 : c->nodes->used[need->column][slot];
    uint64_t word = unmet(need, bit_of(i), alloc, used);
    return need->column == BERTH_PODS ? word & ~TOO_SMALL : word;
}

static berth_verdict reject(const struct berth_cycle *c, const struct needs *needs, uint32_t slot,
                            uint64_t word)
{
    berth_str few[16] = {0}, *reasons = few;
    uint32_t len = 0;
    if (needs->len > sizeof(few) / sizeof(few[0]))
        reasons = malloc(needs->len * sizeof(*reasons));
    if (!reasons)
        abort();
    for (uint32_t i = 0; i < needs->len; i++)
        if (unmet_at(c, needs, i, slot))
            reasons[len++] = needs->at[i].reason;
    enum berth_code code = word & TOO_SMALL ? BERTH_UNRESOLVABLE : BERTH_UNSCHEDULABLE;
    berth_verdict verdict = berth_reject_all(c, code, reasons, len);
    if (reasons != few)
        free(reasons);
    return verdict;
}

/* PreFilter can be taken away by the configuration. */
static berth_verdict reject_without_state(const struct berth_cycle *c)
{
    return berth_reject(c, BERTH_ERROR,
                        "error reading \"PreFilterNodeResourcesFit\" from cycleState: not found");
}

static berth_verdict filter(const struct berth_cycle *c, uint32_t node)
{
    const struct needs *needs = c->state;
    if (!needs)
        return reject_without_state(c);
    uint64_t word = 0;
    for (uint32_t i = 0; i < needs->len; i++)
        word |= unmet_at(c, needs, i, node);
    return word ? reject(c, needs, node, word) : BERTH_PASS;
}

/* The verdicts of a call by word, direct-mapped: a cluster that is full has few kinds of failures. */
struct known {
    uint64_t word[16];
    berth_verdict verdict[16];
};

static berth_verdict reject_known(const struct berth_cycle *c, const struct needs *needs, uint32_t slot,
                                  uint64_t word, struct known *known)
{
    uint32_t at = (word * 0x9e3779b97f4a7c15) >> 60;
    if (known->word[at] == word)
        return known->verdict[at];
    berth_verdict verdict = reject(c, needs, slot, word);
    if (!(word & MANY)) {
        known->word[at] = word;
        known->verdict[at] = verdict;
    }
    return verdict;
}

static void add_unmet(const struct berth_cycle *c, const struct needs *needs, uint32_t i,
                      struct berth_range range, uint64_t *words)
{
    const struct need need = needs->at[i];
    uint32_t len = range.to - range.from;
    uint64_t bit = bit_of(i), keep = need.column == BERTH_PODS ? ~TOO_SMALL : ~0ull;
    if (need.column < 0) {
        for (uint32_t k = 0; k < len; k++)
            words[k] |= bit | TOO_SMALL;
        return;
    }
    const int64_t *alloc = c->nodes->alloc[need.column] + range.from;
    const int64_t *used = c->nodes->used[need.column] + range.from;
    for (uint32_t k = 0; k < len; k++)
        words[k] |= unmet(&need, bit, alloc[k], used[k]) & keep;
}

static void filter_block(const struct berth_cycle *c, const struct needs *needs, struct berth_range range,
                         struct known *known, berth_verdict *verdicts)
{
    uint64_t words[RESOURCE_BLOCK];
    memset(words, 0, (range.to - range.from) * sizeof(words[0]));
    for (uint32_t i = 0; i < needs->len; i++)
        add_unmet(c, needs, i, range, words);
    for (uint32_t slot = range.from; slot < range.to; slot++) {
        uint64_t word = words[slot - range.from];
        if (word && verdicts[slot] == BERTH_PASS)
            verdicts[slot] = reject_known(c, needs, slot, word, known);
    }
}

static void filter_range(const struct berth_cycle *c, struct berth_range range, berth_verdict *verdicts)
{
    struct known known = {0};
    for (uint32_t from = range.from; from < range.to; from += RESOURCE_BLOCK) {
        uint32_t to = range.to - from > RESOURCE_BLOCK ? from + RESOURCE_BLOCK : range.to;
        if (c->state)
            filter_block(c, c->state, (struct berth_range){from, to}, &known, verdicts);
        for (uint32_t slot = from; !c->state && slot < to; slot++)
            if (verdicts[slot] == BERTH_PASS)
                verdicts[slot] = reject_without_state(c);
    }
}

/* ---- Score ---- */

/* Nothing to prepare: Score finds the columns itself, as it must when PreScore is not configured. */
static berth_verdict pre_score(const struct berth_cycle *c)
{
    (void)c;
    return BERTH_PASS;
}

static berth_verdict score(const struct berth_cycle *c, uint32_t node, int64_t *ret_score)
{
    const struct fit_strategy *strategy = &((const struct fit *)c->self)->strategy;
    struct resources_scored list;
    resources_scored_init(&list, c, &strategy->resources, RESOURCES_WITH_DEFAULTS);
    *ret_score = fit_strategy_score(strategy, &list, node);
    resources_scored_fini(&list);
    return BERTH_PASS;
}

static berth_verdict score_range(const struct berth_cycle *c, struct berth_range range, int64_t *scores)
{
    const struct fit_strategy *strategy = &((const struct fit *)c->self)->strategy;
    struct resources_scored list;
    resources_scored_init(&list, c, &strategy->resources, RESOURCES_WITH_DEFAULTS);
    for (uint32_t from = range.from; from < range.to; from += RESOURCE_BLOCK) {
        uint32_t to = range.to - from > RESOURCE_BLOCK ? from + RESOURCE_BLOCK : range.to;
        fit_strategy_score_block(strategy, &list, (struct berth_range){from, to}, scores);
    }
    resources_scored_fini(&list);
    return BERTH_PASS;
}

/* ---- queueing hints ---- */

/* What a pod requests or a node offers. */
struct amounts {
    int64_t named[3]; /* cpu, memory, ephemeral storage */
    const void *block;
    berth_list scalars;
};

static struct amounts requests_of(const struct berth_class *class)
{
    return (struct amounts){{class->cpu, class->memory, class->ephemeral_storage}, class, class->scalars};
}

static struct amounts offers_of(const struct berth_node *node)
{
    return (struct amounts){{node->cpu, node->memory, node->ephemeral_storage}, node, node->scalars};
}

static int64_t scalar_of(const struct amounts *a, berth_atom resource)
{
    berth_each(struct berth_amount, amount, a->block, a->scalars)
        if (amount->resource == resource)
            return amount->value;
    return 0;
}

/* Whether `a` has more than `b` of any resource of which some is wanted. */
static bool exceeds(const struct amounts *wanted, const struct amounts *a, const struct amounts *b)
{
    for (int i = 0; i < 3; i++)
        if (wanted->named[i] > 0 && a->named[i] > b->named[i])
            return true;
    berth_each(struct berth_amount, amount, wanted->block, wanted->scalars)
        if (amount->value > 0 && scalar_of(a, amount->resource) > scalar_of(b, amount->resource))
            return true;
    return false;
}

/* What is free on the node is not asked, and neither is what the arguments ignore: as upstream. */
static enum berth_hint after_node_change(const struct berth_cycle *c, const struct berth_change *change)
{
    const struct berth_node *before = change->old_object, *after = change->new_object;
    struct amounts request = requests_of(c->class), offer = offers_of(after);
    if (after->pods < 1 || exceeds(&request, &request, &offer))
        return BERTH_HINT_SKIP;
    if (!before || after->pods > before->pods)
        return BERTH_HINT_QUEUE;
    struct amounts offered = offers_of(before);
    return berth_hint_if(exceeds(&request, &offer, &offered));
}

static bool scaled_down(const struct berth_class *wanting, const struct berth_pod *before,
                        const struct berth_pod *after)
{
    struct amounts wanted = requests_of(wanting);
    struct amounts less = requests_of(after->class), more = requests_of(before->class);
    return after->node_name && exceeds(&wanted, &more, &less);
}

static enum berth_hint after_pod_change(const struct berth_cycle *c, const struct berth_change *change)
{
    const struct berth_pod *before = change->old_object, *after = change->new_object;
    bool helps = after ? berth_same_pod(c->pod, after) || scaled_down(c->class, before, after)
                       : berth_pod_takes_node(before);
    return berth_hint_if(helps);
}

/* Which resource the DeviceClass stands for is not asked: it may be any that the pod requests. */
static enum berth_hint after_class_change(const struct berth_cycle *c, const struct berth_change *change)
{
    (void)change;
    return berth_hint_if(c->class->scalars.len);
}

static const struct berth_registration events[] = {
    {{BERTH_ON_POD, BERTH_DELETE | BERTH_POD_SCALE_DOWN}, after_pod_change},
    {{BERTH_ON_NODE, BERTH_ADD | BERTH_NODE_ALLOCATABLE}, after_node_change},
    {{BERTH_ON_DEVICE_CLASS, BERTH_ADD | BERTH_UPDATE}, after_class_change},
};

const struct berth_plugin node_resources_fit_plugin = {
    .abi = BERTH_ABI,
    .size = sizeof(struct berth_plugin),
    .name = "NodeResourcesFit",
    .filter_scope = BERTH_SCOPE_ROW,
    .score_scope = BERTH_SCOPE_ROW,
    .create = create,
    .destroy = destroy,
    .pre_filter = pre_filter,
    .filter = filter,
    .filter_range = filter_range,
    .pre_score = pre_score,
    .score = score,
    .score_range = score_range,
    .events = events,
    .events_len = sizeof(events) / sizeof(events[0]),
};
