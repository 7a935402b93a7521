/* The children of entry i are 2i + 1 and 2i + 2; none is due before its parent. */
#include "sim/departures.h"

#include <stdlib.h>

static bool before(const struct departure *a, const struct departure *b)
{
    return a->at_ns != b->at_ns ? a->at_ns < b->at_ns : a->sequence < b->sequence;
}

int departures_add(struct departures *d, int64_t at_ns, uint32_t pod, uint32_t stay)
{
    struct departure fresh = {at_ns, ++d->sequence, pod, stay};
    if (vec_push(&d->heap, fresh) < 0)
        return -1;
    size_t i = d->heap.len - 1;
    for (; i > 0 && before(&fresh, &d->heap.at[(i - 1) / 2]); i = (i - 1) / 2)
        d->heap.at[i] = d->heap.at[(i - 1) / 2];
    d->heap.at[i] = fresh;
    return 0;
}

int64_t departures_next(const struct departures *d)
{
    return d->heap.len ? d->heap.at[0].at_ns : INT64_MAX;
}

bool departures_take(struct departures *d, int64_t now_ns, struct departure *ret)
{
    if (departures_next(d) > now_ns)
        return false;
    *ret = d->heap.at[0];
    struct departure last = d->heap.at[--d->heap.len];
    size_t i = 0;
    for (size_t child; (child = 2 * i + 1) < d->heap.len; i = child) {
        child += child + 1 < d->heap.len && before(&d->heap.at[child + 1], &d->heap.at[child]);
        if (!before(&d->heap.at[child], &last))
            break;
        d->heap.at[i] = d->heap.at[child];
    }
    d->heap.at[i] = last;
    return true;
}

void departures_fini(struct departures *d)
{
    vec_fini(&d->heap);
}
