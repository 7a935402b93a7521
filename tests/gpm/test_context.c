/*
 * Cancellation.
 */
#include "on_g.h"
#include <stdatomic.h>
#include <string.h>

static bool is_done(struct gpm_ctx *ctx)
{
    return gpm_try_recv(gpm_ctx_done(ctx), NULL) == -EPIPE;
}

/*
 * A family: the root 0 with the children 1 and 2, 1 with the children 3 and 4, 3 with the child 5. What
 * happens to whom is a string: '.' alive, 'c' cancelled, 't' timed out, 'x' for the reason -EIO.
 */
enum { FAMILY = 6 };
static const int parent_of[FAMILY] = {-1, 0, 0, 1, 1, 3};

static char state_of(struct gpm_ctx *ctx)
{
    int reason = gpm_ctx_err(ctx);
    CHECK(is_done(ctx) == (reason != 0));
    return reason == 0 ? '.' : reason == -ECANCELED ? 'c' : reason == -ETIMEDOUT ? 't' : 'x';
}

ON_G(family)
{
    static const struct {
        const char *name;
        const char *
            steps; /* a digit: cancel that one; x and a digit: with -EIO; d and a digit: its deadline comes */
        const char *states;
    } rows[] = {
        {"nobody is cancelled without reason", "", "......"},
        {"the root takes all with it", "0", "cccccc"},
        {"a leaf goes alone", "5", ".....c"},
        {"descendants go, ancestors and siblings stay", "1", ".c.ccc"},
        {"the reason is inherited", "x3", "...x.x"},
        {"only the first reason counts", "x310", "cccxcx"},
        {"one cancelled before keeps its reason", "x50", "cccccx"},
        {"cancelling twice is nothing", "22", "..c..."},
        {"a deadline takes the descendants along", "d1", ".t.ttt"},
        {"of the descendants those not cancelled before", "3d1", ".t.ctc"},
    };
    for (size_t i = 0; i < LEN(rows); i++) {
        struct gpm_ctx *ctx[FAMILY];
        char states[FAMILY + 1] = {0};
        int due = -1;
        for (const char *s = rows[i].steps; *s; s++)
            if (*s == 'd')
                due = s[1] - '0';
        for (int k = 0; k < FAMILY; k++) {
            struct gpm_ctx *parent = k ? ctx[parent_of[k]] : NULL;
            ctx[k] = gpm_ctx_new(parent, k == due ? gpm_after(MS(20)) : GPM_NEVER);
            CHECK(ctx[k] != NULL);
        }
        for (const char *s = rows[i].steps; *s; s++) {
            int reason = *s == 'x' ? -EIO : -ECANCELED;
            if (*s == 'd')
                CHECK(!gpm_recv(gpm_ctx_done(ctx[*++s - '0']), NULL));
            else
                gpm_ctx_cancel(ctx[(*s == 'x' ? *++s : *s) - '0'], reason);
        }
        while (due >= 0 && !(is_done(ctx[4]) && is_done(ctx[5])))
            gpm_yield(); /* cancelling is still on its way through the tree */
        for (int k = 0; k < FAMILY; k++)
            states[k] = state_of(ctx[k]);
        if (strcmp(states, rows[i].states) != 0)
            fprintf(stderr, "%s, not %s\n", states, rows[i].states);
        CHECK_ROW(strcmp(states, rows[i].states) == 0, rows[i].name);
        for (int k = 0; k < FAMILY; k++)
            gpm_ctx_unref(ctx[(k * 5 + (int)i) % FAMILY]); /* in any order */
    }
}

ON_G(deadlines)
{
    int64_t soon = gpm_after(MS(5)), late = gpm_after(MS(60000));
    struct gpm_ctx *root = gpm_ctx_new(NULL, soon), *child = gpm_ctx_new(root, late);
    CHECK(gpm_ctx_deadline(child) == soon);
    CHECK(gpm_ctx_sleep(child, late) == -ETIMEDOUT);
    CHECK(gpm_now() >= soon);
    struct gpm_ctx *late_child = gpm_ctx_new(root, GPM_NEVER);
    CHECK(gpm_ctx_err(late_child) == -ETIMEDOUT && is_done(late_child));
    gpm_ctx_unref(root);
    gpm_ctx_unref(child);
    gpm_ctx_unref(late_child);
    struct gpm_ctx *past = gpm_ctx_new(NULL, 1);
    CHECK(gpm_ctx_sleep(past, late) == -ETIMEDOUT);
    gpm_ctx_unref(past);
}

