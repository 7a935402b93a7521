/*
 * The cache with memory running out once, at every possible moment in turn: what fails says so and has
 * changed nothing, it can be done again, and in the end all is as if nothing had happened.
 */
#include "core/cache.h"
#include "failing_alloc.h"
#include "world.h"

static struct world world;
static struct cache cache;

enum what { PUT, REMOVE, ASSUME };

/* What happens, in order; made once for all rounds. */
static struct {
    enum what what;
    enum object_kind kind;
    const void *object;
} steps[64];
static size_t steps_len;

static const void *add(enum what what, enum object_kind kind, const void *object)
{
    assert_true(steps_len < ARRAY_LEN(steps));
    steps[steps_len].what = what;
    steps[steps_len].kind = kind;
    steps[steps_len++].object = object;
    return object;
}

static const void *pod(const char *name, const char *node, const char *more)
{
    return world_pod(&world,
                     "metadata: {name: %s, namespace: default, uid: u-%s, labels: {app: web}}, spec: {%s%s%s "
                     "containers: [{name: c, image: 'web:1', ports: [{hostPort: 80}], "
                     "resources: {requests: {cpu: 100m, example.com/gpu: 1}}}]%s}",
                     name, name, node ? "nodeName: " : "", node ? node : "", node ? "," : "", more);
}

static const void *node(const char *name, const char *zone)
{
    return world_node(
        &world,
        "metadata: {name: %s, labels: {zone: %s, kubernetes.io/hostname: %s}}, spec: {taints: "
        "[{key: k, effect: NoSchedule}]}, status: {allocatable: {cpu: 4, pods: 10, "
        "example.com/gpu: 4, example.com/%s: 1}, images: [{names: ['web:1'], sizeBytes: 5000000}]}",
        name, zone, name, name);
}

#define ANTI_AFFINITY                                                                                        \
    ", affinity: {podAntiAffinity: {requiredDuringSchedulingIgnoredDuringExecution: [{topologyKey: zone, "   \
    "labelSelector: {matchLabels: {app: db}}}]}}"

static void make_steps(void)
{
    steps_len = 0;
    const void *early = add(PUT, OBJECT_POD, pod("early", "n1", ANTI_AFFINITY));
    const void *n1 = add(PUT, OBJECT_NODE, node("n1", "a"));
    add(PUT, OBJECT_NODE, node("n2", "b"));
    add(PUT, OBJECT_NODE, node("n3", "a"));
    const void *placed = add(PUT, OBJECT_POD, pod("placed", "n2", ANTI_AFFINITY));
    const void *pending = add(PUT, OBJECT_POD, pod("pending", NULL, ANTI_AFFINITY));
    add(ASSUME, OBJECT_POD, pending);
    add(PUT, OBJECT_POD, pod("pending", "n3", ""));
    add(PUT, OBJECT_NAMESPACE,
        world_object(&world, OBJECT_NAMESPACE, "metadata: {name: shop, labels: {a: b}}"));
    const void *service =
        add(PUT, OBJECT_SERVICE,
            world_object(&world, OBJECT_SERVICE,
                         "metadata: {name: s, namespace: default}, spec: {selector: {app: web}}"));
    const void *budget = add(
        PUT, OBJECT_POD_DISRUPTION_BUDGET,
        world_object(&world, OBJECT_POD_DISRUPTION_BUDGET,
                     "metadata: {name: b, namespace: default}, spec: {selector: {matchLabels: {app: web}}}"));
    for (int i = 0; i < 12; i++) {
        char name[16];
        snprintf(name, sizeof(name), "x%d", i);
        add(PUT, OBJECT_POD, pod(name, i % 3 ? "n1" : "nowhere", i % 2 ? ANTI_AFFINITY : ""));
    }
    add(PUT, OBJECT_NODE, node("n1", "c"));
    add(REMOVE, OBJECT_NODE, n1);
    add(REMOVE, OBJECT_POD, early);
    add(PUT, OBJECT_NODE, node("n1", "b"));
    add(PUT, OBJECT_NODE, node("nowhere", "b"));
    add(REMOVE, OBJECT_POD, placed);
    add(REMOVE, OBJECT_SERVICE, service);
    add(REMOVE, OBJECT_POD_DISRUPTION_BUDGET, budget);
}

static struct pod_entry *entry_of(const struct berth_pod *pod)
{
    return pod_index_find(&cache.pods, berth_pod_namespace(pod), berth_pod_name(pod));
}

