/* What every object has that a controller makes: its type, its name and who owns it. */
#include "api/made.h"

#include "base/array.h"

static struct berth_value owner_references(struct editor *e, const struct owner *owner)
{
    struct berth_value reference = edit_object(e);
    reference = edit_set(e, &reference, "apiVersion", edit_str(e, berth_str_of(owner->api_version)));
    reference = edit_set(e, &reference, "kind", edit_str(e, berth_str_of(owner->kind)));
    reference = edit_set(e, &reference, "name", edit_str(e, owner->name));
    reference = edit_set(e, &reference, "uid", edit_str(e, owner->uid));
    reference = edit_set(e, &reference, "controller", edit_bool(e, true));
    return edit_array(e, reference);
}

struct berth_value made_metadata(struct editor *e, const struct berth_value *from, const struct owner *owner,
                                 struct berth_value name)
{
    struct berth_value metadata = edit_object(e);
    metadata = edit_set(e, &metadata, "name", name);
    if (owner->namespace.len)
        metadata = edit_set(e, &metadata, "namespace", edit_str(e, owner->namespace));
    static const char *const kept[] = {"labels", "annotations"};
    for (size_t i = 0; i < ARRAY_LEN(kept); i++) {
        const struct berth_value *v = berth_value_get(from, kept[i]);
        if (!berth_value_absent(v))
            metadata = edit_set(e, &metadata, kept[i], *v);
    }
    return edit_set(e, &metadata, "ownerReferences", owner_references(e, owner));
}

struct berth_value made_object(struct editor *e, const char *api_version, const char *kind,
                               struct berth_value metadata)
{
    struct berth_value object = edit_object(e);
    object = edit_set(e, &object, "apiVersion", edit_str(e, berth_str_of(api_version)));
    object = edit_set(e, &object, "kind", edit_str(e, berth_str_of(kind)));
    return edit_set(e, &object, "metadata", metadata);
}
