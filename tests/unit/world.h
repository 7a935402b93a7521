/*
 * Objects for tests of the core, from one line of YAML each:
 *
 *     struct world w;
 *     world_init(&w);
 *     const struct berth_node *n = world_node(&w, "metadata: {name: n1}, status: {allocatable: {cpu: 4}}");
 *
 * The text is what stands between the braces of a flow mapping. Text that does not decode fails the test.
 * Every object lives until world_fini().
 */
#ifndef TESTS_WORLD_H
#define TESTS_WORLD_H

#include "api/decode.h"
#include "base/array.h"
#include "base/vec.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

/* Fails the test with a text when the condition does not hold. */
#define EXPECT(condition, ...)                                                                               \
    do {                                                                                                     \
        if (!(condition))                                                                                    \
            fail_msg(__VA_ARGS__);                                                                           \
    } while (0)

struct world {
    struct catalog *catalog;
    struct arena arena;         /* parsed texts */
    VEC(struct object) objects; /* one reference to each */
};

void world_init(struct world *w);
void world_fini(struct world *w);

berth_atom world_atom(struct world *w, const char *text);

/* An object of the kind; the others are shorthands. */
const void *world_object(struct world *w, enum object_kind kind, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
const struct berth_node *world_node(struct world *w, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
const struct berth_pod *world_pod(struct world *w, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* A node with room for 4 CPUs, 8 GiB and 10 pods and these labels ("zone: a, disk: ssd"). */
const struct berth_node *world_plain_node(struct world *w, const char *name, const char *labels);

/* A pod of namespace default with these labels that asks for this many thousandths of a CPU. */
const struct berth_pod *world_plain_pod(struct world *w, const char *name, const char *labels, int milli);

/* The name of a pod, in a buffer that later calls reuse. */
const char *world_name(const struct berth_pod *pod);

#endif
