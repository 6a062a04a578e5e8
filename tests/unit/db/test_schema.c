/* SPDX-License-Identifier: MIT */
/* The file itself: what migrations make, who may open it, and transactions. */
#include <fcntl.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include <sqlite3.h>

#include "base/file.h"
#include "db/db_internal.h"
#include "db/token.h"
#include "unit/db/store.h"

/* Comments and white space are all that may differ. */
static char *
essence(const char *sql)
{
    char *out = malloc(strlen(sql) + 1), *o = out;

    assert_non_null(out);
    for (const char *s = sql; *s != '\0'; s++) {
        if (s[0] == '-' && s[1] == '-')
            s += strcspn(s, "\n");
        if (*s == '\0')
            break;
        if (strchr(" \n\t", *s) == NULL)
            *o++ = *s;
    }
    *o = '\0';
    return out;
}

static sqlite3_stmt *
objects(sqlite3 *db)
{
    sqlite3_stmt *q;

    assert_int_equal(sqlite3_prepare_v2(db,
                         "SELECT type || ' ' || name, sql FROM sqlite_schema"
                         " WHERE sql IS NOT NULL ORDER BY 1",
                         -1, &q, NULL),
        SQLITE_OK);
    return q;
}

static const char *
column(sqlite3_stmt *q, int i)
{
    return (const char *)sqlite3_column_text(q, i);
}

