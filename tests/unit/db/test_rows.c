/* SPDX-License-Identifier: MIT */
/* The table families around the queue: what goes in comes out, lists page,
 * and what must not be is refused. */
#include <stdio.h>

#include "db/blob.h"
#include "db/dataset.h"
#include "db/idempotency.h"
#include "db/plan.h"
#include "db/records.h"
#include "db/search.h"
#include "db/token.h"
#include "unit/db/store.h"

static void
tokens_are_found_by_their_hash(void **state)
{
    struct store *s = *state;
    struct err err = { 0 };
    struct token t;
    int64_t id, n;

    OK(db_token_add(s->db, "laptop", "submit", "hash1", T0, &id, &err));
    assert_int_equal(
        db_token_add(s->db, "laptop", "read", "hash2", T0, &id, &err),
        ST_CONFLICT);
    assert_string_equal(err.code, "token.exists");
    OK(db_token_use(s->db, "hash1", T0 + 90000, &t, &err));
    assert_string_equal(t.name, "laptop");
    assert_string_equal(t.scopes, "submit");
    assert_int_equal(t.last_used_ms, T0 + 90000);
    token_clear(&t);
    /* A second use in the same minute is not written. */
    OK(db_token_use(s->db, "hash1", T0 + 91000, &t, &err));
    assert_int_equal(t.last_used_ms, T0 + 90000);
    token_clear(&t);
    token_clear(&t);
    assert_int_equal(db_token_use(s->db, "hash2", T0, &t, &err), ST_NOT_FOUND);
    OK(db_token_remove(s->db, "laptop", &err));
    assert_int_equal(db_token_remove(s->db, "laptop", &err), ST_NOT_FOUND);
    OK(db_token_count(s->db, &n, &err));
    assert_int_equal(n, 0);
}

static void
an_answer_is_kept_for_a_day(void **state)
{
    static const struct {
        const char *key, *owner, *sha;
        int64_t age_ms;
        enum status want;
    } asks[] = {
        { "k", "ann", "s", 1, ST_OK },
        { "k", "ann", "other", 1, ST_UNPROCESSABLE },
        { "k", "bob", "s", 1, ST_NOT_FOUND },
        { "other", "ann", "s", 1, ST_NOT_FOUND },
        { "k", "ann", "s", DAY_MS - 1, ST_OK },
        { "k", "ann", "s", DAY_MS, ST_NOT_FOUND },
    };
    struct store *s = *state;
    struct err err = { 0 };
    struct idempotency i = { TEXT("k"), TEXT("ann"), TEXT("s"), 201,
        TEXT("{\"id\":1}"), T0 };

    OK(db_idempotency_store(s->db, &i, &err));
    for (size_t n = 0; n < sizeof(asks) / sizeof(asks[0]); n++) {
        struct idempotency got = { 0 };

        err_clear(&err);
        assert_int_equal(db_idempotency_find(s->db, asks[n].key, asks[n].owner,
                             asks[n].sha, T0 + asks[n].age_ms, &got, &err),
            asks[n].want);
        if (asks[n].want == ST_OK) {
            assert_int_equal(got.status, 201);
            assert_string_equal(got.body, "{\"id\":1}");
        }
        idempotency_clear(&got);
    }
    assert_int_equal(db_idempotency_store(s->db, &i, &err), ST_CONFLICT);
    i.created_ms = T0 + DAY_MS; /* the old one is over, swept or not */
    OK(db_idempotency_store(s->db, &i, &err));
    OK(db_idempotency_purge(s->db, T0 + 2 * DAY_MS - 1, &err));
    assert_int_equal(store_int(s, "SELECT count(*) FROM idempotency"), 1);
    OK(db_idempotency_purge(s->db, T0 + 2 * DAY_MS, &err));
    assert_int_equal(store_int(s, "SELECT count(*) FROM idempotency"), 0);
}

