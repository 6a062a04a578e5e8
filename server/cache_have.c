/* SPDX-License-Identifier: MIT */
#include "server/cache_have.h"

#include <string.h>

struct collect {
    json_t *have;         /* owned */
    json_t *kernels;      /* owned: set of the model's kernel keys */
    const json_t *levels; /* borrowed */
};

/* {kernel key: true} of the model's layers. */
static json_t *
kernel_set(const json_t *analysis)
{
    json_t *set = json_object(), *layer;
    size_t i;

    json_array_foreach(json_object_get(analysis, "layers"), i, layer)
    {
        const char *key =
            json_string_value(json_object_get(layer, "kernel_key"));

        if (key != NULL && json_object_set_new(set, key, json_true()) < 0) {
            json_decref(set);
            return NULL;
        }
    }
    return set;
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
add(enum level level, const char *kernel_key, void *ctx)
{
    struct collect *c = ctx;

    if (json_object_get(c->kernels, kernel_key) == NULL ||
        !is_wanted(c->levels, level))
        return ST_OK;
    return json_array_append_new(
               c->have, json_pack("{s:s,s:s}", "level", level_words[level],
                            "kernel_key", kernel_key)) < 0
               ? ST_NOMEM
               : ST_OK;
}

enum status
cache_have(struct db *db, const struct cache_query *q, const json_t *analysis,
    const json_t *levels, json_t **have, struct err *err)
{
    struct collect c = { json_array(), kernel_set(analysis), levels };
    enum status st =
        c.have && c.kernels ? db_cache_list(db, q, add, &c, err) : ST_NOMEM;

    json_decref(c.kernels);
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
