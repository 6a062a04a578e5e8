/* SPDX-License-Identifier: MIT */
#include "server/support.h"

#include <stdio.h>
#include <string.h>

enum { PATH_BYTES = 64, REASON_MAX = 400 };

static const char *const codes[] = { "supported", "fused", "operator", "memory",
    NULL };

static enum status
check_answer(const json_t *o, const char *path, int64_t index, struct err *err)
{
    const char *code = NULL, *reason = NULL;
    int64_t at = -1;
    bool support = false;
    const struct json_field fields[] = {
        { "index", JF_INT, true, &at, 0, 1e6 },
        { "support", JF_BOOL, true, &support, 0, 0 },
        { "code", JF_STR, true, &code, 0, 16 },
        { "reason", JF_STR, true, &reason, 0, REASON_MAX },
    };
    enum status st = JSON_READ(o, path, fields, err);

    if (st != ST_OK)
        return st;
    if (word_find(codes, code) < 0)
        return err_set(err, ST_UNPROCESSABLE, "result.support",
            "%s.code: %s is no known word", path, code);
    if (support != (word_find(codes, code) <= 1))
        return err_set(err, ST_UNPROCESSABLE, "result.support",
            "%s says both %s and support %s", path, code,
            support ? "true" : "false");
    if (at != index)
        return err_set(err, ST_UNPROCESSABLE, "result.support",
            "%s.index must be %lld: all are listed in order", path,
            (long long)index);
    return ST_OK;
}

static enum status
check_exit(const json_t *o, size_t i, struct err *err)
{
    int64_t at = -1;
    json_t *segment = NULL, *head = NULL;
    const struct json_field fields[] = {
        { "index", JF_INT, true, &at, 0, 1e6 },
        { "segment", JF_OBJ, true, &segment, 0, 0 },
        { "head", JF_OBJ, false, &head, 0, 0 },
    };
    char path[PATH_BYTES];
    enum status st;

    snprintf(path, sizeof(path), "support.exits[%zu]", i);
    if ((st = JSON_READ(o, path, fields, err)) != ST_OK)
        return st;
    snprintf(path, sizeof(path), "support.exits[%zu].segment", i);
    if ((st = check_answer(segment, path, (int64_t)i, err)) != ST_OK ||
        head == NULL)
        return st;
    snprintf(path, sizeof(path), "support.exits[%zu].head", i);
    return check_answer(head, path, (int64_t)i, err);
}

enum status
support_check(const json_t *doc, const json_t *analysis, struct err *err)
{
    const char *schema = NULL, *board = NULL, *type = NULL;
    json_t *layers = NULL, *exits = NULL;
    const struct json_field fields[] = {
        { "schema", JF_STR, true, &schema, 0, 32 },
        { "board", JF_STR, true, &board, 0, 64 },
        { "type", JF_STR, true, &type, 0, 16 },
        { "layers", JF_ARR, true, &layers, 0, 0 },
        { "exits", JF_ARR, true, &exits, 0, 0 },
    };
    size_t n = json_array_size(json_object_get(analysis, "layers"));
    size_t m = json_array_size(json_object_get(analysis, "exits"));
    char path[PATH_BYTES];
    enum status st = JSON_READ(doc, "support", fields, err);

    if (st != ST_OK)
        return st;
    if (strcmp(schema, "offramp.support/1") != 0 ||
        json_array_size(layers) != n || json_array_size(exits) != m)
        return err_set(err, ST_UNPROCESSABLE, "result.support",
            "support must be an offramp.support/1 of %zu layers and %zu exits",
            n, m);
    for (size_t i = 0; st == ST_OK && i < n; i++) {
        snprintf(path, sizeof(path), "support.layers[%zu]", i);
        st = check_answer(json_array_get(layers, i), path, (int64_t)i, err);
    }
    for (size_t i = 0; st == ST_OK && i < m; i++)
        st = check_exit(json_array_get(exits, i), i, err);
    return st;
}

/* ---- where the runtime takes everything ---- */

static json_t *
yes(size_t index, const char *runtime)
{
    char reason[REASON_MAX];

    snprintf(reason, sizeof(reason), "%.100s loaded and ran it", runtime);
    return json_pack("{s:I,s:b,s:s,s:s}", "index", (json_int_t)index, "support",
        1, "code", "supported", "reason", reason);
}

json_t *
support_of_all(const json_t *analysis, const char *runtime)
{
    json_t *layers = json_array(), *exits = json_array();
    const json_t *x;
    size_t i;
    int rc = 0;

    json_array_foreach(json_object_get(analysis, "layers"), i, x) rc |=
        json_array_append_new(layers, yes(i, runtime));
    json_array_foreach(json_object_get(analysis, "exits"), i, x)
    {
        bool head = json_is_object(json_object_get(x, "head"));

        rc |= json_array_append_new(exits,
            json_pack("{s:I,s:o,s:o}", "index", (json_int_t)i, "segment",
                yes(i, runtime), "head", head ? yes(i, runtime) : json_null()));
    }
    if (rc == 0)
        return json_pack("{s:s,s:s,s:n,s:o,s:o}", "schema", "offramp.support/1",
            "board", runtime, "type", "layers", layers, "exits", exits);
    json_decref(layers);
    json_decref(exits);
    return NULL;
}

/* ---- reading ---- */

const json_t *
support_find(const json_t *doc, enum role role, int64_t index)
{
    const json_t *o;

    if (role == ROLE_LAYER)
        return json_array_get(json_object_get(doc, "layers"), (size_t)index);
    o = json_array_get(json_object_get(doc, "exits"), (size_t)index);
    return role == ROLE_SEGMENT || role == ROLE_HEAD
               ? json_object_get(o, role_words[role])
               : NULL;
}

int
support_add(json_t *row, const struct measure *m, const json_t *doc)
{
    const json_t *answer;

    if (m->role != ROLE_LAYER && m->role != ROLE_SEGMENT &&
        m->role != ROLE_HEAD)
        return 0;
    answer = doc ? support_find(doc, m->role, m->index) : NULL;
    return json_object_set_new(row, "support",
        answer ? json_pack("{s:O,s:O,s:O}", "support",
                     json_object_get(answer, "support"), "code",
                     json_object_get(answer, "code"), "reason",
                     json_object_get(answer, "reason"))
               : json_null());
}
