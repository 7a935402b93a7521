/* The scheduling cycle: which node is taken, and what is told when none is. */
#include "core/message.h"
#include "stage.h"

static struct stage stage;
static struct node_order order;
static struct rng rng;
static uint32_t start;

static int begin(void **state)
{
    (void)state;
    stage_init(&stage);
    order = (struct node_order){0};
    rng = (struct rng){1};
    start = 0;
    return 0;
}

static int end(void **state)
{
    (void)state;
    node_order_fini(&order);
    stage_fini(&stage);
    return 0;
}

static struct cycle_outcome run_pod(const struct berth_pod *pod)
{
    struct cycle_outcome out;
    assert_int_equal(node_order_update(&order, &stage.cache.nodes, stage.cache.nodes_generation), 0);
    struct cycle *cy = stage_begin(&stage, pod);
    cy->rng = &rng;
    cycle_run(cy, &order, &start, &out);
    return out;
}

static struct cycle_outcome run(void)
{
    return run_pod(world_plain_pod(&stage.world, "p", "", 100));
}

static void put_nodes(uint32_t len)
{
    for (uint32_t i = 0; i < len; i++) {
        char name[16];
        snprintf(name, sizeof(name), "n%03u", i);
        assert_int_equal(stage_node(&stage, name, ""), i);
    }
}

/* ---- what becomes of a pod ---- */

static const struct {
    const char *name;
    struct actor actors[4];
    int32_t slot; /* of the nodes n000, n001, n002 */
    const char *error;
    const char *message; /* when neither */
} cases[] = {
    {"the best node is taken", {{.name = "A", .score = "n000: 1; n001: 9; n002: 5"}}, 1, NULL, NULL},
    {"weights decide",
     {{.name = "A", .score = "n001: 10", .weight = 2}, {.name = "B", .score = "n002: 19"}},
     1,
     NULL,
     NULL},
    {"the best of the feasible ones",
     {{.name = "F", .filter = "n001: unschedulable no"}, {.name = "A", .score = "n000: 1; n001: 9; n002: 5"}},
     2,
     NULL,
     NULL},
    {"an only feasible node is not scored",
     {{.name = "F", .filter = "n000: unschedulable no; n001: unschedulable no"},
      {.name = "A", .pre_score = "error never asked", .score = "n002: error never asked"}},
     2,
     NULL,
     NULL},
    {"PreFilter narrows",
     {{.name = "F", .pre_filter = "only n002,n000"}, {.name = "A", .score = "n000: 1; n001: 9; n002: 5"}},
     2,
     NULL,
     NULL},
    {"no node fits",
     {{.name = "F", .filter = "n000: unschedulable no; n001: unschedulable no; n002: unresolvable never"},
      {.name = "A", .score = ""}},
     -1,
     NULL,
     "0/3 nodes are available: 1 never, 2 no."},
    {"nodes that PreFilter left out are told",
     {{.name = "F", .pre_filter = "only n002", .filter = "n002: unschedulable no"},
      {.name = "A", .score = ""}},
     -1,
     NULL,
     "0/3 nodes are available: 1 no, 2 node(s) didn't satisfy plugin(s) [F]."},
    {"PreFilter rejects",
     {{.name = "F", .pre_filter = "unresolvable not today"}, {.name = "A", .score = ""}},
     -1,
     NULL,
     "0/3 nodes are available: not today."},
    {"PostFilter has the last word",
     {{.name = "F", .pre_filter = "unschedulable not today", .post_filter = "unschedulable tried hard."}},
     -1,
     NULL,
     "0/3 nodes are available: not today. tried hard."},
    {"PostFilter may help: nothing is added",
     {{.name = "F",
       .filter = "n000: unschedulable a; n001: unschedulable a; n002: unschedulable a",
       .post_filter = "pass"},
      {.name = "A", .score = ""}},
     -1,
     NULL,
     "0/3 nodes are available: 3 a."},
    {"an error in PreFilter ends the attempt",
     {{.name = "F", .pre_filter = "error broken", .post_filter = "unschedulable never asked"}},
     -1,
     "running PreFilter plugin \"F\": broken",
     NULL},
    {"an error in Filter ends the attempt, even when other nodes fit",
     {{.name = "F", .filter = "n001: error broken", .post_filter = "unschedulable never asked"},
      {.name = "A", .score = ""}},
     -1,
     "broken",
     NULL},
    {"an answer that Filter may not give is an error",
     {{.name = "F", .filter = "n001: wait a bit"}, {.name = "A", .score = ""}},
     -1,
     "a bit",
     NULL},
    {"an error without a text still is one",
     {{.name = "F", .filter = "n001: skip"}, {.name = "A", .score = ""}},
     -1,
     "a plugin failed without saying why",
     NULL},
    {"an error in Score ends the attempt",
     {{.name = "A", .score = "n001: error broken"}},
     -1,
     "plugin \"A\" failed with: broken",
     NULL},
};

