/* SPDX-License-Identifier: MIT */
/* Native tables of another server: what becomes of them, and what is
 * refused.  The table is the golden file of the native export. */
#include "unit/server/call.h"

#include <stdio.h>

#include "base/file.h"
#include "db/chart.h"
#include "db/measure.h"

enum { TABLE_MAX = 1 << 20 };

static json_t *
load_table(void)
{
    json_t *doc;

    assert_int_equal(json_file_load(OFFRAMP_FIXTURES "/export/profile.json",
                         TABLE_MAX, &doc, NULL),
        ST_OK);
    return doc;
}

static json_t *
import(struct service *s, int status, const json_t *table)
{
    char *text = json_dumps(table, 0);
    json_t *o = call(s, status, "POST", "/v1/import", text);

    free(text);
    return o;
}

static void
strip_rows(json_t *rows)
{
    json_t *row;
    size_t i;

    json_array_foreach(rows, i, row) json_object_del(row, "id");
}

/* What may differ between a table and the table of its import. */
static void
strip(json_t *table)
{
    json_object_del(table, "profile");
    json_object_del(table, "origin");
    json_object_del(json_object_get(table, "e2e"), "id");
    strip_rows(json_object_get(table, "omitted"));
}

static void
what_comes_in_goes_out_again(void **state)
{
    struct service *s = *state;
    json_t *table = load_table(), *profile, *out, *origin;
    char url[80];

    profile = import(s, 201, table);
    origin = json_object_get(profile, "origin");
    assert_int_equal(json_integer_value(json_object_get(origin, "profile")),
        json_integer_value(json_object_get(table, "profile")));
    assert_true(json_is_null(json_object_get(profile, "job")));
    assert_string_equal(json_get_string(profile, "model_name", ""),
        json_get_string(json_object_get(table, "model"), "name", "?"));
    snprintf(url, sizeof(url), "/v1/export/json?profile=%lld&min_grade=B",
        (long long)json_integer_value(json_object_get(profile, "id")));
    out = call(s, 200, "GET", url, NULL);
    assert_true(json_is_object(json_object_get(out, "origin")));
    strip(out);
    strip(table);
    assert_true(json_equal(out, table));
    json_decref(out);
    json_decref(profile);
    json_decref(table);
}

static void
the_same_table_again_is_the_same_profile(void **state)
{
    struct service *s = *state;
    json_t *table = load_table(), *first, *second, *list;

    first = import(s, 201, table);
    s->now_ms += 1000;
    second = import(s, 200, table);
    assert_true(json_equal(first, second));
    list = call(s, 200, "GET", "/v1/profiles", NULL);
    assert_int_equal(json_array_size(json_object_get(list, "items")), 1);
    json_decref(list);
    json_decref(first);
    json_decref(second);
    json_decref(table);
}

static void
every_view_and_format_has_it(void **state)
{
    static const char *const urls[] = { "/v1/profiles/1", "/v1/profiles/1/env",
        "/v1/profiles/1/layers", "/v1/profiles/1/analysis",
        "/v1/profiles/1/diff/1", "/v1/export/csv?profile=1",
        "/v1/export/chrome?profile=1", "/v1/export/ort?profile=1",
        "/v1/export/openmetrics?profile=1", "/v1/export/tflite?profile=1",
        "/v1/export/model-explorer?profile=1" };
    struct service *s = *state;
    json_t *table = load_table();

    json_decref(import(s, 201, table));
    for (size_t i = 0; i < sizeof(urls) / sizeof(urls[0]); i++) {
        struct answer a =
            call_ask(s, &(struct ask){ .method = "GET", .url = urls[i] });

        if (a.status != 200)
            fail_msg("%s: %d", urls[i], a.status);
        answer_clear(&a);
    }
    json_decref(table);
}

/* Of an import elsewhere, and before that of one more: all is kept. */
static void
where_it_was_before_stays_with_it(void **state)
{
    struct service *s = *state;
    json_t *table = load_table(), *profile, *out, *origin;
    static const char text[] =
        "{\"sha256\":"
        "\"1111111111111111111111111111111111111111111111111111111111111111\","
        "\"generator\":\"offramp 0.0.9\",\"profile\":12,"
        "\"imported_at\":\"2026-01-02T03:04:05Z\",\"origin\":{\"sha256\":"
        "\"2222222222222222222222222222222222222222222222222222222222222222\","
        "\"generator\":\"offramp 0.0.8\",\"profile\":7,"
        "\"imported_at\":\"2026-01-01T03:04:05Z\",\"origin\":null}}";

    origin = json_loads(text, 0, NULL);
    json_object_set(table, "origin", origin);
    profile = import(s, 201, table);
    assert_true(json_equal(
        json_object_get(json_object_get(profile, "origin"), "origin"), origin));
    out = call(s, 200, "GET", "/v1/export/json?profile=1", NULL);
    assert_true(json_equal(
        json_object_get(json_object_get(out, "origin"), "origin"), origin));
    json_decref(import(s, 201, out)); /* what goes out can come in */
    json_decref(out);
    json_decref(origin);
    json_decref(profile);
    json_decref(table);
}

