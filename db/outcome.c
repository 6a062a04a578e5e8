/* SPDX-License-Identifier: MIT */
/* outcome.c -- how an attempt can end, and what that means for the task, the
 * device and the lease; the clock's part of it (the sweep) too. */
#include "db/agent.h"
#include "db/queue_internal.h"

/* What happens after a failure, by class. */
static const struct rule {
    int64_t tries;    /* attempts in all that may fail so */
    bool elsewhere;   /* prefer another device */
    bool at_fault;    /* counts against the device */
    int64_t pause_ms; /* before the next try */
    int64_t scale;    /* of time budgets, for the next try */
} rules[FAIL_CLASS_COUNT] = {
    [FAIL_NONE] = { 1, false, false, 0, 1 },
    [FAIL_INFRA] = { 3, true, true, 0, 1 },
    [FAIL_DEVICE] = { 2, true, false, DB_DEVICE_COOL_MS, 1 },
    [FAIL_MODEL] = { 1, false, false, 0, 1 },
    [FAIL_MEASURE] = { 2, false, false, 0, 2 },
    [FAIL_USER] = { 1, false, false, 0, 1 },
};

/* Work that is tried once: who hands tensors over has lost the one he handed
 * them to.  Such a failure says little about his own device.  A board alone
 * hands nothing over, and has no other task beside it. */
static const char sql_once[] =
    "SELECT t.kind = 'relay' AND EXISTS (SELECT 1 FROM task o"
    "  WHERE o.flow = t.flow AND o.kind = 'relay' AND o.id <> t.id)"
    " FROM task t WHERE t.id = ?1";

static const char sql_end_lease[] =
    "UPDATE lease SET state = ?2, ended_ms = ?3, error_class = ?4,"
    " result_sha256 = ?5 WHERE id = ?1";

static enum status
end_lease(struct db *db, int64_t id, enum lease_state as, enum fail_class class,
    const char *sha256, int64_t now_ms, struct err *err)
{
    return db_run(db, sql_end_lease,
        ARGS(A_INT(id), A_TEXT(lease_state_words[as]), A_INT(now_ms),
            A_TEXT(fail_class_words[class]), A_TEXT(sha256)),
        NULL, err);
}

static const char sql_done[] =
    "UPDATE task SET state = 'done', finished_ms = ?2, error_class = 'none',"
    " error_code = NULL, error_detail = NULL, error_nodes = NULL"
    " WHERE id = ?1";

static const char sql_healthy[] =
    "UPDATE device SET infra_failures = 0,"
    " health = iif(health = 'suspect', 'good', health) WHERE name = ?1";

enum status
queue_healthy(struct db *db, const struct lease *lease, struct err *err)
{
    return db_run(db, sql_healthy, ARGS(A_TEXT(lease->device)), NULL, err);
}

enum status
queue_done(struct db *db, const struct lease *lease, const char *sha256,
    int64_t now_ms, struct err *err)
{
    enum status st =
        end_lease(db, lease->id, LEASE_DONE, FAIL_NONE, sha256, now_ms, err);

    if (st == ST_OK)
        st = db_run(
            db, sql_done, ARGS(A_INT(lease->task), A_INT(now_ms)), NULL, err);
    return st == ST_OK ? queue_changed(db, lease->task, now_ms, err) : st;
}

/* The second failure in a row makes a good device suspect (infra_failures is
 * the old count).  A suspect one's next task is its trial: a failure makes it
 * bad, unless that task failed here before, since then the task may be what
 * kills its agents. */
static const char sql_at_fault[] =
    "UPDATE device SET infra_failures = infra_failures + 1, health = CASE"
    " WHEN health = 'good' AND infra_failures >= 1 THEN 'suspect'"
    " WHEN health = 'suspect' AND NOT EXISTS (SELECT 1 FROM lease"
    "  WHERE task = ?2 AND device = ?1 AND id <> ?3 AND error_class = 'infra')"
    "  THEN 'bad'"
    " ELSE health END WHERE name = ?1";

static const char sql_not_at_fault[] =
    "UPDATE device SET infra_failures = 0 WHERE name = ?1";

static const char sql_avoid[] =
    "UPDATE task_device SET avoid = 1 WHERE task = ?1 AND device = ?2";

static enum status
note_device(struct db *db, const struct lease *lease, const struct rule *rule,
    struct err *err)
{
    enum status st;

