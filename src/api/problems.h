/* A list of messages that ends up as one text, as upstream's aggregated errors do. */
#ifndef API_PROBLEMS_H
#define API_PROBLEMS_H

#include "base/buf.h"
#include "base/map.h"

/* Zero-initialise; release with problems_fini(). Write a message into `text`, then end it. */
struct problems {
    struct buf text;
    size_t begin;    /* of the message being written */
    struct map seen; /* hashes of the messages */
    size_t len;      /* number of different messages */
};

/* Ends the message being written; one that was there before is dropped. */
void problems_end(struct problems *p);

/* Writes the message alone, or "[a, b]" when there are several, or nothing. */
void problems_print(struct buf *b, const struct problems *p);

void problems_fini(struct problems *p);

#endif
