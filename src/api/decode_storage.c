/* Volumes, claims, storage classes, what CSI drivers say, and disruption budgets. */
#include "api/amounts.h"
#include "api/in_tree.h"
#include "api/internal.h"
#include "base/hash.h"

#define OBJECT(X) X(metadata) X(spec) X(status)
FIELDS(object_fields, OBJECT)

/* An object's parts, its metadata read. */
static struct object_fields begin(struct decoder *d, const struct berth_value *v, bool namespaced,
                                  size_t size, struct meta *ret_meta)
{
    struct object_fields f;
    read_fields(d, NULL, v, FIELD_NAMES(object_fields), &f);
    read_meta(d, f.metadata, namespaced, ret_meta);
    block_start(d->block, size);
    return f;
}

/* Whole units of a quantity, `otherwise` when it is absent. */
static int64_t whole_quantity(struct decoder *d, const struct place *at, const char *name,
                              const struct berth_value *v, int64_t otherwise)
{
    struct quantity q = get_quantity(d, at, berth_str_of(name), v);
    return v ? quantity_value(&q) : otherwise;
}

static int64_t storage_of(struct decoder *d, const struct place *at, const char *name,
                          const struct berth_value *v)
{
    struct amounts list = get_amounts(d, at, name, v);
    return amounts_value(&list, intern(d, BERTH_STR("storage")));
}

static uint32_t access_modes(struct decoder *d, const struct berth_value *v)
{
    static const char *const names[] = {"ReadWriteOnce", "ReadOnlyMany", "ReadWriteMany", "ReadWriteOncePod"};
    uint32_t len, modes = 0;
    const struct berth_value *items = get_items(d, &spec_place, "accessModes", v, &len);
    for (uint32_t i = 0; i < len; i++) {
        struct place at = {&spec_place, BERTH_STR("accessModes"), (int32_t)i};
        modes |= 1u << get_choice(d, &at, NULL, &items[i], names, ARRAY_LEN(names), 0);
    }
    return modes;
}

static uint32_t volume_mode(struct decoder *d, const struct berth_value *v)
{
    static const char *const names[] = {"Filesystem", "Block"};
    return (uint32_t)get_choice(d, &spec_place, "volumeMode", v, names, ARRAY_LEN(names),
                                BERTH_VOLUME_FILESYSTEM);
}

/* A label or annotation, NULL when it is not in the list. */
static berth_atom find_label(struct decoder *d, const struct berth_label *labels, uint32_t len, berth_str key)
{
    berth_atom atom = intern(d, key);
    for (uint32_t i = 0; i < len; i++)
        if (labels[i].key == atom)
            return labels[i].value;
    return NULL;
}

/* The class of a volume or claim: the annotation of old clusters goes before the field. */
static berth_atom class_name(struct decoder *d, const struct berth_label *annotations, uint32_t len,
                             const struct berth_value *field)
{
    berth_atom annotated =
        find_label(d, annotations, len, BERTH_STR("volume.beta.kubernetes.io/storage-class"));
    return annotated ? annotated : get_atom(d, &spec_place, "storageClassName", field, NULL);
}

/* ---- persistent volumes ---- */

#define VOLUME(X)                                                                                            \
    X(accessModes) X(capacity) X(claimRef) X(nodeAffinity) X(storageClassName)                               \
    X(volumeAttributesClassName) X(volumeMode) X(csi) X(gcePersistentDisk) X(awsElasticBlockStore)           \
    X(azureDisk) X(azureFile) X(cinder) X(vsphereVolume) X(portworxVolume)
FIELDS(volume_fields, VOLUME)

#define SOURCE(X)                                                                                            \
    X(driver) X(volumeHandle) X(pdName) X(volumeID) X(diskName) X(shareName) X(volumePath) X(diskURI)
FIELDS(source_fields, SOURCE)

#define CLAIM_REF(X) X(name) X(namespace) X(uid)
FIELDS(claim_ref_fields, CLAIM_REF)

