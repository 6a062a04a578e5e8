/* SPDX-License-Identifier: MIT */
/*
 * choose_rows.h -- which rows of a data set a task reads.
 *
 * A document says it (../README.md): null, or nothing, all of them;
 * [from, to); or {"share", "seed", "rest"}, one part of a division that gives
 * every class its share, or with "rest" the other part.  Which rows those are
 * hangs on labels and seed alone, so that two tasks can each take a part.  No
 * state, any thread.
 */
#ifndef OFFRAMP_WORKER_CHOOSE_ROWS_H
#define OFFRAMP_WORKER_CHOOSE_ROWS_H

#include "search/worker/dataset.h"

/* Ascending row numbers, for the caller to free().  ST_INVALID names the
 * member, ST_UNPROCESSABLE has `code`: rows that the data set lacks. */
enum status choose_rows(const json_t *doc, const char *name, const char *code,
    const struct dataset *d, size_t **row, size_t *n,
    struct err *err) MUST_CHECK;

#endif
