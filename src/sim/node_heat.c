/*
 * How full each node was in each part of the time. A node is looked at when something there has changed; the
 * time since it was looked at last then goes into its buckets. Buckets are of equal length; when time goes on
 * beyond the last one, each two become one.
 */
#include "sim/series.h"

#include <stdlib.h>
#include <string.h>

void series_node(struct series *s, berth_atom node)
{
    const uint64_t *slot = map_get(&s->slot_of_node, map_ptr(node));
    uint32_t record = slot ? s->record_of_slot.at[*slot] : 0;
    if (!record || s->nodes.at[record - 1].touched)
        return;
    s->nodes.at[record - 1].touched = true;
    if (vec_push(&s->touched, record - 1) < 0)
        s->failed = true;
}

void series_nodes_changed(struct series *s)
{
    s->nodes_changed = true;
}

/* ---- buckets ---- */

static void fold(struct series *s)
{
    s->bucket_ns *= 2;
    for (size_t i = 0; i < s->nodes.len; i++)
        for (size_t r = 0; r < s->nodes.at[i].use.len; r++) {
            float *share = s->nodes.at[i].use.at[r].share;
            for (uint32_t b = 0; share && b < SERIES_BUCKETS / 2; b++)
                share[b] = share[2 * b] + share[2 * b + 1];
            if (share)
                memset(share + SERIES_BUCKETS / 2, 0, SERIES_BUCKETS / 2 * sizeof(*share));
        }
}

static void add_time(const struct series *s, struct node_use *use, int64_t from_ns, int64_t to_ns)
{
    if (use->alloc <= 0 || use->used <= 0)
        return;
    double part = (double)use->used / (double)use->alloc;
    while (from_ns < to_ns) {
        int64_t bucket = from_ns / s->bucket_ns, stop = (bucket + 1) * s->bucket_ns;
        stop = stop < to_ns ? stop : to_ns;
        use->share[bucket] += (float)(part * (double)(stop - from_ns));
        from_ns = stop;
    }
}

/* The node was until now as it was seen last. */
static void fill(struct series *s, struct node_record *node, int64_t now_ns)
{
    while (now_ns > s->bucket_ns * SERIES_BUCKETS)
        fold(s);
    for (size_t r = 0; r < node->use.len; r++)
        add_time(s, &node->use.at[r], node->seen_ns, now_ns);
    node->seen_ns = now_ns;
}

/* ---- looking at nodes ---- */

/* The node has so much now: the sums follow. 0, or -1 when memory ran out. */
static int note_use(struct series *s, struct node_use *use, uint32_t resource, int64_t used, int64_t alloc)
{
    if (alloc > 0 && !use->share) {
        use->share = calloc(SERIES_BUCKETS, sizeof(*use->share));
        if (!use->share)
            return -1;
    }
    s->now[SERIES_USED(resource)] += (double)used - (double)use->used;
    s->now[SERIES_ALLOC(resource)] += (double)alloc - (double)use->alloc;
    use->used = used;
    use->alloc = alloc;
    return 0;
}

static int look_at(struct series *s, struct node_record *node, const struct berth_nodes *nodes,
                   int64_t now_ns)
{
    fill(s, node, now_ns);
    node->touched = false;
    node->pods = nodes->pods[node->slot].len;
    for (uint32_t r = 0; r < nodes->resources; r++) {
        if (node->use.len <= r && vec_push(&node->use, (struct node_use){0}) < 0)
            return -1;
        if (note_use(s, &node->use.at[r], r, nodes->used[r][node->slot], nodes->alloc[r][node->slot]) < 0)
            return -1;
    }
    return 0;
}

/* The node is no longer there; its last figures stay in the record, but not in the sums. */
static void close_record(struct series *s, struct node_record *node, int64_t now_ns)
{
    fill(s, node, now_ns);
    node->to_ns = now_ns;
    for (uint32_t r = 0; r < node->use.len; r++) {
        s->now[SERIES_USED(r)] -= (double)node->use.at[r].used;
        s->now[SERIES_ALLOC(r)] -= (double)node->use.at[r].alloc;
    }
    map_delete(&s->slot_of_node, map_ptr(node->name));
    s->record_of_slot.at[node->slot] = 0;
}

