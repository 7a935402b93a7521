/*
 * berth capacity: how many more of a pod fit, and what stops the next one.
 */
#include "base/array.h"
#include "base/doc.h"
#include "cmd/command.h"
#include "cmd/progress.h"
#include "cmd/report.h"
#include "cmd/report_capacity.h"
#include "cmd/session.h"
#include "cmd/table.h"
#include "cmd/what_if.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

enum output { OUTPUT_TABLE, OUTPUT_WIDE, OUTPUT_JSON, OUTPUT_YAML };
static const char *const outputs[] = {"table", "wide", "json", "yaml", NULL};

struct settings {
    struct option_list files, pods, feature_gates;
    const char *config;
    uint64_t seed, most;
    uint32_t output; /* enum output */
    struct what_if what_if;
    bool after_pending, preempt, progress, no_cache, per_node;
};

static const struct option_row options[] = {
    {'f', "filename", OPTION_LIST, offsetof(struct settings, files), .value = "FILE|DIR|GLOB|-",
     .text = "Manifests of the cluster, as for `berth simulate`; may be repeated."},
    {'p', "pod", OPTION_LIST, offsetof(struct settings, pods), .value = "FILE|DIR|GLOB|-",
     .text = "Manifests of the pods to count: Pods, or workloads, whose pod template counts. Several are "
             "counted each on its own, in the same cluster. May be repeated."},
    {'c', "config", OPTION_TEXT, offsetof(struct settings, config), .value = "FILE",
     .text = "KubeSchedulerConfiguration to schedule with; without it, kube-scheduler's defaults."},
    SESSION_FEATURE_GATES(struct settings, feature_gates),
    {0, "after-pending", OPTION_FLAG, offsetof(struct settings, after_pending),
     .text = "First schedule the pending pods of the cluster, as `berth simulate` does. Without this they "
             "are left out."},
    {0, "preempt", OPTION_FLAG, offsetof(struct settings, preempt),
     .text = "Copies preempt pods of lower priority, as they would in the cluster. Shows how many copies "
             "that adds, how many victims each costs, of which priorities they are, and which find another "
             "node."},
    WHAT_IF_OPTIONS(struct settings, what_if),
    {0, "max", OPTION_NUMBER, offsetof(struct settings, most), .value = "N", .min = 1, .max = 10000000,
     .initial = "100000", .text = "Stop counting at so many."},
    {0, "seed", OPTION_NUMBER, offsetof(struct settings, seed), .value = "N", .max = UINT64_MAX,
     .initial = "1", .text = "Seed of every random choice: equally good nodes are drawn by it."},
    {'o', "output", OPTION_CHOICE, offsetof(struct settings, output), .choices = outputs, .initial = "table",
     .text = "How to print the result. wide lists every node, and every victim of preemption; json and yaml "
             "have everything, and of the next pod what `berth explain` says."},
    {0, "progress", OPTION_FLAG, offsetof(struct settings, progress),
     .text = "Show a progress bar on standard error at once; on a terminal it appears after a second "
             "anyway."},
    {0, "no-cache", OPTION_FLAG, offsetof(struct settings, no_cache), .hidden = true,
     .text = "Testing aid: compute every verdict and score anew. The result is the same."},
    {0, "per-node", OPTION_FLAG, offsetof(struct settings, per_node), .hidden = true,
     .text = "Testing aid: ask plugins node by node, not for ranges. The result is the same."},
};

static int read_pods(const struct settings *settings, const struct session *session,
                     struct capacity_pods *pods, struct err *err)
{
    int code = 0;
    for (size_t i = 0; i < settings->pods.len && code == 0; i++)
        code = capacity_read(pods, settings->pods.at[i], &session->cluster, err);
    session_print_warnings(&pods->warnings);
    if (code == 0 && pods->passed_over)
        command_warn(
            "%llu %s passed over among the pods to count: what they need belongs to the cluster (-f)",
            (unsigned long long)pods->passed_over, pods->passed_over == 1 ? "object" : "objects");
    return code;
}

/* YAML is what JSON says, written otherwise. */
static bool is_data(const struct settings *settings)
{
    return settings->output == OUTPUT_JSON || settings->output == OUTPUT_YAML;
}

