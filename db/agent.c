/* SPDX-License-Identifier: MIT */
#include "db/agent.h"

#include "base/hash.h"
#include "db/queue_internal.h"

enum {
    SESSION_BYTES = 16,   /* of the random id */
    SEEN_EVERY_MS = 1000, /* more often is not worth a write */
};

static const struct col cols[] = {
    COL(COL_TEXT, struct session, id),
    COL(COL_TEXT, struct session, agent),
    COL(COL_INT, struct session, epoch),
    WORD(struct session, state, session_state_words),
    COL(COL_INT, struct session, kinds),
    COL(COL_TEXT, struct session, version),
    COL(COL_TEXT, struct session, labels),
    COL(COL_INT, struct session, created_ms),
    COL(COL_INT, struct session, last_seen_ms),
    COL(COL_INT, struct session, expires_ms),
};
static const struct shape shape = SHAPE(struct session, cols);
#define COLUMNS                                                                \
    "s.id, s.agent, s.epoch, s.state, s.kinds, s.version, s.labels,"           \
    " s.created_ms, s.last_seen_ms, s.expires_ms"

void
session_clear(struct session *s)
{
    shape_clear(&shape, s);
}

static const char sql_get[] =
    "SELECT " COLUMNS " FROM session s WHERE s.id = ?1";

enum status
db_session_get(
    struct db *db, const char *id, struct session *out, struct err *err)
{
    enum status st = db_row(db, sql_get, ARGS(A_TEXT(id)), &shape, out, err);

    if (st == ST_NOT_FOUND)
        return err_set(
            err, st, "session.not_found", "no such session: open a new one");
    return st;
}

/* ---- opening ---- */

struct opening {
    const struct session_offer *offer;
    char id[2 * SESSION_BYTES + 1];
    struct session *out;
};

static const char sql_holder[] =
    "SELECT s.expires_ms > ?3 AND s.agent <> ?2, s.id"
    " FROM device d JOIN session s ON s.id = d.session"
    " WHERE d.name = ?1 AND s.state = 'live'";

/* Take a device from the session that has it, unless that one is alive and
 * another agent's. */
static enum status
take_device(struct db *db, const struct session_offer *o, const char *name,
    struct err *err)
{
    struct holder {
        bool taken;
        char *session;
    } holder;
    static const struct col holder_cols[] = {
        COL(COL_BOOL, struct holder, taken),
        COL(COL_TEXT, struct holder, session),
    };
    static const struct shape holder_shape = SHAPE(struct holder, holder_cols);
    enum status st = db_row(db, sql_holder,
        ARGS(A_TEXT(name), A_TEXT(o->agent), A_INT(o->now_ms)), &holder_shape,
        &holder, err);

    if (st != ST_OK)
        return st == ST_NOT_FOUND ? ST_OK : st;
    if (holder.taken)
        st = err_set(err, ST_CONFLICT, "agent.device_taken",
            "device '%s' belongs to another live agent: choose another name",
            name);
    else
        st =
            queue_end_session(db, holder.session, SESSION_VOID, o->now_ms, err);
    shape_clear(&holder_shape, &holder);
    return st;
}

static const char sql_live[] =
    "SELECT " COLUMNS " FROM session s WHERE s.agent = ?1 AND s.state = 'live'";

static enum status
void_old(struct db *db, const struct session_offer *o, struct err *err)
{
    struct session old;
    enum status st =
        db_row(db, sql_live, ARGS(A_TEXT(o->agent)), &shape, &old, err);

    if (st != ST_OK)
        return st == ST_NOT_FOUND ? ST_OK : st;
    st = queue_end_session(db, old.id, SESSION_VOID, o->now_ms, err);
    session_clear(&old);
    return st;
}

static const char sql_agent[] =
    "INSERT INTO agent (id, epoch) VALUES (?1, 1)"
    " ON CONFLICT (id) DO UPDATE SET epoch = epoch + 1";

static const char sql_add[] =
    "INSERT INTO session (id, agent, epoch, state, kinds, version, labels,"
    " created_ms, last_seen_ms, expires_ms)"
    " SELECT ?1, id, epoch, 'live', ?3, ?4, ?5, ?6, ?6, ?7"
    " FROM agent WHERE id = ?2";

/* A device that is known keeps its mode and health. */
static const char sql_device[] =
    "INSERT INTO device (name, session, labels, env, env_fingerprint, mode,"
    " health, infra_failures) VALUES (?1, ?2, ?3, ?4, ?5, 'active', 'good', 0)"
    " ON CONFLICT (name) DO UPDATE SET session = excluded.session,"
    " labels = excluded.labels, env = excluded.env,"
    " env_fingerprint = excluded.env_fingerprint";

