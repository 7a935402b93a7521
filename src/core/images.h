/* On how many nodes each image is: behind berth_image_nodes(). */
#ifndef CORE_IMAGES_H
#define CORE_IMAGES_H

#include "base/map.h"
#include <berth/objects.h>

/* Zero-initialise; release with images_fini(). */
struct images {
    struct map nodes; /* atom -> number of nodes */
};

/* The node's images count once more, once less. An image listed twice on a node counts once. */
int images_add(struct images *i, const struct berth_node *node);
void images_remove(struct images *i, const struct berth_node *node);

uint32_t images_nodes(const struct images *i, berth_atom image);

void images_fini(struct images *i);

#endif
