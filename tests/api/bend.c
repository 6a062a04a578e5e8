/* SPDX-License-Identifier: MIT */
#include "bend.h"

#include <string.h>

/* What a value is replaced by. */
static const char *const others[] = { "null", "true", "false", "0", "-1", "1",
    "0.5", "-0.0", "1e308", "-1e308", "5e-324", "9007199254740993",
    "9223372036854775807", "-9223372036854775808", "\"\"", "\"x\"",
    "\"=1+1<script>\"", "\"\\u202e\\uffff\"", "\"2026-11-21T01:02:03Z\"",
    "\"../../etc/passwd\"", "[]", "[[]]", "[0]", "[null]", "{}", "{\"\":{}}" };
enum {
    OTHERS = sizeof(others) / sizeof(others[0]),
    REMOVE = OTHERS, /* the value goes */
    TWICE,           /* an element comes twice, a text twice as long */
    SMALLER,         /* a number, by one; an array, by its last */
    LARGER,
    EXCHANGE, /* with the first value of its document */
    OPS,
};

/* The place of a value: in an object or in an array. */
struct place {
    json_t *in;      /* borrowed; NULL: none was found */
    const char *key; /* NULL: in an array, at `at` */
    size_t at;
};

/* The value number *left below `in`, depth first. */
static struct place
find(json_t *in, size_t *left)
{
    struct place p = { NULL, NULL, 0 };
    const char *key;
    json_t *v;
    size_t i;

    json_object_foreach(in, key, v)
    {
        if ((*left)-- == 0)
            return (struct place){ in, key, 0 };
        p = find(v, left);
        if (p.in != NULL)
            return p;
    }
    json_array_foreach(in, i, v)
    {
        if ((*left)-- == 0)
            return (struct place){ in, NULL, i };
        p = find(v, left);
        if (p.in != NULL)
            return p;
    }
    return p;
}

static json_t *
value_of(const struct place *p)
{
    return p->key != NULL ? json_object_get(p->in, p->key)
                          : json_array_get(p->in, p->at);
}

/* Steals `v`. */
static void
put(const struct place *p, json_t *v)
{
    if (p->key != NULL)
        json_object_set_new(p->in, p->key, v);
    else
        json_array_set_new(p->in, p->at, v);
}

static void
twice(const struct place *p, json_t *v)
{
    char text[512];

    if (p->key == NULL)
        json_array_insert_new(p->in, p->at, json_deep_copy(v));
    else if (json_is_string(v) && json_string_length(v) < sizeof(text) / 2) {
        memcpy(text, json_string_value(v), json_string_length(v));
        memcpy(text + json_string_length(v), json_string_value(v),
            json_string_length(v));
        put(p, json_stringn(text, 2 * json_string_length(v)));
    }
}

static void
resize(const struct place *p, json_t *v, int by)
{
    if (json_is_integer(v))
        put(p, json_integer((json_int_t)((uint64_t)json_integer_value(v) +
                                         (uint64_t)by)));
    else if (json_is_real(v))
        put(p, json_real(json_real_value(v) * (by < 0 ? 0.9 : 1.1)));
    else if (json_array_size(v) > 0 && by < 0)
        json_array_remove(v, json_array_size(v) - 1);
    else if (json_array_size(v) > 0)
        json_array_append_new(v, json_deep_copy(json_array_get(v, 0)));
}

static void
change(json_t *doc, const struct place *p, int op)
{
    json_t *v = value_of(p);
    size_t first = 0;

    if (op < OTHERS)
        put(p, json_loads(others[op], JSON_DECODE_ANY, NULL));
    else if (op == REMOVE && p->key != NULL)
        json_object_del(p->in, p->key);
    else if (op == REMOVE)
        json_array_remove(p->in, p->at);
    else if (op == TWICE)
        twice(p, v);
    else if (op == EXCHANGE) {
        struct place one = find(doc, &first);

        put(p, json_deep_copy(value_of(&one)));
    } else
        resize(p, v, op == SMALLER ? -1 : 1);
}

void
bend(json_t *doc, const uint8_t *data, size_t len)
{
    for (; len >= 4; data += 4, len -= 4) {
        size_t n = (size_t)data[0] << 8 | data[1];
        struct place p = find(doc, &n);

        if (p.in == NULL && json_object_size(doc) > 0) {
            n = data[1] % json_object_size(doc); /* one of the first ones */
            p = find(doc, &n);
        }
        if (p.in != NULL)
            change(doc, &p, data[2] % OPS);
    }
}
