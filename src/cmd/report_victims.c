/*
 * What preemption costs in a count: how many pods each copy takes the place of, of which priorities they are,
 * and who finds another node.
 */
#include "cmd/report_capacity.h"

#include "base/array.h"
#include "base/hash.h"
#include "base/map.h"
#include "cmd/report.h"
#include "cmd/session.h"
#include "cmd/table.h"

#include <stdlib.h>

enum { INDENT = 2, MOST_WORKLOADS = 3 };

static void titles(struct table *t, const struct term *term, const char *const *titles)
{
    for (uint32_t i = 0; i < t->columns; i++)
        table_cell(t, term, DIM, berth_str_of(titles[i]));
}

/* The victims of the same copy, from this one on; 0 at those that made room for victims that came back. */
static uint32_t victims_of_copy(const struct victims *v, size_t from)
{
    uint32_t len = 0;
    while (from + len < v->list.len && v->list.at[from].copy
           && v->list.at[from + len].copy == v->list.at[from].copy)
        len++;
    return len;
}

/* ---- by node ---- */

void victims_by_slot(const struct capacity_report *r, struct node_toll *tolls)
{
    const struct victims *v = &r->capacity->victims;
    for (size_t i = 0, len; (len = victims_of_copy(v, i)) > 0; i += len) {
        int32_t slot = core_slot(r->core, v->list.at[i + len - 1].pod->node_name);
        tolls[slot].copies++;
        tolls[slot].victims += (uint32_t)len;
    }
}

/* ---- by copy ---- */

/* How many copies cost so many victims, and which was the first. */
struct price {
    uint32_t victims;
    uint64_t copies, first;
};

typedef VEC(struct price) price_list;

static void count_copy(price_list *prices, uint32_t victims, uint64_t copy)
{
    struct price fresh = {victims, 1, copy};
    for (size_t i = 0; i < prices->len; i++)
        if (prices->at[i].victims == victims) {
            prices->at[i].copies++;
            return;
        }
    if (vec_push(prices, fresh) < 0)
        abort();
}

static int by_victims(const void *a, const void *b)
{
    const struct price *x = a, *y = b;
    return (x->victims > y->victims) - (x->victims < y->victims);
}

static void find_prices(price_list *prices, const struct capacity *c)
{
    uint64_t copy = 1; /* the first one that is not looked at yet */
    uint64_t first_free = 0;
    for (size_t i = 0, len; (len = victims_of_copy(&c->victims, i)) > 0; i += len) {
        first_free = first_free == 0 && c->victims.list.at[i].copy > copy ? copy : first_free;
        copy = c->victims.list.at[i].copy + 1;
        count_copy(prices, (uint32_t)len, c->victims.list.at[i].copy);
    }
    first_free = first_free == 0 && c->count >= copy ? copy : first_free;
    struct price none = {0, c->count - c->preempting, first_free};
    if (none.copies && vec_push(prices, none) < 0)
        abort();
    if (prices->len)
        qsort(prices->at, prices->len, sizeof(*prices->at), by_victims);
}

static void prices_table(struct buf *b, const struct capacity *c, const struct term *term)
{
    static const char *const names[] = {"VICTIMS EACH", "COPIES", "THE FIRST"};
    struct table t = {.columns = ARRAY_LEN(names), .right = 7};
    price_list prices = {0};
    find_prices(&prices, c);
    titles(&t, term, names);
    for (size_t i = 0; i < prices.len; i++) {
        table_cellf(&t, term, PLAIN, "%u", prices.at[i].victims);
        table_cellf(&t, term, PLAIN, "%llu", (unsigned long long)prices.at[i].copies);
        table_cellf(&t, term, PLAIN, "%llu", (unsigned long long)prices.at[i].first);
    }
    table_write(&t, b, INDENT);
    table_fini(&t);
    vec_fini(&prices);
}

/* ---- by priority ---- */

/* Victims with one controller; those without one are one group in each namespace. */
struct payer {
    const struct berth_class *class;
    uint32_t victims;
    size_t place; /* in which they came up */
};

struct paying {
    int32_t priority;
    uint32_t victims;
    uint32_t fates[VICTIM_FATES];
    VEC(struct payer) workloads; /* those with the most victims first */
};

typedef VEC(struct paying) paying_list;

static bool same_workload(const struct berth_class *a, const struct berth_class *b)
{
    return a->namespace == b->namespace && a->owner_kind == b->owner_kind && a->owner_name == b->owner_name;
}

