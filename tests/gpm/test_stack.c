/*
 * Stacks: how much memory many parked Gs take, and what becomes of it.
 */
#include <string.h>
#include <unistd.h>

#include "join.h"
#include "run.h"

#if defined(__SANITIZE_ADDRESS__) || TEST_TSAN
#define MEASURED 0
#else
#define MEASURED 1
#endif

static struct join ready, join;
static struct gpm_g **all;

/* Resident memory, in bytes. */
static long resident(void)
{
    long pages = 0, kept = 0;
    FILE *f = fopen("/proc/self/statm", "r");
    CHECK(f != NULL && fscanf(f, "%ld %ld", &pages, &kept) == 2);
    fclose(f);
    return kept * sysconf(_SC_PAGESIZE);
}

static void park_once(void *arg)
{
    *(struct gpm_g **)arg = gpm_self();
    join_done(&ready);
    gpm_park(GPM_NEVER);
    join_done(&join);
}

/* Bytes that each of n parked Gs takes; all end before it returns. */
static long bytes_each(long n)
{
    all = calloc(n, sizeof *all);
    CHECK(all != NULL);
    memset(all, 0, n * sizeof *all);
    long before = resident();
    join_init(&ready, n);
    for (long i = 0; i < n; i++)
        CHECK(gpm_go(park_once, &all[i]) == 0);
    join_wait(&ready);
    long each = (resident() - before) / n;
    join_init(&join, n);
    for (long i = 0; i < n; i++)
        gpm_ready(all[i]);
    join_wait(&join);
    free(all);
    return each;
}

static void park_many(void *arg)
{
    long n = (long)test_scale((size_t)(long)arg);
    long each = bytes_each(n);
    printf("%ld parked Gs: %ld bytes each\n", n, each);
    CHECK(!MEASURED || each < 5000); /* a page of stack, and what describes it */
    CHECK(bytes_each(n) < 10000 || !MEASURED);
    struct gpm_stats stats;
    do { /* the last ones have said that they end, but may be on their way yet */
        gpm_sleep(1000000);
        gpm_stats(&stats);
    } while (stats.gs > 1);
    CHECK((long)stats.stacks < n + 1000); /* used again */
}

static void hundred_thousand(void)
{
    gpm_run(park_many, (void *)100000);
}

/* 68 GB of addresses and 4.4 GB of memory: only where asked for. */
static void million(void)
{
    if (getenv("GPM_MILLION") != NULL)
        gpm_run(park_many, (void *)1000000);
}

static void idle_memory(void *arg)
{
    (void)arg;
    long n = (long)test_scale(20000), before = resident();
    bytes_each(n);
    if (!MEASURED)
        return;
    CHECK(resident() - before > n * 4096);
    for (int i = 0; i < 1000 && resident() - before > n * 2048; i++) /* sysmon gives some back each second */
        gpm_sleep(100000000);
    CHECK(resident() - before <= n * 2048);
}

static void memory_goes_back(void)
{
    gpm_run(idle_memory, NULL);
}

static void fill(void *arg)
{
    char bytes[12000];
    memset(bytes, (int)(long)arg, sizeof bytes);
    gpm_yield();
    for (size_t i = 0; i < sizeof bytes; i++)
        CHECK(bytes[i] == (char)(long)arg);
    join_done(&join);
}

static void fill_sizes(void *arg)
{
    (void)arg;
    join_init(&join, 3000);
    for (long i = 0; i < 3000; i++) {
        struct gpm_go_options options = {.stack_bytes = (size_t)20000 << i % 5};
        CHECK(gpm_go_with(&options, fill, (void *)(i % 100)) == 0);
    }
    join_wait(&join);
}

static void sizes_apart(void)
{
    gpm_run(fill_sizes, NULL);
}

int main(int argc, char **argv)
{
    static const struct test tests[] = {
        {"100,000 parked Gs take little more than a page each", hundred_thousand},
        {"a million, when asked for", million},
        {"the memory of stacks goes back to the kernel", memory_goes_back},
        {"stacks of all sizes are apart", sizes_apart, .env = "GPM_MAXPROCS=4"},
    };
    return run_tests(argc, argv, tests, sizeof tests / sizeof *tests);
}
