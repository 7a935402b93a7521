/* What NodeResourcesFit rejects and why, its arguments, and that both forms of Filter and Score agree. */
#include "fake_framework.h"

#include "fake_cluster.h"
#include "plugins/args.c"
#include "plugins/fit_strategy.c"
#include "plugins/shape.c"
#include "plugins/node_resources_fit.c"
#include "plugins/resources.c"

#define STRATEGY(type, resources) "\"scoringStrategy\":{\"type\":\"" type "\",\"resources\":[" resources "]}"
#define DEFAULT                                                                                              \
    STRATEGY("LeastAllocated", "{\"name\":\"cpu\",\"weight\":1},{\"name\":\"memory\",\"weight\":1}")

static struct berth_cycle cycle_of(const struct fake_class *f, void *self)
{
    struct berth_cycle c = {.class = &f->class, .nodes = &cluster.nodes, .self = self};
    fake.kept = NULL;
    assert_int_equal(node_resources_fit_plugin.pre_filter(&c), BERTH_PASS);
    c.state = fake.kept;
    return c;
}

/* ---- Filter ---- */

#define U "2: " /* Unschedulable */
#define R "3: " /* UnschedulableAndUnresolvable */

static const struct {
    const char *name;
    int64_t alloc[6], used[6]; /* cpu, memory, ephemeral storage, pods, two scalars */
    int64_t request[6];        /* likewise; pods is not looked at */
    const char *verdict;
} cases[] = {
    {"exactly the free amount fits", {1000, 0, 0, 9}, {600, 0, 0, 1}, {400}, ""},
    {"one milli-CPU more does not", {1000, 0, 0, 9}, {600, 0, 0, 1}, {401}, U "Insufficient cpu"},
    {"the whole node would be too small", {1000, 0, 0, 9}, {0}, {1001}, R "Insufficient cpu"},
    {"requests of 0 fit a node that is overcommitted", {1000, 0, 0, 9}, {2000, 5, 5}, {0}, ""},
    {"the last pod fits", {0, 0, 0, 1}, {0}, {0}, ""},
    {"one pod too many", {0, 0, 0, 1}, {0, 0, 0, 1}, {0}, U "Too many pods"},
    {"no pods at all is resolvable", {0, 0, 0, 0}, {0}, {0}, U "Too many pods"},
    {"all in order",
     {5, 5, 5, 1, 5, 5},
     {5, 5, 5, 1, 5, 5},
     {1, 1, 1, 0, 1, 1},
     U "Too many pods, Insufficient cpu, Insufficient memory, Insufficient ephemeral-storage, "
       "Insufficient example.com/0, Insufficient example.com/1"},
    {"one that is too big makes all unresolvable",
     {5, 5, 5, 1, 5, 5},
     {5, 5, 5, 1, 5, 5},
     {1, 1, 1, 0, 1, 6},
     R "Too many pods, Insufficient cpu, Insufficient memory, Insufficient ephemeral-storage, "
       "Insufficient example.com/0, Insufficient example.com/1"},
    {"scalars of 0 are passed over", {0, 0, 0, 9, 1, 1}, {0, 0, 0, 0, 2, 0}, {0, 0, 0, 0, 0, 1}, ""},
    {"a resource the node lacks", {0, 0, 0, 9}, {0}, {0, 0, 0, 0, 1}, R "Insufficient example.com/0"},
    {"huge amounts", {INT64_MAX, INT64_MAX, 0, 9}, {INT64_MAX - 1, 0}, {1, INT64_MAX}, ""},
};

static void filter_cases(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        cluster_begin(1);
        for (uint32_t column = 0; column < 6; column++) {
            cluster.alloc[column][0] = cases[i].alloc[column];
            cluster.used[column][0] = cases[i].used[column];
        }
        struct fake_class f = {.class = {.cpu = cases[i].request[0],
                                         .memory = cases[i].request[1],
                                         .ephemeral_storage = cases[i].request[2]}};
        class_scalars(&f, 2);
        f.scalars[0].value = cases[i].request[4];
        f.scalars[1].value = cases[i].request[5];
        void *self = cluster_instance(&node_resources_fit_plugin, "{" DEFAULT "}");
        struct berth_cycle c = cycle_of(&f, self);
        const char *verdict = cluster_text(node_resources_fit_plugin.filter(&c, 0));
        if (strcmp(verdict, cases[i].verdict) != 0)
            fail_msg("%s: \"%s\"", cases[i].name, verdict);
        node_resources_fit_plugin.destroy(self);
    }
}