/* A board's counts have no interval, and are no worse for it. */
static void
an_emulated_whole_keeps_its_grade(void **state)
{
    struct service *s = *state;
    json_t *table = load_table(), *profile, *v, *closure;
    json_t *e2e = json_object_get(table, "e2e");
    const char *name;

    json_object_foreach(e2e, name, v)
    {
        if (strstr(name, "_ns") != NULL)
            json_object_set_new(e2e, name, json_null());
    }
    json_object_set_new(e2e, "source", json_string("emulated"));
    closure = json_object_get(table, "closure");
    json_object_set_new(closure, "whole_ns", json_null());
    profile = import(s, 201, table);
    assert_string_equal(json_get_string(profile, "grade", ""),
        json_get_string(table, "grade", "?"));
    json_decref(profile);
    json_decref(table);
}

/* Below the grade asked for, it is listed and nowhere else. */
static void
a_poor_whole_is_only_listed(void **state)
{
    struct service *s = *state;
    json_t *table = load_table(), *out, *row;
    size_t i, listed = 0;

    json_object_set_new(
        json_object_get(table, "e2e"), "grade", json_string("C"));
    json_decref(import(s, 201, table));
    out = call(s, 200, "GET", "/v1/export/json?profile=1&min_grade=B", NULL);
    assert_true(json_is_null(json_object_get(out, "e2e")));
    json_array_foreach(json_object_get(out, "omitted"), i, row) listed +=
        strcmp(json_get_string(row, "level", ""), "L0") == 0;
    assert_int_equal(listed, 1);
    json_decref(import(s, 201, out));
    json_decref(out);
    json_decref(table);
}

static enum status
count_point(const struct chart_row *r, void *ctx)
{
    (void)r;
    ++*(int *)ctx;
    return ST_OK;
}

static enum status
count_kernel(enum level level, const char *key, double ns, void *ctx)
{
    (void)level;
    (void)ns;
    (void)key;
    ++*(int *)ctx;
    return ST_OK;
}

/* Not even on a device of the same name in the same environment. */
static void
it_is_never_taken_for_what_was_measured_here(void **state)
{
    struct service *s = *state;
    json_t *table = load_table(), *o;
    const char *fingerprint = json_get_string(table, "env_fingerprint", "");
    const struct cache_query q = { .device = "localhost",
        .env_fingerprint = fingerprint,
        .now_ms = s->now_ms };
    char body[512];
    int n = 0;

    snprintf(body, sizeof(body),
        "{\"version\":\"0.1.0\",\"kinds\":[\"profile\"],\"devices\":[{"
        "\"name\":\"localhost\",\"env_fingerprint\":\"%s\"}]}",
        fingerprint);
    json_decref(call(s, 201, "POST", "/v1/agents/lab/sessions", body));
    json_decref(import(s, 201, table));
    assert_int_equal(db_cache_list(s->db, &q, count_kernel, &n, NULL), ST_OK);
    assert_int_equal(
        db_chart_list(s->db, "localhost", NULL, count_point, &n, NULL), ST_OK);
    assert_int_equal(n, 0);
    o = call(s, 200, "GET", "/v1/profiles?device=localhost", NULL);
    assert_int_equal(json_array_size(json_object_get(o, "items")), 0);
    json_decref(o);
    o = call(s, 200, "GET", "/v1/costs", NULL);
    assert_int_equal(json_array_size(json_object_get(o, "items")), 0);
    json_decref(o);
    json_decref(table);
}

/* Set the member at a path such as "layers/1/median_ns"; NULL removes it. */
static void
bend(json_t *o, const char *path, const char *value)
{
    char part[64];
    size_t len = strcspn(path, "/");
    json_t *v;

    snprintf(part, sizeof(part), "%.*s", (int)len, path);
    if (path[len] == '/') {
        bend(json_is_array(o) ? json_array_get(o, strtoul(part, NULL, 10))
                              : json_object_get(o, part),
            path + len + 1, value);
        return;
    }
    assert_true(json_is_object(o));
    if (value == NULL) {
        assert_int_equal(json_object_del(o, part), 0);
        return;
    }
    v = json_loads(value, JSON_DECODE_ANY, NULL);
    assert_non_null(v);
    json_object_set_new(o, part, v);
}

