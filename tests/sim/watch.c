/* The watch: events in order, but late, some twice, and some never. A list puts everything right. */
#include "sim.h"

#include <stdio.h>

static void write_extra(struct sim *s, uint32_t slot)
{
    static const char *const apps[] = {"a", "b"};
    if (slot % 2 == 0)
        buf_printf(
            &s->text,
            "{\"apiVersion\":\"policy/v1\",\"kind\":\"PodDisruptionBudget\",\"metadata\":{\"name\":\"e%u\","
            "\"namespace\":\"default\"},\"spec\":{\"selector\":{\"matchLabels\":{\"app\":\"%s\"}}},"
            "\"status\":{\"disruptionsAllowed\":%d}}",
            slot, apps[slot / 2], s->allows[slot]);
    else
        buf_printf(&s->text,
                   "{\"apiVersion\":\"v1\",\"kind\":\"Service\",\"metadata\":{\"name\":\"e%u\",\"namespace\":"
                   "\"default\"},\"spec\":{\"selector\":{\"app\":\"%s\"}}}",
                   slot, apps[slot / 2]);
}

static enum object_kind kind_of_extra(uint32_t slot)
{
    return slot % 2 == 0 ? OBJECT_POD_DISRUPTION_BUDGET : OBJECT_SERVICE;
}

struct object watch_decode(struct sim *s, enum object_kind kind)
{
    struct berth_value value;
    struct object object = {.kind = kind};
    struct err err = {0};
    size_t len = s->text.len;
    for (int i = 0; i < DOC_PADDING; i++)
        buf_char(&s->text, ' ');
    struct doc doc = {"object", s->text.ptr, len, DOC_JSON};
    if (doc_parse(&doc, &s->arena, &value, &err) < 0
        || object_decode(s->catalog, kind, &value, &object, NULL, &err) < 0)
        sim_fails(s, "%.*s: %s", (int)len, s->text.ptr, err_text(&err));
    arena_reset(&s->arena);
    buf_clear(&s->text);
    return object;
}

/* The event that shows the object of a model. */
static struct event event_of(struct sim *s, const struct model *m, enum object_kind kind, uint32_t slot,
                             bool gone)
{
    struct event e = {.kind = kind, .slot = slot, .gone = gone};
    switch (kind) {
    case OBJECT_POD:
        e.pod = m->pods[slot];
        json_pod(&s->text, m, &e.pod);
        break;
    case OBJECT_NODE:
        e.node = m->nodes[slot];
        json_node(&s->text, &e.node);
        break;
    case OBJECT_NAMESPACE:
        e.namespace = m->namespaces[slot];
        json_namespace(&s->text, &e.namespace);
        break;
    case OBJECT_PERSISTENT_VOLUME_CLAIM:
        e.claim = m->claims[slot];
        json_claim(&s->text, m, slot);
        break;
    case OBJECT_PERSISTENT_VOLUME:
        e.volume = m->volumes[slot];
        json_volume(&s->text, m, slot);
        break;
    default:
        e.allows = s->allows[slot];
        write_extra(s, slot);
        break;
    }
    e.object = watch_decode(s, kind);
    return e;
}

void watch_send(struct sim *s, enum object_kind kind, uint32_t slot, bool gone)
{
    struct event e = event_of(s, &s->truth, kind, slot, gone);
    if (vec_push(&s->watch, e) < 0)
        sim_fails(s, "out of memory");
}

/* What the scheduler now has been told. */
static void note(struct sim *s, const struct event *e)
{
    if (e->kind == OBJECT_NODE) {
        s->seen.nodes[e->slot] = e->node;
        s->seen.nodes[e->slot].there = !e->gone;
        s->believed.nodes[e->slot] = s->seen.nodes[e->slot];
    } else if (e->kind == OBJECT_NAMESPACE) {
        s->seen.namespaces[e->slot] = e->namespace;
        s->seen.namespaces[e->slot].there = !e->gone;
        s->believed.namespaces[e->slot] = s->seen.namespaces[e->slot];
    } else if (e->kind == OBJECT_POD) {
        int32_t was_nominated = s->seen.pods[e->slot].nominated;
        s->seen.pods[e->slot] = e->pod;
        if (e->gone)
            s->seen.pods[e->slot].place = GONE;
        judge_seen_pod(s, e->slot, e->object.pod, was_nominated);
    } else if (e->kind == OBJECT_PERSISTENT_VOLUME_CLAIM) {
        s->seen.claims[e->slot] = e->claim;
        s->seen.claims[e->slot].there = !e->gone;
    } else if (e->kind == OBJECT_PERSISTENT_VOLUME) {
        s->seen.volumes[e->slot] = e->volume;
        s->seen.volumes[e->slot].there = !e->gone;
    } else {
        s->extras_seen[e->slot] = !e->gone;
        s->allows_seen[e->slot] = e->allows;
    }
}

static const char *const place_names[] = {"gone", "pending", "parked", "on"};

