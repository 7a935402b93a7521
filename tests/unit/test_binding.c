/*
 * Binding that takes time, as small histories: each word of `steps` does one thing to a core with one node
 * for two pods, and what the core decides meanwhile is written down.
 */
#include "own_core.h"
#include "world.h"

#include <limits.h>
#include <string.h>

enum { SECOND_NS = 1000000000 };

static int reserved, post_bound;

/*
 * Pods called w... and v... wait for ten seconds, those called x... for as long as they may; PreBind has work
 * for those called p... and v..., and breaks for those called e...; those called f... break before that.
 */
static char initial(const struct berth_cycle *c)
{
    return *berth_pod_name(c->pod).ptr;
}

static berth_verdict late_reserve(const struct berth_cycle *c, uint32_t node)
{
    (void)c, (void)node;
    reserved++;
    return BERTH_PASS;
}

static void late_unreserve(const struct berth_cycle *c, uint32_t node)
{
    (void)c, (void)node;
    reserved--;
}

static berth_verdict late_permit(const struct berth_cycle *c, uint32_t node, int64_t *ret_timeout_ns)
{
    (void)node;
    *ret_timeout_ns = (initial(c) == 'x' ? 3600 : 10) * (int64_t)SECOND_NS;
    bool waits = strchr("wvx", initial(c));
    return waits ? berth_reject(c, BERTH_WAIT, "wait") : BERTH_PASS;
}

static berth_verdict late_pre_flight(const struct berth_cycle *c, uint32_t node)
{
    (void)node;
    if (initial(c) == 'f')
        return berth_reject(c, BERTH_ERROR, "no way");
    return strchr("pve", initial(c)) ? BERTH_PASS : BERTH_SKIPPED;
}

static berth_verdict late_pre_bind(const struct berth_cycle *c, uint32_t node)
{
    (void)node;
    return initial(c) == 'e' ? berth_reject(c, BERTH_ERROR, "broken") : BERTH_PASS;
}

static void late_post_bind(const struct berth_cycle *c, uint32_t node)
{
    (void)c, (void)node;
    post_bound++;
}

static const struct berth_plugin late = {
    .abi = BERTH_ABI,
    .size = sizeof(late),
    .name = "Late",
    .reserve = late_reserve,
    .unreserve = late_unreserve,
    .permit = late_permit,
    .pre_bind_pre_flight = late_pre_flight,
    .pre_bind = late_pre_bind,
    .post_bind = late_post_bind,
};

static struct world world;
static struct own_core own;
static struct core *core;
static int64_t now_ns;
static struct buf trace;
/* By the first letter of a pod: its last placement, and the one before. */
static uint64_t placements[UCHAR_MAX + 1], former[UCHAR_MAX + 1];

static int begin(void **state)
{
    (void)state;
    const struct core_options options = {.seed = 1, .external_binding = true};
    struct err err = {0};
    world_init(&world);
    now_ns = reserved = post_bound = 0;
    memset(placements, 0, sizeof(placements));
    memset(former, 0, sizeof(former));
    assert_int_equal(own_core_init(&own, &late, "[{plugins: {multiPoint: {enabled: [{name: Late}]}}}]",
                                   world.catalog, &options, &err),
                     0);
    core = own.core;
    const struct berth_node *node = world_node(
        &world, "metadata: {name: n1, labels: {host: n1}}, status: {allocatable: {cpu: 2, pods: 10}}");
    return core_put(core, &(struct object){.kind = OBJECT_NODE, .node = node}, 0);
}

static int end(void **state)
{
    (void)state;
    own_core_fini(&own);
    world_fini(&world);
    buf_fini(&trace);
    return 0;
}

/* Where the pod is to be with regard to others. */
static const char *affinity_of(const char *name)
{
    if (*name == 'z')
        return ", affinity: {podAffinity: {requiredDuringSchedulingIgnoredDuringExecution: "
               "[{topologyKey: host, labelSelector: {matchLabels: {app: a}}}]}}";
    if (*name == 'r')
        return ", affinity: {podAntiAffinity: {requiredDuringSchedulingIgnoredDuringExecution: "
               "[{topologyKey: host, labelSelector: {matchLabels: {app: i}}}, "
               "{topologyKey: host, labelSelector: {matchLabels: {app: nobody}}}]}}";
    return "";
}

