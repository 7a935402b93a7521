/* Reading configurations: what is refused and where, defaults, older versions, the written form. */
#include "base/array.h"
#include "config/config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define V1 "apiVersion: kubescheduler.config.k8s.io/v1\nkind: KubeSchedulerConfiguration\n"
#define V1BETA3 "apiVersion: kubescheduler.config.k8s.io/v1beta3\nkind: KubeSchedulerConfiguration\n"
#define V1BETA2 "apiVersion: kubescheduler.config.k8s.io/v1beta2\nkind: KubeSchedulerConfiguration\n"
#define ARGS(plugin) V1 "profiles:\n- pluginConfig:\n  - name: " plugin "\n    args:\n"

static int load(const char *text, struct config **ret, struct buf *warnings, struct err *err)
{
    struct buf padded = {0};
    size_t len = strlen(text);
    buf_add(&padded, text, len);
    for (int i = 0; i < DOC_PADDING; i++)
        buf_char(&padded, 0);
    struct doc doc = {"f", padded.ptr, len, doc_guess(text, len)};
    int r = config_load(&doc, ret, warnings, err);
    buf_fini(&padded);
    return r;
}

/* The configuration, which must be valid. */
static struct config *loaded(const char *text, struct buf *warnings)
{
    struct config *config = NULL;
    struct err err = {0};
    if (load(text, &config, warnings, &err) < 0)
        fail_msg("%s", err_text(&err));
    return config;
}

/* ---- what is refused ---- */

