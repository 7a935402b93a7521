/* Checks of names. Every message is a constant, so nothing is allocated. */
#include "api/names.h"

#define MUST_FIT_LABEL "must be no more than 63 bytes"
#define LABEL_FORM "[a-z0-9]([-a-z0-9]*[a-z0-9])?"
#define KEY_FORM "([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]"
#define SUBDOMAIN_FORM                                                                                       \
    "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and "    \
    "must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is "   \
    "'" LABEL_FORM "(\\." LABEL_FORM ")*')"
#define KEY_MUST                                                                                             \
    "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an "              \
    "alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is "     \
    "'" KEY_FORM "')"
#define VALUE_MUST                                                                                           \
    "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and "     \
    "must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', "       \
    "regex used for validation is '(" KEY_FORM ")?')"

enum { LABEL_MAX = 63, SUBDOMAIN_MAX = 253 };

static void add(struct name_problems *p, const char *text)
{
    p->texts[p->len++] = text;
}

static bool is_lower_or_digit(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

static bool is_alphanumeric(char c)
{
    return is_lower_or_digit(c) || (c >= 'A' && c <= 'Z');
}

/* KEY_FORM */
static bool has_key_form(berth_str s)
{
    if (s.len == 0 || !is_alphanumeric(s.ptr[0]) || !is_alphanumeric(s.ptr[s.len - 1]))
        return false;
    for (uint32_t i = 1; i < s.len; i++)
        if (!is_alphanumeric(s.ptr[i]) && s.ptr[i] != '-' && s.ptr[i] != '_' && s.ptr[i] != '.')
            return false;
    return true;
}

/* One LABEL_FORM or several, joined by dots. */
static bool has_subdomain_form(berth_str s)
{
    bool was_alphanumeric = false; /* of the character before; false where a label begins */
    bool label_begins = true;
    for (uint32_t i = 0; i < s.len; i++) {
        char c = s.ptr[i];
        if (c == '.' ? !was_alphanumeric : c == '-' ? label_begins : !is_lower_or_digit(c))
            return false;
        label_begins = c == '.';
        was_alphanumeric = c != '.' && c != '-';
    }
    return was_alphanumeric;
}

struct name_problems label_value_problems(berth_str value)
{
    struct name_problems p = {0};
    if (value.len > LABEL_MAX)
        add(&p, MUST_FIT_LABEL);
    if (value.len > 0 && !has_key_form(value))
        add(&p, VALUE_MUST);
    return p;
}

static void check_prefix(struct name_problems *p, berth_str prefix)
{
    if (prefix.len == 0) {
        add(p, "prefix part must be non-empty");
        return;
    }
    if (prefix.len > SUBDOMAIN_MAX)
        add(p, "prefix part must be no more than 253 bytes");
    if (!has_subdomain_form(prefix))
        add(p, "prefix part " SUBDOMAIN_FORM);
}

struct name_problems label_key_problems(berth_str key)
{
    struct name_problems p = {0};
    berth_str name = key;
    const char *slash = key.len ? memchr(key.ptr, '/', key.len) : NULL;
    if (slash) {
        uint32_t prefix_len = (uint32_t)(slash - key.ptr);
        name = (berth_str){slash + 1, key.len - prefix_len - 1};
        if (name.len && memchr(name.ptr, '/', name.len)) {
            add(&p, "a valid label key " KEY_MUST " with an optional DNS subdomain prefix and '/' (e.g. "
                    "'example.com/MyName')");
            return p;
        }
        check_prefix(&p, (berth_str){key.ptr, prefix_len});
    }
    if (name.len == 0)
        add(&p, "name part must be non-empty");
    else if (name.len > LABEL_MAX)
        add(&p, "name part " MUST_FIT_LABEL);
    if (!has_key_form(name))
        add(&p, "name part " KEY_MUST);
    return p;
}
