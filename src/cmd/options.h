/*
 * Options as rows: what is read from the command line into a struct of settings, and what help says of it.
 */
#ifndef CMD_OPTIONS_H
#define CMD_OPTIONS_H

#include "base/buf.h"
#include "base/err.h"
#include "base/vec.h"
#include <stdbool.h>
#include <stdint.h>

enum option_kind {
    OPTION_FLAG,   /* bool */
    OPTION_TEXT,   /* const char *, borrowed from argv */
    OPTION_LIST,   /* struct option_list; may be given several times */
    OPTION_NUMBER, /* uint64_t within min..max */
    OPTION_CHOICE, /* uint32_t: index into `choices` */
    OPTION_MAYBE,  /* struct option_maybe: a flag, or with =VALUE a text */
};

struct option_maybe {
    bool given;
    const char *text; /* borrowed from argv; NULL: without a value */
};

struct option_list {
    const char **at; /* borrowed from argv */
    size_t len, cap;
};

struct option_row {
    char letter;      /* 0: only the long form */
    const char *name; /* without dashes */
    enum option_kind kind;
    size_t at;                  /* offset in the settings */
    const char *value;          /* what help calls the value; NULL for flags */
    const char *const *choices; /* NULL at the end */
    uint64_t min, max;
    const char *initial; /* read first, and shown as the default; NULL: all bytes zero */
    bool hidden;         /* testing aid: not in the overview of options, only in the manual page */
    const char *text;
};

struct command;

enum { OPTIONS_HELP = 1 };

/*
 * Reads argv (without the command's name) into `settings`, zeroed here. Returns 0, OPTIONS_HELP when -h or
 * --help was among the words, or a negative code with a text that says what is wrong and, for a misspelt
 * name, what was probably meant. Release with options_fini() in all cases.
 */
int options_read(const struct command *command, int argc, char *const *argv, void *settings, struct err *err);
void options_fini(const struct command *command, void *settings);

/* The words of an option as help shows them: "-o, --output FORMAT". */
void options_spelling(struct buf *b, const struct option_row *row);

#endif
