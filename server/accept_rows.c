/* SPDX-License-Identifier: MIT */
#include "server/accept_profile.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/flag.h"

enum { ROWS_MAX = 1 << 20, KEY_BYTES = 80 };

static const json_t *
layers_of(const struct profile_rows_in *in)
{
    return json_object_get(in->analysis, "layers");
}

static const json_t *
exits_of(const struct profile_rows_in *in)
{
    return json_object_get(in->analysis, "exits");
}

bool
rows_in_asked(const struct profile_rows_in *in, enum level level)
{
    const json_t *v;
    size_t i;

    json_array_foreach(in->levels, i, v)
    {
        if (word_find(level_words, json_string_value(v)) == (int)level)
            return true;
    }
    return false;
}

/* ---- where things are ---- */

static void
place_key(enum level level, enum role role, int64_t index, char key[KEY_BYTES])
{
    snprintf(key, KEY_BYTES, "%s %s %lld", level_words[level], role_words[role],
        (long long)index);
}

static void
kernel_key(const struct measure *m, char key[KEY_BYTES])
{
    snprintf(key, KEY_BYTES, "%s %s", level_words[m->level], m->kernel_key);
}

/* The number kept under a key; -1 where there is none. */
static int64_t
look_up(const json_t *map, const char *key)
{
    const json_t *v = json_object_get(map, key);

    return v ? json_integer_value(v) : -1;
}

const struct measure *
rows_in_find(const struct profile_rows_in *in, enum level level, enum role role,
    int64_t index)
{
    char key[KEY_BYTES];
    int64_t i;

    place_key(level, role, index, key);
    i = look_up(in->row_at, key);
    return i >= 0 ? &in->row[i].m : NULL;
}

const struct cache_fill *
rows_in_fill_find(const struct profile_rows_in *in, enum level level,
    enum role role, int64_t index)
{
    char key[KEY_BYTES];
    int64_t i;

    place_key(level, role, index, key);
    i = look_up(in->fill_at, key);
    return i >= 0 ? &in->fill[i] : NULL;
}

/* The row that a copy within this result has its numbers from; -1: none. */
static int64_t
source_of(const struct profile_rows_in *in, const struct measure *copy)
{
    char key[KEY_BYTES];

    kernel_key(copy, key);
    return look_up(in->kernel_at, key);
}

/* Can a row stand for others with its kernel key? */
static bool
has_key(const struct measure *m)
{
    return m->kernel_key != NULL &&
           (m->role == ROLE_LAYER || role_is_of_exit(m->role));
}

static bool
is_copy(const struct measure *m)
{
    return has_key(m) && (m->flags & FLAG(cached));
}

/* Enter row `i` under its place, and under its kernel if it is the first
 * that was measured. */
static enum status
enter_row(struct profile_rows_in *in, size_t i, struct err *err)
{
    const struct measure *m = &in->row[i].m;
    char key[KEY_BYTES];
    int rc;

    place_key(m->level, m->role, m->index, key);
    if (look_up(in->row_at, key) >= 0)
        return err_set(err, ST_UNPROCESSABLE, "result.row",
            "rows[%zu]: %s is there twice", i, key);
    rc = json_object_set_new(in->row_at, key, json_integer((json_int_t)i));
    if (rc == 0 && has_key(m) && !is_copy(m)) {
        kernel_key(m, key);
        if (look_up(in->kernel_at, key) < 0)
            rc = json_object_set_new(
                in->kernel_at, key, json_integer((json_int_t)i));
    }
    return rc == 0 ? ST_OK : err_nomem(err);
}

/* ---- reading ---- */

/* A layer's row is of the kernel that the analysis has there. */
static enum status
check_layer(const struct profile_rows_in *in, const char *path,
    const struct measure *m, struct err *err)
{
    const json_t *layer = json_array_get(layers_of(in), (size_t)m->index);
    const char *key = json_string_value(json_object_get(layer, "kernel_key"));

    if (layer == NULL)
        return err_set(err, ST_UNPROCESSABLE, "result.row",
            "%s.index: the model has %zu layers", path,
            json_array_size(layers_of(in)));
    if (m->kernel_key == NULL || key == NULL || strcmp(key, m->kernel_key) != 0)
        return err_set(err, ST_UNPROCESSABLE, "result.row",
            "%s.kernel_key is not that of layer %lld", path,
            (long long)m->index);
    return ST_OK;
}

