/* A profile as text: what `berth config show -o json` prints for it. */
#include "core/profile.h"

#include <inttypes.h>
#include <stdlib.h>

static int compare_points(const void *a, const void *b)
{
    return strcmp(point_field(*(const enum point *)a), point_field(*(const enum point *)b));
}

static void show_point(struct buf *b, const struct profile *p, enum point point)
{
    buf_json_str(b, berth_str_of(point_field(point)));
    for (uint32_t i = 0; i < p->points[point].len; i++) {
        buf_puts(b, i ? "," : ":[");
        buf_json_str(b, berth_str_of(p->points[point].at[i].instance->plugin->name));
    }
    buf_char(b, ']');
}

static bool is_group_point(enum point point)
{
    return point == POINT_PLACEMENT_GENERATE || point == POINT_PLACEMENT_SCORE;
}

static int compare_names(const void *a, const void *b)
{
    const struct enabled *x = a, *y = b;
    return strcmp(x->instance->plugin->name, y->instance->plugin->name);
}

static void show_weights(struct buf *b, const struct profile *p)
{
    uint32_t len = p->points[POINT_SCORE].len;
    struct enabled *sorted = malloc((len + 1) * sizeof(*sorted));
    if (!sorted)
        abort();
    memcpy(sorted, p->points[POINT_SCORE].at, len * sizeof(*sorted));
    qsort(sorted, len, sizeof(*sorted), compare_names);
    for (uint32_t i = 0; i < len; i++) {
        buf_puts(b, i ? "," : ",\"scoreWeights\":{");
        buf_json_str(b, berth_str_of(sorted[i].instance->plugin->name));
        buf_printf(b, ":%" PRId64, sorted[i].weight);
    }
    if (len)
        buf_char(b, '}');
    free(sorted);
}

void profile_show(struct buf *b, const struct profile *p)
{
    enum point points[POINT_COUNT];
    for (int point = 0; point < POINT_COUNT; point++)
        points[point] = (enum point)point;
    qsort(points, POINT_COUNT, sizeof(*points), compare_points);
    buf_puts(b, "{\"schedulerName\":");
    buf_json_str(b, p->scheduler_name);
    buf_puts(b, ",\"plugins\":{");
    bool first = true;
    for (int i = 0; i < POINT_COUNT; i++) {
        if (p->points[points[i]].len == 0 || is_group_point(points[i]))
            continue;
        buf_puts(b, first ? "" : ",");
        show_point(b, p, points[i]);
        first = false;
    }
    buf_char(b, '}');
    show_weights(b, p);
    buf_char(b, '}');
}
