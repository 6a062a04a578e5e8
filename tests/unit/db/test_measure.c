/* SPDX-License-Identifier: MIT */
/* Profiles, rows of numbers, and their raw epochs. */
#include <stdio.h>

#include <sqlite3.h>

#include "base/flag.h"
#include "unit/db/store.h"

static void
a_profile_is_read_as_it_was_written(void **state)
{
    struct bench b = bench(state);
    struct err err = { 0 };
    struct profile p;
    struct task t;
    int64_t id = store_profiled(&b, "env1", T0);

    OK(db_profile_get(b.db, id, &p, &err));
    assert_string_equal(p.device, "a");
    assert_int_equal(p.grade, 'A');
    assert_true(isnan(p.closure_rel));
    assert_float_equal(p.closure_hot_rel, 0.02, 0);
    assert_float_equal(p.dispatch_ns, 99.75, 0);
    assert_string_equal(p.env, "{}");
    assert_int_equal(p.started_ms, 0);
    assert_int_equal(p.n_rows, 0);
    t = store_task(b.db, p.task);
    assert_int_equal(t.profile, id);
    task_clear(&t);
    profile_clear(&p);
    assert_int_equal(db_profile_get(b.db, 99, &p, &err), ST_NOT_FOUND);
}

static void
every_number_of_a_row_comes_back_exactly(void **state)
{
    struct bench b = bench(state);
    struct err err = { 0 };
    struct counter counters[] = { { TEXT("PAPI_TOT_CYC"), 1e9 + 0.5 },
        { TEXT("PAPI_TOT_INS"), 0.1 } };
    struct measure m, got;
    double *ns;
    size_t n;
    int64_t id;

    m = store_row(store_profiled(&b, "env1", T0), "key", 100.123456789012345);
    m.flags = FLAG(drift) | FLAG(shared_host);
    m.energy_gross_nj = 12.5;
    m.energy_err_nj = 0.25;
    m.energy_method = TEXT("loop");
    m.energy_sensor = TEXT("rapl");
    m.counters = counters;
    m.n_counters = 2;
    id = store_measure(&b, &m);
    OK(db_measure_get(b.db, id, &got, &err));
    assert_int_equal(got.profile, m.profile);
    assert_int_equal(got.level, LEVEL_L2);
    assert_int_equal(got.role, ROLE_LAYER);
    assert_int_equal(got.index, 3);
    assert_string_equal(got.name, "conv");
    assert_string_equal(got.kernel_key, "key");
    assert_int_equal(got.source, SOURCE_MEASURED);
    assert_int_equal(got.iters_per_epoch, 100);
    /* The doubles lie side by side in both: bit for bit the same. */
    assert_memory_equal(&got.min_ns, &m.min_ns,
        offsetof(struct measure, p90_ns) - offsetof(struct measure, min_ns));
    assert_true(isnan(got.p90_ns));
    assert_true(isnan(got.p99_ns));
    assert_memory_equal(&got.max_ns, &m.max_ns,
        offsetof(struct measure, stop_reason) -
            offsetof(struct measure, max_ns));
    assert_string_equal(got.stop_reason, "ci_met");
    assert_int_equal(got.flags, m.flags);
    assert_int_equal(got.grade, 'A');
    assert_float_equal(got.energy_gross_nj, 12.5, 0);
    assert_true(isnan(got.energy_net_nj));
    assert_string_equal(got.energy_method, "loop");
    assert_string_equal(got.device, "a");
    assert_int_equal(got.cached_from, 0);
    assert_int_equal(got.n_counters, 2);
    assert_string_equal(got.counters[0].event, "PAPI_TOT_CYC");
    assert_float_equal(got.counters[0].value, 1e9 + 0.5, 0);
    assert_float_equal(got.counters[1].value, 0.1, 0);
    assert_true(hash_valid(got.epochs_sha256));
    measure_clear(&got);
    measure_clear(&got);

    OK(db_measure_epochs(b.db, id, &ns, &n, &err));
    assert_int_equal(n, 4);
    assert_memory_equal(ns, store_epochs_ns, sizeof(store_epochs_ns));
    free(ns);
}

static void
damaged_epochs_are_found(void **state)
{
    struct bench b = bench(state);
    struct err err = { 0 };
    struct measure m = store_row(store_profiled(&b, "env1", T0), "key", 100);
    int64_t id = store_measure(&b, &m);
    static const char *const harm[] = {
        "UPDATE epochs SET sha256 = 'other'",
        "UPDATE epochs SET n = 3",
        "UPDATE epochs SET n = 1000000000",
        "UPDATE epochs SET deflated = x'00'",
    };
    double *ns;
    size_t n;

    for (size_t i = 0; i < sizeof(harm) / sizeof(harm[0]); i++) {
        sqlite3 *db;

        assert_int_equal(sqlite3_open(b.s->path, &db), SQLITE_OK);
        assert_int_equal(
            sqlite3_exec(db, harm[i], NULL, NULL, NULL), SQLITE_OK);
        sqlite3_close(db);
        assert_int_equal(
            db_measure_epochs(b.db, id, &ns, &n, &err), ST_CORRUPT);
        assert_null(ns);
    }
    m.index = 4;
    OK(db_measure_add(b.db, &m, NULL, 0, &id, &err));
    assert_int_equal(db_measure_epochs(b.db, id, &ns, &n, &err), ST_NOT_FOUND);
}

/* Each breaks one rule of the schema in an otherwise good row. */
static void
emulated_time(struct measure *m)
{
    m->source = SOURCE_EMULATED;
}

static void
zero_time(struct measure *m)
{
    m->min_ns = 0;
}

static void
no_such_grade(struct measure *m)
{
    m->grade = 'D';
}

