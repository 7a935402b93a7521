/*
 * A program to look at with gdb.sh: one parked G, and a place to break at.
 */
#include <gpm.h>

static volatile int steps;

__attribute__((noinline)) static void deep_in_worker(int depth)
{
    if (depth > 0)
        deep_in_worker(depth - 1);
    else
        gpm_park(GPM_NEVER);
    steps++;
}

static void worker(void *arg)
{
    (void)arg;
    deep_in_worker(3);
}

__attribute__((noinline)) void here_we_are(void)
{
    steps++;
}

static void start(void *arg)
{
    static const struct gpm_go_options options = {.name = "worker"};
    (void)arg;
    gpm_go_with(&options, worker, NULL);
    gpm_sleep(20000000);
    here_we_are();
}

int main(void)
{
    return gpm_run(start, NULL);
}
