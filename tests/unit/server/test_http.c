/* SPDX-License-Identifier: MIT */
/* The dispatcher: routes, methods, bodies, problems, headers. */
#include "unit/server/call.h"

#include <stdio.h>

static void
failures_name_their_cause(void **state)
{
    static const struct {
        const char *method, *url, *body;
        int status;
        const char *code;
    } bad[] = {
        { "GET", "/v1/nothing", NULL, 404, "request.no_route" },
        { "GET", "/nothing.js", NULL, 404, "request.no_route" },
        { "POST", "/nothing.js", NULL, 404, "request.no_route" },
        { "DELETE", "/index.html/", NULL, 404, "request.no_route" },
        { "POST", "/app.js", NULL, 405, "request.method" },
        { "GET", "//", NULL, 404, "request.no_route" },
        { "GET", "/v1/jobs/7/8", NULL, 404, "request.no_route" },
        { "GET", "/v1/jobs/", NULL, 404, "request.no_route" },
        { "GET", "/v1/jobs/7", NULL, 404, "job.not_found" },
        { "GET", "/v1/jobs/abc", NULL, 400, "request.id" },
        { "GET", "/v1/jobs/0", NULL, 400, "request.id" },
        { "GET", "/v1/jobs/-1", NULL, 400, "request.id" },
        { "GET", "/v1/jobs/99999999999999999999", NULL, 400, "request.id" },
        { "GET", "/v1/models/ABCD", NULL, 400, "request.id" },
        { "DELETE", "/v1/jobs/1", NULL, 405, "request.method" },
        { "GET", "/v1/jobs/7:cancel", NULL, 405, "request.method" },
        { "BREW", "/healthz", NULL, 405, "request.method" },
        { "GET", "/healthz?x=1", NULL, 400, "request.query" },
        { "GET", "/v1/jobs?limit=0", NULL, 400, "request.query" },
        { "GET", "/v1/jobs?limit=501", NULL, 400, "request.query" },
        { "GET", "/v1/jobs?limit=5x", NULL, 400, "request.query" },
        { "GET", "/v1/jobs?cursor=-1", NULL, 400, "request.query" },
        { "GET", "/v1/jobs/7?wait=61", NULL, 400, "request.query" },
        { "GET", "/v1/jobs/7?wait=", NULL, 400, "request.query" },
        { "POST", "/v1/models", "{", 400, "request.json" },
        { "POST", "/v1/models", "{\"a\":1} x", 400, "request.json" },
        { "POST", "/v1/models", "{\"name\":\"a\",\"name\":\"b\"}", 400,
            "request.json" },
        { "POST", "/v1/models", "{\"name\":\"\xff\"}", 400, "request.json" },
        { "POST", "/v1/models", "[1]", 400, "request.field" },
        { "POST", "/v1/models", "{\"nam\":\"a\"}", 400, "request.field" },
        { "POST", "/v1/jobs/1:cancel", "{}", 400, "request.body" },
        { "GET", "/healthz", "{}", 400, "request.body" },
    };

    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        call_fails(*state, bad[i].status, bad[i].code, bad[i].method,
            bad[i].url, bad[i].body);
}

static void
a_problem_has_every_member(void **state)
{
    json_t *o = call(*state, 404, "GET", "/v1/nothing", NULL);
    const char *id = json_string_value(json_object_get(o, "request_id"));

    assert_string_equal(json_string_value(json_object_get(o, "type")),
        "urn:offramp:problem:request.no_route");
    assert_string_equal(
        json_string_value(json_object_get(o, "title")), "No such resource");
    assert_true(json_is_false(json_object_get(o, "retryable")));
    assert_non_null(
        strstr(json_string_value(json_object_get(o, "detail")), "/v1/nothing"));
    assert_int_equal(strlen(id), 16);
    assert_int_equal(json_object_size(o), 7);
    json_decref(o);
}

static void
a_problem_can_quote_any_bytes(void **state)
{
    json_t *o = call(*state, 404, "GET", "/v1/\xff\xc3x", NULL);

    assert_non_null(
        strstr(json_string_value(json_object_get(o, "detail")), "/v1/??x"));
    json_decref(o);
}

static void
a_wrong_method_is_told_the_right_ones(void **state)
{
    static const struct {
        const char *method, *url;
        int status;
        const char *allow;
    } cases[] = {
        { "DELETE", "/v1/models", 405, "POST, GET, HEAD, OPTIONS" },
        { "GET", "/v1/sessions/x", 405, "DELETE, OPTIONS" },
        { "POST", "/", 405, "GET, HEAD, OPTIONS" },
        { "OPTIONS", "/v1/models", 204, "POST, GET, HEAD, OPTIONS" },
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct answer a = call_ask(*state,
            &(struct ask){ .method = cases[i].method, .url = cases[i].url });

        assert_int_equal(a.status, cases[i].status);
        assert_string_equal(answer_header(&a, "Allow"), cases[i].allow);
        answer_clear(&a);
    }
}

static void
head_is_answered_as_get(void **state)
{
    struct answer a =
        call_ask(*state, &(struct ask){ .method = "HEAD", .url = "/healthz" });

    assert_int_equal(a.status, 200);
    assert_string_equal(a.reply.type, "application/json");
    answer_clear(&a);
}

