/* The row cache: what is remembered for a class, for how long, and within what memory. */
#include "core/row_cache.h"
#include "world.h"

enum { SCORING = 2 };

static struct world world;
static struct row_cache rows;
static struct enabled scoring[SCORING];
static struct profile profile;

static int begin(void **state)
{
    (void)state;
    world_init(&world);
    rows = (struct row_cache){.catalog = world.catalog};
    profile = (struct profile){0};
    profile.points[POINT_SCORE].at = scoring;
    profile.points[POINT_SCORE].len = SCORING;
    return 0;
}

static int end(void **state)
{
    (void)state;
    row_cache_fini(&rows);
    world_fini(&world);
    return 0;
}

static const struct berth_class *class_of(int number)
{
    char name[16];
    snprintf(name, sizeof(name), "p%d", number);
    return world_plain_pod(&world, name, "", number)->class;
}

static struct row_results *get(const struct berth_class *class, uint32_t profile_index, uint32_t slots)
{
    return row_cache_get(&rows, class, &profile, profile_index, slots);
}

static void a_class_is_remembered_from_its_second_visit(void **state)
{
    (void)state;
    const struct berth_class *a = class_of(1), *b = class_of(2);
    assert_null(get(a, 0, 10));
    assert_null(get(b, 0, 10));
    struct row_results *ra = get(a, 0, 10);
    assert_non_null(ra);
    assert_ptr_equal(ra->class, a);
    assert_int_equal(ra->filtered.position, 0);
    assert_int_equal(ra->scored.position, 0);
    assert_ptr_equal(get(a, 0, 10), ra);
    assert_ptr_not_equal(get(b, 0, 10), ra);
}

static void each_profile_has_its_own_results(void **state)
{
    (void)state;
    const struct berth_class *a = class_of(1);
    (void)get(a, 0, 10);
    struct row_results *first = get(a, 0, 10);
    struct row_results *second = get(a, 1, 10);
    assert_non_null(second);
    assert_ptr_not_equal(first, second);
    assert_ptr_equal(get(a, 0, 10), first);
}

static void kin_share_results(void **state)
{
    (void)state;
    const struct berth_class *a = world_plain_pod(&world, "a", "x: w", 7)->class;
    const struct berth_class *b = world_plain_pod(&world, "b", "v: v, z: u", 7)->class;
    const struct berth_class *other = world_plain_pod(&world, "c", "x: w", 8)->class;
    assert_ptr_not_equal(a, b);
    assert_null(get(a, 0, 10));
    struct row_results *r = get(b, 0, 10);
    assert_non_null(r);
    assert_ptr_equal(get(a, 0, 10), r);
    assert_null(get(other, 0, 10));
}

static void columns_grow_and_keep_their_content(void **state)
{
    (void)state;
    const struct berth_class *a = class_of(1);
    (void)get(a, 0, 10);
    struct row_results *r = get(a, 0, 10);
    struct row_scores *s = row_cache_scores(&rows, r, 1);
    assert_non_null(s);
    for (uint32_t i = 0; i < 10; i++) {
        r->verdicts[i] = i;
        s->score[i] = 100 + i;
    }
    assert_ptr_equal(get(a, 0, 5000), r);
    assert_true(r->cap >= 5000);
    assert_ptr_equal(row_cache_scores(&rows, r, 1), s);
    assert_null(r->scores[0].score);
    for (uint32_t i = 0; i < 10; i++) {
        assert_int_equal(r->verdicts[i], i);
        assert_int_equal(s->score[i], 100 + i);
    }
    r->verdicts[4999] = 7; /* ASan would see a column too short */
    s->score[4999] = 7;
}

static void the_least_recently_used_make_room(void **state)
{
    (void)state;
    enum { CLASSES = 400, SLOTS = 5000 };
    const struct berth_class *first = class_of(0);
    uint32_t refs = first->refs;
    for (int i = 0; i < CLASSES; i++) {
        const struct berth_class *class = class_of(i);
        (void)get(class, 0, SLOTS);
        struct row_results *r = get(class, 0, SLOTS);
        assert_non_null(r);
        assert_non_null(row_cache_scores(&rows, r, 0));
        assert_ptr_equal(get(class, 0, SLOTS), r); /* whoever asks is never thrown out */
    }
    assert_true(rows.bytes < 20 << 20);
    assert_true(rows.by_class.len < CLASSES);
    assert_int_equal(first->refs,
                     refs + 1); /* the pod of class_of(0) in the loop; results gave theirs back */
    size_t bytes = 0, listed = 0;
    for (struct row_results *r = rows.newest; r; r = r->older, listed++)
        bytes += r->cap * (sizeof(*r->verdicts) + sizeof(*r->scores[0].score));
    assert_int_equal(bytes, rows.bytes);
    assert_int_equal(listed, rows.by_class.len);
    (void)get(first, 0, SLOTS); /* it may count as one that was not seen lately */
    assert_int_equal(get(first, 0, SLOTS)->filtered.position, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_class_is_remembered_from_its_second_visit, begin, end),
        cmocka_unit_test_setup_teardown(each_profile_has_its_own_results, begin, end),
        cmocka_unit_test_setup_teardown(kin_share_results, begin, end),
        cmocka_unit_test_setup_teardown(columns_grow_and_keep_their_content, begin, end),
        cmocka_unit_test_setup_teardown(the_least_recently_used_make_room, begin, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
