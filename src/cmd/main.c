/*
 * Entry: finds the command, reads its options, runs it.
 */
#include "cmd/command.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int usage_error(const struct command *command, const struct err *err)
{
    command_fail("%s", err_text(err));
    fprintf(stderr, "`berth %s --help` shows the options.\n", command->name);
    return EXIT_USAGE;
}

static int run(const struct command *command, int argc, char **argv)
{
    struct err err = {0};
    void *settings = calloc(1, command->settings_size + 1);
    if (!settings)
        return command_fail("out of memory");
    int code = options_read(command, argc, argv, settings, &err);
    if (code == OPTIONS_HELP) {
        struct buf text = {0};
        command_help(&text, command);
        code = command_print(&text);
        buf_fini(&text);
    } else if (code < 0) {
        code = usage_error(command, &err);
    } else {
        code = command->run(settings);
    }
    options_fini(command, settings);
    free(settings);
    err_fini(&err);
    return code;
}

/* The options that stand for a command. */
static const char *command_word(const char *word)
{
    if (strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0)
        return "help";
    if (strcmp(word, "--version") == 0 || strcmp(word, "-V") == 0)
        return "version";
    return word;
}

static bool called_kube_scheduler(const char *path)
{
    const char *slash = strrchr(path, '/');
    return strcmp(slash ? slash + 1 : path, "kube-scheduler") == 0;
}

int main(int argc, char **argv)
{
    if (argc > 0 && called_kube_scheduler(argv[0]))
        return command_fail("started as kube-scheduler this would run a live cluster's scheduler, which this "
                            "version cannot do yet; `berth simulate` and `berth explain` work on files");
    if (argc < 2) {
        struct buf text = {0};
        command_overview(&text);
        fwrite(text.ptr, 1, text.len, stderr);
        buf_fini(&text);
        return EXIT_USAGE;
    }
    const struct command *command = command_find(command_word(argv[1]));
    if (!command) {
        command_unknown(argv[1]);
        return EXIT_USAGE;
    }
    return run(command, argc - 2, argv + 2);
}
