/*
 * Objects are written as JSON, so that the benchmark takes the way of any other input. What the pods of
 * upstream's templates have in common: one container that requests 100m and 500Mi, and a colour that says
 * what they are.
 */
#include "sim/workload.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

enum { ZONES = 10 };

#define HOSTNAME "kubernetes.io/hostname"
#define ZONE "topology.kubernetes.io/zone"

/* JSON is written with ' for ", which none of the texts contains: so it can be read here, too. */
__attribute__((format(printf, 2, 3))) static void add_json(struct buf *b, const char *format, ...)
{
    char *text;
    va_list args;
    va_start(args, format);
    int len = vasprintf(&text, format, args);
    va_end(args);
    if (len < 0)
        abort();
    for (int i = 0; i < len; i++)
        buf_char(b, text[i] == '\'' ? '"' : text[i]);
    free(text);
}

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
    add_json(b,
             "{'apiVersion':'v1','kind':'Node','metadata':{'name':'node-%u',"
             "'labels':{'" HOSTNAME "':'node-%u','" ZONE "':'zone%u'}},"
             "'status':{'allocatable':{'cpu':'32','memory':'256Gi','pods':'110'}}}",
             index, index, index % ZONES);
}

/* A pod with the label color=<color>-<group>; `constraints` are members of its spec, a comma behind each. */
static void add_pod(struct buf *b, uint32_t index, const char *color, uint32_t group, const char *constraints)
{
    add_json(b,
             "{'apiVersion':'v1','kind':'Pod','metadata':{'name':'pod-%u','namespace':'bench',"
             "'labels':{'color':'%s-%u'}},'spec':{%s'containers':[{'name':'pause',"
             "'image':'registry.k8s.io/pause:3.10',"
             "'resources':{'requests':{'cpu':'100m','memory':'500Mi'}}}]}}",
             index, color, group, constraints);
}

static void add_hetero(struct buf *b, uint32_t index)
{
    enum { CPU_STEPS = 301, MEMORY_STEPS = 16384 }; /* coprime: no two pods alike up to their product */
    add_json(b,
             "{'apiVersion':'v1','kind':'Pod','metadata':{'name':'pod-%u','namespace':'bench'},"
             "'spec':{'containers':[{'name':'pause','image':'registry.k8s.io/pause:3.10',"
             "'resources':{'requests':{'cpu':'%um','memory':'%uKi'}}}]}}",
             index, 50 + index % CPU_STEPS, 100 * 1024 + index % MEMORY_STEPS * 32);
}

static void add_node_affinity(struct buf *b, uint32_t index)
{
    add_pod(b, index, "plain", 0,
            "'affinity':{'nodeAffinity':{'requiredDuringSchedulingIgnoredDuringExecution':{"
            "'nodeSelectorTerms':[{'matchExpressions':[{'key':'" ZONE
            "','operator':'In','values':['zone1','zone2']}]}]}}},");
}

static void add_spread(struct buf *b, uint32_t index)
{
    add_pod(b, index, "blue", 0,
            "'topologySpreadConstraints':["
            "{'maxSkew':5,'topologyKey':'" ZONE "','whenUnsatisfiable':'ScheduleAnyway',"
            "'labelSelector':{'matchLabels':{'color':'blue-0'}}},"
            "{'maxSkew':1,'topologyKey':'" HOSTNAME "','whenUnsatisfiable':'DoNotSchedule',"
            "'labelSelector':{'matchLabels':{'color':'blue-0'}}}],");
}

/* A pod that is drawn to (podAffinity) or pushed away from (podAntiAffinity) those of its own colour. */
static void add_affinity(struct buf *b, uint32_t index, const char *color, uint32_t group, const char *kind,
                         bool required, const char *topology_key)
{
    char term[256], constraints[512];
    snprintf(term, sizeof term, "{'labelSelector':{'matchLabels':{'color':'%s-%u'}},'topologyKey':'%s'}",
             color, group, topology_key);
    if (required)
        snprintf(constraints, sizeof constraints,
                 "'affinity':{'%s':{'requiredDuringSchedulingIgnoredDuringExecution':[%s]}},", kind, term);
    else
        snprintf(constraints, sizeof constraints,
                 "'affinity':{'%s':{'preferredDuringSchedulingIgnoredDuringExecution':["
                 "{'weight':1,'podAffinityTerm':%s}]}},",
                 kind, term);
    add_pod(b, index, color, group, constraints);
}

