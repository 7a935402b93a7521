/*
 * Objects are written as JSON, so that the benchmark takes the way of any other input. What the pods of
 * upstream's templates have in common: one container that requests 100m and 500Mi, and a colour that says
 * what they are.
 */
#include "sim/workload.h"

enum { ZONES = 10 };

const char *workload_name(enum workload_id id)
{
    static const char *const names[] = {
#define X(id, name) [WORKLOAD_##id] = name,
        WORKLOADS(X)
#undef X
    };
    return names[id];
}

void workload_node(struct buf *b, uint32_t index)
{
    buf_printf(b,
               "{\"apiVersion\":\"v1\",\"kind\":\"Node\",\"metadata\":{\"name\":\"node-%u\",\"labels\":{"
               "\"kubernetes.io/hostname\":\"node-%u\",\"topology.kubernetes.io/zone\":\"zone%u\"}},"
               "\"status\":{\"allocatable\":{\"cpu\":\"32\",\"memory\":\"256Gi\",\"pods\":\"110\"}}}",
               index, index, index % ZONES);
}

/* The pod around `constraints`, which are members of its spec, each with a comma behind it. */
static void add_pod(struct buf *b, uint32_t index, const char *color, uint32_t group, const char *constraints)
{
    buf_printf(
        b,
        "{\"apiVersion\":\"v1\",\"kind\":\"Pod\",\"metadata\":{\"name\":\"pod-%u\",\"namespace\":\"bench\","
        "\"labels\":{\"color\":\"%s-%u\"}},\"spec\":{%s\"containers\":[{\"name\":\"pause\",\"image\":"
        "\"registry.k8s.io/"
        "pause:3.10\",\"resources\":{\"requests\":{\"cpu\":\"100m\",\"memory\":\"500Mi\"}}}]}}",
        index, color, group, constraints);
}

static void add_hetero(struct buf *b, uint32_t index)
{
    enum { CPU_STEPS = 301, MEMORY_STEPS = 16384 }; /* coprime: no two pods alike up to their product */
    buf_printf(
        b,
        "{\"apiVersion\":\"v1\",\"kind\":\"Pod\",\"metadata\":{\"name\":\"pod-%u\",\"namespace\":\"bench\"},"
        "\"spec\":{\"containers\":[{\"name\":\"pause\",\"image\":\"registry.k8s.io/pause:3.10\","
        "\"resources\":{\"requests\":{\"cpu\":\"%um\",\"memory\":\"%uKi\"}}}]}}",
        index, 50 + index % CPU_STEPS, 100 * 1024 + index % MEMORY_STEPS * 32);
}

/* Required anti-affinity takes one pod of a group a node: groups of half as many pods as there are nodes. */
static uint32_t anti_affinity_group(struct workload_size size, uint32_t index)
{
    uint32_t members = size.nodes / 2 ? size.nodes / 2 : 1;
    return index / members;
}

static void add_affinity(struct buf *b, uint32_t index, const char *color, uint32_t group, const char *kind,
                         bool required, const char *topology_key)
{
    struct buf term = {0}, constraints = {0};
    buf_printf(&term, "{\"labelSelector\":{\"matchLabels\":{\"color\":\"%s-%u\"}},\"topologyKey\":\"%s\"}",
               color, group, topology_key);
    if (required)
        buf_printf(&constraints,
                   "\"affinity\":{\"%s\":{\"requiredDuringSchedulingIgnoredDuringExecution\":[%s]}},", kind,
                   term.ptr);
    else
        buf_printf(&constraints,
                   "\"affinity\":{\"%s\":{\"preferredDuringSchedulingIgnoredDuringExecution\":["
                   "{\"weight\":1,\"podAffinityTerm\":%s}]}},",
                   kind, term.ptr);
    add_pod(b, index, color, group, constraints.ptr);
    buf_fini(&term);
    buf_fini(&constraints);
}

static void add_node_affinity(struct buf *b, uint32_t index)
{
    add_pod(b, index, "plain", 0,
            "\"affinity\":{\"nodeAffinity\":{\"requiredDuringSchedulingIgnoredDuringExecution\":{"
            "\"nodeSelectorTerms\":[{\"matchExpressions\":[{\"key\":\"topology.kubernetes.io/zone\","
            "\"operator\":\"In\",\"values\":[\"zone1\",\"zone2\"]}]}]}}},");
}

static void add_spread(struct buf *b, uint32_t index)
{
    add_pod(
        b, index, "blue", 0,
        "\"topologySpreadConstraints\":["
        "{\"maxSkew\":5,\"topologyKey\":\"topology.kubernetes.io/"
        "zone\",\"whenUnsatisfiable\":\"ScheduleAnyway\","
        "\"labelSelector\":{\"matchLabels\":{\"color\":\"blue-0\"}}},"
        "{\"maxSkew\":1,\"topologyKey\":\"kubernetes.io/hostname\",\"whenUnsatisfiable\":\"DoNotSchedule\","
        "\"labelSelector\":{\"matchLabels\":{\"color\":\"blue-0\"}}}],");
}

static void add_mixed(struct buf *b, struct workload_size size, uint32_t index)
{
    enum { KINDS = 5 };
    uint32_t group = anti_affinity_group(size, index / KINDS);
    switch (index % KINDS) {
    case 0:
        add_pod(b, index, "plain", 0, "");
        break;
    case 1:
        add_affinity(b, index, "blue", 0, "podAffinity", true, "topology.kubernetes.io/zone");
        break;
    case 2:
        add_affinity(b, index, "green", group, "podAntiAffinity", true, "kubernetes.io/hostname");
        break;
    case 3:
        add_affinity(b, index, "red", 0, "podAffinity", false, "kubernetes.io/hostname");
        break;
    default:
        add_affinity(b, index, "yellow", 0, "podAntiAffinity", false, "kubernetes.io/hostname");
    }
}

void workload_pod(struct buf *b, enum workload_id id, struct workload_size size, uint32_t index)
{
    switch (id) {
    case WORKLOAD_BASIC:
        return add_pod(b, index, "plain", 0, "");
    case WORKLOAD_HETERO:
        return add_hetero(b, index);
    case WORKLOAD_NODE_AFFINITY:
        return add_node_affinity(b, index);
    case WORKLOAD_SPREAD:
        return add_spread(b, index);
    case WORKLOAD_ANTI_AFFINITY:
        return add_affinity(b, index, "green", anti_affinity_group(size, index), "podAntiAffinity", true,
                            "kubernetes.io/hostname");
    case WORKLOAD_PREFERRED_AFFINITY:
        return add_affinity(b, index, "red", 0, "podAffinity", false, "kubernetes.io/hostname");
    case WORKLOAD_MIXED:
        return add_mixed(b, size, index);
    case WORKLOAD_COUNT:
        return;
    }
}
