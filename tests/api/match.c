/* SPDX-License-Identifier: MIT */
#include "match.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct where {
    char path[256]; /* of the value that is being compared */
    char *why;
    size_t cap;
};

static bool differ(struct where *w, const json_t *expected, const json_t *got);
static bool same(struct where *w, const json_t *expected, const json_t *got);

static bool
differ(struct where *w, const json_t *expected, const json_t *got)
{
    char *a =
        expected ? json_dumps(expected, JSON_ENCODE_ANY | JSON_COMPACT) : NULL;
    char *b = got ? json_dumps(got, JSON_ENCODE_ANY | JSON_COMPACT) : NULL;

    snprintf(w->why, w->cap, "at %s: expected %s, got %.600s",
        w->path[0] ? w->path : "the top", a, b ? b : "nothing");
    free(a);
    free(b);
    return false;
}

static bool
has_type(const char *type, const json_t *v)
{
    static const struct {
        const char *name;
        json_type type;
    } types[] = {
        { "integer", JSON_INTEGER },
        { "string", JSON_STRING },
        { "object", JSON_OBJECT },
        { "array", JSON_ARRAY },
    };

    if (v == NULL)
        return false;
    if (strcmp(type, "number") == 0)
        return json_is_number(v);
    for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
        if (strcmp(type, types[i].name) == 0)
            return json_typeof(v) == types[i].type;
    return false;
}

static bool
same_special(
    struct where *w, const json_t *expected, const json_t *got, bool *special)
{
    const json_t *has = json_object_get(expected, "$has");
    const json_t *type = json_object_get(expected, "$type");
    const json_t *items = json_object_get(expected, "$items");
    bool ok = false;

    *special = has || type || items;
    if (has != NULL)
        ok = json_is_string(got) &&
             strstr(json_string_value(got), json_string_value(has)) != NULL;
    else if (type != NULL)
        ok = has_type(json_string_value(type), got);
    else if (items != NULL)
        ok = json_is_array(got) &&
             (json_int_t)json_array_size(got) == json_integer_value(items);
    return ok || differ(w, expected, got);
}

/* Compare below `name`, and leave the path as it was. */
static bool same_below(struct where *w, const json_t *expected,
    const json_t *got, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));

static bool
same_below(struct where *w, const json_t *expected, const json_t *got,
    const char *fmt, ...)
{
    size_t n = strlen(w->path);
    va_list ap;
    bool ok;

    va_start(ap, fmt);
    vsnprintf(w->path + n, sizeof(w->path) - n, fmt, ap);
    va_end(ap);
    ok = same(w, expected, got);
    if (ok)
        w->path[n] = '\0';
    return ok;
}

static bool
same_object(struct where *w, const json_t *expected, const json_t *got)
{
    const char *key;
    json_t *v;
    bool special, ok = same_special(w, expected, got, &special);

    if (special)
        return ok;
    if (!json_is_object(got))
        return differ(w, expected, got);
    json_object_foreach((json_t *)expected, key, v)
    {
        if (!same_below(w, v, json_object_get(got, key), ".%s", key))
            return false;
    }
    return true;
}

static bool
same_array(struct where *w, const json_t *expected, const json_t *got)
{
    if (!json_is_array(got) ||
        json_array_size(got) != json_array_size(expected))
        return differ(w, expected, got);
    for (size_t i = 0; i < json_array_size(expected); i++)
        if (!same_below(w, json_array_get(expected, i), json_array_get(got, i),
                "[%zu]", i))
            return false;
    return true;
}

static bool
same(struct where *w, const json_t *expected, const json_t *got)
{
    double a, b;

    if (json_is_object(expected))
        return same_object(w, expected, got);
    if (json_is_array(expected))
        return same_array(w, expected, got);
    if (json_is_number(expected) && json_is_number(got)) {
        a = json_number_value(expected);
        b = json_number_value(got);
        if (fabs(a - b) <= 1e-9 * fmax(1, fabs(a)))
            return true;
    } else if (got != NULL && json_equal(expected, got)) {
        return true;
    }
    return differ(w, expected, got);
}

bool
match(const json_t *expected, const json_t *got, char *why, size_t cap)
{
    struct where w = { .why = why, .cap = cap };

    return same(&w, expected, got);
}
