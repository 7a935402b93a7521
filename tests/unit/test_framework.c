/* The extension points up to Filter, and those after a node was chosen: kube-scheduler's rules, played by
 * actors. */
#include "stage.h"

static struct stage stage;

static int begin(void **state)
{
    (void)state;
    stage_init(&stage);
    stage_node(&stage, "a", "");
    stage_node(&stage, "b", "");
    stage_node(&stage, "c", "");
    return 0;
}

static int end(void **state)
{
    (void)state;
    stage_fini(&stage);
    return 0;
}

static struct cycle *play(const struct actor *actors, size_t len)
{
    stage_clear(&stage);
    for (size_t i = 0; i < len && actors[i].name; i++)
        stage_add(&stage, &actors[i]);
    return stage_begin(&stage, world_plain_pod(&stage.world, "p", "", 100));
}

static void expect(const char *name, const char *got, const char *wanted)
{
    EXPECT(strcmp(got, wanted) == 0, "%s:\n  %s\nnot\n  %s", name, got, wanted);
}

/* ---- PreEnqueue ---- */

static void the_first_objection_keeps_the_pod_out(void **state)
{
    (void)state;
    static const struct actor actors[] = {
        {.name = "A", .pre_enqueue = "pass"},
        {.name = "B", .pre_enqueue = "unresolvable waiting for gates"},
        {.name = "C", .pre_enqueue = "unresolvable never asked"},
    };
    struct cycle *cy = play(actors, ARRAY_LEN(actors));
    expect("B objects", stage_text(&stage, framework_pre_enqueue(cy)), "B unresolvable waiting for gates");
    cy = play(actors, 1);
    expect("nobody objects", stage_text(&stage, framework_pre_enqueue(cy)), "pass");
}

/* ---- PreFilter ---- */

static const struct {
    const char *name;
    struct actor actors[4];
    const char *verdict;
    const char *names;  /* narrowed to these; NULL: not narrowed, or not looked at */
    const char *absent; /* reason of the other nodes */
    const char *calls;
} pre_filter_cases[] = {
    {"all pass",
     {{.name = "A", .pre_filter = "pass"}, {.name = "B", .pre_filter = "pass"}},
     "pass",
     NULL,
     NULL,
     "A.preFilter B.preFilter "},
    {"a skip is no objection",
     {{.name = "A", .pre_filter = "skip"}, {.name = "B", .pre_filter = "pass"}},
     "pass",
     NULL,
     NULL,
     "A.preFilter B.preFilter "},
    {"unresolvable ends the round at once",
     {{.name = "A", .pre_filter = "unresolvable no"}, {.name = "B", .pre_filter = "pass"}},
     "A unresolvable no",
     NULL,
     NULL,
     "A.preFilter "},
    {"unschedulable lets the others prepare, as preemption may help",
     {{.name = "A", .pre_filter = "unschedulable no"}, {.name = "B", .pre_filter = "pass"}},
     "A unschedulable no",
     NULL,
     NULL,
     "A.preFilter B.preFilter "},
    {"of two unschedulables the last one is told",
     {{.name = "A", .pre_filter = "unschedulable one"}, {.name = "B", .pre_filter = "unschedulable two"}},
     "B unschedulable two",
     NULL,
     NULL,
     "A.preFilter B.preFilter "},
    {"unresolvable after unschedulable wins",
     {{.name = "A", .pre_filter = "unschedulable one"}, {.name = "B", .pre_filter = "unresolvable two"}},
     "B unresolvable two",
     NULL,
     NULL,
     "A.preFilter B.preFilter "},
    {"an error names the plugin",
     {{.name = "A", .pre_filter = "error broken"}, {.name = "B", .pre_filter = "pass"}},
     "error running PreFilter plugin \"A\": broken",
     NULL,
     NULL,
     "A.preFilter "},
    {"any other code is an error, too",
     {{.name = "A", .pre_filter = "wait a bit"}},
     "error running PreFilter plugin \"A\": a bit",
     NULL,
     NULL,
     "A.preFilter "},
    {"one plugin narrows",
     {{.name = "A", .pre_filter = "only b,a"}},
     "pass",
     "a b",
     "node(s) didn't satisfy plugin(s) [A]",
     "A.preFilter "},
    {"two narrow: what both leave, both named, in order of name",
     {{.name = "B", .pre_filter = "only a,b"}, {.name = "A", .pre_filter = "only b,c"}},
     "pass",
     "b",
     "node(s) didn't satisfy plugin(s) [A B]",
     "B.preFilter A.preFilter "},
    {"one that narrows to the same nodes is named as well",
     {{.name = "A", .pre_filter = "only a"}, {.name = "B", .pre_filter = "only a,b,c"}},
     "pass",
     "a",
     "node(s) didn't satisfy plugin(s) [A B]",
     "A.preFilter B.preFilter "},
    {"one that does not narrow is not named",
     {{.name = "A", .pre_filter = "only a"}, {.name = "B", .pre_filter = "pass"}},
     "pass",
     "a",
     "node(s) didn't satisfy plugin(s) [A]",
     "A.preFilter B.preFilter "},
    {"names of nodes that do not exist are kept",
     {{.name = "A", .pre_filter = "only z,a"}},
     "pass",
     "a z",
     "node(s) didn't satisfy plugin(s) [A]",
     "A.preFilter "},
    {"a name given twice counts once",
     {{.name = "A", .pre_filter = "only a,a"}},
     "pass",
     "a",
     "node(s) didn't satisfy plugin(s) [A]",
     "A.preFilter "},
    {"one plugin leaves no node",
     {{.name = "A", .pre_filter = "only"}, {.name = "B", .pre_filter = "pass"}},
     "unresolvable node(s) didn't satisfy plugin A",
     NULL,
     NULL,
     "A.preFilter "},
    {"two together leave no node",
     {{.name = "B", .pre_filter = "only a"},
      {.name = "A", .pre_filter = "only b"},
      {.name = "C", .pre_filter = "pass"}},
     "unresolvable node(s) didn't satisfy plugin(s) [A B] simultaneously",
     NULL,
     NULL,
     "B.preFilter A.preFilter "},
};

