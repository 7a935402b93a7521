#include "cmd/what_if.h"

/* All values of an option. */
static int read_each(const struct option_list *values, struct wishes *wishes,
                     int (*add)(struct wishes *w, const char *text, struct err *err), struct err *err)
{
    int code = 0;
    for (size_t i = 0; i < values->len && code == 0; i++)
        code = add(wishes, values->at[i], err);
    return code;
}

int what_if_read(const struct what_if *options, struct wishes *wishes, struct err *err)
{
    int code = read_each(&options->add_nodes, wishes, wishes_add_nodes, err);
    code = code < 0 ? code : read_each(&options->remove_nodes, wishes, wishes_remove_node, err);
    wishes->disable_eviction = options->disable_eviction;
    code = code < 0 ? code : read_each(&options->drain, wishes, wishes_drain, err);
    return code < 0 ? code : read_each(&options->scale, wishes, wishes_scale, err);
}
