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
static const double QUIETER = 0.5; /* of the interval's width */

struct entry {
    const char *level, *key;
};

/* L1 of the whole network is of the same run as its L0: one lot for both. */
static struct entry
entry_of(const json_t *o)
{
    const char *level = json_string_value(json_object_get(o, "level"));
    const char *key = json_string_value(json_object_get(o, "kernel_key"));

    if (level == NULL || strcmp(level, level_words[LEVEL_L1]) == 0)
        level = level_words[LEVEL_L0];
    return (struct entry){ level, key ? key : "" };
}

/* Uniform in 0..1, and the same for the same seed and entry: the leading 52
 * bits of a digest. */
static double
chance(int64_t seed, struct entry e)
{
    char text[160], hex[HASH_HEX];
    int n = snprintf(
        text, sizeof(text), "%lld %s %s", (long long)seed, e.level, e.key);

    hash_bytes(text, (size_t)n, hex);
    hex[13] = '\0';
    return (double)strtoull(hex, NULL, 16) / (double)(UINT64_C(1) << 52);
}

/* The kernel with most work, which is the one that the probe pairs. */
static const char *
heaviest(const json_t *analysis)
{
    const json_t *most = NULL, *layer;
    size_t i;

    json_array_foreach(json_object_get(analysis, "layers"), i, layer)
    {
        if (most == NULL ||
            json_integer_value(json_object_get(layer, "macs")) >
                json_integer_value(json_object_get(most, "macs")))
            most = layer;
    }
    return json_string_value(json_object_get(most, "kernel_key"));
}

static struct entry
witness(const json_t *analysis, const json_t *levels)
{
    struct entry e = { level_words[LEVEL_L0],
        json_string_value(json_object_get(analysis, "blob")) };
    const json_t *v;
    size_t i;

    json_array_foreach(levels, i, v)
    {
        if (word_find(level_words, json_string_value(v)) == LEVEL_L2)
            e = (struct entry){ level_words[LEVEL_L2], heaviest(analysis) };
    }
    return e;
}

void
audit_take_out(json_t *have, const json_t *analysis, const json_t *levels,
    int64_t seed, double rate)
{
    struct entry w = witness(analysis, levels);

    for (size_t i = json_array_size(have); rate > 0 && i-- > 0;) {
        struct entry e = entry_of(json_array_get(have, i));
        bool is_witness = w.key != NULL && strcmp(w.key, e.key) == 0 &&
                          strcmp(w.level, e.level) == 0;

        if (is_witness || chance(seed, e) < rate)
            json_array_remove(have, i);
    }
}

/* The slower row's fastest tenth is above the faster row's middle half. */
static bool
is_above(const struct measure *slow, const struct measure *fast)
{
    return slow->p10_ns > fast->p75_ns;
}

bool
audit_is_beyond(const struct measure *a, const struct measure *b)
{
    if ((a->flags | b->flags) & FLAG(freq_varied))
        return is_above(a, b) || is_above(b, a);
    return a->ci95_lo_ns > b->ci95_hi_ns || a->ci95_hi_ns < b->ci95_lo_ns;
}

/* Beyond the old interval, and by enough to tell of the whole machine. */
static bool
far(const struct measure *m, const struct measure *old)
{
    return audit_is_beyond(m, old) &&
           fabs(m->median_ns / old->median_ns - 1) > MOVED;
}

/* One kernel may have found another place in memory; its twin has its own. */
static bool
pair_far(const struct profile_rows_in *in, const struct measure *m,
    const struct measure *old)
{
    const struct measure *twin = rows_in_find(in, m->level, ROLE_AA, m->index);

    return twin != NULL && far(m, old) && far(twin, old) &&
           (m->median_ns > old->median_ns) ==
               (twin->median_ns > old->median_ns);
}

/* The machine was too noisy for this one, and is no longer. */
static bool
is_quieter(const struct measure *m, const struct measure *old)
{
    return old->grade > 'B' && row_ci_rel(m) <= QUIETER * row_ci_rel(old);
}

static enum status
audit_row(struct db *db, struct profile_rows_in *in, const struct measure *m,
    const struct cache_query *q, struct err *err)
{
    struct measure old = { 0 };
    struct err why = { 0 };
    int64_t n = 0;
    enum status st = db_cache_get(db, q, m->level, m->kernel_key, &old, &why);

    if (st == ST_NOT_FOUND)
        return ST_OK;
    if (st != ST_OK)
        return err_set(err, st, why.code, "%s", why.text);
    if (audit_is_beyond(m, &old)) {
        st = db_cache_expire(db, q, m->level, m->kernel_key, &n, err);
        log_warn("%s: kernel %.16s takes %.6g ns now and took %.6g ns: %lld "
                 "rows are stale",
            q->device, m->kernel_key, m->median_ns, old.median_ns,
            (long long)n);
        in->moved |=
            m->level == LEVEL_L0 ? far(m, &old) : pair_far(in, m, &old);
    }
    in->quieter |= is_quieter(m, &old);
    measure_clear(&old);
    return st;
}

enum status
audit_rows(struct db *db, struct profile_rows_in *in,
    const struct cache_query *q, struct err *err)
{
    enum status st = ST_OK;

    for (size_t i = 0; st == ST_OK && i < in->n; i++) {
        const struct measure *m = &in->row[i].m;

        if (m->kernel_key != NULL && m->role != ROLE_AA && m->grade <= 'B' &&
            m->level != LEVEL_L1 && !(m->flags & FLAG(cached)))
            st = audit_row(db, in, m, q, err);
    }
    return st;
}
