/*
 * Random histories of the queue, as they are and with memory running out at every possible moment in turn,
 * for one allocation or for all from then on: whatever fails says so, nothing is lost, and every pod stays in
 * exactly one place.
 */
#include "core/queue.h"
#include "base/rng.h"
#include "failing_alloc.h"
#include "world.h"

enum { PODS = 12, STEPS = 400, NODES = 3, PLUGINS = 5 };

/* ---- a world of few pods, each in several versions ---- */

static struct world world;
static const struct berth_pod *versions[PODS][4]; /* plain, gated, nominated, of another uid */
static const struct berth_pod *latest_of[PODS];   /* NULL: gone */
static const struct berth_node *node;
static struct queue queue;
static struct rng rng;

static int index_of(const struct berth_pod *pod)
{
    return atoi(world_name(pod) + 1);
}

static bool admits(void *context, uint32_t profile, uint32_t plugin, const struct berth_pod *pod)
{
    (void)context, (void)profile, (void)plugin;
    return pod != versions[index_of(pod)][1];
}

static enum berth_hint hint(void *context, uint32_t profile, const struct registered *registered,
                            const struct berth_pod *pod, const struct berth_change *change)
{
    (void)context, (void)profile, (void)registered, (void)change;
    return berth_hint_if(index_of(pod) % 2);
}

static const struct berth_pod *latest(void *context, const struct berth_pod *pod)
{
    (void)context;
    return latest_of[index_of(pod)];
}

static bool less(void *self, const struct berth_queued *a, const struct berth_queued *b)
{
    (void)self;
    return a->pod->class->priority > b->pod->class->priority;
}

static enum berth_hint unused(const struct berth_cycle *c, const struct berth_change *change)
{
    (void)c, (void)change;
    return BERTH_HINT_SKIP;
}

static void make_world(void)
{
    world_init(&world);
    for (int i = 0; i < PODS; i++)
        for (int v = 0; v < 4; v++)
            versions[i][v] = world_pod(
                &world,
                "metadata: {name: p%d, namespace: default, uid: u%d-%d, labels: {v: x%d}}, spec: "
                "{priority: %d}, status: {%s%.0d}",
                i, i, v == 3, v, i % 3, v == 2 ? "nominatedNodeName: n" : "", v == 2 ? 1 + i % NODES : 0);
    node = world_plain_node(&world, "n1", "");
}

static void begin(uint64_t seed)
{
    static const struct berth_registration on_nodes[] = {{{BERTH_ON_NODE, BERTH_ALL_ACTIONS}, unused}};
    static const struct berth_registration on_pods[] = {{{BERTH_ON_POD, BERTH_ALL_ACTIONS}, NULL}};
    static const struct queue_plugin plugins[PLUGINS] = {
        {on_nodes, 1, true}, {on_pods, 1, true}, {on_nodes, 1, true}, {on_pods, 1, true}, {NULL, 0, true}};
    static const uint8_t gates[] = {3};
    queue_init(&queue, &(struct queue_options){.catalog = world.catalog,
                                               .host = {NULL, admits, hint, latest},
                                               .less = less,
                                               .initial_backoff_ns = 1000000000,
                                               .max_backoff_ns = 10000000000,
                                               .max_parked_ns = 60000000000});
    struct queue_profile_setup setup = {plugins, PLUGINS, gates, 1, true};
    assert_int_equal(queue_add_profile(&queue, &setup), 0);
    memset(latest_of, 0, sizeof(latest_of));
    rng.state = seed;
}

/* ---- one step ---- */

static void put(int i, int64_t now_ns)
{
    const struct berth_pod *old = latest_of[i], *pod = versions[i][rng_below(&rng, old ? 3 : 4)];
    if (old && berth_same_pod(old, versions[i][3]))
        return;
    latest_of[i] = pod;
    int r = old ? queue_update(&queue, old, pod, 0, now_ns) : queue_add(&queue, pod, 0, now_ns);
    assert_true(r == 0 || (r == -ENOMEM && alloc_failed()));
    if (r < 0)
        latest_of[i] = old; /* the caller takes the object back */
}

static void take(int i)
{
    const struct berth_pod *old = latest_of[i];
    latest_of[i] = NULL;
    if (old)
        queue_delete(&queue, old);
}