static void a_cycle_ends_in_a_node_a_message_or_an_error(void **state)
{
    (void)state;
    put_nodes(3);
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        const char *name = cases[i].name;
        stage_clear(&stage);
        for (size_t k = 0; k < ARRAY_LEN(cases[i].actors) && cases[i].actors[k].name; k++)
            stage_add(&stage, &cases[i].actors[k]);
        for (int time = 0; time < 3; time++) {
            struct cycle_outcome out = run();
            EXPECT(out.slot == cases[i].slot, "%s: slot %d", name, out.slot);
            berth_str error = berth_str_of(cases[i].error ? cases[i].error : "");
            EXPECT(berth_str_eq(out.error, error), "%s: error %.*s", name, BERTH_FMT(out.error));
            if (!cases[i].message)
                continue;
            berth_str said = framework_reasons(&stage.cy, out.post_filter);
            berth_str message = message_unschedulable(&stage.cy, out.verdicts, out.pre_filter, said);
            EXPECT(berth_str_eq(message, berth_str_of(cases[i].message)), "%s: %.*s", name,
                   BERTH_FMT(message));
        }
    }
}

/* ---- nominated nodes ---- */

static void the_nominated_node_is_taken_first(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        struct actor actors[2];
        const char *nominated;
        int32_t slot;
        uint32_t evaluated;
    } nominated[] = {
        {"it fits: no other node is looked at",
         {{.name = "A", .filter = "n002: unschedulable no", .score = "n000: 9"}},
         "n001",
         1,
         1},
        {"it does not fit: the best other",
         {{.name = "A", .filter = "n001: unschedulable no", .score = "n000: 9"}},
         "n001",
         0,
         3},
        {"it is not there: the best other", {{.name = "A", .filter = "", .score = "n000: 9"}}, "n009", 0, 3},
        {"an error there is not the end",
         {{.name = "A", .pre_filter = "only n000,n002", .filter = "n001: error broken", .score = "n000: 9"}},
         "n001",
         0,
         3},
    };
    put_nodes(3);
    for (size_t i = 0; i < ARRAY_LEN(nominated); i++) {
        stage_clear(&stage);
        stage_add(&stage, &nominated[i].actors[0]);
        struct cycle_outcome out = run_pod(world_pod(&stage.world,
                                                     "metadata: {name: p, namespace: default}, "
                                                     "status: {nominatedNodeName: %s}",
                                                     nominated[i].nominated));
        EXPECT(out.slot == nominated[i].slot, "%s: slot %d", nominated[i].name, out.slot);
        EXPECT(out.evaluated == nominated[i].evaluated, "%s: %u evaluated", nominated[i].name, out.evaluated);
    }
}

/* ---- ties ---- */

static void ties_are_broken_evenly_and_by_the_seed(void **state)
{
    (void)state;
    enum { ROUNDS = 6000, NODES = 6 };
    static const struct actor actor = {.name = "A", .score = "n000: 1; n001: 5; n002: 5; n004: 5; n005: 2"};
    uint32_t first[ROUNDS], taken[NODES] = {0};
    put_nodes(NODES);
    stage_add(&stage, &actor);
    for (uint64_t seed = 7; seed < 10; seed++) {
        uint32_t same = 0;
        rng = (struct rng){seed / 2}; /* 3, 4, 4 */
        for (int i = 0; i < ROUNDS; i++) {
            uint32_t slot = (uint32_t)run().slot;
            taken[slot]++;
            same += seed > 7 && slot == first[i];
            first[i] = slot;
        }
        if (seed == 8)
            assert_in_range(same, ROUNDS / 4,
                            ROUNDS / 2); /* another seed: other nodes, a third of them the same */
        if (seed == 9)
            assert_int_equal(same, ROUNDS);
    }
    assert_int_equal(taken[0] + taken[3] + taken[5], 0);
    for (uint32_t slot = 1; slot <= 4; slot += slot == 2 ? 2 : 1) /* 1, 2, 4 */
        assert_in_range(taken[slot], ROUNDS - 250, ROUNDS + 250);
}

