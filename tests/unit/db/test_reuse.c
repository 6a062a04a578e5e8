/* SPDX-License-Identifier: MIT */
/* Rows that are used again: which earlier ones do, and copies of them. */
#include <stdio.h>

#include <sqlite3.h>

#include "base/flag.h"
#include "unit/db/store.h"

struct kernels {
    int n;
    char text[64];
};

static enum status
collect_kernel(enum level level, const char *key, double ns, void *ctx)
{
    struct kernels *k = ctx;

    assert_true(ns > 0);
    snprintf(k->text + strlen(k->text), sizeof(k->text) - strlen(k->text),
        "%s:%s ", level_words[level], key);
    k->n++;
    return ST_OK;
}

/* Which one earlier row makes a hit, and which does not. */
static void
only_sound_young_measurements_are_used_again(void **state)
{
    static const struct {
        const char *fingerprint;
        int64_t age_ms, flags;
        char grade;
        enum role role;
        enum source source;
        bool hit;
    } rows[] = {
        { "env1", DAY_MS, 0, 'A', ROLE_LAYER, SOURCE_MEASURED, true },
        { "env1", DAY_MS, FLAG(drift), 'B', ROLE_LAYER, SOURCE_MEASURED, true },
        { "env1", DAY_MS, 0, 'C', ROLE_LAYER, SOURCE_MEASURED, false },
        { "env2", DAY_MS, 0, 'A', ROLE_LAYER, SOURCE_MEASURED, false },
        { "env1", 31 * DAY_MS, 0, 'A', ROLE_LAYER, SOURCE_MEASURED, false },
        { "env1", DAY_MS, FLAG(stale), 'C', ROLE_LAYER, SOURCE_MEASURED,
            false },
        { "env1", DAY_MS, FLAG(cached), 'A', ROLE_LAYER, SOURCE_MEASURED,
            false },
        { "env1", DAY_MS, 0, 'X', ROLE_LAYER, SOURCE_MEASURED, false },
        { "env1", DAY_MS, 0, 'A', ROLE_SENTINEL, SOURCE_MEASURED, false },
        { "env1", DAY_MS, 0, 'A', ROLE_LAYER, SOURCE_MODELLED, false },
        { "env1", DAY_MS, 0, 'A', ROLE_AA, SOURCE_MEASURED, false },
        { "env1", DAY_MS, 0, 'A', ROLE_SEGMENT, SOURCE_MEASURED, true },
        { "env1", DAY_MS, FLAG(multiplexed), 'B', ROLE_LAYER, SOURCE_MEASURED,
            false },
        /* Noisy: for an hour, and if it was measured to the end. */
        { "env1", MINUTE_MS, FLAG(bimodal), 'C', ROLE_LAYER, SOURCE_MEASURED,
            true },
        { "env1", 61 * MINUTE_MS, 0, 'C', ROLE_LAYER, SOURCE_MEASURED, false },
        { "env1", MINUTE_MS, FLAG(few_samples), 'C', ROLE_LAYER,
            SOURCE_MEASURED, false },
        { "env1", MINUTE_MS, FLAG(stale), 'C', ROLE_LAYER, SOURCE_MEASURED,
            false },
    };
    struct bench b = bench(state);
    struct err err = { 0 };
    struct cache_query q = { "a", "env1", 0, T0 };
    struct kernels found = { 0 };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char key[8];
        struct measure m, got;

        snprintf(key, sizeof(key), "k%zu", i);
        m = store_row(
            store_profiled(&b, rows[i].fingerprint, T0 - rows[i].age_ms), key,
            100);
        m.flags = rows[i].flags;
        m.grade = rows[i].grade;
        m.role = rows[i].role;
        m.source = rows[i].source;
        store_measure(&b, &m);
        err_clear(&err);
        if (rows[i].hit) {
            OK(db_cache_get(b.db, &q, LEVEL_L2, key, &got, &err));
            assert_string_equal(got.kernel_key, key);
            measure_clear(&got);
        } else {
            assert_int_equal(db_cache_get(b.db, &q, LEVEL_L2, key, &got, &err),
                ST_NOT_FOUND);
        }
    }
    OK(db_cache_list(b.db, &q, collect_kernel, &found, &err));
    assert_int_equal(found.n, 4);
    assert_non_null(strstr(found.text, "L2:k13 "));
    assert_non_null(strstr(found.text, "L2:k0 "));
    assert_non_null(strstr(found.text, "L2:k11 "));
    assert_non_null(strstr(found.text, "L2:k1 "));
    q.device = "b";
    found = (struct kernels){ 0 };
    OK(db_cache_list(b.db, &q, collect_kernel, &found, &err));
    assert_int_equal(found.n, 0);
}

/* The newest that is not noisy; those that are stale once it is quieter. */
static void
a_noisy_row_stands_in_where_there_is_no_other(void **state)
{
    struct bench b = bench(state);
    struct err err = { 0 };
    struct cache_query q = { "a", "env1", 0, T0 };
    struct measure good = store_row(
                       store_profiled(&b, "env1", T0 - DAY_MS), "k", 100),
                   noisy = store_row(
                       store_profiled(&b, "env1", T0 - MINUTE_MS), "k", 130),
                   got;
    struct kernels found = { 0 };
    int64_t n = 0;

    noisy.grade = 'C';
    store_measure(&b, &good);
    store_measure(&b, &noisy);
    noisy.kernel_key = TEXT("other");
    noisy.index = 1;
    store_measure(&b, &noisy);
    OK(db_cache_get(b.db, &q, LEVEL_L2, "k", &got, &err));
    assert_int_equal(got.grade, 'A');
    measure_clear(&got);
    OK(db_cache_get(b.db, &q, LEVEL_L2, "other", &got, &err));
    assert_int_equal(got.grade, 'C');
    measure_clear(&got);
    OK(db_cache_expire_noisy(b.db, &q, INT64_MAX, &n, &err));
    assert_int_equal(n, 2);
    OK(db_cache_list(b.db, &q, collect_kernel, &found, &err));
    assert_string_equal(found.text, "L2:k ");
}