static void
migrations_give_exactly_schema_sql(void **state)
{
    const struct store *s = *state;
    struct err err = { 0 };
    sqlite3 *want, *got;
    sqlite3_stmt *a, *b;
    char *sql;
    size_t len;
    int rows = 0;

    OK(file_read(DB_SCHEMA, 1 << 20, &sql, &len, &err));
    assert_int_equal(sqlite3_open(":memory:", &want), SQLITE_OK);
    assert_int_equal(sqlite3_exec(want, sql, NULL, NULL, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_open(s->path, &got), SQLITE_OK);
    a = objects(want);
    b = objects(got);
    while (sqlite3_step(a) == SQLITE_ROW) {
        char *x, *y;

        assert_int_equal(sqlite3_step(b), SQLITE_ROW);
        assert_string_equal(column(a, 0), column(b, 0));
        x = essence(column(a, 1));
        y = essence(column(b, 1));
        assert_string_equal(x, y);
        free(x);
        free(y);
        rows++;
    }
    assert_int_equal(sqlite3_step(b), SQLITE_DONE);
    assert_true(rows > 20);
    sqlite3_finalize(a);
    sqlite3_finalize(b);
    sqlite3_close(want);
    sqlite3_close(got);
    free(sql);
}

static void
every_set_of_words_is_what_the_schema_allows(void **state)
{
    static const struct {
        const char *column;
        const char *const *words;
    } sets[] = {
        { "state", task_state_words },
        { "state", lease_state_words },
        { "error_class", fail_class_words },
        { "state", run_state_words },
        { "state", item_state_words },
        { "state", session_state_words },
        { "mode", device_mode_words },
        { "health", device_health_words },
        { "cache", cache_mode_words },
        { "source", source_words },
        { "level", level_words },
        { "role", role_words },
        { "reason", golden_reason_words },
    };
    struct err err = { 0 };
    char *sql;
    size_t len;

    (void)state;
    OK(file_read(DB_SCHEMA, 1 << 20, &sql, &len, &err));
    for (size_t i = 0; i < sizeof(sets) / sizeof(sets[0]); i++) {
        char want[256];
        int n = snprintf(want, sizeof(want), "CHECK (%s IN (", sets[i].column);

        for (size_t w = 0; sets[i].words[w] != NULL; w++)
            n += snprintf(want + n, sizeof(want) - (size_t)n, "%s'%s'",
                w > 0 ? ", " : "", sets[i].words[w]);
        snprintf(want + n, sizeof(want) - (size_t)n, "))");
        if (strstr(sql, want) == NULL)
            fail_msg("schema.sql lacks %s", want);
    }
    free(sql);
}

/* Kinds are rows: the same in a new file, in schema.sql and in the program. */
static void
every_kind_is_a_row(void **state)
{
    static const struct {
        const char *query;
        const char *const *words;
    } sets[] = {
        { "SELECT word FROM task_kind", task_kind_words },
        { "SELECT word FROM flow_kind", flow_kind_words },
    };
    const struct store *s = *state;
    struct err err = { 0 };
    sqlite3 *files[2];
    char *sql;
    size_t len;

    OK(file_read(DB_SCHEMA, 1 << 20, &sql, &len, &err));
    assert_int_equal(sqlite3_open(":memory:", &files[0]), SQLITE_OK);
    assert_int_equal(sqlite3_exec(files[0], sql, NULL, NULL, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_open(s->path, &files[1]), SQLITE_OK);
    for (int i = 0; i < 4; i++) {
        const char *const *words = sets[i / 2].words;
        sqlite3_stmt *q;
        int rows = 0, known = 0;

        assert_int_equal(
            sqlite3_prepare_v2(files[i % 2], sets[i / 2].query, -1, &q, NULL),
            SQLITE_OK);
        for (; sqlite3_step(q) == SQLITE_ROW; rows++)
            if (word_find(words, column(q, 0)) < 0)
                fail_msg("no enum for %s", column(q, 0));
        sqlite3_finalize(q);
        while (words[known] != NULL)
            known++;
        assert_int_equal(rows, known);
    }
    sqlite3_close(files[0]);
    sqlite3_close(files[1]);
    free(sql);
}

/* Wait until the parent closes the gate, then open. */
static void
open_at_the_gate(const char *path, int gate)
{
    struct err err = { 0 };
    struct db *db;
    char byte;
    enum status st;

    if (read(gate, &byte, 1) != 0)
        _exit(2);
    if ((st = db_open(&db, path, &err)) != ST_OK) {
        fprintf(stderr, "racing opener: %s\n", err.text);
        _exit(1);
    }
    if (db_schema_version(db) != db_schema_newest())
        _exit(3);
    db_close(db);
    _exit(0);
}

static void
racing_openers_all_find_the_newest_schema(void **state)
{
    enum { ROUNDS = 20, OPENERS = 6 };
    const struct store *s = *state;

    for (int round = 0; round < ROUNDS; round++) {
        char path[PATH_MAX];
        pid_t pid[OPENERS];
        int gate[2];

        snprintf(
            path, sizeof(path), "%.*s/race%d.db", PATH_MAX - 32, s->dir, round);
        assert_int_equal(pipe(gate), 0);
        for (int i = 0; i < OPENERS; i++) {
            if ((pid[i] = fork()) == 0) {
                close(gate[1]);
                open_at_the_gate(path, gate[0]);
            }
        }
        close(gate[0]);
        close(gate[1]);
        for (int i = 0; i < OPENERS; i++) {
            int status;

            assert_int_equal(waitpid(pid[i], &status, 0), pid[i]);
            assert_int_equal(status, 0);
        }
    }
}

static void
write_file(const struct store *s, const char *sql, const char *text)
{
    struct err err = { 0 };
    sqlite3 *db;

    if (text != NULL) {
        OK(file_write(s->path, text, strlen(text), &err));
        return;
    }
    assert_int_equal(sqlite3_open(s->path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(db);
}

static void
foreign_and_newer_files_are_refused_untouched(void **state)
{
    static const struct {
        const char *sql, *text, *code;
    } files[] = {
        { "PRAGMA user_version = 1000; PRAGMA application_id = 0x4f464652;"
          " CREATE TABLE t (x)",
            NULL, "db.newer" },
        { "CREATE TABLE photo (x)", NULL, "db.foreign" },
        { "PRAGMA application_id = 7", NULL, "db.foreign" },
        { "PRAGMA user_version = 3", NULL, "db.foreign" },
        { NULL,
            "To be, or not to be: that is the question. This file is a text"
            " and is longer than the header of a data base, which has one"
            " hundred bytes.",
            "db.foreign" },
    };
    struct store *s = *state;

    db_close(s->db);
    s->db = NULL;
    for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
        char before[HASH_HEX], after[HASH_HEX];
        struct err err = { 0 };
        struct db *db;

        unlink(s->path);
        write_file(s, files[i].sql, files[i].text);
        OK(hash_file(s->path, before, &err));
        assert_int_equal(db_open(&db, s->path, &err), ST_UNAVAILABLE);
        assert_string_equal(err.code, files[i].code);
        assert_null(db);
        err_clear(&err);
        OK(hash_file(s->path, after, &err));
        assert_string_equal(before, after);
    }
}

/* A file of schema 1 with a row, what hangs on it, and a copy of it. */
static void
write_version_1(const struct store *s)
{
    static const char rows[] =
        "INSERT INTO blob VALUES ('m', 1, 1);"
        "INSERT INTO model (id, name, labels, blob, state, version, created_ms)"
        " VALUES ('m', 'm', '', 'm', 'rejected', 1, 1);"
        "INSERT INTO agent VALUES ('a', 1);"
        "INSERT INTO session VALUES ('s', 'a', 1, 'live', 0, '', '', 1, 1, 1);"
        "INSERT INTO device VALUES ('d', 's', '', '', '', 'active', 'good', 0);"
        "INSERT INTO job (id, name, model, owner, devices, levels, policy,"
        " cache, priority, state, version, created_ms)"
        " VALUES (1, '', 'm', '', '', '', '', 'use', 0, 'done', 1, 1);"
        "INSERT INTO owner VALUES ('');"
        "INSERT INTO task (id, kind, state, owner, priority, job, attempt,"
        " budget_scale, deadline_s, not_before_ms, queue_until_ms, fence,"
        " payload, done, total, error_class, created_ms)"
        " VALUES (1, 'profile', 'done', '', 0, 1, 1, 1, 1, 0, 0, 1, '', 0, 0,"
        " 'none', 1);"
        "INSERT INTO profile (id, job, task, model, device, created_ms, seed,"
        " policy, grade, flags, env, env_fingerprint, env_sha256,"
        " output_check, exits)"
        " VALUES (1, 1, 1, 'm', 'd', 1, 1, '', 'A', 0, '', '', '', '', '');"
        "INSERT INTO measure (id, profile, level, role, idx, name, source,"
        " n_epochs, iters_per_epoch, n_mild, n_severe, flags, grade,"
        " cached_from)"
        " VALUES (1, 1, 'L2', 'layer', 0, 'a', 'measured', 1, 1, 0, 0, 0, 'A',"
        " NULL), (2, 1, 'L2', 'layer', 1, 'b', 'measured', 1, 1, 0, 0, 0, 'A',"
        " 1);"
        "INSERT INTO epochs VALUES (1, 1, 'x', x'00');"
        "INSERT INTO counter VALUES (1, 'PAPI_TOT_INS', 7);"
        "PRAGMA user_version = 1; PRAGMA application_id = 0x4f464652;";
    struct err err = { 0 };
    char *first;
    size_t len;

    OK(file_read(DB_MIGRATIONS "/0001_start.sql", 1 << 20, &first, &len, &err));
    write_file(s, first, NULL);
    write_file(s, rows, NULL);
    free(first);
}

static int
count(struct db *db, const char *sql)
{
    sqlite3_stmt *q;
    int n;

    assert_int_equal(sqlite3_prepare_v2(db->sql, sql, -1, &q, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_step(q), SQLITE_ROW);
    n = sqlite3_column_int(q, 0);
    sqlite3_finalize(q);
    return n;
}

static void
measured_rows_live_through_the_migrations(void **state)
{
    struct store *s = *state;
    struct err err = { 0 };

    db_close(s->db);
    s->db = NULL;
    unlink(s->path);
    write_version_1(s);
    if (db_open(&s->db, s->path, &err) != ST_OK ||
        db_migrate(s->db, &err) != ST_OK)
        fail_msg("%s", err.text);
    assert_int_equal(count(s->db, "SELECT count(*) FROM measure /*scan*/"), 2);
    assert_int_equal(
        count(s->db, "SELECT count(*) FROM measure m"
                     " JOIN measure f ON f.id = m.cached_from /*scan*/"),
        1);
    assert_int_equal(
        count(s->db, "SELECT count(*) FROM measure m"
                     " JOIN epochs e ON e.measure = m.id"
                     " JOIN counter c ON c.measure = m.id /*scan*/"),
        1);
    assert_int_equal(
        count(s->db, "SELECT count(*) FROM profile p JOIN task t"
                     " ON t.id = p.task WHERE p.device_here = 'd' /*scan*/"),
        1);
}

static void
a_file_that_cannot_be_made_is_an_io_error(void **state)
{
    const struct store *s = *state;
    struct err err = { 0 };
    char path[PATH_MAX];
    struct db *db;

    snprintf(path, sizeof(path), "%.*s/no/such/x.db", PATH_MAX - 32, s->dir);
    assert_int_equal(db_open(&db, path, &err), ST_IO);
    assert_null(db);
}

static enum status
add_token(struct db *db, void *ctx, struct err *err)
{
    int64_t id;

    return db_token_add(db, ctx, "read", ctx, T0, &id, err);
}

/* A nested part fails half-way, and its caller looks away. */
static enum status
half(struct db *db, void *ctx, struct err *err)
{
    enum status st = add_token(db, ctx, err);

    return st == ST_OK ? ST_CONFLICT : st;
}

static enum status
careless(struct db *db, void *ctx, struct err *err)
{
    return db_tx(db, half, ctx, err) == ST_OK ? ST_INTERNAL : ST_OK;
}

static void
a_transaction_is_all_or_nothing(void **state)
{
    struct store *s = *state;
    struct err err = { 0 };

    OK(db_tx(s->db, add_token, TEXT("one"), &err));
    assert_int_equal(db_tx(s->db, half, TEXT("two"), &err), ST_CONFLICT);
    assert_int_equal(db_tx(s->db, careless, TEXT("three"), &err), ST_INTERNAL);
    assert_true(db_idle(s->db));
    assert_int_equal(store_int(s, "SELECT count(*) FROM token"), 1);
    /* What came before does not weigh on what comes after. */
    OK(db_tx(s->db, add_token, TEXT("four"), &err));
    assert_int_equal(store_int(s, "SELECT count(*) FROM token"), 2);
}

static void
a_lock_that_is_held_too_long_is_busy(void **state)
{
    struct store *s = *state;
    struct err err = { 0 };
    sqlite3 *other;

    sqlite3_busy_timeout(s->db->sql, 1);
    assert_int_equal(sqlite3_open(s->path, &other), SQLITE_OK);
    assert_int_equal(
        sqlite3_exec(other, "BEGIN IMMEDIATE", NULL, NULL, NULL), SQLITE_OK);
    assert_int_equal(db_tx(s->db, add_token, TEXT("one"), &err), ST_BUSY);
    assert_int_equal(status_http(err.status), 503);
    assert_true(db_idle(s->db));
    assert_int_equal(
        sqlite3_exec(other, "ROLLBACK", NULL, NULL, NULL), SQLITE_OK);
    OK(db_tx(s->db, add_token, TEXT("one"), &err));
    sqlite3_close(other);
}

/* A store whose pages after the first are noise. */
static void
a_damaged_store_is_called_damaged(void **state)
{
    struct store *s = *state;
    struct err err = { 0 };
    size_t len, page = 4096;
    struct db *db;
    char *bytes;

    db_close(s->db);
    s->db = NULL;
    OK(file_read(s->path, 1 << 24, &bytes, &len, &err));
    assert_true(len > 4 * page);
    for (size_t i = page; i < len; i++)
        bytes[i] = (char)(i * 131 >> 3);
    OK(file_write(s->path, bytes, len, &err));
    free(bytes);
    assert_int_equal(db_open(&db, s->path, &err), ST_UNAVAILABLE);
    assert_null(db);
    assert_string_equal(err.code, "db.damaged");
    assert_non_null(strstr(err.text, ".recover"));
}

/* One that has lost a piece of its last page, which SQLite would not see. */
static void
a_store_that_was_cut_off_is_called_damaged(void **state)
{
    struct store *s = *state;
    struct err err = { 0 };
    struct db *db;

    db_close(s->db);
    s->db = NULL;
    assert_int_equal(truncate(s->path, file_size(s->path) - 1000), 0);
    assert_int_equal(db_open(&db, s->path, &err), ST_UNAVAILABLE);
    assert_null(db);
    assert_string_equal(err.code, "db.damaged");
}

int
main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, store_setup, store_teardown)
    const struct CMUnitTest tests[] = {
        T(migrations_give_exactly_schema_sql),
        T(measured_rows_live_through_the_migrations),
        T(every_set_of_words_is_what_the_schema_allows),
        T(every_kind_is_a_row),
        T(racing_openers_all_find_the_newest_schema),
        T(foreign_and_newer_files_are_refused_untouched),
        T(a_damaged_store_is_called_damaged),
        T(a_store_that_was_cut_off_is_called_damaged),
        T(a_file_that_cannot_be_made_is_an_io_error),
        T(a_transaction_is_all_or_nothing),
        T(a_lock_that_is_held_too_long_is_busy),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
