/* SPDX-License-Identifier: MIT */
#include "value.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/json.h"

static json_t *
find_var(const json_t *vars, const char *name, size_t len)
{
    char key[64];
    json_t *v;

    snprintf(key, sizeof(key), "%.*s", (int)len, name);
    if ((v = json_object_get(vars, key)) == NULL) {
        fprintf(stderr, "no step has saved ${%s}\n", key);
        abort();
    }
    return v;
}

char *
value_text(const char *text, const json_t *vars)
{
    struct buf out;
    enum status st = ST_OK;

    buf_init(&out, 64 << 20);
    while (*text != '\0' && st == ST_OK) {
        const char *start = strstr(text, "${"), *end;
        json_t *v;

        if (start == NULL || (end = strchr(start, '}')) == NULL) {
            st = buf_addstr(&out, text, NULL);
            break;
        }
        v = find_var(vars, start + 2, (size_t)(end - start - 2));
        st = buf_add(&out, text, (size_t)(start - text), NULL);
        if (st == ST_OK)
            st = json_is_integer(v)
                     ? buf_addf(
                           &out, NULL, "%lld", (long long)json_integer_value(v))
                     : buf_addstr(&out, json_string_value(v), NULL);
        text = end + 1;
    }
    if (st != ST_OK)
        abort();
    return out.data ? out.data : strdup("");
}

json_t *
value_at(const json_t *v, const char *pointer)
{
    char key[128];

    while (*pointer == '/' && v != NULL) {
        size_t n = strcspn(++pointer, "/");

        snprintf(key, sizeof(key), "%.*s", (int)n, pointer);
        v = json_is_array(v) ? json_array_get(v, (size_t)atoi(key))
                             : json_object_get(v, key);
        pointer += n;
    }
    return (json_t *)v;
}

/* Put `new` (borrowed) where `pointer` leads. */
static void
replace_at(json_t *root, const char *pointer, json_t *new)
{
    const char *last = strrchr(pointer, '/');
    char parent[128];
    json_t *p;
    int rc = -1;

    snprintf(parent, sizeof(parent), "%.*s", (int)(last - pointer), pointer);
    p = value_at(root, parent);
    if (json_is_array(p) && strcmp(last + 1, "-") == 0)
        rc = json_array_append(p, new);
    else if (json_is_array(p))
        rc = json_array_set(p, (size_t)atoi(last + 1), new);
    else if (json_is_object(p))
        rc = json_object_set(p, last + 1, new);
    if (rc != 0) {
        fprintf(stderr, "nothing is at %s\n", pointer);
        abort();
    }
}

static json_t *
expand_file(const json_t *v, const json_t *vars)
{
    const char *name = json_string_value(json_object_get(v, "$file"));
    char path[512];
    struct err err = { 0 };
    json_t *doc, *out, *with;
    const char *pointer;

    snprintf(path, sizeof(path), OFFRAMP_FIXTURES "/api/data/%s", name);
    if (json_file_load(path, 1 << 20, &doc, &err) != ST_OK) {
        fprintf(stderr, "%s: %s\n", path, err.text);
        abort();
    }
    out = value_expand(doc, vars);
    json_decref(doc);
    json_object_foreach(json_object_get(v, "with"), pointer, with)
    {
        json_t *new = value_expand(with, vars);

        replace_at(out, pointer, new);
        json_decref(new);
    }
    return out;
}

static json_t *
expand_string(const json_t *v, const json_t *vars)
{
    const char *text = json_string_value(v);
    size_t n = strlen(text);
    char *expanded;
    json_t *out;

    if (n > 3 && strncmp(text, "${", 2) == 0 &&
        strchr(text, '}') == text + n - 1)
        return json_deep_copy(find_var(vars, text + 2, n - 3));
    expanded = value_text(text, vars);
    out = json_string(expanded);
    free(expanded);
    return out;
}

json_t *
value_expand(const json_t *v, const json_t *vars)
{
    json_t *out, *child;
    const char *key;
    size_t i;

    if (json_is_string(v))
        return expand_string(v, vars);
    if (json_object_get(v, "$file") != NULL)
        return expand_file(v, vars);
    if (json_is_array(v)) {
        out = json_array();
        json_array_foreach(v, i, child)
            json_array_append_new(out, value_expand(child, vars));
        return out;
    }
    if (json_is_object(v)) {
        out = json_object();
        json_object_foreach((json_t *)v, key, child)
            json_object_set_new(out, key, value_expand(child, vars));
        return out;
    }
    return json_deep_copy(v);
}
