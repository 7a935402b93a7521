#include "core/images.h"

#include <errno.h>

/* Whether an earlier entry of the node's list has the same name. */
static bool listed_before(const struct berth_node *node, const struct berth_image *image)
{
    for (const struct berth_image *e = berth_list_at(node, node->images); e < image; e++)
        if (e->name == image->name)
            return true;
    return false;
}

int images_add(struct images *i, const struct berth_node *node)
{
    berth_each(struct berth_image, image, node, node->images)
        if (!listed_before(node, image)
            && map_put(&i->nodes, map_ptr(image->name), images_nodes(i, image->name) + 1u) < 0)
            return -ENOMEM;
    return 0;
}

void images_remove(struct images *i, const struct berth_node *node)
{
    berth_each(struct berth_image, image, node, node->images) {
        if (listed_before(node, image))
            continue;
        uint64_t *count = map_get(&i->nodes, map_ptr(image->name));
        if (count && --*count == 0)
            map_delete(&i->nodes, map_ptr(image->name));
    }
}

uint32_t images_nodes(const struct images *i, berth_atom image)
{
    uint64_t *count = map_get(&i->nodes, map_ptr(image));
    return count ? (uint32_t)*count : 0;
}

void images_fini(struct images *i)
{
    map_fini(&i->nodes);
}
