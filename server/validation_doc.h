/* SPDX-License-Identifier: MIT */
/*
 * validation_doc.h -- what the stages of a validation share: its flow with the
 * documents, and how what was measured compares with what was expected.
 */
#ifndef OFFRAMP_SERVER_VALIDATION_DOC_H
#define OFFRAMP_SERVER_VALIDATION_DOC_H

#include "base/json.h"
#include "db/flow.h"
#include "db/queue.h"

/* A flow with its documents; owned, ended with stage_clear(). */
struct stage {
    struct flow flow;
    json_t *request, *document; /* document: an empty object before */
};

enum status stage_load(
    struct db *db, int64_t flow, struct stage *s, struct err *err) MUST_CHECK;
void stage_clear(struct stage *s);

/* Keep the document as it is now. */
enum status stage_store(
    struct db *db, const struct stage *s, struct err *err) MUST_CHECK;

/* A median with its interval; ends that were not given are NaN. */
struct value {
    double median, lo, hi;
};

/* ST_INVALID names the member; ST_UNPROCESSABLE "result.interval". */
enum status value_read(const json_t *o, const char *path, struct value *v,
    struct err *err) MUST_CHECK;

/* Two intervals without a common point; a missing one decides nothing. */
bool value_disagree(const struct value *a, const struct value *b);

/* How far one network's mean is from what was expected of it. */
json_t *value_residual(
    const struct value *measured, const struct value *predicted);

/* Was it measured in the environment that the profile is of? */
bool stage_same_env(const struct stage *s, const char *fingerprint);

/* What was measured is `off`, beyond the intervals: note it at the profile,
 * where the table is at fault, that is, was made on this device, in this
 * environment, and its shares were right. */
enum status stage_blame(struct db *db, const struct stage *s,
    const struct task *task, bool off, struct err *err) MUST_CHECK;

/* Do as many samples leave at each exit as the records say?  Null on rows
 * that the records do not have. */
json_t *stage_same_shares(
    const json_t *predicted, const json_t *rows, const json_t *exits);

/* Is the network itself right on these rows more often than by chance?  How
 * many classes there are is known of the plan's records; into `warnings`. */
enum status stage_warn(struct db *db, struct stage *s, const json_t *result,
    struct err *err) MUST_CHECK;

#endif
