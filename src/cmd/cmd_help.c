/*
 * berth help: the list of commands, one command's help, or the manual page.
 */
#include "base/array.h"
#include "cmd/command.h"
#include "cmd/manual.h"

#include <stddef.h>

struct settings {
    struct option_list topic; /* at most one */
    bool man;
};

static const struct option_row options[] = {
    {0, "man", OPTION_FLAG, offsetof(struct settings, man),
     .text = "Print the manual page berth(1) as roff."},
};

static int run(const void *at)
{
    const struct settings *settings = at;
    const struct command *command = settings->topic.len ? command_find(settings->topic.at[0]) : NULL;
    if (settings->topic.len && !command) {
        command_unknown(settings->topic.at[0]);
        return EXIT_USAGE;
    }
    struct buf text = {0};
    if (settings->man)
        manual_page(&text);
    else if (command)
        command_help(&text, command);
    else
        command_overview(&text);
    int code = command_print(&text);
    buf_fini(&text);
    return code;
}

static const char *const synopsis[] = {"[COMMAND]", "--man", NULL};

const struct command help_command = {
    .name = "help",
    .summary = "Show the commands, or the options of one.",
    .synopsis = synopsis,
    .about = "Without a command, lists all of them.",
    .options = options,
    .options_len = ARRAY_LEN(options),
    .settings_size = sizeof(struct settings),
    .operands = offsetof(struct settings, topic),
    .operands_max = 1,
    .run = run,
};
