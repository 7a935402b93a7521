/*
 * Property test of suggested changes: in random clusters, each change that is suggested for a pod that fits
 * nowhere is carried out on the model, and the slow checker of check.c must say that the pod fits then: on
 * the example node, and on as many nodes as were promised.
 *
 *     changes [--seeds N] [--seed S] [--verbose]
 */
#include "model.h"
#include "plugins/all.h"
#include "sim/remedies.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct trial {
    struct rng rng;
    struct density density;
    struct model model;
    struct catalog *catalog;
    struct core *core;
    struct arena arena;
    struct buf text;
    bool verbose, failed;
    uint64_t seed;
};

static uint64_t suggested[REMEDY_KIND_COUNT], misfits, helped, skipped;

static void fails(struct trial *t, const struct pod *pod, const struct remedy *change, const char *what)
{
    t->failed = true;
    fprintf(stderr, "seed %" PRIu64 ": pod %s: ", t->seed, pod->name);
    for (uint32_t i = 0; change && i < change->steps_len; i++)
        fprintf(stderr, "%s ", remedy_kind_name(change->steps[i].kind));
    fprintf(stderr,
            "(%u nodes, %s): %s; to replay it: build/tests/remedies --seed %" PRIu64 " --seeds 1 --verbose\n",
            change ? change->nodes : 0, change && change->example ? change->example->text : "-", what,
            t->seed);
}

/* ---- objects go in ---- */

static struct object decoded(struct trial *t, enum object_kind kind)
{
    struct berth_value value;
    struct object object = {.kind = kind};
    struct err err = {0};
    size_t len = t->text.len;
    if (t->verbose)
        printf("%.*s\n", (int)len, t->text.ptr);
    for (int i = 0; i < DOC_PADDING; i++)
        buf_char(&t->text, ' ');
    struct doc doc = {"object", t->text.ptr, len, DOC_JSON};
    if (doc_parse(&doc, &t->arena, &value, &err) < 0
        || object_decode(t->catalog, kind, &value, &object, NULL, &err) < 0) {
        fprintf(stderr, "%s\n", err_text(&err));
        abort();
    }
    arena_reset(&t->arena);
    buf_clear(&t->text);
    return object;
}

static void put(struct trial *t, enum object_kind kind)
{
    struct object object = decoded(t, kind);
    if (core_put(t->core, &object, 1) < 0)
        abort();
    object_unref(t->catalog, &object);
}

static void make_pod(struct trial *t)
{
    struct model *m = &t->model;
    struct pod *pod = &m->pods[m->pods_len];
    random_pod(&t->rng, &t->density, m->nodes_len, pod);
    snprintf(pod->name, sizeof(pod->name), "p%u", m->pods_len++);
    pod->uid = m->pods_len; /* what creation adds is none of our business */
    pod->place = QUEUED;
    pod->terminating = false;
    uint32_t from = rng_below(&t->rng, m->nodes_len);
    for (uint32_t i = 0; i < m->nodes_len && pod->place == QUEUED && rng_below(&t->rng, 8); i++) {
        pod->node = (int32_t)((from + i) % m->nodes_len);
        if (!check(m, pod, (uint32_t)pod->node))
            pod->place = PLACED;
    }
    if (pod->place == QUEUED && rng_below(&t->rng, 8) < t->density.nominated)
        pod->nominated = (int32_t)rng_below(&t->rng, m->nodes_len);
    json_pod(&t->text, m, pod);
    put(t, OBJECT_POD);
}

static void set_up(struct trial *t, const struct config *config)
{
    const struct registry registry = {all_plugins, all_plugins_len};
    const struct core_options options = {.seed = t->seed};
    struct err err = {0};
    t->catalog = catalog_new();
    if (core_new(config, &registry, t->catalog, &options, &t->core, &err) < 0)
        abort();
    t->density = random_density(&t->rng);
    t->model.nodes_len = 1 + rng_below(&t->rng, MOST_NODES - 1); /* room for a new one */
    for (uint32_t i = 0; i < NAMESPACES; i++) {
        random_namespace(&t->rng, &t->model.namespaces[i], i);
        json_namespace(&t->text, &t->model.namespaces[i]);
        if (t->model.namespaces[i].there)
            put(t, OBJECT_NAMESPACE);
        buf_clear(&t->text);
    }
    for (uint32_t i = 0; i < t->model.nodes_len; i++) {
        random_node(&t->rng, &t->density, &t->model.nodes[i], i);
        json_node(&t->text, &t->model.nodes[i]);
        put(t, OBJECT_NODE);
    }
    for (uint32_t i = 0; i < MOST_PODS; i++)
        make_pod(t);
}

/* ---- changes are carried out ---- */

#define TAKE_OUT(array, len, at)                                                                             \
    memmove(&(array)[at], &(array)[(at) + 1], (--(len) - (at)) * sizeof((array)[0]))

