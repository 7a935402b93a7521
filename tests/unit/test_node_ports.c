#include "fake_framework.h"

#include "plugins/node_ports.c"

struct port {
    const char *ip, *protocol;
    int32_t port;
};

static const struct {
    const char *name;
    struct port wanted[2], used[2]; /* up to the first without a protocol */
    bool fits;
} cases[] = {
    {"nothing is used", {{"0.0.0.0", "TCP", 80}}, {{0}}, true},
    {"the same port is taken", {{"0.0.0.0", "TCP", 80}}, {{"0.0.0.0", "TCP", 80}}, false},
    {"another number is free", {{"0.0.0.0", "TCP", 80}}, {{"0.0.0.0", "TCP", 81}}, true},
    {"another protocol is free", {{"0.0.0.0", "TCP", 80}}, {{"0.0.0.0", "UDP", 80}}, true},
    {"the same address is taken", {{"10.0.0.1", "TCP", 80}}, {{"10.0.0.1", "TCP", 80}}, false},
    {"another address is free", {{"10.0.0.1", "TCP", 80}}, {{"10.0.0.2", "TCP", 80}}, true},
    {"every address needs one that is used", {{"0.0.0.0", "TCP", 80}}, {{"10.0.0.2", "TCP", 80}}, false},
    {"one address, every one is used", {{"10.0.0.1", "TCP", 80}}, {{"0.0.0.0", "TCP", 80}}, false},
    {"every address, other protocol", {{"10.0.0.1", "SCTP", 80}}, {{"0.0.0.0", "TCP", 80}}, true},
    {":: is an address like any other", {{"::", "TCP", 80}}, {{"10.0.0.1", "TCP", 80}}, true},
    {":: clashes with 0.0.0.0", {{"::", "TCP", 80}}, {{"0.0.0.0", "TCP", 80}}, false},
    {"the second wanted clashes", {{"0.0.0.0", "TCP", 1}, {"0.0.0.0", "TCP", 2}}, {{"::1", "TCP", 2}}, false},
    {"the second used clashes", {{"0.0.0.0", "TCP", 2}}, {{"::1", "TCP", 1}, {"::1", "TCP", 2}}, false},
};

struct with_ports {
    struct berth_class class;
    struct berth_port ports[2];
};

static void set_ports(struct with_ports *owner, const struct port *ports)
{
    *owner = (struct with_ports){.class.ports.offset = offsetof(struct with_ports, ports)};
    for (uint32_t i = 0; i < 2 && ports[i].protocol; i++) {
        owner->ports[i] =
            (struct berth_port){fake_atom(ports[i].ip), fake_atom(ports[i].protocol), ports[i].port};
        owner->class.ports.len++;
    }
}

/* The verdict for a node where one pod uses `used`; both forms of Filter must agree. */
static berth_verdict judge(const struct port *wanted, const struct port *used)
{
    struct with_ports pod, other;
    set_ports(&pod, wanted);
    set_ports(&other, used);
    struct berth_pod placed = {.class = &other.class};
    const struct berth_pod *list[] = {&placed};
    struct berth_node_pods pods = {list, 1};
    struct berth_nodes nodes = {.len = 1, .live = 1, .pods = &pods};
    struct berth_cycle cycle = {.class = &pod.class, .nodes = &nodes};
    assert_int_equal(node_ports_plugin.create(NULL, NULL, &cycle.self), 0);
    assert_int_equal(node_ports_plugin.pre_filter(&cycle), BERTH_PASS);
    cycle.state = fake.kept;
    berth_verdict verdict = node_ports_plugin.filter(&cycle, 0), from_range = BERTH_PASS;
    node_ports_plugin.filter_range(&cycle, (struct berth_range){0, 1}, &from_range);
    assert_int_equal(verdict, from_range);
    return verdict;
}

static void clashes(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        berth_verdict verdict = judge(cases[i].wanted, cases[i].used);
        if (verdict != (cases[i].fits ? BERTH_PASS : FAKE_VERDICT + BERTH_UNSCHEDULABLE))
            fail_msg("%s: verdict %u", cases[i].name, verdict);
    }
}

static void pods_without_host_ports_are_skipped(void **state)
{
    (void)state;
    struct berth_class class = {0};
    struct berth_cycle cycle = {.class = &class};
    assert_int_equal(node_ports_plugin.pre_filter(&cycle), BERTH_SKIPPED);
}

static void rejected_slots_are_left_alone(void **state)
{
    (void)state;
    struct with_ports pod;
    set_ports(&pod, cases[0].wanted);
    struct berth_nodes nodes = {0};
    struct berth_cycle cycle = {.class = &pod.class, .nodes = &nodes, .state = &pod};
    berth_verdict verdict = 7; /* looking at the slot would crash: there are no columns */
    node_ports_plugin.filter_range(&cycle, (struct berth_range){0, 1}, &verdict);
    assert_int_equal(verdict, 7);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(clashes, fake_end),
        cmocka_unit_test_teardown(pods_without_host_ports_are_skipped, fake_end),
        cmocka_unit_test_teardown(rejected_slots_are_left_alone, fake_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