static enum status
open_session(struct db *db, void *ctx, struct err *err)
{
    struct opening *op = ctx;
    const struct session_offer *o = op->offer;
    enum status st = void_old(db, o, err);

    for (size_t i = 0; i < o->n_devices && st == ST_OK; i++)
        st = take_device(db, o, o->devices[i].name, err);
    if (st == ST_OK)
        st = db_run(db, sql_agent, ARGS(A_TEXT(o->agent)), NULL, err);
    if (st == ST_OK)
        st = db_run(db, sql_add,
            ARGS(A_TEXT(op->id), A_TEXT(o->agent), A_INT(o->kinds),
                A_TEXT(o->version), A_TEXT(o->labels), A_INT(o->now_ms),
                A_INT(o->now_ms + o->ttl_ms)),
            NULL, err);
    for (size_t i = 0; i < o->n_devices && st == ST_OK; i++) {
        const struct device_offer *d = &o->devices[i];

        st = db_run(db, sql_device,
            ARGS(A_TEXT(d->name), A_TEXT(op->id), A_TEXT(d->labels),
                A_TEXT(d->env), A_TEXT(d->env_fingerprint)),
            NULL, err);
    }
    return st == ST_OK ? db_session_get(db, op->id, op->out, err) : st;
}

enum status
db_session_open(struct db *db, const struct session_offer *offer,
    struct session *out, struct err *err)
{
    struct session fresh = { 0 };
    struct opening op = { .offer = offer, .out = &fresh };
    enum status st;

    hash_random_hex(SESSION_BYTES, op.id);
    if ((st = db_tx(db, open_session, &op, err)) == ST_OK)
        *out = fresh;
    else
        session_clear(&fresh);
    return st;
}

/* ---- living and ending ---- */

static const char sql_touch[] =
    "UPDATE session SET last_seen_ms = ?2, expires_ms = ?3"
    " WHERE id = ?1 AND state = 'live'";

/* That an agent spoke may be forgotten with the power: outside of a
 * transaction it is written without waiting for the disk, since a thousand
 * agents say it all the time. */
static enum status
note_seen(struct db *db, const char *id, int64_t ttl_ms, int64_t now_ms,
    struct err *err)
{
    bool alone = sqlite3_get_autocommit(db->sql) != 0;
    enum status st;

    if (alone)
        sqlite3_exec(db->sql, "PRAGMA synchronous = NORMAL", NULL, NULL, NULL);
    st = db_run(db, sql_touch,
        ARGS(A_TEXT(id), A_INT(now_ms), A_INT(now_ms + ttl_ms)), NULL, err);
    if (alone)
        sqlite3_exec(db->sql, "PRAGMA synchronous = FULL", NULL, NULL, NULL);
    return st;
}

enum status
db_session_touch(struct db *db, const char *id, int64_t ttl_ms, int64_t now_ms,
    struct err *err)
{
    struct session s;
    enum status st = db_session_get(db, id, &s, err);

    if (st != ST_OK)
        return st;
    if (s.state != SESSION_LIVE)
        st = err_set(err, ST_GONE, "session.void",
            "this session has ended: open a new one");
    else if (now_ms - s.last_seen_ms >= SEEN_EVERY_MS ||
             now_ms - s.last_seen_ms >= ttl_ms / 4)
        st = note_seen(db, id, ttl_ms, now_ms, err);
    session_clear(&s);
    return st;
}

struct closing {
    const char *id;
    int64_t now_ms;
};

static enum status
close_session(struct db *db, void *ctx, struct err *err)
{
    const struct closing *c = ctx;
    struct session s;
    enum status st = db_session_get(db, c->id, &s, err);

    if (st != ST_OK)
        return st;
    if (s.state == SESSION_LIVE)
        st = queue_end_session(db, c->id, SESSION_CLOSED, c->now_ms, err);
    session_clear(&s);
    return st;
}

enum status
db_session_close(struct db *db, const char *id, int64_t now_ms, struct err *err)
{
    return db_tx(db, close_session, &(struct closing){ id, now_ms }, err);
}

struct call {
    session_fn *fn;
    void *ctx;
};

static enum status
call(const void *row, void *ctx)
{
    const struct call *c = ctx;

    return c->fn(row, c->ctx);
}

static const char sql_list[] =
    "SELECT " COLUMNS " FROM agent a"
    " JOIN session s ON s.agent = a.id AND s.epoch = a.epoch"
    " ORDER BY a.id /*scan*/";

enum status
db_agent_list(struct db *db, session_fn *fn, void *ctx, struct err *err)
{
    return db_each(
        db, sql_list, NO_ARGS, &shape, call, &(struct call){ fn, ctx }, err);
}