/* Required anti-affinity takes one pod of a group a node: groups of half as many pods as there are nodes. */
static uint32_t anti_affinity_group(struct workload_size size, uint32_t index)
{
    uint32_t members = size.nodes / 2 ? size.nodes / 2 : 1;
    return index / members;
}

static void add_mixed(struct buf *b, struct workload_size size, uint32_t index)
{
    enum { KINDS = 5 };
    uint32_t group = anti_affinity_group(size, index / KINDS);
    switch (index % KINDS) {
    case 0:
        return add_pod(b, index, "plain", 0, "");
    case 1:
        return add_affinity(b, index, "blue", 0, "podAffinity", true, ZONE);
    case 2:
        return add_affinity(b, index, "green", group, "podAntiAffinity", true, HOSTNAME);
    case 3:
        return add_affinity(b, index, "red", 0, "podAffinity", false, HOSTNAME);
    default:
        return add_affinity(b, index, "yellow", 0, "podAntiAffinity", false, HOSTNAME);
    }
}

/* ---- volumes ---- */

#define STORAGE_META(kind, version, name)                                                                    \
    "{'apiVersion':'" version "','kind':'" kind "','metadata':{'name':'" name "'"

static void add_claiming_pod(struct buf *b, uint32_t index)
{
    char volumes[128];
    snprintf(volumes, sizeof volumes,
             "'volumes':[{'name':'data','persistentVolumeClaim':{'claimName':'claim-%u'}}],", index);
    add_pod(b, index, "plain", 0, volumes);
}

/* A claim that waits for its pod, or that is bound to the volume of the same number. */
static void add_claim(struct buf *b, uint32_t index, bool bound)
{
    add_json(b, STORAGE_META("PersistentVolumeClaim", "v1", "claim-%u") ",'namespace':'bench'", index);
    if (bound)
        add_json(b, ",'annotations':{'pv.kubernetes.io/bind-completed':'yes'}");
    add_json(b, "},'spec':{'accessModes':['ReadWriteOnce'],'storageClassName':'local',"
                "'resources':{'requests':{'storage':'1Gi'}}");
    if (bound)
        add_json(b, ",'volumeName':'volume-%u'", index);
    add_json(b, "},'status':{'phase':'%s'}}", bound ? "Bound" : "Pending");
}

/* A volume of a CSI driver that every node reaches, bound to the claim of the same number. */
static void add_csi_volume(struct buf *b, uint32_t index)
{
    add_json(b,
             STORAGE_META("PersistentVolume", "v1", "volume-%u")
             "},'spec':{'capacity':{'storage':'1Gi'},'accessModes':['ReadWriteOnce'],"
             "'storageClassName':'local',"
             "'csi':{'driver':'csi.example.com','volumeHandle':'handle-%u'},"
             "'claimRef':{'namespace':'bench','name':'claim-%u'}},'status':{'phase':'Bound'}}",
             index, index, index);
}

/* A volume on the disk of one node. */
static void add_local_volume(struct buf *b, uint32_t index, uint32_t node)
{
    add_json(b,
             STORAGE_META("PersistentVolume", "v1", "volume-%u")
             "},'spec':{'capacity':{'storage':'1Gi'},'accessModes':['ReadWriteOnce'],"
             "'storageClassName':'local',"
             "'local':{'path':'/disk'},'nodeAffinity':{'required':{'nodeSelectorTerms':[{'matchExpressions':["
             "{'key':'" HOSTNAME "','operator':'In','values':['node-%u']}]}]}}},"
             "'status':{'phase':'Available'}}",
             index, node);
}

static void add_csi_node(struct buf *b, uint32_t index)
{
    add_json(b,
             STORAGE_META("CSINode", "storage.k8s.io/v1", "node-%u")
             "},'spec':{'drivers':[{'name':'csi.example.com','nodeID':'node-%u',"
             "'allocatable':{'count':39}}]}}",
             index, index);
}

/* The class, then volumes and claims by turns, then a CSINode for each node where volumes are attached. */
static void add_storage(struct buf *b, bool bound, struct workload_size size, uint32_t index)
{
    uint32_t i = (index - 1) / 2;
    if (index == 0)
        add_json(b, STORAGE_META("StorageClass", "storage.k8s.io/v1", "local")
                 "},'provisioner':'kubernetes.io/no-provisioner',"
                 "'volumeBindingMode':'WaitForFirstConsumer'}");
    else if (index > 2 * size.pods)
        add_csi_node(b, index - 1 - 2 * size.pods);
    else if (index % 2 == 0)
        add_claim(b, i, bound);
    else if (bound)
        add_csi_volume(b, i);
    else
        add_local_volume(b, i, i % size.nodes);
}

