#include "api/in_tree.h"

#include <stdlib.h>

struct in_tree {
    uint32_t source; /* enum berth_volume_source */
    uint32_t kind;   /* enum berth_volume_kind of an inline volume; OTHER: the one whose `extra` is `field` */
    const char *field;
    const char *plugin, *driver;
    const char *zone_key; /* of the driver; NULL: the volume's own keys stay as they are */
};

static const struct in_tree in_trees[] = {
    {BERTH_SOURCE_AWS_DISK, BERTH_VOLUME_AWS_DISK, "", "kubernetes.io/aws-ebs", "ebs.csi.aws.com",
     "topology.ebs.csi.aws.com/zone"},
    {BERTH_SOURCE_GCE_DISK, BERTH_VOLUME_GCE_DISK, "", "kubernetes.io/gce-pd", "pd.csi.storage.gke.io",
     "topology.gke.io/zone"},
    {BERTH_SOURCE_AZURE_DISK, BERTH_VOLUME_AZURE_DISK, "", "kubernetes.io/azure-disk", "disk.csi.azure.com", NULL},
    {BERTH_SOURCE_CINDER, BERTH_VOLUME_OTHER, "cinder", "kubernetes.io/cinder", "cinder.csi.openstack.org",
     "topology.cinder.csi.openstack.org/zone"},
    {BERTH_SOURCE_PORTWORX, BERTH_VOLUME_OTHER, "portworxVolume", "kubernetes.io/portworx-volume",
     "pxd.portworx.com", NULL},
};

/* In-tree plugins whose volumes are not counted although a CSI driver stands in for them. */
static const char *const uncounted[] = {"kubernetes.io/azure-file", "kubernetes.io/vsphere-volume"};

#define ZONE "topology.kubernetes.io/zone"
#define REGION "topology.kubernetes.io/region"
#define BETA_ZONE "failure-domain.beta.kubernetes.io/zone"
#define BETA_REGION "failure-domain.beta.kubernetes.io/region"

/* ---- what the drivers call the disks ---- */

/* "vol-1" of "aws://zone/vol-1". */
static berth_str ebs_id(berth_str id)
{
    static const char scheme[] = "aws://";
    if (id.len < sizeof(scheme) - 1 || memcmp(id.ptr, scheme, sizeof(scheme) - 1) != 0)
        return id;
    id = (berth_str){id.ptr + sizeof(scheme) - 1, id.len - (uint32_t)sizeof(scheme) + 1};
    const char *slash = memchr(id.ptr, '/', id.len);
    return slash ? (berth_str){slash + 1, (uint32_t)(id.ptr + id.len - slash - 1)} : id;
}

/* `zones`: what the zone label says; several are joined with "__" and make a regional disk. */
static berth_atom gce_handle(struct decoder *d, berth_str zones, berth_str id)
{
    const char *joint = zones.len ? memmem(zones.ptr, zones.len, "__", 2) : NULL;
    if (zones.len == 0)
        zones = BERTH_STR("UNSPECIFIED");
    if (!joint)
        return intern_format(d, "projects/UNSPECIFIED/zones/%.*s/disks/%.*s", BERTH_FMT(zones), BERTH_FMT(id));
    berth_str region = {zones.ptr, (uint32_t)(joint - zones.ptr)};
    const char *dash = memrchr(region.ptr, '-', region.len);
    region.len = dash ? (uint32_t)(dash - region.ptr) : region.len;
    return intern_format(d, "projects/UNSPECIFIED/regions/%.*s/disks/%.*s", BERTH_FMT(region), BERTH_FMT(id));
}

static berth_atom handle_of(struct decoder *d, const struct in_tree *t, berth_str zones, berth_atom id)
{
    if (t->source == BERTH_SOURCE_AWS_DISK)
        return intern(d, ebs_id(berth_atom_str(id)));
    return t->source == BERTH_SOURCE_GCE_DISK ? gce_handle(d, zones, berth_atom_str(id)) : id;
}

/* ---- where the drivers say the disks are ---- */

static berth_atom label_of(struct decoder *d, const struct berth_persistent_volume *volume, const char *key)
{
    return d->failed ? NULL : berth_label_get(block_at(d->block), volume->labels, intern(d, berth_str_of(key)));
}

/* Whether a term has a requirement of the key; with_values: one that names values. */
static bool affinity_has(struct decoder *d, const struct berth_persistent_volume *volume, const char *key,
                         bool with_values)
{
    berth_atom atom = intern(d, berth_str_of(key));
    const void *block = block_at(d->block);
    berth_each(struct berth_node_term, term, block, volume->node_affinity)
        berth_each(struct berth_requirement, r, block, term->expressions)
            if (r->key == atom && (r->values.len > 0 || !with_values))
                return true;
    return false;
}

static bool uses_beta_labels(struct decoder *d, const struct berth_persistent_volume *volume)
{
    if (affinity_has(d, volume, ZONE, false))
        return false;
    if (affinity_has(d, volume, BETA_ZONE, false))
        return true;
    return !label_of(d, volume, ZONE) && label_of(d, volume, BETA_ZONE);
}

struct renaming {
    berth_atom from, to;
};