static void count_workload(struct paying *p, const struct berth_class *class)
{
    struct payer fresh = {class, 1, p->workloads.len};
    for (size_t i = 0; i < p->workloads.len; i++)
        if (same_workload(p->workloads.at[i].class, class)) {
            p->workloads.at[i].victims++;
            return;
        }
    if (vec_push(&p->workloads, fresh) < 0)
        abort();
}

static struct paying *paying_of(paying_list *list, int32_t priority)
{
    struct paying fresh = {.priority = priority};
    for (size_t i = 0; i < list->len; i++)
        if (list->at[i].priority == priority)
            return &list->at[i];
    if (vec_push(list, fresh) < 0)
        abort();
    return &list->at[list->len - 1];
}

static int by_priority(const void *a, const void *b)
{
    const struct paying *x = a, *y = b;
    return (x->priority > y->priority) - (x->priority < y->priority);
}

static int most_victims_first(const void *a, const void *b)
{
    const struct payer *x = a, *y = b;
    if (x->victims != y->victims)
        return x->victims < y->victims ? 1 : -1;
    return (x->place > y->place) - (x->place < y->place);
}

/* The lowest priority first. */
static void find_paying(paying_list *list, const struct victims *v)
{
    for (size_t i = 0; i < v->list.len; i++) {
        const struct victim *victim = &v->list.at[i];
        struct paying *p = paying_of(list, victim->pod->class->priority);
        p->victims++;
        p->fates[victim->fate]++;
        count_workload(p, victim->pod->class);
    }
    if (list->len)
        qsort(list->at, list->len, sizeof(*list->at), by_priority);
    for (size_t i = 0; i < list->len; i++)
        qsort(list->at[i].workloads.at, list->at[i].workloads.len, sizeof(struct payer), most_victims_first);
}

static void paying_fini(paying_list *list)
{
    for (size_t i = 0; i < list->len; i++)
        vec_fini(&list->at[i].workloads);
    vec_fini(list);
}

/* "batch/report 20, dev/ci 11, … +2". */
static void add_workloads(struct buf *b, const struct paying *p)
{
    for (size_t i = 0; i < p->workloads.len && i < MOST_WORKLOADS; i++) {
        const struct berth_class *class = p->workloads.at[i].class;
        buf_puts(b, i ? ", " : "");
        if (class->owner_name)
            buf_printf(b, "%s/%s", class->namespace->text, class->owner_name->text);
        else
            buf_printf(b, "pods of %s", class->namespace->text);
        buf_printf(b, " %u", p->workloads.at[i].victims);
    }
    if (p->workloads.len > MOST_WORKLOADS)
        buf_printf(b, ", … +%zu", p->workloads.len - MOST_WORKLOADS);
}

static void paying_table(struct buf *b, const struct victims *v, const struct term *term)
{
    static const char *const names[] = {"PRIORITY", "VICTIMS", "PLACED AGAIN", "PENDING", "GONE", ""};
    struct table t = {.columns = ARRAY_LEN(names), .right = 31};
    paying_list list = {0};
    find_paying(&list, v);
    titles(&t, term, names);
    for (size_t i = 0; i < list.len; i++) {
        const struct paying *p = &list.at[i];
        struct buf workloads = {0};
        add_workloads(&workloads, p);
        table_cellf(&t, term, PLAIN, "%d", p->priority);
        table_cellf(&t, term, PLAIN, "%u", p->victims);
        table_cellf(&t, term, PLAIN, "%u", p->fates[VICTIM_PLACED]);
        table_cellf(&t, term, p->fates[VICTIM_PENDING] ? RED : PLAIN, "%u", p->fates[VICTIM_PENDING]);
        table_cellf(&t, term, p->fates[VICTIM_GONE] ? RED : PLAIN, "%u", p->fates[VICTIM_GONE]);
        table_cell(&t, term, PLAIN, buf_view(&workloads));
        buf_fini(&workloads);
    }
    table_write(&t, b, INDENT);
    table_fini(&t);
    paying_fini(&list);
}

/* ---- each ---- */

