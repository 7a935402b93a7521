/*
 * berth simulate: schedules the pending pods of manifests in memory and reports.
 */
#include "base/array.h"
#include "cmd/command.h"
#include "cmd/explain.h"
#include "cmd/progress.h"
#include "cmd/report.h"
#include "cmd/session.h"

#include <stddef.h>
#include <stdlib.h>

enum output { OUTPUT_TABLE, OUTPUT_WIDE, OUTPUT_JSON, OUTPUT_YAML, OUTPUT_CSV };
static const char *const outputs[] = {"table", "wide", "json", "yaml", "csv", NULL};

struct settings {
    struct option_list files;
    const char *config;
    uint64_t seed;
    uint32_t output; /* enum output */
    struct option_maybe timeline;
    struct option_list add_nodes, remove_nodes, drain, scale;
    bool explain_failures, progress, no_cache, per_node;
};

static const struct option_row options[] = {
    {'f', "filename", OPTION_LIST, offsetof(struct settings, files), .value = "FILE|DIR|GLOB|-",
     .text = "Manifests to read, YAML or JSON; may be repeated. A directory stands for the *.yaml, *.yml "
             "and *.json files in it, - for standard input."},
    {'c', "config", OPTION_TEXT, offsetof(struct settings, config), .value = "FILE",
     .text = "KubeSchedulerConfiguration to schedule with; without it, kube-scheduler's defaults."},
    {0, "seed", OPTION_NUMBER, offsetof(struct settings, seed), .value = "N", .max = UINT64_MAX,
     .initial = "1", .text = "Seed of every random choice: equally good nodes are drawn by it."},
    {'o', "output", OPTION_CHOICE, offsetof(struct settings, output), .choices = outputs, .initial = "table",
     .text = "How to print the result. wide lists every pod and node; json and yaml print the pods with "
             "spec.nodeName set, which can be read as input again; csv prints one row a pod."},
    {0, "timeline", OPTION_MAYBE, offsetof(struct settings, timeline), .value = "FILE",
     .text = "Let time pass: pods arrive and leave as their annotations berth.dev/arrival-seconds and "
             "berth.dev/departure-seconds say, and what the FILE (given with =) lists is added, updated, "
             "deleted, drained, failed or scaled when it is due."},
    {0, "add-nodes", OPTION_LIST, offsetof(struct settings, add_nodes), .value = "NUMBER=FILE",
     .text = "What if there were so many more nodes like the one in the file? May be repeated, as may the "
             "next three."},
    {0, "remove-node", OPTION_LIST, offsetof(struct settings, remove_nodes), .value = "NODE",
     .text = "What if that node were gone? Its pods are placed anew, if they have a controller."},
    {0, "drain", OPTION_LIST, offsetof(struct settings, drain), .value = "NODE",
     .text = "What if that node were cordoned, and all pods but those of DaemonSets had to leave it?"},
    {0, "scale", OPTION_LIST, offsetof(struct settings, scale), .value = "[NAMESPACE/]KIND/NAME=REPLICAS",
     .text = "What if that Deployment, StatefulSet, ReplicaSet, ReplicationController or Job had so many "
             "pods? For example shop/deployment/web=40."},
    {0, "explain-failures", OPTION_FLAG, offsetof(struct settings, explain_failures),
     .text = "Show for every reason which plugins rejected which nodes."},
    {0, "progress", OPTION_FLAG, offsetof(struct settings, progress),
     .text = "Show a progress bar on standard error at once; on a terminal it appears after a second "
             "anyway."},
    {0, "no-cache", OPTION_FLAG, offsetof(struct settings, no_cache), .hidden = true,
     .text = "Testing aid: compute every verdict and score anew. The result is the same."},
    {0, "per-node", OPTION_FLAG, offsetof(struct settings, per_node), .hidden = true,
     .text = "Testing aid: ask plugins node by node, not for ranges. The result is the same."},
};

struct watch {
    struct progress progress;
    const struct core *core;
    struct term term;
    VEC(struct buf) failures; /* by index of a reason */
};

static void on_progress(void *context, uint32_t done, uint32_t total)
{
    progress_update(&((struct watch *)context)->progress, done, total);
}

static void on_passed(void *context, int64_t now_ns, int64_t end_ns)
{
    progress_time(&((struct watch *)context)->progress, now_ns, end_ns);
}

static void on_failure(void *context, int32_t reason, const struct explanation *explanation)
{
    enum { INDENT = 4 };
    struct watch *watch = context;
    while (watch->failures.len <= (size_t)reason)
        if (vec_push(&watch->failures, (struct buf){0}) < 0)
            abort();
    explain_rejected(&watch->failures.at[reason], watch->core, explanation, &watch->term, INDENT);
}

