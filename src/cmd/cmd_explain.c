/*
 * berth explain: what every plugin says about every node, for pods that are pending.
 */
#include "base/array.h"
#include "base/map.h"
#include "base/nearest.h"
#include "cmd/command.h"
#include "cmd/explain.h"
#include "cmd/session.h"
#include "sim/claims.h"
#include "sim/simulate.h"

#include <stddef.h>
#include <stdlib.h>

enum output { OUTPUT_TABLE, OUTPUT_JSON };
static const char *const outputs[] = {"table", "json", NULL};

enum suggest { SUGGEST_AUTO, SUGGEST_ALWAYS, SUGGEST_NEVER };
static const char *const suggests[] = {"auto", "always", "never", NULL};
enum { MOST_SUGGESTED = 100 }; /* pods, with SUGGEST_AUTO */

struct settings {
    struct option_list files, pods, feature_gates;
    const char *config;
    uint32_t output;  /* enum output */
    uint32_t changes; /* enum suggest */
    bool all, no_cache, per_node;
};

static const struct option_row options[] = {
    {'f', "filename", OPTION_LIST, offsetof(struct settings, files), .value = "FILE|DIR|GLOB|-",
     .text = "Manifests to read, as for `berth simulate`; may be repeated."},
    {'c', "config", OPTION_TEXT, offsetof(struct settings, config), .value = "FILE",
     .text = "KubeSchedulerConfiguration to schedule with; without it, kube-scheduler's defaults."},
    SESSION_FEATURE_GATES(struct settings, feature_gates),
    {'p', "pod", OPTION_LIST, offsetof(struct settings, pods), .value = "NAMESPACE/NAME",
     .text = "The pending pod to explain; may be repeated. Without a namespace it is looked for in "
             "default."},
    {'a', "all", OPTION_FLAG, offsetof(struct settings, all), .text = "Explain every pending pod."},
    {'o', "output", OPTION_CHOICE, offsetof(struct settings, output), .choices = outputs, .initial = "table",
     .text = "How to print the result; json lists every node."},
    {0, "changes", OPTION_CHOICE, offsetof(struct settings, changes), .choices = suggests, .initial = "auto",
     .text = "Find out what would make pods fit that fit nowhere; auto: for the pods that --pod names and, "
             "in tables, for --all where it explains at most 100 pods."},
    {0, "no-cache", OPTION_FLAG, offsetof(struct settings, no_cache), .hidden = true,
     .text = "Testing aid: compute every verdict and score anew. The result is the same."},
    {0, "per-node", OPTION_FLAG, offsetof(struct settings, per_node), .hidden = true,
     .text = "Testing aid: ask plugins node by node, not for ranges. The result is the same."},
};

/* A pod to explain, and how many more there are of which the same will be said. */
struct request {
    const struct berth_pod *pod;
    uint32_t like;
};
typedef VEC(struct request) request_list;

static bool is_pending(const struct cluster_pod *pod)
{
    return !pod->pod->node_name || pod->pending;
}

/*
 * Pods of one class that neither name a node nor are nominated for one get the same answer. `by_class` leads
 * from a class to 1 + the index of its request; NULL: every pod for itself.
 */
static int request_all(const struct cluster *cluster, bool fold, request_list *requests, struct err *err)
{
    struct map by_class = {0};
    int code = 0;
    for (size_t i = 0; i < cluster->pods.len && code == 0; i++) {
        const struct berth_pod *pod = cluster->pods.at[i].pod;
        if (!is_pending(&cluster->pods.at[i]))
            continue;
        bool foldable = fold && !pod->node_name && !pod->nominated_node_name;
        uint64_t *known = foldable ? map_get(&by_class, map_ptr(pod->class)) : NULL;
        if (known) {
            requests->at[*known].like++;
            continue;
        }
        struct request request = {.pod = pod};
        if (vec_push(requests, request) < 0
            || (foldable && map_put(&by_class, map_ptr(pod->class), requests->len - 1) < 0))
            code = err_nomem(err);
    }
    map_fini(&by_class);
    return code;
}