/* ---- one row a pod ---- */

static void begin_overview(struct table *t, const struct term *term, bool preempt)
{
    static const char *const titles[] = {"POD", "KIND", "MORE", "BY PREEMPTION", "VICTIMS", "STOPPED BY"};
    t->columns = preempt ? 6 : 4;
    t->right = preempt ? 7u << 2 : 1u << 2;
    for (size_t i = 0; i < ARRAY_LEN(titles); i++)
        if (preempt || (i != 3 && i != 4))
            table_cell(t, term, DIM, berth_str_of(titles[i]));
}

/* Up to the first full stop: what the nodes said, without what preemption made of it. */
static berth_str first_sentence(berth_str text)
{
    const char *stop = text.len ? memmem(text.ptr, text.len, ". ", 2) : NULL;
    return stop ? (berth_str){text.ptr, (uint32_t)(stop - text.ptr)} : text;
}

static void overview_row(struct table *t, const struct capacity_report *r, const struct term *term)
{
    uint64_t count = r->capacity->count;
    table_cellf(t, term, PLAIN, "%.*s/%.*s", BERTH_FMT(r->pod->namespace), BERTH_FMT(r->pod->name));
    table_cell(t, term, DIM, r->pod->kind);
    table_cellf(t, term, count ? GREEN : RED, "%llu%s", (unsigned long long)count,
                r->capacity->reached_most ? "+" : "");
    if (r->preempt) {
        table_cellf(t, term, PLAIN, "%llu", (unsigned long long)r->capacity->preempting);
        table_cellf(t, term, PLAIN, "%llu", (unsigned long long)r->capacity->preempted);
    }
    table_cell(t, term, PLAIN,
               r->capacity->reached_most ? BERTH_STR("--max") : first_sentence(capacity_stop(r)));
}

/* ---- counting ---- */

struct output_state {
    struct term term;
    struct buf text;
    struct table overview; /* several pods as a table: a row each, */
    struct buf drains;     /* and below them what is the same for all */
    struct progress progress;
};

static void on_progress(void *context, uint64_t done, uint64_t most)
{
    progress_update(context, (uint32_t)done, (uint32_t)most);
}

static void add_report(struct output_state *out, const struct settings *settings,
                       const struct capacity_report *r, bool alone)
{
    if (is_data(settings)) {
        capacity_json(&out->text, r);
    } else if (settings->output == OUTPUT_TABLE && !alone) {
        overview_row(&out->overview, r, &out->term);
        buf_clear(&out->drains);
        report_drains(&out->drains, r->cluster, &r->capacity->before, &out->term, false);
    } else {
        capacity_table(&out->text, r, &out->term, settings->output == OUTPUT_WIDE);
    }
}

static int count(const struct settings *settings, const struct session *session,
                 const struct capacity_pod *pod, struct output_state *out, bool alone, struct err *err)
{
    struct capacity capacity;
    struct explanation next;
    out->progress = progress_start("counting", settings->progress);
    struct capacity_options options = {.most = settings->most,
                                       .after_pending = settings->after_pending,
                                       .preempt = settings->preempt,
                                       .progress = on_progress,
                                       .context = &out->progress};
    int code = capacity_count(session->core, &session->cluster, pod, &options, &capacity, err);
    (void)progress_end(&out->progress);
    struct capacity_report report = {.core = session->core,
                                     .cluster = &session->cluster,
                                     .pod = pod,
                                     .capacity = &capacity,
                                     .next = capacity.next ? &next : NULL,
                                     .preempt = settings->preempt};
    if (code == 0 && capacity.next)
        core_explain(session->core, capacity.next, &next);
    if (code == 0)
        add_report(out, settings, &report, alone);
    capacity_fini(&capacity, session->catalog);
    return code;
}

