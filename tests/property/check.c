/*
 * The slow checker: may this pod go to that node? Every rule is written down once more, in the plainest way,
 * from the rules of Kubernetes: everything is compared with everything, nothing is remembered.
 */
#include "model.h"

#include <stdlib.h>
#include <string.h>

/*
 * The pods as they count in one judgement: those that are placed, and some of the
 * nominated ones as if they were.
 */
struct view {
    const struct model *m;
    int32_t nominated_to; /* pods nominated to this node count there; -1: they do not count */
    const struct pod *judged;
};

static bool same(const char *a, const char *b)
{
    return strcmp(a, b) == 0;
}

/* The node that the pod counts on, -1 when on none. */
static int32_t node_of(const struct view *v, const struct pod *pod)
{
    if (pod->place == PLACED)
        return v->m->nodes[pod->node].there ? pod->node : -1;
    bool pending = pod->place == QUEUED || pod->place == PARKED;
    bool counts = pending && pod != v->judged && pod->priority >= v->judged->priority && pod->nominated >= 0
                  && pod->nominated == v->nominated_to;
    return counts ? pod->nominated : -1;
}

#define EACH_PLACED(v, other, on)                                                                            \
    for (const struct pod *other = (v)->m->pods; other < (v)->m->pods + (v)->m->pods_len; other++)           \
        for (int32_t on = node_of((v), other), once = 1; on >= 0 && once; once = 0)

/* ---- labels and selectors ---- */

static const char *value_of(const struct labels *labels, const char *key)
{
    for (uint32_t i = 0; i < labels->len; i++)
        if (same(labels->at[i].key, key))
            return labels->at[i].value;
    return NULL;
}

static bool is_number(const char *text, long long *ret_number)
{
    char *end;
    *ret_number = strtoll(text, &end, 10);
    return *text && !*end;
}

static bool holds(const struct requirement *r, const struct labels *labels)
{
    const char *value = value_of(labels, r->key);
    bool among = false;
    for (uint32_t i = 0; i < r->values_len; i++)
        among = among || (value && same(value, r->values[i]));
    long long have = 0, want = 0;
    bool numbers = value && r->values_len == 1 && is_number(value, &have) && is_number(r->values[0], &want);
    switch (r->op) {
    case IN:
        return among;
    case NOT_IN:
        return !among;
    case EXISTS:
        return value != NULL;
    case DOES_NOT_EXIST:
        return value == NULL;
    case GREATER:
        return numbers && have > want;
    default:
        return numbers && have < want;
    }
}

static bool all_hold(const struct requirement *at, uint32_t len, const struct labels *labels)
{
    for (uint32_t i = 0; i < len; i++)
        if (!holds(&at[i], labels))
            return false;
    return true;
}

static bool selects(const struct selector *s, const struct labels *labels)
{
    return s->given && all_hold(s->at, s->len, labels);
}

/* ---- the node itself ---- */

static bool matches_node_affinity(const struct pod *pod, const struct node *node)
{
    for (uint32_t i = 0; i < pod->node_selector.len; i++) {
        const char *value = value_of(&node->labels, pod->node_selector.at[i].key);
        if (!value || !same(value, pod->node_selector.at[i].value))
            return false;
    }
    bool any = !pod->has_node_terms;
    for (uint32_t i = 0; i < pod->node_terms_len; i++) {
        const struct node_term *t = &pod->node_terms[i];
        any = any || (all_hold(t->at, t->len, &node->labels) && (!t->name || same(t->name, node->name)));
    }
    return any;
}

static bool tolerates(const struct pod *pod, const char *key, const char *value, const char *effect)
{
    for (uint32_t i = 0; i < pod->tolerations_len; i++) {
        const struct toleration *t = &pod->tolerations[i];
        if ((!t->key || same(t->key, key)) && (!t->effect || same(t->effect, effect))
            && (!t->value || same(t->value, value)))
            return true;
    }
    return false;
}

static bool tolerates_node(const struct pod *pod, const struct node *node)
{
    for (uint32_t i = 0; i < node->taints_len; i++) {
        const struct taint *t = &node->taints[i];
        if (!same(t->effect, "PreferNoSchedule") && !tolerates(pod, t->key, t->value, t->effect))
            return false;
    }
    return true;
}

