/*
 * https://kubernetes.io/docs/concepts/scheduling-eviction/pod-priority-preemption/
 * https://kubernetes.io/docs/concepts/storage/storage-classes/#default-storageclass
 */
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
static int set_priority(struct cluster *c, const struct berth_pod **at, struct priority priority)
{
    const struct berth_class *class = (*at)->class;
    bool never = priority.never_preempts || (class->flags & BERTH_POD_NEVER_PREEMPTS);
    if (class->priority == priority.value && never == ((class->flags & BERTH_POD_NEVER_PREEMPTS) != 0))
        return 0;
    const struct berth_pod *pod = pod_with_priority(c->catalog, *at, priority.value, never);
    if (!pod)
        return -1;
    pod_unref(c->catalog, *at);
    *at = pod;
    return 0;
}

static int settle(struct classes *classes, struct cluster *c, const struct berth_pod **at,
                  const struct pod_priority *asked)
{
    struct priority priority;
    if (asked->given)
        return 0;
    int r = resolve(classes, asked, &priority);
    return r < 0 ? r : set_priority(c, at, priority);
}

static void warn_missing(struct cluster *c, const struct classes *classes)
{
    for (size_t i = 0; i < classes->missing_names.len; i++) {
        berth_atom name = classes->missing_names.at[i];
        uint64_t count = *map_get(&classes->missing, map_ptr(name));
        buf_printf(&c->warnings, "PriorityClass %s is not among the objects: %llu %s priority %d\n",
                   name->text, (unsigned long long)count, count == 1 ? "pod gets" : "pods get",
                   classes->by_default ? classes->by_default->value : 0);
    }
}

int admission_set_priorities(struct cluster *c, const struct pod_priority *priorities,
                             const struct pod_priority *updates, struct err *err)
{
    struct classes classes = {0};
    int r = collect(&classes, c);
    for (size_t i = 0; i < c->pods.len && r == 0; i++)
        r = settle(&classes, c, &c->pods.at[i].pod, &priorities[i]);
    for (size_t i = 0; i < c->changes.len && r == 0; i++)
        if (c->changes.at[i].kind == CHANGE_UPDATE && c->changes.at[i].object.kind == OBJECT_POD)
            r = settle(&classes, c, &c->changes.at[i].object.pod, updates++);
    if (r == 0)
        warn_missing(c, &classes);
    map_fini(&classes.by_name);
    map_fini(&classes.missing);
    vec_fini(&classes.missing_names);
    return r < 0 ? err_nomem(err) : 0;
}

/* ---- claims ---- */

/* The n-th object of those that are there and those of changes; NULL when it is of another kind, or goes. */
static struct object *object_at(struct cluster *c, size_t n, enum object_kind kind)
{
    struct object *object = NULL;
    if (n < c->objects.len)
        object = &c->objects.at[n];
    else if (c->changes.at[n - c->objects.len].kind == CHANGE_ADD
             || c->changes.at[n - c->objects.len].kind == CHANGE_UPDATE)
        object = &c->changes.at[n - c->objects.len].object;
    return object && object->kind == kind ? object : NULL;
}

static bool goes_before(const struct berth_storage_class *a, const struct berth_storage_class *b)
{
    if (a->created_ns != b->created_ns)
        return a->created_ns > b->created_ns;
    return strcmp(a->name->text, b->name->text) < 0;
}

/* Classes that come later count from the start here, too. */
static const struct berth_storage_class *default_storage_class(struct cluster *c)
{
    const struct berth_storage_class *found = NULL;
    for (size_t i = 0; i < c->objects.len + c->changes.len; i++) {
        const struct object *o = object_at(c, i, OBJECT_STORAGE_CLASS);
        if (o && o->storage_class->is_default && (!found || goes_before(o->storage_class, found)))
            found = o->storage_class;
    }
    return found;
}

/* Replaces the claim by one of the class. */
static int set_storage_class(struct cluster *c, struct object *o, berth_atom name)
{
    struct berth_persistent_volume_claim *fresh = malloc(o->claim->size);
    if (!fresh)
        return -1;
    memcpy(fresh, o->claim, o->claim->size);
    fresh->refs = 1;
    fresh->storage_class = name;
    object_unref(c->catalog, o);
    o->claim = fresh;
    return 0;
}

int admission_set_storage_classes(struct cluster *c, struct err *err)
{
    const struct berth_storage_class *class = default_storage_class(c);
    int r = 0;
    for (size_t i = 0; class && i < c->objects.len + c->changes.len && r == 0; i++) {
        struct object *o = object_at(c, i, OBJECT_PERSISTENT_VOLUME_CLAIM);
        if (o && !o->claim->storage_class && !o->claim->volume_name)
            r = set_storage_class(c, o, class->name);
    }
    return r < 0 ? err_nomem(err) : 0;
}