static const struct {
    const char *name, *text, *error;
} refused[] = {
    {"an unknown field is named with its line", V1 "nope: 1\n",
     "f:3: strict decoding error: unknown field \"nope\""},
    {"an unknown field inside a list has a path", V1 "profiles:\n- plugins:\n    score:\n      nope: 1\n",
     "f:6: strict decoding error: unknown field \"profiles[0].plugins.score.nope\""},
    {"names of fields are case-sensitive", V1 "Parallelism: 3\n",
     "f:3: strict decoding error: unknown field \"Parallelism\""},
    {"a repeated key of YAML", V1 "parallelism: 3\nparallelism: 4\n",
     "f:4: strict decoding error: line 4: key \"parallelism\" already set in map"},
    {"a repeated key of JSON",
     "{\"apiVersion\": \"kubescheduler.config.k8s.io/v1\",\n\"kind\": \"KubeSchedulerConfiguration\",\n"
     "\"parallelism\": 3,\n\"parallelism\": 4}",
     "f:4: strict decoding error: duplicate field \"parallelism\""},
    {"two unknown fields stand together in the last line", V1 "a: 1\nb: 2\n",
     "f:3: strict decoding error: unknown field \"a\"\nf:4: strict decoding error: unknown field \"b\"\n"
     "f: strict decoding error: unknown field \"a\", unknown field \"b\""},
    {"unknown arguments", ARGS("InterPodAffinity") "      zzz: 1\n",
     "f:7: strict decoding error: decoding .profiles[0].pluginConfig[0]: strict decoding error: decoding "
     "args for "
     "plugin InterPodAffinity: strict decoding error: unknown field \"zzz\""},
    {"a text for a number", V1 "parallelism: many\n",
     "f:3: json: cannot unmarshal string into Go struct field KubeSchedulerConfiguration.parallelism of type "
     "int32"},
    {"a number that is not whole", V1 "parallelism: 1.5\n",
     "f:3: json: cannot unmarshal number 1.5 into Go struct field KubeSchedulerConfiguration.parallelism of "
     "type int32"},
    {"a number too large for its type",
     V1 "profiles:\n- plugins:\n    score:\n      enabled:\n      - name: A\n        weight: 2147483648\n",
     "f:8: json: cannot unmarshal number 2147483648 into Go struct field "
     "Plugin.profiles.plugins.score.enabled.weight of type int32"},
    {"an object for a list", V1 "profiles: {a: 1}\n",
     "f:3: json: cannot unmarshal object into Go struct field KubeSchedulerConfiguration.profiles of type "
     "[]v1.KubeSchedulerProfile"},
    {"a duration that is none", V1 "leaderElection: {leaseDuration: soon}\n",
     "f:3: time: invalid duration \"soon\""},
    {"a number for a duration", V1 "leaderElection: {leaseDuration: 15}\n",
     "f:3: json: cannot unmarshal number into Go value of type string"},
    {"base64 that is none", V1 "extenders: [{urlPrefix: a, tlsConfig: {caData: '####'}}]\n",
     "f:3: illegal base64 data at input byte 0"},
    {"arguments of a wrong type", ARGS("DynamicResources") "      filterTimeout: soon\n",
     "f:7: decoding .profiles[0].pluginConfig[0]: decoding args for plugin DynamicResources: time: invalid "
     "duration "
     "\"soon\""},
    {"arguments of another version",
     ARGS("InterPodAffinity") "      apiVersion: kubescheduler.config.k8s.io/v1beta3\n      kind: "
                              "InterPodAffinityArgs\n",
     "f:7: decoding .profiles[0].pluginConfig[0]: decoding args for plugin InterPodAffinity: no kind "
     "\"InterPodAffinityArgs\" is registered for version \"kubescheduler.config.k8s.io/v1beta3\" in scheme "
     "\"pkg/scheduler/apis/config/scheme/scheme.go:29\""},
    {"an empty file", "", "f: Object 'Kind' is missing in ''"},
    {"no kind", "apiVersion: v1\n", "f:1: Object 'Kind' is missing in '{\"apiVersion\":\"v1\"}'"},
    {"a list", "[]",
     "f:1: couldn't get version/kind; json parse error: json: cannot unmarshal array into Go value of type "
     "struct { "
     "APIVersion string \"json:\\\"apiVersion,omitempty\\\"\"; Kind string \"json:\\\"kind,omitempty\\\"\" "
     "}"},
    {"arguments alone", "apiVersion: kubescheduler.config.k8s.io/v1\nkind: NodeAffinityArgs\n",
     "f:2: couldn't decode as KubeSchedulerConfiguration, got kubescheduler.config.k8s.io/v1, "
     "Kind=NodeAffinityArgs: "},
    {"an unknown version",
     "apiVersion: kubescheduler.config.k8s.io/v1beta1\nkind: KubeSchedulerConfiguration\n",
     "f:1: no kind \"KubeSchedulerConfiguration\" is registered for version "
     "\"kubescheduler.config.k8s.io/v1beta1\" in scheme \"pkg/scheduler/apis/config/scheme/scheme.go:29\""},
    {"several errors: each with its line, then all of them",
     V1 "parallelism: 0\npodInitialBackoffSeconds: 0\n",
     "f:3: parallelism: Invalid value: 0: should be an integer value greater than zero\n"
     "f:4: podInitialBackoffSeconds: Invalid value: 0: must be greater than 0\n"
     "f: [parallelism: Invalid value: 0: should be an integer value greater than zero, "
     "podInitialBackoffSeconds: Invalid value: 0: must be greater than 0]"},
    {"a missing field is told at what should have it", V1 "profiles:\n- schedulerName: a\n- {}\n",
     "f:5: profiles[1].schedulerName: Required value"},
    {"an empty scheduler name is not defaulted", V1 "profiles:\n- schedulerName: ''\n",
     "f:4: profiles[0].schedulerName: Required value"},
    {"the same plugin configured twice", V1 "profiles:\n- pluginConfig:\n  - name: A\n  - name: A\n",
     "f:6: profiles[0].pluginConfig[1]: Duplicate value: \"A\""},
    {"different arguments of the queue's order",
     V1 "profiles:\n"
        "- schedulerName: a\n  plugins: {queueSort: {enabled: [{name: Q}]}}\n  pluginConfig: [{name: Q, "
        "args: {x: 1}}]\n"
        "- schedulerName: b\n  plugins: {queueSort: {enabled: [{name: Q}]}}\n  pluginConfig: [{name: Q, "
        "args: {x: 2}}]\n",
     "f:9: profiles[1].pluginConfig.args: Invalid value: {\"x\":2}: queueSort must be the same for all "
     "profiles"},
    {"a different order of the queue",
     V1 "profiles:\n- schedulerName: a\n- schedulerName: b\n  plugins: {queueSort: {enabled: [{name: Q, "
        "weight: 2}]}}\n",
     "f:6: profiles[1].plugins.queueSort: Invalid value: "
     "{\"Enabled\":[{\"Name\":\"Q\",\"Weight\":2}],\"Disabled\":null}: must be the same for all profiles"},
    {"two extenders that bind",
     V1 "extenders:\n- {urlPrefix: a, bindVerb: b}\n- {urlPrefix: c, bindVerb: b}\n",
     "f:4: extenders: Invalid value: \"found 2 extenders implementing bind\": only one extender can "
     "implement bind"},
    {"a resource that two extenders manage",
     V1 "extenders:\n- managedResources: [{name: a.com/x}]\n- managedResources: [{name: a.com/x}]\n",
     "f:5: extenders[1].managedResources[0].name: Invalid value: \"a.com/x\": duplicate extender managed "
     "resource name"},
    {"a resource to be ignored, and nobody to ignore it",
     V1 "profiles:\n- plugins: {multiPoint: {disabled: [{name: '*'}]}}\n"
        "extenders:\n- managedResources: [{name: a.com/x, ignoredByScheduler: true}]\n",
     "f: couldn't build extenders: can't find NodeResourcesFitArgs in plugin config"},
    {"a shape without its feature gate", ARGS("VolumeBinding") "      shape: []\n",
     "f:7: profiles[0].pluginConfig[0].args.shape: Invalid value: []: unexpected field `shape`, remove it or "
     "turn on "
     "the feature gate StorageCapacityScoring"},
    {"a constraint with a selector",
     ARGS("PodTopologySpread") "      defaultingType: List\n      defaultConstraints:\n"
                               "      - {maxSkew: 1, topologyKey: a, whenUnsatisfiable: ScheduleAnyway, "
                               "labelSelector: {}}\n",
     "f:9: profiles[0].pluginConfig[0].args.defaultConstraints[0].labelSelector: Forbidden: constraint must "
     "not "
     "define a selector, as they deduced for each pod"},
    {"a label value in a preferred term",
     ARGS("NodeAffinity") "      addedAffinity:\n        preferredDuringSchedulingIgnoredDuringExecution:\n"
                          "        - weight: 1\n          preference: {matchExpressions: [{key: k, operator: "
                          "Exists, values: [a]}]}\n",
     "f:9: profiles[0].pluginConfig[0].args.addedAffinity.preferredDuringSchedulingIgnoredDuringExecution[0]."
     "matchExpressions[0].values: Invalid value: [\"a\"]: values set must be empty for exists and does not "
     "exist"},
    {"fields of old versions", V1 "healthzBindAddress: ''\n",
     "f:3: strict decoding error: unknown field \"healthzBindAddress\""},
    {"plugins that v1beta2 removed",
     V1BETA3 "profiles:\n- plugins:\n    score:\n      enabled:\n      - name: NodeLabel\n",
     "f:7: profiles[0].plugins.score.enabled[0]: Invalid value: \"NodeLabel\": was invalid in version "
     "\"kubescheduler.config.k8s.io/v1beta2\" (KubeSchedulerConfiguration is version "
     "\"kubescheduler.config.k8s.io/v1beta3\")"},
    {"broken YAML", V1 "profiles: [\n", NULL},
    {"broken JSON", "{\"kind\": ", NULL},
};

