/*
 * Values as text. YAML comes out as sigs.k8s.io/yaml writes it: block style, lists at their parent's
 * indentation, strings plain where they read back as the same string, else in double quotes when they would
 * read as another type and in single quotes when only their characters are special.
 */
#include "base/doc.h"

#include "base/ascii.h"
#include "base/utf8.h"
#include "base/yaml_scalar.h"

void doc_write_json(struct buf *b, const struct berth_value *v)
{
    switch (v->type) {
    case BERTH_NULL:
        buf_puts(b, "null");
        return;
    case BERTH_BOOL:
        buf_puts(b, v->boolean ? "true" : "false");
        return;
    case BERTH_NUMBER:
        buf_str(b, berth_value_text(v));
        return;
    case BERTH_STRING:
        buf_json_str(b, berth_value_text(v));
        return;
    case BERTH_ARRAY:
        buf_char(b, '[');
        for (uint32_t i = 0; i < v->len; i++) {
            buf_puts(b, i ? "," : "");
            doc_write_json(b, &v->items[i]);
        }
        buf_char(b, ']');
        return;
    default:
        buf_char(b, '{');
        for (uint32_t i = 0; i < v->len; i++) {
            buf_puts(b, i ? "," : "");
            buf_json_str(b, v->members[i].key);
            buf_char(b, ':');
            doc_write_json(b, &v->members[i].value);
        }
        buf_char(b, '}');
    }
}

/* ---- YAML: strings ---- */

/* What the characters of a string allow; libyaml's analysis of scalars. */
struct shape {
    bool plain;   /* may stand without quotes */
    bool single;  /* may stand in single quotes */
    bool literal; /* may be a block scalar */
    bool has_lines;
};

static bool yaml_printable(uint32_t code)
{
    return code == '\n' || (code >= 0x20 && code <= 0x7e) || (code >= 0xa0 && code != 0xfeff && code < 0xfffe)
           || (code >= 0x10000 && code < UTF8_INVALID);
}

static bool is_break(uint32_t code)
{
    return code == '\n' || code == '\r' || code == 0x85 || code == 0x2028 || code == 0x2029;
}

static bool is_blank_or_end(berth_str s, size_t i)
{
    return i >= s.len || s.ptr[i] == ' ' || s.ptr[i] == '\t';
}

/* Whether the byte at i means something in YAML where a plain scalar stands. */
static bool is_indicator(berth_str s, size_t i)
{
    char c = s.ptr[i];
    if (i == 0 && c && strchr("#,[]{}&*!|>'\"%@`", c))
        return true;
    if (c == ':' || (i == 0 && (c == '?' || c == '-')))
        return is_blank_or_end(s, i + 1);
    return c == '#' && (s.ptr[i - 1] == ' ' || s.ptr[i - 1] == '\t' || s.ptr[i - 1] == '\n');
}

static struct shape shape_of(berth_str s)
{
    bool indicators = s.len >= 3 && (memcmp(s.ptr, "---", 3) == 0 || memcmp(s.ptr, "...", 3) == 0);
    bool special = false, outer_space = false, space_last = false, outer_break = false;
    bool break_space = false, space_break = false, has_lines = false;
    uint32_t before = 0;
    for (size_t i = 0, size; i < s.len; i += size) {
        uint32_t code = utf8_decode(s.ptr + i, s.len - i, &size);
        bool at_edge = i == 0 || i + size == s.len;
        indicators |= is_indicator(s, i);
        special |= !yaml_printable(code);
        outer_space |= code == ' ' && at_edge;
        outer_break |= is_break(code) && at_edge;
        space_last |= code == ' ' && i + size == s.len;
        break_space |= code == ' ' && is_break(before);
        space_break |= is_break(code) && before == ' ';
        has_lines |= is_break(code);
        before = code;
    }
    bool unquotable = space_break || special;
    return (struct shape){
        .plain = !indicators && !unquotable && !outer_space && !outer_break && !break_space && !has_lines,
        .single = !unquotable && !break_space && !has_lines,
        .literal = !unquotable && !space_last,
        .has_lines = has_lines,
    };
}

static void write_single(struct buf *b, berth_str s)
{
    buf_char(b, '\'');
    for (uint32_t i = 0; i < s.len; i++) {
        if (s.ptr[i] == '\'')
            buf_char(b, '\'');
        buf_char(b, s.ptr[i]);
    }
    buf_char(b, '\'');
}

/* The character after the backslash for what YAML writes short, 0 for others. */
static char yaml_escape(uint32_t code)
{
    switch (code) {
    case '\0':
        return '0';
    case 0x1b:
        return 'e';
    case 0x85:
        return 'N';
    case 0x2028:
        return 'L';
    case 0x2029:
        return 'P';
    case '"':
    case '\\':
        return (char)code;
    default:
        return code >= '\a' && code <= '\r' ? "abtnvfr"[code - '\a'] : 0;
    }
}

