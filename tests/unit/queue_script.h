/*
 * Histories of the queue as text, with plugins made up for the purpose. A line is a time in seconds, an
 * operation, and after a bar the whole state that follows:
 *
 *     0.5  add a            | active a
 *     0.6  pop a            | flight a
 *     0.7  reject a fit     | parked a
 *     0.8  event node-add   | backoff a:1
 *
 * The state is a list of places that are not empty, in this order: active, backoff and failed (errors) in the
 * order in which pods would leave them, with the end of their backoff in seconds; parked and gated, sorted by
 * name; flight, in order of pops; nominated, as node=pod,pod. A line without a bar is not compared; one that
 * is empty or begins with # is passed over.
 *
 *     add POD            a pod: a name and, as told, @5 priority, +gate +gate2 +other labels, >n1 nominated,
 *                        #2 uid
 *     update POD         the pod of that name is this from now on
 *     delete NAME        it is gone
 *     bind NAME          somebody else has put it on a node
 *     pop NAME           pops, and it is this one; -: none
 *     reject NAME PLUGIN... [>NODE]  failed; "error" instead of plugins; !PLUGIN said Pending;
 *                                    >NODE nominates it, > alone ends its nomination
 *     done NAME          bound
 *     activate NAME
 *     event EVENT [MAX]  see script_events; MAX: the highest priority concerned
 *     tick               only time passes
 *
 * Plugins: gate keeps pods out that have the label gate, and hears of label changes of the pod itself; gate2,
 * of the label gate2, hears of added nodes. fit hears of added and resized nodes unless they are small, and
 * of deleted pods; wait hears of node labels; broken cannot tell what a deleted node means; careful hears of
 * all updates of the pod itself; any has registered nothing; mute rejects nothing and registers nothing.
 */
#ifndef TESTS_QUEUE_SCRIPT_H
#define TESTS_QUEUE_SCRIPT_H

#include "core/queue.h"
#include "world.h"

struct script_settings {
    int initial_backoff_s, max_backoff_s, max_parked_s; /* 0: 1, 10, 300 */
    double start_s;
};

/* Runs a script, failing the test with the case's name and the line. */
void script_run(const char *name, const char *script, const struct script_settings *settings);

#endif
