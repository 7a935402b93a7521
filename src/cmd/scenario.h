/*
 * What simulate and compare are asked to play: the manifests, whether time passes, and what is to change.
 * Both take their options from here.
 */
#ifndef CMD_SCENARIO_H
#define CMD_SCENARIO_H

#include "cmd/progress.h"
#include "cmd/session.h"
#include "cmd/options.h"
#include "cmd/what_if.h"
#include "sim/simulate.h"

struct scenario {
    struct option_list files, feature_gates;
    uint64_t seed;
    struct option_maybe timeline;
    struct what_if what_if;
    const char *report; /* where to write the page; NULL: nowhere */
    bool progress, no_cache, per_node;
};

/* The option rows of a scenario that is member `scenario` of the settings, a struct `type`. */
/* clang-format off */
#define SCENARIO_OPTIONS(type, scenario)                                                                    \
    {'f', "filename", OPTION_LIST, offsetof(struct type, scenario.files), .value = "FILE|DIR|GLOB|-",       \
     .text = "Manifests to read, YAML or JSON; may be repeated. A directory stands for the *.yaml, *.yml "  \
             "and *.json files in it, - for standard input."},                                              \
    {0, "seed", OPTION_NUMBER, offsetof(struct type, scenario.seed), .value = "N", .max = UINT64_MAX,       \
     .initial = "1", .text = "Seed of every random choice: equally good nodes are drawn by it."},           \
    {0, "timeline", OPTION_MAYBE, offsetof(struct type, scenario.timeline), .value = "FILE",                \
     .text = "Let time pass: pods arrive and leave as their annotations berth.dev/arrival-seconds and "     \
             "berth.dev/departure-seconds say, and what the FILE (given with =) lists is added, updated, "  \
             "deleted, drained, failed or scaled when it is due."},                                         \
    WHAT_IF_OPTIONS(struct type, scenario.what_if),                                                         \
    SESSION_FEATURE_GATES(struct type, scenario.feature_gates),                                             \
    {0, "report", OPTION_TEXT, offsetof(struct type, scenario.report), .value = "FILE",                     \
     .text = "Also write an HTML page with charts and tables: one file that loads nothing."},               \
    {0, "progress", OPTION_FLAG, offsetof(struct type, scenario.progress),                                  \
     .text = "Show a progress bar on standard error at once; on a terminal it appears after a second "      \
             "anyway."},                                                                                    \
    {0, "no-cache", OPTION_FLAG, offsetof(struct type, scenario.no_cache), .hidden = true,                  \
     .text = "Testing aid: compute every verdict and score anew. The result is the same."},                 \
    {0, "per-node", OPTION_FLAG, offsetof(struct type, scenario.per_node), .hidden = true,                  \
     .text = "Testing aid: ask plugins node by node, not for ranges. The result is the same."}
/* clang-format on */

/*
 * Opens a session with the scenario's cluster, calls `fn` and closes it. Returns an exit code; prints the
 * message of whatever was wrong. `command` is the name that messages use.
 */
int scenario_run(const char *command, const struct scenario *scenario, const char *config, bool keep_json,
                 session_fn fn, const void *settings);

/* The options of a core that plays the scenario. */
struct core_options scenario_core(const struct scenario *scenario);

/* A bar for a run of the scenario, and the watcher that moves it. */
struct progress scenario_progress(const struct scenario *scenario);
struct simulate_watcher scenario_watcher(struct progress *progress);

#endif
