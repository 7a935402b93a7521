/* Vectors, maps and atoms, each against a plain model; and the hash and the random numbers under them. */
#include "base/atoms.h"
#include "base/hash.h"
#include "base/map.h"
#include "base/rng.h"
#include "base/vec.h"

#include "check.h"

#include <stdio.h>
#include <stdlib.h>

static void a_vector_keeps_what_was_pushed(void **state)
{
    VEC(uint64_t) v = {0};
    (void)state;
    for (uint64_t i = 0; i < 10000; i++)
        assert_int_equal(vec_push(&v, i * 3), 0);
    assert_int_equal(v.len, 10000);
    for (uint64_t i = 0; i < v.len; i++)
        assert_int_equal(v.at[i], i * 3);
    vec_fini(&v);
    assert_null(v.at);
}

/* Few keys and many rounds, so that runs of neighbours form, wrap around and lose members in the middle. */
static void a_map_agrees_with_an_array(void **state)
{
    enum { KEYS = 200 };
    uint64_t model[KEYS + 1] = {0}; /* 0: absent */
    struct map m = {0};
    struct rng rng = {42};
    size_t len = 0;
    (void)state;
    for (int round = 0; round < 50000; round++) {
        uint64_t key = 1 + rng_below(&rng, KEYS);
        if (rng_below(&rng, 2)) {
            len += model[key] == 0;
            model[key] = 1 + rng_below(&rng, 1000);
            assert_int_equal(map_put(&m, key, model[key]), 0);
        } else {
            assert_int_equal(map_delete(&m, key), model[key] != 0);
            len -= model[key] != 0;
            model[key] = 0;
        }
        uint64_t probe = 1 + rng_below(&rng, KEYS);
        uint64_t *value = map_get(&m, probe);
        assert_int_equal(value ? *value : 0, model[probe]);
        assert_int_equal(m.len, len);
    }
    map_fini(&m);
    assert_null(map_get(&m, 1));
    assert_false(map_delete(&m, 1));
}

static void equal_texts_are_one_atom(void **state)
{
    enum { MANY = 5000 };
    struct atoms t = {0};
    berth_atom first[MANY];
    char text[32];
    (void)state;
    assert_null(atoms_find(&t, BERTH_STR("app")));
    for (int round = 0; round < 2; round++) {
        for (int i = 0; i < MANY; i++) {
            berth_str s = {text, (uint32_t)snprintf(text, sizeof(text), "label-%d", i)};
            berth_atom atom = atoms_intern(&t, s);
            if (round == 0)
                first[i] = atom;
            assert_ptr_equal(atom, first[i]);
            assert_int_equal(atom->id, i + 1);
            assert_string_equal(atom->text, text);
            assert_ptr_equal(atoms_find(&t, s), atom);
        }
    }
    atoms_fini(&t);
}

static void atoms_may_be_empty_or_hold_nul(void **state)
{
    struct atoms t = {0};
    (void)state;
    berth_atom empty = atoms_intern(&t, (berth_str){0});
    assert_non_null(empty);
    assert_ptr_equal(atoms_intern(&t, BERTH_STR("")), empty);
    berth_atom a = atoms_intern(&t, (berth_str){"a\0b", 3});
    berth_atom b = atoms_intern(&t, (berth_str){"a\0c", 3});
    assert_ptr_not_equal(a, b);
    assert_int_equal(a->len, 3);
    atoms_fini(&t);
}

static void hashes_differ_in_every_byte(void **state)
{
    unsigned char text[24] = {0};
    (void)state;
    uint64_t plain = hash_bytes(text, sizeof(text));
    for (size_t i = 0; i < sizeof(text); i++) {
        text[i] = 1;
        assert_true(hash_bytes(text, sizeof(text)) != plain);
        text[i] = 0;
        assert_true(hash_bytes(text, i) != plain);
    }
}

/* The numbers are part of the contract: the same seed gives the same placements everywhere. */
static void random_numbers_are_fixed_by_the_seed(void **state)
{
    struct rng rng = {0};
    (void)state;
    assert_true(rng_next(&rng) == 0xe220a8397b1dcdafu);
    assert_true(rng_next(&rng) == 0x6e789e6aa1b965f4u);
    uint32_t counts[7] = {0};
    for (int i = 0; i < 70000; i++)
        counts[rng_below(&rng, 7)]++;
    for (size_t i = 0; i < ARRAY_LEN(counts); i++)
        assert_in_range(counts[i], 9500, 10500);
    assert_int_equal(rng_below(&rng, 1), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_vector_keeps_what_was_pushed),
        cmocka_unit_test(a_map_agrees_with_an_array),
        cmocka_unit_test(equal_texts_are_one_atom),
        cmocka_unit_test(atoms_may_be_empty_or_hold_nul),
        cmocka_unit_test(hashes_differ_in_every_byte),
        cmocka_unit_test(random_numbers_are_fixed_by_the_seed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