static bool node_is_open(const struct pod *pod, const struct node *node)
{
    return !node->unschedulable || tolerates(pod, "node.kubernetes.io/unschedulable", "", "NoSchedule");
}

/* ---- what is on the node ---- */

static const char *lacks(const struct view *v, const struct pod *pod, uint32_t node)
{
    const struct node *n = &v->m->nodes[node];
    struct amounts left = n->offers;
    int64_t pods = n->pods;
    EACH_PLACED(v, other, on)
    if ((uint32_t)on == node) {
        left.milli_cpu -= other->wants.milli_cpu;
        left.mebibytes -= other->wants.mebibytes;
        left.gpus -= other->wants.gpus;
        pods--;
    }
    /* What is not asked for may well be overdrawn. */
    if (pods < 1)
        return "pods";
    if (pod->wants.milli_cpu > 0 && pod->wants.milli_cpu > left.milli_cpu)
        return "cpu";
    if (pod->wants.mebibytes > 0 && pod->wants.mebibytes > left.mebibytes)
        return "memory";
    return pod->wants.gpus > 0 && pod->wants.gpus > left.gpus ? "gpu" : NULL;
}

static bool ports_clash(const struct pod *a, const struct pod *b)
{
    for (uint32_t i = 0; i < a->ports_len; i++)
        for (uint32_t k = 0; k < b->ports_len; k++) {
            const struct port *p = &a->ports[i], *q = &b->ports[k];
            bool same_ip = same(p->ip, q->ip) || same(p->ip, "0.0.0.0") || same(q->ip, "0.0.0.0");
            if (p->port == q->port && same(p->protocol, q->protocol) && same_ip)
                return true;
        }
    return false;
}

static bool port_is_taken(const struct view *v, const struct pod *pod, uint32_t node)
{
    bool taken = false;
    EACH_PLACED(v, other, on)
    taken = taken || ((uint32_t)on == node && ports_clash(pod, other));
    return taken;
}

/* ---- affinity between pods ---- */

/* The labels of the Namespace object; NULL: there is none. */
static const struct labels *labels_of_namespace(const struct model *m, const char *name)
{
    for (uint32_t i = 0; i < NAMESPACES; i++)
        if (m->namespaces[i].there && same(m->namespaces[i].name, name))
            return &m->namespaces[i].labels;
    return NULL;
}

/*
 * Whether the term, carried by a pod in namespace `home`, selects the pod. A namespace without an
 * object counts as one without labels. kube-scheduler has a quirk with the terms of the pod that
 * it is placing (`own`): a namespaceSelector that would match a namespace without labels selects
 * the pods of every namespace.
 */
static bool term_selects(const struct model *m, const struct term *t, const char *home, const struct pod *pod,
                         bool own)
{
    static const struct labels none = {.len = 0};
    const struct labels *labels = labels_of_namespace(m, pod->namespace);
    bool in = t->namespaces_len == 0 && !t->namespace_selector.given && same(pod->namespace, home);
    for (uint32_t i = 0; i < t->namespaces_len; i++)
        in = in || same(t->namespaces[i], pod->namespace);
    in = in || selects(&t->namespace_selector, labels ? labels : &none)
         || (own && selects(&t->namespace_selector, &none));
    return in && selects(&t->selector, &pod->labels);
}

static bool same_domain(const struct model *m, const char *key, uint32_t a, uint32_t b)
{
    const char *x = value_of(&m->nodes[a].labels, key), *y = value_of(&m->nodes[b].labels, key);
    return x && y && same(x, y);
}

/* A placed pod wants nobody like this one near it. */
static bool is_repelled(const struct view *v, const struct pod *pod, uint32_t node)
{
    bool repelled = false;
    EACH_PLACED(v, other, on)
    for (uint32_t i = 0; i < other->anti_affinity_len; i++)
        repelled = repelled
                   || (term_selects(v->m, &other->anti_affinity[i], other->namespace, pod, false)
                       && same_domain(v->m, other->anti_affinity[i].topology_key, (uint32_t)on, node));
    return repelled;
}

static bool repels(const struct view *v, const struct pod *pod, uint32_t node)
{
    bool found = false;
    EACH_PLACED(v, other, on)
    for (uint32_t i = 0; i < pod->anti_affinity_len; i++)
        found = found
                || (term_selects(v->m, &pod->anti_affinity[i], pod->namespace, other, true)
                    && same_domain(v->m, pod->anti_affinity[i].topology_key, (uint32_t)on, node));
    return found;
}

