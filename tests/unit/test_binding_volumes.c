/*
 * Volumes with a driver that binds: what it is asked to write,
 * and what becomes of the pod then. One node, one volume.
 */
#include "core/core.h"
#include "plugins/all.h"
#include "world.h"

#include <string.h>

#define SECOND_NS INT64_C(1000000000)

static struct world world;
static struct config *config;
static struct registry registry;
static struct core *core;
static int64_t now_ns;
static uint64_t placement; /* of pod p, the last */

static void put(enum object_kind kind, const char *text)
{
    struct object object = {.kind = kind, .any = world_object(&world, kind, "%s", text)};
    assert_int_equal(core_put(core, &object, now_ns += SECOND_NS), 0);
    assert_true(core_ok(core));
}

#define CLAIM(name, class, meta, spec)                                                                       \
    "metadata: {name: " name ", namespace: default, uid: u-" name meta "}, "                                 \
    "spec: {accessModes: [ReadWriteOnce], storageClassName: " class ", "                                     \
    "resources: {requests: {storage: 1Gi}}" spec "}"
#define VOLUME(spec)                                                                                         \
    "metadata: {name: v}, spec: {capacity: {storage: 1Gi}, accessModes: [ReadWriteOnce], "                   \
    "storageClassName: local" spec "}, status: {phase: Available}"
#define NODE_OF(name) ", annotations: {volume.kubernetes.io/selected-node: " name "}"
#define BOUND ", annotations: {pv.kubernetes.io/bind-completed: 'yes'}"

static void put_pod_with(const char *name, const char *volumes)
{
    const struct berth_pod *pod =
        world_pod(&world,
                  "metadata: {name: %s, namespace: default, uid: u-%s}, spec: {schedulerName: "
                  "default-scheduler, containers: [{name: c}], volumes: [%s]}",
                  name, name, volumes);
    struct object object = {.kind = OBJECT_POD, .pod = pod};
    assert_int_equal(core_put(core, &object, now_ns += SECOND_NS), 0);
}

static void put_pod(const char *name, const char *claim)
{
    char volumes[128];
    snprintf(volumes, sizeof(volumes), "{name: v, persistentVolumeClaim: {claimName: %s}}", claim);
    put_pod_with(name, volumes);
}

static int begin(void **state)
{
    (void)state;
    const struct core_options options = {.seed = 1, .external_binding = true};
    struct err err = {0};
    world_init(&world);
    now_ns = 0;
    config = config_default();
    registry = (struct registry){all_plugins, all_plugins_len};
    assert_int_equal(core_new(config, &registry, world.catalog, &options, &core, &err), 0);
    put(OBJECT_NODE, "metadata: {name: n1}, status: {allocatable: {cpu: 2, pods: 10}}");
    put(OBJECT_STORAGE_CLASS, "metadata: {name: local}, provisioner: kubernetes.io/no-provisioner, "
                              "volumeBindingMode: WaitForFirstConsumer");
    put(OBJECT_STORAGE_CLASS,
        "metadata: {name: fast}, provisioner: d, volumeBindingMode: WaitForFirstConsumer");
    put(OBJECT_PERSISTENT_VOLUME, VOLUME(""));
    put(OBJECT_PERSISTENT_VOLUME_CLAIM, CLAIM("a", "local", "", ""));
    put(OBJECT_PERSISTENT_VOLUME_CLAIM, CLAIM("b", "local", "", ""));
    put(OBJECT_PERSISTENT_VOLUME_CLAIM, CLAIM("f", "fast", "", ""));
    return 0;
}

static int end(void **state)
{
    (void)state;
    core_free(core);
    config_free(config);
    world_fini(&world);
    return 0;
}

/* The next decision of the queue. */
static struct decision decide(void)
{
    struct decision d;
    assert_true(core_schedule_one(core, now_ns += SECOND_NS, &d));
    return d;
}

/* What comes of other calls. */
static struct decision late(void)
{
    struct decision d;
    assert_true(core_take_decision(core, &d));
    assert_true(core_ok(core));
    return d;
}

static void nothing_new(void)
{
    struct decision d;
    assert_false(core_take_decision(core, &d));
}

static bool says(const struct decision *d, const char *text)
{
    return memmem(d->message.ptr, d->message.len, text, strlen(text)) != NULL;
}

