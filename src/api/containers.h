/* The containers of a pod, and what a class keeps of them besides their requests. Private to src/api. */
#ifndef API_CONTAINERS_H
#define API_CONTAINERS_H

#include "api/decoder.h"
#include "api/volumes.h"

#define CONTAINER(X) X(image) X(name) X(ports) X(resources) X(restartPolicy) X(restartPolicyRules)
struct container_fields {
    CONTAINER(FIELD_POINTER)
};

struct container {
    struct container_fields f;
    struct place at;
    bool init;
    bool sidecar; /* an init container that keeps running */
};

struct containers {
    struct container *at; /* in scratch memory: init containers first */
    uint32_t len;
};

/* Reads the fields of both lists; what they hold is decoded by the functions below. */
struct containers read_containers(struct decoder *d, const struct berth_value *containers,
                                  const struct berth_value *init_containers);

/* Host ports of containers and sidecars as a list of struct berth_port. */
berth_list add_ports(struct decoder *d, const struct containers *containers, bool host_network);

/* Images of the containers, then of image volumes, as a list of struct berth_image_use. */
berth_list add_images(struct decoder *d, const struct containers *containers, const struct volumes *volumes);

/* Whether a restart rule restarts all containers: a feature that a node must have. */
bool restarts_all_containers(struct decoder *d, const struct containers *containers);

#endif
