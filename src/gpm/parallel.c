/*
 * Parallel loops. The range is cut into pieces, and every worker (the caller, and a G for each other P) is
 * dealt an equal share of them. A worker takes pieces from the front of its share; out of pieces, it steals
 * the back half of somebody else's. So neighbouring pieces stay together, nobody waits for a common counter,
 * and pieces of very unequal length still end together.
 *
 * A share is one word: the first piece in the lower half, the end in the upper. Taking and stealing change it
 * with one compare-and-swap. A word that comes back is no danger: a piece is in at most one share, and in
 * none once it was taken, so the same word means the same pieces, still to be done.
 *
 * When no share has a piece left the last ones are being worked on, and their workers are waited for.
 */
#include "gpm/internal.h"

struct share {
    _Alignas(CACHE_LINE) _Atomic uint64_t pieces;
};

struct loop {
    void (*fn)(void *arg, size_t from, size_t to);
    void *arg;
    size_t begin, end, piece; /* indices in a piece */
    uint32_t workers;
    struct share *shares;
    _Atomic uint32_t next_worker;
    struct gpm_waitgroup helpers;
};

enum { PIECES_PER_WORKER = 8 };
static const size_t PIECES_MAX = UINT32_MAX;

static inline uint64_t share_of(uint32_t from, uint32_t to)
{
    return (uint64_t)to << 32 | from;
}

/* The first piece of the own share; false: it is empty. */
static bool take(struct share *own, uint32_t *ret_piece)
{
    uint64_t pieces = LOAD_ACQ(&own->pieces);
    for (;;) {
        uint32_t from = (uint32_t)pieces, to = (uint32_t)(pieces >> 32);
        if (from == to)
            return false;
        *ret_piece = from;
        if (atomic_compare_exchange_weak(&own->pieces, &pieces, share_of(from + 1, to)))
            return true;
    }
}

/* Half of the victim's share, rounded up, becomes the own one, which is empty. */
static bool steal(struct share *own, struct share *victim)
{
    uint64_t pieces = LOAD_ACQ(&victim->pieces);
    for (;;) {
        uint32_t from = (uint32_t)pieces, to = (uint32_t)(pieces >> 32);
        uint32_t middle = from + (to - from) / 2;
        if (from == to)
            return false;
        if (atomic_compare_exchange_weak(&victim->pieces, &pieces, share_of(from, middle))) {
            STORE_REL(&own->pieces, share_of(middle, to));
            return true;
        }
    }
}

static bool steal_from_any(struct loop *loop, uint32_t worker)
{
    for (uint32_t i = 1; i < loop->workers; i++)
        if (steal(&loop->shares[worker], &loop->shares[(worker + i) % loop->workers]))
            return true;
    return false;
}

static void run_piece(const struct loop *loop, size_t piece)
{
    size_t from = loop->begin + piece * loop->piece;
    size_t to = loop->end - from > loop->piece ? from + loop->piece : loop->end;
    loop->fn(loop->arg, from, to);
    gpm_checkpoint();
}

static void work(struct loop *loop, uint32_t worker)
{
    do {
        for (uint32_t piece; take(&loop->shares[worker], &piece);)
            run_piece(loop, piece);
    } while (steal_from_any(loop, worker));
}

static void help(void *arg)
{
    struct loop *loop = arg;
    work(loop, atomic_fetch_add(&loop->next_worker, 1));
    gpm_waitgroup_done(&loop->helpers);
}

static void deal(struct loop *loop, size_t pieces)
{
    for (size_t i = 0; i < loop->workers; i++) {
        uint32_t from = (uint32_t)(pieces * i / loop->workers),
                 to = (uint32_t)(pieces * (i + 1) / loop->workers);
        atomic_init(&loop->shares[i].pieces, share_of(from, to));
    }
}

/* Where memory for helpers is short the caller steals their shares. */
static void run_parallel(struct loop *loop, size_t pieces)
{
    deal(loop, pieces);
    gpm_waitgroup_add(&loop->helpers, (int)loop->workers - 1);
    for (uint32_t i = 1; i < loop->workers; i++)
        if (gpm_go(help, loop) < 0)
            gpm_waitgroup_done(&loop->helpers);
    work(loop, 0);
    gpm_waitgroup_wait(&loop->helpers);
}

static size_t divide_up(size_t a, size_t b)
{
    return a / b + (a % b != 0);
}

void gpm_parallel_for(size_t begin, size_t end, size_t grain, void (*fn)(void *arg, size_t from, size_t to),
                      void *arg)
{
    if (begin >= end)
        return;
    size_t workers = g_self() ? (size_t)gpm_maxprocs() : 1;
    size_t wanted = grain ? grain : divide_up(end - begin, workers * PIECES_PER_WORKER);
    struct loop loop = {.fn = fn, .arg = arg, .begin = begin, .end = end, .next_worker = 1};
    loop.piece = wanted * divide_up(divide_up(end - begin, wanted), PIECES_MAX);
    size_t pieces = divide_up(end - begin, loop.piece);
    loop.workers = (uint32_t)(workers < pieces ? workers : pieces);
    if (loop.workers > 1)
        loop.shares = aligned_alloc(_Alignof(struct share), loop.workers * sizeof *loop.shares);
    if (loop.shares)
        run_parallel(&loop, pieces);
    else
        for (size_t piece = 0; piece < pieces; piece++)
            run_piece(&loop, piece);
    free(loop.shares);
}
