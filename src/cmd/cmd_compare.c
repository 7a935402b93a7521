/*
 * berth compare: plays the same scenario under several configurations.
 */
#include "base/array.h"
#include "cmd/command.h"
#include "cmd/compare.h"
#include "cmd/scenario.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

/* The page tells runs apart by four colours. Asking why costs an evaluation a pod. */
enum { MOST_RUNS = 4, MOST_ASKED = 2000 };

enum output { OUTPUT_TABLE, OUTPUT_JSON, OUTPUT_CSV };
static const char *const outputs[] = {"table", "json", "csv", NULL};

struct settings {
    struct scenario scenario;
    struct option_list configs;
    uint32_t output; /* enum output */
};

static const struct option_row options[] = {
    {'c', "config", OPTION_LIST, offsetof(struct settings, configs), .value = "FILE|default",
     .text = "A KubeSchedulerConfiguration to compare, two to four times; \"default\" stands for "
             "kube-scheduler's defaults. With only one it is compared with the defaults."},
    SCENARIO_OPTIONS(settings, scenario),
    {'o', "output", OPTION_CHOICE, offsetof(struct settings, output), .choices = outputs, .initial = "table",
     .text = "How to print the result. json has everything: the runs as simulate's report shows them, and "
             "every pod that moved, with the reason; csv prints one row a pod and run."},
};

/* Everything that is released at the end. */
struct contest_runs {
    struct config *configs[MOST_RUNS];
    struct contender contenders[MOST_RUNS];
    struct report reports[MOST_RUNS];
    struct page_run runs[MOST_RUNS];
    struct pair pairs[MOST_RUNS];
    const char *paths[MOST_RUNS]; /* NULL: the defaults */
    size_t len;
};

static void choose_configs(struct contest_runs *all, const struct option_list *configs)
{
    if (configs->len == 1)
        all->paths[all->len++] = NULL;
    for (size_t i = 0; i < configs->len; i++)
        all->paths[all->len++] = strcmp(configs->at[i], "default") == 0 ? NULL : configs->at[i];
}

/* The file's name without its folder, unless two would be called the same. */
static const char *name_of(const struct contest_runs *all, size_t index)
{
    const char *name = page_config_name(all->paths[index]);
    for (size_t i = 0; i < all->len; i++)
        if (i != index && all->paths[index] && strcmp(name, page_config_name(all->paths[i])) == 0)
            return all->paths[index];
    return name;
}

static int play(struct contest_runs *all, size_t i, const struct settings *settings,
                const struct contest *contest, struct err *err)
{
    struct progress progress = scenario_progress(&settings->scenario);
    struct simulate_watcher watcher = scenario_watcher(&progress);
    all->contenders[i].config = all->configs[i];
    int code = contender_run(&all->contenders[i], contest, &watcher, err);
    all->reports[i] = (struct report){.core = all->contenders[i].core,
                                      .cluster = contest->cluster,
                                      .simulation = &all->contenders[i].simulation,
                                      .seconds = progress_end(&progress)};
    all->runs[i] = (struct page_run){name_of(all, i), &all->reports[i]};
    return code < 0 && all->paths[i] ? err_wrap(err, "%s", all->paths[i]) : code;
}

static int play_all(struct contest_runs *all, const struct settings *settings, const struct contest *contest,
                    struct err *err)
{
    int code = 0;
    for (size_t i = 0; i < all->len && code == 0; i++) {
        code = session_config(all->paths[i], &settings->scenario.feature_gates, &all->configs[i], err);
        if (code == 0)
            session_warn_extenders(all->paths[i], all->configs[i]);
    }
    for (size_t i = 0; i < all->len && code == 0; i++)
        code = play(all, i, settings, contest, err);
    for (size_t i = 1; i < all->len && code == 0; i++) {
        struct pair *pair = &all->pairs[i - 1];
        pair->from = all->runs[0].name;
        pair->to = all->runs[i].name;
        code =
            compare_moves(&all->contenders[0], &all->contenders[i], contest, MOST_ASKED, &pair->moves, err);
    }
    return code;
}

