/* What waiting claims can have, kept while volumes and nodes come, change and go: against a search from scratch. */
#include "base/rng.h"
#include "core/claim_fit.h"
#include "core/provision.h"
#include "core/volume_matches.h"
#include "world.h"

enum { NODES = 12, VOLUMES = 25, STEPS = 3000, PINNED = 3 };

static struct world world;
static struct storage_index storage;
static struct volume_matches matches;
static struct node_table nodes;
static uint64_t generation = 1;
static struct rng rng = {7};

static void put_node(uint32_t i)
{
    const struct berth_node *node =
        world_node(&world, "metadata: {name: n%u, labels: {host: h%u, zone: z%u}}", i, i, rng_below(&rng, 2));
    assert_true(node_table_put(&nodes, node) >= 0);
    generation++;
}

/* Volume i, of random size: pinned to a host or a zone, or reached by all nodes. */
static struct object random_volume(uint32_t i)
{
    char affinity[200] = "";
    uint32_t kind = rng_below(&rng, 4);
    if (kind < PINNED)
        snprintf(affinity, sizeof(affinity),
                 ", nodeAffinity: {required: {nodeSelectorTerms: [{matchExpressions: [{key: %s, operator: In, values: "
                 "[%s%u]}]}]}}",
                 kind ? "host" : "zone", kind ? "h" : "z", rng_below(&rng, kind ? NODES : 2));
    const void *volume = world_object(&world, OBJECT_PERSISTENT_VOLUME,
                                      "metadata: {name: v%u}, spec: {capacity: {storage: %uGi}, accessModes: [ReadWriteOnce], "
                                      "storageClassName: local%s}, status: {phase: Available}",
                                      i, 1 + rng_below(&rng, 4), affinity);
    return (struct object){.kind = OBJECT_PERSISTENT_VOLUME, .any = volume};
}

static void change_something(const struct berth_persistent_volume_claim *claim)
{
    struct object object = random_volume(rng_below(&rng, VOLUMES)), old = {.kind = OBJECT_PERSISTENT_VOLUME};
    uint64_t key = storage_key(NULL, object.volume->name);
    const struct berth_persistent_volume *shown = storage_get(&storage, STORAGE_VOLUMES, key);
    switch (rng_below(&rng, 6)) {
    case 0:
        assert_int_equal(storage_put(&storage, &object, &old.any), 0);
        break;
    case 1:
        old.any = storage_remove(&storage, &object);
        break;
    case 2:
        storage_forget(&storage, STORAGE_VOLUMES, key);
        break;
    case 3:
        if (rng_below(&rng, 20) == 0)
            put_node(rng_below(&rng, NODES));
        break;
    default: /* what happens most: it is taken */
        if (shown)
            assert_int_equal(storage_assume(&storage, STORAGE_VOLUMES, key, claimed_volume(shown, claim)), 0);
    }
    if (old.any)
        object_unref(world.catalog, &old);
}

static bool reaches(const struct berth_persistent_volume *v, const struct berth_node *node)
{
    berth_each(struct berth_node_term, term, v, v->node_affinity)
        if (berth_node_term_matches(v, term, node))
            return true;
    return !v->has_node_affinity;
}

/* The smallest free volume that the node reaches but `without`, the first to come of equal ones; NULL: none. */
static const struct berth_persistent_volume *search(const struct berth_persistent_volume_claim *claim,
                                                    const struct berth_node *node,
                                                    const struct berth_persistent_volume *without)
{
    const void *const *all;
    uint32_t len = storage_list(&storage, STORAGE_VOLUMES, claim->storage_class, &all);
    const struct berth_persistent_volume *best = NULL;
    for (uint32_t i = 0; i < len; i++) {
        const struct berth_persistent_volume *v = all[i];
        if (v != without && volume_suits(v, claim, true) && volume_is_free(v, claim) && reaches(v, node)
            && (!best || v->capacity < best->capacity))
            best = v;
    }
    return best;
}

static const struct berth_persistent_volume *at(const struct berth_volume_matches *m, uint32_t index)
{
    return index ? m->volumes[index - 1] : NULL;
}

static void what_is_kept_is_what_a_search_finds(void **state)
{
    (void)state;
    world_init(&world);
    storage = (struct storage_index){.catalog = world.catalog};
    matches = (struct volume_matches){.catalog = world.catalog};
    assert_int_equal(node_table_init(&nodes), 0);
    for (uint32_t i = 0; i < NODES; i++)
        put_node(i);
    const struct berth_persistent_volume_claim *claims[2];
    for (uint32_t i = 0; i < 2; i++)
        claims[i] = world_object(&world, OBJECT_PERSISTENT_VOLUME_CLAIM,
                                 "metadata: {name: c%u, namespace: default}, spec: {accessModes: [ReadWriteOnce], "
                                 "storageClassName: local, resources: {requests: {storage: %uGi}}}",
                                 i, 1 + 2 * i);
    for (uint32_t step = 0; step < STEPS; step++) {
        const struct berth_persistent_volume_claim *claim = claims[rng_below(&rng, 2)];
        change_something(claim);
        if (rng_below(&rng, 3))
            continue; /* several changes at once */
        volume_matches_new_cycle(&matches);
        const struct berth_volume_matches *m =
            volume_matches_get(&matches, &storage, &nodes, generation, claim, true);
        assert_non_null(m);
        for (uint32_t slot = 0; slot < nodes.view.len; slot++) {
            const struct berth_persistent_volume *first = at(m, m->first[slot]);
            if (first != search(claim, nodes.node[slot], NULL))
                fail_msg("step %u, slot %u: the first", step, slot);
            if (first && !at(m, berth_next_match(m, nodes.node[slot], m->first[slot]))
                             != !search(claim, nodes.node[slot], first))
                fail_msg("step %u, slot %u: the next", step, slot);
        }
    }
    volume_matches_fini(&matches);
    storage_fini(&storage);
    node_table_fini(&nodes);
    world_fini(&world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(what_is_kept_is_what_a_search_finds)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
