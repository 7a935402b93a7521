/*
 * Stacks. C cannot move a stack as Go does, so each G has all the addresses it may ever need (64 KiB unless
 * asked) and the kernel commits the pages that are touched: a parked G costs a page or two. Size classes
 * double from 16 KiB. Free stacks are cached per P (at most 64 of a class, moved 32 at a time), then in a
 * pool; sysmon gives the pool's memory back.
 *
 * Stacks are cut from slabs of many, not mapped one by one. A guard page made with mprotect() splits its
 * mapping in two, and a process may have only vm.max_map_count (65530) mappings: 32,000 stacks. Since
 * Linux 6.13 a guard can be a mark in the page table (MADV_GUARD_INSTALL), which splits nothing: then every
 * stack has one. On older kernels stacks get guards by mprotect() until half of the mappings are used up, and
 * those beyond have none: 1,000,000 Gs matter more than the guard of the last 984,000, and `guarded` tells
 * dumps. Huge pages are turned off for slabs, or one touched byte would commit 32 stacks.
 *
 * Frames begin at different distances from the end of the last page (`top`): otherwise the hottest lines of
 * all stacks would share the same few sets of the first-level cache.
 */
#include "gpm/stack.h"

#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#ifdef GPM_HAVE_VALGRIND
#include <valgrind/valgrind.h>
#endif
#ifdef GPM_ASAN
#include <sanitizer/asan_interface.h>
#include <sanitizer/lsan_interface.h>
#endif

#ifndef MADV_GUARD_INSTALL
#define MADV_GUARD_INSTALL 102
#endif

#define NO_SUCH_ADVICE 0x7ff0

#define GUARD_BYTES 4096u /* a page of x86-64; where pages are bigger it is rounded up */
#define SLAB_STACKS 64
#define SLAB_BYTES ((size_t)8 << 20) /* at most, unless one stack is bigger */
#define COLOURS 16                   /* of 64 bytes each */
#define P_CACHE 64
#define P_BATCH 32
#define SCAVENGE_BATCH 1024

struct pool {
    struct stack *warm; /* with pages */
    struct stack *cold; /* without */
};

static struct {
    struct lock lock;
    struct pool pools[STACK_CLASSES];
    char *bump[STACK_CLASSES]; /* what is left of the newest slab */
    uint32_t bump_n[STACK_CLASSES];
    struct stack *bump_stacks[STACK_CLASSES];
    _Atomic uint32_t warm_n; /* of all pools */
    uint64_t stacks, bytes;
    uint32_t split_guards; /* made with mprotect() */
    uint32_t split_max;
    bool no_marks; /* the kernel knows no MADV_GUARD_INSTALL, or cannot be believed */
    size_t guard_bytes;
} stacks = {.lock = LOCK_INIT(RANK_STACK)};

int stack_class_for(size_t bytes)
{
    for (int class = 0; class < STACK_CLASSES; class ++)
        if (bytes <= (size_t)STACK_MIN_BYTES << class)
            return class;
    return -EINVAL;
}

/* Half of the mappings that the process may have; the other half is the program's. */
static uint32_t split_guards_max(void)
{
    unsigned long maps = 65530;
    FILE *f = fopen("/proc/sys/vm/max_map_count", "re");
    if (f != NULL) {
        if (fscanf(f, "%lu", &maps) != 1)
            maps = 65530;
        fclose(f);
    }
    return maps / 4; /* a guard makes two */
}

