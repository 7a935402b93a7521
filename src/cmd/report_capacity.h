/* What `berth capacity` found out, in writing. */
#ifndef CMD_REPORT_CAPACITY_H
#define CMD_REPORT_CAPACITY_H

#include "cmd/term.h"
#include "sim/capacity.h"

/*
 * One pod's count, and the core that it was counted in. `next` is why no more fit;
 * NULL: as many as asked for did.
 */
struct capacity_report {
    const struct core *core;
    const struct cluster *cluster;
    const struct capacity_pod *pod;
    const struct capacity *capacity;
    const struct explanation *next;
    bool preempt; /* copies were allowed to preempt */
};

/* For people: how many, where, what stops the next one and what is left; `wide` cuts nothing. */
void capacity_table(struct buf *b, const struct capacity_report *r, const struct term *term, bool wide);

/* One object: {"pod":"ns/name","kind":...,"count":...,"nodes":{...},"next":{...},"unused":{...}}. */
void capacity_json(struct buf *b, const struct capacity_report *r);

/* What preemption cost, by copies and by priorities, `wide` also each victim; and as JSON, with its key. */
void victims_table(struct buf *b, const struct capacity *c, const struct term *term, bool wide);
void victims_json(struct buf *b, const struct capacity *c);

/* How many copies on a node others had to make room for, and how many these were. */
struct node_toll {
    uint32_t copies, victims;
};

/* Adds to the tolls, one a slot. */
void victims_by_slot(const struct capacity_report *r, struct node_toll *tolls);

/* "0/8 nodes are available: ...", or whatever else keeps the next one out; empty: nothing does. */
berth_str capacity_stop(const struct capacity_report *r);

#endif
