/*
 * The benchmarks of libgpm: the same programs as in ../go, by the same names, with the same counts. Each runs
 * on the main G and returns when its work is done; a wrong result ends the process.
 */
#ifndef BENCH_H
#define BENCH_H

#include <gpm.h>

/* tasks.c */
void bench_spawn(void);
void bench_yield(void);
void bench_sleepers(void);
void bench_sum_prepare(void);
void bench_sum(void);
void bench_tree(void);

/* channels.c */
void bench_ping_pong(void);
void bench_buffered(void);
void bench_select(void);
void bench_mutex(void);

/* kernel.c */
void bench_echo(void);
void bench_syscall(void);
double bench_rss_parked(void); /* bytes */

/* main.c */
void check(bool ok, const char *what);     /* ends the process with a message unless ok */
int must(int result, const char *what);    /* result, if it is not a negative errno */
int must_os(int result, const char *what); /* result, if it is not -1 with errno set */

#endif
