/* SPDX-License-Identifier: MIT */
/* Leases: parts, results, giving back. */
#include "server/api.h"

#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "db/queue.h"
#include "server/accept.h"
#include "server/augment_flow.h"
#include "server/auth.h"
#include "server/link_order.h"
#include "server/live_next.h"
#include "server/relay_order.h"
#include "server/salvage.h"
#include "server/server.h"
#include "server/work_call.h"

enum { DETAIL_MAX_BYTES = 16 << 10 };

/* The lease in the path, the fence in the header, the exact body.  The lease
 * is the caller's own. */
static enum status
read_answer(struct request *rq, struct lease_answer *a)
{
    struct lease lease = { 0 };
    enum status st;

    *a = (struct lease_answer){
        .body = rq->body.data, .len = rq->body.len, .now_ms = rq->now_ms
    };
    if ((st = request_id(rq, 0, &a->lease)) != ST_OK ||
        (st = request_header_int(rq, "Lease-Epoch", 1, &a->epoch)) != ST_OK)
        return st;
    st = db_lease_get(rq->db, a->lease, &lease, &rq->err);
    if (st == ST_OK)
        st = auth_agent(rq, lease.agent);
    lease_clear(&lease);
    return st;
}

static enum status
need_body(struct request *rq)
{
    if (rq->json != NULL)
        return ST_OK;
    return err_set(&rq->err, ST_INVALID, "request.json",
        "a JSON body is needed, with Content-Type: application/json");
}

/* PUT /v1/leases/{lid}/parts/{n} */
enum status
api_lease_part(struct request *rq, struct reply *rp)
{
    struct lease_answer a;
    int64_t n;
    enum status st;
    bool is_new, more, goes_on, grown = false;

    if ((st = need_body(rq)) != ST_OK || (st = read_answer(rq, &a)) != ST_OK ||
        (st = request_int(rq, 1, 0, 1000000, &n)) != ST_OK ||
        (st = db_part_put(rq->db, &a, n, &is_new, &rq->err)) != ST_OK ||
        (st = link_order_next(rq->db, a.lease, rq->now_ms, &more, &rq->err)) !=
            ST_OK ||
        (st = relay_order_next(rq->db, a.lease, rq->json, rq->now_ms, &goes_on,
             &rq->err)) != ST_OK ||
        (is_new && (st = live_next_part(rq->db, a.lease, n, rq->json,
                        rq->now_ms, &grown, &rq->err)) != ST_OK))
        return st;
    if (more || goes_on || grown)
        work_announce(rq);
    return reply_json(rp, is_new ? 201 : 200,
        json_pack(
            "{s:I, s:I}", "lease", (json_int_t)a.lease, "part", (json_int_t)n));
}

/* Take "nodes" apart from the rest: the store keeps it as a document. */
static enum status
fail_lease(struct request *rq, const struct lease_answer *a, bool *replay)
{
    struct failure why = { 0 };
    const char *status, *class = NULL;
    json_t *nodes = NULL;
    const struct json_field fields[] = {
        { "status", JF_STR, true, &status, 0, 0 },
        { "class", JF_STR, true, &class, 0, 0 },
        { "code", JF_STR, true, &why.code, 0, 47 },
        { "detail", JF_STR, false, &why.detail, 0, DETAIL_MAX_BYTES },
        { "nodes", JF_ARR, false, &nodes, 0, 0 },
    };
    enum status st;
    char *text = NULL;
    int value;

    if ((st = JSON_READ(rq->json, "", fields, &rq->err)) != ST_OK)
        return st;
    if ((value = word_find(fail_class_words, class)) <= FAIL_NONE)
        return err_set(&rq->err, ST_INVALID, "request.field",
            "class must be infra, device, model, measure or user");
    if (nodes != NULL && (text = json_canonical(nodes)) == NULL)
        return err_nomem(&rq->err);
    why.class = (enum fail_class)value;
    why.nodes = text;
    st = db_lease_fail(rq->db, a, &why, replay, NULL, &rq->err);
    free(text);
    if (st == ST_OK)
        st = relay_order_failed(rq->db, a->lease, rq->now_ms, &rq->err);
    return st == ST_OK ? salvage_failed(rq->db, rq->now_ms, &rq->err) : st;
}

