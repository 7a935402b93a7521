/*
 * The objects of storage: compact, immutable, one block each, as in <berth/objects.h>. Capacities are in bytes.
 *
 * Disks that were once built in ("in-tree": awsElasticBlockStore ...) are handed over to CSI drivers. Where plugins
 * need to know such a disk as its driver does, the CSI name is given beside the old one.
 */
#ifndef BERTH_STORAGE_H
#define BERTH_STORAGE_H

#include <berth/objects.h>

enum berth_access_mode {
    BERTH_ACCESS_READ_WRITE_ONCE = 1u << 0,
    BERTH_ACCESS_READ_ONLY_MANY = 1u << 1,
    BERTH_ACCESS_READ_WRITE_MANY = 1u << 2,
    BERTH_ACCESS_READ_WRITE_ONCE_POD = 1u << 3,
};

enum berth_volume_mode { BERTH_VOLUME_FILESYSTEM, BERTH_VOLUME_BLOCK };

enum berth_volume_phase {
    BERTH_VOLUME_PENDING,
    BERTH_VOLUME_AVAILABLE,
    BERTH_VOLUME_BOUND,
    BERTH_VOLUME_RELEASED,
    BERTH_VOLUME_FAILED,
};

/* Where the bytes of a persistent volume are; what limits and conflicts are counted by. */
enum berth_volume_source {
    BERTH_SOURCE_OTHER, /* NFS, host path, local ...: nothing that is attached */
    BERTH_SOURCE_CSI,
    BERTH_SOURCE_GCE_DISK,
    BERTH_SOURCE_AWS_DISK,
    BERTH_SOURCE_AZURE_DISK,
    BERTH_SOURCE_AZURE_FILE,
    BERTH_SOURCE_CINDER,
    BERTH_SOURCE_VSPHERE,
    BERTH_SOURCE_PORTWORX,
};

struct berth_persistent_volume {
    uint32_t refs, size;
    berth_atom name;
    berth_atom storage_class; /* NULL: none ("") */
    int64_t capacity;
    uint32_t access_modes; /* enum berth_access_mode, or-ed */
    uint32_t mode;         /* enum berth_volume_mode */
    uint32_t phase;        /* enum berth_volume_phase */
    uint32_t terminating;
    berth_atom claim_namespace; /* spec.claimRef; NULL: none */
    berth_atom claim_name;
    berth_atom claim_uid;        /* NULL: reserved for a claim by name, not bound yet */
    uint32_t source;             /* enum berth_volume_source */
    uint32_t has_node_affinity;  /* spec.nodeAffinity.required is given, also with no terms */
    berth_atom driver;           /* BERTH_SOURCE_CSI: the driver's name */
    berth_atom handle;           /* the volume's id: volumeHandle, pdName, volumeID, diskName ... */
    berth_atom csi_driver;       /* the driver that attaches it, also of an in-tree disk; NULL: none */
    berth_atom csi_handle;       /* what that driver calls it */
    berth_atom plugin;           /* an in-tree disk with such a driver: "kubernetes.io/aws-ebs" ...; else NULL */
    berth_atom attributes_class; /* spec.volumeAttributesClassName; NULL: none */
    berth_list node_affinity;    /* of struct berth_node_term: any may match */
    /*
     * In-tree disks on nodes whose driver took over: the same with the driver's own topology keys; and what must
     * match besides, from the volume's zone labels.
     */
    berth_list csi_affinity; /* of struct berth_node_term */
    berth_list csi_zones;    /* of struct berth_requirement */
    berth_list labels;           /* of struct berth_label */
    berth_list annotations;      /* of struct berth_label */
    int64_t created_ns;
};

struct berth_persistent_volume_claim {
    uint32_t refs, size;
    berth_atom namespace;
    berth_atom name;
    berth_atom uid;           /* NULL: none */
    berth_atom storage_class; /* NULL: not given, which means the default class; "" means none */
    berth_atom volume_name;   /* NULL: not bound */
    berth_atom selected_node; /* by annotation: where it is to be provisioned; NULL: not decided */
    uint32_t bind_completed;  /* by annotation: with a volume_name it is bound for good */
    int64_t request;          /* spec.resources.requests.storage; 0 when not given */
    uint32_t has_request;
    uint32_t access_modes;    /* enum berth_access_mode, or-ed */
    uint32_t mode;            /* enum berth_volume_mode */
    uint32_t phase;           /* enum berth_claim_phase */
    uint32_t terminating;
    struct berth_selector selector; /* of volumes by their labels; NOTHING when not given: no restriction */
    berth_atom owner_kind;          /* controlling owner; NULL: none. Of an ephemeral volume: its pod */
    berth_atom owner_name;
    berth_atom owner_uid;
    berth_atom attributes_class; /* spec.volumeAttributesClassName; NULL: none */
    berth_list labels;           /* of struct berth_label */
    berth_list annotations;      /* of struct berth_label: bind-completed, selected-node ... */
    int64_t created_ns;
};
enum berth_claim_phase { BERTH_CLAIM_PENDING, BERTH_CLAIM_BOUND, BERTH_CLAIM_LOST };

struct berth_storage_class {
    uint32_t refs, size;
    berth_atom name;
    berth_atom provisioner;
    berth_atom csi_driver; /* who attaches what it provisions, also for an in-tree provisioner; NULL: nobody that is
                              counted */
    uint32_t source;        /* enum berth_volume_source: what it provisions; an in-tree disk stays one */
    uint32_t waits_for_pod; /* volumeBindingMode: WaitForFirstConsumer */
    uint32_t is_default;    /* by annotation */
    berth_list topologies;  /* of struct berth_storage_topology: any may match; empty: all nodes */
    uint64_t topologies_hash; /* of allowedTopologies in the order written */
    int64_t created_ns;
};

struct berth_storage_topology {
    berth_list requirements; /* of struct berth_requirement, all In; none: matches nothing */
};

struct berth_csi_node {
    uint32_t refs, size;
    berth_atom name;     /* the node's */
    berth_list drivers;  /* of struct berth_csi_node_driver */
    berth_list migrated; /* of berth_atom, sorted: in-tree plugins that CSI drivers stand in for */
    berth_atom migrated_text; /* the same as the annotation has it; NULL: no annotation */
};

struct berth_csi_node_driver {
    berth_atom name;
    berth_atom node_id;
    berth_list topology_keys; /* of berth_atom */
    int64_t volumes;          /* allocatable.count; -1: no limit */
};

struct berth_csi_driver {
    uint32_t refs, size;
    berth_atom name;
    uint32_t storage_capacity;  /* spec.storageCapacity: CSIStorageCapacity objects are to be looked at */
    uint32_t attach_required;   /* default true */
    uint32_t requires_csi_node; /* spec.preventPodSchedulingIfMissing */
};

struct berth_csi_storage_capacity {
    uint32_t refs, size;
    berth_atom namespace;
    berth_atom name;
    berth_atom storage_class;
    struct berth_selector nodes; /* by node labels; NOTHING when not given */
    int64_t capacity;            /* -1: not given */
    int64_t largest_volume;      /* maximumVolumeSize; -1: not given */
};

/* A volume is attached to a node, or to be. */
struct berth_volume_attachment {
    uint32_t refs, size;
    berth_atom name;
    berth_atom attacher;    /* the CSI driver; NULL: none */
    berth_atom node_name;
    berth_atom volume_name; /* NULL: not a persistent volume */
};

#endif