static void
a_model_passes_through_its_states(void **state)
{
    struct store *s = *state;
    struct err err = { 0 };
    char blob[HASH_HEX];
    struct model m = { .id = TEXT("m1"),
        .name = TEXT("net"),
        .labels = TEXT("{\"a\":1}"),
        .blob = TEXT("nowhere"),
        .shape = TEXT("[1,3]"),
        .created_ms = T0 };
    struct model got;

    assert_int_equal(db_model_add(s->db, &m, &err), ST_UNPROCESSABLE);
    assert_string_equal(err.code, "blob.not_found");
    OK(db_blob_put(s->db, "x", 1, T0, blob, &err));
    m.blob = blob;
    OK(db_model_add(s->db, &m, &err));
    assert_int_equal(db_model_add(s->db, &m, &err), ST_CONFLICT);
    assert_string_equal(err.code, "model.exists");
    OK(db_model_get(s->db, "m1", &got, &err));
    assert_int_equal(got.state, ITEM_CHECKING);
    assert_string_equal(got.shape, "[1,3]");
    assert_string_equal(got.labels, "{\"a\":1}");
    assert_null(got.analysis);
    assert_int_equal(got.created_ms, T0);
    model_clear(&got);
    OK(db_model_ready(s->db, "m1", "{}", &err));
    OK(db_model_get(s->db, "m1", &got, &err));
    assert_int_equal(got.state, ITEM_READY);
    assert_string_equal(got.analysis, "{}");
    assert_int_equal(got.version, 2);
    model_clear(&got);
    OK(db_model_recheck(s->db, "m1", &err));
    OK(db_model_get(s->db, "m1", &got, &err));
    assert_int_equal(got.state, ITEM_CHECKING);
    assert_null(got.analysis);
    model_clear(&got);
    assert_int_equal(db_model_get(s->db, "m2", &got, &err), ST_NOT_FOUND);
    assert_int_equal(db_model_ready(s->db, "m2", "{}", &err), ST_NOT_FOUND);
}

struct ids {
    int64_t id[16];
    int n, stop_at;
};

static enum status
collect_job(const struct job *j, void *ctx)
{
    struct ids *ids = ctx;

    ids->id[ids->n++] = j->id;
    return ids->n == ids->stop_at ? ST_CANCELLED : ST_OK;
}

static void
lists_page_and_filter(void **state)
{
    struct bench b = bench(state);
    struct err err = { 0 };
    int64_t job[5], task;
    struct ids ids = { 0 };
    struct job_filter f = { .state = -1, .page = { 0, 2 } };

    for (int i = 0; i < 5; i++)
        job[i] = store_job(b.s, "ann", 0, i == 1 ? dev_b : dev_a, 1, &task);
    OK(db_job_list(b.db, &f, collect_job, &ids, &err));
    assert_int_equal(ids.n, 2);
    assert_int_equal(ids.id[0], job[4]);
    assert_int_equal(ids.id[1], job[3]);
    f.page.cursor = ids.id[1];
    f.page.limit = 50;
    OK(db_job_list(b.db, &f, collect_job, &ids, &err));
    assert_int_equal(ids.n, 5);
    assert_int_equal(ids.id[2], job[2]);
    assert_int_equal(ids.id[4], job[0]);

    f = (struct job_filter){ RUN_QUEUED, "b", { 0, 50 } };
    ids = (struct ids){ 0 };
    OK(db_job_list(b.db, &f, collect_job, &ids, &err));
    assert_int_equal(ids.n, 1);
    assert_int_equal(ids.id[0], job[1]);
    f.state = RUN_DONE;
    ids = (struct ids){ 0 };
    OK(db_job_list(b.db, &f, collect_job, &ids, &err));
    assert_int_equal(ids.n, 0);

    f = (struct job_filter){ .state = -1, .page = { 0, 50 } };
    ids = (struct ids){ .stop_at = 3 };
    assert_int_equal(
        db_job_list(b.db, &f, collect_job, &ids, &err), ST_CANCELLED);
    assert_int_equal(ids.n, 3);
}