/* Pod p is given the volume, and waits for it. */
static void prepare_volume(void)
{
    put_pod("p", "a");
    struct decision d = decide();
    placement = d.placement;
    assert_true(d.preparing);
    assert_false(d.binding);
    assert_non_null(d.node);
    assert_int_equal(d.writes_len, 1);
    assert_string_equal(d.writes[0].claim->text, "a");
    assert_string_equal(d.writes[0].volume->text, "v");
    assert_string_equal(d.writes[0].node->text, "n1");
}

/* The driver has made the writes of pod p. */
static void report_written(const char *error)
{
    const struct berth_pod *pod = world_pod(&world, "metadata: {name: p, namespace: default, uid: u-p}");
    core_prepared(core, pod, placement, (berth_str){error, (uint32_t)strlen(error)}, now_ns);
    assert_true(core_ok(core));
}

static void a_volume_is_bound_first(void **state)
{
    (void)state;
    prepare_volume();
    nothing_new();
    report_written("");
    nothing_new();
    report_written("too late"); /* the first answer counts */
    nothing_new();
    put(OBJECT_PERSISTENT_VOLUME, VOLUME(", claimRef: {namespace: default, name: a, uid: u-a}"));
    nothing_new();
    put(OBJECT_PERSISTENT_VOLUME_CLAIM, CLAIM("a", "local", BOUND, ", volumeName: v"));
    struct decision d = late();
    assert_true(d.binding);
    assert_string_equal(d.node->text, "n1");
    core_bound(core, d.pod, d.placement, (berth_str){0}, now_ns);
    assert_true(core_ok(core));
    nothing_new();
}

static void a_volume_is_bound_before_the_driver_says_that_it_wrote(void **state)
{
    (void)state;
    prepare_volume();
    put(OBJECT_PERSISTENT_VOLUME, VOLUME(", claimRef: {namespace: default, name: a, uid: u-a}"));
    put(OBJECT_PERSISTENT_VOLUME_CLAIM, CLAIM("a", "local", BOUND, ", volumeName: v"));
    nothing_new();
    report_written("");
    assert_true(late().binding);
}

/* A volume of the class and size, and a claim for so much. */
static void put_pair(const char *volume, const char *claim, int offers, int asks)
{
    char text[256];
    snprintf(text, sizeof(text),
             "metadata: {name: %s}, spec: {capacity: {storage: %dGi}, accessModes: [ReadWriteOnce], "
             "storageClassName: pair}, status: {phase: Available}",
             volume, offers);
    put(OBJECT_PERSISTENT_VOLUME, text);
    snprintf(text, sizeof(text),
             "metadata: {name: %s, namespace: default, uid: u-%s}, spec: {accessModes: [ReadWriteOnce], "
             "storageClassName: pair, resources: {requests: {storage: %dGi}}}",
             claim, claim, asks);
    put(OBJECT_PERSISTENT_VOLUME_CLAIM, text);
}

static void the_smallest_claim_chooses_first(void **state)
{
    (void)state;
    put(OBJECT_STORAGE_CLASS, "metadata: {name: pair}, provisioner: kubernetes.io/no-provisioner, "
                              "volumeBindingMode: WaitForFirstConsumer");
    put_pair("larger", "big", 9, 5);
    put_pair("smaller", "small", 6, 1);
    put_pod_with("p", "{name: v, persistentVolumeClaim: {claimName: big}}, "
                      "{name: w, persistentVolumeClaim: {claimName: small}}");
    struct decision d = decide();
    assert_int_equal(d.writes_len, 2);
    assert_string_equal(d.writes[0].claim->text, "small");
    assert_string_equal(d.writes[0].volume->text, "smaller");
    assert_string_equal(d.writes[1].claim->text, "big");
    assert_string_equal(d.writes[1].volume->text, "larger");
}

static void two_pods_do_not_get_one_volume(void **state)
{
    (void)state;
    prepare_volume();
    put_pod("q", "b");
    struct decision d = decide();
    assert_null(d.node);
    assert_true(says(&d, "didn't find available persistent volumes to bind"));
}

/* A list, or a watch that begins anew, shows what is known. */
static void a_volume_that_is_shown_again_stays_given(void **state)
{
    (void)state;
    prepare_volume();
    put(OBJECT_PERSISTENT_VOLUME, VOLUME(""));
    put(OBJECT_PERSISTENT_VOLUME_CLAIM, CLAIM("a", "local", "", ""));
    nothing_new();
    put_pod("q", "b");
    struct decision d = decide();
    assert_null(d.node);
    assert_true(says(&d, "didn't find available persistent volumes to bind"));
}

