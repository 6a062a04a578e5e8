/* SPDX-License-Identifier: MIT */
#include "steps.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/file.h"
#include "base/hash.h"
#include "base/json.h"
#include "db/blob.h"
#include "db/queue.h"
#include "match.h"
#include "server/salvage.h"
#include "value.h"

static const int64_t START_MS = INT64_C(1795219200000); /* 2026-11-21 */

static bool
start(struct world *w, struct call *c, const char *request,
    const json_t *headers, const struct call_body *body)
{
    call_make(c, w->server, w->db, request, headers, body, w->now_ms);
    return call_send(c, body);
}

void
world_open(struct world *w)
{
    struct server_config config;
    struct err err = { 0 };

    memset(w, 0, sizeof(*w));
    strcpy(w->dir, "/tmp/offramp-api-XXXXXX");
    assert_non_null(mkdtemp(w->dir));
    snprintf(w->db_path, sizeof(w->db_path), "%s/store.db", w->dir);
    config = server_defaults(w->db_path);
    config.audit_rate = 0; /* cases say what is measured again */
    if (server_open(&w->server, &config, &err) != ST_OK ||
        server_db_take(w->server, &w->db, &err) != ST_OK)
        fail_msg("%s", err.text);
    w->now_ms = START_MS;
    w->vars = json_object();
    w->used = json_object();
    w->start = start;
}

void
world_close(struct world *w)
{
    server_db_give(w->server, w->db);
    server_close(w->server);
    json_decref(w->vars);
    json_decref(w->used);
    assert_int_equal(file_rmtree(w->dir, NULL), ST_OK);
}

/* ---- bodies ---- */

/* The body of a step: `json`, `raw` text, or `repeat` {text, times}; `before`
 * and `after` go around what is repeated.  The caller frees *text. */
static struct call_body
make_body(const struct world *w, const json_t *step, char **text)
{
    const json_t *v, *type = json_object_get(step, "type");
    struct call_body body = { .type = "application/json" };
    struct buf out;

    *text = NULL;
    buf_init(&out, 128 << 20);
    if ((v = json_object_get(step, "json")) != NULL) {
        json_t *doc = value_expand(v, w->vars);

        *text = json_dumps(doc, JSON_COMPACT | JSON_ENCODE_ANY);
        json_decref(doc);
    } else if ((v = json_object_get(step, "raw")) != NULL) {
        *text = value_text(json_string_value(v), w->vars);
    } else if ((v = json_object_get(step, "repeat")) != NULL) {
        const char *unit = json_string_value(json_object_get(v, "text"));
        json_int_t n = json_integer_value(json_object_get(v, "times"));

        for (json_int_t i = 0; i < n; i++)
            assert_int_equal(buf_addstr(&out, unit, NULL), ST_OK);
        *text = buf_take(&out, NULL);
    }
    body.data = *text;
    body.len = *text ? strlen(*text) : 0;
    if (type != NULL)
        body.type = json_string_value(type);
    return body;
}

/* ---- answers ---- */

static const char *
reply_header_value(const struct reply *rp, const char *name)
{
    for (size_t i = 0; i < rp->n_header; i++)
        if (strcmp(rp->header[i].name, name) == 0)
            return rp->header[i].value;
    return NULL;
}

static void
check_headers(const struct world *w, const char *at, const json_t *step,
    const struct reply *rp)
{
    const char *name;
    json_t *v;

    json_object_foreach(json_object_get(step, "reply_headers"), name, v)
    {
        char *want = value_text(json_string_value(v), w->vars);
        const char *got = strcmp(name, "Content-Type") == 0
                              ? rp->type
                              : reply_header_value(rp, name);

        if (got == NULL || strcmp(got, want) != 0)
            fail_msg("%s: header %s is '%s', not '%s'", at, name,
                got ? got : "", want);
        free(want);
    }
}

static void
check_text(
    const struct world *w, const char *at, const json_t *step, const char *text)
{
    json_t *v;
    size_t i;

    json_array_foreach(json_object_get(step, "text_has"), i, v)
    {
        char *want = value_text(json_string_value(v), w->vars);

        if (strstr(text, want) == NULL)
            fail_msg("%s: '%s' is not in: %.1000s", at, want, text);
        free(want);
    }
}

static void
check_body(
    const struct world *w, const char *at, const json_t *step, json_t *got)
{
    json_t *expected = json_object_get(step, "body"), *v;
    char why[2048];
    size_t i;

    if (expected != NULL) {
        expected = value_expand(expected, w->vars);
        if (!match(expected, got, why, sizeof(why)))
            fail_msg("%s %s", at, why);
        json_decref(expected);
    }
    json_array_foreach(json_object_get(step, "absent"), i, v)
    {
        if (value_at(got, json_string_value(v)) != NULL)
            fail_msg("%s: %s should not be there", at, json_string_value(v));
    }
}

static void
save(struct world *w, const char *at, const json_t *step, const json_t *got)
{
    const char *name;
    json_t *pointer;

    json_object_foreach(json_object_get(step, "save"), name, pointer)
    {
        json_t *v = value_at(got, json_string_value(pointer));

        if (v == NULL)
            fail_msg(
                "%s: nothing at %s to save", at, json_string_value(pointer));
        json_object_set(w->vars, name, v);
    }
}

