/* Random clusters: small vocabularies, so that things meet. */
#include "model.h"

#include <stdio.h>
#include <string.h>

static const char hostname[] = "kubernetes.io/hostname", zone[] = "topology.kubernetes.io/zone";
static const char *const namespaces[] = {"default", "red", "blue"};

static bool chance(struct rng *rng, uint32_t of8)
{
    return rng_below(rng, 8) < of8;
}

static uint32_t between(struct rng *rng, uint32_t low, uint32_t high)
{
    return low + rng_below(rng, high - low + 1);
}

#define PICK(rng, array) ((array)[rng_below((rng), ARRAY_LEN(array))])

static void add(struct labels *labels, const char *key, const char *value)
{
    labels->at[labels->len++] = (struct label){key, value};
}

struct density random_density(struct rng *rng)
{
    struct density d;
    uint32_t *all[] = {&d.taints, &d.selectors, &d.node_terms, &d.affinity,  &d.anti_affinity,
                       &d.spread, &d.ports,     &d.gpus,       &d.preferred, &d.nominated};
    for (size_t i = 0; i < ARRAY_LEN(all); i++) {
        static const uint32_t amounts[] = {0, 0, 1, 2, 4, 6};
        *all[i] = PICK(rng, amounts);
    }
    d.nominated = d.nominated > 2 ? 2 : d.nominated;
    d.templates = between(rng, 1, 10);
    return d;
}

/* ---- nodes and namespaces ---- */

static const char *const taint_keys[] = {"dedicated", "gpu", "node.kubernetes.io/unschedulable"};
static const char *const taint_values[] = {"", "x", "z"};
static const char *const effects[] = {"NoSchedule", "NoExecute", "PreferNoSchedule"};

void random_node(struct rng *rng, const struct density *d, struct node *node, uint32_t index)
{
    static const char *const zones[] = {"za", "zb", "zc"};
    static const char *const disks[] = {"ssd", "hdd", ""};
    static const char *const sizes[] = {"1", "2", "10", "big"};
    *node = (struct node){.there = true};
    snprintf(node->name, sizeof(node->name), "n%u", index % MOST_NODES);
    if (!chance(rng, 1))
        add(&node->labels, hostname, node->name);
    if (!chance(rng, 1))
        add(&node->labels, zone, PICK(rng, zones));
    if (chance(rng, 5))
        add(&node->labels, "disk", PICK(rng, disks));
    if (chance(rng, 4))
        add(&node->labels, "size", PICK(rng, sizes));
    while (node->taints_len < 2 && chance(rng, d->taints))
        node->taints[node->taints_len++] =
            (struct taint){PICK(rng, taint_keys), PICK(rng, taint_values), PICK(rng, effects)};
    node->unschedulable = chance(rng, d->taints) && chance(rng, 3);
    node->offers = (struct amounts){500 * between(rng, 1, 8), 512 * between(rng, 1, 8),
                                    chance(rng, d->gpus) ? between(rng, 1, 4) : 0};
    node->pods = between(rng, 2, 8);
}

void random_namespace(struct rng *rng, struct namespace *namespace, uint32_t index)
{
    static const char *const teams[] = {"a", "b"};
    *namespace = (struct namespace){.name = namespaces[index], .there = !chance(rng, 2)};
    if (chance(rng, 6))
        add(&namespace->labels, "team", PICK(rng, teams));
}

/* ---- requirements, selectors, terms ---- */

static const char *const pod_keys[] = {"app", "tier"};
static const char *const pod_values[] = {"a", "b", "c"};

static struct requirement random_requirement(struct rng *rng, const char *key, const char *const *values,
                                             uint32_t values_len, uint32_t operators)
{
    struct requirement r = {.key = key, .op = (enum operator)rng_below(rng, operators)};
    static const char *const numbers[] = {"1", "2", "9"};
    if (r.op == GREATER || r.op == LESS)
        r.values[r.values_len++] = PICK(rng, numbers);
    else if (r.op == IN || r.op == NOT_IN)
        for (uint32_t n = between(rng, 1, 2); r.values_len < n;)
            r.values[r.values_len++] = values[rng_below(rng, values_len)];
    if (r.values_len == 2 && r.values[0] == r.values[1])
        r.values_len = 1;
    return r;
}

static struct selector random_selector(struct rng *rng)
{
    struct selector s = {.given = rng_below(rng, 20) != 0};
    uint32_t wanted = s.given ? (rng_below(rng, 10) ? between(rng, 1, 2) : 0) : 0;
    for (; s.len < wanted; s.len++)
        s.at[s.len] = rng_below(rng, 2) ? (struct requirement){"app", IN, {PICK(rng, pod_values)}, 1}
                                        : random_requirement(rng, PICK(rng, pod_keys), pod_values,
                                                             ARRAY_LEN(pod_values), 4);
    return s;
}

static const char *random_topology_key(struct rng *rng)
{
    static const char *const keys[] = {hostname, zone, zone, "disk"};
    return PICK(rng, keys);
}

static struct term random_term(struct rng *rng)
{
    struct term t = {.topology_key = random_topology_key(rng), .selector = random_selector(rng)};
    if (chance(rng, 2))
        for (uint32_t n = between(rng, 1, 2); t.namespaces_len < n; t.namespaces_len++)
            t.namespaces[t.namespaces_len] = namespaces[(rng_below(rng, 3) + t.namespaces_len) % 3];
    if (t.namespaces_len == 2 && t.namespaces[0] == t.namespaces[1])
        t.namespaces_len = 1;
    if (chance(rng, 2)) {
        static const char *const teams[] = {"a", "b"};
        t.namespace_selector.given = true;
        if (chance(rng, 6))
            t.namespace_selector.at[t.namespace_selector.len++] =
                random_requirement(rng, "team", teams, 2, 4);
    }
    t.weight = (int32_t)between(rng, 1, 100);
    return t;
}