    if (lease->device == NULL)
        return ST_OK;
    if (rule->at_fault)
        st = db_run(db, sql_at_fault,
            ARGS(A_TEXT(lease->device), A_INT(lease->task), A_INT(lease->id)),
            NULL, err);
    else
        st = db_run(
            db, sql_not_at_fault, ARGS(A_TEXT(lease->device)), NULL, err);
    if (st == ST_OK && rule->elsewhere)
        st = db_run(db, sql_avoid,
            ARGS(A_INT(lease->task), A_TEXT(lease->device)), NULL, err);
    return st;
}

static const char sql_failures[] =
    "SELECT count(*) FROM lease WHERE task = ?1 AND error_class = ?2";

static const char sql_note_error[] =
    "UPDATE task SET error_class = ?2, error_code = ?3, error_detail = ?4,"
    " error_nodes = ?5 WHERE id = ?1";

static const char sql_failed[] =
    "UPDATE task SET state = 'failed', finished_ms = ?2 WHERE id = ?1";

/* The time it was leased is not time it waited. */
static const char sql_again[] =
    "UPDATE task SET state = 'queued', not_before_ms = ?2,"
    " queue_until_ms = queue_until_ms + ?3, budget_scale = budget_scale * ?4,"
    " attempt = attempt - ?5 WHERE id = ?1";

static enum status
note_error(
    struct db *db, int64_t task, const struct failure *why, struct err *err)
{
    return db_run(db, sql_note_error,
        ARGS(A_INT(task), A_TEXT(fail_class_words[why->class]),
            A_TEXT(why->code), A_TEXT(why->detail), A_TEXT(why->nodes)),
        NULL, err);
}

/* Back into the queue, with `scale` times the budget; `uncounted` attempts are
 * taken off. */
static enum status
queue_again(struct db *db, const struct lease *lease, int64_t not_before_ms,
    int64_t now_ms, int64_t scale, int64_t uncounted, struct err *err)
{
    queue_note(db, lease->task);
    return db_run(db, sql_again,
        ARGS(A_INT(lease->task), A_INT(not_before_ms),
            A_INT(now_ms - lease->created_ms), A_INT(scale), A_INT(uncounted)),
        NULL, err);
}

enum status
queue_failed(struct db *db, const struct lease *lease, enum lease_state as,
    const struct failure *why, const char *sha256, int64_t now_ms,
    bool *retried, struct err *err)
{
    const struct rule *rule = &rules[why->class];
    int64_t failures = 0, once = 0;
    bool again;
    enum status st;

    if ((st = end_lease(db, lease->id, as, why->class, sha256, now_ms, err)) !=
            ST_OK ||
        (st = note_error(db, lease->task, why, err)) != ST_OK ||
        (st = db_int(db, sql_once, ARGS(A_INT(lease->task)), &once, err)) !=
            ST_OK ||
        (!(once && as == LEASE_FAILED) &&
            (st = note_device(db, lease, rule, err)) != ST_OK) ||
        (st = db_int(db, sql_failures,
             ARGS(A_INT(lease->task), A_TEXT(fail_class_words[why->class])),
             &failures, err)) != ST_OK)
        return st;
    again = !once && failures < rule->tries;
    if (again)
        st = queue_again(db, lease,
            rule->pause_ms > 0 ? now_ms + rule->pause_ms : 0, now_ms,
            rule->scale, 0, err);
    else
        st = db_run(
            db, sql_failed, ARGS(A_INT(lease->task), A_INT(now_ms)), NULL, err);
    if (st == ST_OK && retried != NULL)
        *retried = again;
    return st == ST_OK ? queue_changed(db, lease->task, now_ms, err) : st;
}

enum status
queue_returned(
    struct db *db, const struct lease *lease, int64_t now_ms, struct err *err)
{
    enum status st =
        end_lease(db, lease->id, LEASE_RELEASED, FAIL_NONE, NULL, now_ms, err);

    if (st == ST_OK)
        st = queue_again(db, lease, 0, now_ms, 1, 1, err);
    return st == ST_OK ? queue_changed(db, lease->task, now_ms, err) : st;
}

/* ---- sessions ---- */

static const char sql_end_session[] =
    "UPDATE session SET state = ?2 WHERE id = ?1";

static const char sql_session_lease[] =
    "SELECT id FROM lease WHERE session = ?1 AND state = 'active' LIMIT 1";

