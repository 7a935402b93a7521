/* What standard output is: a terminal with colours and a width, or not. */
#ifndef CMD_TERM_H
#define CMD_TERM_H

#include "base/buf.h"

struct term {
    bool tty;
    bool colour;    /* tty, TERM is not "dumb" and NO_COLOR is not set */
    uint32_t width; /* columns: COLUMNS, the terminal's, or 120 */
};

enum colour { PLAIN, BOLD, DIM, RED, GREEN, YELLOW, CYAN };

/* As standard output and the environment (COLUMNS, NO_COLOR, TERM) have it. */
struct term term_of_stdout(void);

/*
 * Adds the text with '?' for its control characters, except new lines: names come from files, and must
 * not command the terminal.
 */
void term_safe(struct buf *b, berth_str text);

/* Adds the text, made safe, in a colour; PLAIN and terminals without colour add the text alone. */
void term_add(struct buf *b, const struct term *t, enum colour colour, berth_str text);

/*
 * A bar of `cells` columns, filled to `share` (0..1;
 * more is shown as full), green, yellow or red as it fills.
 */
void term_bar(struct buf *b, const struct term *t, double share, uint32_t cells);

/* A line of bars, one a value, as high as it is in 0..most; all are drawn lowest when `most` is 0. */
void term_spark(struct buf *b, const struct term *t, enum colour colour, const double *values, uint32_t len,
                double most);

/* Columns that UTF-8 text takes: code points, all taken to be one column wide. */
uint32_t term_columns(berth_str text);

/*
 * The text, made safe, in lines of at most `width` bytes, broken at blanks, each after `indent` spaces; new
 * lines in it stay.
 */
void term_wrap(struct buf *b, berth_str text, uint32_t indent, uint32_t width);

#endif
