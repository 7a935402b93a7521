#include "sim/victims.h"

#include "base/hash.h"

#include <errno.h>
#include <stdlib.h>

/* Pods with equal 64-bit hashes would be taken for one: not worth a list. */
static uint64_t key_of(const struct berth_pod *pod)
{
    berth_str name = berth_pod_name(pod);
    return hash_mix(map_ptr(berth_pod_namespace(pod)), hash_bytes(name.ptr, name.len)) | 1;
}

static int put(struct core *core, const struct berth_pod *pod, int64_t *now_ns)
{
    return core_put(core, &(struct object){.kind = OBJECT_POD, .pod = pod}, ++*now_ns);
}

static void remove_pod(struct core *core, const struct berth_pod *pod, int64_t *now_ns)
{
    core_remove(core, &(struct object){.kind = OBJECT_POD, .pod = pod}, ++*now_ns);
}

static struct victim *find(struct victims *v, const struct berth_pod *pod)
{
    const uint64_t *place = map_get(&v->by_name, key_of(pod));
    return place && *place ? &v->list.at[*place - 1] : NULL;
}

/* Remembers the pod; NULL: memory ran out. */
static struct victim *add(struct victims *v, const struct berth_pod *pod, uint64_t copy)
{
    struct victim fresh = {.pod = pod, .copy = copy};
    if (vec_push(&v->list, fresh) < 0)
        return NULL;
    if (map_put(&v->by_name, key_of(pod), v->list.len) < 0) {
        v->list.len--;
        return NULL;
    }
    pod_ref(pod);
    return &v->list.at[v->list.len - 1];
}

int victims_take(struct victims *v, struct core *core, const struct decision *decision, uint64_t copy,
                 int64_t *now_ns)
{
    size_t first = v->list.len;
    for (uint32_t i = 0; i < decision->victims_len; i++)
        if (!add(v, decision->victims[i], copy))
            return -ENOMEM;
    for (size_t i = first; i < v->list.len; i++)
        remove_pod(core, v->list.at[i].pod, now_ns);
    return 0;
}

int victims_undo(struct victims *v, struct core *core, size_t first, struct catalog *catalog, int64_t *now_ns)
{
    int code = 0;
    for (size_t i = first; i < v->list.len; i++) {
        const struct berth_pod *pod = v->list.at[i].pod;
        code = code < 0 ? code : put(core, pod, now_ns);
        if (map_put(&v->by_name, key_of(pod), 0) < 0)
            code = -ENOMEM;
        pod_unref(catalog, pod);
    }
    v->list.len = first;
    return code;
}

/* ---- coming back ---- */

struct return_trip {
    struct victims *victims;
    struct core *core;
    struct catalog *catalog;
    int64_t *now_ns;
    size_t patience; /* preemptions left: some may be in vain, and would go on for ever */
};

/* The pod is created anew, if somebody does that. */
static int create_again(struct return_trip *t, struct victim *victim)
{
    victim->fate = victim->pod->class->owner_name ? VICTIM_PENDING : VICTIM_GONE;
    victim->node = NULL;
    if (victim->fate == VICTIM_GONE)
        return 0;
    const struct berth_pod *fresh = pod_on_node(victim->pod, NULL);
    int code = fresh ? put(t->core, fresh, t->now_ns) : -ENOMEM;
    pod_unref(t->catalog, fresh);
    return code;
}

/* A pod had to go for one that came back: another one, or one that had found a place by then. */
static int lose(struct return_trip *t, const struct berth_pod *pod)
{
    struct victim *victim = find(t->victims, pod);
    remove_pod(t->core, pod, t->now_ns);
    if (!victim)
        victim = add(t->victims, pod, 0);
    return victim ? create_again(t, victim) : -ENOMEM;
}

/* Takes away the victims of a pod that came back, which are the core's until it is called again. */
static int make_room(struct return_trip *t, const struct decision *decision)
{
    uint32_t len = decision->victims_len;
    const struct berth_pod *pod = pod_ref(decision->pod), **leaving = calloc(len, sizeof(*leaving));
    int code = leaving ? 0 : -ENOMEM;
    for (uint32_t i = 0; i < len && leaving; i++)
        leaving[i] = pod_ref(decision->victims[i]);
    for (uint32_t i = 0; i < len && leaving; i++) {
        code = code < 0 ? code : lose(t, leaving[i]);
        pod_unref(t->catalog, leaving[i]);
    }
    if (code == 0)
        core_activate(t->core, pod, *t->now_ns);
    pod_unref(t->catalog, pod);
    free(leaving);
    return code;
}

static int settle(struct return_trip *t, const struct decision *decision)
{
    struct victim *victim = find(t->victims, decision->pod);
    if (victim && decision->node) {
        victim->fate = VICTIM_PLACED;
        victim->node = decision->node;
    }
    if (decision->victims_len == 0 || t->patience == 0)
        return 0;
    t->patience--;
    return make_room(t, decision);
}

int victims_come_back(struct victims *v, struct core *core, struct catalog *catalog, int64_t *now_ns)
{
    enum { TRIES = 10 };
    struct return_trip trip = {v, core, catalog, now_ns, TRIES * v->list.len};
    struct decision decision;
    size_t len = v->list.len;
    int code = 0;
    for (size_t i = 0; i < len && code == 0; i++)
        code = create_again(&trip, &v->list.at[i]);
    while (code == 0 && core_schedule_one(core, ++*now_ns, &decision))
        code = settle(&trip, &decision);
    return code;
}

void victims_fini(struct victims *v, struct catalog *catalog)
{
    for (size_t i = 0; i < v->list.len; i++)
        pod_unref(catalog, v->list.at[i].pod);
    vec_fini(&v->list);
    map_fini(&v->by_name);
}