#define REQUIRED(X) X(required)
FIELDS(required_fields, REQUIRED)

#define TERMS(X) X(nodeSelectorTerms)
FIELDS(terms_fields, TERMS)

#define PHASE(X) X(phase)
FIELDS(phase_fields, PHASE)

static void read_source(struct decoder *d, const char *name, const struct berth_value *v,
                        enum berth_volume_source source, struct berth_persistent_volume *volume)
{
    if (!v)
        return;
    struct place at = {&spec_place, berth_str_of(name), -1};
    struct source_fields f;
    read_fields(d, &at, v, FIELD_NAMES(source_fields), &f);
    volume->source = source;
    volume->driver = get_name(d, &at, FIELD(f, driver));
    const struct {
        const char *name;
        const struct berth_value *v;
    } ids[] = {{FIELD(f, volumeHandle)}, {FIELD(f, pdName)},    {FIELD(f, volumeID)},
               {FIELD(f, diskName)},     {FIELD(f, shareName)}, {FIELD(f, volumePath)}};
    for (size_t i = 0; i < ARRAY_LEN(ids) && !volume->handle; i++)
        volume->handle = get_name(d, &at, ids[i].name, ids[i].v);
    volume->csi_driver = volume->driver;
    volume->csi_handle =
        source == BERTH_SOURCE_AZURE_DISK ? get_name(d, &at, FIELD(f, diskURI)) : volume->handle;
}

static void read_sources(struct decoder *d, const struct volume_fields *f,
                         struct berth_persistent_volume *volume)
{
    read_source(d, FIELD(*f, csi), BERTH_SOURCE_CSI, volume);
    read_source(d, FIELD(*f, gcePersistentDisk), BERTH_SOURCE_GCE_DISK, volume);
    read_source(d, FIELD(*f, awsElasticBlockStore), BERTH_SOURCE_AWS_DISK, volume);
    read_source(d, FIELD(*f, azureDisk), BERTH_SOURCE_AZURE_DISK, volume);
    read_source(d, FIELD(*f, azureFile), BERTH_SOURCE_AZURE_FILE, volume);
    read_source(d, FIELD(*f, cinder), BERTH_SOURCE_CINDER, volume);
    read_source(d, FIELD(*f, vsphereVolume), BERTH_SOURCE_VSPHERE, volume);
    read_source(d, FIELD(*f, portworxVolume), BERTH_SOURCE_PORTWORX, volume);
}

static void read_claim_ref(struct decoder *d, const struct berth_value *v,
                           struct berth_persistent_volume *volume)
{
    static const struct place at = {&spec_place, {"claimRef", 8}, -1};
    struct claim_ref_fields f;
    read_fields(d, &at, v, FIELD_NAMES(claim_ref_fields), &f);
    volume->claim_namespace = get_name(d, &at, FIELD(f, namespace));
    volume->claim_name = get_name(d, &at, FIELD(f, name));
    volume->claim_uid = get_name(d, &at, FIELD(f, uid));
}

static void read_volume_affinity(struct decoder *d, const struct berth_value *v,
                                 struct berth_persistent_volume *volume)
{
    static const struct place affinity = {&spec_place, {"nodeAffinity", 12}, -1};
    static const struct place required = {&affinity, {"required", 8}, -1};
    struct required_fields f;
    struct terms_fields terms;
    read_fields(d, &affinity, v, FIELD_NAMES(required_fields), &f);
    read_fields(d, &required, f.required, FIELD_NAMES(terms_fields), &terms);
    volume->has_node_affinity = f.required != NULL;
    volume->node_affinity = get_node_terms(d, &required, FIELD(terms, nodeSelectorTerms));
}

static uint32_t read_phase(struct decoder *d, const struct berth_value *status, const char *const *names,
                           int n)
{
    struct phase_fields f;
    read_fields(d, &status_place, status, FIELD_NAMES(phase_fields), &f);
    return (uint32_t)get_choice(d, &status_place, FIELD(f, phase), names, n, 0);
}