/* Records made from a model and a data set. */
static int64_t
records_of(struct store *s)
{
    struct err err = { 0 };
    struct dataset d = { .name = TEXT("d"), .created_ms = T0 };
    struct records r = { .name = TEXT("r"), .created_ms = T0 };
    struct records rec;
    int64_t id;

    store_model(s);
    d.inputs = s->model;
    r.model = s->model;
    OK(db_dataset_add(s->db, &d, &r.dataset, &err));
    OK(db_dataset_ready(s->db, r.dataset, "{\"n\":2}", &err));
    OK(db_records_add(s->db, &r, &id, &err));
    OK(db_records_ready(s->db, id, s->model, "{\"n\":2}", &err));
    OK(db_records_get(s->db, id, &rec, &err));
    assert_int_equal(rec.state, ITEM_READY);
    assert_int_equal(rec.dataset, r.dataset);
    assert_string_equal(rec.csv, s->model);
    assert_string_equal(rec.summary, "{\"n\":2}");
    records_clear(&rec);
    assert_int_equal(
        db_records_ready(s->db, id, "nowhere", "{}", &err), ST_UNPROCESSABLE);
    return id;
}

static void
a_search_leads_from_records_to_a_plan(void **state)
{
    struct store *s = *state;
    struct err err = { 0 };
    struct search q = { .owner = TEXT("ann"),
        .costs = TEXT("{\"schema\":\"offramp.costs/1\"}"),
        .problem = TEXT("{}"),
        .created_ms = T0 };
    struct task_offer o = {
        .kind = TASK_SEARCH, .payload = "{}", .now_ms = T0
    };
    struct search got;
    struct plan plan;
    int64_t id, task, plan_id;

    q.records = records_of(s);
    OK(db_search_add(s->db, &q, &id, &err));
    o.search = id;
    OK(db_task_add(s->db, &o, &task, &err));
    OK(db_search_get(s->db, id, &got, &err));
    assert_int_equal(got.state, RUN_QUEUED);
    assert_int_equal(got.plan, 0);
    assert_int_equal(got.profile, 0);
    assert_null(got.curve);
    search_clear(&got);
    OK(db_search_set_curve(s->db, id, "[]", &err));
    OK(db_plan_add(s->db, id, "{\"status\":\"optimal\"}", T0, &plan_id, &err));
    assert_int_equal(
        db_plan_add(s->db, id, "{}", T0, &plan_id, &err), ST_CONFLICT);
    assert_string_equal(err.code, "plan.exists");
    OK(db_search_get(s->db, id, &got, &err));
    assert_int_equal(got.plan, plan_id);
    assert_string_equal(got.curve, "[]");
    search_clear(&got);
    OK(db_plan_get(s->db, plan_id, &plan, &err));
    assert_int_equal(plan.search, id);
    assert_int_equal(plan.records, q.records);
    assert_string_equal(plan.document, "{\"status\":\"optimal\"}");
    plan_clear(&plan);

    OK(db_search_cancel(s->db, id, T0 + 1, &err));
    OK(db_search_get(s->db, id, &got, &err));
    assert_int_equal(got.state, RUN_CANCELLED);
    assert_int_equal(got.finished_ms, T0 + 1);
    search_clear(&got);
    q.records = 999;
    assert_int_equal(db_search_add(s->db, &q, &id, &err), ST_UNPROCESSABLE);
    assert_int_equal(db_search_get(s->db, 999, &got, &err), ST_NOT_FOUND);
}

/* A queued search with its task; its id. */
static int64_t
queue_search(struct store *s, int64_t records)
{
    struct err err = { 0 };
    struct search q = { .owner = TEXT("ann"),
        .costs = TEXT("{}"),
        .records = records,
        .problem = TEXT("{}"),
        .created_ms = T0 };
    struct task_offer o = {
        .kind = TASK_SEARCH, .payload = "{}", .now_ms = T0
    };
    int64_t task;

    OK(db_search_add(s->db, &q, &o.search, &err));
    OK(db_task_add(s->db, &o, &task, &err));
    return o.search;
}

static struct search
search_now(struct store *s, int64_t id)
{
    struct err err = { 0 };
    struct search got;

    OK(db_search_get(s->db, id, &got, &err));
    return got;
}

