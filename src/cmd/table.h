/* Text in columns: cells are collected first, so that every column is as wide as its widest cell. */
#ifndef CMD_TABLE_H
#define CMD_TABLE_H

#include "base/vec.h"
#include "cmd/term.h"

enum { TABLE_COLUMNS = 40 };

struct table_cell {
    uint32_t offset, len; /* of its text, escape sequences included */
    uint32_t columns;     /* that it takes on the screen */
};

/* Set `columns` and `right`, leave the rest zero; release with table_fini(). */
struct table {
    uint32_t columns;
    uint64_t right; /* bit i: column i is aligned to the right */
    struct buf text;
    VEC(struct table_cell) cells; /* row by row */
};

/* Appends a cell; a row is complete after `columns` of them. */
void table_cell(struct table *t, const struct term *term, enum colour colour, berth_str text);
void table_cellf(struct table *t, const struct term *term, enum colour colour, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* Appends a cell of text that holds escape sequences and takes `columns` on the screen. */
void table_drawn(struct table *t, berth_str text, uint32_t columns);

/* Writes all rows, each after `indent` spaces, without blanks at line ends. */
void table_write(const struct table *t, struct buf *b, uint32_t indent);

void table_fini(struct table *t);

#endif
