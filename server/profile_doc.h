/* SPDX-License-Identifier: MIT */
/* profile_doc.h -- a profile and its rows as documents: for its own pages,
 * for exports and for searches. */
#ifndef OFFRAMP_SERVER_PROFILE_DOC_H
#define OFFRAMP_SERVER_PROFILE_DOC_H

#include "db/profile.h"
#include "server/export/export.h"

/* As GET /v1/profiles/{id}; the caller owns *out. */
enum status profile_document(struct db *db, const struct profile *p,
    json_t **out, struct err *err) MUST_CHECK;

/* The rows of a profile with their layers' static facts, by level,
 * role and index, appended to `rows`; those of a grade below `min_grade` to
 * `omitted` (may be NULL with 'X'). */
enum status profile_rows(struct db *db, const struct profile *p,
    const json_t *analysis, char min_grade, json_t *rows, json_t *omitted,
    struct err *err) MUST_CHECK;

/* The analysis of a profile's model; the caller owns *out. */
enum status profile_analysis(struct db *db, const struct profile *p,
    json_t **out, struct err *err) MUST_CHECK;

/* The image (offramp.image/1) that a board was given; NULL: it was none.  The
 * caller owns *out. */
enum status profile_image(struct db *db, const struct profile *p, json_t **out,
    struct err *err) MUST_CHECK;

/* All of it, for a dialect; the caller ends it with export_input_clear().
 * ST_NOT_FOUND. */
enum status profile_export_input(struct db *db, int64_t id, char min_grade,
    struct export_input *out, struct err *err) MUST_CHECK;

#endif
