/* SPDX-License-Identifier: MIT */
/* profile.h -- one measured run of one model on one device: what holds for
 * all of its rows (measure.h). */
#ifndef OFFRAMP_DB_PROFILE_H
#define OFFRAMP_DB_PROFILE_H

#include "db/db.h"
#include "db/word.h"

struct profile {
    int64_t id;
    int64_t job, task; /* 0: imported */
    int64_t import;    /* import.h; 0: measured here */
    char *model, *device;
    int64_t created_ms;
    int64_t started_ms, finished_ms; /* of measuring */
    int64_t seed;
    char *policy;  /* document */
    char grade;    /* 'A', 'B', 'C', 'X' */
    int64_t flags; /* base/flag.h */
    char *env;     /* document {stable, volatile}; NULL in lists */
    char *env_fingerprint, *env_sha256;
    /* Closure (measurement.md 8); NaN where it was not measured. */
    double closure_rel, closure_hot_rel, overhead_rel, aa_rel;
    double sum_layers_ns, whole_ns, dispatch_ns;
    char *check;    /* document: outputs against the reference */
    char *exits;    /* document: residuals by exit */
    char *support;  /* document: what the device can run; NULL in lists, and
                     * where it runs all that it loads */
    int64_t n_rows; /* counted, not stored */
};

void profile_clear(struct profile *p);

/* Add (all but id and n_rows are read).  ST_UNPROCESSABLE where something it
 * names is unknown. */
enum status db_profile_add(struct db *db, const struct profile *p, int64_t *id,
    struct err *err) MUST_CHECK;

/* ST_NOT_FOUND "profile.not_found". */
enum status db_profile_get(
    struct db *db, int64_t id, struct profile *out, struct err *err) MUST_CHECK;

/* The profile and its rows, but for the golden kernels', get this flag, and
 * grade C at best. */
enum status db_profile_flag(
    struct db *db, int64_t id, int64_t flag, struct err *err) MUST_CHECK;

/* The profile alone gets this flag, and grade B at best. */
enum status db_profile_note(
    struct db *db, int64_t id, int64_t flag, struct err *err) MUST_CHECK;

struct profile_filter {
    const char *model;  /* NULL: any */
    const char *device; /* one of this server's; NULL: any */
    int64_t job;        /* 0: any */
    struct page page;
};

typedef enum status profile_fn(const struct profile *p, void *ctx);
enum status db_profile_list(struct db *db, const struct profile_filter *f,
    profile_fn *fn, void *ctx, struct err *err) MUST_CHECK;

#endif