static bool is(const char *text, berth_atom atom)
{
    return strcmp(text ? text : "", atom ? atom->text : "") == 0;
}

static const char *effect_name(uint32_t effect)
{
    static const char *const names[] = {"NoSchedule", "PreferNoSchedule", "NoExecute"};
    return names[effect];
}

static void set_label(struct labels *labels, const struct berth_label *label)
{
    uint32_t i = 0;
    while (i < labels->len && !is(labels->at[i].key, label->key))
        i++;
    labels->len += i == labels->len;
    labels->at[i] = (struct label){label->key->text, label->value->text};
}

static void drop_label(struct labels *labels, berth_atom key)
{
    for (uint32_t i = 0; i < labels->len; i++)
        if (is(labels->at[i].key, key)) {
            TAKE_OUT(labels->at, labels->len, i);
            return;
        }
}

static bool same_requirement(const struct requirement *r, const struct berth_class *class,
                             const struct berth_requirement *x)
{
    bool numeric = r->op == GREATER || r->op == LESS;
    if (!is(r->key, x->key) || (uint32_t)r->op != x->op)
        return false;
    if (numeric)
        return atoll(r->values[0]) == x->number;
    bool all = r->values_len == x->values.len;
    berth_each (berth_atom, value, class, x->values)
        all = all && (is(r->values[0], *value) || (r->values_len > 1 && is(r->values[1], *value)));
    return all;
}

/* Requirements are sorted in the class, so the one meant is found by what it says. */
static bool drop_requirement(struct pod *pod, const struct berth_class *class, const struct pod_edit *edit)
{
    const struct berth_node_term *terms = berth_list_at(class, class->required_nodes);
    const struct berth_node_term *term = &terms[edit->at];
    struct node_term *own = &pod->node_terms[edit->at];
    if (edit->part >= term->expressions.len) {
        own->name = NULL;
        return true;
    }
    const struct berth_requirement *x = berth_list_at(class, term->expressions);
    for (uint32_t i = 0; i < own->len; i++)
        if (same_requirement(&own->at[i], class, &x[edit->part])) {
            TAKE_OUT(own->at, own->len, i);
            return true;
        }
    return false; /* a value that stands for several, as "" does */
}

static bool drop_port(struct pod *pod, const struct berth_class *class, uint32_t at)
{
    const struct berth_port *ports = berth_list_at(class, class->ports);
    for (uint32_t i = 0; i < pod->ports_len; i++)
        if (pod->ports[i].port == ports[at].port && is(pod->ports[i].protocol, ports[at].protocol)
            && is(pod->ports[i].ip, ports[at].ip)) {
            TAKE_OUT(pod->ports, pod->ports_len, i);
            return true;
        }
    return false;
}

static void lower_request(struct pod *pod, const struct pod_edit *edit)
{
    if (is("cpu", edit->resource))
        pod->wants.milli_cpu = edit->amount;
    else if (is("memory", edit->resource))
        pod->wants.mebibytes = edit->amount >> 20;
    else
        pod->wants.gpus = edit->amount;
}

/* A step that is the pod's; false: the model cannot tell what it means. */
static bool edit_pod(struct pod *pod, const struct berth_class *class, const struct remedy_step *step)
{
    const struct pod_edit *edit = &step->edit;
    switch ((enum remedy_kind)step->kind) {
    case REMEDY_TOLERATE:
        pod->tolerations[pod->tolerations_len++] = (struct toleration){
            edit->taint.key->text, edit->taint.value->text, effect_name(edit->taint.effect)};
        return true;
    case REMEDY_LOWER_REQUEST:
        lower_request(pod, edit);
        return true;
    case REMEDY_RAISE_MAX_SKEW:
        pod->spread[edit->at].max_skew = (int32_t)edit->amount;
        return true;
    case REMEDY_DROP_SPREAD:
        pod->spread[edit->at].hard =
            false; /* which is as good for where it fits, and leaves the places alone */
        return true;
    case REMEDY_DROP_NODE_SELECTOR: {
        const struct berth_label *labels = berth_list_at(class, class->node_selector);
        drop_label(&pod->node_selector, labels[edit->at].key);
        return true;
    }
    case REMEDY_DROP_NODE_REQUIREMENT:
        return drop_requirement(pod, class, edit);
    case REMEDY_DROP_NODE_AFFINITY:
        pod->has_node_terms = false;
        pod->node_terms_len = 0;
        return true;
    case REMEDY_DROP_AFFINITY:
        TAKE_OUT(pod->affinity, pod->affinity_len, edit->at);
        return true;
    case REMEDY_DROP_ANTI_AFFINITY:
        TAKE_OUT(pod->anti_affinity, pod->anti_affinity_len, edit->at);
        return true;
    case REMEDY_DROP_PORT:
        return drop_port(pod, class, edit->at);
    default:
        return true;
    }
}

