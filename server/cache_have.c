/* SPDX-License-Identifier: MIT */
#include "server/cache_have.h"

#include <string.h>

#include "server/insitu_have.h"

struct collect {
    json_t *have;         /* owned */
    json_t *keys;         /* owned: set of the model's kernel keys */
    const json_t *levels; /* borrowed */
};

static int
add_key(json_t *set, const json_t *key)
{
    return json_is_string(key)
               ? json_object_set_new(set, json_string_value(key), json_true())
               : 0;
}

/* {kernel key: true} of the model's layers. */
static json_t *
kernel_set(const json_t *analysis)
{
    json_t *set = json_object(), *layer;
    int rc = 0;
    size_t i;

    json_array_foreach(json_object_get(analysis, "layers"), i, layer)
    {
        rc |= add_key(set, json_object_get(layer, "kernel_key"));
    }
    if (rc == 0)
        return set;
    json_decref(set);
    return NULL;
}

/* The same with the digests of the whole model and of the exits' parts. */
static json_t *
key_set(const json_t *analysis)
{
    json_t *set = kernel_set(analysis), *exit;
    int rc = add_key(set, json_object_get(analysis, "blob"));
    size_t i;

    json_array_foreach(json_object_get(analysis, "exits"), i, exit)
    {
        for (int r = 0; role_words[r] != NULL; r++)
            if (role_is_of_exit((enum role)r))
                rc |= add_key(
                    set, json_object_get(
                             json_object_get(exit, role_words[r]), "blob"));
    }
    if (rc == 0)
        return set;
    json_decref(set);
    return NULL;
}

static bool
is_wanted(const json_t *levels, enum level level)
{
    json_t *v;
    size_t i;

    json_array_foreach(levels, i, v)
    {
        if (word_find(level_words, json_string_value(v)) == (int)level)
            return true;
    }
    return false;
}

static enum status
add(enum level level, const char *kernel_key, double median_ns, void *ctx)
{
    struct collect *c = ctx;
    json_t *o;

    if (json_object_get(c->keys, kernel_key) == NULL ||
        !is_wanted(c->levels, level))
        return ST_OK;
    o = json_pack(
        "{s:s,s:s}", "level", level_words[level], "kernel_key", kernel_key);
    if (median_ns > 0 &&
        json_object_set_new(o, "median_ns", json_real(median_ns)) < 0) {
        json_decref(o);
        return ST_NOMEM;
    }
    return json_array_append_new(c->have, o) < 0 ? ST_NOMEM : ST_OK;
}

/* The whole in situ, under the key of its file: with L0 of the same run. */
static enum status
add_insitu(struct db *db, const struct cache_query *q, const json_t *analysis,
    struct collect *c, struct err *err)
{
    struct insitu_have found;
    struct err why = { 0 };
    enum status st;

    if (!is_wanted(c->levels, LEVEL_L1))
        return ST_OK;
    st = insitu_have_find(db, q, analysis, &found, &why);
    insitu_have_clear(&found);
    if (st == ST_NOT_FOUND)
        return ST_OK;
    if (st == ST_OK)
        st = json_array_append_new(c->have,
                 json_pack("{s:s,s:O}", "level", level_words[LEVEL_L1],
                     "kernel_key", json_object_get(analysis, "blob"))) < 0
                 ? ST_NOMEM
                 : ST_OK;
    else
        st = err_set(err, st, why.code, "%s", why.text);
    return st;
}

enum status
cache_have(struct db *db, const struct cache_query *q, const json_t *analysis,
    const json_t *levels, json_t **have, struct err *err)
{
    struct collect c = { json_array(), key_set(analysis), levels };
    enum status st =
        c.have && c.keys ? db_cache_list(db, q, add, &c, err) : ST_NOMEM;

    if (st == ST_OK)
        st = add_insitu(db, q, analysis, &c, err);

    json_decref(c.keys);
    *have = c.have;
    if (st == ST_OK)
        return ST_OK;
    json_decref(c.have);
    *have = NULL;
    return st == ST_NOMEM ? err_nomem(err) : st;
}

size_t
cache_missing(const json_t *have, const json_t *analysis)
{
    json_t *kernels = kernel_set(analysis), *h;
    size_t i, n;

    json_array_foreach(have, i, h)
    {
        const char *level = json_string_value(json_object_get(h, "level"));

        if (strcmp(level, level_words[LEVEL_L2]) == 0)
            json_object_del(
                kernels, json_string_value(json_object_get(h, "kernel_key")));
    }
    n = json_object_size(kernels);
    json_decref(kernels);
    return n;
}
