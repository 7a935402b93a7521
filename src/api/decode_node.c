/* Nodes: what they offer, how they are labelled and tainted. */
#include "api/amounts.h"
#include "api/internal.h"

#define OBJECT(X) X(metadata) X(spec) X(status)
FIELDS(object_fields, OBJECT)

#define SPEC(X) X(taints) X(unschedulable)
FIELDS(spec_fields, SPEC)

#define STATUS(X) X(allocatable) X(capacity) X(conditions) X(declaredFeatures) X(images)
FIELDS(status_fields, STATUS)

uint32_t effect_of(berth_str text)
{
    if (berth_str_eq(text, BERTH_STR("NoSchedule")))
        return BERTH_NO_SCHEDULE;
    if (berth_str_eq(text, BERTH_STR("PreferNoSchedule")))
        return BERTH_PREFER_NO_SCHEDULE;
    return berth_str_eq(text, BERTH_STR("NoExecute")) ? BERTH_NO_EXECUTE : BERTH_EFFECT_OTHER;
}

#define TAINT(X) X(effect) X(key) X(value)
FIELDS(taint_fields, TAINT)

static berth_list add_taints(struct decoder *d, const struct berth_value *taints)
{
    uint32_t len;
    const struct berth_value *items = get_items(d, &spec_place, "taints", taints, &len);
    struct berth_taint *list = scratch_array(d, len, sizeof(*list));
    for (uint32_t i = 0; i < len && !d->failed; i++) {
        struct place at = {&spec_place, BERTH_STR("taints"), (int32_t)i};
        struct taint_fields f;
        read_fields(d, &at, &items[i], FIELD_NAMES(taint_fields), &f);
        list[i].key = intern(d, get_str(d, &at, FIELD(f, key)));
        list[i].value = intern(d, get_str(d, &at, FIELD(f, value)));
        list[i].effect = effect_of(get_str(d, &at, FIELD(f, effect)));
    }
    return d->failed ? (berth_list){0} : block_add(d->block, list, sizeof(*list), len);
}

/* ---- images ---- */

#define IMAGE(X) X(names) X(sizeBytes)
FIELDS(image_fields, IMAGE)

static berth_list add_images(struct decoder *d, const struct berth_value *images)
{
    uint32_t len, used = 0;
    size_t most = 0;
    const struct berth_value *items = get_items(d, &status_place, "images", images, &len);
    struct image_fields *fields = scratch_array(d, len, sizeof(*fields));
    for (uint32_t i = 0; i < len && !d->failed; i++) {
        struct place at = {&status_place, BERTH_STR("images"), (int32_t)i};
        read_fields(d, &at, &items[i], FIELD_NAMES(image_fields), &fields[i]);
        most += fields[i].names ? fields[i].names->len : 0;
    }
    struct berth_image *list = scratch_array(d, most, sizeof(*list));
    for (uint32_t i = 0; i < len && !d->failed; i++) {
        struct place at = {&status_place, BERTH_STR("images"), (int32_t)i};
        uint32_t names_len;
        const struct berth_value *names = get_items(d, &at, FIELD(fields[i], names), &names_len);
        int64_t size = get_int(d, &at, FIELD(fields[i], sizeBytes), 0, INT64_MAX, 0);
        for (uint32_t j = 0; j < names_len; j++) {
            struct place name = {&at, BERTH_STR("names"), (int32_t)j};
            list[used++] = (struct berth_image){intern(d, get_str(d, &name, NULL, &names[j])), size};
        }
    }
    return d->failed ? (berth_list){0} : block_add(d->block, list, sizeof(*list), used);
}

/* ---- conditions ---- */

#define CONDITION(X) X(status) X(type)
FIELDS(condition_fields, CONDITION)

static berth_list add_conditions(struct decoder *d, const struct berth_value *conditions)
{
    uint32_t len;
    const struct berth_value *items = get_items(d, &status_place, "conditions", conditions, &len);
    struct berth_label *list = scratch_array(d, len, sizeof(*list));
    for (uint32_t i = 0; i < len && !d->failed; i++) {
        struct place at = {&status_place, BERTH_STR("conditions"), (int32_t)i};
        struct condition_fields f;
        read_fields(d, &at, &items[i], FIELD_NAMES(condition_fields), &f);
        list[i].key = intern(d, get_str(d, &at, FIELD(f, type)));
        list[i].value = intern(d, get_str(d, &at, FIELD(f, status)));
    }
    return d->failed ? (berth_list){0} : block_add(d->block, list, sizeof(*list), len);
}

