/* Effective requests and limits of pods. */
#include "decoded.h"

#include "api/requests.h"

static const struct {
    const char *name, *spec;
    long long cpu, memory, nonzero_cpu, nonzero_memory;
    const char *scalars; /* "name=value ..." */
} classes[] = {
    {"no container asks for anything", "spec: {containers: [{name: a}, {name: b}]}", 0, 0, 200, 419430400,
     ""},
    {"containers add up",
     "spec: {containers: [{resources: {requests: {cpu: 100m, memory: 1Mi}}}, {resources: {requests: {cpu: "
     "1}}}]}",
     1100, 1048576, 1100, 1048576 + 209715200, ""},
    {"an explicit zero is a request", "spec: {containers: [{resources: {requests: {cpu: 0, memory: '0'}}}]}",
     0, 0, 0, 0, ""},
    {"requests default to limits, one resource at a time",
     "spec: {containers: [{resources: {limits: {cpu: 2, memory: 1Ki}, requests: {memory: 100}}}]}", 2000, 100,
     2000, 100, ""},
    {"amounts round up to thousandths before they add up",
     "spec: {containers: [{resources: {requests: {cpu: 100u}}}, {resources: {requests: {cpu: 100u}}}]}", 2, 0,
     2, 419430400, ""},
    {"an init container counts when it is larger than all containers",
     "spec: {initContainers: [{resources: {requests: {cpu: 3}}}, {resources: {requests: {cpu: 2}}}], "
     "containers: [{resources: {requests: {cpu: 1}}}]}",
     3000, 0, 3000, 209715200, ""},
    {"a sidecar runs with the containers and with the init containers after it",
     "spec: {initContainers: [{resources: {requests: {cpu: 2}}}, "
     "{restartPolicy: Always, resources: {requests: {cpu: 1}}}, {resources: {requests: {cpu: 4}}}], "
     "containers: [{resources: {requests: {cpu: 1}}}]}",
     5000, 0, 5000, 419430400, ""},
    {"overhead is added to containers and init containers",
     "spec: {overhead: {cpu: 10m, memory: 1}, initContainers: [{resources: {requests: {cpu: 3}}}], "
     "containers: [{resources: {requests: {cpu: 1}}}]}",
     3010, 1, 3010, 209715201, ""},
    {"pod-level requests replace those of containers",
     "spec: {resources: {requests: {cpu: 4}}, containers: [{resources: {requests: {cpu: 1, memory: 5}}}]}",
     4000, 5, 4000, 5, ""},
    {"pod-level limits alone: containers' requests, then the limits",
     "spec: {resources: {limits: {cpu: 4, memory: 7}}, containers: [{resources: {requests: {cpu: 1}}}]}",
     1000, 7, 1000, 7, ""},
    {"with a pod-level request, defaults only for what nobody requests",
     "spec: {resources: {requests: {cpu: 4}}, containers: [{name: a}, {name: b}]}", 4000, 0, 4000, 419430400,
     ""},
    {"pod-level resources that are not supported change nothing",
     "spec: {resources: {requests: {example.com/a: 4}}, containers: [{resources: {requests: {cpu: 1}}}]}",
     1000, 0, 1000, 209715200, ""},
    {"scalars: extended resources, huge pages, attachable volumes; zero amounts are kept",
     "spec: {containers: [{resources: {requests: {b.com/x: 2, a.com/y: 0, hugepages-2Mi: 4Mi, foo: 3, "
     "attachable-volumes-csi-d: 1, requests.a/b: 4, kubernetes.io/z: 1, 'a_b/../c': 1}}}]}",
     0, 0, 100, 209715200,
     "a.com/y=0 attachable-volumes-csi-d=1 b.com/x=2 hugepages-2Mi=4194304 kubernetes.io/z=1 "},
    {"a resize counts as the largest of spec, status and allocation",
     "spec: {containers: [{name: a, resources: {requests: {cpu: 1, memory: 5}}}]}, status: "
     "{containerStatuses: "
     "[{name: a, resources: {requests: {cpu: 2, memory: 3}}, allocatedResources: {cpu: 3}}]}",
     3000, 5, 3000, 5, ""},
    {"an infeasible resize does not count the spec",
     "spec: {containers: [{name: a, resources: {requests: {cpu: 9}}}]}, status: {conditions: [{type: "
     "PodResizePending, "
     "reason: Infeasible}], containerStatuses: [{name: a, resources: {requests: {cpu: 2}}}]}",
     2000, 0, 2000, 209715200, ""},
    {"a status without resources changes nothing",
     "spec: {containers: [{name: a, resources: {requests: {cpu: 1}}}]}, status: {containerStatuses: [{name: "
     "a, "
     "allocatedResources: {cpu: 3}}]}",
     1000, 0, 1000, 209715200, ""},
    {"init containers are resized only when they are sidecars",
     "spec: {initContainers: [{name: i, resources: {requests: {cpu: 1}}}, {name: s, restartPolicy: Always, "
     "resources: "
     "{requests: {cpu: 1}}}]}, status: {initContainerStatuses: [{name: i, resources: {requests: {cpu: 9}}}, "
     "{name: s, "
     "resources: {requests: {cpu: 2}}}]}",
     2000, 0, 2000, 209715200, ""},
    {"pod-level resources are resized, too",
     "spec: {resources: {requests: {cpu: 1}}}, status: {resources: {requests: {cpu: 2}}, allocatedResources: "
     "{cpu: 3}}",
     3000, 0, 3000, 0, ""},
};

