/* Making profiles: expansion of multiPoint, order, weights, errors; with plugins that do nothing. */
#include "base/array.h"
#include "config_text.h"
#include "core/profile.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

/* ---- plugins that only have functions ---- */

static bool less(void *self, const struct berth_queued *a, const struct berth_queued *b)
{
    (void)self, (void)a, (void)b;
    return false;
}

static berth_verdict pass(const struct berth_cycle *c)
{
    (void)c;
    return BERTH_PASS;
}

static berth_verdict pass_node(const struct berth_cycle *c, uint32_t node)
{
    (void)c, (void)node;
    return BERTH_PASS;
}

static berth_verdict score(const struct berth_cycle *c, struct berth_range range, int64_t *scores)
{
    (void)c, (void)range, (void)scores;
    return BERTH_PASS;
}

static int instances;

static int create(struct berth_handle *h, const struct berth_value *args, void **ret_self)
{
    if (berth_value_get(args, "fail"))
        return berth_create_fails(h, "fail: %s", "was asked to");
    instances++;
    *ret_self = (void *)berth_atom_of(h, BERTH_STR("self"));
    return 0;
}

static void destroy(void *self)
{
    (void)self;
    instances--;
}

#define PLUGIN .abi = BERTH_ABI, .size = sizeof(struct berth_plugin), .create = create, .destroy = destroy

static const struct berth_plugin sort = {PLUGIN, .name = "Sort", .less = less};
static const struct berth_plugin sort2 = {PLUGIN, .name = "Sort2", .less = less};
static const struct berth_plugin binder = {PLUGIN, .name = "Binder", .bind = pass_node};
static const struct berth_plugin a = {PLUGIN, .name = "A", .pre_filter = pass, .filter = pass_node,
                                      .score_range = score};
static const struct berth_plugin b = {PLUGIN, .name = "B", .filter = pass_node, .score_range = score};
static const struct berth_plugin c = {PLUGIN, .name = "C", .filter = pass_node};
static const struct berth_plugin selector_spread = {PLUGIN, .name = "SelectorSpread", .score_range = score};
static const struct berth_plugin generator = {PLUGIN, .name = "TopologyPlacementGenerator"};
/* Built when the table ended after `create`: it takes part in nothing. */
static const struct berth_plugin older = {.abi = BERTH_ABI,
                                          .size = offsetof(struct berth_plugin, pre_enqueue),
                                          .name = "Older",
                                          .filter = pass_node};

static const struct berth_plugin *const plugins[] = {&sort, &sort2,           &binder,    &a,    &b,
                                                     &c,    &selector_spread, &generator, &older};
static const struct registry registry = {plugins, ARRAY_LEN(plugins)};

/* ---- */

#define V1 CONFIG_V1
#define BETA "apiVersion: kubescheduler.config.k8s.io/v1beta3\nkind: KubeSchedulerConfiguration\n"
/* multiPoint is on line 6. */
#define MULTI(enabled)                                                                                       \
    "profiles:\n- schedulerName: s\n  plugins:\n    multiPoint: {disabled: [{name: '*'}], enabled: "         \
    "[" enabled "]}\n"
#define ALL "{name: Sort}, {name: Binder}, {name: A}, {name: B, weight: 3}, {name: C}"
#define FRAME "{\"schedulerName\":\"s\",\"plugins\":{\"bind\":[\"Binder\"],"
#define PREFIX "initializing profiles: creating profile for scheduler name s: "

