/*
 * A simulated cluster around one core: a model API server that holds the truth, a watch that
 * tells the scheduler of it late, twice or not at all, and a judge who knows what the scheduler
 * has been told and decided.
 *
 *     truth  --watch-->  seen  --and what was decided-->  believed
 *
 * main.c makes up the history, api.c changes the truth and executes what the scheduler asks for, volumes.c is
 * the volume controllers, watch.c carries events, hold.c is a plugin that gets in the way, and judge.c
 * compares, with judge_queue.c, judge_preemption.c and judge_volumes.c for when a pod is tried, for whom it
 * makes others leave, and what it is given.
 */
#ifndef SIM_SIM_H
#define SIM_SIM_H

#include "../property/model.h"
#include "base/arena.h"
#include "base/vec.h"
#include "core/core_internal.h"

#include <setjmp.h>

enum { SECOND_NS = 1000000000 };
enum { EXTRAS = 4 }; /* Services and PodDisruptionBudgets that come and go */

/* A change of the truth on its way to the scheduler. */
struct event {
    enum object_kind kind;
    uint32_t slot; /* in the model */
    bool gone;
    struct object object; /* one reference: as it is now, or was at last */
    struct pod pod;
    struct node node;
    struct namespace namespace;
    struct claim claim;
    struct volume volume;
    int32_t allows; /* a budget */
};

/* A bind that the API server has not answered yet, or the work before it. */
struct bind {
    const struct berth_pod *pod; /* one reference */
    uint32_t slot, uid;
    int32_t node;
    uint64_t placement;
    bool preparing;
    /* What is to be written: the claim into the volume, or else the node into the claim. */
    uint32_t claim, volume; /* 1 + index; 0: nothing */
    uint32_t claim_uid;     /* of the claim that the scheduler knew */
};

/* How far an assumed pod has come. */
enum stage { STAGE_NONE, STAGE_WAITS, STAGE_PREPARES, STAGE_BINDS };

/* What a pod on its way to a node was given for its claim. */
struct gift {
    bool asked;    /* STAGE_PREPARES: the claim was to be written, */
    bool awaited;  /* and has not been seen bound since */
    bool prepared; /* the scheduler was told that all was written */
    bool shared;   /* others on their way have the claim: whoever gives up frees the volume for all */
    int64_t asked_ns;
    uint32_t volume; /* 1 + index; 0: a new one */
};

/* What the scheduler should remember of a pod that waits to be scheduled. */
struct pod_history {
    uint32_t uid;
    int64_t since_ns; /* when it came, or last failed */
    uint32_t attempts, rejections;
    uint32_t errors;             /* in a row, up to the last failure */
    bool activated;              /* it may be tried at once */
    uint32_t victims[MOST_PODS]; /* uids of pods that were to leave for it at its last attempt; 0: not */
    bool repelled;               /* anti-affinity of placed pods was among the reasons */
    bool overlooked;             /* something may have helped it that kube-scheduler's hints do not see */
};

struct sim {
    struct rng rng;
    struct density density;
    struct pod templates[10];
    const struct config *config;
    const struct registry *registry;
    struct catalog *catalog;
    struct core *core;
    struct arena arena;
    struct buf text;
    int64_t now_ns;
    int64_t told_ns; /* the scheduler knows of no later time: nothing that is due since need have been done */
    bool verbose, calm, leads;
    bool exact; /* pods are tried again for events alone, not because they have waited for long */
    bool crowded, sociable; /* see crowd() and mingle() */
    uint32_t claims;        /* of 8 pods have one */
    jmp_buf failed;

    struct model truth;
    uint32_t next_uid;
    bool extras[EXTRAS];    /* are there */
    int32_t allows[EXTRAS]; /* disruptions, of budgets */

    VEC(struct event) watch;
    size_t delivered;
    bool lost; /* an event was lost: what the scheduler knows is wrong until the next list */
    struct model seen;
    bool extras_seen[EXTRAS];
    int32_t allows_seen[EXTRAS];

    /* By pod: the uid that is assumed on believed.pods[].node; 0: none. Whether its binding was said to be
     * done. */
    struct model believed;
    uint32_t assumed[MOST_PODS], told_bound[MOST_PODS];
    uint32_t skipped[MOST_PODS]; /* the uid that was skipped because it is being deleted */
    enum stage stage[MOST_PODS];
    int64_t waits_until_ns[MOST_PODS]; /* STAGE_WAITS */
    struct gift gifts[MOST_PODS];
    struct pod_history history[MOST_PODS];
    bool attempting;
    uint64_t stopped;                           /* pods, as bits, whose binding the attempt stops */
    const struct pod_entry *entries[MOST_PODS]; /* the scheduler's, of the pods last seen; NULL: not known */
    struct model before; /* what was believed when the last attempt began, nominations included */

    VEC(struct bind) binds;
    VEC(struct bind) answered; /* those that may be answered once more, when it is too late */
    int64_t reserved; /* calls of Reserve without Unreserve or PostBind */
    uint64_t decisions, bound, failed_binds, preempted, claims_bound, timed_out;
};

void sim_fails(struct sim *s, const char *format, ...) __attribute__((format(printf, 2, 3), noreturn));
void sim_tell(const struct sim *s, const char *format, ...) __attribute__((format(printf, 2, 3)));
bool sim_chance(struct sim *s, uint32_t of, uint32_t among);
uint32_t sim_below(struct sim *s, uint32_t bound);

