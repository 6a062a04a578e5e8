/* SPDX-License-Identifier: MIT */
/* answer.c -- what agents send for a lease: results, failures, parts.  Each
 * is taken once; what comes too late is kept apart as evidence. */
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "db/queue_internal.h"

struct answering {
    const struct lease_answer *answer;
    char sha256[HASH_HEX];
    lease_accept *accept; /* of a result */
    void *ctx;
    const struct failure *why; /* of a failure */
    bool replay, late, retried;
};

static const char sql_late[] =
    "INSERT INTO late_result (lease, sha256, body, received_ms)"
    " VALUES (?1, ?2, ?3, ?4) ON CONFLICT (lease, sha256) DO NOTHING";

static enum status
keep_evidence(struct db *db, struct answering *a, struct err *err)
{
    a->late = true;
    return db_run(db, sql_late,
        ARGS(A_INT(a->answer->lease), A_TEXT(a->sha256),
            A_BLOB(a->answer->body, a->answer->len), A_INT(a->answer->now_ms)),
        NULL, err);
}

static enum status
check_epoch(
    const struct lease *l, const struct lease_answer *a, struct err *err)
{
    if (l->epoch == a->epoch)
        return ST_OK;
    return err_set(err, ST_CONFLICT, "lease.epoch",
        "lease %lld has epoch %lld, not %lld", (long long)l->id,
        (long long)l->epoch, (long long)a->epoch);
}

static bool
is_over(const struct lease *l, const struct lease_answer *a)
{
    return l->state != LEASE_ACTIVE || l->until_ms <= a->now_ms;
}

static enum status
end_attempt(
    struct db *db, struct answering *a, const struct lease *l, struct err *err)
{
    struct task task;
    enum status st;

    if (a->why != NULL)
        return queue_failed(db, l, LEASE_FAILED, a->why, a->sha256,
            a->answer->now_ms, &a->retried, err);
    if ((st = db_task_get(db, l->task, &task, err)) != ST_OK)
        return st;
    /* In this order: what was measured may speak against the device. */
    if ((st = queue_healthy(db, l, err)) == ST_OK)
        st = a->accept(db, l, &task, a->ctx, err);
    task_clear(&task);
    if (st == ST_OK)
        st = queue_done(db, l, a->sha256, a->answer->now_ms, err);
    return st;
}

static enum status
answer(struct db *db, void *ctx, struct err *err)
{
    struct answering *a = ctx;
    struct lease l;
    enum status st = db_lease_get(db, a->answer->lease, &l, err);

    if (st != ST_OK)
        return st;
    st = check_epoch(&l, a->answer, err);
    if (st == ST_OK && l.result_sha256 != NULL) {
        a->replay = strcmp(l.result_sha256, a->sha256) == 0;
        if (!a->replay)
            st = err_set(err, ST_CONFLICT, "lease.answered",
                "lease %lld was answered with another body", (long long)l.id);
    } else if (st == ST_OK && is_over(&l, a->answer)) {
        st = keep_evidence(db, a, err);
    } else if (st == ST_OK) {
        st = end_attempt(db, a, &l, err);
    }
    lease_clear(&l);
    return st;
}

/* The evidence is committed before the caller hears of the failure. */
static enum status
run(struct db *db, struct answering *a, bool *replay, struct err *err)
{
    enum status st;

    hash_bytes(a->answer->body, a->answer->len, a->sha256);
    if ((st = db_tx(db, answer, a, err)) != ST_OK)
        return st;
    if (a->late)
        return err_set(err, ST_GONE, NULL,
            "lease %lld has ended: the answer is kept as evidence only",
            (long long)a->answer->lease);
    *replay = a->replay;
    return ST_OK;
}

enum status
db_lease_finish(struct db *db, const struct lease_answer *a,
    lease_accept *accept, void *ctx, bool *replay, struct err *err)
{
    struct answering s = { .answer = a, .accept = accept, .ctx = ctx };

    return run(db, &s, replay, err);
}

enum status
db_lease_fail(struct db *db, const struct lease_answer *a,
    const struct failure *why, bool *replay, bool *retried, struct err *err)
{
    struct answering s = { .answer = a, .why = why };
    enum status st = run(db, &s, replay, err);

    if (st == ST_OK && retried != NULL)
        *retried = s.retried;
    return st;
}

/* ---- parts ---- */

struct putting {
    const struct lease_answer *answer;
    int64_t n;
    char sha256[HASH_HEX];
    bool is_new;
};

static const char sql_same_part[] =
    "SELECT sha256 = ?3 FROM part WHERE lease = ?1 AND n = ?2";

static const char sql_add_part[] =
    "INSERT INTO part (lease, n, sha256, body, created_ms)"
    " VALUES (?1, ?2, ?3, ?4, ?5)";

static enum status
put_new_part(
    struct db *db, struct putting *p, const struct lease *l, struct err *err)
{
    const struct lease_answer *a = p->answer;

    if (is_over(l, a))
        return err_set(
            err, ST_GONE, NULL, "lease %lld has ended", (long long)l->id);
    p->is_new = true;
    return db_run(db, sql_add_part,
        ARGS(A_INT(a->lease), A_INT(p->n), A_TEXT(p->sha256),
            A_BLOB(a->body, a->len), A_INT(a->now_ms)),
        NULL, err);
}