static const struct {
    const char *name, *args, *resource;
    bool ignored;
} ignored[] = {
    {"not named", "\"ignoredResources\":[\"example.com/b\"]", "example.com/a", false},
    {"named", "\"ignoredResources\":[\"example.com/b\",\"example.com/a\"]", "example.com/a", true},
    {"its group is named", "\"ignoredResourceGroups\":[\"example.com\"]", "example.com/a", true},
    {"a longer group is named", "\"ignoredResourceGroups\":[\"example.com.org\"]", "example.com/a", false},
    {"huge pages count always", "\"ignoredResources\":[\"hugepages-2Mi\"]", "hugepages-2Mi", false},
    {"so does what is Kubernetes' own", "\"ignoredResources\":[\"x.kubernetes.io/a\"]", "x.kubernetes.io/a",
     false},
    {"and what quotas could not name", "\"ignoredResourceGroups\":[\"requests.x\"]", "requests.x/a", false},
};

static void ignored_resources(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(ignored) / sizeof(ignored[0]); i++) {
        char args[256];
        snprintf(args, sizeof(args), "{%s," DEFAULT "}", ignored[i].args);
        cluster_begin(1);
        cluster.alloc[BERTH_PODS][0] = 9;
        struct fake_class f = {0};
        class_scalars(&f, 1);
        f.scalars[0] = (struct berth_amount){fake_atom(ignored[i].resource), 1};
        void *self = cluster_instance(&node_resources_fit_plugin, args);
        assert_non_null(self);
        struct berth_cycle c = cycle_of(&f, self);
        if ((node_resources_fit_plugin.filter(&c, 0) == BERTH_PASS) != ignored[i].ignored)
            fail_msg("%s", ignored[i].name);
        node_resources_fit_plugin.destroy(self);
    }
}

static void without_pre_filter(void **state)
{
    (void)state;
    cluster_begin(2);
    struct berth_cycle c = {.nodes = &cluster.nodes};
    berth_verdict verdicts[2] = {BERTH_PASS, 7};
    assert_int_equal(node_resources_fit_plugin.filter(&c, 0), FAKE_VERDICT + BERTH_ERROR);
    node_resources_fit_plugin.filter_range(&c, (struct berth_range){0, 2}, verdicts);
    assert_int_equal(verdicts[0], FAKE_VERDICT + BERTH_ERROR);
    assert_int_equal(verdicts[1], 7);
}

/* ---- both forms agree ---- */

static void random_nodes(struct rng *rng)
{
    cluster_begin(1 + rng_below(rng, FAKE_NODES));
    bool ordinary = rng_below(rng, 4) > 0; /* no number that is not small */
    for (uint32_t i = 0; i < cluster.nodes.len; i++) {
        for (uint32_t column = 0; column < FAKE_COLUMNS; column++) {
            cluster.alloc[column][i] = ordinary ? rng_below(rng, 1000) : cluster_number(rng);
            cluster.used[column][i] = ordinary ? rng_below(rng, 1000) : cluster_number(rng);
        }
        cluster.nonzero_cpu[i] = cluster.used[BERTH_CPU][i] + rng_below(rng, 100);
        cluster.nonzero_memory[i] = cluster.used[BERTH_MEMORY][i] / 2;
    }
}

static void random_class(struct rng *rng, struct fake_class *f)
{
    *f = (struct fake_class){.class = {.cpu = cluster_number(rng) / 2,
                                       .memory = cluster_number(rng) / 2,
                                       .ephemeral_storage = cluster_number(rng),
                                       .nonzero_cpu = rng_below(rng, 500),
                                       .nonzero_memory = rng_below(rng, 500)}};
    class_scalars(f, rng_below(rng, 8) ? rng_below(rng, 6) : FAKE_SCALARS);
    for (uint32_t i = 0; i < f->class.scalars.len; i++)
        f->scalars[i].value = rng_below(rng, 3);
}

static void compare_filters(const struct berth_cycle *c, struct rng *rng)
{
    berth_verdict verdicts[FAKE_NODES] = {0};
    struct berth_range range = {rng_below(rng, c->nodes->len), c->nodes->len};
    for (uint32_t i = 0; i < c->nodes->len; i++)
        verdicts[i] = rng_below(rng, 10) ? BERTH_PASS : 1;
    berth_verdict before[FAKE_NODES];
    memcpy(before, verdicts, sizeof(verdicts));
    node_resources_fit_plugin.filter_range(c, range, verdicts);
    for (uint32_t i = 0; i < c->nodes->len; i++) {
        bool judged = i >= range.from && before[i] == BERTH_PASS;
        berth_verdict want = judged ? node_resources_fit_plugin.filter(c, i) : before[i];
        assert_int_equal(verdicts[i], want);
    }
}

