/*
 * PreScore, Score, NormalizeScore, weights and ranges, played by actors, with and without what is remembered.
 */
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

/*
 * Two plugins at most. `totals` is "a=1 b=2" over the feasible nodes, or "A: a=1 ..., total: ..." for shares.
 */
static const struct {
    const char *name;
    struct actor actors[3];
    const char *shares; /* detailed */
    const char *error;
} cases[] = {
    {"scores are multiplied by the weight and added up",
     {{.name = "A", .score = "a: 10; b: 20", .weight = 3}, {.name = "B", .score = "b: 5; c: 100"}},
     "A: a=30 b=60 c=0, B: a=0 b=5 c=100, total: a=30 b=65 c=100",
     NULL},
    {"row scores, too",
     {{.name = "A", .score = "a: 10; b: 20", .weight = 3, .score_scope = BERTH_SCOPE_ROW},
      {.name = "B", .score = "b: 5; c: 100", .score_scope = BERTH_SCOPE_NODES}},
     "A: a=30 b=60 c=0, B: a=0 b=5 c=100, total: a=30 b=65 c=100",
     NULL},
    {"infeasible nodes do not count for normalisation",
     {{.name = "F", .filter = "c: unschedulable no", .filter_scope = BERTH_SCOPE_ROW},
      {.name = "A", .score = "a: 1; b: 4; c: 1000", .normalize = "pass", .score_scope = BERTH_SCOPE_ROW}},
     "A: a=25 b=100, total: a=25 b=100",
     NULL},
    {"nor for the range",
     {{.name = "F", .filter = "c: unschedulable no"},
      {.name = "A", .score = "a: 1; b: 4; c: 1000", .score_scope = BERTH_SCOPE_ROW}},
     "A: a=1 b=4, total: a=1 b=4",
     NULL},
    {"normalisation rounds down",
     {{.name = "A", .score = "a: 1; b: 3; c: 2", .normalize = "pass"}},
     "A: a=33 b=100 c=66, total: a=33 b=100 c=66",
     NULL},
    {"a plugin that skips in PreScore is left out",
     {{.name = "A", .pre_score = "skip", .score = "a: 7"},
      {.name = "B", .pre_score = "pass", .score = "b: 9"}},
     "B: a=0 b=9 c=0, total: a=0 b=9 c=0",
     NULL},
    {"all skip: all nodes are alike",
     {{.name = "A", .pre_score = "skip", .score = "a: 7"}},
     "total: a=0 b=0 c=0",
     NULL},
    {"no plugin scores: all nodes are alike",
     {{.name = "A", .pre_score = "pass"}},
     "total: a=1 b=1 c=1",
     NULL},
    {"0 and 100 are in range",
     {{.name = "A", .score = "a: 100; b: 0; c: 100"}},
     "A: a=100 b=0 c=100, total: a=100 b=0 c=100",
     NULL},
    {"101 is not",
     {{.name = "A", .score = "a: 100; b: 101"}},
     NULL,
     "plugin \"A\" returns an invalid score 101, it should in the range of [0, 100] after normalizing"},
    {"-1 is not",
     {{.name = "A", .score = "c: -1", .score_scope = BERTH_SCOPE_ROW}},
     NULL,
     "plugin \"A\" returns an invalid score -1, it should in the range of [0, 100] after normalizing"},
    {"nor when all nodes have the same score out of range",
     {{.name = "A", .score = "a: 101; b: 101; c: 101", .score_scope = BERTH_SCOPE_ROW}},
     NULL,
     "plugin \"A\" returns an invalid score 101, it should in the range of [0, 100] after normalizing"},
    {"the range is checked after normalisation: saved",
     {{.name = "A", .score = "a: 500; b: 1000", .normalize = "pass", .score_scope = BERTH_SCOPE_ROW}},
     "A: a=50 b=100 c=0, total: a=50 b=100 c=0",
     NULL},
    {"the range is checked after normalisation: broken",
     {{.name = "A", .score = "a: 60", .normalize = "double", .score_scope = BERTH_SCOPE_ROW}},
     NULL,
     "plugin \"A\" returns an invalid score 120, it should in the range of [0, 100] after normalizing"},
    {"a failing Score names its plugin",
     {{.name = "A", .score = "a: 1"}, {.name = "B", .score = "b: error broken"}},
     NULL,
     "plugin \"B\" failed with: broken"},
    {"a failing row Score, too",
     {{.name = "B", .score = "b: error broken", .score_scope = BERTH_SCOPE_ROW}},
     NULL,
     "plugin \"B\" failed with: broken"},
    {"a failing PreScore names its plugin",
     {{.name = "A", .pre_score = "error broken", .score = "a: 1"}},
     NULL,
     "running PreScore plugin \"A\": broken"},
    {"a rejection in PreScore is an error, too",
     {{.name = "A", .pre_score = "unschedulable no", .score = "a: 1"}},
     NULL,
     "running PreScore plugin \"A\": no"},
    {"a failing NormalizeScore names its plugin",
     {{.name = "A", .score = "a: 1", .normalize = "error broken"}},
     NULL,
     "plugin \"A\" failed with: broken"},
};

static void add_column(struct buf *b, const struct cycle *cy, const char *name, const int64_t *column)
{
    buf_printf(b, "%s%s:", b->len ? ", " : "", name);
    for (uint32_t i = 0; i < cy->feasible_len; i++)
        buf_printf(b, " %s=%lld", cy->cache->nodes.node[cy->feasible[i]]->name->text,
                   (long long)column[cy->feasible[i]]);
}