/* ---- only some nodes ---- */

static const struct {
    const char *name;
    uint32_t nodes;
    int32_t percentage;
    bool scores;
    uint32_t feasible;
} sample_cases[] = {
    {"0 means all nodes", 400, 0, true, 400},
    {"fewer than 100 nodes: all of them", 99, 5, true, 99},
    {"never fewer than 100", 400, 5, true, 100},
    {"the percentage, rounded down", 401, 50, true, 200},
    {"100 means all", 400, 100, true, 400},
    {"without scoring the first will do", 400, 0, false, 1},
    {"without scoring the first will do, whatever the percentage", 400, 50, false, 1},
};

static void as_many_feasible_nodes_as_are_wanted(void **state)
{
    for (size_t i = 0; i < ARRAY_LEN(sample_cases); i++) {
        static const struct actor scoring = {.name = "A", .filter = "", .score = ""};
        static const struct actor plain = {.name = "A", .filter = ""};
        if (i > 0) {
            end(state);
            begin(state);
        }
        put_nodes(sample_cases[i].nodes);
        stage_add(&stage, sample_cases[i].scores ? &scoring : &plain);
        stage.profile.percentage_of_nodes_to_score = sample_cases[i].percentage;
        struct cycle_outcome out = run();
        EXPECT(out.slot >= 0 && out.feasible == sample_cases[i].feasible, "%s: %u", sample_cases[i].name,
               out.feasible);
        EXPECT(out.evaluated == out.feasible, "%s: %u evaluated", sample_cases[i].name, out.evaluated);
        EXPECT(start == out.feasible % sample_cases[i].nodes, "%s: start %u", sample_cases[i].name, start);
    }
}

static void the_search_goes_on_where_it_stopped(void **state)
{
    (void)state;
    static const struct actor actor = {.name = "A",
                                       .filter = "n001: unschedulable no; n003: unschedulable no"};
    /* No scoring: one feasible node is wanted. Nodes that were looked at in vain count, too. */
    static const struct {
        int32_t slot;
        uint32_t start, evaluated;
    } steps[] = {{0, 1, 1}, {2, 3, 2}, {4, 0, 2}, {0, 1, 1}};
    put_nodes(5);
    stage_add(&stage, &actor);
    for (size_t i = 0; i < ARRAY_LEN(steps); i++) {
        struct cycle_outcome out = run();
        assert_int_equal(out.slot, steps[i].slot);
        assert_int_equal(start, steps[i].start);
        assert_int_equal(out.evaluated, steps[i].evaluated);
    }
}

static void the_wanted_share_turns_round_the_cluster(void **state)
{
    (void)state;
    static const struct actor actor = {.name = "A", .score = ""};
    put_nodes(250);
    stage_add(&stage, &actor);
    stage.profile.percentage_of_nodes_to_score = 40;
    bool seen[250] = {false};
    static const uint32_t starts[] = {100, 200, 50};
    for (size_t i = 0; i < ARRAY_LEN(starts); i++) {
        (void)run();
        assert_int_equal(start, starts[i]);
        for (uint32_t k = 0; k < stage.cy.feasible_len; k++) {
            assert_true(k == 0 || stage.cy.feasible[k - 1] < stage.cy.feasible[k]);
            seen[stage.cy.feasible[k]] = true;
        }
    }
    for (size_t i = 0; i < ARRAY_LEN(seen); i++)
        assert_true(seen[i]);
}

static void zones_take_turns_in_the_sample(void **state)
{
    (void)state;
    static const struct actor actor = {.name = "A", .score = ""};
    for (uint32_t i = 0; i < 300; i++) {
        char name[16];
        snprintf(name, sizeof(name), "n%03u", i);
        stage_node(&stage, name,
                   i < 200 ? "topology.kubernetes.io/zone: big" : "topology.kubernetes.io/zone: small");
    }
    stage_add(&stage, &actor);
    stage.profile.percentage_of_nodes_to_score = 34;
    (void)run();
    uint32_t small = 0;
    for (uint32_t k = 0; k < stage.cy.feasible_len; k++)
        small += stage.cy.feasible[k] >= 200;
    assert_int_equal(stage.cy.feasible_len, 102);
    assert_int_equal(small, 51);
}

