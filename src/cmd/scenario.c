/* From options to an open session. */
#include "cmd/scenario.h"

#include "cmd/command.h"
#include "sim/wish.h"

#include <string.h>

/* Files that have no name, and a report where the result goes. */
static int check_names(const struct scenario *s)
{
    if (s->report && strcmp(s->report, "-") == 0)
        return command_fail("--report needs the name of a file: standard output has the result"), EXIT_USAGE;
    if (s->report && !*s->report)
        return command_fail("--report: the name of the file is empty"), EXIT_USAGE;
    if (s->timeline.text && !*s->timeline.text)
        return command_fail("--timeline: the name of the file is empty; without one leave out the ="),
               EXIT_USAGE;
    return EXIT_DONE;
}

/* EXIT_DONE, or after a message another exit code. */
static int read_wishes(struct wishes *wishes, const struct scenario *s)
{
    struct err err = {0};
    int code = EXIT_DONE;
    if (what_if_read(&s->what_if, wishes, &err) < 0)
        code = EXIT_USAGE;
    else if (s->timeline.text && wishes_read(wishes, s->timeline.text, &err) < 0)
        code = EXIT_FAILED;
    if (code != EXIT_DONE)
        command_fail("%s", err_text(&err));
    err_fini(&err);
    return code;
}

struct core_options scenario_core(const struct scenario *s)
{
    return (struct core_options){.seed = s->seed, .no_cache = s->no_cache, .per_node = s->per_node};
}

int scenario_run(const char *command, const struct scenario *s, const char *config, bool keep_json,
                 session_fn fn, const void *settings)
{
    struct wishes wishes = {0};
    if (s->files.len == 0) {
        command_fail("%s needs manifests: -f FILE, a directory, or - for standard input", command);
        return EXIT_USAGE;
    }
    int code = check_names(s);
    code = code == EXIT_DONE ? read_wishes(&wishes, s) : code;
    struct session_options opening = {
        .files = s->files.at,
        .files_len = s->files.len,
        .config = config,
        .feature_gates = &s->feature_gates,
        .make_claims = true,
        .keep_json = keep_json,
        .timed = s->timeline.given,
        .wishes = wishes.list.len ? &wishes : NULL,
        .core = scenario_core(s),
    };
    if (code == EXIT_DONE)
        code = session_run(&opening, fn, settings);
    wishes_fini(&wishes);
    return code;
}

static void on_progress(void *context, uint32_t done, uint32_t total)
{
    progress_update(context, done, total);
}

static void on_passed(void *context, int64_t now_ns, int64_t end_ns)
{
    progress_time(context, now_ns, end_ns);
}

struct progress scenario_progress(const struct scenario *s)
{
    return progress_start(s->timeline.given ? "simulating" : "scheduling", s->progress);
}

struct simulate_watcher scenario_watcher(struct progress *progress)
{
    return (struct simulate_watcher){.context = progress, .progress = on_progress, .passed = on_passed};
}
