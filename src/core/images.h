/* On how many nodes each image is, and how large it is: behind berth_image_nodes() and berth_image_size(). */
#ifndef CORE_IMAGES_H
#define CORE_IMAGES_H

#include "base/map.h"
#include <berth/objects.h>

/* Zero-initialise; release with images_fini(). */
struct images {
    struct map nodes; /* atom -> number of nodes */
    struct map sizes; /* atom -> bytes, as the first node that has it reported them; same keys */
};

/* Makes sure that images_add() of the node cannot fail. -ENOMEM: nothing changed. */
int images_reserve(struct images *i, const struct berth_node *node);

/* The node's images count once more, once less. An image listed twice on a node counts once. */
void images_add(struct images *i, const struct berth_node *node);
void images_remove(struct images *i, const struct berth_node *node);

/* How many nodes have the image, and its size in bytes; 0 when none has it. */
uint32_t images_nodes(const struct images *i, berth_atom image);
int64_t images_size(const struct images *i, berth_atom image);

void images_fini(struct images *i);

#endif