/* A copy of the expressions with keys renamed. */
static berth_list renamed_expressions(struct decoder *d, berth_list expressions, const struct renaming *names, int len)
{
    struct berth_requirement *copy = scratch_array(d, expressions.len, sizeof(*copy));
    if (d->failed || expressions.len == 0)
        return (berth_list){0};
    memcpy(copy, berth_list_at(block_at(d->block), expressions), expressions.len * sizeof(*copy));
    for (uint32_t i = 0; i < expressions.len; i++)
        for (int n = 0; n < len; n++)
            if (copy[i].key == names[n].from)
                copy[i].key = names[n].to;
    return block_add(d->block, copy, sizeof(*copy), expressions.len);
}

static berth_list renamed_affinity(struct decoder *d, berth_list terms, const struct renaming *names, int len)
{
    struct berth_node_term *copy = scratch_array(d, terms.len, sizeof(*copy));
    if (d->failed || terms.len == 0)
        return (berth_list){0};
    memcpy(copy, berth_list_at(block_at(d->block), terms), terms.len * sizeof(*copy));
    for (uint32_t i = 0; i < terms.len; i++)
        copy[i].expressions = renamed_expressions(d, copy[i].expressions, names, len);
    return d->failed ? (berth_list){0} : block_add(d->block, copy, sizeof(*copy), terms.len);
}

/* One requirement: the key's value is among the zones, which are joined with "__". */
static berth_list zone_requirement(struct decoder *d, const char *key, berth_str zones)
{
    struct berth_value *items = scratch_array(d, zones.len + 1, sizeof(*items));
    struct berth_value list = {.type = BERTH_ARRAY, .items = items};
    for (const char *p = zones.ptr, *end = p + zones.len; items && p < end;) {
        const char *joint = memmem(p, (size_t)(end - p), "__", 2);
        uint32_t len = (uint32_t)((joint ? joint : end) - p);
        if (len > 0)
            items[list.len++] = (struct berth_value){.type = BERTH_STRING, .len = len, .text = p};
        p += len + 2;
    }
    if (list.len == 0)
        return (berth_list){0};
    struct berth_requirement r = {.key = intern(d, berth_str_of(key)), .op = BERTH_IN};
    r.values = get_atoms(d, &metadata_place, "labels", &list, true);
    return d->failed ? (berth_list){0} : block_add(d->block, &r, sizeof(r), 1);
}

static void translate_topology(struct decoder *d, const struct in_tree *t, struct berth_persistent_volume *volume)
{
    bool beta = uses_beta_labels(d, volume);
    const char *zone = beta ? BETA_ZONE : ZONE;
    bool in_affinity = affinity_has(d, volume, zone, true);
    const struct renaming names[] = {
        {intern(d, berth_str_of(in_affinity ? zone : t->zone_key)), intern(d, berth_str_of(t->zone_key))},
        {intern(d, berth_str_of(beta ? BETA_REGION : REGION)), intern(d, BERTH_STR(REGION))},
    };
    volume->csi_affinity = renamed_affinity(d, volume->node_affinity, names, ARRAY_LEN(names));
    berth_atom label = in_affinity ? NULL : label_of(d, volume, zone);
    if (label)
        volume->csi_zones = zone_requirement(d, t->zone_key, berth_atom_str(label));
}

/* ---- volumes, inline volumes, provisioners ---- */

static berth_str zones_of(struct decoder *d, const struct berth_persistent_volume *volume)
{
    berth_atom label = label_of(d, volume, BETA_ZONE);
    return berth_atom_str(label && label->len ? label : label_of(d, volume, ZONE));
}

void in_tree_volume(struct decoder *d, struct berth_persistent_volume *volume)
{
    volume->csi_affinity = volume->node_affinity;
    for (size_t i = 0; i < ARRAY_LEN(in_trees) && !d->failed; i++) {
        const struct in_tree *t = &in_trees[i];
        if (volume->source != t->source)
            continue;
        volume->plugin = intern(d, berth_str_of(t->plugin));
        volume->csi_driver = intern(d, berth_str_of(t->driver));
        volume->csi_handle = handle_of(d, t, zones_of(d, volume), volume->csi_handle);
        if (t->zone_key)
            translate_topology(d, t, volume);
        return;
    }
    if (volume->source != BERTH_SOURCE_CSI)
        volume->csi_driver = volume->csi_handle = NULL;
}

void in_tree_inline(struct decoder *d, struct berth_volume *volume)
{
    for (size_t i = 0; i < ARRAY_LEN(in_trees) && !d->failed; i++) {
        const struct in_tree *t = &in_trees[i];
        if (volume->kind != t->kind
            || (t->kind == BERTH_VOLUME_OTHER && strcmp(volume->extra->text, t->field) != 0))
            continue;
        volume->csi_driver = intern(d, berth_str_of(t->driver));
        volume->csi_handle = handle_of(d, t, (berth_str){0}, volume->csi_handle);
        return;
    }
    volume->csi_handle = NULL;
}

berth_atom in_tree_provisioner(struct decoder *d, berth_atom provisioner, uint32_t *ret_source)
{
    for (size_t i = 0; !d->failed && i < ARRAY_LEN(in_trees); i++)
        if (strcmp(provisioner->text, in_trees[i].plugin) == 0) {
            *ret_source = in_trees[i].source;
            return intern(d, berth_str_of(in_trees[i].driver));
        }
    *ret_source = BERTH_SOURCE_OTHER;
    for (size_t i = 0; !d->failed && i < ARRAY_LEN(uncounted); i++)
        if (strcmp(provisioner->text, uncounted[i]) == 0)
            return NULL;
    *ret_source = BERTH_SOURCE_CSI;
    return provisioner;
}
