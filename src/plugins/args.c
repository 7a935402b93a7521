/* The errors of plugin arguments, and the syntax of label names. */
#include "plugins/args.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

/* ---- errors ---- */

static bool known(const struct args_errors *errors, const char *text)
{
    for (uint32_t i = 0; i < errors->len; i++)
        if (strcmp(errors->at[i], text) == 0)
            return true;
    return false;
}

void args_error(struct args_errors *errors, const char *format, ...)
{
    char *text;
    va_list list;
    va_start(list, format);
    int len = vasprintf(&text, format, list);
    va_end(list);
    if (len < 0)
        abort();
    if (known(errors, text)) {
        free(text);
        return;
    }
    char **at = realloc(errors->at, (errors->len + 1) * sizeof(*at));
    if (!at)
        abort();
    errors->at = at;
    errors->at[errors->len++] = text;
}

char *args_quoted(berth_str text)
{
    static const char names[] = "\aa\bb\ff\nn\rr\tt\vv\\\\\"\"";
    char *quoted = malloc(4 * (size_t)text.len + 3), *end = quoted;
    if (!quoted)
        abort();
    *end++ = '"';
    for (uint32_t i = 0; i < text.len; i++) {
        unsigned char byte = (unsigned char)text.ptr[i];
        const char *name = memchr(names, byte, sizeof(names) - 1);
        /* Names come in pairs, the byte and its letter: a match at an odd place is a letter. */
        while (name && (name - names) % 2)
            name = memchr(name + 1, byte, (size_t)(names + sizeof(names) - 2 - name));
        if (name)
            end += sprintf(end, "\\%c", name[1]);
        else if (byte < ' ' || byte == 0x7f)
            end += sprintf(end, "\\x%02x", byte);
        else
            *end++ = (char)byte;
    }
    strcpy(end, "\"");
    return quoted;
}

int args_report(struct args_errors *errors, struct berth_handle *h)
{
    char *all = NULL;
    size_t size;
    FILE *out = open_memstream(&all, &size);
    if (!out)
        abort();
    for (uint32_t i = 0; i < errors->len; i++) {
        fprintf(out, "%s%s", i ? ", " : "", errors->at[i]);
        free(errors->at[i]);
    }
    if (fclose(out) != 0)
        abort();
    int result = 0;
    if (errors->len)
        result = berth_create_fails(h, errors->len > 1 ? "[%s]" : "%s", all);
    free(all);
    free(errors->at);
    *errors = (struct args_errors){0};
    return result;
}

/* ---- label names ---- */

#define NAME_RULE                                                                                            \
    "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric " \
    "character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is "                  \
    "'([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')"
#define PREFIX_RULE                                                                                          \
    "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and "    \
    "must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is "   \
    "'[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')"

static bool is_lower_or_digit(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

static bool is_letter_or_digit(char c)
{
    return is_lower_or_digit(c) || (c >= 'A' && c <= 'Z');
}

static bool is_name(berth_str s)
{
    for (uint32_t i = 0; i < s.len; i++) {
        bool inside = i > 0 && i + 1 < s.len && (s.ptr[i] == '-' || s.ptr[i] == '_' || s.ptr[i] == '.');
        if (!inside && !is_letter_or_digit(s.ptr[i]))
            return false;
    }
    return s.len > 0;
}

/* Lower-case DNS labels with dots between them. */
static bool is_subdomain(berth_str s)
{
    char before = '.'; /* a label begins after it */
    for (uint32_t i = 0; i < s.len; i++) {
        char c = s.ptr[i];
        if (!is_lower_or_digit(c) && !(c == '-' && before != '.') && !(c == '.' && is_lower_or_digit(before)))
            return false;
        before = c;
    }
    return is_lower_or_digit(before);
}

uint32_t args_label_name_faults(berth_str name, const char *ret_faults[4])
{
    uint32_t len = 0;
    const char *slash = name.len ? memchr(name.ptr, '/', name.len) : NULL;
    if (slash) {
        berth_str prefix = {name.ptr, (uint32_t)(slash - name.ptr)};
        name = (berth_str){slash + 1, name.len - prefix.len - 1};
        if (name.len && memchr(name.ptr, '/', name.len)) {
            ret_faults[0] = "a valid label key " NAME_RULE
                            " with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')";
            return 1;
        }
        if (prefix.len == 0)
            ret_faults[len++] = "prefix part must be non-empty";
        if (prefix.len > 253)
            ret_faults[len++] = "prefix part must be no more than 253 bytes";
        if (prefix.len > 0 && !is_subdomain(prefix))
            ret_faults[len++] = "prefix part " PREFIX_RULE;
    }
    if (name.len == 0)
        ret_faults[len++] = "name part must be non-empty";
    if (name.len > 63)
        ret_faults[len++] = "name part must be no more than 63 bytes";
    if (!is_name(name))
        ret_faults[len++] = "name part " NAME_RULE;
    return len;
}

void args_check_label_name(struct args_errors *errors, const char *path, uint32_t index, berth_str value)
{
    const char *faults[4];
    uint32_t len = args_label_name_faults(value, faults);
    if (len == 0)
        return;
    char *quoted = args_quoted(value);
    for (uint32_t i = 0; i < len; i++)
        args_error(errors, "%s[%u]: Invalid value: %s: %s", path, index, quoted, faults[i]);
    free(quoted);
}
