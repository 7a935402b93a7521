/*
 * A subcommand of berth: one file, one const table. The command line, `--help`, the manual page and the
 * completion all read the same rows.
 */
#ifndef CMD_COMMAND_H
#define CMD_COMMAND_H

#include "cmd/options.h"

/* How the process ends. */
enum exit_code {
    EXIT_DONE = 0,
    EXIT_FAILED = 1,  /* bad input */
    EXIT_USAGE = 2,   /* wrong usage */
    EXIT_PENDING = 3, /* simulate, compare: some pods were not placed, or not evicted from a drained node */
};

struct command {
    const char *name;
    const char *summary;         /* one line, as in the list of commands */
    const char *const *synopsis; /* what may follow the name, one form a line; NULL at the end */
    const char *about;           /* a paragraph for --help and the manual page */
    const struct option_row *options;
    uint32_t options_len;
    size_t settings_size;             /* bytes of the struct that the options fill */
    size_t operands;                  /* offset in it of the struct option_list that takes the operands */
    uint32_t operands_max;            /* 0: the command takes none, and `operands` means nothing */
    int (*run)(const void *settings); /* returns an enum exit_code */
};

/* Every command, in the order in which they are listed. */
extern const struct command *const all_commands[];
extern const uint32_t all_commands_len;

extern const struct command simulate_command;
extern const struct command compare_command;
extern const struct command explain_command;
extern const struct command capacity_command;
extern const struct command bench_command;
extern const struct command config_command;
extern const struct command version_command;
extern const struct command help_command;

/* The command of that name; NULL when there is none. */
const struct command *command_find(const char *name);

/* Prints "berth: " and the text to standard error, then, when there is one, the nearest command as a hint. */
void command_unknown(const char *name);

/* The --help text of one command, and the list of all. */
void command_help(struct buf *b, const struct command *command);
void command_overview(struct buf *b);

/*
 * Writes the text to standard output;
 * EXIT_DONE, or EXIT_FAILED with a message when that or an earlier write failed.
 */
int command_print(const struct buf *b);

/* The same, emptying the buffer, once much has gathered in it: for output that may be larger than memory. */
int command_stream(struct buf *b);

/* Prints "berth: " and the message, made safe (term_safe()), to standard error; returns EXIT_FAILED. */
int command_fail(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* The same for a warning, with "warning: " in front. */
void command_warn(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
