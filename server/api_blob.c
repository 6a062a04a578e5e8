/* SPDX-License-Identifier: MIT */
/* /v1/blobs: files named by the SHA-256 of their bytes. */
#include "server/api.h"

#include "db/blob.h"

/* GET, HEAD /v1/blobs/sha256:{hex} */
enum status
api_blob_get(struct request *rq, struct reply *rp)
{
    const char *hex;
    enum status st;
    int64_t size;
    int fd;

    if ((st = request_hash(rq, 0, &hex)) != ST_OK ||
        (st = db_blob_open(rq->db, hex, &fd, &size, &rq->err)) != ST_OK)
        return st;
    st = reply_file(rp, 200, "application/octet-stream", fd, size);
    reply_header(rp, "ETag", "\"%s\"", hex);
    return st;
}

/* PUT /v1/blobs/sha256:{hex} */
enum status
api_blob_put(struct request *rq, struct reply *rp)
{
    char got[HASH_HEX];
    const char *hex;
    enum status st;
    bool is_new;

    if ((st = request_hash(rq, 0, &hex)) != ST_OK ||
        (st = db_blob_add(rq->db, rq->file, hex, rq->now_ms, got, &is_new,
             &rq->err)) != ST_OK)
        return st;
    reply_header(rp, "Location", "/v1/blobs/sha256:%s", got);
    return reply_json(rp, is_new ? 201 : 200, json_pack("{s:s}", "blob", got));
}
