/* The model's objects as JSON. */
#include "model.h"

static const char *sep(uint32_t i)
{
    return i ? "," : "";
}

static void put_labels(struct buf *b, const struct labels *labels)
{
    buf_char(b, '{');
    for (uint32_t i = 0; i < labels->len; i++)
        buf_printf(b, "%s\"%s\":\"%s\"", sep(i), labels->at[i].key, labels->at[i].value);
    buf_char(b, '}');
}

static void put_requirement(struct buf *b, const struct requirement *r)
{
    static const char *const operators[] = {"In", "NotIn", "Exists", "DoesNotExist", "Gt", "Lt"};
    buf_printf(b, "{\"key\":\"%s\",\"operator\":\"%s\"", r->key, operators[r->op]);
    for (uint32_t i = 0; i < r->values_len; i++)
        buf_printf(b, "%s\"%s\"", i ? "," : ",\"values\":[", r->values[i]);
    buf_puts(b, r->values_len ? "]}" : "}");
}

static void put_requirements(struct buf *b, const struct requirement *at, uint32_t len)
{
    buf_puts(b, "\"matchExpressions\":[");
    for (uint32_t i = 0; i < len; i++) {
        buf_puts(b, sep(i));
        put_requirement(b, &at[i]);
    }
    buf_char(b, ']');
}

static void put_selector(struct buf *b, const char *field, const struct selector *s)
{
    if (!s->given)
        return;
    buf_printf(b, ",\"%s\":{", field);
    if (s->len > 0)
        put_requirements(b, s->at, s->len);
    buf_char(b, '}');
}

static void put_node_term(struct buf *b, const struct node_term *t)
{
    buf_char(b, '{');
    if (t->len > 0)
        put_requirements(b, t->at, t->len);
    if (t->name)
        buf_printf(b,
                   "%s\"matchFields\":[{\"key\":\"metadata.name\",\"operator\":\"In\",\"values\":[\"%s\"]}]",
                   sep(t->len), t->name);
    buf_char(b, '}');
}

static void put_term(struct buf *b, const struct term *t)
{
    buf_printf(b, "{\"topologyKey\":\"%s\"", t->topology_key);
    put_selector(b, "labelSelector", &t->selector);
    put_selector(b, "namespaceSelector", &t->namespace_selector);
    for (uint32_t i = 0; i < t->namespaces_len; i++)
        buf_printf(b, "%s\"%s\"", i ? "," : ",\"namespaces\":[", t->namespaces[i]);
    buf_puts(b, t->namespaces_len ? "]}" : "}");
}

static void put_terms(struct buf *b, const char *field, const struct term *required, uint32_t len,
                      const struct term *preferred, uint32_t preferred_len)
{
    buf_printf(b, ",\"%s\":{\"requiredDuringSchedulingIgnoredDuringExecution\":[", field);
    for (uint32_t i = 0; i < len; i++) {
        buf_puts(b, sep(i));
        put_term(b, &required[i]);
    }
    buf_puts(b, "],\"preferredDuringSchedulingIgnoredDuringExecution\":[");
    for (uint32_t i = 0; i < preferred_len; i++) {
        buf_printf(b, "%s{\"weight\":%d,\"podAffinityTerm\":", sep(i), preferred[i].weight);
        put_term(b, &preferred[i]);
        buf_char(b, '}');
    }
    buf_puts(b, "]}");
}

static void put_node_affinity(struct buf *b, const struct pod *pod)
{
    buf_puts(b, "\"nodeAffinity\":{\"preferredDuringSchedulingIgnoredDuringExecution\":[");
    for (uint32_t i = 0; i < pod->preferred_nodes_len; i++) {
        buf_printf(b, "%s{\"weight\":%u,\"preference\":", sep(i), 10 + i);
        put_node_term(b, &pod->preferred_nodes[i]);
        buf_char(b, '}');
    }
    buf_char(b, ']');
    if (pod->has_node_terms) {
        buf_puts(b, ",\"requiredDuringSchedulingIgnoredDuringExecution\":{\"nodeSelectorTerms\":[");
        for (uint32_t i = 0; i < pod->node_terms_len; i++) {
            buf_puts(b, sep(i));
            put_node_term(b, &pod->node_terms[i]);
        }
        buf_puts(b, "]}");
    }
    buf_char(b, '}');
}

static void put_affinity(struct buf *b, const struct pod *pod)
{
    buf_puts(b, ",\"affinity\":{");
    put_node_affinity(b, pod);
    put_terms(b, "podAffinity", pod->affinity, pod->affinity_len, pod->preferred_affinity,
              pod->preferred_affinity_len);
    put_terms(b, "podAntiAffinity", pod->anti_affinity, pod->anti_affinity_len, pod->preferred_anti_affinity,
              pod->preferred_anti_affinity_len);
    buf_char(b, '}');
}

