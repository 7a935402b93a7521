/*
 * berth explain: what every plugin says about every node, for pods that are pending.
 */
#include "base/array.h"
#include "base/map.h"
#include "base/nearest.h"
#include "cmd/command.h"
#include "cmd/explain.h"
#include "cmd/session.h"
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

/* The cluster as given: bound pods on their nodes, nominated pending ones where they are expected. */
static int put_cluster(const struct session *session, struct err *err)
{
    int64_t now_ns = 0;
    int code = simulate_setting(session->core, &session->cluster, true, &now_ns, err);
    for (size_t i = 0; i < session->cluster.pods.len && code == 0; i++) {
        const struct berth_pod *pod = session->cluster.pods.at[i].pod;
        struct object object = {.kind = OBJECT_POD, .pod = pod};
        if (!pod->node_name && pod->nominated_node_name && core_put(session->core, &object, ++now_ns) < 0)
            code = err_nomem(err);
    }
    return code;
}

/* Whether to look for changes that would make pods fit. */
static bool suggests_changes(const struct settings *settings, const request_list *requests)
{
    if (settings->changes != SUGGEST_AUTO)
        return settings->changes == SUGGEST_ALWAYS;
    return !settings->all || (settings->output == OUTPUT_TABLE && requests->len <= MOST_SUGGESTED);
}

/* One object. The explanation is printed first, as asking about changes ends it. */
static void write_result(struct buf *b, const struct session *session, const struct request *request,
                         bool suggest)
{
    struct explanation explanation;
    core_explain(session->core, request->pod, &explanation);
    explain_json(b, session->core, &explanation);
    if (suggest && explain_is_misfit(&explanation)) {
        struct remedies remedies = {0};
        remedies_find(session->core, session->catalog, request->pod, &remedies);
        explain_remedies_json(b, session->core, request->pod, &remedies);
        remedies_fini(&remedies);
    }
    explain_json_end(b);
}

/* Prints much of it on the way, as it may be large; the rest is in `b`. Returns an exit code. */
static int write_json(struct buf *b, const struct session *session, const request_list *requests,
                      bool suggest)
{
    int code = EXIT_DONE;
    buf_puts(b, "{\"results\":[");
    for (size_t i = 0; i < requests->len && code == EXIT_DONE; i++) {
        buf_puts(b, i ? ",\n" : "\n");
        write_result(b, session, &requests->at[i], suggest);
        code = command_stream(b);
    }
    buf_puts(b, "\n]}\n");
    return code;
}

/* Pods that fit nowhere come last: there a terminal stops, and they are what people look for. */
static void write_table(struct buf *b, const struct session *session, const request_list *requests,
                        bool suggest)
{
    struct term term = term_of_stdout();
    struct buf misfits = {0};
    for (size_t i = 0; i < requests->len; i++) {
        struct explanation explanation;
        core_explain(session->core, requests->at[i].pod, &explanation);
        struct buf *part = explanation.feasible_len ? b : &misfits;
        buf_puts(part, part->len ? "\n" : "");
        explain_table(part, session->core, &explanation, &term, requests->at[i].like);
        if (suggest && explain_is_misfit(&explanation)) {
            struct remedies remedies = {0};
            remedies_find(session->core, session->catalog, requests->at[i].pod, &remedies);
            explain_remedies(part, session->core, requests->at[i].pod, &remedies, &term);
            remedies_fini(&remedies);
        }
    }
    buf_puts(b, b->len && misfits.len ? "\n" : "");
    buf_str(b, buf_view(&misfits));
    buf_puts(b, requests->len ? "" : "No pod is pending.\n");
    buf_fini(&misfits);
}

static int explain_and_print(const void *at, struct session *session, struct err *err)
{
    const struct settings *settings = at;
    request_list requests = {0};
    struct buf text = {0};
    int code = collect(settings, &session->cluster, &requests, err);
    if (code == 0)
        code = put_cluster(session, err);
    if (code == 0) {
        bool suggest = suggests_changes(settings, &requests);
        if (settings->output == OUTPUT_JSON)
            code = write_json(&text, session, &requests, suggest);
        else
            write_table(&text, session, &requests, suggest);
        code = code == EXIT_DONE ? command_print(&text) : code;
    }
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
             "smallest changes of the pod or the cluster with which it would fit.",
    .options = options,
    .options_len = ARRAY_LEN(options),
    .settings_size = sizeof(struct settings),
    .operands = offsetof(struct settings, files),
    .operands_max = UINT32_MAX,
    .run = run,
};
