/*
 * Pods as JSON and YAML: the objects of the input with what binding would have changed in them, so that the
 * output can be the input of another run. Values are immutable; a change copies the members around it.
 */
#include "cmd/report.h"

#include "cmd/command.h"

#include <stdio.h>
#include <string.h>

static struct berth_value text_value(berth_str text)
{
    return (struct berth_value){.type = BERTH_STRING, .len = text.len, .text = text.ptr};
}

static bool is_key(const struct berth_member *member, const char *key)
{
    return berth_str_eq(member->key, berth_str_of(key));
}

/* A copy of `object` (NULL: {}) with a member set, in its old place or last; removed when `value` is NULL. */
static struct berth_value with_member(struct arena *a, const struct berth_value *object, const char *key,
                                      const struct berth_value *value)
{
    uint32_t old_len = object && object->type == BERTH_OBJECT ? object->len : 0, len = 0;
    struct berth_member *members = arena_need(a, (old_len + 1) * sizeof *members);
    const struct berth_value *left = value;
    for (uint32_t i = 0; i < old_len; i++) {
        bool here = is_key(&object->members[i], key);
        if (!here)
            members[len++] = object->members[i];
        else if (left)
            members[len++] = (struct berth_member){object->members[i].key, *left};
        left = here ? NULL : left;
    }
    if (left)
        members[len++] = (struct berth_member){berth_str_of(key), *left};
    return (struct berth_value){.type = BERTH_OBJECT, .len = len, .members = members};
}

static bool is_scheduled_condition(const struct berth_value *condition)
{
    berth_str type = berth_value_text(berth_value_get(condition, "type"));
    return berth_str_eq(type, BERTH_STR("PodScheduled"));
}

static struct berth_value condition_of(struct arena *a, const struct report *r, size_t pod)
{
    const struct placement *placement = &r->simulation->placements[pod];
    bool scheduled = placement->node;
    uint32_t len = 0;
    struct berth_member *members = arena_need(a, 4 * sizeof *members);
    members[len++] = (struct berth_member){BERTH_STR("type"), text_value(BERTH_STR("PodScheduled"))};
    members[len++] = (struct berth_member){BERTH_STR("status"),
                                           text_value(scheduled ? BERTH_STR("True") : BERTH_STR("False"))};
    if (!scheduled) {
        bool gated = placement->outcome == OUTCOME_GATED;
        berth_str reason = gated ? BERTH_STR("SchedulingGated") : BERTH_STR("Unschedulable");
        members[len++] = (struct berth_member){BERTH_STR("reason"), text_value(reason)};
        members[len++] = (struct berth_member){BERTH_STR("message"), text_value(report_reason(r, pod))};
    }
    return (struct berth_value){.type = BERTH_OBJECT, .len = len, .members = members};
}

static struct berth_value status_after(struct arena *a, const struct report *r, size_t pod,
                                       const struct berth_value *status)
{
    const struct berth_value *old = berth_value_get(status, "conditions");
    uint32_t old_len = old && old->type == BERTH_ARRAY ? old->len : 0, len = 0;
    struct berth_value *items = arena_need(a, (old_len + 1) * sizeof *items);
    for (uint32_t i = 0; i < old_len; i++)
        if (!is_scheduled_condition(&old->items[i]))
            items[len++] = old->items[i];
    items[len++] = condition_of(a, r, pod);
    struct berth_value conditions = {.type = BERTH_ARRAY, .len = len, .items = items};
    struct berth_value changed = with_member(a, status, "conditions", &conditions);
    if (!r->simulation->placements[pod].node)
        return changed;
    return with_member(a, &changed, "nominatedNodeName", NULL);
}

/* With the priority that admission gave it, so that the pod can be read without its PriorityClass. */
static struct berth_value spec_after(struct arena *a, const struct report *r, size_t pod,
                                     const struct berth_value *spec)
{
    const struct placement *placement = &r->simulation->placements[pod];
    char digits[16];
    int len = snprintf(digits, sizeof digits, "%d", r->cluster->pods.at[pod].pod->class->priority);
    struct berth_value priority = {
        .type = BERTH_NUMBER, .len = (uint32_t)len, .text = arena_copy(a, digits, (size_t)len)};
    struct berth_value changed = *spec;
    if (priority.text && berth_value_absent(berth_value_get(spec, "priority")))
        changed = with_member(a, spec, "priority", &priority);
    struct berth_value node = text_value(berth_atom_str(placement->node));
    return with_member(a, &changed, "nodeName", placement->node ? &node : NULL);
}

