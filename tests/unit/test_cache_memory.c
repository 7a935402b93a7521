/*
 * The cache with memory running out at every possible moment in turn, for one allocation or for all from then
 * on: what fails says so and has changed nothing, it can be done again, and in the end all is as if nothing
 * had happened.
 */
#include "core/cycle.h"
#include "core/provision.h"
#include "failing_alloc.h"
#include "world.h"

static struct world world;
static struct cache cache;

enum what {
    PUT,
    REMOVE,
    ASSUME,    /* the pod on node n2 */
    LIFT,      /* the pod, and put it down again */
    CLAIM,     /* assume that volume `object` is bound to claim `with` */
    FORGET,    /* what is assumed of the volume */
    PROVISION, /* assume that claim `object` is provisioned for n2 */
    BIND,      /* claim `object` to volume `with`, in the place of volume controllers; NULL: to a new one */
    MATCH,     /* volumes to claim `object` */
    LIMITS,    /* of CSI drivers */
    COUNT,     /* pods, and zones */
};

/* What happens, in order; made once for all rounds. */
static struct {
    enum what what;
    enum object_kind kind;
    const void *object, *with;
} steps[128];
static size_t steps_len;
static const struct berth_workload *web; /* a Service */
static berth_atom zone, fast;
static struct buf answers; /* of MATCH, LIMITS and COUNT */

static const void *add(enum what what, enum object_kind kind, const void *object)
{
    assert_true(steps_len < ARRAY_LEN(steps));
    steps[steps_len].what = what;
    steps[steps_len].kind = kind;
    steps[steps_len++].object = object;
    return object;
}