/* With matchLabelKeys as given: reading them into the selector is the program's business. */
static void put_spread(struct buf *b, const struct spread *s)
{
    buf_printf(b, "{\"maxSkew\":%d,\"topologyKey\":\"%s\",\"whenUnsatisfiable\":\"%s\"", s->max_skew,
               s->topology_key, s->hard ? "DoNotSchedule" : "ScheduleAnyway");
    put_selector(b, "labelSelector", &s->selector);
    if (s->min_domains && s->hard)
        buf_printf(b, ",\"minDomains\":%d", s->min_domains);
    if (s->ignores_affinity)
        buf_puts(b, ",\"nodeAffinityPolicy\":\"Ignore\"");
    if (s->honors_taints)
        buf_puts(b, ",\"nodeTaintsPolicy\":\"Honor\"");
    if (s->match_label_key && s->selector.given)
        buf_printf(b, ",\"matchLabelKeys\":[\"%s\"]", s->match_label_key);
    buf_char(b, '}');
}

static void put_container(struct buf *b, const struct pod *pod)
{
    buf_puts(b, "\"containers\":[{\"name\":\"c\",\"image\":\"web:1\",\"resources\":{\"requests\":{");
    const struct amounts *w = &pod->wants;
    uint32_t n = 0;
    if (w->milli_cpu)
        buf_printf(b, "%s\"cpu\":\"%lldm\"", sep(n++), (long long)w->milli_cpu);
    if (w->mebibytes)
        buf_printf(b, "%s\"memory\":\"%lldMi\"", sep(n++), (long long)w->mebibytes);
    if (w->gpus)
        buf_printf(b, "%s\"example.com/gpu\":\"%lld\"", sep(n++), (long long)w->gpus);
    buf_puts(b, "}},\"ports\":[");
    for (uint32_t i = 0; i < pod->ports_len; i++) {
        const struct port *p = &pod->ports[i];
        buf_printf(b, "%s{\"containerPort\":%d,\"hostPort\":%d,\"protocol\":\"%s\",\"hostIP\":\"%s\"}",
                   sep(i), p->port, p->port, p->protocol, p->ip);
    }
    buf_puts(b, "]}]");
}

static void put_tolerations(struct buf *b, const struct pod *pod)
{
    buf_puts(b, ",\"tolerations\":[");
    for (uint32_t i = 0; i < pod->tolerations_len; i++) {
        const struct toleration *t = &pod->tolerations[i];
        buf_printf(b, "%s{\"operator\":\"%s\"", sep(i), t->value ? "Equal" : "Exists");
        if (t->key)
            buf_printf(b, ",\"key\":\"%s\"", t->key);
        if (t->value)
            buf_printf(b, ",\"value\":\"%s\"", t->value);
        if (t->effect)
            buf_printf(b, ",\"effect\":\"%s\"", t->effect);
        buf_char(b, '}');
    }
    buf_char(b, ']');
}

/* Pods start in the order of their uids. */
static void put_status(struct buf *b, const struct model *m, const struct pod *pod)
{
    buf_puts(b, ",\"status\":{\"conditions\":[");
    if (pod->preempted)
        buf_puts(b,
                 "{\"type\":\"DisruptionTarget\",\"status\":\"True\",\"reason\":\"PreemptionByScheduler\"}");
    buf_char(b, ']');
    if (pod->place == PLACED && pod->uid)
        buf_printf(b, ",\"startTime\":\"2026-01-01T%02u:%02u:%02uZ\"", pod->uid / 3600, pod->uid / 60 % 60,
                   pod->uid % 60);
    if (pod->place != PLACED && pod->nominated >= 0)
        buf_printf(b, ",\"nominatedNodeName\":\"%s\"", m->nodes[pod->nominated].name);
    buf_char(b, '}');
}

void json_pod(struct buf *b, const struct model *m, const struct pod *pod)
{
    buf_printf(b,
               "{\"apiVersion\":\"v1\",\"kind\":\"Pod\",\"metadata\":{\"name\":\"%s\",\"namespace\":\"%s\","
               "\"labels\":",
               pod->name, pod->namespace);
    put_labels(b, &pod->labels);
    if (pod->uid)
        buf_printf(b, ",\"uid\":\"uid-%u\"", pod->uid);
    if (pod->terminating)
        buf_puts(b, ",\"deletionTimestamp\":\"2026-01-01T00:00:00Z\"");
    buf_puts(b, "},\"spec\":{");
    put_container(b, pod);
    buf_printf(b, ",\"schedulerName\":\"default-scheduler\",\"priority\":%d", pod->priority);
    if (pod->place == PLACED)
        buf_printf(b, ",\"nodeName\":\"%s\"", m->nodes[pod->node].name);
    if (pod->node_selector.len) {
        buf_puts(b, ",\"nodeSelector\":");
        put_labels(b, &pod->node_selector);
    }
    put_tolerations(b, pod);
    put_affinity(b, pod);
    buf_puts(b, ",\"topologySpreadConstraints\":[");
    for (uint32_t i = 0; i < pod->spread_len; i++) {
        buf_puts(b, sep(i));
        put_spread(b, &pod->spread[i]);
    }
    buf_puts(b, pod->gated ? "],\"schedulingGates\":[{\"name\":\"example.com/hold\"}]" : "]");
    if (pod->claim)
        buf_printf(b, ",\"volumes\":[{\"name\":\"v\",\"persistentVolumeClaim\":{\"claimName\":\"c%u\"}}]",
                   pod->claim - 1);
    buf_char(b, '}');
    put_status(b, m, pod);
    buf_char(b, '}');
}