/*
 * A pod that takes half of the node; those called h... have a high priority and take all of it, those called
 * i... have a high priority, too. z... want to be where pod a is, r... do not want to be where pod i is.
 */
static struct object pod_named(const char *name, const char *more, const char *node)
{
    bool high = strchr("hi", *name);
    const struct berth_pod *pod =
        world_pod(&world,
                  "metadata: {name: %s, namespace: default, uid: u-%s%s, labels: {app: %s}}, spec: "
                  "{schedulerName: default-scheduler, priority: %d, "
                  "containers: [{name: c, resources: {requests: {cpu: %d}}}]%s%s%s}",
                  name, name, more, name, high ? 100 : 0, *name == 'h' ? 2 : 1, node ? ", nodeName: " : "",
                  node ? node : "", affinity_of(name));
    return (struct object){.kind = OBJECT_POD, .pod = pod};
}

/* The message up to what preemption has to say. */
static int shown(const struct decision *d)
{
    const char *dot = memchr(d->message.ptr, '.', d->message.len);
    return dot ? (int)(dot - d->message.ptr) : (int)d->message.len;
}

static void write_down(const struct decision *d)
{
    unsigned char letter = (unsigned char)*world_name(d->pod);
    if (d->placement && d->placement != placements[letter]) {
        former[letter] = placements[letter];
        placements[letter] = d->placement;
    }
    buf_printf(&trace, "%s", world_name(d->pod));
    if (d->node)
        buf_printf(&trace, " %s",
                   d->waiting     ? "waits"
                   : d->preparing ? "prepares"
                   : d->binding   ? "binds"
                                  : "?");
    else
        buf_printf(&trace, ": %.*s%s", shown(d), d->message.ptr, d->error ? " (error)" : "");
    for (uint32_t i = 0; i < d->victims_len; i++)
        buf_printf(&trace, ", victim %s", world_name(d->victims[i]));
    for (uint32_t i = 0; i < d->stopped_victims_len; i++)
        buf_printf(&trace, ", stopped %s", world_name(d->stopped_victims[i]));
    if (d->node && d->nominated_node)
        buf_printf(&trace, ", on its way to %s", d->nominated_node->text);
    if (d->clears_nomination)
        buf_puts(&trace, ", not any longer");
    buf_puts(&trace, "; ");
}

static void put(struct object object)
{
    assert_int_equal(core_put(core, &object, now_ns), 0);
}

static void do_to_waiting(const char *step, const char *name)
{
    char uid[16];
    snprintf(uid, sizeof(uid), "u-%s", name);
    if (strcmp(step, "allow") == 0)
        core_allow(core, berth_str_of(uid), BERTH_STR("Late"), now_ns);
    else
        core_reject_waiting(core, berth_str_of(uid), BERTH_STR("Late"), BERTH_STR("no"), now_ns);
}

/* What the driver says of a placement of the pod; false: the step is something else. */
static bool answer(const char *step, const char *name)
{
    static const struct {
        const char *step;
        bool is_bind, is_late; /* late: it is said of the placement before the last */
        const char *error;
    } answers[] = {
        {"bound", true, false, ""},         {"failed", true, false, "conflict"},
        {"prepared", false, false, ""},     {"unprepared", false, false, "no volume"},
        {"late-bound", true, true, ""},     {"late-failed", true, true, "conflict"},
        {"late-prepared", false, true, ""}, {"late-unprepared", false, true, "no volume"},
    };
    for (size_t i = 0; i < ARRAY_LEN(answers); i++) {
        if (strcmp(answers[i].step, step) != 0)
            continue;
        const struct berth_pod *pod = pod_named(name, "", NULL).pod;
        unsigned char letter = (unsigned char)*name;
        uint64_t placement = answers[i].is_late ? former[letter] : placements[letter];
        if (answers[i].is_bind)
            core_bound(core, pod, placement, berth_str_of(answers[i].error), now_ns);
        else
            core_prepared(core, pod, placement, berth_str_of(answers[i].error), now_ns);
        return true;
    }
    return false;
}

