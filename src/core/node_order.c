#include "core/node_order.h"

#include <errno.h>
#include <stdlib.h>

/* A node, its zone, and its place among the nodes of that zone. */
struct placed {
    uint32_t turn, zone, slot;
};

static int by_turn(const void *a, const void *b)
{
    const struct placed *x = a, *y = b;
    if (x->turn != y->turn)
        return x->turn < y->turn ? -1 : 1;
    return (x->zone > y->zone) - (x->zone < y->zone);
}

/* Numbers zones as they come and nodes within them; 0 or -1 when memory ran out. */
static int deal(const struct node_table *nodes, struct placed *placed, uint32_t *ret_len)
{
    struct map zones = {0}; /* zone -> number + 1 in `sizes` */
    VEC(uint32_t) sizes = {0};
    uint32_t len = 0;
    int r = 0;
    for (uint32_t slot = 0; slot < nodes->view.len && r == 0; slot++) {
        if (!nodes->node[slot])
            continue;
        uint64_t key = nodes->node[slot]->zone ? map_ptr(nodes->node[slot]->zone) : 1;
        uint64_t *found = map_get(&zones, key);
        uint64_t zone = found ? *found : sizes.len;
        if (!found && (vec_push(&sizes, 0) < 0 || map_put(&zones, key, zone) < 0))
            r = -1;
        else
            placed[len++] = (struct placed){sizes.at[zone]++, (uint32_t)zone, slot};
    }
    *ret_len = len;
    map_fini(&zones);
    vec_fini(&sizes);
    return r;
}

int node_order_update(struct node_order *o, const struct node_table *nodes, uint64_t generation)
{
    if (o->generation == generation)
        return 0;
    o->len = 0;
    struct placed *placed = malloc((nodes->view.live + 1u) * sizeof(*placed));
    uint32_t *slots = realloc(o->slots, (nodes->view.live + 1u) * sizeof(*slots));
    uint32_t len = 0;
    o->slots = slots ? slots : o->slots;
    if (!placed || !slots || deal(nodes, placed, &len) < 0) {
        free(placed);
        return -ENOMEM;
    }
    qsort(placed, len, sizeof(*placed), by_turn);
    for (uint32_t i = 0; i < len; i++)
        slots[i] = placed[i].slot;
    free(placed);
    o->len = len;
    o->generation = generation;
    return 0;
}

void node_order_fini(struct node_order *o)
{
    free(o->slots);
}