static void
what_is_wrong_is_named(void **state)
{
    static const struct {
        const char *path, *value, *names;
    } rows[] = {
        { "schema", "\"offramp.export/9\"", "schema" },
        { "schema", NULL, "schema" },
        { "median_unit", "\"us\"", "median_unit" },
        { "profile", "0", "profile" },
        { "profile", "\"1\"", "profile" },
        { "generator", NULL, "generator" },
        { "created", "\"yesterday\"", "created" },
        { "finished_at", "\"2020-01-01T00:00:00Z\"", "finished_at" },
        { "statistic", "\"mean\"", "statistic" },
        { "min_grade", "\"D\"", "min_grade" },
        { "grade", "\"\"", "grade" },
        { "flags", "[\"no_such_flag\"]", "flags[0]" },
        { "check", "{}", "check.pass" },
        { "device/name", "\"../etc\"", "device.name" },
        { "device/stable/threads", "8", "env_fingerprint" },
        { "device/volatile", "{}", "env_sha256" },
        { "env_fingerprint", "\"abc\"", "env_fingerprint" },
        { "model/id", "\"abc\"", "model.id" },
        { "model/analysis", "{}", "model.analysis" },
        { "model/analysis/layers/0/index", "3", "layers[0].index" },
        { "model/analysis/layers/0/kernel_key", "7", "layers[0].kernel_key" },
        { "layers/0/index", "77", "layers[0].index" },
        { "layers/0/level", "\"L9\"", "layers[0].level" },
        { "layers/0/kernel_key",
            "\"0000000000000000000000000000000000000000000000000000000000000000"
            "\"",
            "layers[0].kernel_key" },
        { "layers/0/median_ns", "-1", "layers[0].median_ns" },
        { "layers/0/median_ns", "1e300", "layers[0].median_ns" },
        { "layers/0/median_ns", "\"12\"", "layers[0].median_ns" },
        { "layers/0/median_ns", "0.1", "layers[0].median_ns" },
        { "layers/0/median_us", "12", "layers[0].median_us" },
        { "layers/0/source", "\"guessed\"", "layers[0].source" },
        { "layers/0", NULL, NULL },
        { "rows/0/role", "\"king\"", "rows[0].role" },
        { "rows/0/energy_j", "1", "rows[0].energy_j" },
        { "e2e/level", "\"L2\"", "e2e" },
        { "closure/whole_ns", "540", "closure.whole_ns" },
        { "exits/0/index", "50", "exits[0].index" },
        { "omitted", "7", "omitted" },
        { "origin", "7", "origin" },
        { "origin", "{\"profile\":1}", "origin" },
        { "layers", "{}", "layers" },
    };
    struct service *s = *state;

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        json_t *table = load_table();
        struct answer a;
        char *text;

        if (rows[i].names == NULL) { /* the same row twice */
            json_t *layers = json_object_get(table, "layers");

            json_array_append(layers, json_array_get(layers, 0));
        } else {
            bend(table, rows[i].path, rows[i].value);
        }
        text = json_dumps(table, 0);
        a = call_ask(
            s, &(struct ask){
                   .method = "POST", .url = "/v1/import", .body = text });
        if (a.status != 400 && a.status != 422)
            fail_msg("%s = %s: %d", rows[i].path, rows[i].value, a.status);
        if (strstr(json_get_string(a.json, "detail", ""),
                rows[i].names ? rows[i].names : "is there twice") == NULL)
            fail_msg(
                "%s: %s", rows[i].path, json_get_string(a.json, "detail", ""));
        answer_clear(&a);
        free(text);
        json_decref(table);
    }
}

/* All times of the layers in another unit, consistently. */
static void
layers_in_another_unit_do_not_add_up(void **state)
{
    struct service *s = *state;
    json_t *table = load_table(), *row, *o;
    const char *name;
    json_t *v;
    size_t i;

    json_array_foreach(json_object_get(table, "layers"), i, row)
    {
        json_object_foreach(row, name, v)
        {
            if (strstr(name, "_ns") != NULL && json_is_number(v))
                json_object_set_new(
                    row, name, json_real(json_number_value(v) / 1e3));
        }
    }
    o = import(s, 422, table);
    assert_non_null(strstr(json_get_string(o, "detail", ""), "all times are"));
    json_decref(o);
    json_decref(table);
}

static void
what_is_no_document_is_refused(void **state)
{
    struct service *s = *state;
    json_t *table = load_table();
    char *text = json_dumps(table, 0);
    size_t len = strlen(text);
    static const char huge_claim[] = "{}";
    struct answer a;

    for (size_t cut = 0; cut < len; cut += len / 37 + 1) {
        char *part = strndup(text, cut);

        call_fails(s, 400, "request.json", "POST", "/v1/import", part);
        free(part);
    }
    call_fails(
        s, 400, "request.json", "POST", "/v1/import", "{\"profile\": NaN}");
    call_fails(s, 400, "request.json", "POST", "/v1/import",
        "{\"profile\": 1, \"profile\": 2}");
    call_fails(s, 422, "import.content", "POST", "/v1/import", "{}");
    a = call_ask(s, &(struct ask){ .method = "POST",
                        .url = "/v1/import",
                        .body = huge_claim,
                        .headers = { { "Content-Length", "104857600" } } });
    assert_int_equal(a.status, 413);
    answer_clear(&a);
    free(text);
    json_decref(table);
}

int
main(void)
{
#define T(test)                                                                \
    cmocka_unit_test_setup_teardown(test, service_setup, service_teardown)
    const struct CMUnitTest tests[] = {
        T(what_comes_in_goes_out_again),
        T(where_it_was_before_stays_with_it),
        T(an_emulated_whole_keeps_its_grade),
        T(a_poor_whole_is_only_listed),
        T(the_same_table_again_is_the_same_profile),
        T(every_view_and_format_has_it),
        T(it_is_never_taken_for_what_was_measured_here),
        T(what_is_wrong_is_named),
        T(layers_in_another_unit_do_not_add_up),
        T(what_is_no_document_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
