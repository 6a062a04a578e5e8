/* SPDX-License-Identifier: MIT */
#include "base/json.h"

#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/hash.h"
#include "base/plain.h"

/* Where its memory is out, Jansson may call the text malformed, or read it with
 * bytes missing: so we look. */
static _Thread_local bool starved;

static void *
watched_malloc(size_t n)
{
    void *p = malloc(n);

    starved |= p == NULL;
    return p;
}

static void
watch_memory(void)
{
    json_set_alloc_funcs(watched_malloc, free);
}

enum status
json_parse(const char *text, size_t len, json_t **out, struct err *err)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    json_error_t je;

    pthread_once(&once, watch_memory);
    starved = false;
    *out = json_loadb(text, len, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &je);
    if (starved) {
        json_decref(*out);
        *out = NULL;
        return err_nomem(err);
    }
    if (*out != NULL)
        return ST_OK;
    return err_set(err, ST_INVALID, "request.json",
        "not valid JSON: %s (line %d, column %d)", je.text, je.line, je.column);
}

static const char *
kind_name(enum json_kind k)
{
    static const char *const names[] = {
        [JF_STR] = "a string",
        [JF_INT] = "an integer",
        [JF_REAL] = "a number",
        [JF_BOOL] = "true or false",
        [JF_OBJ] = "an object",
        [JF_ARR] = "an array",
        [JF_ANY] = "a value",
        [JF_HASH] = "a SHA-256 as 64 lower-case hex digits",
    };

    return names[k];
}

static bool
in_range(const struct json_field *f, double x)
{
    return (f->min == 0 && f->max == 0) || (x >= f->min && x <= f->max);
}

/* Store one value; false if it is of another type. */
static bool
store(const struct json_field *f, json_t *v)
{
    const char *s = json_string_value(v);

    switch (f->kind) {
    case JF_STR:
        if (s == NULL || strlen(s) != json_string_length(v))
            return false;
        *(const char **)f->out = s;
        return true;
    case JF_HASH:
        if (s != NULL && strncmp(s, "sha256:", 7) == 0)
            s += 7;
        if (s == NULL || !hash_valid(s))
            return false;
        *(const char **)f->out = s;
        return true;
    case JF_INT:
        if (!json_is_integer(v))
            return false;
        *(int64_t *)f->out = json_integer_value(v);
        return true;
    case JF_REAL:
        if (!json_is_number(v))
            return false;
        *(double *)f->out = json_number_value(v);
        return true;
    case JF_BOOL:
        if (!json_is_boolean(v))
            return false;
        *(bool *)f->out = json_is_true(v);
        return true;
    case JF_OBJ:
    case JF_ARR:
        if (f->kind == JF_OBJ ? !json_is_object(v) : !json_is_array(v))
            return false;
        break;
    case JF_ANY:
        break;
    }
    *(json_t **)f->out = v;
    return true;
}

static enum status
read_field(const json_t *o, const char *path, const struct json_field *f,
    struct err *err)
{
    const char *dot = path[0] ? "." : "";
    json_t *v = json_object_get(o, f->name);

    if (v == NULL || json_is_null(v)) {
        if (!f->required)
            return ST_OK;
        return err_set(err, ST_INVALID, "request.field",
            "%s%s%s is required: %s", path, dot, f->name, kind_name(f->kind));
    }
    if (!store(f, v))
        return err_set(err, ST_INVALID, "request.field", "%s%s%s must be %s",
            path, dot, f->name, kind_name(f->kind));
    if (json_is_number(v) && !in_range(f, json_number_value(v)))
        return err_set(err, ST_INVALID, "request.field",
            "%s%s%s must be within %.12g and %.12g", path, dot, f->name, f->min,
            f->max);
    if (f->kind == JF_STR && f->max > 0 &&
        (double)json_string_length(v) > f->max)
        return err_set(err, ST_INVALID, "request.field",
            "%s%s%s is longer than %.0f bytes", path, dot, f->name, f->max);
    if (f->kind == JF_STR &&
        !plain_text(json_string_value(v), json_string_length(v)))
        return err_set(err, ST_INVALID, "request.field",
            "%s%s%s has a control character: take it out", path, dot, f->name);
    return ST_OK;
}

enum status
json_pick(const json_t *o, const char *path, const struct json_field *fields,
    size_t n, struct err *err)
{
    enum status st;

    if (!json_is_object(o))
        return err_set(err, ST_INVALID, "request.field", "%s must be an object",
            path[0] ? path : "the body");
    for (size_t i = 0; i < n; i++)
        if ((st = read_field(o, path, &fields[i], err)) != ST_OK)
            return st;
    return ST_OK;
}

enum status
json_read(const json_t *o, const char *path, const struct json_field *fields,
    size_t n, struct err *err)
{
    const char *key;
    json_t *v;
    size_t i;

    json_object_foreach((json_t *)o, key, v)
    {
        for (i = 0; i < n && strcmp(fields[i].name, key) != 0; i++)
            ;
        if (i == n)
            return err_set(err, ST_INVALID, "request.field",
                "unknown member %s%s%.64s", path, path[0] ? "." : "", key);
    }
    return json_pick(o, path, fields, n, err);
}

json_t *
json_number_or_null(double x)
{
    return isfinite(x) ? json_real(x) : json_null();
}

double
json_get_number(const json_t *o, const char *name)
{
    const json_t *v = json_object_get(o, name);

    return json_is_number(v) ? json_number_value(v) : NAN;
}

const char *
json_get_string(const json_t *o, const char *name, const char *fallback)
{
    const char *s = json_string_value(json_object_get(o, name));

    return s ? s : fallback;
}

json_t *
json_int_array(const int64_t *v, size_t n)
{
    json_t *a = json_array();

    for (size_t i = 0; a != NULL && i < n; i++)
        if (json_array_append_new(a, json_integer(v[i])) < 0) {
            json_decref(a);
            return NULL;
        }
    return a;
}

enum status
json_read_ints(const json_t *a, const char *path, int64_t *v, size_t max,
    size_t *n, struct err *err)
{
    *n = json_array_size(a);
    if (!json_is_array(a) || *n > max)
        return err_set(err, ST_INVALID, "request.field",
            "%s must be an array of at most %zu integers", path, max);
    for (size_t i = 0; i < *n; i++) {
        json_t *x = json_array_get(a, i);

        if (!json_is_integer(x))
            return err_set(err, ST_INVALID, "request.field",
                "%s[%zu] must be an integer", path, i);
        v[i] = json_integer_value(x);
    }
    return ST_OK;
}

char *
json_canonical(const json_t *o)
{
    return json_dumps(o, JSON_SORT_KEYS | JSON_COMPACT | JSON_ENCODE_ANY);
}

enum status
json_file_load(const char *path, size_t max, json_t **out, struct err *err)
{
    enum status st;
    size_t len;
    char *text;

    *out = NULL;
    if ((st = file_read(path, max, &text, &len, err)) != ST_OK)
        return st;
    st = json_parse(text, len, out, err);
    free(text);
    return st;
}

enum status
json_file_save(const char *path, const json_t *o, struct err *err)
{
    char *text = json_dumps(o, JSON_COMPACT | JSON_ENCODE_ANY);
    enum status st;

    if (text == NULL)
        return err_nomem(err);
    st = file_write(path, text, strlen(text), err);
    free(text);
    return st;
}