static enum status
end_with_session(struct db *db, int64_t id, enum session_state as,
    int64_t now_ms, struct err *err)
{
    static const struct failure restarted = { .class = FAIL_INFRA,
        .code = "infra.agent_restarted",
        .detail = "the agent came back as a new session" };
    struct lease lease;
    enum status st = db_lease_get(db, id, &lease, err);

    if (st != ST_OK)
        return st;
    if (as == SESSION_CLOSED)
        st = queue_returned(db, &lease, now_ms, err);
    else
        st = queue_failed(
            db, &lease, LEASE_VOID, &restarted, NULL, now_ms, NULL, err);
    lease_clear(&lease);
    return st;
}

enum status
queue_end_session(struct db *db, const char *session, enum session_state as,
    int64_t now_ms, struct err *err)
{
    int64_t id;
    enum status st = db_run(db, sql_end_session,
        ARGS(A_TEXT(session), A_TEXT(session_state_words[as])), NULL, err);

    if (st != ST_OK)
        return st;
    while ((st = db_int(db, sql_session_lease, ARGS(A_TEXT(session)), &id,
                err)) == ST_OK)
        if ((st = end_with_session(db, id, as, now_ms, err)) != ST_OK)
            return st;
    return st == ST_NOT_FOUND ? ST_OK : st;
}

/* ---- the clock ---- */

struct sweeping {
    int64_t now_ms, n;
};

static const char sql_overdue_lease[] =
    "SELECT id FROM lease WHERE state = 'active' AND until_ms <= ?1"
    " ORDER BY until_ms LIMIT 1";

static const char sql_overdue_task[] =
    "SELECT id FROM task WHERE state = 'queued' AND queue_until_ms <= ?1"
    " ORDER BY queue_until_ms LIMIT 1";

static enum status
expire(struct db *db, int64_t id, int64_t now_ms, struct err *err)
{
    static const struct failure lost = { .class = FAIL_INFRA,
        .code = "infra.agent_lost",
        .detail = "nothing was heard of the agent until the lease was over" };
    static const struct failure late = { .class = FAIL_INFRA,
        .code = "infra.deadline",
        .detail = "the attempt was not finished at its deadline" };
    struct lease lease;
    enum status st = db_lease_get(db, id, &lease, err);

    if (st != ST_OK)
        return st;
    st = queue_failed(db, &lease, LEASE_EXPIRED,
        lease.until_ms >= lease.deadline_ms ? &late : &lost, NULL, now_ms, NULL,
        err);
    lease_clear(&lease);
    return st;
}

static enum status
give_up(struct db *db, int64_t task, int64_t now_ms, struct err *err)
{
    static const struct failure waited = { .class = FAIL_INFRA,
        .code = "infra.queue_timeout",
        .detail = "no agent took the task in time: see GET /v1/devices" };
    enum status st = note_error(db, task, &waited, err);

    if (st == ST_OK)
        st =
            db_run(db, sql_failed, ARGS(A_INT(task), A_INT(now_ms)), NULL, err);
    return st == ST_OK ? queue_changed(db, task, now_ms, err) : st;
}

typedef enum status end_fn(
    struct db *db, int64_t id, int64_t now_ms, struct err *err);

/* End whatever `sql` finds, until it finds nothing. */
static enum status
end_each(struct db *db, const char *sql, end_fn *end, struct sweeping *s,
    struct err *err)
{
    int64_t id;
    enum status st;

    while ((st = db_int(db, sql, ARGS(A_INT(s->now_ms)), &id, err)) == ST_OK) {
        if ((st = end(db, id, s->now_ms, err)) != ST_OK)
            return st;
        s->n++;
    }
    return st == ST_NOT_FOUND ? ST_OK : st;
}

static enum status
sweep(struct db *db, void *ctx, struct err *err)
{
    enum status st = end_each(db, sql_overdue_lease, expire, ctx, err);

    return st == ST_OK ? end_each(db, sql_overdue_task, give_up, ctx, err) : st;
}

enum status
db_queue_sweep(struct db *db, int64_t now_ms, int64_t *n, struct err *err)
{
    struct sweeping s = { .now_ms = now_ms };
    int64_t id;
    enum status st =
        db_int(db, sql_overdue_lease, ARGS(A_INT(now_ms)), &id, err);

    if (st == ST_NOT_FOUND)
        st = db_int(db, sql_overdue_task, ARGS(A_INT(now_ms)), &id, err);
    if (st == ST_OK) /* only then is the write lock worth asking for */
        st = db_tx(db, sweep, &s, err);
    if (st == ST_NOT_FOUND)
        st = ST_OK;
    if (st == ST_OK && n != NULL)
        *n = s.n;
    return st;
}
