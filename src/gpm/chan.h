/*
 * Inside a channel, for chan.c (one channel) and select.c (several at once).
 */
#ifndef GPM_CHAN_H
#define GPM_CHAN_H

#include "gpm/waitq.h"

/*
 * (1) A G waits in senders only when nobody waits in receivers, and the other way round, but for a select
 * that does both. (2) Receivers wait only when count is 0, senders only when it is capacity. All is the
 * lock's; what is atomic may be read without: the answer was right at that moment.
 */
struct gpm_chan {
    struct lock lock;
    _Atomic bool is_closed;
    size_t element_bytes;
    size_t capacity;
    _Atomic size_t count;    /* elements in the ring */
    size_t send_at, recv_at; /* the ring's next free and next full slot */
    struct waitq senders, receivers;
    unsigned char ring[];
};

/* What became of an attempt. */
enum chan_outcome { CHAN_DONE, CHAN_CLOSED, CHAN_WOULD_BLOCK };

/*
 * One attempt, with c->lock held. Where *ret_wake is set the caller readies that G after it released all
 * locks.
 */
enum chan_outcome chan_send_locked(struct gpm_chan *c, const void *element, struct g **ret_wake);
enum chan_outcome chan_recv_locked(struct gpm_chan *c, void *element, struct g **ret_wake);

/*
 * Without lock: whether an attempt would have done something (passed an element, or met the end). Closed is
 * read last when receiving: what was empty before, and open then, was empty and open before.
 */
static inline bool chan_can_send(const struct gpm_chan *c)
{
    return LOAD_ACQ(&c->is_closed) || !waitq_is_empty(&c->receivers) || LOAD(&c->count) < c->capacity;
}

static inline bool chan_can_recv(const struct gpm_chan *c)
{
    return LOAD_ACQ(&c->count) > 0 || !waitq_is_empty(&c->senders) || LOAD_ACQ(&c->is_closed);
}

#endif
