/* SPDX-License-Identifier: MIT */
/*
 * view.h -- what the store holds, as the JSON of the API.
 *
 * Every function returns a new reference that the caller owns, or NULL when
 * out of memory; arguments are only read.  Stored documents are parsed here,
 * since the store keeps them as text.  Any thread.
 */
#ifndef OFFRAMP_SERVER_VIEW_H
#define OFFRAMP_SERVER_VIEW_H

#include "base/json.h"
#include "db/dataset.h"
#include "db/device.h"
#include "db/import.h"
#include "db/job.h"
#include "db/measure.h"
#include "db/model.h"
#include "db/plan.h"
#include "db/profile.h"
#include "db/queue.h"
#include "db/records.h"
#include "db/search.h"
#include "db/stat.h"

/* UTC text of a time, or null for 0. */
json_t *view_time(int64_t utc_ms);

/* A stored document; null where there is none; NULL if out of memory. */
json_t *view_document(const char *text);

/* An id, or null for 0; text, or null for NULL. */
json_t *view_id(int64_t id);
json_t *view_text(const char *text);

/* {class?, code, detail, nodes}, or null where nothing failed. */
json_t *view_failure(enum fail_class class, const char *code,
    const char *detail, const char *nodes);

/* Set every member of `more` in `o` (steals `more`); `o`, or NULL (and `o`
 * is gone) if either was NULL. */
json_t *view_merge(json_t *o, json_t *more);

json_t *view_model(const struct model *m);
json_t *view_dataset(const struct dataset *d);
json_t *view_records(const struct records *r);
/* `golden` is stolen; NULL: left out. */
json_t *view_device(const struct device *d, json_t *golden);

/* `waits_for` (stolen) is why it waits, or null. */
json_t *view_task(const struct task *t, json_t *waits_for);

json_t *view_part(const struct part *p);

/* `tasks` is stolen; `o` may be NULL (lists do without). */
json_t *view_job(const struct job *j, json_t *tasks, const struct outlook *o);

/* {hits, misses, hit_rate, saved_s}; the rate is null where there is no row. */
json_t *view_reuse(const struct reuse *r);

/* `task` is its one task, or NULL where it is not at hand. */
json_t *view_search(const struct search *s, const struct task *task);
json_t *view_plan(const struct plan *p);

/* Where an imported profile is from: {sha256, generator, profile,
 * imported_at}; null for a zeroed one. */
json_t *view_origin(const struct import *i);

/* `origin` and `e2e` (the whole model's L0 row, or null) are stolen. */
json_t *view_profile(const struct profile *p, const char *model_name,
    json_t *origin, json_t *e2e);

json_t *view_row(const struct measure *m);

/* Add the static facts that an analysis has of what a row measured: of a
 * layer all, of a segment, head or prefix its MACs.  -1: out of memory. */
int view_row_facts(
    json_t *row, const struct measure *m, const json_t *analysis);

#endif
