/* Tolerations against taints. */
#include <berth/objects.h>

static bool tolerates(const struct berth_toleration *t, const struct berth_taint *taint)
{
    if (t->effect != BERTH_EVERY_EFFECT && t->effect != taint->effect)
        return false;
    if (t->key && t->key != taint->key)
        return false;
    return t->op == BERTH_TOLERATE_EXISTS || (t->op == BERTH_TOLERATE_EQUAL && t->value == taint->value);
}

bool berth_tolerates(const struct berth_class *class, const struct berth_taint *taint)
{
    berth_each (struct berth_toleration, toleration, class, class->tolerations)
        if (tolerates(toleration, taint))
            return true;
    return false;
}