const struct berth_persistent_volume *decode_volume(struct decoder *d, const struct berth_value *v)
{
    static const char *const phases[] = {"Pending", "Available", "Bound", "Released", "Failed"};
    struct berth_persistent_volume volume = {0};
    struct meta meta;
    struct object_fields object = begin(d, v, false, sizeof(volume), &meta);
    struct volume_fields f;
    uint32_t annotations_len;
    read_fields(d, &spec_place, object.spec, FIELD_NAMES(volume_fields), &f);
    struct berth_label *annotations =
        read_labels(d, &metadata_place, "annotations", meta.annotations, &annotations_len);
    volume.name = intern(d, meta.name);
    volume.storage_class = class_name(d, annotations, annotations_len, f.storageClassName);
    if (volume.storage_class && volume.storage_class->len == 0)
        volume.storage_class = NULL;
    volume.capacity = storage_of(d, &spec_place, FIELD(f, capacity));
    volume.access_modes = access_modes(d, f.accessModes);
    volume.mode = volume_mode(d, f.volumeMode);
    volume.phase = read_phase(d, object.status, phases, ARRAY_LEN(phases));
    volume.terminating = meta.terminating;
    volume.attributes_class = get_name(d, &spec_place, FIELD(f, volumeAttributesClassName));
    read_claim_ref(d, f.claimRef, &volume);
    read_sources(d, &f, &volume);
    read_volume_affinity(d, f.nodeAffinity, &volume);
    volume.labels = get_labels(d, &metadata_place, "labels", meta.labels);
    volume.annotations = add_labels(d, annotations, annotations_len);
    in_tree_volume(d, &volume);
    volume.created_ns = meta.created_ns;
    return finish_object(d, &volume, sizeof(volume));
}

/* ---- claims ---- */

#define CLAIM(X)                                                                                             \
    X(accessModes) X(resources) X(selector) X(storageClassName) X(volumeAttributesClassName)                 \
    X(volumeMode) X(volumeName)
FIELDS(claim_fields, CLAIM)

#define REQUESTS(X) X(requests)
FIELDS(requests_fields, REQUESTS)

#define OWNER(X) X(controller) X(kind) X(name) X(uid)
FIELDS(owner_fields, OWNER)

static void read_claim_owner(struct decoder *d, const struct berth_value *references,
                             struct berth_persistent_volume_claim *claim)
{
    uint32_t len;
    const struct berth_value *items = get_items(d, &metadata_place, "ownerReferences", references, &len);
    for (uint32_t i = 0; i < len && !claim->owner_kind; i++) {
        struct place at = {&metadata_place, BERTH_STR("ownerReferences"), (int32_t)i};
        struct owner_fields f;
        read_fields(d, &at, &items[i], FIELD_NAMES(owner_fields), &f);
        if (!get_bool(d, &at, FIELD(f, controller), false))
            continue;
        claim->owner_kind = get_name(d, &at, FIELD(f, kind));
        claim->owner_name = get_name(d, &at, FIELD(f, name));
        claim->owner_uid = get_name(d, &at, FIELD(f, uid));
    }
}

static void read_claim_request(struct decoder *d, const struct berth_value *resources,
                               struct berth_persistent_volume_claim *claim)
{
    static const struct place at = {&spec_place, {"resources", 9}, -1};
    struct requests_fields f;
    read_fields(d, &at, resources, FIELD_NAMES(requests_fields), &f);
    claim->request = storage_of(d, &at, FIELD(f, requests));
    claim->has_request = berth_value_get(f.requests, "storage") != NULL;
}