static void compare_scores(const struct berth_cycle *c, struct rng *rng)
{
    int64_t scores[FAKE_NODES], score;
    struct berth_range range = {rng_below(rng, c->nodes->len), c->nodes->len};
    assert_int_equal(node_resources_fit_plugin.pre_score(c), BERTH_PASS);
    assert_int_equal(node_resources_fit_plugin.score_range(c, range, scores), BERTH_PASS);
    for (uint32_t i = range.from; i < range.to; i++) {
        assert_int_equal(node_resources_fit_plugin.score(c, i, &score), BERTH_PASS);
        if (score != scores[i])
            fail_msg("node %u: %lld and %lld", i, (long long)score, (long long)scores[i]);
    }
}

#define FOUR                                                                                                 \
    "{\"name\":\"cpu\",\"weight\":3},{\"name\":\"memory\",\"weight\":62},"                                   \
    "{\"name\":\"example.com/0\",\"weight\":5},{\"name\":\"ephemeral-storage\",\"weight\":2}"
#define TEN                                                                                                  \
    FOUR ",{\"name\":\"cpu\",\"weight\":1},{\"name\":\"example.com/1\",\"weight\":1},"                       \
         "{\"name\":\"example.com/2\",\"weight\":1},{\"name\":\"example.com/3\",\"weight\":100},"            \
         "{\"name\":\"example.com/4\",\"weight\":1},{\"name\":\"pods\",\"weight\":1}"
#define RATIO(points, resources)                                                                             \
    "{\"scoringStrategy\":{\"type\":\"RequestedToCapacityRatio\",\"requestedToCapacityRatio\":{\"shape\":"   \
    "[" points "]},\"resources\":[" resources "]}}"

static const char *const strategies[] = {
    "{" DEFAULT "}",
    "{" STRATEGY("LeastAllocated", FOUR) "}",
    "{" STRATEGY("LeastAllocated", TEN) "}",
    "{" STRATEGY("MostAllocated", FOUR) "}",
    RATIO("{\"utilization\":0,\"score\":0},{\"utilization\":100,\"score\":10}", FOUR),
    RATIO("{\"utilization\":0,\"score\":2},{\"utilization\":33,\"score\":5},{\"utilization\":34,\"score\":1},"
          "{\"utilization\":90,\"score\":10}",
          TEN),
};

static void both_forms_agree(void **state)
{
    (void)state;
    for (size_t s = 0; s < sizeof(strategies) / sizeof(strategies[0]); s++) {
        void *self = cluster_instance(&node_resources_fit_plugin, strategies[s]);
        assert_non_null(self);
        struct rng rng = {s};
        for (uint32_t round = 0; round < 60; round++) {
            struct fake_class f;
            random_nodes(&rng);
            random_class(&rng, &f);
            struct berth_cycle c = cycle_of(&f, self);
            compare_filters(&c, &rng);
            compare_scores(&c, &rng);
        }
        node_resources_fit_plugin.destroy(self);
    }
}

/* ---- Score ---- */

static void fast_shares_are_exact(void **state)
{
    (void)state;
    static const int64_t edges[] = {
        1, 2, 3, 7, 99, 100, 101, 1000, (1ll << 45) + 1, (1ll << 46) - 1, (1ll << 46) - 2};
    struct rng rng = {1};
    for (uint32_t i = 0; i < 2000000; i++) {
        uint32_t edge = rng_below(&rng, 22);
        int64_t whole = edge < 11 ? edges[edge] : 1 + (int64_t)(rng_next(&rng) >> (18 + rng_below(&rng, 46)));
        /* Near a multiple of a hundredth is where rounding would show. */
        int64_t part = whole / 100 * rng_below(&rng, 101) + rng_below(&rng, 5) - 2;
        part = rng_below(&rng, 2) ? (int64_t)(rng_next(&rng) % (uint64_t)(whole + 1)) : part;
        part = part < 0 ? 0 : part > whole ? whole : part;
        assert_int_equal(resource_not_small(part, whole), 0);
        double share = floor(small_to_double(part) * 100 / small_to_double(whole));
        if (small_from_double(share) != part * 100 / whole)
            fail_msg("%lld of %lld", (long long)part, (long long)whole);
    }
}

