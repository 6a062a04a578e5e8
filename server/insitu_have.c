/* SPDX-License-Identifier: MIT */
#include "server/insitu_have.h"

#include <stdlib.h>
#include <string.h>

void
insitu_have_clear(struct insitu_have *h)
{
    profile_clear(&h->from);
    free(h->fill);
    *h = (struct insitu_have){ 0 };
}

struct collect {
    struct insitu_have *have;
    const json_t *layers; /* borrowed */
    size_t n_layers;      /* found where the analysis has them */
};

/* The name in the analysis; NULL where that has no such layer. */
static const char *
layer_name(struct collect *c, const struct measure *m)
{
    const json_t *layer = json_array_get(c->layers, (size_t)m->index);
    const char *key = json_string_value(json_object_get(layer, "kernel_key"));

    if (key == NULL || m->kernel_key == NULL || strcmp(key, m->kernel_key) != 0)
        return NULL;
    c->n_layers++;
    return json_string_value(json_object_get(layer, "name"));
}

static const char *
name_of(struct collect *c, const struct measure *m)
{
    if (m->role == ROLE_LAYER)
        return layer_name(c, m);
    return m->role == ROLE_DISPATCH ? "__dispatch__" : role_words[m->role];
}

static enum status
collect(const struct measure *m, void *ctx)
{
    struct collect *c = ctx;
    struct insitu_have *h = c->have;
    const char *name;

    if (m->level != LEVEL_L1 &&
        !(m->level == LEVEL_L0 && m->role == ROLE_WHOLE))
        return ST_OK;
    if ((name = name_of(c, m)) == NULL)
        return ST_NOT_FOUND;
    if (h->n == h->cap) {
        size_t cap = h->cap ? 2 * h->cap : 64;
        struct cache_fill *to = realloc(h->fill, cap * sizeof(*to));

        if (to == NULL)
            return ST_NOMEM;
        h->fill = to;
        h->cap = cap;
    }
    h->fill[h->n++] = (struct cache_fill){ .from = m->id,
        .median_ns = m->median_ns,
        .ci_rel = row_ci_rel(m),
        .name = name,
        .level = m->level,
        .role = m->role,
        .index = m->index };
    return ST_OK;
}

enum status
insitu_have_find(struct db *db, const struct cache_query *q,
    const json_t *analysis, struct insitu_have *out, struct err *err)
{
    const char *blob = json_string_value(json_object_get(analysis, "blob"));
    struct collect c = { .have = out,
        .layers = json_object_get(analysis, "layers") };
    struct measure_filter f = { .level = -1, .role = -1 };
    struct err why = { 0 };
    enum status st;

    *out = (struct insitu_have){ 0 };
    st = db_cache_insitu(db, q, blob ? blob : "", &f.profile, &why);
    if (st == ST_OK &&
        (st = db_profile_get(db, f.profile, &out->from, &why)) == ST_OK)
        st = db_measure_list(db, &f, collect, &c, &why);
    if (st == ST_NOMEM)
        return err_nomem(err);
    if (st == ST_OK && c.n_layers != json_array_size(c.layers))
        st = ST_NOT_FOUND;
    if (st == ST_NOT_FOUND)
        return err_set(err, st, "cache.miss",
            "the network was not measured in situ on %s with these layers",
            q->device);
    return st == ST_OK ? st : err_set(err, st, why.code, "%s", why.text);
}