/* Runs a cycle up to scoring. The shares or the error, as text. */
static berth_verdict score(struct buf *b, bool detailed, struct framework_scores *ret_scores)
{
    static uint32_t feasible[16];
    struct cycle *cy = stage_begin(&stage, world_plain_pod(&stage.world, "p", "", 100));
    assert_int_equal(framework_pre_filter(cy), BERTH_PASS);
    const berth_verdict *verdicts = framework_filter(cy);
    cy->feasible = feasible;
    for (uint32_t slot = 0; slot < cy->cache->nodes.view.len; slot++)
        if (verdicts[slot] == BERTH_PASS)
            feasible[cy->feasible_len++] = slot;
    berth_verdict v = framework_score(cy, detailed, ret_scores);
    buf_clear(b);
    if (v != BERTH_PASS) {
        assert_int_equal(verdicts_get(&stage.verdicts, v)->code, BERTH_ERROR);
        buf_str(b, framework_reasons(cy, v));
        return v;
    }
    for (uint32_t i = 0; detailed && i < ret_scores->plugins_len; i++)
        add_column(b, cy, ret_scores->plugins[i], ret_scores->weighted[i]);
    add_column(b, cy, "total", ret_scores->total);
    return v;
}

/* The feasible nodes of the highest total. */
static void add_best(struct buf *b, const struct framework_scores *scores)
{
    int64_t highest = INT64_MIN;
    for (uint32_t i = 0; i < stage.cy.feasible_len; i++)
        highest =
            scores->total[stage.cy.feasible[i]] > highest ? scores->total[stage.cy.feasible[i]] : highest;
    buf_clear(b);
    for (uint32_t i = 0; i < stage.cy.feasible_len; i++)
        if (scores->total[stage.cy.feasible[i]] == highest)
            buf_printf(b, "%u ", stage.cy.feasible[i]);
}

/* Each case in each of four ways, detailed and not, again and again. */
static void scores_follow_the_rules(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        for (int way = 0; way < 4; way++) {
            struct buf text = {0}, best = {0}, quick = {0};
            struct framework_scores scores;
            const char *wanted = cases[i].error ? cases[i].error : cases[i].shares;
            stage.options = (struct core_options){.no_cache = way & 1, .per_node = way & 2};
            stage_clear(&stage);
            for (size_t k = 0; k < ARRAY_LEN(cases[i].actors) && cases[i].actors[k].name; k++)
                stage_add(&stage, &cases[i].actors[k]);
            for (int time = 0; time < 3; time++) {
                berth_verdict v = score(&text, true, &scores);
                EXPECT(strcmp(text.ptr, wanted) == 0, "%s:\n  %s\nnot\n  %s", cases[i].name, text.ptr,
                       wanted);
                if (v == BERTH_PASS)
                    add_best(&best, &scores);
                EXPECT((score(&text, false, &scores) == BERTH_PASS) == !cases[i].error, "%s", cases[i].name);
                if (v != BERTH_PASS)
                    continue;
                add_best(&quick, &scores);
                EXPECT(strcmp(best.ptr, quick.ptr) == 0, "%s: best %s, but with details %s", cases[i].name,
                       quick.ptr, best.ptr);
            }
            buf_fini(&text);
            buf_fini(&best);
            buf_fini(&quick);
        }
    stage.options = (struct core_options){0};
}

/* The first slot is dead when the column is filled: its score must not disturb anything. */
static void dead_slots_do_no_harm(void **state)
{
    (void)state;
    static const struct actor actors[] = {
        {.name = "A", .score = "b: 10; c: 20", .weight = 3, .score_scope = BERTH_SCOPE_ROW},
        {.name = "B",
         .score = "b: 30; c: 20",
         .weight = 3,
         .score_scope = BERTH_SCOPE_ROW,
         .ranges_only = true},
    };
    struct buf text = {0};
    struct framework_scores scores;
    cache_remove_node(&stage.cache, world_atom(&stage.world, "a"));
    stage_clear(&stage);
    stage_add(&stage, &actors[0]);
    stage_add(&stage, &actors[1]);
    for (int time = 0; time < 3; time++) {
        score(&text, false, &scores);
        assert_string_equal(text.ptr, "total: b=120 c=120");
    }
    cache_remove_node(&stage.cache, world_atom(&stage.world, "b"));
    stage_node(&stage, "d", "");
    score(&text, true, &scores);
    assert_string_equal(text.ptr, "A: d=0 c=60, B: d=0 c=60, total: d=0 c=120");
    buf_fini(&text);
}

static const struct {
    const char *name;
    int64_t raw[3];
    bool reverse;
    int64_t normal[3];
} normalize_cases[] = {
    {"the highest becomes 100", {50, 25, 0}, false, {100, 50, 0}},
    {"reversed, it becomes 0", {50, 25, 0}, true, {0, 50, 100}},
    {"all 0 stay 0", {0, 0, 0}, false, {0, 0, 0}},
    {"all 0 reversed are 100", {0, 0, 0}, true, {100, 100, 100}},
    {"rounded down", {3, 2, 1}, false, {100, 66, 33}},
    {"rounded down, then reversed", {3, 2, 1}, true, {0, 34, 67}},
};

static void default_normalisation(void **state)
{
    (void)state;
    static const uint32_t feasible[] = {0, 1, 2};
    for (size_t i = 0; i < ARRAY_LEN(normalize_cases); i++) {
        int64_t scores[3];
        memcpy(scores, normalize_cases[i].raw, sizeof(scores));
        struct berth_cycle c = {.feasible = feasible, .feasible_len = 3};
        berth_normalize(&c, normalize_cases[i].reverse, scores);
        EXPECT(memcmp(scores, normalize_cases[i].normal, sizeof(scores)) == 0, "%s", normalize_cases[i].name);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(scores_follow_the_rules, begin, end),
        cmocka_unit_test_setup_teardown(dead_slots_do_no_harm, begin, end),
        cmocka_unit_test(default_normalisation),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