static const struct {
    const char *name, *args;
    int64_t cpu_alloc, cpu_used, memory_alloc, memory_used, scalar_alloc, scalar_used;
    int64_t cpu, memory, scalar, score;
} scores[] = {
    {"least: half and three quarters free", "{" DEFAULT "}", 1000, 400, 400, 0, 0, 0, 100, 100, 0, 62},
    {"least: more than all is 0", "{" DEFAULT "}", 1000, 950, 400, 0, 0, 0, 100, 0, 0, 50},
    {"least: a resource the node lacks does not count", "{" DEFAULT "}", 1000, 0, 0, 0, 0, 0, 100, 100, 0,
     90},
    {"least: no resource at all", "{" DEFAULT "}", 0, 0, 0, 0, 0, 0, 100, 100, 0, 0},
    {"least: a scalar that is not requested does not count", "{" STRATEGY("LeastAllocated", FOUR) "}", 1000,
     0, 1000, 0, 10, 10, 0, 0, 0, 100},
    {"least: weights", "{" STRATEGY("LeastAllocated", FOUR) "}", 1000, 0, 1000, 0, 10, 8, 500, 100, 1,
     (3 * 50 + 62 * 90 + 5 * 10) / 70},
    {"least: int64 overflow wraps", "{" DEFAULT "}", INT64_MAX, 0, 0, 0, 0, 0, 0, 0, 0, 0},
    {"most: more than all is all", "{" STRATEGY("MostAllocated", FOUR) "}", 1000, 950, 1000, 0, 0, 0, 100,
     500, 0, (3 * 100 + 62 * 50) / 65},
    {"ratio: rounded, and 0 does not count",
     RATIO("{\"utilization\":0,\"score\":0},{\"utilization\":100,\"score\":10}", FOUR), 1000, 0, 1000, 0, 3,
     0, 0, 505, 1, 49},
    {"ratio: more than all is 100",
     RATIO("{\"utilization\":0,\"score\":0},{\"utilization\":100,\"score\":7}", FOUR), 10, 0, 0, 0, 0, 0, 11,
     0, 0, 70},
    {"ratio: level before the first point and after the last",
     RATIO("{\"utilization\":20,\"score\":3},{\"utilization\":50,\"score\":1}", FOUR), 100, 10, 100, 90, 0, 0,
     0, 0, 0, 11},
    {"ratio: truncated between the points",
     RATIO("{\"utilization\":0,\"score\":10},{\"utilization\":30,\"score\":0}", FOUR), 100, 7, 0, 0, 0, 0, 0,
     0, 0, 77},
};

static void score_cases(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(scores) / sizeof(scores[0]); i++) {
        cluster_begin(1);
        cluster.alloc[BERTH_CPU][0] = scores[i].cpu_alloc;
        cluster.nonzero_cpu[0] = scores[i].cpu_used;
        cluster.alloc[BERTH_MEMORY][0] = scores[i].memory_alloc;
        cluster.nonzero_memory[0] = scores[i].memory_used;
        cluster.alloc[BERTH_SCALAR][0] = scores[i].scalar_alloc;
        cluster.used[BERTH_SCALAR][0] = scores[i].scalar_used;
        struct fake_class f = {.class = {.nonzero_cpu = scores[i].cpu, .nonzero_memory = scores[i].memory}};
        class_scalars(&f, 1);
        f.scalars[0].value = scores[i].scalar;
        void *self = cluster_instance(&node_resources_fit_plugin, scores[i].args);
        struct berth_cycle c = {.class = &f.class, .nodes = &cluster.nodes, .self = self};
        int64_t score;
        assert_int_equal(node_resources_fit_plugin.score(&c, 0, &score), BERTH_PASS);
        if (score != scores[i].score)
            fail_msg("%s: %lld", scores[i].name, (long long)score);
        node_resources_fit_plugin.destroy(self);
    }
}

static void pod_level_resources_are_not_scored(void **state)
{
    (void)state;
    cluster_begin(1);
    cluster.alloc[BERTH_CPU][0] = cluster.alloc[BERTH_MEMORY][0] = 1000;
    struct fake_class f = {.class = {.flags = BERTH_POD_LEVEL_RESOURCES,
                                     .nonzero_cpu = 900,
                                     .nonzero_memory = 900,
                                     .container_nonzero_cpu = 100,
                                     .container_nonzero_memory = 300}};
    void *self = cluster_instance(&node_resources_fit_plugin, "{" DEFAULT "}");
    struct berth_cycle c = {.class = &f.class, .nodes = &cluster.nodes, .self = self};
    int64_t score;
    assert_int_equal(node_resources_fit_plugin.score(&c, 0, &score), BERTH_PASS);
    assert_int_equal(score, 80);
    node_resources_fit_plugin.destroy(self);
}