static const char *names_of(const struct cycle *cy)
{
    static char text[128];
    text[0] = 0;
    for (uint32_t i = 0; i < cy->names_len; i++)
        snprintf(text + strlen(text), sizeof(text) - strlen(text), "%s%s", i ? " " : "", cy->names[i]->text);
    return text;
}

static void pre_filter_follows_the_rules(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(pre_filter_cases); i++) {
        struct cycle *cy = play(pre_filter_cases[i].actors, ARRAY_LEN(pre_filter_cases[i].actors));
        const char *name = pre_filter_cases[i].name;
        expect(name, stage_text(&stage, framework_pre_filter(cy)), pre_filter_cases[i].verdict);
        expect(name, stage_calls(), pre_filter_cases[i].calls);
        if (!pre_filter_cases[i].names)
            continue;
        char absent[128];
        snprintf(absent, sizeof(absent), "unresolvable %s", pre_filter_cases[i].absent);
        expect(name, names_of(cy), pre_filter_cases[i].names);
        expect(name, stage_text(&stage, cy->absent), absent);
    }
}

/* ---- Filter ---- */

static const struct {
    const char *name;
    struct actor actors[4];
    const char *verdicts;
} filter_cases[] = {
    {"no plugin, no objection", {{.name = "A", .pre_filter = "pass"}}, "a: pass; b: pass; c: pass"},
    {"the first plugin that rejects a node is told",
     {{.name = "A", .filter = "b: unschedulable small"},
      {.name = "B", .filter = "a: unresolvable far; b: unresolvable far"}},
     "a: B unresolvable far; b: A unschedulable small; c: pass"},
    {"running order counts, not scope: cluster before row",
     {{.name = "A", .filter = "b: unschedulable one"},
      {.name = "B", .filter = "b: unschedulable two; c: unschedulable two", .filter_scope = BERTH_SCOPE_ROW}},
     "a: pass; b: A unschedulable one; c: B unschedulable two"},
    {"running order counts, not scope: row before cluster",
     {{.name = "A", .filter = "b: unschedulable one", .filter_scope = BERTH_SCOPE_ROW},
      {.name = "B", .filter = "b: unschedulable two; c: unschedulable two"}},
     "a: pass; b: A unschedulable one; c: B unschedulable two"},
    {"a plugin that skipped in PreFilter is not asked",
     {{.name = "A", .pre_filter = "skip", .filter = "a: unschedulable no"},
      {.name = "B", .pre_filter = "pass", .filter = "b: unschedulable no"}},
     "a: pass; b: B unschedulable no; c: pass"},
    {"skipping spares later points only, not other plugins",
     {{.name = "A", .pre_filter = "skip", .filter = "a: unschedulable no"},
      {.name = "B", .filter = "a: pending no"}},
     "a: B pending no; b: pass; c: pass"},
    {"nodes left out by PreFilter are not asked about",
     {{.name = "A", .pre_filter = "only b,c,z"},
      {.name = "B", .filter = "a: unschedulable no; c: unschedulable no"}},
     "a: unresolvable node(s) didn't satisfy plugin(s) [A]; b: pass; c: B unschedulable no"},
    {"plugins of nodes scope are remembered like rows",
     {{.name = "A", .filter = "a: unschedulable no", .filter_scope = BERTH_SCOPE_NODES},
      {.name = "B", .filter = "b: unschedulable no", .filter_scope = BERTH_SCOPE_ROW}},
     "a: A unschedulable no; b: B unschedulable no; c: pass"},
    {"an empty reason is a reason",
     {{.name = "A", .filter = "a: unschedulable"}},
     "a: A unschedulable ; b: pass; c: pass"},
};