static void wrong_files_are_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(refused); i++) {
        struct config *config;
        struct buf warnings = {0};
        struct err err = {0};
        if (load(refused[i].text, &config, &warnings, &err) == 0)
            fail_msg("%s: accepted", refused[i].name);
        if (refused[i].error && strcmp(err_text(&err), refused[i].error) != 0)
            fail_msg("%s:\nwant %s\ngot  %s", refused[i].name, refused[i].error, err_text(&err));
        buf_fini(&warnings);
        err_fini(&err);
    }
}

static void a_huge_file_is_refused(void **state)
{
    (void)state;
    struct buf text = {0};
    struct config *config;
    struct err err = {0};
    buf_puts(&text, V1);
    while (text.len <= 1 << 20)
        buf_puts(&text, "# filler\n");
    assert_int_equal(load(text.ptr, &config, NULL, &err), -EINVAL);
    buf_fini(&text);
    err_fini(&err);
}

/* ---- what files mean ---- */

/* The value at a path like "profiles.0.plugins.score", as JSON; "absent" when there is none. */
static void look_up(struct buf *b, const struct berth_value *at, const char *path)
{
    while (at && *path) {
        char name[64];
        size_t len = strcspn(path, ".");
        snprintf(name, sizeof(name), "%.*s", (int)len, path);
        if (at->type == BERTH_ARRAY)
            at = (uint32_t)atoi(name) < at->len ? &at->items[atoi(name)] : NULL;
        else
            at = berth_value_get(at, name);
        path += len + (path[len] == '.');
    }
    if (at)
        doc_write_json(b, at);
    else
        buf_puts(b, "absent");
}

