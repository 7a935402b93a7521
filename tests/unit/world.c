#include "world.h"

#include "base/doc.h"

void world_init(struct world *w)
{
    *w = (struct world){.catalog = catalog_new()};
    assert_non_null(w->catalog);
}

void world_fini(struct world *w)
{
    for (size_t i = 0; i < w->objects.len; i++)
        object_unref(w->catalog, &w->objects.at[i]);
    vec_fini(&w->objects);
    arena_fini(&w->arena);
    w->catalog = catalog_free(w->catalog);
}

berth_atom world_atom(struct world *w, const char *text)
{
    return text ? atoms_intern(catalog_atoms(w->catalog), berth_str_of(text)) : NULL;
}

static const void *make(struct world *w, enum object_kind kind, const char *format, va_list args)
{
    char between[4096], text[4096 + 2 + DOC_PADDING];
    int len = vsnprintf(between, sizeof(between), format, args);
    assert_in_range(len, 0, sizeof(between) - 1);
    len = snprintf(text, sizeof(text), "{%s}", between);
    struct doc doc = {.name = "test", .text = text, .len = (size_t)len, .format = DOC_YAML};
    struct berth_value value;
    struct object object;
    struct err err = {0};
    int r = doc_parse(&doc, &w->arena, &value, &err);
    r = r < 0 ? r : object_decode(w->catalog, kind, &value, &object, NULL, &err);
    EXPECT(r == 0, "%s: %s", text, err_text(&err));
    assert_int_equal(vec_push(&w->objects, object), 0);
    return object.any;
}

const void *world_object(struct world *w, enum object_kind kind, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    const void *object = make(w, kind, format, args);
    va_end(args);
    return object;
}

const struct berth_node *world_node(struct world *w, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    const struct berth_node *node = make(w, OBJECT_NODE, format, args);
    va_end(args);
    return node;
}

const struct berth_pod *world_pod(struct world *w, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    const struct berth_pod *pod = make(w, OBJECT_POD, format, args);
    va_end(args);
    return pod;
}

const struct berth_node *world_plain_node(struct world *w, const char *name, const char *labels)
{
    return world_node(w,
                      "metadata: {name: %s, labels: {%s}}, "
                      "status: {allocatable: {cpu: 4, memory: 8Gi, pods: 10}}",
                      name, labels);
}

const struct berth_pod *world_plain_pod(struct world *w, const char *name, const char *labels, int milli)
{
    return world_pod(w,
                     "metadata: {name: %s, namespace: default, labels: {%s}}, "
                     "spec: {containers: [{name: c, resources: {requests: {cpu: %dm}}}]}",
                     name, labels, milli);
}

const char *world_name(const struct berth_pod *pod)
{
    static char name[256];
    snprintf(name, sizeof(name), "%.*s", BERTH_FMT(berth_pod_name(pod)));
    return name;
}