static void do_step(const char *step, const char *name)
{
    struct decision d;
    if (strcmp(step, "next") == 0) {
        if (core_schedule_one(core, now_ns, &d))
            write_down(&d);
        else
            buf_puts(&trace, "nobody; ");
    } else if (strcmp(step, "put") == 0) {
        put(pod_named(name, "", NULL));
    } else if (strcmp(step, "confirm") == 0) {
        put(pod_named(name, "", "n1"));
    } else if (strcmp(step, "shrunk") == 0) {
        put((struct object){.kind = OBJECT_POD,
                            .pod = world_pod(&world,
                                             "metadata: {name: %s, namespace: default, uid: u-%s}, "
                                             "spec: {nodeName: n1}",
                                             name, name)});
    } else if (strcmp(step, "elsewhere") == 0) {
        put(pod_named(name, "", "n2"));
    } else if (strcmp(step, "terminate") == 0) {
        put(pod_named(name, ", deletionTimestamp: '2026-01-01T00:00:00Z'", NULL));
    } else if (strcmp(step, "evict") == 0) {
        put(pod_named(name, ", deletionTimestamp: '2026-01-01T00:00:00Z'", "n1"));
    } else if (strcmp(step, "recreate") == 0) {
        put(pod_named(name, "-2", NULL));
    } else if (strcmp(step, "gone") == 0) {
        core_remove(core, &(struct object){.kind = OBJECT_POD, .pod = pod_named(name, "", NULL).pod}, now_ns);
    } else if (strcmp(step, "later") == 0) {
        now_ns += atoi(name) * (int64_t)SECOND_NS; /* nobody tells the core */
    } else if (strcmp(step, "activate") == 0) {
        core_activate(core, pod_named(name, "", NULL).pod, now_ns);
    } else if (answer(step, name)) {
        ;
    } else if (strcmp(step, "node") == 0) {
        const struct berth_node *node =
            world_node(&world, "metadata: {name: %s}, status: {allocatable: {cpu: 1, pods: 10}}", name);
        put((struct object){.kind = OBJECT_NODE, .node = node});
    } else if (strcmp(step, "tick") == 0) {
        now_ns += atoi(name) * (int64_t)SECOND_NS;
        core_tick(core, now_ns);
    } else {
        do_to_waiting(step, name);
    }
    while (core_take_decision(core, &d))
        write_down(&d);
    assert_true(core_ok(core));
}

