/*
 * ImageLocality: prefers nodes that hold the pod's images already. An image counts with its size
 * times the share of nodes that have it, so that a rare image does not draw every pod to the one
 * node that pulled it first.
 * https://kubernetes.io/docs/reference/scheduling/config/#scheduling-plugins
 */
#include <berth/plugin.h>

#define MIB (INT64_C(1024) * 1024)

/*
 * Sums below the first are as good as nothing; sums above the second, times the
 * containers, as good as possible.
 */
#define LEAST (23 * MIB)
#define MOST_FOR_ONE (1000 * MIB)

/*
 * Truncates; what does not fit becomes the least number, as on the processors that
 * upstream's records come from.
 */
static int64_t whole(double number)
{
    bool fits = number >= -0x1p63 && number < 0x1p63;
    return fits ? (int64_t)number : INT64_MIN;
}

/* What the image is worth on a node that has it. */
static int64_t worth(const struct berth_cycle *c, berth_atom image)
{
    double share = (double)berth_image_nodes(c, image) / (double)c->nodes->live;
    return whole((double)berth_image_size(c, image) * share);
}

static bool has_image(const struct berth_node *node, berth_atom name)
{
    berth_each(struct berth_image, image, node, node->images)
        if (image->name == name)
            return true;
    return false;
}

static int64_t scaled(int64_t sum, int64_t containers)
{
    int64_t most = MOST_FOR_ONE * containers;
    if (sum < LEAST)
        sum = LEAST;
    else if (sum > most)
        sum = most;
    return 100 * (sum - LEAST) / (most - LEAST);
}

static int64_t containers(const struct berth_class *class)
{
    int64_t count = 0;
    berth_each(struct berth_image_use, use, class, class->images)
        count += !use->is_volume;
    return count;
}

/* Wraps around, as Go's addition does. */
static int64_t plus(int64_t a, int64_t b)
{
    return (int64_t)((uint64_t)a + (uint64_t)b);
}

static berth_verdict score(const struct berth_cycle *c, uint32_t slot, int64_t *ret_score)
{
    int64_t sum = 0;
    berth_each(struct berth_image_use, use, c->class, c->class->images)
        if (has_image(c->nodes->node[slot], use->name))
            sum = plus(sum, worth(c, use->name));
    *ret_score = scaled(sum, containers(c->class));
    return BERTH_PASS;
}

/* Image by image, for most images are on no node at all and need no walk. */
static berth_verdict score_range(const struct berth_cycle *c, struct berth_range range, int64_t *scores)
{
    memset(&scores[range.from], 0, (range.to - range.from) * sizeof(*scores));
    berth_each(struct berth_image_use, use, c->class, c->class->images) {
        if (berth_image_nodes(c, use->name) == 0)
            continue;
        int64_t more = worth(c, use->name);
        for (uint32_t slot = range.from; slot < range.to; slot++)
            if (c->nodes->node[slot] && has_image(c->nodes->node[slot], use->name))
                scores[slot] = plus(scores[slot], more);
    }
    int64_t count = containers(c->class);
    for (uint32_t slot = range.from; slot < range.to; slot++)
        scores[slot] = scaled(scores[slot], count);
    return BERTH_PASS;
}

const struct berth_plugin image_locality_plugin = {
    .abi = BERTH_ABI,
    .size = sizeof(struct berth_plugin),
    .name = "ImageLocality",
    .score_scope = BERTH_SCOPE_NODES,
    .score = score,
    .score_range = score_range,
};