/* The pod as the API server would show it. Bound pods and those of other schedulers stay as they are. */
static struct berth_value pod_after(struct arena *a, const struct report *r, size_t pod,
                                    const struct berth_value *before)
{
    static const struct berth_value empty = {.type = BERTH_OBJECT};
    const struct placement *placement = &r->simulation->placements[pod];
    if (placement->outcome == OUTCOME_BOUND || placement->outcome == OUTCOME_OTHERS)
        return *before;
    const struct berth_value *old_spec = berth_value_get(before, "spec");
    struct berth_value spec = spec_after(a, r, pod, old_spec ? old_spec : &empty);
    bool again = r->cluster->pods.at[pod].pod->node_name; /* made room, and was created anew */
    const struct berth_value *old_status = again ? NULL : berth_value_get(before, "status");
    struct berth_value status = status_after(a, r, pod, old_status);
    struct berth_value after = with_member(a, before, "spec", &spec);
    return with_member(a, &after, "status", &status);
}

typedef void (*write_fn)(struct buf *b, const struct berth_value *pod, bool first);

static int write_pod(struct buf *b, const struct report *r, size_t pod, write_fn write, bool first,
                     struct arena *arena, struct err *err)
{
    berth_str json = r->simulation->placements[pod].json;
    char *padded = arena_need(arena, json.len + DOC_PADDING);
    memcpy(padded, json.ptr, json.len);
    struct doc doc = {.name = "pod", .text = padded, .len = json.len, .format = DOC_JSON};
    struct berth_value before;
    int code = doc_parse(&doc, arena, &before, err);
    if (code < 0)
        return code;
    struct berth_value after = pod_after(arena, r, pod, &before);
    write(b, &after, first);
    return 0;
}

static bool is_gone(enum outcome outcome)
{
    return outcome == OUTCOME_PREEMPTED || outcome == OUTCOME_EVICTED || outcome == OUTCOME_DEPARTED
           || outcome == OUTCOME_DELETED || outcome == OUTCOME_ABSENT;
}

/* All that are there at the end. */
static int write_pods(struct buf *b, const struct report *r, write_fn write, struct err *err)
{
    struct arena arena = {0};
    bool first = true;
    int code = 0;
    for (size_t i = 0; i < r->cluster->pods.len && code == 0; i++) {
        if (is_gone(r->simulation->placements[i].outcome))
            continue;
        code = write_pod(b, r, i, write, first, &arena, err);
        code = code < 0 ? code : command_stream(b);
        arena_reset(&arena);
        first = false;
    }
    arena_fini(&arena);
    return code;
}

static void write_json_item(struct buf *b, const struct berth_value *pod, bool first)
{
    buf_puts(b, first ? "\n" : ",\n");
    doc_write_json(b, pod);
}

static void write_yaml_item(struct buf *b, const struct berth_value *pod, bool first)
{
    (void)first;
    size_t start = b->len;
    doc_write_yaml(b, pod, 2);
    memcpy(b->ptr + start, "- ", 2); /* over the first line's indentation */
}

int report_json(struct buf *b, const struct report *r, struct err *err)
{
    buf_puts(b, "{\"apiVersion\":\"v1\",\"kind\":\"List\",\"items\":[");
    int code = write_pods(b, r, write_json_item, err);
    buf_puts(b, "\n],\"simulation\":");
    simulation_json(b, r, SIMULATION_BUCKETS);
    buf_puts(b, "}\n");
    return code;
}

int report_yaml(struct buf *b, const struct report *r, struct err *err)
{
    bool none = true;
    for (size_t i = 0; i < r->cluster->pods.len && none; i++)
        none = is_gone(r->simulation->placements[i].outcome);
    buf_printf(b, "apiVersion: v1\nkind: List\nitems:%s\n", none ? " []" : "");
    return write_pods(b, r, write_yaml_item, err);
}
