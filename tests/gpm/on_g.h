/*
 * Tests whose body runs as the main G:
 *
 *     ON_G(sends) { CHECK(gpm_self() != NULL); }
 *     ... { "a sentence", sends } ...
 */
#ifndef TESTS_GPM_ON_G_H
#define TESTS_GPM_ON_G_H

#include "run.h"
#include <errno.h>
#include <gpm.h>

#define ON_G(name)                                                                                 \
    static void name##_body(void);                                                                 \
    static void name##_main(void *arg)                                                             \
    {                                                                                              \
        (void)arg;                                                                                 \
        name##_body();                                                                             \
    }                                                                                              \
    static void name(void)                                                                         \
    {                                                                                              \
        CHECK(gpm_run(name##_main, NULL) == 0);                                                    \
    }                                                                                              \
    static void name##_body(void)

#define LEN(array) (sizeof(array) / sizeof *(array))
#define MS(n) ((int64_t)(n)*1000000)

/* As CHECK, for what is checked in a loop over a table: names the row. */
#define CHECK_ROW(condition, row)                                                                  \
    do {                                                                                           \
        bool row_holds = (condition);                                                              \
        if (!row_holds)                                                                            \
            fprintf(stderr, "in row \"%s\", %s\n", (row), #condition);                             \
        CHECK(row_holds);                                                                          \
    } while (0)

static inline void go(gpm_fn *fn, void *arg)
{
    CHECK(gpm_go(fn, arg) == 0);
}

/* Lets the others run until they wait: with one P they do, with several it is only likely. */
static inline void let_others_run(void)
{
    for (int i = 0; i < 10; i++)
        gpm_yield();
}

#endif