static void free_room(struct trial *t, struct model *m, uint32_t node, const struct remedy_step *step)
{
    struct amounts used = {0};
    int64_t pods = 0;
    for (const struct pod *pod = m->pods; pod < m->pods + m->pods_len; pod++)
        if (pod->place == PLACED && pod->node == (int32_t)node) {
            used.milli_cpu += pod->wants.milli_cpu;
            used.mebibytes += pod->wants.mebibytes;
            used.gpus += pod->wants.gpus;
            pods++;
        }
    for (uint32_t i = 0; i < step->freed_len; i++) {
        int64_t amount = step->freed[i].amount;
        uint32_t column = step->freed[i].column;
        int64_t *room = column == BERTH_CPU      ? &m->nodes[node].offers.milli_cpu
                        : column == BERTH_MEMORY ? &m->nodes[node].offers.mebibytes
                        : column == BERTH_PODS   ? &m->nodes[node].pods
                                                 : &m->nodes[node].offers.gpus;
        int64_t most = column == BERTH_CPU      ? used.milli_cpu
                       : column == BERTH_MEMORY ? used.mebibytes
                       : column == BERTH_PODS   ? pods
                                                : used.gpus;
        amount = column == BERTH_MEMORY ? amount >> 20 : amount;
        *room += amount < most ? amount : most;
    }
    (void)t;
}

static void clear_taint(struct node *node, const struct berth_taint *taint)
{
    for (uint32_t i = node->taints_len; i-- > 0;)
        if (is(node->taints[i].key, taint->key) && is(node->taints[i].value, taint->value)
            && strcmp(node->taints[i].effect, effect_name(taint->effect)) == 0)
            TAKE_OUT(node->taints, node->taints_len, i);
}

static void clear_troubles(struct node *node, bool only_cordon)
{
    static const char cordon[] = "node.kubernetes.io/unschedulable";
    node->unschedulable = false;
    for (uint32_t i = node->taints_len; i-- > 0;)
        if (strcmp(node->taints[i].key, cordon) == 0
            && (!only_cordon || strcmp(node->taints[i].effect, "NoSchedule") == 0))
            TAKE_OUT(node->taints, node->taints_len, i);
}

static void add_node(struct model *m, const struct remedy_step *step)
{
    static const char hostname[] = "kubernetes.io/hostname";
    struct node *node = &m->nodes[m->nodes_len];
    for (uint32_t i = 0; i < m->nodes_len; i++)
        if (is(m->nodes[i].name, step->like->name))
            *node = m->nodes[i];
    for (uint32_t i = 0; i < node->labels.len; i++)
        if (strcmp(node->labels.at[i].key, hostname) == 0)
            node->labels.at[i].value = "new";
    strcpy(node->name, "new");
    clear_troubles(node, false);
    for (uint32_t i = 0; i < step->labels_len; i++)
        set_label(&node->labels, &step->labels[i]);
    m->nodes_len++;
}

static void move_pods(struct model *m, const struct remedy_step *step)
{
    for (uint32_t k = 0; k < step->moved_len; k++)
        for (uint32_t i = 0; i < m->pods_len; i++)
            if (berth_str_eq(berth_str_of(m->pods[i].name), berth_pod_name(step->moved[k])))
                m->pods[i].place = GONE;
}

/* A step that is the cluster's; one of a node is done to that node, if the step is meant for it. */
static void edit_cluster(struct trial *t, struct model *m, const struct remedy_step *step, uint32_t node)
{
    struct node *own = &m->nodes[node];
    switch ((enum remedy_kind)step->kind) {
    case REMEDY_UNCORDON:
        if (own->unschedulable)
            clear_troubles(own, true);
        break;
    case REMEDY_CLEAR_TAINT:
        clear_taint(own, &step->edit.taint);
        break;
    case REMEDY_LABEL_NODE:
        for (uint32_t i = 0; i < step->labels_len; i++)
            set_label(&own->labels, &step->labels[i]);
        break;
    case REMEDY_FREE:
        free_room(t, m, node, step);
        break;
    default:
        break;
    }
}

static int32_t node_named(const struct model *m, const char *name)
{
    for (uint32_t i = 0; i < m->nodes_len; i++)
        if (strcmp(m->nodes[i].name, name) == 0)
            return (int32_t)i;
    return -1;
}

/* What does not depend on a node; false: the model cannot tell what a step means. */
static bool carry_out(struct model *m, struct pod *pod, const struct berth_class *class,
                      const struct remedy *change)
{
    for (uint32_t i = change->steps_len; i-- > 0;) { /* of two in one list the later is in front, or so */
        const struct remedy_step *step = &change->steps[i];
        if (!edit_pod(pod, class, step))
            return false;
        if (step->kind == REMEDY_ADD_NODE)
            add_node(m, step);
        if (step->kind == REMEDY_MOVE_PODS)
            move_pods(m, step);
    }
    return true;
}