/* ---- arguments ---- */

#define SHAPE_ERROR "scoringStrategy.requestedToCapacityRatio.shape"
#define NAME_ERROR                                                                                           \
    "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an "    \
    "alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is "     \
    "'([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')"

static const struct {
    const char *args, *error;
} arguments[] = {
    {"{" DEFAULT "}", NULL},
    {"{}", "scoringStrategy: Required value: ScoringStrategy field is required"},
    {"{" STRATEGY("Weird", "") "}", "scoringStrategy.type: Unsupported value: \"Weird\": supported values: "
                                    "\"LeastAllocated\", \"MostAllocated\", \"RequestedToCapacityRatio\""},
    {"{" STRATEGY("LeastAllocated",
                  "{\"name\":\"cpu\",\"weight\":-1},{\"name\":\"memory\",\"weight\":101}") "}",
     "[scoringStrategy.resources[0].weight: Invalid value: -1: resource weight of cpu not in valid range (0, "
     "100], "
     "scoringStrategy.resources[1].weight: Invalid value: 101: resource weight of memory not in valid range "
     "(0, "
     "100]]"},
    {"{" STRATEGY("RequestedToCapacityRatio", "") "}",
     "scoringStrategy.requestedToCapacityRatio: Required value: must be specified when type is "
     "RequestedToCapacityRatio"},
    {"{\"scoringStrategy\":{\"type\":\"MostAllocated\",\"requestedToCapacityRatio\":{}}}",
     "scoringStrategy.requestedToCapacityRatio: Forbidden: must be nil when type is not "
     "RequestedToCapacityRatio"},
    {"{\"scoringStrategy\":{\"type\":\"MostAllocated\",\"requestedToCapacityRatio\":null}}", NULL},
    {RATIO("", ""), SHAPE_ERROR ": Required value: at least one point must be specified"},
    {RATIO(
         "{\"utilization\":50,\"score\":5},{\"utilization\":50,\"score\":6},{\"utilization\":1,\"score\":6}",
         ""),
     SHAPE_ERROR "[1].utilization: Invalid value: 50: values must be sorted in increasing order"},
    {RATIO("{\"utilization\":-1,\"score\":-1},{\"utilization\":101,\"score\":11}", ""),
     "[" SHAPE_ERROR "[0].utilization: Invalid value: -1: not in valid range [0, 100], " SHAPE_ERROR
     "[0].score: Invalid value: -1: not in valid range [0, 10], " SHAPE_ERROR
     "[1].utilization: Invalid value: 101: not in valid range [0, 100], " SHAPE_ERROR
     "[1].score: Invalid value: 11: not in valid range [0, 10]]"},
    {"{\"ignoredResources\":[\"example.com/\"]," DEFAULT "}",
     "[ignoredResources[0]: Invalid value: \"example.com/\": name part must be non-empty, "
     "ignoredResources[0]: "
     "Invalid value: \"example.com/\": " NAME_ERROR "]"},
    {"{\"ignoredResourceGroups\":[\"a\",\"example.com/x\"]," DEFAULT "}",
     "ignoredResourceGroups[1]: Invalid value: \"example.com/x\": resource group name can't contain '/'"},
    {"{\"ignoredResourceGroups\":[\"bad name\"]," DEFAULT "}",
     "ignoredResourceGroups[0]: Invalid value: \"bad name\": " NAME_ERROR},
};

static void argument_errors(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(arguments) / sizeof(arguments[0]); i++) {
        void *self = cluster_instance(&node_resources_fit_plugin, arguments[i].args);
        if (arguments[i].error)
            assert_string_equal(cluster.failure, arguments[i].error);
        else
            assert_non_null(self);
        if (self)
            node_resources_fit_plugin.destroy(self);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(filter_cases),
        cmocka_unit_test(ignored_resources),
        cmocka_unit_test(without_pre_filter),
        cmocka_unit_test(both_forms_agree),
        cmocka_unit_test(fast_shares_are_exact),
        cmocka_unit_test(score_cases),
        cmocka_unit_test(pod_level_resources_are_not_scored),
        cmocka_unit_test(argument_errors),
    };
    return cmocka_run_group_tests(tests, NULL, fake_end);
}
