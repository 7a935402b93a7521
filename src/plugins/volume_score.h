/* How full the storage would be that a pod's waiting claims are given on a node, as a score. */
#ifndef PLUGINS_VOLUME_SCORE_H
#define PLUGINS_VOLUME_SCORE_H

#include "plugins/shape.h"
#include "plugins/volume_match.h"

/* The score, 0..100, of what was found for the claims; 0 when nothing is known about any of it. */
int64_t volume_score(const int64_t shape[SHAPE_LEN], const struct claim_match *claims, const struct found *found,
                     uint32_t len);

#endif