/* An exit's part, where it tells its key, is the file that the analysis has
 * there. */
static enum status
check_part(const struct profile_rows_in *in, const char *path,
    const struct measure *m, struct err *err)
{
    const json_t *exit = json_array_get(exits_of(in), (size_t)m->index);
    const char *blob = json_string_value(
        json_object_get(json_object_get(exit, role_words[m->role]), "blob"));

    if (exit == NULL)
        return err_set(err, ST_UNPROCESSABLE, "result.row",
            "%s.index: the model has %zu exits", path,
            json_array_size(exits_of(in)));
    if (m->kernel_key != NULL &&
        (blob == NULL || strcmp(blob, m->kernel_key) != 0))
        return err_set(err, ST_UNPROCESSABLE, "result.row",
            "%s.kernel_key is not the file of exit %lld's %s", path,
            (long long)m->index, role_words[m->role]);
    return ST_OK;
}

static enum status
check_whole(const struct profile_rows_in *in, const char *path,
    const struct measure *m, struct err *err)
{
    const char *blob = json_string_value(json_object_get(in->analysis, "blob"));

    if (m->kernel_key == NULL ||
        (blob != NULL && strcmp(blob, m->kernel_key) == 0))
        return ST_OK;
    return err_set(err, ST_UNPROCESSABLE, "result.row",
        "%s.kernel_key is not the model's file", path);
}

static enum status
check_place(const struct profile_rows_in *in, const char *path,
    const struct measure *m, struct err *err)
{
    if (m->role == ROLE_LAYER)
        return check_layer(in, path, m, err);
    if (role_is_of_exit(m->role))
        return check_part(in, path, m, err);
    if (m->role == ROLE_WHOLE)
        return check_whole(in, path, m, err);
    return ST_OK;
}

static enum status
check_copies(const struct profile_rows_in *in, struct err *err)
{
    for (size_t i = 0; i < in->n; i++)
        if (is_copy(&in->row[i].m) && source_of(in, &in->row[i].m) < 0)
            return err_set(err, ST_UNPROCESSABLE, "result.row",
                "rows[%zu] is flagged cached, but no row of this result has "
                "its kernel",
                i);
    return ST_OK;
}

static enum status
start(struct profile_rows_in *in, size_t n, struct err *err)
{
    if (n > ROWS_MAX)
        return err_set(err, ST_UNPROCESSABLE, "result.row",
            "rows must have at most %d rows", ROWS_MAX);
    in->row = calloc(n + 1, sizeof(in->row[0]));
    in->row_at = json_object();
    in->fill_at = json_object();
    in->kernel_at = json_object();
    return in->row && in->row_at && in->fill_at && in->kernel_at
               ? ST_OK
               : err_nomem(err);
}

enum status
rows_in_read(struct profile_rows_in *in, const json_t *rows, struct err *err)
{
    size_t n = json_array_size(rows);
    char path[32];
    enum status st = start(in, n, err);

    for (size_t i = 0; st == ST_OK && i < n; i++) {
        struct row_in *r = &in->row[in->n++];

        snprintf(path, sizeof(path), "rows[%zu]", i);
        if ((st = row_read(json_array_get(rows, i), path, r, err)) == ST_OK &&
            (st = check_place(in, path, &r->m, err)) == ST_OK)
            st = enter_row(in, i, err);
    }
    return st == ST_OK ? check_copies(in, err) : st;
}

void
rows_in_clear(struct profile_rows_in *in)
{
    for (size_t i = 0; i < in->n; i++)
        row_in_clear(&in->row[i]);
    free(in->row);
    free(in->fill);
    json_decref(in->row_at);
    json_decref(in->fill_at);
    json_decref(in->kernel_at);
    memset(in, 0, sizeof(*in));
}

/* ---- what stands for something ---- */

enum status
rows_in_add_fill(
    struct profile_rows_in *in, const struct cache_fill *fill, struct err *err)
{
    char key[KEY_BYTES];

