/*
 * A parallel sum: 1/1 + 1/4 + 1/9 + ... is pi * pi / 6. Every piece of the loop is summed up alone, on
 * whatever P comes to it; only the sums of the pieces meet.
 *
 *     sum [HOW-MANY]
 */
#include <gpm.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

struct total {
    struct gpm_mutex mutex;
    double sum;
    size_t how_many;
};

static void add_piece(void *arg, size_t from, size_t to)
{
    struct total *total = arg;
    double sum = 0;
    for (size_t k = to; k-- > from;) /* the small ones first */
        sum += 1.0 / ((double)k * (double)k);
    gpm_mutex_lock(&total->mutex);
    total->sum += sum;
    gpm_mutex_unlock(&total->mutex);
}

static void add_all(void *arg)
{
    struct total *total = arg;
    gpm_parallel_for(1, total->how_many + 1, 0, add_piece, total);
}

int main(int argc, char **argv)
{
    struct total total = {.how_many = argc > 1 ? strtoul(argv[1], NULL, 10) : 100000000};
    int r = gpm_run(add_all, &total);
    printf("pi is about %.6f\n", sqrt(6 * total.sum));
    return r;
}
