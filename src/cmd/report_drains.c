/* Pods that are still on a drained node, by node and reason. */
#include "cmd/report.h"

#include "base/hash.h"
#include "base/map.h"
#include "cmd/session.h"

#include <stdlib.h>

enum { MOST_GROUPS = 10, MOST_PODS = 4, INDENT = 4 };

struct group {
    uint32_t first; /* index of its first pod */
    uint32_t pods;
};

typedef VEC(struct group) group_list;

static uint64_t key_of(const struct placement *p)
{
    return hash_mix(map_ptr(p->node), hash_bytes(p->refused.ptr, p->refused.len)) | 1;
}

static void collect(group_list *groups, const struct cluster *cluster, const struct simulation *s)
{
    struct map by_key = {0};
    for (uint32_t i = 0; i < cluster->pods.len; i++) {
        if (!s->placements[i].refused.len)
            continue;
        uint64_t key = key_of(&s->placements[i]);
        const uint64_t *known = map_get(&by_key, key);
        size_t index = known ? *known : groups->len;
        struct group fresh = {.first = i};
        if (!known && (vec_push(groups, fresh) < 0 || map_put(&by_key, key, index) < 0))
            abort();
        groups->at[index].pods++;
    }
    map_fini(&by_key);
}

static void add_pods(struct buf *b, const struct cluster *cluster, const struct simulation *s,
                     const struct group *group, uint32_t most)
{
    uint64_t key = key_of(&s->placements[group->first]);
    uint32_t named = 0;
    for (size_t i = group->first; named < group->pods; i++) {
        if (!s->placements[i].refused.len || key_of(&s->placements[i]) != key)
            continue;
        if (named == most) {
            buf_printf(b, ", … +%u more", group->pods - named);
            return;
        }
        struct buf name = {0};
        session_pod_name(&name, cluster->pods.at[i].pod);
        buf_puts(b, named++ ? ", " : "");
        term_safe(b, buf_view(&name));
        buf_fini(&name);
    }
}

static void add_group(struct buf *b, const struct cluster *cluster, const struct simulation *s,
                      const struct group *group, const struct term *term, bool wide)
{
    const struct placement *first = &s->placements[group->first];
    struct buf head = {0};
    buf_printf(&head, "  %u %s on %s", group->pods, group->pods == 1 ? "stays" : "stay", first->node->text);
    term_add(b, term, RED, buf_view(&head));
    buf_puts(b, "  ");
    add_pods(b, cluster, s, group, wide ? UINT32_MAX : MOST_PODS);
    buf_char(b, '\n');
    term_wrap(b, first->refused, INDENT, term->width);
    buf_fini(&head);
}

void report_drains(struct buf *b, const struct cluster *cluster, const struct simulation *s,
                   const struct term *term, bool wide)
{
    group_list groups = {0};
    if (s->refused == 0)
        return;
    collect(&groups, cluster, s);
    term_add(b, term, BOLD, BERTH_STR("Not drained"));
    buf_char(b, '\n');
    for (size_t i = 0; i < groups.len && (wide || i < MOST_GROUPS); i++)
        add_group(b, cluster, s, &groups.at[i], term, wide);
    if (!wide && groups.len > MOST_GROUPS)
        buf_printf(b, "  … and %zu more (-o wide lists all)\n", groups.len - MOST_GROUPS);
    buf_char(b, '\n');
    vec_fini(&groups);
}

void report_drains_json(struct buf *b, const struct cluster *cluster, const struct simulation *s)
{
    const char *separator = "";
    buf_puts(b, "\"refusedEvictions\":[");
    for (size_t i = 0; i < cluster->pods.len && s->refused; i++) {
        const struct placement *p = &s->placements[i];
        if (!p->refused.len)
            continue;
        struct buf name = {0};
        session_pod_name(&name, cluster->pods.at[i].pod);
        buf_printf(b, "%s{\"pod\":", separator);
        buf_json_str(b, buf_view(&name));
        buf_puts(b, ",\"node\":");
        buf_json_str(b, berth_atom_str(p->node));
        buf_puts(b, ",\"reason\":");
        buf_json_str(b, p->refused);
        buf_char(b, '}');
        separator = ",";
        buf_fini(&name);
    }
    buf_char(b, ']');
}