static const struct {
    const char *name, *text;
    const char *want; /* as profile_show() has it, or the error */
} cases[] = {
    {"plugins of multiPoint go where they take part, in its order", V1 MULTI(ALL),
     FRAME
     "\"filter\":[\"A\",\"B\",\"C\"],\"preFilter\":[\"A\"],\"queueSort\":[\"Sort\"],\"score\":[\"A\",\"B\"]},"
     "\"scoreWeights\":{\"A\":1,\"B\":3}}"},
    {"what a point disables stays out of it", V1 MULTI(ALL) "    filter: {disabled: [{name: B}]}\n",
     FRAME "\"filter\":[\"A\",\"C\"],\"preFilter\":[\"A\"],\"queueSort\":[\"Sort\"],\"score\":[\"A\",\"B\"]},"
           "\"scoreWeights\":{\"A\":1,\"B\":3}}"},
    {"a star disables all of multiPoint at the point",
     V1 MULTI(ALL) "    filter: {disabled: [{name: '*'}], enabled: [{name: C}, {name: A}]}\n    score: "
                   "{disabled: [{name: '*'}]}\n",
     FRAME "\"filter\":[\"C\",\"A\"],\"preFilter\":[\"A\"],\"queueSort\":[\"Sort\"]}}"},
    {"overriding entries come first, in their own order",
     V1 MULTI(ALL) "    filter: {enabled: [{name: C}, {name: B}]}\n    score: {disabled: [{name: '*'}]}\n",
     FRAME "\"filter\":[\"C\",\"B\",\"A\"],\"preFilter\":[\"A\"],\"queueSort\":[\"Sort\"]}}"},
    {"other entries come last",
     V1 MULTI("{name: Sort}, {name: Binder}, {name: A}") "    filter: {enabled: [{name: C}, {name: A}]}\n",
     FRAME "\"filter\":[\"A\",\"C\"],\"preFilter\":[\"A\"],\"queueSort\":[\"Sort\"],\"score\":[\"A\"]},"
           "\"scoreWeights\":{\"A\":1}}"},
    {"an entry that the point disables for multiPoint does not override it",
     V1 MULTI(ALL) "    filter: {disabled: [{name: B}], enabled: [{name: B}]}\n    score: {disabled: [{name: "
                   "'*'}]}\n",
     FRAME "\"filter\":[\"A\",\"C\",\"B\"],\"preFilter\":[\"A\"],\"queueSort\":[\"Sort\"]}}"},
    {"the point's weight counts before multiPoint's",
     V1 MULTI(ALL) "    score: {enabled: [{name: B, weight: 8}, {name: A}]}\n",
     FRAME
     "\"filter\":[\"A\",\"B\",\"C\"],\"preFilter\":[\"A\"],\"queueSort\":[\"Sort\"],\"score\":[\"B\",\"A\"]},"
     "\"scoreWeights\":{\"A\":1,\"B\":8}}"},
    {"a negative weight alone does not overflow",
     V1 MULTI("{name: Sort}, {name: Binder}, {name: A, weight: -1}"),
     FRAME "\"filter\":[\"A\"],\"preFilter\":[\"A\"],\"queueSort\":[\"Sort\"],\"score\":[\"A\"]},"
           "\"scoreWeights\":{\"A\":-1}}"},
    {"one plugin after a negative weight does",
     V1 MULTI("{name: Sort}, {name: Binder}, {name: A, weight: -1}, {name: B}"),
     "f:6: " PREFIX "score plugins: total score of Score plugins could overflow"},
    {"an unknown plugin at a point", V1 MULTI(ALL) "    filter:\n      enabled:\n      - name: Nope\n",
     "f:9: " PREFIX "FilterPlugin \"Nope\" does not exist"},
    {"an unknown plugin of multiPoint", V1 MULTI(ALL ", {name: Nope}"),
     "f:6: " PREFIX "PreFilterPlugin \"Nope\" does not exist"},
    {"an unknown plugin of multiPoint is found at the first point that is expanded",
     V1 MULTI(ALL ", {name: Nope}") "    preFilter: {disabled: [{name: '*'}]}\n",
     "f:6: " PREFIX "FilterPlugin \"Nope\" does not exist"},
    {"a plugin at a point that it has no part in", V1 MULTI(ALL) "    score: {enabled: [{name: C}]}\n",
     "f:7: " PREFIX "plugin \"C\" does not extend ScorePlugin plugin"},
    {"a plugin twice at a point", V1 MULTI(ALL) "    filter: {enabled: [{name: C}, {name: C}]}\n",
     "f:7: " PREFIX "plugin \"C\" already registered as \"FilterPlugin\""},
    {"a plugin twice in multiPoint", V1 MULTI(ALL ", {name: C}"),
     "f:6: " PREFIX "plugin \"C\" already registered as \"FilterPlugin\""},
    {"no order of the queue", V1 MULTI("{name: Binder}"),
     "f: " PREFIX "only one queue sort plugin required for profile with scheduler name \"s\", but got 0"},
    {"two orders of the queue", V1 MULTI(ALL ", {name: Sort2}"),
     "f: " PREFIX "only one queue sort plugin required for profile with scheduler name \"s\", but got 2"},
    {"nobody binds", V1 MULTI("{name: Sort}"),
     "f: " PREFIX "at least one bind plugin is needed for profile with scheduler name \"s\""},
    {"a plugin refuses its arguments", V1 MULTI(ALL) "  pluginConfig:\n  - name: A\n    args: {fail: true}\n",
     "f:8: " PREFIX "initializing plugin \"A\": fail: was asked to"},
    {"SelectorSpread does not exist for v1", V1 MULTI(ALL) "    score: {enabled: [{name: SelectorSpread}]}\n",
     "f:7: " PREFIX "ScorePlugin \"SelectorSpread\" does not exist"},
    {"SelectorSpread exists for older files",
     BETA MULTI("{name: Sort}, {name: Binder}") "    score: {enabled: [{name: SelectorSpread}]}\n",
     FRAME
     "\"queueSort\":[\"Sort\"],\"score\":[\"SelectorSpread\"]},\"scoreWeights\":{\"SelectorSpread\":1}}"},
    {"the points of pod groups know their plugins by name, and are not shown",
     V1 MULTI("{name: Sort}, {name: Binder}") "    placementGenerate: {enabled: [{name: "
                                              "TopologyPlacementGenerator}]}\n",
     FRAME "\"queueSort\":[\"Sort\"]}}"},
    {"nobody else takes part in them", V1 MULTI(ALL) "    placementScore: {enabled: [{name: A}]}\n",
     "f:7: " PREFIX "plugin \"A\" does not extend PlacementScorePlugin plugin"},
    {"what lies behind the end of an older table counts as absent",
     V1 MULTI("{name: Sort}, {name: Binder}, {name: Older}"), FRAME "\"queueSort\":[\"Sort\"]}}"},
};