static void steps_table(struct buf *b, const struct victims *v, const struct term *term)
{
    static const char *const names[] = {"COPY", "NODE", "VICTIM", "PRIORITY", "NOW"};
    struct table t = {.columns = ARRAY_LEN(names), .right = 1u << 0 | 1u << 3};
    titles(&t, term, names);
    for (size_t i = 0; i < v->list.len; i++) {
        const struct victim *victim = &v->list.at[i];
        struct buf name = {0};
        session_pod_name(&name, victim->pod);
        if (victim->copy)
            table_cellf(&t, term, PLAIN, "%llu", (unsigned long long)victim->copy);
        else
            table_cell(&t, term, DIM, BERTH_STR("-"));
        table_cell(&t, term, PLAIN, berth_atom_str(victim->pod->node_name));
        table_cell(&t, term, PLAIN, buf_view(&name));
        table_cellf(&t, term, PLAIN, "%d", victim->pod->class->priority);
        table_cell(&t, term, victim->node ? PLAIN : RED,
                   victim->node                     ? berth_atom_str(victim->node)
                   : victim->fate == VICTIM_PENDING ? BERTH_STR("pending")
                                                    : BERTH_STR("gone"));
        buf_fini(&name);
    }
    buf_char(b, '\n');
    table_write(&t, b, INDENT);
    table_fini(&t);
}

void victims_table(struct buf *b, const struct capacity *c, const struct term *term, bool wide)
{
    term_add(b, term, BOLD, BERTH_STR("What a copy costs"));
    buf_char(b, '\n');
    prices_table(b, c, term);
    buf_char(b, '\n');
    term_add(b, term, BOLD, BERTH_STR("Who pays"));
    buf_char(b, '\n');
    paying_table(b, &c->victims, term);
    if (wide)
        steps_table(b, &c->victims, term);
}

/* ---- JSON ---- */

static void json_paying(struct buf *b, const struct victims *v)
{
    paying_list list = {0};
    find_paying(&list, v);
    buf_puts(b, ",\"byPriority\":[");
    for (size_t i = 0; i < list.len; i++) {
        const struct paying *p = &list.at[i];
        buf_printf(b, "%s{\"priority\":%d,\"victims\":%u,\"placedAgain\":%u,\"pending\":%u,\"gone\":%u}",
                   i ? "," : "", p->priority, p->victims, p->fates[VICTIM_PLACED], p->fates[VICTIM_PENDING],
                   p->fates[VICTIM_GONE]);
    }
    buf_char(b, ']');
    paying_fini(&list);
}

static void json_victim(struct buf *b, const struct victim *victim)
{
    static const char *const fates[VICTIM_FATES] = {"gone", "pending", "placed"};
    struct buf name = {0};
    session_pod_name(&name, victim->pod);
    buf_puts(b, "{\"pod\":");
    buf_json_str(b, buf_view(&name));
    buf_printf(b, ",\"priority\":%d,\"outcome\":\"%s\"", victim->pod->class->priority, fates[victim->fate]);
    buf_puts(b, ",\"node\":");
    if (victim->node)
        buf_json_str(b, berth_atom_str(victim->node));
    else
        buf_puts(b, "null");
    buf_char(b, '}');
    buf_fini(&name);
}

/* A copy and who had to go for it; `len` victims from this one on. */
static void json_step(struct buf *b, const struct victim *first, size_t len)
{
    buf_printf(b, "{\"copy\":%llu,\"node\":", (unsigned long long)first->copy);
    buf_json_str(b, berth_atom_str(first[len - 1].pod->node_name));
    buf_puts(b, ",\"victims\":[");
    for (size_t i = 0; i < len; i++) {
        buf_puts(b, i ? "," : "");
        json_victim(b, &first[i]);
    }
    buf_puts(b, "]}");
}

void victims_json(struct buf *b, const struct capacity *c)
{
    const struct victims *v = &c->victims;
    size_t i = 0;
    buf_printf(b, "\"preemption\":{\"copies\":%llu,\"victims\":%llu", (unsigned long long)c->preempting,
               (unsigned long long)c->preempted);
    json_paying(b, v);
    buf_puts(b, ",\"steps\":[");
    for (size_t len; (len = victims_of_copy(v, i)) > 0; i += len) {
        buf_puts(b, i ? ",\n" : "\n");
        json_step(b, &v->list.at[i], len);
    }
    buf_puts(b, "],\"byVictimsThatCameBack\":[");
    for (size_t first = i; i < v->list.len; i++) {
        buf_puts(b, i > first ? "," : "");
        json_victim(b, &v->list.at[i]);
    }
    buf_puts(b, "]}");
}
