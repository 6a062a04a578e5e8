/* SPDX-License-Identifier: MIT */
/* measure.c -- rows of numbers: adding, reading, listing.  Raw epochs and
 * copies of earlier rows are in epochs.c and cache.c. */
#include <stdlib.h>
#include <string.h>

#include "db/measure_internal.h"

static const struct col cols[] = {
    COL(COL_INT, struct measure, id),
    COL(COL_INT, struct measure, profile),
    WORD(struct measure, level, level_words),
    WORD(struct measure, role, role_words),
    COL(COL_INT, struct measure, index),
    COL(COL_TEXT, struct measure, name),
    COL(COL_TEXT, struct measure, kernel_key),
    WORD(struct measure, source, source_words),
    COL(COL_INT, struct measure, n_epochs),
    COL(COL_INT, struct measure, iters_per_epoch),
    COL(COL_REAL, struct measure, min_ns),
    COL(COL_REAL, struct measure, p10_ns),
    COL(COL_REAL, struct measure, p25_ns),
    COL(COL_REAL, struct measure, median_ns),
    COL(COL_REAL, struct measure, p75_ns),
    COL(COL_REAL, struct measure, p90_ns),
    COL(COL_REAL, struct measure, p99_ns),
    COL(COL_REAL, struct measure, max_ns),
    COL(COL_REAL, struct measure, mean_ns),
    COL(COL_REAL, struct measure, sd_ns),
    COL(COL_REAL, struct measure, mad_ns),
    COL(COL_REAL, struct measure, ci95_lo_ns),
    COL(COL_REAL, struct measure, ci95_hi_ns),
    COL(COL_REAL, struct measure, lag1),
    COL(COL_INT, struct measure, n_mild),
    COL(COL_INT, struct measure, n_severe),
    COL(COL_REAL, struct measure, first_ns),
    COL(COL_TEXT, struct measure, stop_reason),
    COL(COL_INT, struct measure, flags),
    COL(COL_CHAR, struct measure, grade),
    COL(COL_REAL, struct measure, energy_gross_nj),
    COL(COL_REAL, struct measure, energy_idle_nj),
    COL(COL_REAL, struct measure, energy_net_nj),
    COL(COL_REAL, struct measure, energy_err_nj),
    COL(COL_TEXT, struct measure, energy_method),
    COL(COL_TEXT, struct measure, energy_sensor),
    COL(COL_INT, struct measure, cached_from),
    COL(COL_TEXT, struct measure, epochs_sha256),
    COL(COL_TEXT, struct measure, device),
};
static const struct shape shape = SHAPE(struct measure, cols);

void
measure_clear(struct measure *m)
{
    for (size_t i = 0; i < m->n_counters; i++)
        free(m->counters[i].event);
    free(m->counters);
    shape_clear(&shape, m);
}

/* ---- adding ---- */

static const char sql_add[] =
    "INSERT INTO measure (profile, level, role, idx, name, kernel_key, source,"
    " n_epochs, iters_per_epoch, min_ns, p10_ns, p25_ns, median_ns, p75_ns,"
    " p90_ns, p99_ns, max_ns, mean_ns, sd_ns, mad_ns, ci95_lo_ns, ci95_hi_ns,"
    " lag1, n_mild, n_severe, first_ns, stop_reason, flags, grade,"
    " energy_gross_nj, energy_idle_nj, energy_net_nj, energy_err_nj,"
    " energy_method, energy_sensor, cached_from)"
    " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14,"
    " ?15, ?16, ?17, ?18, ?19, ?20, ?21, ?22, ?23, ?24, ?25, ?26, ?27, ?28,"
    " ?29, ?30, ?31, ?32, ?33, ?34, ?35, ?36)";

static const char sql_add_counter[] =
    "INSERT INTO counter (measure, event, value) VALUES (?1, ?2, ?3)";

struct adding {
    const struct measure *m;
    const double *epochs_ns;
    size_t n_epochs;
    int64_t *id;
};