    if (in->n_fills == in->fill_cap) {
        size_t cap = in->fill_cap ? 2 * in->fill_cap : 32;
        struct cache_fill *to = realloc(in->fill, cap * sizeof(*to));

        if (to == NULL)
            return err_nomem(err);
        in->fill = to;
        in->fill_cap = cap;
    }
    place_key(fill->level, fill->role, fill->index, key);
    if (json_object_set_new(
            in->fill_at, key, json_integer((json_int_t)in->n_fills)) < 0)
        return err_nomem(err);
    in->fill[in->n_fills++] = *fill;
    return ST_OK;
}

double
rows_in_median(const struct profile_rows_in *in, enum level level,
    enum role role, int64_t index)
{
    const struct measure *m = rows_in_find(in, level, role, index);
    const struct cache_fill *f = rows_in_fill_find(in, level, role, index);

    return m ? m->median_ns : f ? f->median_ns : NAN;
}

double
rows_in_sum_layers(const struct profile_rows_in *in)
{
    size_t n = json_array_size(layers_of(in));
    double sum = 0;

    for (size_t i = 0; i < n; i++)
        sum += rows_in_median(in, LEVEL_L2, ROLE_LAYER, (int64_t)i);
    return sum;
}

/* Is there a row, now or from before? */
static bool
has_row(const struct profile_rows_in *in, enum level level, enum role role,
    size_t index)
{
    return rows_in_find(in, level, role, (int64_t)index) != NULL ||
           rows_in_fill_find(in, level, role, (int64_t)index) != NULL;
}

bool
rows_in_complete(const struct profile_rows_in *in)
{
    size_t n_layers = json_array_size(layers_of(in));
    size_t n_exits = json_array_size(exits_of(in));

    if (rows_in_asked(in, LEVEL_L0) && !has_row(in, LEVEL_L0, ROLE_WHOLE, 0))
        return false;
    for (size_t i = 0; rows_in_asked(in, LEVEL_L2) && i < n_layers; i++)
        if (!has_row(in, LEVEL_L2, ROLE_LAYER, i))
            return false;
    for (size_t i = 0; rows_in_asked(in, LEVEL_L6) && i < n_exits; i++)
        if (!has_row(in, LEVEL_L6, ROLE_SEGMENT, i))
            return false;
    return true;
}

/* ---- storing ---- */

/* Rows that were measured; *ids (owned by the caller) by row. */
static enum status
store_measured(struct db *db, const struct profile_rows_in *in, int64_t profile,
    int64_t *ids, struct err *err)
{
    enum status st = ST_OK;

    for (size_t i = 0; st == ST_OK && i < in->n; i++) {
        struct measure m = in->row[i].m;

        if (is_copy(&m))
            continue;
        m.profile = profile;
        st = db_measure_add(
            db, &m, in->row[i].epochs_ns, in->row[i].n_epochs, &ids[i], err);
    }
    return st;
}

static enum status
store_copies(struct db *db, const struct profile_rows_in *in, int64_t profile,
    const int64_t *ids, struct err *err)
{
    enum status st = ST_OK;
    int64_t id;

    for (size_t i = 0; st == ST_OK && i < in->n; i++) {
        const struct measure *m = &in->row[i].m;

        if (is_copy(m))
            st = db_cache_copy(db, ids[source_of(in, m)],
                &(struct cache_place){ profile, m->index, m->role, m->name },
                &id, err);
    }
    for (size_t i = 0; st == ST_OK && i < in->n_fills; i++) {
        const struct cache_fill *f = &in->fill[i];

        st = db_cache_copy(db, f->from,
            &(struct cache_place){ profile, f->index, f->role, f->name }, &id,
            err);
    }
    return st;
}

enum status
rows_in_store(struct db *db, const struct profile_rows_in *in, int64_t profile,
    struct err *err)
{
    int64_t *ids = calloc(in->n + 1, sizeof(*ids));
    enum status st =
        ids ? store_measured(db, in, profile, ids, err) : err_nomem(err);

    if (st == ST_OK)
        st = store_copies(db, in, profile, ids, err);
    free(ids);
    return st;
}