static const struct {
    const char *name, *text, *path, *want;
} meanings[] = {
    {"a single profile gets the default name", V1 "profiles: [{}]\n", "profiles.0.schedulerName",
     "\"default-scheduler\""},
    {"null is not given", V1 "parallelism: null\n", "parallelism", "16"},
    {"an empty list of profiles is one profile", V1 "profiles: []\n", "profiles.0.schedulerName",
     "\"default-scheduler\""},
    {"zero is the default where upstream has it so", V1 "clientConnection: {qps: 0, burst: 0}\n",
     "clientConnection.qps", "50"},
    {"fractions stay short", V1 "clientConnection: {qps: 0.1}\n", "clientConnection.qps", "0.1"},
    {"large floats have no exponent", V1 "clientConnection: {qps: 1e9}\n", "clientConnection.qps",
     "1000000000"},
    {"no limit of requests", V1 "clientConnection: {qps: -1}\n", "clientConnection.qps", "-1"},
    {"durations are written as Go does", V1 "leaderElection: {leaseDuration: 90s}\n",
     "leaderElection.leaseDuration", "\"1m30s\""},
    {"contention profiling follows profiling", V1 "enableProfiling: false\n", "enableContentionProfiling",
     "false"},
    {"contention profiling stays when given", V1 "enableProfiling: false\nenableContentionProfiling: true\n",
     "enableContentionProfiling", "true"},
    {"a percentage of the profile", V1 "profiles: [{percentageOfNodesToScore: 0}]\n",
     "profiles.0.percentageOfNodesToScore", "0"},
    {"no percentage of the profile", V1 "profiles: [{}]\n", "profiles.0.percentageOfNodesToScore", "absent"},
    {"a user's plugin replaces a default in place",
     V1 "profiles: [{plugins: {multiPoint: {enabled: [{name: PrioritySort, weight: 7}]}}}]\n",
     "profiles.0.plugins.multiPoint.enabled.1", "{\"name\":\"PrioritySort\",\"weight\":7}"},
    {"what is disabled leaves the defaults",
     V1 "profiles: [{plugins: {multiPoint: {disabled: [{name: SchedulingGates}]}}}]\n",
     "profiles.0.plugins.multiPoint.enabled.0.name", "\"PrioritySort\""},
    {"disabled names stay in the file", V1 "profiles: [{plugins: {score: {disabled: [{name: '*'}]}}}]\n",
     "profiles.0.plugins.score", "{\"disabled\":[{\"name\":\"*\",\"weight\":0}]}"},
    {"a star empties the defaults", V1 "profiles: [{plugins: {multiPoint: {disabled: [{name: '*'}]}}}]\n",
     "profiles.0.plugins.multiPoint.enabled", "absent"},
    {"arguments are sorted by plugin", V1 "profiles: [{pluginConfig: [{name: VolumeBinding}]}]\n",
     "profiles.0.pluginConfig.0.name", "\"DefaultPreemption\""},
    {"arguments of plugins that are not enabled are not shown",
     V1 "profiles: [{pluginConfig: [{name: VolumeBinding}], plugins: {multiPoint: {disabled: [{name: "
        "'*'}]}}}]\n",
     "profiles.0.pluginConfig", "absent"},
    {"arguments of other plugins are passed on",
     V1 "profiles: [{pluginConfig: [{name: A, args: {b: [1]}}], plugins: {score: {enabled: [{name: A}]}}}]\n",
     "profiles.0.pluginConfig.0", "{\"args\":{\"b\":[1]},\"name\":\"A\"}"},
    {"resource weights of zero are one",
     ARGS("NodeResourcesFit") "      scoringStrategy: {type: LeastAllocated, resources: [{name: cpu, weight: "
                              "0}]}\n",
     "profiles.0.pluginConfig.5.args.scoringStrategy.resources", "[{\"name\":\"cpu\",\"weight\":1}]"},
    {"a strategy without a type stays so", ARGS("NodeResourcesFit") "      scoringStrategy: {}\n",
     "profiles.0.pluginConfig.5.args.scoringStrategy",
     "{\"resources\":[{\"name\":\"cpu\",\"weight\":1},{\"name\":\"memory\",\"weight\":1}]}"},
    {"added affinity is kept",
     ARGS("NodeAffinity") "      addedAffinity: {requiredDuringSchedulingIgnoredDuringExecution: {}}\n",
     "profiles.0.pluginConfig.3.args.addedAffinity",
     "{\"requiredDuringSchedulingIgnoredDuringExecution\":{\"nodeSelectorTerms\":null}}"},
    {"constraints are kept whole",
     ARGS("PodTopologySpread") "      defaultingType: List\n      defaultConstraints:\n"
                               "      - {maxSkew: 1, topologyKey: a, whenUnsatisfiable: ScheduleAnyway, "
                               "minDomains: 2, nodeTaintsPolicy: Honor}\n",
     "profiles.0.pluginConfig.6.args.defaultConstraints.0",
     "{\"maxSkew\":1,\"minDomains\":2,\"nodeTaintsPolicy\":\"Honor\",\"topologyKey\":\"a\","
     "\"whenUnsatisfiable\":"
     "\"ScheduleAnyway\"}"},
    {"an extender", V1 "extenders: [{urlPrefix: http://x, filterVerb: f, tlsConfig: {insecure: true}}]\n",
     "extenders.0",
     "{\"filterVerb\":\"f\",\"httpTimeout\":\"5s\",\"tlsConfig\":{\"insecure\":true},\"urlPrefix\":\"http://"
     "x\"}"},
    {"resources that extenders manage alone replace the ignored ones",
     V1 "profiles: [{pluginConfig: [{name: NodeResourcesFit, args: {ignoredResources: [b.com/y]}}]}]\n"
        "extenders: [{managedResources: [{name: a.com/x, ignoredByScheduler: true}, {name: a.com/z}]}]\n",
     "profiles.0.pluginConfig.5.args.ignoredResources", "[\"a.com/x\"]"},
    {"an old file is shown as v1", V1BETA3, "apiVersion", "\"kubescheduler.config.k8s.io/v1\""},
    {"v1beta3's defaults replace those of v1", V1BETA3, "profiles.0.plugins.multiPoint.disabled.0.name",
     "\"*\""},
    {"v1beta3's weights", V1BETA3, "profiles.0.plugins.multiPoint.enabled.3",
     "{\"name\":\"TaintToleration\",\"weight\":3}"},
    {"v1beta2 has defaults by extension point", V1BETA2, "profiles.0.plugins.score.enabled.6",
     "{\"name\":\"TaintToleration\",\"weight\":1}"},
    {"v1beta2's users replace them in place",
     V1BETA2 "profiles: [{plugins: {score: {enabled: [{name: ImageLocality, weight: 5}]}}}]\n",
     "profiles.0.plugins.score.enabled.1", "{\"name\":\"ImageLocality\",\"weight\":5}"},
    {"old volume limits are left out",
     V1BETA2
     "profiles: [{plugins: {filter: {enabled: [{name: EBSLimits}], disabled: [{name: GCEPDLimits}]}}}]\n",
     "profiles.0.plugins.filter.disabled", "absent"},
    {"old arguments are shown as v1's",
     V1BETA2 "profiles: [{pluginConfig: [{name: VolumeBinding, args: "
             "{apiVersion: kubescheduler.config.k8s.io/v1beta2, kind: VolumeBindingArgs}}]}]\n",
     "profiles.0.pluginConfig.6.args.apiVersion", "\"kubescheduler.config.k8s.io/v1\""},
};