static void
interval_upside_down(struct measure *m)
{
    m->ci95_lo_ns = m->ci95_hi_ns + 1;
}

static void
energy_without_method(struct measure *m)
{
    m->energy_gross_nj = 1;
}

static void
unknown_stop_reason(struct measure *m)
{
    m->stop_reason = TEXT("bored");
}

static void
unknown_profile(struct measure *m)
{
    m->profile = 999;
}

static void
what_a_row_must_not_be_is_refused(void **state)
{
    static void (*const wrongs[])(struct measure *) = { emulated_time,
        zero_time, no_such_grade, interval_upside_down, energy_without_method,
        unknown_stop_reason, unknown_profile };
    struct bench b = bench(state);
    int64_t profile = store_profiled(&b, "env1", T0), id;

    for (size_t i = 0; i < sizeof(wrongs) / sizeof(wrongs[0]); i++) {
        struct measure m = store_row(profile, "key", 100);
        struct err err = { 0 };

        wrongs[i](&m);
        assert_int_equal(
            db_measure_add(b.db, &m, store_epochs_ns, STORE_EPOCHS, &id, &err),
            ST_UNPROCESSABLE);
        assert_true(strlen(err.text) > 0);
    }
    assert_int_equal(store_int(b.s, "SELECT count(*) FROM measure"), 0);
}

static void
an_emulated_row_has_counts_and_no_time(void **state)
{
    struct bench b = bench(state);
    struct err err = { 0 };
    struct counter c = { TEXT("instructions"), 12e6 };
    struct measure m = store_row(store_profiled(&b, "env1", T0), "key", 100);
    int64_t id;

    m.source = SOURCE_EMULATED;
    m.min_ns = m.p10_ns = m.p25_ns = m.median_ns = m.p75_ns = NAN;
    m.max_ns = m.mean_ns = m.sd_ns = m.mad_ns = m.first_ns = NAN;
    m.ci95_lo_ns = m.ci95_hi_ns = NAN;
    m.counters = &c;
    m.n_counters = 1;
    OK(db_measure_add(b.db, &m, NULL, 0, &id, &err));
    OK(db_measure_get(b.db, id, &m, &err));
    assert_true(isnan(m.median_ns));
    assert_float_equal(m.counters[0].value, 12e6, 0);
    measure_clear(&m);
}

struct rows {
    int64_t id[16];
    size_t n;
};

static enum status
collect(const struct measure *m, void *ctx)
{
    struct rows *r = ctx;

    r->id[r->n++] = m->id;
    return ST_OK;
}

/* Does the list of `f` have these rows, and leave out so many? */
static void
check_list(struct db *db, const struct measure_filter *f, const char *want,
    int64_t want_omitted)
{
    struct err err = { 0 };
    struct rows got = { 0 };
    char text[17] = "";
    int64_t omitted;

    OK(db_measure_list(db, f, collect, &got, &err));
    for (size_t k = 0; k < got.n; k++)
        text[k] = (char)('0' + got.id[k]);
    assert_string_equal(text, want);
    OK(db_measure_omitted(db, f, &omitted, &err));
    assert_int_equal(omitted, want_omitted);
}

static void
rows_are_listed_by_what_is_asked(void **state)
{
    struct bench b = bench(state);
    int64_t one = store_profiled(&b, "env1", T0),
            two = store_profiled(&b, "env1", T0);
    /* Rows 1 to 5: profile, key, grade, level. */
    const struct {
        int64_t profile;
        const char *key;
        char grade;
        enum level level;
    } rows[] = {
        { one, "k1", 'A', LEVEL_L2 },
        { one, "k2", 'C', LEVEL_L2 },
        { two, "k1", 'X', LEVEL_L2 },
        { two, "k1", 'B', LEVEL_L4 },
        { two, NULL, 'A', LEVEL_L0 },
    };
    const struct {
        struct measure_filter f;
        const char *want;
        int64_t omitted;
    } asks[] = {
        { { .profile = one, .level = -1, .role = -1 }, "12", 0 },
        { { .profile = one, .level = -1, .role = -1, .min_grade = 'B' }, "1",
            1 },
        { { .kernel_key = "k1", .level = -1, .role = -1 }, "134", 0 },
        { { .kernel_key = "k1",
              .level = LEVEL_L2,
              .role = ROLE_LAYER,
              .min_grade = 'C' },
            "1", 1 },
        { { .level = -1, .role = -1 }, "12345", 0 },
        { { .level = -1, .role = -1, .after = 1, .limit = 2 }, "23", 0 },
        { { .level = -1, .role = ROLE_HEAD }, "", 0 },
        { { .level = -1, .role = -1, .device = "a", .min_grade = 'A' }, "15",
            3 },
        { { .level = -1, .role = -1, .device = "b" }, "", 0 },
        { { .level = -1, .role = -1, .model = b.s->model }, "12345", 0 },
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct measure m = store_row(rows[i].profile, rows[i].key, 100);

        m.grade = rows[i].grade;
        m.level = rows[i].level;
        assert_int_equal(store_measure(&b, &m), i + 1);
    }
    for (size_t i = 0; i < sizeof(asks) / sizeof(asks[0]); i++)
        check_list(b.db, &asks[i].f, asks[i].want, asks[i].omitted);
}

int
main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, store_setup, store_teardown)
    const struct CMUnitTest tests[] = {
        T(a_profile_is_read_as_it_was_written),
        T(every_number_of_a_row_comes_back_exactly),
        T(damaged_epochs_are_found),
        T(what_a_row_must_not_be_is_refused),
        T(an_emulated_row_has_counts_and_no_time),
        T(rows_are_listed_by_what_is_asked),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
