/*
 * How many Ps by default: the CPUs of the affinity mask, limited by the CPU quota of the cgroups the process
 * is in (rounded up, but not below 2: a limit is an average, and one P alone would stall whenever it is used
 * up). sysmon asks again once a second, as containers are resized while they run.
 */
#include <sched.h>
#include <stdio.h>

#include "gpm/proc.h"

#define QUOTA_MIN 2
#define PROCS_MAX 1024
#define PATH_BYTES 4096

static int affinity_count(void)
{
    for (int cpus = 1024; cpus <= 1 << 20; cpus *= 2) { /* the kernel's mask may be bigger than ours */
        cpu_set_t *set = CPU_ALLOC(cpus);
        size_t bytes = CPU_ALLOC_SIZE(cpus);
        if (set == NULL)
            break;
        int n = sched_getaffinity(0, bytes, set) == 0 ? CPU_COUNT_S(bytes, set) : -1;
        CPU_FREE(set);
        if (n > 0)
            return n;
        if (errno != EINVAL)
            break;
    }
    return 1;
}

/* The first line of a file, false when there is none. */
static bool read_line(const char *path, char *line, size_t bytes)
{
    FILE *f = fopen(path, "re");
    if (f == NULL)
        return false;
    bool got = fgets(line, (int)bytes, f) != NULL;
    fclose(f);
    return got;
}

/* CPUs that the quota of one cgroup allows, 0: no limit. */
static double quota_v2(const char *dir)
{
    char path[PATH_BYTES + 32], line[64];
    double quota, period;
    snprintf(path, sizeof path, "%s/cpu.max", dir);
    if (!read_line(path, line, sizeof line)
        || sscanf(line, "%lf %lf", &quota, &period) != 2) /* "max 100000" */
        return 0;
    return period > 0 ? quota / period : 0;
}

static double quota_v1(const char *dir)
{
    char path[PATH_BYTES + 32], line[64];
    snprintf(path, sizeof path, "%s/cpu.cfs_quota_us", dir);
    double quota = read_line(path, line, sizeof line) ? atof(line) : -1;
    snprintf(path, sizeof path, "%s/cpu.cfs_period_us", dir);
    double period = read_line(path, line, sizeof line) ? atof(line) : 0;
    return quota > 0 && period > 0 ? quota / period : 0;
}

/* The least quota on the way from root/path up to root. */
static double least_quota(const char *root, const char *path, double (*quota)(const char *dir))
{
    char dir[PATH_BYTES];
    double least = 0;
    if (snprintf(dir, sizeof dir, "%s%s", root, path) >= (int)sizeof dir)
        return 0;
    size_t stop = strlen(root);
    for (;;) {
        double q = quota(dir);
        if (q > 0 && (least == 0 || q < least))
            least = q;
        char *slash = strrchr(dir, '/');
        if (slash == NULL || (size_t)(slash - dir) < stop)
            return least;
        *slash = '\0';
    }
}

/* Is "cpu" one of a comma-separated list of controllers? */
static bool lists_cpu(const char *controllers)
{
    for (const char *at = controllers; at != NULL && *at != '\0'; at = strchr(at, ','), at += at != NULL)
        if (strncmp(at, "cpu", 3) == 0 && (at[3] == ',' || at[3] == '\0'))
            return true;
    return false;
}

/* CPUs by quota, 0: no limit. self is /proc/self/cgroup, with lines "number:controllers:path"; mount is
 * /sys/fs/cgroup. */
static double cgroup_cpus(const char *self, const char *mount)
{
    char line[PATH_BYTES], root[PATH_BYTES];
    double least = 0;
    FILE *f = fopen(self, "re");
    while (f != NULL && fgets(line, sizeof line, f) != NULL) {
        line[strcspn(line, "\n")] = '\0';
        char *controllers = strchr(line, ':');
        char *path = controllers != NULL ? strchr(controllers + 1, ':') : NULL;
        if (path == NULL)
            continue;
        *path++ = '\0';
        controllers++;
        if (strcmp(path, "/") == 0)
            path++;
        double q = 0;
        if (*controllers == '\0')
            q = least_quota(mount, path, quota_v2);
        else if (lists_cpu(controllers)
                 && snprintf(root, sizeof root, "%s/%s", mount, controllers) < (int)sizeof root)
            q = least_quota(root, path, quota_v1);
        if (q > 0 && (least == 0 || q < least))
            least = q;
    }
    if (f != NULL)
        fclose(f);
    return least;
}

static int limited(int cpus, double quota)
{
    if (quota > 0 && quota < cpus) {
        int n = (int)quota + (quota > (int)quota);
        n = n < QUOTA_MIN ? QUOTA_MIN : n;
        cpus = n < cpus ? n : cpus;
    }
    return cpus > PROCS_MAX ? PROCS_MAX : cpus;
}

int maxprocs_wanted(void)
{
    return limited(affinity_count(), cgroup_cpus("/proc/self/cgroup", "/sys/fs/cgroup"));
}

bool maxprocs_from_env(int *ret_n)
{
    const char *text = getenv("GPM_MAXPROCS");
    char *end;
    if (text == NULL)
        return false;
    long n = strtol(text, &end, 10);
    if (end == text || *end != '\0' || n < 1 || n > PROCS_MAX) {
        fprintf(stderr, "gpm: GPM_MAXPROCS is \"%s\", not a number from 1 to %d: ignored\n", text, PROCS_MAX);
        return false;
    }
    *ret_n = (int)n;
    return true;
}

void maxprocs_update(void)
{
    if (!LOAD(&sched.procs_follow))
        return;
    int n = maxprocs_wanted();
    if (n == LOAD(&sched.procs))
        return;
    stop_world(0);
    start_world(LOAD(&sched.procs_follow) ? n : 0);
}

int gpm_maxprocs(void)
{
    int r = gpm_start();
    return r < 0 ? r : LOAD(&sched.procs);
}

int gpm_set_maxprocs(int n)
{
    if (n < 0 || n > PROCS_MAX)
        return -EINVAL;
    if (g_self() == NULL)
        return -EPERM;
    safepoint();
    STORE(&sched.procs_follow, n == 0);
    int want = n > 0 ? n : maxprocs_wanted();
    stop_world(0);
    int old = LOAD(&sched.procs);
    start_world(want);
    gpm_yield(); /* our M may have another P now, and others waited */
    return old;
}
