/*
 * PrioritySort: pods of higher priority first, among equals the one that has waited longer.
 */
#include <berth/plugin.h>

static bool less(void *self, const struct berth_queued *a, const struct berth_queued *b)
{
    (void)self;
    int32_t a_priority = a->pod->class->priority;
    int32_t b_priority = b->pod->class->priority;
    if (a_priority != b_priority)
        return a_priority > b_priority;
    if (a->since_ns != b->since_ns)
        return a->since_ns < b->since_ns;
    return a->sequence < b->sequence;
}

const struct berth_plugin priority_sort_plugin = {
    .abi = BERTH_ABI,
    .size = sizeof(struct berth_plugin),
    .name = "PrioritySort",
    .less = less,
};
