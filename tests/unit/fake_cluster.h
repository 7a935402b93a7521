/*
 * A few nodes as columns, for tests of the resource plugins; include it after fake_framework.h. Resources are
 * the fixed four and the scalars "example.com/0", "example.com/1" ...
 */
#ifndef FAKE_CLUSTER_H
#define FAKE_CLUSTER_H

#include "base/doc.h"
#include "base/rng.h"

enum { FAKE_NODES = 300, FAKE_SCALARS = 80, FAKE_COLUMNS = BERTH_SCALAR + FAKE_SCALARS };

static struct {
    int64_t alloc[FAKE_COLUMNS][FAKE_NODES], used[FAKE_COLUMNS][FAKE_NODES];
    int64_t nonzero_cpu[FAKE_NODES], nonzero_memory[FAKE_NODES];
    const int64_t *alloc_columns[FAKE_COLUMNS], *used_columns[FAKE_COLUMNS];
    struct berth_nodes nodes;
    const char *verdicts[4096]; /* as texts: "<code>: <reason>, <reason>" */
    uint32_t verdicts_len;
    char failure[2048]; /* of create() */
} cluster;

static inline void cluster_begin(uint32_t nodes)
{
    memset(&cluster, 0, sizeof(cluster));
    for (uint32_t i = 0; i < FAKE_COLUMNS; i++) {
        cluster.alloc_columns[i] = cluster.alloc[i];
        cluster.used_columns[i] = cluster.used[i];
    }
    cluster.nodes = (struct berth_nodes){
        .len = nodes,
        .live = nodes,
        .resources = FAKE_COLUMNS,
        .alloc = cluster.alloc_columns,
        .used = cluster.used_columns,
        .nonzero_cpu = cluster.nonzero_cpu,
        .nonzero_memory = cluster.nonzero_memory,
    };
}

/* A class with the scalars 0, 1 ... behind it; the amounts are the test's to fill in. */
struct fake_class {
    struct berth_class class;
    struct berth_amount scalars[FAKE_SCALARS];
};

static inline berth_atom cluster_scalar(uint32_t i)
{
    char name[32];
    snprintf(name, sizeof(name), "example.com/%u", i);
    return fake_atom(name);
}

static inline void class_scalars(struct fake_class *f, uint32_t len)
{
    f->class.scalars = (berth_list){offsetof(struct fake_class, scalars), len};
    f->class.container_scalars = f->class.scalars;
    for (uint32_t i = 0; i < len; i++)
        f->scalars[i].resource = cluster_scalar(i);
}

/* Numbers of all sizes, most of them such as clusters have. */
static inline int64_t cluster_number(struct rng *rng)
{
    uint64_t n = rng_next(rng);
    switch (rng_next(rng) % 8) {
    case 0:
        return 0;
    case 1:
        return (int64_t)(n % 4);
    case 2:
        return (int64_t)(n >> 17); /* just not small */
    case 3:
        return rng_next(rng) % 64 ? (int64_t)(n >> 19) : (int64_t)n;
    default:
        return (int64_t)(n % 1000000);
    }
}

berth_verdict berth_reject_all(const struct berth_cycle *c, enum berth_code code, const berth_str *reasons,
                               uint32_t len)
{
    (void)c;
    char text[4096];
    int end = snprintf(text, sizeof(text), "%d:", code);
    for (uint32_t i = 0; i < len; i++)
        end +=
            snprintf(text + end, sizeof(text) - (size_t)end, "%s %.*s", i ? "," : "", BERTH_FMT(reasons[i]));
    for (uint32_t i = 0; i < cluster.verdicts_len; i++)
        if (strcmp(cluster.verdicts[i], text) == 0)
            return FAKE_VERDICT + i;
    assert_true(cluster.verdicts_len < sizeof(cluster.verdicts) / sizeof(cluster.verdicts[0]));
    cluster.verdicts[cluster.verdicts_len] = strcpy(fake_alloc(strlen(text) + 1), text);
    return FAKE_VERDICT + cluster.verdicts_len++;
}

/* What a verdict of berth_reject_all() says; the empty text for a pass. */
static inline const char *cluster_text(berth_verdict v)
{
    return v == BERTH_PASS ? "" : cluster.verdicts[v - FAKE_VERDICT];
}

int32_t berth_resource_column(const struct berth_cycle *c, berth_atom resource)
{
    (void)c;
    for (uint32_t i = 0; i < FAKE_SCALARS; i++)
        if (cluster_scalar(i) == resource)
            return (int32_t)(BERTH_SCALAR + i);
    return -1;
}

int berth_create_fails(struct berth_handle *h, const char *format, ...)
{
    (void)h;
    va_list args;
    va_start(args, format);
    vsnprintf(cluster.failure, sizeof(cluster.failure), format, args);
    va_end(args);
    return -1;
}

/* An instance made from arguments in JSON; NULL when create() failed. */
static inline void *cluster_instance(const struct berth_plugin *plugin, const char *args)
{
    char *text = fake_alloc(strlen(args) + 1 + DOC_PADDING);
    strcpy(text, args);
    struct doc doc = {"args", text, strlen(args), DOC_JSON};
    struct berth_value value;
    struct err err = {0};
    void *self = NULL;
    assert_int_equal(doc_parse(&doc, &fake.arena, &value, &err), 0);
    cluster.failure[0] = 0;
    return plugin->create(NULL, &value, &self) < 0 ? NULL : self;
}

#endif