static enum status
put_part(struct db *db, void *ctx, struct err *err)
{
    struct putting *p = ctx;
    struct lease l;
    int64_t same = 0;
    enum status st = db_lease_get(db, p->answer->lease, &l, err);

    if (st != ST_OK)
        return st;
    if ((st = check_epoch(&l, p->answer, err)) == ST_OK)
        st = db_int(db, sql_same_part,
            ARGS(A_INT(l.id), A_INT(p->n), A_TEXT(p->sha256)), &same, err);
    if (st == ST_NOT_FOUND)
        st = put_new_part(db, p, &l, err);
    else if (st == ST_OK && !same)
        st = err_set(err, ST_CONFLICT, "lease.answered",
            "part %lld was sent with another body", (long long)p->n);
    lease_clear(&l);
    return st;
}

enum status
db_part_put(struct db *db, const struct lease_answer *a, int64_t n,
    bool *is_new, struct err *err)
{
    struct putting p = { .answer = a, .n = n };
    enum status st;

    hash_bytes(a->body, a->len, p.sha256);
    if ((st = db_tx(db, put_part, &p, err)) == ST_OK)
        *is_new = p.is_new;
    return st;
}

static const char sql_parts[] =
    "SELECT n, body FROM part WHERE lease = ?1 ORDER BY n";

/* The callback gets a copy, because SQLite's bytes have no NUL. */
static enum status
one_part(sqlite3_stmt *q, part_fn *fn, void *ctx, struct err *err)
{
    const void *body = sqlite3_column_blob(q, 1);
    size_t len = (size_t)sqlite3_column_bytes(q, 1);
    char *copy = malloc(len + 1);
    enum status st;

    if (copy == NULL || (body == NULL && len > 0)) {
        free(copy);
        return err_nomem(err);
    }
    if (len > 0)
        memcpy(copy, body, len);
    copy[len] = '\0';
    st = fn(sqlite3_column_int64(q, 0), copy, len, ctx);
    free(copy);
    return st;
}

enum status
db_part_list(
    struct db *db, int64_t lease, part_fn *fn, void *ctx, struct err *err)
{
    sqlite3_stmt *q;
    enum status st = db_begin(db, sql_parts, ARGS(A_INT(lease)), &q, err);
    int rc = SQLITE_DONE;

    if (st != ST_OK)
        return st;
    while (st == ST_OK && (rc = sqlite3_step(q)) == SQLITE_ROW)
        st = one_part(q, fn, ctx, err);
    if (st == ST_OK && rc != SQLITE_DONE)
        st = db_fail(db, sql_parts, err);
    db_done(q);
    return st;
}

static const struct col part_cols[] = {
    COL(COL_INT, struct part, id),
    COL(COL_INT, struct part, task),
    COL(COL_INT, struct part, lease),
    COL(COL_INT, struct part, attempt),
    COL(COL_TEXT, struct part, device),
    WORD(struct part, lease_state, lease_state_words),
    COL(COL_INT, struct part, n),
    COL(COL_TEXT, struct part, body),
    COL(COL_INT, struct part, created_ms),
};
static const struct shape part_shape = SHAPE(struct part, part_cols);

void
part_clear(struct part *p)
{
    shape_clear(&part_shape, p);
}

struct part_call {
    job_part_fn *fn;
    void *ctx;
};

static enum status
call_part(const void *row, void *ctx)
{
    const struct part_call *c = ctx;

    return c->fn(row, c->ctx);
}

static const char sql_job_parts[] =
    "SELECT p.rowid, l.task, l.id, l.attempt, l.device, l.state, p.n, p.body,"
    " p.created_ms FROM task t JOIN lease l ON l.task = t.id"
    " JOIN part p ON p.lease = l.id"
    " WHERE t.job = ?1 AND (?2 = 0 OR p.rowid < ?2)"
    " ORDER BY p.rowid DESC LIMIT ?3";

enum status
db_part_list_job(struct db *db, int64_t job, const struct page *page,
    job_part_fn *fn, void *ctx, struct err *err)
{
    return db_each(db, sql_job_parts,
        ARGS(A_INT(job), A_INT(page->cursor), A_INT(page->limit)), &part_shape,
        call_part, &(struct part_call){ fn, ctx }, err);
}

static const struct col offer_cols[] = {
    COL(COL_TEXT, struct offer, device),
    COL(COL_TEXT, struct offer, body),
};
static const struct shape offer_shape = SHAPE(struct offer, offer_cols);

void
offer_clear(struct offer *o)
{
    shape_clear(&offer_shape, o);
}

static const char sql_offer[] =
    "SELECT l.device, p.body FROM task t JOIN lease l ON l.task = t.id"
    " JOIN part p ON p.lease = l.id WHERE t.flow = ?1 AND l.state = 'active'"
    " AND p.n = 0 ORDER BY p.rowid DESC LIMIT 1";

enum status
db_part_offer(struct db *db, int64_t flow, struct offer *out, struct err *err)
{
    return db_row(db, sql_offer, ARGS(A_INT(flow)), &offer_shape, out, err);
}

static const char sql_failed_next[] =
    "SELECT t.id FROM task t WHERE t.state = 'failed' AND t.kind = 'profile'"
    " AND t.finished_ms >= ?1 AND t.id > ?2 AND EXISTS (SELECT 1 FROM lease l"
    "  JOIN part p ON p.lease = l.id WHERE l.task = t.id)"
    " AND NOT EXISTS (SELECT 1 FROM profile f WHERE f.task = t.id)"
    " ORDER BY t.id LIMIT 1 /*scan*/";

enum status
db_task_failed_next(
    struct db *db, int64_t since_ms, int64_t *id, struct err *err)
{
    return db_int(
        db, sql_failed_next, ARGS(A_INT(since_ms), A_INT(*id)), id, err);
}
