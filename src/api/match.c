/* Labels against selectors. Atoms are unique, so all comparing is of pointers. */
#include "api/requirement.h"

berth_atom berth_label_get(const void *block, berth_list labels, berth_atom key)
{
    berth_each (struct berth_label, label, block, labels)
        if (label->key == key)
            return label->value;
    return NULL;
}

static bool has_value(const void *block, const struct berth_requirement *r, berth_atom value)
{
    berth_each (berth_atom, wanted, block, r->values)
        if (*wanted == value)
            return true;
    return false;
}

/* `value` is the label's, NULL when there is no such label. */
static bool holds(const void *block, const struct berth_requirement *r, berth_atom value)
{
    int64_t number;
    switch ((enum berth_operator)r->op) {
    case BERTH_IN:
        return value && has_value(block, r, value);
    case BERTH_NOT_IN:
        return !value || !has_value(block, r, value);
    case BERTH_EXISTS:
        return value != NULL;
    case BERTH_DOES_NOT_EXIST:
        return value == NULL;
    case BERTH_GREATER:
        return requirement_integer(berth_atom_str(value), &number) && number > r->number;
    case BERTH_LESS:
        return requirement_integer(berth_atom_str(value), &number) && number < r->number;
    }
    return false;
}

bool berth_requirements_match(const void *block, berth_list requirements, const void *labels_block,
                              berth_list labels)
{
    berth_each (struct berth_requirement, r, block, requirements)
        if (!holds(block, r, berth_label_get(labels_block, labels, r->key)))
            return false;
    return true;
}

bool berth_selector_matches(const void *block, const struct berth_selector *selector,
                            const void *labels_block, berth_list labels)
{
    switch ((enum berth_selects)selector->selects) {
    case BERTH_SELECTS_EVERYTHING:
        return true;
    case BERTH_SELECTS_MATCHES:
        return berth_requirements_match(block, selector->requirements, labels_block, labels);
    case BERTH_SELECTS_NOTHING:
    case BERTH_SELECTS_INVALID:
        break;
    }
    return false;
}

/* A field other than the name has no value, which upstream compares as the empty text. */
static bool field_holds(const void *block, const struct berth_requirement *r, berth_atom node_name)
{
    const berth_atom *wanted = berth_list_at(block, r->values);
    bool is_name = berth_str_eq(berth_atom_str(r->key), BERTH_STR("metadata.name"));
    bool equal = is_name ? *wanted == node_name : (*wanted)->len == 0;
    return equal == (r->op == BERTH_IN);
}

bool berth_node_term_matches(const void *block, const struct berth_node_term *term,
                             const struct berth_node *node)
{
    if (term->empty || term->error.len)
        return false;
    if (!berth_requirements_match(block, term->expressions, node, node->labels))
        return false;
    berth_each (struct berth_requirement, r, block, term->fields)
        if (!field_holds(block, r, node->name))
            return false;
    return true;
}
