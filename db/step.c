/* SPDX-License-Identifier: MIT */
/* step.c -- the system's clock was set: deadlines move with it. */
#include "db/db_internal.h"
#include "db/queue.h"

/* In one order: until_ms never comes after deadline_ms in between. */
static const char *const sql_move[] = {
    "UPDATE lease SET until_ms = until_ms + ?1, deadline_ms = deadline_ms + ?1"
    " WHERE state = 'active'",
    "UPDATE session SET expires_ms = expires_ms + ?1",
    "UPDATE task SET queue_until_ms = queue_until_ms + ?1,"
    " not_before_ms = CASE not_before_ms WHEN 0 THEN 0"
    "  ELSE not_before_ms + ?1 END"
    " WHERE state IN ('queued', 'leased')",
};

static enum status
move_all(struct db *db, void *ctx, struct err *err)
{
    const int64_t *by_ms = ctx;
    enum status st = ST_OK;

    for (size_t i = 0; st == ST_OK && i < sizeof(sql_move) / sizeof(*sql_move);
         i++)
        st = db_run(db, sql_move[i], ARGS(A_INT(*by_ms)), NULL, err);
    return st;
}

enum status
db_queue_step(struct db *db, int64_t by_ms, struct err *err)
{
    return db_tx(db, move_all, &by_ms, err);
}