static bool matches_all_terms(const struct model *m, const struct pod *pod, const struct pod *other)
{
    for (uint32_t i = 0; i < pod->affinity_len; i++)
        if (!term_selects(m, &pod->affinity[i], pod->namespace, other, true))
            return false;
    return true;
}

/*
 * Every term finds a pod in the node's domain that all terms select. The first pod of a group that wants its
 * own company may go anywhere: when no pod anywhere counts, and it would itself.
 */
static bool finds_company(const struct view *v, const struct pod *pod, uint32_t node)
{
    bool everywhere = true, anywhere = false;
    for (uint32_t i = 0; i < pod->affinity_len; i++) {
        const char *key = pod->affinity[i].topology_key;
        bool here = false;
        if (!value_of(&v->m->nodes[node].labels, key))
            return false;
        EACH_PLACED(v, other, on)
        if (matches_all_terms(v->m, pod, other)) {
            here = here || same_domain(v->m, key, (uint32_t)on, node);
            anywhere = anywhere || value_of(&v->m->nodes[on].labels, key);
        }
        everywhere = everywhere && here;
    }
    return everywhere || (!anywhere && matches_all_terms(v->m, pod, pod));
}

/*
 * kube-scheduler does not ask about affinity at all when, before nominated pods are put in, nobody's terms
 * concern the pod: then not even a nominated pod's anti-affinity holds it off.
 */
static bool affinity_is_asked(const struct model *m, const struct pod *pod)
{
    const struct view v = {m, -1, pod};
    bool concerned = pod->affinity_len > 0 || pod->anti_affinity_len > 0;
    EACH_PLACED(&v, other, on)
    for (uint32_t i = 0; i < other->anti_affinity_len; i++)
        concerned = concerned
                    || (term_selects(m, &other->anti_affinity[i], other->namespace, pod, false)
                        && value_of(&m->nodes[on].labels, other->anti_affinity[i].topology_key));
    return concerned;
}

/* ---- spreading ---- */

static bool constraint_selects(const struct spread *s, const struct pod *pod, const struct labels *labels)
{
    if (s->match_label_key && s->selector.given) {
        const char *own = value_of(&pod->labels, s->match_label_key),
                   *other = value_of(labels, s->match_label_key);
        if (own && (!other || !same(own, other)))
            return false;
    }
    return selects(&s->selector, labels);
}

/* kube-scheduler counts nobody for a selector without requirements, although the pod itself does match it. */
static bool counts_nobody(const struct spread *s, const struct pod *pod)
{
    bool merged = s->match_label_key && value_of(&pod->labels, s->match_label_key);
    return s->selector.given && s->selector.len == 0 && !merged;
}

/* Whether the node's domain counts at all for the constraint. */
static bool takes_part(const struct pod *pod, const struct spread *s, const struct node *node)
{
    for (uint32_t i = 0; i < pod->spread_len; i++)
        if (pod->spread[i].hard && !value_of(&node->labels, pod->spread[i].topology_key))
            return false;
    return node->there && (s->ignores_affinity || matches_node_affinity(pod, node))
           && (!s->honors_taints || tolerates_node(pod, node));
}

/* The pods that count on a node; nominated ones count even where the selector has no requirements. */
static int32_t count_on(const struct view *v, const struct pod *pod, const struct spread *s, int32_t node)
{
    int32_t count = 0;
    EACH_PLACED(v, other, on)
    {
        bool real = other->place == PLACED;
        count += on == node && same(other->namespace, pod->namespace)
                 && constraint_selects(s, pod, &other->labels)
                 && !(real && (other->terminating || counts_nobody(s, pod)));
    }
    return count;
}

/* The pods that count in the domain of the node; -1 when the domain does not take part. */
static int32_t count_in_domain(const struct view *v, const struct pod *pod, const struct spread *s,
                               uint32_t node)
{
    int32_t count = 0;
    bool there = false;
    for (uint32_t i = 0; i < v->m->nodes_len; i++)
        if (takes_part(pod, s, &v->m->nodes[i]) && same_domain(v->m, s->topology_key, i, node)) {
            there = true;
            count += count_on(v, pod, s, (int32_t)i);
        }
    return there ? count : -1;
}