/* Pod p has lost the volume to pod q, and fails: it is no longer its to give back. */
static void a_volume_is_given_back_by_who_has_it(void **state)
{
    (void)state;
    prepare_volume();
    put(OBJECT_PERSISTENT_VOLUME,
        "metadata: {name: v, labels: {new: label}}, spec: {capacity: {storage: 1Gi}, accessModes: "
        "[ReadWriteOnce], storageClassName: local}, status: {phase: Available}");
    put_pod("q", "b");
    struct decision d = decide();
    assert_true(d.preparing);
    assert_string_equal(d.writes[0].volume->text, "v");
    report_written("conflict");
    assert_true(late().error);
    put(OBJECT_PERSISTENT_VOLUME_CLAIM, CLAIM("c", "local", "", ""));
    put_pod("r", "c");
    assert_null(decide().node);
}

static void a_pod_that_others_bind_gives_the_volume_back(void **state)
{
    (void)state;
    prepare_volume();
    struct object object = {
        .kind = OBJECT_POD,
        .pod = world_pod(&world, "metadata: {name: p, namespace: default, uid: u-p}, spec: {schedulerName: "
                                 "default-scheduler, nodeName: n1, containers: [{name: c}]}"),
    };
    assert_int_equal(core_put(core, &object, now_ns += SECOND_NS), 0);
    nothing_new();
    put_pod("q", "b");
    struct decision d = decide();
    assert_true(d.preparing);
    assert_string_equal(d.writes[0].volume->text, "v");
}

/* A node that comes later may be in its place of the table. */
static void a_node_that_is_gone_takes_no_volume(void **state)
{
    (void)state;
    prepare_volume();
    struct object object = {.kind = OBJECT_NODE, .node = world_node(&world, "metadata: {name: n1}")};
    core_remove(core, &object, now_ns += SECOND_NS);
    put(OBJECT_NODE, "metadata: {name: n2}, status: {allocatable: {cpu: 2, pods: 10}}");
    nothing_new();
    put(OBJECT_PERSISTENT_VOLUME, VOLUME(", claimRef: {namespace: default, name: a, uid: u-a}"));
    struct decision d = late();
    assert_true(d.error);
    assert_true(says(&d, "the node is gone"));
}

static void a_node_that_comes_back_is_the_same(void **state)
{
    (void)state;
    static const char again[] = "metadata: {name: n1}, status: {allocatable: {cpu: 2, pods: 10}}";
    prepare_volume();
    struct object object = {.kind = OBJECT_NODE, .node = world_node(&world, "metadata: {name: n1}")};
    core_remove(core, &object, now_ns += SECOND_NS);
    put(OBJECT_NODE, "metadata: {name: n2}, status: {allocatable: {cpu: 2, pods: 10}}");
    put(OBJECT_NODE, again);
    report_written("");
    put(OBJECT_PERSISTENT_VOLUME,
        VOLUME(", nodeAffinity: {required: {nodeSelectorTerms: [{matchFields: [{key: metadata.name, "
               "operator: In, values: [n1]}]}]}}, claimRef: {namespace: default, name: a, uid: u-a}"));
    put(OBJECT_PERSISTENT_VOLUME_CLAIM, CLAIM("a", "local", BOUND, ", volumeName: v"));
    struct decision d = late();
    assert_true(d.binding);
    assert_string_equal(d.node->text, "n1");
}

/* Pod p has failed, and what was assumed for it is free. */
static void expect_failure(const char *text)
{
    struct decision d = late();
    assert_true(d.error);
    assert_null(d.node);
    assert_true(says(&d, text));
    put_pod("q", "b");
    d = decide(); /* of either pod: the first one is tried again */
    assert_true(d.preparing);
    assert_string_equal(d.writes[0].volume->text, "v");
}

static void volumes_that_are_not_bound_in_time(void **state)
{
    (void)state;
    prepare_volume();
    assert_true(core_next_ns(core) <= now_ns + 600 * SECOND_NS);
    core_tick(core, now_ns + 599 * SECOND_NS);
    nothing_new();
    core_tick(core, now_ns += 600 * SECOND_NS);
    expect_failure("binding volumes: context deadline exceeded");
}

static void a_write_that_fails(void **state)
{
    (void)state;
    prepare_volume();
    const struct berth_pod *pod = world_pod(&world, "metadata: {name: p, namespace: default, uid: u-p}");
    core_bound(core, pod, placement, BERTH_STR("not yet"), now_ns); /* nobody asked for that */
    nothing_new();
    report_written("conflict");
    expect_failure("conflict");
}

