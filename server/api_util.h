/* SPDX-License-Identifier: MIT */
/*
 * api_util.h -- what the handlers of the user's API share: lists, long polls,
 * the outcome of a check, documents as text.
 */
#ifndef OFFRAMP_SERVER_API_UTIL_H
#define OFFRAMP_SERVER_API_UTIL_H

#include "db/queue.h"
#include "server/http.h"

/* ---- lists ---- */

/* A page being collected.  It asks the store for one row more than it shows,
 * to know whether there is a next page. */
struct listing {
    json_t *items; /* owned */
    int64_t next;  /* cursor of the next page; 0: this is the last */
    int64_t last_id;
    int limit;
};

/* Read ?cursor= and ?limit= into `page` and begin. */
enum status listing_begin(
    struct request *rq, struct listing *l, struct page *page) MUST_CHECK;

/* Add an item (stolen; NULL: out of memory) whose cursor is `id`.  ST_WAIT
 * ends the store's list: the page is full. */
enum status listing_add(struct listing *l, int64_t id, json_t *item);

/* The reply, or the failure `st` of the store's list. */
enum status listing_end(
    struct request *rq, struct reply *rp, struct listing *l, enum status st);

/* ---- long polls ---- */

/* What a GET with ?wait= and ?since= does for something at `version`: ST_WAIT
 * while there is nothing new; ST_OK with *same where the reply is 304 (still
 * the version that the caller knows); ST_OK without where the handler is to
 * reply.  Without `since` it waits for the end. */
enum status request_poll(struct request *rq, struct reply *rp, int64_t version,
    bool ended, bool *same) MUST_CHECK;

/* ---- what people send and a worker checks ---- */

struct check_outcome {
    enum item_state state;
    const char *error_code, *error_detail, *error_nodes;
};

/* After a POST with ?wait=: ST_WAIT while the check goes on;
 * ST_UNPROCESSABLE with the worker's code, detail and nodes where it was
 * refused; else ST_OK. */
enum status request_outcome(
    struct request *rq, const struct check_outcome *c) MUST_CHECK;

/* ---- small things ---- */

/* Compact text of a document (borrowed; NULL gives NULL); the caller frees.
 * ST_NOMEM. */
enum status api_text(const json_t *doc, char **out, struct err *err) MUST_CHECK;

/* An object whose members are all strings (labels).  ST_INVALID names the
 * one that is not. */
enum status api_labels(
    const json_t *labels, const char *path, struct err *err) MUST_CHECK;

/* ?source=modelled: rows derived with the device's model; absent: rows as they
 * are.  ST_INVALID. */
enum status request_modelled(struct request *rq, bool *modelled) MUST_CHECK;

/* ?min_grade=: 'A', 'B', 'C' or 'X' (also where absent).  ST_INVALID. */
enum status request_grade(struct request *rq, char *grade) MUST_CHECK;

#endif