/* qemu's user mode ignores advice that it does not know, and reports success. */
static bool takes_any_advice(size_t page_bytes)
{
    void *page = mmap(NULL, page_bytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    bool taken = page != MAP_FAILED && madvise(page, page_bytes, NO_SUCH_ADVICE) == 0;
    if (page != MAP_FAILED)
        munmap(page, page_bytes);
    return taken;
}

static void first_use(void)
{
    size_t page = sysconf(_SC_PAGESIZE);
    stacks.guard_bytes = page > GUARD_BYTES ? page : GUARD_BYTES;
    stacks.split_max = split_guards_max();
    stacks.no_marks = takes_any_advice(page);
}

static bool new_slab(int class)
{
    if (stacks.guard_bytes == 0)
        first_use();
    size_t stride = ((size_t)STACK_MIN_BYTES << class) + stacks.guard_bytes;
    size_t n = SLAB_BYTES / stride;
    n = n < 1 ? 1 : n > SLAB_STACKS ? SLAB_STACKS : n;
    struct stack *descriptors = calloc(n, sizeof *descriptors);
    if (descriptors == NULL)
        return false;
    char *slab = mmap(NULL, n * stride, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_STACK, -1, 0);
    if (slab == MAP_FAILED) {
        free(descriptors);
        return false;
    }
    madvise(slab, n * stride, MADV_NOHUGEPAGE);
    stacks.bump[class] = slab;
    stacks.bump_n[class] = n;
    stacks.bump_stacks[class] = descriptors;
    return true;
}

static bool make_guard(char *page)
{
    if (!stacks.no_marks) {
        if (madvise(page, stacks.guard_bytes, MADV_GUARD_INSTALL) == 0)
            return true;
        stacks.no_marks = true;
    }
    if (stacks.split_guards >= stacks.split_max || mprotect(page, stacks.guard_bytes, PROT_NONE) != 0)
        return false;
    stacks.split_guards++;
    return true;
}

/* A new one from the slab, under the lock. NULL: no memory, or no addresses. */
static struct stack *carve(int class)
{
    if (stacks.bump_n[class] == 0 && !new_slab(class))
        return NULL;
    struct stack *s = stacks.bump_stacks[class]++;
    char *at = stacks.bump[class];
    s->class = class;
    s->guarded = make_guard(at);
    s->lo = at + stacks.guard_bytes;
    s->top = s->lo + stack_bytes(s) - stacks.stacks % COLOURS * 64;
    stacks.bump[class] = s->lo + stack_bytes(s);
    stacks.bump_n[class]--;
    stacks.stacks++;
    stacks.bytes += stack_bytes(s) + stacks.guard_bytes;
#ifdef GPM_ASAN
    __lsan_register_root_region(s->lo, stack_bytes(s));
#endif
#ifdef GPM_HAVE_VALGRIND
    (void)VALGRIND_STACK_REGISTER(s->lo, s->lo + stack_bytes(s));
#endif
    return s;
}

static struct stack *pool_pop(int class)
{
    struct pool *pool = &stacks.pools[class];
    struct stack *s = pool->warm;
    if (s != NULL) {
        pool->warm = s->link;
        STORE(&stacks.warm_n, LOAD(&stacks.warm_n) - 1);
    } else if ((s = pool->cold) != NULL) {
        pool->cold = s->link;
    } else {
        s = carve(class);
    }
    return s;
}

static void pool_push(struct stack *s)
{
    struct pool *pool = &stacks.pools[s->class];
    s->link = pool->warm;
    pool->warm = s;
    STORE(&stacks.warm_n, LOAD(&stacks.warm_n) + 1);
}

/* One to return; the P's cache gets more, as far as they need not be made. */
static NOINLINE struct stack *stack_get_slow(struct p *p, int class)
{
    lock_acquire(&stacks.lock);
    struct stack *s = pool_pop(class);
    while (p != NULL && p->stacks_n[class] < P_BATCH && stacks.pools[class].warm != NULL) {
        struct stack *more = pool_pop(class);
        more->link = p->stacks[class];
        p->stacks[class] = more;
        p->stacks_n[class]++;
    }
    lock_release(&stacks.lock);
    if (s == NULL)
        gpm_fatal(
            "no memory for a stack of %zu KiB (vm.max_map_count or the address space limit may be reached)",
            ((size_t)STACK_MIN_BYTES << class) >> 10);
    return s;
}

struct stack *stack_get(struct p *p, int class)
{
    struct stack *s = p != NULL ? p->stacks[class] : NULL;
    if (UNLIKELY(s == NULL)) {
        s = stack_get_slow(p, class);
    } else {
        p->stacks[class] = s->link;
        p->stacks_n[class]--;
    }
    s->used = true;
    return s;
}

static void spill(struct p *p, int class, uint32_t n)
{
    lock_acquire(&stacks.lock);
    while (n-- > 0 && p->stacks[class] != NULL) {
        struct stack *s = p->stacks[class];
        p->stacks[class] = s->link;
        p->stacks_n[class]--;
        pool_push(s);
    }
    lock_release(&stacks.lock);
}

void stack_put(struct p *p, struct stack *s)
{
#ifdef GPM_ASAN
    __asan_unpoison_memory_region(s->lo,
                                  stack_bytes(s)); /* frames that never returned left their red zones */
#endif
    s->link = p->stacks[s->class];
    p->stacks[s->class] = s;
    if (++p->stacks_n[s->class] >= P_CACHE)
        spill(p, s->class, P_BATCH);
}

void stack_drain(struct p *p)
{
    for (int class = 0; class < STACK_CLASSES; class ++)
        spill(p, class, p->stacks_n[class]);
}

/* Takes up to a batch of warm ones out of the pool, unmaps their pages without the lock, and puts them back
 * as cold. */
void stack_scavenge(void)
{
    for (int class = 0; class < STACK_CLASSES; class ++) {
        struct pool *pool = &stacks.pools[class];
        struct stack *batch = NULL;
        lock_acquire(&stacks.lock);
        for (int n = 0; n < SCAVENGE_BATCH && pool->warm != NULL; n++) {
            struct stack *s = pool->warm;
            pool->warm = s->link;
            STORE(&stacks.warm_n, LOAD(&stacks.warm_n) - 1);
            s->link = batch;
            batch = s;
        }
        lock_release(&stacks.lock);
        while (batch != NULL) {
            struct stack *s = batch;
            batch = s->link;
            if (s->used)
                madvise(s->lo, stack_bytes(s), MADV_DONTNEED);
            s->used = false;
            lock_acquire(&stacks.lock);
            s->link = pool->cold;
            pool->cold = s;
            lock_release(&stacks.lock);
        }
    }
}

bool stack_pool_warm(void)
{
    return LOAD(&stacks.warm_n) > 0;
}

bool stack_in_guard(const struct stack *s, const void *address)
{
    return s->guarded && (const char *)address < s->lo && (const char *)address >= s->lo - stacks.guard_bytes;
}

void stack_stats(uint64_t *ret_stacks, uint64_t *ret_bytes)
{
    lock_acquire(&stacks.lock);
    *ret_stacks = stacks.stacks;
    *ret_bytes = stacks.bytes;
    lock_release(&stacks.lock);
}
