/* See registrations.h. */
#include "core/registrations.h"

#include "base/array.h"

#include <errno.h>
#include <stdlib.h>

/* What stands for "everything": a list, not the wildcard, which would also let a timeout wake gated pods. */
static const struct berth_registration everything[] = {
    {{BERTH_ON_POD, BERTH_ALL_ACTIONS}, NULL},
    {{BERTH_ON_NODE, BERTH_ALL_ACTIONS}, NULL},
    {{BERTH_ON_PERSISTENT_VOLUME, BERTH_ALL_ACTIONS}, NULL},
    {{BERTH_ON_PERSISTENT_VOLUME_CLAIM, BERTH_ALL_ACTIONS}, NULL},
    {{BERTH_ON_CSI_NODE, BERTH_ALL_ACTIONS}, NULL},
    {{BERTH_ON_CSI_DRIVER, BERTH_ALL_ACTIONS}, NULL},
    {{BERTH_ON_CSI_STORAGE_CAPACITY, BERTH_ALL_ACTIONS}, NULL},
    {{BERTH_ON_STORAGE_CLASS, BERTH_ALL_ACTIONS}, NULL},
    {{BERTH_ON_RESOURCE_CLAIM, BERTH_ALL_ACTIONS}, NULL},
    {{BERTH_ON_DEVICE_CLASS, BERTH_ALL_ACTIONS}, NULL},
};
static const struct berth_registration node_taint = {{BERTH_ON_NODE, BERTH_NODE_TAINT}, NULL};

static int add_one(struct registrations *r, uint32_t plugin, const struct berth_registration *what)
{
    size_t len = r->all.len;
    if (vec_push(&r->all, ((struct registered){what, plugin})) < 0)
        return -ENOMEM;
    struct registered *room = realloc(r->matching, r->all.len * sizeof(*room));
    if (!room) {
        r->all.len = len;
        return -ENOMEM;
    }
    r->matching = room;
    return 0;
}

static int add_all(struct registrations *r, uint32_t plugin, const struct berth_registration *events,
                   uint32_t len)
{
    uint32_t node_actions = 0;
    for (uint32_t i = 0; i < len; i++) {
        if (add_one(r, plugin, &events[i]) < 0)
            return -ENOMEM;
        if (events[i].event.resource == BERTH_ON_NODE)
            node_actions |= events[i].event.actions;
    }
    bool add_alone = (node_actions & BERTH_ADD) && !(node_actions & BERTH_NODE_TAINT);
    return add_alone ? add_one(r, plugin, &node_taint) : 0;
}

int registrations_add(struct registrations *r, uint32_t plugin, const struct berth_registration *events,
                      uint32_t events_len, bool rejects)
{
    if (!rejects)
        return 0;
    if (events_len == 0)
        return add_all(r, plugin, everything, ARRAY_LEN(everything));
    return add_all(r, plugin, events, events_len);
}

struct interested registrations_match(struct registrations *r, struct berth_event event)
{
    struct interested found = {.at = r->matching};
    for (size_t i = 0; i < r->all.len; i++)
        if (berth_event_matches(r->all.at[i].what->event, event)) {
            r->matching[found.len++] = r->all.at[i];
            found.plugins |= (uint64_t)1 << r->all.at[i].plugin;
        }
    return found;
}

void registrations_fini(struct registrations *r)
{
    vec_fini(&r->all);
    free(r->matching);
    r->matching = NULL;
}