/* Each case four times in each of four ways: the second and later times from what was remembered. */
static void filter_follows_the_rules(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(filter_cases); i++)
        for (int way = 0; way < 4; way++) {
            stage.options = (struct core_options){.no_cache = way & 1, .per_node = way & 2};
            stage_clear(&stage);
            for (size_t k = 0; k < ARRAY_LEN(filter_cases[i].actors) && filter_cases[i].actors[k].name; k++)
                stage_add(&stage, &filter_cases[i].actors[k]);
            for (int time = 0; time < 4; time++) {
                struct cycle *cy = stage_begin(&stage, world_plain_pod(&stage.world, "p", "", 100));
                assert_int_equal(framework_pre_filter(cy), BERTH_PASS);
                expect(filter_cases[i].name, stage_verdicts(&stage, framework_filter(cy)),
                       filter_cases[i].verdicts);
                if (time == 1 && !cy->narrowed)
                    assert_true((cy->results != NULL) == !stage.options.no_cache);
            }
        }
    stage.options = (struct core_options){0};
}

static void a_pod_that_names_a_node_is_never_remembered(void **state)
{
    (void)state;
    for (int time = 0; time < 3; time++) {
        struct cycle *cy = stage_begin(
            &stage, world_pod(&stage.world, "metadata: {name: p, namespace: default}, spec: {nodeName: a}"));
        assert_int_equal(framework_pre_filter(cy), BERTH_PASS);
        (void)framework_filter(cy);
        assert_null(cy->results);
    }
}

/* ---- after a node was chosen ---- */

static const struct {
    const char *name;
    struct actor actors[4];
    berth_verdict (*run)(struct cycle *cy, uint32_t slot);
    const char *verdict;
    const char *calls;
} late_cases[] = {
    {"Reserve stops at the first objection",
     {{.name = "A", .reserve = ""},
      {.name = "B", .reserve = "b: unschedulable taken"},
      {.name = "C", .reserve = ""}},
     framework_reserve,
     "B unschedulable taken",
     "A.reserve B.reserve "},
    {"a plugin with Unreserve alone is not asked to reserve",
     {{.name = "A", .unreserve = ""}, {.name = "B", .reserve = ""}},
     framework_reserve,
     "pass",
     "B.reserve "},
    {"Permit asks everyone while all agree",
     {{.name = "A", .permit = ""}, {.name = "B", .permit = ""}},
     framework_permit,
     "pass",
     "A.permit B.permit "},
    {"Permit stops at the first objection",
     {{.name = "A", .permit = "b: unschedulable no"}, {.name = "B", .permit = ""}},
     framework_permit,
     "A unschedulable no",
     "A.permit "},
    {"PreBind goes on after a skip",
     {{.name = "A", .pre_bind = "b: skip"}, {.name = "B", .pre_bind = ""}},
     framework_pre_bind,
     "pass",
     "A.preBind B.preBind "},
    {"PreBind stops at the first objection",
     {{.name = "A", .pre_bind = "b: error no"}, {.name = "B", .pre_bind = ""}},
     framework_pre_bind,
     "error running PreBind plugin \"A\": no",
     "A.preBind "},
    {"the first plugin that does not skip binds",
     {{.name = "A", .bind = "b: skip"}, {.name = "B", .bind = ""}, {.name = "C", .bind = ""}},
     framework_bind,
     "pass",
     "A.bind B.bind "},
    {"when all skip nobody bound",
     {{.name = "A", .bind = "b: skip"}},
     framework_bind,
     "error no bind plugin took the pod",
     "A.bind "},
};

