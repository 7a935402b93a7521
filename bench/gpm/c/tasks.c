/* Making Gs, taking turns, and dividing work among them. */
#include "bench.h"

#include <stdatomic.h>
#include <stdlib.h>

enum { SPAWNED = 1000000 };

struct spawn {
    struct gpm_waitgroup all;
    atomic_llong ended;
};

static void spawned(void *arg)
{
    struct spawn *s = arg;
    atomic_fetch_add(&s->ended, 1);
    gpm_waitgroup_done(&s->all);
}

/* One G makes a million that end at once, and waits for all. */
void bench_spawn(void)
{
    struct spawn s = {0};
    gpm_waitgroup_add(&s.all, SPAWNED);
    for (int i = 0; i < SPAWNED; i++)
        must(gpm_go(spawned, &s), "gpm_go");
    gpm_waitgroup_wait(&s.all);
    check(s.ended == SPAWNED, "spawn");
}

enum { YIELDERS = 100, YIELDS = 20000 };

static void yielder(void *arg)
{
    for (int k = 0; k < YIELDS; k++)
        gpm_yield();
    gpm_waitgroup_done(arg);
}

/* A hundred Gs that do nothing but let the others go first. */
void bench_yield(void)
{
    struct gpm_waitgroup all = {0};
    gpm_waitgroup_add(&all, YIELDERS);
    for (int i = 0; i < YIELDERS; i++)
        must(gpm_go(yielder, &all), "gpm_go");
    gpm_waitgroup_wait(&all);
}

enum { SLEEPERS = 100000, SLEEPS = 5 };

struct sleeper {
    struct gpm_waitgroup *all;
    int number;
};

static void sleeper(void *arg)
{
    const struct sleeper *s = arg;
    for (int k = 0; k < SLEEPS; k++)
        gpm_sleep((1 + (s->number + k) % 4) * INT64_C(1000000));
    gpm_waitgroup_done(s->all);
}

/* A hundred thousand Gs sleep five times for 1..4 ms: far more than can be woken in that time, so that the
 * work of the timers is measured and not the waiting. */
void bench_sleepers(void)
{
    struct gpm_waitgroup all = {0};
    struct sleeper *sleepers = malloc(SLEEPERS * sizeof(*sleepers));
    check(sleepers, "no memory");
    gpm_waitgroup_add(&all, SLEEPERS);
    for (int i = 0; i < SLEEPERS; i++) {
        sleepers[i] = (struct sleeper){&all, i};
        must(gpm_go(sleeper, &sleepers[i]), "gpm_go");
    }
    gpm_waitgroup_wait(&all);
    free(sleepers);
}

enum { SUM_NUMBERS = 128 << 10, SUM_GRAIN = 4096, SUM_ROUNDS = 3000 };

static int32_t *numbers;

void bench_sum_prepare(void)
{
    numbers = malloc(SUM_NUMBERS * sizeof(*numbers));
    check(numbers, "no memory");
    for (int32_t i = 0; i < SUM_NUMBERS; i++)
        numbers[i] = i % 1000;
}

static void add_piece(void *arg, size_t from, size_t to)
{
    atomic_llong *total = arg;
    int64_t piece = 0;
    for (size_t i = from; i < to; i++)
        piece += numbers[i];
    atomic_fetch_add(total, piece);
}

static int64_t sum_expected(void)
{
    int64_t whole = SUM_NUMBERS / 1000, rest = SUM_NUMBERS % 1000;
    return whole * (999 * 1000 / 2) + rest * (rest - 1) / 2;
}

/* 131,072 numbers, which fit into the cache, added up 3,000 times, in pieces of 4,096 handed out to as
 * many Gs as there are Ps. */
void bench_sum(void)
{
    for (int r = 0; r < SUM_ROUNDS; r++) {
        atomic_llong total = 0;
        gpm_parallel_for(0, SUM_NUMBERS, SUM_GRAIN, add_piece, &total);
        check(total == sum_expected(), "sum");
    }
}

enum { TREE_DEPTH = 17 };

struct node {
    int depth;
    int leaves; /* below it, set by tree_node() */
    struct gpm_waitgroup *both;
};

static void tree_child(void *arg);

static void tree_node(struct node *n)
{
    if (n->depth == 0) {
        n->leaves = 1;
        return;
    }
    struct gpm_waitgroup both = {0};
    struct node children[2] = {{n->depth - 1, 0, &both}, {n->depth - 1, 0, &both}};
    gpm_waitgroup_add(&both, 2);
    for (int i = 0; i < 2; i++)
        must(gpm_go(tree_child, &children[i]), "gpm_go");
    gpm_waitgroup_wait(&both);
    n->leaves = children[0].leaves + children[1].leaves;
}

static void tree_child(void *arg)
{
    struct node *n = arg;
    tree_node(n);
    gpm_waitgroup_done(n->both);
}

/* Every inner node of a binary tree makes a G for each child and waits for both. */
void bench_tree(void)
{
    struct node root = {.depth = TREE_DEPTH};
    tree_node(&root);
    check(root.leaves == 1 << TREE_DEPTH, "tree");
}