static enum status
add_row(struct db *db, const struct measure *m, int64_t *id, struct err *err)
{
    const char grade[] = { m->grade, '\0' };

    return db_insert(db, sql_add,
        ARGS(A_INT(m->profile), A_TEXT(level_words[m->level]),
            A_TEXT(role_words[m->role]), A_INT(m->index), A_TEXT(m->name),
            A_TEXT(m->kernel_key), A_TEXT(source_words[m->source]),
            A_INT(m->n_epochs), A_INT(m->iters_per_epoch), A_REAL(m->min_ns),
            A_REAL(m->p10_ns), A_REAL(m->p25_ns), A_REAL(m->median_ns),
            A_REAL(m->p75_ns), A_REAL(m->p90_ns), A_REAL(m->p99_ns),
            A_REAL(m->max_ns), A_REAL(m->mean_ns), A_REAL(m->sd_ns),
            A_REAL(m->mad_ns), A_REAL(m->ci95_lo_ns), A_REAL(m->ci95_hi_ns),
            A_REAL(m->lag1), A_INT(m->n_mild), A_INT(m->n_severe),
            A_REAL(m->first_ns), A_TEXT(m->stop_reason), A_INT(m->flags),
            A_TEXT(grade), A_REAL(m->energy_gross_nj),
            A_REAL(m->energy_idle_nj), A_REAL(m->energy_net_nj),
            A_REAL(m->energy_err_nj), A_TEXT(m->energy_method),
            A_TEXT(m->energy_sensor), A_ZERO(m->cached_from)),
        id, err);
}

static enum status
add(struct db *db, void *ctx, struct err *err)
{
    const struct adding *a = ctx;
    const struct measure *m = a->m;
    enum status st = add_row(db, m, a->id, err);

    for (size_t i = 0; i < m->n_counters && st == ST_OK; i++)
        st = db_run(db, sql_add_counter,
            ARGS(A_INT(*a->id), A_TEXT(m->counters[i].event),
                A_REAL(m->counters[i].value)),
            NULL, err);
    if (st == ST_OK && a->n_epochs > 0)
        st = epochs_add(db, *a->id, a->epochs_ns, a->n_epochs, err);
    return st;
}

enum status
db_measure_add(struct db *db, const struct measure *m, const double *epochs_ns,
    size_t n_epochs, int64_t *id, struct err *err)
{
    struct adding a = { m, epochs_ns, n_epochs, id };

    return db_tx(db, add, &a, err);
}

/* ---- reading ---- */

#define SELECT                                                                 \
    "SELECT m.id, m.profile, m.level, m.role, m.idx, m.name, m.kernel_key,"    \
    " m.source, m.n_epochs, m.iters_per_epoch, m.min_ns, m.p10_ns, m.p25_ns,"  \
    " m.median_ns, m.p75_ns, m.p90_ns, m.p99_ns, m.max_ns, m.mean_ns,"         \
    " m.sd_ns, m.mad_ns, m.ci95_lo_ns, m.ci95_hi_ns, m.lag1, m.n_mild,"        \
    " m.n_severe, m.first_ns, m.stop_reason, m.flags, m.grade,"                \
    " m.energy_gross_nj, m.energy_idle_nj, m.energy_net_nj,"                   \
    " m.energy_err_nj, m.energy_method, m.energy_sensor, m.cached_from,"       \
    " e.sha256, p.device"                                                      \
    " FROM measure m JOIN profile p ON p.id = m.profile"                       \
    " LEFT JOIN epochs e ON e.measure = coalesce(m.cached_from, m.id)"

static const struct col counter_cols[] = {
    COL(COL_TEXT, struct counter, event),
    COL(COL_REAL, struct counter, value),
};
static const struct shape counter_shape = SHAPE(struct counter, counter_cols);

static const char sql_counters[] =
    "SELECT event, value FROM counter WHERE measure = ?1 ORDER BY event";

static enum status
keep_counter(const void *row, void *ctx)
{
    const struct counter *c = row;
    struct measure *m = ctx;
    struct counter *all =
        realloc(m->counters, (m->n_counters + 1) * sizeof(*all));

    if (all == NULL)
        return ST_NOMEM;
    m->counters = all;
    if ((all[m->n_counters].event = strdup(c->event)) == NULL)
        return ST_NOMEM;
    all[m->n_counters++].value = c->value;
    return ST_OK;
}

/* `m` was read without its counters; the caller clears it either way. */
static enum status
load_counters(struct db *db, struct measure *m, struct err *err)
{
    enum status st = db_each(db, sql_counters, ARGS(A_INT(m->id)),
        &counter_shape, keep_counter, m, err);

    return st == ST_NOMEM ? err_nomem(err) : st;
}

static const char sql_get[] = SELECT " WHERE m.id = ?1";

