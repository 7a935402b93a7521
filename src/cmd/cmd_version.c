/*
 * berth version.
 */
#include "cmd/command.h"
#include "cmd/version.h"

static int run(const void *settings)
{
    (void)settings;
    struct buf text = {0};
    buf_printf(&text, "berth %s\nschedules as kube-scheduler %s does\n", BERTH_VERSION, KUBERNETES_VERSION);
    int code = command_print(&text);
    buf_fini(&text);
    return code;
}

static const char *const synopsis[] = {"", NULL};

const struct command version_command = {
    .name = "version",
    .summary = "Print the version, and the version of kube-scheduler it follows.",
    .synopsis = synopsis,
    .about = "Prints Berth's version and the release of kube-scheduler whose behaviour it has.",
    .run = run,
};
