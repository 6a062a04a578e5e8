/* SPDX-License-Identifier: MIT */
#include "db/golden.h"

#include "db/agent.h"
#include "db/db_internal.h"

static const struct col due_cols[] = {
    WORD(struct golden_due, reason, golden_reason_words),
    COL(COL_TEXT, struct golden_due, key),
};
static const struct shape due_shape = SHAPE(struct golden_due, due_cols);

void
golden_due_clear(struct golden_due *d)
{
    shape_clear(&due_shape, d);
}

/* Of the present environment: the newest run, and when a task last ended. */
#define LAST                                                                   \
    "(SELECT max(g.created_ms) FROM golden g WHERE g.device = d.name"          \
    "  AND g.env_fingerprint = d.env_fingerprint)"
#define TRIED                                                                  \
    "coalesce((SELECT max(t.finished_ms) FROM task t"                          \
    "  WHERE t.kind = 'golden' AND t.dedup_key = d.key), 0)"
#define FAILED                                                                 \
    "coalesce((SELECT max(l.ended_ms) FROM lease l"                            \
    "  WHERE l.error_class = 'infra' AND l.device = d.name), 0)"

/* ?1 device, ?2 session, ?3 its kind of task, ?4 now, ?5 pause, ?6 day. */
static const char sql_due[] =
    "SELECT reason, key FROM (SELECT CASE"
    " WHEN failed > max(tried, coalesce(last, 0)) THEN 'infra'"
    " WHEN tried > ?4 - ?5 THEN NULL"
    " WHEN last IS NULL THEN 'first'"
    " WHEN health = 'suspect' THEN 'suspect'"
    " WHEN last <= ?4 - ?6 THEN 'daily' END AS reason, key"
    " FROM (SELECT d.key, d.health, " LAST " AS last, " TRIED
    " AS tried, " FAILED " AS failed"
    " FROM (SELECT v.name, v.health, v.env_fingerprint,"
    "  'golden ' || v.name || ' ' || v.env_fingerprint AS key"
    "  FROM device v JOIN session s ON s.id = v.session WHERE v.name = ?1"
    "  AND v.session = ?2 AND v.mode = 'active' AND v.health <> 'bad'"
    "  AND (s.kinds & ?3) <> 0 AND NOT EXISTS (SELECT 1 FROM lease l"
    "   WHERE l.device = v.name AND l.state = 'active')) d"
    " WHERE NOT EXISTS (SELECT 1 FROM task t WHERE t.dedup_key = d.key"
    "  AND t.state IN ('queued', 'leased'))))"
    " WHERE reason IS NOT NULL";

enum status
db_golden_due(struct db *db, const char *device, const char *session,
    int64_t now_ms, struct golden_due *out, struct err *err)
{
    return db_row(db, sql_due,
        ARGS(A_TEXT(device), A_TEXT(session), A_INT(KIND_BIT(TASK_GOLDEN)),
            A_INT(now_ms), A_INT(DB_GOLDEN_AGAIN_MS),
            A_INT(DB_GOLDEN_EVERY_MS)),
        &due_shape, out, err);
}

static const char sql_add[] =
    "INSERT INTO golden (task, device, reason, created_ms, started_ms,"
    " finished_ms, flags, env, env_fingerprint, env_sha256)"
    " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)";

static const char sql_add_kernel[] =
    "INSERT INTO golden_kernel (golden, name, n_epochs, median_ns,"
    " ci95_lo_ns, ci95_hi_ns, flags, grade, instructions, p10_ns, p90_ns)"
    " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)";

struct adding {
    const struct golden_run *run;
    int64_t *id;
};

static enum status
add_kernel(
    struct db *db, int64_t id, const struct golden_kernel *k, struct err *err)
{
    const char grade[] = { k->grade, '\0' };

    return db_run(db, sql_add_kernel,
        ARGS(A_INT(id), A_TEXT(k->name), A_INT(k->n_epochs),
            A_REAL(k->median_ns), A_REAL(k->ci95_lo_ns), A_REAL(k->ci95_hi_ns),
            A_INT(k->flags), A_TEXT(grade), A_REAL(k->instructions),
            A_REAL(k->p10_ns), A_REAL(k->p90_ns)),
        NULL, err);
}

static enum status
add(struct db *db, void *ctx, struct err *err)
{
    const struct adding *a = ctx;
    const struct golden_run *r = a->run;
    enum status st = db_insert(db, sql_add,
        ARGS(A_INT(r->task), A_TEXT(r->device),
            A_TEXT(golden_reason_words[r->reason]), A_INT(r->created_ms),
            A_INT(r->started_ms), A_INT(r->finished_ms), A_INT(r->flags),
            A_TEXT(r->env), A_TEXT(r->env_fingerprint), A_TEXT(r->env_sha256)),
        a->id, err);

    for (size_t i = 0; st == ST_OK && i < r->n_kernels; i++)
        st = add_kernel(db, *a->id, &r->kernels[i], err);
    return st;
}

enum status
db_golden_add(
    struct db *db, const struct golden_run *run, int64_t *id, struct err *err)
{
    return db_tx(db, add, &(struct adding){ run, id }, err);
}

static const struct col state_cols[] = {
    COL(COL_INT, struct golden_state, task),
    WORD(struct golden_state, state, task_state_words),
    COL(COL_INT, struct golden_state, last_ms),
};
static const struct shape state_shape = SHAPE(struct golden_state, state_cols);

static const char sql_state[] =
    "SELECT t.id, coalesce(t.state, 'done'), " LAST
    " FROM (SELECT name, env_fingerprint,"
    "  'golden ' || name || ' ' || env_fingerprint AS key"
    "  FROM device WHERE name = ?1) d"
    " LEFT JOIN task t ON t.dedup_key = d.key"
    "  AND t.state IN ('queued', 'leased')";

enum status
db_golden_state(struct db *db, const char *device, struct golden_state *out,
    struct err *err)
{
    return db_row(db, sql_state, ARGS(A_TEXT(device)), &state_shape, out, err);
}
