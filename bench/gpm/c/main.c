/*
 * usage: gpm NAME [--procs N]
 *        gpm --list
 *
 * Prints the seconds that the work took, on the clock and of processor time; for rss-parked the bytes of a
 * parked G.
 */
#include "bench.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

struct benchmark {
    const char *name;
    void (*prepare)(void); /* not timed; may be NULL */
    void (*run)(void);
    double (*bytes)(void); /* instead of run: measures memory */
};

static const struct benchmark benchmarks[] = {
    {.name = "spawn", .run = bench_spawn},
    {.name = "ping-pong", .run = bench_ping_pong},
    {.name = "buffered", .run = bench_buffered},
    {.name = "yield", .run = bench_yield},
    {.name = "select", .run = bench_select},
    {.name = "mutex", .run = bench_mutex},
    {.name = "sleepers", .run = bench_sleepers},
    {.name = "sum", .prepare = bench_sum_prepare, .run = bench_sum},
    {.name = "tree", .run = bench_tree},
    {.name = "echo", .run = bench_echo},
    {.name = "syscall", .run = bench_syscall},
    {.name = "rss-parked", .bytes = bench_rss_parked},
};
enum { BENCHMARKS = sizeof(benchmarks) / sizeof(benchmarks[0]) };

void check(bool ok, const char *what)
{
    if (!ok) {
        fprintf(stderr, "gpm: wrong result: %s\n", what);
        exit(1);
    }
}

int must(int result, const char *what)
{
    if (result < 0) {
        fprintf(stderr, "gpm: %s: %s\n", what, strerror(-result));
        exit(1);
    }
    return result;
}

int must_os(int result, const char *what)
{
    return must(result == -1 ? -errno : result, what);
}

static double processor_seconds(void)
{
    struct rusage used;
    getrusage(RUSAGE_SELF, &used);
    return (double)(used.ru_utime.tv_sec + used.ru_stime.tv_sec)
           + (double)(used.ru_utime.tv_usec + used.ru_stime.tv_usec) / 1e6;
}

static void measure(void *arg)
{
    const struct benchmark *b = arg;
    if (b->bytes) {
        printf("%.0f\n", b->bytes());
        return;
    }
    if (b->prepare)
        b->prepare();
    double used = processor_seconds();
    int64_t start = gpm_now();
    b->run();
    double seconds = (double)(gpm_now() - start) / 1e9;
    printf("%.9f %.9f\n", seconds, processor_seconds() - used);
}

static const struct benchmark *find(const char *name)
{
    for (int i = 0; i < BENCHMARKS; i++) {
        if (strcmp(benchmarks[i].name, name) == 0)
            return &benchmarks[i];
    }
    fprintf(stderr, "gpm: no benchmark %s\n", name);
    exit(2);
}

static int usage(void)
{
    fputs("usage: gpm NAME [--procs N]\n       gpm --list\n", stderr);
    return 2;
}

int main(int argc, char **argv)
{
    struct gpm_options options = {0};
    if (argc == 2 && strcmp(argv[1], "--list") == 0) {
        for (int i = 0; i < BENCHMARKS; i++)
            puts(benchmarks[i].name);
        return 0;
    }
    if (argc == 4 && strcmp(argv[2], "--procs") == 0)
        options.maxprocs = atoi(argv[3]);
    else if (argc != 2)
        return usage();
    const struct benchmark *b = find(argv[1]);
    must(gpm_init(&options), "gpm_init");
    must(gpm_run(measure, (void *)b), "gpm_run");
    return 0;
}
