/*
 * Generic ephemeral volumes: a pod that asks for them gets a claim for each, named after both and owned by the pod.
 * https://kubernetes.io/docs/concepts/storage/ephemeral-volumes/#generic-ephemeral-volumes
 */
#include "api/decoder.h"
#include "api/expand.h"
#include "api/made.h"

#define POD(X) X(metadata) X(spec)
FIELDS(pod_fields, POD)

#define META(X) X(name) X(namespace) X(uid)
FIELDS(meta_fields, META)

#define SPEC(X) X(volumes)
FIELDS(spec_fields, SPEC)

#define VOLUME(X) X(ephemeral) X(name)
FIELDS(volume_fields, VOLUME)

#define EPHEMERAL(X) X(volumeClaimTemplate)
FIELDS(ephemeral_fields, EPHEMERAL)

/* metadata and spec */
FIELDS(template_fields, POD)

/* The claim for one volume; type BERTH_NULL when the volume asks for none. */
static struct berth_value claim_of(struct decoder *d, struct editor *e, const struct place *at,
                                   const struct berth_value *volume, const struct owner *pod)
{
    struct place ephemeral_at = {at, BERTH_STR("ephemeral"), -1};
    struct place template_at = {&ephemeral_at, BERTH_STR("volumeClaimTemplate"), -1};
    struct volume_fields v;
    struct ephemeral_fields f;
    struct template_fields template;
    read_fields(d, at, volume, FIELD_NAMES(volume_fields), &v);
    read_fields(d, &ephemeral_at, v.ephemeral, FIELD_NAMES(ephemeral_fields), &f);
    read_fields(d, &template_at, f.volumeClaimTemplate, FIELD_NAMES(template_fields), &template);
    if (d->failed || !template.spec)
        return (struct berth_value){.type = BERTH_NULL};
    berth_str name = get_str(d, at, FIELD(v, name));
    struct berth_value metadata = made_metadata(
        e, template.metadata, pod, edit_format(e, "%.*s-%.*s", BERTH_FMT(pod->name), BERTH_FMT(name)));
    struct berth_value claim = made_object(e, "v1", "PersistentVolumeClaim", metadata);
    claim.where = volume->where;
    return edit_set(e, &claim, "spec", *template.spec);
}

static struct owner read_pod(struct decoder *d, const struct berth_value *pod, const struct berth_value **ret_volumes)
{
    struct pod_fields f;
    struct meta_fields meta;
    struct spec_fields spec;
    read_fields(d, NULL, pod, FIELD_NAMES(pod_fields), &f);
    read_fields(d, &metadata_place, f.metadata, FIELD_NAMES(meta_fields), &meta);
    read_fields(d, &spec_place, f.spec, FIELD_NAMES(spec_fields), &spec);
    *ret_volumes = spec.volumes;
    return (struct owner){
        "v1", "Pod", get_str(d, &metadata_place, FIELD(meta, name)), get_str(d, &metadata_place, FIELD(meta, namespace)),
        get_str(d, &metadata_place, FIELD(meta, uid)),
    };
}

int expand_ephemeral_claims(const struct berth_value *pod, struct arena *arena, expand_fn fn, void *context,
                            struct err *err)
{
    struct decoder d = {.err = err};
    struct arena_mark mark = arena_mark(arena);
    const struct berth_value *volumes;
    struct owner owner = read_pod(&d, pod, &volumes);
    uint32_t len;
    const struct berth_value *items = get_items(&d, &spec_place, "volumes", volumes, &len);
    int r = d.failed;
    for (uint32_t i = 0; i < len && r == 0; i++) {
        struct place at = {&spec_place, BERTH_STR("volumes"), (int32_t)i};
        struct editor e = {.arena = arena, .where = items[i].where};
        struct berth_value claim = claim_of(&d, &e, &at, &items[i], &owner);
        r = d.failed ? d.failed : e.failed ? err_nomem(err) : 0;
        if (r == 0 && claim.type != BERTH_NULL)
            r = fn(context, &claim, err);
    }
    arena_rewind(arena, mark);
    return r;
}
