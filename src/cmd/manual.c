/*
 * The manual page: fixed prose around the rows of the tables, so that it cannot fall behind them.
 */
#include "cmd/manual.h"

#include "cmd/command.h"
#include "cmd/version.h"

/* Text as roff reads it: backslashes and leading dots escaped, hyphens kept as minus signs. */
static void add_text(struct buf *b, const char *text)
{
    bool line_start = true;
    for (; *text; text++) {
        if (line_start && (*text == '.' || *text == '\''))
            buf_puts(b, "\\&");
        if (*text == '\\')
            buf_puts(b, "\\e");
        else if (*text == '-')
            buf_puts(b, "\\-");
        else
            buf_char(b, *text);
        line_start = *text == '\n';
    }
}

static void add_section(struct buf *b, const char *title, const char *text)
{
    buf_printf(b, ".SH %s\n", title);
    add_text(b, text);
    buf_char(b, '\n');
}

static void add_synopsis(struct buf *b, const struct command *command)
{
    for (uint32_t i = 0; command->synopsis[i]; i++) {
        buf_printf(b, ".B berth %s\n", command->name);
        add_text(b, command->synopsis[i]);
        buf_puts(b, *command->synopsis[i] ? "\n.br\n" : ".br\n");
    }
}

static void add_option(struct buf *b, const struct option_row *row)
{
    struct buf spelling = {0};
    options_spelling(&spelling, row);
    buf_puts(b, ".TP\n.B ");
    add_text(b, spelling.ptr);
    buf_char(b, '\n');
    add_text(b, row->text);
    if (row->initial)
        buf_printf(b, " Default: %s.", row->initial);
    buf_char(b, '\n');
    buf_fini(&spelling);
}

static void add_command(struct buf *b, const struct command *command)
{
    buf_printf(b, ".SS berth %s\n", command->name);
    add_text(b, command->about);
    buf_char(b, '\n');
    for (uint32_t i = 0; i < command->options_len; i++)
        add_option(b, &command->options[i]);
}

static const char description[] =
    "Berth is a Kubernetes pod scheduler with the behaviour of kube-scheduler " KUBERNETES_VERSION ".\n"
    "On manifests it is a simulator and an explainer: it needs no cluster, changes nothing, and decides as\n"
    "the real scheduler would, with the same plugins, scores, configuration files and messages.";

static const char exit_status[] =
    ".TP\n.B 0\nDone; for simulate and compare: every pod was placed.\n"
    ".TP\n.B 1\nBad input; the message names file and line where it can.\n"
    ".TP\n.B 2\nWrong usage.\n"
    ".TP\n.B 3\nsimulate and compare: some pods were not placed, or not evicted\n"
    "from a drained node.\n";

static const char environment[] =
    ".TP\n.B COLUMNS\nHow wide the output may be; without it, as wide as the terminal, else 120.\n"
    ".TP\n.B NO_COLOR\nWhen set and not empty, nothing is coloured.\n";

static const char examples[] =
    ".nf\n"
    "berth simulate \\-f cluster.yaml \\-f new\\-release.yaml\n"
    "helm template my\\-release ./chart | berth simulate \\-f nodes.yaml \\-f \\-\n"
    "kubectl get nodes,pods,ns,pdb,svc \\-A \\-o json | berth explain \\-f \\- \\-\\-pod shop/checkout\\-0\n"
    "berth simulate \\-f cluster.yaml \\-c packed.yaml \\-o csv > placements.csv\n"
    ".fi\n";

void manual_page(struct buf *b)
{
    buf_puts(b, ".TH BERTH 1 \"\" \"berth " BERTH_VERSION "\" \"User Commands\"\n"
                ".SH NAME\nberth \\- Kubernetes scheduler, simulator and explainer\n.SH SYNOPSIS\n");
    for (uint32_t i = 0; i < all_commands_len; i++)
        add_synopsis(b, all_commands[i]);
    add_section(b, "DESCRIPTION", description);
    buf_puts(b, ".SH COMMANDS\n");
    for (uint32_t i = 0; i < all_commands_len; i++)
        add_command(b, all_commands[i]);
    buf_printf(b, ".SH EXIT STATUS\n%s.SH ENVIRONMENT\n%s.SH EXAMPLES\n%s", exit_status, environment,
               examples);
}