static void
a_running_search_that_is_cancelled_ends_with_what_it_has(void **state)
{
    struct store *s = *state;
    struct err err = { 0 };
    int64_t records = records_of(s);

    for (int twice = 0; twice < 2; twice++) {
        int64_t id = queue_search(s, records);
        struct lease_beat beat = { 0 };
        struct search got;
        struct lease l;
        struct task t;
        char session[65];

        store_session(s->db, "w", NULL, 0, T0, session);
        OK(store_lease(s->db, session, NULL, T0, &l, &t));
        beat.lease = l.id;
        OK(db_lease_extend(s->db, session, &beat, 1, TTL_MS, T0 + 1, &err));
        assert_true(beat.keep && !beat.finish);
        OK(db_search_cancel(s->db, id, T0 + 2, &err));
        got = search_now(s, id);
        assert_int_equal(got.state, RUN_RUNNING);
        assert_int_equal(got.ending_ms, T0 + 2);
        search_clear(&got);
        OK(db_lease_extend(s->db, session, &beat, 1, TTL_MS, T0 + 3, &err));
        assert_true(beat.keep && beat.finish);
        if (twice)
            OK(db_search_cancel(s->db, id, T0 + 4, &err));
        else
            OK(store_finish(s->db, &l, "{}", T0 + 4, NULL));
        got = search_now(s, id);
        assert_int_equal(got.state, RUN_CANCELLED);
        assert_int_equal(got.finished_ms, T0 + 4);
        search_clear(&got);
        OK(db_lease_extend(s->db, session, &beat, 1, TTL_MS, T0 + 5, &err));
        assert_true(!beat.keep && !beat.finish);
        OK(db_search_cancel(s->db, id, T0 + 6, &err)); /* it is over */
        got = search_now(s, id);
        assert_int_equal(got.finished_ms, T0 + 4);
        search_clear(&got);
        lease_clear(&l);
        task_clear(&t);
    }
}

static enum status
count_session(const struct session *s, void *ctx)
{
    int *n = ctx;

    assert_non_null(s->agent);
    ++*n;
    return ST_OK;
}

static enum status
count_device(const struct device *d, void *ctx)
{
    int *n = ctx;

    *n += d->online && !d->busy;
    return ST_OK;
}

static void
devices_tell_whether_they_are_online_and_busy(void **state)
{
    struct bench b = bench(state);
    struct err err = { 0 };
    struct device d;
    int64_t task;
    int n = 0;

    store_job(b.s, "ann", 0, dev_a, 1, &task);
    assert_int_equal(store_lease(b.db, b.a, "a", T0, &b.l, &b.t), ST_OK);
    OK(db_device_get(b.db, "a", T0, &d, &err));
    assert_true(d.online);
    assert_true(d.busy);
    assert_string_equal(d.agent, "probe-a");
    assert_string_equal(d.env_fingerprint, "env1");
    device_clear(&d);
    OK(db_device_get(b.db, "a", T0 + TTL_MS, &d, &err));
    assert_false(d.online);
    device_clear(&d);
    OK(db_device_list(b.db, T0, count_device, &n, &err));
    assert_int_equal(n, 1);
    n = 0;
    OK(db_agent_list(b.db, count_session, &n, &err));
    assert_int_equal(n, 2);
    /* A drained or retired device keeps its mode over a new session. */
    OK(db_device_set_mode(b.db, "a", DEVICE_RETIRED, &err));
    store_session(b.db, "probe-a", dev_a, 1, T0, b.a);
    OK(db_device_get(b.db, "a", T0, &d, &err));
    assert_int_equal(d.mode, DEVICE_RETIRED);
    device_clear(&d);
    assert_int_equal(
        db_device_set_mode(b.db, "z", DEVICE_ACTIVE, &err), ST_NOT_FOUND);
    assert_string_equal(err.code, "device.not_found");
    drop(&b);
}

int
main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, store_setup, store_teardown)
    const struct CMUnitTest tests[] = {
        T(tokens_are_found_by_their_hash),
        T(an_answer_is_kept_for_a_day),
        T(a_model_passes_through_its_states),
        T(lists_page_and_filter),
        T(a_search_leads_from_records_to_a_plan),
        T(a_running_search_that_is_cancelled_ends_with_what_it_has),
        T(devices_tell_whether_they_are_online_and_busy),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
