/*
 * Decoding with memory running out once, at every possible moment in turn: it is said, nothing leaks, and the
 * catalog goes on working.
 */
#include "decoded.h"
#include "failing_alloc.h"

#include "base/doc.h"

static const struct {
    enum object_kind kind;
    const char *json;
} objects[] = {
    {OBJECT_NODE,
     "{\"metadata\":{\"name\":\"n\",\"labels\":{\"zone\":\"a\",\"disk\":\"ssd\"},\"annotations\":{\"a\":"
     "\"b\"}},"
     "\"spec\":{\"unschedulable\":true,\"taints\":[{\"key\":\"k\",\"value\":\"v\",\"effect\":\"NoSchedule\"}]"
     "},"
     "\"status\":{\"allocatable\":{\"cpu\":\"4\",\"memory\":\"8Gi\",\"pods\":\"10\",\"example.com/"
     "gpu\":\"2\"},"
     "\"conditions\":[{\"type\":\"Ready\",\"status\":\"True\"}],\"declaredFeatures\":[\"a\",\"b\"],"
     "\"images\":[{\"names\":[\"web:1\",\"web:2\"],\"sizeBytes\":12345}]}}"},
    {OBJECT_POD,
     "{\"metadata\":{\"name\":\"p\",\"namespace\":\"shop\",\"uid\":\"u\",\"labels\":{\"app\":\"web\"},"
     "\"ownerReferences\":[{\"kind\":\"ReplicaSet\",\"name\":\"r\",\"controller\":true,\"uid\":\"x\"}]},"
     "\"spec\":{\"schedulerName\":\"s\",\"priority\":7,\"nodeName\":\"n\",\"nodeSelector\":{\"disk\":\"ssd\"}"
     ","
     "\"schedulingGates\":[{\"name\":\"g\"}],\"overhead\":{\"cpu\":\"10m\"},"
     "\"tolerations\":[{\"key\":\"k\",\"operator\":\"Exists\"}],"
     "\"topologySpreadConstraints\":[{\"maxSkew\":1,\"topologyKey\":\"zone\",\"whenUnsatisfiable\":"
     "\"DoNotSchedule\","
     "\"matchLabelKeys\":[\"app\"],\"labelSelector\":{\"matchLabels\":{\"app\":\"web\"}}}],"
     "\"affinity\":{\"nodeAffinity\":{\"requiredDuringSchedulingIgnoredDuringExecution\":{"
     "\"nodeSelectorTerms\":"
     "[{\"matchExpressions\":[{\"key\":\"zone\",\"operator\":\"In\",\"values\":[\"a\",\"b\"]}]}]}},"
     "\"podAntiAffinity\":{\"requiredDuringSchedulingIgnoredDuringExecution\":[{\"topologyKey\":\"zone\","
     "\"namespaces\":[\"x\"],\"namespaceSelector\":{},\"labelSelector\":{\"matchExpressions\":[{\"key\":"
     "\"app\","
     "\"operator\":\"NotIn\",\"values\":[\"db\"]}]}}]}},"
     "\"initContainers\":[{\"name\":\"i\",\"restartPolicy\":\"Always\",\"image\":\"side:1\",\"resources\":{"
     "\"requests\":"
     "{\"cpu\":\"5m\"}}}],"
     "\"containers\":[{\"name\":\"c\",\"image\":\"web:1\",\"resources\":{\"requests\":{\"cpu\":\"100m\","
     "\"memory\":\"1Gi\",\"example.com/gpu\":\"1\"}},\"ports\":[{\"hostPort\":80,\"protocol\":\"TCP\"}]}],"
     "\"volumes\":[{\"name\":\"v\",\"persistentVolumeClaim\":{\"claimName\":\"data\"}}]},"
     "\"status\":{\"nominatedNodeName\":\"m\",\"startTime\":\"2026-01-01T00:00:00Z\"}}"},
    {OBJECT_NAMESPACE, "{\"metadata\":{\"name\":\"shop\",\"labels\":{\"team\":\"a\"}}}"},
    {OBJECT_SERVICE,
     "{\"metadata\":{\"name\":\"s\",\"namespace\":\"shop\"},\"spec\":{\"selector\":{\"app\":\"web\"}}}"},
    {OBJECT_POD_DISRUPTION_BUDGET,
     "{\"metadata\":{\"name\":\"b\",\"namespace\":\"shop\"},\"spec\":{\"selector\":{\"matchLabels\":{\"app\":"
     "\"web\"}}},"
     "\"status\":{\"disruptionsAllowed\":1,\"disruptedPods\":{\"p\":\"2026-01-01T00:00:00Z\"}}}"},
    {OBJECT_PERSISTENT_VOLUME, "{\"metadata\":{\"name\":\"pv\"},\"spec\":{\"capacity\":{\"storage\":\"1Gi\"},"
                               "\"accessModes\":[\"ReadWriteOnce\"],"
                               "\"storageClassName\":\"fast\",\"csi\":{\"driver\":\"d\",\"volumeHandle\":"
                               "\"h\"},\"nodeAffinity\":{\"required\":"
                               "{\"nodeSelectorTerms\":[{\"matchExpressions\":[{\"key\":\"a\",\"operator\":"
                               "\"In\",\"values\":[\"b\"]}]}]}}}}"},
    {OBJECT_PERSISTENT_VOLUME_CLAIM,
     "{\"metadata\":{\"name\":\"data\",\"namespace\":\"shop\"},\"spec\":{\"volumeName\":\"pv\","
     "\"storageClassName\":"
     "\"fast\",\"accessModes\":[\"ReadWriteOnce\"],\"resources\":{\"requests\":{\"storage\":\"1Gi\"}}}}"},
    {OBJECT_STORAGE_CLASS,
     "{\"metadata\":{\"name\":\"fast\"},\"provisioner\":\"d\",\"volumeBindingMode\":\"WaitForFirstConsumer\","
     "\"allowedTopologies\":[{\"matchLabelExpressions\":[{\"key\":\"zone\",\"values\":[\"a\"]}]}]}"},
    {OBJECT_CSI_NODE, "{\"metadata\":{\"name\":\"n\"},\"spec\":{\"drivers\":[{\"name\":\"d\",\"nodeID\":"
                      "\"x\",\"topologyKeys\":[\"zone\"],"
                      "\"allocatable\":{\"count\":3}}]}}"},
};