static void print_scalars(struct buf *b, const struct berth_class *class)
{
    buf_clear(b);
    berth_each (struct berth_amount, amount, class, class->scalars)
        buf_printf(b, "%s=%lld ", amount->resource->text, (long long)amount->value);
}

static void classes_hold_effective_requests(void **state)
{
    (void)state;
    struct catalog *c = catalog_new();
    struct buf scalars = {0};
    for (size_t i = 0; i < ARRAY_LEN(classes); i++) {
        const char *name = classes[i].name;
        struct object o = decode_pod_of(c, "uid: u", classes[i].spec);
        const struct berth_class *class = o.pod->class;
        expect_number(name, "cpu", class->cpu, classes[i].cpu);
        expect_number(name, "memory", class->memory, classes[i].memory);
        expect_number(name, "nonzero_cpu", class->nonzero_cpu, classes[i].nonzero_cpu);
        expect_number(name, "nonzero_memory", class->nonzero_memory, classes[i].nonzero_memory);
        print_scalars(&scalars, class);
        expect_text(name, text_of(&scalars), classes[i].scalars);
        object_unref(c, &o);
    }
    buf_fini(&scalars);
    catalog_free(c);
}

static void container_requests_stand_beside_pod_level_ones(void **state)
{
    (void)state;
    struct catalog *c = catalog_new();
    struct object o = decode_pod_of(c, "uid: u",
                                    "spec: {resources: {requests: {cpu: 4, hugepages-2Mi: 8Mi}}, overhead: "
                                    "{cpu: 5m}, containers: [{resources: "
                                    "{requests: {memory: 1, a.com/x: 2, hugepages-2Mi: 2Mi}}}]}");
    const struct berth_class *class = o.pod->class;
    assert_true(class->flags & BERTH_POD_LEVEL_RESOURCES);
    assert_int_equal(class->container_nonzero_cpu, 105);
    assert_int_equal(class->container_nonzero_memory, 1);
    assert_int_equal(class->container_scalars.len, 2);
    const struct berth_amount *amounts = berth_list_at(class, class->container_scalars);
    assert_string_equal(amounts[1].resource->text, "hugepages-2Mi");
    assert_int_equal(amounts[1].value, 2097152);
    object_unref(c, &o);
    catalog_free(c);
}

static const struct {
    const char *name, *pod, *requests, *limits;
} exact[] = {
    {"limits follow the same rules",
     "{spec: {overhead: {cpu: 1, memory: 1}, initContainers: [{resources: {limits: {cpu: 3}}}], containers: "
     "[{resources: {limits: {cpu: 500m}}}, {resources: {limits: {cpu: 1}}}]}}",
     "cpu=4 memory=1 ", "cpu=4 "},
    {"pod-level huge page limits come from the containers",
     "{spec: {resources: {requests: {cpu: 1}}, containers: [{resources: {limits: {hugepages-2Mi: 2Mi}}}]}}",
     "hugepages-2Mi=2Mi cpu=1 ", "hugepages-2Mi=2Mi "},
    {"nothing asked for", "{spec: {containers: [{name: a}]}}", "", ""},
};

static void print_amounts(struct buf *b, const struct amounts *list)
{
    buf_clear(b);
    for (uint32_t i = 0; i < list->len; i++) {
        buf_printf(b, "%s=", list->at[i].resource->text);
        quantity_print(b, &list->at[i].value);
        buf_char(b, ' ');
    }
}

static void amounts_are_exact(void **state)
{
    (void)state;
    struct catalog *c = catalog_new();
    struct arena arena = {0};
    struct buf text = {0};
    struct err err = {0};
    for (size_t i = 0; i < ARRAY_LEN(exact); i++) {
        struct amounts requests, limits;
        struct berth_value pod = parse_yaml(&arena, exact[i].pod);
        assert_int_equal(pod_amounts(c, &pod, &arena, &requests, &limits, &err), 0);
        print_amounts(&text, &requests);
        expect_text(exact[i].name, text_of(&text), exact[i].requests);
        print_amounts(&text, &limits);
        expect_text(exact[i].name, text_of(&text), exact[i].limits);
    }
    buf_fini(&text);
    arena_fini(&arena);
    catalog_free(c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(classes_hold_effective_requests),
        cmocka_unit_test(container_requests_stand_beside_pod_level_ones),
        cmocka_unit_test(amounts_are_exact),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
