#include "cmd/term.h"

#include <math.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum { DEFAULT_WIDTH = 120, NARROWEST = 40 };

static const char *const colour_codes[] = {
    [PLAIN] = "", [BOLD] = "1", [DIM] = "2", [RED] = "31", [GREEN] = "32", [YELLOW] = "33", [CYAN] = "36",
};

static uint32_t width_of_stdout(bool tty)
{
    const char *wish = getenv("COLUMNS");
    uint32_t width = wish ? (uint32_t)strtoul(wish, NULL, 10) : 0;
    struct winsize size;
    if (width == 0 && tty && ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0)
        width = size.ws_col;
    if (width == 0 || width > INT16_MAX)
        return DEFAULT_WIDTH;
    return width < NARROWEST ? NARROWEST : width;
}

struct term term_of_stdout(void)
{
    const char *kind = getenv("TERM"), *no_color = getenv("NO_COLOR");
    struct term t = {.tty = isatty(STDOUT_FILENO)};
    t.colour = t.tty && !(no_color && *no_color) && !(kind && strcmp(kind, "dumb") == 0);
    t.width = width_of_stdout(t.tty);
    return t;
}

/* Bytes of the control character at the text's beginning: one of ASCII, or of U+0080 to U+009F; else 0. */
static uint32_t control_len(berth_str text)
{
    unsigned char c = (unsigned char)text.ptr[0];
    if (c == 0xc2 && text.len > 1 && (unsigned char)text.ptr[1] < 0xa0)
        return 2;
    return (c < ' ' && c != '\n') || c == 0x7f;
}

void term_safe(struct buf *b, berth_str text)
{
    uint32_t from = 0, at = 0;
    while (at < text.len) {
        uint32_t len = control_len((berth_str){text.ptr + at, text.len - at});
        if (len) {
            buf_add(b, text.ptr + from, at - from);
            buf_char(b, '?');
            from = at + len;
        }
        at += len ? len : 1;
    }
    buf_str(b, (berth_str){text.ptr + from, text.len - from});
}

void term_add(struct buf *b, const struct term *t, enum colour colour, berth_str text)
{
    if (!t->colour || colour == PLAIN || text.len == 0) {
        term_safe(b, text);
        return;
    }
    buf_printf(b, "\033[%sm", colour_codes[colour]);
    term_safe(b, text);
    buf_puts(b, "\033[0m");
}

void term_bar(struct buf *b, const struct term *t, double share, uint32_t cells)
{
    /* The last cell is drawn in eighths, so that small differences show. */
    static const char *const partial[] = {"", "▏", "▎", "▍", "▌", "▋", "▊", "▉"};
    double clamped = share < 0 ? 0 : share > 1 ? 1 : share;
    uint32_t eighths = (uint32_t)(clamped * cells * 8 + 0.5);
    struct buf full = {0}, empty = {0};
    for (uint32_t i = 0; i < eighths / 8; i++)
        buf_puts(&full, "█");
    buf_puts(&full, partial[eighths % 8]);
    for (uint32_t i = (eighths + 7) / 8; i < cells; i++)
        buf_puts(&empty, "░");
    term_add(b, t, share > 0.9 ? RED : share > 0.7 ? YELLOW : GREEN, buf_view(&full));
    term_add(b, t, DIM, buf_view(&empty));
    buf_fini(&full);
    buf_fini(&empty);
}

void term_spark(struct buf *b, const struct term *t, enum colour colour, const double *values, uint32_t len,
                double most)
{
    static const char *const heights[] = {"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
    enum { HEIGHTS = sizeof heights / sizeof *heights };
    struct buf line = {0};
    for (uint32_t i = 0; i < len; i++) {
        double share = most > 0 && values[i] > 0 ? values[i] / most : 0;
        double height = ceil(share * (HEIGHTS - 1)); /* more than nothing shows */
        buf_puts(&line, heights[height < HEIGHTS ? (uint32_t)height : HEIGHTS - 1]);
    }
    term_add(b, t, colour, buf_view(&line));
    buf_fini(&line);
}

uint32_t term_columns(berth_str text)
{
    uint32_t columns = 0;
    for (uint32_t i = 0; i < text.len; i++)
        columns += ((unsigned char)text.ptr[i] & 0xc0) != 0x80; /* continuation bytes take none */
    return columns;
}

static void wrap_line(struct buf *b, berth_str text, uint32_t indent, uint32_t room)
{
    do {
        uint32_t end = text.len;
        if (end > room) {
            for (end = room; end > 0 && text.ptr[end] != ' ';)
                end--;
            end = end ? end : room;
        }
        buf_printf(b, "%*s", text.len ? (int)indent : 0, "");
        term_safe(b, (berth_str){text.ptr, end});
        buf_char(b, '\n');
        while (end < text.len && text.ptr[end] == ' ')
            end++;
        text = (berth_str){text.ptr + end, text.len - end};
    } while (text.len);
}

void term_wrap(struct buf *b, berth_str text, uint32_t indent, uint32_t width)
{
    enum { NARROWEST_TEXT = 20 };
    uint32_t room = width > indent + NARROWEST_TEXT ? width - indent : NARROWEST_TEXT;
    while (text.len) {
        const char *end = memchr(text.ptr, '\n', text.len);
        uint32_t len = end ? (uint32_t)(end - text.ptr) : text.len;
        wrap_line(b, (berth_str){text.ptr, len}, indent, room);
        len += end != NULL;
        text = (berth_str){text.ptr + len, text.len - len};
    }
}
