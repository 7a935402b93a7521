/*
 * Simulated histories of the core with external binding: everything changes, everything fails now and then,
 * and what must hold is looked at after every step. In the end all is calm, and no pod may starve.
 *
 *     sim [--seeds N] [--seed S] [--steps N] [--seconds N] [--verbose]
 *
 * plays the histories of seeds S to S + N - 1, or as many as it can begin in that time. A seed that fails
 * prints the command that replays it.
 */
#include "plugins/all.h"
#include "sim.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { NEVER_SECONDS = 1000000000 };

static struct sim sim; /* large */
static const char *program;

/* ---- telling ---- */

void sim_fails(struct sim *s, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    fflush(stdout);
    vfprintf(stderr, format, args);
    va_end(args);
    fputc('\n', stderr);
    longjmp(s->failed, 1);
}

void sim_tell(const struct sim *s, const char *format, ...)
{
    if (!s->verbose)
        return;
    va_list args;
    va_start(args, format);
    vprintf(format, args);
    va_end(args);
}

uint32_t sim_below(struct sim *s, uint32_t bound)
{
    return rng_below(&s->rng, bound);
}

bool sim_chance(struct sim *s, uint32_t of, uint32_t among)
{
    return sim_below(s, among) < of;
}

/* ---- the scheduler ---- */

static void tell_decision(const struct sim *s, uint32_t slot, const struct decision *d)
{
    sim_tell(s, "  p%u uid-%u: %s%s%s %.*s%s%s\n", slot, api_uid(d->pod), d->node ? d->node->text : "-",
             d->waiting     ? " waits"
             : d->preparing ? " prepares"
                            : "",
             d->binding ? " binds" : "", BERTH_FMT(d->message), d->nominated_node ? " nominated to " : "",
             d->nominated_node ? d->nominated_node->text : "");
}

/* What the decision asks to be written. A pod has one claim at most. */
static void note_writes(struct sim *s, const struct decision *d, struct bind *bind)
{
    if (d->writes_len == 0)
        return;
    if (d->writes_len > 1 || !d->preparing)
        sim_fails(s, "pod p%u: %u writes", bind->slot, d->writes_len);
    bind->claim = 1 + (uint32_t)atoi(d->writes[0].claim->text + 1);
    bind->volume = d->writes[0].volume ? 1 + (uint32_t)atoi(d->writes[0].volume->text + 1) : 0;
    bind->claim_uid = s->seen.claims[bind->claim - 1].uid;
    judge_volumes_asked(s, bind);
}

static void note_decision(struct sim *s, const struct decision *d)
{
    uint32_t slot = api_pod_slot(s, d->pod);
    s->decisions++;
    judge_decision(s, d);
    if (!d->node)
        api_stop_preparing(s, d->pod);
    if (d->binding || d->preparing) {
        struct bind bind = {.pod = pod_ref(d->pod),
                            .slot = slot,
                            .uid = api_uid(d->pod),
                            .node = api_node_slot(s, d->node),
                            .placement = d->placement,
                            .preparing = d->preparing};
        note_writes(s, d, &bind);
        if (vec_push(&s->binds, bind) < 0)
            sim_fails(s, "out of memory");
    }
    api_carry_out(s, d);
}

int64_t sim_tell_time(struct sim *s)
{
    return s->told_ns = s->now_ns;
}

void sim_take_decisions(struct sim *s)
{
    for (struct decision d; core_take_decision(s->core, &d);) {
        tell_decision(s, api_pod_slot(s, d.pod), &d);
        note_decision(s, &d);
    }
}

/* Nothing may happen before it is due. */
static void go_on(struct sim *s, int64_t ns)
{
    int64_t next_ns = core_next_ns(s->core);
    size_t ready = queue_len(&s->core->queue, QUEUE_ACTIVE);
    uint64_t decisions = s->decisions;
    s->now_ns += ns;
    core_tick(s->core, sim_tell_time(s));
    sim_take_decisions(s);
    if (s->now_ns < next_ns
        && (queue_len(&s->core->queue, QUEUE_ACTIVE) != ready || s->decisions != decisions))
        sim_fails(s, "something was due before %lld ms", (long long)next_ns / 1000000);
}

