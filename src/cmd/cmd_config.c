/*
 * berth config: is a configuration file right, and what does it mean when all defaults are filled in?
 */
#include "base/array.h"
#include "cmd/command.h"
#include "cmd/session.h"
#include "cmd/term.h"
#include "plugins/all.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>

enum output { OUTPUT_YAML, OUTPUT_JSON };
static const char *const outputs[] = {"yaml", "json", NULL};

struct settings {
    struct option_list operands; /* what to do, and the file */
    uint32_t output;             /* enum output */
    struct option_list feature_gates;
};

static const struct option_row options[] = {
    {'o', "output", OPTION_CHOICE, offsetof(struct settings, output), .value = "FORMAT", .choices = outputs,
     .initial = "yaml",
     .text =
         "For show: yaml is the whole configuration, json lists each profile's plugins by extension point in "
         "running order, and their weights."},
    SESSION_FEATURE_GATES(struct settings, feature_gates),
};

/* Everything that a scheduler would make of the file: errors of plugins appear only now. */
static int make_profiles(const struct config *config, struct buf *json, struct err *err)
{
    struct registry registry = {all_plugins, all_plugins_len};
    struct catalog *catalog = catalog_new();
    int r = catalog ? 0 : err_nomem(err);
    buf_puts(json, "{\"profiles\":[");
    for (uint32_t i = 0; i < config->profiles_len && r == 0; i++) {
        struct profile *profile;
        r = profile_new(config, &config->profiles[i], &registry, catalog, &profile, err);
        if (r < 0)
            break;
        buf_puts(json, i ? ",\n" : "\n");
        profile_show(json, profile);
        profile_free(profile);
    }
    buf_puts(json, "\n]}\n");
    catalog_free(catalog);
    return r;
}

/* Errors stand as "FILE:LINE: text", without the program's name: editors jump to such lines. */
static int refuse(const struct err *err)
{
    struct buf safe = {0};
    term_safe(&safe, berth_str_of(err_text(err)));
    fprintf(stderr, "%s\n", safe.ptr ? safe.ptr : "");
    buf_fini(&safe);
    return EXIT_FAILED;
}

/* What to print once the configuration proved right. */
enum what { SAY_VALID, SHOW_YAML, SHOW_JSON };

static int with_config(const struct settings *settings, const char *path, enum what what)
{
    struct config *config = NULL;
    struct buf json = {0}, text = {0};
    struct err err = {0};
    int r = session_config(path, &settings->feature_gates, &config, &err);
    if (r == 0)
        r = make_profiles(config, &json, &err);
    if (r == 0 && what == SAY_VALID)
        buf_puts(&text, "valid\n");
    else if (r == 0 && what == SHOW_YAML)
        doc_write_yaml(&text, config->whole, 0);
    int code = r < 0 ? refuse(&err) : command_print(what == SHOW_JSON ? &json : &text);
    config_free(config);
    buf_fini(&json);
    buf_fini(&text);
    err_fini(&err);
    return code;
}

static int wrong_usage(const char *message)
{
    command_fail("%s; `berth config --help` shows how it is used", message);
    return EXIT_USAGE;
}

static int run(const void *at)
{
    const struct settings *settings = at;
    const char *what = settings->operands.len > 0 ? settings->operands.at[0] : NULL;
    const char *path = settings->operands.len > 1 ? settings->operands.at[1] : NULL;
    if (!what)
        return wrong_usage("say what to do: check or show");
    if (strcmp(what, "show") == 0)
        return with_config(settings, path, settings->output == OUTPUT_JSON ? SHOW_JSON : SHOW_YAML);
    if (strcmp(what, "check") != 0)
        return wrong_usage("config knows only check and show");
    return path ? with_config(settings, path, SAY_VALID) : wrong_usage("config check needs a file");
}

static const char *const synopsis[] = {"check FILE", "show [FILE] [OPTIONS]", NULL};

const struct command config_command = {
    .name = "config",
    .summary = "Check a scheduler configuration, or show what it means.",
    .synopsis = synopsis,
    .about =
        "check says \"valid\", or prints every error in kube-scheduler's words with file and line, and ends "
        "with exit code 1.\n\n"
        "show prints the completed configuration as kube-scheduler's --write-config-to does: every default "
        "filled in, older versions of the format mapped to v1. Without a FILE it shows the defaults.",
    .options = options,
    .options_len = ARRAY_LEN(options),
    .settings_size = sizeof(struct settings),
    .operands = offsetof(struct settings, operands),
    .operands_max = 2,
    .run = run,
};
