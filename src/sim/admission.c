/* https://kubernetes.io/docs/concepts/scheduling-eviction/pod-priority-preemption/ */
#include "sim/admission.h"

#include "base/array.h"

#include <stdlib.h>

struct priority {
    int32_t value;
    bool never_preempts;
};

/* Every cluster has these two classes. */
static const struct {
    const char *name;
    int32_t value;
} built_in[] = {
    {"system-node-critical", 2000001000},
    {"system-cluster-critical", 2000000000},
};

struct classes {
    struct map by_name;                      /* of an atom -> struct priority_class * */
    const struct priority_class *by_default; /* NULL: none */
    struct map missing;                      /* atom of a class that is not there -> number of pods */
    VEC(berth_atom) missing_names;
};

static int add_class(struct classes *classes, const struct priority_class *class)
{
    if (map_put(&classes->by_name, map_ptr(class->name), map_ptr(class)) < 0)
        return -1;
    /* Should there be several defaults, the lowest counts. */
    if (class->global_default && (!classes->by_default || classes->by_default->value > class->value))
        classes->by_default = class;
    return 0;
}

/* Classes that come later count from the start: whoever names one comes with it, or after it. */
static int collect(struct classes *classes, const struct cluster *c)
{
    int r = 0;
    for (size_t i = 0; i < c->objects.len && r == 0; i++)
        if (c->objects.at[i].kind == OBJECT_PRIORITY_CLASS)
            r = add_class(classes, c->objects.at[i].priority_class);
    for (size_t i = 0; i < c->changes.len && r == 0; i++)
        if (c->changes.at[i].kind == CHANGE_ADD && c->changes.at[i].object.kind == OBJECT_PRIORITY_CLASS)
            r = add_class(classes, c->changes.at[i].object.priority_class);
    return r;
}

static int count_missing(struct classes *classes, berth_atom name)
{
    uint64_t *count = map_get(&classes->missing, map_ptr(name));
    if (count) {
        ++*count;
        return 0;
    }
    return map_put(&classes->missing, map_ptr(name), 1) < 0 ? -1 : vec_push(&classes->missing_names, name);
}

static bool find_built_in(berth_atom name, struct priority *ret_priority)
{
    for (size_t i = 0; i < ARRAY_LEN(built_in); i++)
        if (strcmp(name->text, built_in[i].name) == 0) {
            *ret_priority = (struct priority){built_in[i].value, false};
            return true;
        }
    return false;
}

static struct priority of_class(const struct priority_class *class)
{
    return class ? (struct priority){class->value, class->never_preempts} : (struct priority){0, false};
}

/* The priority that the pod's class gives it; -1 when memory ran out. */
static int resolve(struct classes *classes, const struct pod_priority *pod, struct priority *ret_priority)
{
    *ret_priority = of_class(pod->created ? classes->by_default : NULL);
    if (!pod->class)
        return 0;
    const uint64_t *found = map_get(&classes->by_name, map_ptr(pod->class));
    if (found)
        *ret_priority = of_class((const struct priority_class *)(uintptr_t)*found);
    else if (!find_built_in(pod->class, ret_priority))
        return count_missing(classes, pod->class);
    return 0;
}

/* Replaces the pod by one with the priority. */
static int set_priority(struct catalog *catalog, const struct berth_pod **at, struct priority priority)
{
    const struct berth_class *class = (*at)->class;
    bool never = priority.never_preempts || (class->flags & BERTH_POD_NEVER_PREEMPTS);
    if (class->priority == priority.value && never == ((class->flags & BERTH_POD_NEVER_PREEMPTS) != 0))
        return 0;
    const struct berth_pod *pod = pod_with_priority(catalog, *at, priority.value, never);
    if (!pod)
        return -1;
    pod_unref(catalog, *at);
    *at = pod;
    return 0;
}

static int settle(struct classes *classes, struct catalog *catalog, const struct berth_pod **at,
                  const struct pod_priority *asked)
{
    struct priority priority;
    if (asked->given)
        return 0;
    int r = resolve(classes, asked, &priority);
    return r < 0 ? r : set_priority(catalog, at, priority);
}

static void warn_missing(struct buf *warnings, const struct classes *classes)
{
    for (size_t i = 0; i < classes->missing_names.len; i++) {
        berth_atom name = classes->missing_names.at[i];
        uint64_t count = *map_get(&classes->missing, map_ptr(name));
        buf_printf(warnings, "PriorityClass %s is not among the objects: %llu %s priority %d\n",
                   name->text, (unsigned long long)count, count == 1 ? "pod gets" : "pods get",
                   classes->by_default ? classes->by_default->value : 0);
    }
}

static void classes_fini(struct classes *classes)
{
    map_fini(&classes->by_name);
    map_fini(&classes->missing);
    vec_fini(&classes->missing_names);
}

int admission_set_priorities(struct cluster *c, const struct pod_priority *priorities,
                             const struct pod_priority *updates, struct err *err)
{
    struct classes classes = {0};
    int r = collect(&classes, c);
    for (size_t i = 0; i < c->pods.len && r == 0; i++)
        r = settle(&classes, c->catalog, &c->pods.at[i].pod, &priorities[i]);
    for (size_t i = 0; i < c->changes.len && r == 0; i++)
        if (c->changes.at[i].kind == CHANGE_UPDATE && c->changes.at[i].object.kind == OBJECT_POD)
            r = settle(&classes, c->catalog, &c->changes.at[i].object.pod, updates++);
    if (r == 0)
        warn_missing(&c->warnings, &classes);
    classes_fini(&classes);
    return r < 0 ? err_nomem(err) : 0;
}

int admission_set_priority(const struct cluster *c, const struct pod_priority *priority, const struct berth_pod **pod,
                           struct buf *warnings, struct err *err)
{
    struct classes classes = {0};
    int r = collect(&classes, c);
    if (r == 0)
        r = settle(&classes, c->catalog, pod, priority);
    if (r == 0)
        warn_missing(warnings, &classes);
    classes_fini(&classes);
    return r < 0 ? err_nomem(err) : 0;
}
