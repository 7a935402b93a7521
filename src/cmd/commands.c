/*
 * The list of commands and what all of them share: help, hints, output and messages.
 */
#include "cmd/command.h"

#include "base/array.h"
#include "base/nearest.h"
#include "cmd/term.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { HELP_WIDTH = 80, TEXT_INDENT = 10 };

const struct command *const all_commands[] = {
    &simulate_command, &compare_command, &explain_command, &capacity_command, &bench_command,
    &config_command,   &version_command, &help_command,
};
const uint32_t all_commands_len = ARRAY_LEN(all_commands);

const struct command *command_find(const char *name)
{
    for (uint32_t i = 0; i < all_commands_len; i++)
        if (strcmp(all_commands[i]->name, name) == 0)
            return all_commands[i];
    return NULL;
}

void command_unknown(const char *name)
{
    const char *names[ARRAY_LEN(all_commands)];
    for (uint32_t i = 0; i < all_commands_len; i++)
        names[i] = all_commands[i]->name;
    const char *meant = nearest_word(name, names, all_commands_len);
    if (meant)
        command_fail("unknown command \"%s\"; did you mean `berth %s`?", name, meant);
    else
        command_fail("unknown command \"%s\"; `berth help` lists them", name);
}

static void add_synopsis(struct buf *b, const struct command *command)
{
    for (uint32_t i = 0; command->synopsis[i]; i++)
        buf_printf(b, "%s berth %s%s%s\n", i ? "      " : "Usage:", command->name,
                   *command->synopsis[i] ? " " : "", command->synopsis[i]);
}

static void add_option(struct buf *b, const struct option_row *row)
{
    struct buf text = {0};
    buf_puts(&text, row->text);
    if (row->initial)
        buf_printf(&text, " (default: %s)", row->initial);
    buf_puts(b, row->letter ? "  " : "      ");
    options_spelling(b, row);
    buf_char(b, '\n');
    term_wrap(b, buf_view(&text), TEXT_INDENT, HELP_WIDTH);
    buf_fini(&text);
}

void command_help(struct buf *b, const struct command *command)
{
    buf_printf(b, "%s\n\n", command->summary);
    add_synopsis(b, command);
    buf_char(b, '\n');
    term_wrap(b, berth_str_of(command->about), 0, HELP_WIDTH);
    buf_puts(b, "\nOptions:\n");
    for (uint32_t i = 0; i < command->options_len; i++)
        if (!command->options[i].hidden)
            add_option(b, &command->options[i]);
    buf_puts(b, "  -h, --help\n          Show this help.\n");
}

void command_overview(struct buf *b)
{
    buf_puts(b, "Berth schedules pods as kube-scheduler v1.36 does, and says why.\n\n"
                "Usage: berth COMMAND [OPTIONS]\n\nCommands:\n");
    for (uint32_t i = 0; i < all_commands_len; i++)
        buf_printf(b, "  %-10s %s\n", all_commands[i]->name, all_commands[i]->summary);
    buf_puts(b, "\n`berth COMMAND --help` tells more about each.\n");
}

int command_print(const struct buf *b)
{
    if ((!b->len || fwrite(b->ptr, 1, b->len, stdout) == b->len) && fflush(stdout) == 0 && !ferror(stdout))
        return EXIT_DONE;
    return command_fail("cannot write to standard output: %s", strerror(errno));
}

int command_stream(struct buf *b)
{
    enum { MUCH = 1 << 20 };
    if (b->len < MUCH)
        return EXIT_DONE;
    int code = command_print(b);
    buf_clear(b);
    return code;
}

__attribute__((format(printf, 2, 0))) static void say(const char *prefix, const char *format, va_list args)
{
    char *text;
    struct buf safe = {0};
    int len = vasprintf(&text, format, args);
    if (len >= 0) {
        term_safe(&safe, (berth_str){text, (uint32_t)len});
        free(text);
    }
    fprintf(stderr, "%s%.*s\n", prefix, (int)safe.len, safe.ptr ? safe.ptr : "");
    buf_fini(&safe);
}

int command_fail(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    say("berth: ", format, args);
    va_end(args);
    return EXIT_FAILED;
}

void command_warn(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    say("berth: warning: ", format, args);
    va_end(args);
}
