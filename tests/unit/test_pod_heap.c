/* The heap of queued pods: always the first by the given order, whatever is pushed, removed or changed. */
#include "core/pod_heap.h"
#include "base/rng.h"
#include "world.h"

static bool older(const void *context, const struct queued_pod *a, const struct queued_pod *b)
{
    (void)context;
    return a->since_ns != b->since_ns ? a->since_ns < b->since_ns : a->sequence < b->sequence;
}

static void pods_leave_in_order(void **state)
{
    (void)state;
    static const int64_t arriving[] = {5, 3, 9, 3, 1, 7, 7, 0};
    static const uint64_t leaving[] = {7, 4, 1, 3, 0, 5, 6, 2};
    struct queued_pod pods[ARRAY_LEN(arriving)] = {0};
    struct pod_heap heap = {.before = older};
    assert_null(pod_heap_first(&heap));
    assert_int_equal(pod_heap_reserve(&heap, ARRAY_LEN(arriving)), 0);
    for (size_t i = 0; i < ARRAY_LEN(arriving); i++) {
        pods[i] = (struct queued_pod){.since_ns = arriving[i], .sequence = i};
        pod_heap_push(&heap, &pods[i]);
        assert_true(pod_heap_ok(&heap));
    }
    for (size_t i = 0; i < ARRAY_LEN(leaving); i++) {
        struct queued_pod *first = pod_heap_first(&heap);
        assert_int_equal(first->sequence, leaving[i]);
        pod_heap_remove(&heap, first);
    }
    assert_null(pod_heap_first(&heap));
    pod_heap_fini(&heap);
}

static void reserved_room_is_enough(void **state)
{
    (void)state;
    enum { LEN = 1000 };
    static struct queued_pod pods[LEN];
    struct pod_heap heap = {.before = older};
    assert_int_equal(pod_heap_reserve(&heap, LEN), 0);
    struct queued_pod **at = heap.pods.at;
    for (int i = 0; i < LEN; i++) {
        pods[i].since_ns = LEN - i;
        pod_heap_push(&heap, &pods[i]);
    }
    assert_ptr_equal(heap.pods.at, at);
    assert_ptr_equal(pod_heap_first(&heap), &pods[LEN - 1]);
    pod_heap_fini(&heap);
}

static void a_random_history_keeps_the_order(void **state)
{
    (void)state;
    enum { LEN = 64 };
    struct queued_pod pods[LEN] = {0};
    bool in[LEN] = {false};
    struct pod_heap heap = {.before = older};
    struct rng rng = {3};
    assert_int_equal(pod_heap_reserve(&heap, LEN), 0);
    for (int step = 0; step < 5000; step++) {
        uint32_t i = rng_below(&rng, LEN);
        pods[i].sequence = i;
        if (!in[i]) {
            pods[i].since_ns = rng_below(&rng, 20);
            pod_heap_push(&heap, &pods[i]);
            in[i] = true;
        } else if (rng_below(&rng, 2)) {
            pods[i].since_ns = rng_below(&rng, 20);
            pod_heap_fix(&heap, &pods[i]);
        } else {
            pod_heap_remove(&heap, &pods[i]);
            in[i] = false;
        }
        const struct queued_pod *first = NULL;
        for (int j = 0; j < LEN; j++)
            if (in[j] && (!first || older(NULL, &pods[j], first)))
                first = &pods[j];
        assert_ptr_equal(pod_heap_first(&heap), first);
        assert_true(pod_heap_ok(&heap));
    }
    pod_heap_fini(&heap);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pods_leave_in_order),
        cmocka_unit_test(reserved_room_is_enough),
        cmocka_unit_test(a_random_history_keeps_the_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