/*
 * Whether an attempt at this time would begin with the end of a pod's wait, of which the judge would hear
 * only after it.
 */
static bool a_wait_is_over(const struct sim *s)
{
    for (uint32_t slot = 0; slot < MOST_PODS; slot++)
        if (s->stage[slot] == STAGE_WAITS && s->waits_until_ns[slot] <= s->now_ns)
            return true;
    return false;
}

static bool schedule(struct sim *s)
{
    struct decision d;
    if (a_wait_is_over(s))
        go_on(s, 0);
    bool knows = s->told_ns == s->now_ns; /* else it has yet to see whose turn it is */
    uint64_t turn = judge_queue_turn(s);
    judge_begin(s);
    if (!core_schedule_one(s->core, sim_tell_time(s), &d)) {
        if (turn)
            sim_fails(s, "pods %llx are ready, but not tried", (unsigned long long)turn);
        s->attempting = false;
        sim_take_decisions(s); /* a wait that no longer holds a node may be over, too */
        return false;
    }
    uint32_t slot = api_pod_slot(s, d.pod);
    tell_decision(s, slot, &d);
    if (knows && !(turn >> slot & 1))
        sim_fails(s, "it is not the turn of pod p%u", slot);
    judge_attempt(s, &d);
    note_decision(s, &d);
    s->attempting = false;
    sim_take_decisions(s);
    judge_attempted(s);
    return true;
}

static void start(struct sim *s)
{
    struct err err = {0};
    const struct core_options options = {.seed = rng_next(&s->rng),
                                         .external_binding = true,
                                         .max_parked_seconds = s->exact ? NEVER_SECONDS : 0};
    if (core_new(s->config, s->registry, s->catalog, &options, &s->core, &err) < 0)
        sim_fails(s, "%s", err_text(&err));
    memset(&s->seen, 0, sizeof(s->seen));
    memset(&s->believed, 0, sizeof(s->believed));
    s->seen.nodes_len = s->believed.nodes_len = s->truth.nodes_len;
    s->seen.pods_len = s->believed.pods_len = MOST_PODS;
    memset(s->extras_seen, 0, sizeof(s->extras_seen));
    memset(s->assumed, 0, sizeof(s->assumed));
    memset(s->told_bound, 0, sizeof(s->told_bound));
    memset(s->skipped, 0, sizeof(s->skipped));
    memset(s->stage, 0, sizeof(s->stage));
    memset(s->gifts, 0, sizeof(s->gifts));
    memset(s->history, 0, sizeof(s->history));
    s->reserved = 0;
    memcpy(s->seen.namespaces, s->truth.namespaces, sizeof(s->truth.namespaces));
    memcpy(s->seen.nodes, s->truth.nodes, sizeof(s->truth.nodes));
    memcpy(s->seen.claims, s->truth.claims, sizeof(s->truth.claims));
    for (uint32_t i = 0; i < MOST_CLAIMS; i++)
        s->seen.claims[i].there = false;
    for (uint32_t i = 0; i < NAMESPACES; i++)
        s->seen.namespaces[i].there = false;
    for (uint32_t i = 0; i < s->truth.nodes_len; i++)
        s->seen.nodes[i].there = false;
    memcpy(s->believed.namespaces, s->seen.namespaces, sizeof(s->seen.namespaces));
    memcpy(s->believed.nodes, s->seen.nodes, sizeof(s->seen.nodes));
    volumes_classes(s);
    s->told_ns = s->now_ns;
    watch_list(s);
}

static void restart(struct sim *s)
{
    sim_tell(s, "restart\n");
    s->core = core_free(s->core);
    api_drop_binds(s);
    watch_clear(s);
    start(s);
}

/* ---- histories ---- */

static void pass_time(struct sim *s)
{
    static const int64_t steps[] = {0,
                                    SECOND_NS / 10,
                                    SECOND_NS,
                                    3 * (int64_t)SECOND_NS,
                                    45 * (int64_t)SECOND_NS,
                                    400 * (int64_t)SECOND_NS};
    uint32_t most = sim_chance(s, 1, 10) ? 6 : 4;
    int64_t ns = steps[sim_below(s, most)];
    if (sim_chance(s, 1, 2))
        go_on(s, ns);
    else
        s->now_ns += ns; /* it will hear of that when something happens */
}

