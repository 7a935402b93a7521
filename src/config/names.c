/*
 * Names in a configuration: Kubernetes' rules for label keys ("qualified names"), label values and extended resources.
 * https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/#syntax-and-character-set
 */
#include "config/names.h"

#define NAME_FORMAT "([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]"
#define NAME_RULE                                                                                  \
    "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an "    \
    "alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '" NAME_FORMAT "')"
#define VALUE_RULE                                                                                 \
    "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start " \
    "and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for "          \
    "validation is '(" NAME_FORMAT ")?')"
#define SUBDOMAIN_RULE                                                                             \
    "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start " \
    "and end with an alphanumeric character (e.g. 'example.com', regex used for validation is "                      \
    "'[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')"

enum { NAME_MAX_BYTES = 63, SUBDOMAIN_MAX_BYTES = 253 };

/* What is wrong with one name, in order. */
struct complaints {
    const char *at[4];
    uint32_t len;
};

static void complain(struct complaints *c, const char *text)
{
    c->at[c->len++] = text;
}

static bool is_alphanumeric(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

static bool is_name(berth_str s)
{
    if (s.len == 0 || !is_alphanumeric(s.ptr[0]) || !is_alphanumeric(s.ptr[s.len - 1]))
        return false;
    for (uint32_t i = 0; i < s.len; i++)
        if (!is_alphanumeric(s.ptr[i]) && s.ptr[i] != '-' && s.ptr[i] != '_' && s.ptr[i] != '.')
            return false;
    return true;
}

/* Parts between dots: lower case letters, digits and inner dashes, none empty. */
static bool is_subdomain(berth_str s)
{
    char before = '.';
    for (uint32_t i = 0; i <= s.len; i++) {
        char c = i < s.len ? s.ptr[i] : '.';
        bool inner = is_alphanumeric(c) && !(c >= 'A' && c <= 'Z');
        bool edge = before == '.' || before == '-';
        if (c == '-' ? before == '.' : c == '.' ? edge : !inner)
            return false;
        before = c;
    }
    return true;
}

static void check_prefix(struct complaints *c, berth_str prefix)
{
    if (prefix.len == 0) {
        complain(c, "prefix part must be non-empty");
        return;
    }
    if (prefix.len > SUBDOMAIN_MAX_BYTES)
        complain(c, "prefix part must be no more than 253 bytes");
    if (!is_subdomain(prefix))
        complain(c, "prefix part " SUBDOMAIN_RULE);
}

static void check_key(struct complaints *c, berth_str key)
{
    const char *slash = key.len ? memchr(key.ptr, '/', key.len) : NULL;
    berth_str name = key;
    if (slash) {
        name = (berth_str){slash + 1, key.len - (uint32_t)(slash + 1 - key.ptr)};
        if (name.len && memchr(name.ptr, '/', name.len)) {
            complain(c, "a valid label key " NAME_RULE
                        " with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')");
            return;
        }
        check_prefix(c, (berth_str){key.ptr, (uint32_t)(slash - key.ptr)});
    }
    if (name.len == 0)
        complain(c, "name part must be non-empty");
    else if (name.len > NAME_MAX_BYTES)
        complain(c, "name part must be no more than 63 bytes");
    if (!is_name(name))
        complain(c, "name part " NAME_RULE);
}

static void report_together(struct faults *p, const struct path *path, berth_str text, const struct complaints *c)
{
    struct buf all = {0};
    for (uint32_t i = 0; i < c->len; i++)
        buf_printf(&all, "%s%s", i ? "; " : "", c->at[i]);
    if (c->len)
        fault_invalid_text(p, path, text, all.ptr);
    buf_fini(&all);
}

void fault_unless_qualified(struct faults *p, const struct path *path, berth_str name)
{
    struct complaints c = {0};
    check_key(&c, name);
    for (uint32_t i = 0; i < c.len; i++)
        fault_invalid_text(p, path, name, c.at[i]);
}

void fault_unless_label_key(struct faults *p, const struct path *path, berth_str key)
{
    struct complaints c = {0};
    check_key(&c, key);
    report_together(p, path, key, &c);
}

void fault_unless_label_value(struct faults *p, const struct path *path, berth_str value)
{
    struct complaints c = {0};
    if (value.len > NAME_MAX_BYTES)
        complain(&c, "must be no more than 63 bytes");
    if (value.len && !is_name(value))
        complain(&c, VALUE_RULE);
    report_together(p, path, value, &c);
}

static bool contains(berth_str text, berth_str part)
{
    return text.len && memmem(text.ptr, text.len, part.ptr, part.len) != NULL;
}

/* Extended resources have a prefix that is not Kubernetes' own, and stay qualified as "requests.NAME". */
static bool is_extended(berth_str name)
{
    berth_str requests = BERTH_STR("requests.");
    if (!contains(name, BERTH_STR("/")) || contains(name, BERTH_STR("kubernetes.io/")))
        return false;
    if (name.len >= requests.len && memcmp(name.ptr, requests.ptr, requests.len) == 0)
        return false;
    const char *slash = memchr(name.ptr, '/', name.len);
    return requests.len + (size_t)(slash - name.ptr) <= SUBDOMAIN_MAX_BYTES;
}

void fault_unless_extended_resource(struct faults *p, const struct path *path, berth_str name)
{
    struct complaints c = {0};
    check_key(&c, name);
    for (uint32_t i = 0; i < c.len; i++)
        fault_invalid_text(p, path, name, c.at[i]);
    if (c.len == 0 && !is_extended(name))
        fault_invalid_text(p, path, name, "is an invalid extended resource name");
}
