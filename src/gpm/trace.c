/*
 * GPM_TRACE=schedtrace=N[,scheddetail=1]: every N ms a line on stderr in the format of Go's
 * GODEBUG=schedtrace, so that the tools and habits that exist for it work. Most of it is read without locks:
 * a picture of a moving thing.
 */
#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

#include "gpm/proc.h"
#include "gpm/sanitize.h"

static int64_t period_ns;
static bool detail;

#define TEXT_BYTES 16384

/* Text that is written when full, and at the end. */
struct text {
    size_t len;
    char bytes[TEXT_BYTES];
};

static void flush(struct text *t)
{
    for (size_t at = 0; at < t->len;) {
        ssize_t n = write(2, t->bytes + at, t->len - at);
        if (n < 0 && errno != EINTR)
            break;
        at += n > 0 ? n : 0;
    }
    t->len = 0;
}

__attribute__((format(printf, 2, 3))) static void put(struct text *t, const char *format, ...)
{
    char piece[512];
    va_list args;
    va_start(args, format);
    int n = vsnprintf(piece, sizeof piece, format, args);
    va_end(args);
    if (n < 0)
        return;
    size_t bytes = (size_t)n < sizeof piece ? (size_t)n : sizeof piece - 1;
    if (t->len + bytes > TEXT_BYTES)
        flush(t);
    memcpy(t->bytes + t->len, piece, bytes);
    t->len += bytes;
}

/* One "name=value" of the variable. */
static void setting(const char *name, size_t len, const char *value)
{
    long n = strtol(value, NULL, 10);
    if (len == strlen("schedtrace") && strncmp(name, "schedtrace", len) == 0 && n > 0)
        period_ns = n * MS;
    else if (len == strlen("scheddetail") && strncmp(name, "scheddetail", len) == 0)
        detail = n > 0;
    else
        fprintf(stderr,
                "gpm: GPM_TRACE: \"%.*s\" is neither schedtrace=MILLISECONDS nor scheddetail=1: ignored\n",
                (int)len, name);
}

void trace_init(void)
{
    const char *text = getenv("GPM_TRACE");
    while (text != NULL && *text != '\0') {
        size_t len = strcspn(text, "=,");
        setting(text, len, text[len] == '=' ? text + len + 1 : "");
        text += strcspn(text, ",");
        text += *text == ',';
    }
}

int64_t trace_period_ns(void)
{
    return period_ns;
}

static int m_id(const struct m *m)
{
    return m != NULL ? m->id : -1;
}

static long long g_id(const struct g *g)
{
    return g != NULL ? (long long)g->id : -1;
}

static const char *flag(bool b)
{
    return b ? "true" : "false";
}

NO_TSAN static void print_p(struct text *t, struct p *p)
{
    put(t, "  P%d: status=%u schedtick=%u syscalltick=%u m=%d runqsize=%u gfreecnt=%u timerslen=%u\n", p->id,
        LOAD(&p->state), LOAD(&p->sched_tick), LOAD(&p->syscall_tick), m_id(LOAD(&p->m)), runq_len(p),
        p->gfree_n, LOAD(&p->timers.shown_len));
}

NO_TSAN static void print_m(struct text *t, struct m *m)
{
    struct p *p = m->p;
    put(t, "  M%d: p=%d curg=%lld spinning=%s blocked=%s\n", m->id, p != NULL ? p->id : -1, g_id(m->curg),
        flag(m->spinning), flag(m->blocked));
}

NO_TSAN static void print_g(struct text *t, struct g *g)
{
    uint32_t state = LOAD(&g->state);
    if (state == G_DEAD || state == G_IDLE)
        return;
    put(t, "  G%llu: status=%u(%s) m=%d\n", (unsigned long long)g->id, state,
        state == G_WAITING ? wait_reason_text[g->wait_reason] : "", m_id(g->m));
}

static void print_detail(struct text *t)
{
    struct p **all = LOAD(&sched.allp);
    for (int i = 0; i < LOAD(&sched.procs); i++)
        print_p(t, all[i]);
    for (struct m *m = sched.m_all; m != NULL; m = m->all_link)
        print_m(t, m);
    for (struct g_slab *slab = LOAD_ACQ(&sched.slabs); slab != NULL; slab = slab->next)
        for (int i = 0; i < G_SLAB; i++)
            print_g(t, &slab->gs[i]);
}

static void print_queues(struct text *t)
{
    struct p **all = LOAD(&sched.allp);
    int n = LOAD(&sched.procs);
    put(t, " runqueue=%u [ ", LOAD(&sched.runq_size));
    for (int i = 0; i < n; i++)
        put(t, "%u ", runq_len(all[i]));
    put(t, "] schedticks=[ ");
    for (int i = 0; i < n; i++)
        put(t, "%u ", LOAD(&all[i]->sched_tick));
    put(t, "]\n");
}

void trace_print(int64_t now)
{
    static struct text text; /* sysmon's alone */
    struct text *t = &text;
    lock_acquire(&sched.lock);
    put(t,
        "SCHED %lldms: gomaxprocs=%d idleprocs=%u threads=%d spinningthreads=%u needspinning=%d "
        "idlethreads=%u",
        (long long)((now - sched.start_ns) / MS), LOAD(&sched.procs), LOAD(&sched.np_idle), sched.m_count + 1,
        LOAD(&sched.nm_spinning), LOAD(&sched.need_spinning), sched.nm_idle);
    if (detail) {
        put(t, " runqueue=%u gcwaiting=%s nmidlelocked=0 stopwait=%u sysmonwait=%s\n", LOAD(&sched.runq_size),
            flag(world_stopping()), sched.stop_wait, flag(sched.sysmon_wait));
        print_detail(t);
    } else {
        print_queues(t);
    }
    lock_release(&sched.lock);
    flush(t);
}
