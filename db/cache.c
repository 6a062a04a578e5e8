/* SPDX-License-Identifier: MIT */
/* cache.c -- measurements made earlier of an equal kernel, or of an equal file,
 * on the same device in the same environment (measure.h). */
#include "base/flag.h"
#include "db/db_internal.h"
#include "db/measure.h"

/* Rows with one of these are no measurement to build on. */
#define UNUSABLE                                                               \
    (FLAG(stale) | FLAG(late_lease) | FLAG(cached) | FLAG(wrong_output) |      \
        FLAG(counter_pass_mismatch) | FLAG(multiplexed) |                      \
        FLAG(out_of_control))

/* With one of these a row of grade C is not that of a noisy machine. */
#define CUT_SHORT                                                              \
    (FLAG(few_samples) | FLAG(partial) | FLAG(thermal_unstable) |              \
        FLAG(throttled) | FLAG(undervoltage) | FLAG(closure_fail) |            \
        FLAG(replayed))

/* ?4 flags that exclude, ?5 those that exclude a noisy row, ?6 its oldest.
 * Counts have no interval, so C is the best that they can have: flags alone
 * speak against them. */
#define GOOD(m)                                                                \
    " (" m ".grade IN ('A', 'B') OR (" m ".grade = 'C' AND (" m                \
    ".level = 'L4' OR (p.created_ms > ?6 AND (" m ".flags & ?5) = 0))))"       \
    " AND " m ".source <> 'modelled' AND " m ".cached_from IS NULL AND (" m    \
    ".flags & ?4) = 0"

/* ?1 device, ?2 environment, ?3 oldest. */
#define ROWS_HERE                                                              \
    " FROM profile p JOIN measure m ON m.profile = p.id"                       \
    " WHERE p.device_here = ?1 AND p.env_fingerprint = ?2 AND p.created_ms > " \
    "?3 AND " DB_KEYED("m")

/* Not L1: in situ is of its place, not of its kernel. */
#define USABLE ROWS_HERE " AND m.level <> 'L1' AND" GOOD("m")

static int64_t
oldest_ms(const struct cache_query *q)
{
    return q->now_ms - (q->max_age_ms > 0 ? q->max_age_ms : DB_CACHE_AGE_MS);
}

#define USABLE_ARGS(q)                                                         \
    A_TEXT((q)->device), A_TEXT((q)->env_fingerprint), A_INT(oldest_ms(q)),    \
        A_INT(UNUSABLE), A_INT(CUT_SHORT),                                     \
        A_INT((q)->now_ms - DB_CACHE_NOISY_MS)

struct kernel {
    enum level level;
    char *key;
    double median_ns;
    int64_t id;
};

static const struct col cols[] = {
    WORD(struct kernel, level, level_words),
    COL(COL_TEXT, struct kernel, key),
    COL(COL_REAL, struct kernel, median_ns),
    COL(COL_INT, struct kernel, id),
};
static const struct shape shape = SHAPE(struct kernel, cols);

struct call {
    cache_fn *fn;
    void *ctx;
};

static enum status
call(const void *row, void *ctx)
{
    const struct kernel *k = row;
    const struct call *c = ctx;

    return c->fn(k->level, k->key, k->median_ns, c->ctx);
}

/* The newest one that is not noisy, else the newest.  SQLite takes the other
 * columns from the row that has the maximum. */
static const char sql_list[] = "SELECT m.level, m.kernel_key, m.median_ns,"
                               " max((m.grade < 'C') << 62 | m.id)" USABLE
                               " GROUP BY m.level, m.kernel_key";

enum status
db_cache_list(struct db *db, const struct cache_query *q, cache_fn *fn,
    void *ctx, struct err *err)
{
    return db_each(db, sql_list, ARGS(USABLE_ARGS(q)), &shape, call,
        &(struct call){ fn, ctx }, err);
}

static const char sql_newest[] =
    "SELECT m.id" USABLE " AND m.kernel_key = ?7 AND m.level = ?8"
    " ORDER BY m.grade < 'C' DESC, m.id DESC LIMIT 1";

enum status
db_cache_get(struct db *db, const struct cache_query *q, enum level level,
    const char *kernel_key, struct measure *out, struct err *err)
{
    int64_t id = 0;
    enum status st = db_int(db, sql_newest,
        ARGS(USABLE_ARGS(q), A_TEXT(kernel_key), A_TEXT(level_words[level])),
        &id, err);

    if (st == ST_NOT_FOUND)
        return err_set(err, st, "cache.miss",
            "kernel %.16s was not measured on %s at %s", kernel_key, q->device,
            level_words[level]);
    return st == ST_OK ? db_measure_get(db, id, out, err) : st;
}

/* Found by L1's row of the whole, with L0's beside it, and nothing of either
 * stale. */
static const char sql_insitu[] =
    "SELECT p.id" ROWS_HERE " AND m.kernel_key = ?7 AND m.level = 'L1'"
    " AND m.role = 'whole' AND" GOOD(
        "m") " AND p.closure_rel IS NOT NULL"
             " AND EXISTS (SELECT 1 FROM measure plain WHERE plain.profile = "
             "p.id"
             "  AND plain.level = 'L0' AND plain.role = 'whole' AND" GOOD(
                 "plain") ")"
                          " AND NOT EXISTS (SELECT 1 FROM measure l WHERE "
                          "l.profile = p.id"
                          "  AND l.level = 'L1' AND (l.flags & ?4) <> 0)"
                          " ORDER BY m.grade < 'C' DESC, p.id DESC LIMIT 1";

