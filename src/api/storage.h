/*
 * The objects of storage and of disruption budgets: compact, immutable, one block each, as in
 * <berth/objects.h>. Capacities are in bytes.
 */
#ifndef API_STORAGE_H
#define API_STORAGE_H

#include <berth/objects.h>

enum access_mode {
    ACCESS_READ_WRITE_ONCE = 1u << 0,
    ACCESS_READ_ONLY_MANY = 1u << 1,
    ACCESS_READ_WRITE_MANY = 1u << 2,
    ACCESS_READ_WRITE_ONCE_POD = 1u << 3,
};

enum volume_mode { VOLUME_FILESYSTEM, VOLUME_BLOCK };

enum volume_phase { VOLUME_PENDING, VOLUME_AVAILABLE, VOLUME_BOUND, VOLUME_RELEASED, VOLUME_FAILED };

/* Where the bytes of a persistent volume are; what limits and conflicts are counted by. */
enum volume_source {
    SOURCE_OTHER, /* NFS, host path, local ...: nothing that is attached */
    SOURCE_CSI,
    SOURCE_GCE_DISK,
    SOURCE_AWS_DISK,
    SOURCE_AZURE_DISK,
    SOURCE_AZURE_FILE,
    SOURCE_CINDER,
    SOURCE_VSPHERE,
    SOURCE_PORTWORX,
};

struct persistent_volume {
    uint32_t refs, size;
    berth_atom name;
    berth_atom storage_class; /* NULL: none ("") */
    int64_t capacity;
    uint32_t access_modes; /* enum access_mode, or-ed */
    uint32_t mode;         /* enum volume_mode */
    uint32_t phase;        /* enum volume_phase */
    uint32_t terminating;
    berth_atom claim_namespace; /* spec.claimRef; NULL: none */
    berth_atom claim_name;
    berth_atom claim_uid;        /* NULL: reserved for a claim by name, not bound yet */
    uint32_t source;             /* enum volume_source */
    uint32_t has_node_affinity;  /* spec.nodeAffinity.required is given, also with no terms */
    berth_atom driver;           /* SOURCE_CSI: the driver's name */
    berth_atom handle;           /* the volume's id: volumeHandle, pdName, volumeID, diskName ... */
    berth_atom attributes_class; /* spec.volumeAttributesClassName; NULL: none */
    berth_list node_affinity;    /* of struct berth_node_term: any may match */
    berth_list labels;           /* of struct berth_label */
    berth_list annotations;      /* of struct berth_label */
    int64_t created_ns;
};

struct persistent_volume_claim {
    uint32_t refs, size;
    berth_atom namespace;
    berth_atom name;
    berth_atom uid;           /* NULL: none */
    berth_atom storage_class; /* NULL: not given, which means the default class; "" means none */
    berth_atom volume_name;   /* NULL: not bound */
    int64_t request;          /* spec.resources.requests.storage */
    uint32_t access_modes;    /* enum access_mode, or-ed */
    uint32_t mode;            /* enum volume_mode */
    uint32_t phase;           /* enum claim_phase */
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
enum claim_phase { CLAIM_PENDING, CLAIM_BOUND, CLAIM_LOST };

struct storage_class {
    uint32_t refs, size;
    berth_atom name;
    berth_atom provisioner;
    uint32_t waits_for_pod; /* volumeBindingMode: WaitForFirstConsumer */
    uint32_t is_default;    /* by annotation */
    berth_list topologies;  /* of struct storage_topology: any may match; empty: all nodes */
    int64_t created_ns;
};

struct storage_topology {
    berth_list requirements; /* of struct berth_requirement, all In; none: matches nothing */
};

struct csi_node {
    uint32_t refs, size;
    berth_atom name;     /* the node's */
    berth_list drivers;  /* of struct csi_node_driver */
    berth_list migrated; /* of berth_atom, sorted: in-tree plugins that CSI drivers stand in for */
};

struct csi_node_driver {
    berth_atom name;
    berth_atom node_id;
    berth_list topology_keys; /* of berth_atom */
    int64_t volumes;          /* allocatable.count; -1: no limit */
};

struct csi_driver {
    uint32_t refs, size;
    berth_atom name;
    uint32_t storage_capacity;  /* spec.storageCapacity: CSIStorageCapacity objects are to be looked at */
    uint32_t attach_required;   /* default true */
    uint32_t requires_csi_node; /* spec.preventPodSchedulingIfMissing */
};

struct csi_storage_capacity {
    uint32_t refs, size;
    berth_atom namespace;
    berth_atom name;
    berth_atom storage_class;
    struct berth_selector nodes; /* by node labels; NOTHING when not given */
    int64_t capacity;            /* -1: not given */
    int64_t largest_volume;      /* maximumVolumeSize; -1: not given */
};

struct disruption_budget {
    uint32_t refs, size;
    berth_atom namespace;
    berth_atom name;
    struct berth_selector selector; /* of pods; NOTHING when not given */
    int32_t disruptions_allowed;    /* status */
    berth_list disrupted;           /* of berth_atom, sorted: pods counted as disrupted already */
};

#endif