static void files_mean_what_upstream_reads(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(meanings); i++) {
        struct buf warnings = {0}, got = {0};
        struct config *config = loaded(meanings[i].text, &warnings);
        look_up(&got, config->whole, meanings[i].path);
        if (strcmp(got.ptr, meanings[i].want) != 0)
            fail_msg("%s: want %s, got %s", meanings[i].name, meanings[i].want, got.ptr);
        config_free(config);
        buf_fini(&warnings);
        buf_fini(&got);
    }
}

/* Not among the meanings above: read again, the written form means something else, also upstream. */
static void the_last_of_several_entries_replaces_a_default(void **state)
{
    (void)state;
    struct buf got = {0};
    struct config *config = loaded(V1 "profiles: [{plugins: {multiPoint: {enabled: [{name: PrioritySort, "
                                      "weight: 7}, {name: PrioritySort}]}}}]\n",
                                   NULL);
    look_up(&got, config->whole, "profiles.0.plugins.multiPoint.enabled.1");
    look_up(&got, config->whole, "profiles.0.plugins.multiPoint.enabled.20");
    assert_string_equal(got.ptr,
                        "{\"name\":\"PrioritySort\",\"weight\":0}{\"name\":\"PrioritySort\",\"weight\":7}");
    config_free(config);
    buf_fini(&got);
}