enum status
db_cache_insitu(struct db *db, const struct cache_query *q,
    const char *kernel_key, int64_t *profile, struct err *err)
{
    enum status st = db_int(
        db, sql_insitu, ARGS(USABLE_ARGS(q), A_TEXT(kernel_key)), profile, err);

    return st == ST_NOT_FOUND
               ? err_set(err, st, "cache.miss",
                     "network %.16s was not measured in situ on %s", kernel_key,
                     q->device)
               : st;
}

/* ?1 device, ?2 environment, ?3 the flag. */
#define EXPIRE                                                                 \
    "UPDATE measure SET flags = flags | ?3, grade = max(grade, 'C')"           \
    " WHERE (flags & ?3) = 0 AND " DB_KEYED(                                   \
        "measure") " AND profile IN"                                           \
                   " (SELECT id FROM profile WHERE device_here = ?1 AND "      \
                   "env_fingerprint = "                                        \
                   "?2)"

static const char sql_expire[] = EXPIRE " AND kernel_key = ?4 AND level = ?5";

enum status
db_cache_expire(struct db *db, const struct cache_query *q, enum level level,
    const char *kernel_key, int64_t *n, struct err *err)
{
    return db_run(db, sql_expire,
        ARGS(A_TEXT(q->device), A_TEXT(q->env_fingerprint), A_INT(FLAG(stale)),
            A_TEXT(kernel_key), A_TEXT(level_words[level])),
        n, err);
}

#define EXPIRE_BEFORE                                                          \
    EXPIRE " AND coalesce((SELECT source.profile FROM measure source"          \
           " WHERE source.id = measure.cached_from), profile) < ?4"

static const char sql_expire_before[] = EXPIRE_BEFORE;
static const char sql_expire_noisy[] =
    EXPIRE_BEFORE " AND grade = 'C' AND median_ns IS NOT NULL";

static enum status
expire_before(struct db *db, const char *sql, const struct cache_query *q,
    int64_t profile, int64_t *n, struct err *err)
{
    return db_run(db, sql,
        ARGS(A_TEXT(q->device), A_TEXT(q->env_fingerprint), A_INT(FLAG(stale)),
            A_INT(profile)),
        n, err);
}

enum status
db_cache_expire_before(struct db *db, const struct cache_query *q,
    int64_t profile, int64_t *n, struct err *err)
{
    return expire_before(db, sql_expire_before, q, profile, n, err);
}

enum status
db_cache_expire_noisy(struct db *db, const struct cache_query *q,
    int64_t profile, int64_t *n, struct err *err)
{
    return expire_before(db, sql_expire_noisy, q, profile, n, err);
}

static const char sql_expired[] =
    "SELECT count(*) FROM measure WHERE profile = ?1 AND (flags & ?2) <> 0";

enum status
db_cache_expired(struct db *db, int64_t profile, int64_t *n, struct err *err)
{
    return db_int(
        db, sql_expired, ARGS(A_INT(profile), A_INT(FLAG(stale))), n, err);
}

/* ---- copying ---- */

/* All that the numbers are, as one list for both sides of the copy. */
#define NUMBERS                                                                \
    "level, kernel_key, source, n_epochs, iters_per_epoch, min_ns,"            \
    " p10_ns, p25_ns, median_ns, p75_ns, p90_ns, p99_ns, max_ns, mean_ns,"     \
    " sd_ns, mad_ns, ci95_lo_ns, ci95_hi_ns, lag1, n_mild, n_severe,"          \
    " first_ns, stop_reason, grade, energy_gross_nj, energy_idle_nj,"          \
    " energy_net_nj, energy_err_nj, energy_method, energy_sensor"

static const char sql_copy[] =
    "INSERT INTO measure (profile, idx, name, flags, role, "
    "cached_from, " NUMBERS
    ") SELECT ?2, ?3, ?4, flags | ?5, ?6, coalesce(cached_from, id), " NUMBERS
    " FROM measure WHERE id = ?1";

static const char sql_copy_counters[] =
    "INSERT INTO counter (measure, event, value)"
    " SELECT ?2, event, value FROM counter WHERE measure = ?1";

struct copying {
    int64_t from;
    const struct cache_place *to;
    int64_t id;
};

static enum status
copy(struct db *db, void *ctx, struct err *err)
{
    struct copying *c = ctx;
    int64_t changed = 0;
    enum status st = db_run(db, sql_copy,
        ARGS(A_INT(c->from), A_INT(c->to->profile), A_INT(c->to->index),
            A_TEXT(c->to->name), A_INT(FLAG(cached)),
            A_TEXT(role_words[c->to->role])),
        &changed, err);

    if (st != ST_OK)
        return st;
    if (changed == 0)
        return err_set(err, ST_NOT_FOUND, "measure.not_found",
            "no measurement %lld", (long long)c->from);
    c->id = sqlite3_last_insert_rowid(db->sql);
    return db_run(
        db, sql_copy_counters, ARGS(A_INT(c->from), A_INT(c->id)), NULL, err);
}

enum status
db_cache_copy(struct db *db, int64_t from, const struct cache_place *to,
    int64_t *id, struct err *err)
{
    struct copying c = { from, to, 0 };
    enum status st = db_tx(db, copy, &c, err);

    if (st == ST_OK)
        *id = c.id;
    return st;
}
