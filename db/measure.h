/* SPDX-License-Identifier: MIT */
/*
 * measure.h -- the numbers: one measurement of one thing at one level.
 *
 * A row is never changed after it was added, but once: where it turns out to
 * hold no longer it gets the flag `stale`, and with it grade C at best
 * (db_cache_expire()); its numbers stay.  A cached copy has
 * the numbers of the row it names in `cached_from` and shares that row's raw
 * epochs.  Emulated rows have counts and never time: the schema refuses it.
 */
#ifndef OFFRAMP_DB_MEASURE_H
#define OFFRAMP_DB_MEASURE_H

#include "db/db.h"
#include "db/word.h"

struct counter {
    char *event;  /* "PAPI_TOT_INS" */
    double value; /* per execution */
};

struct measure {
    int64_t id, profile;
    enum level level;
    enum role role;
    int64_t index; /* the layer's, or the exit's; 0 */
    char *name;
    char *kernel_key; /* NULL where the thing is no kernel */
    enum source source;
    int64_t n_epochs, iters_per_epoch;
    /* NaN: not measured, or too few samples to tell. */
    double min_ns, p10_ns, p25_ns, median_ns, p75_ns, p90_ns, p99_ns, max_ns;
    double mean_ns, sd_ns, mad_ns, ci95_lo_ns, ci95_hi_ns;
    double lag1;              /* autocorrelation, -1 to 1 */
    int64_t n_mild, n_severe; /* outliers, counted and kept */
    double first_ns;
    char *stop_reason; /* NULL where nothing was repeated */
    int64_t flags;     /* base/flag.h */
    char grade;        /* 'A', 'B', 'C', 'X' */
    double energy_gross_nj, energy_idle_nj, energy_net_nj, energy_err_nj;
    char *energy_method, *energy_sensor; /* NULL: no energy in this row */
    int64_t cached_from;                 /* the row copied; 0 */
    char *epochs_sha256;      /* of the raw epochs; NULL: none kept */
    char *device;             /* of the profile; read only */
    struct counter *counters; /* owned, n_counters */
    size_t n_counters;
};

void measure_clear(struct measure *m);

/* Add a row (id, epochs_sha256 and device are not read) with its counters
 * and its raw epochs in ns, in the order they were taken.
 * ST_UNPROCESSABLE names the rule of the schema that forbids it. */
enum status db_measure_add(struct db *db, const struct measure *m,
    const double *epochs_ns, size_t n_epochs, int64_t *id,
    struct err *err) MUST_CHECK;

/* ST_NOT_FOUND "measure.not_found". */
enum status db_measure_get(
    struct db *db, int64_t id, struct measure *out, struct err *err) MUST_CHECK;

/* The raw epochs of a row (of its source where it is a copy), checked against
 * their digest; the caller frees *epochs_ns.  ST_NOT_FOUND "epochs.not_found";
 * ST_CORRUPT. */
enum status db_measure_epochs(struct db *db, int64_t id, double **epochs_ns,
    size_t *n, struct err *err) MUST_CHECK;

struct measure_filter {
    int64_t profile;        /* 0: any */
    const char *kernel_key; /* NULL: any, and so below */
    const char *device, *model;
    int level, role; /* -1: any */
    char min_grade;  /* 'A', 'B', 'C'; 'X' or 0: all */
    bool below;      /* those that min_grade keeps out, instead */
    int64_t after;   /* rows with a greater id */
    int64_t until;   /* and at most this one; 0: any */
    int limit;       /* 0: all */
};

/* The rows of a filter: those of one profile by level, role and index, others
 * in the order in which they were added. */
typedef enum status measure_fn(const struct measure *m, void *ctx);
enum status db_measure_list(struct db *db, const struct measure_filter *f,
    measure_fn *fn, void *ctx, struct err *err) MUST_CHECK;

/* How many rows only the grade kept out of that list. */
enum status db_measure_omitted(struct db *db, const struct measure_filter *f,
    int64_t *n, struct err *err) MUST_CHECK;

/* What a device has measured already in one environment: rows that are not
 * stale, late or themselves copies, and young enough.  Those of grade A or B
 * hold for a month.  Those that were measured to the end and are of grade C
 * because the machine is noisy hold for an hour: to measure them again at once
 * would take as long and be worth no more. */
struct cache_query {
    const char *device, *env_fingerprint;
    int64_t max_age_ms; /* 0: DB_CACHE_AGE_MS */
    int64_t now_ms;
};

#define DB_CACHE_AGE_MS   (INT64_C(30) * 24 * 3600 * 1000)
#define DB_CACHE_NOISY_MS (INT64_C(3600) * 1000)

/* Each level and kernel key there is, once, with the newest median (NaN where
 * that level has no times). */
typedef enum status cache_fn(
    enum level level, const char *kernel_key, double median_ns, void *ctx);
enum status db_cache_list(struct db *db, const struct cache_query *q,
    cache_fn *fn, void *ctx, struct err *err) MUST_CHECK;

/* The newest such row; a noisy one only where there is no other.
 * ST_NOT_FOUND "cache.miss". */
enum status db_cache_get(struct db *db, const struct cache_query *q,
    enum level level, const char *kernel_key, struct measure *out,
    struct err *err) MUST_CHECK;

/* The newest profile that has the network with this key both at L0 and, in
 * situ, at L1, and its closure: numbers of one run that only mean something
 * together.  ST_NOT_FOUND "cache.miss". */
enum status db_cache_insitu(struct db *db, const struct cache_query *q,
    const char *kernel_key, int64_t *profile, struct err *err) MUST_CHECK;

/* Rows of this device in this environment, at one level with one kernel key,
 * copies too, become stale.  *n, which may be NULL, counts them. */
enum status db_cache_expire(struct db *db, const struct cache_query *q,
    enum level level, const char *kernel_key, int64_t *n,
    struct err *err) MUST_CHECK;

/* The same for all kernels and levels that were measured before `profile`,
 * also where that one has copies of them. */
enum status db_cache_expire_before(struct db *db, const struct cache_query *q,
    int64_t profile, int64_t *n, struct err *err) MUST_CHECK;

/* The same for those alone that are of grade C with times: the machine has
 * become quieter. */
enum status db_cache_expire_noisy(struct db *db, const struct cache_query *q,
    int64_t profile, int64_t *n, struct err *err) MUST_CHECK;

/* How many rows of a profile are stale. */
enum status db_cache_expired(
    struct db *db, int64_t profile, int64_t *n, struct err *err) MUST_CHECK;

/* Where a copy goes. */
struct cache_place {
    int64_t profile, index;
    enum role role;
    const char *name;
};

/* Add a copy of row `from` there, flagged `cached`.  ST_NOT_FOUND where there
 * is no such row. */
enum status db_cache_copy(struct db *db, int64_t from,
    const struct cache_place *to, int64_t *id, struct err *err) MUST_CHECK;

#endif
