/*
 * The option parser. It knows the usual forms: -o VALUE, -oVALUE, --output VALUE, --output=VALUE, `--` to end
 * the options; operands may stand between options.
 */
#include "cmd/options.h"

#include "base/ascii.h"
#include "base/nearest.h"
#include "cmd/command.h"

#include <stdlib.h>
#include <string.h>

struct reader {
    const struct command *command;
    char *const *words;
    int len, next;
    char *settings;
    struct err *err;
};

static const struct option_row *row_by_letter(const struct command *command, char letter)
{
    for (uint32_t i = 0; i < command->options_len; i++)
        if (command->options[i].letter == letter)
            return &command->options[i];
    return NULL;
}

static const struct option_row *row_by_name(const struct command *command, const char *name, size_t len)
{
    for (uint32_t i = 0; i < command->options_len; i++)
        if (strlen(command->options[i].name) == len && memcmp(command->options[i].name, name, len) == 0)
            return &command->options[i];
    return NULL;
}

/* `dashes` are the ones that were typed. */
static int unknown_name(const struct reader *r, const char *dashes, const char *name, size_t len)
{
    const char *names[64] = {"help"};
    size_t names_len = 1;
    for (uint32_t i = 0; i < r->command->options_len && names_len < 64; i++)
        if (!r->command->options[i].hidden)
            names[names_len++] = r->command->options[i].name;
    char word[128];
    size_t word_len = len < sizeof word - 1 ? len : sizeof word - 1;
    memcpy(word, name, word_len);
    word[word_len] = '\0';
    const char *meant = nearest_word(word, names, names_len);
    if (meant)
        return err_set(r->err, "unknown option %s%s; did you mean --%s?", dashes, word, meant);
    return err_set(r->err, "unknown option %s%s", dashes, word);
}

static int read_number(const struct option_row *row, const char *text, uint64_t *ret, struct err *err)
{
    char *end;
    errno = 0;
    unsigned long long number = strtoull(text, &end, 10);
    bool digits = ascii_is_digit(*text) && !*end;
    if (!digits || errno == ERANGE || number < row->min || number > row->max)
        return err_set(err, "--%s must be a whole number from %llu to %llu, not \"%s\"", row->name,
                       (unsigned long long)row->min, (unsigned long long)row->max, text);
    *ret = number;
    return 0;
}

static void list_choices(struct buf *b, const struct option_row *row)
{
    for (uint32_t i = 0; row->choices[i]; i++) {
        bool last = !row->choices[i + 1];
        buf_printf(b, "%s%s", i == 0 ? "" : last ? " or " : ", ", row->choices[i]);
    }
}

static int read_choice(const struct option_row *row, const char *text, uint32_t *ret, struct err *err)
{
    uint32_t len = 0;
    for (; row->choices[len]; len++)
        if (strcmp(row->choices[len], text) == 0) {
            *ret = len;
            return 0;
        }
    struct buf known = {0};
    list_choices(&known, row);
    const char *meant = nearest_word(text, row->choices, len);
    int code = err_set(err, "--%s must be %s, not \"%s\"%s%s%s", row->name, known.ptr, text,
                       meant ? "; did you mean " : "", meant ? meant : "", meant ? "?" : "");
    buf_fini(&known);
    return code;
}

static int list_add(struct option_list *list, const char *text, struct err *err)
{
    return vec_push(list, text) < 0 ? err_nomem(err) : 0;
}

static int store(const struct reader *r, const struct option_row *row, const char *text)
{
    void *at = r->settings + row->at;
    switch (row->kind) {
    case OPTION_FLAG:
        *(bool *)at = true;
        return 0;
    case OPTION_TEXT:
        *(const char **)at = text;
        return 0;
    case OPTION_LIST:
        return list_add(at, text, r->err);
    case OPTION_NUMBER:
        return read_number(row, text, at, r->err);
    case OPTION_CHOICE:
        return read_choice(row, text, at, r->err);
    case OPTION_MAYBE:
        ((struct option_maybe *)at)->given = true;
        ((struct option_maybe *)at)->text = text ? text : ((struct option_maybe *)at)->text;
        return 0;
    }
    return 0;
}