/* ---- zone ---- */

/* The value of the first of the two labels that is there. */
static berth_str either_label(struct decoder *d, const struct berth_label *labels, uint32_t len,
                              berth_str first, berth_str second)
{
    berth_atom keys[2] = {intern(d, first), intern(d, second)};
    for (int k = 0; k < 2; k++)
        for (uint32_t i = 0; i < len; i++)
            if (labels[i].key == keys[k])
                return berth_atom_str(labels[i].value);
    return (berth_str){0};
}

static berth_atom zone_of(struct decoder *d, const struct berth_label *labels, uint32_t len)
{
    static const char separator[3] = {':', '\0', ':'};
    berth_str zone = either_label(d, labels, len, BERTH_STR("failure-domain.beta.kubernetes.io/zone"),
                                  BERTH_STR("topology.kubernetes.io/zone"));
    berth_str region = either_label(d, labels, len, BERTH_STR("failure-domain.beta.kubernetes.io/region"),
                                    BERTH_STR("topology.kubernetes.io/region"));
    if (zone.len == 0 && region.len == 0)
        return NULL;
    char *text = scratch_array(d, (size_t)region.len + sizeof(separator) + zone.len, 1);
    if (!text)
        return NULL;
    if (region.len)
        memcpy(text, region.ptr, region.len);
    memcpy(text + region.len, separator, sizeof(separator));
    if (zone.len)
        memcpy(text + region.len + sizeof(separator), zone.ptr, zone.len);
    return intern(d, (berth_str){text, region.len + (uint32_t)sizeof(separator) + zone.len});
}

/* ---- node ---- */

static void decode_allocatable(struct decoder *d, const struct status_fields *f, struct berth_node *node)
{
    struct amounts capacity = get_amounts(d, &status_place, FIELD(*f, capacity));
    struct amounts list = f->allocatable ? get_amounts(d, &status_place, FIELD(*f, allocatable)) : capacity;
    node->cpu = amounts_milli(&list, d->known->cpu);
    node->memory = amounts_value(&list, d->known->memory);
    node->ephemeral_storage = amounts_value(&list, d->known->ephemeral_storage);
    node->pods = amounts_value(&list, d->known->pods);
    node->scalars = add_scalars(d, &list);
}

const struct berth_node *decode_node(struct decoder *d, const struct berth_value *v)
{
    struct object_fields f;
    struct spec_fields spec;
    struct status_fields status;
    struct meta meta;
    read_fields(d, NULL, v, FIELD_NAMES(object_fields), &f);
    read_meta(d, f.metadata, false, &meta);
    read_fields(d, &spec_place, f.spec, FIELD_NAMES(spec_fields), &spec);
    read_fields(d, &status_place, f.status, FIELD_NAMES(status_fields), &status);

    block_start(d->block, sizeof(struct berth_node));
    struct berth_node node = {0};
    uint32_t labels_len;
    struct berth_label *labels = read_labels(d, &metadata_place, "labels", meta.labels, &labels_len);
    node.name = intern(d, meta.name);
    node.zone = zone_of(d, labels, labels_len);
    node.unschedulable = get_bool(d, &spec_place, FIELD(spec, unschedulable), false);
    node.has_declared_features = status.declaredFeatures != NULL;
    node.created_ns = meta.created_ns;
    decode_allocatable(d, &status, &node);
    node.labels = add_labels(d, labels, labels_len);
    node.taints = add_taints(d, spec.taints);
    node.images = add_images(d, status.images);
    node.features = get_atoms(d, &status_place, FIELD(status, declaredFeatures), true);
    node.annotations = get_labels(d, &metadata_place, "annotations", meta.annotations);
    node.conditions = add_conditions(d, status.conditions);
    node.uid = block_add_str(d->block, meta.uid);
    return finish_object(d, &node, sizeof(node));
}
