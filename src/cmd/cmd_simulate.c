/*
 * berth simulate: schedules the pending pods of manifests in memory and reports.
 */
#include "base/array.h"
#include "cmd/command.h"
#include "cmd/explain.h"
#include "cmd/report.h"
#include "cmd/report_page.h"
#include "cmd/scenario.h"

#include <stddef.h>
#include <stdlib.h>

enum output { OUTPUT_TABLE, OUTPUT_WIDE, OUTPUT_JSON, OUTPUT_YAML, OUTPUT_CSV };
static const char *const outputs[] = {"table", "wide", "json", "yaml", "csv", NULL};

struct settings {
    struct scenario scenario;
    const char *config;
    uint32_t output; /* enum output */
    bool explain_failures;
};

static const struct option_row options[] = {
    SCENARIO_OPTIONS(settings, scenario),
    {'c', "config", OPTION_TEXT, offsetof(struct settings, config), .value = "FILE",
     .text = "KubeSchedulerConfiguration to schedule with; without it, kube-scheduler's defaults."},
    {'o', "output", OPTION_CHOICE, offsetof(struct settings, output), .choices = outputs, .initial = "table",
     .text = "How to print the result. wide lists every pod and node; json and yaml print the pods with "
             "spec.nodeName set, which can be read as input again; csv prints one row a pod."},
    {0, "explain-failures", OPTION_FLAG, offsetof(struct settings, explain_failures),
     .text = "Show for every reason which plugins rejected which nodes."},
};

struct watch {
    struct progress progress; /* first: the callbacks of the bar see only this */
    const struct core *core;
    struct term term;
    VEC(struct buf) failures; /* by index of a reason */
};

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

static int write_page(const struct settings *settings, const struct report *report, struct err *err)
{
    struct page_run run = {page_config_name(settings->config), report};
    return page_write_scenario("simulate", &settings->scenario, &run, 1, (berth_str){0}, err);
}

static int simulate_and_print(const void *at, struct session *session, struct err *err)
{
    const struct settings *settings = at;
    struct watch watch = {.core = session->core, .term = term_of_stdout()};
    struct simulate_watcher watcher = scenario_watcher(&watch.progress);
    watcher.failed = settings->explain_failures ? on_failure : NULL;
    struct simulation simulation = {0};
    struct buf text = {0};
    watch.progress = scenario_progress(&settings->scenario);
    int code = settings->scenario.timeline.given
                     ? simulate_timeline(session->core, &session->cluster, &watcher, &simulation, err)
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
    if (code == 0 && settings->scenario.report)
        code = write_page(settings, &report, err);
    if (code == 0)
        code = command_print(&text);
    if (code == EXIT_DONE && !simulation_succeeded(&simulation))
        code = EXIT_PENDING;
    for (size_t i = 0; i < watch.failures.len; i++)
        buf_fini(&watch.failures.at[i]);
    vec_fini(&watch.failures);
    buf_fini(&text);
    simulation_fini(&simulation);
    return code;
}

static int run(const void *at)
{
    const struct settings *settings = at;
    bool keep_json = settings->output == OUTPUT_JSON || settings->output == OUTPUT_YAML;
    return scenario_run("simulate", &settings->scenario, settings->config, keep_json, simulate_and_print,
                        settings);
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
             "not, or could not be evicted from a node that was drained.",
    .options = options,
    .options_len = ARRAY_LEN(options),
    .settings_size = sizeof(struct settings),
    .operands = offsetof(struct settings, scenario.files),
    .operands_max = UINT32_MAX,
    .run = run,
};
