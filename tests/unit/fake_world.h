/*
 * A small cluster for testing plugins that count pods, and the slowest possible form of the services of
 * berth/plugin.h over it: every question walks all pods. Include it in one file of a test program.
 *
 * Nodes have a host name and, most of them, a zone. Pods carry one label, app=<0..2>;
 * selectors ask for one app.
 */
#ifndef TESTS_FAKE_WORLD_H
#define TESTS_FAKE_WORLD_H

#include "fake_framework.h"

#include "base/rng.h"

enum { NODES = 12, ZONES = 3, APPS = 3, MOST_PODS = 40, CONSTRAINTS = 2 };

/* What the plugins see as a pod class: the block of its lists. */
struct fake_class {
    struct berth_class class;
    struct berth_label label;
    struct berth_requirement requirements[APPS];
    berth_atom apps[APPS];
    struct berth_spread spread[CONSTRAINTS];
    struct berth_pod_term terms[4]; /* one of each enum berth_term_kind */
};

struct fake_pod {
    struct berth_pod pod;
    struct fake_class of;
    uint32_t node;
};

static struct {
    struct fake_pod pods[MOST_PODS];
    uint32_t len;
    uint32_t host[NODES], zone[NODES], taints[NODES];
    struct berth_node nodes[NODES];
    const struct berth_node *node[NODES];
    struct berth_nodes table;
} world;

static const char host[] = "kubernetes.io/hostname", zone[] = "topology.kubernetes.io/zone";
static const char *const apps[APPS] = {"0", "1", "2"};

/* ---- making a world ---- */

static struct berth_selector select_app(uint32_t app)
{
    uint32_t at =
        (uint32_t)(offsetof(struct fake_class, requirements) + app * sizeof(struct berth_requirement));
    return (struct berth_selector){.selects = BERTH_SELECTS_MATCHES, .requirements = {at, 1}};
}

static void class_init(struct fake_class *f, struct rng *rng)
{
    *f = (struct fake_class){.label = {fake_atom("app"), fake_atom(apps[rng_below(rng, APPS)])}};
    for (uint32_t i = 0; i < APPS; i++) {
        uint32_t at = (uint32_t)(offsetof(struct fake_class, apps) + i * sizeof(berth_atom));
        f->apps[i] = fake_atom(apps[i]);
        f->requirements[i] =
            (struct berth_requirement){.key = fake_atom("app"), .op = BERTH_IN, .values = {at, 1}};
    }
    f->class.namespace = fake_atom("default");
    f->class.labels = (berth_list){offsetof(struct fake_class, label), 1};
    f->class.spread = (berth_list){offsetof(struct fake_class, spread), CONSTRAINTS};
    for (int i = 0; i < CONSTRAINTS; i++)
        f->spread[i] = (struct berth_spread){
            .max_skew = 1 + (int32_t)rng_below(rng, 2),
            .min_domains = 1 + (int32_t)rng_below(rng, ZONES + 1),
            .topology_key = fake_atom(i == 0 ? zone : host),
            .when = rng_below(rng, 3) ? BERTH_DO_NOT_SCHEDULE : BERTH_SCHEDULE_ANYWAY,
            .selector = select_app(rng_below(rng, APPS)),
        };
    berth_list *lists[] = {&f->class.required_affinity, &f->class.preferred_affinity,
                           &f->class.required_anti_affinity, &f->class.preferred_anti_affinity};
    for (uint32_t k = 0; k < 4; k++) {
        uint32_t at = (uint32_t)(offsetof(struct fake_class, terms) + k * sizeof(struct berth_pod_term));
        *lists[k] = (berth_list){at, rng_below(rng, 2)};
        f->terms[k] = (struct berth_pod_term){
            .topology_key = fake_atom(rng_below(rng, 2) ? zone : host),
            .selector = select_app(rng_below(rng, APPS)),
            .namespaces = {offsetof(struct fake_class, class.namespace), 1},
            .weight = 1 + (int32_t)rng_below(rng, 100),
        };
    }
}

static void pod_init(struct fake_pod *p, struct rng *rng)
{
    class_init(&p->of, rng);
    p->pod = (struct berth_pod){.class = &p->of.class};
    p->node = rng_below(rng, NODES);
}

static void world_init(struct rng *rng)
{
    world.len = rng_below(rng, MOST_PODS / 2);
    for (uint32_t i = 0; i < world.len; i++)
        pod_init(&world.pods[i], rng);
    for (uint32_t s = 0; s < NODES; s++) {
        world.node[s] = &world.nodes[s];
        world.host[s] = s + 1;
        world.zone[s] = rng_below(rng, 8) ? 1 + rng_below(rng, ZONES) : 0;
    }
    world.table =
        (struct berth_nodes){.len = NODES, .live = NODES, .node = world.node, .taints_id = world.taints};
}