/* A plugin decides about a pod that waits. */
static void permit(struct sim *s)
{
    uint32_t slot = sim_below(s, MOST_PODS);
    char uid[24];
    if (s->stage[slot] != STAGE_WAITS)
        return;
    snprintf(uid, sizeof(uid), "uid-%u", s->assumed[slot]);
    if (sim_chance(s, 3, 4))
        core_allow(s->core, berth_str_of(uid), BERTH_STR("Hold"), sim_tell_time(s));
    else
        core_reject_waiting(s->core, berth_str_of(uid), BERTH_STR("Hold"), BERTH_STR("no"), sim_tell_time(s));
    sim_take_decisions(s);
    if (s->stage[slot] == STAGE_WAITS)
        sim_fails(s, "pod p%u goes on waiting", slot);
}

static void change_truth(struct sim *s)
{
    static void (*const changes[])(struct sim * s) = {
        api_new_pod,      api_new_pod,          api_new_pod,        api_new_pod,
        api_relabel_pod,  api_delete_pod,       api_change_node,    api_remove_node,
        api_change_extra, api_change_namespace, api_bind_by_others, api_open_gate,
        api_tolerate,     api_scale_down,       api_change_claim,   api_change_volume,
    };
    if (s->crowded && sim_chance(s, 1, 4))
        api_change_extra(s);
    else if (s->sociable && sim_chance(s, 1, 4))
        api_bind_by_others(s);
    else
        changes[sim_below(s, ARRAY_LEN(changes))](s);
}

static void step(struct sim *s)
{
    switch (sim_below(s, 12)) {
    case 0:
    case 1:
    case 2:
        for (uint32_t n = 1 + sim_below(s, 3); n > 0; n--)
            change_truth(s);
        break;
    case 3:
    case 4:
        for (uint32_t n = sim_below(s, 6); n > 0 && watch_deliver(s); n--) {
        }
        break;
    case 5:
    case 6:
    case 7:
        for (uint32_t n = 1 + sim_below(s, 4); s->leads && n > 0 && schedule(s); n--) {
        }
        break;
    case 8:
        if (s->binds.len > 0)
            api_answer_bind(s, sim_below(s, (uint32_t)s->binds.len));
        if (sim_chance(s, 1, 4))
            api_answer_late(s);
        break;
    case 9:
        pass_time(s);
        break;
    case 10:
        permit(s);
        api_finish_deletion(s);
        api_run_controllers(s);
        break;
    default:
        if (s->lost && sim_chance(s, 1, 3))
            watch_list(s);
        else if (sim_chance(s, 1, 6))
            s->leads = !s->leads;
        else if (sim_chance(s, 1, 12))
            restart(s);
    }
}

/* Lets the scheduler do what it can do now; whether anything has changed. */
static bool settle(struct sim *s)
{
    uint64_t bound = s->bound, preempted = s->preempted;
    int most = 10000;
    for (bool more = true; more && most-- > 0;) {
        more = schedule(s);
        while (s->binds.len > 0)
            api_answer_bind(s, 0);
        api_finish_deletion(s);
        api_run_controllers(s);
        while (watch_deliver(s))
            more = true;
    }
    if (most <= 0)
        sim_fails(s, "it does not come to rest");
    judge_step(s);
    return s->bound != bound || s->preempted != preempted;
}

/*
 * Nothing happens any more but what the scheduler does, and time: until pods that wait longest for an event
 * have been tried in vain. Preemption may take its time, but every turn of it costs a pod.
 */
static void calm_down(struct sim *s)
{
    enum { QUIET_TURNS = 20, MOST_TURNS = 500, STRIDE_SECONDS = 20 };
    sim_tell(s, "calm\n");
    s->calm = s->leads = true;
    go_on(s, 0);
    hold_release(s);
    watch_list(s);
    for (int turn = 0, quiet = 0; quiet < QUIET_TURNS; turn++) {
        if (turn == MOST_TURNS)
            sim_fails(s, "it does not come to rest");
        quiet = settle(s) || s->core->bindings.len > 0 ? 0 : quiet + 1;
        go_on(s, STRIDE_SECONDS * (int64_t)SECOND_NS);
    }
}

