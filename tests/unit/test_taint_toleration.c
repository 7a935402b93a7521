/* Which taints count, and that remembered answers never go to another list of taints. */
#include "fake_framework.h"

#include "plugins/taint_toleration.c"

/* In these tests a pod tolerates the taints with the key "ok" and no others. */
bool berth_tolerates(const struct berth_class *class, const struct berth_taint *taint)
{
    (void)class;
    return taint->key == fake_atom("ok");
}

void berth_normalize(const struct berth_cycle *c, bool reverse, int64_t *scores)
{
    (void)c, (void)reverse, (void)scores;
    abort(); /* the framework's, and not reached here */
}

struct taint {
    const char *key;
    enum berth_effect effect;
};

static const struct {
    const char *name;
    struct taint taints[3];
    bool fits;
    int64_t score;
} cases[] = {
    {"no taints", {{0}}, true, 0},
    {"NoSchedule keeps pods off", {{"bad", BERTH_NO_SCHEDULE}}, false, 0},
    {"NoExecute keeps pods off", {{"bad", BERTH_NO_EXECUTE}}, false, 0},
    {"PreferNoSchedule only counts", {{"bad", BERTH_PREFER_NO_SCHEDULE}}, true, 1},
    {"unknown effects do nothing", {{"bad", BERTH_EFFECT_OTHER}}, true, 0},
    {"tolerated taints do nothing", {{"ok", BERTH_NO_SCHEDULE}, {"ok", BERTH_PREFER_NO_SCHEDULE}}, true, 0},
    {"one untolerated taint is enough", {{"ok", BERTH_NO_SCHEDULE}, {"bad", BERTH_NO_EXECUTE}}, false, 0},
    {"every untolerated preference counts",
     {{"bad", BERTH_PREFER_NO_SCHEDULE}, {"ok", BERTH_PREFER_NO_SCHEDULE}, {"bad", BERTH_PREFER_NO_SCHEDULE}},
     true,
     2},
};
enum { CASES = sizeof(cases) / sizeof(cases[0]) };

struct tainted {
    struct berth_node node;
    struct berth_taint taints[3];
};

static void taint(struct tainted *to, size_t i)
{
    to->node.taints.offset = offsetof(struct tainted, taints);
    for (size_t k = 0; k < 3 && cases[i].taints[k].key; k++)
        to->taints[to->node.taints.len++] = (struct berth_taint){.key = fake_atom(cases[i].taints[k].key),
                                                                 .effect = cases[i].taints[k].effect};
}

/* Far more lists of taints than are remembered, each on a few nodes, and dead slots between them. */
enum { LISTS = 500, SLOTS = 2000 };

static void all_nodes(void **state)
{
    (void)state;
    static struct tainted lists[LISTS];
    static const struct berth_node *column[SLOTS];
    static uint32_t taints_id[SLOTS];
    static berth_verdict verdicts[SLOTS];
    static int64_t scores[SLOTS];
    memset(lists, 0, sizeof(lists));
    for (uint32_t i = 0; i < LISTS; i++)
        taint(&lists[i], i % CASES);
    for (uint32_t slot = 0; slot < SLOTS; slot++) {
        uint32_t list = slot * 7 % LISTS;
        bool dead = slot % 11 == 3;
        column[slot] = dead ? NULL : &lists[list].node;
        taints_id[slot] = dead || lists[list].node.taints.len == 0 ? 0 : list + 1;
        verdicts[slot] = dead ? 2 : BERTH_PASS;
    }
    struct berth_class class = {0};
    struct berth_nodes nodes = {.len = SLOTS, .node = column, .taints_id = taints_id};
    struct berth_cycle cycle = {.class = &class, .nodes = &nodes};
    assert_int_equal(taint_toleration_plugin.pre_score(&cycle), BERTH_PASS);
    cycle.score_state = fake.kept;
    taint_toleration_plugin.filter_range(&cycle, (struct berth_range){0, SLOTS}, verdicts);
    assert_int_equal(taint_toleration_plugin.score_range(&cycle, (struct berth_range){0, SLOTS}, scores),
                     BERTH_PASS);
    for (uint32_t slot = 0; slot < SLOTS; slot++) {
        if (!column[slot]) {
            assert_int_equal(verdicts[slot], 2);
            continue;
        }
        size_t i = slot * 7 % LISTS % CASES;
        int64_t score = -1;
        assert_int_equal(taint_toleration_plugin.score(&cycle, slot, &score), BERTH_PASS);
        if (verdicts[slot] != (cases[i].fits ? BERTH_PASS : FAKE_VERDICT + BERTH_UNRESOLVABLE)
            || verdicts[slot] != taint_toleration_plugin.filter(&cycle, slot)
            || scores[slot] != cases[i].score || score != cases[i].score)
            fail_msg("%s: verdict %u, score %d", cases[i].name, verdicts[slot], (int)scores[slot]);
    }
}

static void scoring_needs_pre_score(void **state)
{
    (void)state;
    struct berth_nodes nodes = {0};
    struct berth_cycle cycle = {.nodes = &nodes};
    int64_t score;
    assert_int_equal(taint_toleration_plugin.score(&cycle, 0, &score), FAKE_VERDICT + BERTH_ERROR);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(all_nodes, fake_end),
        cmocka_unit_test_teardown(scoring_needs_pre_score, fake_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
