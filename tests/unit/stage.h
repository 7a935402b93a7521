/*
 * A stage for the framework: a cache, a profile made of actors, and one cycle at a time. An actor is a plugin
 * that follows a script; the points of its script that are NULL it does not take part in.
 *
 * A line of a script is an answer: "pass", "skip", "only a,b" (pass, and narrow the search), or a code and a
 * reason: "unschedulable too small", "unresolvable ...", "error ...", "pending ...", "wait ...". At the
 * points that are asked node by node it is a list "a: answer; b: answer"; nodes that are not in it pass.
 * Scores are numbers instead of answers, 0 for nodes that are not in the list.
 */
#ifndef TESTS_STAGE_H
#define TESTS_STAGE_H

#include "core/framework.h"
#include "world.h"

enum { STAGE_ACTORS = 8 };

struct actor {
    const char *name;
    const char *pre_enqueue, *pre_filter, *filter, *post_filter, *pre_score, *score;
    const char *normalize; /* an answer; with "pass": the default normalisation; "double": scores times two */
    const char *reserve, *unreserve, *permit, *pre_bind, *bind, *post_bind;
    int64_t weight; /* 0: 1 */
    uint32_t filter_scope, score_scope;
    bool ranges_only, nodes_only; /* only one form of Filter and Score; default: both */
};

struct stage {
    struct world world;
    struct cache cache;
    struct nominator nominator;
    struct verdicts verdicts;
    struct row_cache rows;
    struct arena arena;
    struct core_options options;
    struct profile profile;
    struct plugin_instance instances[STAGE_ACTORS];
    struct berth_plugin tables[STAGE_ACTORS];
    struct enabled enabled[POINT_COUNT][STAGE_ACTORS];
    struct cycle cy;
};

void stage_init(struct stage *s);
void stage_fini(struct stage *s);

/* Adds a plugin at all its points, after those that are there. `self` must outlive the stage. */
void stage_add_plugin(struct stage *s, const struct berth_plugin *plugin, void *self, int64_t weight);
void stage_add(struct stage *s, const struct actor *actor);

/* Takes all plugins away and what they said; nodes and pods stay. */
void stage_clear(struct stage *s);

/*
 * The calls at the points after a node was chosen, and PostFilter: "A.reserve B.reserve ".
 * Cleared by stage_begin().
 */
const char *stage_calls(void);

/* A node as world_plain_node() makes it, in the cache. */
uint32_t stage_node(struct stage *s, const char *name, const char *labels);

/* Puts a pod where it says it is: on a node, or among those nominated to one. */
struct pod_entry *stage_put_pod(struct stage *s, const struct berth_pod *pod);
void stage_remove_pod(struct stage *s, struct pod_entry *entry);

/* Begins a cycle for the pod. */
struct cycle *stage_begin(struct stage *s, const struct berth_pod *pod);

/*
 * What a verdict says: "pass", "skip", "A unschedulable too small, too far".
 * The plugin is left out when it is NULL.
 */
const char *stage_text(const struct stage *s, berth_verdict v);

/* Verdicts of all nodes: "a: pass; b: A unschedulable too small". In a buffer of its own. */
const char *stage_verdicts(const struct stage *s, const berth_verdict *verdicts);

#endif
