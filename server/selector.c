/* SPDX-License-Identifier: MIT */
#include "server/selector.h"

#include <stdio.h>
#include <string.h>

enum op { OP_HAS, OP_IS, OP_IS_NOT };

/* One part of a selector; borrowed from its text, so with lengths. */
struct term {
    enum op op;
    const char *text, *key, *value;
    int len, key_len, value_len;
};

/* Read the part at `*at` and move behind it; false at the end. */
static bool
next_term(const char **at, struct term *t)
{
    const char *p = *at;
    size_t len, key_len;

    if (p == NULL)
        return false;
    len = strcspn(p, ",");
    key_len = strcspn(p, ",=!");
    *at = p[len] == ',' ? p + len + 1 : NULL;
    *t = (struct term){
        .text = p, .len = (int)len, .key = p, .key_len = (int)key_len
    };
    if (p[key_len] == '=')
        t->op = OP_IS;
    else if (p[key_len] == '!')
        t->op = OP_IS_NOT;
    else
        return true;
    t->value = p + key_len + (t->op == OP_IS ? 1 : 2);
    t->value_len = (int)len - (int)(t->value - p);
    return true;
}

static bool
makes_sense(const struct term *t)
{
    if (t->key_len == 0)
        return false;
    if (t->op == OP_HAS)
        return true;
    return t->value_len > 0 && t->value[-1] == '=';
}

enum status
selector_check(const char *path, const char *selector, struct err *err)
{
    struct term t;

    if (*selector == '\0')
        return err_set(err, ST_INVALID, "request.field",
            "%s is empty: give a device's name, any, or key=value,key", path);
    while (next_term(&selector, &t))
        if (!makes_sense(&t))
            return err_set(err, ST_INVALID, "request.field",
                "%s: '%.*s' is not key=value, key!=value or key", path, t.len,
                t.text);
    return ST_OK;
}

static const char *
label(const json_t *labels, const char *name, const struct term *t)
{
    const json_t *v = json_object_getn(labels, t->key, (size_t)t->key_len);

    if (v == NULL && t->key_len == 4 && strncmp(t->key, "name", 4) == 0)
        return name;
    return json_string_value(v);
}

static bool
has(const char *value, const struct term *t)
{
    bool same;

    if (t->op == OP_HAS)
        return value != NULL;
    same = value != NULL && strlen(value) == (size_t)t->value_len &&
           strncmp(value, t->value, (size_t)t->value_len) == 0;
    return same == (t->op == OP_IS);
}

bool
selector_match(const char *selector, const char *name, const json_t *labels,
    char *lacks, size_t cap)
{
    struct term t;

    if (strcmp(selector, "any") == 0)
        return true;
    while (next_term(&selector, &t)) {
        const char *value = label(labels, name, &t);

        if (has(value, &t))
            continue;
        if (t.op == OP_IS_NOT)
            snprintf(lacks, cap, "has %.*s=%s", t.key_len, t.key, value);
        else if (value != NULL)
            snprintf(lacks, cap, "lacks %.*s (has %s)", t.len, t.text, value);
        else
            snprintf(lacks, cap, "lacks %.*s", t.len, t.text);
        return false;
    }
    return true;
}