const struct berth_persistent_volume_claim *decode_claim(struct decoder *d, const struct berth_value *v)
{
    static const char *const phases[] = {"Pending", "Bound", "Lost"};
    struct berth_persistent_volume_claim claim;
    memset(&claim, 0, sizeof(claim));
    struct meta meta;
    struct object_fields object = begin(d, v, true, sizeof(claim), &meta);
    struct claim_fields f;
    uint32_t annotations_len;
    read_fields(d, &spec_place, object.spec, FIELD_NAMES(claim_fields), &f);
    struct berth_label *annotations =
        read_labels(d, &metadata_place, "annotations", meta.annotations, &annotations_len);
    claim.namespace = meta.namespace;
    claim.name = intern(d, meta.name);
    claim.uid = meta.uid.len ? intern(d, meta.uid) : NULL;
    claim.storage_class = class_name(d, annotations, annotations_len, f.storageClassName);
    claim.volume_name = get_name(d, &spec_place, FIELD(f, volumeName));
    claim.selected_node =
        find_label(d, annotations, annotations_len, BERTH_STR("volume.kubernetes.io/selected-node"));
    claim.bind_completed =
        find_label(d, annotations, annotations_len, BERTH_STR("pv.kubernetes.io/bind-completed")) != NULL;
    read_claim_request(d, f.resources, &claim);
    claim.access_modes = access_modes(d, f.accessModes);
    claim.mode = volume_mode(d, f.volumeMode);
    claim.phase = read_phase(d, object.status, phases, ARRAY_LEN(phases));
    claim.terminating = meta.terminating;
    claim.selector = get_selector(d, &spec_place, FIELD(f, selector));
    read_claim_owner(d, meta.owner_references, &claim);
    claim.attributes_class = get_name(d, &spec_place, FIELD(f, volumeAttributesClassName));
    claim.labels = get_labels(d, &metadata_place, "labels", meta.labels);
    claim.annotations = add_labels(d, annotations, annotations_len);
    claim.created_ns = meta.created_ns;
    return finish_object(d, &claim, sizeof(claim));
}

/* ---- storage classes ---- */

#define STORAGE_CLASS(X) X(allowedTopologies) X(metadata) X(provisioner) X(volumeBindingMode)
FIELDS(storage_class_fields, STORAGE_CLASS)

#define TOPOLOGY(X) X(matchLabelExpressions)
FIELDS(topology_fields, TOPOLOGY)

#define EXPRESSION(X) X(key) X(values)
FIELDS(expression_fields, EXPRESSION)

static berth_list read_topology(struct decoder *d, const struct place *at, const struct berth_value *v)
{
    uint32_t len;
    struct topology_fields f;
    read_fields(d, at, v, FIELD_NAMES(topology_fields), &f);
    const struct berth_value *items = get_items(d, at, FIELD(f, matchLabelExpressions), &len);
    struct berth_requirement *list = scratch_array(d, len, sizeof(*list));
    for (uint32_t i = 0; i < len && !d->failed; i++) {
        struct place item = {at, BERTH_STR("matchLabelExpressions"), (int32_t)i};
        struct expression_fields e;
        read_fields(d, &item, &items[i], FIELD_NAMES(expression_fields), &e);
        list[i].key = intern(d, get_str(d, &item, FIELD(e, key)));
        list[i].op = BERTH_IN;
        list[i].values = get_atoms(d, &item, FIELD(e, values), true);
    }
    return d->failed ? (berth_list){0} : block_add(d->block, list, sizeof(*list), len);
}

static uint64_t hash_of(const struct berth_value *v)
{
    struct buf text = {0};
    if (v)
        doc_write_json(&text, v);
    uint64_t hash = hash_bytes(text.ptr, text.len);
    buf_fini(&text);
    return hash;
}

static berth_list read_topologies(struct decoder *d, const struct berth_value *v)
{
    uint32_t len;
    const struct berth_value *items = get_items(d, NULL, "allowedTopologies", v, &len);
    struct berth_storage_topology *list = scratch_array(d, len, sizeof(*list));
    for (uint32_t i = 0; i < len && !d->failed; i++) {
        struct place at = {NULL, BERTH_STR("allowedTopologies"), (int32_t)i};
        list[i].requirements = read_topology(d, &at, &items[i]);
    }
    return d->failed ? (berth_list){0} : block_add(d->block, list, sizeof(*list), len);
}

static bool is_true(berth_atom value)
{
    return value && strcmp(value->text, "true") == 0;
}