/* Reads and decodes one object; 0, or what object_decode() or doc_parse() return. */
static int read_object(struct catalog *c, size_t i, struct object *ret_object)
{
    static char text[8192];
    size_t len = strlen(objects[i].json);
    struct arena arena = {0};
    struct berth_value value;
    struct err err = {0};
    assert_true(len + DOC_PADDING <= sizeof(text));
    memset(text, ' ', sizeof(text));
    memcpy(text, objects[i].json, len);
    struct doc doc = {.name = "test", .text = text, .len = len, .format = DOC_JSON};
    int r = doc_parse(&doc, &arena, &value, &err);
    r = r < 0 ? r : object_decode(c, objects[i].kind, &value, ret_object, NULL, &err);
    if (r < 0) {
        alloc_pause();
        if (!strstr(err_text(&err), "out of memory"))
            fail_msg("object %zu: %s", i, err_text(&err));
        alloc_resume();
    }
    err_fini(&err);
    arena_fini(&arena);
    return r;
}

/* Each object twice, so that the second time everything is shared. Which calls failed: at most one. */
static int decode_all(struct catalog *c)
{
    struct object decoded[2 * ARRAY_LEN(objects)];
    size_t len = 0;
    int failed = 0;
    for (size_t i = 0; i < 2 * ARRAY_LEN(objects); i++) {
        int r = read_object(c, i / 2, &decoded[len]);
        failed += r < 0;
        len += r == 0;
    }
    for (size_t i = 0; i < len; i++)
        object_unref(c, &decoded[i]);
    return failed;
}

static void memory_may_run_out_at_any_moment(void **state)
{
    (void)state;
    int calls = 0;
    for (bool failed = true; failed;) {
        long before = alloc_live();
        alloc_fail_after(++calls);
        struct catalog *c = catalog_new();
        int errors = c ? decode_all(c) : 1;
        failed = alloc_failed();
        alloc_fail_after(0);
        if (errors != failed)
            fail_msg("allocation %d failed, and %d objects with it", calls, errors);
        if (c && decode_all(c) != 0)
            fail_msg("allocation %d failed, and the catalog is broken", calls);
        catalog_free(c);
        if (alloc_live() != before)
            fail_msg("allocation %d failed, and %ld leak", calls, alloc_live() - before);
    }
    assert_true(calls > 50);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(memory_may_run_out_at_any_moment)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