static int count_all(const struct settings *settings, struct session *session,
                     const struct capacity_pods *pods, struct output_state *out, struct err *err)
{
    size_t len = pods->list.len;
    bool json = is_data(settings);
    int code = 0;
    buf_puts(&out->text, json ? "{\"pods\":[" : "");
    begin_overview(&out->overview, &out->term, settings->preempt);
    for (size_t i = 0; i < len && code == 0; i++) {
        code = i ? session_new_core(session, err) : 0;
        buf_puts(&out->text, json ? (i ? ",\n" : "\n") : i && settings->output == OUTPUT_WIDE ? "\n" : "");
        if (code == 0)
            code = count(settings, session, &pods->list.at[i], out, len == 1, err);
    }
    buf_puts(&out->text, json ? "\n]}\n" : "");
    if (settings->output == OUTPUT_TABLE && len > 1)
        table_write(&out->overview, &out->text, 0);
    if (out->drains.len)
        buf_printf(&out->text, "\n%.*s", BERTH_FMT(buf_view(&out->drains)));
    return code;
}

/* The JSON text becomes YAML. */
static int to_yaml(struct buf *text, struct err *err)
{
    static const char padding[DOC_PADDING];
    struct arena arena = {0};
    struct berth_value value;
    size_t len = text->len;
    buf_add(text, padding, sizeof(padding));
    struct doc doc = {.name = "result", .text = text->ptr, .len = len, .format = DOC_JSON};
    int code = doc_parse(&doc, &arena, &value, err);
    struct buf yaml = {0};
    if (code == 0)
        doc_write_yaml(&yaml, &value, 0);
    buf_fini(text);
    *text = yaml;
    arena_fini(&arena);
    return code;
}

static int count_and_print(const void *at, struct session *session, struct err *err)
{
    const struct settings *settings = at;
    struct capacity_pods pods = {.catalog = session->catalog};
    struct output_state out = {.term = term_of_stdout()};
    int code = read_pods(settings, session, &pods, err);
    if (code == 0)
        code = count_all(settings, session, &pods, &out, err);
    if (code == 0 && settings->output == OUTPUT_YAML)
        code = to_yaml(&out.text, err);
    if (code == 0)
        code = command_print(&out.text);
    table_fini(&out.overview);
    buf_fini(&out.drains);
    buf_fini(&out.text);
    capacity_pods_fini(&pods);
    return code;
}

static int run(const void *at)
{
    const struct settings *settings = at;
    const char *missing = settings->files.len == 0  ? "-f FILE, the manifests of the cluster"
                          : settings->pods.len == 0 ? "--pod FILE, the manifest of the pod to count"
                                                    : NULL;
    if (missing) {
        command_fail("capacity needs %s", missing);
        return EXIT_USAGE;
    }
    struct wishes wishes = {0};
    struct err err = {0};
    int code = EXIT_DONE;
    if (what_if_read(&settings->what_if, &wishes, &err) < 0) {
        command_fail("%s", err_text(&err));
        code = EXIT_USAGE;
    }
    struct session_options opening = {
        .files = settings->files.at,
        .files_len = settings->files.len,
        .config = settings->config,
        .feature_gates = &settings->feature_gates,
        .make_claims = true,
        .wishes = wishes.list.len ? &wishes : NULL,
        .core = {.seed = settings->seed, .no_cache = settings->no_cache, .per_node = settings->per_node},
    };
    if (code == EXIT_DONE)
        code = session_run(&opening, count_and_print, settings);
    wishes_fini(&wishes);
    err_fini(&err);
    return code;
}

static const char *const synopsis[] = {"-f FILE|DIR|GLOB|- ... --pod FILE ... [OPTIONS]", NULL};

const struct command capacity_command = {
    .name = "capacity",
    .summary = "Count how many more of a pod fit, and say what stops the next one.",
    .synopsis = synopsis,
    .about = "Places copies of a pod one by one, with every plugin, until one fits nowhere: spreading, "
             "affinity among the copies, volumes and their limits count as they would when a workload is "
             "scaled up. The count is of free room; with --preempt, copies also take the place of pods of "
             "lower priority. Shows how many were "
             "placed and where, what kept the next one out, and what is left unused.",
    .options = options,
    .options_len = ARRAY_LEN(options),
    .settings_size = sizeof(struct settings),
    .operands = offsetof(struct settings, files),
    .operands_max = UINT32_MAX,
    .run = run,
};
