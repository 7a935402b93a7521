/* --feature-gates: what is on, what is refused and with which words. */
#include "base/array.h"
#include "config/config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/* `flags` are set one after the other; '|' parts them. */
static int set_all(struct gates *g, const char *flags, struct buf *warnings, struct err *err)
{
    int r = 0;
    while (r == 0 && *flags) {
        size_t len = strcspn(flags, "|");
        r = gates_set(g, (berth_str){flags, (uint32_t)len}, warnings, err);
        flags += len + (flags[len] == '|');
    }
    return r < 0 ? r : gates_check(g, err);
}

static const struct {
    const char *name, *flags, *gate;
    bool on;
} states[] = {
    {"an alpha gate is off by default", "", "StorageCapacityScoring", false},
    {"a beta gate is on by default", "", "NodeDeclaredFeatures", true},
    {"a gate that was set is what it was set to", "StorageCapacityScoring=true", "StorageCapacityScoring", true},
    {"the last setting counts", "VolumeLimitScaling=true,VolumeLimitScaling=false", "VolumeLimitScaling", false},
    {"the last flag counts", "VolumeLimitScaling=true|VolumeLimitScaling=0", "VolumeLimitScaling", false},
    {"spaces and empty items are passed over", " VolumeLimitScaling = T ,,", "VolumeLimitScaling", true},
    {"the component kube may be named", "kube:VolumeLimitScaling=1", "VolumeLimitScaling", true},
    {"AllAlpha sets the whole stage", "AllAlpha=true", "StorageCapacityScoring", true},
    {"AllAlpha sets no beta gate", "AllAlpha=true", "CoordinatedLeaderElection", false},
    {"what is set by name counts more than the stage, in any order",
     "StorageCapacityScoring=false|AllAlpha=true", "StorageCapacityScoring", false},
    {"AllBeta turns beta gates off", "AllBeta=false", "NodeDeclaredFeatures", false},
    {"a locked gate may be set to what it is", "DynamicResourceAllocation=true", "DynamicResourceAllocation", true},
    {"a gate nobody knows is off", "", "Nope", false},
};

static void test_states(void **unused)
{
    (void)unused;
    for (size_t i = 0; i < ARRAY_LEN(states); i++) {
        struct gates g = {0};
        struct err err = {0};
        if (set_all(&g, states[i].flags, NULL, &err) < 0)
            fail_msg("%s: %s", states[i].name, err_text(&err));
        if (gates_enabled(&g, states[i].gate) != states[i].on)
            fail_msg("%s", states[i].name);
    }
}

static const struct {
    const char *name, *flags, *text;
} refused[] = {
    {"an unknown gate", "Foo=true", "unrecognized feature gate: Foo"},
    {"the gate's name in releases before 1.33", "VolumeCapacityPriority=true",
     "unrecognized feature gate: VolumeCapacityPriority"},
    {"a locked gate", "DynamicResourceAllocation=false",
     "cannot set feature gate DynamicResourceAllocation to false, feature is locked to true"},
    {"a gate that is locked off", "GitRepoVolumeDriver=true",
     "cannot set feature gate GitRepoVolumeDriver to true, feature is locked to false"},
    {"no value", "StorageCapacityScoring", "missing bool value for StorageCapacityScoring"},
    {"a value that is no bool", "StorageCapacityScoring=yes",
     "invalid value of StorageCapacityScoring=yes, err: strconv.ParseBool: parsing \"yes\": invalid syntax"},
    {"another component", "wardle:Foo=true", "component not registered: wardle"},
    {"a gate without what it depends on", "GangScheduling=true",
     "GangScheduling is enabled, but depends on features that are disabled: [GenericWorkload]"},
    {"a gate off that another depends on", "NodeDeclaredFeatures=false",
     "ExtendWebSocketsToKubelet is enabled, but depends on features that are disabled: [NodeDeclaredFeatures]"},
};

static void test_refused(void **unused)
{
    (void)unused;
    for (size_t i = 0; i < ARRAY_LEN(refused); i++) {
        struct gates g = {0};
        struct err err = {0};
        if (set_all(&g, refused[i].flags, NULL, &err) == 0)
            fail_msg("%s: was taken", refused[i].name);
        assert_string_equal(err_text(&err), refused[i].text);
        err_fini(&err);
    }
}

static void test_nothing_is_set_when_refused(void **unused)
{
    (void)unused;
    struct gates g = {0};
    assert_true(gates_set(&g, BERTH_STR("StorageCapacityScoring=true,Foo=true"), NULL, NULL) < 0);
    assert_false(gates_enabled(&g, "StorageCapacityScoring"));
}

static const struct {
    const char *name, *flags, *warning;
} warned[] = {
    {"a gate that acts", "StorageCapacityScoring=true", ""},
    {"a gate that is set to its default", "SchedulerAsyncPreemption=true", ""},
    {"a gate that nothing depends on", "SchedulerAsyncPreemption=false",
     "feature gate SchedulerAsyncPreemption=false changes nothing: nothing here depends on it\n"},
    {"a gate that is to go", "DRAPrioritizedList=true",
     "setting GA feature gate DRAPrioritizedList=true; it will be removed in a future release\n"},
};

static void test_warnings(void **unused)
{
    (void)unused;
    for (size_t i = 0; i < ARRAY_LEN(warned); i++) {
        struct gates g = {0};
        struct buf warnings = {0};
        assert_int_equal(set_all(&g, warned[i].flags, &warnings, NULL), 0);
        if (!berth_str_eq(buf_view(&warnings), berth_str_of(warned[i].warning)))
            fail_msg("%s: %.*s", warned[i].name, (int)warnings.len, warnings.ptr);
        buf_fini(&warnings);
    }
}

static void test_configuration_depends_on_them(void **unused)
{
    (void)unused;
    static const char text[] = "apiVersion: kubescheduler.config.k8s.io/v1\nkind: KubeSchedulerConfiguration\n"
                               "profiles: [{pluginConfig: [{name: VolumeBinding, args: {shape: "
                               "[{utilization: 0, score: 0}, {utilization: 100, score: 10}]}}]}]\n";
    struct buf padded = {0};
    buf_puts(&padded, text);
    for (int i = 0; i < DOC_PADDING; i++)
        buf_char(&padded, 0);
    struct doc doc = {"f", padded.ptr, sizeof(text) - 1, DOC_YAML};
    struct gates g = {0};
    struct config *config = NULL;
    struct buf warnings = {0};
    struct err err = {0};
    assert_true(config_load_with(&g, &doc, &config, &warnings, &err) < 0); /* shape needs the gate */
    assert_non_null(strstr(err_text(&err), "turn on the feature gate StorageCapacityScoring"));
    assert_int_equal(gates_set(&g, BERTH_STR("StorageCapacityScoring=true"), NULL, NULL), 0);
    assert_int_equal(config_load_with(&g, &doc, &config, &warnings, &err), 0);
    config_free(config);
    err_fini(&err);
    buf_fini(&warnings);
    buf_fini(&padded);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_states),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_nothing_is_set_when_refused),
        cmocka_unit_test(test_warnings),
        cmocka_unit_test(test_configuration_depends_on_them),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
