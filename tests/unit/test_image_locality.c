#include "fake_framework.h"

#include "plugins/image_locality.c"

/* The cluster's images: how many of the four nodes have each. */
static const struct {
    const char *name;
    uint32_t nodes;
    int64_t size;
} images[] = {
    {"half:latest", 2, 500 * MIB},      {"all:latest", 4, 500 * MIB},   {"small:latest", 4, 23 * MIB},
    {"huge:latest", 4, 3000 * MIB},     {"rare:latest", 1, 4000 * MIB}, {"absurd:latest", 4, INT64_MAX},
    {"negative:latest", 4, -500 * MIB},
};

static size_t image_index(berth_atom image)
{
    size_t i = 0;
    while (i < sizeof(images) / sizeof(images[0]) && fake_atom(images[i].name) != image)
        i++;
    return i;
}

uint32_t berth_image_nodes(const struct berth_cycle *c, berth_atom image)
{
    (void)c;
    size_t i = image_index(image);
    return i < sizeof(images) / sizeof(images[0]) ? images[i].nodes : 0;
}

int64_t berth_image_size(const struct berth_cycle *c, berth_atom image)
{
    (void)c;
    size_t i = image_index(image);
    return i < sizeof(images) / sizeof(images[0]) ? images[i].size : 0;
}

static const struct {
    const char *name;
    const char *wanted[3];
    const char *present[2]; /* on the node judged */
    uint32_t volumes;       /* so many of `wanted`, the last ones, are image volumes */
    int64_t score;
} cases[] = {
    {"no image is present", {"all:latest"}, {NULL}, 0, 0},
    {"an image that no node has", {"none:latest"}, {"all:latest"}, 0, 0},
    {"on every node: the whole size counts", {"all:latest"}, {"all:latest"}, 0, 48},
    {"on half of the nodes: half the size counts", {"half:latest"}, {"half:latest"}, 0, 23},
    {"up to the lower threshold nothing counts", {"small:latest"}, {"small:latest"}, 0, 0},
    {"above the upper threshold nothing more counts", {"huge:latest"}, {"huge:latest"}, 0, 100},
    {"the upper threshold grows with the containers", {"all:latest", "none:latest"}, {"all:latest"}, 0, 24},
    {"an image wanted twice counts twice", {"all:latest", "all:latest"}, {"all:latest"}, 0, 49},
    {"an image volume counts, but not as a container", {"none:latest", "all:latest"}, {"all:latest"}, 1, 48},
    {"a size beyond all bounds is no size", {"absurd:latest"}, {"absurd:latest"}, 0, 0},
    {"a negative size is no size", {"negative:latest"}, {"negative:latest"}, 0, 0},
    {"one of two present", {"all:latest", "rare:latest"}, {"rare:latest"}, 0, 49},
};

struct user {
    struct berth_class class;
    struct berth_image_use images[3];
};

struct holder {
    struct berth_node node;
    struct berth_image images[2];
};

static int64_t judge(size_t i)
{
    struct user user = {.class.images.offset = offsetof(struct user, images)};
    struct holder holder = {.node.images.offset = offsetof(struct holder, images)};
    for (uint32_t k = 0; k < 3 && cases[i].wanted[k]; k++)
        user.images[user.class.images.len++].name = fake_atom(cases[i].wanted[k]);
    for (uint32_t k = 0; k < cases[i].volumes; k++)
        user.images[user.class.images.len - 1 - k].is_volume = 1;
    for (uint32_t k = 0; k < 2 && cases[i].present[k]; k++)
        holder.images[holder.node.images.len++].name = fake_atom(cases[i].present[k]);
    const struct berth_node *column[] = {NULL, &holder.node}; /* a dead slot, too */
    struct berth_nodes nodes = {.len = 2, .live = 4, .node = column};
    struct berth_cycle cycle = {.class = &user.class, .nodes = &nodes};
    int64_t score = -1, scores[2] = {-1, -1};
    assert_int_equal(image_locality_plugin.score(&cycle, 1, &score), BERTH_PASS);
    assert_int_equal(image_locality_plugin.score_range(&cycle, (struct berth_range){0, 2}, scores),
                     BERTH_PASS);
    assert_int_equal(score, scores[1]);
    return score;
}

static void sizes(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        int64_t score = judge(i);
        if (score != cases[i].score)
            fail_msg("%s: %d", cases[i].name, (int)score);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test_teardown(sizes, fake_end)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
