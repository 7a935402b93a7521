/* The two readers behind doc.h. */
#ifndef BASE_READERS_H
#define BASE_READERS_H

#include "base/tree.h"

/* Feeds every document of the tree's doc to the tree, or, `only_first`, the first: then t->root holds it. */
int json_read(struct tree *t, bool only_first);
int yaml_read(struct tree *t, bool only_first);

#endif
