/* SPDX-License-Identifier: MIT */
/* The golden kernels as tasks of their own: when a device runs them, and what
 * becomes of one that is off its chart. */
#include "unit/server/call.h"

#include <stdio.h>

#include "base/env_digest.h"
#include "base/flag.h"
#include "db/blob.h"
#include "db/golden.h"
#include "db/job.h"
#include "db/model.h"
#include "db/profile.h"
#include "db/queue.h"

enum { MINUTE_MS = 60 * 1000, HOUR_MS = 60 * MINUTE_MS };

/* An agent with one board, and what it was last given. */
struct board {
    struct service *s;
    char session[96];
    char fingerprint[HASH_HEX], env_sha256[HASH_HEX];
    char kind[16], reason[16];
    int64_t lease, epoch;
};

static void
board_open(struct board *b, struct service *s, const char *kinds)
{
    json_t *env = json_pack("{s:{},s:{}}", "stable", "volatile"), *o;
    char body[512];

    *b = (struct board){ .s = s };
    assert_int_equal(
        env_fingerprint(json_object_get(env, "stable"), b->fingerprint, NULL),
        ST_OK);
    assert_int_equal(env_hash(env, b->env_sha256, NULL), ST_OK);
    json_decref(env);
    snprintf(body, sizeof(body),
        "{\"version\":\"0.1.0\",\"kinds\":[%s],\"devices\":[{\"name\":\"pi5\","
        "\"env\":{},\"env_fingerprint\":\"%s\"}]}",
        kinds, b->fingerprint);
    o = call(s, 201, "POST", "/v1/agents/lab/sessions", body);
    snprintf(b->session, sizeof(b->session), "/v1/sessions/%s",
        json_string_value(json_object_get(o, "session")));
    json_decref(o);
}

/* Ask for work; the kind that came, "" for none. */
static const char *
board_take(struct board *b)
{
    char url[128];
    struct answer a;
    const json_t *payload;

    snprintf(url, sizeof(url), "%s/lease", b->session);
    a = call_ask(b->s, &(struct ask){ .method = "POST",
                           .url = url,
                           .body = "{\"free\":1,\"devices\":[\"pi5\"]}" });
    b->kind[0] = b->reason[0] = '\0';
    if (a.status == 200) {
        payload = json_object_get(a.json, "payload");
        snprintf(b->kind, sizeof(b->kind), "%s",
            json_get_string(a.json, "kind", ""));
        snprintf(b->reason, sizeof(b->reason), "%s",
            json_get_string(payload, "reason", ""));
        b->lease = json_integer_value(json_object_get(a.json, "lease"));
        b->epoch = json_integer_value(json_object_get(a.json, "epoch"));
    } else {
        assert_int_equal(a.status, 204);
    }
    answer_clear(&a);
    return b->kind;
}

static void
board_takes(struct board *b, const char *kind, const char *reason)
{
    assert_string_equal(board_take(b), kind);
    assert_string_equal(b->reason, reason);
}

/* Send a body for the lease in hand; the answer's status and code. */
static int
board_answer(struct board *b, const char *body, char code[48])
{
    char url[64], epoch[24];
    struct answer a;
    int status;

    snprintf(url, sizeof(url), "/v1/leases/%lld/result", (long long)b->lease);
    snprintf(epoch, sizeof(epoch), "%lld", (long long)b->epoch);
    a = call_ask(b->s, &(struct ask){ .method = "PUT",
                           .url = url,
                           .body = body,
                           .headers = { { "Lease-Epoch", epoch } } });
    status = a.status;
    snprintf(code, 48, "%s", json_get_string(a.json, "code", ""));
    answer_clear(&a);
    return status;
}

static void
board_fails(struct board *b, const char *class)
{
    char body[96], code[48];

    snprintf(body, sizeof(body),
        "{\"status\":\"failed\",\"class\":\"%s\",\"code\":\"%s.test\"}", class,
        class);
    assert_int_equal(board_answer(b, body, code), 201);
}

static const char row_text[] =
    "{\"level\":\"L2\",\"role\":\"%s\",\"index\":0,\"name\":\"%s\","
    "\"source\":\"measured\",\"n_epochs\":11,\"iters_per_epoch\":9,"
    "\"min_ns\":%g,\"median_ns\":%g,\"max_ns\":%g,\"ci95_lo_ns\":%g,"
    "\"ci95_hi_ns\":%g,\"n_mild\":0,\"n_severe\":0,\"flags\":[],"
    "\"grade\":\"A\",\"epochs_ns\":[]}";

