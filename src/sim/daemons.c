/* The pods of DaemonSets: made last, when all nodes are known, and put where the DaemonSets were read. */
#include "api/edit.h"
#include "api/expand.h"
#include "sim/loader.h"

#include <stdlib.h>

int loader_daemon_pod(struct loader *l, const struct berth_value *daemon, struct object *ret_pod,
                      struct err *err)
{
    struct berth_value pod;
    struct arena_mark mark = arena_mark(&l->arena);
    int r = expand_daemon_pod(daemon, &l->arena, &pod, err);
    if (r == 0) {
        r = object_decode(l->c->catalog, OBJECT_POD, &pod, ret_pod, NULL, err);
        l->culprit = r < 0 ? decode_culprit(l->c->catalog) : NULL;
        if (r == -EINVAL)
            err_wrap(err, "pod template");
    }
    arena_rewind(&l->arena, mark);
    return r;
}

int loader_keep_daemon(struct loader *l, const struct berth_value *value, bool has_pods, struct err *err)
{
    struct object pod;
    int r = loader_daemon_pod(l, value, &pod, err);
    if (r < 0)
        return r;
    object_unref(l->c->catalog, &pod);
    struct editor e = {.arena = &l->arena};
    struct waiting_daemon daemon = {edit_copy(&e, value), l->c->pods.len,
                                    l->loading == LOAD_ADD ? l->at_ns : 0, has_pods};
    return e.failed || vec_push(&l->daemons, daemon) < 0 ? err_nomem(err) : 0;
}

/* Whether a DaemonSet whose pods are like `pod` has one on the node. */
static bool daemon_runs_on(const struct berth_pod *pod, const struct berth_node *node)
{
    const struct berth_class *class = pod->class;
    if (pod->node_name && pod->node_name != node->name)
        return false;
    berth_each (struct berth_label, wanted, class, class->node_selector)
        if (berth_label_get(node, node->labels, wanted->key) != wanted->value)
            return false;
    bool matches = (class->flags & BERTH_POD_HAS_REQUIRED_NODES) == 0;
    berth_each (struct berth_node_term, term, class, class->required_nodes)
        matches = matches || berth_node_term_matches(class, term, node);
    berth_each (struct berth_taint, taint, node, node->taints)
        if (taint->effect != BERTH_PREFER_NO_SCHEDULE && !berth_tolerates(class, taint))
            return false;
    return matches;
}

/* Nodes that get a pod, in the order in which they were read, and when each of them gets it. */
struct daemon_nodes {
    berth_str *names;
    int64_t *arrivals;
    size_t len;
};

static void add_node(struct daemon_nodes *nodes, const struct berth_pod *pod, const struct berth_node *node,
                     int64_t at_ns)
{
    if (!daemon_runs_on(pod, node))
        return;
    nodes->names[nodes->len] = berth_atom_str(node->name);
    nodes->arrivals[nodes->len++] = at_ns;
}

static int find_nodes(struct loader *l, const struct waiting_daemon *daemon, const struct berth_pod *pod,
                      struct daemon_nodes *nodes, struct err *err)
{
    const struct cluster *c = l->c;
    size_t most = c->objects.len + c->changes.len;
    nodes->names = arena_alloc(&l->arena, most * sizeof(*nodes->names));
    nodes->arrivals = arena_alloc(&l->arena, most * sizeof(*nodes->arrivals));
    if (!nodes->names || !nodes->arrivals)
        return err_nomem(err);
    for (size_t i = 0; i < c->objects.len && !daemon->has_pods; i++)
        if (c->objects.at[i].kind == OBJECT_NODE)
            add_node(nodes, pod, c->objects.at[i].node, daemon->at_ns);
    for (size_t i = 0; i < c->changes.len; i++) {
        const struct change *change = &c->changes.at[i];
        if (change->kind == CHANGE_ADD && change->object.kind == OBJECT_NODE)
            add_node(nodes, pod, change->object.node,
                     change->at_ns > daemon->at_ns ? change->at_ns : daemon->at_ns);
    }
    return 0;
}

static int expand_daemon(struct loader *l, const struct waiting_daemon *daemon, struct err *err)
{
    struct object pod;
    struct daemon_nodes nodes = {0};
    int r = loader_daemon_pod(l, &daemon->value, &pod, err);
    if (r < 0)
        return r;
    struct arena_mark mark = arena_mark(&l->arena);
    r = find_nodes(l, daemon, pod.pod, &nodes, err);
    l->loading = LOAD_INPUT;
    l->arrivals = nodes.arrivals;
    if (r == 0)
        r = expand_workload(&daemon->value, nodes.names, nodes.len, &l->arena, loader_take_made, l, err);
    l->arrivals = NULL;
    arena_rewind(&l->arena, mark);
    object_unref(l->c->catalog, &pod);
    return r;
}

/* Moves the pods of the DaemonSets, which were added last, to where the DaemonSets were read. */
static int place_daemon_pods(struct loader *l, const size_t *first_pod, struct err *err)
{
    struct cluster *c = l->c;
    size_t read = first_pod[0], next = 0, used = 0;
    struct cluster_pod *pods = malloc(c->pods.cap * sizeof(*pods));
    struct pod_priority *priorities = malloc(c->pods.cap * sizeof(*priorities));
    for (size_t i = 0; pods && priorities && i <= read; i++) {
        for (; next < l->daemons.len && l->daemons.at[next].position == i; next++)
            for (size_t p = first_pod[next]; p < first_pod[next + 1]; p++, used++) {
                pods[used] = c->pods.at[p];
                priorities[used] = l->priorities.at[p];
            }
        if (i < read) {
            pods[used] = c->pods.at[i];
            priorities[used++] = l->priorities.at[i];
        }
    }
    if (pods && priorities && used) {
        memcpy(c->pods.at, pods, used * sizeof(*pods));
        memcpy(l->priorities.at, priorities, used * sizeof(*priorities));
    }
    int r = pods && priorities ? 0 : err_nomem(err);
    free(pods);
    free(priorities);
    return r;
}

int loader_expand_daemons(struct loader *l, struct err *err)
{
    if (l->daemons.len == 0)
        return 0;
    size_t *first_pod = arena_alloc(&l->arena, (l->daemons.len + 1) * sizeof(*first_pod));
    if (!first_pod)
        return err_nomem(err);
    for (size_t i = 0; i < l->daemons.len; i++) {
        first_pod[i] = l->c->pods.len;
        int r = expand_daemon(l, &l->daemons.at[i], err);
        if (r < 0)
            return r;
    }
    first_pod[l->daemons.len] = l->c->pods.len;
    return l->c->pods.cap == 0 ? 0 : place_daemon_pods(l, first_pod, err);
}
