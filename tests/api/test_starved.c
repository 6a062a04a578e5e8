/* SPDX-License-Identifier: MIT */
/*
 * Memory that runs out.  SQLite's, in every call of every case of
 * fixtures/api: its allocations fail one after the other before the call may
 * succeed.  Each failure is answered as one and ends its transaction, and the
 * case goes on as if it had not been; so what a handler or an accepted result
 * asks of the store is tried here once a case of the API calls it.  And ours,
 * in every export.
 *
 * Later allocations are tried in growing steps; OFFRAMP_TORTURE=1 in the
 * environment tries them all.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <sqlite3.h>

#include "base/hash.h"
#include "base/json.h"
#include "base/log.h"
#include "db/db_internal.h"
#include "server/export/export.h"
#include "cases.h"
#include "unit/db/fault.h"

/* Each failure would be logged. */
void __wrap_log_at(enum log_level level, const char *fmt, ...)
    PRINTF_LIKE(2, 3);

void
__wrap_log_at(enum log_level level, const char *fmt, ...)
{
    (void)level;
    (void)fmt;
}

static enum fault_kind kind;
static int64_t grow; /* steps are 1 + n / grow */
static int faults;

static void
names_memory(const struct call *c, const char *request, int64_t n)
{
    char *text = call_text(c);

    if (strstr(text, "server.out_of_memory") == NULL &&
        strstr(text, "server.io") == NULL) /* SQLite's word for some */
        fail_msg("%s, allocation %d: %s", request, (int)n, text);
    free(text);
}

/* The store as it was, in memory, and a connection to put it back by. */
struct before {
    sqlite3 *copy, *store;
};

/* What is durable is not asked here, and waiting for disks is slow. */
static void
hurry(sqlite3 *sql)
{
    sqlite3_exec(sql, "PRAGMA synchronous = OFF", NULL, NULL, NULL);
}

static void
copy_store(sqlite3 *to, sqlite3 *from)
{
    sqlite3_backup *b = sqlite3_backup_init(to, "main", from, "main");

    assert_non_null(b);
    assert_int_equal(sqlite3_backup_step(b, -1), SQLITE_DONE);
    assert_int_equal(sqlite3_backup_finish(b), SQLITE_OK);
}

static void
before_take(struct before *b, const struct world *w)
{
    assert_int_equal(sqlite3_open(":memory:", &b->copy), SQLITE_OK);
    assert_int_equal(sqlite3_open(w->db_path, &b->store), SQLITE_OK);
    hurry(b->store);
    copy_store(b->copy, b->store);
}

/* A call that fails may have done its work: its answer was what failed.  Who
 * asks again finds that, which is not what the case tells: undo it. */
static void
before_restore(struct before *b)
{
    copy_store(b->store, b->copy);
}

static void
before_clear(struct before *b)
{
    sqlite3_close(b->copy);
    sqlite3_close(b->store);
}

/* Let more and more of it happen, until the call succeeds: because no
 * allocation fails any more, or (*missed) although one does. */
static bool
starve_from(struct world *w, struct call *c, const char *request,
    const json_t *headers, const struct call_body *body, struct before *before,
    bool *missed)
{
    for (int64_t n = 1;; n += 1 + n / grow) {
        bool answered, hit;

        call_make(c, w->server, w->db, request, headers, body, w->now_ms);
        fault_arm(kind, n);
        answered = call_send(c, body);
        hit = fault_disarm();
        if (!db_idle(w->db))
            fail_msg(
                "%s, allocation %d: a transaction is open", request, (int)n);
        if (!hit || !answered || (c->rp.status != 0 && c->rp.status < 500)) {
            *missed = hit;
            return answered;
        }
        faults++;
        if (c->rp.status != 0)
            names_memory(c, request, n);
        call_end(c);
        if (before != NULL)
            before_restore(before);
    }
}

static bool
starve(struct world *w, struct call *c, const char *request,
    const json_t *headers, const struct call_body *body)
{
    struct before before;
    bool answered, missed;
    char *had, *has;
    int status;

    if (strncmp(request, "GET ", 4) != 0) {
        before_take(&before, w);
        answered = starve_from(w, c, request, headers, body, &before, &missed);
        before_clear(&before);
        return answered;
    }
    answered = starve_from(w, c, request, headers, body, NULL, &missed);
    if (!answered || !missed)
        return answered;
    /* A header may be missing then (ETag), but nothing else. */
    had = call_text(c);
    status = c->rp.status;
    call_end(c);
    call_make(c, w->server, w->db, request, headers, body, w->now_ms);
    assert_true(call_send(c, body));
    has = call_text(c);
    if (c->rp.status != status || (status < 300 && strcmp(had, has) != 0))
        fail_msg("%s: %s, not %s", request, had, has);
    free(had);
    free(has);
    return true;
}

static void
run_case(const char *file)
{
    struct world w;

    world_open(&w);
    hurry(w.db->sql);
    w.start = starve;
    case_run(&w, file);
    world_close(&w);
}

static void
run_cases(enum fault_kind k, int64_t steps)
{
    struct dirent **files;
    int n = cases_list(&files);

    assert_true(n > 0);
    kind = k;
    grow = getenv("OFFRAMP_TORTURE") == NULL ? steps : INT64_MAX;
    faults = 0;
    for (int i = 0; i < n; i++) {
        run_case(files[i]->d_name);
        free(files[i]);
    }
    free(files);
    print_message("%d allocations failed\n", faults);
    assert_true(faults > 1000);
}

static void
memory_of_sqlite_may_run_out_in_every_call(void **state)
{
    (void)state;
    run_cases(FAULT_SQLITE_ALLOC, 1);
}

/* Each dialect of the exports is a row of its own. */
static void
memory_may_run_out_in_every_export(void **state)
{
    json_t *steps = json_pack("[{s:s}]", "use", "profile");
    const struct call_body none = { 0 };
    struct world w;

    (void)state;
    kind = FAULT_ALLOC;
    grow = 4;
    world_open(&w);
    steps_run(&w, "export", steps);
    for (const struct export_dialect *d = export_dialects; d->name; d++) {
        char request[128];
        struct call c;
        int status;

        snprintf(request, sizeof(request),
            "GET /v1/export/%s?profile=1&min_grade=B", d->name);
        call_make(&c, w.server, w.db, request, NULL, &none, w.now_ms);
        assert_true(call_send(&c, &none));
        status = c.rp.status; /* 422 where the profile lacks what it needs */
        call_end(&c);
        assert_true(starve(&w, &c, request, NULL, &none));
        if (c.rp.status != status)
            fail_msg("%s: status %d, not %d", request, c.rp.status, status);
        call_end(&c);
    }
    world_close(&w);
    json_decref(steps);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(memory_of_sqlite_may_run_out_in_every_call),
        cmocka_unit_test(memory_may_run_out_in_every_export),
    };

    fault_install();
    if (hash_start(NULL) != ST_OK)
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
