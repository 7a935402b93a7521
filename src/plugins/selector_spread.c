/*
 * SelectorSpread, of releases up to 1.24: spreads the pods of a Service, ReplicationController, ReplicaSet or
 * StatefulSet over nodes and, twice as important, over zones. A pod with topology spread constraints of its
 * own is left to those. PodTopologySpread's defaults replace it in the default configuration.
 */
#include <berth/plugin.h>

#include <stddef.h>

static const double zone_share = 2.0 / 3.0; /* of a node's score, when it lies in a zone */

/*
 * What PreScore leaves: per slot the pods that belong with this one, NULL when nothing says which those are.
 */
struct spread {
    const int32_t *counts;
};

/* ---- which pods belong with this one ---- */

struct parts {
    struct berth_query_part *at;
    uint32_t len;
};

/*
 * Adds what the workload selects in its namespace.
 * A selector without requirements, or a bad one, adds nothing.
 */
static void add_part(struct parts *parts, const struct berth_workload *workload)
{
    if (workload->selector.selects != BERTH_SELECTS_MATCHES)
        return;
    parts->at[parts->len++] = (struct berth_query_part){
        .block = workload,
        .selector = &workload->selector,
        .namespaces = {offsetof(struct berth_workload, namespace), 1}, /* the member is a list of one */
    };
}

/* The kind of workload that owns the pod, or -1: another or none. */
static int owner_kind(const struct berth_class *class)
{
    static const struct {
        berth_str name;
        enum berth_workload_kind kind;
    } kinds[] = {
        {{"ReplicationController", 21}, BERTH_REPLICATION_CONTROLLER},
        {{"ReplicaSet", 10}, BERTH_REPLICA_SET},
        {{"StatefulSet", 11}, BERTH_STATEFUL_SET},
    };
    for (size_t i = 0; class->owner_kind && i < sizeof(kinds) / sizeof(kinds[0]); i++)
        if (berth_str_eq(kinds[i].name, berth_atom_str(class->owner_kind)))
            return (int)kinds[i].kind;
    return -1;
}

static const struct berth_workload *owner(const struct berth_cycle *c)
{
    int kind = owner_kind(c->class);
    if (kind < 0)
        return NULL;
    const struct berth_workload *const *workloads;
    uint32_t len = berth_workloads(c, (enum berth_workload_kind)kind, c->class->namespace, &workloads);
    for (uint32_t i = 0; i < len; i++)
        if (workloads[i]->name == c->class->owner_name)
            return workloads[i];
    return NULL;
}

/* The pods that the pod's owner and every Service of the pod select. */
static struct parts belonging(const struct berth_cycle *c)
{
    const struct berth_class *class = c->class;
    const struct berth_workload *const *services;
    uint32_t len = berth_workloads(c, BERTH_SERVICE, class->namespace, &services);
    struct parts parts = {berth_alloc(c, (len + 1) * sizeof(*parts.at)), 0};
    for (uint32_t i = 0; i < len; i++)
        if (berth_selector_matches(services[i], &services[i]->selector, class, class->labels))
            add_part(&parts, services[i]);
    const struct berth_workload *own = owner(c);
    if (own)
        add_part(&parts, own);
    return parts;
}

static berth_verdict pre_score(const struct berth_cycle *c)
{
    if (c->class->spread.len)
        return BERTH_PASS;
    struct spread *spread = berth_alloc(c, sizeof(*spread));
    struct parts parts = belonging(c);
    if (parts.len) {
        struct berth_query query = {.parts = parts.at, .len = parts.len, .skip_terminating = 1};
        spread->counts = berth_count_pods(c, &query);
    }
    berth_keep(c, spread);
    return BERTH_PASS;
}

/* ---- scores ---- */

static berth_verdict score_range(const struct berth_cycle *c, struct berth_range range, int64_t *scores)
{
    const struct spread *spread = c->score_state;
    if (!spread && !c->class->spread.len) /* PreScore is disabled in the configuration */
        return berth_reject(c, BERTH_ERROR, "reading \"PreScoreSelectorSpread\" from cycleState: not found");
    for (uint32_t slot = range.from; slot < range.to; slot++)
        scores[slot] = spread && spread->counts ? spread->counts[slot] : 0;
    return BERTH_PASS;
}

struct zone {
    berth_atom name; /* NULL: the place is free */
    int64_t pods;
};

/* The pods of each zone: an open hash table. */
struct zones {
    struct zone *at;
    uint32_t mask; /* the places less one */
};

static int64_t *zone_pods(const struct zones *zones, berth_atom zone)
{
    uint32_t place = zone->hash & zones->mask;
    while (zones->at[place].name && zones->at[place].name != zone)
        place = (place + 1) & zones->mask;
    zones->at[place].name = zone;
    return &zones->at[place].pods;
}

static int64_t greater(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

/* The pods of the feasible nodes by zone, and the most that a zone and a node have. */
static struct zones count_zones(const struct berth_cycle *c, const int64_t *scores, int64_t *ret_zone_most,
                                int64_t *ret_node_most)
{
    struct zones zones = {.mask = 1};
    while (zones.mask < 2 * c->feasible_len)
        zones.mask = 2 * zones.mask + 1;
    zones.at = berth_alloc(c, (zones.mask + (size_t)1) * sizeof(*zones.at));
    for (uint32_t i = 0; i < c->feasible_len; i++) {
        uint32_t slot = c->feasible[i];
        berth_atom zone = c->nodes->node[slot]->zone;
        *ret_node_most = greater(*ret_node_most, scores[slot]);
        if (zone)
            *zone_pods(&zones, zone) += scores[slot];
    }
    for (uint32_t place = 0; place <= zones.mask; place++)
        *ret_zone_most = greater(*ret_zone_most, zones.at[place].pods);
    return zones;
}

/* 100 for no pods, 0 for the most. */
static double emptiness(int64_t pods, int64_t most)
{
    return most > 0 ? 100.0 * ((double)(most - pods) / (double)most) : 100.0;
}

static berth_verdict normalize(const struct berth_cycle *c, int64_t *scores)
{
    if (c->class->spread.len)
        return BERTH_PASS;
    int64_t zone_most = 0, node_most = 0;
    struct zones zones = count_zones(c, scores, &zone_most, &node_most);
    for (uint32_t i = 0; i < c->feasible_len; i++) {
        uint32_t slot = c->feasible[i];
        berth_atom zone = c->nodes->node[slot]->zone;
        double score = emptiness(scores[slot], node_most);
        if (zone)
            score = score * (1.0 - zone_share) + zone_share * emptiness(*zone_pods(&zones, zone), zone_most);
        scores[slot] = (int64_t)score;
    }
    return BERTH_PASS;
}

const struct berth_plugin selector_spread_plugin = {
    .abi = BERTH_ABI,
    .size = sizeof(struct berth_plugin),
    .name = "SelectorSpread",
    .score_scope = BERTH_SCOPE_CLUSTER,
    .pre_score = pre_score,
    .score_range = score_range,
    .normalize = normalize,
};
