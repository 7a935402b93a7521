/* The manual page berth(1), from the same rows as --help. */
#ifndef CMD_MANUAL_H
#define CMD_MANUAL_H

#include "base/buf.h"

/* Writes the page as roff. */
void manual_page(struct buf *b);

#endif
