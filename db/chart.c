/* SPDX-License-Identifier: MIT */
#include "db/chart.h"

#include <stddef.h>

#include "base/flag.h"
#include "db/db_internal.h"

static const struct col cols[] = {
    COL(COL_INT, struct chart_row, profile),
    COL(COL_INT, struct chart_row, golden),
    COL(COL_TEXT, struct chart_row, reason),
    COL(COL_INT, struct chart_row, created_ms),
    COL(COL_TEXT, struct chart_row, env_fingerprint),
    COL(COL_TEXT, struct chart_row, kernel),
    COL(COL_REAL, struct chart_row, median_ns),
    COL(COL_REAL, struct chart_row, lo_ns),
    COL(COL_REAL, struct chart_row, hi_ns),
    COL(COL_REAL, struct chart_row, instructions),
};
static const struct shape shape = SHAPE(struct chart_row, cols);

/* One end of a point: of the median's interval; where the machine's pace
 * changed under it, that is too narrow, and this is how far it ranged.  ?3 the
 * flag. */
#define END(outer, row, interval, range)                                       \
    "coalesce(CASE WHEN (" row ".flags & ?3) <> 0 THEN " outer "(" row         \
    "." interval ", " row "." range ") END, " row "." interval ")"
#define ENDS(row)                                                              \
    END("min", row, "ci95_lo_ns", "p10_ns")                                    \
    ", " END("max", row, "ci95_hi_ns", "p90_ns")

static const char sql_list[] =
    "SELECT p.id, NULL, NULL, p.created_ms, p.env_fingerprint, m.name,"
    " m.median_ns, " ENDS(
        "m") ", c.value"
             " FROM profile p JOIN measure m ON m.profile = p.id"
             " LEFT JOIN counter c ON c.measure = m.id AND c.event = "
             "'instructions'"
             " WHERE p.device_here = ?1 AND (?2 IS NULL OR p.env_fingerprint = "
             "?2)"
             " AND m.role = 'sentinel'"
             " AND (m.median_ns IS NOT NULL OR m.source = 'emulated')"
             " AND m.grade IN ('A', 'B')"
             " UNION ALL"
             " SELECT NULL, g.id, g.reason, g.created_ms, g.env_fingerprint, "
             "k.name,"
             " k.median_ns, " ENDS(
                 "k") ", k.instructions"
                      " FROM golden g JOIN golden_kernel k ON k.golden = g.id"
                      " WHERE g.device = ?1 AND (?2 IS NULL OR "
                      "g.env_fingerprint = ?2)"
                      " AND coalesce(k.median_ns, k.instructions) IS NOT NULL"
                      " AND k.grade IN ('A', 'B')"
                      " ORDER BY 5, 6, 4, 1, 2";

struct call {
    chart_fn *fn;
    void *ctx;
};

static enum status
call(const void *row, void *ctx)
{
    const struct call *c = ctx;

    return c->fn(row, c->ctx);
}

enum status
db_chart_list(struct db *db, const char *device, const char *env_fingerprint,
    chart_fn *fn, void *ctx, struct err *err)
{
    return db_each(db, sql_list,
        ARGS(A_TEXT(device), A_TEXT(env_fingerprint), A_INT(FLAG(freq_varied))),
        &shape, call, &(struct call){ fn, ctx }, err);
}