static void a_volume_that_another_claim_got(void **state)
{
    (void)state;
    prepare_volume();
    put(OBJECT_PERSISTENT_VOLUME, VOLUME(", claimRef: {namespace: default, name: x, uid: u-x}"));
    struct decision d = late();
    assert_true(says(&d, "binding volumes: ClaimRef got reset for pv \"v\""));
}

static void a_claim_that_was_replaced(void **state)
{
    (void)state;
    prepare_volume();
    put(OBJECT_PERSISTENT_VOLUME_CLAIM,
        "metadata: {name: a, namespace: default, uid: other}, spec: {accessModes: [ReadWriteOnce], "
        "storageClassName: local, resources: {requests: {storage: 1Gi}}}");
    struct decision d = late();
    assert_true(says(&d, "persistentvolumeclaim \"a\" not found"));
}

static void a_pod_that_is_deleted_gives_the_volume_back(void **state)
{
    (void)state;
    prepare_volume();
    struct object object = {
        .kind = OBJECT_POD,
        .pod = world_pod(&world, "metadata: {name: p, namespace: default, uid: u-p}"),
    };
    core_remove(core, &object, now_ns += SECOND_NS);
    expect_failure("binding volumes: pod does not exist any more");
}

/* Pod p waits for a volume that is to be made. */
static void prepare_provisioning(void)
{
    put_pod("p", "f");
    struct decision d = decide();
    placement = d.placement;
    assert_true(d.preparing);
    assert_int_equal(d.writes_len, 1);
    assert_null(d.writes[0].volume);
    put(OBJECT_PERSISTENT_VOLUME_CLAIM, CLAIM("f", "fast", "", "")); /* written before */
    nothing_new();
    report_written("");
    put(OBJECT_PERSISTENT_VOLUME_CLAIM, CLAIM("f", "fast", NODE_OF("n1"), ""));
    nothing_new();
}

static void a_volume_is_made_first(void **state)
{
    (void)state;
    prepare_provisioning();
    put(OBJECT_PERSISTENT_VOLUME,
        "metadata: {name: w}, spec: {capacity: {storage: 1Gi}, accessModes: [ReadWriteOnce], "
        "storageClassName: fast, claimRef: {namespace: default, name: f, uid: u-f}}");
    put(OBJECT_PERSISTENT_VOLUME_CLAIM,
        CLAIM(
            "f", "fast",
            ", annotations: {volume.kubernetes.io/selected-node: n1, pv.kubernetes.io/bind-completed: 'yes'}",
            ", volumeName: w"));
    struct decision d = late();
    assert_true(d.binding);
}

static void a_volume_that_cannot_be_made(void **state)
{
    (void)state;
    prepare_provisioning();
    put(OBJECT_PERSISTENT_VOLUME_CLAIM, CLAIM("f", "fast", "", ""));
    struct decision d = late();
    assert_true(says(&d, "binding volumes: provisioning failed for PVC \"f\""));
    assert_true(d.error);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_volume_is_bound_first, begin, end),
        cmocka_unit_test_setup_teardown(a_volume_is_bound_before_the_driver_says_that_it_wrote, begin, end),
        cmocka_unit_test_setup_teardown(the_smallest_claim_chooses_first, begin, end),
        cmocka_unit_test_setup_teardown(two_pods_do_not_get_one_volume, begin, end),
        cmocka_unit_test_setup_teardown(a_volume_that_is_shown_again_stays_given, begin, end),
        cmocka_unit_test_setup_teardown(a_volume_is_given_back_by_who_has_it, begin, end),
        cmocka_unit_test_setup_teardown(a_pod_that_others_bind_gives_the_volume_back, begin, end),
        cmocka_unit_test_setup_teardown(a_node_that_is_gone_takes_no_volume, begin, end),
        cmocka_unit_test_setup_teardown(a_node_that_comes_back_is_the_same, begin, end),
        cmocka_unit_test_setup_teardown(volumes_that_are_not_bound_in_time, begin, end),
        cmocka_unit_test_setup_teardown(a_write_that_fails, begin, end),
        cmocka_unit_test_setup_teardown(a_volume_that_another_claim_got, begin, end),
        cmocka_unit_test_setup_teardown(a_claim_that_was_replaced, begin, end),
        cmocka_unit_test_setup_teardown(a_pod_that_is_deleted_gives_the_volume_back, begin, end),
        cmocka_unit_test_setup_teardown(a_volume_is_made_first, begin, end),
        cmocka_unit_test_setup_teardown(a_volume_that_cannot_be_made, begin, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
