/*
 * Validation of NodeAffinityArgs: the node selectors must parse. Empty terms and preferred terms of weight 0
 * are not looked at, for they never match.
 */
#include "config/args_types.h"

#include "base/ascii.h"
#include "config/names.h"

#include <errno.h>
#include <stdlib.h>

static bool op_is(const struct args_requirement *r, const char *op)
{
    return berth_str_eq(r->op, berth_str_of(op));
}

static bool is_integer(berth_str text)
{
    char digits[32];
    if (text.len == 0 || text.len >= sizeof(digits))
        return false;
    for (uint32_t i = 0; i < text.len; i++) {
        bool sign = i == 0 && text.len > 1 && (text.ptr[i] == '-' || text.ptr[i] == '+');
        if (!ascii_is_digit(text.ptr[i]) && !sign)
            return false;
    }
    memcpy(digits, text.ptr, text.len);
    digits[text.len] = 0;
    errno = 0;
    strtoll(digits, NULL, 10);
    return errno == 0;
}

static void invalid_values(struct faults *p, const struct path *path, const struct args_requirement *r,
                           const char *detail)
{
    struct buf values = {0};
    if (!r->values)
        buf_puts(&values, "null");
    for (uint32_t i = 0; i < r->values_len; i++) {
        buf_char(&values, i ? ',' : '[');
        buf_json_str(&values, r->values[i]);
    }
    if (r->values)
        buf_puts(&values, r->values_len ? "]" : "[]");
    fault_add(p, PATH(path, "values"), "Invalid value: %s: %s", values.ptr, detail);
    buf_fini(&values);
}

static void validate_number(struct faults *p, const struct path *path, const struct args_requirement *r)
{
    if (r->values_len != 1)
        invalid_values(p, path, r, "for 'Gt', 'Lt' operators, exactly one value is required");
    for (uint32_t i = 0; i < r->values_len; i++)
        if (!is_integer(r->values[i]))
            fault_invalid_text(p, PATH_ITEM(PATH(path, "values"), i), r->values[i],
                               "for 'Gt', 'Lt' operators, the value must be an integer");
}

static void validate_label_values(struct faults *p, const struct path *path, const struct args_requirement *r)
{
    struct buf key = {0};
    buf_printf(&key, "[%.*s]", BERTH_FMT(r->key));
    for (uint32_t i = 0; i < r->values_len; i++)
        fault_unless_label_value(p, PATH(PATH_ITEM(PATH(path, "values"), i), key.ptr), r->values[i]);
    buf_fini(&key);
}

static void validate_expression(struct faults *p, const struct path *path, const struct args_requirement *r)
{
    static const char *const supported[] = {"In", "NotIn", "Exists", "DoesNotExist", "Gt", "Lt", NULL};
    bool set = op_is(r, "In") || op_is(r, "NotIn");
    bool presence = op_is(r, "Exists") || op_is(r, "DoesNotExist");
    bool number = op_is(r, "Gt") || op_is(r, "Lt");
    if (!set && !presence && !number) {
        fault_unsupported(p, PATH(path, "operator"), r->op, supported);
        return;
    }
    fault_unless_label_key(p, PATH(path, "key"), r->key);
    if (set && r->values_len == 0)
        invalid_values(p, path, r, "for 'in', 'notin' operators, values set can't be empty");
    if (presence && r->values_len > 0)
        invalid_values(p, path, r, "values set must be empty for exists and does not exist");
    if (number)
        validate_number(p, path, r);
    validate_label_values(p, path, r);
}

static void validate_field(struct faults *p, const struct path *path, const struct args_requirement *r)
{
    static const char *const supported[] = {"In", "NotIn", NULL};
    if (!op_is(r, "In") && !op_is(r, "NotIn"))
        fault_unsupported(p, PATH(path, "operator"), r->op, supported);
    else if (r->values_len != 1)
        invalid_values(p, path, r, "must have one element");
}

static void validate_term(struct faults *p, const struct path *path, const struct args_node_term *term)
{
    for (uint32_t i = 0; i < term->expressions_len; i++)
        validate_expression(p, PATH_ITEM(PATH(path, "matchExpressions"), i), &term->expressions[i]);
    for (uint32_t i = 0; i < term->fields_len; i++)
        validate_field(p, PATH_ITEM(PATH(path, "matchFields"), i), &term->fields[i]);
}

void validate_node_affinity(struct faults *p, const struct path *path, const void *args)
{
    const struct args_affinity *a = ((const struct args_node_affinity *)args)->added_affinity;
    if (!a)
        return;
    const struct path *added = PATH(path, "addedAffinity");
    const struct path *terms =
        PATH(PATH(added, "requiredDuringSchedulingIgnoredDuringExecution"), "nodeSelectorTerms");
    for (uint32_t i = 0; a->required && i < a->required->terms_len; i++)
        validate_term(p, PATH_ITEM(terms, i), &a->required->terms[i]);
    /* Upstream's path of a preferred term leaves out "preference". */
    const struct path *preferred = PATH(added, "preferredDuringSchedulingIgnoredDuringExecution");
    for (uint32_t i = 0; i < a->preferred_len; i++)
        if (a->preferred[i].weight != 0)
            validate_term(p, PATH_ITEM(preferred, i), &a->preferred[i].preference);
}