static void write_result(struct buf *b, const struct comparison *c, enum output output)
{
    struct term term = term_of_stdout();
    struct buf pairs = {0};
    switch (output) {
    case OUTPUT_TABLE:
        compare_table(b, c, &term);
        return;
    case OUTPUT_JSON:
        compare_pairs_json(&pairs, c, true);
        page_json(b,
                  &(struct page){.command = "compare",
                                 .title = "",
                                 .runs = c->runs,
                                 .runs_len = c->len,
                                 .pairs = buf_view(&pairs)},
                  false);
        buf_fini(&pairs);
        return;
    case OUTPUT_CSV:
        compare_csv(b, c);
    }
}

static int print(const struct comparison *c, const struct settings *settings, struct err *err)
{
    struct buf text = {0}, pairs = {0};
    int code = 0;
    write_result(&text, c, settings->output);
    if (settings->scenario.report) {
        compare_pairs_json(&pairs, c, false);
        code = page_write_scenario("compare", &settings->scenario, c->runs, c->len, buf_view(&pairs), err);
    }
    code = code < 0 ? code : command_print(&text);
    buf_fini(&text);
    buf_fini(&pairs);
    return code;
}

static bool all_succeeded(const struct contest_runs *all)
{
    for (size_t i = 0; i < all->len; i++)
        if (!simulation_succeeded(&all->contenders[i].simulation))
            return false;
    return true;
}

static void release(struct contest_runs *all)
{
    for (size_t i = 0; i < all->len; i++) {
        moves_fini(&all->pairs[i].moves);
        contender_fini(&all->contenders[i]);
        config_free(all->configs[i]);
    }
}

static int compare_and_print(const void *at, struct session *session, struct err *err)
{
    const struct settings *settings = at;
    struct contest_runs all = {0};
    struct contest contest = {.cluster = &session->cluster,
                              .registry = &session->registry,
                              .options = scenario_core(&settings->scenario),
                              .timed = settings->scenario.timeline.given};
    choose_configs(&all, &settings->configs);
    int code = play_all(&all, settings, &contest, err);
    struct comparison comparison = {.cluster = &session->cluster,
                                    .contenders = all.contenders,
                                    .runs = all.runs,
                                    .len = all.len,
                                    .pairs = all.pairs};
    if (code == 0)
        code = print(&comparison, settings, err);
    if (code == EXIT_DONE && !all_succeeded(&all))
        code = EXIT_PENDING;
    release(&all);
    return code;
}

static int run(const void *at)
{
    const struct settings *settings = at;
    if (settings->configs.len == 0 || settings->configs.len > MOST_RUNS) {
        command_fail(
            "compare needs a configuration to compare with the defaults, or two to four: --config FILE");
        return EXIT_USAGE;
    }
    return scenario_run("compare", &settings->scenario, NULL, false, compare_and_print, settings);
}

static const char *const synopsis[] = {"-c FILE|default [-c FILE ...] -f FILE|DIR|GLOB|- ... [OPTIONS]",
                                       NULL};

const struct command compare_command = {
    .name = "compare",
    .summary = "Schedule the same pods under several configurations, side by side.",
    .synopsis = synopsis,
    .about = "Plays what simulate would play under each configuration, and prints the figures side by "
             "side: placed and pending pods, waiting times, utilisation, fragmentation, preemptions. Then "
             "it lists the workloads whose pods ended on another node, and which plugin's score or verdict "
             "made the difference: for that, the pods are evaluated under both configurations in the very "
             "state in which each of them was decided. Exits with 0 when every pod was placed in every run "
             "and 3 when some were not, or could not be evicted from a node that was drained.",
    .options = options,
    .options_len = ARRAY_LEN(options),
    .settings_size = sizeof(struct settings),
    .operands = offsetof(struct settings, scenario.files),
    .operands_max = UINT32_MAX,
    .run = run,
};