static void end_attempt(int64_t now_ns)
{
    struct queued_pod *p = queue.in_flight.first;
    if (p && p->next && rng_below(&rng, 2))
        p = p->next;
    if (!p)
        return;
    uint32_t how = rng_below(&rng, 6);
    struct queue_failure failure = {.nominates = how == 4,
                                    .nominated_node = how == 4 ? world_atom(&world, "n1") : NULL};
    if (how > 1)
        failure.unschedulable = rng_below(&rng, 1 << PLUGINS);
    if (how == 5)
        failure.pending = rng_below(&rng, 1 << PLUGINS);
    if (how == 0) {
        latest_of[index_of(p->pod)] = NULL;
        queue_done(&queue, p);
    } else {
        queue_reject(&queue, p, &failure, now_ns);
    }
}

static void happen(int64_t now_ns)
{
    uint32_t resource = rng_below(&rng, 2) ? BERTH_ON_NODE : BERTH_ON_ASSIGNED_POD;
    const void *object = resource == BERTH_ON_NODE ? (const void *)node : versions[0][0];
    struct berth_change change = {{resource, rng_below(&rng, 2) ? BERTH_ADD : BERTH_DELETE}, NULL, object};
    queue_event(&queue, &change, INT32_MAX, now_ns);
}

static void step(int64_t now_ns)
{
    int i = (int)rng_below(&rng, PODS);
    queue_tick(&queue, now_ns);
    switch (rng_below(&rng, 10)) {
    case 0:
    case 1:
    case 2:
        put(i, now_ns);
        break;
    case 3:
        if (rng_below(&rng, 3) == 0)
            take(i);
        break;
    case 4:
    case 5:
        (void)queue_pop(&queue);
        break;
    case 6:
    case 7:
        end_attempt(now_ns);
        break;
    case 8:
        happen(now_ns);
        break;
    default:
        if (latest_of[i])
            queue_activate(&queue, latest_of[i], now_ns);
    }
}

/* Every pod that was not deleted or bound is known to the queue. */
static bool none_is_lost(void)
{
    for (int i = 0; i < PODS; i++) {
        const struct berth_pod *pod = latest_of[i];
        if (pod && !queue_find(&queue, berth_pod_namespace(pod), berth_pod_name(pod))
            && !in_flight_find(&queue.in_flight, pod))
            return false;
    }
    return true;
}

/* False when the history was over before memory could run out. */
static bool play(uint64_t seed, int failure, bool lasts)
{
    int64_t now_ns = 0;
    begin(seed);
    if (lasts)
        alloc_fail_from(failure);
    else
        alloc_fail_after(failure);
    for (int i = 0; i < STEPS; i++) {
        now_ns += rng_below(&rng, 900) * INT64_C(1000000);
        step(now_ns);
        alloc_pause(); /* looking needs memory, too */
        EXPECT(queue_ok(&queue), "seed %d, failure %d, step %d: inconsistent", (int)seed, failure, i);
        EXPECT(none_is_lost(), "seed %d, failure %d, step %d: a pod is lost", (int)seed, failure, i);
        alloc_resume();
    }
    bool failed = alloc_failed();
    alloc_fail_after(0);
    queue_fini(&queue);
    return failed;
}

/* References that only the world holds. */
static void check_references(void)
{
    assert_int_equal(node->refs, 1);
    for (int i = 0; i < PODS; i++)
        for (int v = 0; v < 4; v++)
            assert_int_equal(versions[i][v]->refs, 1);
}

static void random_histories_keep_every_pod_in_one_place(void **state)
{
    (void)state;
    make_world();
    for (uint64_t seed = 1; seed <= 100; seed++) {
        play(seed, 0, false);
        check_references();
    }
    world_fini(&world);
}

static void so_they_do_when_memory_runs_out(void **state)
{
    (void)state;
    make_world();
    for (uint64_t seed = 1; seed <= 3; seed++) {
        for (int lasts = 0; lasts < 2; lasts++) {
            int failure = 1;
            while (play(seed, failure, lasts)) {
                check_references();
                failure++;
            }
            assert_true(failure > 20);
        }
    }
    world_fini(&world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(random_histories_keep_every_pod_in_one_place),
        cmocka_unit_test(so_they_do_when_memory_runs_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