static void
add_row(char *to, size_t cap, const char *role, const char *name, double ns)
{
    snprintf(to, cap, row_text, role, name, 0.99 * ns, ns, 1.01 * ns,
        0.995 * ns, 1.005 * ns);
}

/* A golden result whose one kernel took `ns`. */
static void
board_ran(struct board *b, double ns)
{
    char row[512], body[2048], code[48];

    add_row(row, sizeof(row), "sentinel", "golden.tiny", ns);
    snprintf(body, sizeof(body),
        "{\"status\":\"done\",\"result\":{\"schema\":\"offramp.golden/1\","
        "\"device\":\"pi5\",\"started_at\":\"2026-11-21T01:00:00Z\","
        "\"finished_at\":\"2026-11-21T01:00:03Z\",\"env\":{\"stable\":{},"
        "\"volatile\":{}},\"env_fingerprint\":\"%s\",\"env_sha256\":\"%s\","
        "\"flags\":[],\"rows\":[%s]}}",
        b->fingerprint, b->env_sha256, row);
    if (board_answer(b, body, code) != 201)
        fail_msg("%s", code);
}

/* A profile of a network of one layer, which takes `ns`, as golden.tiny does
 * times ten. */
static void
board_profiled(struct board *b, double ns)
{
    char golden[512], whole[512], body[4096], code[48];

    add_row(golden, sizeof(golden), "sentinel", "golden.tiny", ns);
    add_row(whole, sizeof(whole), "aa", "a", 10 * ns);
    snprintf(body, sizeof(body),
        "{\"status\":\"done\",\"result\":{\"schema\":\"offramp.profile/1\","
        "\"device\":\"pi5\",\"started_at\":\"2026-11-21T01:00:00Z\","
        "\"finished_at\":\"2026-11-21T01:00:03Z\",\"seed\":1,\"policy\":{},"
        "\"env\":{\"stable\":{},\"volatile\":{}},\"env_fingerprint\":\"%s\","
        "\"env_sha256\":\"%s\",\"check\":{\"pass\":true},\"closure\":{},"
        "\"exits\":[],\"flags\":[],\"grade\":\"A\",\"rows\":[%s,%s]}}",
        b->fingerprint, b->env_sha256, golden, whole);
    if (board_answer(b, body, code) != 201)
        fail_msg("%s", code);
}

/* A profile task for the board. */
static void
add_job(struct service *s)
{
    static const char *const devices[] = { "pi5" };
    char hex[HASH_HEX];
    struct model m = {
        .name = (char *)"net", .labels = (char *)"{}", .created_ms = s->now_ms
    };
    struct job j = { .name = (char *)"job",
        .model = hex,
        .owner = (char *)"",
        .devices = (char *)"[]",
        .levels = (char *)"[]",
        .policy = (char *)"{}",
        .priority = 100,
        .created_ms = s->now_ms };
    struct task_offer o = { .kind = TASK_PROFILE,
        .priority = 100,
        .devices = devices,
        .n_devices = 1,
        .payload = "{\"analysis\":{\"layers\":[],\"exits\":[]},\"levels\":[]}",
        .queue_timeout_ms = 1000 * INT64_C(24) * HOUR_MS,
        .now_ms = s->now_ms };
    int64_t id;

    assert_int_equal(db_blob_put(s->db, "x", 1, s->now_ms, hex, NULL), ST_OK);
    m.id = m.blob = hex;
    if (db_model_add(s->db, &m, NULL) == ST_OK)
        assert_int_equal(
            db_model_ready(s->db, hex, "{\"layers\":[]}", NULL), ST_OK);
    assert_int_equal(db_job_add(s->db, &j, &o.job, NULL), ST_OK);
    assert_int_equal(db_task_add(s->db, &o, &id, NULL), ST_OK);
}

static void
expect_health(struct service *s, const char *health)
{
    json_t *o = call(s, 200, "GET", "/v1/devices/pi5", NULL);

    assert_string_equal(json_get_string(o, "health", ""), health);
    json_decref(o);
}