/*
 * kube-scheduler's hints do not see what a namespaceSelector does, nor that one of several anti-affinity
 * terms is enough: without them every pod that fits is woken by what made it fit.
 */
static void forget_selectors(struct term *terms, uint32_t len)
{
    for (uint32_t i = 0; i < len; i++)
        terms[i].namespace_selector.given = false;
}

static struct pod make_up_pod(struct sim *s)
{
    struct pod pod;
    random_pod(&s->rng, &s->density, s->truth.nodes_len, &pod);
    if (s->exact) {
        pod.anti_affinity_len = pod.anti_affinity_len > 0;
        forget_selectors(pod.affinity, pod.affinity_len);
        forget_selectors(pod.anti_affinity, pod.anti_affinity_len);
    }
    return pod;
}

struct pod sim_pod(struct sim *s)
{
    static const int32_t priorities[] = {-5, 0, 3, 10};
    struct pod pod = sim_chance(s, 4, 5) ? s->templates[sim_below(s, s->density.templates)] : make_up_pod(s);
    if (s->crowded)
        pod.priority = priorities[sim_below(s, ARRAY_LEN(priorities))];
    return pod;
}

/* Few nodes that would take anybody, and pods of all priorities: there is much preemption. */
static void crowd(struct sim *s)
{
    struct density *d = &s->density;
    d->taints = d->selectors = d->node_terms = d->gpus = 0;
    d->affinity /= 4;
    d->anti_affinity /= 4;
    d->spread /= 4;
    d->ports /= 2;
    s->truth.nodes_len = 1 + sim_below(s, 4);
    s->extras[0] = s->extras[2] = true; /* budgets */
}

/* Most pods want to be with others, and little else keeps them off a node: where those go matters. */
static void mingle(struct sim *s)
{
    struct density *d = &s->density;
    d->affinity = 6;
    d->taints = d->selectors = d->node_terms = d->gpus = d->ports = 0;
    d->anti_affinity /= 4;
    d->spread /= 4;
}

static void set_up(struct sim *s)
{
    s->exact = sim_chance(s, 1, 2);
    s->catalog = catalog_new();
    s->leads = true;
    s->density = random_density(&s->rng);
    s->density.nominated = 0;
    s->truth.nodes_len = 1 + sim_below(s, MOST_NODES);
    s->truth.pods_len = MOST_PODS;
    s->crowded = sim_chance(s, 1, 3);
    s->sociable = !s->crowded && sim_chance(s, 1, 4);
    if (s->crowded)
        crowd(s);
    if (s->sociable)
        mingle(s);
    for (uint32_t i = 0; i < s->density.templates; i++)
        s->templates[i] = make_up_pod(s);
    for (uint32_t i = 0; i < NAMESPACES; i++)
        random_namespace(&s->rng, &s->truth.namespaces[i], i);
    for (uint32_t i = 0; i < s->truth.nodes_len; i++)
        random_node(&s->rng, &s->density, &s->truth.nodes[i], i);
    volumes_set_up(s);
    start(s);
}

static void tear_down(struct sim *s)
{
    watch_clear(s);
    api_drop_binds(s);
    core_free(s->core);
    catalog_free(s->catalog);
    vec_fini(&s->watch);
    vec_fini(&s->binds);
    vec_fini(&s->answered);
    arena_fini(&s->arena);
    buf_fini(&s->text);
}

struct totals {
    uint64_t passed, failed, decisions, bound, failed_binds, preempted, claims_bound, timed_out;
};

