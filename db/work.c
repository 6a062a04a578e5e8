/* SPDX-License-Identifier: MIT */
#include "db/work.h"

#include <stdlib.h>
#include <string.h>

#include "db/queue_internal.h"

/* ---- news ---- */

void
queue_note(struct db *db, int64_t task)
{
    if (db->n_news < DB_WORK_MAX)
        db->news[db->n_news] = task;
    if (db->n_news <= DB_WORK_MAX) /* one more says that there were too many */
        db->n_news++;
}

bool
db_work_news(struct db *db, int64_t ids[DB_WORK_MAX], size_t *n)
{
    bool all = db->n_news <= DB_WORK_MAX;

    *n = all ? db->n_news : 0;
    memcpy(ids, db->news, *n * sizeof(ids[0]));
    db->n_news = 0;
    return all;
}

/* ---- what waits ---- */

struct list {
    int64_t *ids;
    size_t n;
};

struct id_row {
    int64_t id;
};

static const struct col id_cols[] = { COL(COL_INT, struct id_row, id) };
static const struct shape id_shape = SHAPE(struct id_row, id_cols);

static enum status
add_id(const void *row, void *ctx)
{
    struct list *l = ctx;

    l->ids[l->n++] = ((const struct id_row *)row)->id;
    return ST_OK;
}

/* A scan of an index that has what is queued, and no more. */
static const char sql_list[] =
    "SELECT id FROM task WHERE state = 'queued' AND not_before_ms <= ?2"
    " AND id > ?1 ORDER BY id LIMIT ?3 /*scan*/";

enum status
db_work_list(struct db *db, int64_t after, int64_t now_ms,
    int64_t ids[DB_WORK_MAX], size_t *n, struct err *err)
{
    struct list l = { .ids = ids };
    enum status st = db_each(db, sql_list,
        ARGS(A_INT(after), A_INT(now_ms), A_INT(DB_WORK_MAX)), &id_shape,
        add_id, &l, err);

    *n = l.n;
    return st;
}

/* ---- who may take it ---- */

static const struct col cols[] = {
    WORD(struct work, kind, task_kind_words),
    COL(COL_BOOL, struct work, for_worker),
};
static const struct shape shape = SHAPE(struct work, cols);

static const char sql_get[] =
    "SELECT kind, NOT EXISTS (SELECT 1 FROM task_device WHERE task = ?1)"
    " FROM task WHERE id = ?1 AND state = 'queued' AND not_before_ms <= ?2";

struct name_row {
    char *name;
};

static const struct col name_cols[] = { COL(COL_TEXT, struct name_row, name) };
static const struct shape name_shape = SHAPE(struct name_row, name_cols);

static const char sql_devices[] =
    "SELECT d.name FROM task_device c JOIN device d ON d.name = c.device"
    " WHERE c.task = ?1 AND d.mode = 'active' AND d.health <> 'bad'"
    " ORDER BY d.name";

struct naming {
    struct work *work;
    struct err *err;
};

static enum status
add_name(const void *row, void *ctx)
{
    const struct naming *n = ctx;
    struct work *w = n->work;
    char **grown =
        realloc(w->devices, (w->n_devices + 1) * sizeof(w->devices[0]));

    if (grown == NULL)
        return err_nomem(n->err);
    w->devices = grown;
    grown[w->n_devices] = strdup(((const struct name_row *)row)->name);
    if (grown[w->n_devices] == NULL)
        return err_nomem(n->err);
    w->n_devices++;
    return ST_OK;
}

enum status
db_work_get(struct db *db, int64_t task, int64_t now_ms, struct work *out,
    struct err *err)
{
    struct naming n = { out, err };
    enum status st;

    *out = (struct work){ 0 };
    st =
        db_row(db, sql_get, ARGS(A_INT(task), A_INT(now_ms)), &shape, out, err);
    if (st == ST_OK && !out->for_worker)
        st = db_each(
            db, sql_devices, ARGS(A_INT(task)), &name_shape, add_name, &n, err);
    if (st != ST_OK)
        work_clear(out);
    return st;
}

void
work_clear(struct work *w)
{
    for (size_t i = 0; i < w->n_devices; i++)
        free(w->devices[i]);
    free(w->devices);
    *w = (struct work){ 0 };
}