static const struct {
    const char *name, *steps, *trace;
    int pods; /* on the node in the end */
    int reserved, post_bound;
} cases[] = {
    {"a pod is bound, then confirmed", "put a,next,bound a,confirm a,next", "a binds; nobody; ", 1, 1, 1},
    {"a pod is confirmed, then bound", "put a,next,confirm a,bound a,next", "a binds; nobody; ", 1, 1, 1},
    {"what is said twice counts once", "put a,put a,next,put a,bound a,bound a,confirm a,confirm a,next",
     "a binds; nobody; ", 1, 1, 1},
    {"an assumed pod takes its place before it is bound",
     "put a,put b,put c,next,next,next,failed a,tick 3,next",
     "a binds; b binds; c: 0/1 nodes are available: 1 Insufficient cpu; a: conflict (error); c binds; ", 2, 2,
     0},
    {"a failed bind is tried again after a backoff", "put a,next,failed a,next,tick 2,next",
     "a binds; a: conflict (error); nobody; a binds; ", 1, 1, 0},
    {"a failed bind of a pod that is confirmed changes nothing", "put a,next,confirm a,failed a,tick 9,next",
     "a binds; a: conflict (error); nobody; ", 1, 0, 0},
    {"a pod that is bound after all is not tried again", "put a,next,failed a,confirm a,tick 9,next",
     "a binds; a: conflict (error); nobody; ", 1, 0, 0},
    {"a pod that is deleted gives its node up at once", "put a,next,gone a,failed a,tick 9,next",
     "a binds; a: conflict (error); nobody; ", 0, 0, 0},
    {"a pod that is deleted after it was bound leaves", "put a,next,bound a,gone a,next", "a binds; nobody; ",
     0, 1, 1},
    {"a pod that is being deleted gives its node up at once", "put a,next,terminate a", "a binds; ", 0, 1, 0},
    {"and is not tried again", "put a,next,terminate a,failed a,tick 9,next,next",
     "a binds; a: conflict (error); a: skip schedule deleting pod: default/a; nobody; ", 0, 0, 0},
    {"another pod of the name has nothing to do with it",
     "put a,next,recreate a,next,late-failed a,tick 9,next",
     "a binds; a binds; a: conflict (error); nobody; ", 1, 1, 0},
    {"PreBind may fail", "put e,next,next", "e: running PreBind plugin \"Late\": broken (error); nobody; ", 0,
     0, 0},
    {"a pod waits until it is allowed", "put w,next,next,allow w,bound w",
     "w waits, on its way to n1; nobody; w binds; ", 1, 1, 1},
    {"a pod that is rejected goes back", "put w,next,reject w,next",
     "w waits, on its way to n1; w: 0/1 nodes are available: 1 no, not any longer; nobody; ", 0, 0, 0},
    {"a pod waits for so long", "put w,next,tick 9,tick 1,allow w",
     "w waits, on its way to n1; w: 0/1 nodes are available: 1 rejected due to timeout after waiting 10s at "
     "plugin Late, not any longer; ",
     0, 0, 0},
    {"PreBind has work that takes time",
     "put p,next,next,bound p,prepared p,prepared p,bound p,confirm p,next",
     "p prepares, on its way to n1; nobody; p binds; nobody; ", 1, 1, 1},
    {"it may fail", "put p,next,unprepared p,tick 3,next",
     "p prepares, on its way to n1; p: no volume (error), not any longer; p prepares, on its way to n1; ", 1,
     1, 0},
    {"it comes after the wait", "put v,next,prepared v,allow v,bound v,prepared v,bound v",
     "v waits, on its way to n1; v prepares; v binds; ", 1, 1, 1},
    {"PreBindPreFlight may fail", "put f,next,next",
     "f: running PreBindPreFlight \"Late\": no way (error); nobody; ", 0, 0, 0},
    {"a pod that is deleted while PreBind is at work gives its node up at once",
     "put p,next,gone p,prepared p,failed p",
     "p prepares, on its way to n1; p binds; p: conflict (error), not any longer; ", 0, 0, 0},
    {"a pod for which PreBind is at work gives way to a more important one",
     "put p,next,put h,next,next,prepared p",
     "p prepares, on its way to n1; h: 0/1 nodes are available: 1 Insufficient cpu, stopped p; "
     "p: running PreBind plugin \"Late\": preempted by DefaultPreemption (error), not any longer; h binds; ",
     1, 1, 0},
    {"one that is being bound must be deleted", "put p,next,prepared p,put h,next,next,bound p,gone p,next",
     "p prepares, on its way to n1; p binds; h: 0/1 nodes are available: 1 Insufficient cpu, victim p; "
     "nobody; h binds; ",
     1, 2, 1},
    {"so must one that others have bound", "put w,next,confirm w,put h,next,gone w,next",
     "w waits, on its way to n1; h: 0/1 nodes are available: 1 Insufficient cpu, victim w; h binds; ", 1, 2,
     0},
    {"but never for more than a quarter of an hour", "put x,next,tick 899,tick 1",
     "x waits, on its way to n1; x: 0/1 nodes are available: 1 rejected due to timeout after waiting 15m0s "
     "at "
     "plugin Late, not any longer; ",
     0, 0, 0},
    {"a pod that waits is deleted", "put w,next,gone w,next",
     "w waits, on its way to n1; w: 0/1 nodes are available: 1 removed, not any longer; nobody; ", 0, 0, 0},
    {"a pod that waits is bound by others", "put w,next,confirm w,reject w,tick 9,next",
     "w waits, on its way to n1; w: 0/1 nodes are available: 1 no, not any longer; nobody; ", 1, 0, 0},
    {"a pod that waits gives way to a more important one", "put w,next,put h,next,next",
     "w waits, on its way to n1; h: 0/1 nodes are available: 1 Insufficient cpu, stopped w; "
     "w: waiting on permit for pod: preempted (error), not any longer; h binds; ",
     1, 1, 0},
    {"a preemptor waits for its victims", "put a,next,bound a,confirm a,put h,next,tick 9,next,gone a,next",
     "a binds; h: 0/1 nodes are available: 1 Insufficient cpu, victim a; nobody; h binds; ", 1, 2, 1},
    {"however long that takes", "put a,next,bound a,confirm a,put h,next,tick 400,next,gone a,next",
     "a binds; h: 0/1 nodes are available: 1 Insufficient cpu, victim a; nobody; h binds; ", 1, 2, 1},
    {"and whatever hints say of them: here, that one of two anti-affinity terms is not enough",
     "put r,next,bound r,confirm r,put i,next,tick 400,next,gone r,next",
     "r binds; i: 0/1 nodes are available: 1 node(s) didn't satisfy existing pods anti-affinity rules, "
     "victim r; nobody; i binds; ",
     1, 2, 1},
    {"or until they are on their way",
     "put a,next,bound a,confirm a,put h,next,tick 400,next,evict a,tick 400,next,gone a,next",
     "a binds; h: 0/1 nodes are available: 1 Insufficient cpu, victim a; nobody; h: 0/1 nodes are available: "
     "1 Insufficient cpu, victim a; h binds; ",
     1, 2, 1},
    {"a nomination that only the scheduler knows ends with its pod, which helps others",
     "put a,next,bound a,confirm a,put h,next,put b,next,gone h,next",
     "a binds; h: 0/1 nodes are available: 1 Insufficient cpu, victim a; "
     "b: 0/1 nodes are available: 1 Insufficient cpu; b binds; ",
     2, 2, 1},
    {"so it does when others bind the pod to another node",
     "put a,next,bound a,confirm a,put h,next,put b,next,elsewhere h,next",
     "a binds; h: 0/1 nodes are available: 1 Insufficient cpu, victim a; "
     "b: 0/1 nodes are available: 1 Insufficient cpu; b binds; ",
     2, 2, 1},
    {"a pod that was made smaller while it was being bound leaves room",
     "put a,put b,put c,next,next,next,shrunk a,next",
     "a binds; b binds; c: 0/1 nodes are available: 1 Insufficient cpu; c binds; ", 3, 3, 0},
    {"a pod that others bind to another node than ours leaves room on ours",
     "put a,put b,put c,next,next,next,elsewhere a,next",
     "a binds; b binds; c: 0/1 nodes are available: 1 Insufficient cpu; c binds; ", 2, 3, 0},
    {"who wants to be with a pod is tried when that one is confirmed",
     "put z,next,put a,next,next,confirm a,next",
     "z: 0/1 nodes are available: 1 node(s) didn't match pod affinity rules; a binds; nobody; z binds; ", 2,
     2, 0},
    {"and when others have bound it", "put z,next,confirm a,next",
     "z: 0/1 nodes are available: 1 node(s) didn't match pod affinity rules; z binds; ", 2, 1, 0},
    {"a failure that is told twice is not one of the next attempt",
     "put a,next,failed a,failed a,tick 2,next,late-failed a,next,bound a",
     "a binds; a: conflict (error); a binds; nobody; ", 1, 1, 1},
    {"a success that is told after a failure is not one of the next attempt",
     "put a,next,failed a,tick 2,next,late-bound a,failed a,tick 4,next",
     "a binds; a: conflict (error); a binds; a: conflict (error); a binds; ", 1, 1, 0},
    {"a failure after a success changes nothing",
     "put a,next,bound a,failed a,tick 9,next,confirm a,failed a", "a binds; nobody; ", 1, 1, 1},
    {"work at PreBind that is done, too late, is not that of the next attempt",
     "put p,next,unprepared p,tick 3,next,late-prepared p,late-unprepared p,bound p,prepared p,bound p",
     "p prepares, on its way to n1; p: no volume (error), not any longer; p prepares, on its way to n1; "
     "p binds; ",
     1, 1, 1},
    {"a wait is over though nobody has told the time", "put w,next,later 9,put a,later 1,put b",
     "w waits, on its way to n1; w: 0/1 nodes are available: 1 rejected due to timeout after waiting 10s at "
     "plugin Late, not any longer; ",
     0, 0, 0},
    {"whatever is told next", "put w,put b,next,next,later 10,bound b",
     "w waits, on its way to n1; b binds; w: 0/1 nodes are available: 1 rejected due to timeout after "
     "waiting "
     "10s at plugin Late, not any longer; ",
     1, 1, 1},
    {"be it that a write is done", "put w,put p,next,next,later 10,prepared p",
     "w waits, on its way to n1; p prepares, on its way to n1; w: 0/1 nodes are available: 1 rejected due to "
     "timeout after waiting 10s at plugin Late, not any longer; p binds; ",
     1, 1, 0},
    {"that a pod is gone", "put w,put b,next,next,later 10,gone b",
     "w waits, on its way to n1; b binds; w: 0/1 nodes are available: 1 rejected due to timeout after "
     "waiting "
     "10s at plugin Late, not any longer; ",
     0, 1, 0},
    {"or that one is to be tried", "put w,next,later 10,activate w,next",
     "w waits, on its way to n1; w: 0/1 nodes are available: 1 rejected due to timeout after waiting 10s at "
     "plugin Late, not any longer; w waits, on its way to n1; ",
     1, 1, 0},
    {"a pod is not allowed any more after its wait", "put w,next,later 10,allow w",
     "w waits, on its way to n1; w: 0/1 nodes are available: 1 rejected due to timeout after waiting 10s at "
     "plugin Late, not any longer; ",
     0, 0, 0},
    {"nor rejected", "put w,next,later 10,reject w",
     "w waits, on its way to n1; w: 0/1 nodes are available: 1 rejected due to timeout after waiting 10s at "
     "plugin Late, not any longer; ",
     0, 0, 0},
    {"the room of a pod that has waited too long is free for the next",
     "put w,put x,put c,next,next,next,later 10,next",
     "w waits, on its way to n1; x waits, on its way to n1; c: 0/1 nodes are available: 1 Insufficient cpu; "
     "c binds; w: 0/1 nodes are available: 1 rejected due to timeout after waiting 10s at plugin Late, not "
     "any "
     "longer; ",
     2, 2, 0},
    {"a backoff is over though nobody has told the time", "put a,next,failed a,next,later 2,next",
     "a binds; a: conflict (error); nobody; a binds; ", 1, 1, 0},
};

static void bindings_end_well(void **state)
{
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        begin(state);
        char steps[256];
        snprintf(steps, sizeof(steps), "%s", cases[i].steps);
        for (char *rest = steps, *step; (step = strsep(&rest, ",")) != NULL;) {
            char *name = strchr(step, ' ');
            if (name)
                *name++ = 0;
            do_step(step, name);
        }
        EXPECT(berth_str_eq(buf_view(&trace), berth_str_of(cases[i].trace)), "%s:\n%.*s\nnot\n%s",
               cases[i].name, BERTH_FMT(buf_view(&trace)), cases[i].trace);
        EXPECT((int)core_nodes(core)->used[BERTH_PODS][0] == cases[i].pods, "%s: %d pods", cases[i].name,
               (int)core_nodes(core)->used[BERTH_PODS][0]);
        EXPECT(reserved == cases[i].reserved && post_bound == cases[i].post_bound,
               "%s: %d reserved, %d post-bound", cases[i].name, reserved, post_bound);
        end(state);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(bindings_end_well)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
