/*
 * Dumps: every G with state, reason, since when, who made it, and where it stands.
 *
 * The backtrace of a parked G is taken by the unwinder itself: gpm_call_on() calls it on that G's stack,
 * below where the G parked, with unwind information that leads into the G's frames. That works for code
 * without frame pointers. The stack must have room for the unwinder. A G that runs on another thread
 * meanwhile cannot be looked at; it is listed without frames.
 */
#include "gpm/dump.h"

#include <dlfcn.h>
#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>
#include <unwind.h>

#include "gpm/proc.h"
#include "gpm/sanitize.h"
#include "gpm/stack.h"

#define FRAMES 32
#define UNWINDER_BYTES 8192 /* of stack that it may need */
#define STOP_PATIENCE_NS (50 * MS)
#define NO_ASAN __attribute__((no_sanitize("address")))

struct frames {
    void *pc[FRAMES];
    int n;
};

NO_ASAN NO_TSAN static _Unwind_Reason_Code note_frame(struct _Unwind_Context *context, void *arg)
{
    struct frames *f = arg;
    void *pc = (void *)_Unwind_GetIP(context);
    if (pc == NULL || f->n == FRAMES)
        return _URC_END_OF_STACK;
    f->pc[f->n++] = pc;
    return _URC_NO_REASON;
}

NO_ASAN NO_TSAN static void unwind(void *arg)
{
    _Unwind_Backtrace(note_frame, arg);
}

__attribute__((format(printf, 2, 3))) static void put(int fd, const char *format, ...)
{
    char line[1024];
    va_list args;
    va_start(args, format);
    int n = vsnprintf(line, sizeof line, format, args);
    va_end(args);
    size_t left = n < 0 ? 0 : (size_t)n < sizeof line ? (size_t)n : sizeof line - 1;
    for (char *at = line; left > 0;) {
        ssize_t wrote = write(fd, at, left);
        if (wrote < 0 && errno != EINTR)
            return;
        at += wrote > 0 ? wrote : 0;
        left -= wrote > 0 ? wrote : 0;
    }
}

/* Functions of programs linked without -rdynamic have no names here; file and offset are what addr2line
 * wants. */
static void put_pc(int fd, const char *before, void *pc)
{
    Dl_info info;
    if (dladdr((char *)pc - 1, &info) == 0)
        put(fd, "%s%p\n", before, pc);
    else if (info.dli_sname != NULL)
        put(fd, "%s%s+0x%zx (%s)\n", before, info.dli_sname, (size_t)((char *)pc - (char *)info.dli_saddr),
            info.dli_fname);
    else
        put(fd, "%s%s+0x%zx\n", before, info.dli_fname, (size_t)((char *)pc - (char *)info.dli_fbase));
}

static void put_frames(int fd, const struct frames *f, int skip)
{
    for (int i = skip; i < f->n; i++)
        put_pc(fd, "        ", f->pc[i]);
}

static bool room_for_unwinder(const struct g *g)
{
    return (char *)g->sp - g->stack->lo > UNWINDER_BYTES;
}

static void put_stack(int fd, struct g *g, struct g *self)
{
    struct frames f = {.n = 0};
    if (g == self) {
        unwind(&f);
        put_frames(fd, &f, 1);
    } else if (g->stack == NULL) {
        put(fd, "        has not begun: ");
        put_pc(fd, "", (char *)g->fn + 1);
    } else if (LOAD(&g->state) == G_RUNNING) {
        put(fd, "        runs on another thread: no stack\n");
    } else if (LOAD(&g->state) == G_SYSCALL) {
        put(fd, "        in a call on another thread: no stack\n");
    } else if (!room_for_unwinder(g)) {
        put(fd, "        too little stack left to look at it\n");
    } else {
        gpm_call_on(g->sp, unwind, &f);
        put_frames(fd, &f, 1);
    }
}

static void put_since(int fd, const struct g *g, int64_t now)
{
    int64_t s = (now - g->wait_since) / (1000 * MS);
    if (s >= 60)
        put(fd, ", %lld minutes", (long long)(s / 60));
    else if (s >= 1)
        put(fd, ", %lld s", (long long)s);
}

static void put_g(int fd, struct g *g, struct g *self, int64_t now)
{
    uint32_t state = LOAD(&g->state);
    put(fd, "goroutine %llu", (unsigned long long)g->id);
    if (g->name != NULL)
        put(fd, " \"%s\"", g->name);
    put(fd, " [%s", state == G_WAITING ? wait_reason_text[g->wait_reason] : g_state_text[state]);
    if (state == G_WAITING)
        put_since(fd, g, now);
    put(fd, "]:\n");
    put_stack(fd, g, self);
    if (g->creator_pc != NULL) {
        put(fd, "created by goroutine %llu at ", (unsigned long long)g->creator);
        put_pc(fd, "", g->creator_pc);
    }
    put(fd, "\n");
}

void dump_gs(int fd, struct g *self)
{
    int64_t now = gpm_now_ns();
    if (self != NULL)
        put_g(fd, self, self, now);
    for (struct g_slab *slab = LOAD_ACQ(&sched.slabs); slab != NULL; slab = slab->next)
        for (int i = 0; i < G_SLAB; i++) {
            struct g *g = &slab->gs[i];
            uint32_t state = LOAD_ACQ(&g->state);
            if (g != self && state != G_DEAD && state != G_IDLE)
                put_g(fd, g, self, now);
        }
}

void gpm_dump(int fd)
{
    if (gpm_start() < 0)
        return;
    safepoint();
    if (!stop_world(gpm_now_ns() + STOP_PATIENCE_NS))
        put(fd, "(some goroutines do not pass a safepoint and run on)\n\n");
    dump_gs(fd, g_self());
    start_world(0);
}

void dump_own_stack(int fd)
{
    struct frames f = {.n = 0};
    unwind(&f);
    put_frames(fd, &f, 1);
}

void dump_prepare(void)
{
    struct frames f = {.n = 0};
    unwind(&f);
}