/* ---- the services ---- */

struct berth_topology berth_topology_of(const struct berth_cycle *c, berth_atom key)
{
    (void)c;
    bool by_zone = key == fake_atom(zone);
    return (struct berth_topology){by_zone ? world.zone : world.host, by_zone ? ZONES : NODES};
}

bool berth_requirements_match(const void *block, berth_list requirements, const void *labels_block,
                              berth_list labels)
{
    berth_each (struct berth_requirement, requirement, block, requirements) {
        const berth_atom *wanted = berth_list_at(block, requirement->values);
        if (berth_label_get(labels_block, labels, requirement->key) != *wanted)
            return false;
    }
    return true;
}

bool berth_selector_matches(const void *block, const struct berth_selector *s, const void *labels_block,
                            berth_list labels)
{
    return s->selects == BERTH_SELECTS_EVERYTHING
           || (s->selects == BERTH_SELECTS_MATCHES
               && berth_requirements_match(block, s->requirements, labels_block, labels));
}

berth_atom berth_label_get(const void *block, berth_list labels, berth_atom key)
{
    berth_each (struct berth_label, label, block, labels)
        if (label->key == key)
            return label->value;
    return NULL;
}

bool berth_query_matches(const struct berth_cycle *c, const struct berth_query *query,
                         const struct berth_class *class)
{
    (void)c;
    for (uint32_t i = 0; i < query->len; i++)
        if (!berth_selector_matches(query->parts[i].block, query->parts[i].selector, class, class->labels))
            return false;
    return true;
}

const int32_t *berth_count_pods(const struct berth_cycle *c, const struct berth_query *query)
{
    int32_t *column = berth_alloc(c, NODES * sizeof(*column));
    for (uint32_t i = 0; i < world.len; i++)
        column[world.pods[i].node] += berth_query_matches(c, query, world.pods[i].pod.class);
    return column;
}

berth_list berth_class_terms(const struct berth_class *class, enum berth_term_kind kind)
{
    return kind == BERTH_REQUIRED_AFFINITY        ? class->required_affinity
           : kind == BERTH_PREFERRED_AFFINITY     ? class->preferred_affinity
           : kind == BERTH_REQUIRED_ANTI_AFFINITY ? class->required_anti_affinity
                                                  : class->preferred_anti_affinity;
}

bool berth_term_selects(const struct berth_cycle *c, const void *block, const struct berth_pod_term *term,
                        const struct berth_class *class)
{
    (void)c;
    return berth_selector_matches(block, &term->selector, class, class->labels);
}

uint32_t berth_terms_selecting(const struct berth_cycle *c, enum berth_term_kind kind,
                               const struct berth_carried_term **ret_terms)
{
    struct berth_carried_term *terms = berth_alloc(c, world.len * sizeof(*terms));
    uint32_t len = 0;
    for (uint32_t i = 0; i < world.len; i++) {
        const struct berth_class *class = world.pods[i].pod.class;
        berth_each (struct berth_pod_term, term, class, berth_class_terms(class, kind)) {
            struct berth_placed *placed = berth_alloc(c, sizeof(*placed));
            *placed = (struct berth_placed){world.pods[i].node, 1};
            if (berth_term_selects(c, class, term, c->class))
                terms[len++] = (struct berth_carried_term){class, term, placed, 1};
        }
    }
    *ret_terms = terms;
    return len;
}

bool berth_node_term_matches(const void *block, const struct berth_node_term *term,
                             const struct berth_node *node)
{
    (void)block, (void)term, (void)node;
    return true;
}

bool berth_tolerates(const struct berth_class *class, const struct berth_taint *taint)
{
    (void)class, (void)taint;
    return true;
}

uint32_t berth_workloads(const struct berth_cycle *c, enum berth_workload_kind kind, berth_atom namespace,
                         const struct berth_workload *const **ret_workloads)
{
    (void)c, (void)kind, (void)namespace;
    *ret_workloads = NULL;
    return 0;
}

int berth_create_fails(struct berth_handle *h, const char *format, ...)
{
    (void)h, (void)format;
    return -1;
}

const struct berth_value *berth_value_get(const struct berth_value *object, const char *key)
{
    (void)object, (void)key;
    return NULL;
}

int64_t berth_value_int(const struct berth_value *v, int64_t otherwise)
{
    (void)v;
    return otherwise;
}

bool berth_value_bool(const struct berth_value *v, bool otherwise)
{
    (void)v;
    return otherwise;
}

#endif