enum status
db_measure_get(struct db *db, int64_t id, struct measure *out, struct err *err)
{
    struct measure m;
    enum status st = db_row(db, sql_get, ARGS(A_INT(id)), &shape, &m, err);

    if (st == ST_NOT_FOUND)
        return err_set(
            err, st, "measure.not_found", "no measurement %lld", (long long)id);
    if (st != ST_OK)
        return st;
    if ((st = load_counters(db, &m, err)) == ST_OK)
        *out = m;
    else
        measure_clear(&m);
    return st;
}

/* ---- listing ---- */

/* ?1 is used by two of the three ways in only, ?2 by the rest. */
#define MATCH(way_in)                                                          \
    " WHERE " way_in " AND (?2 IS NULL OR m.kernel_key = ?2)"                  \
    " AND (?1 <> 0 OR p.import IS NULL)"                                       \
    " AND (?3 IS NULL OR p.device = ?3) AND (?4 IS NULL OR p.model = ?4)"      \
    " AND (?5 IS NULL OR m.level = ?5) AND (?6 IS NULL OR m.role = ?6)"
#define LIST(way_in, order)                                                    \
    SELECT MATCH(way_in) " AND (m.grade > ?7) = ?10 AND m.id > ?8"             \
                         " AND (?11 = 0 OR m.id <= ?11)"                       \
                         " ORDER BY " order " LIMIT ?9"
#define OMITTED(way_in)                                                        \
    "SELECT count(*) FROM measure m JOIN profile p ON p.id = m.profile" MATCH( \
        way_in) " AND m.grade > ?7"

/* The index to start from: a profile's rows, a kernel's, or all. */
static const struct way_in {
    const char *list, *omitted;
} by_profile = { LIST("m.profile = ?1", "m.level, m.role, m.idx"),
    OMITTED("m.profile = ?1") },
  by_kernel = { LIST("?1 = 0 AND m.kernel_key = ?2", "m.id"),
      OMITTED("?1 = 0 AND m.kernel_key = ?2") },
  by_none = { LIST("?1 = 0", "m.id") " /*scan*/",
      OMITTED("?1 = 0") " /*scan*/" };

static const struct way_in *
way_in(const struct measure_filter *f)
{
    if (f->profile != 0)
        return &by_profile;
    return f->kernel_key != NULL ? &by_kernel : &by_none;
}

struct listing {
    struct db *db;
    measure_fn *fn;
    void *ctx;
    struct err *err;
};

static enum status
list_one(const void *row, void *ctx)
{
    const struct listing *l = ctx;
    struct measure m = *(const struct measure *)row; /* its text is borrowed */
    enum status st = load_counters(l->db, &m, l->err);

    if (st == ST_OK)
        st = l->fn(&m, l->ctx);
    for (size_t i = 0; i < m.n_counters; i++)
        free(m.counters[i].event);
    free(m.counters);
    return st;
}

enum status
db_measure_list(struct db *db, const struct measure_filter *f, measure_fn *fn,
    void *ctx, struct err *err)
{
    const char grade[] = { f->min_grade == 0 ? 'X' : f->min_grade, '\0' };
    struct listing l = { db, fn, ctx, err };

    return db_each(db, way_in(f)->list,
        ARGS(A_INT(f->profile), A_TEXT(f->kernel_key), A_TEXT(f->device),
            A_TEXT(f->model),
            A_TEXT(f->level < 0 ? NULL : level_words[f->level]),
            A_TEXT(f->role < 0 ? NULL : role_words[f->role]), A_TEXT(grade),
            A_INT(f->after), A_INT(f->limit > 0 ? f->limit : -1),
            A_INT(f->below), A_INT(f->until)),
        &shape, list_one, &l, err);
}

enum status
db_measure_omitted(
    struct db *db, const struct measure_filter *f, int64_t *n, struct err *err)
{
    const char grade[] = { f->min_grade == 0 ? 'X' : f->min_grade, '\0' };

    return db_int(db, way_in(f)->omitted,
        ARGS(A_INT(f->profile), A_TEXT(f->kernel_key), A_TEXT(f->device),
            A_TEXT(f->model),
            A_TEXT(f->level < 0 ? NULL : level_words[f->level]),
            A_TEXT(f->role < 0 ? NULL : role_words[f->role]), A_TEXT(grade)),
        n, err);
}