static struct spread random_spread(struct rng *rng)
{
    return (struct spread){
        .topology_key = random_topology_key(rng),
        .selector = random_selector(rng),
        .match_label_key = chance(rng, 1) ? PICK(rng, pod_keys) : NULL,
        .max_skew = (int32_t)between(rng, 1, 3),
        .min_domains = chance(rng, 2) ? (int32_t)between(rng, 1, 4) : 0,
        .hard = chance(rng, 6),
        .ignores_affinity = chance(rng, 2),
        .honors_taints = chance(rng, 2),
    };
}

static struct node_term random_node_term(struct rng *rng, uint32_t nodes)
{
    static const char *const keys[] = {"disk", "size", zone};
    static const char *const values[] = {"ssd", "hdd", "za", "zb", "1", "big", ""};
    static const char *const names[] = {"n0", "n1", "n2", "n3", "n4", "n5", "n6", "n7", "n8", "n9"};
    struct node_term t = {.name = chance(rng, 1) ? names[rng_below(rng, nodes < 10 ? nodes : 10)] : NULL};
    uint32_t wanted = t.name && chance(rng, 4) ? 0 : between(rng, 1, 2);
    for (; t.len < wanted; t.len++)
        t.at[t.len] = random_requirement(rng, PICK(rng, keys), values, ARRAY_LEN(values), 6);
    return t;
}

/* ---- pods ---- */

static void random_placement(struct rng *rng, const struct density *d, uint32_t nodes, struct pod *pod)
{
    static const char *const disks[] = {"ssd", "hdd"};
    if (chance(rng, d->selectors))
        add(&pod->node_selector, "disk", PICK(rng, disks));
    if (chance(rng, d->node_terms)) {
        pod->has_node_terms = true;
        for (uint32_t n = between(rng, 1, 2); pod->node_terms_len < n;)
            pod->node_terms[pod->node_terms_len++] = random_node_term(rng, nodes);
    }
    while (pod->tolerations_len < 2 && chance(rng, d->taints)) {
        struct toleration t = {PICK(rng, taint_keys), PICK(rng, taint_values), PICK(rng, effects)};
        t.key = chance(rng, 1) ? NULL : t.key;
        t.value = !t.key || chance(rng, 3) ? NULL : t.value;
        t.effect = chance(rng, 3) ? NULL : t.effect;
        pod->tolerations[pod->tolerations_len++] = t;
    }
}

static void random_company(struct rng *rng, const struct density *d, struct pod *pod)
{
    while (pod->affinity_len < 2 && chance(rng, d->affinity))
        pod->affinity[pod->affinity_len++] = random_term(rng);
    while (pod->anti_affinity_len < 2 && chance(rng, d->anti_affinity))
        pod->anti_affinity[pod->anti_affinity_len++] = random_term(rng);
    while (pod->spread_len < 2 && chance(rng, d->spread)) {
        struct spread s = random_spread(rng);
        /* The API server refuses two constraints with the same key and action. */
        bool twice = pod->spread_len == 1 && pod->spread[0].hard == s.hard
                     && strcmp(pod->spread[0].topology_key, s.topology_key) == 0;
        if (twice)
            break;
        pod->spread[pod->spread_len++] = s;
    }
}

static void random_preferences(struct rng *rng, const struct density *d, uint32_t nodes, struct pod *pod)
{
    if (chance(rng, d->preferred))
        pod->preferred_nodes[pod->preferred_nodes_len++] = random_node_term(rng, nodes);
    if (chance(rng, d->preferred))
        pod->preferred_affinity[pod->preferred_affinity_len++] = random_term(rng);
    if (chance(rng, d->preferred))
        pod->preferred_anti_affinity[pod->preferred_anti_affinity_len++] = random_term(rng);
}

void random_pod(struct rng *rng, const struct density *d, uint32_t nodes, struct pod *pod)
{
    static const int32_t priorities[] = {0, 0, 0, 10, -5};
    *pod = (struct pod){.namespace = namespaces[chance(rng, 5) ? 0 : rng_below(rng, 3)], .nominated = -1};
    if (chance(rng, 7))
        add(&pod->labels, "app", PICK(rng, pod_values));
    if (chance(rng, 3))
        add(&pod->labels, "tier", PICK(rng, pod_values));
    pod->priority = PICK(rng, priorities);
    pod->wants = (struct amounts){chance(rng, 6) ? 100 * between(rng, 1, 9) : 0,
                                  chance(rng, 5) ? 64 * between(rng, 1, 12) : 0,
                                  chance(rng, d->gpus) ? between(rng, 1, 2) : 0};
    random_placement(rng, d, nodes, pod);
    random_company(rng, d, pod);
    random_preferences(rng, d, nodes, pod);
    while (pod->ports_len < 2 && chance(rng, d->ports)) {
        static const char *const protocols[] = {"TCP", "TCP", "UDP"};
        static const char *const ips[] = {"0.0.0.0", "0.0.0.0", "10.0.0.1", "10.0.0.2"};
        pod->ports[pod->ports_len++] =
            (struct port){(int32_t)between(rng, 8080, 8082), PICK(rng, protocols), PICK(rng, ips)};
    }
    pod->terminating = chance(rng, 1) && chance(rng, 2);
}
