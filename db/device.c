/* SPDX-License-Identifier: MIT */
#include "db/device.h"

#include "db/db_internal.h"

static const struct col cols[] = {
    COL(COL_TEXT, struct device, name),
    COL(COL_TEXT, struct device, agent),
    COL(COL_TEXT, struct device, session),
    COL(COL_TEXT, struct device, labels),
    COL(COL_TEXT, struct device, env),
    COL(COL_TEXT, struct device, env_fingerprint),
    WORD(struct device, mode, device_mode_words),
    WORD(struct device, health, device_health_words),
    COL(COL_INT, struct device, infra_failures),
    COL(COL_INT, struct device, last_seen_ms),
    COL(COL_BOOL, struct device, online),
    COL(COL_BOOL, struct device, busy),
};
static const struct shape shape = SHAPE(struct device, cols);
#define SELECT                                                                 \
    "SELECT d.name, s.agent, d.session, d.labels, d.env, d.env_fingerprint,"   \
    " d.mode, d.health, d.infra_failures, s.last_seen_ms,"                     \
    " s.state = 'live' AND s.expires_ms > ?1,"                                 \
    " EXISTS (SELECT 1 FROM lease l"                                           \
    "  WHERE l.device = d.name AND l.state = 'active')"                        \
    " FROM device d JOIN session s ON s.id = d.session"

void
device_clear(struct device *d)
{
    shape_clear(&shape, d);
}

static enum status
unknown(const char *name, struct err *err)
{
    return err_set(
        err, ST_NOT_FOUND, "device.not_found", "no device '%s'", name);
}

static const char sql_get[] = SELECT " WHERE d.name = ?2";

enum status
db_device_get(struct db *db, const char *name, int64_t now_ms,
    struct device *out, struct err *err)
{
    enum status st = db_row(
        db, sql_get, ARGS(A_INT(now_ms), A_TEXT(name)), &shape, out, err);

    return st == ST_NOT_FOUND ? unknown(name, err) : st;
}

struct call {
    device_fn *fn;
    void *ctx;
};

static enum status
call(const void *row, void *ctx)
{
    const struct call *c = ctx;

    return c->fn(row, c->ctx);
}

static const char sql_list[] = SELECT " ORDER BY d.name /*scan*/";

enum status
db_device_list(
    struct db *db, int64_t now_ms, device_fn *fn, void *ctx, struct err *err)
{
    return db_each(db, sql_list, ARGS(A_INT(now_ms)), &shape, call,
        &(struct call){ fn, ctx }, err);
}

static const char sql_list_task[] =
    SELECT " JOIN task_device c ON c.device = d.name AND c.task = ?2"
           " ORDER BY d.name";

enum status
db_device_list_task(struct db *db, int64_t task, int64_t now_ms, device_fn *fn,
    void *ctx, struct err *err)
{
    return db_each(db, sql_list_task, ARGS(A_INT(now_ms), A_INT(task)), &shape,
        call, &(struct call){ fn, ctx }, err);
}

static enum status
set(struct db *db, const char *sql, const char *name, const char *word,
    struct err *err)
{
    int64_t changed = 0;
    enum status st =
        db_run(db, sql, ARGS(A_TEXT(name), A_TEXT(word)), &changed, err);

    return st == ST_OK && changed == 0 ? unknown(name, err) : st;
}

static const char sql_mode[] = "UPDATE device SET mode = ?2 WHERE name = ?1";

enum status
db_device_set_mode(
    struct db *db, const char *name, enum device_mode mode, struct err *err)
{
    return set(db, sql_mode, name, device_mode_words[mode], err);
}

static const char sql_health[] =
    "UPDATE device SET health = ?2, infra_failures = 0 WHERE name = ?1";

enum status
db_device_set_health(
    struct db *db, const char *name, enum device_health health, struct err *err)
{
    return set(db, sql_health, name, device_health_words[health], err);
}
