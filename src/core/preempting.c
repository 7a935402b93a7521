/* See preempting.h. There are few at a time, so they are a list. */
#include "core/preempting.h"

#include <errno.h>
#include <stdlib.h>

static void drop(struct preempting *p, size_t at)
{
    struct preemption gone = p->all.at[at];
    p->all.at[at] = p->all.at[--p->all.len];
    for (uint32_t i = 0; i < gone.len; i++)
        pod_unref(p->catalog, gone.victims[i]);
    pod_unref(p->catalog, gone.pod);
    free(gone.victims);
}

int preempting_begin(struct preempting *p, const struct berth_pod *pod,
                     const struct berth_pod *const *victims, uint32_t len)
{
    preempting_end(p, pod);
    if (len == 0)
        return 0;
    struct preemption x = {.victims = calloc(len, sizeof(*x.victims))};
    if (!x.victims || vec_push(&p->all, x) < 0) {
        free(x.victims);
        return -ENOMEM;
    }
    struct preemption *begun = &p->all.at[p->all.len - 1];
    begun->pod = pod_ref(pod);
    while (begun->len < len) {
        begun->victims[begun->len] = pod_ref(victims[begun->len]);
        begun->len++;
    }
    return 0;
}

void preempting_left(struct preempting *p, const struct berth_pod *victim)
{
    for (size_t i = p->all.len; i-- > 0;) {
        struct preemption *x = &p->all.at[i];
        uint32_t at = 0;
        while (at < x->len && !berth_same_pod(x->victims[at], victim))
            at++;
        if (at == x->len)
            continue;
        pod_unref(p->catalog, x->victims[at]);
        x->victims[at] = x->victims[--x->len];
    }
}

const struct berth_pod *preempting_over(struct preempting *p)
{
    for (size_t i = 0; i < p->all.len; i++)
        if (p->all.at[i].len == 0) {
            const struct berth_pod *pod = pod_ref(p->all.at[i].pod);
            drop(p, i);
            return pod;
        }
    return NULL;
}

void preempting_end(struct preempting *p, const struct berth_pod *pod)
{
    for (size_t i = p->all.len; i-- > 0;)
        if (berth_same_pod(p->all.at[i].pod, pod))
            drop(p, i);
}

bool preempting_holds(const struct preempting *p, const struct berth_pod *pod)
{
    for (size_t i = 0; i < p->all.len; i++)
        if (p->all.at[i].len > 0 && berth_same_pod(p->all.at[i].pod, pod))
            return true;
    return false;
}

void preempting_fini(struct preempting *p)
{
    while (p->all.len > 0)
        drop(p, p->all.len - 1);
    vec_fini(&p->all);
}
