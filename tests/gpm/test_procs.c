/*
 * How many Ps: from the environment, from cgroup files, and changed while everything runs. Includes the
 * source to get at the functions that read the files.
 */
#include "gpm/maxprocs.c"

#include <sys/stat.h>
#include <unistd.h>

#include "join.h"
#include "run.h"

static struct join join;
static char root[] = "/tmp/gpm-cgroup-XXXXXX";

static void file(const char *name, const char *text)
{
    char path[256];
    snprintf(path, sizeof path, "%s/%s", root, name);
    for (char *slash = strchr(path + 1, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        mkdir(path, 0700);
        *slash = '/';
    }
    FILE *f = fopen(path, "w");
    CHECK(f != NULL && fputs(text, f) >= 0 && fclose(f) == 0);
}

static double cpus(const char *self)
{
    char path[256];
    file("self", self);
    snprintf(path, sizeof path, "%s/self", root);
    return cgroup_cpus(path, root);
}

static void quotas(void)
{
    CHECK(mkdtemp(root) != NULL);
    file("a/cpu.max", "max 100000\n");
    file("a/b/cpu.max", "250000 100000\n");
    file("a/b/c/cpu.max", "400000 100000\n");
    file("cpu,cpuacct/x/cpu.cfs_quota_us", "150000\n");
    file("cpu,cpuacct/x/cpu.cfs_period_us", "50000\n");
    file("cpu,cpuacct/y/cpu.cfs_quota_us", "-1\n");
    file("cpu,cpuacct/y/cpu.cfs_period_us", "100000\n");
    static const struct {
        const char *self;
        double cpus;
    } cases[] = {
        {"0::/\n", 0},
        {"0::/a\n", 0},
        {"0::/a/b\n", 2.5},
        {"0::/a/b/c\n", 2.5}, /* the parent's is less */
        {"0::/not/there\n", 0},
        {"4:memory:/a/b\n3:cpu,cpuacct:/x\n", 3},
        {"3:cpu,cpuacct:/y\n", 0},
        {"3:cpuset:/x\n", 0},
        {"", 0},
        {"nonsense\n", 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        CHECK(cpus(cases[i].self) == cases[i].cpus);
    char command[300];
    snprintf(command, sizeof command, "rm -r %s", root);
    CHECK(system(command) == 0);
}

static void limits(void)
{
    CHECK(limited(8, 0) == 8);
    CHECK(limited(8, 2.5) == 3);
    CHECK(limited(8, 0.5) == 2);
    CHECK(limited(1, 0.5) == 1);
    CHECK(limited(4, 16) == 4);
    CHECK(limited(4000, 0) == 1024);
}

static void from_environment(void)
{
    CHECK(gpm_maxprocs() == 3);
}

static void bad_environment(void)
{
    CHECK(gpm_maxprocs() == maxprocs_wanted());
}

static _Atomic bool stop;
static _Atomic long rounds;

static void worker(void *arg)
{
    while (!atomic_load(&stop)) {
        atomic_fetch_add(&rounds, 1);
        switch ((long)arg % 4) {
        case 0:
            gpm_yield();
            break;
        case 1:
            gpm_sleep(10000);
            break;
        case 2:
            gpm_enter_syscall();
            usleep(20);
            gpm_exit_syscall();
            break;
        default:
            gpm_checkpoint();
        }
    }
    join_done(&join);
}

static void change(void *arg)
{
    (void)arg;
    join_init(&join, 16);
    for (long i = 0; i < 16; i++)
        CHECK(gpm_go(worker, (void *)i) == 0);
    for (size_t i = 0; i < test_times(300); i++) {
        int n = 1 + (int)(i * 7 % 9);
        CHECK(gpm_set_maxprocs(n) > 0);
        CHECK(gpm_maxprocs() == n);
        if (i % 3 == 0)
            gpm_sleep(50000);
    }
    CHECK(gpm_set_maxprocs(-1) < 0 && gpm_set_maxprocs(100000) < 0);
    CHECK(gpm_set_maxprocs(0) > 0);
    CHECK(gpm_maxprocs() == maxprocs_wanted());
    atomic_store(&stop, true);
    join_wait(&join);
    CHECK(rounds > 0);
}

static void changes(void)
{
    CHECK(gpm_set_maxprocs(2) < 0); /* on a foreign thread */
    gpm_run(change, NULL);
}

static void changer(void *arg)
{
    for (int i = 0; i < 50; i++)
        CHECK(gpm_set_maxprocs(1 + (i + (int)(long)arg) % 4) > 0);
    join_done(&join);
}

static void start_changers(void *arg)
{
    (void)arg;
    join_init(&join, 4);
    for (long i = 0; i < 4; i++)
        gpm_go(changer, (void *)i);
    join_wait(&join);
}

static void many_change(void)
{
    gpm_run(start_changers, NULL);
}

int main(int argc, char **argv)
{
    static const struct test tests[] = {
        {"quotas of cgroups are read, the least on the way up counts", quotas},
        {"a quota is rounded up, but not below two", limits},
        {"GPM_MAXPROCS counts", from_environment, .env = "GPM_MAXPROCS=3"},
        {"a GPM_MAXPROCS that is no number is named and ignored", bad_environment, .env = "GPM_MAXPROCS=many",
         .expect = "GPM_MAXPROCS is \"many\""},
        {"the number of Ps changes under load", changes},
        {"several Gs change it at the same time", many_change},
    };
    return run_tests(argc, argv, tests, sizeof tests / sizeof *tests);
}