/* What the value looks like: "FILE", "table|json". */
static void add_value(struct buf *b, const struct option_row *row)
{
    for (uint32_t i = 0; row->choices && row->choices[i]; i++)
        buf_printf(b, "%s%s", i ? "|" : "", row->choices[i]);
    if (!row->choices)
        buf_puts(b, row->value);
}

static int value_missing(const struct option_row *row, struct err *err)
{
    struct buf value = {0};
    add_value(&value, row);
    int code = err_set(err, "--%s needs a value: %s", row->name, value.ptr);
    buf_fini(&value);
    return code;
}

/* `attached` is the value that was glued to the option, NULL when there was none. */
static int take(struct reader *r, const struct option_row *row, const char *attached)
{
    if (row->kind == OPTION_FLAG)
        return attached ? err_set(r->err, "--%s takes no value", row->name) : store(r, row, NULL);
    if (attached || row->kind == OPTION_MAYBE)
        return store(r, row, attached);
    if (r->next == r->len)
        return value_missing(row, r->err);
    return store(r, row, r->words[r->next++]);
}

static int take_long(struct reader *r, const char *word)
{
    const char *equals = strchr(word, '=');
    size_t len = equals ? (size_t)(equals - word) : strlen(word);
    if (len == 4 && memcmp(word, "help", 4) == 0)
        return OPTIONS_HELP;
    const struct option_row *row = row_by_name(r->command, word, len);
    return row ? take(r, row, equals ? equals + 1 : NULL) : unknown_name(r, "--", word, len);
}

static int take_short(struct reader *r, const char *word)
{
    if (word[0] == 'h' && !word[1])
        return OPTIONS_HELP;
    const struct option_row *row = row_by_letter(r->command, word[0]);
    if (!row && strlen(word) > 2)
        return unknown_name(r, "-", word, strcspn(word, "="));
    if (!row)
        return err_set(r->err, "unknown option -%s", word);
    return take(r, row, word[1] ? word + 1 : NULL);
}

static int take_operand(struct reader *r, const char *word)
{
    const struct command *command = r->command;
    if (command->operands_max == 0)
        return err_set(r->err, "\"%s\" is too much: `berth %s` takes options only", word, command->name);
    struct option_list *list = (struct option_list *)(r->settings + command->operands);
    if (list->len >= command->operands_max)
        return err_set(r->err, "\"%s\" is too much", word);
    return list_add(list, word, r->err);
}

static int set_initial(struct reader *r)
{
    for (uint32_t i = 0; i < r->command->options_len; i++) {
        const struct option_row *row = &r->command->options[i];
        int code = row->initial ? store(r, row, row->initial) : 0;
        if (code < 0)
            return code;
    }
    return 0;
}

int options_read(const struct command *command, int argc, char *const *argv, void *settings, struct err *err)
{
    struct reader r = {.command = command, .words = argv, .len = argc, .settings = settings, .err = err};
    memset(settings, 0, command->settings_size);
    int code = set_initial(&r);
    bool options = true;
    while (code == 0 && r.next < r.len) {
        const char *word = r.words[r.next++];
        if (options && strcmp(word, "--") == 0)
            options = false;
        else if (options && word[0] == '-' && word[1] == '-')
            code = take_long(&r, word + 2);
        else if (options && word[0] == '-' && word[1])
            code = take_short(&r, word + 1);
        else
            code = take_operand(&r, word);
    }
    return code;
}

void options_fini(const struct command *command, void *settings)
{
    for (uint32_t i = 0; i < command->options_len; i++)
        if (command->options[i].kind == OPTION_LIST)
            vec_fini((struct option_list *)((char *)settings + command->options[i].at));
    if (command->operands_max)
        vec_fini((struct option_list *)((char *)settings + command->operands));
}

void options_spelling(struct buf *b, const struct option_row *row)
{
    if (row->letter)
        buf_printf(b, "-%c, ", row->letter);
    buf_printf(b, "--%s", row->name);
    if (row->kind == OPTION_FLAG)
        return;
    buf_puts(b, row->kind == OPTION_MAYBE ? "[=" : " ");
    add_value(b, row);
    buf_puts(b, row->kind == OPTION_MAYBE ? "]" : "");
}