static void add_with(enum what what, const void *object, const void *with)
{
    add(what, OBJECT_PERSISTENT_VOLUME, object);
    steps[steps_len - 1].with = with;
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

/* Of no other pod. */
#define UNIQUE_TERM(app)                                                                                     \
    ", affinity: {podAffinity: {requiredDuringSchedulingIgnoredDuringExecution: [{topologyKey: zone, "       \
    "labelSelector: {matchLabels: {app: " app "}}}]}}"

#define ANTI_AFFINITY                                                                                        \
    ", affinity: {podAntiAffinity: {requiredDuringSchedulingIgnoredDuringExecution: [{topologyKey: zone, "   \
    "labelSelector: {matchLabels: {app: db}}}]}}"

static const void *claim(const char *name, const char *class)
{
    return world_object(&world, OBJECT_PERSISTENT_VOLUME_CLAIM,
                        "metadata: {name: %s, namespace: default, uid: u-%s}, spec: {accessModes: "
                        "[ReadWriteOnce], storageClassName: %s, resources: {requests: {storage: 1Gi}}}",
                        name, name, class);
}

/* A volume for nodes of the zone, reserved for the claim of that name (NULL: for nobody). */
static const void *volume(const char *name, const char *zone, const char *claim)
{
    return world_object(&world, OBJECT_PERSISTENT_VOLUME,
                        "metadata: {name: %s}, spec: {capacity: {storage: 1Gi}, accessModes: "
                        "[ReadWriteOnce], storageClassName: "
                        "local, %s%s%s nodeAffinity: {required: {nodeSelectorTerms: [{matchExpressions: "
                        "[{key: zone, operator: "
                        "In, values: [%s]}]}]}}}, status: {phase: Available}",
                        name, claim ? "claimRef: {namespace: default, name: " : "", claim ? claim : "",
                        claim ? "}," : "", zone);
}

static const void *csi_node(const char *name, int limit)
{
    return world_object(
        &world, OBJECT_CSI_NODE,
        "metadata: {name: %s}, spec: {drivers: [{name: fast, nodeID: x, topologyKeys: [zone], allocatable: "
        "{count: %d}}]}",
        name, limit);
}

/* A pod with these volumes: "a b" are claims, "-" is none. */
static const void *pod_with(const char *name, const char *node, const char *claims)
{
    char text[512] = ", volumes: [", copy[64];
    snprintf(copy, sizeof(copy), "%s", claims);
    int i = 0;
    for (char *rest = copy, *one; (one = strsep(&rest, " ")) != NULL; i++) {
        size_t len = strlen(text);
        if (*one == '-')
            snprintf(text + len, sizeof(text) - len, "{name: v%d, emptyDir: {}}, ", i);
        else
            snprintf(text + len, sizeof(text) - len, "{name: v%d, persistentVolumeClaim: {claimName: %s}}, ",
                     i, one);
    }
    snprintf(text + strlen(text), sizeof(text) - strlen(text), "]");
    return pod(name, node, text);
}

/*
 * A map of sixteen places takes twelve keys: so many claims are used, and a pod that goes and comes back must
 * find its old room.
 */
static void make_full_map(void)
{
    const void *last = add(PUT, OBJECT_POD, pod_with("last", "n2", "u11 u11 - -"));
    for (int i = 0; i < 11; i++) {
        char name[16], claim[16];
        snprintf(name, sizeof(name), "s%d", i);
        snprintf(claim, sizeof(claim), "u%d", i);
        add(PUT, OBJECT_POD, pod_with(name, i % 2 ? "n2" : "n3", claim));
    }
    add(LIFT, OBJECT_POD, last);
    add(PUT, OBJECT_POD, pod_with("last", "n3", "u12 u13 u11"));
    add(PUT, OBJECT_POD, pod_with("s0", "n2", "u14"));
    add(REMOVE, OBJECT_POD, last);
}

static void make_storage_steps(void)
{
    const void *n2 = csi_node("n2", 3), *fast, *claims[4], *volumes[4];
    add(PUT, OBJECT_STORAGE_CLASS,
        world_object(&world, OBJECT_STORAGE_CLASS,
                     "metadata: {name: local}, provisioner: kubernetes.io/no-provisioner, volumeBindingMode: "
                     "WaitForFirstConsumer"));
    fast = add(PUT, OBJECT_STORAGE_CLASS,
               world_object(&world, OBJECT_STORAGE_CLASS,
                            "metadata: {name: fast}, provisioner: fast, volumeBindingMode: "
                            "WaitForFirstConsumer"));
    for (int i = 0; i < 4; i++) {
        char name[16];
        snprintf(name, sizeof(name), "c%d", i);
        claims[i] = add(PUT, OBJECT_PERSISTENT_VOLUME_CLAIM, claim(name, i == 3 ? "fast" : "local"));
        snprintf(name, sizeof(name), "v%d", i);
        volumes[i] = add(PUT, OBJECT_PERSISTENT_VOLUME, volume(name, i % 2 ? "a" : "b", i ? NULL : "c0"));
    }
    add(PUT, OBJECT_CSI_NODE, csi_node("n1", 1));
    add(PUT, OBJECT_CSI_NODE, n2);
    add(LIMITS, OBJECT_CSI_NODE, NULL);
    add(MATCH, OBJECT_PERSISTENT_VOLUME_CLAIM, claims[1]);
    add_with(CLAIM, volumes[2], claims[1]);
    add(MATCH, OBJECT_PERSISTENT_VOLUME_CLAIM, claims[2]);
    add(FORGET, OBJECT_PERSISTENT_VOLUME, volumes[2]);
    add_with(CLAIM, volumes[2], claims[1]);
    add_with(BIND, claims[1], volumes[2]);
    add(PROVISION, OBJECT_PERSISTENT_VOLUME_CLAIM, claims[3]);
    add_with(BIND, claims[3], NULL);
    add(PUT, OBJECT_PERSISTENT_VOLUME, volume("v1", "a", "c2"));
    add(PUT, OBJECT_CSI_STORAGE_CAPACITY,
        world_object(&world, OBJECT_CSI_STORAGE_CAPACITY,
                     "metadata: {name: k, namespace: default}, storageClassName: fast, capacity: 5Gi"));
    add(PUT, OBJECT_VOLUME_ATTACHMENT,
        world_object(&world, OBJECT_VOLUME_ATTACHMENT,
                     "metadata: {name: w}, spec: {nodeName: n2, source: {persistentVolumeName: v2}}"));
    add(REMOVE, OBJECT_CSI_NODE, n2);
    add(LIMITS, OBJECT_CSI_NODE, NULL);
    add(REMOVE, OBJECT_STORAGE_CLASS, fast);
    add(REMOVE, OBJECT_PERSISTENT_VOLUME, volumes[0]);
    add(MATCH, OBJECT_PERSISTENT_VOLUME_CLAIM, claims[2]);
    make_full_map();
}

static void make_steps(void)
{
    steps_len = 0;
    const void *early = add(PUT, OBJECT_POD, pod("early", "n1", ANTI_AFFINITY));
    const void *n1 = add(PUT, OBJECT_NODE, node("n1", "a"));
    add(PUT, OBJECT_NODE, node("n2", "b"));
    add(PUT, OBJECT_NODE, node("n3", "a"));
    const void *placed = add(PUT, OBJECT_POD, pod("placed", "n2", ANTI_AFFINITY));
    const void *pending = add(PUT, OBJECT_POD, pod("pending", NULL, ANTI_AFFINITY));
    add(LIFT, OBJECT_POD, placed);
    add(COUNT, OBJECT_POD, NULL);
    add(ASSUME, OBJECT_POD, pending);
    add(PUT, OBJECT_POD, pod("pending", "n3", ""));
    zone = world_atom(&world, "zone");
    fast = world_atom(&world, "fast");
    web = world_object(&world, OBJECT_SERVICE,
                       "metadata: {name: w, namespace: default}, spec: {selector: "
                       "{app: web}}");
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
    const void *alone = add(PUT, OBJECT_POD, pod("alone", "n2", UNIQUE_TERM("cache")));
    add(LIFT, OBJECT_POD, alone);
    add(PUT, OBJECT_POD, pod("alone", "n3", UNIQUE_TERM("queue")));
    add(REMOVE, OBJECT_POD, alone);
    make_storage_steps();
    add(COUNT, OBJECT_POD, NULL);
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

static int put_storage(enum object_kind kind, const void *object)
{
    struct object old = {.kind = kind};
    int r = storage_put(&cache.storage, &(struct object){.kind = kind, .any = object}, &old.any);
    if (old.any)
        object_unref(world.catalog, &old);
    return r;
}

static void take_storage(enum object_kind kind, const void *object)
{
    struct object old = {.kind = kind};
    old.any = storage_remove(&cache.storage, &(struct object){.kind = kind, .any = object});
    if (old.any)
        object_unref(world.catalog, &old);
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
    case OBJECT_POD_DISRUPTION_BUDGET:
        return cache_put_budget(&cache, object);
    default:
        return put_storage(kind, object);
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
    case OBJECT_POD_DISRUPTION_BUDGET:
        cache_remove_budget(&cache, object);
        break;
    default:
        take_storage(kind, object);
        break;
    }
}

/* ---- volumes ---- */

static const char *const node_names[] = {"n1", "n2", "n3", "nowhere"};

static int32_t slot_of(const char *node)
{
    return node_table_find(&cache.nodes, world_atom(&world, node));
}

static int assume_bound(const struct berth_persistent_volume *volume,
                        const struct berth_persistent_volume_claim *claim)
{
    uint64_t key = storage_key(NULL, volume->name);
    const void *fresh = claimed_volume(storage_get(&cache.storage, STORAGE_VOLUMES, key), claim);
    return fresh ? storage_assume(&cache.storage, STORAGE_VOLUMES, key, fresh) : -ENOMEM;
}

static int assume_provisioned(const struct berth_persistent_volume_claim *claim)
{
    const void *fresh = claim_on_node(claim, world_atom(&world, "n2"));
    uint64_t key = storage_key(claim->namespace, claim->name);
    return fresh ? storage_assume(&cache.storage, STORAGE_CLAIMS, key, fresh) : -ENOMEM;
}

/* What a plugin is handed, as far as the functions for volumes look at it. */
static struct berth_cycle cycle_for(struct cycle *cy)
{
    return (struct berth_cycle){.internal = cy, .nodes = &cache.nodes.view};
}

static int bind(const struct berth_persistent_volume_claim *claim,
                const struct berth_persistent_volume *volume)
{
    static const struct core_options options = {0};
    struct cycle cy = {.cache = &cache, .options = &options};
    struct berth_cycle c = cycle_for(&cy);
    int32_t slot = slot_of("n2");
    return berth_bind_claim(&c, claim->namespace, claim->name, volume ? volume->name : NULL, (uint32_t)slot)
                   < 0
               ? -ENOMEM
               : 0;
}

static int match(const struct berth_persistent_volume_claim *claim)
{
    volume_matches_new_cycle(&cache.volume_matches);
    const struct berth_volume_matches *m = volume_matches_get(
        &cache.volume_matches, &cache.storage, &cache.nodes, cache.nodes_generation, claim, true);
    if (!m)
        return -ENOMEM;
    for (size_t n = 0; n < ARRAY_LEN(node_names); n++) {
        int32_t slot = slot_of(node_names[n]);
        uint32_t first = slot < 0 ? 0 : m->first[slot];
        buf_printf(&answers, "%s ", first ? m->volumes[first - 1]->name->text : "-");
    }
    return 0;
}

/* What a plugin sees of CSINodes, with the limit of a driver. */
static void tell_limits(const struct berth_cycle *c)
{
    const struct berth_csi_node *const *csi_nodes = berth_csi_nodes(c);
    const int64_t *limits = berth_volume_limits(c, fast);
    for (size_t n = 0; n < ARRAY_LEN(node_names); n++) {
        int32_t slot = slot_of(node_names[n]);
        if (slot >= 0)
            buf_printf(&answers, "%s %d ", csi_nodes[slot] ? csi_nodes[slot]->name->text : "-",
                       limits ? (int)limits[slot] : -1);
    }
}

/* The nodes by zone, and how many pods of app web each has. */
static void tell_pods(const struct berth_cycle *c)
{
    struct berth_query_part part = {.block = web,
                                    .selector = &web->selector,
                                    .namespaces = {offsetof(struct berth_workload, namespace), 1}};
    struct berth_query query = {.parts = &part, .len = 1};
    const int32_t *counts = berth_count_pods(c, &query);
    struct berth_topology zones = berth_topology_of(c, zone);
    for (size_t n = 0; n < ARRAY_LEN(node_names); n++) {
        int32_t slot = slot_of(node_names[n]);
        buf_printf(&answers, "%d", slot < 0 ? -1 : counts[slot]);
        for (size_t m = 0; slot >= 0 && m < ARRAY_LEN(node_names); m++) {
            int32_t other = slot_of(node_names[m]);
            bool same = other >= 0 && zones.value[slot] == zones.value[other];
            assert_true(zones.value[slot] > 0 && zones.value[slot] <= zones.values);
            buf_puts(&answers, same ? "=" : ".");
        }
        buf_puts(&answers, " ");
    }
}

/* Here nothing fails: where memory is of use only to remember, the answer is right without it. */
static int ask(void (*tell)(const struct berth_cycle *c))
{
    static const struct core_options options = {0};
    struct arena arena = {0};
    struct cycle cy = {.cache = &cache, .options = &options, .arena = &arena};
    struct berth_cycle c = cycle_for(&cy);
    alloc_pause();
    (void)arena_need(&arena, 1024); /* an arena ends the process when there is no memory */
    pod_counts_new_cycle(&cache.counts);
    alloc_resume();
    tell(&c);
    alloc_pause();
    arena_fini(&arena);
    alloc_resume();
    return 0;
}

static int step(size_t i)
{
    const void *object = steps[i].object;
    switch (steps[i].what) {
    case PUT:
        return put(steps[i].kind, object);
    case REMOVE:
        take(steps[i].kind, object);
        return 0;
    case ASSUME:
        return cache_assume(&cache, entry_of(object), (uint32_t)slot_of("n2"));
    case LIFT:
        cache_lift_pod(&cache, entry_of(object));
        cache_lower_pod(&cache, entry_of(object));
        return 0;
    case CLAIM:
        return assume_bound(object, steps[i].with);
    case FORGET:
        storage_forget(&cache.storage, STORAGE_VOLUMES,
                       storage_key(NULL, ((const struct berth_persistent_volume *)object)->name));
        return 0;
    case PROVISION:
        return assume_provisioned(object);
    case BIND:
        return bind(object, steps[i].with);
    case MATCH:
        return match(object);
    case LIMITS:
        return ask(tell_limits);
    case COUNT:
        return ask(tell_pods);
    }
    return 0;
}

/* ---- what there is ---- */

static int by_name(const void *a, const void *b)
{
    return strcmp(a, b);
}

static void describe_storage(struct buf *b)
{
    for (int i = 0; i < 4; i++) {
        char name[16];
        snprintf(name, sizeof(name), "v%d", i);
        const struct berth_persistent_volume *v =
            storage_get(&cache.storage, STORAGE_VOLUMES, storage_key(NULL, world_atom(&world, name)));
        snprintf(name, sizeof(name), "c%d", i);
        const struct berth_persistent_volume_claim *c =
            storage_get(&cache.storage, STORAGE_CLAIMS,
                        storage_key(world_atom(&world, "default"), world_atom(&world, name)));
        buf_printf(b, "v%d: %s %d, c%d: %s on %s; ", i, v && v->claim_name ? v->claim_name->text : "-",
                   v ? (int)v->phase : -1, i, c && c->volume_name ? c->volume_name->text : "-",
                   c && c->selected_node ? c->selected_node->text : "-");
    }
    for (int t = 0; t < STORAGE_TABLES; t++)
        buf_printf(b, "%zu ", (size_t)cache.storage.written[t].len);
    buf_printf(b, "used: %zu", (size_t)cache.storage.users.len);
}

/* Who is where. Slots and the order of pods may differ: a node may have been put and taken back. */
static void describe(struct buf *b)
{
    const struct berth_nodes *nodes = &cache.nodes.view;
    buf_clear(b);
    for (size_t n = 0; n < ARRAY_LEN(node_names); n++) {
        int32_t slot = slot_of(node_names[n]);
        if (slot < 0)
            continue;
        const struct berth_node *node = nodes->node[slot];
        buf_printf(b, "%s in %s:", node_names[n],
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
    buf_printf(b, "%zu pods; ", (size_t)cache.pods.len);
    describe_storage(b);
}

/* ---- playing ---- */

/* Memory ran out in the step: it is done again. */
static void do_again(int failure, size_t i, const struct buf *before)
{
    struct buf after = {0};
    describe(&after);
    EXPECT(berth_str_eq(buf_view(before), buf_view(&after)), "failure %d, step %zu: %s is %s", failure, i,
           before->ptr, after.ptr);
    EXPECT(cache_ok(&cache), "failure %d, step %zu: inconsistent", failure, i);
    EXPECT(step(i) == 0, "failure %d, step %zu: cannot be done again", failure, i);
    buf_fini(&after);
}

/*
 * Memory runs out at that allocation, and all that follow in the same step if it `lasts`.
 * Whether it did on the way.
 */
static bool play(int failure, bool lasts, struct buf *ret_end)
{
    assert_int_equal(cache_init(&cache, world.catalog), 0);
    buf_clear(&answers);
    if (lasts)
        alloc_fail_from(failure);
    else
        alloc_fail_after(failure);
    for (size_t i = 0; i < steps_len; i++) {
        bool failed_before = alloc_failed();
        struct buf before = {0};
        alloc_pause();
        describe(&before);
        alloc_resume();
        int r = step(i);
        bool failed = alloc_failed() && !failed_before;
        alloc_pause();
        EXPECT(r == 0 || (r == -ENOMEM && failed), "failure %d, step %zu: %d", failure, i, r);
        if (failed)
            alloc_recover();
        if (r < 0)
            do_again(failure, i, &before);
        EXPECT(cache_ok(&cache), "failure %d, step %zu: inconsistent", failure, i);
        alloc_resume();
        buf_fini(&before);
    }
    bool ran_out = alloc_failed();
    alloc_fail_after(0);
    describe(ret_end);
    buf_printf(ret_end, "; answers: %s", answers.ptr);
    cache_fini(&cache);
    return ran_out;
}

static void check_failures(bool lasts)
{
    struct buf end = {0}, want = {0};
    int failure = 1;
    world_init(&world);
    make_steps();
    (void)play(0, false, &want);
    long before = alloc_live();
    for (; play(failure, lasts, &end); failure++) {
        EXPECT(berth_str_eq(buf_view(&end), buf_view(&want)), "failure %d: %s, not %s", failure, end.ptr,
               want.ptr);
        EXPECT(alloc_live() <= before + 1, "failure %d: %ld leak", failure, alloc_live() - before);
    }
    assert_true(failure > 140);
    buf_fini(&end);
    buf_fini(&want);
    buf_fini(&answers);
    world_fini(&world);
}

static void what_fails_changes_nothing(void **state)
{
    (void)state;
    check_failures(false);
}

static void nor_does_it_when_all_fails_from_then_on(void **state)
{
    (void)state;
    check_failures(true);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_fails_changes_nothing),
        cmocka_unit_test(nor_does_it_when_all_fails_from_then_on),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
