/* The volumes of a pod. Private to src/api. */
#ifndef API_VOLUMES_H
#define API_VOLUMES_H

#include "api/decoder.h"

/* The volumes that scheduling cares about as a list of struct berth_volume. */
berth_list add_volumes(struct decoder *d, const struct berth_value *volumes, berth_str pod_name);

/* The reference of an image volume, item `index` of spec.volumes; the NULL slice for other volumes. */
berth_str volume_image(struct decoder *d, const struct berth_value *volume, uint32_t index);

#endif
