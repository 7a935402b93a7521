/*
 * Pods for which others are being removed at this moment: until those are gone, or on their way, trying the
 * pod again would choose further victims.
 */
#ifndef CORE_PREEMPTING_H
#define CORE_PREEMPTING_H

#include "api/catalog.h"
#include "base/vec.h"

struct preemption {
    const struct berth_pod *pod;      /* one reference */
    const struct berth_pod **victims; /* those that are still there, a reference each */
    uint32_t len;                     /* 0: it need not wait any longer */
};

/* Zero-initialise with `catalog` set; release with preempting_fini(). */
struct preempting {
    struct catalog *catalog;
    VEC(struct preemption) all;
};

/* The pod waits for the victims, instead of those it waited for before. 0, or -ENOMEM: it waits for none. */
int preempting_begin(struct preempting *p, const struct berth_pod *pod,
                     const struct berth_pod *const *victims, uint32_t len);

/* Nobody waits for the victim any longer. */
void preempting_left(struct preempting *p, const struct berth_pod *victim);

/* A pod whose last victim has left, with its reference; each is given once, NULL when there is none. */
const struct berth_pod *preempting_over(struct preempting *p);

/* The pod waits for nobody. */
void preempting_end(struct preempting *p, const struct berth_pod *pod);

/* Whether the pod waits for victims. */
bool preempting_holds(const struct preempting *p, const struct berth_pod *pod);

void preempting_fini(struct preempting *p);

#endif