const struct berth_storage_class *decode_storage_class(struct decoder *d, const struct berth_value *v)
{
    static const char *const modes[] = {"Immediate", "WaitForFirstConsumer"};
    struct berth_storage_class class = {0};
    struct meta meta;
    struct storage_class_fields f;
    uint32_t annotations_len;
    begin(d, v, false, sizeof(class), &meta);
    read_fields(d, NULL, v, FIELD_NAMES(storage_class_fields), &f);
    struct berth_label *annotations =
        read_labels(d, &metadata_place, "annotations", meta.annotations, &annotations_len);
    class.name = intern(d, meta.name);
    class.provisioner = intern(d, get_str(d, NULL, FIELD(f, provisioner)));
    class.csi_driver = in_tree_provisioner(d, class.provisioner, &class.source);
    class.waits_for_pod = get_choice(d, NULL, FIELD(f, volumeBindingMode), modes, ARRAY_LEN(modes), 0) == 1;
    class.is_default = is_true(find_label(d, annotations, annotations_len,
                                          BERTH_STR("storageclass.kubernetes.io/is-default-class")))
                       || is_true(find_label(d, annotations, annotations_len,
                                             BERTH_STR("storageclass.beta.kubernetes.io/is-default-class")));
    class.topologies = read_topologies(d, f.allowedTopologies);
    class.topologies_hash = hash_of(f.allowedTopologies);
    class.created_ns = meta.created_ns;
    return finish_object(d, &class, sizeof(class));
}

/* ---- CSI ---- */

#define CSI_NODE(X) X(drivers)
FIELDS(csi_node_fields, CSI_NODE)

#define DRIVER(X) X(allocatable) X(name) X(nodeID) X(topologyKeys)
FIELDS(driver_fields, DRIVER)

#define ALLOCATABLE(X) X(count)
FIELDS(allocatable_fields, ALLOCATABLE)

static void read_driver(struct decoder *d, const struct place *at, const struct berth_value *v,
                        struct berth_csi_node_driver *ret_driver)
{
    struct driver_fields f;
    struct allocatable_fields a;
    struct place allocatable = {at, BERTH_STR("allocatable"), -1};
    read_fields(d, at, v, FIELD_NAMES(driver_fields), &f);
    read_fields(d, &allocatable, f.allocatable, FIELD_NAMES(allocatable_fields), &a);
    ret_driver->name = intern(d, get_str(d, at, FIELD(f, name)));
    ret_driver->node_id = intern(d, get_str(d, at, FIELD(f, nodeID)));
    ret_driver->topology_keys = get_atoms(d, at, FIELD(f, topologyKeys), false);
    ret_driver->volumes = get_int(d, &allocatable, FIELD(a, count), 0, INT32_MAX, -1);
}

/* The names in a text that separates them by commas, sorted, each once. */
static berth_list split_names(struct decoder *d, berth_atom text)
{
    struct berth_value *items = scratch_array(d, text->len + 1, sizeof(*items));
    struct berth_value list = {.type = BERTH_ARRAY, .items = items};
    const char *end = text->text + text->len;
    for (const char *start = text->text; items && start < end;) {
        const char *comma = memchr(start, ',', (size_t)(end - start));
        const char *stop = comma ? comma : end;
        if (stop > start)
            items[list.len++] =
                (struct berth_value){.type = BERTH_STRING, .len = (uint32_t)(stop - start), .text = start};
        start = stop + 1;
    }
    return get_atoms(d, &metadata_place, "annotations", &list, true);
}