struct finish {
    const json_t *result;
    int64_t now_ms;
    bool refused; /* `accept` did not take it */
    bool stuck;   /* it did, but the next stage cannot be */
};

/* What only a person can put right. */
static bool
is_persons(enum status st)
{
    return st == ST_INVALID || st == ST_UNPROCESSABLE || st == ST_CONFLICT ||
           st == ST_NOT_FOUND;
}

static enum status
accept_result(struct db *db, const struct lease *lease, const struct task *task,
    void *ctx, struct err *err)
{
    struct finish *f = ctx;
    enum status st =
        accept_kinds[task->kind].accept(db, task, f->result, f->now_ms, err);

    (void)lease;
    if (st == ST_OK) {
        st = augment_flow_next(db, task, f->now_ms, err);
        f->stuck = is_persons(st);
    }
    f->refused = st == ST_INVALID || st == ST_UNPROCESSABLE;
    return st;
}

/* A result that is not as it must be: no other answer can come from this
 * agent, so its attempt has failed.  Where the work after it cannot be, the
 * task has failed for good and says why; a person can resume its flow.  Where
 * even that cannot be stored, rq->err says why. */
static enum status
fail_refused(
    struct request *rq, const struct lease_answer *a, const struct finish *f)
{
    const struct failure why = { .class = f->stuck ? FAIL_USER : FAIL_INFRA,
        .code = f->stuck ? rq->err.code : "infra.bad_result",
        .detail = rq->err.text };
    struct err more = { 0 };
    enum status st;
    bool replay;

    log_warn("lease %lld: the result was refused: %s", (long long)a->lease,
        rq->err.text);
    st = db_lease_fail(rq->db, a, &why, &replay, NULL, &more);
    if (st == ST_OK && salvage_failed(rq->db, rq->now_ms, &more) != ST_OK)
        log_error("lease %lld: %s", (long long)a->lease, more.text);
    if (st != ST_OK)
        rq->err = more;
    return st;
}

static enum status
finish_lease(struct request *rq, const struct lease_answer *a, bool *replay)
{
    struct finish f = { .now_ms = rq->now_ms };
    const char *status;
    json_t *result = NULL;
    const struct json_field fields[] = {
        { "status", JF_STR, true, &status, 0, 0 },
        { "result", JF_OBJ, true, &result, 0, 0 },
    };
    enum status st;

    if ((st = JSON_READ(rq->json, "", fields, &rq->err)) != ST_OK)
        return st;
    f.result = result;
    st = db_lease_finish(rq->db, a, accept_result, &f, replay, &rq->err);
    if (st != ST_OK && (f.refused || f.stuck)) {
        enum status failed = fail_refused(rq, a, &f);

        if (failed != ST_OK)
            return failed; /* the lease is held yet: to be sent again */
        server_ring(rq->server);
    }
    return st;
}

/* PUT /v1/leases/{lid}/result */
enum status
api_lease_result(struct request *rq, struct reply *rp)
{
    struct lease_answer a;
    const char *word;
    bool replay = false;
    enum status st;

    if ((st = need_body(rq)) != ST_OK || (st = read_answer(rq, &a)) != ST_OK)
        return st;
    word = json_string_value(json_object_get(rq->json, "status"));
    if (word != NULL && strcmp(word, "done") == 0)
        st = finish_lease(rq, &a, &replay);
    else if (word != NULL && strcmp(word, "failed") == 0)
        st = fail_lease(rq, &a, &replay);
    else
        st = err_set(&rq->err, ST_INVALID, "request.field",
            "status must be done or failed");
    if (st != ST_OK)
        return st;
    if (strcmp(word, "done") == 0)
        work_announce(rq);
    else /* what is said of its device lets others have their turn */
        server_ring(rq->server);
    return reply_json(rp, replay ? 200 : 201,
        json_pack("{s:I}", "lease", (json_int_t)a.lease));
}

/* POST /v1/leases/{lid}:release */
enum status
api_lease_release(struct request *rq, struct reply *rp)
{
    struct lease_answer a;
    enum status st;

    if ((st = read_answer(rq, &a)) != ST_OK ||
        (st = db_lease_release(
             rq->db, a.lease, a.epoch, rq->now_ms, &rq->err)) != ST_OK)
        return st;
    work_announce(rq);
    return reply_json(
        rp, 200, json_pack("{s:I}", "lease", (json_int_t)a.lease));
}