/* All profiles get one. */
static void
add_closure(const struct store *s)
{
    sqlite3 *db;

    assert_int_equal(sqlite3_open(s->path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, "UPDATE profile SET closure_rel = 0.01",
                         NULL, NULL, NULL),
        SQLITE_OK);
    sqlite3_close(db);
}

/* A network in situ is used again with its plain twin, or not at all. */
static void
a_run_in_situ_is_found_as_one(void **state)
{
    static const struct {
        char grade[2];    /* of the whole at L0 and at L1 */
        int64_t flags[3]; /* of those two, and of a layer at L1 */
        bool found;
    } runs[] = {
        { { 'A', 'B' }, { 0, FLAG(overhead_high), FLAG(short_layer) }, true },
        { { 'C', 'A' }, { 0, 0, 0 }, false },
        { { 'A', 'C' }, { 0, 0, 0 }, false },
        { { 'A', 'A' }, { FLAG(stale), 0, 0 }, false },
        { { 'A', 'A' }, { FLAG(cached), FLAG(cached), 0 }, false },
        { { 'A', 'A' }, { 0, 0, FLAG(stale) }, false },
    };
    struct bench b = bench(state);
    struct cache_query q = { "a", "env1", 0, T0 };
    struct err err = { 0 };

    for (size_t i = 0; i < sizeof(runs) / sizeof(runs[0]); i++) {
        struct measure m[3];
        int64_t id = store_profiled(&b, "env1", T0 - DAY_MS), got = 0;
        char key[8];

        snprintf(key, sizeof(key), "k%zu", i);
        for (size_t k = 0; k < 3; k++) {
            m[k] = store_row(id, k < 2 ? key : "layer", 100);
            m[k].level = k == 0 ? LEVEL_L0 : LEVEL_L1;
            m[k].role = k < 2 ? ROLE_WHOLE : ROLE_LAYER;
            m[k].grade = k < 2 ? runs[i].grade[k] : 'C';
            m[k].flags = runs[i].flags[k];
            store_measure(&b, &m[k]);
        }
        err_clear(&err);
        assert_int_equal(db_cache_insitu(b.db, &q, key, &got, &err),
            ST_NOT_FOUND); /* it has no closure */
        add_closure(b.s);
        err_clear(&err);
        assert_int_equal(db_cache_insitu(b.db, &q, key, &got, &err),
            runs[i].found ? ST_OK : ST_NOT_FOUND);
        assert_int_equal(got, runs[i].found ? id : 0);
    }
}

static void
a_copy_names_its_source_and_shares_its_epochs(void **state)
{
    struct bench b = bench(state);
    struct err err = { 0 };
    struct cache_query q = { "a", "env1", 0, T0 };
    struct counter c = { TEXT("PAPI_TOT_INS"), 7 };
    struct measure old = store_row(store_profiled(&b, "env1", T0 - 5), "k", 90),
                   new, got;
    int64_t profile = store_profiled(&b, "env1", T0), newest, id, again;
    double *ns;
    size_t n;

    store_measure(&b, &old);
    new = store_row(store_profiled(&b, "env1", T0 - 1), "k", 100);
    new.counters = &c;
    new.n_counters = 1;
    newest = store_measure(&b, &new);
    OK(db_cache_get(b.db, &q, LEVEL_L2, "k", &got, &err));
    assert_int_equal(got.id, newest);
    measure_clear(&got);
    OK(db_cache_copy(b.db, newest,
        &(struct cache_place){ profile, 8, ROLE_LAYER, "conv9" }, &id, &err));
    OK(db_measure_get(b.db, id, &got, &err));
    assert_int_equal(got.profile, profile);
    assert_int_equal(got.index, 8);
    assert_string_equal(got.name, "conv9");
    assert_int_equal(got.cached_from, newest);
    assert_int_equal(got.flags, FLAG(cached));
    assert_float_equal(got.median_ns, 100, 0);
    assert_float_equal(got.first_ns, 200, 0);
    assert_int_equal(got.n_counters, 1);
    assert_non_null(got.epochs_sha256);
    measure_clear(&got);
    OK(db_measure_epochs(b.db, id, &ns, &n, &err));
    assert_int_equal(n, 4);
    free(ns);
    /* A copy is no source: a copy of it names the original, and the look-up
     * still finds that. */
    OK(db_cache_copy(b.db, id,
        &(struct cache_place){ profile, 9, ROLE_LAYER, "conv10" }, &again,
        &err));
    OK(db_measure_get(b.db, again, &got, &err));
    assert_int_equal(got.cached_from, newest);
    measure_clear(&got);
    OK(db_cache_get(b.db, &q, LEVEL_L2, "k", &got, &err));
    assert_int_equal(got.id, newest);
    measure_clear(&got);
    assert_int_equal(
        db_cache_copy(b.db, 999,
            &(struct cache_place){ profile, 0, ROLE_LAYER, "x" }, &id, &err),
        ST_NOT_FOUND);
}

int
main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, store_setup, store_teardown)
    const struct CMUnitTest tests[] = {
        T(only_sound_young_measurements_are_used_again),
        T(a_noisy_row_stands_in_where_there_is_no_other),
        T(a_run_in_situ_is_found_as_one),
        T(a_copy_names_its_source_and_shares_its_epochs),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