/* Whether places in lists are ambiguous for carry_out(), which takes items out one by one. */
static bool is_ambiguous(const struct remedy *change)
{
    for (uint32_t i = 1; i < change->steps_len; i++)
        if (change->steps[i].kind == change->steps[i - 1].kind
            && change->steps[i].edit.at < change->steps[i - 1].edit.at)
            return true;
    return false;
}

static void try_change(struct trial *t, uint32_t index, const struct berth_class *class,
                       const struct remedy *change)
{
    static struct model all, one;
    const struct pod *pod = &t->model.pods[index];
    all = t->model;
    if (is_ambiguous(change) || !carry_out(&all, &all.pods[index], class, change)) {
        skipped++;
        return;
    }
    one = all;
    int32_t example = node_named(&one, change->example ? change->example->text : "new");
    uint32_t fitting = 0;
    for (uint32_t s = 0; s < change->steps_len; s++) {
        for (uint32_t i = 0; i < all.nodes_len; i++)
            if (change->steps[s].kind != REMEDY_FREE)
                edit_cluster(t, &all, &change->steps[s], i);
        edit_cluster(t, &one, &change->steps[s], (uint32_t)example);
    }
    for (uint32_t i = 0; i < all.nodes_len; i++) {
        static struct model freed;
        freed = all; /* room is freed on one node at a time */
        for (uint32_t s = 0; s < change->steps_len; s++)
            if (change->steps[s].kind == REMEDY_FREE)
                edit_cluster(t, &freed, &change->steps[s], i);
        fitting += !check(&freed, &freed.pods[index], i);
    }
    const char *why = check(&one, &one.pods[index], (uint32_t)example);
    if (why)
        fails(t, pod, change, why);
    else if (fitting != change->nodes)
        fails(t, pod, change, "another number of nodes fits");
    for (uint32_t i = 0; i < change->steps_len; i++)
        suggested[change->steps[i].kind]++;
}

static bool fits_somewhere(const struct model *m, const struct pod *pod)
{
    for (uint32_t i = 0; i < m->nodes_len; i++)
        if (!check(m, pod, i))
            return true;
    return false;
}

static void try_pod(struct trial *t, uint32_t index)
{
    struct pod *pod = &t->model.pods[index];
    struct remedies changes = {0};
    json_pod(&t->text, &t->model, pod);
    struct object object = decoded(t, OBJECT_POD);
    remedies_find(t->core, t->catalog, object.pod, &changes);
    misfits++;
    helped += changes.list.len > 0;
    for (size_t i = 0; i < changes.list.len; i++)
        try_change(t, index, object.pod->class, &changes.list.at[i]);
    if (!core_ok(t->core))
        fails(t, pod, NULL, "core_ok() says no");
    remedies_fini(&changes);
    object_unref(t->catalog, &object);
}

static bool play(const struct config *config, uint64_t seed, bool verbose)
{
    static struct trial t;
    t = (struct trial){.rng = {seed}, .seed = seed, .verbose = verbose};
    set_up(&t, config);
    for (uint32_t i = 0; i < t.model.pods_len && !t.failed; i++)
        if (t.model.pods[i].place == QUEUED && !fits_somewhere(&t.model, &t.model.pods[i]))
            try_pod(&t, i);
    core_free(t.core);
    catalog_free(t.catalog);
    arena_fini(&t.arena);
    buf_fini(&t.text);
    return !t.failed;
}

int main(int argc, char **argv)
{
    uint64_t seeds = 300, seed = 1, failed = 0;
    bool verbose = false;
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--seeds") == 0 && i + 1 < argc)
            seeds = strtoull(argv[++i], NULL, 10);
        else if (strcmp(argv[i], "--seed") == 0 && i + 1 < argc)
            seed = strtoull(argv[++i], NULL, 10);
        else if (strcmp(argv[i], "--verbose") == 0)
            verbose = true;
        else
            return fprintf(stderr, "usage: %s [--seeds N] [--seed S] [--verbose]\n", argv[0]), 2;
    }
    struct config *config = config_default();
    for (uint64_t i = 0; config && i < seeds && failed < 10; i++)
        failed += !play(config, seed + i, verbose);
    for (uint32_t kind = 0; kind < REMEDY_KIND_COUNT; kind++)
        if (suggested[kind])
            printf("%8" PRIu64 " %s\n", suggested[kind], remedy_kind_name(kind));
    printf("%" PRIu64 " misfits, %" PRIu64 " of them helped, %" PRIu64 " changes not judged, %" PRIu64
           " seeds failed\n",
           misfits, helped, skipped, failed);
    config_free(config);
    return failed > 0 || helped == 0;
}
