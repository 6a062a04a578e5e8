/* SPDX-License-Identifier: MIT */
#include "db/profile.h"

#include "db/db_internal.h"

static const struct col cols[] = {
    COL(COL_INT, struct profile, id),
    COL(COL_INT, struct profile, job),
    COL(COL_INT, struct profile, task),
    COL(COL_TEXT, struct profile, model),
    COL(COL_TEXT, struct profile, device),
    COL(COL_INT, struct profile, created_ms),
    COL(COL_INT, struct profile, started_ms),
    COL(COL_INT, struct profile, finished_ms),
    COL(COL_INT, struct profile, seed),
    COL(COL_TEXT, struct profile, policy),
    COL(COL_CHAR, struct profile, grade),
    COL(COL_INT, struct profile, flags),
    COL(COL_TEXT, struct profile, env_fingerprint),
    COL(COL_TEXT, struct profile, env_sha256),
    COL(COL_REAL, struct profile, closure_rel),
    COL(COL_REAL, struct profile, closure_hot_rel),
    COL(COL_REAL, struct profile, overhead_rel),
    COL(COL_REAL, struct profile, aa_rel),
    COL(COL_REAL, struct profile, sum_layers_ns),
    COL(COL_REAL, struct profile, whole_ns),
    COL(COL_REAL, struct profile, dispatch_ns),
    COL(COL_TEXT, struct profile, check),
    COL(COL_TEXT, struct profile, exits),
    COL(COL_INT, struct profile, import),
    COL(COL_INT, struct profile, n_rows),
    COL(COL_TEXT, struct profile, env),
    COL(COL_TEXT, struct profile, support),
};
static const struct shape shape = SHAPE(struct profile, cols);
#define COLUMNS                                                                \
    "p.id, p.job, p.task, p.model, p.device, p.created_ms, p.started_ms,"      \
    " p.finished_ms, p.seed, p.policy, p.grade, p.flags, p.env_fingerprint,"   \
    " p.env_sha256, p.closure_rel, p.closure_hot_rel, p.overhead_rel,"         \
    " p.aa_rel, p.sum_layers_ns, p.whole_ns, p.dispatch_ns, p.output_check,"   \
    " p.exits, p.import, (SELECT count(*) FROM measure m WHERE m.profile = "   \
    "p.id)"

void
profile_clear(struct profile *p)
{
    shape_clear(&shape, p);
}

static const char sql_add[] =
    "INSERT INTO profile (job, task, model, device, created_ms, started_ms,"
    " finished_ms, seed, policy, grade, flags, env, env_fingerprint,"
    " env_sha256, closure_rel, closure_hot_rel, overhead_rel, aa_rel,"
    " sum_layers_ns, whole_ns, dispatch_ns, output_check, exits, import,"
    " support)"
    " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14,"
    " ?15, ?16, ?17, ?18, ?19, ?20, ?21, ?22, ?23, ?24,"
    " ?25)";

enum status
db_profile_add(
    struct db *db, const struct profile *p, int64_t *id, struct err *err)
{
    const char grade[] = { p->grade, '\0' };

    return db_insert(db, sql_add,
        ARGS(A_ZERO(p->job), A_ZERO(p->task), A_TEXT(p->model),
            A_TEXT(p->device), A_INT(p->created_ms), A_ZERO(p->started_ms),
            A_ZERO(p->finished_ms), A_INT(p->seed), A_TEXT(p->policy),
            A_TEXT(grade), A_INT(p->flags), A_TEXT(p->env),
            A_TEXT(p->env_fingerprint), A_TEXT(p->env_sha256),
            A_REAL(p->closure_rel), A_REAL(p->closure_hot_rel),
            A_REAL(p->overhead_rel), A_REAL(p->aa_rel),
            A_REAL(p->sum_layers_ns), A_REAL(p->whole_ns),
            A_REAL(p->dispatch_ns), A_TEXT(p->check), A_TEXT(p->exits),
            A_ZERO(p->import), A_TEXT(p->support)),
        id, err);
}

static const char sql_get[] =
    "SELECT " COLUMNS ", p.env, p.support FROM profile p WHERE p.id = ?1";

enum status
db_profile_get(struct db *db, int64_t id, struct profile *out, struct err *err)
{
    enum status st = db_row(db, sql_get, ARGS(A_INT(id)), &shape, out, err);

    if (st == ST_NOT_FOUND)
        return err_set(
            err, st, "profile.not_found", "no profile %lld", (long long)id);
    return st;
}

#define FLAG_IN(table)                                                         \
    "UPDATE " table " SET flags = flags | ?2, grade = max(grade, 'C')"

static const char sql_flag[] = FLAG_IN("profile") " WHERE id = ?1";

/* The golden kernels' own rows stay points of the chart. */
static const char sql_flag_rows[] =
    FLAG_IN("measure") " WHERE profile = ?1 AND role <> 'sentinel'";

enum status
db_profile_flag(struct db *db, int64_t id, int64_t flag, struct err *err)
{
    enum status st =
        db_run(db, sql_flag, ARGS(A_INT(id), A_INT(flag)), NULL, err);

    if (st == ST_OK)
        st = db_run(db, sql_flag_rows, ARGS(A_INT(id), A_INT(flag)), NULL, err);
    return st;
}

static const char sql_note[] =
    "UPDATE profile SET flags = flags | ?2, grade = max(grade, 'B')"
    " WHERE id = ?1";

enum status
db_profile_note(struct db *db, int64_t id, int64_t flag, struct err *err)
{
    return db_run(db, sql_note, ARGS(A_INT(id), A_INT(flag)), NULL, err);
}

struct call {
    profile_fn *fn;
    void *ctx;
};

static enum status
call(const void *row, void *ctx)
{
    const struct call *c = ctx;

    return c->fn(row, c->ctx);
}

static const char sql_list[] =
    "SELECT " COLUMNS ", NULL, NULL FROM profile p WHERE (?1 = 0 OR p.id < ?1)"
    " AND (?3 IS NULL OR p.model = ?3) AND (?4 IS NULL OR p.device_here = ?4)"
    " AND (?5 = 0 OR p.job = ?5) ORDER BY p.id DESC LIMIT ?2 /*scan*/";

enum status
db_profile_list(struct db *db, const struct profile_filter *f, profile_fn *fn,
    void *ctx, struct err *err)
{
    return db_each(db, sql_list,
        ARGS(A_INT(f->page.cursor), A_INT(f->page.limit), A_TEXT(f->model),
            A_TEXT(f->device), A_INT(f->job)),
        &shape, call, &(struct call){ fn, ctx }, err);
}