static int open_record(struct series *s, const struct berth_node *node, uint32_t slot, int64_t now_ns)
{
    struct node_record fresh = {.name = node->name,
                                .zone = node->zone,
                                .from_ns = now_ns,
                                .to_ns = INT64_MAX,
                                .seen_ns = now_ns,
                                .slot = slot};
    if (vec_push(&s->nodes, fresh) < 0 || map_put(&s->slot_of_node, map_ptr(node->name), slot) < 0)
        return -1;
    s->record_of_slot.at[slot] = (uint32_t)s->nodes.len;
    return 0;
}

/* Nodes that are no longer in their slot end before others begin there. */
static int match_slots(struct series *s, const struct berth_nodes *nodes, int64_t now_ns)
{
    while (s->record_of_slot.len < nodes->len)
        if (vec_push(&s->record_of_slot, 0) < 0)
            return -1;
    for (uint32_t slot = 0; slot < s->record_of_slot.len; slot++) {
        uint32_t record = s->record_of_slot.at[slot];
        const struct berth_node *node = slot < nodes->len ? nodes->node[slot] : NULL;
        if (record && (!node || node->name != s->nodes.at[record - 1].name))
            close_record(s, &s->nodes.at[record - 1], now_ns);
    }
    for (uint32_t slot = 0; slot < nodes->len; slot++) {
        if (!nodes->node[slot])
            continue;
        if (!s->record_of_slot.at[slot] && open_record(s, nodes->node[slot], slot, now_ns) < 0)
            return -1;
        if (look_at(s, &s->nodes.at[s->record_of_slot.at[slot] - 1], nodes, now_ns) < 0)
            return -1;
    }
    return 0;
}

int node_heat_note(struct series *s, const struct core *core, int64_t now_ns)
{
    const struct berth_nodes *nodes = core_nodes(core);
    if (s->nodes_changed && match_slots(s, nodes, now_ns) < 0)
        return -1;
    s->nodes_changed = false;
    for (size_t i = 0; i < s->touched.len; i++) {
        struct node_record *node = &s->nodes.at[s->touched.at[i]];
        if (node->to_ns == INT64_MAX && look_at(s, node, nodes, now_ns) < 0)
            return -1;
    }
    s->touched.len = 0;
    return 0;
}

void node_heat_end(struct series *s, int64_t end_ns)
{
    for (size_t i = 0; i < s->nodes.len; i++)
        if (s->nodes.at[i].to_ns == INT64_MAX && s->nodes.at[i].seen_ns < end_ns)
            fill(s, &s->nodes.at[i], end_ns);
}

void node_heat_fini(struct series *s)
{
    for (size_t i = 0; i < s->nodes.len; i++) {
        for (size_t r = 0; r < s->nodes.at[i].use.len; r++)
            free(s->nodes.at[i].use.at[r].share);
        vec_fini(&s->nodes.at[i].use);
    }
    vec_fini(&s->nodes);
    vec_fini(&s->record_of_slot);
    vec_fini(&s->touched);
    map_fini(&s->slot_of_node);
}

/* ---- for reports ---- */

static double overlap(double from, double to, double start, double stop)
{
    double low = from > start ? from : start, high = to < stop ? to : stop;
    return high > low ? high - low : 0;
}

void series_heat(const struct series *s, const struct node_record *node, uint32_t resource, uint32_t len,
                 double *ret_shares)
{
    const float *share = resource < node->use.len ? node->use.at[resource].share : NULL;
    double came = (double)node->from_ns, width = (double)s->end_ns / len, bucket = (double)s->bucket_ns;
    double left = node->to_ns < s->end_ns ? (double)node->to_ns : (double)s->end_ns;
    for (uint32_t i = 0; i < len; i++) {
        double from = width * i > came ? width * i : came,
               to = width * (i + 1) < left ? width * (i + 1) : left;
        double area = 0;
        for (uint32_t b = (uint32_t)(from / bucket); share && b < SERIES_BUCKETS && bucket * b < to; b++) {
            double start = bucket * b, known = overlap(start, start + bucket, came, left);
            if (known > 0)
                area += share[b] * overlap(from, to, start, start + bucket) / known;
        }
        ret_shares[i] = to > from ? area / (to - from) : -1;
    }
}