/* ---- workers ---- */

/* Four parts, the last one first, as if by threads that happen to run so. */
static void backwards(void *pool, uint32_t len, void (*fn)(void *context, uint32_t from, uint32_t to),
                      void *context)
{
    ++*(int *)pool;
    for (uint32_t part = 4; part-- > 0;)
        fn(context, len * part / 4, len * (part + 1) / 4);
}

static const struct {
    const char *name;
    struct actor actors[3];
} divided_cases[] = {
    {"remembered rows",
     {{.name = "A",
       .filter = "n007: unschedulable no",
       .score = "n009: 7; n1400: 7",
       .filter_scope = BERTH_SCOPE_ROW,
       .score_scope = BERTH_SCOPE_ROW}}},
    {"asked anew", {{.name = "A", .filter = "n007: unschedulable no", .score = "n009: 7; n1400: 7"}}},
    {"both, with normalisation",
     {{.name = "A",
       .filter = "n007: unschedulable no; n1300: unresolvable never",
       .filter_scope = BERTH_SCOPE_ROW},
      {.name = "B", .filter = "n008: unschedulable no", .score = "n009: 7; n1300: 70", .normalize = "pass"}}},
    {"of two failing nodes the first is told",
     {{.name = "A", .score = "n1300: error late; n010: error early; n600: error between"}}},
    {"also where rows are remembered",
     {{.name = "A", .score = "n1300: error late; n010: error early", .score_scope = BERTH_SCOPE_ROW}}},
};

static void dividing_the_work_changes_nothing(void **state)
{
    (void)state;
    put_nodes(1500);
    for (size_t i = 0; i < ARRAY_LEN(divided_cases); i++) {
        int divided = 0;
        stage_clear(&stage);
        for (size_t k = 0; divided_cases[i].actors[k].name; k++)
            stage_add(&stage, &divided_cases[i].actors[k]);
        stage.options = (struct core_options){0};
        rng = (struct rng){i};
        struct cycle_outcome one = run();
        char error[64];
        snprintf(error, sizeof(error), "%.*s", BERTH_FMT(one.error));
        stage.options = (struct core_options){.parallel = backwards, .pool = &divided};
        for (int time = 0; time < 3; time++) {
            rng = (struct rng){i};
            struct cycle_outcome many = run();
            EXPECT(one.slot == many.slot && one.feasible == many.feasible, "%s: %d and %d",
                   divided_cases[i].name, one.slot, many.slot);
            EXPECT(berth_str_eq(many.error, berth_str_of(error)), "%s: %s and %.*s", divided_cases[i].name,
                   error, BERTH_FMT(many.error));
        }
        assert_true(divided > 0);
    }
    stage.options = (struct core_options){0};
}

/* ---- explaining ---- */

static void an_explanation_tells_everything_and_decides_nothing(void **state)
{
    (void)state;
    static const struct actor actors[] = {
        {.name = "A",
         .filter = "n001: unschedulable no",
         .score = "n000: 10; n002: 50; n003: 50",
         .weight = 2},
        {.name = "B", .pre_score = "pass", .score = "n000: 1"},
    };
    put_nodes(4);
    stage_add(&stage, &actors[0]);
    stage_add(&stage, &actors[1]);
    struct explanation x = {0};
    cycle_explain(stage_begin(&stage, world_plain_pod(&stage.world, "p", "", 1)), &x);
    assert_string_equal(stage_verdicts(&stage, x.verdicts),
                        "n000: pass; n001: A unschedulable no; n002: pass; n003: pass");
    assert_int_equal(x.feasible_len, 3);
    assert_int_equal(x.score_plugins_len, 2);
    assert_string_equal(x.score_plugins[0], "A");
    assert_int_equal(x.scores[0][2], 100);
    assert_int_equal(x.scores[1][0], 1);
    assert_int_equal(x.total[0], 21);
    assert_int_equal(x.best_len, 2);
    assert_int_equal(x.best[0], 2);
    assert_int_equal(x.best[1], 3);
    assert_null(x.nominated_fit);
    assert_int_equal(x.message.len + x.error.len, 0);
}