static void
bodies_are_judged_by_their_headers(void **state)
{
    static const struct {
        struct ask ask;
        int status;
        const char *code;
    } cases[] = {
        { { .method = "POST",
              .url = "/v1/models",
              .body = "a=b",
              .type = "application/x-www-form-urlencoded" },
            415, "request.media_type" },
        { { .method = "POST", .url = "/v1/models", .body = "{}", .type = "" },
            415, "request.media_type" },
        { { .method = "POST",
              .url = "/v1/models",
              .body = "{}",
              .type = "application/jsonx" },
            415, "request.media_type" },
        { { .method = "POST",
              .url = "/v1/models",
              .body = "{}",
              .type = "Application/JSON; charset=utf-8" },
            400, "request.field" },
        { { .method = "POST",
              .url = "/v1/records",
              .body = "x",
              .type = "text/plain" },
            415, "request.media_type" },
        { { .method = "POST",
              .url = "/v1/models",
              .body = "{}",
              .headers = { { "Content-Length", "65537" } } },
            413, "request.too_large" },
        { { .method = "POST",
              .url = "/v1/models",
              .body = "{}",
              .headers = { { "Content-Length", "-2" } } },
            400, "request.header" },
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct answer a = call_ask(*state, &cases[i].ask);

        assert_int_equal(a.status, cases[i].status);
        assert_string_equal(
            json_string_value(json_object_get(a.json, "code")), cases[i].code);
        answer_clear(&a);
    }
}

static void
too_large_names_the_limit(void **state)
{
    struct answer a = call_ask(
        *state, &(struct ask){ .method = "PUT",
                    .url = "/v1/blobs/sha256:e3b0c44298fc1c149afbf4c8996fb924"
                           "27ae41e4649b934ca495991b7852b855",
                    .body = "x",
                    .headers = { { "Content-Length", "9999999999999" } } });

    assert_int_equal(a.status, 413);
    assert_non_null(strstr(json_string_value(json_object_get(a.json, "detail")),
        "1073741824 bytes"));
    answer_clear(&a);
}

static void
a_sane_request_id_comes_back(void **state)
{
    static const struct {
        const char *sent;
        bool kept;
    } cases[] = { { "abc-1.2_3", true }, { "a b", false }, { "", false },
        { "<script>", false } };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct answer a = call_ask(
            *state, &(struct ask){ .method = "GET",
                        .url = "/v1/nothing",
                        .headers = { { "x-request-id", cases[i].sent } } });
        const char *id =
            json_string_value(json_object_get(a.json, "request_id"));

        assert_int_equal(strcmp(id, cases[i].sent) == 0, cases[i].kept);
        answer_clear(&a);
    }
}

static void
the_page_is_served_and_cached_by_tag(void **state)
{
    struct answer a =
        call_ask(*state, &(struct ask){ .method = "GET", .url = "/" });
    struct answer again;
    char tag[64];

    assert_int_equal(a.status, 200);
    assert_string_equal(a.reply.type, "text/html; charset=utf-8");
    assert_non_null(strstr(a.body, "<html"));
    snprintf(tag, sizeof(tag), "W/\"x\", %s", answer_header(&a, "ETag"));
    again = call_ask(*state, &(struct ask){ .method = "GET",
                                 .url = "/",
                                 .headers = { { "If-None-Match", tag } } });
    assert_int_equal(again.status, 304);
    assert_int_equal(again.reply.len, 0);
    answer_clear(&a);
    answer_clear(&again);
}

static void
the_description_is_served(void **state)
{
    struct answer a = call_ask(
        *state, &(struct ask){ .method = "GET", .url = "/openapi.yaml" });

    assert_int_equal(a.status, 200);
    assert_non_null(strstr(a.body, "openapi: 3."));
    answer_clear(&a);
}

static void
metrics_end_as_openmetrics_must(void **state)
{
    struct answer a =
        call_ask(*state, &(struct ask){ .method = "GET", .url = "/metrics" });
    size_t n;

    assert_int_equal(a.status, 200);
    assert_non_null(strstr(a.reply.type, "openmetrics-text; version=1.0.0"));
    n = strlen(a.body);
    assert_string_equal(a.body + n - 6, "# EOF\n");
    assert_non_null(strstr(a.body, "\nofframp_jobs{state=\"queued\"} 0\n"));
    assert_non_null(strstr(a.body, "\nofframp_leases_expired_total 0\n"));
    assert_non_null(
        strstr(a.body, "\nofframp_job_queue_seconds_bucket{le=\"+Inf\"} 0\n"));
    assert_non_null(strstr(a.body, "\n# TYPE offramp_golden_ratio gauge\n"));
    answer_clear(&a);
}

static void
every_route_is_whole(void **state)
{
    (void)state;
    for (const struct route *r = routes; r->method != NULL; r++) {
        assert_non_null(r->fn);
        assert_int_equal(r->pattern[0], '/');
        assert_true(!(r->body & BODY_JSON) || r->body_cap > 0);
        assert_true(strcmp(r->method, "GET") != 0 || r->body == BODY_NONE);
        for (const struct route *o = r + 1; o->method != NULL; o++)
            assert_false(strcmp(r->method, o->method) == 0 &&
                         strcmp(r->pattern, o->pattern) == 0);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(failures_name_their_cause),
        cmocka_unit_test(a_problem_has_every_member),
        cmocka_unit_test(a_problem_can_quote_any_bytes),
        cmocka_unit_test(a_wrong_method_is_told_the_right_ones),
        cmocka_unit_test(head_is_answered_as_get),
        cmocka_unit_test(bodies_are_judged_by_their_headers),
        cmocka_unit_test(too_large_names_the_limit),
        cmocka_unit_test(a_sane_request_id_comes_back),
        cmocka_unit_test(the_page_is_served_and_cached_by_tag),
        cmocka_unit_test(the_description_is_served),
        cmocka_unit_test(metrics_end_as_openmetrics_must),
        cmocka_unit_test(every_route_is_whole),
    };

    return cmocka_run_group_tests(tests, service_setup, service_teardown);
}