static bool is_named(const struct berth_pod *pod, const char *name)
{
    struct buf full = {0};
    session_pod_name(&full, pod);
    bool named =
        strcmp(full.ptr, name) == 0
        || (!strchr(name, '/') && strncmp(full.ptr, "default/", 8) == 0 && strcmp(full.ptr + 8, name) == 0);
    buf_fini(&full);
    return named;
}

/* Sets the error for a name that no pod has, with the nearest name as a hint. */
static int no_such_pod(const struct cluster *cluster, const char *name, struct err *err)
{
    size_t nearest = SIZE_MAX, best = strlen(name) / 3 + 2;
    bool anywhere = !strchr(name, '/'); /* perhaps it is not the name that is wrong */
    struct buf full = {0};
    for (size_t i = 0; i < cluster->pods.len; i++) {
        buf_clear(&full);
        session_pod_name(&full, cluster->pods.at[i].pod);
        size_t distance = edit_distance(name, anywhere ? strchr(full.ptr, '/') + 1 : full.ptr);
        if (distance < best) {
            best = distance;
            nearest = i;
        }
    }
    buf_clear(&full);
    if (nearest != SIZE_MAX)
        session_pod_name(&full, cluster->pods.at[nearest].pod);
    int code = nearest == SIZE_MAX
                   ? err_set(err, "there is no pod %s in the input", name)
                   : err_set(err, "there is no pod %s in the input; did you mean %s?", name, full.ptr);
    buf_fini(&full);
    return code;
}

static int request_one(const struct cluster *cluster, const char *name, request_list *requests,
                       struct err *err)
{
    for (size_t i = 0; i < cluster->pods.len; i++) {
        const struct cluster_pod *found = &cluster->pods.at[i];
        if (!is_named(found->pod, name))
            continue;
        if (!is_pending(found))
            return err_set(err, "pod %s is bound to node %s already; only pending pods are explained", name,
                           found->pod->node_name->text);
        struct request request = {.pod = found->pod};
        return vec_push(requests, request) < 0 ? err_nomem(err) : 0;
    }
    return no_such_pod(cluster, name, err);
}

static int collect(const struct settings *settings, const struct cluster *cluster, request_list *requests,
                   struct err *err)
{
    if (settings->all)
        return request_all(cluster, settings->output == OUTPUT_TABLE, requests, err);
    int code = 0;
    for (size_t i = 0; i < settings->pods.len && code == 0; i++)
        code = request_one(cluster, settings->pods.at[i], requests, err);
    return code;
}

/*
 * The cluster as given: bound pods on their nodes, nominated pending ones where they are expected; or, when
 * it is to be `settled`, as its controllers will have provided for its claims.
 */
static int put_cluster(struct core *core, const struct cluster *cluster, bool settled, struct err *err)
{
    int64_t now_ns = 0;
    int code = simulate_setting(core, cluster, true, &now_ns, err);
    if (code == 0 && settled)
        code = claims_provide(core, cluster, 1, &now_ns, err);
    for (size_t i = 0; i < cluster->pods.len && code == 0; i++) {
        const struct berth_pod *pod = cluster->pods.at[i].pod;
        struct object object = {.kind = OBJECT_POD, .pod = pod};
        if (!pod->node_name && pod->nominated_node_name && core_put(core, &object, ++now_ns) < 0)
            code = err_nomem(err);
    }
    return code;
}

/* Fills session->core, and *ret_settled if a pod to explain waits for what controllers do about claims. */
static int put_clusters(const struct session *session, const request_list *requests,
                        struct core **ret_settled, struct err *err)
{
    bool unsettled = false;
    int code = put_cluster(session->core, &session->cluster, false, err);
    for (size_t i = 0; i < requests->len && !unsettled; i++)
        unsettled = claims_unsettled(session->core, requests->at[i].pod);
    if (code < 0 || !unsettled)
        return code;
    code = session_add_core(session, ret_settled, err);
    return code < 0 ? code : put_cluster(*ret_settled, &session->cluster, true, err);
}