static const struct {
    const char *name;
    struct actor actor;
    const char *message, *error, *score_error, *post_filter, *pre_filter, *pre_enqueue;
} explain_cases[] = {
    {.name = "a gate", .actor = {.name = "A", .pre_enqueue = "unresolvable gated"}, .pre_enqueue = "gated"},
    {.name = "a rejection by PreFilter",
     .actor = {.name = "A", .pre_filter = "unresolvable no", .post_filter = "unschedulable nor I."},
     .pre_filter = "no",
     .post_filter = "nor I.",
     .message = "0/2 nodes are available: no. nor I."},
    {.name = "no node fits",
     .actor = {.name = "A", .filter = "n000: unschedulable a; n001: unschedulable b"},
     .message = "0/2 nodes are available: 1 a, 1 b."},
    {.name = "an error in Filter", .actor = {.name = "A", .filter = "n000: error broken"}, .error = "broken"},
    {.name = "an error in Score",
     .actor = {.name = "A", .score = "n000: error broken"},
     .error = "plugin \"A\" failed with: broken",
     .score_error = "plugin \"A\" failed with: broken"},
    {.name = "an error in Score with one feasible node is none in scheduling",
     .actor = {.name = "A", .filter = "n001: unschedulable no", .score = "n000: error broken"},
     .score_error = "plugin \"A\" failed with: broken"},
};

static void expect_reason(const char *name, const struct status *status, const char *wanted)
{
    EXPECT((status != NULL) == (wanted != NULL), "%s", name);
    if (status)
        EXPECT(berth_str_eq(status->reasons[0], berth_str_of(wanted)), "%s", name);
}

static void expect_text(const char *name, berth_str got, const char *wanted)
{
    EXPECT(berth_str_eq(got, berth_str_of(wanted ? wanted : "")), "%s: %.*s", name, BERTH_FMT(got));
}

static void an_explanation_of_failure_says_where(void **state)
{
    (void)state;
    put_nodes(2);
    for (size_t i = 0; i < ARRAY_LEN(explain_cases); i++) {
        const char *name = explain_cases[i].name;
        struct explanation x = {0};
        stage_clear(&stage);
        stage_add(&stage, &explain_cases[i].actor);
        cycle_explain(stage_begin(&stage, world_plain_pod(&stage.world, "p", "", 1)), &x);
        expect_text(name, x.message, explain_cases[i].message);
        expect_text(name, x.error, explain_cases[i].error);
        expect_text(name, x.score_error, explain_cases[i].score_error);
        expect_reason(name, x.post_filter, explain_cases[i].post_filter);
        expect_reason(name, x.pre_filter, explain_cases[i].pre_filter);
        expect_reason(name, x.pre_enqueue, explain_cases[i].pre_enqueue);
    }
}

static void without_nodes_there_is_nothing_to_say(void **state)
{
    (void)state;
    static const struct actor actor = {.name = "A", .pre_filter = "error never asked"};
    struct explanation x = {0};
    stage_add(&stage, &actor);
    cycle_explain(stage_begin(&stage, world_plain_pod(&stage.world, "p", "", 1)), &x);
    expect_text("no nodes", x.message, "no nodes available to schedule pods");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_cycle_ends_in_a_node_a_message_or_an_error, begin, end),
        cmocka_unit_test_setup_teardown(the_nominated_node_is_taken_first, begin, end),
        cmocka_unit_test_setup_teardown(ties_are_broken_evenly_and_by_the_seed, begin, end),
        cmocka_unit_test_setup_teardown(as_many_feasible_nodes_as_are_wanted, begin, end),
        cmocka_unit_test_setup_teardown(the_search_goes_on_where_it_stopped, begin, end),
        cmocka_unit_test_setup_teardown(the_wanted_share_turns_round_the_cluster, begin, end),
        cmocka_unit_test_setup_teardown(zones_take_turns_in_the_sample, begin, end),
        cmocka_unit_test_setup_teardown(dividing_the_work_changes_nothing, begin, end),
        cmocka_unit_test_setup_teardown(an_explanation_tells_everything_and_decides_nothing, begin, end),
        cmocka_unit_test_setup_teardown(an_explanation_of_failure_says_where, begin, end),
        cmocka_unit_test_setup_teardown(without_nodes_there_is_nothing_to_say, begin, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
