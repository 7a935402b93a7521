/* Reasons that differ in numbers alone become one. */
#include "check.h"
#include "cmd/reason_fold.h"

static void folds(void **state)
{
    static const struct reason reasons[] = {
        {.outcome = OUTCOME_PENDING,
         .text = BERTH_STR("0/5 nodes: 3 Insufficient cpu."),
         .pods = 1,
         .first = 7,
         .held = 2,
         .first_ns = 50,
         .last_ns = 60,
         .held_ns = 10},
        {.outcome = OUTCOME_PENDING,
         .text = BERTH_STR("0/5 nodes: 3 Insufficient memory."),
         .held = 1,
         .held_ns = 5},
        {.outcome = OUTCOME_PENDING,
         .text = BERTH_STR("0/5 nodes: 11 Insufficient cpu."),
         .pods = 2,
         .first = 9,
         .held = 3,
         .first_ns = 20,
         .last_ns = 55,
         .held_ns = 30},
        {.outcome = OUTCOME_GATED, .text = BERTH_STR("0/5 nodes: 3 Insufficient cpu."), .held = 1},
    };
    struct simulation s = {0};
    struct reason_fold fold = {0};
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(reasons); i++)
        assert_int_equal(vec_push(&s.reasons, reasons[i]), 0);
    reason_fold_of(&fold, &s);
    assert_int_equal(fold.list.len, 3);
    static const uint32_t of[] = {0, 1, 0, 2}, variants[] = {2, 1, 1};
    for (size_t i = 0; i < ARRAY_LEN(of); i++)
        assert_int_equal(fold.of.at[i], of[i]);
    for (size_t i = 0; i < ARRAY_LEN(variants); i++)
        assert_int_equal(fold.variants.at[i], variants[i]);
    const struct reason *sum = &fold.list.at[0];
    CHECK(berth_str_eq(sum->text, reasons[2].text), "the weightiest gives the text");
    CHECK_INT(sum->first, 9, "and the example");
    CHECK_INT(sum->pods, 3, "pods are added up");
    CHECK_INT(sum->held, 5, "so is how often");
    CHECK_INT(sum->held_ns, 40, "and how long");
    CHECK_INT(sum->first_ns, 20, "the first of them");
    CHECK_INT(sum->last_ns, 60, "the last of them");
    reason_fold_fini(&fold);
    simulation_fini(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(folds)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