/* ---- pods that are not alone ---- */

/* Low pods that fill a node, and high ones that need the room of one of them. */
enum { LOW_PODS = 4, LOW_CPU = 32 / LOW_PODS, LOW_PRIORITY = 1, HIGH_PRIORITY = 1000 };

static void add_of_priority(struct buf *b, const char *name, uint32_t index, int priority,
                            const char *node_name)
{
    add_json(b,
             "{'apiVersion':'v1','kind':'Pod','metadata':{'name':'%s-%u','namespace':'bench','uid':'%s-%u'},"
             "'spec':{%s'priority':%d,'containers':[{'name':'pause','image':'registry.k8s.io/pause:3.10',"
             "'resources':{'requests':{'cpu':'%d','memory':'500Mi'}}}]}}",
             name, index, name, index, node_name, priority, LOW_CPU);
}

static void add_low(struct buf *b, uint32_t index)
{
    char node_name[40];
    snprintf(node_name, sizeof node_name, "'nodeName':'node-%u',", index / LOW_PODS);
    add_of_priority(b, "low", index, LOW_PRIORITY, node_name);
}

/* Pods like those of basic that ask for more than any node has, or wait for a gate. */
static void add_waiting(struct buf *b, uint32_t index, const char *constraints, const char *cpu)
{
    add_json(b,
             "{'apiVersion':'v1','kind':'Pod','metadata':{'name':'waits-%u','namespace':'bench'},"
             "'spec':{%s'containers':[{'name':'pause','image':'registry.k8s.io/pause:3.10',"
             "'resources':{'requests':{'cpu':'%s','memory':'500Mi'}}}]}}",
             index, constraints, cpu);
}

uint32_t workload_pods(enum workload_id id, struct workload_size size)
{
    return id == WORKLOAD_PREEMPTION ? size.pods / 2 : size.pods;
}

uint32_t workload_others(enum workload_id id, struct workload_size size)
{
    switch (id) {
    case WORKLOAD_PREEMPTION:
        return size.nodes * LOW_PODS;
    case WORKLOAD_UNSCHEDULABLE:
    case WORKLOAD_GATED:
        return size.pods;
    case WORKLOAD_VOLUMES_BOUND:
        return 1 + 2 * size.pods + size.nodes;
    case WORKLOAD_VOLUMES_WFFC:
        return 1 + 2 * size.pods;
    default:
        return 0;
    }
}

void workload_other(struct buf *b, enum workload_id id, struct workload_size size, uint32_t index)
{
    if (id == WORKLOAD_PREEMPTION)
        add_low(b, index);
    else if (id == WORKLOAD_UNSCHEDULABLE)
        add_waiting(b, index, "", "33");
    else if (id == WORKLOAD_VOLUMES_BOUND || id == WORKLOAD_VOLUMES_WFFC)
        add_storage(b, id == WORKLOAD_VOLUMES_BOUND, size, index);
    else
        add_waiting(b, index, "'schedulingGates':[{'name':'example.com/wait'}],", "100m");
}

void workload_pod(struct buf *b, enum workload_id id, struct workload_size size, uint32_t index)
{
    switch (id) {
    case WORKLOAD_PREEMPTION:
        return add_of_priority(b, "high", index, HIGH_PRIORITY, "");
    case WORKLOAD_BASIC:
    case WORKLOAD_UNSCHEDULABLE:
    case WORKLOAD_GATED:
        return add_pod(b, index, "plain", 0, "");
    case WORKLOAD_HETERO:
        return add_hetero(b, index);
    case WORKLOAD_NODE_AFFINITY:
        return add_node_affinity(b, index);
    case WORKLOAD_SPREAD:
        return add_spread(b, index);
    case WORKLOAD_ANTI_AFFINITY:
        return add_affinity(b, index, "green", anti_affinity_group(size, index), "podAntiAffinity", true,
                            HOSTNAME);
    case WORKLOAD_PREFERRED_AFFINITY:
        return add_affinity(b, index, "red", 0, "podAffinity", false, HOSTNAME);
    case WORKLOAD_MIXED:
        return add_mixed(b, size, index);
    case WORKLOAD_VOLUMES_BOUND:
    case WORKLOAD_VOLUMES_WFFC:
        return add_claiming_pod(b, index);
    case WORKLOAD_COUNT:
        return;
    }
}