ON_G(sleeping)
{
    struct gpm_ctx *ctx = gpm_ctx_new(NULL, GPM_NEVER);
    int64_t until = gpm_after(MS(2));
    CHECK(gpm_ctx_sleep(ctx, until) == 0 && gpm_now() >= until);
    CHECK(gpm_ctx_sleep(NULL, gpm_after(MS(1))) == 0);
    gpm_ctx_cancel(ctx, -EIO);
    CHECK(gpm_ctx_sleep(ctx, GPM_NEVER) == -EIO);
    gpm_ctx_unref(ctx);
}

ON_G(null_context)
{
    CHECK(gpm_ctx_err(NULL) == 0);
    CHECK(gpm_ctx_deadline(NULL) == GPM_NEVER);
    CHECK(gpm_ctx_done(NULL) == NULL);
    CHECK(gpm_ctx_ref(NULL) == NULL);
    gpm_ctx_unref(NULL);
}

ON_G(the_last_reference)
{
    struct gpm_ctx *root = gpm_ctx_new(NULL, gpm_after(MS(60000)));
    struct gpm_ctx *child = gpm_ctx_new(root, gpm_after(MS(50000)));
    CHECK(gpm_ctx_ref(root) == root);
    gpm_ctx_unref(root);
    CHECK(gpm_ctx_err(child) == 0);
    gpm_ctx_unref(root);
    CHECK(gpm_ctx_err(child) == -ECANCELED);
    gpm_ctx_unref(child);
}

/*
 * Every context but the root and the leaf lives by its child alone, so giving up the
 * leaf gives up all of them.
 */
ON_G(a_deep_tree)
{
    enum { DEEP = 20000 };
    static struct gpm_ctx *ctx[DEEP];
    for (size_t i = 0; i < DEEP; i++)
        ctx[i] = gpm_ctx_new(i ? ctx[i - 1] : NULL, GPM_NEVER);
    gpm_ctx_cancel(ctx[0], -EIO);
    CHECK(gpm_ctx_err(ctx[DEEP - 1]) == -EIO);
    for (size_t i = 0; i < DEEP; i++)
        gpm_ctx_unref(ctx[i]);
}

/* Everybody does everything with a small family, until it is over. */
struct chaos {
    struct gpm_ctx *root;
    size_t rounds;
    struct gpm_waitgroup end;
    _Atomic size_t woken;
};

static void sleep_in(void *arg)
{
    struct chaos *chaos = arg;
    CHECK(gpm_ctx_sleep(chaos->root, GPM_NEVER) != 0);
    atomic_fetch_add(&chaos->woken, 1);
    gpm_waitgroup_done(&chaos->end);
}

static void breed(void *arg)
{
    struct chaos *chaos = arg;
    for (size_t i = 0; i < chaos->rounds; i++) {
        struct gpm_ctx *child = gpm_ctx_new(chaos->root, gpm_now() + (int64_t)(i % 60) * 2000);
        struct gpm_ctx *grandchild = gpm_ctx_new(child, i % 3 ? GPM_NEVER : gpm_now() + 20000);
        if (i % 4 == 1)
            gpm_ctx_cancel(child, -EIO);
        if (i % 4 == 2)
            CHECK(gpm_ctx_sleep(grandchild, GPM_NEVER) != 0);
        gpm_ctx_unref(i % 2 ? child : grandchild);
        gpm_ctx_unref(i % 2 ? grandchild : child);
    }
    gpm_waitgroup_done(&chaos->end);
}

ON_G(many_at_once)
{
    struct chaos chaos = {.root = gpm_ctx_new(NULL, GPM_NEVER), .rounds = test_times(test_scale(1500))};
    struct gpm_waitgroup *end = &chaos.end;
    gpm_waitgroup_add(end, 8);
    for (int i = 0; i < 8; i++)
        go(breed, &chaos);
    gpm_waitgroup_wait(end);
    gpm_waitgroup_add(end, 16);
    for (int i = 0; i < 16; i++)
        go(i % 2 ? sleep_in : breed, &chaos);
    gpm_sleep(MS(1));
    gpm_ctx_cancel(chaos.root, -EIO);
    gpm_waitgroup_wait(end);
    CHECK(atomic_load(&chaos.woken) == 8);
    gpm_ctx_unref(chaos.root);
}

int main(int argc, char **argv)
{
    static const struct test tests[] = {
        {"cancelling reaches descendants and nobody else", family},
        {"deadlines cancel, the parent's at the latest", deadlines},
        {"sleeping ends by time or by cancellation", sleeping},
        {"NULL is never cancelled", null_context},
        {"the last reference cancels", the_last_reference},
        {"a deep tree needs no deep stack", a_deep_tree},
        {"many make, cancel and leave contexts at once", many_at_once},
    };
    return run_tests(argc, argv, tests, LEN(tests));
}
