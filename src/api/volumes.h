/* The volumes of a pod. Private to src/api. */
#ifndef API_VOLUMES_H
#define API_VOLUMES_H

#include "api/decoder.h"

#define VOLUME(X)                                                                                            \
    X(name) X(persistentVolumeClaim) X(ephemeral) X(gcePersistentDisk) X(awsElasticBlockStore)               \
    X(rbd) X(iscsi) X(csi) X(azureDisk) X(cinder) X(vsphereVolume) X(portworxVolume) X(image)
struct volume_fields {
    VOLUME(FIELD_POINTER)
};

struct volumes {
    struct volume_fields *at; /* in scratch memory */
    uint32_t len;
};

/* The volumes of a pod's spec; none when the decoder failed. */
struct volumes read_volumes(struct decoder *d, const struct berth_value *volumes);

/* The volumes that scheduling cares about as a list of struct berth_volume. */
berth_list add_volumes(struct decoder *d, const struct volumes *volumes, berth_str pod_name);

/* The reference of an image volume; the NULL slice for other volumes. */
berth_str volume_image(struct decoder *d, const struct volumes *volumes, uint32_t index);

#endif