static void
check_answer(
    struct world *w, const char *at, const json_t *step, const struct call *c)
{
    int status = (int)json_integer_value(json_object_get(step, "status"));
    char *text = call_text(c);
    json_t *doc = json_loads(text, JSON_DECODE_ANY, NULL);

    if (c->rp.status != status)
        fail_msg(
            "%s: status %d, not %d: %.1000s", at, c->rp.status, status, text);
    check_headers(w, at, step, &c->rp);
    check_text(w, at, step, text);
    check_body(w, at, step, doc);
    save(w, at, step, doc);
    json_decref(doc);
    free(text);
}

/* ---- steps ---- */

/* The step's headers with everything put in; the caller owns them. */
static json_t *
make_headers(const struct world *w, const json_t *step)
{
    json_t *out = json_object(), *v;
    const char *name;

    json_object_foreach(json_object_get(step, "headers"), name, v)
    {
        char *text = value_text(json_string_value(v), w->vars);

        json_object_set_new(out, name, json_string(text));
        free(text);
    }
    return out;
}

/* {"call": "POST /v1/..", ..}.  With `meanwhile` the call must wait; these
 * steps run, and it is asked again; if it still waits, its time is over. */
static void
step_call(struct world *w, const char *at, const json_t *step)
{
    char *request =
        value_text(json_string_value(json_object_get(step, "call")), w->vars);
    json_t *headers = make_headers(w, step);
    const json_t *meanwhile = json_object_get(step, "meanwhile");
    char *text;
    struct call_body body = make_body(w, step, &text);
    struct call c;
    bool answered;

    answered = w->start(w, &c, request, headers, &body);
    if (w->over)
        goto out;
    if (answered == (meanwhile != NULL))
        fail_msg("%s: the call %s", at,
            answered ? "did not wait" : "waits, but has no `meanwhile`");
    if (meanwhile != NULL) {
        steps_run(w, at, meanwhile);
        if (w->over)
            goto out;
        if (!call_again(&c, w->now_ms, false))
            assert_true(call_again(&c, w->now_ms, true));
    }
    check_answer(w, at, step, &c);
out:
    call_end(&c);
    json_decref(headers);
    free(request);
    free(text);
}

/* {"blobs": {"name": "text"}}: store files; their digests are saved. */
static void
step_blobs(struct world *w, const char *at, const json_t *step)
{
    char hex[HASH_HEX];
    const char *name;
    json_t *text;

    (void)at;
    json_object_foreach(json_object_get(step, "blobs"), name, text)
    {
        assert_int_equal(db_blob_put(w->db, json_string_value(text),
                             json_string_length(text), w->now_ms, hex, NULL),
            ST_OK);
        json_object_set_new(w->vars, name, json_string(hex));
    }
}

/* {"advance_s": 40}: the clock moves, and the sweeper comes by. */
static void
step_advance(struct world *w, const char *at, const json_t *step)
{
    (void)at;
    w->now_ms +=
        (int64_t)(1000 * json_number_value(json_object_get(step, "advance_s")));
    assert_int_equal(db_queue_sweep(w->db, w->now_ms, NULL, NULL), ST_OK);
    assert_int_equal(salvage_failed(w->db, w->now_ms, NULL), ST_OK);
}

/* {"use": "probe"}: run a set-up of fixtures/api/setup, once a case. */
static void
step_use(struct world *w, const char *at, const json_t *step)
{
    const char *name = json_string_value(json_object_get(step, "use"));
    struct err err = { 0 };
    char path[512];
    json_t *doc;

    if (json_object_get(w->used, name) != NULL)
        return;
    json_object_set_new(w->used, name, json_true());
    snprintf(path, sizeof(path), OFFRAMP_FIXTURES "/api/setup/%s.json", name);
    if (json_file_load(path, 1 << 20, &doc, &err) != ST_OK)
        fail_msg("%s: %s: %s", at, path, err.text);
    steps_run(w, name, json_object_get(doc, "steps"));
    json_decref(doc);
}

static const struct {
    const char *member; /* that makes a step one of these */
    void (*run)(struct world *w, const char *at, const json_t *step);
} kinds[] = {
    { "call", step_call },
    { "blobs", step_blobs },
    { "advance_s", step_advance },
    { "use", step_use },
};

void
steps_run(struct world *w, const char *name, const json_t *steps)
{
    const json_t *step;
    char at[256];
    size_t i, k;

    if (json_array_size(steps) == 0)
        fail_msg("%s has no steps", name);
    json_array_foreach(steps, i, step)
    {
        if (w->over)
            return;
        snprintf(at, sizeof(at), "%.200s, step %zu", name, i + 1);
        for (k = 0; k < sizeof(kinds) / sizeof(kinds[0]); k++)
            if (json_object_get(step, kinds[k].member) != NULL)
                break;
        if (k == sizeof(kinds) / sizeof(kinds[0]))
            fail_msg("%s is no step", at);
        kinds[k].run(w, at, step);
    }
}