/* api.c: each changes the truth, if that is possible, and sends the event. */
void api_new_pod(struct sim *s);
void api_relabel_pod(struct sim *s);
void api_delete_pod(struct sim *s);
void api_finish_deletion(struct sim *s);
void api_change_node(struct sim *s);
void api_remove_node(struct sim *s);
void api_change_namespace(struct sim *s);
void api_change_extra(struct sim *s);
void api_bind_by_others(struct sim *s);
void api_open_gate(struct sim *s);
void api_tolerate(struct sim *s);
void api_scale_down(struct sim *s);
/* What a decision asks for: victims, nominations. */
void api_carry_out(struct sim *s, const struct decision *d);
/* Answers a bind that is under way, or ends the work before it, and tells the scheduler. */
void api_answer_bind(struct sim *s, size_t at);
/* Answers one again that was answered long ago, or not at all because it was stopped. */
void api_answer_late(struct sim *s);
/* The work before a bind is stopped. */
void api_stop_preparing(struct sim *s, const struct berth_pod *pod);
void api_drop_binds(struct sim *s);
/* The place of a pod in the model by its name, and of a node; NULL: -1. */
uint32_t api_pod_slot(struct sim *s, const struct berth_pod *pod);
uint32_t api_uid(const struct berth_pod *pod);
int32_t api_node_slot(struct sim *s, berth_atom name);

/* volumes.c: claims and volumes come and go; controllers bind, provision and reclaim, or fail to. */
void volumes_set_up(struct sim *s);
void volumes_classes(struct sim *s);
void api_change_claim(struct sim *s);
void api_change_volume(struct sim *s);
void api_run_controllers(struct sim *s);
/* Writes what is asked for; NULL, or the error. */
const char *api_write_claim(struct sim *s, const struct bind *b);

/* watch.c */
/* The object whose JSON is in s->text. */
struct object watch_decode(struct sim *s, enum object_kind kind);
void watch_send(struct sim *s, enum object_kind kind, uint32_t slot, bool gone);
/* Delivers the next event, or loses it; false: there is none. */
bool watch_deliver(struct sim *s);
/* The scheduler is told of everything anew. */
void watch_list(struct sim *s);
void watch_clear(struct sim *s);

/* main.c: a pod from a template, or a new one. */
struct pod sim_pod(struct sim *s);

/* hold.c */
extern const struct berth_plugin hold_plugin;
void hold_plays(struct sim *s);
/* Whom the plugin has rejected it rejects no more. */
void hold_release(struct sim *s);
/* Whether it rejected the pod's last attempt. */
bool hold_rejected(const struct sim *s, const struct queued_pod *p);

/* judge.c */
/* An attempt begins. */
void judge_begin(struct sim *s);
/* A decision that came of an attempt, not of what happened to one later: before judge_decision(). */
void judge_attempt(struct sim *s, const struct decision *d);
void judge_decision(struct sim *s, const struct decision *d);
/* All decisions that came of the attempt have been taken. */
void judge_attempted(struct sim *s);
/* The scheduler has been told of a pod, by this object; to which node it was nominated before. */
void judge_seen_pod(struct sim *s, uint32_t slot, const struct berth_pod *object, int32_t was_nominated);
/* What must hold between any two steps. */
void judge_step(struct sim *s);
/* What must hold when nothing has happened for long. */
void judge_end(struct sim *s);

/* judge_queue.c */
void judge_queue_seen(struct sim *s, uint32_t slot, const struct berth_pod *object, int32_t was_nominated);
/* The pods any of which may be tried next, as bits; 0: none is ready. */
uint64_t judge_queue_turn(struct sim *s);
void judge_queue_tried(struct sim *s, uint32_t slot);
/* Victims of the decision are to leave. */
void judge_queue_preempts(struct sim *s, const struct decision *d, uint32_t slot);
/* They could not be deleted: it may be tried at once. */
void judge_queue_activated(struct sim *s, uint32_t slot);
void judge_queue_failed(struct sim *s, const struct decision *d, uint32_t slot);
void judge_queue_step(struct sim *s);
/* A node is about to change as the scheduler sees it. */
void judge_queue_node(struct sim *s, const struct event *e);

/* judge_preemption.c: an attempt that found no node. */
void judge_preemption(struct sim *s, const struct decision *d, uint32_t slot);

/* judge_volumes.c */
/* What the scheduler believes of claims and volumes is what it shows. */
void judge_volumes_believe(struct sim *s);
void judge_volumes_step(struct sim *s);
/* The pod is tried. */
void judge_volumes_tried(struct sim *s, uint32_t slot);
/* The pod is to be bound: its claim is, if it was asked for. */
void judge_volumes_bound(struct sim *s, uint32_t slot);
/* A claim or volume has been shown. */
void judge_volumes_seen(struct sim *s);
/* Two pods are not given one volume. */
void judge_volumes_asked(struct sim *s, const struct bind *b);
/* Another decision about the pod says that it has failed. */
void judge_volumes_failed(struct sim *s, const struct decision *d, uint32_t slot);
/* Until when the pod may wait for its volume. */
int64_t judge_volumes_due(const struct sim *s, uint32_t slot);
/* Whether hints alone need not wake the pod: nobody is told of a volume that a binding gives up. */
bool judge_volumes_overlooks(const struct model *m, const struct pod *pod);

/* main.c: the time, for a call of the core, which knows it from now on. */
int64_t sim_tell_time(struct sim *s);

/* Everything that the core has decided meanwhile. */
void sim_take_decisions(struct sim *s);

#endif
