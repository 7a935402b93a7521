/* Questions to a parsed value. */
#include <berth/value.h>

const struct berth_value *berth_value_get(const struct berth_value *object, const char *key)
{
    if (!object || object->type != BERTH_OBJECT)
        return NULL;
    size_t len = strlen(key);
    for (uint32_t i = object->len; i-- > 0;) {
        const struct berth_member *member = &object->members[i];
        if (member->key.len == len && memcmp(member->key.ptr, key, len) == 0)
            return &member->value;
    }
    return NULL;
}

int64_t berth_value_int(const struct berth_value *v, int64_t otherwise)
{
    if (!v || v->type != BERTH_NUMBER)
        return otherwise;
    bool negative = v->len > 0 && v->text[0] == '-';
    int64_t number = 0;
    for (uint32_t i = negative; i < v->len; i++) {
        int digit = v->text[i] - '0';
        if (digit < 0 || digit > 9 || __builtin_mul_overflow(number, 10, &number)
            || __builtin_sub_overflow(number, digit, &number))
            return otherwise;
    }
    if (v->len == negative)
        return otherwise;
    /* Summed up as a negative number, for the smallest one has no positive counterpart. */
    if (!negative && __builtin_sub_overflow(0, number, &number))
        return otherwise;
    return number;
}

bool berth_value_bool(const struct berth_value *v, bool otherwise)
{
    return v && v->type == BERTH_BOOL ? v->boolean != 0 : otherwise;
}
