/*
 * Property test of the core: random clusters with a random history are scheduled, and every decision is
 * judged by the slow checker of check.c. The same history runs through four cores: as it is, without
 * remembering, node by node, and with both; they must decide alike.
 *
 *     property [--seeds N] [--seed S] [--verbose]
 *
 * plays the histories of seeds S to S + N - 1. A seed that fails prints the command that replays it.
 */
#include "core/core.h"
#include "model.h"
#include "plugins/all.h"

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { WAYS = 4, STEPS = 12 };

struct play {
    struct rng rng;
    struct density density;
    struct model model;
    struct pod templates[10];
    struct catalog *catalog;
    struct core *cores[WAYS];
    struct arena arena; /* parsed texts */
    struct buf text;    /* the last object as JSON */
    int64_t now_ns;
    bool verbose;
    uint64_t decisions, placed;
    jmp_buf failed;
};

/* ---- telling ---- */

static void fails(struct play *p, const char *format, ...) __attribute__((format(printf, 2, 3), noreturn));

static void fails(struct play *p, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vfprintf(stderr, format, args);
    va_end(args);
    fputc('\n', stderr);
    longjmp(p->failed, 1);
}

static void tell(const struct play *p, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void tell(const struct play *p, const char *format, ...)
{
    if (!p->verbose)
        return;
    va_list args;
    va_start(args, format);
    vprintf(format, args);
    va_end(args);
}

/* ---- objects go in ---- */

static struct object decode(struct play *p, enum object_kind kind)
{
    struct berth_value value;
    struct object object = {.kind = kind};
    struct err err = {0};
    size_t len = p->text.len;
    tell(p, "%.*s\n", (int)len, p->text.ptr);
    for (int i = 0; i < DOC_PADDING; i++)
        buf_char(&p->text, ' ');
    struct doc doc = {"object", p->text.ptr, len, DOC_JSON};
    if (doc_parse(&doc, &p->arena, &value, &err) < 0
        || object_decode(p->catalog, kind, &value, &object, NULL, &err) < 0)
        fails(p, "%.*s: %s", (int)len, p->text.ptr, err_text(&err));
    arena_reset(&p->arena);
    buf_clear(&p->text);
    return object;
}

static void put(struct play *p, enum object_kind kind)
{
    struct object object = decode(p, kind);
    for (int way = 0; way < WAYS; way++)
        if (core_put(p->cores[way], &object, p->now_ns) < 0)
            fails(p, "core_put failed");
    object_unref(p->catalog, &object);
    p->now_ns += rng_below(&p->rng, 2); /* some objects come at the same time */
}

static void take(struct play *p, enum object_kind kind)
{
    tell(p, "gone: ");
    struct object object = decode(p, kind);
    for (int way = 0; way < WAYS; way++)
        core_remove(p->cores[way], &object, p->now_ns);
    object_unref(p->catalog, &object);
}

static void put_node(struct play *p, uint32_t index)
{
    json_node(&p->text, &p->model.nodes[index]);
    put(p, OBJECT_NODE);
}

static void put_pod(struct play *p, struct pod *pod)
{
    pod->arrival_ns = p->now_ns;
    json_pod(&p->text, &p->model, pod);
    put(p, OBJECT_POD);
}

static void put_namespace(struct play *p, uint32_t index)
{
    json_namespace(&p->text, &p->model.namespaces[index]);
    if (p->model.namespaces[index].there)
        put(p, OBJECT_NAMESPACE);
    else
        take(p, OBJECT_NAMESPACE);
}

/* ---- what happens between decisions ---- */

static void new_pod(struct play *p)
{
    struct model *m = &p->model;
    if (m->pods_len == MOST_PODS)
        return;
    struct pod *pod = &m->pods[m->pods_len];
    if (rng_below(&p->rng, 5))
        *pod = p->templates[rng_below(&p->rng, p->density.templates)];
    else
        random_pod(&p->rng, &p->density, m->nodes_len, pod);
    snprintf(pod->name, sizeof(pod->name), "p%u", m->pods_len++);
    bool bound = rng_below(&p->rng, 4) == 0;
    pod->terminating = pod->terminating && bound;
    pod->place = bound ? PLACED : QUEUED;
    pod->node = (int32_t)rng_below(&p->rng, m->nodes_len);
    if (!bound && rng_below(&p->rng, 8) < p->density.nominated)
        pod->nominated = (int32_t)rng_below(&p->rng, m->nodes_len);
    put_pod(p, pod);
}

static void remove_pod(struct play *p)
{
    struct pod *pod = &p->model.pods[p->model.pods_len ? rng_below(&p->rng, p->model.pods_len) : 0];
    if (p->model.pods_len == 0 || pod->place == GONE)
        return;
    json_pod(&p->text, &p->model, pod);
    pod->place = GONE;
    take(p, OBJECT_POD);
}

static void change_node(struct play *p)
{
    uint32_t index = rng_below(&p->rng, p->model.nodes_len);
    random_node(&p->rng, &p->density, &p->model.nodes[index], index);
    put_node(p, index);
}

static void remove_node(struct play *p)
{
    uint32_t index = rng_below(&p->rng, p->model.nodes_len);
    json_node(&p->text, &p->model.nodes[index]);
    p->model.nodes[index].there = false;
    take(p, OBJECT_NODE);
}

static void change_namespace(struct play *p)
{
    uint32_t index = rng_below(&p->rng, NAMESPACES);
    random_namespace(&p->rng, &p->model.namespaces[index], index);
    put_namespace(p, index);
}

/* Pods that did not fit are made anew, and so tried again. */
static void retry(struct play *p)
{
    for (uint32_t i = 0; i < p->model.pods_len; i++)
        if (p->model.pods[i].place == PARKED && rng_below(&p->rng, 2)) {
            json_pod(&p->text, &p->model, &p->model.pods[i]);
            take(p, OBJECT_POD);
            p->model.pods[i].place = QUEUED;
            p->now_ns++;
            put_pod(p, &p->model.pods[i]);
        }
}

static void happen(struct play *p)
{
    switch (rng_below(&p->rng, 10)) {
    case 0:
    case 1:
        remove_pod(p);
        break;
    case 2:
        change_node(p);
        break;
    case 3:
        if (rng_below(&p->rng, 2))
            remove_node(p);
        break;
    case 4:
        if (rng_below(&p->rng, 4) == 0)
            change_namespace(p);
        break;
    case 5:
        retry(p);
        break;
    default:
        for (uint32_t n = 1 + rng_below(&p->rng, 4); n > 0; n--)
            new_pod(p);
    }
}

/* ---- decisions come out ---- */

static struct pod *pod_named(struct play *p, berth_str name)
{
    for (uint32_t i = 0; i < p->model.pods_len; i++)
        if (berth_str_eq(berth_str_of(p->model.pods[i].name), name))
            return &p->model.pods[i];
    fails(p, "a decision about the unknown pod %.*s", BERTH_FMT(name));
}

static int32_t node_named(struct play *p, berth_atom name)
{
    for (uint32_t i = 0; name && i < p->model.nodes_len; i++)
        if (strcmp(p->model.nodes[i].name, name->text) == 0)
            return (int32_t)i;
    if (name)
        fails(p, "a decision for the unknown node %s", name->text);
    return -1;
}

/*
 * The pod whose turn it is: the highest priority, then the one that came to the queue first, then the oldest.
 */
static const struct pod *next_in_queue(const struct model *m)
{
    const struct pod *next = NULL;
    for (const struct pod *pod = m->pods; pod < m->pods + m->pods_len; pod++)
        if (pod->place == QUEUED
            && (!next || pod->priority > next->priority
                || (pod->priority == next->priority && pod->arrival_ns < next->arrival_ns)))
            next = pod;
    return next;
}

/* The four cores' next decision, which must be the same; false: the queues are empty. */
static bool decide(struct play *p, struct decision *ret)
{
    static const char *const ways[WAYS] = {"as it is", "without remembering", "node by node",
                                           "without remembering, node by node"};
    bool more = core_schedule_one(p->cores[0], p->now_ns, ret);
    for (int way = 1; way < WAYS; way++) {
        struct decision other;
        if (core_schedule_one(p->cores[way], p->now_ns, &other) != more)
            fails(p, "one queue is empty, another is not (%s)", ways[way]);
        if (more
            && (other.pod != ret->pod || other.node != ret->node || !berth_str_eq(other.message, ret->message)
                || other.feasible != ret->feasible))
            fails(p, "pod %.*s: %s: %s %.*s; %s: %s %.*s", BERTH_FMT(berth_pod_name(ret->pod)), ways[0],
                  ret->node ? ret->node->text : "-", BERTH_FMT(ret->message), ways[way],
                  other.node ? other.node->text : "-", BERTH_FMT(other.message));
    }
    return more;
}

/* Judges the decision about the pod; the model still is as it was before. */
static void judge(struct play *p, const struct pod *pod, const struct decision *d, int32_t node)
{
    const struct model *m = &p->model;
    const char *why = node >= 0 ? check(m, pod, (uint32_t)node) : NULL;
    uint32_t live = 0, feasible = 0;
    if (why)
        fails(p, "pod %s was placed on %s: %s", pod->name, m->nodes[node].name, why);
    for (uint32_t i = 0; i < m->nodes_len; i++) {
        bool fits = m->nodes[i].there && !check(m, pod, i);
        live += m->nodes[i].there;
        feasible += fits;
        if (node < 0 && fits)
            fails(p, "pod %s fits on %s, but: %.*s", pod->name, m->nodes[i].name, BERTH_FMT(d->message));
    }
    bool nominated =
        pod->nominated >= 0 && m->nodes[pod->nominated].there && !check(m, pod, (uint32_t)pod->nominated);
    if (nominated && node != pod->nominated)
        fails(p, "pod %s was not placed on its nominated node %s", pod->name, m->nodes[pod->nominated].name);
    if (!nominated && d->feasible != feasible)
        fails(p, "pod %s: %u nodes are feasible, not %u", pod->name, feasible, d->feasible);
    char start[64];
    snprintf(start, sizeof(start),
             live ? "0/%u nodes are available: " : "no nodes available to schedule pods", live);
    if (node < 0 && (d->message.len < strlen(start) || memcmp(d->message.ptr, start, strlen(start)) != 0))
        fails(p, "pod %s: message \"%.*s\"", pod->name, BERTH_FMT(d->message));
}

/* As the API server would after the scheduler asked for it. */
static void clear_nomination(struct play *p, struct pod *pod)
{
    pod->nominated = -1;
    json_pod(&p->text, &p->model, pod);
    put(p, OBJECT_POD);
}

static void schedule_all(struct play *p)
{
    struct decision d;
    const struct pod *next;
    while (next = next_in_queue(&p->model), decide(p, &d)) {
        struct pod *pod = pod_named(p, berth_pod_name(d.pod));
        int32_t node = node_named(p, d.node);
        tell(p, "%s: %s %.*s\n", pod->name, d.node ? d.node->text : "-", BERTH_FMT(d.message));
        /* When nobody else is left it may be one that did not fit before: something may have helped it. */
        if (next ? pod != next : pod->place != PARKED)
            fails(p, "it was not the turn of pod %s, but of %s", pod->name, next ? next->name : "nobody");
        judge(p, pod, &d, node);
        pod->place = node >= 0 ? PLACED : PARKED;
        pod->node = node >= 0 ? node : pod->node;
        if (d.clears_nomination)
            clear_nomination(p, pod);
        p->decisions++;
        p->placed += node >= 0;
    }
    if (next)
        fails(p, "pod %s is not in the queue", next->name);
}

/* ---- looking in ---- */

/* The node table must hold the sums of the model. */
static void compare_sums(struct play *p, const struct core *core)
{
    const struct berth_nodes *nodes = core_nodes(core);
    for (uint32_t slot = 0; slot < nodes->len; slot++) {
        if (!nodes->node[slot])
            continue;
        int32_t node = node_named(p, nodes->node[slot]->name);
        int64_t cpu = 0, memory = 0, pods = 0;
        for (const struct pod *pod = p->model.pods; pod < p->model.pods + p->model.pods_len; pod++)
            if (pod->place == PLACED && pod->node == node) {
                cpu += pod->wants.milli_cpu;
                memory += pod->wants.mebibytes << 20;
                pods++;
            }
        if (cpu != nodes->used[BERTH_CPU][slot] || memory != nodes->used[BERTH_MEMORY][slot]
            || pods != nodes->used[BERTH_PODS][slot] || (int64_t)nodes->pods[slot].len != pods)
            fails(p, "the sums of node %s are wrong", p->model.nodes[node].name);
    }
}

/* An explanation of a pod that is not placed must agree with the checker node by node. */
static void compare_explanation(struct play *p, struct core *core, struct pod *pod)
{
    struct explanation x;
    json_pod(&p->text, &p->model, pod);
    struct object object = decode(p, OBJECT_POD);
    core_explain(core, object.pod, &x);
    for (uint32_t i = 0; i < p->model.nodes_len; i++) {
        const char *why = check(&p->model, pod, i);
        bool found = false;
        for (uint32_t k = 0; k < x.feasible_len; k++)
            found = found || strcmp(x.nodes->node[x.feasible[k]]->name->text, p->model.nodes[i].name) == 0;
        if (found != !why)
            fails(p, "pod %s, node %s: explained as %s, but: %s", pod->name, p->model.nodes[i].name,
                  found ? "feasible" : "not feasible", why ? why : "it fits");
    }
    object_unref(p->catalog, &object);
}

static void look_in(struct play *p)
{
    int way = (int)rng_below(&p->rng, WAYS);
    struct pod *pod = p->model.pods_len ? &p->model.pods[rng_below(&p->rng, p->model.pods_len)] : NULL;
    if (pod && pod->place == PARKED)
        compare_explanation(p, p->cores[way], pod);
    compare_sums(p, p->cores[way]);
    if (!core_ok(p->cores[way]))
        fails(p, "core_ok() says no");
}

/* ---- one history ---- */

static void set_up(struct play *p, const struct config *config)
{
    const struct registry registry = {all_plugins, all_plugins_len};
    struct err err = {0};
    uint64_t seed = rng_next(&p->rng);
    p->catalog = catalog_new();
    for (int way = 0; way < WAYS; way++) {
        const struct core_options options = {.seed = seed, .no_cache = way & 1, .per_node = way & 2};
        if (core_new(config, &registry, p->catalog, &options, &p->cores[way], &err) < 0)
            fails(p, "%s", err_text(&err));
    }
    p->density = random_density(&p->rng);
    p->model.nodes_len = 1 + rng_below(&p->rng, MOST_NODES);
    for (uint32_t i = 0; i < p->density.templates; i++)
        random_pod(&p->rng, &p->density, p->model.nodes_len, &p->templates[i]);
    for (uint32_t i = 0; i < NAMESPACES; i++) {
        random_namespace(&p->rng, &p->model.namespaces[i], i);
        put_namespace(p, i);
    }
    for (uint32_t i = 0; i < p->model.nodes_len; i++) {
        random_node(&p->rng, &p->density, &p->model.nodes[i], i);
        put_node(p, i);
    }
}

static void tear_down(struct play *p)
{
    for (int way = 0; way < WAYS; way++)
        core_free(p->cores[way]);
    catalog_free(p->catalog);
    arena_fini(&p->arena);
    buf_fini(&p->text);
}

struct totals {
    uint64_t passed, failed, decisions, placed;
};

static void play(const struct config *config, uint64_t seed, bool verbose, struct totals *totals)
{
    static struct play p;
    p = (struct play){.rng = {seed}, .verbose = verbose};
    if (setjmp(p.failed) == 0) {
        set_up(&p, config);
        for (int step = 0; step < STEPS; step++) {
            for (uint32_t n = 1 + rng_below(&p.rng, 3); n > 0; n--)
                happen(&p);
            schedule_all(&p);
            look_in(&p);
        }
        totals->passed++;
    } else {
        fprintf(stderr,
                "seed %" PRIu64 " failed; to replay it: build/tests/property --seed %" PRIu64
                " --seeds 1 --verbose\n",
                seed, seed);
        totals->failed++;
    }
    totals->decisions += p.decisions;
    totals->placed += p.placed;
    tear_down(&p);
}

static bool read_number(const char *text, uint64_t *ret)
{
    char *end;
    *ret = text ? strtoull(text, &end, 10) : 0;
    return text && *text && !*end;
}

/* The default profile without preemption, which the checker knows nothing of: tests/sim has it. */
static struct config *without_preemption(void)
{
    static const char text[256 + DOC_PADDING] =
        "apiVersion: kubescheduler.config.k8s.io/v1\nkind: KubeSchedulerConfiguration\n"
        "profiles: [{plugins: {multiPoint: {disabled: [{name: DefaultPreemption}]}}}]\n";
    struct doc doc = {.name = "config", .text = text, .len = strlen(text), .format = DOC_YAML};
    struct config *config = NULL;
    struct buf warnings = {0};
    struct err err = {0};
    if (config_load(&doc, &config, &warnings, &err) < 0)
        fprintf(stderr, "%s\n", err_text(&err));
    buf_fini(&warnings);
    err_fini(&err);
    return config;
}

int main(int argc, char **argv)
{
    uint64_t seeds = 2000, seed = 1;
    bool verbose = false;
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--seeds") == 0 && read_number(argv[i + 1], &seeds))
            i++;
        else if (strcmp(argv[i], "--seed") == 0 && read_number(argv[i + 1], &seed))
            i++;
        else if (strcmp(argv[i], "--verbose") == 0)
            verbose = true;
        else
            return fprintf(stderr, "usage: %s [--seeds N] [--seed S] [--verbose]\n", argv[0]), 2;
    }
    struct config *config = without_preemption();
    struct totals totals = {0};
    for (uint64_t i = 0; config && i < seeds && totals.failed < 10; i++)
        play(config, seed + i, verbose, &totals);
    printf("%" PRIu64 " decisions, %" PRIu64 " pods placed\n%" PRIu64 " passed, %" PRIu64 " failed\n",
           totals.decisions, totals.placed, totals.passed, totals.failed);
    config_free(config);
    return totals.failed > 0 || totals.passed == 0;
}