const struct berth_csi_node *decode_csi_node(struct decoder *d, const struct berth_value *v)
{
    struct berth_csi_node node = {0};
    struct meta meta;
    struct object_fields object = begin(d, v, false, sizeof(node), &meta);
    struct csi_node_fields f;
    uint32_t len, annotations_len;
    read_fields(d, &spec_place, object.spec, FIELD_NAMES(csi_node_fields), &f);
    const struct berth_value *items = get_items(d, &spec_place, FIELD(f, drivers), &len);
    struct berth_csi_node_driver *drivers = scratch_array(d, len, sizeof(*drivers));
    for (uint32_t i = 0; i < len && !d->failed; i++) {
        struct place at = {&spec_place, BERTH_STR("drivers"), (int32_t)i};
        read_driver(d, &at, &items[i], &drivers[i]);
    }
    struct berth_label *annotations =
        read_labels(d, &metadata_place, "annotations", meta.annotations, &annotations_len);
    berth_atom migrated = find_label(d, annotations, annotations_len,
                                     BERTH_STR("storage.alpha.kubernetes.io/migrated-plugins"));
    if (d->failed)
        return NULL;
    node.name = intern(d, meta.name);
    node.drivers = block_add(d->block, drivers, sizeof(*drivers), len);
    node.migrated = migrated ? split_names(d, migrated) : (berth_list){0};
    node.migrated_text = migrated;
    return finish_object(d, &node, sizeof(node));
}

#define CSI_DRIVER(X) X(attachRequired) X(preventPodSchedulingIfMissing) X(storageCapacity)
FIELDS(csi_driver_fields, CSI_DRIVER)

const struct berth_csi_driver *decode_csi_driver(struct decoder *d, const struct berth_value *v)
{
    struct berth_csi_driver driver = {0};
    struct meta meta;
    struct object_fields object = begin(d, v, false, sizeof(driver), &meta);
    struct csi_driver_fields f;
    read_fields(d, &spec_place, object.spec, FIELD_NAMES(csi_driver_fields), &f);
    driver.name = intern(d, meta.name);
    driver.storage_capacity = get_bool(d, &spec_place, FIELD(f, storageCapacity), false);
    driver.attach_required = get_bool(d, &spec_place, FIELD(f, attachRequired), true);
    driver.requires_csi_node = get_bool(d, &spec_place, FIELD(f, preventPodSchedulingIfMissing), false);
    return finish_object(d, &driver, sizeof(driver));
}

#define CAPACITY(X) X(capacity) X(maximumVolumeSize) X(nodeTopology) X(storageClassName)
FIELDS(capacity_fields, CAPACITY)

const struct berth_csi_storage_capacity *decode_csi_capacity(struct decoder *d, const struct berth_value *v)
{
    struct berth_csi_storage_capacity capacity;
    memset(&capacity, 0, sizeof(capacity));
    struct meta meta;
    struct capacity_fields f;
    begin(d, v, true, sizeof(capacity), &meta);
    read_fields(d, NULL, v, FIELD_NAMES(capacity_fields), &f);
    capacity.namespace = meta.namespace;
    capacity.name = intern(d, meta.name);
    capacity.storage_class = intern(d, get_str(d, NULL, FIELD(f, storageClassName)));
    capacity.nodes = get_selector(d, NULL, FIELD(f, nodeTopology));
    capacity.capacity = whole_quantity(d, NULL, FIELD(f, capacity), -1);
    capacity.largest_volume = whole_quantity(d, NULL, FIELD(f, maximumVolumeSize), -1);
    return finish_object(d, &capacity, sizeof(capacity));
}

#define ATTACHMENT(X) X(attacher) X(nodeName) X(source)
FIELDS(attachment_fields, ATTACHMENT)

#define ATTACHED(X) X(persistentVolumeName)
FIELDS(attached_fields, ATTACHED)

const struct berth_volume_attachment *decode_attachment(struct decoder *d, const struct berth_value *v)
{
    static const struct place source = {&spec_place, {"source", 6}, -1};
    struct berth_volume_attachment attachment = {0};
    struct meta meta;
    struct object_fields object = begin(d, v, false, sizeof(attachment), &meta);
    struct attachment_fields f;
    struct attached_fields attached;
    read_fields(d, &spec_place, object.spec, FIELD_NAMES(attachment_fields), &f);
    read_fields(d, &source, f.source, FIELD_NAMES(attached_fields), &attached);
    attachment.name = intern(d, meta.name);
    attachment.attacher = get_name(d, &spec_place, FIELD(f, attacher));
    attachment.node_name = intern(d, get_str(d, &spec_place, FIELD(f, nodeName)));
    attachment.volume_name = get_name(d, &source, FIELD(attached, persistentVolumeName));
    return finish_object(d, &attachment, sizeof(attachment));
}