static struct config *loaded(const char *text)
{
    struct config *config = NULL;
    struct buf warnings = {0};
    struct err err = {0};
    if (config_of(text, &config, &warnings, &err) < 0)
        fail_msg("%s", err_text(&err));
    buf_fini(&warnings);
    return config;
}

static void profiles_are_made_as_upstream_makes_them(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct config *config = loaded(cases[i].text);
        struct catalog *catalog = catalog_new();
        struct profile *profile = NULL;
        struct err err = {0};
        struct buf got = {0};
        if (profile_new(config, &config->profiles[0], &registry, catalog, &profile, &err) < 0)
            buf_puts(&got, err_text(&err));
        else
            profile_show(&got, profile);
        if (strcmp(got.ptr, cases[i].want) != 0)
            fail_msg("%s:\nwant %s\ngot  %s", cases[i].name, cases[i].want, got.ptr);
        profile_free(profile);
        assert_int_equal(instances, 0);
        catalog_free(catalog);
        config_free(config);
        buf_fini(&got);
        err_fini(&err);
    }
}

static void the_profile_percentage_counts_before_the_global_one(void **state)
{
    (void)state;
    struct config *config = loaded(V1 "percentageOfNodesToScore: 30\n" MULTI(
        ALL) "- schedulerName: t\n"
             "  percentageOfNodesToScore: 0\n  plugins: {multiPoint: {disabled: [{name: '*'}], "
             "enabled: [{name: Sort}, {name: Binder}]}}\n");
    static const int32_t wanted[] = {30, 0};
    struct catalog *catalog = catalog_new();
    for (int i = 0; i < 2; i++) {
        struct profile *profile;
        assert_int_equal(profile_new(config, &config->profiles[i], &registry, catalog, &profile, NULL), 0);
        assert_int_equal(profile->percentage_of_nodes_to_score, wanted[i]);
        profile_free(profile);
    }
    catalog_free(catalog);
    config_free(config);
}

static void registries_with_a_name_in_common_do_not_merge(void **state)
{
    (void)state;
    const struct registry first = {plugins, 2}, second = {plugins + 2, 2}, overlapping = {plugins + 1, 2};
    struct registry merged;
    struct err err = {0};
    assert_int_equal(registry_merge(&first, &second, &merged, &err), 0);
    assert_int_equal(merged.len, 4);
    assert_ptr_equal(merged.plugins[3], plugins[3]);
    free((void *)merged.plugins);
    assert_int_equal(registry_merge(&first, &overlapping, &merged, &err), -EINVAL);
    assert_string_equal(err_text(&err), "a plugin named Sort2 already exists");
    err_fini(&err);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(profiles_are_made_as_upstream_makes_them),
        cmocka_unit_test(the_profile_percentage_counts_before_the_global_one),
        cmocka_unit_test(registries_with_a_name_in_common_do_not_merge),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