static void later_points_follow_the_rules(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(late_cases); i++) {
        struct cycle *cy = play(late_cases[i].actors, ARRAY_LEN(late_cases[i].actors));
        expect(late_cases[i].name, stage_text(&stage, late_cases[i].run(cy, 1)), late_cases[i].verdict);
        expect(late_cases[i].name, stage_calls(), late_cases[i].calls);
    }
}

static void unreserve_goes_backwards_through_all(void **state)
{
    (void)state;
    static const struct actor actors[] = {{.name = "A", .reserve = "", .unreserve = ""},
                                          {.name = "B", .reserve = ""},
                                          {.name = "C", .unreserve = ""}};
    struct cycle *cy = play(actors, ARRAY_LEN(actors));
    framework_unreserve(cy, 1);
    expect("backwards", stage_calls(), "C.unreserve A.unreserve ");
}

static void post_bind_tells_everyone(void **state)
{
    (void)state;
    static const struct actor actors[] = {{.name = "A", .post_bind = ""}, {.name = "B", .post_bind = ""}};
    struct cycle *cy = play(actors, ARRAY_LEN(actors));
    framework_post_bind(cy, 1);
    expect("everyone", stage_calls(), "A.postBind B.postBind ");
}

/* ---- PostFilter ---- */

static const struct {
    const char *name;
    struct actor actors[4];
    const char *verdict;
    const char *calls;
} post_filter_cases[] = {
    {"the first that helps ends the round",
     {{.name = "A", .post_filter = "pass"}, {.name = "B", .post_filter = "pass"}},
     "pass",
     "A.postFilter "},
    {"objections are joined in the name of the first",
     {{.name = "A", .post_filter = "unschedulable one"}, {.name = "B", .post_filter = "unschedulable two"}},
     "A unschedulable one, two",
     "A.postFilter B.postFilter "},
    {"help may come late",
     {{.name = "A", .post_filter = "unschedulable one"}, {.name = "B", .post_filter = "pass"}},
     "pass",
     "A.postFilter B.postFilter "},
    {"unresolvable ends the round",
     {{.name = "A", .post_filter = "unresolvable no"}, {.name = "B", .post_filter = "pass"}},
     "A unresolvable no",
     "A.postFilter "},
    {"an error ends the round",
     {{.name = "A", .post_filter = "error no"}, {.name = "B", .post_filter = "pass"}},
     "A error no",
     "A.postFilter "},
};

static void post_filter_follows_the_rules(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(post_filter_cases); i++) {
        struct cycle *cy = play(post_filter_cases[i].actors, ARRAY_LEN(post_filter_cases[i].actors));
        int32_t slot = 99;
        expect(post_filter_cases[i].name, stage_text(&stage, framework_post_filter(cy, NULL, &slot)),
               post_filter_cases[i].verdict);
        expect(post_filter_cases[i].name, stage_calls(), post_filter_cases[i].calls);
        assert_int_equal(slot, -1);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(the_first_objection_keeps_the_pod_out, begin, end),
        cmocka_unit_test_setup_teardown(pre_filter_follows_the_rules, begin, end),
        cmocka_unit_test_setup_teardown(filter_follows_the_rules, begin, end),
        cmocka_unit_test_setup_teardown(a_pod_that_names_a_node_is_never_remembered, begin, end),
        cmocka_unit_test_setup_teardown(later_points_follow_the_rules, begin, end),
        cmocka_unit_test_setup_teardown(unreserve_goes_backwards_through_all, begin, end),
        cmocka_unit_test_setup_teardown(post_bind_tells_everyone, begin, end),
        cmocka_unit_test_setup_teardown(post_filter_follows_the_rules, begin, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