static void play(const struct config *config, const struct registry *registry, uint64_t seed, uint64_t steps,
                 bool verbose, struct totals *totals)
{
    memset(&sim, 0, sizeof(sim));
    hold_plays(&sim);
    sim.rng.state = seed;
    sim.config = config;
    sim.registry = registry;
    sim.verbose = verbose;
    if (setjmp(sim.failed) == 0) {
        set_up(&sim);
        for (uint64_t i = 0; i < steps; i++) {
            sim_tell(&sim, "step %" PRIu64 "\n", i);
            step(&sim);
            judge_step(&sim);
        }
        calm_down(&sim);
        judge_end(&sim);
        totals->passed++;
    } else {
        fprintf(stderr,
                "seed %" PRIu64 " failed; to replay it: %s --seed %" PRIu64 " --seeds 1 --steps %" PRIu64
                " --verbose\n",
                seed, program, seed, steps);
        totals->failed++;
    }
    totals->decisions += sim.decisions;
    totals->bound += sim.bound;
    totals->failed_binds += sim.failed_binds;
    totals->preempted += sim.preempted;
    totals->claims_bound += sim.claims_bound;
    totals->timed_out += sim.timed_out;
    tear_down(&sim);
}

static struct config *read_config(void)
{
    static const char text[] =
        "apiVersion: kubescheduler.config.k8s.io/v1\nkind: KubeSchedulerConfiguration\n"
        "profiles: [{plugins: {multiPoint: {enabled: [{name: Hold}]}}}]\n";
    static char padded[sizeof(text) + DOC_PADDING];
    memcpy(padded, text, sizeof(text));
    struct doc doc = {.name = "config", .text = padded, .len = sizeof(text) - 1, .format = DOC_YAML};
    struct buf warnings = {0};
    struct config *config = NULL;
    struct err err = {0};
    if (config_load(&doc, &config, &warnings, &err) < 0)
        fprintf(stderr, "%s\n", err_text(&err));
    buf_fini(&warnings);
    return config;
}

/* A line now and then, for those who wait. */
static void report_progress(uint64_t done, const struct totals *totals)
{
    enum { EVERY = 1000 };
    if (done % EVERY == 0)
        fprintf(stderr, "%" PRIu64 " histories played, %" PRIu64 " failed\n", done, totals->failed);
}

static bool read_number(const char *text, uint64_t *ret)
{
    char *end;
    *ret = text ? strtoull(text, &end, 10) : 0;
    return text && *text && !*end;
}

int main(int argc, char **argv)
{
    uint64_t seeds = 2000, seed = 1, steps = 800, seconds = UINT32_MAX;
    bool verbose = false;
    program = argv[0];
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--seeds") == 0 && read_number(argv[i + 1], &seeds))
            i++;
        else if (strcmp(argv[i], "--seed") == 0 && read_number(argv[i + 1], &seed))
            i++;
        else if (strcmp(argv[i], "--steps") == 0 && read_number(argv[i + 1], &steps))
            i++;
        else if (strcmp(argv[i], "--seconds") == 0 && read_number(argv[i + 1], &seconds))
            i++;
        else if (strcmp(argv[i], "--verbose") == 0)
            verbose = true;
        else
            return fprintf(stderr,
                           "usage: %s [--seeds N] [--seed S] [--steps N] [--seconds N] "
                           "[--verbose]\n",
                           argv[0]),
                   2;
    }
    static const struct berth_plugin *const own[] = {&hold_plugin};
    struct registry registry = {0};
    struct err err = {0};
    struct config *config = read_config();
    if (!config
        || registry_merge(&(struct registry){all_plugins, all_plugins_len}, &(struct registry){own, 1},
                          &registry, &err)
               < 0)
        return 1;
    struct totals totals = {0};
    time_t end = time(NULL) + (time_t)seconds;
    for (uint64_t i = 0; i < seeds && totals.failed < 10 && time(NULL) < end; i++) {
        play(config, &registry, seed + i, steps, verbose, &totals);
        report_progress(i + 1, &totals);
    }
    printf("%" PRIu64 " decisions, %" PRIu64 " pods bound, %" PRIu64 " binds failed, %" PRIu64
           " pods preempted, %" PRIu64 " claims bound, %" PRIu64 " too late\n"
           "%" PRIu64 " passed, %" PRIu64 " failed\n",
           totals.decisions, totals.bound, totals.failed_binds, totals.preempted, totals.claims_bound,
           totals.timed_out, totals.passed, totals.failed);
    free((void *)registry.plugins);
    config_free(config);
    return totals.failed > 0 || totals.passed == 0;
}
