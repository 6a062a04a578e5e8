/* SPDX-License-Identifier: MIT */
#include "server/audit.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/flag.h"
#include "base/hash.h"
#include "base/log.h"

/* As the limits of a control chart (chart.h). */
static const double MOVED = 0.05;

/* Uniform in 0..1, and the same for the same seed and entry: the leading 52
 * bits of a digest. */
static double
chance(int64_t seed, const json_t *entry)
{
    const char *level = json_string_value(json_object_get(entry, "level"));
    const char *key = json_string_value(json_object_get(entry, "kernel_key"));
    char text[160], hex[HASH_HEX];
    int n = snprintf(text, sizeof(text), "%lld %s %s", (long long)seed,
        level ? level : "", key ? key : "");

    hash_bytes(text, (size_t)n, hex);
    hex[13] = '\0';
    return (double)strtoull(hex, NULL, 16) / (double)(UINT64_C(1) << 52);
}

static bool
is_of(const json_t *entry, const char *kernel_key)
{
    const char *key = json_string_value(json_object_get(entry, "kernel_key"));

    return kernel_key != NULL && key != NULL && strcmp(key, kernel_key) == 0;
}

void
audit_take_out(json_t *have, const char *whole, int64_t seed, double rate)
{
    for (size_t i = json_array_size(have); i-- > 0;) {
        const json_t *entry = json_array_get(have, i);
        const char *level = json_string_value(json_object_get(entry, "level"));
        bool witness = level != NULL &&
                       strcmp(level, level_words[LEVEL_L0]) == 0 &&
                       is_of(entry, whole);

        if (rate > 0 && (witness || chance(seed, entry) < rate))
            json_array_remove(have, i);
    }
}

/* Two intervals with nothing in common; NaN where there are not two. */
static bool
beyond(const struct measure *a, const struct measure *b)
{
    return a->ci95_lo_ns > b->ci95_hi_ns || a->ci95_hi_ns < b->ci95_lo_ns;
}

static enum status
audit_row(struct db *db, const struct measure *m, const struct cache_query *q,
    bool *moved, struct err *err)
{
    struct measure old = { 0 };
    struct err why = { 0 };
    int64_t n = 0;
    enum status st = db_cache_get(db, q, m->level, m->kernel_key, &old, &why);

    if (st == ST_NOT_FOUND)
        return ST_OK;
    if (st != ST_OK)
        return err_set(err, st, why.code, "%s", why.text);
    if (beyond(m, &old)) {
        st = db_cache_expire(db, q, m->level, m->kernel_key, &n, err);
        log_warn("%s: kernel %.16s takes %.6g ns now and took %.6g ns: %lld "
                 "rows are stale",
            q->device, m->kernel_key, m->median_ns, old.median_ns,
            (long long)n);
        *moved |= m->level == LEVEL_L0 &&
                  fabs(m->median_ns / old.median_ns - 1) > MOVED;
    }
    measure_clear(&old);
    return st;
}

enum status
audit_rows(struct db *db, const struct profile_rows_in *in,
    const struct cache_query *q, bool *moved, struct err *err)
{
    enum status st = ST_OK;

    *moved = false;
    for (size_t i = 0; st == ST_OK && i < in->n; i++) {
        const struct measure *m = &in->row[i].m;

        if (m->kernel_key != NULL && m->role != ROLE_AA && m->grade <= 'B' &&
            m->level != LEVEL_L1 && !(m->flags & FLAG(cached)))
            st = audit_row(db, m, q, moved, err);
    }
    return st;
}
