#include "core/images.h"

#include <assert.h>
#include <errno.h>

int images_reserve(struct images *i, const struct berth_node *node)
{
    uint32_t more = node->images.len;
    return map_reserve(&i->nodes, more) < 0 || map_reserve(&i->sizes, more) < 0 ? -ENOMEM : 0;
}

/* Whether an earlier entry of the node's list has the same name. */
static bool listed_before(const struct berth_node *node, const struct berth_image *image)
{
    for (const struct berth_image *e = berth_list_at(node, node->images); e < image; e++)
        if (e->name == image->name)
            return true;
    return false;
}

static void put(struct map *m, berth_atom image, uint64_t value)
{
    int r = map_put(m, map_ptr(image), value);
    assert(r == 0); /* images_reserve() came before */
    (void)r;
}

void images_add(struct images *i, const struct berth_node *node)
{
    berth_each(struct berth_image, image, node, node->images) {
        if (listed_before(node, image))
            continue;
        uint32_t nodes = images_nodes(i, image->name);
        put(&i->nodes, image->name, nodes + 1u);
        if (nodes == 0)
            put(&i->sizes, image->name, (uint64_t)image->size);
    }
}

void images_remove(struct images *i, const struct berth_node *node)
{
    berth_each(struct berth_image, image, node, node->images) {
        uint64_t *count = listed_before(node, image) ? NULL : map_get(&i->nodes, map_ptr(image->name));
        if (count && --*count == 0) {
            map_delete(&i->nodes, map_ptr(image->name));
            map_delete(&i->sizes, map_ptr(image->name));
        }
    }
}

uint32_t images_nodes(const struct images *i, berth_atom image)
{
    uint64_t *count = map_get(&i->nodes, map_ptr(image));
    return count ? (uint32_t)*count : 0;
}

int64_t images_size(const struct images *i, berth_atom image)
{
    uint64_t *size = map_get(&i->sizes, map_ptr(image));
    return size ? (int64_t)*size : 0;
}

void images_fini(struct images *i)
{
    map_fini(&i->nodes);
    map_fini(&i->sizes);
}