/* Whether to look for changes that would make pods fit. */
static bool suggests_changes(const struct settings *settings, const request_list *requests)
{
    if (settings->changes != SUGGEST_AUTO)
        return settings->changes == SUGGEST_ALWAYS;
    return !settings->all || (settings->output == OUTPUT_TABLE && requests->len <= MOST_SUGGESTED);
}

/* What to write, and where the answers come from. */
struct task {
    const struct session *session;
    struct core *settled; /* the cluster once controllers have provided for its claims; NULL: not needed */
    const request_list *requests;
    bool suggest;
    claim_outlooks claims; /* of the pod at hand */
};

/* What becomes of the claims of a pod that now fits nowhere, in task->claims. */
static int look_ahead(struct task *task, const struct explanation *e, struct err *err)
{
    task->claims.len = 0;
    if (!task->settled || !explain_is_misfit(e) || e->pre_enqueue)
        return 0;
    return claims_look_ahead(task->session->core, task->settled, e->pod, &task->claims, err);
}

/* What would make the pod fit, if it does not: a table for people, or with `term` NULL JSON. */
static void add_changes(struct buf *b, const struct task *task, struct core *core,
                        const struct explanation *e, const struct term *term)
{
    const struct berth_pod *pod = e->pod;
    struct remedies remedies = {0};
    if (!task->suggest || !explain_is_misfit(e))
        return;
    remedies_find(core, task->session->catalog, pod, &remedies); /* the explanation ends here */
    if (term)
        explain_remedies(b, core, pod, &remedies, term);
    else
        explain_remedies_json(b, core, pod, &remedies);
    remedies_fini(&remedies);
}

static int write_result(struct buf *b, struct task *task, const struct berth_pod *pod, struct err *err)
{
    struct explanation explanation;
    core_explain(task->session->core, pod, &explanation);
    explain_json(b, task->session->core, &explanation);
    int code = look_ahead(task, &explanation, err);
    add_changes(b, task, task->session->core, &explanation, NULL);
    if (task->claims.len)
        explain_claims_json(b, &task->claims);
    if (claims_move(&task->claims)) {
        core_explain(task->settled, pod, &explanation);
        buf_puts(b, ",\"onceSettled\":");
        explain_json(b, task->settled, &explanation);
        add_changes(b, task, task->settled, &explanation, NULL);
        explain_json_end(b);
    }
    explain_json_end(b);
    return code;
}

/* Prints much of it on the way, as it may be large; the rest is in `b`. An exit code, or a negative one. */
static int write_json(struct buf *b, struct task *task, struct err *err)
{
    int code = EXIT_DONE;
    buf_puts(b, "{\"results\":[");
    for (size_t i = 0; i < task->requests->len && code == EXIT_DONE; i++) {
        buf_puts(b, i ? ",\n" : "\n");
        code = write_result(b, task, task->requests->at[i].pod, err);
        code = code < 0 ? code : command_stream(b);
    }
    buf_puts(b, "\n]}\n");
    return code;
}

/* What the pod waits for, and what would make it fit. */
static int add_prospects(struct buf *b, struct task *task, const struct explanation *e,
                         const struct term *term, struct err *err)
{
    const struct berth_pod *pod = e->pod;
    int code = look_ahead(task, e, err);
    if (task->claims.len)
        explain_claims(b, &task->claims, term);
    if (!claims_move(&task->claims)) {
        add_changes(b, task, task->session->core, e, term);
        return code;
    }
    struct explanation later;
    core_explain(task->settled, pod, &later);
    explain_settled(b, task->settled, &later, term);
    add_changes(b, task, task->settled, &later, term);
    return code;
}

