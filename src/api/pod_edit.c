/*
 * Edits work on a copy of the object's block. What is taken out of a list is closed up in place and leaves
 * unused bytes at the list's end; lists that grow are written anew at the end of the block. Such a class says
 * the same as the one that decoding would have made, but its bytes, and so its identity, are its own.
 */
#include "api/pod_edit.h"

#include "api/internal.h"

#include <stdlib.h>

/* ---- lists in a block ---- */

/* Takes item `at` out of the list; the bytes that it leaves at the end are zero, as padding is. */
static void list_remove(void *block, berth_list *list, size_t size, uint32_t at)
{
    if (at >= list->len)
        return;
    char *items = (char *)block + list->offset;
    memmove(items + at * size, items + (at + 1) * size, (list->len - at - 1) * size);
    memset(items + (list->len - 1) * size, 0, size);
    list->len--;
}

/* The list with one item more, at the end of the block. Pointers into the block are no longer valid. */
static berth_list list_append(struct catalog *c, berth_list list, const void *item, size_t size)
{
    struct block *b = &c->block;
    char *items = arena_need(&c->scratch, (list.len + 1) * size);
    if (list.len)
        memcpy(items, b->bytes + list.offset, list.len * size);
    memcpy(items + list.len * size, item, size);
    return block_add(b, items, size, list.len + 1);
}

/* Begins an object in the catalog's block as a copy of `from`, whose struct has `fixed` of its `size` bytes.
 */
static void copy_block(struct catalog *c, const void *from, size_t fixed, size_t size)
{
    arena_reset(&c->scratch);
    block_start(&c->block, fixed);
    block_add(&c->block, (const char *)from + fixed, 1, size - fixed);
    if (!c->block.failed)
        memcpy(block_at(&c->block), from, fixed);
}

/* ---- pods ---- */

static void set_request(struct berth_class *class, const struct pod_edit *edit)
{
    berth_str name = berth_atom_str(edit->resource);
    if (berth_str_eq(name, BERTH_STR("cpu")))
        class->cpu = edit->amount;
    else if (berth_str_eq(name, BERTH_STR("memory")))
        class->memory = edit->amount;
    else if (berth_str_eq(name, BERTH_STR("ephemeral-storage")))
        class->ephemeral_storage = edit->amount;
    struct berth_amount *amounts = (void *)berth_list_at(class, class->scalars);
    for (uint32_t i = 0; i < class->scalars.len; i++)
        if (amounts[i].resource == edit->resource)
            amounts[i].value = edit->amount;
}

static void drop_requirement(struct berth_class *class, uint32_t at, uint32_t part)
{
    struct berth_node_term *term = (struct berth_node_term *)berth_list_at(class, class->required_nodes) + at;
    if (at >= class->required_nodes.len)
        return;
    uint32_t expressions = term->expressions.len;
    if (part < expressions)
        list_remove(class, &term->expressions, sizeof(struct berth_requirement), part);
    else
        list_remove(class, &term->fields, sizeof(struct berth_requirement), part - expressions);
    term->empty = term->expressions.len + term->fields.len == 0;
}

static void set_max_skew(struct berth_class *class, uint32_t at, int64_t amount)
{
    struct berth_spread *spread = (void *)berth_list_at(class, class->spread);
    if (at < class->spread.len)
        spread[at].max_skew = (int32_t)amount;
}

static void add_toleration(struct catalog *c, const struct berth_taint *taint)
{
    struct berth_toleration toleration = {taint->key, taint->value, BERTH_TOLERATE_EQUAL, taint->effect};
    const struct berth_class *class = block_at(&c->block);
    berth_list grown = list_append(c, class->tolerations, &toleration, sizeof(toleration));
    ((struct berth_class *)block_at(&c->block))->tolerations = grown;
}

static void edit_class(struct catalog *c, const struct pod_edit *edit)
{
    struct berth_class *class = block_at(&c->block);
    class->kin_size = 0; /* lists may grow behind those that kin need not share */
    switch ((enum pod_edit_kind)edit->kind) {
    case POD_EDIT_REQUEST:
        set_request(class, edit);
        break;
    case POD_EDIT_TOLERATION:
        add_toleration(c, &edit->taint);
        break;
    case POD_EDIT_NODE_SELECTOR:
        list_remove(class, &class->node_selector, sizeof(struct berth_label), edit->at);
        break;
    case POD_EDIT_NODE_REQUIREMENT:
        drop_requirement(class, edit->at, edit->part);
        break;
    case POD_EDIT_NODE_AFFINITY:
        class->required_nodes = (berth_list){0};
        class->flags &= ~(uint32_t)BERTH_POD_HAS_REQUIRED_NODES;
        break;
    case POD_EDIT_AFFINITY:
        list_remove(class, &class->required_affinity, sizeof(struct berth_pod_term), edit->at);
        break;
    case POD_EDIT_ANTI_AFFINITY:
        list_remove(class, &class->required_anti_affinity, sizeof(struct berth_pod_term), edit->at);
        break;
    case POD_EDIT_SPREAD:
        list_remove(class, &class->spread, sizeof(struct berth_spread), edit->at);
        break;
    case POD_EDIT_MAX_SKEW:
        set_max_skew(class, edit->at, edit->amount);
        break;
    case POD_EDIT_PORT:
        list_remove(class, &class->ports, sizeof(struct berth_port), edit->at);
        break;
    case POD_EDIT_VOLUME:
        list_remove(class, &class->volumes, sizeof(struct berth_volume), edit->at);
        break;
    case POD_EDIT_GATES:
        class->gates = (berth_list){0};
        break;
    case POD_EDIT_NODE_NAME:
        break; /* not of the class */
    }
}