void json_node(struct buf *b, const struct node *node)
{
    buf_printf(
        b, "{\"apiVersion\":\"v1\",\"kind\":\"Node\",\"metadata\":{\"name\":\"%s\",\"labels\":", node->name);
    put_labels(b, &node->labels);
    buf_printf(b, "},\"spec\":{\"unschedulable\":%s,\"taints\":[", node->unschedulable ? "true" : "false");
    for (uint32_t i = 0; i < node->taints_len; i++)
        buf_printf(b, "%s{\"key\":\"%s\",\"value\":\"%s\",\"effect\":\"%s\"}", sep(i), node->taints[i].key,
                   node->taints[i].value, node->taints[i].effect);
    buf_printf(b, "]},\"status\":{\"allocatable\":{\"cpu\":\"%lldm\",\"memory\":\"%lldMi\",\"pods\":\"%lld\"",
               (long long)node->offers.milli_cpu, (long long)node->offers.mebibytes, (long long)node->pods);
    if (node->offers.gpus)
        buf_printf(b, ",\"example.com/gpu\":\"%lld\"", (long long)node->offers.gpus);
    buf_puts(b, "}}}");
}

void json_namespace(struct buf *b, const struct namespace *namespace)
{
    buf_printf(b, "{\"apiVersion\":\"v1\",\"kind\":\"Namespace\",\"metadata\":{\"name\":\"%s\",\"labels\":",
               namespace->name);
    put_labels(b, &namespace->labels);
    buf_puts(b, "}}");
}

static const char *class_name(bool local)
{
    return local ? "local" : "fast";
}

void json_claim(struct buf *b, const struct model *m, uint32_t index)
{
    const struct claim *claim = &m->claims[index];
    buf_printf(b,
               "{\"apiVersion\":\"v1\",\"kind\":\"PersistentVolumeClaim\",\"metadata\":{\"name\":\"c%u\","
               "\"namespace\":\"%s\",\"uid\":\"uid-%u\",\"annotations\":{",
               index, claim->namespace, claim->uid);
    if (claim->volume)
        buf_puts(b, "\"pv.kubernetes.io/bind-completed\":\"yes\"");
    if (claim->selected)
        buf_printf(b, "%s\"volume.kubernetes.io/selected-node\":\"%s\"", claim->volume ? "," : "",
                   m->nodes[claim->selected - 1].name);
    buf_printf(b,
               "}},\"spec\":{\"accessModes\":[\"ReadWriteOnce\"],\"storageClassName\":\"%s\",\"resources\":{"
               "\"requests\":{\"storage\":\"1Gi\"}}",
               class_name(claim->local));
    if (claim->volume)
        buf_printf(b, ",\"volumeName\":\"v%u\"", claim->volume - 1);
    buf_printf(b, "},\"status\":{\"phase\":\"%s\"}}", claim->volume ? "Bound" : "Pending");
}

void json_volume(struct buf *b, const struct model *m, uint32_t index)
{
    const struct volume *volume = &m->volumes[index];
    buf_printf(
        b,
        "{\"apiVersion\":\"v1\",\"kind\":\"PersistentVolume\",\"metadata\":{\"name\":\"v%u\"},\"spec\":{"
        "\"capacity\":{\"storage\":\"1Gi\"},\"accessModes\":[\"ReadWriteOnce\"],\"storageClassName\":\"%s\"",
        index, class_name(volume->local));
    if (volume->node)
        buf_printf(b,
                   ",\"nodeAffinity\":{\"required\":{\"nodeSelectorTerms\":[{\"matchFields\":[{\"key\":"
                   "\"metadata.name\",\"operator\":\"In\",\"values\":[\"%s\"]}]}]}}",
                   m->nodes[volume->node - 1].name);
    if (volume->claim)
        buf_printf(b,
                   ",\"claimRef\":{\"kind\":\"PersistentVolumeClaim\",\"name\":\"c%u\",\"namespace\":\"%s\","
                   "\"uid\":\"uid-%u\"}",
                   volume->claim - 1, m->claims[volume->claim - 1].namespace, volume->claim_uid);
    buf_printf(b, "},\"status\":{\"phase\":\"%s\"}}", volume->claim ? "Bound" : "Available");
}