/* Whatever is shown must mean the same when it is read again. */
static void the_written_form_reads_as_itself(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(meanings); i++) {
        struct buf warnings = {0}, first = {0}, second = {0};
        struct config *config = loaded(meanings[i].text, &warnings);
        doc_write_yaml(&first, config->whole, 0);
        config_free(config);
        config = loaded(first.ptr, &warnings);
        doc_write_yaml(&second, config->whole, 0);
        config_free(config);
        assert_string_equal(first.ptr, second.ptr);
        buf_fini(&warnings);
        buf_fini(&first);
        buf_fini(&second);
    }
}

static void settings_are_at_hand_as_a_struct(void **state)
{
    (void)state;
    struct buf warnings = {0};
    struct config *config =
        loaded(V1 "parallelism: 3\nleaderElection: {retryPeriod: 1s}\nclientConnection: {qps: 1.5}\n"
                  "profiles: [{schedulerName: a, percentageOfNodesToScore: 7}, {schedulerName: b}]\n",
               &warnings);
    assert_int_equal(config->parallelism, 3);
    assert_int_equal(config->leader_election.retry_period, 1000000000);
    assert_true(config->client_connection.qps == 1.5f);
    assert_int_equal(config->profiles[0].percentage_of_nodes_to_score, 7);
    assert_int_equal(config->profiles[1].percentage_of_nodes_to_score, -1);
    assert_int_equal(warnings.len, 0);
    config_free(config);
}

static void old_files_are_warned_about(void **state)
{
    (void)state;
    struct buf warnings = {0};
    config_free(loaded(V1BETA2 "healthzBindAddress: ''\n"
                               "profiles: [{plugins: {filter: {enabled: [{name: EBSLimits}]}}}]\n",
                       &warnings));
    assert_string_equal(
        warnings.ptr,
        "f:1: kubescheduler.config.k8s.io/v1beta2 is deprecated and read as its last release did; use "
        "kubescheduler.config.k8s.io/v1\n"
        "f:3: healthzBindAddress has no effect\n"
        "f: plugin EBSLimits is not in v1: the configuration that is shown leaves it out\n");
    buf_fini(&warnings);
}

static void the_default_is_an_empty_file(void **state)
{
    (void)state;
    struct buf empty = {0}, fallback = {0};
    struct config *config = loaded(V1, NULL);
    doc_write_yaml(&empty, config->whole, 0);
    config_free(config);
    config = config_default();
    doc_write_yaml(&fallback, config->whole, 0);
    config_free(config);
    assert_string_equal(empty.ptr, fallback.ptr);
    buf_fini(&empty);
    buf_fini(&fallback);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(wrong_files_are_refused),
        cmocka_unit_test(a_huge_file_is_refused),
        cmocka_unit_test(files_mean_what_upstream_reads),
        cmocka_unit_test(the_last_of_several_entries_replaces_a_default),
        cmocka_unit_test(the_written_form_reads_as_itself),
        cmocka_unit_test(settings_are_at_hand_as_a_struct),
        cmocka_unit_test(old_files_are_warned_about),
        cmocka_unit_test(the_default_is_an_empty_file),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
