/*
 * The result of berth compare: runs side by side, and what moved between them.
 */
#ifndef CMD_COMPARE_H
#define CMD_COMPARE_H

#include "cmd/report_page.h"
#include "sim/compare.h"

/* The first run and another one. */
struct pair {
    const char *from, *to; /* their names */
    struct moves moves;
};

struct comparison {
    const struct cluster *cluster;
    const struct contender *contenders;
    const struct page_run *runs; /* the same, with names and reports */
    size_t len;
    const struct pair *pairs; /* of each run but the first */
};

/* ---- what moved, in words ---- */

/* How many pods moved for one cause. */
struct cause_count {
    const struct move *first;
    uint32_t pods;
    int64_t least, most; /* points */
};

/* Pods of one workload that moved; bare pods of one namespace count as one. */
struct move_group {
    uint32_t first; /* index of a move */
    uint32_t pods;
    uint32_t elsewhere, gained, lost; /* another node; a node now; none any more */
    VEC(struct cause_count) causes;   /* the most frequent first */
};

typedef VEC(struct move_group) move_groups;

/*
 * Groups the moves by workload, the largest first; with `all` they are one group.
 * Release with move_groups_fini().
 */
void move_groups_of(move_groups *groups, const struct cluster *cluster, const struct moves *moves, bool all);
void move_groups_fini(move_groups *groups);

/* "shop/web", or "pods of shop" for pods of no workload. */
void move_group_name(struct buf *b, const struct cluster *cluster, const struct moves *moves,
                     const struct move_group *group);

/* "5 to other nodes, 2 found a node". */
void move_group_change(struct buf *b, const struct move_group *group);

/* "NodeResourcesFit's score, by 4 to 40 points", "old node closed under b.yaml (NodePorts: ...)". */
void cause_words(struct buf *b, const struct pair *pair, const struct cause_count *cause);

/* ---- formats ---- */

/* For people; `term` says how wide. */
void compare_table(struct buf *b, const struct comparison *c, const struct term *term);

/*
 * A row for each pod in each run, with a header: run, the columns of report_csv(), then how the pod ended
 * otherwise than in the first run, and why; both are empty when it did not.
 */
void compare_csv(struct buf *b, const struct comparison *c);

/*
 * The pairs as a JSON array: how many pods moved, why, and by workload; with `each` also one object a pod.
 */
void compare_pairs_json(struct buf *b, const struct comparison *c, bool each);

#endif