static void
a_new_device_runs_them_before_its_first_job(void **state)
{
    struct service *s = *state;
    struct board b;
    json_t *o, *golden;

    board_open(&b, s, "\"profile\",\"golden\"");
    add_job(s);
    board_takes(&b, "golden", "first");
    o = call(s, 200, "GET", "/v1/devices/pi5", NULL);
    golden = json_object_get(o, "golden");
    assert_string_equal(json_get_string(golden, "state", ""), "leased");
    assert_true(json_is_null(json_object_get(golden, "last_at")));
    json_decref(o);
    board_ran(&b, 100);
    board_takes(&b, "profile", "");
    o = call(s, 200, "GET", "/v1/devices/pi5", NULL);
    golden = json_object_get(o, "golden");
    assert_true(json_is_null(json_object_get(golden, "task")));
    assert_true(json_is_string(json_object_get(golden, "last_at")));
    json_decref(o);
    o = call(s, 200, "GET", "/v1/devices/pi5/chart", NULL);
    golden = json_array_get(json_object_get(o, "items"), 0);
    assert_string_equal(json_get_string(golden, "reason", ""), "first");
    assert_true(json_is_null(json_object_get(golden, "profile")));
    json_decref(o);
}

static void
an_agent_that_cannot_run_them_gets_other_work(void **state)
{
    struct service *s = *state;
    struct board b;

    board_open(&b, s, "\"profile\"");
    add_job(s);
    board_takes(&b, "profile", "");
}

static void
they_are_due_daily(void **state)
{
    struct service *s = *state;
    struct board b;

    board_open(&b, s, "\"golden\"");
    board_takes(&b, "golden", "first");
    board_ran(&b, 100);
    s->now_ms += 24 * HOUR_MS - 1;
    board_takes(&b, "", "");
    s->now_ms += 1;
    board_takes(&b, "golden", "daily");
    board_ran(&b, 100);
    board_takes(&b, "", "");
}

static void
they_are_due_after_the_infrastructure_failed(void **state)
{
    struct service *s = *state;
    struct board b;

    board_open(&b, s, "\"profile\",\"golden\"");
    add_job(s);
    board_takes(&b, "golden", "first");
    board_ran(&b, 100);
    s->now_ms += 1000;
    board_takes(&b, "profile", "");
    s->now_ms += 1000;
    board_fails(&b, "infra");
    board_takes(&b, "golden", "infra");
    s->now_ms += 1000;
    board_ran(&b, 100);
    board_takes(&b, "profile", "");
}

static void
another_environment_is_another_device_to_them(void **state)
{
    struct service *s = *state;
    struct board b;
    char body[512];
    json_t *o;

    board_open(&b, s, "\"golden\"");
    board_takes(&b, "golden", "first");
    board_ran(&b, 100);
    snprintf(body, sizeof(body),
        "{\"version\":\"0.1.0\",\"kinds\":[\"golden\"],\"devices\":[{\"name\":"
        "\"pi5\",\"env_fingerprint\":\"%s\"}]}",
        b.env_sha256);
    o = call(s, 201, "POST", "/v1/agents/lab/sessions", body);
    snprintf(b.session, sizeof(b.session), "/v1/sessions/%s",
        json_string_value(json_object_get(o, "session")));
    json_decref(o);
    board_takes(&b, "golden", "first");
}

static void
a_check_that_fails_does_not_stop_other_work(void **state)
{
    struct service *s = *state;
    struct board b;

    board_open(&b, s, "\"profile\",\"golden\"");
    add_job(s);
    board_takes(&b, "golden", "first");
    board_fails(&b, "model"); /* never tried again by the queue */
    board_takes(&b, "profile", "");
    board_profiled(&b, 100);
    board_takes(&b, "", "");
    s->now_ms += DB_GOLDEN_AGAIN_MS;
    board_takes(&b, "golden", "first");
}

/* Five golden runs make the centre, 100. */
static void
make_chart(struct board *b)
{
    for (int i = 0; i < 5; i++) {
        assert_string_equal(board_take(b), "golden");
        board_ran(b, 100);
        b->s->now_ms += 24 * HOUR_MS;
    }
}

