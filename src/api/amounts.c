/* Arithmetic on resource lists. They are short: searched from the start, by comparing atoms as pointers. */
#include "api/amounts.h"

#include "api/names.h"

#include <stdio.h>
#include <stdlib.h>

static struct amount *find(const struct amounts *list, berth_atom resource)
{
    for (uint32_t i = 0; i < list->len; i++)
        if (list->at[i].resource == resource)
            return &list->at[i];
    return NULL;
}

const struct quantity *amounts_get(const struct amounts *list, berth_atom resource)
{
    const struct amount *found = find(list, resource);
    return found ? &found->value : NULL;
}

static void append(struct decoder *d, struct amounts *list, berth_atom resource, const struct quantity *value)
{
    if (list->len == list->cap) {
        uint32_t cap = list->cap ? list->cap * 2 : 4;
        struct amount *grown = scratch_array(d, cap, sizeof(*grown));
        if (!grown)
            return;
        if (list->len)
            memcpy(grown, list->at, list->len * sizeof(*grown));
        list->at = grown;
        list->cap = cap;
    }
    list->at[list->len++] = (struct amount){resource, *value};
}

void amounts_set(struct decoder *d, struct amounts *list, berth_atom resource, const struct quantity *value)
{
    struct amount *found = find(list, resource);
    if (found)
        found->value = *value;
    else
        append(d, list, resource, value);
}

void amounts_add(struct decoder *d, struct amounts *list, const struct amounts *more)
{
    for (uint32_t i = 0; i < more->len; i++) {
        struct amount *found = find(list, more->at[i].resource);
        if (found)
            quantity_add(&found->value, &more->at[i].value);
        else
            append(d, list, more->at[i].resource, &more->at[i].value);
    }
}

void amounts_raise(struct decoder *d, struct amounts *list, const struct amounts *other)
{
    for (uint32_t i = 0; i < other->len; i++) {
        struct amount *found = find(list, other->at[i].resource);
        if (!found)
            append(d, list, other->at[i].resource, &other->at[i].value);
        else if (quantity_cmp(&other->at[i].value, &found->value) > 0)
            found->value = other->at[i].value;
    }
}

void amounts_fill(struct decoder *d, struct amounts *list, const struct amounts *other)
{
    for (uint32_t i = 0; i < other->len; i++)
        if (!find(list, other->at[i].resource))
            append(d, list, other->at[i].resource, &other->at[i].value);
}

int64_t amounts_value(const struct amounts *list, berth_atom resource)
{
    const struct quantity *q = amounts_get(list, resource);
    return q ? quantity_value(q) : 0;
}

int64_t amounts_milli(const struct amounts *list, berth_atom resource)
{
    const struct quantity *q = amounts_get(list, resource);
    return q ? quantity_milli(q) : 0;
}

/* ---- reading ---- */

static void round_up_to_milli(struct quantity *q)
{
    for (; q->scale < -3 && q->digits != 0; q->scale++) {
        q->digits = q->digits / 10 + (q->digits % 10 != 0);
        q->as_written = false;
    }
}

/* The atom of a resource's name; the common ones need no look at the table. */
static berth_atom intern_resource(struct decoder *d, berth_str name)
{
    if (berth_str_eq(name, BERTH_STR("cpu")))
        return d->known->cpu;
    if (berth_str_eq(name, BERTH_STR("memory")))
        return d->known->memory;
    return intern(d, name);
}

struct amounts get_amounts(struct decoder *d, const struct place *at, const char *name,
                           const struct berth_value *v)
{
    uint32_t len;
    const struct berth_member *members = get_members(d, at, name, v, &len);
    struct place here = {at, berth_str_of(name), -1};
    struct amounts list = {0};
    for (uint32_t i = 0; i < len && !d->failed; i++) {
        struct quantity q = get_quantity(d, &here, members[i].key, &members[i].value);
        round_up_to_milli(&q);
        amounts_set(d, &list, intern_resource(d, members[i].key), &q);
    }
    return list;
}

/* ---- scalars ---- */

static bool contains(berth_str text, berth_str part)
{
    return memmem(text.ptr, text.len, part.ptr, part.len) != NULL;
}

static bool begins(berth_str text, berth_str start)
{
    return text.len >= start.len && memcmp(text.ptr, start.ptr, start.len) == 0;
}

/* A resource of a vendor's domain, whose name a resource quota could hold with "requests." in front. */
static bool is_extended(berth_str resource)
{
    if (!contains(resource, BERTH_STR("/")) || begins(resource, BERTH_STR("requests.")) || resource.len > 320)
        return false;
    char quota[sizeof("requests.") + 320];
    int len = snprintf(quota, sizeof(quota), "requests.%.*s", BERTH_FMT(resource));
    return label_key_problems((berth_str){quota, (uint32_t)len}).len == 0;
}

/*
 * Whether the scheduler counts the resource among the scalars: extended resources, huge pages and the like.
 */
static bool is_scalar(berth_str resource)
{
    return contains(resource, BERTH_STR("kubernetes.io/")) || begins(resource, BERTH_STR("hugepages-"))
           || begins(resource, BERTH_STR("attachable-volumes-")) || is_extended(resource);
}

static int compare_amounts(const void *a, const void *b)
{
    const struct berth_amount *x = a, *y = b;
    return berth_str_cmp(berth_atom_str(x->resource), berth_atom_str(y->resource));
}

berth_list add_scalars(struct decoder *d, const struct amounts *list)
{
    uint32_t len = 0;
    struct berth_amount *scalars = scratch_array(d, list->len, sizeof(*scalars));
    for (uint32_t i = 0; i < list->len && !d->failed; i++) {
        berth_atom resource = list->at[i].resource;
        if (resource != d->known->cpu && resource != d->known->memory
            && is_scalar(berth_atom_str(resource)))
            scalars[len++] = (struct berth_amount){resource, quantity_value(&list->at[i].value)};
    }
    if (d->failed || len == 0)
        return (berth_list){0};
    qsort(scalars, len, sizeof(*scalars), compare_amounts);
    return block_add(d->block, scalars, sizeof(*scalars), len);
}