static bool is_first_of_domain(const struct model *m, const struct pod *pod, const struct spread *s,
                               uint32_t node)
{
    for (uint32_t i = 0; i < node; i++)
        if (takes_part(pod, s, &m->nodes[i]) && same_domain(m, s->topology_key, i, node))
            return false;
    return true;
}

static bool skews(const struct view *v, const struct pod *pod, const struct spread *s, uint32_t node)
{
    int32_t domains = 0, least = INT32_MAX;
    if (!value_of(&v->m->nodes[node].labels, s->topology_key))
        return true;
    for (uint32_t i = 0; i < v->m->nodes_len; i++)
        if (takes_part(pod, s, &v->m->nodes[i]) && is_first_of_domain(v->m, pod, s, i)) {
            int32_t count = count_in_domain(v, pod, s, i);
            least = count < least ? count : least;
            domains++;
        }
    if (domains < (s->min_domains ? s->min_domains : 1))
        least = 0;
    int32_t here = count_in_domain(v, pod, s, node);
    int32_t self = constraint_selects(s, pod, &pod->labels);
    return (here < 0 ? 0 : here) + self - least > s->max_skew;
}

static bool spreads_badly(const struct view *v, const struct pod *pod, uint32_t node)
{
    for (uint32_t i = 0; i < pod->spread_len; i++)
        if (pod->spread[i].hard && skews(v, pod, &pod->spread[i], node))
            return true;
    return false;
}

/* ---- volumes ---- */

bool is_reserved(const struct model *m, const struct volume *volume, uint32_t claim)
{
    return volume->there && volume->local == m->claims[claim].local && volume->claim == claim + 1
           && volume->claim_uid == m->claims[claim].uid;
}

bool reaches(const struct volume *volume, uint32_t node)
{
    return volume->there && (!volume->node || volume->node == node + 1);
}

/* A claim that is not bound yet: is there a volume for it, or will one be made? */
static bool finds_volume(const struct model *m, uint32_t index, uint32_t node)
{
    const struct claim *claim = &m->claims[index];
    bool found = false;
    if (claim->selected)
        return claim->selected == node + 1;
    if (!claim->local)
        return true;
    for (const struct volume *v = m->volumes; v < m->volumes + MOST_VOLUMES; v++) {
        if (is_reserved(m, v, index))
            return reaches(v, node);
        found |= v->local && !v->claim && reaches(v, node);
    }
    return found;
}

static bool volume_is_at_hand(const struct model *m, const struct pod *pod, uint32_t node)
{
    const struct claim *claim = pod->claim ? &m->claims[pod->claim - 1] : NULL;
    if (!claim)
        return true;
    if (!claim->there)
        return false;
    return claim->volume ? reaches(&m->volumes[claim->volume - 1], node)
                         : finds_volume(m, pod->claim - 1, node);
}

/* ---- the judgement ---- */

static const char *judge(const struct view *v, const struct pod *pod, uint32_t node)
{
    const struct node *n = &v->m->nodes[node];
    if (!n->there)
        return "the node is not there";
    if (!matches_node_affinity(pod, n))
        return "node selector or affinity";
    if (!node_is_open(pod, n))
        return "unschedulable";
    if (!tolerates_node(pod, n))
        return "taints";
    if (port_is_taken(v, pod, node))
        return "host ports";
    if (!volume_is_at_hand(v->m, pod, node))
        return "volume";
    if (affinity_is_asked(v->m, pod)) {
        if (is_repelled(v, pod, node))
            return "anti-affinity of a placed pod";
        if (repels(v, pod, node))
            return "anti-affinity";
        if (!finds_company(v, pod, node))
            return "affinity";
    }
    if (spreads_badly(v, pod, node))
        return "topology spread";
    return lacks(v, pod, node);
}

const char *check(const struct model *m, const struct pod *pod, uint32_t node)
{
    const char *why = judge(&(struct view){m, (int32_t)node, pod}, pod, node);
    return why ? why : judge(&(struct view){m, -1, pod}, pod, node);
}

bool wants_its_like(const struct model *m, const struct pod *pod)
{
    return pod->affinity_len > 0 && matches_all_terms(m, pod, pod);
}
