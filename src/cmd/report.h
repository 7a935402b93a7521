/*
 * The result of a simulation, written in one of the output formats.
 */
#ifndef CMD_REPORT_H
#define CMD_REPORT_H

#include "cmd/term.h"
#include "sim/simulate.h"

struct report {
    const struct core *core; /* in its final state */
    const struct cluster *cluster;
    const struct simulation *simulation;
    const struct buf *failures; /* by index of a reason: what --explain-failures says */
    size_t failures_len;
    double seconds; /* that scheduling took */
};

/* For people: placements, nodes with bars, totals, what stayed pending; `wide` folds nothing. */
void report_table(struct buf *b, const struct report *r, const struct term *term, bool wide);

/* Its parts (report_nodes.c, report_pending.c, report_time.c). */
void report_nodes(struct buf *b, const struct report *r, const struct term *term, bool wide);
void report_time(struct buf *b, const struct report *r, const struct term *term);
void report_pending(struct buf *b, const struct report *r, const struct term *term, bool wide);

/* Which pods are still on a drained node, and which budget refuses their eviction: for people; in JSON. */
void report_drains(struct buf *b, const struct cluster *cluster, const struct simulation *s,
                   const struct term *term, bool wide);
void report_drains_json(struct buf *b, const struct cluster *cluster, const struct simulation *s);

/*
 * A v1 List of the pods as they would be read back from the cluster after the run. Needs the pods' JSON. Much
 * of it is printed on the way, `b` holds the rest. Negative code: a pod could not be read again; positive:
 * the exit code after a failed write.
 */
int report_json(struct buf *b, const struct report *r, struct err *err);
int report_yaml(struct buf *b, const struct report *r, struct err *err);

/*
 * One row a pod, with a header: namespace,name,outcome,node,reason; with time also when it arrived, how long
 * it waited, when it left and how often it was tried.
 */
void report_csv(struct buf *b, const struct report *r);

/*
 * Its parts, for rows that have more: the header and the row of a pod, without the ends of their lines, and
 * any field.
 */
void report_csv_titles(struct buf *b, const struct report *r);
void report_csv_pod(struct buf *b, const struct report *r, size_t pod);
void report_csv_field(struct buf *b, berth_str text);

/*
 * The simulation as one JSON object, described in docs/timeline.md; nodes show how full they were in
 * `buckets` equal parts of the time, at most SIMULATION_BUCKETS.
 */
enum { SIMULATION_BUCKETS = 100 };
void simulation_json(struct buf *b, const struct report *r, uint32_t buckets);

/*
 * The same for a page, which has to stay small: reasons that differ in numbers alone are one (with
 * "variants", how many), the history has indices of "nodes" and "outcomes" instead of names and is there
 * without time, too; resources that nobody asked for, and what the heat shows anyway, are left out.
 */
void simulation_json_brief(struct buf *b, const struct report *r, uint32_t buckets);

/* The zone of a node's group without the region; "-" when it has none. */
berth_str report_zone(berth_atom group);

/*
 * How an outcome is called: "bound", "placed", "pending", "gated", "preempted", "other-scheduler",
 * "evicted", "departed", "deleted", "absent".
 */
const char *report_outcome(enum outcome outcome);

/*
 * Why the pod was not placed, or not evicted from the node that was drained, as a sentence; the empty slice
 * when it was.
 */
berth_str report_reason(const struct report *r, size_t pod);

#endif
