/*
 * The only file that knows simdjson. Its first stage (quotes, escapes, UTF-8, token starts, with the best
 * instructions of the processor at run time) is all that is used: values are built from the tokens by json.c,
 * which lets a text of any size be indexed window by window and values point into the text.
 */
#include "base/json_index.h"

#include <memory>
#include <new>
#include <simdjson.h>

struct json_index {
    std::unique_ptr<simdjson::internal::dom_parser_implementation> impl;
    size_t capacity = 0;
};

json_index *json_index_new(void)
{
    return new (std::nothrow) json_index;
}

void json_index_free(json_index *x)
{
    delete x;
}

static bool reserve(json_index *x, size_t capacity)
{
    enum { DEPTH_UNUSED = 1 };
    if (capacity <= x->capacity)
        return true;
    x->capacity = 0;
    x->impl.reset();
    auto &simd = simdjson::get_active_implementation();
    if (simd->create_dom_parser_implementation(capacity, DEPTH_UNUSED, x->impl) != simdjson::SUCCESS)
        return false;
    x->capacity = capacity;
    return true;
}

static json_index_status status_of(simdjson::error_code code)
{
    switch (code) {
    case simdjson::SUCCESS:
    case simdjson::EMPTY:
        return JSON_INDEX_OK;
    case simdjson::UNCLOSED_STRING:
        return JSON_INDEX_OPEN_STRING;
    case simdjson::UNESCAPED_CHARS:
        return JSON_INDEX_CONTROL;
    case simdjson::UTF8_ERROR:
        return JSON_INDEX_UTF8;
    default:
        return JSON_INDEX_NOMEM;
    }
}

json_index_status json_index_run(json_index *x, const char *text, uint32_t len, const uint32_t **ret_tokens,
                                 uint32_t *ret_len)
{
    if (!reserve(x, len))
        return JSON_INDEX_NOMEM;
    auto code = x->impl->stage1(reinterpret_cast<const uint8_t *>(text), len, simdjson::stage1_mode::regular);
    *ret_tokens = x->impl->structural_indexes.get();
    *ret_len = code == simdjson::SUCCESS ? x->impl->n_structural_indexes : 0;
    return status_of(code);
}