static int put(enum object_kind kind, const void *object)
{
    switch (kind) {
    case OBJECT_POD:
        return cache_put_pod(&cache, object) ? 0 : -ENOMEM;
    case OBJECT_NODE:
        return cache_put_node(&cache, object);
    case OBJECT_NAMESPACE:
        return cache_put_namespace(&cache, object);
    case OBJECT_SERVICE:
        return cache_put_workload(&cache, object);
    default:
        return cache_put_budget(&cache, object);
    }
}

static void take(enum object_kind kind, const void *object)
{
    switch (kind) {
    case OBJECT_POD:
        cache_remove_pod(&cache, entry_of(object));
        break;
    case OBJECT_NODE:
        cache_remove_node(&cache, ((const struct berth_node *)object)->name);
        break;
    case OBJECT_SERVICE:
        cache_remove_workload(&cache, object);
        break;
    default:
        cache_remove_budget(&cache, object);
        break;
    }
}

static int step(size_t i)
{
    if (steps[i].what == REMOVE) {
        take(steps[i].kind, steps[i].object);
        return 0;
    }
    if (steps[i].what == PUT)
        return put(steps[i].kind, steps[i].object);
    int32_t slot = node_table_find(&cache.nodes, world_atom(&world, "n2"));
    return cache_assume(&cache, entry_of(steps[i].object), (uint32_t)slot);
}

static int by_name(const void *a, const void *b)
{
    return strcmp(a, b);
}

/* Who is where. Slots and the order of pods may differ: a node may have been put and taken back. */
static void describe(struct buf *b)
{
    static const char *const names[] = {"n1", "n2", "n3", "nowhere"};
    const struct berth_nodes *nodes = &cache.nodes.view;
    buf_clear(b);
    for (size_t n = 0; n < ARRAY_LEN(names); n++) {
        int32_t slot = node_table_find(&cache.nodes, world_atom(&world, names[n]));
        if (slot < 0)
            continue;
        const struct berth_node *node = nodes->node[slot];
        buf_printf(b, "%s in %s:", names[n],
                   berth_label_get(node, node->labels, world_atom(&world, "zone"))->text);
        char pods[32][16];
        uint32_t len = nodes->pods[slot].len;
        assert_true(len <= ARRAY_LEN(pods));
        for (uint32_t i = 0; i < len; i++)
            snprintf(pods[i], sizeof(pods[i]), "%s", world_name(nodes->pods[slot].at[i]));
        qsort(pods, len, sizeof(pods[0]), by_name);
        for (uint32_t i = 0; i < len; i++)
            buf_printf(b, " %s", pods[i]);
        buf_puts(b, "; ");
    }
    buf_printf(b, "%zu pods", (size_t)cache.pods.len);
}

/* Whether memory ran out on the way. */
static bool play(int failure, struct buf *ret_end)
{
    assert_int_equal(cache_init(&cache, world.catalog), 0);
    alloc_fail_after(failure);
    bool ran_out = false;
    for (size_t i = 0; i < steps_len; i++) {
        bool failed_before = alloc_failed();
        struct buf before = {0}, after = {0};
        alloc_pause();
        describe(&before);
        alloc_resume();
        int r = step(i);
        ran_out = alloc_failed();
        alloc_pause();
        if (r < 0) {
            describe(&after);
            EXPECT(r == -ENOMEM && ran_out && !failed_before, "failure %d, step %zu: %d", failure, i, r);
            EXPECT(berth_str_eq(buf_view(&before), buf_view(&after)), "failure %d, step %zu: %s is %s",
                   failure, i, before.ptr, after.ptr);
            EXPECT(cache_ok(&cache), "failure %d, step %zu: inconsistent", failure, i);
            EXPECT(step(i) == 0, "failure %d, step %zu: cannot be done again", failure, i);
        }
        EXPECT(cache_ok(&cache), "failure %d, step %zu: inconsistent", failure, i);
        alloc_resume();
        buf_fini(&before);
        buf_fini(&after);
    }
    alloc_fail_after(0);
    describe(ret_end);
    cache_fini(&cache);
    return ran_out;
}

static void what_fails_changes_nothing(void **state)
{
    (void)state;
    struct buf end = {0}, want = {0};
    int failure = 1;
    world_init(&world);
    make_steps();
    (void)play(0, &want);
    long before = alloc_live();
    for (; play(failure, &end); failure++) {
        EXPECT(berth_str_eq(buf_view(&end), buf_view(&want)), "failure %d: %s, not %s", failure, end.ptr,
               want.ptr);
        EXPECT(alloc_live() <= before + 1, "failure %d: %ld leak", failure, alloc_live() - before);
    }
    assert_true(failure > 50);
    buf_fini(&end);
    buf_fini(&want);
    world_fini(&world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(what_fails_changes_nothing)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