/* ---- disruption budgets ---- */

#define BUDGET(X) X(maxUnavailable) X(minAvailable) X(selector) X(unhealthyPodEvictionPolicy)
FIELDS(budget_fields, BUDGET)

#define BUDGET_STATUS(X) X(disruptedPods) X(disruptionsAllowed)
FIELDS(budget_status_fields, BUDGET_STATUS)

/* The keys of an object, sorted. */
static berth_list get_keys(struct decoder *d, const struct place *at, const char *name,
                           const struct berth_value *v)
{
    uint32_t len;
    const struct berth_member *members = get_members(d, at, name, v, &len);
    struct berth_value *items = scratch_array(d, len, sizeof(*items));
    for (uint32_t i = 0; i < len && items; i++)
        items[i] =
            (struct berth_value){.type = BERTH_STRING, .len = members[i].key.len, .text = members[i].key.ptr};
    return get_atoms(d, at, name, &(struct berth_value){.type = BERTH_ARRAY, .len = len, .items = items},
                     true);
}

/* "50%" as 50, -1 when it does not read so. */
static int32_t parse_percent(berth_str text)
{
    int32_t value = 0;
    uint32_t digits = text.len && text.ptr[text.len - 1] == '%' ? text.len - 1 : 0;
    for (uint32_t i = 0; i < digits; i++) {
        if (text.ptr[i] < '0' || text.ptr[i] > '9' || value > 100)
            return -1;
        value = value * 10 + (text.ptr[i] - '0');
    }
    return digits && value <= 100 ? value : -1;
}

/* A whole number or a percentage. */
static struct budget_limit get_limit(struct decoder *d, const char *name, const struct berth_value *v)
{
    if (!v)
        return (struct budget_limit){0};
    if (v->type != BERTH_STRING)
        return (struct budget_limit){true, false,
                                     (int32_t)get_int(d, &spec_place, name, v, 0, INT32_MAX, 0)};
    int32_t percent = parse_percent(get_str(d, &spec_place, name, v));
    if (percent < 0)
        complain(d, &spec_place, name, v, "must be a whole number, or a percentage such as \"50%%\"");
    return (struct budget_limit){true, true, percent};
}

const struct disruption_budget *decode_budget(struct decoder *d, const struct berth_value *v)
{
    static const char *const policies[] = {"IfHealthyBudget", "AlwaysAllow"};
    struct disruption_budget budget;
    memset(&budget, 0, sizeof(budget));
    struct meta meta;
    struct object_fields object = begin(d, v, true, sizeof(budget), &meta);
    struct budget_fields f;
    struct budget_status_fields status;
    read_fields(d, &spec_place, object.spec, FIELD_NAMES(budget_fields), &f);
    read_fields(d, &status_place, object.status, FIELD_NAMES(budget_status_fields), &status);
    budget.namespace = meta.namespace;
    budget.name = intern(d, meta.name);
    budget.selector = get_selector(d, &spec_place, FIELD(f, selector));
    budget.min_available = get_limit(d, FIELD(f, minAvailable));
    budget.max_unavailable = get_limit(d, FIELD(f, maxUnavailable));
    budget.evicts_unhealthy = get_choice(d, &spec_place, FIELD(f, unhealthyPodEvictionPolicy), policies,
                                         ARRAY_LEN(policies), 0)
                              == 1;
    budget.disruptions_allowed =
        (int32_t)get_int(d, &status_place, FIELD(status, disruptionsAllowed), INT32_MIN, INT32_MAX, 0);
    budget.disrupted = get_keys(d, &status_place, FIELD(status, disruptedPods));
    return finish_object(d, &budget, sizeof(budget));
}
