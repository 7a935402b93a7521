/*
 * Claims and volumes of the model API server. Each claim waits for its pod's node; then a volume is found for
 * it, or made. Controllers finish what the scheduler has written, some time later, or take it back.
 */
#include "sim.h"

#include <string.h>

enum { LOCAL_VOLUMES = 12 }; /* come by themselves; those behind them are made for claims */

void volumes_set_up(struct sim *s)
{
    s->claims = sim_chance(s, 1, 2) ? 1 + sim_below(s, 7) : 0;
    for (uint32_t i = 0; i < MOST_CLAIMS; i++)
        s->truth.claims[i].namespace = s->truth.namespaces[i % 5 % NAMESPACES].name; /* as api_new_pod() */
    for (uint32_t i = 0; s->claims && i < MOST_CLAIMS + LOCAL_VOLUMES; i++) {
        api_change_claim(s);
        api_change_volume(s);
    }
}

void volumes_classes(struct sim *s)
{
    static const char *const rows[][2] = {{"local", "kubernetes.io/no-provisioner"}, {"fast", "d"}};
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        buf_printf(&s->text,
                   "{\"apiVersion\":\"storage.k8s.io/v1\",\"kind\":\"StorageClass\",\"metadata\":{\"name\":"
                   "\"%s\"},\"provisioner\":\"%s\",\"volumeBindingMode\":\"WaitForFirstConsumer\"}",
                   rows[i][0], rows[i][1]);
        struct object class = watch_decode(s, OBJECT_STORAGE_CLASS);
        if (core_put(s->core, &class, s->now_ns) < 0)
            sim_fails(s, "core_put failed");
        object_unref(s->catalog, &class);
    }
}

static void claim_changed(struct sim *s, uint32_t at)
{
    watch_send(s, OBJECT_PERSISTENT_VOLUME_CLAIM, at, false);
}

static void volume_changed(struct sim *s, uint32_t at)
{
    watch_send(s, OBJECT_PERSISTENT_VOLUME, at, false);
}

/* ---- users ---- */

void api_change_claim(struct sim *s)
{
    uint32_t at = sim_below(s, MOST_CLAIMS);
    struct claim *claim = &s->truth.claims[at];
    if (s->claims && !claim->there) {
        *claim = (struct claim){
            .there = true, .local = sim_chance(s, 1, 2), .uid = ++s->next_uid, .namespace = claim->namespace};
        claim_changed(s, at);
    } else if (claim->there && sim_chance(s, 1, 6)) {
        watch_send(s, OBJECT_PERSISTENT_VOLUME_CLAIM, at, true);
        claim->there = false;
    }
}

void api_change_volume(struct sim *s)
{
    uint32_t at = sim_below(s, LOCAL_VOLUMES);
    struct volume *volume = &s->truth.volumes[at];
    if (s->claims && !volume->there) {
        uint32_t node = sim_chance(s, 1, 6) ? 0 : 1 + sim_below(s, s->truth.nodes_len);
        *volume = (struct volume){.there = true, .local = true, .node = node};
        volume_changed(s, at);
    } else if (volume->there && sim_chance(s, 1, volume->claim ? 30 : 6)) {
        watch_send(s, OBJECT_PERSISTENT_VOLUME, at, true);
        volume->there = false;
    }
}

/* ---- the scheduler ---- */

const char *api_write_claim(struct sim *s, const struct bind *b)
{
    struct claim *claim = &s->truth.claims[b->claim - 1];
    if (!claim->there || claim->uid != b->claim_uid)
        return "claim not found";
    if (!b->volume) {
        claim->selected = (uint32_t)b->node + 1;
        claim_changed(s, b->claim - 1);
        return NULL;
    }
    struct volume *volume = &s->truth.volumes[b->volume - 1];
    if (!volume->there)
        return "volume not found";
    if (volume->claim && !is_reserved(&s->truth, volume, b->claim - 1))
        return "the volume has been modified";
    volume->claim = b->claim;
    volume->claim_uid = b->claim_uid;
    volume_changed(s, b->volume - 1);
    return NULL;
}

/* ---- controllers ---- */

static void bind_claim(struct sim *s, uint32_t claim, uint32_t volume)
{
    bool claim_first = sim_chance(s, 1, 2);
    s->truth.claims[claim].volume = volume + 1;
    s->claims_bound++;
    if (claim_first)
        claim_changed(s, claim);
    volume_changed(s, volume);
    if (!claim_first)
        claim_changed(s, claim);
}

static void provision(struct sim *s, uint32_t at)
{
    struct claim *claim = &s->truth.claims[at];
    uint32_t volume = LOCAL_VOLUMES;
    while (volume < MOST_VOLUMES && s->truth.volumes[volume].there)
        volume++;
    if (volume == MOST_VOLUMES || (!s->calm && sim_chance(s, 1, 4))) {
        claim->selected = 0; /* it failed: the scheduler may choose another node */
        claim_changed(s, at);
        return;
    }
    s->truth.volumes[volume] = (struct volume){.there = true,
                                               .node = sim_chance(s, 1, 3) ? 0 : claim->selected,
                                               .claim = at + 1,
                                               .claim_uid = claim->uid};
    bind_claim(s, at, volume);
}

static void run_claim(struct sim *s, uint32_t at)
{
    const struct claim *claim = &s->truth.claims[at];
    if (!claim->there || claim->volume || !(s->calm || sim_chance(s, 1, 3)))
        return;
    for (uint32_t v = 0; v < MOST_VOLUMES; v++)
        if (is_reserved(&s->truth, &s->truth.volumes[v], at)) {
            bind_claim(s, at, v);
            return;
        }
    if (!claim->local && claim->selected)
        provision(s, at);
}

/* A volume whose claim is gone is for others, or gone, too. */
static void reclaim(struct sim *s, uint32_t at)
{
    struct volume *volume = &s->truth.volumes[at];
    const struct claim *claim = &s->truth.claims[volume->claim - 1];
    if (claim->there && claim->uid == volume->claim_uid)
        return;
    if (volume->local) {
        volume->claim = volume->claim_uid = 0;
        volume_changed(s, at);
    } else {
        watch_send(s, OBJECT_PERSISTENT_VOLUME, at, true);
        volume->there = false;
    }
}

void api_run_controllers(struct sim *s)
{
    for (uint32_t i = 0; i < MOST_VOLUMES; i++)
        if (s->truth.volumes[i].there && s->truth.volumes[i].claim && (s->calm || sim_chance(s, 1, 3)))
            reclaim(s, i);
    for (uint32_t i = 0; i < MOST_CLAIMS; i++)
        run_claim(s, i);
}
