/*
 * The prime sieve: a chain of Gs, each of which drops the multiples of one prime from the numbers that come
 * by. The first number that gets through to the end is the next prime, and becomes the next link.
 *
 *     sieve [HOW-MANY]
 */
#include <gpm.h>
#include <stdio.h>
#include <stdlib.h>

struct filter {
    struct gpm_chan *in, *out;
    int prime;
};

static struct gpm_chan *chan_of_ints(void)
{
    struct gpm_chan *c = gpm_chan_new(sizeof(int), 0);
    if (!c)
        abort();
    return c;
}

static void count_up(void *out)
{
    for (int n = 2;; n++)
        gpm_send(out, &n);
}

static void drop_multiples(void *arg)
{
    struct filter f = *(struct filter *)arg;
    free(arg);
    for (int n; gpm_recv(f.in, &n);)
        if (n % f.prime != 0)
            gpm_send(f.out, &n);
}

static void sieve(void *arg)
{
    struct gpm_chan *numbers = chan_of_ints();
    gpm_go(count_up, numbers);
    for (int left = *(int *)arg; left > 0; left--) {
        struct filter *f = malloc(sizeof *f);
        if (!f)
            abort();
        *f = (struct filter){.in = numbers, .out = chan_of_ints()};
        gpm_recv(numbers, &f->prime);
        printf("%d\n", f->prime);
        numbers = f->out;
        gpm_go(drop_multiples, f);
    }
}

int main(int argc, char **argv)
{
    int how_many = argc > 1 ? atoi(argv[1]) : 20;
    return gpm_run(sieve, &how_many); /* the links end with the process */
}
