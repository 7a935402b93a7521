/* Selectors as text: what parses prints to something that parses and prints the same, and compiles. */
#include "fuzz.h"

#include "api/selector.h"

static void compile(const struct selector *s)
{
    struct block block = {0};
    struct atoms atoms = {0};
    struct berth_selector compiled;
    block_start(&block, sizeof(compiled));
    if (selector_build(s, &block, &atoms, &compiled) < 0)
        abort();
    berth_selector_matches(block_at(&block), &compiled, block_at(&block), (berth_list){0});
    block_fini(&block);
    atoms_fini(&atoms);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    struct arena arena = {0};
    struct selector s;
    if (len < 4096
        && selector_parse((berth_str){(const char *)bytes, (uint32_t)len}, &arena, &s, NULL) == 0) {
        struct buf text = {0}, second = {0};
        compile(&s);
        selector_print(&text, &s);
        if (selector_parse(buf_view(&text), &arena, &s, NULL) < 0)
            abort();
        selector_print(&second, &s);
        if (!berth_str_eq(buf_view(&text), buf_view(&second)))
            abort();
        buf_fini(&text);
        buf_fini(&second);
    }
    arena_fini(&arena);
    return 0;
}
