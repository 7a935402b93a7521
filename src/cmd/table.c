#include "cmd/table.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

static const uint32_t gap = 2; /* blanks between columns */

void table_drawn(struct table *t, berth_str text, uint32_t columns)
{
    struct table_cell cell = {(uint32_t)t->text.len, text.len, columns};
    buf_str(&t->text, text);
    if (vec_push(&t->cells, cell) < 0)
        abort(); /* as struct buf does: output has no better answer */
}

void table_cell(struct table *t, const struct term *term, enum colour colour, berth_str text)
{
    struct buf drawn = {0};
    term_add(&drawn, term, colour, text);
    table_drawn(t, buf_view(&drawn), term_columns(text));
    buf_fini(&drawn);
}

void table_cellf(struct table *t, const struct term *term, enum colour colour, const char *format, ...)
{
    char *text = NULL;
    va_list args;
    va_start(args, format);
    int len = vasprintf(&text, format, args);
    va_end(args);
    table_cell(t, term, colour, len < 0 ? BERTH_STR("?") : (berth_str){text, (uint32_t)len});
    if (len >= 0)
        free(text);
}

static void column_widths(const struct table *t, uint32_t widths[TABLE_COLUMNS])
{
    memset(widths, 0, TABLE_COLUMNS * sizeof *widths);
    for (size_t i = 0; i < t->cells.len; i++) {
        uint32_t *width = &widths[i % t->columns];
        if (t->cells.at[i].columns > *width)
            *width = t->cells.at[i].columns;
    }
}

static void write_row(const struct table *t, struct buf *b, size_t first, const uint32_t *widths)
{
    uint32_t owed = 0; /* blanks that are written only when something follows */
    for (uint32_t c = 0; c < t->columns; c++) {
        const struct table_cell *cell = &t->cells.at[first + c];
        uint32_t padding = widths[c] - cell->columns;
        bool right = t->right >> c & 1;
        owed += right ? padding : 0;
        if (cell->columns) {
            buf_printf(b, "%*s", (int)owed, "");
            buf_add(b, t->text.ptr + cell->offset, cell->len);
            owed = 0;
        }
        owed += (right ? 0 : padding) + gap;
    }
}

void table_write(const struct table *t, struct buf *b, uint32_t indent)
{
    uint32_t widths[TABLE_COLUMNS];
    column_widths(t, widths);
    for (size_t i = 0; i + t->columns <= t->cells.len; i += t->columns) {
        buf_printf(b, "%*s", (int)indent, "");
        write_row(t, b, i, widths);
        buf_char(b, '\n');
    }
}

void table_fini(struct table *t)
{
    buf_fini(&t->text);
    vec_fini(&t->cells);
}
