/* Linear between two points, level before the first and after the last. */
#include "plugins/shape.h"

struct shape_point shape_point_at(const struct berth_value *shape, uint32_t i)
{
    return (struct shape_point){
        .utilization = berth_value_int(berth_value_get(&shape->items[i], "utilization"), 0),
        .score = berth_value_int(berth_value_get(&shape->items[i], "score"), 0),
    };
}

static int64_t value_at(const struct berth_value *shape, int64_t utilization)
{
    struct shape_point before = shape_point_at(shape, 0);
    if (utilization <= before.utilization)
        return before.score * 10;
    for (uint32_t i = 1; i < shape->len; i++) {
        struct shape_point after = shape_point_at(shape, i);
        int64_t rise = (after.score - before.score) * 10;
        if (utilization <= after.utilization)
            return before.score * 10
                   + rise * (utilization - before.utilization) / (after.utilization - before.utilization);
        before = after;
    }
    return before.score * 10;
}

void shape_read(const struct berth_value *shape, int64_t by_utilization[SHAPE_LEN])
{
    for (int64_t i = 0; i < SHAPE_LEN; i++)
        by_utilization[i] = value_at(shape, i);
}
