/*
 * What a cluster's controllers will do about the claims of a pod, in words: the pod waits for them, not for
 * anybody who reads this.
 */
#include "cmd/explain.h"

#include "cmd/table.h"

/* The steps, as in "make it for the pod; bind it to the volume v". */
static void say_steps(struct buf *b, const struct claim_outlook *c)
{
    if (c->made)
        buf_puts(b, "make it for the pod; ");
    if (c->defaulted)
        buf_puts(b, "give it the default class; ");
    switch (c->fate) {
    case CLAIM_GETS_VOLUME:
        buf_printf(b, "bind it to the volume %s", c->volume->text);
        break;
    case CLAIM_GETS_NEW_VOLUME:
        buf_printf(b, "bind it to a new volume of %s%s", c->provisioner->text,
                   c->drawn ? ", made where chance has it" : "");
        break;
    case CLAIM_WAITS:
        buf_puts(b, "bind it when the pod has a node");
        break;
    case CLAIM_STAYS:
        buf_printf(b, "leave it unbound: %s", c->why);
        break;
    }
}

void explain_claims(struct buf *b, const claim_outlooks *claims, const struct term *term)
{
    static const char *const titles[] = {"CLAIM", "CLASS", "ITS CONTROLLERS WILL"};
    struct table t = {.columns = 3};
    for (size_t i = 0; i < 3; i++)
        table_cell(&t, term, DIM, berth_str_of(titles[i]));
    for (size_t i = 0; i < claims->len; i++) {
        const struct claim_outlook *c = &claims->at[i];
        berth_str class = berth_atom_str(c->storage_class);
        struct buf steps = {0};
        say_steps(&steps, c);
        table_cell(&t, term, PLAIN, berth_atom_str(c->name));
        table_cell(&t, term, CYAN, class.len ? class : BERTH_STR("-"));
        table_cell(&t, term, c->fate == CLAIM_STAYS ? RED : PLAIN, buf_view(&steps));
        buf_fini(&steps);
    }
    buf_char(b, '\n');
    table_write(&t, b, 2);
    table_fini(&t);
}

/* ---- JSON ---- */

static void put_text(struct buf *b, const char *key, berth_str text)
{
    if (text.len == 0)
        return;
    buf_printf(b, ",\"%s\":", key);
    buf_json_str(b, text);
}

void explain_claims_json(struct buf *b, const claim_outlooks *claims)
{
    static const char *const fates[] = {[CLAIM_GETS_VOLUME] = "bound",
                                        [CLAIM_GETS_NEW_VOLUME] = "provisioned",
                                        [CLAIM_WAITS] = "waits",
                                        [CLAIM_STAYS] = "stays"};
    buf_puts(b, ",\"claims\":");
    for (size_t i = 0; i < claims->len; i++) {
        const struct claim_outlook *c = &claims->at[i];
        struct buf steps = {0};
        say_steps(&steps, c);
        buf_puts(b, i ? ",{\"name\":" : "[{\"name\":");
        buf_json_str(b, berth_atom_str(c->name));
        buf_printf(b, ",\"fate\":\"%s\"", fates[c->fate]);
        put_text(b, "text", buf_view(&steps));
        buf_puts(b, c->made ? ",\"made\":true" : "");
        put_text(b, "storageClass", berth_atom_str(c->storage_class));
        buf_puts(b, c->defaulted ? ",\"defaulted\":true" : "");
        put_text(b, "volume", berth_atom_str(c->volume));
        put_text(b, "provisioner", berth_atom_str(c->provisioner));
        put_text(b, "reason", berth_str_of(c->why ? c->why : ""));
        buf_char(b, '}');
        buf_fini(&steps);
    }
    buf_char(b, ']');
}