/* Pods that fit nowhere come last: there a terminal stops, and they are what people look for. */
static int write_table(struct buf *b, struct task *task, struct err *err)
{
    struct term term = term_of_stdout();
    struct buf misfits = {0};
    int code = 0;
    for (size_t i = 0; i < task->requests->len && code == 0; i++) {
        const struct request *request = &task->requests->at[i];
        struct explanation explanation;
        core_explain(task->session->core, request->pod, &explanation);
        struct buf *part = explanation.feasible_len ? b : &misfits;
        buf_puts(part, part->len ? "\n" : "");
        explain_table(part, task->session->core, &explanation, &term, request->like);
        code = add_prospects(part, task, &explanation, &term, err);
    }
    buf_puts(b, b->len && misfits.len ? "\n" : "");
    buf_str(b, buf_view(&misfits));
    buf_puts(b, task->requests->len ? "" : "No pod is pending.\n");
    buf_fini(&misfits);
    return code;
}

static int explain_and_print(const void *at, struct session *session, struct err *err)
{
    const struct settings *settings = at;
    request_list requests = {0};
    struct buf text = {0};
    struct task task = {.session = session, .requests = &requests};
    int code = collect(settings, &session->cluster, &requests, err);
    if (code == 0)
        code = put_clusters(session, &requests, &task.settled, err);
    if (code == 0) {
        task.suggest = suggests_changes(settings, &requests);
        code =
            settings->output == OUTPUT_JSON ? write_json(&text, &task, err) : write_table(&text, &task, err);
        code = code == EXIT_DONE ? command_print(&text) : code;
    }
    core_free(task.settled);
    vec_fini(&task.claims);
    buf_fini(&text);
    vec_fini(&requests);
    return code;
}

static int check_usage(const struct settings *settings)
{
    const char *missing = NULL;
    if (settings->files.len == 0)
        missing = "explain needs manifests: -f FILE, a directory, or - for standard input";
    else if (settings->all == (settings->pods.len > 0))
        missing = "explain needs either --pod NAMESPACE/NAME or --all";
    for (size_t i = 0; i < settings->pods.len; i++)
        if (!*settings->pods.at[i])
            missing = "--pod needs the name of a pod, NAMESPACE/NAME";
    if (!missing)
        return EXIT_DONE;
    command_fail("%s", missing);
    return EXIT_USAGE;
}

static int run(const void *at)
{
    const struct settings *settings = at;
    if (check_usage(settings) != EXIT_DONE)
        return EXIT_USAGE;
    struct session_options opening = {
        .files = settings->files.at,
        .files_len = settings->files.len,
        .config = settings->config,
        .feature_gates = &settings->feature_gates,
        .make_claims = true,
        .core = {.no_cache = settings->no_cache, .per_node = settings->per_node},
    };
    return session_run(&opening, explain_and_print, settings);
}

static const char *const synopsis[] = {
    "-f FILE|DIR|GLOB|- ... --pod NAMESPACE/NAME [OPTIONS]",
    "-f FILE|DIR|GLOB|- ... --all [OPTIONS]",
    NULL,
};

const struct command explain_command = {
    .name = "explain",
    .summary = "Say for each pending pod which nodes fit, which do not, and why.",
    .synopsis = synopsis,
    .about = "Evaluates pending pods, each on its own, against the cluster as given; nothing is bound. "
             "Shows the nodes that fit with the score of every plugin, the best first, and for the "
             "others which plugin rejected them and why; nodes rejected for the same reason are folded "
             "into one line. Of a pod that fits nowhere it says which pods preemption would remove, and the "
             "smallest changes of the pod or the cluster with which it would fit. Of one that waits for its "
             "volume claims it says what the cluster's controllers will do about them, and where it fits "
             "then.",
    .options = options,
    .options_len = ARRAY_LEN(options),
    .settings_size = sizeof(struct settings),
    .operands = offsetof(struct settings, files),
    .operands_max = UINT32_MAX,
    .run = run,
};