/* What leaves places as they are goes first, then the higher places before the lower ones. */
static bool goes_before(const struct pod_edit *a, const struct pod_edit *b)
{
    if ((a->kind == POD_EDIT_MAX_SKEW) != (b->kind == POD_EDIT_MAX_SKEW))
        return a->kind == POD_EDIT_MAX_SKEW;
    return a->at != b->at ? a->at > b->at : a->part > b->part;
}

static const struct pod_edit *in_order(struct catalog *c, const struct pod_edit *edits, uint32_t len)
{
    struct pod_edit *sorted = arena_need(&c->scratch, (len + 1) * sizeof(*sorted));
    for (uint32_t i = 0; i < len; i++) {
        uint32_t j = i;
        for (; j > 0 && goes_before(&edits[i], &sorted[j - 1]); j--)
            sorted[j] = sorted[j - 1];
        sorted[j] = edits[i];
    }
    return sorted;
}

const struct berth_pod *pod_edited(struct catalog *c, const struct berth_pod *pod,
                                   const struct pod_edit *edits, uint32_t len)
{
    copy_block(c, pod->class, sizeof(*pod->class), pod->class->size);
    edits = in_order(c, edits, len);
    bool named = true;
    for (uint32_t i = 0; i < len && !c->block.failed; i++) {
        edit_class(c, &edits[i]);
        named = named && edits[i].kind != POD_EDIT_NODE_NAME;
    }
    if (c->block.failed)
        return NULL;
    memset(block_at(&c->block), 0,
           offsetof(struct berth_class, namespace)); /* the header is not the copy's */
    const struct berth_class *class = catalog_class(c, &c->block);
    if (!class)
        return NULL;
    struct berth_pod *edited = (struct berth_pod *)pod_of_class(c, pod, class);
    if (edited && !named)
        edited->node_name = NULL;
    return edited;
}

/* ---- nodes ---- */

static bool begins_with(berth_str text, berth_str start)
{
    return text.len >= start.len && memcmp(text.ptr, start.ptr, start.len) == 0;
}

bool taint_tells_trouble(const struct berth_taint *taint)
{
    return begins_with(berth_atom_str(taint->key), BERTH_STR("node.kubernetes.io/"));
}

static bool is_cordon(const struct berth_taint *taint)
{
    return taint->effect == BERTH_NO_SCHEDULE
           && berth_str_eq(berth_atom_str(taint->key), BERTH_STR("node.kubernetes.io/unschedulable"));
}

static bool taint_goes(const struct berth_taint *taint, const struct node_edit *edit)
{
    const struct berth_taint *without = edit->without;
    if (without && taint->key == without->key && taint->value == without->value
        && taint->effect == without->effect)
        return true;
    return (edit->uncordon && is_cordon(taint)) || (edit->fresh && taint_tells_trouble(taint));
}

static void drop_taints(struct berth_node *node, const struct node_edit *edit)
{
    const struct berth_taint *taints = berth_list_at(node, node->taints);
    for (uint32_t i = node->taints.len; i-- > 0;)
        if (taint_goes(&taints[i], edit))
            list_remove(node, &node->taints, sizeof(*taints), i);
    if (edit->uncordon || edit->fresh)
        node->unschedulable = 0;
}

/* Sets the label, which may add it; labels stay sorted by key. */
static void set_label(struct catalog *c, const struct berth_label *label)
{
    struct berth_node *node = block_at(&c->block);
    struct berth_label *labels = (void *)berth_list_at(node, node->labels);
    uint32_t at = 0;
    while (at < node->labels.len
           && berth_str_cmp(berth_atom_str(labels[at].key), berth_atom_str(label->key)) < 0)
        at++;
    if (at < node->labels.len && labels[at].key == label->key) {
        labels[at].value = label->value;
        return;
    }
    berth_list grown = list_append(c, node->labels, label, sizeof(*label));
    if (c->block.failed)
        return;
    node = block_at(&c->block);
    node->labels = grown;
    labels = (void *)berth_list_at(node, grown);
    memmove(&labels[at + 1], &labels[at], (grown.len - 1 - at) * sizeof(*labels));
    labels[at] = *label;
}

static void rename_node(struct catalog *c, berth_atom name)
{
    struct berth_node *node = block_at(&c->block);
    struct berth_label *labels = (void *)berth_list_at(node, node->labels);
    for (uint32_t i = 0; i < node->labels.len; i++)
        if (labels[i].value == node->name
            && berth_str_eq(berth_atom_str(labels[i].key), BERTH_STR("kubernetes.io/hostname")))
            labels[i].value = name;
    node->name = name;
}

const struct berth_node *node_edited(struct catalog *c, const struct berth_node *node,
                                     const struct node_edit *edit)
{
    copy_block(c, node, sizeof(*node), node->size);
    if (c->block.failed)
        return NULL;
    drop_taints(block_at(&c->block), edit);
    if (edit->name)
        rename_node(c, edit->name);
    for (uint32_t i = 0; i < edit->labels_len && !c->block.failed; i++)
        set_label(c, &edit->labels[i]);
    uint32_t size;
    struct berth_node *edited = block_finish(&c->block, &size);
    if (edited) {
        edited->refs = 1;
        edited->size = size;
    }
    return edited;
}