static void show(const struct sim *s, const struct event *e)
{
    if (e->kind == OBJECT_POD)
        sim_tell(s, "  watch: %s p%u uid-%u %s%s%s%s%s%s\n", e->gone ? "gone" : "put", e->slot, e->pod.uid,
                 place_names[e->pod.place], e->pod.place == PLACED ? " " : "",
                 e->pod.place == PLACED ? s->truth.nodes[e->pod.node].name : "",
                 e->pod.terminating ? " terminating" : "", e->pod.nominated >= 0 ? " nominated to " : "",
                 e->pod.nominated >= 0 ? s->truth.nodes[e->pod.nominated].name : "");
    else if (e->kind == OBJECT_PERSISTENT_VOLUME_CLAIM)
        sim_tell(s, "  watch: %s c%u %s uid-%u selected %u volume %u\n", e->gone ? "gone" : "put", e->slot,
                 e->claim.local ? "local" : "fast", e->claim.uid, e->claim.selected, e->claim.volume);
    else if (e->kind == OBJECT_PERSISTENT_VOLUME)
        sim_tell(s, "  watch: %s v%u node %u claim %u uid-%u\n", e->gone ? "gone" : "put", e->slot,
                 e->volume.node, e->volume.claim, e->volume.claim_uid);
    else
        sim_tell(s, "  watch: %s kind %d number %u\n", e->gone ? "gone" : "put", (int)e->kind, e->slot);
}

static void hand_over(struct sim *s, const struct event *e)
{
    show(s, e);
    if (e->kind == OBJECT_NODE)
        judge_queue_node(s, e);
    if (e->gone)
        core_remove(s->core, &e->object, sim_tell_time(s));
    else if (core_put(s->core, &e->object, sim_tell_time(s)) < 0)
        sim_fails(s, "core_put failed");
    note(s, e);
    judge_volumes_seen(s);
    sim_take_decisions(s);
}

static void done_with(struct sim *s, struct event *e)
{
    object_unref(s->catalog, &e->object);
}

bool watch_deliver(struct sim *s)
{
    if (s->delivered == s->watch.len) {
        s->delivered = s->watch.len = 0;
        return false;
    }
    struct event e = s->watch.at[s->delivered++];
    bool lose = !s->calm && sim_chance(s, 1, 60);
    if (lose)
        sim_tell(s, "  lost:\n");
    if (!lose)
        hand_over(s, &e);
    else
        show(s, &e);
    if (!lose && !s->calm && sim_chance(s, 1, 12))
        hand_over(s, &e);
    s->lost |= lose;
    done_with(s, &e);
    return true;
}

void watch_clear(struct sim *s)
{
    while (s->delivered < s->watch.len)
        done_with(s, &s->watch.at[s->delivered++]);
    s->delivered = s->watch.len = 0;
    s->lost = false;
}

static void list_one(struct sim *s, enum object_kind kind, uint32_t slot, bool there, bool seen)
{
    if (!there && !seen)
        return;
    struct event e = event_of(s, there ? &s->truth : &s->seen, kind, slot, !there);
    hand_over(s, &e);
    done_with(s, &e);
}

void watch_list(struct sim *s)
{
    sim_tell(s, "list\n");
    watch_clear(s);
    for (uint32_t i = 0; i < NAMESPACES; i++)
        list_one(s, OBJECT_NAMESPACE, i, s->truth.namespaces[i].there, s->seen.namespaces[i].there);
    uint32_t first = sim_below(s, MOST_PODS);
    bool pods_first = sim_chance(s, 1, 2);
    for (int turn = 0; turn < 2; turn++) {
        for (uint32_t i = 0; (turn == 0) == pods_first && i < MOST_PODS; i++) {
            uint32_t at = (first + i) % MOST_PODS;
            list_one(s, OBJECT_POD, at, s->truth.pods[at].place != GONE, s->seen.pods[at].place != GONE);
        }
        for (uint32_t i = 0; (turn == 0) != pods_first && i < s->truth.nodes_len; i++)
            list_one(s, OBJECT_NODE, i, s->truth.nodes[i].there, s->seen.nodes[i].there);
    }
    for (uint32_t i = 0; i < MOST_CLAIMS; i++)
        list_one(s, OBJECT_PERSISTENT_VOLUME_CLAIM, i, s->truth.claims[i].there, s->seen.claims[i].there);
    for (uint32_t i = 0; i < MOST_VOLUMES; i++)
        list_one(s, OBJECT_PERSISTENT_VOLUME, i, s->truth.volumes[i].there, s->seen.volumes[i].there);
    for (uint32_t i = 0; i < EXTRAS; i++)
        list_one(s, kind_of_extra(i), i, s->extras[i], s->extras_seen[i]);
}

void api_change_extra(struct sim *s)
{
    uint32_t at = sim_below(s, EXTRAS);
    bool changes = s->extras[at] && kind_of_extra(at) == OBJECT_POD_DISRUPTION_BUDGET && sim_chance(s, 1, 2);
    s->extras[at] = changes || !s->extras[at];
    s->allows[at] = (int32_t)sim_below(s, 3);
    watch_send(s, kind_of_extra(at), at, !s->extras[at]);
}