static void
a_device_off_its_chart_is_suspect_and_checked_again(void **state)
{
    struct service *s = *state;
    struct board b;

    board_open(&b, s, "\"profile\",\"golden\"");
    make_chart(&b);
    board_takes(&b, "golden", "daily");
    board_ran(&b, 120);
    expect_health(s, "suspect");
    board_takes(&b, "", ""); /* not at once: it may be passing */
    s->now_ms += DB_GOLDEN_AGAIN_MS;
    add_job(s);
    board_takes(&b, "golden", "suspect");
    board_ran(&b, 100);
    expect_health(s, "good");
    board_takes(&b, "profile", "");
}

static void
work_of_a_device_off_its_chart_is_taken_and_flagged(void **state)
{
    struct service *s = *state;
    struct board b;
    struct profile p;

    board_open(&b, s, "\"profile\",\"golden\"");
    make_chart(&b);
    board_takes(&b, "golden", "daily");
    board_ran(&b, 120);
    add_job(s);
    add_job(s);
    board_takes(&b, "profile", "");
    board_profiled(&b, 120);
    expect_health(s, "suspect");
    assert_int_equal(db_profile_get(s->db, 1, &p, NULL), ST_OK);
    assert_true((p.flags & FLAG(out_of_control)) != 0);
    assert_int_equal(p.grade, 'C');
    profile_clear(&p);
    s->now_ms += 1000;
    assert_string_equal(board_take(&b), "profile");
    board_profiled(&b, 101);
    expect_health(s, "good");
    assert_int_equal(db_profile_get(s->db, 2, &p, NULL), ST_OK);
    assert_true((p.flags & FLAG(out_of_control)) == 0);
    profile_clear(&p);
}

static void
a_wrong_result_is_refused_with_its_member(void **state)
{
    static const struct {
        const char *from, *to, *code;
    } rows[] = {
        { "golden/1", "golden/2", "result.schema" },
        { "pi5", "pi4", "result.device" },
        { "01:00:03Z", "00:00:03Z", "result.time" },
        { "\"sentinel\"", "\"aa\"", "result.row" },
        { "\"stable\":{}", "\"stable\":{\"cpu_model\":\"x\"}", "result.env" },
        { "\"volatile\":{}", "\"volatile\":{\"a\":1}", "result.env" },
        { "\"median_ns\":100", "\"median_ns\":-1", "request.field" },
        { "\"rows\":[{", "\"rows\":[],\"old\":[{", "result.row" },
    };
    struct service *s = *state;

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char row[512], good[2048], bad[2200], code[48];
        const char *at;
        struct board b;

        board_open(&b, s, "\"golden\"");
        assert_string_equal(board_take(&b), "golden");
        add_row(row, sizeof(row), "sentinel", "golden.tiny", 100);
        snprintf(good, sizeof(good),
            "{\"status\":\"done\",\"result\":{\"schema\":\"offramp.golden/1\","
            "\"device\":\"pi5\",\"started_at\":\"2026-11-21T01:00:00Z\","
            "\"finished_at\":\"2026-11-21T01:00:03Z\",\"env\":{\"stable\":{},"
            "\"volatile\":{}},\"env_fingerprint\":\"%s\",\"env_sha256\":"
            "\"%s\",\"flags\":[],\"rows\":[%s]}}",
            b.fingerprint, b.env_sha256, row);
        at = strstr(good, rows[i].from);
        assert_non_null(at);
        snprintf(bad, sizeof(bad), "%.*s%s%s", (int)(at - good), good,
            rows[i].to, at + strlen(rows[i].from));
        assert_in_range(board_answer(&b, bad, code), 400, 422);
        assert_string_equal(code, rows[i].code);
        json_decref(call(s, 200, "POST", "/v1/devices/pi5:reset-health", NULL));
        s->now_ms += DB_GOLDEN_AGAIN_MS;
    }
}

int
main(void)
{
#define T(test)                                                                \
    cmocka_unit_test_setup_teardown(test, service_setup, service_teardown)
    const struct CMUnitTest tests[] = {
        T(a_new_device_runs_them_before_its_first_job),
        T(an_agent_that_cannot_run_them_gets_other_work),
        T(they_are_due_daily),
        T(they_are_due_after_the_infrastructure_failed),
        T(another_environment_is_another_device_to_them),
        T(a_check_that_fails_does_not_stop_other_work),
        T(a_device_off_its_chart_is_suspect_and_checked_again),
        T(work_of_a_device_off_its_chart_is_taken_and_flagged),
        T(a_wrong_result_is_refused_with_its_member),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
