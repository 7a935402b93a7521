/*
 * Disks that Kubernetes once attached itself, as the CSI drivers know them that took over (KEP-625). Only the drivers
 * whose volumes kube-scheduler counts: EBS, GCE PD, Azure Disk, Cinder and Portworx. Private to src/api.
 */
#ifndef API_IN_TREE_H
#define API_IN_TREE_H

#include "api/decoder.h"
#include <berth/storage.h>

/*
 * Completes csi_driver, csi_handle, plugin, csi_affinity and csi_zones of a volume. csi_handle is its id as written, and
 * labels and node_affinity are in the block already.
 */
void in_tree_volume(struct decoder *d, struct berth_persistent_volume *volume);

/* Completes csi_driver and csi_handle of a pod's inline volume, whose csi_handle is its id as written. */
void in_tree_inline(struct decoder *d, struct berth_volume *volume);

/*
 * The CSI driver of a provisioner: its own name when it is not in-tree; NULL when its volumes are not counted. And where
 * the bytes are of what it provisions, an enum berth_volume_source.
 */
berth_atom in_tree_provisioner(struct decoder *d, berth_atom provisioner, uint32_t *ret_source);

#endif