static void write_double(struct buf *b, berth_str s)
{
    buf_char(b, '"');
    for (size_t i = 0, size; i < s.len; i += size) {
        uint32_t code = utf8_decode(s.ptr + i, s.len - i, &size);
        if (code == UTF8_INVALID)
            buf_puts(b, "\xef\xbf\xbd");
        else if (yaml_escape(code))
            buf_printf(b, "\\%c", yaml_escape(code));
        else if (yaml_printable(code))
            buf_add(b, s.ptr + i, size);
        else
            buf_printf(b, code < 0x100 ? "\\x%02X" : code < 0x10000 ? "\\u%04X" : "\\U%08X", code);
    }
    buf_char(b, '"');
}

/* A block scalar; its lines are indented by `indent`. */
static void write_literal(struct buf *b, berth_str s, int indent)
{
    bool ends = s.ptr[s.len - 1] == '\n';
    bool ends_twice = ends && (s.len == 1 || s.ptr[s.len - 2] == '\n');
    buf_char(b, '|');
    if (s.ptr[0] == ' ' || s.ptr[0] == '\n')
        buf_char(b, '2');
    buf_puts(b, !ends ? "-" : ends_twice ? "+" : "");
    for (uint32_t i = 0; i < s.len; i++) {
        bool line_begins = i == 0 || s.ptr[i - 1] == '\n';
        if (i == 0)
            buf_char(b, '\n');
        if (line_begins && s.ptr[i] != '\n')
            buf_printf(b, "%*s", indent, "");
        buf_char(b, s.ptr[i]);
    }
    b->len -= ends; /* the caller ends every value's line */
}

static const char *skip_class(const char *p, const char *end, const char *class)
{
    while (p < end && *p && strchr(class, *p))
        p++;
    return p;
}

/* YAML 1.1's numbers to the base 60 (1:30), which other parsers read: sign, digits, then :0 to :59. */
static bool is_base60(berth_str s)
{
    if (s.len == 0)
        return false;
    const char *end = s.ptr + s.len;
    const char *p = s.ptr + (*s.ptr == '-' || *s.ptr == '+');
    if (p == end || !ascii_is_digit(*p))
        return false;
    p = skip_class(p, end, "0123456789_");
    if (p == end || *p != ':')
        return false;
    while (p < end && *p == ':') {
        const char *digits = p + 1;
        p = skip_class(digits, end, "0123456789");
        if (p == digits || p - digits > 2 || (p - digits == 2 && *digits > '5'))
            return false;
    }
    return p == end || (*p == '.' && skip_class(p + 1, end, "0123456789_") == end);
}

static void write_string(struct buf *b, berth_str s, int indent, bool is_key)
{
    struct shape shape = shape_of(s);
    bool other_type = yaml_kind(s) != YAML_TEXT || is_base60(s);
    if (shape.has_lines && shape.literal && !is_key)
        write_literal(b, s, indent + 2);
    else if (other_type || shape.has_lines || !shape.single)
        write_double(b, s);
    else if (shape.plain)
        buf_str(b, s);
    else
        write_single(b, s);
}

/* ---- YAML: structure ---- */

static void write_scalar(struct buf *b, const struct berth_value *v, int indent)
{
    if (v->type == BERTH_STRING)
        write_string(b, berth_value_text(v), indent, false);
    else
        doc_write_json(b, v); /* also {} and [] */
    buf_char(b, '\n');
}

static bool is_block(const struct berth_value *v)
{
    return v->type >= BERTH_ARRAY && v->len > 0;
}

/* `continues`: the first line's indentation is already there (behind a dash). */
static void write_block(struct buf *b, const struct berth_value *v, int indent, bool continues)
{
    for (uint32_t i = 0; i < v->len; i++) {
        buf_printf(b, "%*s", i || !continues ? indent : 0, "");
        const struct berth_value *child = v->type == BERTH_ARRAY ? &v->items[i] : &v->members[i].value;
        if (v->type == BERTH_ARRAY) {
            buf_puts(b, "- ");
            if (is_block(child)) {
                write_block(b, child, indent + 2, true);
                continue;
            }
        } else {
            write_string(b, v->members[i].key, indent, true);
            buf_char(b, ':');
            if (is_block(child)) {
                buf_char(b, '\n');
                write_block(b, child, child->type == BERTH_ARRAY ? indent : indent + 2, false);
                continue;
            }
            buf_char(b, ' ');
        }
        write_scalar(b, child, indent);
    }
}

void doc_write_yaml(struct buf *b, const struct berth_value *value, int indent)
{
    if (is_block(value)) {
        write_block(b, value, indent, false);
        return;
    }
    buf_printf(b, "%*s", indent, "");
    write_scalar(b, value, indent);
}
