/* What the files of the queue share: queue.c moves pods, queue_wake.c judges events, queue_tick.c keeps time.
 */
#ifndef CORE_QUEUE_INTERNAL_H
#define CORE_QUEUE_INTERNAL_H

#include "core/events.h"
#include "core/queue.h"

/* What an event means for a pod that waits. */
enum queue_wake {
    WAKE_NOT,
    WAKE_AFTER_BACKOFF,
    WAKE_AT_ONCE, /* what it was pending for has come: no backoff */
};

/* Whether the event gives the pod, which plugins rejected or an error sent back, another chance. */
enum queue_wake queue_judge(struct queue *q, const struct queued_pod *p, const struct berth_change *change);

/* The same for all events since the pod, which is still in flight, was popped. */
enum queue_wake queue_judge_flight(struct queue *q, const struct queued_pod *p);

/* Puts a pod that is in no place where it belongs. False: it is parked. */
bool queue_requeue(struct queue *q, struct queued_pod *p, enum queue_wake wake, int64_t now_ns);

/* The same with a pod that is in a queue. */
bool queue_move(struct queue *q, struct queued_pod *p, enum queue_wake wake, int64_t now_ns);

/* Makes a pod that is in no place active, without asking PreEnqueue. */
void queue_enter_active(struct queue *q, struct queued_pod *p, int64_t now_ns);

/* Whether a gate (the plugin + 1) may open because the pod has waited too long. */
bool queue_opens_by_timeout(struct queue *q, uint32_t profile, uint32_t gate);

/* Parked pods have waited too long: those for which it holds are tried again. */
void queue_wake_leftovers(struct queue *q, int64_t now_ns);

#endif
