/*
 * Claims and volumes as the scheduler and the volume controllers change them. Every function makes a new object with one
 * reference, which goes to the caller; NULL when memory ran out.
 */
#ifndef CORE_PROVISION_H
#define CORE_PROVISION_H

#include "api/catalog.h"
#include <berth/storage.h>

/* The volume as reserved for the claim, and as bound to it. */
struct berth_persistent_volume *claimed_volume(const struct berth_persistent_volume *volume,
                                               const struct berth_persistent_volume_claim *claim);
struct berth_persistent_volume *bound_volume(const struct berth_persistent_volume *volume,
                                             const struct berth_persistent_volume_claim *claim);

/* The claim as one of the storage class, as one to be provisioned for the node, and as bound to the volume. */
struct berth_persistent_volume_claim *claim_of_class(const struct berth_persistent_volume_claim *claim, berth_atom class);
struct berth_persistent_volume_claim *claim_on_node(const struct berth_persistent_volume_claim *claim, berth_atom node);
struct berth_persistent_volume_claim *bound_claim(const struct berth_persistent_volume_claim *claim, berth_atom volume);

/*
 * A new volume bound to the claim, as its class's driver would make it for the node: reached from the nodes with the same
 * values of the driver's topology keys, which csi_node (NULL: there is none) tells; of a driver that tells none, of the
 * keys that the class allows topologies by. Without such keys, or without a node (NULL), all nodes reach it.
 */
struct berth_persistent_volume *provisioned_volume(struct catalog *catalog,
                                                   const struct berth_persistent_volume_claim *claim,
                                                   const struct berth_storage_class *class,
                                                   const struct berth_node *node,
                                                   const struct berth_csi_node *csi_node);

/* What the node says about the driver; NULL: nothing. */
const struct berth_csi_node_driver *csi_driver_on(const struct berth_csi_node *node, berth_atom name);

#endif
