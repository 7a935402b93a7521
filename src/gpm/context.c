/*
 * Cancellation. A context is a node of a tree; cancelling it closes its channel, which wakes every select
 * that has it as an arm, and then cancels its children.
 *
 * Two counts. `handles` are what users hold: with the last one the context is cancelled, as nobody could do
 * it any more. `refs` keep the memory: one for all handles together, one for each child, one for a timer that
 * is set. So a context that has children may lose its handles, but not its memory.
 *
 * A node is on its parent's list until it is cancelled, and whoever cancels it holds a reference until it is
 * off. So under the parent's lock every child on the list is alive. Cancelling a tree takes the children off
 * their lists into one of its own and goes through that: no two locks at once, and no recursion, however deep
 * the tree is.
 */
#include "gpm/internal.h"

struct gpm_ctx {
    struct lock lock;       /* children, and their next and link */
    struct gpm_ctx *parent; /* NULL: a root */
    struct gpm_ctx *children;
    struct gpm_ctx *next, **link; /* among the parent's children; link NULL: not on the list */
    struct gpm_chan *done;
    int64_t deadline;
    _Atomic int reason; /* 0: alive */
    _Atomic uint32_t handles, refs;
    struct timer timer; /* set when the deadline is before the parent's */
};

static void free_ctx(struct timer *timer)
{
    free((char *)timer - offsetof(struct gpm_ctx, timer));
}

static void release(struct gpm_ctx *ctx)
{
    while (ctx && atomic_fetch_sub(&ctx->refs, 1) == 1) {
        struct gpm_ctx *parent = ctx->parent;
        gpm_chan_free(ctx->done);
        timer_dispose(&ctx->timer, free_ctx);
        ctx = parent; /* it loses a child */
    }
}

static void leave_parent(struct gpm_ctx *ctx)
{
    if (!ctx->parent)
        return;
    lock_acquire(&ctx->parent->lock);
    if (ctx->link) {
        *ctx->link = ctx->next;
        if (ctx->next)
            ctx->next->link = ctx->link;
        ctx->link = NULL;
    }
    lock_release(&ctx->parent->lock);
}

/* Takes all children off the list and puts them before *list, with a reference each. */
static void take_children(struct gpm_ctx *ctx, struct gpm_ctx **list)
{
    lock_acquire(&ctx->lock);
    for (struct gpm_ctx *child = ctx->children, *next; child; child = next) {
        next = child->next;
        atomic_fetch_add(&child->refs, 1);
        child->link = NULL;
        child->next = *list;
        *list = child;
    }
    ctx->children = NULL;
    lock_release(&ctx->lock);
}

static void stop_timer(struct gpm_ctx *ctx)
{
    if (timer_stop(&ctx->timer))
        release(ctx); /* the timer's reference; when it is late it gives it back itself */
}

/* Cancels one node unless that has been done, and adds its children to the list. The caller holds a
 * reference. */
static void cancel_one(struct gpm_ctx *ctx, int reason, struct gpm_ctx **list)
{
    int alive = 0;
    if (!atomic_compare_exchange_strong(&ctx->reason, &alive, reason))
        return;
    stop_timer(ctx);
    gpm_close(ctx->done);
    leave_parent(ctx);
    take_children(ctx, list);
}

static void cancel_tree(struct gpm_ctx *ctx, int reason)
{
    struct gpm_ctx *list = NULL;
    cancel_one(ctx, reason, &list);
    while ((ctx = list) != NULL) {
        list = ctx->next; /* ours: nobody but a list owner touches it */
        cancel_one(ctx, reason, &list);
        release(ctx);
    }
}

static void time_is_up(void *arg, uint64_t seq)
{
    (void)seq;
    cancel_tree(arg, -ETIMEDOUT);
    release(arg);
}

/* On the parent's list, unless the parent is cancelled, or will not see it there: then its reason. */
static int join_parent(struct gpm_ctx *ctx)
{
    struct gpm_ctx *parent = ctx->parent;
    lock_acquire(&parent->lock);
    int reason = atomic_load(&parent->reason); /* set before the list is emptied, under the lock */
    if (reason == 0) {
        ctx->next = parent->children;
        if (ctx->next)
            ctx->next->link = &ctx->next;
        ctx->link = &parent->children;
        parent->children = ctx;
    }
    lock_release(&parent->lock);
    return reason;
}

static void set_timer(struct gpm_ctx *ctx)
{
    atomic_fetch_add(&ctx->refs, 1);
    timer_reset(&ctx->timer, ctx->deadline, time_is_up, ctx, 0);
    if (atomic_load(&ctx->reason) != 0)
        stop_timer(ctx); /* whoever cancelled it may have been too early for that */
}

struct gpm_ctx *gpm_ctx_new(struct gpm_ctx *parent, int64_t deadline)
{
    struct gpm_ctx *ctx = calloc(1, sizeof *ctx);
    struct gpm_chan *done = gpm_chan_new(0, 0);
    if (!ctx || !done || gpm_start() < 0) {
        free(ctx);
        gpm_chan_free(done);
        return NULL;
    }
    int64_t latest = gpm_ctx_deadline(parent);
    lock_init(&ctx->lock, RANK_CTX);
    ctx->done = done;
    ctx->deadline = deadline < latest ? deadline : latest;
    ctx->handles = ctx->refs = 1;
    ctx->parent = parent;
    if (parent) {
        atomic_fetch_add(&parent->refs, 1);
        int reason = join_parent(ctx);
        if (reason != 0)
            cancel_tree(ctx, reason);
    }
    if (deadline < latest)
        set_timer(ctx);
    return ctx;
}

struct gpm_ctx *gpm_ctx_ref(struct gpm_ctx *ctx)
{
    if (ctx)
        atomic_fetch_add(&ctx->handles, 1);
    return ctx;
}

void gpm_ctx_unref(struct gpm_ctx *ctx)
{
    if (!ctx || atomic_fetch_sub(&ctx->handles, 1) != 1)
        return;
    cancel_tree(ctx, -ECANCELED);
    release(ctx);
}

void gpm_ctx_cancel(struct gpm_ctx *ctx, int reason)
{
    cancel_tree(ctx, reason < 0 ? reason : -ECANCELED);
}

int gpm_ctx_err(const struct gpm_ctx *ctx)
{
    return ctx ? atomic_load(&ctx->reason) : 0;
}

int64_t gpm_ctx_deadline(const struct gpm_ctx *ctx)
{
    return ctx ? ctx->deadline : GPM_NEVER;
}

struct gpm_chan *gpm_ctx_done(struct gpm_ctx *ctx)
{
    return ctx ? ctx->done : NULL;
}

int gpm_ctx_sleep(struct gpm_ctx *ctx, int64_t deadline)
{
    return gpm_recv_until(gpm_ctx_done(ctx), NULL, deadline) == -EPIPE ? gpm_ctx_err(ctx) : 0;
}
