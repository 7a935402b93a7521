/* Names in a configuration, checked by the rules of src/api. */
#include "config/names.h"

#include "api/names.h"

enum { SUBDOMAIN_MAX_BYTES = 253 };

static int report_each(struct faults *p, const struct path *path, berth_str text,
                       const struct name_problems *problems)
{
    for (int i = 0; i < problems->len; i++)
        fault_invalid_text(p, path, text, problems->texts[i]);
    return problems->len;
}

static void report_together(struct faults *p, const struct path *path, berth_str text,
                            const struct name_problems *problems)
{
    struct buf all = {0};
    for (int i = 0; i < problems->len; i++)
        buf_printf(&all, "%s%s", i ? "; " : "", problems->texts[i]);
    if (problems->len)
        fault_invalid_text(p, path, text, all.ptr);
    buf_fini(&all);
}

void fault_unless_qualified(struct faults *p, const struct path *path, berth_str name)
{
    struct name_problems problems = label_key_problems(name);
    report_each(p, path, name, &problems);
}

void fault_unless_label_key(struct faults *p, const struct path *path, berth_str key)
{
    struct name_problems problems = label_key_problems(key);
    report_together(p, path, key, &problems);
}

void fault_unless_label_value(struct faults *p, const struct path *path, berth_str value)
{
    struct name_problems problems = label_value_problems(value);
    report_together(p, path, value, &problems);
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
    struct name_problems problems = label_key_problems(name);
    if (report_each(p, path, name, &problems) == 0 && !is_extended(name))
        fault_invalid_text(p, path, name, "is an invalid extended resource name");
}