static int write_report(struct buf *b, const struct report *report, const struct term *term,
                        enum output output, struct err *err)
{
    switch (output) {
    case OUTPUT_TABLE:
    case OUTPUT_WIDE:
        report_table(b, report, term, output == OUTPUT_WIDE);
        return 0;
    case OUTPUT_JSON:
        return report_json(b, report, err);
    case OUTPUT_YAML:
        return report_yaml(b, report, err);
    case OUTPUT_CSV:
        report_csv(b, report);
        return 0;
    }
    return 0;
}

static int simulate_and_print(const void *at, struct session *session, struct err *err)
{
    const struct settings *settings = at;
    struct watch watch = {.core = session->core, .term = term_of_stdout()};
    struct simulate_watcher watcher = {&watch, on_progress, on_passed,
                                       settings->explain_failures ? on_failure : NULL};
    struct simulation simulation = {0};
    struct buf text = {0};
    bool timed = settings->timeline.given;
    watch.progress = progress_start(timed ? "simulating" : "scheduling", settings->progress);
    int code = timed ? simulate_timeline(session->core, &session->cluster, &watcher, &simulation, err)
                     : simulate(session->core, &session->cluster, &watcher, &simulation, err);
    struct report report = {
        .core = session->core,
        .cluster = &session->cluster,
        .simulation = &simulation,
        .failures = watch.failures.at,
        .failures_len = watch.failures.len,
        .seconds = progress_end(&watch.progress),
    };
    if (code == 0)
        code = write_report(&text, &report, &watch.term, settings->output, err);
    if (code == 0)
        code = command_print(&text);
    if (code == EXIT_DONE && simulation_unplaced(&simulation) > 0)
        code = EXIT_PENDING;
    for (size_t i = 0; i < watch.failures.len; i++)
        buf_fini(&watch.failures.at[i]);
    vec_fini(&watch.failures);
    buf_fini(&text);
    simulation_fini(&simulation);
    return code;
}

/* All values of an option. */
static int wish_each(struct wishes *wishes, const struct option_list *values,
                     int (*add)(struct wishes *w, const char *text, struct err *err), struct err *err)
{
    int code = 0;
    for (size_t i = 0; i < values->len && code == 0; i++)
        code = add(wishes, values->at[i], err);
    return code;
}

/* What the options ask for; not yet the timeline's file. */
static int wish_options(struct wishes *wishes, const struct settings *settings, struct err *err)
{
    int code = wish_each(wishes, &settings->add_nodes, wishes_add_nodes, err);
    code = code < 0 ? code : wish_each(wishes, &settings->remove_nodes, wishes_remove_node, err);
    code = code < 0 ? code : wish_each(wishes, &settings->drain, wishes_drain, err);
    return code < 0 ? code : wish_each(wishes, &settings->scale, wishes_scale, err);
}

/* EXIT_DONE, or after a message another exit code. */
static int read_wishes(struct wishes *wishes, const struct settings *settings)
{
    struct err err = {0};
    int code = EXIT_DONE;
    if (wish_options(wishes, settings, &err) < 0)
        code = EXIT_USAGE;
    else if (settings->timeline.text && wishes_read(wishes, settings->timeline.text, &err) < 0)
        code = EXIT_FAILED;
    if (code != EXIT_DONE)
        command_fail("%s", err_text(&err));
    err_fini(&err);
    return code;
}

static int run(const void *at)
{
    const struct settings *settings = at;
    struct wishes wishes = {0};
    if (settings->files.len == 0) {
        command_fail("simulate needs manifests: -f FILE, a directory, or - for standard input");
        return EXIT_USAGE;
    }
    int code = read_wishes(&wishes, settings);
    struct session_options opening = {
        .files = settings->files.at,
        .files_len = settings->files.len,
        .config = settings->config,
        .keep_json = settings->output == OUTPUT_JSON || settings->output == OUTPUT_YAML,
        .timed = settings->timeline.given,
        .wishes = wishes.list.len ? &wishes : NULL,
        .core = {.seed = settings->seed, .no_cache = settings->no_cache, .per_node = settings->per_node},
    };
    if (code == EXIT_DONE)
        code = session_run(&opening, simulate_and_print, settings);
    wishes_fini(&wishes);
    return code;
}

static const char *const synopsis[] = {"-f FILE|DIR|GLOB|- ... [OPTIONS]", NULL};

const struct command simulate_command = {
    .name = "simulate",
    .summary = "Schedule the pods of manifests in memory and show where each lands.",
    .synopsis = synopsis,
    .about = "Reads nodes, pods, workloads and whatever else scheduling looks at, schedules every "
             "pending pod as kube-scheduler would, and prints the placements, what stayed pending and "
             "why, and how full the nodes are. A pod that fits nowhere may preempt pods of lower priority. "
             "Deployments, ReplicaSets, StatefulSets, DaemonSets, Jobs and CronJobs stand for the pods that "
             "their controllers would create. Exits with 0 when every pod was placed and 3 when some were "
             "not.",
    .options = options,
    .options_len = ARRAY_LEN(options),
    .settings_size = sizeof(struct settings),
    .operands = offsetof(struct settings, files),
    .operands_max = UINT32_MAX,
    .run = run,
};
