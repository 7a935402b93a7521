/*
 * Volumes: claims, and the disks that can be attached to one node or to few. Everything else (configuration,
 * secrets, empty directories ...) can be on every node and is left out.
 */
#include "api/volumes.h"

#include "api/in_tree.h"

static const berth_str volume_fields_names[] = {VOLUME(FIELD_TEXT)};

#define SOURCE(X)                                                                                            \
    X(claimName) X(driver) X(diskName) X(diskURI) X(image) X(iqn) X(monitors) X(pdName) X(pool)              \
    X(readOnly) X(reference) X(targetPortal) X(volumeID) X(volumePath)
FIELDS(source_fields, SOURCE)

/* Where in `struct volume_fields` a source is, what kind it gives, and which of its members names it. */
struct source_row {
    enum berth_volume_kind kind;
    const char *field;
    size_t at;     /* in struct volume_fields */
    size_t source; /* in struct source_fields */
    const char *source_name;
};
#define ROW(kind, field, member)                                                                             \
    {                                                                                                        \
        BERTH_VOLUME_##kind, #field, offsetof(struct volume_fields, field),                                  \
            offsetof(struct source_fields, member), #member                                                  \
    }
static const struct source_row source_rows[] = {
    ROW(CLAIM, persistentVolumeClaim, claimName),
    ROW(GCE_DISK, gcePersistentDisk, pdName),
    ROW(AWS_DISK, awsElasticBlockStore, volumeID),
    ROW(RBD, rbd, image),
    ROW(ISCSI, iscsi, iqn),
    ROW(CSI, csi, driver),
    ROW(AZURE_DISK, azureDisk, diskName),
    ROW(OTHER, cinder, volumeID),
    ROW(OTHER, vsphereVolume, volumePath),
    ROW(OTHER, portworxVolume, volumeID),
};

static const struct berth_value *field_at(const void *fields, size_t offset)
{
    return *(const struct berth_value *const *)((const char *)fields + offset);
}

/* The monitors, joined with ','. */
static berth_atom join_monitors(struct decoder *d, const struct place *at, const struct berth_value *monitors)
{
    uint32_t len;
    size_t bytes = 0, used = 0;
    const struct berth_value *items = get_items(d, at, "monitors", monitors, &len);
    for (uint32_t i = 0; i < len; i++) {
        struct place item = {at, BERTH_STR("monitors"), (int32_t)i};
        bytes += get_str(d, &item, NULL, &items[i]).len + 1u;
    }
    char *text = scratch_array(d, bytes, 1);
    for (uint32_t i = 0; i < len && !d->failed; i++) {
        memcpy(text + used, items[i].text, items[i].len);
        used += items[i].len;
        text[used++] = ',';
    }
    return d->failed ? NULL : intern(d, (berth_str){text, (uint32_t)(used ? used - 1 : 0)});
}

/* `extra` of struct berth_volume. An RBD volume has two: the pool goes in front of the monitors. */
static berth_atom read_extra(struct decoder *d, const struct place *at, const struct source_row *row,
                             const struct source_fields *f)
{
    switch (row->kind) {
    case BERTH_VOLUME_RBD:
        return join_monitors(d, at, f->monitors);
    case BERTH_VOLUME_ISCSI:
        return get_atom(d, at, FIELD(*f, targetPortal), NULL);
    case BERTH_VOLUME_OTHER:
        return intern(d, berth_str_of(row->field));
    default:
        return NULL;
    }
}

/* An RBD image is known by its pool, too: "<pool>/<image>". */
static berth_atom rbd_source(struct decoder *d, const struct place *at, const struct source_fields *f)
{
    berth_str pool = get_str(d, at, FIELD(*f, pool)), image = get_str(d, at, FIELD(*f, image));
    return intern_format(d, "%.*s/%.*s", BERTH_FMT(pool.len ? pool : BERTH_STR("rbd")), BERTH_FMT(image));
}

static void read_source(struct decoder *d, const struct place *volume, const struct source_row *row,
                        const struct berth_value *v, struct berth_volume *ret_volume)
{
    struct place at = {volume, berth_str_of(row->field), -1};
    struct source_fields f;
    read_fields(d, &at, v, FIELD_NAMES(source_fields), &f);
    ret_volume->kind = row->kind;
    ret_volume->read_only = get_bool(d, &at, FIELD(f, readOnly), false);
    ret_volume->source = row->kind == BERTH_VOLUME_RBD
                             ? rbd_source(d, &at, &f)
                             : get_name(d, &at, row->source_name, field_at(&f, row->source));
    ret_volume->extra = read_extra(d, &at, row, &f);
    ret_volume->csi_handle =
        row->kind == BERTH_VOLUME_AZURE_DISK ? get_name(d, &at, FIELD(f, diskURI)) : ret_volume->source;
    in_tree_inline(d, ret_volume);
}

/* Fills *ret_volume unless scheduling does not care about the volume. */
static bool read_volume(struct decoder *d, const struct place *at, const struct volume_fields *f,
                        berth_str pod_name, struct berth_volume *ret_volume)
{
    for (size_t i = 0; i < ARRAY_LEN(source_rows); i++) {
        const struct berth_value *source = field_at(f, source_rows[i].at);
        if (source) {
            read_source(d, at, &source_rows[i], source, ret_volume);
            ret_volume->name = get_atom(d, at, FIELD(*f, name), NULL);
            return true;
        }
    }
    if (!f->ephemeral)
        return false;
    ret_volume->kind = BERTH_VOLUME_EPHEMERAL;
    ret_volume->name = get_atom(d, at, FIELD(*f, name), NULL);
    ret_volume->source = intern_format(d, "%.*s-%.*s", BERTH_FMT(pod_name), /* the claim made for it */
                                       BERTH_FMT(berth_atom_str(ret_volume->name)));
    return true;
}

static struct place volume_place(uint32_t index)
{
    return (struct place){&spec_place, BERTH_STR("volumes"), (int32_t)index};
}

struct volumes read_volumes(struct decoder *d, const struct berth_value *volumes)
{
    uint32_t len;
    const struct berth_value *items = get_items(d, &spec_place, "volumes", volumes, &len);
    struct volumes all = {scratch_array(d, len, sizeof(*all.at)), 0};
    for (uint32_t i = 0; i < len && !d->failed; i++) {
        struct place at = volume_place(i);
        read_fields(d, &at, &items[i], FIELD_NAMES(volume_fields), &all.at[i]);
    }
    all.len = d->failed ? 0 : len;
    return all;
}

berth_list add_volumes(struct decoder *d, const struct volumes *volumes, berth_str pod_name)
{
    uint32_t used = 0;
    struct berth_volume *list = scratch_array(d, volumes->len, sizeof(*list));
    for (uint32_t i = 0; i < volumes->len && !d->failed; i++) {
        struct place at = volume_place(i);
        used += read_volume(d, &at, &volumes->at[i], pod_name, &list[used]);
    }
    return d->failed ? (berth_list){0} : block_add(d->block, list, sizeof(*list), used);
}

berth_str volume_image(struct decoder *d, const struct volumes *volumes, uint32_t index)
{
    const struct berth_value *image = volumes->at[index].image;
    if (!image)
        return (berth_str){0};
    struct place volume = volume_place(index), at = {&volume, BERTH_STR("image"), -1};
    struct source_fields source;
    read_fields(d, &at, image, FIELD_NAMES(source_fields), &source);
    berth_str reference = get_str(d, &at, FIELD(source, reference));
    return reference.ptr ? reference : BERTH_STR("");
}
