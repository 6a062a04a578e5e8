/* SPDX-License-Identifier: MIT */
/* /v1/profiles/{a}/diff/{b}: why do these two numbers differ? */
#include "server/api.h"

#include "server/api_util.h"
#include "server/diff.h"

/* GET /v1/profiles/{a}/diff/{b} */
enum status
api_profile_diff(struct request *rq, struct reply *rp)
{
    struct profile a = { 0 }, b = { 0 };
    int64_t id_a, id_b;
    json_t *doc;
    enum status st;

    if ((st = request_id(rq, 0, &id_a)) != ST_OK ||
        (st = request_id(rq, 1, &id_b)) != ST_OK)
        return st;
    if ((st = db_profile_get(rq->db, id_a, &a, &rq->err)) == ST_OK &&
        (st = db_profile_get(rq->db, id_b, &b, &rq->err)) == ST_OK &&
        (st = diff_document(rq->db, &a, &b, &doc, &rq->err)) == ST_OK)
        st = reply_json(rp, 200, doc);
    profile_clear(&a);
    profile_clear(&b);
    return st;
}
