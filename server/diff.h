/* SPDX-License-Identifier: MIT */
/*
 * diff.h -- why two profiles' numbers differ: what was different around them
 * (environment, flags), which rows differ by more than chance, and the causes
 * that the recorded conditions speak for.
 *
 * Documents returned are new references that the caller owns.  Any thread
 * with its own connection to the store.
 */
#ifndef OFFRAMP_SERVER_DIFF_H
#define OFFRAMP_SERVER_DIFF_H

#include "base/json.h"
#include "db/profile.h"

/* The whole document of GET /v1/profiles/{a}/diff/{b}. */
enum status diff_document(struct db *db, const struct profile *a,
    const struct profile *b, json_t **out, struct err *err) MUST_CHECK;

/* What the rows say together. */
struct diff_totals {
    size_t
        compared; /* rows with a time (or an emulator's count) on both sides */
    size_t apart; /* of those: intervals do not overlap, counts differ */
    size_t same;  /* of those: one is a copy of the other */
    double ratio; /* median of b / a over the rows compared; NaN: none */
    double sentinel; /* b / a of the golden kernel; NaN: no difference */
    bool counted;    /* all of those are counts */
};

/* Rows with a time or an emulator's count, paired by place, or by kernel where
 * the models differ. */
enum status diff_rows(struct db *db, const struct profile *a,
    const struct profile *b, json_t **rows, struct diff_totals *totals,
    struct err *err) MUST_CHECK;

/* [{name, kind, a, b}] of the environments {stable, volatile}: every stable
 * member that differs, then the volatile ones that differ enough to matter.
 * ST_NOMEM. */
enum status diff_env(
    const json_t *a, const json_t *b, json_t **out, struct err *err) MUST_CHECK;

/* Sentences, the most likely cause first, from `env` (of diff_env()), the
 * flags that only one side has, and the totals.  ST_NOMEM. */
enum status diff_summary(const json_t *env, int64_t only_a, int64_t only_b,
    const struct diff_totals *totals, json_t **out, struct err *err) MUST_CHECK;

#endif
